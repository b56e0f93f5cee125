// PRAGMA integrity_check and quick_check: pages first (storage), then every row against its table's rules and, for
// integrity_check, against every index. The rows are read by a query the engine asks itself, which also evaluates index
// expressions, partial conditions and CHECKs as ordinary result columns.
#include "engine/ddl/schema_writer.h"
#include "engine/pragma/pragma.h"
#include "engine/statement.h"
#include "sql/print/print.h"
#include "storage/record/record.h"
#include "types/affinity.h"

namespace sqlrite::engine {

namespace {

constexpr int kErrorCountDefault = 100;

struct Messages {
  RowSet& rows;
  int left;
  bool any = false;
  bool full() const { return left <= 0; }
  void add(std::string_view text) {
    if (full()) return;
    rows.add_text(text);
    --left;
    any = true;
  }
};

std::string text_of_name(std::string_view name) { return std::string(name); }

// One index as the check of a row needs it.
struct IndexCheck {
  const catalog::Index* index = nullptr;
  bool is_primary = false;  // the table itself, WITHOUT ROWID: are its rows where their keys belong?
  storage::IndexCursor cursor;
  std::vector<uint32_t> fields;  // result column of each index field
  int where = -1;                // result column of the partial condition
  uint64_t expected_count = 0;
  std::vector<Value> values;
  std::vector<const Collation*> binary_collations;  // of the key fields, if some of them compare otherwise
};

struct TableCheck {
  Connection& connection;
  const catalog::Table& table;
  Messages& messages;
  storage::Pager& pager;
  bool quick;
  std::vector<std::unique_ptr<IndexCheck>> indexes;
  std::vector<int> checks;  // result column of each CHECK
  int rowid_column = -1;
  int64_t row_number = 0;
  uint64_t row_count = 0;

