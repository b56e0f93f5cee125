#include "differential/schema.h"

#include <algorithm>
#include <iterator>

namespace sqlrite::differential {

namespace {

using Row = std::vector<std::string>;

std::vector<Row> rows_of(const harness::SqliteApi& api, void* db, const std::string& sql) {
  std::vector<Row> rows;
  void* statement = nullptr;
  if (api.prepare_v2(db, sql.c_str(), -1, &statement, nullptr) != 0) return rows;
  while (api.step(statement) == harness::kRow) {
    Row row;
    for (int i = 0; i < api.column_count(statement); ++i) {
      const unsigned char* text = api.column_text(statement, i);
      row.emplace_back(text != nullptr ? reinterpret_cast<const char*>(text) : "");
    }
    rows.push_back(row);
  }
  api.finalize(statement);
  return rows;
}

void read_columns(const harness::SqliteApi& api, void* db, Table* table) {
  int key_columns = 0;
  for (const Row& row : rows_of(api, db,
                                "SELECT name, type, pk FROM pragma_table_info('" + table->name + "', '" +
                                    table->database + "') ORDER BY cid")) {
    table->columns.push_back(row[0]);
    table->types.push_back(row[1]);
    table->unique.push_back(row[2] != "0");
    if (row[2] == "0") continue;
    ++key_columns;
    table->key = static_cast<int>(table->columns.size()) - 1;
  }
  if (key_columns != 1) table->key = -1;
  table->integer_key =
      table->key >= 0 && !table->without_rowid && table->types[static_cast<size_t>(table->key)] == "INTEGER";
}

void read_unique_indexes(const harness::SqliteApi& api, void* db, Table* table) {
  for (const Row& row : rows_of(api, db,
                                "SELECT x.cid FROM pragma_index_list('" + table->name + "', '" + table->database +
                                    "') AS l, pragma_index_xinfo(l.name, '" + table->database +
                                    "') AS x WHERE l.\"unique\" AND x.key")) {
    int column = std::stoi(row[0]);
    for (size_t i = 0; i < table->unique.size(); ++i) {
      if (column < 0 || column == static_cast<int>(i)) table->unique[i] = true;  // an expression may name any column
    }
  }
}

}  // namespace

Scope Table::scope(const std::string& alias) const {
  Scope names;
  for (const std::string& column : columns) names.push_back(alias + "." + column);
  return names;
}

bool Schema::agrees_with(const Schema& other) const {
  auto stored = [](const Schema& schema) {
    std::vector<Table> only;
    std::copy_if(schema.tables.begin(), schema.tables.end(), std::back_inserter(only),
                 [](const Table& table) { return !table.view; });
    return only;
  };
  return databases == other.databases && indexes == other.indexes && stored(*this) == stored(other);
}

void Schema::read(const harness::SqliteApi& api, void* db) {
  databases.clear();
  tables.clear();
  indexes.clear();
  for (const Row& row : rows_of(api, db, "SELECT name FROM pragma_database_list ORDER BY seq"))
    databases.push_back(row[0]);
  for (const Row& row : rows_of(
           api, db,
           "SELECT schema, name, type, wr, strict FROM pragma_table_list WHERE name NOT LIKE 'sqlite!_%' ESCAPE '!' "
           "ORDER BY schema, name")) {
    Table table;
    table.database = row[0];
    table.name = row[1];
    table.view = row[2] == "view";
    table.without_rowid = row[3] == "1";
    table.strict = row[4] == "1";
    read_columns(api, db, &table);
    if (table.columns.empty()) continue;  // a view that a dropped table has left without meaning
    if (!table.view) read_unique_indexes(api, db, &table);
    tables.push_back(table);
  }
  for (const std::string& database : databases) {
    for (const Row& row : rows_of(api, db,
                                  "SELECT name FROM " + database +
                                      ".sqlite_schema WHERE type = 'index' AND sql IS NOT NULL ORDER BY name")) {
      indexes.push_back((database == "main" ? "" : database + ".") + row[0]);
    }
  }
}

}  // namespace sqlrite::differential
