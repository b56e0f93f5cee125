#include "catalog/schema.h"

namespace sqlrite::catalog {

int Table::find_column(std::string_view column_name) const {
  for (size_t i = 0; i < columns.size(); ++i) {
    if (iequals(columns[i].name, column_name)) return static_cast<int>(i);
  }
  if (!without_rowid && kind == TableKind::Table && is_rowid_name(column_name)) return kRowIdColumn;
  return kExpressionColumn;
}

}  // namespace sqlrite::catalog
