// Parameters and columns of a statement: binding, conversions, the ownership of what is handed out.
#include <bit>
#include <cstring>

#include "base/guarded.h"
#include "engine/statement.h"
#include "sql/lexer/lexer.h"
#include "storage/record/record.h"
#include "types/cast.h"
#include "types/utf.h"
#include "types/value_text.h"

namespace sqlrite::engine {

namespace {

constexpr TextEncoding kNativeUtf16 =
    std::endian::native == std::endian::little ? TextEncoding::Utf16Le : TextEncoding::Utf16Be;

// Bytes in row_heap_ that stand for "empty, but not NULL".
constexpr char kEmpty[2] = {0, 0};

}  // namespace

// ---------------------------------------------------------------- parameters

const char* Statement::parameter_name(uint32_t number) const {
  return or_nothing<const char*>([&] { return name_of_parameter(number); });
}

const char* Statement::name_of_parameter(uint32_t number) const {
  for (const sql::ParameterInfo& info : program_->parsed.parameters) {
    if (info.number != number || info.name.empty()) continue;
    if (info.name.data()[info.name.size()] != '\0') {
      // The name lies in the middle of the text: it gets a copy with its own end, once.
      auto& slot = const_cast<sql::ParameterInfo&>(info);
      slot.name = program_->plan.arena.copy(info.name);
    }
    return info.name.data();
  }
  return nullptr;
}

uint32_t Statement::parameter_index(std::string_view name) const {
  for (const sql::ParameterInfo& info : program_->parsed.parameters) {
    if (info.name == name) return info.number;
  }
  return 0;
}

Status Statement::bind_refused(uint32_t number) const {
  Status status;
  if (running_) {
    status = Status(Code::Misuse, "bind on a busy prepared statement");
  } else if (number == 0 || number > parameter_count_) {
    status = Code::Range;
  }
  connection_->set_error(status);
  return status;
}

Status Statement::bind_value(uint32_t number, Value value, Bytes bytes) {
  if (number == 0 || number > parameter_count_ || running_) return bind_refused(number);
  Value& target = parameters_[number - 1];
  if (!value.is_bytes() || (value.flags & value_flags::kZeroBlob) != 0) {
    target = value;
    return {};
  }
  if (value.length > static_cast<uint32_t>(connection_->limits_[0])) {
    Status status(Code::TooBig);
    connection_->set_error(status);
    return status;
  }
  if (bytes == Bytes::Static) {
    target = value;
    target.owner = ValueOwner::Caller;
    return {};
  }
  auto no_memory = [this] {
    connection_->set_error(Code::NoMem);
    return Code::NoMem;
  };
  if (parameter_bytes_ == nullptr) parameter_bytes_ = new (std::nothrow) OwnedBytes[parameter_count_]();
  if (parameter_bytes_ == nullptr) return no_memory();
  OwnedBytes& owned = parameter_bytes_[number - 1];
  size_t needed = size_t{value.length} + 1;
  if (owned.capacity_bytes < needed) {
    size_t capacity = needed < 32 ? 32 : needed;
    char* grown = new (std::nothrow) char[capacity];
    if (grown == nullptr) return no_memory();
    delete[] owned.data;
    owned.data = grown;
    owned.capacity_bytes = capacity;
  }
  if (value.length > 0) std::memmove(owned.data, value.bytes, value.length);
  owned.data[value.length] = '\0';
  target = value;
  target.bytes = owned.data;
  target.owner = ValueOwner::Caller;
  target.flags = value_flags::kNulFollows;
  return {};
}

Status Statement::bind_zeroblob(uint32_t number, uint64_t size_bytes) {
  if (size_bytes > static_cast<uint64_t>(connection_->limits_[0])) {
    Status status(Code::TooBig);
    connection_->set_error(status);
    return status;
  }
  Value value;
  value.type = ValueType::Blob;
  value.bytes = nullptr;
  value.length = static_cast<uint32_t>(size_bytes);
  value.flags = value_flags::kZeroBlob;
  return bind_value(number, value, Bytes::Static);
}

void Statement::clear_bindings() {
  for (uint32_t i = 0; i < parameter_count_; ++i) parameters_[i] = Value();
  // Large copies are not kept for statements that wait in the cache.
  constexpr size_t kKeptSizeMax = 4096;
  for (uint32_t i = 0; parameter_bytes_ != nullptr && i < parameter_count_; ++i) {
    if (parameter_bytes_[i].capacity_bytes <= kKeptSizeMax) continue;
    delete[] parameter_bytes_[i].data;
    parameter_bytes_[i] = {};
  }
}

std::string Statement::expanded_sql() const {
  std::string_view text = program_->text;
  std::string out;
  sql::Lexer lexer(text);
  size_t copied = 0;
  uint32_t highest = 0;
  Arena heap(512);
  for (sql::Token token = lexer.next(); token.kind != sql::TokenKind::End; token = lexer.next()) {
    if (token.kind != sql::TokenKind::Variable) continue;
    size_t end = lexer.position();
    size_t begin = token.begin;
    std::string_view name = text.substr(begin, end - begin);
    uint32_t number = name == "?" ? highest + 1 : parameter_index(name);
    if (number > highest) highest = number;
    out.append(text.substr(copied, begin - copied));
    copied = end;
    if (number == 0 || number > parameter_count_) {
      out.append("NULL");
      continue;
    }
    Value value = parameters_[number - 1];
    if (value.type == ValueType::Blob) {
      if ((value.flags & value_flags::kZeroBlob) != 0) {
        out.append("zeroblob(" + std::to_string(value.length) + ")");
        continue;
      }
      out.append("x'");
      for (unsigned char byte : value.view()) {
        out += "0123456789abcdef"[byte >> 4];
        out += "0123456789abcdef"[byte & 15];
      }
      out += '\'';
      continue;
    }
    heap.reset();
    TextBuilder builder(heap);
    append_quoted(builder, value, false);
    out.append(builder.view());
  }
  out.append(text.substr(copied));
  return out;
}

// ---------------------------------------------------------------- columns

template <typename T, typename Convert>
T Statement::or_nothing(Convert&& convert) const {
  T converted = {};
  Status status = guarded([&] {
    converted = convert();
    return Status();
  });
  if (!status.ok()) connection_->set_error(status);
  return converted;
}

Statement::ColumnCell& Statement::cell(uint32_t column) {
  if (cells_ == nullptr) cells_ = new ColumnCell[column_count_];
  ColumnCell& cell = cells_[column];
  if (cell.stamp == row_stamp_) return cell;
  cell.text = {};
  cell.value = raw(column);
  if (cell.value.is_bytes()) {
    row_converted_ = true;
    if (Status status = complete_cell(cell.value); !status.ok()) {
      connection_->set_error(status);
      cell.value = Value::null();
    }
  }
  cell.stamp = row_stamp_;
  return cell;
}

// All bytes of a text or blob, with a NUL behind them, in memory of this statement.
Status Statement::complete_cell(Value& value) {
  if ((value.flags & value_flags::kOverflow) != 0) {
    SQLRITE_TRY_ASSIGN(value, storage::load_overflow(value, connection_->databases_[0].encoding, row_heap_));
  }
  if ((value.flags & value_flags::kZeroBlob) != 0) SQLRITE_TRY(make_bytes(value, row_heap_));
  if ((value.flags & value_flags::kNulFollows) == 0 || value.owner == ValueOwner::Page) {
    // Two NUL bytes, so that a UTF-16 reader of a blob finds its end too.
    char* copy = static_cast<char*>(row_heap_.try_allocate(size_t{value.length} + 2, 1));
    if (copy == nullptr) return Code::NoMem;
    if (value.length > 0) std::memcpy(copy, value.bytes, value.length);
    copy[value.length] = copy[value.length + 1] = '\0';
    value.bytes = copy;
    value.owner = ValueOwner::Heap;
    value.flags = static_cast<uint8_t>((value.flags & ~value_flags::kOverflow) | value_flags::kNulFollows);
  }
  return {};
}

const Value& Statement::cell_value(uint32_t column) {
  static const Value kNull;
  const Value* value = or_nothing<const Value*>([&] { return &cell(column).value; });
  return value != nullptr ? *value : kNull;
}

int64_t Statement::int64_slow(uint32_t column) {
  Value value = raw(column);
  if (value.type == ValueType::Integer) return value.integer;
  if ((value.flags & (value_flags::kOverflow | value_flags::kZeroBlob)) != 0) value = cell_value(column);
  return to_integer(value);
}

double Statement::double_slow(uint32_t column) {
  Value value = raw(column);
  if (value.type == ValueType::Real) return value.real;
  if (value.type == ValueType::Integer) return static_cast<double>(value.integer);
  if ((value.flags & (value_flags::kOverflow | value_flags::kZeroBlob)) != 0) value = cell_value(column);
  return to_real(value);
}

const Value& Statement::column_value(uint32_t column) {
  static const Value kNull;
  if (!has_row_ || column >= column_count_) return kNull;
  return cell_value(column);
}

std::string_view Statement::column_text(uint32_t column) {
  if (!has_row_ || column >= column_count_) return {};
  return or_nothing<std::string_view>([&] { return text_of_cell(column); });
}

std::string_view Statement::text_of_cell(uint32_t column) {
  ColumnCell& from = cell(column);
  const Value& value = from.value;
  if (value.is_bytes()) return value.length > 0 ? value.view() : std::string_view(kEmpty, 0);
  if (value.is_null()) return {};
  if (from.text.data() == nullptr) {
    NumberText buffer;
    from.text = row_heap_.copy(text_of(value, buffer));
    row_converted_ = true;
  }
  return from.text;
}

std::string_view Statement::column_blob(uint32_t column) {
  std::string_view bytes = column_text(column);
  // A blob of no bytes is a null pointer in every SQLite interface.
  if (bytes.empty() && has_row_ && column < column_count_ && cell_value(column).type == ValueType::Blob) return {};
  return bytes;
}

std::string_view Statement::column_text16(uint32_t column) {
  if (!has_row_ || column >= column_count_) return {};
  return or_nothing<std::string_view>([&] { return text16_of_cell(column); });
}

std::string_view Statement::text16_of_cell(uint32_t column) {
  ColumnCell& from = cell(column);
  if (from.stamp16 == row_stamp_) return from.text16;
  if (from.value.is_null()) {
    from.text16 = {};
  } else if (from.value.type == ValueType::Blob) {
    from.text16 = from.value.view();
  } else {
    row_converted_ = true;
    auto converted = utf8_to_utf16(text_of_cell(column), kNativeUtf16, row_heap_);
    if (!converted.ok()) {
      connection_->set_error(converted.status());
      return {};
    }
    from.text16 = converted.value().data() != nullptr ? converted.value() : std::string_view(kEmpty, 0);
  }
  from.stamp16 = row_stamp_;
  return from.text16;
}

Result<Value> Statement::complete(const Value& value) {
  if (!value.is_bytes() || (value.flags & (value_flags::kOverflow | value_flags::kZeroBlob)) == 0) return value;
  Value whole = value;
  row_heap_.reset();
  row_converted_ = true;
  if ((whole.flags & value_flags::kOverflow) != 0) {
    auto loaded = storage::load_overflow(whole, connection_->databases_[0].encoding, row_heap_);
    if (!loaded.ok()) {
      connection_->set_error(loaded.status());
      return loaded.take_status();
    }
    whole = loaded.take();
  }
  if ((whole.flags & value_flags::kZeroBlob) != 0) SQLRITE_TRY(make_bytes(whole, row_heap_));
  return whole;
}

uint32_t Statement::column_bytes(uint32_t column) { return static_cast<uint32_t>(column_text(column).size()); }

uint32_t Statement::column_bytes16(uint32_t column) { return static_cast<uint32_t>(column_text16(column).size()); }

// ---------------------------------------------------------------- facts

int Statement::explain_mode() const {
  switch (program_->parsed.statement->explain) {
    case sql::ExplainMode::Program: return 1;
    case sql::ExplainMode::QueryPlan: return 2;
    default: return 0;
  }
}

// Names are views into the text until somebody asks for them as C strings.
void Statement::terminate_names() const {
  Arena& arena = program_->plan.arena;
  auto columns = arena.copy_array<bind::ResultColumn>(program_->columns);
  for (bind::ResultColumn& column : columns) {
    column.name = arena.copy(column.name);
    for (auto field : {&bind::ResultColumn::declared_type, &bind::ResultColumn::origin_database,
                       &bind::ResultColumn::origin_table, &bind::ResultColumn::origin_column}) {
      if (!(column.*field).empty()) column.*field = arena.copy(column.*field);
    }
  }
  program_->columns = columns;
  program_->names_terminated = true;
}

const char* Statement::name_at(uint32_t column, std::string_view bind::ResultColumn::* field) const {
  if (column >= column_count_) return nullptr;
  if (!program_->names_terminated) {
    bool terminated = or_nothing<bool>([&] {
      terminate_names();
      return true;
    });
    if (!terminated) return nullptr;
  }
  std::string_view text = program_->columns[column].*field;
  return text.data() == nullptr || (text.empty() && field != &bind::ResultColumn::name) ? nullptr : text.data();
}

const char* Statement::column_name(uint32_t column) const { return name_at(column, &bind::ResultColumn::name); }
const char* Statement::column_declared_type(uint32_t column) const {
  return name_at(column, &bind::ResultColumn::declared_type);
}
const char* Statement::column_database(uint32_t column) const {
  return name_at(column, &bind::ResultColumn::origin_database);
}
const char* Statement::column_table(uint32_t column) const {
  return name_at(column, &bind::ResultColumn::origin_table);
}
const char* Statement::column_origin(uint32_t column) const {
  return name_at(column, &bind::ResultColumn::origin_column);
}

}  // namespace sqlrite::engine
