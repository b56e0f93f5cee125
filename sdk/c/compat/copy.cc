// Copies of databases: backup between connections, serialized images.
#include "engine/image.h"
#include "handles.h"

using namespace sqlrite;
using namespace sqlrite::compat;

struct sqlite3_backup {
  std::unique_ptr<engine::Backup> impl;
  sqlite3* target = nullptr;
  sqlite3* source = nullptr;
};

namespace {

// Both connections' locks, in one order for all threads.
class PairLock {
 public:
  PairLock(sqlite3* a, sqlite3* b) : first_(a < b ? a : b), second_(a < b ? b : a) {}

 private:
  Lock first_;
  Lock second_;
};

}  // namespace

extern "C" {

sqlite3_backup* sqlite3_backup_init(sqlite3* target, const char* target_name, sqlite3* source,
                                    const char* source_name) {
  if (!usable(target) || !usable(source) || target_name == nullptr || source_name == nullptr) return nullptr;
  PairLock lock(target, source);
  auto impl = guarded(
      [&] { return engine::Backup::begin(*target->connection, target_name, *source->connection, source_name); });
  auto* backup = impl.ok() ? new (std::nothrow) sqlite3_backup() : nullptr;
  if (backup == nullptr) {
    answer(target, impl.ok() ? Status(Code::NoMem) : impl.take_status());
    return nullptr;
  }
  answer_ok(target);
  backup->impl = impl.take();
  backup->target = target;
  backup->source = source;
  return backup;
}

int sqlite3_backup_step(sqlite3_backup* backup, int page_count) {
  if (backup == nullptr) return SQLITE_MISUSE;
  PairLock lock(backup->target, backup->source);
  return static_cast<int>(backup->impl->step(page_count));
}

int sqlite3_backup_finish(sqlite3_backup* backup) {
  if (backup == nullptr) return SQLITE_OK;
  sqlite3* target = backup->target;
  PairLock lock(target, backup->source);
  Code code = backup->impl->finish();
  if (usable(target)) {
    if (code == Code::Ok) {
      answer_ok(target);
    } else {
      target->connection->set_error(code);
    }
  }
  delete backup;
  return masked(target, static_cast<int>(code));
}

int sqlite3_backup_remaining(sqlite3_backup* backup) {
  return backup != nullptr ? backup->impl->remaining_page_count() : 0;
}
int sqlite3_backup_pagecount(sqlite3_backup* backup) {
  return backup != nullptr ? backup->impl->total_page_count() : 0;
}

unsigned char* sqlite3_serialize(sqlite3* db, const char* name, sqlite3_int64* size, unsigned int flags) {
  if (size != nullptr) *size = -1;
  if (!usable(db)) return nullptr;
  if ((flags & SQLITE_SERIALIZE_NOCOPY) != 0) return nullptr;  // there is no contiguous image to point to
  Lock lock(db);
  int number = name == nullptr ? 0 : db->connection->find_database(name);
  if (number < 0) return nullptr;
  if (db->connection->database(static_cast<uint32_t>(number)).pager == nullptr) return nullptr;
  struct Image {
    void* bytes = nullptr;
    size_t size_bytes = 0;
  } image;
  auto allocate = [](void* context, size_t size_bytes) {
    auto* into = static_cast<Image*>(context);
    into->size_bytes = size_bytes;
    into->bytes = sqlite3_malloc64(size_bytes > 0 ? size_bytes : 1);
    return static_cast<char*>(into->bytes);
  };
  Status status = engine::write_image(*db->connection, static_cast<uint32_t>(number), allocate, &image);
  if (!status.ok()) {
    sqlite3_free(image.bytes);
    answer(db, status);
    return nullptr;
  }
  if (size != nullptr) *size = static_cast<sqlite3_int64>(image.size_bytes);
  return static_cast<unsigned char*>(image.bytes);
}

int sqlite3_deserialize(sqlite3* db, const char* name, unsigned char* data, sqlite3_int64 size, sqlite3_int64,
                        unsigned flags) {
  auto done = [&](int code) {
    if ((flags & SQLITE_DESERIALIZE_FREEONCLOSE) != 0) sqlite3_free(data);
    return code;
  };
  if (!usable(db) || size < 0) return done(SQLITE_MISUSE);
  Lock lock(db);
  int number = name == nullptr ? 0 : db->connection->find_database(name);
  if (number < 0) return done(answer(db, status_format(Code::Error, "unknown database %s", name)));
  Status status = guarded([&] {
    std::string_view image(reinterpret_cast<char*>(data), static_cast<size_t>(size));
    return engine::replace_by_image(*db->connection, static_cast<uint32_t>(number), image);
  });
  return done(answer(db, status));
}

}  // extern "C"
