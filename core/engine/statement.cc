// Running statements: start, rows, end. Making them from text is in compile.cc, accessors are in statement_values.cc.
#include "engine/statement.h"

#include "base/guarded.h"
#include "engine/commands.h"
#include "engine/pragma/table_functions.h"

namespace sqlrite::engine {

namespace {
constexpr int kStartRetriesMax = 50;
}

Statement::~Statement() {
  delete[] parameters_;
  if (parameter_bytes_ != nullptr) {
    for (uint32_t i = 0; i < parameter_count_; ++i) delete[] parameter_bytes_[i].data;
    delete[] parameter_bytes_;
  }
  delete[] cells_;
}

Code Statement::step() {
  bool has_row = false;
  Status status = advance(&has_row);
  if (status.ok()) [[likely]] {
    Code code = has_row ? Code::Row : Code::Done;
    connection_->set_result_code(static_cast<int>(code));
    return code;
  }
  last_error_code_ = connection_->set_error(status);
  return status.code();
}

Status Statement::advance(bool* has_row) {
  connection_->statement_time_ms_ = 0;
  last_error_code_ = 0;
  Status status = guarded([&] { return next_row(has_row); });
  if (status.ok() && *has_row) [[likely]]
    return status;
  return running_ ? finish(std::move(status)) : std::move(status);
}

Status Statement::next_row(bool* has_row) {
  if (!running_) {
    SQLRITE_TRY(start());
  } else if (aborted_) [[unlikely]] {
    return Code::AbortRollback;
  }
  ++row_stamp_;
  if (row_converted_) {
    row_heap_.reset();
    row_converted_ = false;
  }
  SQLRITE_TRY(fetch(&has_row_));
  *has_row = has_row_;
  if (has_row_ && (connection_->hooks_.trace_mask & 4) != 0 && !internal_) {
    connection_->hooks_.trace(4, connection_->hooks_.trace_context, this, nullptr);
  }
  return {};
}

Status Statement::start() {
  Connection& connection = *connection_;
  if (program_->epoch != connection.epoch_) SQLRITE_TRY(recompile());
  Transaction& transaction = connection.transaction_;
  if (transaction.active_count() == 0) connection.interrupted_.store(false, std::memory_order_relaxed);
  if (connection.hooks_.progress != nullptr && !internal_) {
    constexpr int kInstructionsAtStart = 10;
    SQLRITE_TRY(connection.count_progress(kInstructionsAtStart));
  }
  if (connection.hooks_.trace_mask != 0) trace_start();
  aborted_ = false;
  ++run_count_;
  batch_ = nullptr;
  row_values_ = nullptr;
  batch_position_ = 0;
  batch_wanted_ = program_->first_rows_wanted;
  row_set_position_ = 0;
  outcome_ = {};
  change_count_given_ = false;
  writes_ = program_->is_change || (program_->is_command && command_writes(*program_->parsed.statement));
  transaction.statement_started(writes_);
  running_ = true;
  for (int attempt = 0;; ++attempt) {
    Status status = start_databases();
    if (status.ok()) [[likely]]
      break;
    if (status.code() != Code::Schema || attempt == kStartRetriesMax) return status;
    SQLRITE_TRY(recompile());
  }
  context_.parameters = parameters_;
  memory_.begin_run(connection.settings_.soft_heap_limit, connection.settings_.hard_heap_limit);
  if (program_->is_query) return program_->query->open(context_);
  return program_->is_change ? run_change() : run_command();
}

Status Statement::run_change() {
  Connection& connection = *connection_;
  Transaction& transaction = connection.transaction_;
  Status status = program_->change->run(context_, connection, &outcome_);
  // What a failed statement undid was no change.
  connection.set_changes(status.ok() || program_->keep_on_failure ? outcome_.changes : 0);
  if (!status.ok() && !transaction.is_autocommit()) {
    bool lost = outcome_.failure_scope == exec::FailureScope::Transaction;
    for (uint32_t i = 0; i < connection.database_count_ && !lost; ++i) {
      lost = transaction.is_writing(i) && connection.databases_[i].pager->rolled_back_by_error();
    }
    if (lost) transaction.abandon();
  }
  return status;
}

Status Statement::start_databases() {
  Connection& connection = *connection_;
  Transaction& transaction = connection.transaction_;
  uint64_t used = program_->databases_used;
  if (used == 0) return {};
  if ((used & 2) != 0) SQLRITE_TRY(connection.ensure_temp());
  for (uint32_t i = 0; used >> i != 0; ++i) {
    if ((used >> i & 1) != 0) SQLRITE_TRY(transaction.ensure_read(i));
  }
  if (program_->is_change) SQLRITE_TRY(transaction.ensure_write(program_->write_database));
  // A renewed snapshot may have brought another schema.
  if (program_->epoch != connection.epoch_) return Code::Schema;
  for (uint32_t i = 0; used >> i != 0; ++i) {
    if ((used >> i & 1) == 0) continue;
    Database& database = connection.databases_[i];
    // A change pins what its source needs on its own: a view over a dirty overlay costs a copy of every page written.
    storage::View view = storage::kNewestView;
    if (!program_->is_change) {
      SQLRITE_TRY_ASSIGN(view, database.pager->open_view());
      views_open_ |= uint64_t{1} << i;
    }
    // Mostly it is as the last run left it. Then it is not written: the processor reads at once only what it does not
    // have to put together from stores that are still on their way.
    exec::DatabaseHandle& handle = handles_[i];
    if (handle.pager != database.pager.get() || handle.view.slot != view.slot || handle.encoding != database.encoding) {
      handle = {database.pager.get(), view, database.encoding};
    }
  }
  return {};
}

Status Statement::fetch(bool* has_row) {
  Program& program = *program_;
  if (program.is_query) {
    if (batch_ != nullptr) {
      if (batch_position_ + 1 < batch_->selected_count) {
        row_ = batch_->live_row(++batch_position_);
        *has_row = true;
        return {};
      }
      if (program.single_row_max) {
        *has_row = false;
        return {};
      }
    }
    SQLRITE_TRY(program.query->next(context_, batch_wanted_, &batch_));
    if (batch_wanted_ < kBatchRowsMax && !program.row_by_row)
      batch_wanted_ = batch_wanted_ * 8 < kBatchRowsMax ? batch_wanted_ * 8 : kBatchRowsMax;
    batch_position_ = 0;
    *has_row = batch_->selected_count > 0;
    if (*has_row) row_ = batch_->live_row(0);
    return {};
  }
  if (program.counts_changes) {
    *has_row = !change_count_given_;
    change_count_given_ = true;
    change_count_ = Value::from_integer(outcome_.changes - outcome_.upserted);
    row_values_ = *has_row ? &change_count_ : nullptr;
    return {};
  }
  if (program.is_change) {
    row_values_ = column_count_ > 0 ? program.change->next_returned() : nullptr;
    *has_row = row_values_ != nullptr;
    return {};
  }
  *has_row = row_set_position_ < rows_->row_count();
  if (*has_row) row_values_ = rows_->row(row_set_position_++);
  return {};
}

Status Statement::finish(Status status) {
  Connection& connection = *connection_;
  if (program_->is_query) {
    program_->query->close(context_);
  } else if (program_->is_change) {
    program_->change->reset();
  }
  for (uint32_t i = 0; views_open_ >> i != 0; ++i) {
    if ((views_open_ >> i & 1) != 0) handles_[i].pager->close_view(handles_[i].view);
  }
  views_open_ = 0;
  batch_ = nullptr;
  row_values_ = nullptr;
  running_ = false;
  has_row_ = false;
  bool keep = program_->keep_on_failure || (program_->is_change && status.primary() == Code::Constraint &&
                                            outcome_.failure_scope == exec::FailureScope::Statement);
  Status commit_status = connection.transaction_.statement_finished(writes_, !status.ok(), keep);
  // Outside a transaction each query and each change is one of its own; a PRAGMA that only sets something is none.
  const bool is_transaction = !program_->is_command || !program_->read_only;
  if (!internal_ && is_transaction && connection.transaction_.is_autocommit())
    connection.settings_.defer_foreign_keys = false;
  if (started_ns_ != 0) trace_end();
  return status.ok() ? std::move(commit_status) : std::move(status);
}

Code Statement::reset() {
  if (running_) {
    Status status = finish(Status());
    if (!status.ok()) last_error_code_ = connection_->set_error(status);
  }
  Code code = static_cast<Code>(last_error_code_);
  last_error_code_ = 0;
  ++row_stamp_;
  if (!internal_ && code == Code::Ok) connection_->set_result_code(0);
  return code;
}

Code Statement::finalize(Statement* statement) {
  Code code = statement->reset();
  statement->connection_->finalize(statement);
  return code;
}

Status Statement::run_command() {
  // Names that a schema change looks up may be those of somebody else's newer schema.
  if (writes_) SQLRITE_TRY(connection_->refresh_schemas().take_status());
  if (rows_ == nullptr) rows_ = std::make_unique<RowSet>();
  rows_->reset(column_count_);
  Command command{*connection_, *program_, *program_->parsed.statement, parameters_, parameter_count_, *rows_};
  return engine::run_command(command);
}

Status Statement::next_batch(uint32_t row_count_max, const Batch** out) {
  connection_->statement_time_ms_ = 0;
  last_error_code_ = 0;
  *out = nullptr;
  Status status = guarded([&] { return fetch_batch(row_count_max, out); });
  if (status.ok() && *out != nullptr) return status;
  if (running_) status = finish(std::move(status));
  returned_batch_.columns = nullptr;
  returned_batch_.column_count = 0;
  returned_batch_.select_all(0);
  *out = &returned_batch_;
  if (!status.ok()) {
    last_error_code_ = connection_->set_error(status);
    return status;
  }
  return {};
}

// *out stays null at the end.
Status Statement::fetch_batch(uint32_t row_count_max, const Batch** out) {
  if (row_converted_) {
    row_heap_.reset();
    row_converted_ = false;
  }
  if (!running_) {
    SQLRITE_TRY(start());
  } else if (aborted_) [[unlikely]] {
    return Code::AbortRollback;
  }
  if (!program_->is_query) return fetch_values(out);
  if (program_->single_row_max && batch_ != nullptr) return {};  // the one row is out
  ++row_stamp_;
  uint32_t wanted = program_->row_by_row ? 1 : row_count_max < kBatchRowsMax ? row_count_max : kBatchRowsMax;
  SQLRITE_TRY(program_->query->next(context_, wanted, &batch_));
  if (batch_->selected_count > 0) *out = batch_;
  return {};
}

// Rows of values become a batch of one.
Status Statement::fetch_values(const Batch** out) {
  bool has_row = false;
  ++row_stamp_;
  SQLRITE_TRY(fetch(&has_row));
  if (!has_row) return {};
  if (returned_values_ == nullptr) {
    returned_columns_ = std::make_unique<Column[]>(column_count_);
    returned_values_ = std::make_unique<Value[]>(column_count_);
  }
  for (uint32_t i = 0; i < column_count_; ++i) {
    returned_values_[i] = row_values_[i];
    returned_columns_[i].rep = Column::Rep::Cells;
    returned_columns_[i].cells = &returned_values_[i];
  }
  returned_batch_.columns = returned_columns_.get();
  returned_batch_.column_count = column_count_;
  returned_batch_.select_all(1);
  *out = &returned_batch_;
  return {};
}

void Statement::trace_start() {
  Hooks& hooks = connection_->hooks_;
  if (internal_ || hooks.trace == nullptr) return;
  if ((hooks.trace_mask & 1) != 0) {
    std::string text(program_->text);
    hooks.trace(1, hooks.trace_context, this, text.data());
  }
  if ((hooks.trace_mask & 2) != 0) started_ns_ = connection_->vfs_->clock().monotonic_ns();
}

void Statement::trace_end() {
  Hooks& hooks = connection_->hooks_;
  int64_t duration_ns = connection_->vfs_->clock().monotonic_ns() - started_ns_;
  started_ns_ = 0;
  if ((hooks.trace_mask & 2) != 0 && hooks.trace != nullptr) hooks.trace(2, hooks.trace_context, this, &duration_ns);
}

int64_t Statement::status_counter(int op, bool reset_after) {
  int64_t* counter = op == 5 ? &reprepare_count_ : op == 6 ? &run_count_ : nullptr;
  if (counter == nullptr) return 0;
  int64_t value = *counter;
  if (reset_after) *counter = 0;
  return value;
}

}  // namespace sqlrite::engine
