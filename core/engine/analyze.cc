// ANALYZE: counts, per index, rows and distinct key prefixes, and writes them to sqlite_stat1 in SQLite's form: for each
// index "rows avg1 avg2 ...", where avgN is the average number of rows with equal first N fields, rounded up.
#include "base/guarded.h"
#include "engine/commands.h"
#include "engine/ddl/schema_writer.h"
#include "storage/record/record.h"

namespace sqlrite::engine {

namespace {

struct StatRow {
  std::string table;
  std::string index;  // empty: NULL, the table's own row count
  std::string stat;
};

// What is known of an index without entries: no rows, no repeats.
std::string empty_stat(uint16_t field_count) {
  std::string stat = "0";
  for (uint16_t i = 0; i < field_count; ++i) stat += " 0";
  return stat;
}

Status analyze_index(Connection& connection, const catalog::Table& table, const catalog::Index& index,
                     std::vector<StatRow>* out) {
  Database& database = connection.database(table.database.value);
  storage::IndexCursor cursor;
  SQLRITE_TRY(cursor.open(database.pager.get(), index.root, storage::kNewestView, &index.key_info));
  uint16_t field_count = index.key_field_count;
  std::vector<uint16_t> wanted(field_count);
  for (uint16_t i = 0; i < field_count; ++i) wanted[i] = i;
  std::vector<Value> values(field_count), previous(field_count);
  std::vector<uint64_t> distinct(field_count, 1);
  Arena heaps[2]{Arena(512), Arena(512)};
  int current = 0;
  bool surely_distinct = false;
  uint64_t rows = 0;
  // PRAGMA analysis_limit: after every so many rows the scan ends or, while all first fields have been equal, goes on
  // behind that value. It then leaves out the first entry there, as SQLite's does.
  const uint64_t limit = static_cast<uint64_t>(connection.settings().analysis_limit);
  uint64_t skip_count = 0;
  SQLRITE_TRY_ASSIGN(bool found, cursor.first());
  while (found) {
    if ((rows & 1023) == 0) SQLRITE_TRY(Connection::check_interrupt(&connection));
    current ^= 1;
    Arena& heap = heaps[current];
    heap.reset();
    uint32_t missing_from = field_count;
    SQLRITE_TRY(storage::decode_record(cursor.cell(), *database.pager, storage::kNewestView, database.encoding,
                                       wanted.data(), field_count, values.data(), &missing_from, &heap));
    for (Value& value : values) {
      if (value.is_bytes() && value.owner == ValueOwner::Page) value.bytes = heap.copy(value.view()).data();
    }
    if (rows > 0) {
      uint16_t same = 0;
      // In a unique index of one column all rows behind one that is not NULL count as distinct.
      surely_distinct |= index.unique && field_count == 1 && !previous[0].is_null();
      while (!surely_distinct && same < field_count &&
             compare_values(values[same], previous[same], *index.fields[same].collation) == 0)
        ++same;
      for (uint16_t i = same; i < field_count; ++i) ++distinct[i];
    }
    previous = values;
    ++rows;
    if (limit > 0 && rows > limit * (skip_count + 1)) {
      ++skip_count;
      if (distinct[0] > 1) break;
      SQLRITE_TRY_ASSIGN(found, cursor.seek({previous.data(), 1}, storage::Seek::Greater));
      if (!found) break;
    }
    SQLRITE_TRY_ASSIGN(found, cursor.next());
  }
  if (rows == 0) {
    // A partial index may be empty while its table is not: that is worth knowing.
    if (index.where != nullptr)
      out->push_back({std::string(table.name), std::string(index.name), empty_stat(field_count)});
    return {};
  }
  uint64_t rows_in_all = rows;
  if (skip_count > 0) {
    SQLRITE_TRY_ASSIGN(rows_in_all, storage::count_entries(*database.pager, index.root, storage::kNewestView));
  }
  std::string stat = std::to_string(rows_in_all);
  for (uint64_t count : distinct) {
    uint64_t average = (rows + count - 1) / count;
    // Between one and two rows on average, but with few repeats, counts as unique.
    if (average == 2 && rows * 10 <= count * 11) average = 1;
    stat += " " + std::to_string(average);
  }
  out->push_back({std::string(table.name), std::string(index.name), stat});
  return {};
}

Status analyze_table(Connection& connection, const catalog::Table& table, const catalog::Index* only,
                     std::vector<StatRow>* out) {
  if (table.kind != catalog::TableKind::Table || table.name.substr(0, 7) == "sqlite_") return {};
  bool counted = false;
  size_t before = out->size();
  for (const catalog::Index* index : table.indexes) {
    if (only != nullptr && index != only) continue;
    if (!index->unusable_reason.empty()) continue;
    if (index->where == nullptr) counted = true;
    SQLRITE_TRY(analyze_index(connection, table, *index, out));
  }
  if (table.without_rowid && (only == nullptr || only == table.primary_key_index)) {
    counted = true;
    SQLRITE_TRY(analyze_index(connection, table, *table.primary_key_index, out));
    // The tree of the table goes by the table's name.
    if (out->size() > before && out->back().index == table.primary_key_index->name) out->back().index = table.name;
  }
  if (!counted && only == nullptr && !table.without_rowid) {
    storage::Pager& pager = *connection.database(table.database.value).pager;
    SQLRITE_TRY_ASSIGN(uint64_t rows, storage::count_entries(pager, table.root, storage::kNewestView));
    if (rows > 0) out->push_back({std::string(table.name), {}, std::to_string(rows)});
  }
  return {};
}

Status analyze_database(Connection& connection, uint32_t database, const catalog::Table* only_table,
                        const catalog::Index* only_index) {
  std::string table_name = only_table != nullptr ? std::string(only_table->name) : std::string();
  std::string index_name = only_index != nullptr ? std::string(only_index->name) : std::string();
  SchemaWriter writer(connection, database);
  SQLRITE_TRY(writer.begin());
  std::string schema_name = quoted_name(connection.database(database).name);
  if (writer.schema().find_table("sqlite_stat1") == nullptr) {
    SQLRITE_TRY_ASSIGN(PageId root, writer.create_tree(storage::TreeKind::Table));
    SQLRITE_TRY(writer.add("table", "sqlite_stat1", "sqlite_stat1", root, "CREATE TABLE sqlite_stat1(tbl,idx,stat)"));
    SQLRITE_TRY(writer.publish());
  } else {
    std::string text = "DELETE FROM " + schema_name + ".sqlite_stat1";
    Value parameter = Value::from_text(index_name.empty() ? table_name : index_name, ValueOwner::Caller);
    if (!index_name.empty()) {
      text += " WHERE idx = ?1";
    } else if (!table_name.empty()) {
      text += " WHERE tbl = ?1";
    }
    SQLRITE_TRY(connection.exec_internal(text, nullptr, nullptr, &parameter, 1));
  }
  std::vector<StatRow> rows;
  catalog::SchemaRef schema = connection.database(database).schema;
  for (const catalog::Table* table : schema->tables_in_order) {
    if (!table_name.empty() && !iequals(table->name, table_name)) continue;
    const catalog::Index* only = index_name.empty() ? nullptr : schema->find_index(index_name);
    SQLRITE_TRY(analyze_table(connection, *table, only, &rows));
  }
  std::string insert = "INSERT INTO " + schema_name + ".sqlite_stat1 VALUES (?1, ?2, ?3)";
  for (const StatRow& row : rows) {
    Value values[3] = {Value::from_text(row.table, ValueOwner::Caller),
                       row.index.empty() ? Value::null() : Value::from_text(row.index, ValueOwner::Caller),
                       Value::from_text(row.stat, ValueOwner::Caller)};
    SQLRITE_TRY(connection.exec_internal(insert, nullptr, nullptr, values, 3));
  }
  return writer.finish(false);
}

}  // namespace

Status analyze(Command& command, const sql::AnalyzeStatement& statement) {
  Connection& connection = command.connection;
  SQLRITE_TRY(connection.load_schemas());
  const sql::QualifiedName& target = statement.target;
  if (!target.name.present()) {
    for (uint32_t i = 0; i < connection.database_count(); ++i) {
      if (i == kTempDatabase.value || connection.database(i).pager == nullptr) continue;
      SQLRITE_TRY(analyze_database(connection, i, nullptr, nullptr));
    }
    return {};
  }
  if (!target.schema.present()) {
    if (int database = connection.find_database(target.name.text); database >= 0) {
      if (connection.database(static_cast<uint32_t>(database)).pager == nullptr) return {};
      return analyze_database(connection, static_cast<uint32_t>(database), nullptr, nullptr);
    }
  }
  std::string_view schema = target.schema.present() ? target.schema.text : std::string_view();
  uint32_t database = 0;
  if (const catalog::Index* index = connection.find_index(schema, target.name.text, &database); index != nullptr) {
    return analyze_database(connection, database, index->table, index);
  }
  bind::FoundTable found = connection.find_table(schema, target.name.text);
  if (found.unknown_database) {
    return status_format(Code::Error, "unknown database %.*s", static_cast<int>(schema.size()), schema.data());
  }
  if (found.table == nullptr) {
    return status_format(Code::Error, "no such table: %.*s", static_cast<int>(target.name.text.size()),
                         target.name.text.data());
  }
  return analyze_database(connection, found.table->database.value, found.table, nullptr);
}

Status reindex(Command& command, const sql::ReindexStatement& statement) {
  Connection& connection = command.connection;
  SQLRITE_TRY(connection.load_schemas());
  const sql::QualifiedName& target = statement.target;
  std::string_view schema = target.schema.present() ? target.schema.text : std::string_view();
  std::string_view collation, table_name, index_name;
  if (target.name.present()) {
    uint32_t database = 0;
    if (!target.schema.present() && connection.find_collation(target.name.text) != nullptr) {
      collation = target.name.text;
    } else if (connection.find_table(schema, target.name.text).table != nullptr) {
      table_name = target.name.text;
    } else if (connection.find_index(schema, target.name.text, &database) != nullptr) {
      index_name = target.name.text;
    } else {
      return Status(Code::Error, "unable to identify the object to be reindexed");
    }
  }
  for (uint32_t i = 0; i < connection.database_count(); ++i) {
    if (connection.database(i).pager == nullptr) continue;
    if (!schema.empty() && connection.find_database(schema) != static_cast<int>(i)) continue;
    catalog::SchemaRef current = connection.database(i).schema;
    for (const catalog::Table* table : current->tables_in_order) {
      if (!table_name.empty() && !iequals(table->name, table_name)) continue;
      for (const catalog::Index* index : table->indexes) {
        if (!index_name.empty() && !iequals(index->name, index_name)) continue;
        if (!index->unusable_reason.empty()) continue;
        bool uses = collation.empty();
        for (const catalog::IndexField& field : index->fields) uses = uses || iequals(field.collation_name, collation);
        if (!uses) continue;
        SQLRITE_TRY(begin_schema_write(connection, i));
        storage::Pager& pager = *connection.database(i).pager;
        SQLRITE_TRY_ASSIGN(uint32_t mark, pager.open_mark());
        Status status = guarded([&]() -> Status {
          SQLRITE_TRY(storage::clear_tree(pager, index->root).take_status());
          return fill_index(connection, *table, *index);
        });
        if (!status.ok()) pager.rollback_to(mark).ignore();
        pager.release(mark);
        SQLRITE_TRY(std::move(status));
      }
    }
  }
  return {};
}

}  // namespace sqlrite::engine
