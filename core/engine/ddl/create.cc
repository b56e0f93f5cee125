// CREATE TABLE, INDEX, VIEW and TRIGGER.
#include "catalog/definition.h"
#include "engine/commands.h"
#include "engine/ddl/schema_writer.h"
#include "engine/pragma/table_functions.h"
#include "sql/parser/parser.h"

namespace sqlrite::engine {

namespace {

Status already_exists(const catalog::Table& existing, std::string_view written) {
  return status_format(Code::Error, "%s %.*s already exists",
                       existing.kind == catalog::TableKind::View ? "view" : "table", static_cast<int>(written.size()),
                       written.data());
}

catalog::DefinitionContext definition_context(Command& command, uint32_t database, Arena& arena,
                                              std::string_view text) {
  Connection& connection = command.connection;
  catalog::DefinitionContext context{arena, text, connection, connection.registry()};
  context.database = DatabaseId{static_cast<uint8_t>(database)};
  context.encoding = connection.database(database).encoding;
  context.column_count_max = static_cast<uint32_t>(connection.limit(Limit::Column));
  context.double_quoted_strings = connection.settings().dqs_ddl;
  return context;
}

// True in *exists when IF NOT EXISTS makes the statement a no-op.
Status check_table_name(Command& command, uint32_t database, const sql::Identifier& name, bool if_not_exists,
                        bool* exists) {
  Connection& connection = command.connection;
  *exists = false;
  if (!connection.settings().writable_schema) SQLRITE_TRY(catalog::check_object_name(name.text));
  const catalog::Schema& schema = *connection.database(database).schema;
  if (const catalog::Table* table = schema.find_table(name.text); table != nullptr) {
    if (if_not_exists) {
      *exists = true;
      return {};
    }
    return already_exists(*table, name.span.in(command.text()));
  }
  if (schema.find_index(name.text) != nullptr) {
    return status_format(Code::Error, "there is already an index named %.*s", static_cast<int>(name.text.size()),
                         name.text.data());
  }
  return {};
}

// Schemas as they are in the files now.
Status current_schemas(Command& command, uint32_t database) {
  Connection& connection = command.connection;
  SQLRITE_TRY(connection.load_schemas());
  Status status = connection.transaction().ensure_read(database);
  if (!status.ok() && status.code() != Code::Schema) return status;
  return connection.load_schemas();
}

// The table of an index or trigger whose name and table have no schema: main's, or temp's, but never an attached file's.
bind::FoundTable find_table_of_unqualified(Connection& connection, std::string_view table_name) {
  bind::FoundTable found = connection.find_table({}, table_name);
  if (found.table != nullptr && found.table->database != kTempDatabase)
    found = connection.find_table_in(kMainDatabase, table_name);
  return found;
}

}  // namespace

Status create_table(Command& command, const sql::CreateTableStatement& statement) {
  Connection& connection = command.connection;
  SQLRITE_TRY_ASSIGN(uint32_t database,
                     target_database(connection, statement.name.schema, statement.temporary, "table"));
  SQLRITE_TRY(current_schemas(command, database));
  bool exists = false;
  SQLRITE_TRY(check_table_name(command, database, statement.name.name, statement.if_not_exists, &exists));
  if (exists) return {};

  Arena arena(2048);
  std::string text = "CREATE TABLE ";
  const sql::CreateTableStatement* definition = &statement;
  std::string_view definition_text = command.text();
  if (statement.as_select != nullptr) {
    bind::BindContext context{arena,
                              command.text(),
                              connection,
                              connection.registry(),
                              connection,
                              &connection.table_functions(),
                              connection.settings().dqs_dml};
    bind::Binder binder(context);
    SQLRITE_TRY_ASSIGN(bind::BoundQuery * query, binder.bind_select(*statement.as_select));
    std::string_view composed = bind::create_table_as_text(statement.name.name.text, *query, arena);
    SQLRITE_TRY_ASSIGN(sql::ParsedStatement parsed, sql::parse_statement(composed, arena));
    definition = parsed.statement->as<sql::CreateTableStatement>();
    definition_text = composed;
    text = composed;
  } else {
    text.append(statement.definition_span.in(command.text()));
  }
  catalog::DefinitionContext context = definition_context(command, database, arena, definition_text);
  SQLRITE_TRY_ASSIGN(catalog::Table * table, catalog::define_table(*definition, context));

  SchemaWriter writer(connection, database);
  SQLRITE_TRY(writer.begin());
  SQLRITE_TRY_ASSIGN(PageId root,
                     writer.create_tree(table->without_rowid ? storage::TreeKind::Index : storage::TreeKind::Table));
  SQLRITE_TRY(writer.add("table", table->name, table->name, root, text));
  for (size_t i = table->indexes.size(); i-- > 0;) {
    SQLRITE_TRY_ASSIGN(PageId index_root, writer.create_tree(storage::TreeKind::Index));
    SQLRITE_TRY(writer.add("index", table->indexes[i]->name, table->name, index_root, {}));
  }
  if (table->autoincrement && connection.database(database).schema->find_table("sqlite_sequence") == nullptr) {
    SQLRITE_TRY_ASSIGN(PageId sequence_root, writer.create_tree(storage::TreeKind::Table));
    SQLRITE_TRY(writer.add("table", "sqlite_sequence", "sqlite_sequence", sequence_root,
                           "CREATE TABLE sqlite_sequence(name,seq)"));
  }
  if (statement.as_select != nullptr) {
    SQLRITE_TRY(writer.publish());
    std::string fill =
        "INSERT INTO " + quoted_name(connection.database(database).name) + "." + quoted_name(table->name) + " ";
    fill.append(statement.as_select->span.in(command.text()));
    SQLRITE_TRY(connection.exec_internal(fill, nullptr, nullptr, command.parameters, command.parameter_count));
  }
  return writer.finish();
}

Status create_index(Command& command, const sql::CreateIndexStatement& statement) {
  Connection& connection = command.connection;
  SQLRITE_TRY(connection.load_schemas());
  // The index lives in its table's database; without a name for that, the table is looked for everywhere.
  bind::FoundTable found;
  for (int attempt = 0; attempt < 2; ++attempt) {
    if (statement.name.schema.present()) {
      SQLRITE_TRY_ASSIGN(uint32_t named, target_database(connection, statement.name.schema, false, "index"));
      found = connection.find_table_in(DatabaseId{static_cast<uint8_t>(named)}, statement.table.text);
    } else {
      found = find_table_of_unqualified(connection, statement.table.text);
    }
    uint32_t probe = found.table != nullptr ? found.table->database.value : 0;
    Status status = connection.transaction().ensure_read(probe);
    if (status.ok()) break;
    if (status.code() != Code::Schema) return status;
    SQLRITE_TRY(connection.load_schemas());
  }
  if (found.table == nullptr) {
    std::string_view schema = statement.name.schema.present() ? statement.name.schema.text : std::string_view("main");
    return status_format(Code::Error, "no such table: %.*s.%.*s", static_cast<int>(schema.size()), schema.data(),
                         static_cast<int>(statement.table.text.size()), statement.table.text.data());
  }
  const catalog::Table& table = *found.table;
  uint32_t database = table.database.value;
  std::string_view name = statement.name.name.text;
  if (table.is_system) {
    return status_format(Code::Error, "table %.*s may not be indexed", static_cast<int>(table.name.size()),
                         table.name.data());
  }
  if (table.kind == catalog::TableKind::View) return Status(Code::Error, "views may not be indexed");
  if (table.kind == catalog::TableKind::Virtual) return Status(Code::Error, "virtual tables may not be indexed");
  if (!connection.settings().writable_schema) SQLRITE_TRY(catalog::check_object_name(name));
  const catalog::Schema& schema = *connection.database(database).schema;
  if (schema.find_table(name) != nullptr) {
    return status_format(Code::Error, "there is already a table named %.*s", static_cast<int>(name.size()),
                         name.data());
  }
  if (schema.find_index(name) != nullptr) {
    if (statement.if_not_exists) return {};
    return status_format(Code::Error, "index %.*s already exists", static_cast<int>(name.size()), name.data());
  }
  if (statement.method.present()) {
    return status_format(Code::Error, "index method %.*s is not available in this version",
                         static_cast<int>(statement.method.text.size()), statement.method.text.data());
  }
  Arena arena(1024);
  catalog::DefinitionContext context = definition_context(command, database, arena, command.text());
  SQLRITE_TRY_ASSIGN(catalog::Index * index, catalog::define_index(statement, table, context));
  if (!index->unusable_reason.empty()) return Status(Code::Error, index->unusable_reason);

  catalog::SchemaRef keep = connection.database(database).schema;  // `table` belongs to it
  SchemaWriter writer(connection, database);
  SQLRITE_TRY(writer.begin());
  SQLRITE_TRY_ASSIGN(index->root, writer.create_tree(storage::TreeKind::Index));
  index->table = &table;
  std::string text = statement.unique ? "CREATE UNIQUE INDEX " : "CREATE INDEX ";
  text.append(statement.definition_span.in(command.text()));
  SQLRITE_TRY(writer.add("index", name, table.name, index->root, text));
  SQLRITE_TRY(fill_index(connection, table, *index));
  return writer.finish();
}

Status create_view(Command& command, const sql::CreateViewStatement& statement) {
  Connection& connection = command.connection;
  SQLRITE_TRY_ASSIGN(uint32_t database,
                     target_database(connection, statement.name.schema, statement.temporary, "view"));
  if (command.program.parsed.parameter_count > 0) return Status(Code::Error, "parameters are not allowed in views");
  SQLRITE_TRY(current_schemas(command, database));
  bool exists = false;
  SQLRITE_TRY(check_table_name(command, database, statement.name.name, statement.if_not_exists, &exists));
  if (exists) return {};
  for (const sql::Identifier& schema : statement.schemas_named) {
    if (database == kTempDatabase.value || connection.find_database(schema.text) == static_cast<int>(database))
      continue;
    return status_format(Code::Error, "view %.*s cannot reference objects in database %.*s",
                         static_cast<int>(statement.name.name.text.size()), statement.name.name.text.data(),
                         static_cast<int>(schema.text.size()), schema.text.data());
  }
  Arena arena(1024);
  catalog::DefinitionContext context = definition_context(command, database, arena, command.text());
  SQLRITE_TRY(catalog::define_view(statement, context).take_status());
  std::string text = "CREATE VIEW ";
  text.append(statement.definition_span.in(command.text()));
  SchemaWriter writer(connection, database);
  SQLRITE_TRY(writer.begin());
  SQLRITE_TRY(writer.add("view", statement.name.name.text, statement.name.name.text, PageId{}, text));
  return writer.finish();
}

Status create_trigger(Command& command, const sql::CreateTriggerStatement& statement) {
  Connection& connection = command.connection;
  SQLRITE_TRY(connection.load_schemas());
  if (statement.temporary && statement.name.schema.present()) {
    return Status(Code::Error, "temporary trigger may not have qualified name");
  }
  std::string_view table_schema = statement.table.schema.present()  ? statement.table.schema.text
                                  : statement.name.schema.present() ? statement.name.schema.text
                                                                    : std::string_view();
  bind::FoundTable found = table_schema.empty() && !statement.temporary
                               ? find_table_of_unqualified(connection, statement.table.name.text)
                               : connection.find_table(table_schema, statement.table.name.text);
  std::string_view table_name = statement.table.name.text;
  if (found.table == nullptr) {
    std::string_view schema = table_schema.empty() ? std::string_view("main") : table_schema;
    return status_format(Code::Error, "no such table: %.*s.%.*s", static_cast<int>(schema.size()), schema.data(),
                         static_cast<int>(table_name.size()), table_name.data());
  }
  const catalog::Table& table = *found.table;
  uint32_t database = statement.temporary ? uint32_t{1} : table.database.value;
  if (statement.name.schema.present()) {
    SQLRITE_TRY_ASSIGN(database, target_database(connection, statement.name.schema, false, "trigger"));
  }
  if (table.kind == catalog::TableKind::Virtual) return Status(Code::Error, "cannot create triggers on virtual tables");
  std::string_view name = statement.name.name.text;
  SQLRITE_TRY(catalog::check_object_name(name));
  SQLRITE_TRY(current_schemas(command, database));
  if (connection.database(database).schema->triggers.contains(name)) {
    if (statement.if_not_exists) return {};
    return status_format(Code::Error, "trigger %.*s already exists", static_cast<int>(name.size()), name.data());
  }
  if (table.is_system) return Status(Code::Error, "cannot create trigger on system table");
  bool is_view = table.kind == catalog::TableKind::View;
  if (is_view && statement.time != sql::TriggerTime::InsteadOf) {
    return status_format(Code::Error, "cannot create %s trigger on view: %.*s",
                         statement.time == sql::TriggerTime::After ? "AFTER" : "BEFORE",
                         static_cast<int>(table_name.size()), table_name.data());
  }
  if (!is_view && statement.time == sql::TriggerTime::InsteadOf) {
    return status_format(Code::Error, "cannot create INSTEAD OF trigger on table: %.*s",
                         static_cast<int>(table_name.size()), table_name.data());
  }
  std::string text = "CREATE TRIGGER ";
  text.append(statement.definition_span.in(command.text()));
  std::string stored_table(table.name);
  SchemaWriter writer(connection, database);
  SQLRITE_TRY(writer.begin());
  SQLRITE_TRY(writer.add("trigger", name, stored_table, PageId{}, text));
  return writer.finish();
}

}  // namespace sqlrite::engine
