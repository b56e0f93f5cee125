// sqlrite.h is C++ as well as C, and its structs have the layout that other languages rely on.
#include <cstddef>

#include "sqlrite.h"

static_assert(sizeof(SqlriteValue) == 16 && offsetof(SqlriteValue, size) == 8 && offsetof(SqlriteValue, type) == 12);
static_assert(offsetof(SqlriteRows, row_count) == sizeof(void *) &&
              offsetof(SqlriteRows, column_count) == sizeof(void *) + 4);
static_assert(sizeof(SqlriteRunResult) == 16 && sizeof(SqlriteColumn) == 5 * sizeof(void *));
