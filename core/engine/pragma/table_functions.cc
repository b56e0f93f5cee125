#include "engine/pragma/table_functions.h"

#include "engine/connection.h"
#include "engine/pragma/pragma.h"
#include "functions/json/json_each.h"
#include "types/value_text.h"

namespace sqlrite::engine {

const bind::TableFunctionInfo* TableFunctions::find_table_function(std::string_view name) {
  constexpr std::string_view kPrefix = "pragma_";
  if (name.size() > 4 && iequals(name.substr(0, 4), "json")) return find_json_function(name);
  if (name.size() <= kPrefix.size() || !iequals(name.substr(0, kPrefix.size()), kPrefix)) return nullptr;
  const PragmaDef* pragma = find_pragma(name.substr(kPrefix.size()));
  if (pragma == nullptr || (pragma->flags & pragma_flags::kTableFunction) == 0) return nullptr;
  for (auto& entry : entries_) {
    if (entry->pragma == pragma) return &entry->info;
  }
  auto entry = std::make_unique<Entry>();
  entry->pragma = pragma;
  auto add = [&entry](const char* column_name, bool hidden) {
    bind::SourceColumn column;
    column.name = column_name;
    column.affinity = Affinity::Blob;
    column.collation = &kBinaryCollation;
    column.hidden = hidden;
    entry->columns.push_back(column);
    if (hidden) ++entry->info.hidden_count;
  };
  for (const char* column : pragma->columns) add(column, false);
  if ((pragma->flags & pragma_flags::kTakesArgument) != 0) {
    add("arg", true);
    entry->has_argument = true;
  }
  if ((pragma->flags & pragma_flags::kTakesSchema) != 0) add("schema", true);
  entry->info.name = pragma->name;
  entry->info.columns = entry->columns;
  entry->info.implementation = entry.get();
  entries_.push_back(std::move(entry));
  return &entries_.back()->info;
}

const bind::TableFunctionInfo* TableFunctions::find_json_function(std::string_view name) {
  struct JsonFunction {
    std::string_view name;
    bool tree;
    bool binary;
  };
  static constexpr JsonFunction kFunctions[] = {
      {"json_each", false, false}, {"json_tree", true, false}, {"jsonb_each", false, true}, {"jsonb_tree", true, true}};
  for (const JsonFunction& function : kFunctions) {
    if (!iequals(function.name, name)) continue;
    for (auto& entry : entries_) {
      if (entry->info.name == function.name) return &entry->info;
    }
    auto entry = std::make_unique<Entry>();
    entry->json_tree = function.tree;
    entry->json_binary = function.binary;
    entry->info.hidden_count = 2;  // json, root
    for (int i = 0; i < functions::JsonEach::kColumnCount; ++i) {
      bind::SourceColumn column;
      column.name = functions::JsonEach::kColumnNames[i];
      column.affinity = Affinity::Blob;
      column.collation = &kBinaryCollation;
      column.hidden = i >= functions::JsonEach::kJson;
      entry->columns.push_back(column);
    }
    entry->info.name = function.name;
    entry->info.columns = entry->columns;
    entry->info.implementation = entry.get();
    entries_.push_back(std::move(entry));
    return &entries_.back()->info;
  }
  return nullptr;
}

Status TableFunctions::run_json(const bind::BoundSource& source, const Entry& entry, std::span<const Value> arguments,
                                Arena& heap, Status (*emit)(void* context, std::span<const Value> row), void* context) {
  if (arguments.empty()) return {};
  functions::CallContext call;
  call.connection = &connection_;
  call.heap = &heap;
  functions::JsonEach rows(heap, entry.json_tree, entry.json_binary);
  SQLRITE_TRY(rows.open(call, arguments[0], arguments.size() > 1 ? &arguments[1] : nullptr));
  Arena row_heap(512);
  Value values[functions::JsonEach::kColumnCount];
  for (; !rows.at_end();) {
    row_heap.reset();
    for (size_t i = 0; i < functions::JsonEach::kColumnCount; ++i) {
      if ((source.used_columns[i / 64] >> (i % 64) & 1) == 0) continue;
      SQLRITE_TRY(rows.column(static_cast<functions::JsonEach::Column>(i), row_heap, &values[i]));
    }
    SQLRITE_TRY(emit(context, std::span<const Value>(&values[0], functions::JsonEach::kColumnCount)));
    SQLRITE_TRY(rows.next());
  }
  return {};
}

Status TableFunctions::run(const bind::BoundSource& source, std::span<const Value> arguments, Arena& heap,
                           Status (*emit)(void* context, std::span<const Value> row), void* context) {
  const Entry& entry = *static_cast<const Entry*>(source.function->implementation);
  if (entry.pragma == nullptr) return run_json(source, entry, arguments, heap, emit, context);
  uint32_t column_count = static_cast<uint32_t>(entry.pragma->columns.size());
  RowSet rows;
  rows.reset(column_count);
  size_t schema_position = entry.has_argument ? 1 : 0;
  auto text_at = [&](size_t position, std::string_view* out) {
    if (position >= arguments.size() || arguments[position].is_null()) return false;
    NumberText buffer;
    *out = heap.copy(text_of(arguments[position], buffer));
    return true;
  };
  std::string_view value, schema;
  bool has_value = entry.has_argument && text_at(0, &value);
  bool has_schema = text_at(schema_position, &schema);
  uint32_t database = 0;
  if (has_schema) {
    int index = connection_.find_database(schema);
    if (index < 0)
      return status_format(Code::Error, "unknown database '%.*s'", static_cast<int>(schema.size()), schema.data());
    database = static_cast<uint32_t>(index);
  }
  PragmaCall call{connection_, *entry.pragma, database, has_schema, has_value, value, rows};
  SQLRITE_TRY(entry.pragma->run(call));
  for (uint32_t row = 0; row < rows.row_count(); ++row) {
    // The rows end with this call: their bytes move to the caller's heap.
    auto values = heap.make_array<Value>(column_count);
    for (uint32_t i = 0; i < column_count; ++i) {
      values[i] = rows.row(row)[i];
      if (values[i].is_bytes()) {
        values[i].bytes = heap.copy(values[i].view()).data();
        values[i].owner = ValueOwner::Heap;
      }
    }
    SQLRITE_TRY(emit(context, values));
  }
  return {};
}

}  // namespace sqlrite::engine
