// Leaves: constants, parameters, columns of the batch, values of the enclosing block. None of them copies.
#include "base/check.h"
#include "expr/node.h"

namespace sqlrite::expr {

namespace {

// Points a column at one value that stands for all rows. `value` must outlive the column's use.
void point_at_value(Column* out, Value* value) {
  out->constant = true;
  out->has_nulls = false;
  out->nulls = nullptr;
  switch (value->type) {
    case ValueType::Null:
      out->rep = Column::Rep::Nulls;
      out->data = nullptr;
      break;
    case ValueType::Integer:
      out->rep = Column::Rep::Ints;
      out->ints = &value->integer;
      break;
    case ValueType::Real:
      out->rep = Column::Rep::Reals;
      out->reals = &value->real;
      break;
    case ValueType::Text:
    case ValueType::Blob:
      out->rep = Column::Rep::Cells;
      out->cells = value;
      break;
  }
}

class ConstantNode final : public ExprNode {
 public:
  explicit ConstantNode(const Value& value) : value_(value) {}
  Status evaluate_row(EvalContext&, const Batch&, uint32_t, Value* out) override {
    *out = value_;
    return {};
  }
  Status evaluate(EvalContext&, const Batch&, ColumnBuffer&, Column* out) override {
    point_at_value(out, &value_);
    return {};
  }

 private:
  Value value_;
};

class ParameterNode final : public ExprNode {
 public:
  explicit ParameterNode(uint16_t number) : number_(number) {}
  Status evaluate_row(EvalContext& context, const Batch&, uint32_t, Value* out) override {
    *out = number_ <= context.parameter_count ? context.parameters[number_ - 1] : Value::null();
    return {};
  }
  Status evaluate(EvalContext& context, const Batch& batch, ColumnBuffer&, Column* out) override {
    SQLRITE_TRY(evaluate_row(context, batch, 0, &value_));
    point_at_value(out, &value_);
    return {};
  }

 private:
  uint16_t number_;
  Value value_;
};

class OuterNode final : public ExprNode {
 public:
  explicit OuterNode(uint16_t index) : index_(index) {}
  Status evaluate_row(EvalContext& context, const Batch&, uint32_t, Value* out) override {
    *out = context.outer[index_];
    return {};
  }
  Status evaluate(EvalContext& context, const Batch&, ColumnBuffer&, Column* out) override {
    value_ = context.outer[index_];
    point_at_value(out, &value_);
    return {};
  }

 private:
  uint16_t index_;
  Value value_;
};

class SlotNode final : public ExprNode {
 public:
  explicit SlotNode(int32_t slot) : slot_(static_cast<uint32_t>(slot)) {}
  Status evaluate_row(EvalContext&, const Batch& batch, uint32_t row, Value* out) override {
    *out = batch.columns[slot_].at(row);
    return {};
  }
  Status evaluate(EvalContext&, const Batch& batch, ColumnBuffer&, Column* out) override {
    *out = batch.columns[slot_];
    return {};
  }

 private:
  uint32_t slot_;
};

}  // namespace

Result<ExprNode*> make_leaf(const bind::BoundExpr* expr, Arena& arena) {
  switch (expr->kind) {
    case bind::BoundKind::Constant: return place<ConstantNode>(arena, expr->as<bind::BoundConstant>()->value);
    case bind::BoundKind::Parameter: return place<ParameterNode>(arena, expr->as<bind::BoundParameter>()->number);
    case bind::BoundKind::Outer: return place<OuterNode>(arena, expr->as<bind::BoundOuter>()->index);
    case bind::BoundKind::Slot: {
      int32_t slot = expr->as<bind::BoundSlot>()->slot;
      SQLRITE_ENSURE(slot >= 0);
      return place<SlotNode>(arena, slot);
    }
    case bind::BoundKind::Column: {
      int32_t slot = expr->as<bind::BoundColumn>()->slot;
      SQLRITE_ENSURE(slot >= 0);
      return place<SlotNode>(arena, slot);
    }
    default: break;
  }
  return ensure_failed("expression is a leaf", __FILE__, __LINE__);
}

}  // namespace sqlrite::expr
