// Incremental blobs over the engine's.
#include "engine/blob.h"

#include "handles.h"

using namespace sqlrite;
using namespace sqlrite::compat;

struct sqlite3_blob {
  sqlite3* db = nullptr;
  std::unique_ptr<engine::Blob> impl;
};

namespace {

int answer_either(sqlite3* db, const Status& status) { return status.ok() ? answer_ok(db) : answer(db, status); }

}  // namespace

extern "C" {

int sqlite3_blob_open(sqlite3* db, const char* database, const char* table, const char* column, sqlite3_int64 rowid,
                      int write, sqlite3_blob** out) {
  if (out == nullptr) return SQLITE_MISUSE;
  *out = nullptr;
  if (!usable(db) || table == nullptr || column == nullptr) return SQLITE_MISUSE;
  Lock lock(db);
  return attempt(db, [&] {
    auto opened =
        engine::Blob::open(*db->connection, database != nullptr ? database : "main", table, column, rowid, write != 0);
    if (!opened.ok()) return answer(db, opened.status());
    *out = new sqlite3_blob{db, opened.take()};
    return answer_ok(db);
  });
}

int sqlite3_blob_reopen(sqlite3_blob* blob, sqlite3_int64 rowid) {
  if (blob == nullptr) return SQLITE_MISUSE;
  Lock lock(blob->db);
  return answer_either(blob->db, guarded([&] { return blob->impl->reopen(rowid); }));
}

int sqlite3_blob_close(sqlite3_blob* blob) {
  if (blob == nullptr) return SQLITE_OK;
  sqlite3* db = blob->db;
  Lock lock(db);
  const int mask = db->error_mask;  // closing may end a connection that was closed before
  const int code = static_cast<int>(blob->impl->close().code()) & mask;
  delete blob;
  return code;
}

int sqlite3_blob_bytes(sqlite3_blob* blob) { return blob != nullptr ? static_cast<int>(blob->impl->size_bytes()) : 0; }

int sqlite3_blob_read(sqlite3_blob* blob, void* out, int size, int offset) {
  if (blob == nullptr) return SQLITE_MISUSE;
  Lock lock(blob->db);
  return answer_either(blob->db, guarded([&] { return blob->impl->read(offset, out, size); }));
}

int sqlite3_blob_write(sqlite3_blob* blob, const void* bytes, int size, int offset) {
  if (blob == nullptr) return SQLITE_MISUSE;
  Lock lock(blob->db);
  return answer_either(blob->db, guarded([&] { return blob->impl->write(offset, bytes, size); }));
}

}  // extern "C"
