#include "plan/physical/grouped_form.h"

#include "plan/rules/rewrite.h"
#include "types/affinity.h"

namespace sqlrite::plan {

namespace {

// The same for every outer row, and evaluated without effects.
bool is_invariant(const BoundExpr* expr) {
  return expr == nullptr || (!expr->has_outer && !expr->has_subquery && !expr->is_volatile);
}

template <typename Exprs>
bool all_invariant(const Exprs& exprs) {
  for (const BoundExpr* expr : exprs) {
    if (!is_invariant(expr)) return false;
  }
  return true;
}

bool is_invariant(const bind::BoundAggregate& call) {
  if (call.is_volatile || !is_invariant(call.filter) || !all_invariant(call.arguments)) return false;
  for (const OrderTerm& term : call.order_by) {
    if (!is_invariant(term.expr)) return false;
  }
  return true;
}

// The outer row may stand in equalities with one value only.
bool is_keyed_by_values(const TableAccess& access) {
  bool correlated = false;
  for (const KeyEqual& equal : access.range.equals) {
    if (equal.value == nullptr || equal.null_matches || equal.value->has_subquery || equal.value->is_volatile)
      return false;
    correlated |= equal.value->has_outer;
  }
  return correlated && is_invariant(access.range.lower) && is_invariant(access.range.upper) &&
         is_invariant(access.index_filter) && is_invariant(access.filter);
}

// The scan without what the outer row gives its key: the fields compared with that come out as columns, and whatever
// stands behind the first of them in the key becomes a condition.
class KeyToColumns {
 public:
  KeyToColumns(const ScanNode& scan, GroupedForm& form, Arena& arena)
      : index_(*form.index), arena_(arena), scan_(arena.make<ScanNode>(scan)), fetch_(arena), form_(form) {
    for (const ColumnFetch& column : scan.access.fetch) fetch_.push_back(column);
  }

  // Null: a field is an expression, of which there is no column.
  ScanNode* convert(ArenaVector<BoundExpr*>& keys) {
    TableAccess& access = scan_->access;
    const KeyRange range = access.range;
    access.range = KeyRange();
    ArenaVector<KeyEqual> equals(arena_);
    ArenaVector<const Collation*> collations(arena_);
    for (size_t i = 0; i < range.equals.size(); ++i) {
      const KeyEqual& equal = range.equals[i];
      const bool is_key = equal.value->has_outer;
      if (!is_key && keys.size() == 0) {
        access.range.equals = range.equals.first(i + 1);
        continue;
      }
      BoundExpr* field = field_slot(i);
      if (field == nullptr) return nullptr;
      if (!is_key) {
        add_condition(field, bind::CompareOp::Eq, equal.value, equal.affinity);
        continue;
      }
      keys.push_back(field);
      equals.push_back(equal);
      collations.push_back(collation_of(*field));
    }
    form_.keys.equals = equals.span();
    form_.key_collations = collations.span();
    if (range.lower != nullptr || range.upper != nullptr) {
      BoundExpr* field = field_slot(range.equals.size());
      if (field == nullptr) return nullptr;
      using bind::CompareOp;
      add_condition(field, range.lower_inclusive ? CompareOp::Ge : CompareOp::Gt, range.lower, range.lower_affinity);
      add_condition(field, range.upper_inclusive ? CompareOp::Le : CompareOp::Lt, range.upper, range.upper_affinity);
    }
    access.fetch = fetch_.span();
    access.key_is_unique = false;
    scan_->single_row_max = false;
    return scan_;
  }

 private:
  BoundExpr* field_slot(size_t field) {
    int16_t column = index_.fields[field].column;
    if (column == catalog::kExpressionColumn) return nullptr;
    const catalog::Table& table = *scan_->access.table;
    if (column == table.rowid_alias && !table.without_rowid) column = catalog::kRowIdColumn;
    auto* slot = arena_.make<bind::BoundSlot>();
    slot->kind = BoundKind::Slot;
    slot->has_column = true;
    slot->collation = index_.fields[field].collation;
    for (const ColumnFetch& known : fetch_) {
      if (known.column == column) slot->slot = known.slot;
    }
    if (slot->slot < 0) {
      slot->slot = scan_->slot_count++;
      fetch_.push_back({column, slot->slot});
    }
    return slot;
  }

  static const Collation* collation_of(const BoundExpr& field) {
    return field.collation != nullptr ? field.collation : &kBinaryCollation;
  }

  void add_condition(BoundExpr* field, bind::CompareOp op, BoundExpr* value, Affinity affinity) {
    if (value == nullptr) return;
    auto* compare = arena_.make<bind::BoundCompare>();
    compare->kind = BoundKind::Compare;
    compare->has_column = true;
    compare->op = op;
    compare->left = field;
    compare->right = value;
    compare->operand_affinity = is_numeric_affinity(affinity) ? Affinity::Numeric
                                : affinity == Affinity::Text  ? Affinity::Text
                                                              : Affinity::None;
    compare->compare_collation = collation_of(*field);
    scan_->access.filter = conjunction(arena_, scan_->access.filter, compare);
  }

  const catalog::Index& index_;
  Arena& arena_;
  ScanNode* scan_;
  ArenaVector<ColumnFetch> fetch_;
  GroupedForm& form_;
};

}  // namespace

const GroupedForm* make_grouped_form(const QueryPlan& block, bool for_existence, Arena& arena) {
  if (block.is_volatile || block.reads_working_table || block.root->kind != NodeKind::Project) return nullptr;
  const auto& project = static_cast<const ProjectNode&>(*block.root);
  const Node* input = project.input;
  const AggregateNode* aggregate = nullptr;
  if (!for_existence) {
    if (input->kind != NodeKind::Aggregate || !all_invariant(project.exprs)) return nullptr;
    aggregate = static_cast<const AggregateNode*>(input);
    if (aggregate->mode != AggregateMode::Plain || !aggregate->bare.empty()) return nullptr;
    for (const bind::BoundAggregate* call : aggregate->aggregates) {
      if (!is_invariant(*call)) return nullptr;
    }
    input = aggregate->input;
  }
  if (input->kind != NodeKind::IndexScan) return nullptr;
  const auto& scan = static_cast<const ScanNode&>(*input);
  if (!is_keyed_by_values(scan.access)) return nullptr;

  auto* form = arena.make<GroupedForm>();
  form->index = scan.access.index != nullptr ? scan.access.index : scan.access.table->primary_key_index;
  form->looks_up_rows = scan.access.index != nullptr && !scan.access.covering;
  auto* groups = arena.make<AggregateNode>();
  groups->kind = NodeKind::Aggregate;
  groups->mode = AggregateMode::Ordered;
  ArenaVector<BoundExpr*> keys(arena);
  groups->input = KeyToColumns(scan, *form, arena).convert(keys);
  if (groups->input == nullptr) return nullptr;
  groups->keys = keys.span();
  groups->key_collations = form->key_collations;
  groups->ordered_descending = arena.make_array<bool>(keys.size());
  if (aggregate != nullptr) {
    groups->aggregates = aggregate->aggregates;
    form->results = project.exprs;
  }
  groups->slot_count = static_cast<uint16_t>(keys.size() + groups->aggregates.size());
  form->groups = groups;
  return form;
}

}  // namespace sqlrite::plan
