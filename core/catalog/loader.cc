#include "catalog/loader.h"

#include <atomic>
#include <string>
#include <vector>

#include "catalog/definition.h"
#include "catalog/encoded_binary.h"
#include "catalog/index_builder.h"
#include "sql/parser/parser.h"
#include "storage/btree/btree.h"
#include "storage/record/record.h"

namespace sqlrite::catalog {
namespace {

uint64_t next_version() {
  static std::atomic<uint64_t> counter{0};
  return counter.fetch_add(1, std::memory_order_relaxed) + 1;
}

Status malformed(std::string_view name, std::string_view detail) {
  std::string text = "malformed database schema (";
  text.append(name.data() == nullptr ? std::string_view("?") : name).append(")");
  if (!detail.empty()) text.append(" - ").append(detail);
  return Status(Code::Corrupt, text);
}

// The stored text is from a program that may know more than we do; limits are for statements.
constexpr sql::ParseOptions kStoredTextOptions{.expr_depth_max = 0, .column_count_max = 32767};

struct StatWords {
  std::string_view text;
  bool next(std::string_view* word) {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    if (text.empty()) return false;
    size_t end = text.find(' ');
    if (end == std::string_view::npos) end = text.size();
    *word = text.substr(0, end);
    text.remove_prefix(end);
    return true;
  }
};

bool read_number(std::string_view word, uint64_t* number) {
  if (word.empty() || word[0] < '0' || word[0] > '9') return false;
  uint64_t value = 0;
  for (char c : word) {
    if (c < '0' || c > '9') break;
    if (value < (uint64_t{1} << 59)) value = value * 10 + static_cast<uint64_t>(c - '0');
  }
  *number = value;
  return true;
}

}  // namespace

struct SchemaBuilder::Impl {
  std::shared_ptr<Schema> schema = std::make_shared<Schema>();
  CollationSource& collations;
  const functions::Registry& registry;
  LoadOptions options;
  std::vector<Table*> tables;
  // Created indexes and triggers, oldest first; linked to their tables at the end.
  std::vector<std::pair<Table*, Index*>> created_indexes;
  std::vector<Trigger*> triggers;

  Impl(CollationSource& c, const functions::Registry& r, const LoadOptions& o)
      : collations(c), registry(r), options(o) {}

  DefinitionContext definition_context(std::string_view sql) {
    DefinitionContext context{schema->arena, sql, collations, registry};
    context.database = schema->database;
    context.encoding = schema->encoding;
    context.file_format = schema->file_format;
    context.loading = true;
    context.column_count_max = 32767;
    return context;
  }

  Table* find_table(std::string_view name) const {
    auto found = schema->tables.find(name);
    return found == schema->tables.end() ? nullptr : found->second;
  }

  Status add_automatic_root(const SchemaRow& row, uint32_t page_count) {
    auto found = schema->indexes.find(row.name);
    if (found == schema->indexes.end()) return malformed(row.name, "orphan index");
    if (row.root < 2 || (page_count != 0 && row.root > page_count)) return malformed(row.name, "invalid rootpage");
    found->second->root = PageId{static_cast<uint32_t>(row.root)};
    return Status();
  }

  Status add_table(Table* table, const SchemaRow& row) {
    if (find_table(table->name) != nullptr) {
      std::string what = std::string(table->kind == TableKind::View ? "view " : "table ") + std::string(table->name);
      return malformed(row.name, what + " already exists");
    }
    table->root = PageId{static_cast<uint32_t>(row.root)};
    tables.push_back(table);
    schema->tables.emplace(table->name, table);
    if (table->primary_key_index != nullptr) {
      table->primary_key_index->root = table->root;
      schema->indexes.emplace(table->primary_key_index->name, table->primary_key_index);
    }
    for (Index* index : table->indexes) schema->indexes.emplace(index->name, index);
    return Status();
  }

  // The row has to tell of the same thing as its text: else it was damaged, and whoever trusts one of the two goes wrong.
  Status check_row(const SchemaRow& row, const char* type, std::string_view name, std::string_view table_name) const {
    if (options.writable_schema) return Status();
    bool agrees = iequals(row.type, type) && iequals(row.name, name) && iequals(row.table_name, table_name);
    return agrees ? Status() : malformed(row.name, "");
  }

