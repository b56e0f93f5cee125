// Walking and comparing bound expressions. Copying is in clone.cc.
#include "bind/bound.h"

#include <cstring>

namespace sqlrite::bind {

void for_each_child(BoundExpr* expr, void (*visit)(void* context, BoundExpr** child), void* context) {
  auto one = [&](BoundExpr*& child) {
    if (child != nullptr) visit(context, &child);
  };
  auto list = [&](std::span<BoundExpr*> children) {
    for (BoundExpr*& child : children) one(child);
  };
  switch (expr->kind) {
    case BoundKind::Constant:
    case BoundKind::Parameter:
    case BoundKind::Column:
    case BoundKind::Outer:
    case BoundKind::Slot: return;
    case BoundKind::Unary: one(expr->as<BoundUnary>()->operand); return;
    case BoundKind::Arithmetic:
      one(expr->as<BoundArithmetic>()->left);
      one(expr->as<BoundArithmetic>()->right);
      return;
    case BoundKind::Concat:
      one(expr->as<BoundConcat>()->left);
      one(expr->as<BoundConcat>()->right);
      return;
    case BoundKind::Compare:
      one(expr->as<BoundCompare>()->left);
      one(expr->as<BoundCompare>()->right);
      return;
    case BoundKind::And:
    case BoundKind::Or:
      one(expr->as<BoundBinaryLogic>()->left);
      one(expr->as<BoundBinaryLogic>()->right);
      return;
    case BoundKind::Not: one(expr->as<BoundNot>()->operand); return;
    case BoundKind::IsNull: one(expr->as<BoundIsNull>()->operand); return;
    case BoundKind::Truth: one(expr->as<BoundTruth>()->operand); return;
    case BoundKind::Between: {
      auto* node = expr->as<BoundBetween>();
      one(node->operand);
      one(node->low);
      one(node->high);
      return;
    }
    case BoundKind::InList:
      one(expr->as<BoundInList>()->operand);
      list(expr->as<BoundInList>()->items);
      return;
    case BoundKind::InQuery:
      list(expr->as<BoundInQuery>()->operands);
      list(expr->as<BoundInQuery>()->query->outer_args);
      return;
    case BoundKind::Like: {
      auto* node = expr->as<BoundLike>();
      one(node->operand);
      one(node->pattern);
      one(node->escape);
      return;
    }
    case BoundKind::Case: {
      auto* node = expr->as<BoundCase>();
      one(node->base);
      for (auto& arm : node->arms) {
        one(arm.when);
        one(arm.then);
      }
      one(node->otherwise);
      return;
    }
    case BoundKind::Cast: one(expr->as<BoundCast>()->operand); return;
    case BoundKind::Collate: one(expr->as<BoundCollate>()->operand); return;
    case BoundKind::Function: list(expr->as<BoundFunction>()->arguments); return;
    case BoundKind::Aggregate: {
      auto* node = expr->as<BoundAggregate>();
      list(node->arguments);
      one(node->filter);
      for (OrderTerm& term : node->order_by) one(term.expr);
      return;
    }
    case BoundKind::ScalarQuery: list(expr->as<BoundScalarQuery>()->query->outer_args); return;
    case BoundKind::Exists: list(expr->as<BoundExists>()->query->outer_args); return;
    case BoundKind::RowValue: list(expr->as<BoundRowValue>()->items); return;
    case BoundKind::RowCompare:
      list(expr->as<BoundRowCompare>()->left);
      list(expr->as<BoundRowCompare>()->right);
      return;
    case BoundKind::Raise: one(expr->as<BoundRaise>()->message); return;
  }
}

namespace {

bool equal_values(const Value& a, const Value& b) {
  if (a.type != b.type) return false;
  switch (a.type) {
    case ValueType::Null: return true;
    case ValueType::Integer: return a.integer == b.integer;
    case ValueType::Real: return std::memcmp(&a.real, &b.real, sizeof a.real) == 0;
    case ValueType::Text:
    case ValueType::Blob: return a.view() == b.view();
  }
  return false;
}

bool equal_lists(std::span<BoundExpr* const> a, std::span<BoundExpr* const> b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (!equal_exprs(a[i], b[i])) return false;
  }
  return true;
}

template <typename T>
bool equal_spans(std::span<T> a, std::span<T> b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i] != b[i]) return false;
  }
  return true;
}

