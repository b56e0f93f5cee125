// Which tables this version reads but does not write, each with its one sentence.
#pragma once

#include "engine/connection.h"
#include "sql/ast/statements.h"

namespace sqlrite::engine {

enum class WriteKind : uint8_t { Insert, Update, Delete };

// OK when every rule of the table can be kept by a write of that kind.
Status check_write_supported(Connection& connection, const catalog::Table& table, WriteKind kind, bool replaces);

}  // namespace sqlrite::engine
