// The authorizer hook: asked once per thing a statement wants to do, while it is compiled (sqlite3_set_authorizer).
#pragma once

#include "bind/bound.h"
#include "engine/connection.h"
#include "sql/ast/statements.h"

namespace sqlrite::engine {

// AUTH ("not authorized", "access to t.c is prohibited") when the hook denies. An IGNORE counts as a denial too: leaving
// columns out silently is not offered. OK when no hook is set.
Status authorize_query(Connection& connection, const bind::BoundQuery& query);
Status authorize_insert(Connection& connection, const bind::BoundInsert& insert);
Status authorize_update(Connection& connection, const bind::BoundUpdate& update);
Status authorize_delete(Connection& connection, const bind::BoundDelete& remove);
Status authorize_command(Connection& connection, const sql::Statement& statement);

}  // namespace sqlrite::engine
