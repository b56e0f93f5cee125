// Index definitions against queries: is this bound expression the one an index was built on, and do the query's
// conditions imply the condition of a partial index? The schema keeps definitions as syntax trees over the table's
// columns; they are compared with bound trees as they stand.
#include <cstdlib>
#include <cstring>

#include "base/text.h"
#include "plan/logical/core_plan.h"
#include "sql/ast/ast.h"
#include "types/affinity.h"

namespace sqlrite::plan {

namespace {

using sql::ExprKind;

bool value_equals_literal(const Value& value, const sql::LiteralExpr& literal) {
  switch (literal.literal) {
    case sql::LiteralKind::Null: return value.type == ValueType::Null;
    case sql::LiteralKind::Integer: return value.type == ValueType::Integer && value.integer == literal.integer;
    case sql::LiteralKind::String: return value.type == ValueType::Text && value.view() == literal.text;
    case sql::LiteralKind::Blob:
      return value.type == ValueType::Blob && (value.flags & value_flags::kZeroBlob) == 0 &&
             value.view() == literal.text;
    case sql::LiteralKind::Real: {
      if (value.type != ValueType::Real) return false;
      // Literal texts are short: compare by parsing.
      char buffer[64];
      if (literal.text.size() >= sizeof(buffer)) return false;
      std::memcpy(buffer, literal.text.data(), literal.text.size());
      buffer[literal.text.size()] = '\0';
      return std::strtod(buffer, nullptr) == value.real;
    }
    default: return false;
  }
}

struct Matcher {
  const BoundSource* source;

  bool column_is(const sql::Expr* schema, int16_t number) const {
    const auto* reference = schema->try_as<sql::ColumnRefExpr>();
    if (reference == nullptr || source->table == nullptr) return false;
    int found = source->table->find_column(reference->column.text);
    if (found == -2) return false;
    return normal_column(*source, static_cast<int16_t>(found)) == normal_column(*source, number);
  }

  bool binary(const sql::Expr* schema, sql::BinaryOp op, const BoundExpr* left, const BoundExpr* right) const {
    const auto* node = schema->try_as<sql::BinaryExpr>();
    return node != nullptr && node->op == op && same(node->left, left) && same(node->right, right);
  }

  bool lists(sql::ExprList schema, std::span<BoundExpr* const> bound) const {
    if (schema.size() != bound.size()) return false;
    for (size_t i = 0; i < bound.size(); ++i) {
      if (!same(schema[i], bound[i])) return false;
    }
    return true;
  }

