// SchemaWriter: one change of a database's schema: rows of sqlite_schema, the cookie, the new version in memory. Whatever
// fails half-way is undone when the writer ends without finish().
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/connection.h"

namespace sqlrite::engine {

// A write transaction on the database, with its schema loaded and the file's first page there.
Status begin_schema_write(Connection& connection, uint32_t database);

// One row of sqlite_schema, with bytes of its own.
struct SchemaRecord {
  RowId rowid = 0;
  std::string type;
  std::string name;
  std::string table_name;
  int64_t root = 0;
  std::string sql;
  bool has_sql = false;
};
// REQUIRES a read transaction.
Status read_schema_records(Connection& connection, uint32_t database, std::vector<SchemaRecord>* out);

class SchemaWriter {
 public:
  SchemaWriter(Connection& connection, uint32_t database) : connection_(connection), database_(database) {}
  ~SchemaWriter();
  SchemaWriter(const SchemaWriter&) = delete;
  SchemaWriter& operator=(const SchemaWriter&) = delete;

  Status begin();
  storage::Pager& pager() { return *connection_.database(database_).pager; }
  const catalog::Schema& schema() { return *connection_.database(database_).schema; }
  TextEncoding encoding() const { return connection_.database(database_).encoding; }
  // Appends a row. `sql` data() == nullptr: NULL.
  Status add(std::string_view type, std::string_view name, std::string_view table_name, PageId root,
             std::string_view sql);
  Status update(const SchemaRecord& record);
  Status remove(RowId rowid);
  Status records(std::vector<SchemaRecord>* out) { return read_schema_records(connection_, database_, out); }
  // Creates a tree; frees one. Dropping in an auto-vacuum file may move another tree's root: its row follows.
  Result<PageId> create_tree(storage::TreeKind kind);
  Status drop_tree(PageId root);
  // Counts the cookie up (once) and loads the schema; more may follow before finish().
  Status publish();
  // publish() and no way back. `counts` false: nothing that other connections must read again (statistics).
  Status finish(bool counts = true);

 private:
  Connection& connection_;
  uint32_t database_;
  catalog::SchemaRef before_;
  uint32_t mark_ = 0;
  bool open_ = false;
  bool counted_ = false;
};

// Fills an empty index tree from its table, in key order. UNIQUE violations fail.
Status fill_index(Connection& connection, const catalog::Table& table, const catalog::Index& index);

// "main" etc. of a name in a statement: the named database, or main (temp for TEMP objects).
Result<uint32_t> target_database(Connection& connection, const sql::Identifier& schema, bool temporary,
                                 const char* what);

// "name" with its quotes doubled.
std::string quoted_name(std::string_view name);
// A name for the rowid that no column shadows; empty when there is none.
std::string rowid_name(const catalog::Table& table);

}  // namespace sqlrite::engine
