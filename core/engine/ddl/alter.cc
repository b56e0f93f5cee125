// ALTER TABLE: the stored texts are edited where the change shows, everything else in them stays as written.
#include "catalog/definition.h"
#include "engine/commands.h"
#include "engine/ddl/rename.h"
#include "engine/ddl/schema_writer.h"
#include "engine/statement.h"
#include "sql/lexer/lexer.h"
#include "sql/parser/parser.h"
#include "sql/print/print.h"
#include "storage/record/record.h"

namespace sqlrite::engine {

namespace {

Result<const sql::CreateTableStatement*> parse_table(std::string_view text, Arena& arena) {
  SQLRITE_TRY_ASSIGN(sql::ParsedStatement parsed, sql::parse_statement(text, arena));
  if (parsed.statement == nullptr || parsed.statement->kind != sql::StatementKind::CreateTable) return Code::Corrupt;
  return parsed.statement->as<sql::CreateTableStatement>();
}

Result<SchemaRecord> table_record(SchemaWriter& writer, std::string_view name) {
  std::vector<SchemaRecord> records;
  SQLRITE_TRY(writer.records(&records));
  for (SchemaRecord& record : records) {
    if (record.type == "table" && iequals(record.name, name)) return std::move(record);
  }
  return Code::Corrupt;
}

// What SQLite takes as a constant default of an added column: a literal, with a sign or a CAST around it at most.
bool is_literal_default(const sql::Expr* expr) {
  if (expr == nullptr) return true;
  switch (expr->kind) {
    case sql::ExprKind::Literal: {
      sql::LiteralKind kind = expr->as<sql::LiteralExpr>()->literal;
      return kind != sql::LiteralKind::CurrentTime && kind != sql::LiteralKind::CurrentDate &&
             kind != sql::LiteralKind::CurrentTimestamp;
    }
    case sql::ExprKind::Unary: {
      const auto& unary = *expr->as<sql::UnaryExpr>();
      return (unary.op == sql::UnaryOp::Minus || unary.op == sql::UnaryOp::Plus) && is_literal_default(unary.operand);
    }
    case sql::ExprKind::Cast: return is_literal_default(expr->as<sql::CastExpr>()->operand);
    case sql::ExprKind::ColumnRef: return true;  // a bare word is a string, or TRUE and FALSE
    default: return false;
  }
}

// A row that the query finds makes the change fail.
Status check_rows(Connection& connection, const std::string& query, Status failure) {
  struct Found {
    bool any = false;
  } found;
  SQLRITE_TRY(connection.exec_internal(
      query,
      [](void* context, Statement&) -> Status {
        static_cast<Found*>(context)->any = true;
        return {};
      },
      &found));
  return found.any ? std::move(failure) : Status();
}

// The type of values that a STRICT column holds, as typeof() says it; "" for all types.
std::string_view strict_type_name(std::string_view declared_type) {
  if (iequals(declared_type, "ANY")) return "";
  if (iequals(declared_type, "INT") || iequals(declared_type, "INTEGER")) return "integer";
  if (iequals(declared_type, "REAL")) return "real";
  return iequals(declared_type, "TEXT") ? "text" : "blob";
}

// Rows that were there have the default in a new column of a STRICT table, so its type must fit.
Status check_default_type(Connection& connection, const std::string& target, const catalog::TableColumn& column) {
  std::string type(strict_type_name(column.declared_type));
  if (type.empty()) return {};
  std::string name = quoted_name(column.name);
  return check_rows(
      connection,
      "SELECT 1 FROM " + target + " WHERE " + name + " IS NOT NULL AND typeof(" + name + ") <> '" + type + "' LIMIT 1",
      Status(Code::Error, "type mismatch on DEFAULT"));
}

Status add_column(Command& command, const sql::AlterTableStatement& statement, const catalog::Table& table) {
  Connection& connection = command.connection;
  for (const sql::ColumnConstraint& constraint : statement.definition->constraints) {
    if (constraint.kind == sql::ColumnConstraintKind::PrimaryKey)
      return Status(Code::Error, "Cannot add a PRIMARY KEY column");
    if (constraint.kind == sql::ColumnConstraintKind::Unique) return Status(Code::Error, "Cannot add a UNIQUE column");
  }
  uint32_t database = table.database.value;
  std::string name(table.name);
  catalog::SchemaRef keep = connection.database(database).schema;
  SchemaWriter writer(connection, database);
  SQLRITE_TRY(writer.begin());
  SQLRITE_TRY_ASSIGN(SchemaRecord record, table_record(writer, name));
  Arena arena(4096);
  SQLRITE_TRY_ASSIGN(const sql::CreateTableStatement* old, parse_table(record.sql, arena));
  if (old->columns.empty()) return Code::Corrupt;
  // Behind the last column: at the comma before the constraints, or at the closing parenthesis.
  sql::Lexer lexer(record.sql, old->columns.back().span.end);
  sql::Token token = lexer.next();
  size_t at = token.begin;
  std::string_view column_text = statement.definition->span.in(command.text());
  std::string text = record.sql.substr(0, at) + ", " + std::string(column_text) + record.sql.substr(at);
  SQLRITE_TRY_ASSIGN(const sql::CreateTableStatement* grown, parse_table(text, arena));
  catalog::DefinitionContext context{arena, text, connection, connection.registry()};
  context.database = table.database;
  context.encoding = connection.database(database).encoding;
  context.column_count_max = static_cast<uint32_t>(connection.limit(Limit::Column));
  SQLRITE_TRY_ASSIGN(catalog::Table * defined, catalog::define_table(*grown, context));
  const catalog::TableColumn& column = defined->columns.back();
  bool constant = is_literal_default(column.default_expr);
  // The default must refer to an existing row only where the column refers to a table at all.
  bool references = false;
  for (const sql::ColumnConstraint& constraint : grown->columns.back().constraints) {
    references = references || constraint.kind == sql::ColumnConstraintKind::References;
  }
  Status refused =
      catalog::check_added_column(column, table, constant, references && connection.settings().foreign_keys);
  if (!refused.ok()) {
    // NOT NULL without default and values that need a row are harmless while the table has no rows.
    auto rows = storage::count_entries(writer.pager(), table.without_rowid ? table.primary_key_index->root : table.root,
                                       storage::kNewestView);
    if (!rows.ok() || rows.value() > 0) return refused;
    std::string_view message = refused.message();
    if (message.find("NOT NULL") == std::string_view::npos && message.find("non-constant") == std::string_view::npos &&
        message.find("REFERENCES") == std::string_view::npos) {
      return refused;
    }
  }
  record.sql = text;
  SQLRITE_TRY(writer.update(record));
  SQLRITE_TRY(writer.publish());
  std::string target = quoted_name(connection.database(database).name) + "." + quoted_name(name);
  for (const sql::ColumnConstraint& constraint : statement.definition->constraints) {
    if (constraint.kind != sql::ColumnConstraintKind::Check || constraint.expr == nullptr) continue;
    SQLRITE_TRY(check_rows(connection,
                           "SELECT 1 FROM " + target + " WHERE NOT (" + sql::print_expr(*constraint.expr) + ") LIMIT 1",
                           Status(Code::Error, "CHECK constraint failed")));
  }
  if (defined->strict) SQLRITE_TRY(check_default_type(connection, target, column));
  return writer.finish();
}

// What the table's indexes and CHECKs say must still name columns it has. `before`: as it was.
Status check_table_texts(Connection& connection, const catalog::Table& table, const catalog::Table& before) {
  Arena arena(2048);
  bind::BindContext context{arena, table.sql, connection, connection.registry(), connection, nullptr, true};
  auto fits = [&](const char* type, std::string_view name, const sql::Expr* expr, std::string_view text) -> Status {
    if (expr == nullptr) return {};
    bind::Binder binder(context);
    Status status = binder.bind_expression(*expr, binder.make_table_source(table), text).take_status();
    if (status.ok()) return {};
    return status_format(Code::Error, "error in %s %s after drop column: %s", type, std::string(name).c_str(),
                         std::string(status.message()).c_str());
  };
  for (const catalog::Index* index : table.indexes) {
    for (const catalog::Index* old : before.indexes) {
      if (old->name != index->name || !old->unusable_reason.empty() || index->unusable_reason.empty()) continue;
      return status_format(Code::Error, "error in index %s after drop column: %s", std::string(index->name).c_str(),
                           std::string(index->unusable_reason).c_str());
    }
    for (const catalog::IndexField& field : index->fields)
      SQLRITE_TRY(fits("index", index->name, field.expr, index->sql));
    SQLRITE_TRY(fits("index", index->name, index->where, index->sql));
  }
  for (const catalog::CheckConstraint& check : table.checks)
    SQLRITE_TRY(fits("table", table.name, check.expr, table.sql));
  return {};
}

// What SQLite refuses to drop, in its words.
Status check_droppable(const catalog::Table& table, size_t position) {
  const catalog::TableColumn& column = table.columns[position];
  const int name_size = static_cast<int>(column.name.size());
  auto refuse = [&](const char* reason) {
    return status_format(Code::Error, "cannot drop %s column: \"%.*s\"", reason, name_size, column.name.data());
  };
  if (column.primary_key || column.primary_key_position > 0) return refuse("PRIMARY KEY");
  // UNIQUE of the column itself; a table constraint over it shows when the new text is read.
  Arena scratch(2048);
  SQLRITE_TRY_ASSIGN(const sql::CreateTableStatement* definition, parse_table(table.sql, scratch));
  if (definition->columns.size() != table.columns.size()) return Code::Corrupt;
  for (const sql::ColumnConstraint& constraint : definition->columns[position].constraints) {
    if (constraint.kind == sql::ColumnConstraintKind::Unique) return refuse("UNIQUE");
  }
  if (table.columns.size() == 1) {
    return status_format(Code::Error, "cannot drop column \"%.*s\": no other columns exist", name_size,
                         column.name.data());
  }
  if (table.has_generated)
    return Status(Code::Error, "cannot drop a column of a table with generated columns in this version");
  return {};
}

// Takes the definition of a column out of the text of CREATE TABLE.
Status erase_definition(const catalog::Table& table, size_t position, std::string* text) {
  Arena arena(4096);
  SQLRITE_TRY_ASSIGN(const sql::CreateTableStatement* old, parse_table(*text, arena));
  if (old->columns.size() != table.columns.size()) return Code::Corrupt;
  size_t begin = old->columns[position].span.begin;
  size_t end;
  if (position + 1 < old->columns.size()) {
    end = old->columns[position + 1].span.begin;
  } else {
    // The last column takes the comma before it along.
    sql::Lexer before(*text, old->columns[position - 1].span.end);
    begin = before.next().begin;
    sql::Lexer after(*text, old->columns[position].span.end);
    end = after.next().begin;
  }
  text->erase(begin, end - begin);
  return {};
}

// Copies a table's rows to a new tree without one of its columns: each is read through the old definition and written in
// the layout of the new one.
class RowsWithoutColumn {
 public:
  RowsWithoutColumn(SchemaWriter& writer, const catalog::Table& table, size_t dropped)
      : writer_(writer), table_(table), encoding_(writer.encoding()) {
    if (table.without_rowid) {
      // By the fields of its tree: a column may be there twice, PRIMARY KEY(a COLLATE nocase, a).
      for (const catalog::IndexField& field : table.primary_key_index->fields)
        order_.push_back(static_cast<size_t>(field.column));
    } else {
      order_.resize(table.columns.size());
      for (size_t i = 0; i < table.columns.size(); ++i)
        order_[static_cast<size_t>(table.columns[i].storage_position)] = i;
    }
    std::erase(order_, dropped);
    real_ = std::make_unique<bool[]>(order_.size());
    for (size_t i = 0; i < order_.size(); ++i) real_[i] = table.columns[order_[i]].affinity == Affinity::Real;
    values_.resize(order_.size());
  }

