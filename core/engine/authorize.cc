#include "engine/authorize.h"

namespace sqlrite::engine {

namespace {

// SQLite's action codes.
enum class Action : int {
  CreateIndex = 1,
  CreateTable = 2,
  CreateTempIndex = 3,
  CreateTempTable = 4,
  CreateTempTrigger = 5,
  CreateTempView = 6,
  CreateTrigger = 7,
  CreateView = 8,
  Delete = 9,
  DropIndex = 10,
  DropTable = 11,
  DropTrigger = 16,
  DropView = 17,
  Insert = 18,
  Pragma = 19,
  Read = 20,
  Select = 21,
  Transaction = 22,
  Update = 23,
  Attach = 24,
  Detach = 25,
  AlterTable = 26,
  Reindex = 27,
  Analyze = 28,
  CreateVirtualTable = 29,
  Function = 31,
  Savepoint = 32,
};

class Asker {
 public:
  explicit Asker(Connection& connection) : connection_(connection) {}

  bool ask(Action action, std::string_view a, std::string_view b, std::string_view database) {
    if (!status_.ok()) return false;
    const Hooks& hooks = connection_.hooks();
    std::string first(a), second(b), third(database);
    auto text = [](std::string_view view, const std::string& copy) {
      return view.data() == nullptr ? nullptr : copy.c_str();
    };
    int answer = hooks.authorizer(hooks.authorizer_context, static_cast<int>(action), text(a, first), text(b, second),
                                  text(database, third), nullptr);
    if (answer == 0) return true;
    if (answer != 1 && answer != 2) {
      status_ = Status(Code::Error, "authorizer malfunction");
    } else if (action == Action::Read) {
      status_ = Status(Code::Auth, "access to " + first + "." + second + " is prohibited");
    } else {
      status_ = Status(Code::Auth, "not authorized");
    }
    return false;
  }

  void visit(const bind::BoundQuery* query) {
    if (query == nullptr || !status_.ok()) return;
    for (const bind::BoundQuery* open : open_) {
      if (open == query) return;  // a recursive CTE reads itself
    }
    open_.push_back(query);
    ask(Action::Select, {}, {}, {});
    for (const bind::BoundCore* core : query->cores) visit(*core);
    for (const bind::OrderTerm& term : query->order_by) visit(term.expr);
    visit(query->limit);
    visit(query->offset);
    open_.pop_back();
  }

  void visit(const bind::BoundCore& core) {
    for (const bind::BoundSource* source : core.sources) visit(*source);
    visit(core.where);
    for (bind::BoundExpr* expr : core.group_by) visit(expr);
    visit(core.having);
    for (bind::BoundExpr* expr : core.results) visit(expr);
    for (const auto& row : core.values) {
      for (bind::BoundExpr* expr : row) visit(expr);
    }
    for (bind::BoundAggregate* aggregate : core.aggregates) visit(aggregate);
  }

  void visit(const bind::BoundSource& source) {
    visit(source.on);
    for (bind::BoundExpr* argument : source.arguments) visit(argument);
    if (source.kind == bind::SourceKind::Query) visit(source.query);
    if (source.kind != bind::SourceKind::Table) return;
    const catalog::Table& table = *source.table;
    bool any = false;
    auto used = [&source](size_t column) {
      return column / 64 < source.used_columns.size() && (source.used_columns[column / 64] >> (column % 64) & 1) != 0;
    };
    for (size_t i = 0; i < table.columns.size(); ++i) {
      if (!used(i)) continue;
      any = true;
      ask(Action::Read, table.name, table.columns[i].name, source.database_name);
    }
    if (used(table.columns.size())) {
      any = true;
      std::string_view name = table.rowid_alias >= 0 ? table.columns[static_cast<size_t>(table.rowid_alias)].name
                                                     : std::string_view("ROWID");
      ask(Action::Read, table.name, name, source.database_name);
    }
    if (!any) ask(Action::Read, table.name, "", source.database_name);
  }

