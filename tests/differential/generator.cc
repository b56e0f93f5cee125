#include "differential/generator.h"

#include <map>

namespace sqlrite::differential {

namespace {

// In a database of UTF-16 stock SQLite reads a blob as UTF-16 where a text is wanted; we read it as UTF-8. A precision
// may cut format()'s characters, and a number before a surrogate has another type there.
bool reads_bytes(const std::string& sql) {
  for (const char* word :
       {"x'", "AS BLOB)", "AS NONE)", "AS \"\")", "jsonb", "zeroblob", "unhex", "printf(", "format(", "128512"}) {
    if (sql.find(word) != std::string::npos) return true;
  }
  return false;
}

// Where one of several equal values, 1 and 1.0, may stand for all of them.
bool may_represent(const std::string& sql) {
  for (const char* word : {"GROUP BY", "DISTINCT", "UNION", "JOIN", "INTERSECT", "EXCEPT", "ORDER BY"}) {
    if (sql.find(word) != std::string::npos) return true;
  }
  return false;
}

// ORDER BY of the statement itself, outside of parentheses.
bool orders_rows(const std::string& sql) {
  int depth = 0;
  bool quoted = false;
  for (size_t i = 0; i < sql.size(); ++i) {
    if (sql[i] == '\'') quoted = !quoted;
    if (quoted) continue;
    if (sql[i] == '(') ++depth;
    if (sql[i] == ')') --depth;
    if (depth == 0 && sql.compare(i, 8, "ORDER BY") == 0) return true;
  }
  return false;
}

bool starts_with(const std::string& text, const char* word) { return text.rfind(word, 0) == 0; }

const Grammar& grammar_of(const Family& family) {
  static std::map<std::string, Grammar> grammars;
  auto [place, added] = grammars.try_emplace(family.name);
  if (added) family.add_rules(place->second);
  return place->second;
}

}  // namespace

bool changes_schema(const std::string& sql) {
  for (const char* word : {"CREATE", "ALTER", "DROP", "ATTACH", "DETACH", "ROLLBACK", "COMMIT", "RELEASE"}) {
    if (starts_with(sql, word)) return true;
  }
  return false;
}

Generator::Generator(uint64_t seed, std::string topic)
    : random_(seed),
      topic_(std::move(topic)),
      expressions_(random_, schema_),
      queries_(expressions_, schema_),
      changes_(expressions_, schema_),
      definitions_(expressions_, schema_) {}

std::unique_ptr<Statement> Generator::setup() {
  int step = setup_steps_++;
  auto statement = setup_step(step);
  while (utf16_ && statement != nullptr && reads_bytes(statement->sql)) statement = setup_step(step);
  return statement;
}

Statement Generator::next() {
  Statement statement = any();
  while (utf16_ && reads_bytes(statement.sql)) statement = any();
  return statement;
}

std::unique_ptr<Statement> Generator::setup_step(int step) {
  auto statement = [](std::string sql) { return std::make_unique<Statement>(Statement{std::move(sql), true, false}); };
  if (step == 0) {
    setup_rows_ = 6 + random_.below(20);
    utf16_ = random_.chance(15);
    if (!utf16_) return statement("PRAGMA encoding");
    return statement(random_.chance(50) ? "PRAGMA encoding = 'UTF-16le'" : "PRAGMA encoding = 'UTF-16be'");
  }
  // With temp open in both: which statements open it shows in PRAGMA database_list and is nobody's promise.
  if (step == 1) return statement("CREATE TEMP TABLE opened(x)");
  if (step == 2) return statement("DROP TABLE opened");
  if (step < 6) return statement(definitions_.create_table());
  if (schema_.tables.empty()) return step < 20 ? statement(definitions_.create_table()) : nullptr;
  if (step < 9) return statement(definitions_.create_index());
  if (step < 9 + setup_rows_) return std::make_unique<Statement>(changes_.insert());
  int rest = step - 9 - setup_rows_;
  if (rest == 0) return statement(definitions_.create_index());
  if (rest == 1 && random_.chance(40)) return statement(definitions_.create_view());
  if (rest == 2 && random_.chance(20)) return statement("ANALYZE");
  return rest < 3 ? statement("SELECT 1") : nullptr;
}

Statement Generator::from_family(const Family& family) {
  static const Table none;
  auto table = [&]() -> const Table& { return schema_.tables.empty() ? none : random_.pick(schema_.tables); };
  ChosenTables tables{table(), table(), table()};
  const std::string& text = random_.pick(family.statements);
  std::string sql = grammar_of(family).expand(text, tables, expressions_);
  bool changes = sql.find("RETURNING") != std::string::npos;
  bool ordered = orders_rows(sql) ||
                 (!changes && sql.find(" FROM ") == std::string::npos && sql.find("optimize") == std::string::npos);
  return {sql, ordered, changes || may_represent(sql)};
}

Statement Generator::any() {
  bool drift = topic_.empty() || schema_.tables.empty() || random_.chance(20);
  if (!drift) {
    if (topic_ == "queries") return queries_.next();
    if (topic_ == "changes") return changes_.next();
    if (topic_ == "definitions") return definitions_.next();
    for (const Family& family : families()) {
      if (topic_ == family.name) return from_family(family);
    }
  }
  int kind = random_.below(100);
  if (schema_.tables.empty() || kind < 4) return definitions_.next();
  if (kind < 38) return queries_.next();
  if (kind < 60) return changes_.next();
  return from_family(random_.pick(families()));
}

std::vector<Statement> Generator::content() const {
  std::vector<Statement> queries;
  for (const Table& table : schema_.tables)
    queries.push_back({"SELECT * FROM " + table.full_name(), false, table.view});
  return queries;
}

}  // namespace sqlrite::differential
