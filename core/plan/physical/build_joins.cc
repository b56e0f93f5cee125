// From chosen access paths to scan and join nodes: decides which conditions the accesses already check, where the others
// are checked, which columns are really read, and gives those their slots.
#include <algorithm>

#include "plan/logical/core_plan.h"
#include "plan/physical/builders.h"
#include "plan/rules/rewrite.h"

namespace sqlrite::plan {

namespace {

void consume(Term* term) {
  if (term->consumed) return;
  term->consumed = true;
  if (term->parent == nullptr) return;
  if (term->commuted) {
    consume(term->parent);
  } else if (term->implies_parent && ++term->parent->children_done == term->parent->children) {
    consume(term->parent);
  }
}

// Conditions joined by AND; those with sub-queries last, since they cost most.
struct Conjunction {
  BoundExpr* cheap = nullptr;
  BoundExpr* dear = nullptr;

  void add(Arena& arena, BoundExpr* expr) {
    BoundExpr** side = expr->has_subquery ? &dear : &cheap;
    *side = conjunction(arena, *side, expr);
  }
  BoundExpr* result(Arena& arena) const { return conjunction(arena, cheap, dear); }
};

struct Level {
  AccessPath* path = nullptr;
  SourceInfo* info = nullptr;
  int source = 0;
  bool hash = false;
  bool one_outer_row = false;
  Conjunction scan_filter, index_filter, on, join_filter;
  Term* hash_keys[16];
  int hash_key_count = 0;
  uint64_t live = 0;
  std::span<uint64_t> live_more;
  uint64_t index_live = 0;  // columns that index_filter reads
  int32_t slot_base = 0;
  int32_t slot_count = 0;
};

struct JoinBuilder {
  CorePlan& plan;
  ChosenPath& chosen;
  Arena& arena;
  Level* levels;
  int level_of[kSourcesMax];
  int32_t slot_count = 0;
  Conjunction once, volatile_once;

