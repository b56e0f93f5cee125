// Builds the indexes of one table: automatic ones while the table is being defined, created ones later.
#pragma once

#include "base/arena.h"
#include "catalog/definition.h"
#include "catalog/encoded_binary.h"

namespace sqlrite::catalog {

ConflictAction conflict_action(sql::ConflictAction action);

// The column name that an indexed column, PRIMARY KEY or UNIQUE term is (through COLLATE; string literals count as
// names there); data() == nullptr when it is a real expression.
std::string_view plain_column_name(const sql::Expr& expr);

class IndexBuilder {
 public:
  IndexBuilder(Table& table, DefinitionContext& context);

  // Null with OK: unknown, while loading.
  Status find_collation(std::string_view name, const Collation** collation) const;

  // A UNIQUE or PRIMARY KEY constraint of one column, or of a list.
  Status add_column_constraint(size_t column, IndexOrigin origin, ConflictAction conflict, bool descending);
  Status add_constraint(std::span<sql::IndexedColumn> terms, IndexOrigin origin, ConflictAction conflict);
  // COLLATE came after the constraint that made an index on the column.
  void column_collation_changed(size_t column, bool unknown);
  // WITHOUT ROWID: turns the primary key index into the table's tree and numbers the stored columns.
  Status make_table_tree();
  // Adds suffixes and key infos and hands the indexes to the table.
  Status finish();

  // CREATE INDEX.
  Result<Index*> define(const sql::CreateIndexStatement& statement);

 private:
  Status resolve_term(const sql::IndexedColumn& term, bool constraint, Index* index, IndexField* field) const;
  Status add(Index* index);
  void complete(Index* index);
  Index* primary_key() const;

  Table& table_;
  DefinitionContext& context_;
  Arena& arena_;
  ArenaVector<Index*> automatic_;  // oldest first
};

}  // namespace sqlrite::catalog
