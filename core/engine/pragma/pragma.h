// PRAGMAs: each is a row of one table, run either as a statement or as the table-valued function pragma_NAME.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "engine/connection.h"
#include "engine/row_set.h"

namespace sqlrite::engine {

struct PragmaDef;

namespace pragma_flags {
inline constexpr uint32_t kNoRowsWithValue = 1;  // setting it answers nothing
inline constexpr uint32_t kTakesArgument = 2;    // table-valued form has the hidden column `arg`
inline constexpr uint32_t kTakesSchema = 4;      // ... and `schema`
inline constexpr uint32_t kTableFunction = 8;    // there is a table-valued form
inline constexpr uint32_t kReadOnly = 16;        // changes no file even with a value
}  // namespace pragma_flags

struct PragmaCall {
  Connection& connection;
  const PragmaDef& def;
  uint32_t database;  // named by the schema, else 0
  bool has_schema;
  bool has_value;
  std::string_view value;
  RowSet& rows;
  storage::Pager* pager() const { return connection.database(database).pager.get(); }
};

using PragmaFn = Status (*)(PragmaCall& call);

struct PragmaDef {
  const char* name;
  std::span<const char* const> columns;
  uint32_t flags;
  PragmaFn run;
};

const PragmaDef* find_pragma(std::string_view name);
std::span<const PragmaDef> all_pragmas();

// Values as PRAGMAs read them.
bool pragma_boolean(std::string_view text, bool otherwise);
int64_t pragma_integer(std::string_view text);
// The number a text begins with; false without one and when it does not fit.
bool pragma_int32(std::string_view text, int32_t* out);
// The same, all other texts counting as 0.
int32_t pragma_int32_or_zero(std::string_view text);
// A text that is an integer as a whole.
bool pragma_whole_integer(std::string_view text, int64_t* out);

// A read transaction on the call's database (made if need be), with its schema loaded.
Status pragma_read(PragmaCall& call);
// A write transaction on it, the file having its first page.
Status pragma_write(PragmaCall& call);

// schema_pragmas.cc
Status pragma_table_info(PragmaCall& call);
Status pragma_table_xinfo(PragmaCall& call);
Status pragma_table_list(PragmaCall& call);
Status pragma_index_list(PragmaCall& call);
Status pragma_index_info(PragmaCall& call);
Status pragma_index_xinfo(PragmaCall& call);
Status pragma_foreign_key_list(PragmaCall& call);
Status pragma_foreign_key_check(PragmaCall& call);
Status pragma_database_list(PragmaCall& call);
Status pragma_collation_list(PragmaCall& call);
Status pragma_function_list(PragmaCall& call);
Status pragma_module_list(PragmaCall& call);
Status pragma_pragma_list(PragmaCall& call);
Status pragma_compile_options(PragmaCall& call);
Status pragma_stats(PragmaCall& call);
// storage_pragmas.cc
Status pragma_page_size(PragmaCall& call);
Status pragma_page_count(PragmaCall& call);
Status pragma_freelist_count(PragmaCall& call);
Status pragma_max_page_count(PragmaCall& call);
Status pragma_journal_mode(PragmaCall& call);
Status pragma_journal_size_limit(PragmaCall& call);
Status pragma_synchronous(PragmaCall& call);
Status pragma_cache_size(PragmaCall& call);
Status pragma_cache_spill(PragmaCall& call);
Status pragma_default_cache_size(PragmaCall& call);
Status pragma_auto_vacuum(PragmaCall& call);
Status pragma_incremental_vacuum(PragmaCall& call);
Status pragma_encoding(PragmaCall& call);
Status pragma_header_value(PragmaCall& call);
Status pragma_data_version(PragmaCall& call);
Status pragma_wal_checkpoint(PragmaCall& call);
Status pragma_wal_autocheckpoint(PragmaCall& call);
Status pragma_locking_mode(PragmaCall& call);
Status pragma_mmap_size(PragmaCall& call);
Status pragma_shrink_memory(PragmaCall& call);
// setting_pragmas.cc
Status pragma_flag(PragmaCall& call);
Status pragma_case_sensitive_like(PragmaCall& call);
Status pragma_busy_timeout(PragmaCall& call);
Status pragma_temp_store(PragmaCall& call);
Status pragma_secure_delete(PragmaCall& call);
Status pragma_analysis_limit(PragmaCall& call);
Status pragma_threads(PragmaCall& call);
Status pragma_soft_heap_limit(PragmaCall& call);
Status pragma_hard_heap_limit(PragmaCall& call);
Status pragma_optimize(PragmaCall& call);
Status pragma_nothing(PragmaCall& call);
// integrity_check.cc
Status pragma_integrity_check(PragmaCall& call);

}  // namespace sqlrite::engine
