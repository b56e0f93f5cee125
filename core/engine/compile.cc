// From text to Program: parse, bind, plan, build executors.
#include "engine/authorize.h"
#include "engine/commands.h"
#include "engine/pragma/pragma.h"
#include "engine/pragma/table_functions.h"
#include "engine/refusal.h"
#include "engine/statement.h"
#include "plan/planner.h"

namespace sqlrite::engine {

namespace {

// Rows that a query's first step asks for: a small result then comes in one piece.
constexpr uint32_t kFirstRowsWanted = 8;

// Texts longer than this are probably scripts: their first statement is found before anything is copied.
constexpr size_t kScriptSizeMin = 2000;

sql::ParseOptions parse_options(const Connection& connection) {
  sql::ParseOptions options;
  options.expr_depth_max = static_cast<uint32_t>(connection.limit(Limit::ExprDepth));
  options.parameter_number_max = static_cast<uint32_t>(connection.limit(Limit::VariableNumber));
  options.column_count_max = static_cast<uint32_t>(connection.limit(Limit::Column));
  options.compound_select_max = static_cast<uint32_t>(connection.limit(Limit::CompoundSelect));
  options.function_arguments_max = static_cast<uint32_t>(connection.limit(Limit::FunctionArg));
  options.update_delete_limit = false;
  return options;
}

// Whether each row of the driving scan is looked up in its table by an index entry.
bool looks_rows_up(const plan::Node* node) {
  using plan::NodeKind;
  switch (node->kind) {
    case NodeKind::IndexScan: {
      const auto& access = static_cast<const plan::ScanNode*>(node)->access;
      return !access.covering && !access.table->without_rowid;
    }
    case NodeKind::MultiIndexOr: return true;
    case NodeKind::Filter: return looks_rows_up(static_cast<const plan::FilterNode*>(node)->input);
    case NodeKind::Project: return looks_rows_up(static_cast<const plan::ProjectNode*>(node)->input);
    case NodeKind::Distinct: return looks_rows_up(static_cast<const plan::DistinctNode*>(node)->input);
    case NodeKind::Limit: return looks_rows_up(static_cast<const plan::LimitNode*>(node)->input);
    case NodeKind::NestedLoopJoin: return looks_rows_up(static_cast<const plan::NestedLoopJoinNode*>(node)->outer);
    default: return false;
  }
}

// Rows that are dear, each looked up or each with a sub-query, come one by one at first: often the first is all that is read.
bool rows_are_dear(const plan::StatementPlan& plan) {
  return !plan.subplans.empty() || looks_rows_up(plan.query->root);
}

bool has_volatile(const bind::BoundQuery& query) {
  for (const bind::BoundCore* core : query.cores) {
    if (core->where != nullptr && core->where->is_volatile) return true;
    for (const bind::BoundExpr* result : core->results) {
      if (result->is_volatile) return true;
    }
    for (const bind::BoundSource* source : core->sources) {
      if (source->query != nullptr && source->recursive_of == nullptr && source->query != &query &&
          has_volatile(*source->query))
        return true;
    }
  }
  return false;
}

std::span<bind::ResultColumn> text_columns(Arena& arena, std::span<const char* const> names) {
  auto columns = arena.make_array<bind::ResultColumn>(names.size());
  for (size_t i = 0; i < names.size(); ++i) columns[i].name = names[i];
  return columns;
}

bool is_row_statement(sql::StatementKind kind) {
  return kind == sql::StatementKind::Select || kind == sql::StatementKind::Insert ||
         kind == sql::StatementKind::Update || kind == sql::StatementKind::Delete;
}

}  // namespace

Status Statement::compile(std::string_view sql, size_t* tail) {
  std::unique_ptr<Program> program;
  Status status = compile_once(sql, tail, &program);
  if (!status.ok() && status.code() == Code::Error) {
    // A name that was not found may be in a newer schema.
    auto changed = connection_->refresh_schemas();
    if (changed.ok() && changed.value()) status = compile_once(sql, tail, &program);
  }
  SQLRITE_TRY(std::move(status));
  if (program != nullptr) adopt(std::move(program));
  return {};
}

Status Statement::recompile() {
  std::unique_ptr<Program> program;
  size_t tail = 0;
  std::string text(program_->text);
  SQLRITE_TRY(compile_once(text, &tail, &program));
  if (program == nullptr) return Code::Internal;
  ++reprepare_count_;
  ++recompile_count_;
  adopt(std::move(program));
  return {};
}

void Statement::adopt(std::unique_ptr<Program> program) {
  uint32_t count = program->parsed.parameter_count;
  if (parameters_ == nullptr && count > 0) {
    parameters_ = new Value[count];
    parameter_count_ = count;
  }
  uint32_t columns = static_cast<uint32_t>(program->columns.size());
  if (columns != column_count_) {
    delete[] cells_;
    cells_ = nullptr;
    returned_columns_.reset();
    returned_values_.reset();
    column_count_ = columns;
  }
  if (cells_ != nullptr) {
    for (uint32_t i = 0; i < columns; ++i) cells_[i] = ColumnCell();
  }
  program_ = std::move(program);
  context_ = exec::ExecContext();
  context_.plan = &program_->plan;
  context_.databases = {handles_, connection_->database_count_};
  context_.parameter_count = parameter_count_;
  context_.connection = connection_;
  context_.table_functions = &connection_->table_functions();
  context_.check_interrupt = &Connection::check_interrupt;
  context_.interrupt_context = connection_;
  context_.temp_in_memory = connection_->settings_.temp_store == 2;
  context_.vfs = connection_->vfs_;
  context_.memory = &memory_;
}

Status Statement::compile_once(std::string_view sql, size_t* tail, std::unique_ptr<Program>* out) {
  *tail = sql.size();
  sql::ParseOptions options = parse_options(*connection_);
  if (sql.size() > kScriptSizeMin) {
    Arena scratch(4096);
    SQLRITE_TRY_ASSIGN(sql::ParsedStatement first, sql::parse_statement(sql, scratch, options));
    *tail = first.tail;
    if (first.statement == nullptr) return {};
    sql = sql.substr(0, first.tail);
  }
  auto program = std::make_unique<Program>();
  Arena& arena = program->plan.arena;
  std::string_view text = arena.copy(sql);
  SQLRITE_TRY_ASSIGN(program->parsed, sql::parse_statement(text, arena, options));
  *tail = program->parsed.tail;
  if (program->parsed.statement == nullptr) return {};
  program->sql_text = text;
  program->text = text.substr(0, program->parsed.tail);
  const sql::Statement& statement = *program->parsed.statement;
  if (statement.explain == sql::ExplainMode::Analyze) {
    return Status(Code::Error, "EXPLAIN ANALYZE is not available in this version");
  }
  if (is_row_statement(statement.kind)) {
    SQLRITE_TRY(compile_rows(*program, statement));
  } else {
    SQLRITE_TRY(authorize_command(*connection_, statement));
    compile_command(*program, statement);
  }
  if (statement.explain != sql::ExplainMode::None) {
    static constexpr const char* kQueryPlanColumns[] = {"id", "parent", "notused", "detail"};
    static constexpr const char* kProgramColumns[] = {"addr", "opcode", "p1", "p2", "p3", "p4", "p5", "comment"};
    program->is_query = program->is_change = false;
    program->is_command = true;
    program->read_only = true;
    program->query.reset();
    program->change.reset();
    program->databases_used = 0;
    program->columns = statement.explain == sql::ExplainMode::QueryPlan ? text_columns(arena, kQueryPlanColumns)
                                                                        : text_columns(arena, kProgramColumns);
    program->names_terminated = true;
  }
  program->epoch = connection_->epoch_;
  for (uint32_t i = 0; program->databases_used >> i != 0; ++i) {
    if ((program->databases_used >> i & 1) != 0) program->schemas[i] = connection_->databases_[i].schema;
  }
  *out = std::move(program);
  return {};
}

Status Statement::compile_rows(Program& program, const sql::Statement& statement) {
  Connection& connection = *connection_;
  plan::StatementPlan& plan = program.plan;
  bind::BindContext context{plan.arena,
                            program.sql_text,
                            connection,
                            connection.registry_,
                            connection,
                            &connection.table_functions(),
                            connection.settings_.dqs_dml,
                            static_cast<uint32_t>(connection.limit(Limit::Column)),
                            64,
                            static_cast<uint32_t>(connection.limit(Limit::Attached)),
                            connection.stored_in(),
                            connection.settings_.writable_schema && !connection.settings_.defensive};
  bind::Binder binder(context);
  connection.lookup_error_ = Status();
  auto bound = [&connection](Status status) -> Status {
    if (!status.ok() && !connection.lookup_error_.ok()) return connection.take_lookup_error();
    return status;
  };
  const bind::BoundTarget* target = nullptr;
  bind::BoundReturning* returning = nullptr;
  switch (statement.kind) {
    case sql::StatementKind::Select: {
      auto query = binder.bind_select(*statement.as<sql::SelectStatement>()->select);
      if (!query.ok()) return bound(query.take_status());
      SQLRITE_TRY(authorize_query(connection, *query.value()));
      SQLRITE_TRY(plan::plan_select(query.value(), plan));
      program.columns = query.value()->columns;
      program.row_by_row = has_volatile(*query.value());
      program.single_row_max = plan.query->root->single_row_max;
      program.first_rows_wanted = program.row_by_row || rows_are_dear(plan) ? 1 : kFirstRowsWanted;
      program.is_query = true;
      program.query = std::make_unique<exec::QueryExecutor>();
      if (statement.explain == sql::ExplainMode::None) SQLRITE_TRY(program.query->prepare(plan.query, plan));
      break;
    }
    case sql::StatementKind::Insert: {
      auto insert = binder.bind_insert(*statement.as<sql::InsertStatement>());
      if (!insert.ok()) return bound(insert.take_status());
      bind::BoundInsert& change = *insert.value();
      target = &change.target;
      returning = change.returning;
      program.keep_on_failure = change.on_conflict == catalog::ConflictAction::Fail;
      bool updates = false;
      for (const bind::BoundUpsert& upsert : change.upserts) updates = updates || !upsert.do_nothing;
      SQLRITE_TRY(check_write_supported(connection, *target->table, WriteKind::Insert,
                                        change.on_conflict == catalog::ConflictAction::Replace));
      if (updates) SQLRITE_TRY(check_write_supported(connection, *target->table, WriteKind::Update, false));
      SQLRITE_TRY(authorize_insert(connection, change));
      SQLRITE_TRY(plan::plan_insert(&change, plan));
      break;
    }
    case sql::StatementKind::Update: {
      auto update = binder.bind_update(*statement.as<sql::UpdateStatement>());
      if (!update.ok()) return bound(update.take_status());
      bind::BoundUpdate& change = *update.value();
      target = &change.target;
      returning = change.returning;
      program.keep_on_failure = change.on_conflict == catalog::ConflictAction::Fail;
      SQLRITE_TRY(check_write_supported(connection, *target->table, WriteKind::Update,
                                        change.on_conflict == catalog::ConflictAction::Replace));
      SQLRITE_TRY(authorize_update(connection, change));
      SQLRITE_TRY(plan::plan_update(&change, plan));
      break;
    }
    default: {
      auto remove = binder.bind_delete(*statement.as<sql::DeleteStatement>());
      if (!remove.ok()) return bound(remove.take_status());
      bind::BoundDelete& change = *remove.value();
      target = &change.target;
      returning = change.returning;
      SQLRITE_TRY(check_write_supported(connection, *target->table, WriteKind::Delete, false));
      SQLRITE_TRY(authorize_delete(connection, change));
      SQLRITE_TRY(plan::plan_delete(&change, plan));
      break;
    }
  }
  program.databases_used = binder.databases_used();
  if (target != nullptr) {
    program.is_change = true;
    program.read_only = false;
    program.write_database = target->table->database.value;
    program.databases_used |= uint64_t{1} << program.write_database;
    if (returning != nullptr) {
      program.columns = returning->columns;
    } else if (connection.settings_.count_changes && !internal_) {
      static constexpr const char* kInserted[] = {"rows inserted"};
      static constexpr const char* kUpdated[] = {"rows updated"};
      static constexpr const char* kDeleted[] = {"rows deleted"};
      program.counts_changes = true;
      program.columns = text_columns(plan.arena, statement.kind == sql::StatementKind::Insert   ? kInserted
                                                 : statement.kind == sql::StatementKind::Update ? kUpdated
                                                                                                : kDeleted);
    }
    program.change = std::make_unique<exec::ChangeExecutor>(plan);
    if (statement.explain == sql::ExplainMode::None) SQLRITE_TRY(program.change->prepare());
  }
  return {};
}

void Statement::compile_command(Program& program, const sql::Statement& statement) {
  program.is_command = true;
  program.read_only = command_is_read_only(statement);
  program.names_terminated = true;
  if (const auto* pragma = statement.try_as<sql::PragmaStatement>(); pragma != nullptr) {
    program.pragma = find_pragma(pragma->name.text);
    if (program.pragma != nullptr) {
      bool has_rows = (program.pragma->flags & pragma_flags::kNoRowsWithValue) == 0 || !pragma->has_value;
      if (has_rows) program.columns = text_columns(program.plan.arena, program.pragma->columns);
      program.read_only = !pragma->has_value || (program.pragma->flags & pragma_flags::kReadOnly) != 0;
    }
  }
}

}  // namespace sqlrite::engine