  void visit(bind::BoundExpr* expr) {
    if (expr == nullptr || !status_.ok()) return;
    switch (expr->kind) {
      case bind::BoundKind::Function:
        ask(Action::Function, {}, expr->as<bind::BoundFunction>()->function->name, {});
        break;
      case bind::BoundKind::Aggregate:
        ask(Action::Function, {}, expr->as<bind::BoundAggregate>()->function->name, {});
        break;
      case bind::BoundKind::ScalarQuery: visit(expr->as<bind::BoundScalarQuery>()->query); break;
      case bind::BoundKind::Exists: visit(expr->as<bind::BoundExists>()->query); break;
      case bind::BoundKind::InQuery: visit(expr->as<bind::BoundInQuery>()->query); break;
      case bind::BoundKind::RowValue: visit(expr->as<bind::BoundRowValue>()->query); break;
      default: break;
    }
    bind::for_each_child(
        expr, [](void* context, bind::BoundExpr** child) { static_cast<Asker*>(context)->visit(*child); }, this);
  }

  std::string_view database_of(const catalog::Table& table) { return connection_.database(table.database.value).name; }
  Status take() { return std::move(status_); }

 private:
  Connection& connection_;
  Status status_;
  std::vector<const bind::BoundQuery*> open_;
};

bool is_silent(Connection& connection) { return connection.hooks().authorizer == nullptr || connection.is_internal(); }

}  // namespace

Status authorize_query(Connection& connection, const bind::BoundQuery& query) {
  if (is_silent(connection)) return {};
  Asker asker(connection);
  asker.visit(&query);
  return asker.take();
}

Status authorize_insert(Connection& connection, const bind::BoundInsert& insert) {
  if (is_silent(connection)) return {};
  Asker asker(connection);
  const catalog::Table& table = *insert.target.table;
  asker.ask(Action::Insert, table.name, {}, asker.database_of(table));
  bool values_only =
      insert.source != nullptr && insert.source->cores.size() == 1 && !insert.source->cores[0]->values.empty();
  if (values_only) {
    asker.visit(*insert.source->cores[0]);
  } else {
    asker.visit(insert.source);
  }
  for (const bind::BoundUpsert& upsert : insert.upserts) {
    for (uint16_t column : upsert.columns)
      asker.ask(Action::Update, table.name, table.columns[column].name, asker.database_of(table));
  }
  return asker.take();
}

Status authorize_update(Connection& connection, const bind::BoundUpdate& update) {
  if (is_silent(connection)) return {};
  Asker asker(connection);
  const catalog::Table& table = *update.target.table;
  asker.visit(*update.core);
  for (int16_t column : update.columns) {
    std::string_view name = column >= 0 ? table.columns[static_cast<size_t>(column)].name : std::string_view("ROWID");
    asker.ask(Action::Update, table.name, name, asker.database_of(table));
  }
  return asker.take();
}

Status authorize_delete(Connection& connection, const bind::BoundDelete& remove) {
  if (is_silent(connection)) return {};
  Asker asker(connection);
  const catalog::Table& table = *remove.target.table;
  asker.ask(Action::Delete, table.name, {}, asker.database_of(table));
  asker.visit(*remove.core);
  return asker.take();
}

Status authorize_command(Connection& connection, const sql::Statement& statement) {
  if (is_silent(connection)) return {};
  Asker asker(connection);
  auto schema_of = [](const sql::QualifiedName& name, bool temporary) {
    return name.schema.present() ? name.schema.text : temporary ? std::string_view("temp") : std::string_view("main");
  };
  switch (statement.kind) {
    case sql::StatementKind::CreateTable: {
      const auto& create = *statement.as<sql::CreateTableStatement>();
      std::string_view schema = schema_of(create.name, create.temporary);
      bool temporary = iequals(schema, "temp");
      asker.ask(Action::Insert, temporary ? "sqlite_temp_master" : "sqlite_master", {}, schema);
      asker.ask(temporary ? Action::CreateTempTable : Action::CreateTable, create.name.name.text, {}, schema);
      break;
    }
    case sql::StatementKind::CreateIndex: {
      const auto& create = *statement.as<sql::CreateIndexStatement>();
      std::string_view schema = schema_of(create.name, false);
      asker.ask(Action::Insert, "sqlite_master", {}, schema);
      asker.ask(iequals(schema, "temp") ? Action::CreateTempIndex : Action::CreateIndex, create.name.name.text,
                create.table.text, schema);
      break;
    }
    case sql::StatementKind::CreateView: {
      const auto& create = *statement.as<sql::CreateViewStatement>();
      std::string_view schema = schema_of(create.name, create.temporary);
      bool temporary = iequals(schema, "temp");
      asker.ask(Action::Insert, temporary ? "sqlite_temp_master" : "sqlite_master", {}, schema);
      asker.ask(temporary ? Action::CreateTempView : Action::CreateView, create.name.name.text, {}, schema);
      break;
    }
    case sql::StatementKind::CreateTrigger: {
      const auto& create = *statement.as<sql::CreateTriggerStatement>();
      std::string_view schema = schema_of(create.name, create.temporary);
      asker.ask(iequals(schema, "temp") ? Action::CreateTempTrigger : Action::CreateTrigger, create.name.name.text,
                create.table.name.text, schema);
      break;
    }
    case sql::StatementKind::CreateVirtualTable: {
      const auto& create = *statement.as<sql::CreateVirtualTableStatement>();
      asker.ask(Action::CreateVirtualTable, create.name.name.text, create.module.text, schema_of(create.name, false));
      break;
    }
    case sql::StatementKind::Drop: {
      const auto& drop = *statement.as<sql::DropStatement>();
      Action action = drop.what == sql::DropKind::Table   ? Action::DropTable
                      : drop.what == sql::DropKind::Index ? Action::DropIndex
                      : drop.what == sql::DropKind::View  ? Action::DropView
                                                          : Action::DropTrigger;
      asker.ask(Action::Delete, "sqlite_master", {}, schema_of(drop.name, false));
      asker.ask(action, drop.name.name.text, {}, schema_of(drop.name, false));
      break;
    }
    case sql::StatementKind::AlterTable: {
      const auto& alter = *statement.as<sql::AlterTableStatement>();
      asker.ask(Action::AlterTable, schema_of(alter.table, false), alter.table.name.text, {});
      break;
    }
    case sql::StatementKind::Begin: asker.ask(Action::Transaction, "BEGIN", {}, {}); break;
    case sql::StatementKind::Commit: asker.ask(Action::Transaction, "COMMIT", {}, {}); break;
    case sql::StatementKind::Rollback: {
      const auto& rollback = *statement.as<sql::RollbackStatement>();
      if (rollback.savepoint.present()) {
        asker.ask(Action::Savepoint, "ROLLBACK", rollback.savepoint.text, {});
      } else {
        asker.ask(Action::Transaction, "ROLLBACK", {}, {});
      }
      break;
    }
    case sql::StatementKind::Savepoint:
      asker.ask(Action::Savepoint, "BEGIN", statement.as<sql::SavepointStatement>()->name.text, {});
      break;
    case sql::StatementKind::Release:
      asker.ask(Action::Savepoint, "RELEASE", statement.as<sql::ReleaseStatement>()->name.text, {});
      break;
    case sql::StatementKind::Pragma: {
      const auto& pragma = *statement.as<sql::PragmaStatement>();
      asker.ask(Action::Pragma, pragma.name.text, pragma.has_value ? pragma.value : std::string_view(),
                pragma.schema.present() ? pragma.schema.text : std::string_view());
      break;
    }
    case sql::StatementKind::Attach: {
      const sql::Expr* file = statement.as<sql::AttachStatement>()->file;
      bool literal = file->kind == sql::ExprKind::Literal;
      asker.ask(Action::Attach, literal ? file->as<sql::LiteralExpr>()->text : std::string_view(), {}, {});
      break;
    }
    case sql::StatementKind::Detach: {
      const sql::Expr* name = statement.as<sql::DetachStatement>()->schema;
      bool literal = name->kind == sql::ExprKind::Literal;
      asker.ask(Action::Detach, literal ? name->as<sql::LiteralExpr>()->text : std::string_view(), {}, {});
      break;
    }
    case sql::StatementKind::Reindex:
      asker.ask(Action::Reindex, statement.as<sql::ReindexStatement>()->target.name.text, {}, {});
      break;
    case sql::StatementKind::Analyze:
      asker.ask(Action::Analyze, statement.as<sql::AnalyzeStatement>()->target.name.text, {}, {});
      break;
    default: break;
  }
  return asker.take();
}

}  // namespace sqlrite::engine
