#include "exec/operator/key_range.h"

#include <algorithm>
#include <cmath>

#include "base/buffer_memory.h"
#include "base/text.h"
#include "exec/subquery.h"
#include "types/affinity.h"

namespace sqlrite::exec {

namespace {

// What the index compares with. Beside reals integers stay integers: the comparison is exact, a conversion is not.
Status to_key(Value& value, Affinity affinity, Arena& heap) {
  return apply_affinity(value, affinity == Affinity::Real ? Affinity::Numeric : affinity, heap);
}

const Batch kNoBatch{};
constexpr double kTwoPow63 = 9223372036854775808.0;
}  // namespace

// ---------------------------------------------------------------- expressions

Status KeyRangeExprs::make(const plan::KeyRange& range, Arena& arena) {
  plan_ = &range;
  if (!range.equals.empty()) equals_.reset(new KeyEqualExprs[range.equals.size()]);
  for (size_t i = 0; i < range.equals.size(); ++i) {
    const plan::KeyEqual& equal = range.equals[i];
    KeyEqualExprs& exprs = equals_[i];
    exprs.plan = &equal;
    if (equal.value != nullptr) SQLRITE_TRY(exprs.value.make(equal.value, arena));
    SQLRITE_TRY_ASSIGN(exprs.values, make_column_exprs(equal.values, arena));
    if (equal.in_query != nullptr) {
      SQLRITE_TRY_ASSIGN(exprs.outer_args, make_column_exprs(equal.in_query->query->outer_args, arena));
      exprs.outer_values = arena.make_array<Value>(equal.in_query->query->outer_args.size());
    }
  }
  if (range.lower == nullptr && range.upper == nullptr && range.prefix_of == nullptr) return {};
  bounds_ = std::make_unique<Bounds>();
  if (range.lower != nullptr) SQLRITE_TRY(bounds_->lower.make(range.lower, arena));
  if (range.upper != nullptr) SQLRITE_TRY(bounds_->upper.make(range.upper, arena));
  if (range.prefix_of != nullptr) {
    SQLRITE_TRY(bounds_->pattern.make(range.prefix_of->pattern, arena));
    if (range.prefix_of->escape != nullptr) SQLRITE_TRY(bounds_->escape.make(range.prefix_of->escape, arena));
  }
  return {};
}

Status KeyRangeExprs::equal_values_of(size_t index, ExecContext& context, expr::EvalContext& eval, const Batch& outer,
                                      uint32_t outer_row, BufferVector<Value>& out) {
  out.clear();
  KeyEqualExprs& exprs = equals_[index];
  const plan::KeyEqual& equal = *exprs.plan;
  if (equal.in_query != nullptr) {
    for (size_t i = 0; i < exprs.outer_values.size(); ++i) {
      SQLRITE_TRY(exprs.outer_args[i].evaluate_row(eval, outer, outer_row, &exprs.outer_values[i]));
    }
    auto* runner = static_cast<SubqueryRuntime*>(context.subqueries);
    const RowStore* rows = nullptr;
    SQLRITE_TRY(runner->all_rows_of(equal.in_query->subquery_index, exprs.outer_values.data(), &rows));
    for (uint32_t row = 0; row < rows->row_count(); ++row) {
      Value value = rows->at(0, row);
      if (value.is_null()) continue;
      SQLRITE_TRY(apply_affinity(value, equal.affinity, *eval.heap));  // as the set of an IN keeps them
      out.push_back(value);
    }
    return {};
  }
  if (equal.value != nullptr) {
    Value value;
    SQLRITE_TRY_ASSIGN(bool possible, single_value_of(index, eval, outer, outer_row, &value));
    if (possible) out.push_back(value);
    return {};
  }
  for (size_t i = 0; i < equal.values.size(); ++i) {
    Value value;
    SQLRITE_TRY(exprs.values[i].evaluate_row(eval, outer, outer_row, &value));
    if (value.is_null()) continue;
    SQLRITE_TRY(to_key(value, equal.affinity, *eval.heap));
    out.push_back(value);
  }
  return {};
}

Result<bool> KeyRangeExprs::single_value_of(size_t index, expr::EvalContext& eval, const Batch& outer,
                                            uint32_t outer_row, Value* out) {
  KeyEqualExprs& exprs = equals_[index];
  SQLRITE_TRY(exprs.value.evaluate_row(eval, outer, outer_row, out));
  if (out->is_null()) return exprs.plan->null_matches;
  if (out->type != ValueType::Integer || exprs.plan->affinity == Affinity::Text) {
    SQLRITE_TRY(to_key(*out, exprs.plan->affinity, *eval.heap));
  }
  return true;
}

bool KeyRangeExprs::has_single_values() const {
  for (const plan::KeyEqual& equal : plan_->equals) {
    if (equal.in_query != nullptr || equal.value == nullptr) return false;
  }
  return true;
}

Status KeyRangeExprs::bound(bool upper, expr::EvalContext& eval, const Batch& outer, uint32_t outer_row, Value* out) {
  SQLRITE_TRY((upper ? bounds_->upper : bounds_->lower).evaluate_row(eval, outer, outer_row, out));
  return to_key(*out, upper ? plan_->upper_affinity : plan_->lower_affinity, *eval.heap);
}

Status KeyRangeExprs::like_prefix(expr::EvalContext& eval, const Batch& outer, uint32_t outer_row,
                                  std::string_view* prefix, Arena& heap) {
  *prefix = {};
  Value pattern;
  SQLRITE_TRY(bounds_->pattern.evaluate_row(eval, outer, outer_row, &pattern));
  if (pattern.type != ValueType::Text) return {};
  std::string_view text = pattern.view();
  std::string_view escape;
  if (plan_->prefix_of->escape != nullptr) {
    Value value;
    SQLRITE_TRY(bounds_->escape.evaluate_row(eval, outer, outer_row, &value));
    if (value.type != ValueType::Text || value.length == 0) return {};
    escape = value.view();
  }
  bool glob = plan_->prefix_of->op == bind::LikeOp::Glob;
  auto out = heap.make_array<char>(text.size());
  size_t size = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '\0') break;
    if (!escape.empty() && text.substr(i).starts_with(escape)) {
      i += escape.size();
      if (i >= text.size()) break;
      c = text[i];
    } else if (glob ? (c == '*' || c == '?' || c == '[') : (c == '%' || c == '_')) {
      break;
    }
    out[size++] = c;
  }
  *prefix = {out.data(), size};
  return {};
}