  bool index_has(const Level& level, int16_t column) const;
  bool only_index_columns(const Level& level, const Term& term) const;
  void omit_unused_joins();
  void pick_hash_keys(int number);
  void place_terms();
  void mark_live(const BoundColumn& column);
  void mark_key_columns(const Term& term, int source);
  void assign_slots();
  int32_t slot_of(const Level& level, int16_t column) const;
  std::span<ColumnFetch> fetch_of(const Level& level, const catalog::Index* covering, uint64_t only, bool filtered);
  KeyRange range_of(const AccessPath& path, const SourceInfo& info);
  TableAccess access_of(const Level& level, const AccessPath& path);
  Node* scan_of(Level& level, int number);
  std::span<int32_t> slots_upto(int number) const;
  std::span<int32_t> slots_at(const Level& level) const;
  bool invariant_scan(const Level& level) const;
  Result<Node*> build();
};

bool JoinBuilder::index_has(const Level& level, int16_t column) const {
  if (level.path->index == nullptr) return false;
  for (const catalog::IndexField& field : level.path->index->fields) {
    if (field.column != catalog::kExpressionColumn && normal_column(*level.info->source, field.column) == column)
      return true;
  }
  return false;
}

bool JoinBuilder::only_index_columns(const Level& level, const Term& term) const {
  for (int32_t i = term.column_begin; i < term.column_end; ++i) {
    const BoundColumn* column = plan.columns[static_cast<size_t>(i)];
    if (column->source != level.info->source) continue;
    int16_t number = normal_column(*column->source, column->column);
    if (number >= 63 || !index_has(level, number)) return false;
  }
  return true;
}

void JoinBuilder::pick_hash_keys(int number) {
  Level& level = levels[number];
  const AccessPath& path = *level.path;
  if (number == 0) {
    // A correlated block that would scan its first source for every outer row keeps it in a hash table instead, by the
    // columns that are compared with the outer row.
    if (plan.query.outer_args.empty() || !path.terms.empty() || path.kind == PathKind::MultiOr) return;
    SourceKind kind = level.info->source->kind;
    if ((kind != SourceKind::Table && kind != SourceKind::Query) || level.info->depends_on_outer) return;
    const catalog::Table* written = plan.context.written;
    if (written != nullptr && (kind == SourceKind::Query || level.info->table == written)) return;
    if (level.info->query_plan != nullptr &&
        (level.info->query_plan->is_volatile || level.info->query_plan->reads_working_table))
      return;
    for (Term* term : plan.terms) {
      if (term->op != term_op::kEq || term->consumed || term->source != level.source || term->mask_right != 0) continue;
      if (!term->right->has_outer || term->right->is_volatile || term->right->has_subquery || term->left->is_volatile)
        continue;
      if (!usable_at(plan, *term, level.source) || level.hash_key_count == 16) continue;
      level.hash_keys[level.hash_key_count++] = term;
      consume(term);
    }
    level.hash = level.hash_key_count > 0;
    return;
  }
  bool right_or_full = level.info->join == JoinKind::Right || level.info->join == JoinKind::Full;
  bool keyed = path.kind != PathKind::Hash && (!path.terms.empty() || path.kind == PathKind::MultiOr);
  if (keyed || (level.one_outer_row && path.kind != PathKind::Hash && !right_or_full)) return;
  if (level.info->source->kind == SourceKind::TableFunction && level.info->before != 0) return;
  SourceMask ready = 0;
  for (int i = 0; i < number; ++i) ready |= bit(levels[i].source);
  auto pick = [&](bool constant) {
    for (Term* term : plan.terms) {
      if (term->op != term_op::kEq || term->consumed || term->source != level.source) continue;
      if ((term->mask_right == 0) != constant || (term->mask_right & ~ready) != 0 || level.hash_key_count == 16)
        continue;
      // A WHERE condition over a null-extended source would drop the join's NULL rows: only ON conditions are its keys.
      bool fits = right_or_full ? term->on_source == level.source : usable_at(plan, *term, level.source);
      if (!fits || term->left->is_volatile || term->right->is_volatile) continue;
      level.hash_keys[level.hash_key_count++] = term;
      consume(term);
    }
  };
  pick(false);
  // Joined by nothing but a constant: still looked up, so that the whole source is not read for each outer row.
  if (path.kind == PathKind::Hash && level.hash_key_count == 0) pick(true);
  level.hash = level.hash_key_count > 0;
}

void JoinBuilder::place_terms() {
  for (Term* term : plan.terms) {
    if (term->is_virtual || term->consumed) continue;
    if (term->on_source < 0 && term->mask == 0) {
      (term->expr->is_volatile ? volatile_once : once).add(arena, term->expr);
      continue;
    }
    // The first level at which all columns of the condition are there, after every join that could change them.
    int at = term->on_source >= 0 ? level_of[term->on_source] : 0;
    for (SourceMask rest = term->mask; rest != 0; rest &= rest - 1) at = std::max(at, level_of[std::countr_zero(rest)]);
    if (term->on_source < 0 && plan.last_right_join >= 0) at = std::max(at, level_of[plan.last_right_join]);
    Level& level = levels[at];
    bool own = (term->mask & bit(level.source)) != 0;
    bool own_only = term->mask == bit(level.source);
    // What depends on the outer row stays out of a hash table, which then serves all outer rows.
    if (level.hash && (term->expr->has_outer || term->expr->has_subquery)) own_only = false;
    JoinKind join = level.info->join;
    if (term->on_source >= 0) {
      if (join == JoinKind::Inner || join == JoinKind::Cross) {
        (at > 0 && (!own || (level.hash && !own_only)) ? level.join_filter : level.scan_filter).add(arena, term->expr);
      } else if (join == JoinKind::Left && own && (!level.hash || own_only)) {
        level.scan_filter.add(arena, term->expr);
      } else {
        level.on.add(arena, term->expr);
      }
      continue;
    }
    bool after_join = join == JoinKind::Left || join == JoinKind::Right || join == JoinKind::Full;
    if ((at > 0 && after_join) || (level.hash && !own_only)) {
      level.join_filter.add(arena, term->expr);
    } else if (level.path->kind == PathKind::Index && (level.path->flags & path_flag::kCovering) == 0 &&
               !term->expr->has_subquery && level.path->index != nullptr &&
               !level.path->index->is_without_rowid_table && only_index_columns(level, *term)) {
      level.index_filter.add(arena, term->expr);
      for (int32_t i = term->column_begin; i < term->column_end; ++i) {
        const BoundColumn* column = plan.columns[static_cast<size_t>(i)];
        if (column->source != level.info->source) continue;
        int16_t number = normal_column(*column->source, column->column);
        level.index_live |= number == catalog::kRowIdColumn ? bit(63) : bit(number);
      }
    } else {
      level.scan_filter.add(arena, term->expr);
    }
  }
}

void JoinBuilder::mark_live(const BoundColumn& column) {
  int position = column.source->position;
  if (position >= plan.source_count || plan.sources[position].source != column.source) return;
  if (level_of[position] < 0) return;  // an omitted join
  Level& level = levels[level_of[position]];
  int16_t number = normal_column(*column.source, column.column);
  if (number == catalog::kRowIdColumn) {
    level.live |= bit(63);
  } else if (number < 63) {
    level.live |= bit(number);
  } else {
    if (level.live_more.empty())
      level.live_more = plan.context.scratch.make_array<uint64_t>(level.info->used_more.size());
    level.live_more[static_cast<size_t>(number - 63) / 64] |= bit((number - 63) % 64);
  }
}

// The columns that the key of an access reads: those of other sources.
void JoinBuilder::mark_key_columns(const Term& term, int source) {
  if (term.mask_right == 0 && term.op != term_op::kOr) return;
  for (int32_t i = term.column_begin; i < term.column_end; ++i) {
    const BoundColumn* column = plan.columns[static_cast<size_t>(i)];
    if (column->source->position != source) mark_live(*column);
  }
}

void JoinBuilder::assign_slots() {
  // Results, keys, aggregates and order terms; then the conditions that are checked somewhere; then keys of accesses.
  for (int32_t i = 0; i < plan.term_columns_begin; ++i) mark_live(*plan.columns[static_cast<size_t>(i)]);
  for (const Term* term : plan.terms) {
    if (term->is_virtual || term->consumed) continue;
    for (int32_t i = term->column_begin; i < term->column_end; ++i) mark_live(*plan.columns[static_cast<size_t>(i)]);
  }
  for (int i = 0; i < chosen.count; ++i) {
    const Level& level = levels[i];
    for (const Term* term : level.path->terms) mark_key_columns(*term, level.source);
    if (level.path->kind == PathKind::MultiOr) mark_key_columns(*level.path->or_term, level.source);
    for (int k = 0; k < level.hash_key_count; ++k) {
      const Term& term = *level.hash_keys[k];
      for (int32_t c = term.column_begin; c < term.column_end; ++c) mark_live(*plan.columns[static_cast<size_t>(c)]);
    }
  }
  for (int position = 0; position < plan.source_count; ++position) {
    if (level_of[position] < 0) continue;
    Level& level = levels[level_of[position]];
    level.slot_base = slot_count;
    int live = std::popcount(level.live);
    for (uint64_t word : level.live_more) live += std::popcount(word);
    level.slot_count = live;
    slot_count += live;
  }
  for (BoundColumn* column : plan.columns) {
    int position = column->source->position;
    if (position >= plan.source_count || plan.sources[position].source != column->source) continue;
    if (level_of[position] < 0) continue;
    column->slot = slot_of(levels[level_of[position]], normal_column(*column->source, column->column));
  }
}

int32_t JoinBuilder::slot_of(const Level& level, int16_t column) const {
  // Rank among the live columns, the rowid last of the first word's.
  if (column == catalog::kRowIdColumn) {
    return (level.live & bit(63)) != 0 ? level.slot_base + std::popcount(level.live & ~bit(63)) : -1;
  }
  if (column < 63) {
    if ((level.live & bit(column)) == 0) return -1;
    return level.slot_base + std::popcount(level.live & (bit(column) - 1));
  }
  size_t word = static_cast<size_t>(column - 63) / 64;
  int at = (column - 63) % 64;
  if (level.live_more.empty() || (level.live_more[word] & bit(at)) == 0) return -1;
  int32_t rank = std::popcount(level.live);
  for (size_t w = 0; w < word; ++w) rank += std::popcount(level.live_more[w]);
  return level.slot_base + rank + std::popcount(level.live_more[word] & (bit(at) - 1));
}

std::span<ColumnFetch> JoinBuilder::fetch_of(const Level& level, const catalog::Index* covering, uint64_t only,
                                             bool filtered) {
  std::span<ColumnFetch> fetch = arena.make_array<ColumnFetch>(
      filtered ? static_cast<size_t>(std::popcount(level.live & only)) : static_cast<size_t>(level.slot_count));
  size_t count = 0;
  uint64_t live = filtered ? level.live & only : level.live;
  if ((live & bit(63)) != 0) fetch[count++] = {catalog::kRowIdColumn, slot_of(level, catalog::kRowIdColumn)};
  for (uint64_t rest = live & ~bit(63); rest != 0; rest &= rest - 1) {
    auto column = static_cast<int16_t>(std::countr_zero(rest));
    fetch[count++] = {column, slot_of(level, column)};
  }
  if (!filtered) {
    for (size_t word = 0; word < level.live_more.size(); ++word) {
      for (uint64_t rest = level.live_more[word]; rest != 0; rest &= rest - 1) {
        auto column = static_cast<int16_t>(63 + word * 64 + static_cast<size_t>(std::countr_zero(rest)));
        fetch[count++] = {column, slot_of(level, column)};
      }
    }
  }
  const catalog::Table* table = level.info->table;
  if (table != nullptr && count > 1 && (covering != nullptr || table->without_rowid)) {
    // By place in the record that is read.
    auto place = [&](const ColumnFetch& f) -> int {
      if (covering == nullptr)
        return f.column < 0 ? -1 : table->columns[static_cast<size_t>(f.column)].storage_position;
      for (size_t i = 0; i < covering->fields.size(); ++i) {
        if (normal_column(*level.info->source, covering->fields[i].column) == f.column) return static_cast<int>(i);
      }
      return -1;
    };
    std::sort(fetch.begin(), fetch.begin() + static_cast<std::ptrdiff_t>(count),
              [&](const ColumnFetch& a, const ColumnFetch& b) { return place(a) < place(b); });
  }
  return fetch.first(count);
}

// The affinity that the key's value gets before the search: the column's, unless the comparison applies none.
Affinity key_affinity(const Term& term, const AccessPath& path, int field, const SourceInfo& info) {
  if (term.affinity <= Affinity::Blob) return Affinity::None;
  if (path.index == nullptr) return Affinity::Integer;
  int16_t column = path.index->fields[static_cast<size_t>(field)].column;
  if (column == catalog::kRowIdColumn) return Affinity::Integer;
  if (column >= 0) return info.table->columns[static_cast<size_t>(column)].affinity;
  return term.affinity;
}

KeyRange JoinBuilder::range_of(const AccessPath& path, const SourceInfo& info) {
  KeyRange range;
  if (path.terms.empty()) return range;
  range.equals = arena.make_array<KeyEqual>(path.equal_count);
  for (int i = 0; i < path.equal_count; ++i) {
    const Term& term = *path.terms[static_cast<size_t>(i)];
    KeyEqual& key = range.equals[static_cast<size_t>(i)];
    key.affinity = key_affinity(term, path, i, info);
    if (term.op == term_op::kIn) {
      if (term.right->kind == BoundKind::InQuery) {
        key.in_query = term.right->as<bind::BoundInQuery>();
      } else {
        key.values = term.right->as<bind::BoundInList>()->items;
      }
    } else if (term.op == term_op::kIsNull) {
      auto* null = arena.make<bind::BoundConstant>();
      null->kind = BoundKind::Constant;
      key.value = null;
      key.null_matches = true;
      key.affinity = Affinity::None;
    } else {
      key.value = term.right;
      key.null_matches = term.op == term_op::kIs;
    }
  }
  if (const Term* prefix = path.prefix(); prefix != nullptr) range.prefix_of = prefix->like;
  const Term* lower = path.lower();
  const Term* upper = path.upper();
  if (lower != nullptr) {
    range.lower = lower->right;
    range.lower_inclusive = lower->op == term_op::kGe;
    range.lower_affinity = key_affinity(*lower, path, path.equal_count, info);
  }
  if (upper != nullptr) {
    range.upper = upper->right;
    range.upper_inclusive = upper->op == term_op::kLe;
    range.upper_affinity = key_affinity(*upper, path, path.equal_count, info);
    range.skip_nulls = lower == nullptr;
  }
  return range;
}

TableAccess JoinBuilder::access_of(const Level& level, const AccessPath& path) {
  TableAccess access;
  access.source = level.info->source;
  access.table = level.info->table;
  access.index = path.index != nullptr && path.index->is_without_rowid_table ? nullptr : path.index;
  access.covering = access.index != nullptr && (path.flags & path_flag::kCovering) != 0;
  access.range = path.kind == PathKind::Hash ? KeyRange() : range_of(path, *level.info);
  access.descending = (chosen.reverse & bit(level.source)) != 0;
  access.order_needed = chosen.ordered_terms > 0 || chosen.distinct_ordered;
  access.key_is_unique = (path.flags & path_flag::kOneRow) != 0;
  return access;
}

bool JoinBuilder::invariant_scan(const Level& level) const {
  auto constant = [](const BoundExpr* expr) {
    return expr == nullptr || (!expr->has_outer && !expr->is_volatile && !expr->has_subquery);
  };
  // What the statement itself is changing row by row is read anew each time.
  const catalog::Table* written = plan.context.written;
  if (written != nullptr && (level.info->table == written || level.info->source->kind == SourceKind::Query))
    return false;
  if (level.info->source->kind == SourceKind::CteRecursive || level.info->source->kind == SourceKind::TableFunction)
    return false;
  if (level.info->source->kind == SourceKind::Query &&
      (level.info->depends_on_outer || level.info->query_plan->is_volatile ||
       level.info->query_plan->reads_working_table)) {
    return false;
  }
  return constant(level.scan_filter.cheap) && level.scan_filter.dear == nullptr && constant(level.index_filter.cheap);
}

Node* JoinBuilder::scan_of(Level& level, int number) {
  const AccessPath& path = *level.path;
  double rows = from_log_est(path.out);
  auto finish = [&](Node* node, NodeKind kind) {
    node->kind = kind;
    node->slot_count = static_cast<uint16_t>(slot_count);
    node->rows_estimate = rows;
    node->single_row_max = (path.flags & path_flag::kOneRow) != 0;
    return node;
  };
  BoundExpr* filter = level.scan_filter.result(arena);
  switch (level.info->source->kind) {
    case SourceKind::Table: {
      if (path.kind == PathKind::MultiOr) {
        auto* node = arena.make<MultiIndexOrNode>();
        node->table = access_of(level, path);
        node->table.fetch = fetch_of(level, nullptr, 0, false);
        node->table.filter = filter;
        node->branches = arena.make_array<TableAccess>(path.branches.size());
        for (size_t i = 0; i < path.branches.size(); ++i) {
          node->branches[i] = access_of(level, *path.branches[i]);
          node->branches[i].descending = false;
        }
        return finish(node, NodeKind::MultiIndexOr);
      }
      auto* node = arena.make<ScanNode>();
      node->access = access_of(level, path);
      node->access.filter = filter;
      node->access.index_filter = level.index_filter.result(arena);
      if (node->access.index_filter != nullptr)
        node->access.index_fetch = fetch_of(level, path.index, level.index_live, true);
      node->access.fetch = fetch_of(level, node->access.covering ? path.index : nullptr, 0, false);
      return finish(node, node->access.index != nullptr ? NodeKind::IndexScan : NodeKind::TableScan);
    }
    case SourceKind::Query: {
      auto* node = arena.make<QueryScanNode>();
      node->source = level.info->source;
      node->query = level.info->query_plan;
      node->fetch = fetch_of(level, nullptr, 0, false);
      node->shared_index = level.info->shared_index;
      node->materialize = node->shared_index >= 0 || (number > 0 && !level.hash && !level.one_outer_row);
      node->invariant = plan.context.written == nullptr && !level.info->depends_on_outer && !node->query->is_volatile &&
                        !node->query->reads_working_table;
      node->filter = filter;
      node = static_cast<QueryScanNode*>(finish(node, NodeKind::QueryScan));
      node->single_row_max = level.info->query_plan->root->single_row_max;
      return node;
    }
    case SourceKind::CteRecursive: {
      auto* node = arena.make<RecursiveScanNode>();
      node->source = level.info->source;
      node->recursive_of = level.info->source->recursive_of;
      node->fetch = fetch_of(level, nullptr, 0, false);
      node->filter = filter;
      plan.reads_working_table = true;
      return finish(node, NodeKind::RecursiveScan);
    }
    case SourceKind::TableFunction: {
      auto* node = arena.make<TableFunctionNode>();
      node->source = level.info->source;
      node->arguments = level.info->source->arguments;
      node->fetch = fetch_of(level, nullptr, 0, false);
      node->filter = filter;
      return finish(node, NodeKind::TableFunctionScan);
    }
  }
  return nullptr;
}

std::span<int32_t> JoinBuilder::slots_at(const Level& level) const {
  std::span<int32_t> slots = arena.make_array<int32_t>(static_cast<size_t>(level.slot_count));
  for (int32_t i = 0; i < level.slot_count; ++i) slots[static_cast<size_t>(i)] = level.slot_base + i;
  return slots;
}

std::span<int32_t> JoinBuilder::slots_upto(int number) const {
  size_t count = 0;
  for (int i = 0; i < number; ++i) count += static_cast<size_t>(levels[i].slot_count);
  std::span<int32_t> slots = arena.make_array<int32_t>(count);
  size_t at = 0;
  for (int i = 0; i < number; ++i) {
    for (int32_t s = 0; s < levels[i].slot_count; ++s) slots[at++] = levels[i].slot_base + s;
  }
  return slots;
}

// A LEFT JOIN that finds at most one row, of which nothing is read, changes nothing.
void JoinBuilder::omit_unused_joins() {
  if (plan.last_right_join >= 0) return;
  for (int i = chosen.count - 1; i > 0; --i) {
    AccessPath* path = chosen.path[i];
    SourceInfo& info = plan.sources[path->source];
    if (info.join != JoinKind::Left) continue;
    bool distinct = plan.core.distinct && !plan.core.is_aggregate;
    if ((path->flags & path_flag::kOneRow) == 0 && !distinct) continue;
    SourceMask self = bit(path->source);
    bool read = false;
    for (int32_t c = 0; c < plan.term_columns_begin && !read; ++c) {
      read = plan.columns[static_cast<size_t>(c)]->source == info.source;
    }
    for (const Term* term : plan.terms) {
      if (term->is_virtual) continue;
      read |= term->on_source != path->source && (term->mask & self) != 0;
      read |= term->on_source == path->source && term->expr->is_volatile;
    }
    if (read) continue;
    for (Term* term : plan.terms) {
      if (term->on_source == path->source) term->consumed = true;
    }
    for (int k = i; k + 1 < chosen.count; ++k) chosen.path[k] = chosen.path[k + 1];
    --chosen.count;
  }
}

Result<Node*> JoinBuilder::build() {
  omit_unused_joins();
  bool one_row = true;
  for (int& level : level_of) level = -1;
  for (int i = 0; i < chosen.count; ++i) {
    Level& level = levels[i];
    level.path = chosen.path[i];
    level.source = level.path->source;
    level.info = &plan.sources[level.source];
    level_of[level.source] = i;
    level.one_outer_row = one_row;
    // (In a correlated block "one row" is one for each outer row; hash tables that serve all of them pay.)
    if (!plan.query.outer_args.empty()) level.one_outer_row = false;
    bool query_row = level.info->query_plan != nullptr && level.info->query_plan->root->single_row_max;
    one_row = one_row && ((level.path->flags & path_flag::kOneRow) != 0 || query_row);
    if (level.path->kind == PathKind::Hash) continue;
    for (Term* term : level.path->terms) {
      // Only what the key really decides: the lower bound made from a row comparison stays a condition too.
      consume(term);
    }
    if (level.path->kind == PathKind::MultiOr) {
      bool exact = true;
      for (size_t b = 0; b < level.path->branches.size(); ++b) {
        for (Term* term : level.path->branches[b]->terms) consume(term);
        for (const Term* term : level.path->or_term->alternatives[b].terms) exact &= term->is_virtual || term->consumed;
      }
      if (exact) consume(level.path->or_term);
    }
  }
  for (int i = 0; i < chosen.count; ++i) pick_hash_keys(i);
  place_terms();
  assign_slots();
  Node* root = nullptr;
  LogEst rows = 0;
  for (int i = 0; i < chosen.count; ++i) {
    Level& level = levels[i];
    rows = static_cast<LogEst>(rows + level.path->out);
    Node* scan = scan_of(level, i);
    if (i == 0) {
      root = scan;
      if (!level.hash) continue;
      root = arena.make<Node>();
      root->kind = NodeKind::SingleRow;
      root->slot_count = static_cast<uint16_t>(slot_count);
      root->single_row_max = true;
    }
    bool single = root->single_row_max && scan->single_row_max && level.info->join != JoinKind::Full &&
                  level.info->join != JoinKind::Right;
    if (level.hash) {
      auto* join = arena.make<HashJoinNode>();
      join->kind = NodeKind::HashJoin;
      join->join = level.info->join == JoinKind::Cross ? JoinKind::Inner : level.info->join;
      join->probe = root;
      join->build = scan;
      join->probe_slots = slots_upto(i);
      join->build_slots = slots_at(level);
      size_t keys = static_cast<size_t>(level.hash_key_count);
      join->probe_keys = arena.make_array<BoundExpr*>(keys);
      join->build_keys = arena.make_array<BoundExpr*>(keys);
      join->key_affinities = arena.make_array<Affinity>(keys);
      join->key_collations = arena.make_array<const Collation*>(keys);
      for (size_t k = 0; k < keys; ++k) {
        const Term& term = *level.hash_keys[k];
        join->probe_keys[k] = term.right;
        join->build_keys[k] = term.left;
        join->key_affinities[k] = term.affinity;
        join->key_collations[k] = term.collation != nullptr ? term.collation : &kBinaryCollation;
      }
      join->on = level.on.result(arena);
      join->filter = level.join_filter.result(arena);
      join->build_rows_estimate = from_log_est(level.info->row_count);
      scan->rows_estimate = join->build_rows_estimate;
      join->build_invariant = invariant_scan(level);
      root = join;
    } else {
      auto* join = arena.make<NestedLoopJoinNode>();
      join->kind = NodeKind::NestedLoopJoin;
      join->join = level.info->join == JoinKind::Cross ? JoinKind::Inner : level.info->join;
      join->outer = root;
      join->inner = scan;
      join->outer_slots = slots_upto(i);
      join->inner_slots = slots_at(level);
      join->on = level.on.result(arena);
      join->filter = level.join_filter.result(arena);
      root = join;
    }
    root->slot_count = static_cast<uint16_t>(slot_count);
    root->rows_estimate = from_log_est(rows);
    root->single_row_max = single;
  }
  if (root == nullptr) {
    root = arena.make<Node>();
    root->kind = NodeKind::SingleRow;
    root->single_row_max = true;
  }
  auto add_filter = [&](BoundExpr* condition, bool decided_once) {
    if (condition == nullptr) return;
    auto* filter = arena.make<FilterNode>();
    filter->kind = NodeKind::Filter;
    filter->slot_count = root->slot_count;
    filter->single_row_max = root->single_row_max;
    filter->rows_estimate = root->rows_estimate;
    filter->input = root;
    filter->condition = condition;
    filter->once = decided_once;
    root = filter;
  };
  add_filter(volatile_once.result(arena), false);
  add_filter(once.result(arena), true);
  return root;
}

}  // namespace

Result<Node*> build_joins(CorePlan& plan, ChosenPath& chosen) {
  Level* levels = plan.context.scratch.make_array<Level>(static_cast<size_t>(chosen.count)).data();
  JoinBuilder builder{plan, chosen, plan.context.arena, levels, {}, 0, {}, {}};
  return builder.build();
}

}  // namespace sqlrite::plan
