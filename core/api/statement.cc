#include "engine/statement.h"

#include "sqlrite/sqlrite.h"

namespace sqlrite {

namespace {

engine::Bytes bytes_of(Lifetime lifetime) {
  return lifetime == Lifetime::Borrow ? engine::Bytes::Static : engine::Bytes::Copy;
}

std::string_view text_or_empty(const char* text) {
  return text != nullptr ? std::string_view(text) : std::string_view();
}

// The error that the engine keeps for the connection after a failed step or reset.
Status last_error(const engine::Statement& statement, Code code) {
  return Status(code, statement.connection().error_message(), statement.connection().error_offset());
}

}  // namespace

Statement& Statement::operator=(Statement&& other) noexcept {
  if (this != &other) {
    finalize();
    impl_ = std::exchange(other.impl_, nullptr);
  }
  return *this;
}

void Statement::finalize() {
  if (impl_ != nullptr) engine::Statement::finalize(std::exchange(impl_, nullptr));
}

Status Statement::bind(uint32_t number, int64_t value) { return impl_->bind_int64(number, value); }
Status Statement::bind(uint32_t number, double value) { return impl_->bind_double(number, value); }
Status Statement::bind(uint32_t number, std::string_view text) {
  return impl_->bind_text(number, text, engine::Bytes::Copy);
}
Status Statement::bind(uint32_t number, std::nullptr_t) { return impl_->bind_null(number); }
Status Statement::bind_text(uint32_t number, std::string_view text, Lifetime lifetime) {
  return impl_->bind_text(number, text, bytes_of(lifetime));
}
Status Statement::bind_blob(uint32_t number, std::string_view bytes, Lifetime lifetime) {
  return impl_->bind_blob(number, bytes, bytes_of(lifetime));
}
Status Statement::bind_zeroblob(uint32_t number, uint64_t size_bytes) {
  return impl_->bind_zeroblob(number, size_bytes);
}
Status Statement::bind_value(uint32_t number, const Value& value) {
  return impl_->bind_value(number, value, engine::Bytes::Copy);
}
uint32_t Statement::parameter_count() const { return impl_->parameter_count(); }
uint32_t Statement::parameter_index(std::string_view name) const { return impl_->parameter_index(name); }
std::string_view Statement::parameter_name(uint32_t number) const {
  return text_or_empty(impl_->parameter_name(number));
}
void Statement::clear_bindings() { impl_->clear_bindings(); }

Result<bool> Statement::step() {
  Code code = impl_->step();
  if (code == Code::Row) return true;
  if (code == Code::Done) return false;
  return last_error(*impl_, code);
}

Status Statement::run() {
  for (;;) {
    auto row = step();
    if (!row.ok()) {
      impl_->reset();
      return row.take_status();
    }
    if (!row.value()) break;
  }
  return reset();
}

Status Statement::reset() {
  Code code = impl_->reset();
  if (code == Code::Ok) return {};
  return last_error(*impl_, code);
}

bool Statement::is_running() const { return impl_->is_running(); }

uint32_t Statement::column_count() const { return impl_->column_count(); }
ValueType Statement::column_type(uint32_t column) const { return impl_->column_type(column); }
int64_t Statement::column_int64(uint32_t column) const { return impl_->column_int64(column); }
double Statement::column_double(uint32_t column) const { return impl_->column_double(column); }
std::string_view Statement::column_text(uint32_t column) const { return impl_->column_text(column); }
std::string_view Statement::column_blob(uint32_t column) const { return impl_->column_blob(column); }
const Value& Statement::column_value(uint32_t column) const { return impl_->column_value(column); }

std::string_view Statement::column_name(uint32_t column) const { return text_or_empty(impl_->column_name(column)); }
std::string_view Statement::column_declared_type(uint32_t column) const {
  return text_or_empty(impl_->column_declared_type(column));
}
std::string_view Statement::column_database(uint32_t column) const {
  return text_or_empty(impl_->column_database(column));
}
std::string_view Statement::column_table(uint32_t column) const { return text_or_empty(impl_->column_table(column)); }
std::string_view Statement::column_origin(uint32_t column) const { return text_or_empty(impl_->column_origin(column)); }

Result<const Batch*> Statement::next_batch(uint32_t row_count_max) {
  const Batch* batch = nullptr;
  SQLRITE_TRY(impl_->next_batch(row_count_max, &batch));
  return batch;
}

Result<Value> Statement::complete_slow(const Value& value) { return impl_->complete(value); }

std::string_view Statement::sql() const { return impl_->sql(); }
std::string Statement::expanded_sql() const { return impl_->expanded_sql(); }
bool Statement::is_read_only() const { return impl_->is_read_only(); }
int64_t Statement::recompile_count() const { return impl_->recompile_count(); }
bool Statement::is_explain() const { return impl_->explain_mode() != 0; }

}  // namespace sqlrite