  Status add_definition(const SchemaRow& row, sql::Statement& statement, std::string_view sql) {
    DefinitionContext context = definition_context(sql);
    auto define = [&row](auto result, auto* out) -> Status {
      if (!result.ok()) return malformed(row.name, result.status().message());
      *out = result.take();
      return Status();
    };
    Table* table = nullptr;
    switch (statement.kind) {
      case sql::StatementKind::CreateTable: {
        auto& create = *statement.as<sql::CreateTableStatement>();
        if (create.as_select != nullptr) return malformed(row.name, "");
        SQLRITE_TRY(check_row(row, "table", create.name.name.text, create.name.name.text));
        SQLRITE_TRY(define(define_table(create, context), &table));
        return add_table(table, row);
      }
      case sql::StatementKind::CreateView:
        SQLRITE_TRY(define(define_view(*statement.as<sql::CreateViewStatement>(), context), &table));
        SQLRITE_TRY(check_row(row, "view", table->name, table->name));
        return add_table(table, row);
      case sql::StatementKind::CreateVirtualTable:
        SQLRITE_TRY(define(define_virtual_table(*statement.as<sql::CreateVirtualTableStatement>(), context), &table));
        return add_table(table, row);
      case sql::StatementKind::CreateIndex: {
        auto& create = *statement.as<sql::CreateIndexStatement>();
        table = find_table(create.table.text);
        if (table == nullptr) return malformed(row.name, "no such table: " + std::string(create.table.text));
        Index* index = nullptr;
        SQLRITE_TRY(define(define_index(create, *table, context), &index));
        SQLRITE_TRY(check_row(row, "index", index->name, table->name));
        if (!schema->indexes.emplace(index->name, index).second) {
          return malformed(row.name, "index " + std::string(index->name) + " already exists");
        }
        index->root = PageId{static_cast<uint32_t>(row.root)};
        created_indexes.emplace_back(table, index);
        return Status();
      }
      case sql::StatementKind::CreateTrigger: {
        Trigger* trigger = nullptr;
        SQLRITE_TRY(define(define_trigger(*statement.as<sql::CreateTriggerStatement>(), context), &trigger));
        SQLRITE_TRY(check_row(row, "trigger", trigger->name, trigger->table_name));
        triggers.push_back(trigger);
        schema->triggers.emplace(trigger->name, trigger);
        return Status();
      }
      default: return malformed(row.name, "");
    }
  }

  Status add_row(const SchemaRow& row, uint32_t page_count) {
    if (row.sql.data() == nullptr || row.sql.empty()) {
      if (row.name.data() == nullptr) return malformed(row.name, "");
      return add_automatic_root(row, page_count);
    }
    bool is_create = row.sql.size() >= 2 && iequals(row.sql.substr(0, 2), "cr");
    if (!is_create) return malformed(row.name, "");
    if (row.root < 0 || row.root > UINT32_MAX || (page_count != 0 && row.root > page_count)) {
      return malformed(row.name, "invalid rootpage");
    }
    std::string_view sql = schema->arena.copy(row.sql);
    auto parsed = sql::parse_statement(sql, schema->arena, kStoredTextOptions);
    if (!parsed.ok()) return malformed(row.name, parsed.status().message());
    if (parsed.value().statement == nullptr) return malformed(row.name, "");
    return add_definition(row, *parsed.value().statement, sql);
  }

  void link_indexes() {
    // One pass per table would be quadratic; count first, then fill from the newest end.
    std::unordered_map<Table*, std::vector<Index*>> by_table;
    for (auto& [table, index] : created_indexes) by_table[table].push_back(index);
    for (auto& [table, created] : by_table) {
      // Created ones are newer than the automatic ones, whose Replace members stay at the end.
      std::span<Index*> all = schema->arena.make_array<Index*>(created.size() + table->indexes.size());
      size_t at = 0;
      for (size_t i = created.size(); i > 0; --i) all[at++] = created[i - 1];
      for (Index* index : table->indexes) all[at++] = index;
      table->indexes = all;
    }
  }

