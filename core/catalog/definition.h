// From CREATE statements to schema objects, with SQLite's checks and messages. Used by the loader for stored texts and by
// DDL for new ones; the latter composes the text to store first and defines the object from it.
#pragma once

#include "base/status.h"
#include "catalog/schema.h"
#include "functions/function.h"
#include "sql/ast/statements.h"

namespace sqlrite::catalog {

struct DefinitionContext {
  Arena& arena;               // where the objects live; the syntax tree and its text must live as long
  std::string_view sql_text;  // what the tree's spans refer to
  CollationSource& collations;
  const functions::Registry& registry;
  DatabaseId database = kMainDatabase;
  TextEncoding encoding = TextEncoding::Utf8;
  // Reading a stored definition: reserved names pass, expressions are not checked (bind does when they are used), and an
  // unknown collation or index method makes an index unusable instead of failing.
  bool loading = false;
  uint32_t file_format = 4;  // below 4 DESC in indexes is ignored
  uint32_t column_count_max = 2000;
  bool double_quoted_strings = true;  // "x" that names no column is a string in DDL
};

// Columns, keys, constraints. Roots are not set; automatic indexes (named sqlite_autoindex_T_N) are in `indexes`, newest
// first, and, for WITHOUT ROWID tables, in primary_key_index. REQUIRES statement.as_select == nullptr.
Result<Table*> define_table(const sql::CreateTableStatement& statement, DefinitionContext& context);
// A view: names and the query; its columns are known once it is bound.
Result<Table*> define_view(const sql::CreateViewStatement& statement, DefinitionContext& context);
Result<Table*> define_virtual_table(const sql::CreateVirtualTableStatement& statement, DefinitionContext& context);
// An index over `table`, not yet in table.indexes, root not set.
Result<Index*> define_index(const sql::CreateIndexStatement& statement, const Table& table, DefinitionContext& context);
Result<Trigger*> define_trigger(const sql::CreateTriggerStatement& statement, DefinitionContext& context);

// sqlite_schema (or sqlite_temp_schema) itself: root 1, read-only to statements.
Table* define_schema_table(Arena& arena, DatabaseId database);

// The automatic index a UNIQUE or PRIMARY KEY constraint number `number` (from 1) gets.
std::string_view automatic_index_name(std::string_view table_name, uint32_t number, Arena& arena);

// "object name reserved for internal use: sqlite_x", as CREATE and ALTER ... RENAME report it.
Status check_object_name(std::string_view name);

// Whether a constraint of `column` makes ADD COLUMN fail, in SQLite's words (PRIMARY KEY, UNIQUE, NOT NULL without
// default, non-constant default, STORED). `foreign_keys`: the pragma is on.
Status check_added_column(const TableColumn& column, const Table& table, bool default_is_constant, bool foreign_keys);

// True when the expression has a value without reading a row: literals, CURRENT_x, operators and calls over them.
bool is_constant_expr(const sql::Expr& expr, bool allow_current_time);

}  // namespace sqlrite::catalog
