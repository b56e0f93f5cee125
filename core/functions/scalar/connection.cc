// Functions that tell about the connection or the library.
#include "base/text.h"
#include "functions/function_table.h"
#include "functions/library_version.h"
#include "types/utf.h"

namespace sqlrite::functions {

namespace {

constexpr uint32_t kSlow = function_flags::kInnocuous | function_flags::kSlowChange;

Value static_text(const char* text) {
  Value value = Value::from_text(text, ValueOwner::Static);
  value.flags = value_flags::kNulFollows;
  return value;
}

Status changes(CallContext& ctx, const Value*, int, Value* result) {
  *result = Value::from_integer(ctx.connection->changes());
  return Status();
}

Status total_changes(CallContext& ctx, const Value*, int, Value* result) {
  *result = Value::from_integer(ctx.connection->total_changes());
  return Status();
}

Status last_insert_rowid(CallContext& ctx, const Value*, int, Value* result) {
  *result = Value::from_integer(ctx.connection->last_insert_rowid());
  return Status();
}

Status version(CallContext&, const Value*, int, Value* result) {
  *result = static_text(kSqliteVersion);
  return Status();
}

Status source_id(CallContext&, const Value*, int, Value* result) {
  *result = static_text(kSqliteSourceId);
  return Status();
}

Status compile_option_get(CallContext&, const Value* arguments, int, Value* result) {
  const char* option = compile_option(to_integer(arguments[0]));
  *result = option != nullptr ? static_text(option) : Value::null();
  return Status();
}

Status compile_option_used_call(CallContext& ctx, const Value* arguments, int, Value* result) {
  *result = Value::null();
  if (arguments[0].is_null()) return Status();
  NumberText buffer;
  std::string_view name;
  SQLRITE_TRY(argument_text(ctx, arguments[0], buffer, &name));
  *result = Value::from_bool(compile_option_used(until_nul(name)));
  return Status();
}

Status load_extension(CallContext&, const Value*, int, Value*) { return call_error("not authorized"); }

}  // namespace

namespace {

constexpr const char* kCompileOptions[] = {
    "DEFAULT_AUTOVACUUM",        "ENABLE_COLUMN_METADATA", "ENABLE_MATH_FUNCTIONS", "MAX_ATTACHED=10",
    "MAX_COLUMN=2000",           "MAX_EXPR_DEPTH=1000",    "MAX_FUNCTION_ARG=1000", "MAX_LENGTH=1000000000",
    "MAX_VARIABLE_NUMBER=32766", "THREADSAFE=1",
};

bool is_identifier_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' || c == '$' ||
         static_cast<unsigned char>(c) >= 0x80;
}

}  // namespace

const char* compile_option(int64_t index) {
  constexpr int64_t kCount = sizeof kCompileOptions / sizeof kCompileOptions[0];
  return index >= 0 && index < kCount ? kCompileOptions[index] : nullptr;
}

bool compile_option_used(std::string_view name) {
  if (name.size() >= 7 && iequals(name.substr(0, 7), "SQLITE_")) name.remove_prefix(7);
  for (const char* text : kCompileOptions) {
    std::string_view option = text;
    if (option.size() < name.size() || !iequals(option.substr(0, name.size()), name)) continue;
    if (option.size() == name.size() || !is_identifier_byte(option[name.size()])) return true;
  }
  return false;
}

void add_connection_functions(std::vector<FunctionDef>& table) {
  table.push_back(scalar_def("changes", 0, changes, function_flags::kInnocuous));
  table.push_back(scalar_def("total_changes", 0, total_changes, function_flags::kInnocuous));
  table.push_back(scalar_def("last_insert_rowid", 0, last_insert_rowid, function_flags::kInnocuous));
  table.push_back(scalar_def("sqlite_version", 0, version, kSlow));
  table.push_back(scalar_def("sqlite_source_id", 0, source_id, kSlow));
  table.push_back(scalar_def("sqlite_compileoption_get", 1, compile_option_get, kSlow));
  table.push_back(scalar_def("sqlite_compileoption_used", 1, compile_option_used_call, kSlow));
  table.push_back(scalar_def("load_extension", 1, load_extension, function_flags::kDirectOnly));
  table.push_back(scalar_def("load_extension", 2, load_extension, function_flags::kDirectOnly));
}

}  // namespace sqlrite::functions
