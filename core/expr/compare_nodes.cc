// Comparisons: = <> < <= > >= IS, BETWEEN, and row values, with affinity and collation as bind decided them.
#include "base/check.h"
#include "expr/node.h"

namespace sqlrite::expr {

using bind::CompareOp;

namespace {

kernels::Compare kernel_op(CompareOp op) {
  switch (op) {
    case CompareOp::Ne:
    case CompareOp::IsNot: return kernels::Compare::NotEqual;
    case CompareOp::Lt: return kernels::Compare::Less;
    case CompareOp::Le: return kernels::Compare::LessOrEqual;
    case CompareOp::Gt: return kernels::Compare::Greater;
    case CompareOp::Ge: return kernels::Compare::GreaterOrEqual;
    default: return kernels::Compare::Equal;
  }
}

CompareOp mirrored(CompareOp op) {
  switch (op) {
    case CompareOp::Lt: return CompareOp::Gt;
    case CompareOp::Le: return CompareOp::Ge;
    case CompareOp::Gt: return CompareOp::Lt;
    case CompareOp::Ge: return CompareOp::Le;
    default: return op;
  }
}

bool null_safe(CompareOp op) { return op == CompareOp::Is || op == CompareOp::IsNot; }

// 1, 0 or -1 (NULL). Operands are changed by affinity.
Status compare_truth(CompareOp op, Value& left, Value& right, Affinity affinity, const Collation& collation,
                     Arena& heap, int* truth) {
  if (left.is_null() || right.is_null()) {
    if (!null_safe(op)) {
      *truth = -1;
    } else {
      bool equal = left.is_null() && right.is_null();
      *truth = (op == CompareOp::Is) == equal;
    }
    return {};
  }
  if (left.type == ValueType::Integer && right.type == ValueType::Integer) {
    if (affinity != Affinity::Text) {
      *truth = decides(op, left.integer < right.integer ? -1 : left.integer > right.integer);
      return {};
    }
  }
  SQLRITE_TRY(apply_comparison_affinity(left, right, affinity, heap));
  *truth = decides(op, compare_non_null(left, right, collation));
  return {};
}

class CompareNode final : public ExprNode {
 public:
  explicit CompareNode(const bind::BoundCompare* bound)
      : op_(bound->op), affinity_(bound->operand_affinity), collation_(bound->compare_collation) {}
  Evaluator left_, right_;

  Status evaluate_row(EvalContext& context, const Batch& batch, uint32_t row, Value* out) override {
    int truth;
    SQLRITE_TRY(row_truth(context, batch, row, &truth));
    *out = truth_value(truth);
    return {};
  }

  Status filter(EvalContext& context, const Batch& batch, uint16_t* selection_out, uint32_t* count) override {
    if (batch.selected_count == 1) {
      int truth;
      uint32_t row = batch.live_row(0);
      Status status = row_truth(context, batch, row, &truth);
      if (!status.ok()) {
        context.failed_row = row;
        return status;
      }
      selection_out[0] = static_cast<uint16_t>(row);
      *count = truth == 1;
      return {};
    }
    Column left, right;
    SQLRITE_TRY(left_->evaluate(context, batch, left_buffer_, &left));
    SQLRITE_TRY(right_->evaluate(context, batch, right_buffer_, &right));
    if (affinity_ != Affinity::Text && filter_typed(batch, left, right, selection_out, count)) return {};
    uint32_t kept = 0;
    for (uint32_t i = 0; i < batch.selected_count; ++i) {
      uint32_t row = batch.live_row(i);
      Value a = left.at(row);
      Value b = right.at(row);
      int truth;
      SQLRITE_TRY(compare_truth(op_, a, b, affinity_, *collation_, *context.heap, &truth));
      selection_out[kept] = static_cast<uint16_t>(row);
      kept += truth == 1;
    }
    *count = kept;
    return {};
  }

  Status evaluate(EvalContext& context, const Batch& batch, ColumnBuffer& buffer, Column* out) override {
    Column left, right;
    SQLRITE_TRY(left_->evaluate(context, batch, left_buffer_, &left));
    SQLRITE_TRY(right_->evaluate(context, batch, right_buffer_, &right));
    SQLRITE_TRY(buffer.reserve(batch.row_count));
    buffer.attach(*out, Column::Rep::Ints);
    for (uint32_t i = 0; i < batch.selected_count; ++i) {
      uint32_t row = batch.live_row(i);
      Value a = left.at(row);
      Value b = right.at(row);
      int truth;
      SQLRITE_TRY(compare_truth(op_, a, b, affinity_, *collation_, *context.heap, &truth));
      if (truth < 0 && !out->has_nulls) {
        out->has_nulls = true;
        std::memset(out->nulls, 0, batch.row_count);
      }
      if (out->has_nulls) out->nulls[row] = truth < 0;
      out->ints[row] = truth;
    }
    return {};
  }

