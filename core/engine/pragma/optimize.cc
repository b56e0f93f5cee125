// PRAGMA optimize: runs ANALYZE on the tables whose statistics are missing or far from what the tables hold now.
//
// The mask that may be its argument: 0x01 answers the statements instead of running them; 0x02 analyzes at all; 0x10 keeps
// the work small by an analysis limit of its own; 0x10000 looks at tables without indexes too.
#include "engine/ddl/schema_writer.h"
#include "engine/pragma/pragma.h"
#include "plan/cost/log_est.h"

namespace sqlrite::engine {

namespace {

constexpr int64_t kShowOnly = 0x01;
constexpr int64_t kAnalyze = 0x02;
constexpr int64_t kLimited = 0x10;
constexpr int64_t kAllTables = 0x10000;
constexpr int64_t kDefaultMask = 0xfffe;

// Rows of an index that are looked at before the rest is guessed. Databases of many trees have to do with less for each.
constexpr int64_t kAnalysisLimit = 2000;
constexpr int64_t kTreeCountMax = 100;

// Statistics are kept while the number of rows stays within a factor of ten of what they say: 10 * log2(10).
constexpr plan::LogEst kGrowthMax = 33;

bool lacks_statistics(const catalog::Table& table) {
  for (const catalog::Index* index : table.indexes) {
    if (index->rows_per_prefix.empty()) return true;
  }
  return false;
}

Result<bool> wants_analysis(storage::Pager& pager, const catalog::Table& table, int64_t mask) {
  if (table.kind != catalog::TableKind::Table || table.is_system) return false;
  if (table.indexes.empty() && (mask & kAllTables) == 0) return false;
  PageId root = table.without_rowid ? table.primary_key_index->root : table.root;
  SQLRITE_TRY_ASSIGN(uint64_t rows, storage::count_entries(pager, root, storage::kNewestView));
  if (lacks_statistics(table)) return rows > 0;
  plan::LogEst recorded = plan::log_est(table.row_count_estimate);
  if (rows == 0) return recorded >= kGrowthMax;
  int growth = plan::log_est(rows) - recorded;
  return growth > kGrowthMax || growth < -kGrowthMax;
}

int64_t analysis_limit_for(int64_t limit_set, int64_t mask, int64_t tree_count) {
  if ((mask & kLimited) == 0 || (limit_set > 0 && limit_set < kAnalysisLimit)) return limit_set;
  return tree_count > kTreeCountMax ? kAnalysisLimit * kTreeCountMax / tree_count : kAnalysisLimit;
}

Status run_statements(Connection& connection, const std::vector<std::string>& statements) {
  for (const std::string& statement : statements) SQLRITE_TRY(connection.exec_internal(statement, nullptr, nullptr));
  return {};
}

}  // namespace

Status pragma_optimize(PragmaCall& call) {
  int64_t mask = call.has_value ? pragma_integer(call.value) : kDefaultMask;
  if ((mask & kAnalyze) == 0) return {};
  Connection& connection = call.connection;
  std::vector<std::string> statements;
  int64_t tree_count = 0;
  for (uint32_t i = 0; i < connection.database_count(); ++i) {
    if (i == kTempDatabase.value || (call.has_schema && i != call.database)) continue;
    PragmaCall each{connection, call.def, i, true, false, {}, call.rows};
    if (each.pager() == nullptr) continue;
    SQLRITE_TRY(pragma_read(each));
    catalog::SchemaRef schema = connection.database(i).schema;
    for (const catalog::Table* table : schema->tables_in_order) {
      if (table->kind == catalog::TableKind::Table) tree_count += 1 + static_cast<int64_t>(table->indexes.size());
      SQLRITE_TRY_ASSIGN(bool wanted, wants_analysis(*each.pager(), *table, mask));
      if (!wanted) continue;
      statements.push_back("ANALYZE " + quoted_name(connection.database(i).name) + "." + quoted_name(table->name));
    }
  }
  if ((mask & kShowOnly) != 0) {
    for (const std::string& statement : statements) call.rows.add_text(statement);
    return {};
  }
  int64_t& limit = connection.settings().analysis_limit;
  const int64_t limit_set = limit;
  limit = analysis_limit_for(limit_set, mask, tree_count);
  Status status = run_statements(connection, statements);
  limit = limit_set;
  return status;
}

}  // namespace sqlrite::engine
