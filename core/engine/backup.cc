#include "engine/backup.h"

#include <cstring>

#include "base/guarded.h"
#include "engine/temporary_copy.h"

namespace sqlrite::engine {

Result<std::unique_ptr<Backup>> Backup::begin(Connection& target, std::string_view target_name, Connection& source,
                                              std::string_view source_name) {
  auto fail = [&target](Status status) {
    target.set_error(status);
    return status;
  };
  if (&target == &source) return fail(Status(Code::Error, "source and destination must be distinct"));
  int from = source.find_database(source_name);
  if (from < 0) {
    return fail(
        status_format(Code::Error, "unknown database %.*s", static_cast<int>(source_name.size()), source_name.data()));
  }
  int to = target.find_database(target_name);
  if (to < 0) {
    return fail(
        status_format(Code::Error, "unknown database %.*s", static_cast<int>(target_name.size()), target_name.data()));
  }
  if (from == 1) {
    if (Status status = source.ensure_temp(); !status.ok()) return fail(std::move(status));
  }
  if (to == 1) {
    if (Status status = target.ensure_temp(); !status.ok()) return fail(std::move(status));
  }
  if (target.transaction_state(to) != 0) return fail(Status(Code::Error, "destination database is in use"));
  std::unique_ptr<Backup> backup(new Backup(target, static_cast<uint32_t>(to), source, static_cast<uint32_t>(from)));
  ++target.backup_count_;
  ++source.backup_count_;
  return backup;
}

Backup::Backup(Connection& target, uint32_t target_database, Connection& source, uint32_t source_database)
    : target_(target), target_database_(target_database), source_(source), source_database_(source_database) {}

Backup::~Backup() {
  stop_writing();
  --target_.backup_count_;
  --source_.backup_count_;
  source_.end_if_orphaned();
  target_.end_if_orphaned();
}

Code Backup::step(int page_count) {
  if (error_ != Code::Ok && primary_code(error_) != Code::Busy && primary_code(error_) != Code::Locked) return error_;
  if (done_) return Code::Done;
  bool done = false;
  Status status = copy(page_count, &done);
  error_ = status.code();
  if (!status.ok()) return error_;
  if (!done) return Code::Ok;
  done_ = true;
  return Code::Done;
}

Status Backup::copy(int page_count, bool* done) {
  storage::Pager& from = *source_.database(source_database_).pager;
  bool was_reading = from.is_reading();
  if (!was_reading) SQLRITE_TRY(from.begin_read());
  storage::View view;
  auto run = [&]() -> Status {
    SQLRITE_TRY_ASSIGN(view, from.open_view());
    if (!writing_) SQLRITE_TRY(begin_copy(from));
    SQLRITE_TRY(copy_pages(from, view, page_count));
    if (remaining_ > 0) return {};
    SQLRITE_TRY(finish_copy());
    *done = true;
    return {};
  };
  Status status = guarded(run);
  from.close_view(view);
  if (!was_reading) from.end_read();
  return status;
}

Status Backup::begin_copy(const storage::Pager& from) {
  storage::Pager& to = *target_.database(target_database_).pager;
  if (target_.transaction_state(static_cast<int>(target_database_)) != 0) return Code::Busy;
  to.set_page_size(from.page_size_bytes(), static_cast<int>(from.reserved_size_bytes())).ignore();
  SQLRITE_TRY(to.begin_immediate());
  writing_ = true;
  if (to.page_size_bytes() != from.page_size_bytes()) {
    // Only a file without a log can change its page size.
    if (to.is_memory() || to.journal_mode() == storage::JournalMode::Wal) {
      stop_writing();
      return Status(Code::ReadOnly, code_text(Code::ReadOnly));
    }
    SQLRITE_TRY_ASSIGN(staged_, open_temporary_copy(target_, from, from.page_size_bytes()));
  }
  next_page_ = 1;
  source_snapshot_ = from.snapshot_id();
  return {};
}

Status Backup::copy_pages(storage::Pager& from, storage::View view, int page_count) {
  if (source_snapshot_ != from.snapshot_id()) {
    next_page_ = 1;  // the source changed: what was copied may be old
    source_snapshot_ = from.snapshot_id();
  }
  storage::Pager& to = receiver();
  const uint32_t source_pages = from.page_count(view);
  const PageId lock_page = from.lock_byte_page();
  for (int copied = 0; next_page_ <= source_pages && (page_count < 0 || copied < page_count); ++next_page_, ++copied) {
    PageId id{next_page_};
    if (id == lock_page) continue;
    if (!to.is_writing()) SQLRITE_TRY(to.begin_write());  // a staged copy that was complete
    SQLRITE_TRY_ASSIGN(storage::PageRef page, from.fetch(id, view));
    while (to.page_count(storage::kNewestView) < next_page_) SQLRITE_TRY(to.append_page().take_status());
    SQLRITE_TRY_ASSIGN(uint8_t* bytes, to.fetch_mut_fresh(id));
    std::memcpy(bytes, page.data(), from.page_size_bytes());
  }
  total_ = static_cast<int>(source_pages);
  remaining_ = static_cast<int>(source_pages) - static_cast<int>(next_page_ - 1);
  return {};
}

Status Backup::finish_copy() {
  storage::Pager& copy = receiver();
  if (copy.is_writing()) {
    const uint32_t source_pages = static_cast<uint32_t>(total_);
    if (copy.page_count(storage::kNewestView) > source_pages) copy.truncate_pages(source_pages);
    copy.note_change();
    SQLRITE_TRY(copy.commit());
  }
  storage::Pager& to = *target_.database(target_database_).pager;
  if (staged_ != nullptr) SQLRITE_TRY(to.replace_content(*staged_));
  writing_ = false;
  to.end_read();
  target_.publish_schema(target_database_, nullptr);
  return {};
}

void Backup::stop_writing() {
  if (!writing_) return;
  storage::Pager& to = *target_.database(target_database_).pager;
  to.rollback();
  to.end_read();
  writing_ = false;
}

Code Backup::finish() {
  stop_writing();
  Code code = primary_code(error_) == Code::Busy || primary_code(error_) == Code::Locked ? Code::Ok : error_;
  target_.set_error(Status(code));
  return code;
}

}  // namespace sqlrite::engine
