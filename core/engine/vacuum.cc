// VACUUM and VACUUM INTO: builds a compact copy of a database, tree by tree in key order. VACUUM then writes the copy's
// pages over the original in one transaction; VACUUM INTO leaves the copy as a new file.
#include <algorithm>
#include <cstring>

#include "engine/commands.h"
#include "engine/ddl/schema_writer.h"
#include "storage/btree/btree.h"
#include "storage/record/record.h"
#include "types/value_text.h"

namespace sqlrite::engine {

namespace {

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
    SQLRITE_TRY_ASSIGN(found, source.next());
  }
  return {};
}

Status copy_index_tree(storage::Pager& from, storage::Pager& to, PageId from_root, PageId to_root, const storage::KeyInfo& key_info) {
  storage::IndexCursor source, target;
  SQLRITE_TRY(source.open(&from, from_root, storage::kNewestView, &key_info));
  SQLRITE_TRY(target.open(&to, to_root, storage::kNewestView, &key_info));
  Arena heap(4096);
  SQLRITE_TRY_ASSIGN(bool found, source.first());
  while (found) {
    heap.reset();
    SQLRITE_TRY_ASSIGN(auto bytes, source.whole_payload(heap));
    SQLRITE_TRY(target.insert(storage::Payload{bytes, 0}));
    SQLRITE_TRY_ASSIGN(found, source.next());
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
  if (database.auto_vacuum_set) mode = database.auto_vacuum_wanted;
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
  if (!counts_rowids) std::erase_if(records, [](const SchemaRecord& record) { return record.name == "sqlite_sequence"; });
  // Tables with their automatic indexes, then indexes, then views and triggers: the order in which they can be made.
  // A row without SQL is an automatic index, whatever its type says: that is how the schema was loaded.
  auto is_index = [](const SchemaRecord& record) { return record.type == "index" || (!record.has_sql && record.root != 0); };
  auto rank = [&is_index](const SchemaRecord& record) {
    if (record.type == "table" && record.root != 0) return 0;
    if (is_index(record)) return record.has_sql ? 1 : 0;
    return 2;
  };
  std::stable_sort(records.begin(), records.end(), [&rank](const SchemaRecord& a, const SchemaRecord& b) { return rank(a) < rank(b); });
  // All trees first: in auto-vacuum files roots stand at the front, and a tree made later would push pages away.
  std::vector<PageId> roots(records.size());
  for (size_t i = 0; i < records.size(); ++i) {
    if (records[i].root == 0) continue;
    bool index_tree = is_index(records[i]);
    if (const catalog::Table* table = schema.find_table(records[i].name); !index_tree && table != nullptr) index_tree = table->without_rowid;
    SQLRITE_TRY_ASSIGN(roots[i], storage::create_tree(to, index_tree ? storage::TreeKind::Index : storage::TreeKind::Table));
  }
  storage::TableCursor rows;
  SQLRITE_TRY(rows.open(&to, PageId{1}, storage::kNewestView));
  storage::RecordEncoder encoder;
  for (size_t i = 0; i < records.size(); ++i) {
    const SchemaRecord& record = records[i];
    PageId old_root{static_cast<uint32_t>(record.root)};
    if (record.root != 0) {
      const catalog::Table* table = is_index(record) ? nullptr : schema.find_table(record.name);
      const catalog::Index* tree_index = is_index(record) ? schema.find_index(record.name)
                                         : table != nullptr && table->without_rowid ? table->primary_key_index
                                                                                    : nullptr;
      if (tree_index != nullptr) {
        SQLRITE_TRY(copy_index_tree(from, to, old_root, roots[i], tree_index->key_info));
      } else if (table != nullptr) {
        SQLRITE_TRY(copy_table_tree(from, to, old_root, roots[i]));
      } else {
        return Code::Corrupt;
      }
    }
    Value values[5] = {Value::from_text(record.type, ValueOwner::Caller), Value::from_text(record.name, ValueOwner::Caller),
                       Value::from_text(record.table_name, ValueOwner::Caller), Value::from_integer(roots[i].value),
                       record.has_sql ? Value::from_text(record.sql, ValueOwner::Caller) : Value::null()};
    SQLRITE_TRY_ASSIGN(storage::Payload payload, encoder.encode(values, 5, database.encoding, nullptr));
    SQLRITE_TRY(rows.insert(static_cast<RowId>(i) + 1, payload));
  }
  return {};
}

Status copy_pages(storage::Pager& from, storage::Pager& to) {
  uint32_t count = from.page_count(storage::kNewestView);
  uint32_t page_size = from.page_size_bytes();
  PageId lock_page = from.lock_byte_page();
  for (uint32_t number = 1; number <= count; ++number) {
    PageId id{number};
    if (id == lock_page) continue;
    SQLRITE_TRY_ASSIGN(storage::PageRef page, from.fetch(id, storage::kNewestView));
    while (to.page_count(storage::kNewestView) < number) SQLRITE_TRY(to.append_page().take_status());
    if (number == 1) {
      // Header fields that belong to the file as such (versions, counters, size) stay with it.
      SQLRITE_TRY_ASSIGN(uint8_t* bytes, to.fetch_mut(id));
      uint8_t kept[100];
      std::memcpy(kept, bytes, sizeof kept);
      std::memcpy(bytes, page.data(), page_size);
      for (auto [offset, size] : {std::pair{18, 2}, std::pair{24, 8}, std::pair{92, 8}}) std::memcpy(bytes + offset, kept + offset, static_cast<size_t>(size));
      continue;
    }
    SQLRITE_TRY_ASSIGN(uint8_t* bytes, to.fetch_mut_fresh(id));
    std::memcpy(bytes, page.data(), page_size);
  }
  if (to.page_count(storage::kNewestView) > count) to.truncate_pages(count);
  to.note_change();
  return {};
}

// `path` empty: a copy that nobody keeps, in a temporary file unless its original is in memory, too.
Result<std::unique_ptr<storage::Pager>> build_copy(Connection& connection, uint32_t index, const std::string& path) {
  storage::Pager& from = *connection.database(index).pager;
  storage::PagerOptions options;
  options.page_size_bytes = from.page_size_bytes();
  options.default_journal_mode = storage::JournalMode::Delete;
  std::string file = path;
  if (path.empty() && !from.is_memory() && connection.settings().temp_store != 2) {
    SQLRITE_TRY_ASSIGN(file, connection.vfs().temp_name());
    options.temporary = true;
    options.default_journal_mode = storage::JournalMode::Off;
  }
  SQLRITE_TRY_ASSIGN(auto copy, storage::Pager::open(connection.vfs(), file, options));
  if (options.temporary) copy->set_synchronous(storage::Synchronous::Off);
  uint32_t page_size = from.page_size_bytes();
  uint32_t wanted = connection.database(index).page_size_wanted;
  if (!path.empty() && wanted != 0) page_size = wanted;
  SQLRITE_TRY(copy->set_page_size(page_size, static_cast<int>(from.reserved_size_bytes())));
  SQLRITE_TRY(copy->begin_read());
  if (copy->page_count(storage::kNewestView) > 0) return Status(Code::Error, "output file already exists");
  SQLRITE_TRY(copy->begin_write());
  SQLRITE_TRY(copy_database(connection, index, *copy));
  SQLRITE_TRY(copy->commit());
  return copy;
}

}  // namespace

Status vacuum(Command& command, const sql::VacuumStatement& statement) {
  Connection& connection = command.connection;
  Transaction& transaction = connection.transaction();
  uint32_t index = 0;
  if (statement.schema.present()) {
    int found = connection.find_database(statement.schema.text);
    if (found < 0) {
      return status_format(Code::Error, "unknown database %.*s", static_cast<int>(statement.schema.text.size()), statement.schema.text.data());
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
  SQLRITE_TRY_ASSIGN(auto copy, build_copy(connection, index, path));
  if (!into) {
    transaction.note_schema_change(index);
    SQLRITE_TRY(copy_pages(*copy, *database.pager));
    SQLRITE_TRY(connection.reload_schema(index));
    database.auto_vacuum_set = false;
  }
  copy->end_read();
  return {};
}

}  // namespace sqlrite::engine
