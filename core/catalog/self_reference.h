// Expressions that a schema stores (CHECK, generated columns, index expressions, partial index conditions) may look at
// one row of their own table and nothing else. This checks them when they are defined, in SQLite's words.
#pragma once

#include "base/status.h"
#include "catalog/definition.h"

namespace sqlrite::catalog {

enum class StoredExprKind : uint8_t { Check, Generated, IndexExpression, PartialIndex };

// `table` needs its name and columns only.
Status check_stored_expr(const sql::Expr& expr, const Table& table, StoredExprKind kind,
                         const DefinitionContext& context);

}  // namespace sqlrite::catalog
