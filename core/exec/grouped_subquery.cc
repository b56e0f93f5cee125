#include "exec/grouped_subquery.h"

namespace sqlrite::exec {

namespace {

// How many entries are passed in the time of one search (sqlrite_scaling, correlated shapes: 10 to 20 ns an entry beside
// 250 ns; with a search of the table for each entry, 100 ns).
constexpr uint64_t kEntriesPerSearch = 16;
constexpr uint64_t kRowsPerSearch = 3;

const Batch kNoBatch{};

}  // namespace

Result<std::unique_ptr<GroupedSubquery>> GroupedSubquery::make(const plan::QueryPlan& subquery, bool for_existence,
                                                               const plan::StatementPlan& plan, Arena& arena) {
  std::unique_ptr<GroupedSubquery> made;
  const plan::GroupedForm* form = plan::make_grouped_form(subquery, for_existence, arena);
  if (form == nullptr) return made;
  made.reset(new GroupedSubquery);
  SQLRITE_TRY(made->prepare(*form, plan, arena));
  return made;
}

Status GroupedSubquery::prepare(const plan::GroupedForm& form, const plan::StatementPlan& plan, Arena& arena) {
  form_ = &form;
  SQLRITE_TRY_ASSIGN(root_, make_operator(form.groups, plan, arena));
  SQLRITE_TRY(key_exprs_.make(form.keys, arena));
  key_values_ = arena.make_array<Value>(form.keys.equals.size());
  SQLRITE_TRY_ASSIGN(result_exprs_, make_column_exprs(form.results, arena));
  result_columns_ = arena.make_array<Column>(form.results.size());
  keys_.init(form.key_collations);
  results_.init(static_cast<uint32_t>(form.results.size()));
  return {};
}

void GroupedSubquery::start(ExecContext& context, const Value* outer_args) {
  eval_.parameters = context.parameters;
  eval_.parameter_count = context.parameter_count;
  eval_.outer = outer_args;
  eval_.heap = &heap_;
  eval_.connection = context.connection;
  eval_.subqueries = context.subqueries;
  if (!context.databases.empty()) eval_.encoding = context.databases[0].encoding;
  heap_.reset();
}

Result<bool> GroupedSubquery::is_worthwhile(ExecContext& context, uint64_t searches) {
  if (refused_) return false;
  if (searches_enough_ == 0) {
    const DatabaseHandle& database = context.databases[form_->index->table->database.value];
    SQLRITE_TRY_ASSIGN(uint64_t entries, storage::estimate_entries(*database.pager, form_->index->root, database.view));
    searches_enough_ = entries / (form_->looks_up_rows ? kRowsPerSearch : kEntriesPerSearch) + 1;
  }
  return searches >= searches_enough_;
}

Status GroupedSubquery::build(ExecContext& context) {
  ExecContext inner = context;
  inner.outer = nullptr;
  Status status = run(inner);
  root_->close(inner);
  built_ = status.ok() && !refused_;
  if (built_) return {};
  forget();
  refused_ = true;
  // A group that no outer row asks for must not fail: whoever does ask meets the error in his search.
  return status.primary() == Code::Interrupt || status.primary() == Code::NoMem ? std::move(status) : Status();
}

Status GroupedSubquery::run(ExecContext& context) {
  start(context, nullptr);
  SQLRITE_TRY(root_->open(context, nullptr, 0));
  while (!refused_) {
    Batch* batch = nullptr;
    SQLRITE_TRY(root_->next(context, kBatchRowsMax, &batch));
    if (batch->selected_count == 0) break;
    SQLRITE_TRY(add(*batch));
    if (context.memory == nullptr) continue;
    share_.report(*context.memory, keys_.size_bytes() + results_.size_bytes());
    refused_ = context.memory->used_bytes > context.memory->limit_bytes;
  }
  return {};
}

Status GroupedSubquery::add(Batch& batch) {
  uint32_t ids[kBatchRowsMax];
  const uint32_t known = keys_.count();
  SQLRITE_TRY(keys_.find_or_add(batch, batch.columns, ids));
  SQLRITE_ENSURE(keys_.count() == known + batch.selected_count);
  heap_.reset();
  Batch aggregates = batch;
  aggregates.columns += key_values_.size();
  aggregates.column_count -= static_cast<uint32_t>(key_values_.size());
  for (size_t i = 0; i < result_columns_.size(); ++i) {
    SQLRITE_TRY(result_exprs_[i].evaluate(eval_, aggregates, &result_columns_[i]));
  }
  return result_columns_.empty() ? Status() : results_.append(aggregates, result_columns_.data());
}

Result<uint32_t> GroupedSubquery::find(ExecContext& context, const Value* outer_args) {
  start(context, outer_args);
  for (size_t i = 0; i < key_values_.size(); ++i) {
    SQLRITE_TRY_ASSIGN(bool possible, key_exprs_.single_value_of(i, eval_, kNoBatch, 0, &key_values_[i]));
    if (!possible) return kNoRow;
  }
  return keys_.count() > 0 ? keys_.find_row(key_values_.data()) : kNoRow;
}

void GroupedSubquery::forget() {
  keys_.clear();
  results_.clear();
  share_.release();
  shrink_arena(heap_);
  searches_enough_ = 0;
  built_ = false;
  refused_ = false;
}

}  // namespace sqlrite::exec
