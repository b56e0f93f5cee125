// ||, CAST, and LIKE / GLOB with patterns compiled once.
#include "base/check.h"
#include "expr/node.h"
#include "functions/scalar/pattern.h"
#include "types/blob_text.h"
#include "types/utf.h"

namespace sqlrite::expr {

namespace {

// Constants are folded before a connection is in sight: SQLite's default then.
int64_t length_limit_bytes(const EvalContext& context) {
  return context.connection != nullptr ? context.connection->length_limit_bytes() : 1000000000;
}

TextEncoding encoding_of(const EvalContext& context) {
  return context.connection != nullptr ? context.connection->text_encoding() : TextEncoding::Utf8;
}

class ConcatNode final : public ExprNode {
 public:
  Evaluator left_, right_;
  Status evaluate_row(EvalContext& context, const Batch& batch, uint32_t row, Value* out) override {
    Value left, right;
    SQLRITE_TRY(left_->evaluate_row(context, batch, row, &left));
    SQLRITE_TRY(right_->evaluate_row(context, batch, row, &right));
    if (left.is_null() || right.is_null()) {
      *out = Value::null();
      return {};
    }
    SQLRITE_TRY(blob_to_text(left, encoding_of(context), *context.heap));
    SQLRITE_TRY(blob_to_text(right, encoding_of(context), *context.heap));
    NumberText left_text, right_text;
    std::string_view a = text_of(left, left_text);
    std::string_view b = text_of(right, right_text);
    if (static_cast<int64_t>(a.size() + b.size()) > length_limit_bytes(context)) return Code::TooBig;
    char* bytes = static_cast<char*>(context.heap->allocate(a.size() + b.size() + 1, 1));
    std::memcpy(bytes, a.data(), a.size());
    std::memcpy(bytes + a.size(), b.data(), b.size());
    bytes[a.size() + b.size()] = '\0';
    *out = Value::from_text({bytes, a.size() + b.size()}, ValueOwner::Heap);
    out->flags = value_flags::kNulFollows;
    return {};
  }
};

class CastNode final : public ExprNode {
 public:
  explicit CastNode(Affinity target) : target_(target) {}
  Evaluator operand_;
  Status evaluate_row(EvalContext& context, const Batch& batch, uint32_t row, Value* out) override {
    SQLRITE_TRY(operand_->evaluate_row(context, batch, row, out));
    const TextEncoding encoding = encoding_of(context);
    if (encoding != TextEncoding::Utf8) return cast_utf16(context, encoding, out);
    return cast_value(*out, target_, *context.heap);
  }

 private:
  // Between texts and blobs the bytes of the file count.
  Status cast_utf16(EvalContext& context, TextEncoding encoding, Value* out) const {
    const bool was_blob = out->type == ValueType::Blob;
    const bool to_blob = target_ == Affinity::None || target_ == Affinity::Blob;
    if (!to_blob) SQLRITE_TRY(blob_to_text(*out, encoding, *context.heap));
    SQLRITE_TRY(cast_value(*out, target_, *context.heap));
    if (was_blob || !to_blob || out->type != ValueType::Blob) return Status();
    SQLRITE_TRY_ASSIGN(std::string_view bytes, utf8_to_utf16(out->view(), encoding, *context.heap));
    *out = Value::from_blob(bytes, ValueOwner::Heap);
    return Status();
  }

  Affinity target_;
};

class LikeNode final : public ExprNode {
 public:
  explicit LikeNode(const bind::BoundLike* bound) : bound_(bound) {}
  Evaluator operand_, pattern_, escape_;

  Status evaluate_row(EvalContext& context, const Batch& batch, uint32_t row, Value* out) override {
    Value operand, pattern, escape;
    SQLRITE_TRY(operand_->evaluate_row(context, batch, row, &operand));
    SQLRITE_TRY(pattern_->evaluate_row(context, batch, row, &pattern));
    if (escape_) SQLRITE_TRY(escape_->evaluate_row(context, batch, row, &escape));
    if (bound_->function != nullptr) return call_overload(context, operand, pattern, escape, out);
    for (Value* value : {&pattern, &escape}) SQLRITE_TRY(blob_to_text(*value, encoding_of(context), *context.heap));
    SQLRITE_TRY(compile(context, pattern, escape));
    int truth = -1;
    SQLRITE_TRY(match(operand, context, &truth));
    *out = truth_value(truth);
    return {};
  }

  Status filter(EvalContext& context, const Batch& batch, uint16_t* selection_out, uint32_t* count) override {
    bool fixed =
        bound_->pattern->kind == bind::BoundKind::Constant || bound_->pattern->kind == bind::BoundKind::Parameter;
    fixed = fixed && bound_->escape == nullptr && bound_->function == nullptr && batch.selected_count > 1;
    if (!fixed) return ExprNode::filter(context, batch, selection_out, count);
    Column column;
    SQLRITE_TRY(operand_->evaluate(context, batch, buffer_, &column));
    Value pattern;
    SQLRITE_TRY(pattern_->evaluate_row(context, batch, batch.live_row(0), &pattern));
    SQLRITE_TRY(blob_to_text(pattern, encoding_of(context), *context.heap));
    Status status = compile(context, pattern, Value::null());
    if (!status.ok()) {
      context.failed_row = batch.live_row(0);
      return status;
    }
    uint32_t kept = 0;
    for (uint32_t i = 0; i < batch.selected_count; ++i) {
      uint32_t row = batch.live_row(i);
      int truth;
      SQLRITE_TRY(match(column.at(row), context, &truth));
      selection_out[kept] = static_cast<uint16_t>(row);
      kept += truth == 1;
    }
    *count = kept;
    return {};
  }

