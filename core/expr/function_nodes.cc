// Calls of scalar functions through their function pointers.
#include "base/check.h"
#include "expr/node.h"

namespace sqlrite::expr {

namespace {

class FunctionNode final : public ExprNode {
 public:
  FunctionNode(const bind::BoundFunction* bound, Arena& arena) : function_(bound->function) {
    argument_values_ = arena.make_array<Value>(bound->arguments.size());
    call_.function = function_;
    call_.stored_in = bound->stored_in;
    call_.collation = bound->call_collation != nullptr ? bound->call_collation : &kBinaryCollation;
    // What a function remembers of an argument (a compiled pattern) is good as long as the argument does not change.
    bool any_constant = false;
    for (const bind::BoundExpr* argument : bound->arguments) {
      any_constant |= argument->kind == bind::BoundKind::Constant || argument->kind == bind::BoundKind::Parameter;
    }
    if (any_constant) {
      call_.aux_count = static_cast<int>(bound->arguments.size());
      call_.aux_data = arena.make_array<void*>(bound->arguments.size()).data();
      call_.aux_destroy = arena.make_array<AuxDestroy>(bound->arguments.size()).data();
      keep_ = arena.make_array<uint8_t>(bound->arguments.size());
      for (size_t i = 0; i < keep_.size(); ++i) {
        keep_[i] = bound->arguments[i]->kind == bind::BoundKind::Constant;
        has_unkept_ |= keep_[i] == 0;
      }
    }
  }
  ~FunctionNode() override { drop_aux(true); }
  EvaluatorList arguments_;

  Status evaluate_row(EvalContext& context, const Batch& batch, uint32_t row, Value* out) override {
    for (size_t i = 0; i < arguments_.size(); ++i) {
      SQLRITE_TRY(arguments_[i]->evaluate_row(context, batch, row, &argument_values_[i]));
      if (argument_values_[i].flags & value_flags::kZeroBlob) {
        if (function_->kind != functions::BuiltinKind::Length)
          SQLRITE_TRY(make_bytes(argument_values_[i], *context.heap));
      }
    }
    call_.connection = context.connection;
    call_.heap = context.heap;
    *out = Value::null();
    Status status = function_->scalar(call_, argument_values_.data(), static_cast<int>(argument_values_.size()), out);
    if (has_unkept_) drop_aux(false);
    return status;
  }

 private:
  using AuxDestroy = void (*)(void*);

  void drop_aux(bool all) {
    for (int i = 0; i < call_.aux_count; ++i) {
      if ((all || !keep_[static_cast<size_t>(i)]) && call_.aux_data[i] != nullptr) {
        if (call_.aux_destroy[i] != nullptr) call_.aux_destroy[i](call_.aux_data[i]);
        call_.aux_data[i] = nullptr;
      }
    }
  }

  const functions::FunctionDef* function_;
  functions::CallContext call_;
  std::span<Value> argument_values_;
  std::span<uint8_t> keep_;
  bool has_unkept_ = false;
};

}  // namespace

Result<ExprNode*> make_function(const bind::BoundExpr* expr, Arena& arena) {
  const auto* bound = expr->as<bind::BoundFunction>();
  SQLRITE_ENSURE(bound->function->scalar != nullptr);
  auto* node = place<FunctionNode>(arena, bound, arena);
  Evaluator guard = adopt_evaluator(node);
  SQLRITE_TRY(node->arguments_.make(bound->arguments, arena));
  return guard.release();
}

}  // namespace sqlrite::expr
