// Which expressions call functions.
#pragma once

#include "sql/ast/ast.h"

namespace sqlrite::sql {

// A call in the expression itself; those of sub-queries are their own.
bool has_call(const Expr& expr);

// x IN (): SQLite takes it for a constant and does not look at x, except for its calls (an aggregate makes a group).
bool ignores_subject(const InExpr& in);

}  // namespace sqlrite::sql
