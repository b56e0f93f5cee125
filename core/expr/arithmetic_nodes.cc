// + - * / % & | << >> and the unary operators, by SQLite's rules: integers stay integers until they overflow into reals,
// division by zero is NULL, texts count by their numeric prefix.
#include "base/check.h"
#include "expr/node.h"

namespace sqlrite::expr {

using bind::ArithmeticOp;

namespace {

Value shift(int64_t value, int64_t count, bool left) {
  if (count < 0) {
    left = !left;
    count = count > -64 ? -count : 64;
  }
  if (count >= 64) return Value::from_integer(left || value >= 0 ? 0 : -1);
  if (left) return Value::from_integer(static_cast<int64_t>(static_cast<uint64_t>(value) << count));
  return Value::from_integer(value >> count);
}

Value compute_reals(ArithmeticOp op, double left, double right) {
  switch (op) {
    case ArithmeticOp::Add: return Value::from_real(left + right);
    case ArithmeticOp::Subtract: return Value::from_real(left - right);
    case ArithmeticOp::Multiply: return Value::from_real(left * right);
    default: return right == 0.0 ? Value::null() : Value::from_real(left / right);
  }
}

bool compute_ints(ArithmeticOp op, int64_t left, int64_t right, int64_t* out) {
  switch (op) {
    case ArithmeticOp::Add: return !__builtin_add_overflow(left, right, out);
    case ArithmeticOp::Subtract: return !__builtin_sub_overflow(left, right, out);
    default: return !__builtin_mul_overflow(left, right, out);
  }
}

double as_real(const Value& value) {
  return value.type == ValueType::Integer ? static_cast<double>(value.integer) : value.real;
}

Value compute(ArithmeticOp op, const Value& left, const Value& right) {
  if (left.is_null() || right.is_null()) return Value::null();
  switch (op) {
    case ArithmeticOp::BitAnd: return Value::from_integer(to_integer(left) & to_integer(right));
    case ArithmeticOp::BitOr: return Value::from_integer(to_integer(left) | to_integer(right));
    case ArithmeticOp::ShiftLeft: return shift(to_integer(left), to_integer(right), true);
    case ArithmeticOp::ShiftRight: return shift(to_integer(left), to_integer(right), false);
    default: break;
  }
  Value a = left.is_numeric() ? left : to_number(left);
  Value b = right.is_numeric() ? right : to_number(right);
  bool integers = a.type == ValueType::Integer && b.type == ValueType::Integer;
  switch (op) {
    case ArithmeticOp::Modulo: {
      int64_t dividend = to_integer(left);  // of a text: its integer prefix, not its number
      int64_t divisor = to_integer(right);
      if (divisor == 0) return Value::null();
      int64_t remainder = divisor == -1 ? 0 : dividend % divisor;
      return integers ? Value::from_integer(remainder) : Value::from_real(static_cast<double>(remainder));
    }
    case ArithmeticOp::Divide:
      if (integers) {
        if (b.integer == 0) return Value::null();
        if (!(b.integer == -1 && a.integer == INT64_MIN)) return Value::from_integer(a.integer / b.integer);
      }
      break;
    default:
      if (integers) {
        int64_t result;
        if (compute_ints(op, a.integer, b.integer, &result)) return Value::from_integer(result);
      }
      break;
  }
  return compute_reals(op, as_real(a), as_real(b));
}

class ArithmeticNode final : public ExprNode {
 public:
  explicit ArithmeticNode(ArithmeticOp op) : op_(op) {}
  Evaluator left_, right_;

  Status evaluate_row(EvalContext& context, const Batch& batch, uint32_t row, Value* out) override {
    Value left, right;
    SQLRITE_TRY(left_->evaluate_row(context, batch, row, &left));
    SQLRITE_TRY(right_->evaluate_row(context, batch, row, &right));
    *out = compute(op_, left, right);
    return {};
  }

  Status evaluate(EvalContext& context, const Batch& batch, ColumnBuffer& buffer, Column* out) override {
    Column left, right;
    SQLRITE_TRY(left_->evaluate(context, batch, left_buffer_, &left));
    SQLRITE_TRY(right_->evaluate(context, batch, right_buffer_, &right));
    SQLRITE_TRY(buffer.reserve(batch.row_count));
    bool adds = op_ == ArithmeticOp::Add || op_ == ArithmeticOp::Subtract || op_ == ArithmeticOp::Multiply;
    if (left.rep == Column::Rep::Ints && right.rep == Column::Rep::Ints) {
      if (adds && evaluate_ints(batch, buffer, left, right, out)) return {};
      if ((op_ == ArithmeticOp::Divide || op_ == ArithmeticOp::Modulo) && right.constant && !right.has_nulls &&
          right.ints[0] > 0) {
        divide_ints(batch, buffer, left, right.ints[0], out);
        return {};
      }
    } else if (adds && is_number(left) && is_number(right)) {
      evaluate_reals(batch, buffer, left, right, out);
      return {};
    }
    buffer.attach(*out, Column::Rep::Cells);
    for (uint32_t i = 0; i < batch.selected_count; ++i) {
      uint32_t row = batch.live_row(i);
      out->cells[row] = compute(op_, left.at(row), right.at(row));
    }
    return {};
  }

 private:
  static bool is_number(const Column& column) {
    return column.rep == Column::Rep::Ints || column.rep == Column::Rep::Reals;
  }

  // Validity of the result: NULL where either side is.
  static void join_nulls(const Batch& batch, const Column& left, const Column& right, Column* out) {
    if (!left.has_nulls && !right.has_nulls) return;
    out->has_nulls = true;
    for (uint32_t row = 0; row < batch.row_count; ++row) {
      uint8_t null_left = left.has_nulls ? left.nulls[left.constant ? 0 : row] : 0;
      uint8_t null_right = right.has_nulls ? right.nulls[right.constant ? 0 : row] : 0;
      out->nulls[row] = null_left | null_right;
    }
  }

