// PRAGMAs that answer with rows, and their table-valued functions.
#include "differential/families/family.h"

namespace sqlrite::differential {

namespace {

void add_rules(Grammar& g) {
  g.add("setting", {"user_version",
                    "application_id",
                    "encoding",
                    "foreign_keys",
                    "recursive_triggers",
                    "synchronous",
                    "cache_size",
                    "auto_vacuum",
                    "page_size",
                    "count_changes",
                    "full_column_names",
                    "short_column_names",
                    "defer_foreign_keys",
                    "ignore_check_constraints",
                    "reverse_unordered_selects",
                    "secure_delete",
                    "temp_store",
                    "busy_timeout",
                    "query_only",
                    "automatic_index",
                    "cell_size_check",
                    "checkpoint_fullfsync",
                    "fullfsync",
                    "legacy_alter_table",
                    "trusted_schema",
                    "wal_autocheckpoint",
                    "journal_size_limit",
                    "locking_mode",
                    "max_page_count",
                    "read_uncommitted",
                    "writable_schema",
                    "threads",
                    "analysis_limit",
                    "data_version",

                    "nonsense"});
  g.add("harmless", {"user_version", "application_id", "recursive_triggers", "cache_size", "busy_timeout",
                     "analysis_limit", "cell_size_check", "trusted_schema", "automatic_index", "checkpoint_fullfsync",
                     "legacy_alter_table", "secure_delete", "full_column_names"});
  g.add("value", {"0", "1", "2", "-5", "on", "off", "yes", "'no'", "true", "100", "'bad'", "FULL", "normal"});
}

}  // namespace

Family pragma_family() {
  return {"pragmas",
          add_rules,
          {"PRAGMA @setting",
           "PRAGMA main.@setting",
           "PRAGMA @harmless = @value",
           "PRAGMA @harmless(@value)",
           "PRAGMA table_info(@name)",
           "PRAGMA table_xinfo(@name)",
           "PRAGMA index_list(@name)",
           "PRAGMA foreign_key_list(@name)",
           "PRAGMA index_info(i3)",
           "PRAGMA index_xinfo(i4)",
           "PRAGMA quick_check",
           "PRAGMA integrity_check(@name)",
           "PRAGMA foreign_key_check",
           "SELECT * FROM pragma_table_info('@name')",
           "SELECT * FROM pragma_table_xinfo('@name') WHERE pk",
           "SELECT name, \"unique\", origin, partial FROM pragma_index_list('@name') ORDER BY seq",
           "SELECT l.name, x.* FROM pragma_index_list('@name') AS l, pragma_index_xinfo(l.name) AS x ORDER BY l.seq, "
           "x.seqno",
           "SELECT schema, name, type, wr, strict FROM pragma_table_list WHERE name NOT LIKE 'sqlite%' ORDER BY "
           "schema, name",
           "SELECT seq, name FROM pragma_database_list ORDER BY seq",
           "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name",
           "SELECT type, name, tbl_name, sql FROM sqlite_temp_schema ORDER BY type, name",
           "SELECT tbl, idx, stat FROM sqlite_stat1 ORDER BY tbl, idx",
           "PRAGMA shrink_memory",
           "PRAGMA optimize(0)",
           "SELECT * FROM pragma_user_version",
           "SELECT name FROM pragma_collation_list ORDER BY name",
           "PRAGMA incremental_vacuum(1)",
           "PRAGMA wal_checkpoint",
           "SELECT name FROM sqlite_sequence ORDER BY 1",
           "SELECT changes(), total_changes()",
           "PRAGMA case_sensitive_like"}};
}

}  // namespace sqlrite::differential
