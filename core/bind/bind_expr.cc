// Expressions: operators, literals, membership, CASE. Names are in bind_names.cc, calls in bind_calls.cc.
#include <cstring>

#include "bind/binder_impl.h"
#include "sql/ast/calls.h"
#include "types/affinity.h"
#include "types/number_text.h"

namespace sqlrite::bind {

using sql::ExprKind;

namespace {

// Of the last part of a compound, which decides the affinity: a row of VALUES is a part.
std::span<BoundExpr*> last_results(const BoundQuery& query) {
  const BoundCore& last = *query.cores.back();
  return last.values.empty() ? last.results : last.values.back();
}

}  // namespace

BoundConstant* Binder::Impl::constant(const Value& value, const sql::Expr* ast) {
  auto* node = make<BoundConstant>(BoundKind::Constant, ast);
  node->value = value;
  return node;
}

BoundConstant* Binder::Impl::text_constant(std::string_view value, const sql::Expr* ast) {
  Value text_value = Value::from_text(arena.copy(value), ValueOwner::Static);
  text_value.flags = value_flags::kNulFollows;
  return constant(text_value, ast);
}

BoundExpr* Binder::Impl::make_and(BoundExpr* left, BoundExpr* right) {
  if (left == nullptr) return right;
  if (right == nullptr) return left;
  auto* node = make<BoundBinaryLogic>(BoundKind::And);
  node->left = left;
  node->right = right;
  inherit(node, left);
  inherit(node, right);
  return node;
}

BoundExpr* Binder::Impl::bind_scalar(const sql::Expr& ast, Scope& scope) {
  BoundExpr* expr = bind_any(ast, scope);
  if (expr == nullptr || expr->kind != BoundKind::RowValue) return expr;
  const BoundQuery* query = expr->as<BoundRowValue>()->query;
  if (query != nullptr) return fail("sub-select returns %zu columns - expected 1", query->columns.size());
  return fail_at(ast.span, "row value misused");
}

bool Binder::Impl::bind_list(sql::ExprList list, Scope& scope, std::span<BoundExpr*>* out) {
  *out = arena.make_array<BoundExpr*>(list.size());
  for (size_t i = 0; i < list.size(); ++i) {
    (*out)[i] = bind_scalar(*list[i], scope);
    if ((*out)[i] == nullptr) return false;
  }
  return true;
}

BoundExpr* Binder::Impl::bind_any(const sql::Expr& ast, Scope& scope) {
  switch (ast.kind) {
    case ExprKind::Literal: return bind_literal(*ast.as<sql::LiteralExpr>());
    case ExprKind::ColumnRef: return bind_column(*ast.as<sql::ColumnRefExpr>(), scope);
    case ExprKind::Parameter: {
      auto* node = make<BoundParameter>(BoundKind::Parameter, &ast);
      node->number = static_cast<uint16_t>(ast.as<sql::ParameterExpr>()->number);
      return node;
    }
    case ExprKind::Unary: return bind_unary(*ast.as<sql::UnaryExpr>(), scope);
    case ExprKind::Binary: return bind_binary(*ast.as<sql::BinaryExpr>(), scope);
    case ExprKind::Like: return bind_like(*ast.as<sql::LikeExpr>(), scope);
    case ExprKind::Between: return bind_between(*ast.as<sql::BetweenExpr>(), scope);
    case ExprKind::In: return bind_in(*ast.as<sql::InExpr>(), scope);
    case ExprKind::Case: return bind_case(*ast.as<sql::CaseExpr>(), scope);
    case ExprKind::Cast: {
      const auto& cast = *ast.as<sql::CastExpr>();
      auto* node = make<BoundCast>(BoundKind::Cast, &ast);
      node->operand = bind_scalar(*cast.operand, scope);
      if (node->operand == nullptr) return nullptr;
      inherit(node, node->operand);
      node->collation = node->operand->collation;
      node->target = cast.type_name.empty() ? Affinity::Numeric : affinity_from_type_name(cast.type_name);
      node->affinity = node->target;
      return node;
    }
    case ExprKind::Collate: {
      const auto& collate = *ast.as<sql::CollateExpr>();
      auto* node = make<BoundCollate>(BoundKind::Collate, &ast);
      node->operand = bind_scalar(*collate.operand, scope);
      if (node->operand == nullptr) return nullptr;
      inherit(node, node->operand);
      node->affinity = node->operand->affinity;
      node->collation = collation_named(collate.collation.text);
      node->explicit_collation = true;
      return node;
    }
    case ExprKind::Exists: {
      auto* node = make<BoundExists>(BoundKind::Exists, &ast);
      node->query = bind_subquery(*ast.as<sql::ExistsExpr>()->select, scope, true);
      if (node->query == nullptr) return nullptr;
      inherit_query(node, node->query);
      return node;
    }
    case ExprKind::Subquery: return bind_scalar_query(*ast.as<sql::SubqueryExpr>(), scope);
    case ExprKind::RowValue: {
      auto* row = make<BoundRowValue>(BoundKind::RowValue, &ast);
      if (!bind_list(ast.as<sql::RowValueExpr>()->elements, scope, &row->items)) return nullptr;
      for (const BoundExpr* item : row->items) inherit(row, item);
      return row;
    }
    case ExprKind::Function: return bind_function(*ast.as<sql::FunctionExpr>(), scope);
    case ExprKind::Raise: return fail_at(ast.span, "RAISE() may only be used within a trigger-program");
  }
  return fail("unknown expression");
}

BoundExpr* Binder::Impl::bind_scalar_query(const sql::SubqueryExpr& ast, Scope& scope) {
  BoundQuery* query = bind_subquery(*ast.select, scope, true);
  if (query == nullptr) return nullptr;
  size_t width = query->columns.size();
  auto items = arena.make_array<BoundExpr*>(width);
  for (size_t i = 0; i < width; ++i) {
    auto* item = make<BoundScalarQuery>(BoundKind::ScalarQuery, &ast);
    item->query = query;
    item->result_column = static_cast<int32_t>(i);
    item->affinity = last_results(*query)[i]->affinity;
    inherit_query(item, query);
    items[i] = item;
  }
  if (width == 1) return items[0];
  auto* row = make<BoundRowValue>(BoundKind::RowValue, &ast);
  row->items = items;
  row->query = query;
  inherit_query(row, query);
  return row;
}

BoundExpr* Binder::Impl::bind_literal(const sql::LiteralExpr& ast) {
  switch (ast.literal) {
    case sql::LiteralKind::Null: return constant(Value::null(), &ast);
    case sql::LiteralKind::Integer: return constant(Value::from_integer(ast.integer), &ast);
    case sql::LiteralKind::Real: {
      double value = 0;
      parse_real(ast.text, &value);
      return constant(Value::from_real(value), &ast);
    }
    case sql::LiteralKind::String: return text_constant(ast.text, &ast);
    case sql::LiteralKind::Blob: return constant(Value::from_blob(arena.copy(ast.text), ValueOwner::Static), &ast);
    case sql::LiteralKind::CurrentTime:
    case sql::LiteralKind::CurrentDate:
    case sql::LiteralKind::CurrentTimestamp: {
      const char* name = ast.literal == sql::LiteralKind::CurrentTime   ? "current_time"
                         : ast.literal == sql::LiteralKind::CurrentDate ? "current_date"
                                                                        : "current_timestamp";
      const auto* function = context.registry.find(name, 0, nullptr);
      if (function == nullptr) return fail("no such function: %s", name);
      return call_function(function, {}, &ast);
    }
  }
  return fail("unknown literal");
}

BoundExpr* Binder::Impl::bind_unary(const sql::UnaryExpr& ast, Scope& scope) {
  if (ast.op == sql::UnaryOp::Minus && ast.operand->kind == ExprKind::Literal) {
    const auto& literal = *ast.operand->as<sql::LiteralExpr>();
    if (literal.literal == sql::LiteralKind::Integer && literal.integer != INT64_MIN) {
      return constant(Value::from_integer(-literal.integer), &ast);
    }
    if (literal.literal == sql::LiteralKind::Real) {
      // The one number that is an integer only with its sign; with a point or an exponent it is a REAL all the same.
      int64_t integer = 0;
      bool digits_only = literal.text.find_first_of(".eE") == std::string_view::npos;
      if (digits_only && parse_integer_literal(literal.text, &integer) == IntegerSyntax::TwoPow63) {
        return constant(Value::from_integer(INT64_MIN), &ast);
      }
      double value = 0;
      parse_real(literal.text, &value);
      return constant(Value::from_real(-value), &ast);
    }
  }
  BoundExpr* operand = bind_scalar(*ast.operand, scope);
  if (operand == nullptr) return nullptr;
  switch (ast.op) {
    case sql::UnaryOp::Not: {
      auto* node = make<BoundNot>(BoundKind::Not, &ast);
      node->operand = operand;
      inherit(node, operand);
      return node;
    }
    case sql::UnaryOp::IsNull:
    case sql::UnaryOp::NotNull: {
      auto* node = make<BoundIsNull>(BoundKind::IsNull, &ast);
      node->operand = operand;
      node->negated = ast.op == sql::UnaryOp::NotNull;
      inherit(node, operand);
      return node;
    }
    default: break;
  }
  auto* node = make<BoundUnary>(BoundKind::Unary, &ast);
  node->op = ast.op == sql::UnaryOp::Minus  ? UnaryOp::Negate
             : ast.op == sql::UnaryOp::Plus ? UnaryOp::Plus
                                            : UnaryOp::BitNot;
  node->operand = operand;
  inherit(node, operand);
  if (node->op == UnaryOp::Plus) node->collation = operand->collation;
  return node;
}

BoundExpr* Binder::Impl::bind_binary(const sql::BinaryExpr& ast, Scope& scope) {
  auto with_operands = [&](auto* node) -> BoundExpr* {
    node->left = bind_scalar(*ast.left, scope);
    if (node->left == nullptr) return nullptr;
    node->right = bind_scalar(*ast.right, scope);
    if (node->right == nullptr) return nullptr;
    inherit(node, node->left);
    inherit(node, node->right);
    return node;
  };
  auto arithmetic = [&](ArithmeticOp op) -> BoundExpr* {
    auto* node = make<BoundArithmetic>(BoundKind::Arithmetic, &ast);
    node->op = op;
    return with_operands(node);
  };
  auto comparison = [&](CompareOp op) -> BoundExpr* {
    BoundExpr* left = bind_any(*ast.left, scope);
    if (left == nullptr) return nullptr;
    BoundExpr* right = bind_any(*ast.right, scope);
    if (right == nullptr) return nullptr;
    return compare(op, left, right, &ast);
  };
  switch (ast.op) {
    case sql::BinaryOp::And: return with_operands(make<BoundBinaryLogic>(BoundKind::And, &ast));
    case sql::BinaryOp::Or: return with_operands(make<BoundBinaryLogic>(BoundKind::Or, &ast));
    case sql::BinaryOp::Equal: return comparison(CompareOp::Eq);
    case sql::BinaryOp::NotEqual: return comparison(CompareOp::Ne);
    case sql::BinaryOp::Less: return comparison(CompareOp::Lt);
    case sql::BinaryOp::LessEqual: return comparison(CompareOp::Le);
    case sql::BinaryOp::Greater: return comparison(CompareOp::Gt);
    case sql::BinaryOp::GreaterEqual: return comparison(CompareOp::Ge);
    case sql::BinaryOp::Is:
    case sql::BinaryOp::IsNot:
    case sql::BinaryOp::IsDistinctFrom:
    case sql::BinaryOp::IsNotDistinctFrom: return bind_is(ast, scope);
    case sql::BinaryOp::Add: return arithmetic(ArithmeticOp::Add);
    case sql::BinaryOp::Subtract: return arithmetic(ArithmeticOp::Subtract);
    case sql::BinaryOp::Multiply: return arithmetic(ArithmeticOp::Multiply);
    case sql::BinaryOp::Divide: return arithmetic(ArithmeticOp::Divide);
    case sql::BinaryOp::Modulo: return arithmetic(ArithmeticOp::Modulo);
    case sql::BinaryOp::BitAnd: return arithmetic(ArithmeticOp::BitAnd);
    case sql::BinaryOp::BitOr: return arithmetic(ArithmeticOp::BitOr);
    case sql::BinaryOp::ShiftLeft: return arithmetic(ArithmeticOp::ShiftLeft);
    case sql::BinaryOp::ShiftRight: return arithmetic(ArithmeticOp::ShiftRight);
    case sql::BinaryOp::Concat: return with_operands(make<BoundConcat>(BoundKind::Concat, &ast));
    case sql::BinaryOp::Arrow:
    case sql::BinaryOp::LongArrow: {
      const char* name = ast.op == sql::BinaryOp::Arrow ? "->" : "->>";
      auto arguments = arena.make_array<BoundExpr*>(2);
      arguments[0] = bind_scalar(*ast.left, scope);
      if (arguments[0] == nullptr) return nullptr;
      arguments[1] = bind_scalar(*ast.right, scope);
      if (arguments[1] == nullptr) return nullptr;
      const auto* function = context.registry.find(name, 2, nullptr);
      if (function == nullptr) return fail("no such function: %s", name);
      return call_function(function, arguments, &ast);
    }
  }
  return fail("unknown operator");
}

BoundExpr* Binder::Impl::bind_is(const sql::BinaryExpr& ast, Scope& scope) {
  bool negated = ast.op == sql::BinaryOp::IsNot || ast.op == sql::BinaryOp::IsDistinctFrom;
  BoundExpr* left = bind_any(*ast.left, scope);
  if (left == nullptr) return nullptr;
  BoundExpr* right = bind_any(*ast.right, scope);
  if (right == nullptr) return nullptr;
  // IS TRUE and IS FALSE, unless a column has that name.
  const sql::Expr* word = skip_collate(ast.right);
  if (right->kind == BoundKind::Constant && left->kind != BoundKind::RowValue) {
    const Value& value = right->as<BoundConstant>()->value;
    if (word->kind == ExprKind::ColumnRef && value.type == ValueType::Integer) {
      auto* node = make<BoundTruth>(BoundKind::Truth, &ast);
      node->operand = left;
      node->negated = negated;
      node->value = value.integer != 0;
      inherit(node, left);
      return node;
    }
    if (value.is_null()) {
      auto* node = make<BoundIsNull>(BoundKind::IsNull, &ast);
      node->operand = left;
      node->negated = negated;
      inherit(node, left);
      return node;
    }
  }
  return compare(negated ? CompareOp::IsNot : CompareOp::Is, left, right, &ast);
}

BoundExpr* Binder::Impl::compare(CompareOp op, BoundExpr* left, BoundExpr* right, const sql::Expr* ast) {
  bool left_row = left->kind == BoundKind::RowValue, right_row = right->kind == BoundKind::RowValue;
  if (!left_row && !right_row) {
    auto* node = make<BoundCompare>(BoundKind::Compare, ast);
    node->op = op;
    node->left = left;
    node->right = right;
    node->operand_affinity = compare_affinity(left->affinity, right->affinity);
    node->compare_collation = comparison_collation(left, right);
    inherit(node, left);
    inherit(node, right);
    return node;
  }
  size_t width = left_row ? left->as<BoundRowValue>()->items.size() : 1;
  if (!left_row || !right_row || right->as<BoundRowValue>()->items.size() != width) {
    return ast != nullptr ? fail_at(ast->span, "row value misused") : fail("row value misused");
  }
  auto* node = make<BoundRowCompare>(BoundKind::RowCompare, ast);
  node->op = op;
  node->left = left->as<BoundRowValue>()->items;
  node->right = right->as<BoundRowValue>()->items;
  node->operand_affinities = arena.make_array<Affinity>(width);
  node->compare_collations = arena.make_array<const Collation*>(width);
  for (size_t i = 0; i < width; ++i) {
    node->operand_affinities[i] = compare_affinity(node->left[i]->affinity, node->right[i]->affinity);
    node->compare_collations[i] = comparison_collation(node->left[i], node->right[i]);
  }
  inherit(node, left);
  inherit(node, right);
  return node;
}

BoundExpr* Binder::Impl::bind_between(const sql::BetweenExpr& ast, Scope& scope) {
  BoundExpr* operand = bind_any(*ast.subject, scope);
  if (operand == nullptr) return nullptr;
  BoundExpr* low = bind_any(*ast.low, scope);
  if (low == nullptr) return nullptr;
  BoundExpr* high = bind_any(*ast.high, scope);
  if (high == nullptr) return nullptr;
  if (operand->kind == BoundKind::RowValue || low->kind == BoundKind::RowValue || high->kind == BoundKind::RowValue) {
    BoundExpr* above = compare(CompareOp::Ge, operand, low, &ast);
    if (above == nullptr) return nullptr;
    BoundExpr* below = compare(CompareOp::Le, clone_expr(operand, arena), high, &ast);
    if (below == nullptr) return nullptr;
    BoundExpr* both = make_and(above, below);
    if (!ast.negated) return both;
    auto* node = make<BoundNot>(BoundKind::Not, &ast);
    node->operand = both;
    inherit(node, both);
    return node;
  }
  auto* node = make<BoundBetween>(BoundKind::Between, &ast);
  node->operand = operand;
  node->low = low;
  node->high = high;
  node->negated = ast.negated;
  node->low_affinity = compare_affinity(operand->affinity, low->affinity);
  node->high_affinity = compare_affinity(operand->affinity, high->affinity);
  node->low_collation = comparison_collation(operand, low);
  node->high_collation = comparison_collation(operand, high);
  inherit(node, operand);
  inherit(node, low);
  inherit(node, high);
  return node;
}

BoundExpr* Binder::Impl::bind_in(const sql::InExpr& ast, Scope& scope) {
  if (sql::ignores_subject(ast)) return constant(Value::from_bool(ast.negated), &ast);
  BoundExpr* operand = bind_any(*ast.subject, scope);
  if (operand == nullptr) return nullptr;
  if (ast.source == sql::InSource::Select) {
    BoundQuery* query = bind_subquery(*ast.select, scope, true);
    return query == nullptr ? nullptr : bind_in_query(ast, operand, query);
  }
  if (ast.source != sql::InSource::List) {
    // IN table and IN function(...) stand for a query of all columns.
    sql::TableNameExpr name;
    sql::TableFunctionExpr function;
    sql::SelectCore core;
    sql::ResultColumn star;
    star.kind = sql::ResultColumnKind::Star;
    core.columns = std::span(&star, 1);
    if (ast.source == sql::InSource::Table) {
      name.name = ast.table;
      core.from = &name;
    } else {
      function.name = ast.table;
      function.arguments = ast.list;
      core.from = &function;
    }
    sql::CompoundPart part;
    part.core = &core;
    sql::Select select;
    select.parts = std::span(&part, 1);
    BoundQuery* query = bind_subquery(select, scope, true);
    return query == nullptr ? nullptr : bind_in_query(ast, operand, query);
  }
  if (operand->kind == BoundKind::RowValue) {
    size_t width = operand->as<BoundRowValue>()->items.size();
    BoundExpr* any = nullptr;
    for (const sql::Expr* item_ast : ast.list) {
      BoundExpr* item = bind_any(*item_ast, scope);
      if (item == nullptr) return nullptr;
      size_t item_width = item->kind == BoundKind::RowValue ? item->as<BoundRowValue>()->items.size() : 1;
      if (item_width != width) {
        return fail("IN(...) element has %zu term%s - expected %zu", item_width, item_width == 1 ? "" : "s", width);
      }
      BoundExpr* equal = compare(CompareOp::Eq, any == nullptr ? operand : clone_expr(operand, arena), item, &ast);
      if (equal == nullptr) return nullptr;
      if (any == nullptr) {
        any = equal;
        continue;
      }
      auto* either = make<BoundBinaryLogic>(BoundKind::Or, &ast);
      either->left = any;
      either->right = equal;
      inherit(either, any);
      inherit(either, equal);
      any = either;
    }
    if (any == nullptr) return constant(Value::from_bool(ast.negated), &ast);
    if (!ast.negated) return any;
    auto* node = make<BoundNot>(BoundKind::Not, &ast);
    node->operand = any;
    inherit(node, any);
    return node;
  }
  auto* node = make<BoundInList>(BoundKind::InList, &ast);
  node->operand = operand;
  node->negated = ast.negated;
  if (!bind_list(ast.list, scope, &node->items)) return nullptr;
  // Only the left side decides: x IN (y, z) is x = +y OR x = +z.
  node->operand_affinity = compare_affinity(operand->affinity, Affinity::None);
  node->compare_collation = compared(operand->collation);
  inherit(node, operand);
  for (const BoundExpr* item : node->items) inherit(node, item);
  return node;
}

BoundExpr* Binder::Impl::bind_in_query(const sql::InExpr& ast, BoundExpr* operand, BoundQuery* query) {
  auto* node = make<BoundInQuery>(BoundKind::InQuery, &ast);
  if (operand->kind == BoundKind::RowValue) {
    node->operands = operand->as<BoundRowValue>()->items;
  } else {
    node->operands = arena.make_array<BoundExpr*>(1);
    node->operands[0] = operand;
  }
  size_t width = node->operands.size();
  if (query->columns.size() != width) {
    return fail("sub-select returns %zu columns - expected %zu", query->columns.size(), width);
  }
  node->query = query;
  node->negated = ast.negated;
  node->operand_affinities = arena.make_array<Affinity>(width);
  node->compare_collations = arena.make_array<const Collation*>(width);
  std::span<BoundExpr*> results = last_results(*query);
  for (size_t i = 0; i < width; ++i) {
    node->operand_affinities[i] = compare_affinity(node->operands[i]->affinity, results[i]->affinity);
    node->compare_collations[i] = comparison_collation(node->operands[i], results[i]);
  }
  inherit(node, operand);
  inherit_query(node, query);
  return node;
}

BoundExpr* Binder::Impl::bind_case(const sql::CaseExpr& ast, Scope& scope) {
  auto* node = make<BoundCase>(BoundKind::Case, &ast);
  node->arms = arena.make_array<BoundCase::Arm>(ast.branches.size());
  if (ast.operand != nullptr) {
    node->base = bind_scalar(*ast.operand, scope);
    if (node->base == nullptr) return nullptr;
    inherit(node, node->base);
    node->base_affinities = arena.make_array<Affinity>(ast.branches.size());
    node->base_collations = arena.make_array<const Collation*>(ast.branches.size());
  }
  for (size_t i = 0; i < ast.branches.size(); ++i) {
    BoundCase::Arm& arm = node->arms[i];
    arm.when = bind_scalar(*ast.branches[i].when, scope);
    if (arm.when == nullptr) return nullptr;
    arm.then = bind_scalar(*ast.branches[i].then, scope);
    if (arm.then == nullptr) return nullptr;
    if (node->base != nullptr) {
      node->base_affinities[i] = compare_affinity(node->base->affinity, arm.when->affinity);
      node->base_collations[i] = comparison_collation(node->base, arm.when);
    }
    inherit(node, arm.when);
    inherit(node, arm.then);
  }
  if (ast.otherwise != nullptr) {
    node->otherwise = bind_scalar(*ast.otherwise, scope);
    if (node->otherwise == nullptr) return nullptr;
    inherit(node, node->otherwise);
  }
  return node;
}

}  // namespace sqlrite::bind