  // False when a row overflows: the caller then goes row by row. Dead rows may hold anything, so they are skipped.
  bool evaluate_ints(const Batch& batch, ColumnBuffer& buffer, const Column& left, const Column& right, Column* out) {
    buffer.attach(*out, Column::Rep::Ints);
    join_nulls(batch, left, right, out);
    const uint32_t left_step = left.constant ? 0 : 1;
    const uint32_t right_step = right.constant ? 0 : 1;
    bool overflow = false;
    auto run = [&](auto operation) {
      if (batch.selection == nullptr && !out->has_nulls) {
        for (uint32_t row = 0; row < batch.row_count; ++row) {
          overflow |= operation(left.ints[row * left_step], right.ints[row * right_step], &out->ints[row]);
        }
        return;
      }
      for (uint32_t i = 0; i < batch.selected_count; ++i) {
        uint32_t row = batch.live_row(i);
        if (out->has_nulls && out->nulls[row]) continue;
        overflow |= operation(left.ints[row * left_step], right.ints[row * right_step], &out->ints[row]);
      }
    };
    switch (op_) {
      case ArithmeticOp::Add:
        run([](int64_t a, int64_t b, int64_t* r) { return __builtin_add_overflow(a, b, r); });
        break;
      case ArithmeticOp::Subtract:
        run([](int64_t a, int64_t b, int64_t* r) { return __builtin_sub_overflow(a, b, r); });
        break;
      default: run([](int64_t a, int64_t b, int64_t* r) { return __builtin_mul_overflow(a, b, r); }); break;
    }
    return !overflow;
  }

  void divide_ints(const Batch& batch, ColumnBuffer& buffer, const Column& left, int64_t divisor, Column* out) {
    buffer.attach(*out, Column::Rep::Ints);
    out->has_nulls = left.has_nulls;
    for (uint32_t i = 0; i < batch.selected_count; ++i) {
      uint32_t row = batch.live_row(i);
      uint32_t from = left.constant ? 0 : row;
      if (left.has_nulls) out->nulls[row] = left.nulls[from];
      if (left.has_nulls && left.nulls[from]) continue;
      int64_t dividend = left.ints[from];
      out->ints[row] = op_ == ArithmeticOp::Divide ? dividend / divisor : dividend % divisor;
    }
  }

  void evaluate_reals(const Batch& batch, ColumnBuffer& buffer, const Column& left, const Column& right, Column* out) {
    buffer.attach(*out, Column::Rep::Reals);
    join_nulls(batch, left, right, out);
    auto read = [](const Column& column, uint32_t row) {
      uint32_t index = column.constant ? 0 : row;
      return column.rep == Column::Rep::Ints ? static_cast<double>(column.ints[index]) : column.reals[index];
    };
    for (uint32_t i = 0; i < batch.selected_count; ++i) {
      uint32_t row = batch.live_row(i);
      if (out->has_nulls && out->nulls[row]) continue;
      double a = read(left, row);
      double b = read(right, row);
      double result = op_ == ArithmeticOp::Add ? a + b : op_ == ArithmeticOp::Subtract ? a - b : a * b;
      if (result != result) {  // Inf - Inf and the like: NULL
        if (!out->has_nulls) {
          out->has_nulls = true;
          std::memset(out->nulls, 0, batch.row_count);
        }
        out->nulls[row] = 1;
      }
      out->reals[row] = result;
    }
  }

  ArithmeticOp op_;
  ColumnBuffer left_buffer_, right_buffer_;
};

class BitNotNode final : public ExprNode {
 public:
  Evaluator operand_;
  Status evaluate_row(EvalContext& context, const Batch& batch, uint32_t row, Value* out) override {
    Value value;
    SQLRITE_TRY(operand_->evaluate_row(context, batch, row, &value));
    *out = value.is_null() ? Value::null() : Value::from_integer(~to_integer(value));
    return {};
  }
};

}  // namespace

Result<ExprNode*> make_arithmetic(const bind::BoundExpr* expr, Arena& arena) {
  if (expr->kind == bind::BoundKind::Arithmetic) {
    const auto* bound = expr->as<bind::BoundArithmetic>();
    auto* node = place<ArithmeticNode>(arena, bound->op);
    Evaluator guard = adopt_evaluator(node);
    SQLRITE_TRY(node->left_.make(bound->left, arena));
    SQLRITE_TRY(node->right_.make(bound->right, arena));
    return guard.release();
  }
  const auto* bound = expr->as<bind::BoundUnary>();
  switch (bound->op) {
    case bind::UnaryOp::Plus: return make_evaluator(bound->operand, arena);
    case bind::UnaryOp::BitNot: {
      auto* node = place<BitNotNode>(arena);
      Evaluator guard = adopt_evaluator(node);
      SQLRITE_TRY(node->operand_.make(bound->operand, arena));
      return guard.release();
    }
    case bind::UnaryOp::Negate: {  // 0 - x
      static const bind::BoundConstant zero = [] {
        bind::BoundConstant constant;
        constant.kind = bind::BoundKind::Constant;
        constant.value = Value::from_integer(0);
        return constant;
      }();
      auto* node = place<ArithmeticNode>(arena, ArithmeticOp::Subtract);
      Evaluator guard = adopt_evaluator(node);
      SQLRITE_TRY(node->left_.make(&zero, arena));
      SQLRITE_TRY(node->right_.make(bound->operand, arena));
      return guard.release();
    }
  }
  return ensure_failed("known unary operator", __FILE__, __LINE__);
}

}  // namespace sqlrite::expr