  // The root of the new tree.
  Result<PageId> copy(Connection& connection) {
    using storage::TreeKind;
    SQLRITE_TRY_ASSIGN(PageId root, writer_.create_tree(table_.without_rowid ? TreeKind::Index : TreeKind::Table));
    if (table_.without_rowid) {
      SQLRITE_TRY(primary_.open(&writer_.pager(), root, storage::kNewestView, &table_.primary_key_index->key_info));
    } else {
      SQLRITE_TRY(cursor_.open(&writer_.pager(), root, storage::kNewestView));
    }
    std::string rowid = rowid_name(table_);
    std::string query = "SELECT *" + (rowid.empty() ? std::string() : ", " + rowid) + " FROM " +
                        quoted_name(connection.database(table_.database.value).name) + "." +
                        quoted_name(std::string(table_.name)) + " NOT INDEXED";
    SQLRITE_TRY(connection.exec_internal(
        query,
        [](void* context, Statement& row) -> Status { return static_cast<RowsWithoutColumn*>(context)->write(row); },
        this));
    return root;
  }

 private:
  Status write(Statement& row) {
    for (size_t i = 0; i < order_.size(); ++i) {
      bool alias = static_cast<int>(order_[i]) == table_.rowid_alias;
      values_[i] = alias ? Value::null() : row.peek(static_cast<uint32_t>(order_[i]));
    }
    SQLRITE_TRY_ASSIGN(storage::Payload payload,
                       encoder_.encode(values_.data(), static_cast<uint32_t>(values_.size()), encoding_, real_.get()));
    if (table_.without_rowid) return primary_.insert(payload);
    return cursor_.insert(row.column_int64(static_cast<uint32_t>(table_.columns.size())), payload);
  }

