#include "differential/generator.h"

namespace sqlrite::differential {

namespace {
std::string join(const std::vector<std::string>& parts, const char* separator) {
  std::string text;
  for (size_t i = 0; i < parts.size(); ++i) text += (i > 0 ? separator : "") + parts[i];
  return text;
}
}  // namespace

std::string Generator::literal() {
  switch (below(12)) {
    case 0: return "NULL";
    case 1: return std::to_string(below(7) - 3);
    case 2: return std::to_string(below(1000) - 500) + (chance(50) ? ".5" : ".25");
    case 3: return "'" + std::string(1, static_cast<char>('a' + below(5))) + "'";
    case 4: return "'" + std::to_string(below(20)) + "'";
    case 5: return "'" + std::string(1, static_cast<char>('A' + below(4))) + std::string(1, static_cast<char>('a' + below(4))) + " '";
    case 6: return chance(50) ? "x'6162'" : "x'00ff'";
    case 7: return chance(50) ? "''" : "'1.0'";
    // 2^62: sums and products leave the 64-bit range, yet it is a double too, so that all plans compare it alike.
    case 8: return chance(50) ? "4611686018427387904" : "-4611686018427387904";
    default: return std::to_string(below(30));
  }
}

std::string Generator::column(const Scope& scope) { return scope.empty() ? literal() : pick(scope); }

std::string Generator::expr(const Scope& scope, int depth) {
  if (depth <= 0) return chance(65) ? column(scope) : literal();
  auto sub = [&] { return expr(scope, depth - 1); };
  switch (below(26)) {
    case 0: return "(" + sub() + " + " + sub() + ")";
    case 1: return "(" + sub() + " - " + sub() + ")";
    case 2: return "(" + sub() + " * " + sub() + ")";
    case 3: return "(" + sub() + " / " + sub() + ")";
    case 4: return "(" + sub() + " % " + sub() + ")";
    case 5: return "(" + sub() + " || " + sub() + ")";
    case 6: return "(" + sub() + (chance(50) ? " & " : " | ") + sub() + ")";
    case 7: return "(" + sub() + (chance(50) ? " << " : " >> ") + std::to_string(below(9)) + ")";
    case 8: return "(-" + sub() + ")";
    case 9: return "(~" + sub() + ")";
    case 10: return "coalesce(" + sub() + ", " + sub() + ")";
    case 11: return "ifnull(" + sub() + ", " + sub() + ")";
    case 12: return "nullif(" + sub() + ", " + sub() + ")";
    case 13: return "CASE WHEN " + condition(scope, depth - 1) + " THEN " + sub() + (chance(70) ? " ELSE " + sub() : "") + " END";
    case 14: return "CASE " + sub() + " WHEN " + sub() + " THEN " + sub() + " ELSE " + sub() + " END";
    case 15: {
      static const std::vector<std::string> types = {"INTEGER", "TEXT", "REAL", "BLOB", "NUMERIC"};
      return "CAST(" + sub() + " AS " + pick(types) + ")";
    }
    case 16: {
      static const std::vector<std::string> functions = {"abs", "length", "lower", "upper", "typeof", "hex", "trim", "quote", "sign", "unicode"};
      const std::string& name = pick(functions);
      // abs() of the least integer is an error, and which rows are evaluated is the planner's choice.
      return name == "abs" ? "abs(" + sub() + " % 1000)" : name + "(" + sub() + ")";
    }
    case 17: return "substr(" + sub() + ", " + std::to_string(below(7) - 3) + (chance(50) ? ", " + std::to_string(below(5) - 1) : "") + ")";
    case 18: return chance(50) ? "max(" + sub() + ", " + sub() + ")" : "min(" + sub() + ", " + sub() + ")";
    case 19: return "round(" + sub() + ")";
    case 20: return "instr(" + sub() + ", " + sub() + ")";
    case 21: return "replace(" + sub() + ", " + literal() + ", " + literal() + ")";
    case 22: return "iif(" + condition(scope, depth - 1) + ", " + sub() + ", " + sub() + ")";
    case 23: return "(" + condition(scope, depth - 1) + ")";
    default: return column(scope);
  }
}

std::string Generator::condition(const Scope& scope, int depth) {
  auto sub = [&] { return expr(scope, depth > 1 ? 1 : depth - 1); };
  static const std::vector<std::string> compares = {" = ", " <> ", " < ", " <= ", " > ", " >= ", " IS ", " IS NOT "};
  if (depth > 0 && chance(30)) {
    std::string left = condition(scope, depth - 1);
    std::string right = condition(scope, depth - 1);
    switch (below(3)) {
      case 0: return "(" + left + " AND " + right + ")";
      case 1: return "(" + left + " OR " + right + ")";
      default: return "(NOT " + left + ")";
    }
  }
  switch (below(14)) {
    case 0: return "(" + sub() + (chance(50) ? " IS NULL)" : " IS NOT NULL)");
    case 1: return "(" + sub() + (chance(20) ? " NOT" : "") + " BETWEEN " + sub() + " AND " + sub() + ")";
    case 2: {
      std::string list = literal();
      for (int i = below(4); i > 0; --i) list += ", " + literal();
      return "(" + sub() + (chance(30) ? " NOT" : "") + " IN (" + list + "))";
    }
    case 3: {
      static const std::vector<std::string> patterns = {"'a%'", "'%b%'", "'_'", "'%1'", "'A_ %'", "'1%'"};
      return "(" + sub() + (chance(30) ? " NOT" : "") + " LIKE " + pick(patterns) + ")";
    }
    case 4: return "(" + sub() + " GLOB " + (chance(50) ? "'*[a-c]*'" : "'?'") + ")";
    case 5:
      if (depth > 0 && !tables_.empty()) {
        return "(" + sub() + (chance(30) ? " NOT" : "") + " IN (" + simple_select(scope, 1, depth - 1) + "))";
      }
      return "(" + sub() + " = " + literal() + ")";
    case 6:
      if (depth > 0 && !tables_.empty()) {
        return std::string("(") + (chance(30) ? "NOT " : "") + "EXISTS (" + simple_select(scope, 1, depth - 1) + "))";
      }
      return "(" + column(scope) + " > " + literal() + ")";
    case 7: return "(" + sub() + (chance(50) ? " IS TRUE)" : " IS NOT FALSE)");
    case 8: return "((" + sub() + ", " + sub() + ")" + pick(compares) + "(" + sub() + ", " + sub() + "))";
    default: return "(" + column(scope) + pick(compares) + (chance(60) ? literal() : sub()) + ")";
  }
}

std::string Generator::aggregate(const Scope& scope) {
  static const std::vector<std::string> functions = {"count", "sum", "total", "avg", "min", "max"};
  if (chance(15)) return "count(*)";
  const std::string& name = pick(functions);
  std::string argument = expr(scope, 1);
  if (name == "sum") argument = "(" + argument + ") % 1000";  // whether a sum overflows depends on its order
  std::string call = name + "(" + (chance(20) ? "DISTINCT " : "") + argument + ")";
  if (chance(10)) call += " FILTER (WHERE " + condition(scope, 0) + ")";
  return call;
}

std::string Generator::from_clause(Scope* scope, const char* prefix) {
  int count = 1 + (chance(45) ? 1 : 0) + (chance(15) ? 1 : 0);
  std::string text;
  for (int i = 0; i < count; ++i) {
    std::string alias = prefix + std::to_string(names_++);
    const Table& table = pick(tables_);
    Scope own;
    std::string source;
    if (chance(15)) {
      source = "(" + simple_select({}, 2, 1) + ")";
      own = {alias + ".c0", alias + ".c1"};
    } else {
      source = table.name;
      for (const std::string& name : table.columns) own.push_back(alias + "." + name);
    }
    source += " AS " + alias;
    if (i == 0) {
      text = source;
      scope->insert(scope->end(), own.begin(), own.end());
      continue;
    }
    Scope both = *scope;
    both.insert(both.end(), own.begin(), own.end());
    int kind = below(10);
    std::string on = " ON " + (chance(60) ? pick(*scope) + " = " + pick(own) : condition(both, 1));
    if (kind < 2) {
      text += ", " + source;
    } else if (kind < 5) {
      text += " JOIN " + source + on;
    } else if (kind < 8) {
      text += " LEFT JOIN " + source + on;
    } else if (kind == 8) {
      text += " RIGHT JOIN " + source + on;
    } else {
      text += " FULL JOIN " + source + on;
    }
    *scope = both;
  }
  return text;
}

std::string Generator::simple_select(const Scope& outer, int width, int depth) {
  Scope scope;
  std::string from = from_clause(&scope, "s");
  Scope visible = scope;
  if (chance(50)) visible.insert(visible.end(), outer.begin(), outer.end());
  std::string text = "SELECT ";
  bool aggregate_query = width == 1 && chance(25);
  for (int i = 0; i < width; ++i) {
    text += (i > 0 ? ", " : "") + (aggregate_query ? aggregate(scope) : expr(visible, depth)) + " AS c" + std::to_string(i);
  }
  text += " FROM " + from;
  if (chance(70)) text += " WHERE " + condition(visible, depth);
  return text;
}

Generator::Statement Generator::query() {
  Statement statement;
  Scope scope;
  std::string from = from_clause(&scope, "a");
  int width = 1 + below(3);
  std::vector<std::string> results;
  std::string tail;
  std::string where = chance(65) ? " WHERE " + condition(scope, 2) : "";
  bool grouped = chance(25);
  if (grouped) {
    std::vector<std::string> keys;
    for (int i = below(2) + 1; i > 0; --i) keys.push_back(chance(75) ? column(scope) : "upper(" + column(scope) + ")");
    results = keys;
    for (int i = 0; i < width; ++i) results.push_back(aggregate(scope));
    tail = " GROUP BY " + join(keys, ", ");
    if (chance(30)) tail += " HAVING " + aggregate(scope) + " > " + literal();
  } else if (chance(15)) {
    for (int i = 0; i < width; ++i) results.push_back(aggregate(scope));
  } else {
    for (int i = 0; i < width; ++i) results.push_back(expr(scope, 2));
    if (chance(10)) results.push_back("(" + simple_select(scope, 1, 1) + " ORDER BY 1 LIMIT 1)");
  }
  std::string text = std::string("SELECT ") + (chance(15) ? "DISTINCT " : "") + join(results, ", ") + " FROM " + from + where + tail;
  if (chance(12) && results.size() <= 3) {
    static const std::vector<std::string> operators = {" UNION ", " UNION ALL ", " INTERSECT ", " EXCEPT "};
    text += pick(operators) + simple_select({}, static_cast<int>(results.size()), 1);
  }
  if (chance(45)) {
    std::vector<std::string> order;
    for (size_t i = 1; i <= results.size(); ++i) {
      static const std::vector<std::string> directions = {"", " ASC", " DESC", " ASC NULLS LAST", " DESC NULLS FIRST"};
      order.push_back(std::to_string(i) + pick(directions));
    }
    text += " ORDER BY " + join(order, ", ");
    if (chance(50)) text += " LIMIT " + std::to_string(below(8)) + (chance(40) ? " OFFSET " + std::to_string(below(4)) : "");
    statement.ordered = true;
  }
  if (chance(6)) {
    text = "WITH RECURSIVE r(n) AS (SELECT " + std::to_string(below(3)) + " UNION" + (chance(50) ? " ALL" : "") +
           " SELECT n + 1 FROM r WHERE n < " + std::to_string(3 + below(20)) + ") SELECT n, (" + simple_select({"r.n"}, 1, 1) +
           " ORDER BY 1 LIMIT 1) FROM r ORDER BY 1, 2";
    statement.ordered = true;
  }
  statement.sql = text;
  statement.grouped = text.find("GROUP BY") != std::string::npos || text.find("DISTINCT") != std::string::npos ||
                      text.find("UNION") != std::string::npos || text.find("INTERSECT") != std::string::npos ||
                      text.find("EXCEPT") != std::string::npos ||
                      // Stock reads whole numbers of REAL columns as integers from the automatic indexes of joins.
                      text.find(" JOIN ") != std::string::npos || from.find(", ") != std::string::npos;
  return statement;
}

std::string Generator::insert() {
  const Table& table = pick(tables_);
  static const std::vector<std::string> verbs = {"INSERT", "INSERT", "INSERT", "INSERT OR IGNORE", "REPLACE", "INSERT OR FAIL"};
  std::string text = pick(verbs) + " INTO " + table.name;
  if (chance(12)) {
    if (!table.without_rowid) {
      std::string columns = join({table.columns.begin() + 1, table.columns.end()}, ", ");
      return text + "(" + columns + ") " + simple_select({}, static_cast<int>(table.columns.size()) - 1, 1) + " ORDER BY 1" +
             [&] { std::string more; for (size_t i = 2; i < table.columns.size(); ++i) more += ", " + std::to_string(i); return more; }() + " LIMIT 5";
    }
    return text + " " + simple_select({}, static_cast<int>(table.columns.size()), 1) + " ORDER BY 1" +
           [&] { std::string more; for (size_t i = 2; i <= table.columns.size(); ++i) more += ", " + std::to_string(i); return more; }() + " LIMIT 5";
  }
  text += " VALUES ";
  for (int row = 1 + below(3); row > 0; --row) {
    std::vector<std::string> values;
    for (size_t i = 0; i < table.columns.size(); ++i) {
      // No largest rowid: what follows it is random.
      values.push_back(i > 0 ? literal() : !table.without_rowid && chance(40) ? "NULL" : chance(85) ? std::to_string(below(40)) : "'k'");
    }
    text += "(" + join(values, ", ") + ")" + (row > 1 ? ", " : "");
  }
  return text;
}

std::string Generator::update() {
  const Table& table = pick(tables_);
  static const std::vector<std::string> verbs = {"UPDATE", "UPDATE", "UPDATE OR IGNORE", "UPDATE OR REPLACE"};
  Scope scope;
  for (const std::string& name : table.columns) scope.push_back(table.name + "." + name);
  size_t target = static_cast<size_t>(below(static_cast<int>(table.columns.size())));
  std::string value = target == 0 ? std::to_string(below(60)) : expr(scope, 1);
  std::string text = pick(verbs) + " " + table.name + " SET " + table.columns[target] + " = " + value;
  // Which of several rows gets a unique value first is nobody's promise: these are changed one row at a time.
  if (target == 0 || table.unique[target]) return text + " WHERE a = " + std::to_string(below(40));
  if (chance(85)) text += " WHERE " + condition(scope, 1);
  return text;
}

std::string Generator::remove() {
  const Table& table = pick(tables_);
  Scope scope;
  for (const std::string& name : table.columns) scope.push_back(table.name + "." + name);
  return "DELETE FROM " + table.name + " WHERE " + condition(scope, 1) + " AND " + condition(scope, 0);
}

std::string Generator::create_table(int number) {
  Table table;
  table.name = "t" + std::to_string(number);
  static const std::vector<std::string> types = {"INTEGER", "TEXT", "REAL", "", "NUMERIC", "BLOB", "INT", "VARCHAR(10)"};
  static const std::vector<std::string> extras = {"", "", "", "", "", " COLLATE NOCASE", " DEFAULT 7", " DEFAULT 'd'"};
  table.without_rowid = chance(20);
  std::vector<std::string> definitions;
  int count = 2 + below(3);
  for (int i = 0; i < count; ++i) {
    std::string name(1, static_cast<char>('a' + i));
    table.columns.push_back(name);
    table.unique.push_back(i == 0);
    if (i == 0 && table.without_rowid) {
      definitions.push_back(name + " " + pick(types) + " PRIMARY KEY");
    } else if (i == 0 && chance(60)) {
      definitions.push_back(name + " INTEGER PRIMARY KEY");
    } else {
      table.unique.back() = chance(8);
      definitions.push_back(name + " " + pick(types) + pick(extras) + (table.unique.back() ? " UNIQUE" : "") + (chance(5) ? " NOT NULL" : ""));
    }
  }
  if (chance(10)) definitions.push_back("CHECK (" + condition(table.columns, 0) + ")");
  tables_.push_back(table);
  return "CREATE TABLE " + table.name + "(" + join(definitions, ", ") + ")" + (table.without_rowid ? " WITHOUT ROWID" : "");
}

std::string Generator::create_index() {
  Table& table = tables_[static_cast<size_t>(below(static_cast<int>(tables_.size())))];
  bool unique = chance(10);
  std::vector<std::string> fields;
  for (int i = 1 + below(2); i > 0; --i) {
    size_t column = static_cast<size_t>(below(static_cast<int>(table.columns.size())));
    if (unique) table.unique[column] = true;
    std::string field = chance(85) ? table.columns[column] : "(" + table.columns[column] + " + 1)";
    if (chance(15)) field += " COLLATE NOCASE";
    if (chance(25)) field += " DESC";
    fields.push_back(field);
  }
  std::string text = std::string("CREATE ") + (unique ? "UNIQUE " : "") + "INDEX i" + std::to_string(names_++) + " ON " + table.name + "(" + join(fields, ", ") + ")";
  if (chance(12)) text += " WHERE " + pick(table.columns) + " IS NOT NULL";
  return text;
}

std::vector<std::string> Generator::setup() {
  std::vector<std::string> script;
  for (int i = 2 + below(2); i > 0; --i) script.push_back(create_table(static_cast<int>(tables_.size())));
  for (int i = below(4); i > 0; --i) script.push_back(create_index());
  for (int i = 6 + below(20); i > 0; --i) script.push_back(insert());
  for (int i = below(2); i > 0; --i) script.push_back(create_index());
  if (chance(20)) script.push_back("ANALYZE");
  return script;
}

Generator::Statement Generator::next() {
  int kind = below(100);
  if (kind < 72) return query();
  if (kind < 82) return {insert(), true};
  if (kind < 90) return {update(), true};
  if (kind < 94) return {remove(), true};
  if (kind < 95) return {create_index(), true};
  static const std::vector<std::string> control = {"BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT p", "ROLLBACK TO p", "RELEASE p", "REINDEX", "ANALYZE", "PRAGMA integrity_check", "VACUUM"};
  return {pick(control), true};
}

}  // namespace sqlrite::differential
