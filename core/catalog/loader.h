// Reads sqlite_schema and sqlite_stat1 of one database into a Schema.
#pragma once

#include <memory>

#include "base/status.h"
#include "catalog/schema.h"
#include "functions/function.h"
#include "storage/pager/pager.h"

namespace sqlrite::catalog {

struct LoadOptions {
  bool writable_schema = false;  // PRAGMA writable_schema: malformed rows are skipped instead of reported
  bool load_statistics = true;
};

// REQUIRES pager.is_reading(). An empty database (no pages) gives a Schema that holds sqlite_schema alone. A row that
// cannot be used is Corrupt: "malformed database schema (name) - reason".
Result<std::shared_ptr<Schema>> load_schema(storage::Pager& pager, storage::View view, DatabaseId database,
                                            CollationSource& collations, const functions::Registry& registry,
                                            const LoadOptions& options = {});

// The schema of a database without pages.
std::shared_ptr<Schema> empty_schema(DatabaseId database, TextEncoding encoding = TextEncoding::Utf8);

// Collects rows of sqlite_schema and makes objects of them. load_schema() feeds it from the tree; tests and in-memory
// sources feed it texts. Rows come in table order.
struct SchemaRow {
  std::string_view type;
  std::string_view name;
  std::string_view table_name;
  int64_t root = 0;
  std::string_view sql;  // data() == nullptr: NULL (automatic index)
};
class SchemaBuilder {
 public:
  SchemaBuilder(DatabaseId database, TextEncoding encoding, CollationSource& collations,
                const functions::Registry& registry, const LoadOptions& options = {});
  ~SchemaBuilder();
  SchemaBuilder(const SchemaBuilder&) = delete;
  SchemaBuilder& operator=(const SchemaBuilder&) = delete;
  // Below 4 DESC in indexes is ignored. Before the first row.
  void set_file_format(uint32_t file_format, uint32_t cookie);
  const Table* find_table(std::string_view name) const;
  // Copies what it keeps. `page_count` bounds root pages; 0: unknown.
  Status add_row(const SchemaRow& row, uint32_t page_count = 0);
  // A row of sqlite_stat1; `index_name` data() == nullptr: the table's own row count.
  void add_statistics(std::string_view table_name, std::string_view index_name, std::string_view stat);
  // Links indexes and triggers to their tables and checks that nothing is missing.
  Result<std::shared_ptr<Schema>> finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sqlrite::catalog
