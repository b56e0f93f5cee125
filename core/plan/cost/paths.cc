// Access paths: every sensible way to read one source, with its cost.
//
// The cost model is SQLite's in its main lines, so that a statement gets the plan (and the row order) it is used to:
// the same default guesses where ANALYZE never ran, a look-up costs the logarithm of the table, fetching a row from a
// non-covering index costs as much as about three sequential rows. Where SQLite would build an automatic index the path
// is a hash join with the same estimated cost.
#include "plan/logical/core_plan.h"
#include "sql/ast/ast.h"

namespace sqlrite::plan {

namespace {

constexpr LogEst kRowFetchCost = 16;     // log_est(3): visiting a table row
constexpr LogEst kRandomFetchCost = 30;  // log_est(8): rows in another order than the table's
constexpr LogEst kHashSetupCost = 28;    // a hash over a stored table is built from scratch at each run
constexpr LogEst kInQueryRows = 46;      // log_est(25): rows guessed for x IN (SELECT ...)
constexpr LogEst kHashMatches = 43;      // log_est(20)
constexpr LogEst kDefaultPrefixRows[5] = {33, 32, 30, 28,
                                          27};  // rows per distinct prefix of 1..5 fields: 10, 9, 8, 7, 6
constexpr LogEst kDefaultPrefixRowsMore = 23;

// Rows per distinct prefix of `fields` leading fields; 0 fields: all entries.
LogEst prefix_rows(const SourceInfo& info, const catalog::Index& index, int fields) {
  if (fields == 0) {
    if (!index.rows_per_prefix.empty()) return log_est(index.entry_count_estimate);
    LogEst rows = info.row_count < 99 && !info.table->analyzed ? LogEst{99} : info.row_count;
    return index.where != nullptr ? static_cast<LogEst>(rows - 10) : rows;
  }
  if (!index.rows_per_prefix.empty()) {
    size_t last = index.rows_per_prefix.size();
    size_t at = static_cast<size_t>(fields) <= last ? static_cast<size_t>(fields) : last;
    return log_est(index.rows_per_prefix[at - 1]);
  }
  if (index.unique && fields >= index.key_field_count) return 0;
  return fields <= 5 ? kDefaultPrefixRows[fields - 1] : kDefaultPrefixRowsMore;
}

bool keys_not_null(const catalog::Index& index) {
  for (int i = 0; i < index.key_field_count; ++i) {
    int16_t column = index.fields[static_cast<size_t>(i)].column;
    if (column == catalog::kExpressionColumn) return false;
    if (column >= 0 && !index.table->columns[static_cast<size_t>(column)].not_null && !index.is_without_rowid_table &&
        column != index.table->rowid_alias) {
      return false;
    }
  }
  return true;
}

struct PathMaker {
  CorePlan& plan;
  SourceInfo& info;
  int source;
  std::span<Term* const> terms;
  AccessPath** sink;         // list the paths go to
  bool alternative = false;  // inside an OR: its alternatives compete among themselves only
  // The path being built.
  AccessPath path;
  Term* chosen[66];
  int chosen_count = 0;
  uint16_t width_index = 1;

