// WHERE and ON as terms: splits conditions at AND and finds out which of them could drive an access.
#include "base/text.h"
#include "plan/logical/core_plan.h"
#include "types/affinity.h"

namespace sqlrite::plan {

using bind::BoundBetween;
using bind::BoundBinaryLogic;
using bind::BoundCompare;
using bind::BoundInList;
using bind::BoundInQuery;
using bind::BoundIsNull;
using bind::BoundRowCompare;
using bind::CompareOp;

bool same_collation(const Collation* a, const Collation* b) {
  if (a == b) return true;
  if (a == nullptr || b == nullptr) return (a == nullptr ? b : a)->kind == Collation::Kind::Binary;
  return a->kind == b->kind && iequals(a->name, b->name);
}

BoundExpr* strip_collate(BoundExpr* expr) {
  while (expr->kind == BoundKind::Collate) expr = expr->as<bind::BoundCollate>()->operand;
  return expr;
}

bool usable_at(const CorePlan& plan, const Term& term, int source) {
  const SourceInfo& info = plan.sources[source];
  if (term.on_source >= 0) {
    return term.on_source == source && info.join != JoinKind::Right && info.join != JoinKind::Full;
  }
  return !info.null_extended && source > plan.last_right_join;
}

namespace {

// The single source of a mask, or -1.
int only_source(SourceMask mask) { return mask != 0 && (mask & (mask - 1)) == 0 ? std::countr_zero(mask) : -1; }

struct Side {
  int16_t source = -1;
  int16_t column = 0;
  BoundExpr* expr = nullptr;
};

// Is `expr` something an index may be built on: a column, or an expression that some index has as a field?
Side index_side(const CorePlan& plan, BoundExpr* expr) {
  Side side;
  BoundExpr* inner = strip_collate(expr);
  if (inner->kind == BoundKind::Column) {
    auto* column = inner->as<BoundColumn>();
    if (column->source->position >= plan.source_count) return side;
    side.source = static_cast<int16_t>(column->source->position);
    side.column = normal_column(*column->source, column->column);
    side.expr = inner;
    return side;
  }
  if (!inner->has_column || inner->is_volatile || inner->has_subquery) return side;
  int source = only_source(expr_mask(inner));
  if (source < 0) return side;
  const BoundSource& bound = *plan.sources[source].source;
  if (find_expression_field(bound, inner) < 0) return side;
  side.source = static_cast<int16_t>(source);
  side.column = catalog::kExpressionColumn;
  side.expr = inner;
  return side;
}

uint16_t op_of(CompareOp op) {
  switch (op) {
    case CompareOp::Eq: return term_op::kEq;
    case CompareOp::Is: return term_op::kIs;
    case CompareOp::Lt: return term_op::kLt;
    case CompareOp::Le: return term_op::kLe;
    case CompareOp::Gt: return term_op::kGt;
    case CompareOp::Ge: return term_op::kGe;
    case CompareOp::Ne:
    case CompareOp::IsNot: return 0;
  }
  return 0;
}

uint16_t mirrored(uint16_t op) {
  switch (op) {
    case term_op::kLt: return term_op::kGt;
    case term_op::kLe: return term_op::kGe;
    case term_op::kGt: return term_op::kLt;
    case term_op::kGe: return term_op::kLe;
    default: return op;
  }
}

void set_side(Term& term, const Side& side, uint16_t op, BoundExpr* right) {
  term.source = side.source;
  term.column = side.column;
  term.left = side.expr;
  term.op = op;
  term.right = right;
  term.mask_right = right != nullptr && right->has_column ? expr_mask(right) : 0;
  if (right != nullptr && right->has_subquery) term.mask_right = expr_mask(right);
}

bool is_small_integer(const BoundExpr* expr) {
  if (expr->kind != BoundKind::Constant) return false;
  const Value& value = expr->as<bind::BoundConstant>()->value;
  return value.type == ValueType::Integer && value.integer >= -1 && value.integer <= 1;
}

Term* implied_term(CorePlan& plan, Term* parent, bool replaces) {
  Term* term = plan.context.scratch.make<Term>();
  term->parent = parent;
  term->mask = parent->mask;
  term->column_begin = parent->column_begin;
  term->column_end = parent->column_end;
  term->on_source = parent->on_source;
  term->is_virtual = true;
  term->implies_parent = replaces;
  term->truth = parent->truth;
  if (replaces) ++parent->children;
  return term;
}

// left op right, for a term that stands for exactly this comparison.
void analyze_compare(CorePlan& plan, Term* term, BoundExpr* left, BoundExpr* right, uint16_t op, Affinity affinity,
                     const Collation* collation, ArenaVector<Term*>& implied) {
  if (op == 0) return;
  Side left_side = index_side(plan, left);
  Side right_side = index_side(plan, right);
  auto fill = [&](Term* out, const Side& side, uint16_t side_op, BoundExpr* other) {
    set_side(*out, side, side_op, other);
    out->affinity = affinity;
    out->collation = collation;
    out->small_constant = (op & term_op::kEquality) != 0 && is_small_integer(other);
  };
  if (left_side.source >= 0) fill(term, left_side, op, right);
  if (right_side.source >= 0) {
    if (left_side.source < 0) {
      fill(term, right_side, mirrored(op), left);
    } else if (left_side.source != right_side.source) {
      // Either side may be looked up with the other one: the commuted form is a term of its own. Only one of the two
      // will be used, and each alone replaces the written condition.
      Term* commuted = implied_term(plan, term, false);
      commuted->commuted = true;
      fill(commuted, right_side, mirrored(op), left);
      implied.push_back(commuted);
    }
  }
}

// All of `a = x OR a = y OR ...`: an IN list.
BoundInList* or_as_in(CorePlan& plan, std::span<BoundExpr*> parts, Side* side) {
  if (parts.size() < 2) return nullptr;
  ArenaVector<BoundExpr*> items(plan.context.scratch);
  const BoundCompare* first = nullptr;
  for (int attempt = 0; attempt < 2; ++attempt) {  // the column may stand on either side of the first comparison
    items.clear();
    first = nullptr;
    BoundExpr* wanted = nullptr;
    bool fits = true;
    for (BoundExpr* part : parts) {
      if (part->kind != BoundKind::Compare) return nullptr;
      auto* compare = part->as<BoundCompare>();
      if (compare->op != CompareOp::Eq) return nullptr;
      if (first == nullptr) {
        first = compare;
        wanted = strip_collate(attempt == 0 ? compare->left : compare->right);
        if (wanted->kind != BoundKind::Column) {
          fits = false;
          break;
        }
        items.push_back(attempt == 0 ? compare->right : compare->left);
        continue;
      }
      if (compare->operand_affinity != first->operand_affinity ||
          !same_collation(compare->compare_collation, first->compare_collation)) {
        return nullptr;
      }
      if (bind::equal_exprs(strip_collate(compare->left), wanted)) {
        items.push_back(compare->right);
      } else if (bind::equal_exprs(strip_collate(compare->right), wanted)) {
        items.push_back(compare->left);
      } else {
        fits = false;
        break;
      }
    }
    if (!fits) continue;
    *side = index_side(plan, wanted);
    if (side->source < 0) return nullptr;
    auto* in = plan.context.arena.make<BoundInList>();
    in->kind = BoundKind::InList;
    in->operand = wanted;
    in->items = plan.context.arena.copy_array<BoundExpr*>(std::span<BoundExpr* const>(items.begin(), items.size()));
    in->negated = false;
    in->operand_affinity = first->operand_affinity;
    in->compare_collation = first->compare_collation;
    in->has_column = true;
    return in;
  }
  return nullptr;
}

void split(BoundExpr* expr, BoundKind at, ArenaVector<BoundExpr*>& out) {
  while (expr->kind == at) {
    auto* logic = expr->as<BoundBinaryLogic>();
    split(logic->left, at, out);
    expr = logic->right;
  }
  out.push_back(expr);
}

SourceMask items_mask(std::span<BoundExpr*> items) {
  SourceMask mask = 0;
  for (BoundExpr* item : items) {
    if (item->has_column || item->has_subquery) mask |= expr_mask(item);
  }
  return mask;
}

void analyze_or(CorePlan& plan, Term* term, ArenaVector<Term*>& implied) {
  Arena& scratch = plan.context.scratch;
  ArenaVector<BoundExpr*> parts(scratch);
  split(term->expr, BoundKind::Or, parts);
  Side side;
  if (BoundInList* in = or_as_in(plan, parts.span(), &side); in != nullptr) {
    Term* member = implied_term(plan, term, true);
    set_side(*member, side, term_op::kIn, nullptr);
    member->right = in;
    member->mask_right = items_mask(in->items);
    member->affinity = in->operand_affinity;
    member->collation = in->compare_collation;
    implied.push_back(member);
    return;
  }
  // Each alternative may use an index of its own. One that offers nothing spoils all.
  ArenaVector<OrAlternative> alternatives(scratch);
  for (BoundExpr* part : parts) {
    ArenaVector<BoundExpr*> conjuncts(scratch);
    split(part, BoundKind::And, conjuncts);
    ArenaVector<Term*> own(scratch);
    ArenaVector<Term*> more(scratch);
    bool any = false;
    for (BoundExpr* conjunct : conjuncts) {
      Term* sub = scratch.make<Term>();
      sub->expr = conjunct;
      sub->mask = expr_mask(conjunct);
      sub->column_begin = term->column_begin;
      sub->column_end = term->column_end;
      sub->on_source = term->on_source;
      if (conjunct->kind != BoundKind::Or) analyze_term(plan, sub, more);
      own.push_back(sub);
      any |= sub->op != 0;
    }
    for (Term* extra : more) {
      own.push_back(extra);
      any = true;
    }
    if (!any) return;
    alternatives.push_back({own.span()});
  }
  term->alternatives = alternatives.span();
  term->op = term_op::kOr;
}

// x LIKE 'abc%' implies a range of x, in an index whose collation treats case as the operator does.
void analyze_like(CorePlan& plan, Term* term, ArenaVector<Term*>& implied) {
  auto* like = term->expr->as<bind::BoundLike>();
  bool glob = like->op == bind::LikeOp::Glob;
  if (like->negated || like->function != nullptr || (!glob && like->op != bind::LikeOp::Like)) return;
  if (like->escape != nullptr && like->escape->kind != BoundKind::Constant) return;
  Side side = index_side(plan, like->operand);
  if (side.source < 0 || side.column < 0 || like->operand->kind != BoundKind::Column) return;
  const BoundSource& source = *plan.sources[side.source].source;
  if (source.table == nullptr) return;
  bool text_column = source.table->columns[static_cast<size_t>(side.column)].affinity == Affinity::Text;
  if (like->pattern->kind == BoundKind::Constant) {
    const Value& pattern = like->pattern->as<bind::BoundConstant>()->value;
    if (pattern.type != ValueType::Text || pattern.length == 0) return;
    char first = pattern.bytes[0];
    if (glob ? (first == '*' || first == '?' || first == '[') : (first == '%' || first == '_')) return;
    // Numbers in a column of another affinity match by their text: only prefixes that no number has are safe.
    bool letter = (first >= 'a' && first <= 'z') || (first >= 'A' && first <= 'Z');
    if (!text_column && (!letter || first == 'i' || first == 'I' || like->escape != nullptr)) return;
  } else if (like->pattern->kind != BoundKind::Parameter || !text_column) {
    return;
  }
  Term* range = implied_term(plan, term, false);
  set_side(*range, side, term_op::kGe, like->pattern);
  range->like = like;
  range->affinity = Affinity::None;
  range->collation = glob ? &kBinaryCollation : &kNoCaseCollation;
  implied.push_back(range);
}

// column = other column and column = constant: the other column is that constant too.
void add_transitive(CorePlan& plan, ArenaVector<Term*>& implied, size_t written) {
  if (written > 32) return;
  for (size_t i = 0; i < written; ++i) {
    Term* link = plan.terms[i];
    if (link->op != term_op::kEq || link->on_source >= 0 || link->mask_right == 0 || link->column < 0) continue;
    if (link->expr->kind != BoundKind::Compare) continue;
    auto* compare = link->expr->as<BoundCompare>();
    if (compare->left->kind != BoundKind::Column || compare->right->kind != BoundKind::Column) continue;
    if (link->collation == nullptr || link->collation->kind != Collation::Kind::Binary) continue;
    if (compare->left->affinity != compare->right->affinity || compare->left->affinity == Affinity::None) continue;
    for (size_t j = 0; j < written; ++j) {
      Term* known = plan.terms[j];
      if (known->op != term_op::kEq || known->on_source >= 0 || known->mask_right != 0 || known->right->is_volatile)
        continue;
      if (known->right->has_subquery) continue;
      if (known->left->kind != BoundKind::Column || known->collation == nullptr ||
          known->collation->kind != Collation::Kind::Binary)
        continue;
      if (known->affinity != link->affinity &&
          known->affinity != comparison_affinity(compare->left->affinity, Affinity::None))
        continue;
      BoundExpr* other = bind::equal_exprs(known->left, compare->left)    ? compare->right
                         : bind::equal_exprs(known->left, compare->right) ? compare->left
                                                                          : nullptr;
      if (other == nullptr) continue;
      Side side = index_side(plan, other);
      if (side.source < 0) continue;
      Term* derived = plan.context.scratch.make<Term>();
      derived->mask = bit(side.source);
      derived->column_begin = derived->column_end = link->column_begin;
      derived->is_virtual = true;
      set_side(*derived, side, term_op::kEq, known->right);
      derived->affinity = known->affinity;
      derived->collation = known->collation;
      implied.push_back(derived);
    }
  }
}

}  // namespace

void analyze_term(CorePlan& plan, Term* term, ArenaVector<Term*>& implied) {
  BoundExpr* expr = term->expr;
  if (expr->is_volatile && expr->kind != BoundKind::Compare) return;
  switch (expr->kind) {
    case BoundKind::Compare: {
      auto* compare = expr->as<BoundCompare>();
      if (expr->is_volatile && (compare->left->is_volatile || compare->right->is_volatile)) return;
      analyze_compare(plan, term, compare->left, compare->right, op_of(compare->op), compare->operand_affinity,
                      compare->compare_collation, implied);
      return;
    }
    case BoundKind::Between: {
      auto* between = expr->as<BoundBetween>();
      if (between->negated) return;
      Side side = index_side(plan, between->operand);
      if (side.source < 0) return;
      for (int i = 0; i < 2; ++i) {
        Term* bound = implied_term(plan, term, true);
        set_side(*bound, side, i == 0 ? term_op::kGe : term_op::kLe, i == 0 ? between->low : between->high);
        bound->affinity = i == 0 ? between->low_affinity : between->high_affinity;
        bound->collation = i == 0 ? between->low_collation : between->high_collation;
        implied.push_back(bound);
      }
      return;
    }
    case BoundKind::InList: {
      auto* in = expr->as<BoundInList>();
      if (in->negated || in->items.empty()) return;
      Side side = index_side(plan, in->operand);
      if (side.source < 0) return;
      if (in->items.size() == 1) {
        set_side(*term, side, term_op::kEq, in->items[0]);
        term->small_constant = is_small_integer(in->items[0]);
      } else {
        set_side(*term, side, term_op::kIn, nullptr);
        term->right = in;
        term->mask_right = items_mask(in->items);
      }
      term->affinity = in->operand_affinity;
      term->collation = in->compare_collation;
      return;
    }
    case BoundKind::InQuery: {
      auto* in = expr->as<BoundInQuery>();
      if (in->negated || in->operands.size() != 1) return;
      Side side = index_side(plan, in->operands[0]);
      if (side.source < 0) return;
      set_side(*term, side, term_op::kIn, nullptr);
      term->right = in;
      for (BoundExpr* argument : in->query->outer_args) term->mask_right |= expr_mask(argument);
      term->affinity = in->operand_affinities[0];
      term->collation = in->compare_collations[0];
      return;
    }
    case BoundKind::IsNull: {
      auto* is_null = expr->as<BoundIsNull>();
      if (is_null->negated) return;
      Side side = index_side(plan, is_null->operand);
      if (side.source >= 0) set_side(*term, side, term_op::kIsNull, nullptr);
      return;
    }
    case BoundKind::RowCompare: {
      auto* row = expr->as<BoundRowCompare>();
      if (row->op == CompareOp::Eq || row->op == CompareOp::Is) {
        for (size_t i = 0; i < row->left.size(); ++i) {
          Term* part = implied_term(plan, term, true);
          analyze_compare(plan, part, row->left[i], row->right[i], op_of(row->op), row->operand_affinities[i],
                          row->compare_collations[i], implied);
          implied.push_back(part);
        }
      } else if (op_of(row->op) != 0 && !row->left.empty()) {
        // (a, b) > (x, y) implies a >= x: enough to start a range.
        uint16_t op = op_of(row->op);
        op = (op & term_op::kLower) != 0 ? term_op::kGe : term_op::kLe;
        Term* first = implied_term(plan, term, false);
        analyze_compare(plan, first, row->left[0], row->right[0], op, row->operand_affinities[0],
                        row->compare_collations[0], implied);
        if (first->op != 0) implied.push_back(first);
      }
      return;
    }
    case BoundKind::Or: analyze_or(plan, term, implied); return;
    case BoundKind::Like: analyze_like(plan, term, implied); return;
    case BoundKind::Function: {
      auto* call = expr->as<bind::BoundFunction>();
      if (call->function->kind != functions::BuiltinKind::Likely || call->arguments.empty()) return;
      // likelihood(X, p), likely(X), unlikely(X): X with a told probability.
      double probability = iequals(call->function->name, "unlikely") ? 0.0625 : 0.9375;
      if (call->arguments.size() == 2 && call->arguments[1]->kind == BoundKind::Constant) {
        const Value& value = call->arguments[1]->as<bind::BoundConstant>()->value;
        if (value.type == ValueType::Real) probability = value.real;
      }
      double inverse = probability > 1e-9 ? 1 / probability : 1e9;
      term->truth = static_cast<LogEst>(-log_est(static_cast<uint64_t>(inverse * 1024)) + 100);
      if (term->truth > 0) term->truth = 0;
      BoundExpr* whole = term->expr;
      term->expr = call->arguments[0];
      analyze_term(plan, term, implied);
      term->expr = whole;
      return;
    }
    default: return;
  }
}

namespace {

Status add_conjuncts(CorePlan& plan, BoundExpr* condition, int16_t on_source) {
  if (condition == nullptr) return {};
  // Depth first, left to right, without a list: conditions are usually one or two terms.
  if (condition->kind == BoundKind::And) {
    SQLRITE_TRY(add_conjuncts(plan, condition->as<BoundBinaryLogic>()->left, on_source));
    return add_conjuncts(plan, condition->as<BoundBinaryLogic>()->right, on_source);
  }
  Term* term = plan.context.scratch.make<Term>();
  term->expr = condition;
  term->on_source = on_source;
  term->column_begin = static_cast<int32_t>(plan.columns.size());
  SQLRITE_TRY(collect_expr(plan, condition, &term->mask));
  term->column_end = static_cast<int32_t>(plan.columns.size());
  plan.terms.push_back(term);
  return {};
}

}  // namespace

Status collect_terms(CorePlan& plan) {
  plan.term_columns_begin = static_cast<int32_t>(plan.columns.size());
  for (int i = 0; i < plan.source_count; ++i) {
    bool inner = plan.sources[i].join == JoinKind::Inner || plan.sources[i].join == JoinKind::Cross;
    SQLRITE_TRY(add_conjuncts(plan, plan.sources[i].source->on,
                              inner && i > plan.last_right_join ? int16_t{-1} : static_cast<int16_t>(i)));
  }
  SQLRITE_TRY(add_conjuncts(plan, plan.core.where, -1));
  ArenaVector<Term*> implied(plan.context.scratch);
  size_t written = plan.terms.size();
  for (size_t i = 0; i < written; ++i) {
    if (plan.terms[i]->mask != 0) analyze_term(plan, plan.terms[i], implied);
  }
  if (plan.source_count > 1) add_transitive(plan, implied, written);
  for (Term* term : implied) plan.terms.push_back(term);
  return {};
}

}  // namespace sqlrite::plan