 private:
  Status row_truth(EvalContext& context, const Batch& batch, uint32_t row, int* truth) {
    Value left, right;
    SQLRITE_TRY(left_->evaluate_row(context, batch, row, &left));
    SQLRITE_TRY(right_->evaluate_row(context, batch, row, &right));
    return compare_truth(op_, left, right, affinity_, *collation_, *context.heap, truth);
  }

  // Typed loops; false when the shapes have none.
  bool filter_typed(const Batch& batch, const Column& left, const Column& right, uint16_t* out, uint32_t* count) const {
    if (null_safe(op_)) return false;
    if (left.rep == Column::Rep::Nulls || right.rep == Column::Rep::Nulls) {
      *count = 0;
      return true;
    }
    if (left.constant && !right.constant) return filter_by_constant(batch, right, left, mirrored(op_), out, count);
    if (right.constant && !left.constant) return filter_by_constant(batch, left, right, op_, out, count);
    if (left.constant) return false;
    if (left.rep != right.rep) return false;
    if (left.rep == Column::Rep::Ints) {
      *count = kernels::select_ints_pair(kernel_op(op_), left.ints, right.ints, nulls_of(left), nulls_of(right),
                                         batch.selection, batch.selected_count, out);
      return true;
    }
    if (left.rep == Column::Rep::Reals) {
      *count = kernels::select_reals_pair(kernel_op(op_), left.reals, right.reals, nulls_of(left), nulls_of(right),
                                          batch.selection, batch.selected_count, out);
      return true;
    }
    return false;
  }

  static bool filter_by_constant(const Batch& batch, const Column& column, const Column& constant, CompareOp op,
                                 uint16_t* out, uint32_t* count) {
    if (constant.has_nulls && constant.nulls[0]) {
      *count = 0;
      return true;
    }
    if (column.rep != constant.rep) return false;
    if (column.rep == Column::Rep::Ints) {
      *count = kernels::select_ints(kernel_op(op), column.ints, constant.ints[0], nulls_of(column), batch.selection,
                                    batch.selected_count, out);
      return true;
    }
    if (column.rep == Column::Rep::Reals) {
      *count = kernels::select_reals(kernel_op(op), column.reals, constant.reals[0], nulls_of(column), batch.selection,
                                     batch.selected_count, out);
      return true;
    }
    return false;
  }

  CompareOp op_;
  Affinity affinity_;
  const Collation* collation_;
  ColumnBuffer left_buffer_, right_buffer_;
};

class BetweenNode final : public ExprNode {
 public:
  explicit BetweenNode(const bind::BoundBetween* bound) : bound_(bound) {}
  Evaluator operand_, low_, high_;

  Status evaluate_row(EvalContext& context, const Batch& batch, uint32_t row, Value* out) override {
    Value operand, low, high;
    SQLRITE_TRY(operand_->evaluate_row(context, batch, row, &operand));
    SQLRITE_TRY(low_->evaluate_row(context, batch, row, &low));
    SQLRITE_TRY(high_->evaluate_row(context, batch, row, &high));
    int truth;
    SQLRITE_TRY(between(context, operand, low, high, &truth));
    *out = truth_value(truth);
    return {};
  }

  Status filter(EvalContext& context, const Batch& batch, uint16_t* selection_out, uint32_t* count) override {
    Column operand, low, high;
    SQLRITE_TRY(operand_->evaluate(context, batch, buffers_[0], &operand));
    SQLRITE_TRY(low_->evaluate(context, batch, buffers_[1], &low));
    SQLRITE_TRY(high_->evaluate(context, batch, buffers_[2], &high));
    bool plain = !bound_->negated && low.constant && high.constant && !low.has_nulls && !high.has_nulls &&
                 !operand.constant && bound_->low_affinity != Affinity::Text && bound_->high_affinity != Affinity::Text;
    if (plain && operand.rep == low.rep && operand.rep == high.rep) {
      if (operand.rep == Column::Rep::Ints) {
        *count = kernels::select_ints_between(operand.ints, low.ints[0], high.ints[0], nulls_of(operand),
                                              batch.selection, batch.selected_count, selection_out);
        return {};
      }
      if (operand.rep == Column::Rep::Reals) {
        *count = kernels::select_reals_between(operand.reals, low.reals[0], high.reals[0], nulls_of(operand),
                                               batch.selection, batch.selected_count, selection_out);
        return {};
      }
    }
    uint32_t kept = 0;
    for (uint32_t i = 0; i < batch.selected_count; ++i) {
      uint32_t row = batch.live_row(i);
      int truth;
      SQLRITE_TRY(between(context, operand.at(row), low.at(row), high.at(row), &truth));
      selection_out[kept] = static_cast<uint16_t>(row);
      kept += truth == 1;
    }
    *count = kept;
    return {};
  }

