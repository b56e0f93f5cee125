#include "engine/connection.h"

#include "base/guarded.h"
#include "engine/backup.h"
#include "engine/image.h"
#include "engine/statement.h"
#include "sqlrite/sqlrite.h"

namespace sqlrite {

namespace {

uint32_t flags_of(const OpenOptions& options) {
  uint32_t flags = options.uri ? engine::open_flags::kUri : 0;
  switch (options.mode) {
    case OpenMode::ReadOnly: return flags | engine::open_flags::kReadOnly;
    case OpenMode::ReadWrite: return flags | engine::open_flags::kReadWrite;
    case OpenMode::ReadWriteCreate: break;
  }
  return flags | engine::open_flags::kReadWrite | engine::open_flags::kCreate;
}

Status moved_from() { return Status(Code::Misuse, "the connection was moved from: it is closed"); }

Status unknown_database(std::string_view name) {
  return status_format(Code::Error, "unknown database %.*s", static_cast<int>(name.size()), name.data());
}

}  // namespace

Result<Connection> Connection::open(const std::string& path, const OpenOptions& options) {
  return guarded([&]() -> Result<Connection> {
    std::unique_ptr<engine::Connection> impl;
    SQLRITE_TRY(engine::Connection::open(path, flags_of(options), nullptr, &impl));
    impl->set_busy_timeout(options.busy_timeout_ms);
    return Connection(impl.release());
  });
}

Result<Connection> Connection::connect() const {
  if (impl_ == nullptr) return moved_from();
  return guarded([&]() -> Result<Connection> {
    std::unique_ptr<engine::Connection> impl;
    SQLRITE_TRY(impl_->open_sibling(&impl));
    return Connection(impl.release());
  });
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
  if (impl_ == nullptr) return moved_from();
  return guarded([&]() -> Result<Statement> {
    engine::Statement* statement = nullptr;
    SQLRITE_TRY(impl_->prepare(sql, 0, &statement, tail));
    return Statement(statement);
  });
}

Status Connection::exec(std::string_view sql) {
  if (impl_ == nullptr) return moved_from();
  return guarded([&] { return impl_->exec(sql); });
}

int64_t Connection::last_insert_rowid() const { return impl_->last_insert_rowid(); }
int64_t Connection::changes() const { return impl_->changes(); }
int64_t Connection::total_changes() const { return impl_->total_changes(); }
bool Connection::is_autocommit() const { return impl_->is_autocommit(); }

TransactionState Connection::transaction_state(std::string_view database) const {
  int number = database.empty() ? -1 : impl_->find_database(database);
  if (!database.empty() && number < 0) return TransactionState::None;
  return static_cast<TransactionState>(impl_->transaction_state(number));
}

uint32_t Connection::database_count() const { return impl_->database_count(); }

std::string_view Connection::database_name(uint32_t number) const {
  return number < impl_->database_count() ? std::string_view(impl_->database(number).name) : std::string_view();
}

int Connection::find_database(std::string_view name) const { return impl_->find_database(name); }

std::string_view Connection::file_name(std::string_view database) const {
  int number = impl_->find_database(database);
  return number >= 0 ? std::string_view(impl_->database(static_cast<uint32_t>(number)).file) : std::string_view();
}

bool Connection::is_read_only(std::string_view database) const {
  int number = impl_->find_database(database);
  return number >= 0 && impl_->is_read_only(static_cast<uint32_t>(number));
}

void Connection::set_busy_timeout(int timeout_ms) { impl_->set_busy_timeout(timeout_ms); }
int Connection::busy_timeout_ms() const { return impl_->busy_timeout(); }
void Connection::set_busy_handler(BusyHandler handler, void* context) { impl_->set_busy_handler(handler, context); }
void Connection::interrupt() { impl_->interrupt(); }
bool Connection::is_interrupted() const { return impl_->is_interrupted(); }
static_assert(static_cast<int>(Limit::WorkerThreads) == static_cast<int>(engine::Limit::WorkerThreads));

int Connection::limit(Limit limit) const { return impl_->limit(static_cast<engine::Limit>(limit)); }
int Connection::set_limit(Limit limit, int value) { return impl_->limit(static_cast<engine::Limit>(limit), value); }

bool Connection::setting(Setting setting) const {
  const bool* field = impl_->settings().switch_at(static_cast<int>(setting));
  return field != nullptr && *field;
}

void Connection::set_setting(Setting setting, bool on) {
  bool* field = impl_->settings().switch_at(static_cast<int>(setting));
  if (field == nullptr || *field == on) return;
  *field = on;
  impl_->bump_epoch();
}

void Connection::release_memory() { impl_->release_memory(); }
void Connection::lock() { impl_->border_mutex.lock(); }
bool Connection::try_lock() { return impl_->border_mutex.try_lock(); }
void Connection::unlock() { impl_->border_mutex.unlock(); }

Result<std::string> Connection::serialize(std::string_view database) {
  return guarded([&]() -> Result<std::string> {
    int number = impl_->find_database(database);
    if (number < 0) return unknown_database(database);
    std::string image;
    auto allocate = [](void* context, size_t size_bytes) {
      auto* into = static_cast<std::string*>(context);
      into->resize(size_bytes);
      return into->data();
    };
    SQLRITE_TRY(engine::write_image(*impl_, static_cast<uint32_t>(number), allocate, &image));
    return image;
  });
}

Status Connection::deserialize(std::string_view image, std::string_view database) {
  return guarded([&]() -> Status {
    int number = impl_->find_database(database);
    if (number < 0) return unknown_database(database);
    return engine::replace_by_image(*impl_, static_cast<uint32_t>(number), image);
  });
}

Result<Backup> Connection::backup_to(Connection& target, std::string_view target_name, std::string_view source_name) {
  return guarded([&]() -> Result<Backup> {
    SQLRITE_TRY_ASSIGN(auto impl, engine::Backup::begin(*target.impl_, target_name, *impl_, source_name));
    return Backup(std::move(impl));
  });
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
