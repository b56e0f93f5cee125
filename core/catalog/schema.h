// Schema objects of one database, immutable once published. A schema change builds a new Schema; statements keep the
// version they were planned with. All texts, ASTs and arrays live in the schema's arena.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <unordered_map>

#include "base/arena.h"
#include "base/ids.h"
#include "base/text.h"
#include "storage/btree/btree.h"
#include "types/value.h"

namespace sqlrite::sql {
struct Expr;
struct Select;
struct CreateTableStatement;
struct CreateIndexStatement;
struct CreateTriggerStatement;
}  // namespace sqlrite::sql

namespace sqlrite::catalog {

struct Table;
struct Trigger;
struct Schema;

// What to do when a constraint fails (ON CONFLICT / OR clause). Default: the constraint's own, else Abort.
enum class ConflictAction : uint8_t { Default, Rollback, Abort, Fail, Ignore, Replace };

enum class GeneratedKind : uint8_t { None, Virtual, Stored };

struct TableColumn {
  std::string_view name;
  std::string_view declared_type;  // as written, "" when none
  Affinity affinity = Affinity::Blob;
  const Collation* collation = nullptr;  // never null after loading
  std::string_view collation_name = "BINARY";
  bool not_null = false;
  bool primary_key = false;
  uint16_t primary_key_position = 0;  // 1-based within the primary key; 0: not part of it
  bool hidden = false;
  GeneratedKind generated = GeneratedKind::None;
  ConflictAction not_null_conflict = ConflictAction::Default;
  const sql::Expr* default_expr = nullptr;  // null: NULL
  std::string_view default_text;            // its source text, for table_info
  const sql::Expr* generated_expr = nullptr;
  // Where the column lies in the stored record (rowid tables: table record; WITHOUT ROWID: primary key record);
  // -1 for virtual generated columns.
  int16_t storage_position = -1;
};

inline constexpr int16_t kRowIdColumn = -1;
inline constexpr int16_t kExpressionColumn = -2;

struct IndexField {
  int16_t column = kRowIdColumn;    // table column, kRowIdColumn or kExpressionColumn
  const sql::Expr* expr = nullptr;  // kExpressionColumn
  const Collation* collation = nullptr;
  std::string_view collation_name = "BINARY";
  bool descending = false;
};

// 'c', 'u', 'pk'
enum class IndexOrigin : uint8_t { Create, Unique, PrimaryKey };

struct Index {
  std::string_view name;
  const Table* table = nullptr;
  PageId root;
  bool unique = false;
  IndexOrigin origin = IndexOrigin::Create;
  ConflictAction conflict = ConflictAction::Default;
  // The whole record: key fields first, then the suffix (rowid, or the primary key columns of a WITHOUT ROWID table that
  // are not key fields already). For the primary key of a WITHOUT ROWID table: key, then every other stored column.
  std::span<IndexField> fields;
  uint16_t key_field_count = 0;
  storage::KeyInfo key_info;
  const sql::Expr* where = nullptr;     // partial index
  std::string_view sql;                 // "" for automatic indexes
  bool is_without_rowid_table = false;  // this tree is the table itself
  // From sqlite_stat1: average rows per distinct prefix of 1..key_field_count fields; empty when not analyzed.
  std::span<uint32_t> rows_per_prefix;
  uint64_t entry_count_estimate = 0;
  bool unordered = false;            // stat1 option
  std::string_view unusable_reason;  // not empty: cannot be used or maintained (unknown function, collation, method)
  std::string_view method;           // USING method; "" for an ordinary index
  const sql::CreateIndexStatement* statement = nullptr;  // null for automatic indexes; spans refer to `sql`
  uint64_t row_size_estimate = 0;                        // stat1 "sz=": average entry size in bytes; 0: unknown
  bool no_skip_scan = false;                             // stat1 option
};

struct CheckConstraint {
  std::string_view name;  // "" when unnamed
  const sql::Expr* expr = nullptr;
  std::string_view text;  // source between the parentheses
};

struct ForeignKey {
  std::span<uint16_t> columns;
  std::string_view parent_table;
  std::span<std::string_view> parent_columns;  // empty: parent's primary key
  uint8_t on_delete = 0, on_update = 0;        // 0 no action, 1 restrict, 2 set null, 3 set default, 4 cascade
  bool deferred = false;
  std::string_view match;
};

enum class TableKind : uint8_t { Table, View, Virtual };

struct Table {
  std::string_view name;
  TableKind kind = TableKind::Table;
  DatabaseId database;
  PageId root;
  std::span<TableColumn> columns;
  int16_t rowid_alias = -1;  // INTEGER PRIMARY KEY column, or -1
  ConflictAction rowid_conflict = ConflictAction::Default;
  bool without_rowid = false;
  bool autoincrement = false;
  bool strict = false;
  bool has_generated = false;
  bool is_system = false;              // sqlite_schema and other sqlite_* tables
  Index* primary_key_index = nullptr;  // WITHOUT ROWID: the table's own tree
  std::span<Index*> indexes;           // secondary ones, newest first, as SQLite lists them
  std::span<CheckConstraint> checks;
  std::span<ForeignKey> foreign_keys;  // newest first, as SQLite lists them
  std::span<Trigger*> triggers;        // newest first; of the table's own database (temp triggers: ask the temp schema)
  std::string_view sql;                // CREATE text as stored
  const sql::Select* view_select = nullptr;            // View
  std::span<std::string_view> view_columns;            // View with a column list
  std::string_view module;                             // Virtual: module name
  std::span<const std::string_view> module_arguments;  // Virtual: as written
  bool read_only = false;                              // sqlite_schema and others only the engine writes
  uint64_t row_count_estimate = 1048576;               // sqlite_stat1, or SQLite's default guess
  bool analyzed = false;
  uint16_t record_field_count = 0;  // stored fields in the table's record
  const storage::KeyInfo* key_info() const {
    return primary_key_index != nullptr ? &primary_key_index->key_info : nullptr;
  }
  // Column number by name, kRowIdColumn for rowid/_rowid_/oid (unless shadowed or WITHOUT ROWID), -2 when unknown.
  int find_column(std::string_view column_name) const;
};

struct NameHash {
  size_t operator()(std::string_view text) const { return ihash(text); }
};
struct NameEqual {
  bool operator()(std::string_view a, std::string_view b) const { return iequals(a, b); }
};
template <typename T>
using NameMap = std::unordered_map<std::string_view, T, NameHash, NameEqual>;

struct Trigger {
  std::string_view name;
  std::string_view table_name;
  DatabaseId database;
  const sql::CreateTriggerStatement* statement = nullptr;
  std::string_view sql;
};

struct Schema {
  Arena arena{4096};
  uint32_t cookie = 0;
  uint64_t version = 0;  // unique in the process, changes with every published change
  DatabaseId database;
  TextEncoding encoding = TextEncoding::Utf8;
  uint32_t file_format = 4;
  NameMap<Table*> tables;  // tables, views, virtual tables; includes sqlite_schema under its names
  NameMap<Index*> indexes;
  NameMap<Trigger*> triggers;
  std::span<Table*> tables_in_order;  // as in sqlite_schema

  const Table* find_table(std::string_view name) const {
    auto found = tables.find(name);
    return found == tables.end() ? nullptr : found->second;
  }
  const Index* find_index(std::string_view name) const {
    auto found = indexes.find(name);
    return found == indexes.end() ? nullptr : found->second;
  }
};
using SchemaRef = std::shared_ptr<const Schema>;

// One of the names every rowid table answers to unless a column has it.
inline bool is_rowid_name(std::string_view name) {
  return iequals(name, "rowid") || iequals(name, "_rowid_") || iequals(name, "oid");
}

// Collating sequences by name: built-ins plus what the connection registered. Implemented by engine.
class CollationSource {
 public:
  virtual ~CollationSource() = default;
  virtual const Collation* find_collation(std::string_view name) = 0;  // null: unknown
};

}  // namespace sqlrite::catalog
