// Renaming tables and columns: finds the places in stored texts that mean the renamed object, and edits just those.
#pragma once

#include "engine/connection.h"
#include "sql/ast/ast.h"

namespace sqlrite::engine {

Status rename_table(Connection& connection, const catalog::Table& table, std::string_view new_name);
Status rename_column(Connection& connection, const catalog::Table& table, std::string_view column,
                     const sql::Identifier& new_name);

// Binds every view of the database; the first one that no longer fits fails with "error in view v <when>: ...".
Status check_stored_texts(Connection& connection, uint32_t database, const char* when);

}  // namespace sqlrite::engine