// ---------------------------------------------------------------- rowid trees

Status RowIdWalk::prepare(const plan::TableAccess& access, Arena& arena) {
  access_ = &access;
  SQLRITE_TRY(exprs_.make(access.range, arena));
  by_point_ = exprs_.equal_count() > 0;
  return {};
}

bool rowid_of(Value value, RowId* out) {
  if (value.type == ValueType::Integer) {
    *out = value.integer;
    return true;
  }
  apply_numeric_to_text(value, true);
  if (value.type == ValueType::Real) {
    if (!(value.real >= -kTwoPow63 && value.real < kTwoPow63)) return false;
    *out = static_cast<int64_t>(value.real);
    return static_cast<double>(*out) == value.real;
  }
  *out = value.integer;
  return value.type == ValueType::Integer;
}

bool has_single_key(const plan::KeyRange& range) {
  return range.equals.size() == 1 && range.equals[0].value != nullptr && range.equals[0].values.empty() &&
         range.equals[0].in_query == nullptr;
}

Status RowIdWalk::open_tree(ExecContext& context) {
  DatabaseHandle& database = context.databases[access_->table->database.value];
  if (open_ && source_.view.slot == database.view.slot && source_.pager == database.pager) return {};
  source_ = {database.pager, database.view, database.encoding};
  SQLRITE_TRY(cursor_.open(database.pager, access_->table->root, database.view));
  open_ = true;
  return {};
}