 private:
  Status between(EvalContext& context, const Value& operand, Value low, Value high, int* truth) const {
    Value first = operand;
    Value second = operand;
    int above, below;
    SQLRITE_TRY(
        compare_truth(CompareOp::Ge, first, low, bound_->low_affinity, *bound_->low_collation, *context.heap, &above));
    SQLRITE_TRY(compare_truth(CompareOp::Le, second, high, bound_->high_affinity, *bound_->high_collation,
                              *context.heap, &below));
    *truth = above == 0 || below == 0 ? 0 : (above < 0 || below < 0) ? -1 : 1;
    if (bound_->negated && *truth >= 0) *truth = 1 - *truth;
    return {};
  }

  const bind::BoundBetween* bound_;
  ColumnBuffer buffers_[3];
};

// (a, b) op (c, d). Equality is the AND of the pairs; order is decided by the first pair that is not equal.
class RowCompareNode final : public ExprNode {
 public:
  explicit RowCompareNode(const bind::BoundRowCompare* bound) : bound_(bound) {}
  EvaluatorList left_, right_;

  Status evaluate_row(EvalContext& context, const Batch& batch, uint32_t row, Value* out) override {
    CompareOp op = bound_->op;
    bool equality = op == CompareOp::Eq || op == CompareOp::Ne || null_safe(op);
    bool seen_null = false;
    int truth = equality ? 1 : 0;
    for (size_t i = 0; i < left_.size(); ++i) {
      Value left, right;
      SQLRITE_TRY(left_[i]->evaluate_row(context, batch, row, &left));
      SQLRITE_TRY(right_[i]->evaluate_row(context, batch, row, &right));
      CompareOp pair_op = null_safe(op) ? CompareOp::Is : CompareOp::Eq;
      Value a = left;
      Value b = right;
      int equal;
      SQLRITE_TRY(compare_truth(pair_op, a, b, bound_->operand_affinities[i], *bound_->compare_collations[i],
                                *context.heap, &equal));
      if (equality) {
        if (equal == 0) {
          truth = 0;
          seen_null = false;
          break;
        }
        seen_null |= equal < 0;
        continue;
      }
      if (equal < 0) {
        seen_null = true;
        break;
      }
      bool last = i + 1 == left_.size();
      if (equal == 1 && !last) continue;
      SQLRITE_TRY(compare_truth(op, left, right, bound_->operand_affinities[i], *bound_->compare_collations[i],
                                *context.heap, &truth));
      break;
    }
    if (seen_null) truth = -1;
    if ((op == CompareOp::Ne || op == CompareOp::IsNot) && truth >= 0) truth = 1 - truth;
    *out = truth_value(truth);
    return {};
  }

 private:
  const bind::BoundRowCompare* bound_;
};

}  // namespace

Result<ExprNode*> make_compare(const bind::BoundExpr* expr, Arena& arena) {
  switch (expr->kind) {
    case bind::BoundKind::Compare: {
      const auto* bound = expr->as<bind::BoundCompare>();
      auto* node = place<CompareNode>(arena, bound);
      Evaluator guard = adopt_evaluator(node);
      SQLRITE_TRY(node->left_.make(bound->left, arena));
      SQLRITE_TRY(node->right_.make(bound->right, arena));
      return guard.release();
    }
    case bind::BoundKind::Between: {
      const auto* bound = expr->as<bind::BoundBetween>();
      auto* node = place<BetweenNode>(arena, bound);
      Evaluator guard = adopt_evaluator(node);
      SQLRITE_TRY(node->operand_.make(bound->operand, arena));
      SQLRITE_TRY(node->low_.make(bound->low, arena));
      SQLRITE_TRY(node->high_.make(bound->high, arena));
      return guard.release();
    }
    default: {
      const auto* bound = expr->as<bind::BoundRowCompare>();
      auto* node = place<RowCompareNode>(arena, bound);
      Evaluator guard = adopt_evaluator(node);
      SQLRITE_TRY(node->left_.make(bound->left, arena));
      SQLRITE_TRY(node->right_.make(bound->right, arena));
      return guard.release();
    }
  }
}

}  // namespace sqlrite::expr
