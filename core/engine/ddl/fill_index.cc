// Filling an index: the engine asks itself for the entries in key order and appends them to the empty tree.
#include "engine/ddl/schema_writer.h"
#include "engine/statement.h"
#include "sql/print/print.h"
#include "storage/record/record.h"

namespace sqlrite::engine {

namespace {

std::string field_text(const catalog::Table& table, const catalog::IndexField& field) {
  if (field.column >= 0) return quoted_name(table.columns[static_cast<size_t>(field.column)].name);
  if (field.column == catalog::kExpressionColumn) return "(" + sql::print_expr(*field.expr) + ")";
  return rowid_name(table);
}

Status unique_failure(const catalog::Table& table, const catalog::Index& index) {
  std::string message = "UNIQUE constraint failed: ";
  for (uint16_t i = 0; i < index.key_field_count; ++i) {
    if (index.fields[i].column == catalog::kExpressionColumn) {
      return status_format(Code::ConstraintUnique, "UNIQUE constraint failed: index '%.*s'",
                           static_cast<int>(index.name.size()), index.name.data());
    }
    if (i > 0) message += ", ";
    message.append(table.name).append(".");
    message.append(index.fields[i].column >= 0 ? table.columns[static_cast<size_t>(index.fields[i].column)].name
                                               : "rowid");
  }
  return Status(Code::ConstraintUnique, message);
}

struct Filler {
  Connection& connection;
  const catalog::Table& table;
  const catalog::Index& index;
  storage::IndexBuilder builder;
  storage::IndexCursor cursor;
  storage::RecordEncoder encoder;
  std::unique_ptr<bool[]> real_fields;
  std::vector<Value> values;
  std::vector<Value> previous;
  Arena heaps[2]{Arena(512), Arena(512)};  // bytes of the previous entry's key and of this one's
  int current = 0;
  bool has_previous = false;
  TextEncoding encoding;

  Status add(Statement& row) {
    size_t count = index.fields.size();
    for (size_t i = 0; i < count; ++i) values[i] = row.peek(static_cast<uint32_t>(i));
    if (index.unique) SQLRITE_TRY(check_unique());
    SQLRITE_TRY_ASSIGN(storage::Payload payload,
                       encoder.encode(values.data(), static_cast<uint32_t>(count), encoding, real_fields.get()));
    return sorted() ? builder.append(payload) : cursor.insert(payload);
  }

  // In a UTF-16 file BINARY goes by the file's bytes, the query by those of UTF-8.
  bool sorted() const { return encoding == TextEncoding::Utf8; }

  Status check_unique() {
    bool equal = has_previous;
    for (uint16_t i = 0; i < index.key_field_count; ++i) {
      if (values[i].is_null()) equal = false;  // NULLs differ from each other
      if (equal && compare_values(values[i], previous[i], *index.fields[i].collation) != 0) equal = false;
    }
    if (equal) return unique_failure(table, index);
    current ^= 1;
    heaps[current].reset();
    for (uint16_t i = 0; i < index.key_field_count; ++i) {
      previous[i] = values[i];
      if (values[i].is_bytes()) previous[i].bytes = heaps[current].copy(values[i].view()).data();
    }
    has_previous = true;
    return {};
  }
};

}  // namespace

Status fill_index(Connection& connection, const catalog::Table& table, const catalog::Index& index) {
  std::string columns, order;
  int number = 0;
  for (const catalog::IndexField& field : index.fields) {
    std::string text = field_text(table, field);
    if (!columns.empty()) {
      columns += ", ";
      order += ", ";
    }
    columns += text;
    // By number: an expression that is a literal would be taken for one.
    order +=
        std::to_string(++number) + " COLLATE " + quoted_name(field.collation_name) + (field.descending ? " DESC" : "");
  }
  Database& database = connection.database(table.database.value);
  std::string query =
      "SELECT " + columns + " FROM " + quoted_name(database.name) + "." + quoted_name(table.name) + " NOT INDEXED";
  if (index.where != nullptr) query += " WHERE " + sql::print_expr(*index.where);
  query += " ORDER BY " + order;

  Filler filler{connection,       table, index, {}, {}, {}, nullptr, {}, {}, {Arena(512), Arena(512)}, 0, false,
                database.encoding};
  filler.values.resize(index.fields.size());
  filler.previous.resize(index.fields.size());
  filler.real_fields = std::make_unique<bool[]>(index.fields.size());
  for (size_t i = 0; i < index.fields.size(); ++i) {
    int16_t column = index.fields[i].column;
    filler.real_fields[i] = column >= 0 && table.columns[static_cast<size_t>(column)].affinity == Affinity::Real;
  }
  if (filler.sorted()) {
    SQLRITE_TRY(filler.builder.open(database.pager.get(), index.root));
  } else {
    SQLRITE_TRY(filler.cursor.open(database.pager.get(), index.root, storage::kNewestView, &index.key_info));
  }
  connection.set_stored_in("an index");
  Status status = connection.exec_internal(
      query, [](void* context, Statement& row) { return static_cast<Filler*>(context)->add(row); }, &filler);
  connection.set_stored_in(nullptr);
  SQLRITE_TRY(std::move(status));
  return filler.sorted() ? filler.builder.finish() : Status();
}

}  // namespace sqlrite::engine