  bool same(const sql::Expr* schema, const BoundExpr* bound) const {
    if (schema == nullptr || bound == nullptr) return schema == nullptr && bound == nullptr;
    switch (bound->kind) {
      case BoundKind::Constant: {
        const Value& value = bound->as<bind::BoundConstant>()->value;
        if (const auto* literal = schema->try_as<sql::LiteralExpr>(); literal != nullptr) {
          return value_equals_literal(value, *literal);
        }
        if (const auto* unary = schema->try_as<sql::UnaryExpr>();
            unary != nullptr && unary->op == sql::UnaryOp::Minus) {
          // A negative number, folded on one side only.
          const auto* literal = unary->operand->try_as<sql::LiteralExpr>();
          if (literal == nullptr) return false;
          Value negated = value;
          if (value.type == ValueType::Integer)
            negated.integer = static_cast<int64_t>(-static_cast<uint64_t>(value.integer));
          if (value.type == ValueType::Real) negated.real = -value.real;
          return value.is_numeric() && value_equals_literal(negated, *literal);
        }
        return false;
      }
      case BoundKind::Column:
        return bound->as<BoundColumn>()->source == source && column_is(schema, bound->as<BoundColumn>()->column);
      case BoundKind::Unary: {
        const auto* unary = bound->as<bind::BoundUnary>();
        const auto* node = schema->try_as<sql::UnaryExpr>();
        sql::UnaryOp op = unary->op == bind::UnaryOp::Negate   ? sql::UnaryOp::Minus
                          : unary->op == bind::UnaryOp::BitNot ? sql::UnaryOp::BitNot
                                                               : sql::UnaryOp::Plus;
        return node != nullptr && node->op == op && same(node->operand, unary->operand);
      }
      case BoundKind::Arithmetic: {
        const auto* node = bound->as<bind::BoundArithmetic>();
        static constexpr sql::BinaryOp kOps[] = {
            sql::BinaryOp::Add,    sql::BinaryOp::Subtract,  sql::BinaryOp::Multiply,
            sql::BinaryOp::Divide, sql::BinaryOp::Modulo,    sql::BinaryOp::BitAnd,
            sql::BinaryOp::BitOr,  sql::BinaryOp::ShiftLeft, sql::BinaryOp::ShiftRight};
        return binary(schema, kOps[static_cast<size_t>(node->op)], node->left, node->right);
      }
      case BoundKind::Concat:
        return binary(schema, sql::BinaryOp::Concat, bound->as<bind::BoundConcat>()->left,
                      bound->as<bind::BoundConcat>()->right);
      case BoundKind::Compare: {
        const auto* node = bound->as<bind::BoundCompare>();
        static constexpr sql::BinaryOp kOps[] = {
            sql::BinaryOp::Equal,   sql::BinaryOp::NotEqual,     sql::BinaryOp::Less, sql::BinaryOp::LessEqual,
            sql::BinaryOp::Greater, sql::BinaryOp::GreaterEqual, sql::BinaryOp::Is,   sql::BinaryOp::IsNot};
        return binary(schema, kOps[static_cast<size_t>(node->op)], node->left, node->right);
      }
      case BoundKind::And:
      case BoundKind::Or: {
        const auto* node = bound->as<bind::BoundBinaryLogic>();
        return binary(schema, bound->kind == BoundKind::And ? sql::BinaryOp::And : sql::BinaryOp::Or, node->left,
                      node->right);
      }
      case BoundKind::Not: {
        const auto* node = schema->try_as<sql::UnaryExpr>();
        return node != nullptr && node->op == sql::UnaryOp::Not &&
               same(node->operand, bound->as<bind::BoundNot>()->operand);
      }
      case BoundKind::IsNull: {
        const auto* is_null = bound->as<bind::BoundIsNull>();
        if (const auto* node = schema->try_as<sql::UnaryExpr>(); node != nullptr) {
          return node->op == (is_null->negated ? sql::UnaryOp::NotNull : sql::UnaryOp::IsNull) &&
                 same(node->operand, is_null->operand);
        }
        const auto* node = schema->try_as<sql::BinaryExpr>();
        if (node == nullptr || node->op != (is_null->negated ? sql::BinaryOp::IsNot : sql::BinaryOp::Is)) return false;
        const auto* literal = node->right->try_as<sql::LiteralExpr>();
        return literal != nullptr && literal->literal == sql::LiteralKind::Null && same(node->left, is_null->operand);
      }
      case BoundKind::Between: {
        const auto* between = bound->as<bind::BoundBetween>();
        const auto* node = schema->try_as<sql::BetweenExpr>();
        return node != nullptr && node->negated == between->negated && same(node->subject, between->operand) &&
               same(node->low, between->low) && same(node->high, between->high);
      }
      case BoundKind::InList: {
        const auto* in = bound->as<bind::BoundInList>();
        const auto* node = schema->try_as<sql::InExpr>();
        return node != nullptr && node->source == sql::InSource::List && node->negated == in->negated &&
               same(node->subject, in->operand) && lists(node->list, in->items);
      }
      case BoundKind::Like: {
        const auto* like = bound->as<bind::BoundLike>();
        const auto* node = schema->try_as<sql::LikeExpr>();
        return node != nullptr && static_cast<int>(node->op) == static_cast<int>(like->op) &&
               node->negated == like->negated && same(node->subject, like->operand) &&
               same(node->pattern, like->pattern) && same(node->escape, like->escape);
      }
      case BoundKind::Cast: {
        const auto* cast = bound->as<bind::BoundCast>();
        const auto* node = schema->try_as<sql::CastExpr>();
        return node != nullptr && affinity_of_cast(node->type_name) == cast->target &&
               same(node->operand, cast->operand);
      }
      case BoundKind::Collate: {
        const auto* node = schema->try_as<sql::CollateExpr>();
        if (node == nullptr) return same(schema, bound->as<bind::BoundCollate>()->operand);
        return bound->collation != nullptr && iequals(node->collation.text, bound->collation->name) &&
               same(node->operand, bound->as<bind::BoundCollate>()->operand);
      }
      case BoundKind::Function: {
        const auto* call = bound->as<bind::BoundFunction>();
        if (const auto* node = schema->try_as<sql::FunctionExpr>(); node != nullptr) {
          return !node->distinct && !node->star && node->filter == nullptr && node->over == nullptr &&
                 iequals(node->name.text, call->function->name) && lists(node->arguments, call->arguments);
        }
        if (const auto* node = schema->try_as<sql::BinaryExpr>(); node != nullptr && call->arguments.size() == 2) {
          bool arrow = node->op == sql::BinaryOp::Arrow && call->function->name == "->";
          bool long_arrow = node->op == sql::BinaryOp::LongArrow && call->function->name == "->>";
          return (arrow || long_arrow) && same(node->left, call->arguments[0]) && same(node->right, call->arguments[1]);
        }
        return false;
      }
      case BoundKind::Case: {
        const auto* expr = bound->as<bind::BoundCase>();
        const auto* node = schema->try_as<sql::CaseExpr>();
        if (node == nullptr || node->branches.size() != expr->arms.size() || expr->base != nullptr ||
            node->operand != nullptr) {
          return false;
        }
        for (size_t i = 0; i < expr->arms.size(); ++i) {
          if (!same(node->branches[i].when, expr->arms[i].when) || !same(node->branches[i].then, expr->arms[i].then))
            return false;
        }
        return same(node->otherwise, expr->otherwise);
      }
      default: return false;
    }
  }

