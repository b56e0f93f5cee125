// What the library tells about itself where a program asks in SQLite's terms.
#pragma once

#include <cstdint>
#include <string_view>

namespace sqlrite::functions {

// The SQLite release whose language and file format this engine follows.
inline constexpr char kSqliteVersion[] = "3.53.0";
inline constexpr int kSqliteVersionNumber = 3053000;
inline constexpr char kSqliteSourceId[] =
    "2026-11-20 00:00:00 sqlrite0000000000000000000000000000000000000000000000000000000000";

// sqlite3_compileoption_get() and _used(): null past the end; names with or without the SQLITE_ prefix.
const char* compile_option(int64_t index);
bool compile_option_used(std::string_view name);

}  // namespace sqlrite::functions
