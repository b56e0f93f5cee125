// VACUUM and VACUUM INTO: builds a compact copy of a database, tree by tree in key order. VACUUM then puts the copy in place
// of the original in one commit; VACUUM INTO leaves the copy as a new file. Nobody looks at the copy before it is complete,
// so it is committed in steps: that keeps memory small, whatever the size of the database.
#include <algorithm>

#include "base/log.h"
#include "engine/commands.h"
#include "engine/ddl/schema_writer.h"
#include "engine/temporary_copy.h"
#include "storage/btree/btree.h"
#include "storage/pager/database_header.h"
#include "storage/record/record.h"
#include "types/value_text.h"

namespace sqlrite::engine {

namespace {

Status commit_when_large(storage::Pager& to) {
  if (!to.has_many_changes()) return {};
  SQLRITE_TRY(to.commit());
  return to.begin_write();
}

Status copy_table_tree(storage::Pager& from, storage::Pager& to, PageId from_root, PageId to_root) {
  storage::TableCursor source, target;
  SQLRITE_TRY(source.open(&from, from_root, storage::kNewestView));
  SQLRITE_TRY(target.open(&to, to_root, storage::kNewestView));
  Arena heap(4096);
  SQLRITE_TRY_ASSIGN(bool found, source.first());
  while (found) {
    heap.reset();
    SQLRITE_TRY_ASSIGN(auto bytes, source.whole_payload(heap));
    SQLRITE_TRY(target.insert(source.rowid(), storage::Payload{bytes, 0}));
    SQLRITE_TRY(commit_when_large(to));
    SQLRITE_TRY_ASSIGN(found, source.next());
  }
  return {};
}

Status copy_index_tree(storage::Pager& from, storage::Pager& to, PageId from_root, PageId to_root,
                       const storage::KeyInfo& key_info) {
  storage::IndexCursor source;
  storage::IndexBuilder target;
  SQLRITE_TRY(source.open(&from, from_root, storage::kNewestView, &key_info));
  SQLRITE_TRY(target.open(&to, to_root));
  Arena heap(4096);
  SQLRITE_TRY_ASSIGN(bool found, source.first());
  while (found) {
    heap.reset();
    SQLRITE_TRY_ASSIGN(auto bytes, source.whole_payload(heap));
    SQLRITE_TRY(target.append(storage::Payload{bytes, 0}));
    SQLRITE_TRY(commit_when_large(to));
    SQLRITE_TRY_ASSIGN(found, source.next());
  }
  return target.finish();
}

// What lies in the tree of a schema row. The root page tells, as it did when the schema was loaded: type and name of a row
// need not be those of its SQL.
struct SourceTree {
  const catalog::Table* table = nullptr;
  const catalog::Index* index = nullptr;
  const storage::KeyInfo* key_info = nullptr;  // null: by rowid
};

SourceTree tree_of(const catalog::Schema& schema, const SchemaRecord& record) {
  for (const catalog::Table* table : schema.tables_in_order) {
    const bool has_tree = record.root != 0 && table->kind == catalog::TableKind::Table;
    const catalog::Index* primary = table->without_rowid ? table->primary_key_index : nullptr;
    const PageId root = primary != nullptr ? primary->root : table->root;
    if (has_tree && root.value == record.root)
      return {table, nullptr, primary != nullptr ? &primary->key_info : nullptr};
    for (const catalog::Index* index : table->indexes) {
      if (record.root != 0 && index->root.value == record.root) return {nullptr, index, &index->key_info};
    }
  }
  return {};
}

// REQUIRES: `to` is writing and empty, the source is read with its schema loaded.
Status copy_database(Connection& connection, uint32_t index, storage::Pager& to) {
  Database& database = connection.database(index);
  storage::Pager& from = *database.pager;
  auto mode = storage::AutoVacuum::None;
  SQLRITE_TRY_ASSIGN(uint32_t largest_root, storage::read_meta(from, storage::kNewestView, 4));
  SQLRITE_TRY_ASSIGN(uint32_t incremental, storage::read_meta(from, storage::kNewestView, 7));
  if (largest_root != 0) mode = incremental != 0 ? storage::AutoVacuum::Incremental : storage::AutoVacuum::Full;
  if (int wanted = connection.settings().vacuum_auto_vacuum; wanted >= 0)
    mode = static_cast<storage::AutoVacuum>(wanted);
  SQLRITE_TRY(storage::initialize_database(to, database.encoding, mode));
  for (int slot : {3, 6, 8}) {
    SQLRITE_TRY_ASSIGN(uint32_t value, storage::read_meta(from, storage::kNewestView, slot));
    SQLRITE_TRY(storage::write_meta(to, slot, value));
  }
  SQLRITE_TRY_ASSIGN(uint32_t cookie, storage::read_meta(from, storage::kNewestView, 1));
  SQLRITE_TRY(storage::write_meta(to, 1, cookie + 1));

  std::vector<SchemaRecord> records;
  SQLRITE_TRY(read_schema_records(connection, index, &records));
  const catalog::Schema& schema = *database.schema;
  bool counts_rowids = false;
  for (const catalog::Table* table : schema.tables_in_order) counts_rowids = counts_rowids || table->autoincrement;
  if (!counts_rowids)
    std::erase_if(records, [](const SchemaRecord& record) { return record.name == "sqlite_sequence"; });
  std::vector<SourceTree> trees;
  for (const SchemaRecord& record : records) trees.push_back(tree_of(schema, record));
  // Tables with their automatic indexes, then indexes, then views and triggers: the order in which they can be made.
  std::vector<size_t> order(records.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  auto rank = [&](size_t i) {
    return trees[i].table != nullptr || (trees[i].index != nullptr && !records[i].has_sql) ? 0
           : trees[i].index != nullptr                                                     ? 1
                                                                                           : 2;
  };
  std::stable_sort(order.begin(), order.end(), [&rank](size_t a, size_t b) { return rank(a) < rank(b); });
  // All trees first: in auto-vacuum files roots stand at the front, and a tree made later would push pages away.
  std::vector<PageId> roots(records.size());
  for (size_t i : order) {
    if (records[i].root == 0) continue;
    if (trees[i].table == nullptr && trees[i].index == nullptr) return Code::Corrupt;
    SQLRITE_TRY_ASSIGN(roots[i], storage::create_tree(to, trees[i].key_info != nullptr ? storage::TreeKind::Index
                                                                                       : storage::TreeKind::Table));
  }
  storage::TableCursor rows;
  SQLRITE_TRY(rows.open(&to, PageId{1}, storage::kNewestView));
  storage::RecordEncoder encoder;
  RowId rowid = 0;
  for (size_t i : order) {
    const SchemaRecord& record = records[i];
    PageId old_root{static_cast<uint32_t>(record.root)};
    if (trees[i].key_info != nullptr) {
      SQLRITE_TRY(copy_index_tree(from, to, old_root, roots[i], *trees[i].key_info));
    } else if (record.root != 0) {
      SQLRITE_TRY(copy_table_tree(from, to, old_root, roots[i]));
    }
    Value values[5] = {Value::from_text(record.type, ValueOwner::Caller),
                       Value::from_text(record.name, ValueOwner::Caller),
                       Value::from_text(record.table_name, ValueOwner::Caller), Value::from_integer(roots[i].value),
                       record.has_sql ? Value::from_text(record.sql, ValueOwner::Caller) : Value::null()};
    SQLRITE_TRY_ASSIGN(storage::Payload payload, encoder.encode(values, 5, database.encoding, nullptr));
    SQLRITE_TRY(rows.insert(++rowid, payload));
  }
  return {};
}

// VACUUM cannot change the page size of a log; a database in memory keeps its own anyway.
uint32_t page_size_of_copy(Connection& connection, const storage::Pager& from, bool into) {
  int64_t& wanted = connection.settings().vacuum_page_size;
  if (!into && from.journal_mode() == storage::JournalMode::Wal) wanted = 0;
  return storage::is_page_size(static_cast<uint64_t>(wanted)) && !from.is_memory() ? static_cast<uint32_t>(wanted)
                                                                                   : from.page_size_bytes();
}

Result<std::unique_ptr<storage::Pager>> build_copy(Connection& connection, uint32_t index) {
  const storage::Pager& from = *connection.database(index).pager;
  SQLRITE_TRY_ASSIGN(auto copy, open_temporary_copy(connection, from, page_size_of_copy(connection, from, false)));
  SQLRITE_TRY(copy_database(connection, index, *copy));
  SQLRITE_TRY(copy->commit());
  return copy;
}

Status vacuum_into(Connection& connection, uint32_t index, const std::string& path) {
  const storage::Pager& from = *connection.database(index).pager;
  const uint32_t page_size = page_size_of_copy(connection, from, true);
  SQLRITE_TRY_ASSIGN(auto copy, path.empty() ? open_temporary_copy(connection, from, page_size)
                                             : open_copy(connection, from, page_size, path));
  Status status = copy_database(connection, index, *copy);
  copy->set_synchronous(from.synchronous());  // one sync at the end is for all of it
  if (status.ok()) status = copy->commit();
  if (status.ok() || copy->is_memory()) return status;
  // What was committed in steps is no database: an empty file is left, as by a transaction that is rolled back.
  os::OpenOptions options;
  options.create = false;
  copy.reset();
  auto file = connection.vfs().open(path, options);
  if (!file.ok() || !file.value()->truncate(0).ok())
    log_message(Code::Warning, "VACUUM INTO failed and left a part of its file");
  return status;
}

}  // namespace

Status vacuum(Command& command, const sql::VacuumStatement& statement) {
  Connection& connection = command.connection;
  Transaction& transaction = connection.transaction();
  uint32_t index = 0;
  if (statement.schema.present()) {
    int found = connection.find_database(statement.schema.text);
    if (found < 0) {
      return status_format(Code::Error, "unknown database %.*s", static_cast<int>(statement.schema.text.size()),
                           statement.schema.text.data());
    }
    index = static_cast<uint32_t>(found);
  }
  if (!connection.is_autocommit()) return Status(Code::Error, "cannot VACUUM from within a transaction");
  if (transaction.active_count() > 1) return Status(Code::Error, "cannot VACUUM - SQL statements in progress");
  std::string path;
  bool into = statement.into != nullptr;
  if (into) {
    Arena heap(256);
    Value value;
    SQLRITE_TRY(evaluate_lone(command, *statement.into, heap, &value));
    if (value.type != ValueType::Text) return Status(Code::Error, "non-text filename");
    path = value.view();
  }
  if (index == kTempDatabase.value) return {};
  Database& database = connection.database(index);
  Status status = into ? transaction.ensure_read(index) : transaction.ensure_write(index);
  if (status.code() == Code::Schema) {
    SQLRITE_TRY(connection.load_schemas());
    status = into ? transaction.ensure_read(index) : transaction.ensure_write(index);
  }
  SQLRITE_TRY(std::move(status));
  SQLRITE_TRY(connection.load_schemas());
  if (database.pager->page_count(storage::kNewestView) == 0) return {};
  if (into) return vacuum_into(connection, index, path);
  SQLRITE_TRY_ASSIGN(auto copy, build_copy(connection, index));
  SQLRITE_TRY(transaction.replace_database(index, *copy));
  return connection.reload_schema(index);
}

}  // namespace sqlrite::engine
