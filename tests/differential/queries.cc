#include "differential/queries.h"

#include <algorithm>

namespace sqlrite::differential {

namespace {

const std::vector<std::string>& compound_operators() {
  static const std::vector<std::string> operators = {" UNION ", " UNION ALL ", " INTERSECT ", " EXCEPT "};
  return operators;
}

// Where one of several equal values represents the others, or whole numbers of a REAL column, which stock SQLite stores
// and computes with as integers.
bool may_represent(const std::string& text, const Schema& schema) {
  for (const Table& table : schema.tables) {
    if (std::find(table.types.begin(), table.types.end(), "REAL") != table.types.end()) return true;
  }
  for (const char* word : {"GROUP BY", "DISTINCT", "UNION", "INTERSECT", "EXCEPT", " JOIN ", ", "}) {
    if (text.find(word) != std::string::npos) return true;
  }
  return false;
}

}  // namespace

Queries::Core Queries::core() {
  Random& r = random_;
  Scope scope;
  std::string from = expressions_.from_clause(&scope, "a");
  int width = 1 + r.below(3);
  std::vector<std::string> results;
  std::string tail;
  std::string where = r.chance(65) ? " WHERE " + expressions_.condition(scope, 2) : "";
  if (r.chance(25)) {
    std::vector<std::string> keys;
    for (int i = r.below(2) + 1; i > 0; --i) {
      keys.push_back(r.chance(75) ? expressions_.column(scope) : "upper(" + expressions_.column(scope) + ")");
    }
    results = keys;
    for (int i = 0; i < width; ++i) results.push_back(expressions_.aggregate(scope));
    tail = " GROUP BY " + join(keys, ", ");
    if (r.chance(30)) tail += " HAVING " + expressions_.aggregate(scope) + " > " + expressions_.literal();
  } else if (r.chance(15)) {
    for (int i = 0; i < width; ++i) results.push_back(expressions_.aggregate(scope));
  } else {
    for (int i = 0; i < width; ++i) results.push_back(expressions_.expr(scope, 2));
    if (r.chance(10)) results.push_back("(" + expressions_.simple_select(scope, 1, 1) + " ORDER BY 1 LIMIT 1)");
  }
  return {
      std::string("SELECT ") + (r.chance(15) ? "DISTINCT " : "") + join(results, ", ") + " FROM " + from + where + tail,
      results.size()};
}

std::string Queries::order_by(size_t width) {
  static const std::vector<std::string> directions = {"", " ASC", " DESC", " ASC NULLS LAST", " DESC NULLS FIRST"};
  std::vector<std::string> order;
  for (size_t i = 1; i <= width; ++i) order.push_back(std::to_string(i) + random_.pick(directions));
  std::string text = " ORDER BY " + join(order, ", ");
  if (random_.chance(50)) {
    text += " LIMIT " + std::to_string(random_.below(8));
    if (random_.chance(40)) text += " OFFSET " + std::to_string(random_.below(4));
  }
  return text;
}

Statement Queries::plain() {
  Core query = core();
  bool ordered = random_.chance(45);
  if (ordered) query.text += order_by(query.width);
  return {query.text, ordered, may_represent(query.text, schema_)};
}

Statement Queries::compound() {
  int width = 1 + random_.below(3);
  std::string text = expressions_.simple_select({}, width, 1);
  for (int i = 1 + random_.below(3); i > 0; --i) {
    text += random_.pick(compound_operators());
    if (random_.chance(25)) {
      text += "VALUES (" + random_.list(width, [&] { return expressions_.literal(); }) + ")";
    } else {
      text += expressions_.simple_select({}, width, 1);
    }
  }
  bool ordered = random_.chance(60);
  if (ordered) text += order_by(static_cast<size_t>(width));
  return {text, ordered, true};
}

Statement Queries::common_table() {
  static const std::vector<std::string> hints = {" AS ", " AS ", " AS MATERIALIZED ", " AS NOT MATERIALIZED "};
  Random& r = random_;
  std::string text = "WITH w(x, y)" + r.pick(hints) + "(" + expressions_.simple_select({}, 2, 1) + ")";
  if (r.chance(40)) text += ", v" + r.pick(hints) + "(SELECT x AS p, count(*) AS q FROM w GROUP BY x)";
  bool second = text.find(", v AS") != std::string::npos;
  Scope scope = {"w1.x", "w1.y"};
  std::string from = " FROM w AS w1";
  if (second) {
    from += " JOIN v ON v.p " + std::string(r.chance(50) ? "IS" : "=") + " w1.x";
    scope.push_back("v.q");
  } else if (r.chance(40)) {
    from += " JOIN w AS w2 ON w2.x = w1.y";
    scope.push_back("w2.y");
  }
  text += " SELECT " + r.list(2, [&] { return expressions_.expr(scope, 1); }) + from + " WHERE " +
          expressions_.condition(scope, 1);
  bool ordered = r.chance(50);
  if (ordered) text += order_by(2);
  return {text, ordered, true};
}

Statement Queries::recursive() {
  Random& r = random_;
  std::string start = std::to_string(r.below(3));
  std::string last = std::to_string(3 + r.below(20));
  std::string all = r.chance(50) ? " ALL" : "";
  switch (r.below(4)) {
    case 0:
      return {"WITH RECURSIVE r(n) AS (SELECT " + start + " UNION" + all + " SELECT n + 1 FROM r WHERE n < " + last +
                  ") SELECT n, (" + expressions_.simple_select({"r.n"}, 1, 1) +
                  " ORDER BY 1 LIMIT 1) FROM r ORDER BY 1, 2",
              true, true};
    case 1:  // a queue with an order and a limit
      return {"WITH RECURSIVE r(n, d) AS (VALUES (" + start +
                  ", 0) UNION ALL SELECT n * 2 + k, d + 1 FROM r, (SELECT 0 AS k UNION ALL SELECT 1) "
                  "WHERE d < 4 ORDER BY 2" +
                  (r.chance(50) ? " DESC" : "") + ", 1 LIMIT " + last + ") SELECT n, d FROM r",
              true, false};
    case 2:  // a graph walked from the rows of a table
      return {"WITH RECURSIVE r(x) AS (SELECT " + start + " UNION SELECT (r.x * 7 + s.c0) % 50 FROM r, (" +
                  expressions_.simple_select({}, 1, 1) +
                  ") AS s WHERE typeof(s.c0) = 'integer' AND s.c0 BETWEEN 0 AND 20) SELECT x FROM r ORDER BY 1",
              true, true};
    default:  // two recursive members
      return {"WITH RECURSIVE r(n) AS (SELECT " + start + " UNION SELECT n + 3 FROM r WHERE n < " + last +
                  " UNION SELECT n * 2 FROM r WHERE n < " + last + ") SELECT count(*), sum(n), max(n) FROM r",
              true, false};
  }
}

// The other columns come from the row that has the minimum or maximum; with a key in it there is one such row.
Statement Queries::bare_columns() {
  std::vector<const Table*> keyed;
  for (const Table& table : schema_.tables) {
    if (table.integer_key) keyed.push_back(&table);
  }
  if (keyed.empty()) return plain();
  const Table& table = *random_.pick(keyed);
  const std::string& key = table.columns[static_cast<size_t>(table.key)];
  std::string group = random_.pick(table.columns);
  std::string call = std::string(random_.chance(50) ? "min(" : "max(") + key + ")";
  std::string text = "SELECT " + call + ", " + random_.list(2, [&] { return expressions_.expr(table.columns, 1); }) +
                     " FROM " + table.full_name();
  if (random_.chance(50)) text += " WHERE " + expressions_.condition(table.columns, 1);
  if (random_.chance(80)) text += " GROUP BY " + group;
  if (random_.chance(30)) text += " HAVING " + call + " > " + std::to_string(random_.below(20));
  return {text, false, true};
}

Statement Queries::row_values() {
  const Table& table = random_.pick(schema_.tables);
  auto pair = [&] {
    return "(" + expressions_.column(table.columns) + ", " + expressions_.column(table.columns) + ")";
  };
  auto values = [&] { return "(" + expressions_.literal() + ", " + expressions_.literal() + ")"; };
  std::string condition;
  switch (random_.below(4)) {
    case 0: condition = pair() + " > " + values(); break;
    case 1: condition = pair() + " BETWEEN " + values() + " AND " + values(); break;
    case 2: condition = pair() + " IN (VALUES " + values() + ", " + values() + ")"; break;
    default: condition = pair() + " = (" + expressions_.simple_select({}, 2, 1) + " ORDER BY 1, 2 LIMIT 1)"; break;
  }
  return {"SELECT * FROM " + table.full_name() + " WHERE " + condition, false, true};
}

Statement Queries::next() {
  int kind = random_.below(100);
  if (kind < 60) return plain();
  if (kind < 72) return compound();
  if (kind < 82) return common_table();
  if (kind < 87) return recursive();
  if (kind < 93) return bare_columns();
  return row_values();
}

}  // namespace sqlrite::differential