  void insert();
  void adjust_output(LogEst table_rows);
  void extend(const catalog::Index* index, LogEst in_factor);
  void add_index(const catalog::Index* index, uint16_t sort_index);
  void add_rowid();
  void add_hash();
  void add_or();
  bool covers(const catalog::Index& index) const;
  bool may_order(const catalog::Index* index) const;
};

// Drops the path when a known one is as good in everything, and known ones that it beats.
void PathMaker::insert() {
  path.source = static_cast<uint8_t>(source);
  AccessPath** link = sink;
  AccessPath* place = nullptr;  // the first path that this one beats: it takes its place
  while (*link != nullptr) {
    AccessPath* known = *link;
    if (known->source == path.source && known->sort_index == path.sort_index) {
      bool replaces_hash = known->kind == PathKind::Hash && path.kind == PathKind::Index &&
                           (path.flags & path_flag::kEqual) != 0 &&
                           (known->prerequisite & path.prerequisite) == path.prerequisite;
      if (place == nullptr && !replaces_hash && (known->prerequisite & path.prerequisite) == known->prerequisite &&
          known->setup <= path.setup && known->run <= path.run && known->out <= path.out) {
        return;
      }
      if (replaces_hash || ((known->prerequisite & path.prerequisite) == path.prerequisite &&
                            known->setup >= path.setup && known->run >= path.run && known->out >= path.out)) {
        if (place != nullptr) {
          *link = known->next;
          continue;
        }
        place = known;
      }
    }
    link = &known->next;
  }
  std::span<Term*> terms_used =
      plan.context.scratch.copy_array<Term*>(std::span<Term* const>(chosen, static_cast<size_t>(chosen_count)));
  if (place == nullptr) {
    place = plan.context.scratch.make<AccessPath>();
    *link = place;
  }
  AccessPath* after = place->next;
  *place = path;
  place->terms = terms_used;
  place->next = after;
}

// Conditions that no index checks still cut rows away.
void PathMaker::adjust_output(LogEst table_rows) {
  if (plan.source_count <= 1 && plan.order.terms.empty()) return;
  SourceMask self = bit(source);
  SourceMask foreign = ~(path.prerequisite | self);
  LogEst reduce = 0;
  for (Term* term : terms) {
    if (term->is_virtual || (term->mask & foreign) != 0 || (term->mask & self) == 0) continue;
    bool used = false;
    for (int i = 0; i < chosen_count && !used; ++i) used = chosen[i] == term || chosen[i]->parent == term;
    if (used) continue;
    if (term->truth <= 0) {
      path.out = static_cast<LogEst>(path.out + term->truth);
      continue;
    }
    --path.out;
    if ((term->op & term_op::kEquality) != 0) {
      LogEst cut = term->small_constant ? 10 : 20;
      if (cut > reduce) reduce = cut;
    }
  }
  if (path.out > table_rows - reduce) path.out = static_cast<LogEst>(table_rows - reduce);
  if (path.out < 0) path.out = 0;
}

bool PathMaker::covers(const catalog::Index& index) const {
  if (index.is_without_rowid_table) return true;
  auto has = [&](int16_t column) {
    for (const catalog::IndexField& field : index.fields) {
      if (field.column != catalog::kExpressionColumn && normal_column(*info.source, field.column) == column)
        return true;
    }
    return false;
  };
  if ((info.used & bit(63)) != 0 && !has(catalog::kRowIdColumn)) return false;
  for (uint64_t rest = info.used & ~bit(63); rest != 0; rest &= rest - 1) {
    if (!has(static_cast<int16_t>(std::countr_zero(rest)))) return false;
  }
  for (size_t word = 0; word < info.used_more.size(); ++word) {
    for (uint64_t rest = info.used_more[word]; rest != 0; rest &= rest - 1) {
      if (!has(static_cast<int16_t>(63 + word * 64 + static_cast<size_t>(std::countr_zero(rest))))) return false;
    }
  }
  return true;
}

// Could walking this index (null: the rowid tree) help with the wanted order?
bool PathMaker::may_order(const catalog::Index* index) const {
  if (plan.order.terms.empty() || alternative || (index != nullptr && index->unordered)) return false;
  for (const OrderTerm& wanted : plan.order.terms) {
    BoundExpr* expr = strip_collate(wanted.expr);
    if (expr->kind == BoundKind::Column) {
      auto* column = expr->as<BoundColumn>();
      if (column->source != info.source) continue;
      int16_t number = normal_column(*column->source, column->column);
      if (index == nullptr) {
        if (number == catalog::kRowIdColumn) return true;
        continue;
      }
      for (int i = 0; i < index->key_field_count; ++i) {
        if (field_matches(index, i, info.source, number, expr)) return true;
      }
      if (number == catalog::kRowIdColumn) return true;
    } else if (index != nullptr && expr->has_column) {
      for (int i = 0; i < index->key_field_count; ++i) {
        if (field_matches(index, i, info.source, catalog::kExpressionColumn, expr)) return true;
      }
    }
  }
  return false;
}

// May the comparison of `term` be answered by a key of this affinity and collation?
bool key_fits(const Term& term, Affinity key_affinity, const Collation* key_collation) {
  if (term.op == term_op::kIsNull) return true;
  if (term.affinity == Affinity::Text) {
    if (key_affinity != Affinity::Text) return false;
  } else if (term.affinity >= Affinity::Numeric && key_affinity < Affinity::Numeric) {
    return false;
  }
  return key_collation == nullptr || same_collation(term.collation, key_collation);
}

// Adds one more key field to the path being built, in each possible way, and goes on from there.
// `index` null: the rowid.
void PathMaker::extend(const catalog::Index* index, LogEst in_factor) {
  const AccessPath saved = path;
  const int saved_count = chosen_count;
  int field = path.equal_count;
  int field_count = index == nullptr                ? 1
                    : index->is_without_rowid_table ? index->key_field_count
                                                    : static_cast<int>(index->fields.size());
  if (field >= field_count || chosen_count >= 64) return;
  LogEst all_rows = index == nullptr ? info.row_count : prefix_rows(info, *index, 0);
  LogEst search = log_of(all_rows);
  bool upper_only = (path.flags & path_flag::kLower) != 0;
  int16_t column = catalog::kRowIdColumn;
  Affinity key_affinity = Affinity::Integer;
  const Collation* key_collation = nullptr;
  if (index != nullptr) {
    const catalog::IndexField& key = index->fields[static_cast<size_t>(field)];
    column = key.column == catalog::kExpressionColumn ? key.column : normal_column(*info.source, key.column);
    key_collation = key.collation != nullptr ? key.collation : &kBinaryCollation;
    if (key.column >= 0) key_affinity = info.table->columns[static_cast<size_t>(key.column)].affinity;
    if (column == catalog::kRowIdColumn) {
      key_affinity = Affinity::Integer;
      key_collation = nullptr;
    }
  }
  for (Term* term : terms) {
    if (term->op == 0 || term->source != source || term->op == term_op::kOr) continue;
    if (upper_only ? (term->op & term_op::kUpper) == 0 : false) continue;
    if (index != nullptr && index->unordered && (term->op & term_op::kKeyed) == 0) continue;
    if (term->column == catalog::kExpressionColumn || column == catalog::kExpressionColumn ||
        (index != nullptr && column >= 0 &&
         info.table->columns[static_cast<size_t>(column)].generated == catalog::GeneratedKind::Virtual)) {
      if (index == nullptr || !field_matches(index, field, info.source, term->column, term->left)) continue;
      key_affinity = term->left->affinity == Affinity::None ? Affinity::Blob : term->left->affinity;
    } else if (term->column != column) {
      continue;
    }
    if ((term->mask_right & bit(source)) != 0 || !usable_at(plan, *term, source)) continue;
    if (!key_fits(*term, key_affinity, key_collation)) continue;
    bool not_null_column =
        column == catalog::kRowIdColumn || (column >= 0 && info.table->columns[static_cast<size_t>(column)].not_null);
    if (term->op == term_op::kIsNull && not_null_column) continue;

    path = saved;
    chosen_count = saved_count;
    chosen[chosen_count++] = term;
    path.setup = 0;
    path.prerequisite = (saved.prerequisite | term->mask_right) & ~bit(source);
    LogEst in_rows = 0;
    Term* lower = nullptr;
    Term* upper = nullptr;
    if (term->op == term_op::kIn) {
      if (term->right->kind == BoundKind::InQuery) {
        in_rows = kInQueryRows;
      } else {
        in_rows = log_est(term->right->as<bind::BoundInList>()->items.size());
      }
      if (index != nullptr && !index->rows_per_prefix.empty() && search >= 10) {
        // With statistics: many probes into a key with few rows each may cost more than scanning it.
        LogEst gain = static_cast<LogEst>(prefix_rows(info, *index, field) + log_of(in_rows) + 10 - (in_rows + search));
        if (gain < 0 && in_factor >= 2) continue;
      }
      path.flags |= path_flag::kHasIn;
    } else if ((term->op & term_op::kEquality) != 0) {
      path.flags |= path_flag::kEqual;
      if (index == nullptr) {
        if (in_factor == 0) path.flags |= path_flag::kOneRow | path_flag::kUnique;
      } else if (column == catalog::kRowIdColumn && in_factor == 0 && (path.flags & path_flag::kHasNull) == 0) {
        path.flags |= path_flag::kOneRow;
      } else if (index->unique && in_factor == 0 && field == index->key_field_count - 1) {
        bool exact = keys_not_null(*index);
        if (!exact && (path.flags & path_flag::kHasNull) == 0) {
          // NULLs may repeat in a unique index; an equality (not IS) never finds them.
          exact = true;
          for (int i = 0; i < chosen_count; ++i) exact &= chosen[i]->op == term_op::kEq;
        }
        if (exact) path.flags |= path_flag::kOneRow | path_flag::kUnique;
      }
    } else if (term->op == term_op::kIsNull) {
      path.flags |= path_flag::kHasNull;
    } else if (term->like != nullptr) {
      if (index == nullptr) continue;
      path.flags |= path_flag::kRange | path_flag::kPrefix;
      lower = upper = term;
    } else if ((term->op & term_op::kLower) != 0) {
      path.flags |= path_flag::kRange | path_flag::kLower;
      lower = term;
    } else {
      path.flags |= path_flag::kRange | path_flag::kUpper;
      upper = term;
      if (upper_only) lower = chosen[chosen_count - 2];
    }
    if ((path.flags & path_flag::kRange) != 0) {
      LogEst rows = path.out;
      auto narrow = [&rows](const Term* t) {
        if (t == nullptr) return;
        rows = static_cast<LogEst>(rows + (t->truth <= 0 ? t->truth : -20));
      };
      narrow(lower);
      narrow(upper);
      if (lower != nullptr && upper != nullptr && lower->truth > 0 && upper->truth > 0)
        rows = static_cast<LogEst>(rows - 20);
      if (rows < 10) rows = 10;
      LogEst plain = static_cast<LogEst>(path.out - (lower != nullptr ? 1 : 0) - (upper != nullptr ? 1 : 0));
      path.out = rows < plain ? rows : plain;
    } else {
      ++path.equal_count;
      if (term->truth <= 0 && column >= 0) {
        path.out = static_cast<LogEst>(path.out + term->truth - in_rows);
      } else if (index == nullptr) {
        path.out = static_cast<LogEst>(path.out - info.row_count);
      } else {
        path.out = static_cast<LogEst>(path.out + prefix_rows(info, *index, path.equal_count) -
                                       prefix_rows(info, *index, path.equal_count - 1));
        if (term->op == term_op::kIsNull) path.out = static_cast<LogEst>(path.out + 10);
      }
    }
    LogEst walk = index == nullptr ? static_cast<LogEst>(path.out + kRowFetchCost)
                                   : static_cast<LogEst>(path.out + 1 + 15 * width_index / info.table_width);
    path.run = log_add(search, walk);
    if (index != nullptr && (path.flags & path_flag::kCovering) == 0) {
      path.run = log_add(path.run, static_cast<LogEst>(path.out + kRowFetchCost));
    }
    LogEst out_plain = path.out;
    path.run = static_cast<LogEst>(path.run + in_factor + in_rows);
    path.out = static_cast<LogEst>(path.out + in_factor + in_rows);
    adjust_output(all_rows);
    insert();
    path.out = (path.flags & path_flag::kRange) != 0 ? saved.out : out_plain;
    if ((path.flags & (path_flag::kUpper | path_flag::kPrefix | path_flag::kOneRow)) == 0) {
      extend(index, static_cast<LogEst>(in_factor + in_rows));
    }
  }
  path = saved;
  chosen_count = saved_count;
}

void PathMaker::add_rowid() {
  path = AccessPath();
  chosen_count = 0;
  path.kind = PathKind::Table;
  path.flags = path_flag::kRowId;
  path.prerequisite = info.before;
  path.out = info.row_count;
  path.run = static_cast<LogEst>(info.row_count + kRowFetchCost);
  path.sort_index = may_order(nullptr) ? 1 : 0;
  AccessPath start = path;
  if (!alternative) {
    adjust_output(info.row_count);
    insert();
  }
  path = start;
  path.out = info.row_count;
  extend(nullptr, 0);
}

void PathMaker::add_index(const catalog::Index* index, uint16_t sort_index) {
  path = AccessPath();
  chosen_count = 0;
  path.kind = PathKind::Index;
  path.index = index;
  path.prerequisite = info.before;
  LogEst rows = prefix_rows(info, *index, 0);
  path.out = rows;
  bool covering = covers(*index);
  if (covering) path.flags = path_flag::kCovering;
  if (info.table_width == 0) info.table_width = table_width(*info.table);
  width_index = index->is_without_rowid_table ? info.table_width : index_width(*index);
  bool ordering = may_order(index);
  path.sort_index = ordering ? sort_index : 0;
  bool forced = info.source->indexed_by_index == index;
  AccessPath start = path;
  if (!alternative &&
      (ordering || info.table->without_rowid || index->where != nullptr || forced ||
       (covering && !index->unordered && width_index < info.table_width && plan.context.finder != &plan.query))) {
    path.run = static_cast<LogEst>(rows + 1 + 15 * width_index / info.table_width);
    if (!covering) {
      LogEst fetch = static_cast<LogEst>(rows + kRowFetchCost);
      // Groups and distinct rows are found by hashing at little cost: an index that is walked for their sake alone must
      // not fetch each row from somewhere else.
      if (plan.order.hashed) fetch = static_cast<LogEst>(fetch + kRandomFetchCost);
      path.run = log_add(path.run, fetch);
    }
    adjust_output(rows);
    insert();
  }
  path = start;
  extend(index, 0);
}

void PathMaker::add_hash() {
  for (Term* term : terms) {
    if (term->op != term_op::kEq || term->source != source) continue;
    if ((term->mask_right & bit(source)) != 0 || !usable_at(plan, *term, source)) continue;
    if (term->column == catalog::kExpressionColumn) continue;
    // Where SQLite could not build an index for this comparison, it decides the order without one; the join found so
    // is still made a hash join when nodes are built.
    Affinity affinity = term->left->affinity;
    if (!key_fits(*term, affinity, nullptr)) continue;
    path = AccessPath();
    chosen_count = 0;
    chosen[chosen_count++] = term;
    path.kind = PathKind::Hash;
    LogEst search = log_of(info.row_count);
    path.setup = static_cast<LogEst>(search + info.row_count + (info.table != nullptr ? kHashSetupCost : -25));
    if (path.setup < 0) path.setup = 0;
    path.out = kHashMatches;
    path.run = log_add(search, path.out);
    path.prerequisite = info.before | term->mask_right;
    insert();
  }
}

void PathMaker::add_or() {
  for (Term* term : terms) {
    if (term->op != term_op::kOr || !usable_at(plan, *term, source)) continue;
    if ((term->mask & bit(source)) == 0) continue;
    ArenaVector<AccessPath*> branches(plan.context.scratch);
    LogEst run = 0, out = 0;
    SourceMask prerequisite = info.before;
    bool all = true;
    for (const OrAlternative& alternative_terms : term->alternatives) {
      AccessPath* found = nullptr;
      PathMaker inner{plan, info, source, alternative_terms.terms, &found, true, {}, {}, 0, 1};
      inner.add_rowid();
      if (!info.source->not_indexed) {
        for (const catalog::Index* index : info.table->indexes) {
          if (index_usable_for(plan, info, *index, alternative_terms.terms)) inner.add_index(index, 0);
        }
      }
      // The cheapest one; without need of other sources if there is a choice.
      AccessPath* best = nullptr;
      for (AccessPath* candidate = found; candidate != nullptr; candidate = candidate->next) {
        if (candidate->terms.empty()) continue;
        if (best == nullptr || candidate->run < best->run) best = candidate;
      }
      if (best == nullptr) {
        all = false;
        break;
      }
      run = branches.empty() ? best->run : log_add(run, best->run);
      out = branches.empty() ? best->out : log_add(out, best->out);
      prerequisite |= best->prerequisite;
      branches.push_back(best);
    }
    if (!all) continue;
    path = AccessPath();
    chosen_count = 0;
    path.kind = PathKind::MultiOr;
    path.or_term = term;
    path.branches = branches.span();
    path.prerequisite = prerequisite;
    path.run = static_cast<LogEst>(run + 1);
    path.out = out;
    insert();
  }
}

}  // namespace

Status add_paths(CorePlan& plan) {
  for (int i = 0; i < plan.source_count; ++i) {
    SourceInfo& info = plan.sources[i];
    PathMaker maker{
        plan, info, i, std::span<Term* const>(plan.terms.begin(), plan.terms.size()), &plan.paths, false, {}, {}, 0, 1};
    bool hash = info.join != JoinKind::Right && info.join != JoinKind::Full && plan.source_count > 1;
    switch (info.source->kind) {
      case SourceKind::Table: {
        const BoundSource& source = *info.source;
        if (source.indexed_by_index != nullptr) {
          if (!index_usable_for(plan, info, *source.indexed_by_index, maker.terms)) {
            return Status(Code::Error, "no query solution");
          }
          maker.add_index(source.indexed_by_index, 2);
          break;
        }
        if (hash && !source.not_indexed) maker.add_hash();
        if (info.table->without_rowid) {
          maker.add_index(info.table->primary_key_index, 1);
        } else {
          maker.add_rowid();
        }
        if (!source.not_indexed) {
          uint16_t number = 2;
          for (const catalog::Index* index : info.table->indexes) {
            ++number;
            if (index_usable_for(plan, info, *index, maker.terms)) maker.add_index(index, number);
          }
        }
        if (!info.table->without_rowid) maker.add_or();
        break;
      }
      case SourceKind::Query:
      case SourceKind::CteRecursive:
      case SourceKind::TableFunction: {
        if (hash && info.source->kind == SourceKind::Query && !info.depends_on_outer) maker.add_hash();
        maker.path = AccessPath();
        maker.chosen_count = 0;
        maker.path.kind = info.source->kind == SourceKind::Query          ? PathKind::Query
                          : info.source->kind == SourceKind::CteRecursive ? PathKind::Recursive
                                                                          : PathKind::TableFunction;
        maker.path.prerequisite = info.before;
        maker.path.out = info.row_count;
        maker.path.run = static_cast<LogEst>(info.row_count + kRowFetchCost);
        maker.adjust_output(info.row_count);
        maker.insert();
        break;
      }
    }
  }
  return {};
}

// The one-source statement that asks for one row by a unique key needs no comparison of costs.
AccessPath* short_cut_path(CorePlan& plan) {
  if (plan.source_count != 1) return nullptr;
  SourceInfo& info = plan.sources[0];
  if (info.source->kind != SourceKind::Table || info.source->indexed_by_index != nullptr || info.source->not_indexed) {
    return nullptr;
  }
  Arena& scratch = plan.context.scratch;
  auto find = [&](int16_t column, const catalog::IndexField* field, uint16_t ops) -> Term* {
    for (Term* term : plan.terms) {
      if ((term->op & ops) == 0 || term->column != column || term->mask_right != 0) continue;
      if (!usable_at(plan, *term, 0)) continue;
      Affinity affinity = column == catalog::kRowIdColumn ? Affinity::Integer
                                                          : info.table->columns[static_cast<size_t>(column)].affinity;
      const Collation* collation = field != nullptr && column != catalog::kRowIdColumn ? field->collation : nullptr;
      if (key_fits(*term, affinity, collation)) return term;
    }
    return nullptr;
  };
  auto make = [&](const catalog::Index* index, std::span<Term* const> terms) {
    AccessPath* path = scratch.make<AccessPath>();
    path->kind = index != nullptr ? PathKind::Index : PathKind::Table;
    path->index = index;
    path->flags = path_flag::kOneRow | path_flag::kUnique | path_flag::kEqual;
    if (index == nullptr) path->flags |= path_flag::kRowId;
    path->equal_count = static_cast<uint16_t>(terms.size());
    path->terms = scratch.copy_array<Term*>(terms);
    path->run = index != nullptr ? 39 : 33;
    path->out = 1;
    return path;
  };
  if (!info.table->without_rowid) {
    if (Term* term = find(catalog::kRowIdColumn, nullptr, term_op::kEquality); term != nullptr) {
      return make(nullptr, std::span<Term* const>(&term, 1));
    }
  }
  auto try_index = [&](const catalog::Index* index) -> AccessPath* {
    if (!index->unique || index->where != nullptr || index->key_field_count > 8 || !index->unusable_reason.empty())
      return nullptr;
    Term* keys[8];
    uint16_t ops = keys_not_null(*index) ? term_op::kEquality : term_op::kEq;
    for (int i = 0; i < index->key_field_count; ++i) {
      const catalog::IndexField& field = index->fields[static_cast<size_t>(i)];
      if (field.column == catalog::kExpressionColumn) return nullptr;
      keys[i] = find(normal_column(*info.source, field.column), &field, ops);
      if (keys[i] == nullptr) return nullptr;
    }
    AccessPath* path = make(index, std::span<Term* const>(keys, index->key_field_count));
    PathMaker maker{plan, info, 0, {}, nullptr, false, {}, {}, 0, 1};
    if (maker.covers(*index)) path->flags |= path_flag::kCovering;
    return path;
  };
  if (info.table->without_rowid) {
    if (AccessPath* path = try_index(info.table->primary_key_index); path != nullptr) return path;
  }
  for (const catalog::Index* index : info.table->indexes) {
    if (AccessPath* path = try_index(index); path != nullptr) return path;
  }
  return nullptr;
}

}  // namespace sqlrite::plan
