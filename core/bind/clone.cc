// Deep copies of bound expressions. Sub-queries are copied too, with their sources, so that each copy can be planned on
// its own; only common table expressions that are shared stay shared.
#include "bind/bound.h"

namespace sqlrite::bind {
namespace {

class Cloner {
 public:
  explicit Cloner(Arena& arena) : arena_(arena), queries_(arena), sources_(arena) {}

  BoundExpr* expr(const BoundExpr* from) {
    if (from == nullptr) return nullptr;
    switch (from->kind) {
      case BoundKind::Constant: return copy<BoundConstant>(from);
      case BoundKind::Parameter: return copy<BoundParameter>(from);
      case BoundKind::Outer: return copy<BoundOuter>(from);
      case BoundKind::Slot: return copy<BoundSlot>(from);
      case BoundKind::Column: {
        auto* node = copy<BoundColumn>(from);
        for (const auto& pair : sources_) {
          if (pair.from == node->source) node->source = pair.to;
        }
        return node;
      }
      case BoundKind::Unary: return with_children(copy<BoundUnary>(from));
      case BoundKind::Arithmetic: return with_children(copy<BoundArithmetic>(from));
      case BoundKind::Concat: return with_children(copy<BoundConcat>(from));
      case BoundKind::Compare: return with_children(copy<BoundCompare>(from));
      case BoundKind::And:
      case BoundKind::Or: return with_children(copy<BoundBinaryLogic>(from));
      case BoundKind::Not: return with_children(copy<BoundNot>(from));
      case BoundKind::IsNull: return with_children(copy<BoundIsNull>(from));
      case BoundKind::Truth: return with_children(copy<BoundTruth>(from));
      case BoundKind::Between: return with_children(copy<BoundBetween>(from));
      case BoundKind::InList: {
        auto* node = copy<BoundInList>(from);
        node->items = arena_.copy_array<BoundExpr*>(node->items);
        return with_children(node);
      }
      case BoundKind::InQuery: {
        auto* node = copy<BoundInQuery>(from);
        node->operands = list(node->operands);
        node->query = query(node->query);
        return node;
      }
      case BoundKind::Like: return with_children(copy<BoundLike>(from));
      case BoundKind::Case: {
        auto* node = copy<BoundCase>(from);
        node->arms = arena_.copy_array<BoundCase::Arm>(node->arms);
        return with_children(node);
      }
      case BoundKind::Cast: return with_children(copy<BoundCast>(from));
      case BoundKind::Collate: return with_children(copy<BoundCollate>(from));
      case BoundKind::Function: {
        auto* node = copy<BoundFunction>(from);
        node->arguments = list(node->arguments);
        return node;
      }
      case BoundKind::Aggregate: {
        auto* node = copy<BoundAggregate>(from);
        node->arguments = arena_.copy_array<BoundExpr*>(node->arguments);
        node->order_by = arena_.copy_array<OrderTerm>(node->order_by);
        return with_children(node);
      }
      case BoundKind::ScalarQuery: {
        auto* node = copy<BoundScalarQuery>(from);
        node->query = query(node->query);
        return node;
      }
      case BoundKind::Exists: {
        auto* node = copy<BoundExists>(from);
        node->query = query(node->query);
        return node;
      }
      case BoundKind::RowValue: {
        auto* node = copy<BoundRowValue>(from);
        if (node->query != nullptr) node->query = query(node->query);
        node->items = list(node->items);
        return node;
      }
      case BoundKind::RowCompare: {
        auto* node = copy<BoundRowCompare>(from);
        node->left = list(node->left);
        node->right = list(node->right);
        return node;
      }
      case BoundKind::Raise: return with_children(copy<BoundRaise>(from));
    }
    return nullptr;
  }

 private:
  template <typename T>
  struct Moved {
    const T* from;
    T* to;
  };

  template <typename T>
  T* copy(const BoundExpr* from) {
    return arena_.make<T>(*from->as<T>());
  }

  BoundExpr* with_children(BoundExpr* node) {
    for_each_child(
        node, [](void* self, BoundExpr** child) { *child = static_cast<Cloner*>(self)->expr(*child); }, this);
    return node;
  }

