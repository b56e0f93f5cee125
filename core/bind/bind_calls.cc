// Function calls: scalar ones, aggregates and the block they belong to, LIKE and its kin.
#include "bind/binder_impl.h"

namespace sqlrite::bind {

namespace flags = functions::function_flags;
using functions::BuiltinKind;
using functions::FunctionDef;
using functions::FunctionType;

namespace {

// What likelihood() takes: a literal with a decimal point, not above 1.
bool is_probability(const BoundExpr& expr) {
  if (expr.kind != BoundKind::Constant) return false;
  const Value& value = expr.as<BoundConstant>()->value;
  return value.type == ValueType::Real && value.real >= 0 && value.real <= 1;
}

}  // namespace

BoundExpr* Binder::Impl::call_function(const FunctionDef* function, std::span<BoundExpr*> arguments,
                                       const sql::Expr* ast) {
  auto* node = make<BoundFunction>(BoundKind::Function, ast);
  node->function = function;
  node->arguments = arguments;
  node->stored_in = (function->flags & flags::kDeterministic) != 0 ? stored_in : nullptr;
  const Collation* collation = nullptr;
  for (const BoundExpr* argument : arguments) {
    inherit(node, argument);
    if (collation == nullptr) collation = argument->collation;
  }
  if ((function->flags & flags::kNeedsCollation) != 0) node->call_collation = compared(collation);
  note_user_function(*function);
  node->is_volatile |=
      (function->flags & flags::kUser) != 0 || (function->flags & (flags::kDeterministic | flags::kSlowChange)) == 0;
  // likely() and its kin are transparent.
  if (function->kind == BuiltinKind::Likely && !arguments.empty()) node->affinity = arguments[0]->affinity;
  return node;
}

BoundExpr* Binder::Impl::call(const char* function_name, std::span<BoundExpr*> arguments) {
  const FunctionDef* function = context.registry.find(function_name, static_cast<int>(arguments.size()), nullptr);
  if (function == nullptr) return fail("no such function: %s", function_name);
  return call_function(function, arguments, nullptr);
}

BoundExpr* Binder::Impl::bind_function(const sql::FunctionExpr& ast, Scope& scope) {
  int name_size = static_cast<int>(ast.name.text.size());
  const char* name = ast.name.text.data();
  bool known = false;
  const FunctionDef* function = context.registry.find(ast.name.text, static_cast<int>(ast.arguments.size()), &known);
  bool is_scalar = function != nullptr && function->type == FunctionType::Scalar;
  bool is_aggregate = function != nullptr && function->type == FunctionType::Aggregate;
  if (is_aggregate && ast.over == nullptr && scope.aggregates_allowed) return bind_aggregate(ast, function, scope);
  // What is wrong with an argument comes before what is wrong with the call.
  bool saved_allowed = scope.aggregates_allowed;
  if (is_aggregate) scope.aggregates_allowed = false;
  std::span<BoundExpr*> arguments;
  bool bound = bind_list(ast.arguments, scope, &arguments);
  scope.aggregates_allowed = saved_allowed;
  if (!bound) return nullptr;
  if (function == nullptr) {
    return known ? fail("wrong number of arguments to function %.*s()", name_size, name)
                 : fail("no such function: %.*s", name_size, name);
  }
  bool in_stored_view = views != nullptr && views->view->database != kTempDatabase;
  if (in_stored_view && (function->flags & functions::function_flags::kDirectOnly) != 0) {
    return fail("unsafe use of %.*s()", name_size, name);
  }
  if (ast.over != nullptr) {
    if (is_scalar) return fail("%.*s() may not be used as a window function", name_size, name);
    return fail("window functions are not executed yet: %.*s() OVER", name_size, name);
  }
  if (is_scalar && function->kind == BuiltinKind::Likely && arguments.size() == 2 && !is_probability(*arguments[1])) {
    return fail("second argument to %.*s() must be a constant between 0.0 and 1.0", name_size, name);
  }
  if (!is_scalar) {
    return fail("misuse of %s function %.*s()", is_aggregate ? "aggregate" : "window", name_size, name);
  }
  if (ast.filter != nullptr) return fail("FILTER may not be used with non-aggregate %.*s()", name_size, name);
  if (!ast.order_by.empty()) return fail("ORDER BY may not be used with non-aggregate %.*s()", name_size, name);
  return call_function(function, arguments, &ast);
}

namespace {

// Looks at what the arguments refer to: columns of the own block, or only of enclosing ones.
struct References {
  bool own = false, outer = false;
  void add(const BoundExpr* expr) {
    own |= expr->has_column;
    outer |= expr->has_outer;
  }
};

// The nearest enclosing block whose sources are visible.
Scope* enclosing_scope(const Scope& scope) {
  const Frame* frame = scope.frame;
  Scope* parent = frame->parent;
  while (parent != nullptr && !frame->sees_siblings) {
    frame = parent->frame;
    parent = frame->parent;
  }
  return parent;
}

// Where the outer_args of a scope and of its enclosing frames stood, to drop what was added since.
class OuterMarks {
 public:
  explicit OuterMarks(Scope& scope) {
    for (Scope* at = &scope; at != nullptr && count_ < kDepthMax; at = at->frame->parent) {
      marks_[count_++] = {at->frame, at->frame->outer_args.size()};
    }
  }
  void restore() {
    for (size_t i = 0; i < count_; ++i) {
      while (marks_[i].frame->outer_args.size() > marks_[i].size) marks_[i].frame->outer_args.pop_back();
    }
  }

