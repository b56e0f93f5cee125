#include "engine/ddl/schema_writer.h"

#include "storage/record/record.h"

namespace sqlrite::engine {

namespace {

constexpr PageId kSchemaRoot{1};
constexpr uint32_t kFieldCount = 5;  // type, name, tbl_name, rootpage, sql

// A blob is as good as the text with its bytes: so the schema was loaded.
bool is_text_or_blob(const Value& value) { return value.type == ValueType::Text || value.type == ValueType::Blob; }
std::string text_field(const Value& value) {
  return is_text_or_blob(value) ? std::string(value.view()) : std::string();
}

Status write_record(Connection& connection, uint32_t database, RowId rowid, std::string_view type,
                    std::string_view name, std::string_view table_name, int64_t root, std::string_view sql) {
  Database& target = connection.database(database);
  Value values[kFieldCount] = {Value::from_text(type, ValueOwner::Caller), Value::from_text(name, ValueOwner::Caller),
                               Value::from_text(table_name, ValueOwner::Caller), Value::from_integer(root),
                               sql.data() == nullptr ? Value::null() : Value::from_text(sql, ValueOwner::Caller)};
  storage::RecordEncoder encoder;
  SQLRITE_TRY_ASSIGN(storage::Payload payload, encoder.encode(values, kFieldCount, target.encoding, nullptr));
  storage::TableCursor cursor;
  SQLRITE_TRY(cursor.open(target.pager.get(), kSchemaRoot, storage::kNewestView));
  return cursor.insert(rowid, payload);
}

}  // namespace

Status begin_schema_write(Connection& connection, uint32_t index) {
  if (index == kTempDatabase.value) SQLRITE_TRY(connection.ensure_temp());
  SQLRITE_TRY(connection.load_schemas());
  Status status = connection.transaction().ensure_write(index);
  if (status.code() == Code::Schema) {
    SQLRITE_TRY(connection.load_schemas());
    status = connection.transaction().ensure_write(index);
  }
  SQLRITE_TRY(std::move(status));
  Database& database = connection.database(index);
  if (database.pager->page_count(storage::kNewestView) == 0) {
    SQLRITE_TRY(storage::initialize_database(*database.pager, database.encoding, database.auto_vacuum_wanted));
    database.auto_vacuum_full = database.auto_vacuum_wanted == storage::AutoVacuum::Full;
  }
  return {};
}

Status read_schema_records(Connection& connection, uint32_t database, std::vector<SchemaRecord>* out) {
  out->clear();
  Database& target = connection.database(database);
  if (target.pager == nullptr || target.pager->page_count(storage::kNewestView) == 0) return {};
  storage::TableCursor cursor;
  SQLRITE_TRY(cursor.open(target.pager.get(), kSchemaRoot, storage::kNewestView));
  static constexpr uint16_t kWanted[kFieldCount] = {0, 1, 2, 3, 4};
  Arena heap(4096);
  SQLRITE_TRY_ASSIGN(bool found, cursor.first());
  while (found) {
    heap.reset();
    Value values[kFieldCount];
    uint32_t missing_from = kFieldCount;
    SQLRITE_TRY(storage::decode_record(cursor.cell(), *target.pager, storage::kNewestView, target.encoding, kWanted,
                                       kFieldCount, values, &missing_from, &heap));
    SchemaRecord& record = out->emplace_back();
    record.rowid = cursor.rowid();
    record.type = text_field(values[0]);
    record.name = text_field(values[1]);
    record.table_name = text_field(values[2]);
    record.root = values[3].type == ValueType::Integer ? values[3].integer : 0;
    record.sql = text_field(values[4]);
    record.has_sql = is_text_or_blob(values[4]);
    SQLRITE_TRY_ASSIGN(found, cursor.next());
  }
  return {};
}

SchemaWriter::~SchemaWriter() {
  if (!open_) return;
  storage::Pager& target = pager();
  target.rollback_to(mark_).ignore();
  target.release(mark_);
  if (connection_.database(database_).schema != before_) connection_.publish_schema(database_, before_);
}

Status SchemaWriter::begin() {
  SQLRITE_TRY(begin_schema_write(connection_, database_));
  connection_.transaction().note_schema_change(database_);
  before_ = connection_.database(database_).schema;
  SQLRITE_TRY_ASSIGN(mark_, pager().open_mark());
  open_ = true;
  return {};
}

Status SchemaWriter::add(std::string_view type, std::string_view name, std::string_view table_name, PageId root,
                         std::string_view sql) {
  RowId last = 0;
  {
    storage::TableCursor cursor;
    SQLRITE_TRY(cursor.open(&pager(), kSchemaRoot, storage::kNewestView));
    SQLRITE_TRY_ASSIGN(bool found, cursor.last_rowid(&last));
    if (!found) last = 0;
  }
  return write_record(connection_, database_, last + 1, type, name, table_name, root.value, sql);
}

Status SchemaWriter::update(const SchemaRecord& record) {
  return write_record(connection_, database_, record.rowid, record.type, record.name, record.table_name, record.root,
                      record.has_sql ? std::string_view(record.sql) : std::string_view());
}

Status SchemaWriter::remove(RowId rowid) {
  storage::TableCursor cursor;
  SQLRITE_TRY(cursor.open(&pager(), kSchemaRoot, storage::kNewestView));
  SQLRITE_TRY_ASSIGN(bool found, cursor.seek(rowid, storage::Seek::Equal));
  return found ? cursor.erase() : Status(Code::Corrupt);
}

Result<PageId> SchemaWriter::create_tree(storage::TreeKind kind) {
  SQLRITE_TRY_ASSIGN(PageId root, storage::create_tree(pager(), kind));
  return root;
}

Status SchemaWriter::drop_tree(PageId root) {
  SQLRITE_TRY_ASSIGN(storage::DropResult moved, storage::drop_tree(pager(), root));
  if (!moved.moved_from) return {};
  std::vector<SchemaRecord> all;
  SQLRITE_TRY(records(&all));
  for (SchemaRecord& record : all) {
    if (record.root != moved.moved_from.value) continue;
    record.root = moved.moved_to.value;
    SQLRITE_TRY(update(record));
  }
  return {};
}

Status SchemaWriter::publish() {
  if (!counted_) {
    SQLRITE_TRY_ASSIGN(uint32_t cookie, storage::read_meta(pager(), storage::kNewestView, 1));
    SQLRITE_TRY(storage::write_meta(pager(), 1, cookie + 1));
    counted_ = true;
  }
  return connection_.reload_schema(database_);
}

Status SchemaWriter::finish(bool counts) {
  if (!counts) counted_ = true;
  SQLRITE_TRY(publish());
  pager().release(mark_);
  open_ = false;
  return {};
}

Result<uint32_t> target_database(Connection& connection, const sql::Identifier& schema, bool temporary,
                                 const char* what) {
  if (!schema.present()) return temporary ? uint32_t{1} : uint32_t{0};
  int index = connection.find_database(schema.text);
  if (index < 0) {
    return status_format(Code::Error, "unknown database %.*s", static_cast<int>(schema.text.size()),
                         schema.text.data());
  }
  if (temporary && index != 1) return status_format(Code::Error, "temporary %s name must be unqualified", what);
  return static_cast<uint32_t>(index);
}

std::string quoted_name(std::string_view name) {
  std::string out = "\"";
  for (char c : name) {
    if (c == '"') out += c;
    out += c;
  }
  out += '"';
  return out;
}

std::string rowid_name(const catalog::Table& table) {
  if (table.without_rowid) return {};
  if (table.rowid_alias >= 0) return quoted_name(table.columns[static_cast<size_t>(table.rowid_alias)].name);
  for (const char* name : {"rowid", "_rowid_", "oid"}) {
    if (table.find_column(name) == catalog::kRowIdColumn) return name;
  }
  return {};
}

}  // namespace sqlrite::engine