const BoundQuery* origin(const BoundQuery* query) {
  while (query->clone_of != nullptr) query = query->clone_of;
  return query;
}

// Copies of one query are equal; two queries written alike are not compared.
bool equal_queries(const BoundQuery* a, const BoundQuery* b) {
  return a == b || (origin(a) == origin(b) && equal_lists(a->outer_args, b->outer_args));
}

template <typename T>
struct Pair {
  const T* a;
  const T* b;
};

template <typename T>
Pair<T> both(const BoundExpr* a, const BoundExpr* b) {
  return {a->as<T>(), b->as<T>()};
}

}  // namespace

bool equal_exprs(const BoundExpr* a, const BoundExpr* b) {
  if (a == b) return true;
  if (a == nullptr || b == nullptr || a->kind != b->kind) return false;
  switch (a->kind) {
    case BoundKind::Constant: return equal_values(a->as<BoundConstant>()->value, b->as<BoundConstant>()->value);
    case BoundKind::Parameter: return a->as<BoundParameter>()->number == b->as<BoundParameter>()->number;
    case BoundKind::Column: {
      auto [x, y] = both<BoundColumn>(a, b);
      return x->source == y->source && x->column == y->column;
    }
    case BoundKind::Outer: return a->as<BoundOuter>()->index == b->as<BoundOuter>()->index;
    case BoundKind::Slot: return a->as<BoundSlot>()->slot == b->as<BoundSlot>()->slot;
    case BoundKind::Unary: {
      auto [x, y] = both<BoundUnary>(a, b);
      return x->op == y->op && equal_exprs(x->operand, y->operand);
    }
    case BoundKind::Arithmetic: {
      auto [x, y] = both<BoundArithmetic>(a, b);
      return x->op == y->op && equal_exprs(x->left, y->left) && equal_exprs(x->right, y->right);
    }
    case BoundKind::Concat: {
      auto [x, y] = both<BoundConcat>(a, b);
      return equal_exprs(x->left, y->left) && equal_exprs(x->right, y->right);
    }
    case BoundKind::Compare: {
      auto [x, y] = both<BoundCompare>(a, b);
      return x->op == y->op && x->operand_affinity == y->operand_affinity &&
             x->compare_collation == y->compare_collation && equal_exprs(x->left, y->left) &&
             equal_exprs(x->right, y->right);
    }
    case BoundKind::And:
    case BoundKind::Or: {
      auto [x, y] = both<BoundBinaryLogic>(a, b);
      return equal_exprs(x->left, y->left) && equal_exprs(x->right, y->right);
    }
    case BoundKind::Not: return equal_exprs(a->as<BoundNot>()->operand, b->as<BoundNot>()->operand);
    case BoundKind::IsNull: {
      auto [x, y] = both<BoundIsNull>(a, b);
      return x->negated == y->negated && equal_exprs(x->operand, y->operand);
    }
    case BoundKind::Truth: {
      auto [x, y] = both<BoundTruth>(a, b);
      return x->negated == y->negated && x->value == y->value && equal_exprs(x->operand, y->operand);
    }
    case BoundKind::Between: {
      auto [x, y] = both<BoundBetween>(a, b);
      return x->negated == y->negated && x->low_affinity == y->low_affinity && x->high_affinity == y->high_affinity &&
             x->low_collation == y->low_collation && x->high_collation == y->high_collation &&
             equal_exprs(x->operand, y->operand) && equal_exprs(x->low, y->low) && equal_exprs(x->high, y->high);
    }
    case BoundKind::InList: {
      auto [x, y] = both<BoundInList>(a, b);
      return x->negated == y->negated && x->operand_affinity == y->operand_affinity &&
             x->compare_collation == y->compare_collation && equal_exprs(x->operand, y->operand) &&
             equal_lists(x->items, y->items);
    }
    case BoundKind::InQuery: {
      auto [x, y] = both<BoundInQuery>(a, b);
      return x->negated == y->negated && equal_queries(x->query, y->query) && equal_lists(x->operands, y->operands);
    }
    case BoundKind::Like: {
      auto [x, y] = both<BoundLike>(a, b);
      return x->op == y->op && x->negated == y->negated && x->function == y->function &&
             equal_exprs(x->operand, y->operand) && equal_exprs(x->pattern, y->pattern) &&
             equal_exprs(x->escape, y->escape);
    }
    case BoundKind::Case: {
      auto [x, y] = both<BoundCase>(a, b);
      if (x->arms.size() != y->arms.size() || !equal_exprs(x->base, y->base)) return false;
      if (!equal_spans(x->base_affinities, y->base_affinities) ||
          !equal_spans(x->base_collations, y->base_collations)) {
        return false;
      }
      for (size_t i = 0; i < x->arms.size(); ++i) {
        if (!equal_exprs(x->arms[i].when, y->arms[i].when) || !equal_exprs(x->arms[i].then, y->arms[i].then)) {
          return false;
        }
      }
      return equal_exprs(x->otherwise, y->otherwise);
    }
    case BoundKind::Cast: {
      auto [x, y] = both<BoundCast>(a, b);
      return x->target == y->target && equal_exprs(x->operand, y->operand);
    }
    case BoundKind::Collate:
      return a->collation == b->collation &&
             equal_exprs(a->as<BoundCollate>()->operand, b->as<BoundCollate>()->operand);
    case BoundKind::Function: {
      auto [x, y] = both<BoundFunction>(a, b);
      return x->function == y->function && !x->is_volatile && x->call_collation == y->call_collation &&
             equal_lists(x->arguments, y->arguments);
    }
    case BoundKind::Aggregate: {
      auto [x, y] = both<BoundAggregate>(a, b);
      if (x->function != y->function || x->distinct != y->distinct || x->call_collation != y->call_collation ||
          x->order_by.size() != y->order_by.size()) {
        return false;
      }
      for (size_t i = 0; i < x->order_by.size(); ++i) {
        const OrderTerm& s = x->order_by[i];
        const OrderTerm& t = y->order_by[i];
        if (s.descending != t.descending || s.nulls_last != t.nulls_last || s.collation != t.collation ||
            !equal_exprs(s.expr, t.expr)) {
          return false;
        }
      }
      return equal_lists(x->arguments, y->arguments) && equal_exprs(x->filter, y->filter);
    }
    case BoundKind::ScalarQuery: {
      auto [x, y] = both<BoundScalarQuery>(a, b);
      return x->result_column == y->result_column && equal_queries(x->query, y->query);
    }
    case BoundKind::Exists: return equal_queries(a->as<BoundExists>()->query, b->as<BoundExists>()->query);
    case BoundKind::RowValue: return equal_lists(a->as<BoundRowValue>()->items, b->as<BoundRowValue>()->items);
    case BoundKind::RowCompare: {
      auto [x, y] = both<BoundRowCompare>(a, b);
      return x->op == y->op && equal_spans(x->operand_affinities, y->operand_affinities) &&
             equal_spans(x->compare_collations, y->compare_collations) && equal_lists(x->left, y->left) &&
             equal_lists(x->right, y->right);
    }
    case BoundKind::Raise: {
      auto [x, y] = both<BoundRaise>(a, b);
      return x->action == y->action && equal_exprs(x->message, y->message);
    }
  }
  return false;
}

}  // namespace sqlrite::bind
