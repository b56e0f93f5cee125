#include "differential/definitions.h"

namespace sqlrite::differential {

namespace {

// For expressions that may hold no sub-query.
const Schema& no_tables() {
  static const Schema none;
  return none;
}

}  // namespace

// "main." is left out mostly.
std::string Definitions::database() {
  if (schema_.databases.size() < 2 || random_.chance(75)) return "";
  return random_.pick(schema_.databases) + ".";
}

std::string Definitions::column_definition(const std::string& name, bool key, bool strict, bool without_rowid) {
  static const std::vector<std::string> types = {
      "INTEGER", "TEXT", "REAL", "", "NUMERIC", "BLOB", "INT", "VARCHAR(10)", "FLOATING POINT", "DECIMAL(10,2)"};
  static const std::vector<std::string> strict_types = {"INTEGER", "INT", "TEXT", "REAL", "BLOB", "ANY"};
  static const std::vector<std::string> extras = {"",
                                                  "",
                                                  "",
                                                  "",
                                                  "",
                                                  " COLLATE NOCASE",
                                                  " COLLATE RTRIM",
                                                  " DEFAULT 7",
                                                  " DEFAULT 'd'",
                                                  " DEFAULT -1.5",
                                                  " DEFAULT (1 + 2)",
                                                  " DEFAULT (lower('AB') || 3)",
                                                  " DEFAULT NULL",
                                                  " DEFAULT x'0102'",
                                                  " DEFAULT TRUE"};
  Random& r = random_;
  std::string type = r.pick(strict ? strict_types : types);
  if (key && without_rowid) return name + " " + type + " PRIMARY KEY";
  if (key && r.chance(65)) return name + " INTEGER PRIMARY KEY" + (r.chance(8) ? " AUTOINCREMENT" : "");
  std::string text = name + " " + type + (strict ? "" : r.pick(extras));
  if (r.chance(6)) text += " UNIQUE";
  if (r.chance(5)) text += " NOT NULL";
  if (r.chance(5)) text += " CHECK (" + name + " IS NOT " + expressions_.literal() + ")";
  return text;
}

std::string Definitions::create_table_as(const std::string& name) {
  const Table& table = random_.pick(schema_.tables);
  std::string text = "CREATE " + std::string(random_.chance(20) ? "TEMP " : "") + "TABLE " + name + " AS SELECT *, " +
                     expressions_.expr(table.columns, 1) + " AS extra FROM " + table.full_name();
  // One row, or in the order of a key: rowids follow the order of rows.
  if (table.key >= 0 && !table.view) return text + " ORDER BY " + table.columns[static_cast<size_t>(table.key)];
  return text + " WHERE false";
}

std::string Definitions::create_table() {
  Random& r = random_;
  std::string name = "t" + std::to_string(names_++);
  std::string where = database();
  if (where.empty() && !schema_.tables.empty() && r.chance(8)) return create_table_as(name);
  bool without_rowid = r.chance(20);
  bool strict = r.chance(12);
  std::vector<std::string> definitions;
  int count = 2 + r.below(3);
  Scope scope;
  bool pair_key = r.chance(8);
  for (int i = 0; i < count; ++i) {
    scope.push_back(std::string(1, static_cast<char>('a' + i)));
    definitions.push_back(column_definition(scope.back(), i == 0 && !pair_key, strict, without_rowid));
  }
  if (pair_key) definitions.push_back("PRIMARY KEY(a, b" + std::string(r.chance(30) ? " DESC)" : ")"));
  if (r.chance(10)) {
    Expressions bare(r, no_tables());
    definitions.push_back("CHECK (" + bare.condition(scope, 0) + ")");
  }
  if (!without_rowid && r.chance(5))
    definitions.push_back("UNIQUE(b, a)" + std::string(r.chance(50) ? " ON CONFLICT REPLACE" : ""));
  std::string options;
  if (without_rowid) options = " WITHOUT ROWID";
  if (strict) options += options.empty() ? " STRICT" : ", STRICT";
  return "CREATE " + std::string(where.empty() && r.chance(8) ? "TEMP " : "") + "TABLE " + where + name + "(" +
         join(definitions, ", ") + ")" + options;
}

std::string Definitions::create_index() {
  Random& r = random_;
  const Table& table = r.pick(schema_.tables);
  bool unique = r.chance(10);
  std::vector<std::string> fields;
  for (int i = 1 + r.below(2); i > 0; --i) {
    const std::string& column = r.pick(table.columns);
    std::string field = column;
    if (r.chance(20)) {
      static const std::vector<std::string> calls = {"lower(@)",    "(@ + 1)",         "length(@)",
                                                     "(@ || 'x')",  "substr(@, 1, 1)", "abs(@ % 100)",
                                                     "(@ IS NULL)", "coalesce(@, 0)"};
      field = r.pick(calls);
      field.replace(field.find('@'), 1, column);
    }
    if (r.chance(15)) field += " COLLATE NOCASE";
    if (r.chance(25)) field += " DESC";
    fields.push_back(field);
  }
  std::string prefix = table.database == "main" ? "" : table.database + ".";
  std::string text = std::string("CREATE ") + (unique ? "UNIQUE " : "") + "INDEX " + prefix + "i" +
                     std::to_string(names_++) + " ON " + table.name + "(" + join(fields, ", ") + ")";
  if (r.chance(18)) {
    Expressions bare(r, no_tables());
    text += " WHERE " + (r.chance(40) ? r.pick(table.columns) + " IS NOT NULL" : bare.condition(table.columns, 0));
  }
  return text;
}

std::string Definitions::stored_join(int width) {
  std::vector<const Table*> stored;
  for (const Table& table : schema_.tables) {
    if (!table.view) stored.push_back(&table);
  }
  if (stored.empty()) return "SELECT 1 AS c0, 2 AS c1, 3 AS c2";
  static const std::vector<std::string> joins = {" JOIN ", " LEFT JOIN ", " RIGHT JOIN ", " FULL JOIN "};
  const Table& left = *random_.pick(stored);
  const Table& right = *random_.pick(stored);
  Scope scope = left.scope("l");
  std::string on = random_.pick(scope);
  Scope right_scope = right.scope("r");
  on += " = " + random_.pick(right_scope);
  scope.insert(scope.end(), right_scope.begin(), right_scope.end());
  int number = 0;
  return "SELECT " +
         random_.list(width, [&] { return expressions_.expr(scope, 1) + " AS c" + std::to_string(number++); }) +
         " FROM " + left.full_name() + " AS l" + random_.pick(joins) + right.full_name() + " AS r ON " + on;
}

std::string Definitions::create_view() {
  std::string text = "CREATE " + std::string(random_.chance(15) ? "TEMP " : "") + "VIEW v" + std::to_string(names_++);
  int width = 2 + random_.below(2);
  auto numbered = [n = 0](const char* letter) mutable { return letter + std::to_string(n++); };
  if (random_.chance(40)) text += "(" + random_.list(width, [&] { return numbered("k"); }) + ")";
  if (random_.chance(30)) return text + " AS " + stored_join(width);
  // Of one table, so that views over views stay small.
  const Table& table = random_.pick(schema_.tables);
  text +=
      " AS SELECT " + random_.list(width, [&] { return expressions_.expr(table.columns, 1) + " AS " + numbered("c"); });
  text += " FROM " + table.full_name();
  if (random_.chance(50)) text += " WHERE " + expressions_.condition(table.columns, 0);
  return text;
}

std::string Definitions::alter_table() {
  Random& r = random_;
  const Table& table = r.pick(schema_.tables);
  std::string text = "ALTER TABLE " + table.full_name();
  switch (r.below(5)) {
    case 0: return text + " RENAME TO " + (r.chance(85) ? "t" + std::to_string(names_++) : table.name);
    case 1:
      // Stock SQLite does not find the columns of temporary tables in the ON clauses of temporary views.
      if (table.database == "temp") return text + " RENAME TO t" + std::to_string(names_++);
      return text + " RENAME COLUMN " + r.pick(table.columns) + " TO " +
             (r.chance(80) ? "n" + std::to_string(names_++) : r.pick(table.columns));
    case 2: return text + " DROP COLUMN " + r.pick(table.columns);
    default:
      return text + " ADD COLUMN " + column_definition("n" + std::to_string(names_++), false, table.strict, false);
  }
}

std::string Definitions::drop() {
  if (!schema_.indexes.empty() && random_.chance(60)) return "DROP INDEX " + random_.pick(schema_.indexes);
  const Table& table = random_.pick(schema_.tables);
  if (schema_.tables.size() < 4 && !table.view) return create_table();
  return std::string("DROP ") + (table.view ? "VIEW " : "TABLE ") + table.full_name();
}

Statement Definitions::next() {
  if (schema_.tables.empty()) return {create_table(), true, false};
  int kind = random_.below(100);
  if (kind < 25) return {create_index(), true, false};
  if (kind < 40) return {create_table(), true, false};
  if (kind < 55) return {create_view(), true, false};
  if (kind < 85) return {alter_table(), true, false};
  return {drop(), true, false};
}

}  // namespace sqlrite::differential