  Status add_row(Statement& row);
  Status check_index(Statement& row, IndexCheck& check);
  Status check_order(Statement& row, IndexCheck& check);
};

// Rows come in the order of their tree: each must be beyond the one before, on which the cursor stands.
Status TableCheck::check_order(Statement& row, IndexCheck& check) {
  if (row_count == 1) return check.cursor.first().take_status();
  const uint16_t count = check.index->key_field_count;
  for (uint16_t i = 0; i < count; ++i) check.values[i] = row.peek(check.fields[i]);
  SQLRITE_TRY_ASSIGN(int order, check.cursor.compare_current({check.values.data(), count}));
  if (order >= 0) messages.add("row not in PRIMARY KEY order for " + text_of_name(table.name));
  return check.cursor.next().take_status();
}

Status TableCheck::check_index(Statement& row, IndexCheck& check) {
  if (check.is_primary) return quick ? Status() : check_order(row, check);
  const catalog::Index& index = *check.index;
  if (check.where >= 0 && row.column_int64(static_cast<uint32_t>(check.where)) == 0) return {};
  ++check.expected_count;
  if (quick) return {};
  const size_t count = check.fields.size();
  bool has_null = false;
  for (size_t i = 0; i < count; ++i) {
    check.values[i] = row.peek(check.fields[i]);
    if (i < index.key_field_count && check.values[i].is_null()) has_null = true;
  }
  SQLRITE_TRY_ASSIGN(bool found,
                     check.cursor.seek({check.values.data(), static_cast<uint16_t>(count)}, storage::Seek::Equal));
  if (!found) {
    messages.add("row " + std::to_string(row_number) + " missing from index " + text_of_name(index.name));
    return {};
  }
  if (!check.binary_collations.empty()) {
    storage::KeyInfo by_bytes = index.key_info;
    by_bytes.collations = check.binary_collations.data();
    by_bytes.field_count = index.key_field_count;
    SQLRITE_TRY_ASSIGN(int order, storage::compare_record(check.cursor.cell(), pager, storage::kNewestView, by_bytes,
                                                          {check.values.data(), index.key_field_count}));
    if (order != 0)
      messages.add("row " + std::to_string(row_number) + " values differ from index " + text_of_name(index.name));
  }
  if (!index.unique || has_null || messages.full()) return {};
  SQLRITE_TRY_ASSIGN(bool next, check.cursor.next());
  if (!next) return {};
  SQLRITE_TRY_ASSIGN(int order, check.cursor.compare_current({check.values.data(), index.key_field_count}));
  if (order == 0) messages.add("non-unique entry in index " + text_of_name(index.name));
  return {};
}

bool strict_type_fits(const catalog::TableColumn& column, ValueType type) {
  if (iequals(column.declared_type, "ANY") || type == ValueType::Null) return true;
  if (iequals(column.declared_type, "INT") || iequals(column.declared_type, "INTEGER"))
    return type == ValueType::Integer;
  if (iequals(column.declared_type, "REAL")) return type == ValueType::Real || type == ValueType::Integer;
  if (iequals(column.declared_type, "TEXT")) return type == ValueType::Text;
  if (iequals(column.declared_type, "BLOB")) return type == ValueType::Blob;
  return true;
}

Status TableCheck::add_row(Statement& row) {
  row_number = ++row_count;
  for (size_t i = 0; i < table.columns.size() && !messages.full(); ++i) {
    const catalog::TableColumn& column = table.columns[i];
    if (static_cast<int>(i) == table.rowid_alias || column.generated != catalog::GeneratedKind::None) continue;
    ValueType type = row.column_type(static_cast<uint32_t>(i));
    auto place = [&] { return " value in " + text_of_name(table.name) + "." + text_of_name(column.name); };
    if (column.not_null && type == ValueType::Null) messages.add("NULL" + place());
    if (table.strict) {
      if (!strict_type_fits(column, type)) messages.add("non-" + text_of_name(column.declared_type) + place());
    } else if (column.affinity == Affinity::Text && (type == ValueType::Integer || type == ValueType::Real)) {
      messages.add("NUMERIC" + place());
    } else if (is_numeric_affinity(column.affinity) && type == ValueType::Text) {
      Value converted = row.column_value(static_cast<uint32_t>(i));
      apply_numeric_to_text(converted, true);
      if (converted.type != ValueType::Text) messages.add("TEXT" + place());
    }
  }
  for (size_t i = 0; i < checks.size() && !messages.full(); ++i) {
    uint32_t column = static_cast<uint32_t>(checks[i]);
    if (row.column_type(column) != ValueType::Null && row.column_double(column) == 0) {
      messages.add("CHECK constraint failed in " + text_of_name(table.name));
      break;
    }
  }
  for (auto& check : indexes) {
    if (messages.full()) return {};
    SQLRITE_TRY(check_index(row, *check));
  }
  return {};
}

Status check_table(Connection& connection, uint32_t database, const catalog::Table& table, bool quick,
                   Messages& messages) {
  if (table.kind != catalog::TableKind::Table || table.has_generated) return {};
  storage::Pager& pager = *connection.database(database).pager;
  TableCheck check{connection, table, messages, pager, quick, {}, {}, -1, 0, 0};
  std::string query = "SELECT ";
  uint32_t column_count = 0;
  auto add_column = [&](const std::string& text) {
    if (column_count > 0) query += ", ";
    query += text;
    return column_count++;
  };
  for (const catalog::TableColumn& column : table.columns) add_column(quoted_name(column.name));
  std::string rowid = rowid_name(table);
  if (!table.without_rowid) {
    if (rowid.empty()) return {};
    check.rowid_column = static_cast<int>(add_column(rowid));
  }
  for (const catalog::CheckConstraint& constraint : table.checks) {
    if (constraint.expr == nullptr || connection.settings().ignore_check_constraints) continue;
    check.checks.push_back(static_cast<int>(add_column("(" + sql::print_expr(*constraint.expr) + ")")));
  }
  std::vector<const catalog::Index*> trees(table.indexes.begin(), table.indexes.end());
  if (table.without_rowid) trees.insert(trees.begin(), table.primary_key_index);
  for (const catalog::Index* index : trees) {
    if (!index->unusable_reason.empty()) continue;
    auto entry = std::make_unique<IndexCheck>();
    entry->index = index;
    entry->is_primary = table.without_rowid && index == table.primary_key_index;
    for (const catalog::IndexField& field : index->fields) {
      if (field.column >= 0) {
        entry->fields.push_back(static_cast<uint32_t>(field.column));
      } else if (field.column == catalog::kExpressionColumn) {
        entry->fields.push_back(add_column("(" + sql::print_expr(*field.expr) + ")"));
      } else {
        entry->fields.push_back(static_cast<uint32_t>(check.rowid_column));
      }
    }
    if (index->where != nullptr)
      entry->where = static_cast<int>(add_column("((" + sql::print_expr(*index->where) + ") IS TRUE)"));
    entry->values.resize(entry->fields.size());
    for (uint16_t i = 0; i < index->key_field_count; ++i) {
      if (index->key_info.collations[i] == &kBinaryCollation) continue;
      entry->binary_collations.assign(index->key_field_count, &kBinaryCollation);
      break;
    }
    SQLRITE_TRY(entry->cursor.open(&pager, index->root, storage::kNewestView, &index->key_info));
    check.indexes.push_back(std::move(entry));
  }
  query += " FROM " + quoted_name(connection.database(database).name) + "." + quoted_name(table.name) + " NOT INDEXED";
  SQLRITE_TRY(connection.exec_internal(
      query,
      [](void* context, Statement& row) -> Status {
        auto& to = *static_cast<TableCheck*>(context);
        return to.messages.full() ? Status(Code::Done) : to.add_row(row);
      },
      &check));
  for (auto& entry : check.indexes) {
    if (entry->index->where == nullptr) continue;  // complete ones are counted beforehand
    SQLRITE_TRY_ASSIGN(uint64_t count, storage::count_entries(pager, entry->index->root, storage::kNewestView));
    if (count != entry->expected_count) messages.add("wrong # of entries in index " + text_of_name(entry->index->name));
  }
  return {};
}

Status check_counts(storage::Pager& pager, const catalog::Table& table, Messages& messages) {
  if (table.indexes.empty()) return {};
  PageId root = table.without_rowid ? table.primary_key_index->root : table.root;
  SQLRITE_TRY_ASSIGN(uint64_t row_count, storage::count_entries(pager, root, storage::kNewestView));
  for (const catalog::Index* index : table.indexes) {
    if (index->where != nullptr) continue;
    SQLRITE_TRY_ASSIGN(uint64_t count, storage::count_entries(pager, index->root, storage::kNewestView));
    if (count != row_count) messages.add("wrong # of entries in index " + text_of_name(index->name));
  }
  return {};
}

Status check_database(PragmaCall& call, uint32_t database, const catalog::Table* only, bool quick, Messages& messages) {
  Connection& connection = call.connection;
  PragmaCall each{connection, call.def, database, true, false, {}, call.rows};
  SQLRITE_TRY(pragma_read(each));
  Database& target = connection.database(database);
  if (target.pager == nullptr || target.pager->page_count(storage::kNewestView) == 0) return {};
  catalog::SchemaRef schema = target.schema;
  if (only == nullptr) {
    std::vector<PageId> roots{PageId{1}};
    std::vector<SchemaRecord> records;
    SQLRITE_TRY(read_schema_records(connection, database, &records));
    for (const SchemaRecord& record : records) {
      if (record.root > 0) roots.push_back(PageId{static_cast<uint32_t>(record.root)});
    }
    struct Report {
      Messages& messages;
      std::string text;
      std::string name;
    } report{messages, {}, target.name};
    SQLRITE_TRY(storage::check_pages(
        *target.pager, storage::kNewestView, roots, messages.left,
        [](void* context, std::string_view message) {
          Report& to = *static_cast<Report*>(context);
          if (to.text.empty()) {
            to.text = "*** in database " + to.name + " ***";
            to.messages.left -= 1;
          }
          to.text += '\n';
          to.text.append(message);
        },
        &report));
    if (!report.text.empty()) {
      ++messages.left;
      messages.add(report.text);
    }
  }
  // The newest table comes first, as SQLite walks them; entry counts of all indexes come before all rows.
  std::vector<const catalog::Table*> tables;
  for (size_t i = schema->tables_in_order.size(); i-- > 0;) {
    const catalog::Table* table = schema->tables_in_order[i];
    if (table->kind != catalog::TableKind::Table || (table->is_system && table->root == PageId{1})) continue;
    if (only == nullptr || table == only) tables.push_back(table);
  }
  for (const catalog::Table* table : tables) {
    Status status = check_counts(*target.pager, *table, messages);
    if (!status.ok() && status.primary() != Code::Corrupt) return status;
  }
  for (const catalog::Table* table : tables) {
    if (messages.full()) break;
    Status status = check_table(connection, database, *table, quick, messages);
    if (status.code() == Code::Done) break;
    if (status.primary() == Code::Corrupt) {
      messages.add(status.message());
      continue;
    }
    SQLRITE_TRY(std::move(status));
  }
  return {};
}

}  // namespace

Status pragma_integrity_check(PragmaCall& call) {
  Connection& connection = call.connection;
  bool quick = iequals(call.def.name, "quick_check");
  int error_count = kErrorCountDefault;
  const catalog::Table* only = nullptr;
  if (call.has_value) {
    int64_t number = pragma_integer(call.value);
    if (number > 0) {
      error_count = static_cast<int>(number < 0x7fffffff ? number : 0x7fffffff);
    } else if (!call.value.empty() && !(call.value[0] >= '0' && call.value[0] <= '9') && call.value[0] != '-') {
      SQLRITE_TRY(connection.load_schemas());
      only = call.has_schema
                 ? connection.find_table_in(DatabaseId{static_cast<uint8_t>(call.database)}, call.value).table
                 : connection.find_table({}, call.value).table;
      if (only == nullptr) {
        return status_format(Code::Error, "no such table: %.*s", static_cast<int>(call.value.size()),
                             call.value.data());
      }
    }
  }
  Messages messages{call.rows, error_count};
  for (uint32_t i = 0; i < connection.database_count(); ++i) {
    if (call.has_schema && i != call.database) continue;
    if (only != nullptr && only->database.value != i) continue;
    SQLRITE_TRY(check_database(call, i, only, quick, messages));
  }
  if (!messages.any) call.rows.add_text("ok");
  return {};
}

}  // namespace sqlrite::engine