 private:
  enum class Compiled : uint8_t { No, IsNull, Yes };

  // Makes compiled_ fit the pattern value; a pattern equal to the last one costs a comparison.
  Status compile(EvalContext& context, const Value& pattern, const Value& escape) {
    functions::PatternOptions options =
        bound_->op == bind::LikeOp::Glob ? functions::kGlobOptions : functions::kLikeOptions;
    if (bound_->op == bind::LikeOp::Like) options.fold_case = !context.connection->case_sensitive_like();
    if (escape_) {
      if (escape.is_null()) {
        state_ = Compiled::IsNull;
        return {};
      }
      NumberText number;
      std::string_view text = until_nul(text_of(escape, number));
      if (utf8_length(text) != 1) return Status(Code::Error, "ESCAPE expression must be a single character");
      const char* at = text.data();
      options.has_escape = true;
      options.escape = read_utf8(at, text.data() + text.size());
    }
    if (pattern.is_null()) {
      state_ = Compiled::IsNull;
      return {};
    }
    NumberText number;
    std::string_view text = text_of(pattern, number);
    if (static_cast<int64_t>(text.size()) > context.connection->like_pattern_limit_bytes()) {
      return Status(Code::Error, "LIKE or GLOB pattern too complex");
    }
    if (state_ == Compiled::Yes && text == std::string_view(text_, text_size_) && options.fold_case == fold_case_ &&
        options.escape == escape_character_) {
      return {};
    }
    SQLRITE_TRY(remember(text));
    fold_case_ = options.fold_case;
    escape_character_ = options.escape;
    compiled_ = functions::Pattern({text_, text_size_}, options);
    state_ = Compiled::Yes;
    return {};
  }

  Status remember(std::string_view text) {
    SQLRITE_TRY(text_buffer_.reserve(static_cast<uint32_t>(text.size() / sizeof(Value) + 1)));
    Column column;
    text_buffer_.attach(column, Column::Rep::Cells);
    text_ = static_cast<char*>(column.data);
    std::memcpy(text_, text.data(), text.size());
    text_size_ = text.size();
    return {};
  }

  Status match(Value operand, EvalContext& context, int* truth) {
    if (state_ == Compiled::IsNull || operand.is_null()) {
      *truth = -1;
      return {};
    }
    SQLRITE_TRY(blob_to_text(operand, encoding_of(context), *context.heap));
    NumberText number;
    bool matched = compiled_.matches(text_of(operand, number));
    *truth = matched != bound_->negated;
    return {};
  }

  Status call_overload(EvalContext& context, const Value& operand, const Value& pattern, const Value& escape,
                       Value* out) {
    functions::CallContext call;
    call.connection = context.connection;
    call.heap = context.heap;
    call.function = bound_->function;
    call.collation = &kBinaryCollation;
    Value arguments[3] = {pattern, operand, escape};
    SQLRITE_TRY(bound_->function->scalar(call, arguments, escape_ ? 3 : 2, out));
    if (bound_->negated) {
      Truth truth = to_truth(*out);
      *out = truth == Truth::Null ? Value::null() : Value::from_bool(truth == Truth::False);
    }
    return {};
  }

  const bind::BoundLike* bound_;
  functions::Pattern compiled_;
  ColumnBuffer buffer_, text_buffer_;
  char* text_ = nullptr;
  size_t text_size_ = 0;
  uint32_t escape_character_ = 0;
  Compiled state_ = Compiled::No;
  bool fold_case_ = true;
};

}  // namespace

Result<ExprNode*> make_text_node(const bind::BoundExpr* expr, Arena& arena) {
  switch (expr->kind) {
    case bind::BoundKind::Concat: {
      const auto* bound = expr->as<bind::BoundConcat>();
      auto* node = place<ConcatNode>(arena);
      Evaluator guard = adopt_evaluator(node);
      SQLRITE_TRY(node->left_.make(bound->left, arena));
      SQLRITE_TRY(node->right_.make(bound->right, arena));
      return guard.release();
    }
    case bind::BoundKind::Cast: {
      const auto* bound = expr->as<bind::BoundCast>();
      auto* node = place<CastNode>(arena, bound->target);
      Evaluator guard = adopt_evaluator(node);
      SQLRITE_TRY(node->operand_.make(bound->operand, arena));
      return guard.release();
    }
    default: {
      const auto* bound = expr->as<bind::BoundLike>();
      auto* node = place<LikeNode>(arena, bound);
      Evaluator guard = adopt_evaluator(node);
      SQLRITE_TRY(node->operand_.make(bound->operand, arena));
      SQLRITE_TRY(node->pattern_.make(bound->pattern, arena));
      if (bound->escape != nullptr) SQLRITE_TRY(node->escape_.make(bound->escape, arena));
      return guard.release();
    }
  }
}

}  // namespace sqlrite::expr
