#include "exec/change/row_checker.h"

#include "base/text.h"
#include "types/affinity.h"
#include "types/value_text.h"

namespace sqlrite::exec {

using catalog::ConflictAction;

namespace {

constexpr uint8_t bit_of(ValueType type) { return static_cast<uint8_t>(1u << static_cast<unsigned>(type)); }

// The types that the column stores as they come and that no constraint of its own forbids.
uint8_t passing_types(const catalog::Table& table, size_t column_index) {
  const catalog::TableColumn& column = table.columns[column_index];
  if (table.strict) return 0;
  uint8_t types = bit_of(ValueType::Blob);
  if (!column.not_null || static_cast<int16_t>(column_index) == table.rowid_alias) types |= bit_of(ValueType::Null);
  switch (column.affinity) {
    case Affinity::None:
    case Affinity::Blob: return types | bit_of(ValueType::Integer) | bit_of(ValueType::Real) | bit_of(ValueType::Text);
    case Affinity::Text: return types | bit_of(ValueType::Text);
    case Affinity::Numeric:
    case Affinity::Integer: return types | bit_of(ValueType::Integer);
    case Affinity::Real: return types | bit_of(ValueType::Real);
  }
  return 0;
}

}  // namespace

RowChecker::~RowChecker() {
  for (expr::ExprNode* node : defaults_) expr::destroy_evaluator(node);
  for (expr::ExprNode* node : checks_) expr::destroy_evaluator(node);
}

Status RowChecker::prepare(const bind::BoundTarget& target, ConflictAction statement_action, Arena& arena) {
  table_ = target.table;
  statement_action_ = statement_action;
  defaults_ = arena.make_array<expr::ExprNode*>(table_->columns.size());
  checks_ = arena.make_array<expr::ExprNode*>(target.checks.size());
  passing_types_ = arena.make_array<uint8_t>(table_->columns.size());
  for (size_t i = 0; i < passing_types_.size(); ++i) passing_types_[i] = passing_types(*table_, i);
  for (size_t i = 0; i < target.defaults.size(); ++i) {
    if (target.defaults[i] == nullptr) continue;
    SQLRITE_TRY_ASSIGN(defaults_[i], expr::make_evaluator(target.defaults[i], arena));
  }
  for (size_t i = 0; i < target.checks.size(); ++i) {
    SQLRITE_TRY_ASSIGN(checks_[i], expr::make_evaluator(target.checks[i], arena));
  }
  return {};
}

ConflictAction RowChecker::resolve(ConflictAction own) const {
  if (statement_action_ != ConflictAction::Default) return statement_action_;
  return own == ConflictAction::Default ? ConflictAction::Abort : own;
}

Status RowChecker::default_value(expr::EvalContext& eval, const SlotRow& row, uint32_t column, Value* out) {
  if (defaults_[column] == nullptr) {
    *out = Value::null();
    return {};
  }
  return defaults_[column]->evaluate_row(eval, row.batch(), 0, out);
}

Status RowChecker::check_type(const catalog::TableColumn& column, const Value& value) const {
  if (value.is_null()) return {};
  std::string_view type = column.declared_type;
  bool fits = iequals(type, "ANY");
  fits |= value.type == ValueType::Integer && (iequals(type, "INT") || iequals(type, "INTEGER"));
  fits |= value.type == ValueType::Real && iequals(type, "REAL");
  fits |= value.type == ValueType::Text && iequals(type, "TEXT");
  fits |= value.type == ValueType::Blob && iequals(type, "BLOB");
  if (fits) return {};
  static constexpr const char* kNames[] = {"", "INT", "REAL", "TEXT", "BLOB", "NULL"};
  return status_format(Code::ConstraintDataType, "cannot store %s value in %.*s column %.*s.%.*s",
                       kNames[static_cast<int>(value.type)], static_cast<int>(type.size()), type.data(),
                       static_cast<int>(table_->name.size()), table_->name.data(), static_cast<int>(column.name.size()),
                       column.name.data());
}

Status RowChecker::check_types(const Value* slots) const {
  const auto& columns = table_->columns;
  for (size_t i = 0; i < columns.size(); ++i) SQLRITE_TRY(check_type(columns[i], slots[i]));
  return {};
}

Status RowChecker::check(expr::EvalContext& eval, SlotRow& row, RowFate* fate, ConflictAction* action) {
  *fate = RowFate::Write;
  *action = ConflictAction::Abort;
  const auto& columns = table_->columns;
  Value* slots = row.slots();
  for (size_t i = 0; i < columns.size(); ++i) {
    if ((passing_types_[i] & bit_of(slots[i].type)) != 0) [[likely]]
      continue;
    const catalog::TableColumn& column = columns[i];
    SQLRITE_TRY(apply_affinity(slots[i], column.affinity, *eval.heap));
    if (slots[i].is_null() && column.not_null && static_cast<int16_t>(i) != table_->rowid_alias) {
      *action = resolve(column.not_null_conflict);
      if (*action == ConflictAction::Replace) {
        SQLRITE_TRY(default_value(eval, row, static_cast<uint32_t>(i), &slots[i]));
        SQLRITE_TRY(apply_affinity(slots[i], column.affinity, *eval.heap));
        *action = ConflictAction::Abort;
      }
      if (slots[i].is_null()) {
        if (*action == ConflictAction::Ignore) {
          *fate = RowFate::Skip;
          return {};
        }
        return status_format(Code::ConstraintNotNull, "NOT NULL constraint failed: %.*s.%.*s",
                             static_cast<int>(table_->name.size()), table_->name.data(),
                             static_cast<int>(column.name.size()), column.name.data());
      }
    }
  }
  // A row that NOT NULL skips is not judged by its types.
  if (table_->strict && !leaves_types()) SQLRITE_TRY(check_types(slots));
  for (size_t i = 0; i < checks_.size(); ++i) {
    Value result;
    SQLRITE_TRY(checks_[i]->evaluate_row(eval, row.batch(), 0, &result));
    if (expr::truth_of(result) != 0) continue;
    *action = resolve(ConflictAction::Default);
    if (*action == ConflictAction::Replace) *action = ConflictAction::Abort;
    if (*action == ConflictAction::Ignore) {
      *fate = RowFate::Skip;
      return {};
    }
    const catalog::CheckConstraint& check = table_->checks[i];
    std::string_view label = check.name.empty() ? check.text : check.name;
    return status_format(Code::ConstraintCheck, "CHECK constraint failed: %.*s", static_cast<int>(label.size()),
                         label.data());
  }
  return {};
}

}  // namespace sqlrite::exec
