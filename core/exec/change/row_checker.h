// RowChecker: what a new row must be before it is compared with others: affinities, NOT NULL, STRICT types, CHECK.
#pragma once

#include <span>

#include "exec/change/table_writer.h"

namespace sqlrite::exec {

// What to do with the row in hand.
enum class RowFate : uint8_t { Write, Skip };

class RowChecker {
 public:
  RowChecker() = default;
  RowChecker(const RowChecker&) = delete;
  RowChecker& operator=(const RowChecker&) = delete;
  ~RowChecker();
  Status prepare(const bind::BoundTarget& target, catalog::ConflictAction statement_action, Arena& arena);
  // Applies affinities to slots and checks the row. A violation under IGNORE gives Skip; else the constraint's error, with
  // *action telling how the statement ends.
  Status check(expr::EvalContext& eval, SlotRow& row, RowFate* fate, catalog::ConflictAction* action);
  // Whether the types of a STRICT table are still to be checked then: without a CHECK they come last, after the rowid.
  bool leaves_types() const { return table_->strict && checks_.empty(); }
  Status check_types(const Value* slots) const;
  // The default of a column for a new row (constants without a call into the evaluator).
  Status default_value(expr::EvalContext& eval, const SlotRow& row, uint32_t column, Value* out);
  // The statement's OR clause, or the constraint's own action, or ABORT.
  catalog::ConflictAction resolve(catalog::ConflictAction own) const;

 private:
  Status check_type(const catalog::TableColumn& column, const Value& value) const;

  const catalog::Table* table_ = nullptr;
  catalog::ConflictAction statement_action_ = catalog::ConflictAction::Default;
  std::span<expr::ExprNode*> defaults_;
  std::span<expr::ExprNode*> checks_;
  std::span<uint8_t> passing_types_;  // per column: bit 1 << ValueType of values that need no look
};

}  // namespace sqlrite::exec
