#include "differential/changes.h"

#include <algorithm>

namespace sqlrite::differential {

namespace {

std::string names_of(const Table& table, const std::vector<size_t>& columns) {
  std::string text;
  for (size_t column : columns) text += (text.empty() ? "" : ", ") + table.columns[column];
  return text;
}

}  // namespace

const Table& Changes::target() {
  for (int i = 0; i < 4; ++i) {  // a view may be the target, which is an error
    const Table& table = random_.pick(schema_.tables);
    if (!table.view) return table;
  }
  return random_.pick(schema_.tables);
}

std::string Changes::value_for(const Table& table, size_t column) {
  Random& r = random_;
  bool key = static_cast<int>(column) == table.key;
  if (key && r.chance(15) && table.integer_key) return "NULL";
  if (key && !table.strict) {
    // No largest rowid: what follows it is random.
    return r.chance(92) ? std::to_string(r.below(40)) : "'k'";
  }
  if (table.strict) {
    const std::string& type = table.types[column];
    if (type == "TEXT") return "'" + std::string(1, static_cast<char>('a' + r.below(6))) + "'";
    if (type == "BLOB") return r.chance(50) ? "x'00'" : "x'6162'";
    if (type == "REAL") return std::to_string(r.below(100)) + (r.chance(50) ? ".25" : "");
    if (type == "ANY") return expressions_.literal();
    return std::to_string(r.below(key ? 40 : 100));
  }
  return expressions_.literal();
}

std::string Changes::rows_for(const Table& table, const std::vector<size_t>& columns) {
  return "VALUES " + random_.list(1 + random_.below(3), [&] {
    std::string row;
    for (size_t column : columns) row += (row.empty() ? "(" : ", ") + value_for(table, column);
    return row + ")";
  });
}

// STRICT columns get values of their type: stock SQLite keeps the rows that were changed before one of a wrong type.
std::string Changes::new_value(const Table& table, size_t column, const Scope& scope) {
  if (static_cast<int>(column) == table.key) return std::to_string(random_.below(60));
  return table.strict ? value_for(table, column) : expressions_.expr(scope, 1);
}

std::string Changes::returning(const Table& table) {
  if (!random_.chance(25)) return "";
  if (random_.chance(30)) return " RETURNING *";
  return " RETURNING " + random_.list(1 + random_.below(3), [&] { return expressions_.expr(table.columns, 1); });
}

std::string Changes::assignment(const Table& table, const Scope& scope) {
  // Not the key: a new key may collide with the row after next.
  std::string text;
  for (int i = 1 + random_.below(2); i > 0; --i) {
    size_t column = static_cast<size_t>(random_.below(static_cast<int>(table.columns.size())));
    std::string value = new_value(table, column, scope);
    text += (text.empty() ? "" : ", ") + table.columns[column] + " = " + value;
  }
  return text;
}

std::string Changes::upsert_clauses(const Table& table) {
  Random& r = random_;
  // Expressions over `excluded` are left out: whether its values have the columns' affinities depends on the
  // constraint.
  Scope scope = table.scope(table.name);
  // A clause without a target leaves open which of several violated constraints names the row.
  bool several = std::count(table.unique.begin(), table.unique.end(), true) > 1;
  std::string text;
  for (int i = 1 + (r.chance(25) ? 1 : 0); i > 0; --i) {
    bool last = i == 1;
    text += " ON CONFLICT";
    if (!last || several || r.chance(85)) {
      std::vector<std::string> unique;
      for (size_t column = 0; column < table.columns.size(); ++column) {
        if (table.unique[column] || r.chance(8)) unique.push_back(table.columns[column]);
      }
      text += "(" + (unique.empty() ? r.pick(table.columns) : r.pick(unique)) + ")";
    }
    if (r.chance(25)) {
      text += " DO NOTHING";
      continue;
    }
    const std::string& taken = r.pick(table.columns);
    text += " DO UPDATE SET " + (r.chance(40) ? taken + " = excluded." + taken : assignment(table, scope));
    if (r.chance(25)) text += " WHERE " + expressions_.condition(scope, 0);
  }
  return text;
}

Statement Changes::insert() {
  static const std::vector<std::string> verbs = {"INSERT",           "INSERT",  "INSERT",         "INSERT",
                                                 "INSERT OR IGNORE", "REPLACE", "INSERT OR FAIL", "INSERT OR ABORT"};
  Random& r = random_;
  const Table& table = target();
  std::string verb = r.pick(verbs);
  std::string text = verb + " INTO " + table.full_name();
  if (r.chance(3)) return {text + " DEFAULT VALUES" + returning(table), false, true};
  std::vector<size_t> columns;
  for (size_t i = 0; i < table.columns.size(); ++i) columns.push_back(i);
  if (r.chance(15)) columns.erase(columns.begin() + r.below(static_cast<int>(columns.size())));
  if (columns.empty()) columns.push_back(0);
  text += "(" + names_of(table, columns) + ") ";
  if (table.strict && r.chance(10)) {
    // Of any type: whether a value of the wrong type or a collision is found first is nobody's promise.
    std::string row;
    for (size_t i = 0; i < table.columns.size(); ++i) {
      row += (i > 0 ? ", " : "") + (static_cast<int>(i) == table.key ? std::string("NULL") : expressions_.literal());
    }
    text = "INSERT INTO " + table.full_name() + " VALUES (" + row + ")";
    return {text, false, true};
  }
  if (r.chance(12) && !table.strict) {
    // Without the rowid: large ones would make the rowids after them random.
    if (table.integer_key && columns.size() > 1 && columns.front() == 0) columns.erase(columns.begin());
    text = verb + " INTO " + table.full_name() + "(" + names_of(table, columns) + ") " + "SELECT * FROM (" +
           expressions_.simple_select({}, static_cast<int>(columns.size()), 1) + ") WHERE true ORDER BY 1";
    for (size_t i = 2; i <= columns.size(); ++i) text += ", " + std::to_string(i);
    text += " LIMIT 5";
  } else {
    text += rows_for(table, columns);
  }
  if (verb == "INSERT" && r.chance(25)) text += upsert_clauses(table);
  return {text + returning(table), false, true};
}

Statement Changes::update() {
  static const std::vector<std::string> verbs = {
      "UPDATE", "UPDATE", "UPDATE", "UPDATE OR IGNORE", "UPDATE OR REPLACE", "UPDATE OR FAIL"};
  Random& r = random_;
  const Table& table = target();
  Scope scope = table.scope(table.name);
  size_t column = static_cast<size_t>(r.below(static_cast<int>(table.columns.size())));
  std::string value = new_value(table, column, scope);
  std::string verb = r.pick(verbs);
  std::string text = verb + " " + table.full_name() + " SET " + table.columns[column] + " = " + value;
  bool collides = static_cast<int>(column) == table.key || table.unique[column];
  // Which rows were changed before an error of OR FAIL is nobody's promise either.
  if (collides || verb == "UPDATE OR FAIL" || table.key < 0) {
    if (table.key >= 0) {
      return {text + " WHERE " + table.name + "." + table.columns[static_cast<size_t>(table.key)] + " = " +
                  std::to_string(r.below(40)) + returning(table),
              false, true};
    }
    if (collides || verb == "UPDATE OR FAIL") return insert();
  }
  if (r.chance(20) && !table.strict) {
    // FROM with one row, or one per key: no row is matched twice.
    std::string one = "(SELECT max(c0) AS x, count(*) AS y FROM (" + expressions_.simple_select({}, 1, 1) + ")) AS f";
    text = verb + " " + table.full_name() + " SET " + table.columns[column] + " = " +
           (r.chance(50) ? "f.x" : "f.y + " + value) + " FROM " + one + " WHERE true";
    for (const Table& other : schema_.tables) {
      if (!other.integer_key || other.view || !r.chance(40)) continue;
      text = verb + " " + table.full_name() + " SET " + table.columns[column] + " = f." + other.columns.back() +
             " FROM " + other.full_name() + " AS f WHERE f." + other.columns[static_cast<size_t>(other.key)] + " = " +
             r.pick(scope);
      break;
    }
    if (r.chance(50)) text += " AND " + expressions_.condition(scope, 1);
    return {text + returning(table), false, true};
  }
  if (r.chance(85)) text += " WHERE " + expressions_.condition(scope, 1);
  return {text + returning(table), false, true};
}

Statement Changes::remove() {
  const Table& table = target();
  Scope scope = table.scope(table.name);
  return {"DELETE FROM " + table.full_name() + " WHERE " + expressions_.condition(scope, 1) + " AND " +
              expressions_.condition(scope, 0) + returning(table),
          false, true};
}

Statement Changes::next() {
  int kind = random_.below(22);
  if (kind < 11) return insert();
  if (kind < 18) return update();
  return remove();
}

}  // namespace sqlrite::differential