 private:
  static constexpr size_t kDepthMax = 16;  // beyond it unused arguments stay: harmless
  struct Mark {
    Frame* frame;
    size_t size;
  };
  Mark marks_[kDepthMax];
  size_t count_ = 0;
};

}  // namespace

BoundExpr* Binder::Impl::bind_aggregate(const sql::FunctionExpr& ast, const FunctionDef* function, Scope& scope) {
  if (ast.distinct && ast.arguments.size() != 1) {
    return fail_at(ast.span, "DISTINCT aggregates must have exactly one argument");
  }
  auto* node = make<BoundAggregate>(BoundKind::Aggregate, &ast);
  node->function = function;
  node->distinct = ast.distinct;
  bool saved_allowed = scope.aggregates_allowed;
  OuterMarks marks(scope);
  scope.aggregates_allowed = false;
  bool bound = bind_list(ast.arguments, scope, &node->arguments);
  if (bound && !ast.order_by.empty()) {
    node->order_by = arena.make_array<OrderTerm>(ast.order_by.size());
    for (size_t i = 0; bound && i < ast.order_by.size(); ++i) {
      BoundExpr* term = bind_scalar(*ast.order_by[i].expr, scope);
      bound = term != nullptr;
      if (bound) fill_term(&node->order_by[i], ast.order_by[i], term);
    }
  }
  if (bound && ast.filter != nullptr) {
    node->filter = bind_scalar(*ast.filter, scope);
    bound = node->filter != nullptr;
  }
  scope.aggregates_allowed = saved_allowed;
  if (!bound) return nullptr;

  References references;
  const Collation* collation = nullptr;
  for (const BoundExpr* argument : node->arguments) {
    references.add(argument);
    inherit(node, argument);
    if (collation == nullptr) collation = argument->collation;
  }
  for (const OrderTerm& term : node->order_by) {
    references.add(term.expr);
    inherit(node, term.expr);
  }
  if (node->filter != nullptr) {
    references.add(node->filter);
    inherit(node, node->filter);
  }
  Scope* outward = enclosing_scope(scope);
  if (references.outer && !references.own && outward != nullptr) {
    // It belongs to an enclosing block: forget what was bound here, and bind it there.
    marks.restore();
    Scope& parent = *outward;
    bool parent_allowed = parent.aggregates_allowed;
    parent.aggregates_allowed = true;
    BoundExpr* outer = bind_aggregate(ast, function, parent);
    parent.aggregates_allowed = parent_allowed;
    return outer == nullptr ? nullptr : lift(outer, parent, scope);
  }
  if (scope.aggregate_error != nullptr) {
    return fail("misuse of aggregate: %.*s()", static_cast<int>(ast.name.text.size()), ast.name.text.data());
  }
  if ((function->flags & flags::kNeedsCollation) != 0 || ast.distinct) {
    node->call_collation = compared(collation);
  }
  node->has_aggregate = true;
  note_user_function(*function);
  node->is_volatile |= (function->flags & flags::kUser) != 0;
  node->explicit_collation = false;
  node->collation = nullptr;
  for (BoundExpr* argument : node->arguments) {
    if (argument->explicit_collation) {
      node->explicit_collation = true;
      node->collation = argument->collation;
      break;
    }
  }
  scope.has_aggregate = true;
  for (size_t i = 0; i < scope.aggregates.size(); ++i) {
    node->aggregate_index = static_cast<int32_t>(i);
    if (equal_exprs(scope.aggregates[i], node)) return node;
  }
  node->aggregate_index = static_cast<int32_t>(scope.aggregates.size());
  scope.aggregates.push_back(node);
  return node;
}

BoundExpr* Binder::Impl::bind_like(const sql::LikeExpr& ast, Scope& scope) {
  auto* node = make<BoundLike>(BoundKind::Like, &ast);
  static constexpr const char* kNames[] = {"LIKE", "GLOB", "REGEXP", "MATCH"};
  node->op = static_cast<LikeOp>(ast.op);
  static_assert(static_cast<int>(sql::LikeOp::Match) == static_cast<int>(LikeOp::Match));
  node->negated = ast.negated;
  node->operand = bind_scalar(*ast.subject, scope);
  if (node->operand == nullptr) return nullptr;
  node->pattern = bind_scalar(*ast.pattern, scope);
  if (node->pattern == nullptr) return nullptr;
  inherit(node, node->operand);
  inherit(node, node->pattern);
  if (ast.escape != nullptr) {
    node->escape = bind_scalar(*ast.escape, scope);
    if (node->escape == nullptr) return nullptr;
    inherit(node, node->escape);
  }
  const char* name = kNames[static_cast<int>(ast.op)];
  const FunctionDef* function = context.registry.find(name, ast.escape != nullptr ? 3 : 2, nullptr);
  bool built_in = node->op == LikeOp::Like || node->op == LikeOp::Glob;
  if (function == nullptr && !(built_in && node->escape == nullptr) && node->op != LikeOp::Like) {
    if (node->op == LikeOp::Match) return fail("unable to use function MATCH in the requested context");
    if (built_in) return fail("wrong number of arguments to function %s()", name);
    return fail("no such function: %s", name);
  }
  if (function != nullptr && (!built_in || (function->flags & flags::kUser) != 0)) {
    node->function = function;
    note_user_function(*function);
    node->is_volatile |=
        (function->flags & flags::kUser) != 0 || (function->flags & (flags::kDeterministic | flags::kSlowChange)) == 0;
  }
  return node;
}

}  // namespace sqlrite::bind
