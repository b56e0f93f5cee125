#include "engine/pragma/pragma.h"

#include "engine/commands.h"
#include "engine/ddl/schema_writer.h"
#include "types/number_text.h"

namespace sqlrite::engine {

namespace {

using namespace pragma_flags;

constexpr const char* kTableInfo[] = {"cid", "name", "type", "notnull", "dflt_value", "pk"};
constexpr const char* kTableXinfo[] = {"cid", "name", "type", "notnull", "dflt_value", "pk", "hidden"};
constexpr const char* kTableList[] = {"schema", "name", "type", "ncol", "wr", "strict"};
constexpr const char* kIndexList[] = {"seq", "name", "unique", "origin", "partial"};
constexpr const char* kIndexInfo[] = {"seqno", "cid", "name"};
constexpr const char* kIndexXinfo[] = {"seqno", "cid", "name", "desc", "coll", "key"};
constexpr const char* kForeignKeyList[] = {"id", "seq", "table", "from", "to", "on_update", "on_delete", "match"};
constexpr const char* kForeignKeyCheck[] = {"table", "rowid", "parent", "fkid"};
constexpr const char* kDatabaseList[] = {"seq", "name", "file"};
constexpr const char* kCollationList[] = {"seq", "name"};
constexpr const char* kFunctionList[] = {"name", "builtin", "type", "enc", "narg", "flags"};
constexpr const char* kName[] = {"name"};
constexpr const char* kCheckpoint[] = {"busy", "log", "checkpointed"};
constexpr const char* kTimeout[] = {"timeout"};
constexpr const char* kStats[] = {"tbl", "idx", "wdth", "hght", "flgs"};

// A pragma whose only column is named like itself.
#define SQLRITE_OWN_NAME(name) (kOwnName_##name)
#define SQLRITE_DECLARE_OWN(name) constexpr const char* kOwnName_##name[] = {#name};
SQLRITE_DECLARE_OWN(analysis_limit)
SQLRITE_DECLARE_OWN(application_id)
SQLRITE_DECLARE_OWN(auto_vacuum)
SQLRITE_DECLARE_OWN(automatic_index)
SQLRITE_DECLARE_OWN(cache_size)
SQLRITE_DECLARE_OWN(cache_spill)
SQLRITE_DECLARE_OWN(cell_size_check)
SQLRITE_DECLARE_OWN(checkpoint_fullfsync)
SQLRITE_DECLARE_OWN(compile_options)
SQLRITE_DECLARE_OWN(count_changes)
SQLRITE_DECLARE_OWN(data_version)
SQLRITE_DECLARE_OWN(default_cache_size)
SQLRITE_DECLARE_OWN(defer_foreign_keys)
SQLRITE_DECLARE_OWN(empty_result_callbacks)
SQLRITE_DECLARE_OWN(encoding)
SQLRITE_DECLARE_OWN(foreign_keys)
SQLRITE_DECLARE_OWN(freelist_count)
SQLRITE_DECLARE_OWN(full_column_names)
SQLRITE_DECLARE_OWN(fullfsync)
SQLRITE_DECLARE_OWN(hard_heap_limit)
SQLRITE_DECLARE_OWN(ignore_check_constraints)
SQLRITE_DECLARE_OWN(integrity_check)
SQLRITE_DECLARE_OWN(journal_mode)
SQLRITE_DECLARE_OWN(journal_size_limit)
SQLRITE_DECLARE_OWN(legacy_alter_table)
SQLRITE_DECLARE_OWN(locking_mode)
SQLRITE_DECLARE_OWN(max_page_count)
SQLRITE_DECLARE_OWN(mmap_size)
SQLRITE_DECLARE_OWN(optimize)
SQLRITE_DECLARE_OWN(page_count)
SQLRITE_DECLARE_OWN(page_size)
SQLRITE_DECLARE_OWN(query_only)
SQLRITE_DECLARE_OWN(quick_check)
SQLRITE_DECLARE_OWN(read_uncommitted)
SQLRITE_DECLARE_OWN(recursive_triggers)
SQLRITE_DECLARE_OWN(reverse_unordered_selects)
SQLRITE_DECLARE_OWN(schema_version)
SQLRITE_DECLARE_OWN(secure_delete)
SQLRITE_DECLARE_OWN(short_column_names)
SQLRITE_DECLARE_OWN(soft_heap_limit)
SQLRITE_DECLARE_OWN(synchronous)
SQLRITE_DECLARE_OWN(temp_store)
SQLRITE_DECLARE_OWN(threads)
SQLRITE_DECLARE_OWN(trusted_schema)
SQLRITE_DECLARE_OWN(user_version)
SQLRITE_DECLARE_OWN(wal_autocheckpoint)
SQLRITE_DECLARE_OWN(writable_schema)

constexpr uint32_t kValue = kTableFunction | kNoRowsWithValue;  // PRAGMA x; PRAGMA x = y answers nothing
constexpr uint32_t kSchemaValue = kValue | kTakesSchema;
constexpr uint32_t kList = kTableFunction | kReadOnly;
constexpr uint32_t kAbout = kTableFunction | kTakesArgument | kTakesSchema | kReadOnly;

// By name, for binary search.
const PragmaDef kPragmas[] = {
    {"analysis_limit", SQLRITE_OWN_NAME(analysis_limit), kTableFunction | kReadOnly, &pragma_analysis_limit},
    {"application_id", SQLRITE_OWN_NAME(application_id), kValue, &pragma_header_value},
    {"auto_vacuum", SQLRITE_OWN_NAME(auto_vacuum), kSchemaValue, &pragma_auto_vacuum},
    {"automatic_index", SQLRITE_OWN_NAME(automatic_index), kValue | kReadOnly, &pragma_flag},
    {"busy_timeout", kTimeout, kTableFunction | kReadOnly, &pragma_busy_timeout},
    {"cache_size", SQLRITE_OWN_NAME(cache_size), kSchemaValue | kReadOnly, &pragma_cache_size},
    {"cache_spill", SQLRITE_OWN_NAME(cache_spill), kSchemaValue | kReadOnly, &pragma_cache_spill},
    {"case_sensitive_like", {}, kReadOnly, &pragma_case_sensitive_like},
    {"cell_size_check", SQLRITE_OWN_NAME(cell_size_check), kValue | kReadOnly, &pragma_flag},
    {"checkpoint_fullfsync", SQLRITE_OWN_NAME(checkpoint_fullfsync), kValue | kReadOnly, &pragma_flag},
    {"collation_list", kCollationList, kList, &pragma_collation_list},
    {"compile_options", SQLRITE_OWN_NAME(compile_options), kList, &pragma_compile_options},
    {"count_changes", SQLRITE_OWN_NAME(count_changes), kValue | kReadOnly, &pragma_flag},
    {"data_version", SQLRITE_OWN_NAME(data_version), kTableFunction | kReadOnly, &pragma_data_version},
    {"database_list", kDatabaseList, kList, &pragma_database_list},
    {"default_cache_size", SQLRITE_OWN_NAME(default_cache_size), kSchemaValue, &pragma_default_cache_size},
    {"defer_foreign_keys", SQLRITE_OWN_NAME(defer_foreign_keys), kValue | kReadOnly, &pragma_flag},
    {"empty_result_callbacks", SQLRITE_OWN_NAME(empty_result_callbacks), kValue | kReadOnly, &pragma_flag},
    {"encoding", SQLRITE_OWN_NAME(encoding), kValue | kReadOnly, &pragma_encoding},
    {"foreign_key_check", kForeignKeyCheck, kAbout, &pragma_foreign_key_check},
    {"foreign_key_list", kForeignKeyList, kAbout, &pragma_foreign_key_list},
    {"foreign_keys", SQLRITE_OWN_NAME(foreign_keys), kValue | kReadOnly, &pragma_flag},
    {"freelist_count", SQLRITE_OWN_NAME(freelist_count), kTableFunction | kReadOnly, &pragma_freelist_count},
    {"full_column_names", SQLRITE_OWN_NAME(full_column_names), kValue | kReadOnly, &pragma_flag},
    {"fullfsync", SQLRITE_OWN_NAME(fullfsync), kValue | kReadOnly, &pragma_flag},
    {"function_list", kFunctionList, kList, &pragma_function_list},
    {"hard_heap_limit", SQLRITE_OWN_NAME(hard_heap_limit), kTableFunction | kReadOnly, &pragma_hard_heap_limit},
    {"ignore_check_constraints", SQLRITE_OWN_NAME(ignore_check_constraints), kValue | kReadOnly, &pragma_flag},
    {"incremental_vacuum", {}, 0, &pragma_incremental_vacuum},
    {"index_info", kIndexInfo, kAbout, &pragma_index_info},
    {"index_list", kIndexList, kAbout, &pragma_index_list},
    {"index_xinfo", kIndexXinfo, kAbout, &pragma_index_xinfo},
    {"integrity_check", SQLRITE_OWN_NAME(integrity_check), kAbout, &pragma_integrity_check},
    {"journal_mode", SQLRITE_OWN_NAME(journal_mode), kTableFunction | kTakesSchema, &pragma_journal_mode},
    {"journal_size_limit", SQLRITE_OWN_NAME(journal_size_limit), kTableFunction | kTakesSchema | kReadOnly,
     &pragma_journal_size_limit},
    {"legacy_alter_table", SQLRITE_OWN_NAME(legacy_alter_table), kValue | kReadOnly, &pragma_flag},
    {"locking_mode", SQLRITE_OWN_NAME(locking_mode), kTableFunction | kTakesSchema | kReadOnly, &pragma_locking_mode},
    {"max_page_count", SQLRITE_OWN_NAME(max_page_count), kTableFunction | kTakesSchema | kReadOnly,
     &pragma_max_page_count},
    {"mmap_size", SQLRITE_OWN_NAME(mmap_size), kReadOnly, &pragma_mmap_size},
    {"module_list", kName, kList, &pragma_module_list},
    {"optimize", SQLRITE_OWN_NAME(optimize), kTableFunction | kTakesArgument, &pragma_optimize},
    {"page_count", SQLRITE_OWN_NAME(page_count), kTableFunction | kTakesSchema | kReadOnly, &pragma_page_count},
    {"page_size", SQLRITE_OWN_NAME(page_size), kSchemaValue | kReadOnly, &pragma_page_size},
    {"pragma_list", kName, kList, &pragma_pragma_list},
    {"query_only", SQLRITE_OWN_NAME(query_only), kValue | kReadOnly, &pragma_flag},
    {"quick_check", SQLRITE_OWN_NAME(quick_check), kAbout, &pragma_integrity_check},
    {"read_uncommitted", SQLRITE_OWN_NAME(read_uncommitted), kValue | kReadOnly, &pragma_flag},
    {"recursive_triggers", SQLRITE_OWN_NAME(recursive_triggers), kValue | kReadOnly, &pragma_flag},
    {"reverse_unordered_selects", SQLRITE_OWN_NAME(reverse_unordered_selects), kValue | kReadOnly, &pragma_flag},
    {"schema_version", SQLRITE_OWN_NAME(schema_version), kValue, &pragma_header_value},
    {"secure_delete", SQLRITE_OWN_NAME(secure_delete), kTableFunction | kReadOnly, &pragma_secure_delete},
    {"short_column_names", SQLRITE_OWN_NAME(short_column_names), kValue | kReadOnly, &pragma_flag},
    {"shrink_memory", {}, kReadOnly, &pragma_shrink_memory},
    {"soft_heap_limit", SQLRITE_OWN_NAME(soft_heap_limit), kTableFunction | kReadOnly, &pragma_soft_heap_limit},
    {"stats", kStats, kList, &pragma_stats},
    {"synchronous", SQLRITE_OWN_NAME(synchronous), kSchemaValue | kReadOnly, &pragma_synchronous},
    {"table_info", kTableInfo, kAbout, &pragma_table_info},
    {"table_list", kTableList, kAbout, &pragma_table_list},
    {"table_xinfo", kTableXinfo, kAbout, &pragma_table_xinfo},
    {"temp_store", SQLRITE_OWN_NAME(temp_store), kValue | kReadOnly, &pragma_temp_store},
    {"temp_store_directory", {}, kReadOnly, &pragma_nothing},
    {"threads", SQLRITE_OWN_NAME(threads), kTableFunction | kReadOnly, &pragma_threads},
    {"trusted_schema", SQLRITE_OWN_NAME(trusted_schema), kValue | kReadOnly, &pragma_flag},
    {"user_version", SQLRITE_OWN_NAME(user_version), kValue, &pragma_header_value},
    {"wal_autocheckpoint", SQLRITE_OWN_NAME(wal_autocheckpoint), kReadOnly, &pragma_wal_autocheckpoint},
    {"wal_checkpoint", kCheckpoint, kTakesSchema, &pragma_wal_checkpoint},
    {"writable_schema", SQLRITE_OWN_NAME(writable_schema), kValue | kReadOnly, &pragma_flag},
};

int compare_names(std::string_view a, std::string_view b) {
  size_t count = a.size() < b.size() ? a.size() : b.size();
  for (size_t i = 0; i < count; ++i) {
    int difference = ascii_lower(a[i]) - ascii_lower(b[i]);
    if (difference != 0) return difference;
  }
  return a.size() < b.size() ? -1 : a.size() > b.size() ? 1 : 0;
}

}  // namespace

std::span<const PragmaDef> all_pragmas() { return kPragmas; }

const PragmaDef* find_pragma(std::string_view name) {
  size_t low = 0, high = std::size(kPragmas);
  while (low < high) {
    size_t middle = (low + high) / 2;
    int order = compare_names(name, kPragmas[middle].name);
    if (order == 0) return &kPragmas[middle];
    if (order < 0) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return nullptr;
}

int64_t pragma_integer(std::string_view text) {
  int64_t value = 0;
  if (text.size() > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
    parse_integer_literal(text, &value);
    return value;
  }
  parse_integer(text, &value);
  return value;
}

bool pragma_int32(std::string_view text, int32_t* out) {
  if (text.empty() || (!is_digit(text[0]) && text[0] != '-' && text[0] != '+')) return false;
  const bool is_hex = text.size() > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
  int64_t value = 0;
  const IntegerSyntax syntax = is_hex ? parse_integer_literal(text, &value) : parse_integer(text, &value);
  if (syntax != IntegerSyntax::Whole && syntax != IntegerSyntax::Trailing) return false;
  if (value < INT32_MIN || value > INT32_MAX) return false;
  *out = static_cast<int32_t>(value);
  return true;
}

int32_t pragma_int32_or_zero(std::string_view text) {
  int32_t value = 0;
  pragma_int32(text, &value);
  return value;
}

bool pragma_whole_integer(std::string_view text, int64_t* out) {
  const bool is_hex = text.size() > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
  return (is_hex ? parse_integer_literal(text, out) : parse_integer(text, out)) == IntegerSyntax::Whole;
}

bool pragma_boolean(std::string_view text, bool otherwise) {
  if (text.empty()) return otherwise;
  if (is_digit(text[0])) return pragma_int32_or_zero(text) != 0;
  for (const char* word : {"on", "yes", "true"}) {
    if (iequals(text, word)) return true;
  }
  for (const char* word : {"off", "no", "false"}) {
    if (iequals(text, word)) return false;
  }
  return otherwise;
}

Status pragma_read(PragmaCall& call) {
  Connection& connection = call.connection;
  if (call.pager() == nullptr) return connection.load_schemas();
  Status status = connection.transaction().ensure_read(call.database);
  if (!status.ok() && status.code() != Code::Schema) return status;
  return connection.load_schemas();
}

Status pragma_write(PragmaCall& call) {
  SQLRITE_TRY(pragma_read(call));
  return begin_schema_write(call.connection, call.database);
}

Status run_pragma(Command& command, const sql::PragmaStatement& statement) {
  Connection& connection = command.connection;
  if (command.program.pragma == nullptr) return {};  // unknown ones do nothing
  uint32_t database = 0;
  if (statement.schema.present()) {
    int index = connection.find_database(statement.schema.text);
    if (index < 0) {
      return status_format(Code::Error, "unknown database %.*s", static_cast<int>(statement.schema.text.size()),
                           statement.schema.text.data());
    }
    database = static_cast<uint32_t>(index);
  }
  // Rows of a pragma that answers nothing here go to a set that nobody reads.
  RowSet unread;
  RowSet& rows = command.rows.column_count() > 0 ? command.rows : unread;
  PragmaCall call{connection,          *command.program.pragma, database, statement.schema.present(),
                  statement.has_value, statement.value,         rows};
  return command.program.pragma->run(call);
}

}  // namespace sqlrite::engine