  static Affinity affinity_of_cast(std::string_view type_name) {
    return type_name.empty() ? Affinity::Blob : affinity_from_type_name(type_name);
  }
};

// Does one condition of the query imply the schema's condition `wanted`?
bool implies(const BoundExpr* known, const sql::Expr* wanted, const Matcher& matcher) {
  if (matcher.same(wanted, known)) return true;
  if (const auto* logic = wanted->try_as<sql::BinaryExpr>(); logic != nullptr && logic->op == sql::BinaryOp::Or) {
    return implies(known, logic->left, matcher) || implies(known, logic->right, matcher);
  }
  // x IS NOT NULL follows from every comparison that is never true for NULL.
  const sql::Expr* operand = nullptr;
  if (const auto* unary = wanted->try_as<sql::UnaryExpr>(); unary != nullptr && unary->op == sql::UnaryOp::NotNull) {
    operand = unary->operand;
  } else if (const auto* binary = wanted->try_as<sql::BinaryExpr>();
             binary != nullptr && binary->op == sql::BinaryOp::IsNot) {
    const auto* literal = binary->right->try_as<sql::LiteralExpr>();
    if (literal != nullptr && literal->literal == sql::LiteralKind::Null) operand = binary->left;
  }
  if (operand == nullptr) return false;
  auto is_operand = [&](const BoundExpr* expr) {
    while (expr->kind == BoundKind::Collate) expr = expr->as<bind::BoundCollate>()->operand;
    return matcher.same(operand, expr);
  };
  switch (known->kind) {
    case BoundKind::Compare: {
      const auto* compare = known->as<bind::BoundCompare>();
      if (compare->op == bind::CompareOp::IsNot) return false;
      if (compare->op == bind::CompareOp::Is) {
        const BoundExpr* other = is_operand(compare->left)    ? compare->right
                                 : is_operand(compare->right) ? compare->left
                                                              : nullptr;
        return other != nullptr && other->kind == BoundKind::Constant &&
               !other->as<bind::BoundConstant>()->value.is_null();
      }
      return is_operand(compare->left) || is_operand(compare->right);
    }
    case BoundKind::Between:
      return !known->as<bind::BoundBetween>()->negated && is_operand(known->as<bind::BoundBetween>()->operand);
    case BoundKind::InList:
      return !known->as<bind::BoundInList>()->items.empty() && is_operand(known->as<bind::BoundInList>()->operand);
    case BoundKind::InQuery:
      return !known->as<bind::BoundInQuery>()->negated && known->as<bind::BoundInQuery>()->operands.size() == 1 &&
             is_operand(known->as<bind::BoundInQuery>()->operands[0]);
    case BoundKind::Like:
      return !known->as<bind::BoundLike>()->negated && is_operand(known->as<bind::BoundLike>()->operand);
    default: return false;
  }
}

bool implied_by(const CorePlan& plan, const sql::Expr* wanted, std::span<Term* const> terms, int source,
                const Matcher& matcher) {
  if (const auto* logic = wanted->try_as<sql::BinaryExpr>(); logic != nullptr && logic->op == sql::BinaryOp::And) {
    return implied_by(plan, logic->left, terms, source, matcher) &&
           implied_by(plan, logic->right, terms, source, matcher);
  }
  for (const Term* term : terms) {
    if (term->expr != nullptr && usable_at(plan, *term, source) && implies(term->expr, wanted, matcher)) return true;
  }
  return false;
}

}  // namespace

bool matches_schema_expr(const sql::Expr* schema_expr, const BoundExpr* expr, const BoundSource* source) {
  return Matcher{source}.same(schema_expr, expr);
}

bool index_usable_for(const CorePlan& plan, const SourceInfo& info, const catalog::Index& index,
                      std::span<Term* const> terms) {
  if (!index.unusable_reason.empty()) return false;
  if (index.where == nullptr) return true;
  Matcher matcher{info.source};
  return implied_by(plan, index.where, terms, info.source->position, matcher);
}

bool field_matches(const catalog::Index* index, int field, const BoundSource* source, int16_t column,
                   const BoundExpr* expr) {
  const catalog::IndexField& key = index->fields[static_cast<size_t>(field)];
  if (key.column == catalog::kExpressionColumn) {
    return column == catalog::kExpressionColumn && expr != nullptr && matches_schema_expr(key.expr, expr, source);
  }
  if (column != catalog::kExpressionColumn) return normal_column(*source, key.column) == column;
  // A virtual generated column stands in queries as its expression.
  if (key.column < 0 || expr == nullptr) return false;
  const catalog::TableColumn& stored = index->table->columns[static_cast<size_t>(key.column)];
  return stored.generated == catalog::GeneratedKind::Virtual &&
         matches_schema_expr(stored.generated_expr, expr, source);
}

int16_t find_expression_field(const BoundSource& source, const BoundExpr* expr) {
  if (source.table == nullptr) return -1;
  for (const catalog::Index* index : source.table->indexes) {
    for (int i = 0; i < index->key_field_count; ++i) {
      const catalog::IndexField& field = index->fields[static_cast<size_t>(i)];
      bool candidate = field.column == catalog::kExpressionColumn ||
                       (field.column >= 0 && source.table->columns[static_cast<size_t>(field.column)].generated ==
                                                 catalog::GeneratedKind::Virtual);
      if (candidate && field_matches(index, i, &source, catalog::kExpressionColumn, expr))
        return static_cast<int16_t>(i);
    }
  }
  return -1;
}

}  // namespace sqlrite::plan
