// DROP TABLE, INDEX, VIEW and TRIGGER.
#include <algorithm>

#include "engine/commands.h"
#include "engine/ddl/schema_writer.h"

namespace sqlrite::engine {

namespace {

std::string written_name(const sql::QualifiedName& name) {
  std::string out;
  if (name.schema.present()) out.append(name.schema.text).append(".");
  out.append(name.name.text);
  return out;
}

Status no_such(const char* what, const sql::QualifiedName& name) {
  return status_format(Code::Error, "no such %s: %s", what, written_name(name).c_str());
}

bool is_statistics_table(std::string_view name) {
  return iequals(name, "sqlite_stat1") || iequals(name, "sqlite_stat3") || iequals(name, "sqlite_stat4");
}

Status delete_rows(Connection& connection, uint32_t database, const char* table, const char* column,
                   std::string_view value) {
  if (connection.database(database).schema->find_table(table) == nullptr) return {};
  std::string text =
      "DELETE FROM " + quoted_name(connection.database(database).name) + "." + table + " WHERE " + column + " = ?1";
  Value parameter = Value::from_text(value, ValueOwner::Caller);
  return connection.exec_internal(text, nullptr, nullptr, &parameter, 1);
}

// Frees trees, the highest root first: in auto-vacuum files freeing one moves only roots above it.
Status drop_trees(SchemaWriter& writer, std::vector<PageId> roots) {
  std::sort(roots.begin(), roots.end(), [](PageId a, PageId b) { return b < a; });
  for (PageId root : roots) SQLRITE_TRY(writer.drop_tree(root));
  return {};
}

// Trees are not freed beneath a statement that runs: it may stand on one of them.
Status no_statement_runs(Connection& connection) {
  bool alone = connection.transaction().active_count() <= 1;
  return alone ? Status() : Status(Code::Locked, "database table is locked");
}

Status drop_table(Connection& connection, const catalog::Table& table) {
  // Only its module knows which other tables belong to it.
  if (table.kind == catalog::TableKind::Virtual) {
    return status_format(Code::Error, "no such module: %.*s", static_cast<int>(table.module.size()),
                         table.module.data());
  }
  if (table.kind == catalog::TableKind::Table) SQLRITE_TRY(no_statement_runs(connection));
  uint32_t database = table.database.value;
  catalog::SchemaRef keep = connection.database(database).schema;
  std::string name(table.name);
  bool autoincrement = table.autoincrement;
  std::vector<PageId> roots;
  if (table.kind == catalog::TableKind::Table) {
    roots.push_back(table.without_rowid ? table.primary_key_index->root : table.root);
    for (const catalog::Index* index : table.indexes) roots.push_back(index->root);
  }
  SchemaWriter writer(connection, database);
  SQLRITE_TRY(writer.begin());
  if (autoincrement) SQLRITE_TRY(delete_rows(connection, database, "sqlite_sequence", "name", name));
  if (table.analyzed || connection.database(database).schema->find_table("sqlite_stat1") != nullptr) {
    for (const char* statistics : {"sqlite_stat1", "sqlite_stat4"}) {
      if (!iequals(statistics, name)) SQLRITE_TRY(delete_rows(connection, database, statistics, "tbl", name));
    }
  }
  std::vector<SchemaRecord> records;
  SQLRITE_TRY(writer.records(&records));
  for (const SchemaRecord& record : records) {
    if (iequals(record.table_name, name)) SQLRITE_TRY(writer.remove(record.rowid));
  }
  SQLRITE_TRY(drop_trees(writer, std::move(roots)));
  SQLRITE_TRY(writer.finish());
  // Temporary triggers on a table go with it.
  if (database != kTempDatabase.value && connection.database(1).schema != nullptr &&
      !connection.database(1).schema->triggers.empty()) {
    SchemaWriter temp(connection, kTempDatabase.value);
    SQLRITE_TRY(temp.begin());
    SQLRITE_TRY(temp.records(&records));
    bool changed = false;
    for (const SchemaRecord& record : records) {
      if (record.type != "trigger" || !iequals(record.table_name, name)) continue;
      SQLRITE_TRY(temp.remove(record.rowid));
      changed = true;
    }
    if (changed) SQLRITE_TRY(temp.finish());
  }
  return {};
}

}  // namespace

Status drop_object(Command& command, const sql::DropStatement& statement) {
  Connection& connection = command.connection;
  std::string_view schema = statement.name.schema.present() ? statement.name.schema.text : std::string_view();
  std::string_view name = statement.name.name.text;
  SQLRITE_TRY(connection.load_schemas());
  SQLRITE_TRY(connection.refresh_schemas().take_status());
  SQLRITE_TRY(connection.load_schemas());
  switch (statement.what) {
    case sql::DropKind::Table:
    case sql::DropKind::View: {
      bool wants_view = statement.what == sql::DropKind::View;
      bind::FoundTable found = connection.find_table(schema, name);
      if (found.unknown_database && !statement.if_exists) {
        return no_such(wants_view ? "view" : "table", statement.name);
      }
      if (found.table == nullptr)
        return statement.if_exists ? Status() : no_such(wants_view ? "view" : "table", statement.name);
      const catalog::Table& table = *found.table;
      bool is_view = table.kind == catalog::TableKind::View;
      if (table.is_system && !is_statistics_table(table.name)) {
        return status_format(Code::Error, "table %.*s may not be dropped", static_cast<int>(table.name.size()),
                             table.name.data());
      }
      if (wants_view && !is_view)
        return status_format(Code::Error, "use DROP TABLE to delete table %s", std::string(name).c_str());
      if (!wants_view && is_view)
        return status_format(Code::Error, "use DROP VIEW to delete view %s", std::string(name).c_str());
      if (connection.settings().foreign_keys && !is_view) {
        for (const catalog::Table* other : connection.database(table.database.value).schema->tables_in_order) {
          for (const catalog::ForeignKey& key : other->foreign_keys) {
            if (!iequals(key.parent_table, table.name) || other == &table) continue;
            return status_format(Code::Error,
                                 "cannot drop table %.*s: other tables refer to it by foreign keys, which cannot be "
                                 "enforced in this version",
                                 static_cast<int>(table.name.size()), table.name.data());
          }
        }
      }
      return drop_table(connection, table);
    }
    case sql::DropKind::Index: {
      uint32_t database = 0;
      const catalog::Index* index = connection.find_index(schema, name, &database);
      if (index == nullptr) return statement.if_exists ? Status() : no_such("index", statement.name);
      if (index->origin != catalog::IndexOrigin::Create) {
        return Status(Code::Error, "index associated with UNIQUE or PRIMARY KEY constraint cannot be dropped");
      }
      SQLRITE_TRY(no_statement_runs(connection));
      catalog::SchemaRef keep = connection.database(database).schema;
      SchemaWriter writer(connection, database);
      SQLRITE_TRY(writer.begin());
      SQLRITE_TRY(delete_rows(connection, database, "sqlite_stat1", "idx", index->name));
      std::vector<SchemaRecord> records;
      SQLRITE_TRY(writer.records(&records));
      for (const SchemaRecord& record : records) {
        if (record.type == "index" && iequals(record.name, index->name)) SQLRITE_TRY(writer.remove(record.rowid));
      }
      SQLRITE_TRY(writer.drop_tree(index->root));
      return writer.finish();
    }
    case sql::DropKind::Trigger: {
      for (uint32_t position = 0; position < connection.database_count(); ++position) {
        uint32_t database = position == 0 ? 1 : position == 1 ? 0 : position;
        if (!schema.empty() && connection.find_database(schema) != static_cast<int>(database)) continue;
        const catalog::SchemaRef& in = connection.database(database).schema;
        if (in == nullptr || !in->triggers.contains(name)) continue;
        SchemaWriter writer(connection, database);
        SQLRITE_TRY(writer.begin());
        std::vector<SchemaRecord> records;
        SQLRITE_TRY(writer.records(&records));
        for (const SchemaRecord& record : records) {
          if (record.type == "trigger" && iequals(record.name, name)) SQLRITE_TRY(writer.remove(record.rowid));
        }
        return writer.finish();
      }
      return statement.if_exists ? Status() : no_such("trigger", statement.name);
    }
  }
  return {};
}

}  // namespace sqlrite::engine