// Cuts the range [low_, high_] by one bound; an empty range sets done_.
Status RowIdWalk::narrow(Value value, bool upper, bool inclusive) {
  apply_numeric_to_text(value, true);
  switch (value.type) {
    case ValueType::Null: done_ = true; return {};
    case ValueType::Text:
    case ValueType::Blob:
      if (!upper) done_ = true;  // every rowid is less than any text
      return {};
    case ValueType::Real: {
      double whole = upper ? std::floor(value.real) : std::ceil(value.real);
      if (whole >= kTwoPow63) {
        if (!upper) done_ = true;
        return {};
      }
      if (whole < -kTwoPow63) {
        if (upper) done_ = true;
        return {};
      }
      inclusive = inclusive || whole != value.real;
      value = Value::from_integer(static_cast<int64_t>(whole));
      break;
    }
    case ValueType::Integer: break;
  }
  RowId limit = value.integer;
  if (upper) {
    if (!inclusive && limit == INT64_MIN) {
      done_ = true;
    } else {
      high_ = std::min(high_, inclusive ? limit : limit - 1);
    }
  } else {
    if (!inclusive && limit == INT64_MAX) {
      done_ = true;
    } else {
      low_ = std::max(low_, inclusive ? limit : limit + 1);
    }
  }
  return {};
}

Status RowIdWalk::open(ExecContext& context, expr::EvalContext& eval, const Batch* outer_batch, uint32_t outer_row) {
  const Batch& outer = outer_batch != nullptr ? *outer_batch : kNoBatch;
  SQLRITE_TRY(open_tree(context));
  done_ = false;
  started_ = false;
  if (by_point_) {
    points_.clear();
    next_point_ = 0;
    SQLRITE_TRY(exprs_.equal_values_of(0, context, eval, outer, outer_row, values_));
    for (const Value& value : values_) {
      RowId rowid;
      if (rowid_of(value, &rowid)) points_.push_back(rowid);
    }
    if (points_.size() > 1) {
      std::sort(points_.begin(), points_.end());
      points_.erase(std::unique(points_.begin(), points_.end()), points_.end());
      if (access_->descending) std::reverse(points_.begin(), points_.end());
    }
    return {};
  }
  low_ = INT64_MIN;
  high_ = INT64_MAX;
  const plan::KeyRange& range = exprs_.plan();
  full_ = range.lower == nullptr && range.upper == nullptr;
  Value value;
  if (range.lower != nullptr) {
    SQLRITE_TRY(exprs_.bound(false, eval, outer, outer_row, &value));
    SQLRITE_TRY(narrow(value, false, range.lower_inclusive));
  }
  if (range.upper != nullptr) {
    SQLRITE_TRY(exprs_.bound(true, eval, outer, outer_row, &value));
    SQLRITE_TRY(narrow(value, true, range.upper_inclusive));
  }
  if (low_ > high_) done_ = true;
  return {};
}

Result<uint32_t> RowIdWalk::next(storage::CellRef* cells, uint32_t max, storage::PageRef* pin) {
  if (by_point_) {
    while (next_point_ < points_.size()) {
      SQLRITE_TRY_ASSIGN(bool found, cursor_.find(points_[next_point_++]));
      if (!found) continue;
      cells[0] = cursor_.cell();
      if (points_.size() > 1) *pin = cursor_.pin_current_page();
      return 1u;
    }
    return 0u;
  }
  if (done_) return 0u;
  bool descending = access_->descending;
  if (!started_) {
    started_ = true;
    bool found;
    if (descending) {
      SQLRITE_TRY_ASSIGN(found, high_ == INT64_MAX ? cursor_.last() : cursor_.seek(high_, storage::Seek::LessOrEqual));
    } else {
      SQLRITE_TRY_ASSIGN(found,
                         low_ == INT64_MIN ? cursor_.first() : cursor_.seek(low_, storage::Seek::GreaterOrEqual));
    }
    if (!found) {
      done_ = true;
      return 0u;
    }
  }
  SQLRITE_TRY_ASSIGN(uint32_t count, cursor_.next_cells(cells, max, descending, pin));
  if (count == 0) {
    done_ = true;
    return 0u;
  }
  if (descending ? cells[count - 1].rowid < low_ : cells[count - 1].rowid > high_) {
    done_ = true;
    uint32_t kept = 0;
    while (kept < count && (descending ? cells[kept].rowid >= low_ : cells[kept].rowid <= high_)) ++kept;
    count = kept;
  } else if (cursor_.is_only_leaf_done(descending)) {
    done_ = true;
  }
  return count;
}

