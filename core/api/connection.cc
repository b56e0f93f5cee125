#include "engine/backup.h"
#include "engine/connection.h"
#include "engine/statement.h"
#include "sqlrite/sqlrite.h"

namespace sqlrite {

Result<Connection> Connection::open(const std::string& path, OpenMode mode) {
  uint32_t flags = mode == OpenMode::ReadOnly    ? engine::open_flags::kReadOnly
                   : mode == OpenMode::ReadWrite ? engine::open_flags::kReadWrite
                                                 : engine::open_flags::kReadWrite | engine::open_flags::kCreate;
  std::unique_ptr<engine::Connection> impl;
  SQLRITE_TRY(engine::Connection::open(path, flags, nullptr, &impl));
  return Connection(impl.release());
}

Connection& Connection::operator=(Connection&& other) noexcept {
  if (this != &other) {
    if (impl_ != nullptr) engine::Connection::close_deferred(impl_);
    impl_ = std::exchange(other.impl_, nullptr);
  }
  return *this;
}

Connection::~Connection() {
  if (impl_ != nullptr) engine::Connection::close_deferred(impl_);
}

Result<Statement> Connection::prepare(std::string_view sql, size_t* tail) {
  engine::Statement* statement = nullptr;
  SQLRITE_TRY(impl_->prepare(sql, 0, &statement, tail));
  return Statement(statement);
}

Status Connection::exec(std::string_view sql) { return impl_->exec(sql); }
int64_t Connection::last_insert_rowid() const { return impl_->last_insert_rowid(); }
int64_t Connection::changes() const { return impl_->changes(); }
int64_t Connection::total_changes() const { return impl_->total_changes(); }
bool Connection::is_autocommit() const { return impl_->is_autocommit(); }
void Connection::set_busy_timeout(int timeout_ms) { impl_->set_busy_timeout(timeout_ms); }
int Connection::busy_timeout_ms() const { return impl_->busy_timeout(); }
void Connection::interrupt() { impl_->interrupt(); }

Result<Backup> Connection::backup_to(Connection& target, std::string_view target_name, std::string_view source_name) {
  SQLRITE_TRY_ASSIGN(auto impl, engine::Backup::begin(*target.impl_, target_name, *impl_, source_name));
  return Backup(std::move(impl));
}

Backup::Backup(std::unique_ptr<engine::Backup> impl) : impl_(std::move(impl)) {}
Backup::Backup(Backup&&) noexcept = default;
Backup& Backup::operator=(Backup&&) noexcept = default;
Backup::~Backup() = default;

Result<bool> Backup::step(int page_count) {
  Code code = impl_->step(page_count);
  if (code == Code::Done) return true;
  if (code == Code::Ok) return false;
  return Status(code);
}

int Backup::remaining_page_count() const { return impl_->remaining_page_count(); }
int Backup::total_page_count() const { return impl_->total_page_count(); }

const char* version() { return SQLRITE_VERSION_TEXT; }

}  // namespace sqlrite