  void link_triggers() {
    std::unordered_map<Table*, std::vector<Trigger*>> by_table;
    for (Trigger* trigger : triggers) {
      // A temp trigger may stand on a table of another database, which this schema does not know.
      if (Table* table = find_table(trigger->table_name)) by_table[table].push_back(trigger);
    }
    for (auto& [table, list] : by_table) {
      table->triggers = schema->arena.make_array<Trigger*>(list.size());
      for (size_t i = 0; i < list.size(); ++i) table->triggers[i] = list[list.size() - 1 - i];
    }
  }

  Status check_roots() const {
    for (const auto& [name, index] : schema->indexes) {
      if (!index->root) return malformed(name, "invalid rootpage");
    }
    return Status();
  }
};

SchemaBuilder::SchemaBuilder(DatabaseId database, TextEncoding encoding, CollationSource& collations,
                             const functions::Registry& registry, const LoadOptions& options)
    : impl_(std::make_unique<Impl>(collations, registry, options)) {
  Schema& schema = *impl_->schema;
  schema.database = database;
  schema.encoding = encoding;
  schema.version = next_version();
  Table* table = define_schema_table(schema.arena, database);
  for (TableColumn& column : table->columns) column.collation = binary_collation(encoding);
  schema.tables.emplace("sqlite_master", table);
  schema.tables.emplace("sqlite_schema", table);
  if (database == kTempDatabase) {
    schema.tables.emplace("sqlite_temp_master", table);
    schema.tables.emplace("sqlite_temp_schema", table);
  }
}

SchemaBuilder::~SchemaBuilder() = default;

void SchemaBuilder::set_file_format(uint32_t file_format, uint32_t cookie) {
  impl_->schema->file_format = file_format == 0 ? 1 : file_format;
  impl_->schema->cookie = cookie;
}

const Table* SchemaBuilder::find_table(std::string_view name) const { return impl_->find_table(name); }

Status SchemaBuilder::add_row(const SchemaRow& row, uint32_t page_count) {
  Status status = impl_->add_row(row, page_count);
  if (!status.ok() && impl_->options.writable_schema && status.primary() == Code::Corrupt) return Status();
  return status;
}

void SchemaBuilder::add_statistics(std::string_view table_name, std::string_view index_name, std::string_view stat) {
  Table* table = impl_->find_table(table_name);
  if (table == nullptr) return;
  StatWords words{stat};
  std::string_view word;
  uint64_t row_count = 0;
  if (!words.next(&word) || !read_number(word, &row_count)) return;
  if (index_name.data() == nullptr) {
    table->row_count_estimate = row_count;
    table->analyzed = true;
    return;
  }
  Index* index = nullptr;
  if (iequals(index_name, table_name)) {
    index = table->primary_key_index;
  } else {
    auto found = impl_->schema->indexes.find(index_name);
    if (found != impl_->schema->indexes.end() && found->second->table == table) index = found->second;
  }
  if (index == nullptr) return;
  index->entry_count_estimate = row_count;
  std::span<uint32_t> prefixes = impl_->schema->arena.make_array<uint32_t>(index->key_field_count);
  size_t count = 0;
  while (words.next(&word)) {
    uint64_t number = 0;
    if (read_number(word, &number)) {
      if (count < prefixes.size()) prefixes[count++] = static_cast<uint32_t>(std::min<uint64_t>(number, UINT32_MAX));
    } else if (word == "unordered") {
      index->unordered = true;
    } else if (word == "noskipscan") {
      index->no_skip_scan = true;
    } else if (word.size() > 3 && word.substr(0, 3) == "sz=" && read_number(word.substr(3), &number)) {
      index->row_size_estimate = number;
    }
  }
  index->rows_per_prefix = prefixes.first(count);
  if (index->where == nullptr) {
    table->row_count_estimate = row_count;
    table->analyzed = true;
  }
}

Result<std::shared_ptr<Schema>> SchemaBuilder::finish() {
  if (!impl_->options.writable_schema) SQLRITE_TRY(impl_->check_roots());
  impl_->link_indexes();
  impl_->link_triggers();
  Schema& schema = *impl_->schema;
  schema.tables_in_order = schema.arena.make_array<Table*>(impl_->tables.size());
  for (size_t i = 0; i < impl_->tables.size(); ++i) schema.tables_in_order[i] = impl_->tables[i];
  return std::move(impl_->schema);
}

std::shared_ptr<Schema> empty_schema(DatabaseId database, TextEncoding encoding) {
  struct NoCollations : CollationSource {
    const Collation* find_collation(std::string_view) override { return nullptr; }
  } collations;
  functions::Registry registry;
  SchemaBuilder builder(database, encoding, collations, registry);
  return builder.finish().take();  // an empty one cannot be malformed
}

namespace {

std::string_view text_or_null(const Value& value) { return value.is_bytes() ? value.view() : std::string_view(); }

// Calls `row(values)` with the first `count` columns of every entry of a table.
template <typename Row>
Status scan_table(storage::Pager& pager, storage::View view, PageId root, TextEncoding encoding, uint32_t count,
                  Row&& row) {
  static constexpr uint16_t kWanted[] = {0, 1, 2, 3, 4};
  storage::TableCursor cursor;
  SQLRITE_TRY(cursor.open(&pager, root, view));
  SQLRITE_TRY_ASSIGN(bool valid, cursor.first());
  Arena heap;
  while (valid) {
    heap.reset();
    Value values[5];
    uint32_t missing_from = count;
    SQLRITE_TRY(
        storage::decode_record(cursor.cell(), pager, view, encoding, kWanted, count, values, &missing_from, &heap));
    SQLRITE_TRY(row(values));
    SQLRITE_TRY_ASSIGN(valid, cursor.next());
  }
  return Status();
}

}  // namespace

Result<std::shared_ptr<Schema>> load_schema(storage::Pager& pager, storage::View view, DatabaseId database,
                                            CollationSource& collations, const functions::Registry& registry,
                                            const LoadOptions& options) {
  uint32_t page_count = pager.page_count(view);
  if (page_count == 0) return empty_schema(database);
  SQLRITE_TRY_ASSIGN(uint32_t cookie, storage::read_meta(pager, view, 1));
  SQLRITE_TRY_ASSIGN(uint32_t file_format, storage::read_meta(pager, view, 2));
  SQLRITE_TRY_ASSIGN(uint32_t encoding_number, storage::read_meta(pager, view, 5));
  file_format &= 0xff;  // SQLite looks at the last byte only
  if (file_format > 4) return Status(Code::Error, "unsupported file format");
  TextEncoding encoding = TextEncoding::Utf8;
  if ((encoding_number & 3) != 0) encoding = static_cast<TextEncoding>(encoding_number & 3);

  SchemaBuilder builder(database, encoding, collations, registry, options);
  builder.set_file_format(file_format, cookie);
  SQLRITE_TRY(scan_table(pager, view, PageId{1}, encoding, 5, [&](const Value* values) -> Status {
    SchemaRow row;
    row.type = text_or_null(values[0]);
    row.name = text_or_null(values[1]);
    row.table_name = text_or_null(values[2]);
    row.root = values[3].type == ValueType::Integer ? values[3].integer : values[3].is_null() ? 0 : -1;
    row.sql = text_or_null(values[4]);
    return builder.add_row(row, page_count);
  }));
  if (options.load_statistics) {
    const Table* statistics = builder.find_table("sqlite_stat1");
    bool readable = statistics != nullptr && statistics->kind == TableKind::Table && !statistics->without_rowid &&
                    statistics->columns.size() == 3;
    if (readable) {
      SQLRITE_TRY(scan_table(pager, view, statistics->root, encoding, 3, [&](const Value* values) -> Status {
        builder.add_statistics(text_or_null(values[0]), text_or_null(values[1]), text_or_null(values[2]));
        return Status();
      }));
    }
  }
  return builder.finish();
}

}  // namespace sqlrite::catalog
