#include "engine/transaction.h"

#include <algorithm>
#include <span>

#include "base/guarded.h"
#include "engine/connection.h"
#include "engine/statement.h"
#include "storage/btree/btree.h"
#include "storage/pager/joint_commit.h"

namespace sqlrite::engine {

namespace {
constexpr int64_t kRenewDurationMinNs = 1000000000;

uint32_t bit_of(uint32_t database) { return 1u << database; }
}  // namespace

Status Transaction::begin_reading(uint32_t database) {
  Database& target = connection_.databases_[database];
  if (target.pager == nullptr) return {};  // temp without anything in it
  SQLRITE_TRY(target.pager->begin_read());
  reading_ |= bit_of(database);
  if (target.schema == nullptr || target.pager->schema_cookie() != target.schema->cookie) {
    target.schema = nullptr;
    connection_.bump_epoch();
    return Code::Schema;
  }
  return {};
}

Status Transaction::begin_writing(uint32_t database) {
  if (database == kTempDatabase.value) SQLRITE_TRY(connection_.ensure_temp());
  if (connection_.settings_.query_only && connection_.internal_depth_ == 0) return Code::ReadOnly;
  // A snapshot that nobody looks at yet may be exchanged for a newer one when another writer came first.
  bool may_renew = (reading_ & bit_of(database)) == 0 || (autocommit_ && active_count_ <= 1);
  SQLRITE_TRY(ensure_read(database));
  int attempt = 0;
  SQLRITE_TRY(become_writer(database, false, may_renew, &attempt));
  writing_ |= bit_of(database);
  // Without a mark a savepoint could not be returned to: what was begun ends again.
  Status status;
  for (Savepoint& savepoint : savepoints_) {
    if (status.ok()) status = take_mark(savepoint, database);
  }
  if (!status.ok()) stop_writing(database);
  return status;
}

void Transaction::stop_writing(uint32_t database) {
  connection_.databases_[database].pager->rollback();
  writing_ &= ~bit_of(database);
  for (Savepoint& savepoint : savepoints_) savepoint.marked &= ~bit_of(database);
}

// Other writers may commit again and again between our look at the newest state and our turn: each time the snapshot is
// renewed, for as long as the busy timeout says. While another one writes, the busy handler is asked with nothing held;
// who has read in this transaction already is told BUSY at once, since two that wait for each other would never end.
Status Transaction::become_writer(uint32_t database, bool exclusive, bool may_renew, int* attempt) {
  storage::Pager& pager = *connection_.databases_[database].pager;
  int64_t deadline_ns = 0;
  for (;;) {
    Status status = pager.begin_write(exclusive);
    if (status.primary() != Code::Busy || !may_renew) [[likely]]
      return status;
    if (status.code() == Code::BusySnapshot) {
      int64_t now_ns = connection_.vfs_->clock().monotonic_ns();
      if (deadline_ns == 0)
        deadline_ns = now_ns + std::max(kRenewDurationMinNs, int64_t{connection_.busy_timeout_ms_} * 1000000);
      if (now_ns > deadline_ns) return Code::Busy;
    }
    pager.end_read();
    reading_ &= ~bit_of(database);
    if (status.code() != Code::BusySnapshot && !Connection::busy_callback(&connection_, (*attempt)++)) return status;
    SQLRITE_TRY(begin_reading(database));
  }
}

void Transaction::abort_writers() {
  ++abort_count_;
  for (Statement* statement = connection_.first_statement_; statement != nullptr; statement = statement->next_) {
    if (statement->running_ && statement->writes_) statement->aborted_ = true;
  }
}

Status Transaction::take_mark(Savepoint& savepoint, uint32_t database) {
  if ((savepoint.marked & bit_of(database)) != 0) return {};
  SQLRITE_TRY_ASSIGN(savepoint.marks[database], connection_.databases_[database].pager->open_mark());
  savepoint.marked |= bit_of(database);
  return {};
}

void Transaction::note_schema_change(uint32_t database) {
  const catalog::SchemaRef& current = connection_.databases_[database].schema;
  if ((schema_noted_ & bit_of(database)) == 0) {
    schema_noted_ |= bit_of(database);
    schemas_[database] = current;
  }
  for (Savepoint& savepoint : savepoints_) {
    if ((savepoint.schema_noted & bit_of(database)) != 0) continue;
    savepoint.schema_noted |= bit_of(database);
    savepoint.schemas[database] = current;
  }
}

void Transaction::restore_schemas(uint32_t noted, catalog::SchemaRef* schemas) {
  for (uint32_t i = 0; i < connection_.database_count_; ++i) {
    if ((noted & bit_of(i)) == 0) continue;
    connection_.databases_[i].schema = schemas[i];
    schemas[i] = nullptr;
    connection_.bump_epoch();
  }
}

// Running statements that wrote, and, when the schema goes back, all of them, cannot go on.
void Transaction::abort_readers() {
  for (Statement* statement = connection_.first_statement_; statement != nullptr; statement = statement->next_) {
    if (statement->running_) statement->aborted_ = true;
  }
}

Status Transaction::commit_all() {
  if (writing_ == 0) return {};
  Hooks& hooks = connection_.hooks_;
  if (hooks.commit != nullptr && connection_.internal_depth_ == 0 && hooks.commit(hooks.commit_context) != 0) {
    rollback_all();
    return Status(Code::ConstraintCommitHook, code_text(Code::Constraint));
  }
  SQLRITE_TRY(commit_pagers());
  forget_schemas();
  return run_wal_hook();
}

Status Transaction::commit_pagers() {
  storage::Pager* pagers[kDatabaseCountMax];
  size_t count = 0;
  for (uint32_t i = 0; i < connection_.database_count_; ++i) {
    if ((writing_ & bit_of(i)) == 0) continue;
    Database& database = connection_.databases_[i];
    if (database.auto_vacuum_full) SQLRITE_TRY(storage::auto_vacuum_commit(*database.pager));
    pagers[count++] = database.pager.get();
  }
  if (count == 1) {
    SQLRITE_TRY(pagers[0]->commit());
  } else {
    const std::string& main_path = connection_.databases_[kMainDatabase.value].pager->path();
    SQLRITE_TRY(storage::commit_jointly(*connection_.vfs_, main_path, std::span(pagers, count)));
  }
  writing_ = 0;
  return {};
}

// What was noted for a rollback is not needed after the commit.
void Transaction::forget_schemas() {
  for (uint32_t noted = schema_noted_, i = 0; noted != 0; noted >>= 1, ++i) schemas_[i] = nullptr;
  schema_noted_ = 0;
}

Status Transaction::replace_database(uint32_t database, storage::Pager& content) {
  SQLRITE_TRY(connection_.databases_[database].pager->replace_content(content));
  writing_ &= ~bit_of(database);
  forget_schemas();
  return run_wal_hook();
}

Status Transaction::run_wal_hook() {
  Hooks& hooks = connection_.hooks_;
  if (hooks.wal == nullptr) return {};
  for (uint32_t i = 0; i < connection_.database_count_; ++i) {
    Database& database = connection_.databases_[i];
    if (database.wal_frame_count < 0) continue;
    int frame_count = database.wal_frame_count;
    database.wal_frame_count = -1;
    int code = hooks.wal(hooks.wal_context, &connection_, database.name.c_str(), frame_count);
    if (code != 0) return Status(static_cast<Code>(code));
  }
  return {};
}

void Transaction::rollback_all() {
  bool wrote = writing_ != 0;
  for (uint32_t i = 0; i < connection_.database_count_; ++i) {
    if ((writing_ & bit_of(i)) != 0) connection_.databases_[i].pager->rollback();
  }
  writing_ = 0;
  if (schema_noted_ != 0) {
    restore_schemas(schema_noted_, schemas_);
    schema_noted_ = 0;
    abort_readers();
  }
  Hooks& hooks = connection_.hooks_;
  if ((wrote || !autocommit_) && hooks.rollback != nullptr && connection_.internal_depth_ == 0)
    hooks.rollback(hooks.rollback_context);
}

void Transaction::end_reading() {
  for (uint32_t reading = reading_, i = 0; reading != 0; reading >>= 1, ++i) {
    if ((reading & 1) != 0) connection_.databases_[i].pager->end_read();
  }
  reading_ = 0;
}

Status Transaction::statement_finished(bool writes, bool failed, bool keep_on_failure) {
  --active_count_;
  if (writes) --active_writer_count_;
  if (!autocommit_) return {};
  Status status;
  if (writes && writing_ != 0 && active_writer_count_ == 0) {
    if (failed && !keep_on_failure) {
      rollback_all();
    } else {
      status = guarded([&] { return commit_all(); });
      if (!status.ok()) rollback_all();
    }
  }
  if (active_count_ == 0) end_reading();
  return status;
}

Status Transaction::begin(sql::BeginMode mode) {
  if (!autocommit_) return Status(Code::Error, "cannot start a transaction within a transaction");
  if (mode == sql::BeginMode::Concurrent) {
    return Status(Code::Error, "BEGIN CONCURRENT is not available in this version");
  }
  if (mode == sql::BeginMode::Immediate || mode == sql::BeginMode::Exclusive) {
    for (uint32_t i = 0; i < connection_.database_count_; ++i) {
      Database& database = connection_.databases_[i];
      if (database.pager == nullptr) continue;
      if (database.pager->is_read_only()) {
        Status read = ensure_read(i);
        if (!read.ok() && read.code() != Code::Schema) return read;
        continue;
      }
      bool may_renew = (reading_ & bit_of(i)) == 0 || active_count_ <= 1;
      Status status;
      int attempt = 0;
      do {
        status = ensure_read(i);
        if (status.ok() || status.code() == Code::Schema)
          status = become_writer(i, mode == sql::BeginMode::Exclusive, may_renew, &attempt);
      } while (status.code() == Code::Schema);  // a renewed snapshot with another schema: the next statement loads it
      if (!status.ok()) {
        rollback_all();
        return status;
      }
      writing_ |= bit_of(i);
    }
  }
  autocommit_ = false;
  return {};
}

Status Transaction::commit() {
  if (autocommit_) return Status(Code::Error, "cannot commit - no transaction is active");
  if (active_writer_count_ > 0) return Status(Code::Busy, "cannot commit transaction - SQL statements in progress");
  Status status = guarded([&] { return commit_all(); });
  if (!status.ok()) {
    if (status.primary() == Code::Busy && writing_ != 0) return status;  // may be tried again
    rollback_all();
    end_transaction();
    return status;
  }
  end_transaction();
  return {};
}

Status Transaction::rollback() {
  if (autocommit_) return Status(Code::Error, "cannot rollback - no transaction is active");
  abandon();
  return {};
}

void Transaction::abandon() {
  abort_writers();
  rollback_all();
  end_transaction();
}

void Transaction::end_transaction() {
  autocommit_ = true;
  savepoints_.clear();
  connection_.settings_.defer_foreign_keys = false;
}

int Transaction::find_savepoint(std::string_view name) const {
  for (size_t i = savepoints_.size(); i > 0; --i) {
    if (iequals(savepoints_[i - 1].name, name)) return static_cast<int>(i) - 1;
  }
  return -1;
}

Status Transaction::savepoint(std::string_view name) {
  if (active_writer_count_ > 0) return Status(Code::Busy, "cannot open savepoint - SQL statements in progress");
  Savepoint savepoint;
  savepoint.name = name;
  savepoint.is_transaction = autocommit_;
  savepoints_.push_back(std::move(savepoint));
  for (uint32_t i = 0; i < connection_.database_count_; ++i) {
    if ((writing_ & bit_of(i)) == 0) continue;
    if (Status status = take_mark(savepoints_.back(), i); !status.ok()) {
      release_marks(savepoints_.back());
      savepoints_.pop_back();
      return status;
    }
  }
  autocommit_ = false;
  return {};
}

void Transaction::release_marks(const Savepoint& savepoint) {
  for (uint32_t database = kDatabaseCountMax; database-- > 0;) {
    if ((savepoint.marked & bit_of(database)) != 0) {
      connection_.databases_[database].pager->release(savepoint.marks[database]);
    }
  }
}

Status Transaction::release(std::string_view name) {
  int index = find_savepoint(name);
  if (index < 0)
    return status_format(Code::Error, "no such savepoint: %.*s", static_cast<int>(name.size()), name.data());
  if (active_writer_count_ > 0) return Status(Code::Busy, "cannot release savepoint - SQL statements in progress");
  if (index == 0 && savepoints_[0].is_transaction) return commit();
  for (int i = static_cast<int>(savepoints_.size()) - 1; i >= index; --i)
    release_marks(savepoints_[static_cast<size_t>(i)]);
  savepoints_.resize(static_cast<size_t>(index));
  return {};
}

Status Transaction::rollback_to(std::string_view name) {
  int index = find_savepoint(name);
  if (index < 0)
    return status_format(Code::Error, "no such savepoint: %.*s", static_cast<int>(name.size()), name.data());
  abort_writers();
  for (int i = static_cast<int>(savepoints_.size()) - 1; i > index; --i)
    release_marks(savepoints_[static_cast<size_t>(i)]);
  savepoints_.resize(static_cast<size_t>(index) + 1);
  Savepoint& savepoint = savepoints_.back();
  Status status;
  for (uint32_t database = 0; database < kDatabaseCountMax; ++database) {
    if ((savepoint.marked & bit_of(database)) == 0) continue;
    Status rolled = connection_.databases_[database].pager->rollback_to(savepoint.marks[database]);
    if (!rolled.ok()) status = std::move(rolled);
  }
  if (savepoint.schema_noted != 0) {
    restore_schemas(savepoint.schema_noted, savepoint.schemas);
    savepoint.schema_noted = 0;
    abort_readers();
  }
  return status;
}

void Transaction::close() {
  rollback_all();
  autocommit_ = true;
  savepoints_.clear();
  end_reading();
}

void Transaction::leave_database(uint32_t database) {
  if ((reading_ & bit_of(database)) != 0) connection_.databases_[database].pager->end_read();
  reading_ &= ~bit_of(database);
  writing_ &= ~bit_of(database);
}

void Transaction::forget_database(uint32_t database) {
  leave_database(database);
  // Databases behind it move down by one.
  auto shift = [database](uint32_t bits) {
    uint32_t low = bits & (bit_of(database) - 1);
    return low | ((bits >> 1) & ~(bit_of(database) - 1));
  };
  reading_ = shift(reading_);
  writing_ = shift(writing_);
}

}  // namespace sqlrite::engine