void RowIdWalk::close() {
  cursor_.close();
  open_ = false;
}

// ---------------------------------------------------------------- index trees

Status IndexWalk::prepare(const plan::TableAccess& access, const catalog::Index& index, Arena& arena) {
  access_ = &access;
  index_ = &index;
  SQLRITE_TRY(exprs_.make(access.range, arena));
  const plan::KeyRange& range = access.range;
  bounded_ = range.lower != nullptr || range.upper != nullptr || range.prefix_of != nullptr || range.skip_nulls;
  single_values_ = exprs_.has_single_values();
  if (!single_values_) {
    lists_.resize(exprs_.equal_count());
    positions_.resize(exprs_.equal_count());
  }
  start_key_.reset(new Value[exprs_.equal_count() + 1]);
  stop_key_.reset(new Value[exprs_.equal_count() + 1]);
  return {};
}

// The ranges over the field after the equalities: one, or for a LIKE prefix one of texts and one of blobs.
Status IndexWalk::make_passes(expr::EvalContext& eval, const Batch& outer, uint32_t outer_row) {
  const plan::KeyRange& range = exprs_.plan();
  pass_count_ = 1;
  passes_[0] = Pass();
  Pass& pass = passes_[0];
  if (range.lower != nullptr) {
    pass.low.present = true;
    pass.low.inclusive = range.lower_inclusive;
    SQLRITE_TRY(exprs_.bound(false, eval, outer, outer_row, &pass.low.value));
    if (pass.low.value.is_null()) pass.empty = true;
  }
  if (range.upper != nullptr) {
    pass.high.present = true;
    pass.high.inclusive = range.upper_inclusive;
    SQLRITE_TRY(exprs_.bound(true, eval, outer, outer_row, &pass.high.value));
    if (pass.high.value.is_null()) pass.empty = true;
  }
  if (range.prefix_of != nullptr) {
    std::string_view prefix;
    SQLRITE_TRY(exprs_.like_prefix(eval, outer, outer_row, &prefix, heap_));
    if (!prefix.empty()) {
      // Under NOCASE the index orders by lower case; blobs order by their bytes, of which upper-case ones come first.
      const Collation* collation = index_->fields[exprs_.equal_count()].collation;
      bool no_case = collation != nullptr && collation->kind == Collation::Kind::NoCase;
      auto low = heap_.make_array<char>(prefix.size());
      auto high = heap_.make_array<char>(prefix.size());
      for (size_t i = 0; i < prefix.size(); ++i) {
        char c = prefix[i];
        low[i] = no_case && c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
        high[i] = no_case ? ascii_lower(c) : c;
      }
      size_t high_size = prefix.size();
      while (high_size > 0 && static_cast<unsigned char>(high[high_size - 1]) == 0xff) --high_size;
      if (high_size > 0) ++high[high_size - 1];
      pass_count_ = 2;
      for (int i = 0; i < 2; ++i) {
        passes_[i] = Pass();
        auto make = i == 0 ? Value::from_text : Value::from_blob;
        passes_[i].low = {true, true, make({low.data(), prefix.size()}, ValueOwner::Heap)};
        if (high_size > 0) passes_[i].high = {true, false, make({high.data(), high_size}, ValueOwner::Heap)};
      }
      if (passes_[0].high.present == false) passes_[0].high = {true, false, Value::from_blob({}, ValueOwner::Static)};
      if (access_->descending != index_->key_info.descending[exprs_.equal_count()]) std::swap(passes_[0], passes_[1]);
    }
  }
  for (uint32_t i = 0; i < pass_count_; ++i) {
    // Nothing below, but something above: NULLs are not in the range.
    Pass& each = passes_[i];
    if (!each.low.present && (each.high.present || range.skip_nulls)) each.low = {true, false, Value()};
  }
  return {};
}

