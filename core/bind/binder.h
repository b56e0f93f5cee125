// Binder: from syntax tree to bound tree. One Binder binds one statement; everything it makes lives in context.arena, and
// points into the catalog versions it looked names up in (the caller keeps those alive).
#pragma once

#include "base/status.h"
#include "bind/bound.h"
#include "catalog/schema.h"
#include "functions/function.h"
#include "sql/ast/statements.h"

namespace sqlrite::bind {

struct FoundTable {
  const catalog::Table* table = nullptr;  // null: no such table
  std::string_view database_name;         // "main", "temp", as ATTACHed
  bool unknown_database = false;          // the schema name itself names nothing
};

// The connection's databases. Implemented by engine.
class SchemaSource {
 public:
  virtual ~SchemaSource() = default;
  // Without schema name: temp, main, then attached ones in order. "sqlite_temp_master" and "main.sqlite_master" included.
  virtual FoundTable find_table(std::string_view schema_name, std::string_view table_name) = 0;
  // In one given database; names inside a view of an attached database resolve there and nowhere else.
  virtual FoundTable find_table_in(DatabaseId database, std::string_view table_name) = 0;
};

// Table-valued functions (pragma_*). Implemented by engine.
class TableFunctionSource {
 public:
  virtual ~TableFunctionSource() = default;
  // Null: unknown. The answer lives as long as the source.
  virtual const TableFunctionInfo* find_table_function(std::string_view name) = 0;
};

struct BindContext {
  Arena& arena;
  std::string_view sql_text;  // what the tree's spans refer to
  SchemaSource& schemas;
  const functions::Registry& registry;
  catalog::CollationSource& collations;
  TableFunctionSource* table_functions = nullptr;  // may be null
  bool double_quoted_strings = true;               // SQLITE_DBCONFIG_DQS_DML
  uint32_t column_count_max = 2000;
  uint32_t source_count_max = 64;  // tables in one join, as SQLite
  uint32_t attached_max = 10;
  const char* stored_in = nullptr;  // functions::CallContext::stored_in for the whole statement
  bool writable_schema = false;     // changes of sqlite_schema are allowed
};

class Binder {
 public:
  explicit Binder(const BindContext& context);
  ~Binder();
  Binder(const Binder&) = delete;
  Binder& operator=(const Binder&) = delete;

  Result<BoundQuery*> bind_select(const sql::Select& select);
  Result<BoundInsert*> bind_insert(const sql::InsertStatement& statement);
  Result<BoundUpdate*> bind_update(const sql::UpdateStatement& statement);
  Result<BoundDelete*> bind_delete(const sql::DeleteStatement& statement);

  // An expression over the columns of `source` (null: no columns at all, e.g. a DEFAULT or a PRAGMA argument). Its spans
  // refer to `text`.
  Result<BoundExpr*> bind_expression(const sql::Expr& expr, BoundSource* source, std::string_view text);
  // A source for the rows of `table`, as bind_expression() takes it.
  BoundSource* make_table_source(const catalog::Table& table);

  // Bit per DatabaseId whose tables the bound statement reads or writes (through views too).
  uint64_t databases_used() const;
  struct Impl;  // binder_impl.h

 private:
  Impl* impl_;  // in context.arena
};

// The text CREATE TABLE ... AS SELECT stores: column names of the query, types by affinity. `name` is the bare name.
std::string_view create_table_as_text(std::string_view name, const BoundQuery& query, Arena& arena);

}  // namespace sqlrite::bind
