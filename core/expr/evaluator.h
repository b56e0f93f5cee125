// Evaluator: a bound expression made runnable.
//
// make_evaluator() turns a BoundExpr into a tree of nodes in an arena. Each node evaluates one row (complete semantics,
// later arms of AND, OR, CASE, COALESCE only when needed) and whole batches; hot shapes (column, constant, comparison,
// arithmetic, AND/OR, LIKE over typed columns) have batch loops, the others walk the rows.
//
// Errors row by row: when a row of a batch fails, evaluate() and filter() return the Status and set
// EvalContext::failed_row to its physical row number. The caller cuts the batch before that row, evaluates it again,
// delivers what it gets, and raises the error only when the failed row is asked for.
#pragma once

#include <cstdint>
#include <span>

#include "base/arena.h"
#include "batch/batch.h"
#include "bind/bound.h"
#include "functions/function.h"

namespace sqlrite::expr {

// Runs the sub-queries of expressions. Implemented in exec.
class SubqueryRunner {
 public:
  virtual ~SubqueryRunner() = default;
  // First row of sub-plan `index` into row[0..column_count) (NULLs and *found = false when it has none). Values stay
  // valid until the same sub-plan runs again with other arguments.
  virtual Status first_row(int32_t index, const Value* outer_args, const Value** row, bool* found) = 0;
  virtual Status exists(int32_t index, const Value* outer_args, bool* found) = 0;
  // operands IN (sub-plan): 1 true, 0 false, -1 NULL. Affinities and collations come from `in`.
  virtual Status contains(const bind::BoundInQuery& in, const Value* outer_args, const Value* operands, int* truth) = 0;
};

struct EvalContext {
  const Value* parameters = nullptr;  // [number - 1]
  uint32_t parameter_count = 0;
  const Value* outer = nullptr;  // BoundOuter values of the running query block
  Arena* heap = nullptr;         // bytes of results; reset by the operator between batches
  functions::FunctionContext* connection = nullptr;
  SubqueryRunner* subqueries = nullptr;
  TextEncoding encoding = TextEncoding::Utf8;
  uint32_t failed_row = 0;
};

class ExprNode {
 public:
  virtual ~ExprNode() = default;
  // One row of the batch layout.
  virtual Status evaluate_row(EvalContext& context, const Batch& batch, uint32_t row, Value* out) = 0;
  // All live rows of `batch`; out's entries are set at their physical row numbers. `buffer` backs `out` unless the result
  // is one of the batch's own columns or a constant.
  virtual Status evaluate(EvalContext& context, const Batch& batch, ColumnBuffer& buffer, Column* out);
  // Keeps the live rows for which the condition is true: writes their row numbers to selection_out (room for
  // selected_count entries; may be the batch's own selection array) and the count to *count.
  virtual Status filter(EvalContext& context, const Batch& batch, uint16_t* selection_out, uint32_t* count);
};

// Nodes live in `arena`, but own buffers: end them with destroy().
Result<ExprNode*> make_evaluator(const bind::BoundExpr* expr, Arena& arena);
// REQUIRES: made by make_evaluator. Null is allowed.
void destroy_evaluator(ExprNode* node);

// Owning handle.
class Evaluator {
 public:
  Evaluator() = default;
  Evaluator(Evaluator&& other) noexcept : node_(other.node_) { other.node_ = nullptr; }
  Evaluator& operator=(Evaluator&& other) noexcept {
    if (this != &other) {
      destroy_evaluator(node_);
      node_ = other.node_;
      other.node_ = nullptr;
    }
    return *this;
  }
  ~Evaluator() { destroy_evaluator(node_); }
  Status make(const bind::BoundExpr* expr, Arena& arena) {
    SQLRITE_TRY_ASSIGN(node_, make_evaluator(expr, arena));
    return {};
  }
  explicit operator bool() const { return node_ != nullptr; }
  ExprNode* operator->() const { return node_; }
  ExprNode* get() const { return node_; }
  ExprNode* release() {
    ExprNode* node = node_;
    node_ = nullptr;
    return node;
  }

 private:
  friend Evaluator adopt_evaluator(ExprNode* node);
  ExprNode* node_ = nullptr;
};
// Takes over a node that make_evaluator() or a factory has placed.
inline Evaluator adopt_evaluator(ExprNode* node) {
  Evaluator evaluator;
  evaluator.node_ = node;
  return evaluator;
}

// 1 true, 0 false, -1 NULL: SQL's truth of a value (texts and blobs by their numeric prefix).
int truth_of(const Value& value);

}  // namespace sqlrite::expr