Status IndexWalk::open(ExecContext& context, expr::EvalContext& eval, const Batch* outer_batch, uint32_t outer_row) {
  const Batch& outer = outer_batch != nullptr ? *outer_batch : kNoBatch;
  DatabaseHandle& database = context.databases[index_->table->database.value];
  if (!open_ || source_.view.slot != database.view.slot || source_.pager != database.pager) {
    source_ = {database.pager, database.view, database.encoding};
    SQLRITE_TRY(cursor_.open(database.pager, index_->root, database.view, &index_->key_info));
    open_ = true;
  }
  heap_.reset();
  done_ = false;
  active_ = false;
  first_combination_ = true;
  several_ = false;
  Arena* eval_heap = eval.heap;
  eval.heap = &heap_;  // key values live as long as the walk
  Status status = open_key(context, eval, outer, outer_row);
  eval.heap = eval_heap;
  return status;
}

Status IndexWalk::open_key(ExecContext& context, expr::EvalContext& eval, const Batch& outer, uint32_t outer_row) {
  if (single_values_) {
    for (size_t i = 0; i < exprs_.equal_count(); ++i) {
      SQLRITE_TRY_ASSIGN(bool possible, exprs_.single_value_of(i, eval, outer, outer_row, &start_key_[i]));
      if (!possible) {
        done_ = true;
        return {};
      }
      stop_key_[i] = start_key_[i];
    }
  } else {
    SQLRITE_TRY(make_lists(context, eval, outer, outer_row));
    if (done_) return {};
  }
  if (!bounded_) return {};
  SQLRITE_TRY(make_passes(eval, outer, outer_row));
  if (pass_count_ > 1) several_ = true;
  return {};
}

// The values of each equality in the order of the walk, each once.
Status IndexWalk::make_lists(ExecContext& context, expr::EvalContext& eval, const Batch& outer, uint32_t outer_row) {
  for (size_t i = 0; i < lists_.size(); ++i) {
    BufferVector<Value>& list = lists_[i];
    SQLRITE_TRY(exprs_.equal_values_of(i, context, eval, outer, outer_row, list));
    positions_[i] = 0;
    if (list.empty()) {
      done_ = true;
      return {};
    }
    if (list.size() == 1) continue;
    several_ = true;
    const Collation& collation = *index_->key_info.collations[i];
    bool reversed = access_->descending != index_->key_info.descending[i];
    std::stable_sort(list.begin(), list.end(), [&](const Value& a, const Value& b) {
      int order = compare_values(a, b, collation);
      return reversed ? order > 0 : order < 0;
    });
    list.erase(std::unique(list.begin(), list.end(),
                           [&](const Value& a, const Value& b) { return compare_values(a, b, collation) == 0; }),
               list.end());
  }
  return {};
}

// The next tuple of equality values and pass: false at the end.
bool IndexWalk::next_combination() {
  if (first_combination_) {
    first_combination_ = false;
    pass_ = 0;
    return true;
  }
  if (++pass_ < pass_count_) return true;
  pass_ = 0;
  for (size_t i = lists_.size(); i-- > 0;) {
    if (++positions_[i] < lists_[i].size()) return true;
    positions_[i] = 0;
  }
  return false;
}