  SchemaWriter& writer_;
  const catalog::Table& table_;
  TextEncoding encoding_;
  storage::TableCursor cursor_;
  storage::IndexCursor primary_;
  storage::RecordEncoder encoder_;
  std::vector<Value> values_;
  std::unique_ptr<bool[]> real_;
  std::vector<size_t> order_;  // column of each stored field that stays
};

// The new schema as a whole cannot be read: "malformed database schema (NAME) - REASON" tells which stored text no longer
// holds.
Status drop_column_failure(SchemaWriter& writer, const std::string& table_name, const Status& malformed) {
  std::string reason(malformed.message());
  std::string object = table_name, type = "table";
  size_t open = reason.find('('), close = reason.find(") - ");
  if (open != std::string::npos && close != std::string::npos && open < close) {
    object = reason.substr(open + 1, close - open - 1);
    reason.erase(0, close + 4);
    std::vector<SchemaRecord> records;
    SQLRITE_TRY(writer.records(&records));
    for (const SchemaRecord& each : records) {
      if (iequals(each.name, object)) type = each.type;
    }
  }
  return status_format(Code::Error, "error in %s %s after drop column: %s", type.c_str(), object.c_str(),
                       reason.c_str());
}

Status drop_column(Command& command, const sql::AlterTableStatement& statement, const catalog::Table& table) {
  Connection& connection = command.connection;
  uint32_t database = table.database.value;
  std::string name(table.name);
  int dropped = table.find_column(statement.column.text);
  std::string_view written = statement.column.text;
  if (dropped < 0)
    return status_format(Code::Error, "no such column: \"%.*s\"", static_cast<int>(written.size()), written.data());
  const size_t position = static_cast<size_t>(dropped);
  SQLRITE_TRY(check_droppable(table, position));
  SQLRITE_TRY(check_stored_texts(connection, database, ""));
  catalog::SchemaRef keep = connection.database(database).schema;
  SchemaWriter writer(connection, database);
  SQLRITE_TRY(writer.begin());
  SQLRITE_TRY_ASSIGN(SchemaRecord record, table_record(writer, name));
  SQLRITE_TRY(erase_definition(table, position, &record.sql));
  PageId old_root = table.without_rowid ? table.primary_key_index->root : table.root;
  {
    RowsWithoutColumn rows(writer, table, position);
    SQLRITE_TRY_ASSIGN(PageId new_root, rows.copy(connection));
    record.root = new_root.value;
    SQLRITE_TRY(writer.update(record));
  }
  SQLRITE_TRY(writer.drop_tree(old_root));
  Status status = writer.publish();
  if (status.ok()) status = check_stored_texts(connection, database, "after drop column");
  if (status.ok()) status = check_table_texts(connection, *writer.schema().find_table(name), table);
  if (status.ok()) return writer.finish();
  return status.primary() == Code::Corrupt ? drop_column_failure(writer, name, status) : std::move(status);
}

}  // namespace

Status alter_table(Command& command, const sql::AlterTableStatement& statement) {
  Connection& connection = command.connection;
  SQLRITE_TRY(connection.load_schemas());
  SQLRITE_TRY(connection.refresh_schemas().take_status());
  SQLRITE_TRY(connection.load_schemas());
  std::string_view schema = statement.table.schema.present() ? statement.table.schema.text : std::string_view();
  std::string_view name = statement.table.name.text;
  bind::FoundTable found = connection.find_table(schema, name);
  if (found.table == nullptr) {
    std::string full = schema.empty() ? std::string(name) : std::string(schema) + "." + std::string(name);
    return status_format(Code::Error, "no such table: %s", full.c_str());
  }
  const catalog::Table& table = *found.table;
  auto refuse = [&table](const char* format) {
    return status_format(Code::Error, format, static_cast<int>(table.name.size()), table.name.data());
  };
  if (table.is_system) return refuse("table %.*s may not be altered");
  if (table.kind == catalog::TableKind::View) {
    switch (statement.action) {
      case sql::AlterAction::RenameTable: return refuse("view %.*s may not be altered");
      case sql::AlterAction::AddColumn: return Status(Code::Error, "Cannot add a column to a view");
      case sql::AlterAction::RenameColumn:
        return status_format(Code::Error, "cannot rename columns of view \"%s\"", std::string(table.name).c_str());
      default:
        return status_format(Code::Error, "cannot drop column from view \"%s\"", std::string(table.name).c_str());
    }
  }
  if (table.kind == catalog::TableKind::Virtual) return Status(Code::Error, "virtual tables may not be altered");
  switch (statement.action) {
    case sql::AlterAction::RenameTable: return rename_table(connection, table, statement.new_name.text);
    case sql::AlterAction::RenameColumn:
      return rename_column(connection, table, statement.column.text, statement.new_name);
    case sql::AlterAction::AddColumn: return add_column(command, statement, table);
    case sql::AlterAction::DropColumn: return drop_column(command, statement, table);
    default: return Status(Code::Error, "this form of ALTER TABLE is not available in this version");
  }
}

}  // namespace sqlrite::engine