  std::span<BoundExpr*> list(std::span<BoundExpr*> from) {
    std::span<BoundExpr*> to = arena_.make_array<BoundExpr*>(from.size());
    for (size_t i = 0; i < from.size(); ++i) to[i] = expr(from[i]);
    return to;
  }

  void order(std::span<OrderTerm>* terms, const BoundCore* core, const BoundCore* from_core) {
    std::span<OrderTerm> old = *terms;
    *terms = arena_.copy_array<OrderTerm>(old);
    for (size_t i = 0; i < old.size(); ++i) {
      OrderTerm& term = (*terms)[i];
      // A term that is a result column stays that very expression.
      bool is_result = term.result_column >= 0 && core != nullptr &&
                       term.expr == from_core->results[static_cast<size_t>(term.result_column)];
      term.expr = is_result ? core->results[static_cast<size_t>(term.result_column)] : expr(term.expr);
    }
  }

  BoundSource* source(BoundSource* from) {
    auto* to = arena_.make<BoundSource>(*from);
    sources_.push_back({from, to});
    to->used_columns = arena_.copy_array<uint64_t>(from->used_columns);
    bool shared = from->from_cte && from->materialize && from->query != nullptr && !from->query->is_correlated();
    if (from->query != nullptr && !shared) to->query = query(from->query);
    if (from->recursive_of != nullptr) {
      for (const auto& pair : queries_) {
        if (pair.from == from->recursive_of) to->recursive_of = pair.to;
      }
    }
    return to;
  }

  BoundCore* core(const BoundCore* from) {
    auto* to = arena_.make<BoundCore>(*from);
    to->sources = arena_.make_array<BoundSource*>(from->sources.size());
    for (size_t i = 0; i < from->sources.size(); ++i) to->sources[i] = source(from->sources[i]);
    // Conditions and arguments may refer to any source, so they follow once all are known.
    for (size_t i = 0; i < from->sources.size(); ++i) {
      to->sources[i]->on = expr(from->sources[i]->on);
      to->sources[i]->arguments = list(from->sources[i]->arguments);
      if (to->sources[i]->query != nullptr && to->sources[i]->query != from->sources[i]->query) {
        to->sources[i]->query->outer_args = list(from->sources[i]->query->outer_args);
      }
    }
    to->where = expr(from->where);
    to->group_by = list(from->group_by);
    to->aggregates = arena_.make_array<BoundAggregate*>(from->aggregates.size());
    for (size_t i = 0; i < from->aggregates.size(); ++i) {
      to->aggregates[i] = expr(from->aggregates[i])->as<BoundAggregate>();
    }
    to->having = expr(from->having);
    if (from->values.empty()) {
      to->results = list(from->results);
    } else {
      to->values = arena_.make_array<std::span<BoundExpr*>>(from->values.size());
      for (size_t i = 0; i < from->values.size(); ++i) to->values[i] = list(from->values[i]);
      to->results = to->values[0];
    }
    return to;
  }

  BoundQuery* query(BoundQuery* from) {
    for (const auto& pair : queries_) {
      if (pair.from == from) return pair.to;
    }
    auto* to = arena_.make<BoundQuery>(*from);
    queries_.push_back({from, to});
    to->clone_of = from;
    to->outer_args = list(from->outer_args);
    to->cores = arena_.make_array<BoundCore*>(from->cores.size());
    for (size_t i = 0; i < from->cores.size(); ++i) to->cores[i] = core(from->cores[i]);
    bool single = from->cores.size() == 1;
    order(&to->order_by, single ? to->cores[0] : nullptr, single ? from->cores[0] : nullptr);
    to->limit = expr(from->limit);
    to->offset = expr(from->offset);
    return to;
  }

  Arena& arena_;
  ArenaVector<Moved<BoundQuery>> queries_;
  ArenaVector<Moved<BoundSource>> sources_;
};

}  // namespace

BoundExpr* clone_expr(const BoundExpr* expr, Arena& arena) { return Cloner(arena).expr(expr); }

}  // namespace sqlrite::bind