// Moves the cursor to the start of the current range; false when there is nothing.
Result<bool> IndexWalk::start_pass() {
  Pass& pass = passes_[pass_];
  if (pass.empty) return false;
  known_within_ = 0;
  auto prefix_count = static_cast<uint16_t>(exprs_.equal_count());
  for (size_t i = 0; i < lists_.size(); ++i) start_key_[i] = stop_key_[i] = lists_[i][positions_[i]];
  if (prefix_count > 0 && !pass.low.present && !pass.high.present && (access_->key_is_unique || !access_->descending)) {
    stop_count_ = access_->key_is_unique ? 0 : prefix_count;
    stop_inclusive_ = true;
    known_within_ = 1;
    return cursor_.seek({start_key_.get(), prefix_count}, storage::Seek::Equal);
  }
  // From column order to the order of the walk: the field may be stored descending, and the walk may go backwards.
  bool field_descending = prefix_count < index_->key_info.field_count && index_->key_info.descending[prefix_count];
  const Bound& index_low = field_descending ? pass.high : pass.low;
  const Bound& index_high = field_descending ? pass.low : pass.high;
  bool backwards = access_->descending;
  const Bound& start = backwards ? index_high : index_low;
  const Bound& stop = backwards ? index_low : index_high;
  stop_count_ = prefix_count;
  stop_inclusive_ = true;
  if (stop.present) {
    stop_key_[prefix_count] = stop.value;
    ++stop_count_;
    stop_inclusive_ = stop.inclusive;
  }
  if (start.present) {
    start_key_[prefix_count] = start.value;
    storage::Seek op = backwards ? (start.inclusive ? storage::Seek::LessOrEqual : storage::Seek::Less)
                                 : (start.inclusive ? storage::Seek::GreaterOrEqual : storage::Seek::Greater);
    return cursor_.seek({start_key_.get(), static_cast<uint16_t>(prefix_count + 1)}, op);
  }
  if (prefix_count > 0) {
    return cursor_.seek({start_key_.get(), prefix_count},
                        backwards ? storage::Seek::LessOrEqual : storage::Seek::GreaterOrEqual);
  }
  return backwards ? cursor_.last() : cursor_.first();
}

Result<bool> IndexWalk::within(const storage::CellRef& cell) {
  SQLRITE_TRY_ASSIGN(int order, storage::compare_record(cell, *source_.pager, source_.view, index_->key_info,
                                                        {stop_key_.get(), stop_count_}));
  if (access_->descending) order = -order;
  return order < 0 || (order == 0 && stop_inclusive_);
}

Result<uint32_t> IndexWalk::next(storage::CellRef* cells, uint32_t max, storage::PageRef* pin) {
  while (!done_) {
    if (!active_) {
      if (!next_combination()) {
        done_ = true;
        break;
      }
      SQLRITE_TRY_ASSIGN(bool found, start_pass());
      if (!found) continue;
      if (stop_count_ == 0 && known_within_ > 0) {
        cells[0] = cursor_.cell();
        if (several_ || pins_all_) *pin = cursor_.pin_current_page();
        return 1u;
      }
      active_ = true;
      step_ = kFirstStep;
    }
    // A key has few entries as a rule: a whole leaf is taken only by and by.
    uint32_t wanted = stop_count_ > 0 ? std::min(max, step_) : max;
    SQLRITE_TRY_ASSIGN(uint32_t count, cursor_.next_cells(cells, wanted, access_->descending, pin));
    if (count == 0) {
      active_ = false;
      continue;
    }
    if (stop_count_ == 0) return count;
    SQLRITE_TRY_ASSIGN(uint32_t inside, count_within(cells, count));
    known_within_ = 0;
    if (inside < count) active_ = false;
    if (step_ < kBatchRowsMax) step_ *= 4;
    if (inside > 0) return inside;
  }
  return 0u;
}

// How many of these entries, which are in order, the range has.
Result<uint32_t> IndexWalk::count_within(const storage::CellRef* cells, uint32_t count) {
  uint32_t low = known_within_;
  if (count <= kFirstStep) {
    while (low < count) {
      SQLRITE_TRY_ASSIGN(bool inside, within(cells[low]));
      if (!inside) break;
      ++low;
    }
    return low;
  }
  SQLRITE_TRY_ASSIGN(bool all_inside, within(cells[count - 1]));
  if (all_inside) return count;
  uint32_t high = count - 1;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    SQLRITE_TRY_ASSIGN(bool inside, within(cells[middle]));
    if (inside) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

void IndexWalk::close() {
  cursor_.close();
  open_ = false;
  shrink_arena(heap_);
}

}  // namespace sqlrite::exec
