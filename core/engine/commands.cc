#include "engine/commands.h"

#include "expr/evaluator.h"
#include "plan/explain/explain.h"
#include "types/value_text.h"

namespace sqlrite::engine {

namespace {

Status text_argument(Command& command, const sql::Expr& expr, std::string* out) {
  Arena heap(256);
  Value value;
  SQLRITE_TRY(evaluate_lone(command, expr, heap, &value));
  NumberText buffer;
  *out = value.is_null() ? std::string() : std::string(text_of(value, buffer));
  return {};
}

Status explain(Command& command) {
  if (!command.program.plan.query && !command.program.plan.insert && !command.program.plan.update &&
      !command.program.plan.remove) {
    return {};  // commands have no plan
  }
  bool query_plan = command.statement.explain == sql::ExplainMode::QueryPlan;
  auto rows =
      query_plan ? plan::explain_query_plan(command.program.plan) : plan::explain_plan_tree(command.program.plan);
  int64_t address = 0;
  for (const plan::ExplainRow& row : rows) {
    if (query_plan) {
      command.rows.add_integer(row.id);
      command.rows.add_integer(row.parent);
      command.rows.add_integer(row.not_used);
      command.rows.add_text(row.detail);
      continue;
    }
    command.rows.add_integer(address++);
    command.rows.add_text(row.detail);
    command.rows.add_integer(row.id);
    command.rows.add_integer(row.parent);
    command.rows.add_integer(0);
    command.rows.add_null();
    command.rows.add_integer(0);
    command.rows.add_null();
  }
  return {};
}

Status attach(Command& command, const sql::AttachStatement& statement) {
  std::string file, name;
  SQLRITE_TRY(text_argument(command, *statement.file, &file));
  SQLRITE_TRY(text_argument(command, *statement.schema, &name));
  return command.connection.attach(file, name);
}

Status detach(Command& command, const sql::DetachStatement& statement) {
  std::string name;
  SQLRITE_TRY(text_argument(command, *statement.schema, &name));
  return command.connection.detach(name);
}

}  // namespace

Status evaluate_lone(Command& command, const sql::Expr& expr, Arena& heap, Value* out) {
  Connection& connection = command.connection;
  Arena arena(512);
  bind::BindContext context{arena, command.text(), connection, connection.registry(), connection, nullptr, true};
  bind::Binder binder(context);
  SQLRITE_TRY_ASSIGN(bind::BoundExpr * bound, binder.bind_expression(expr, nullptr, command.text()));
  expr::Evaluator evaluator;
  SQLRITE_TRY(evaluator.make(bound, arena));
  expr::EvalContext eval;
  eval.parameters = command.parameters;
  eval.parameter_count = command.parameter_count;
  Arena scratch(256);
  eval.heap = &scratch;
  eval.connection = &connection;
  Batch batch;
  batch.select_all(1);
  SQLRITE_TRY(evaluator->evaluate_row(eval, batch, 0, out));
  if (out->is_bytes() && (out->flags & value_flags::kZeroBlob) == 0) {
    out->bytes = heap.copy(out->view()).data();
    out->owner = ValueOwner::Heap;
  }
  return {};
}

bool command_writes(const sql::Statement& statement) {
  if (statement.explain != sql::ExplainMode::None) return false;
  switch (statement.kind) {
    case sql::StatementKind::Begin:
    case sql::StatementKind::Commit:
    case sql::StatementKind::Rollback:
    case sql::StatementKind::Savepoint:
    case sql::StatementKind::Release:
    case sql::StatementKind::Attach:
    case sql::StatementKind::Detach: return false;
    case sql::StatementKind::Pragma:
      return statement.as<sql::PragmaStatement>()->has_value ||
             iequals(statement.as<sql::PragmaStatement>()->name.text, "incremental_vacuum");
    default: return true;
  }
}

bool command_is_read_only(const sql::Statement& statement) {
  if (const auto* begin = statement.try_as<sql::BeginStatement>(); begin != nullptr) {
    return begin->mode != sql::BeginMode::Immediate && begin->mode != sql::BeginMode::Exclusive;
  }
  return !command_writes(statement);
}

Status run_command(Command& command) {
  const sql::Statement& statement = command.statement;
  Connection& connection = command.connection;
  Transaction& transaction = connection.transaction();
  if (statement.explain != sql::ExplainMode::None) return explain(command);
  switch (statement.kind) {
    case sql::StatementKind::CreateTable: return create_table(command, *statement.as<sql::CreateTableStatement>());
    case sql::StatementKind::CreateIndex: return create_index(command, *statement.as<sql::CreateIndexStatement>());
    case sql::StatementKind::CreateView: return create_view(command, *statement.as<sql::CreateViewStatement>());
    case sql::StatementKind::CreateTrigger:
      return create_trigger(command, *statement.as<sql::CreateTriggerStatement>());
    case sql::StatementKind::CreateVirtualTable: {
      std::string_view module = statement.as<sql::CreateVirtualTableStatement>()->module.text;
      return status_format(Code::Error, "no such module: %.*s", static_cast<int>(module.size()), module.data());
    }
    case sql::StatementKind::Drop: return drop_object(command, *statement.as<sql::DropStatement>());
    case sql::StatementKind::AlterTable: return alter_table(command, *statement.as<sql::AlterTableStatement>());
    case sql::StatementKind::Begin: return transaction.begin(statement.as<sql::BeginStatement>()->mode);
    case sql::StatementKind::Commit: return transaction.commit();
    case sql::StatementKind::Rollback: {
      const auto& rollback = *statement.as<sql::RollbackStatement>();
      return rollback.savepoint.present() ? transaction.rollback_to(rollback.savepoint.text) : transaction.rollback();
    }
    case sql::StatementKind::Savepoint:
      return transaction.savepoint(statement.as<sql::SavepointStatement>()->name.text);
    case sql::StatementKind::Release: return transaction.release(statement.as<sql::ReleaseStatement>()->name.text);
    case sql::StatementKind::Pragma: return run_pragma(command, *statement.as<sql::PragmaStatement>());
    case sql::StatementKind::Vacuum: return vacuum(command, *statement.as<sql::VacuumStatement>());
    case sql::StatementKind::Analyze: return analyze(command, *statement.as<sql::AnalyzeStatement>());
    case sql::StatementKind::Reindex: return reindex(command, *statement.as<sql::ReindexStatement>());
    case sql::StatementKind::Attach: return attach(command, *statement.as<sql::AttachStatement>());
    case sql::StatementKind::Detach: return detach(command, *statement.as<sql::DetachStatement>());
    default: return Code::Internal;
  }
}

}  // namespace sqlrite::engine
