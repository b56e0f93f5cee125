// Parameters of statements.
#include <cstring>

#include "handles.h"
#include "types/utf.h"

using namespace sqlrite;
using namespace sqlrite::compat;

namespace {

// What a failed bind still owes: the bytes were handed over.
int refuse(const void* bytes, void (*destroy)(void*), int code) {
  destroy_bytes(destroy, bytes);
  return code;
}

int bind_bytes(sqlite3_stmt* statement, int number, const void* bytes, uint64_t size, void (*destroy)(void*),
               bool text) {
  sqlite3* db = statement->db;
  Lock lock(db);
  if (statement->boxes != nullptr) release_boxes(statement->boxes, number);
  Status status;
  if (bytes == nullptr) {
    status = statement->impl->bind_null(static_cast<uint32_t>(number));
  } else if (size > 0x7fffffff) {
    status = Code::TooBig;
    db->connection->set_error(status);
  } else {
    std::string_view view(static_cast<const char*>(bytes), size);
    // Bytes with a destructor are copied and given back at once: no owner has to be remembered.
    engine::Bytes life = destroy == SQLITE_STATIC ? engine::Bytes::Static : engine::Bytes::Copy;
    status = text ? statement->impl->bind_text(static_cast<uint32_t>(number), view, life)
                  : statement->impl->bind_blob(static_cast<uint32_t>(number), view, life);
  }
  destroy_bytes(destroy, bytes);
  return masked(db, static_cast<int>(status.code()));
}

int bind_utf16(sqlite3_stmt* statement, int number, const void* text, int64_t size, void (*destroy)(void*),
               TextEncoding encoding) {
  if (!usable(statement)) return refuse(text, destroy, SQLITE_MISUSE);
  if (text == nullptr) return bind_bytes(statement, number, nullptr, 0, destroy, true);
  Arena heap(256);
  auto utf8 = utf16_to_utf8(bytes16_of(text, size), encoding, heap);
  int code = utf8.ok() ? bind_bytes(statement, number, utf8.value().data(), utf8.value().size(), SQLITE_TRANSIENT, true)
                       : answer(statement->db, Code::NoMem);
  destroy_bytes(destroy, text);
  return code;
}

template <typename Bind>
int bind_plain(sqlite3_stmt* statement, int number, Bind&& bind) {
  if (!usable(statement)) [[unlikely]]
    return SQLITE_MISUSE;
  sqlite3* db = statement->db;
  Lock lock(db);
  if (statement->boxes != nullptr) release_boxes(statement->boxes, number);
  Status status = bind(*statement->impl, static_cast<uint32_t>(number));
  return masked(db, static_cast<int>(status.code()));
}

}  // namespace

extern "C" {

int sqlite3_bind_blob(sqlite3_stmt* statement, int number, const void* bytes, int size, void (*destroy)(void*)) {
  if (!usable(statement) || size < 0) return refuse(bytes, destroy, SQLITE_MISUSE);
  return bind_bytes(statement, number, bytes, static_cast<uint64_t>(size), destroy, false);
}

int sqlite3_bind_blob64(sqlite3_stmt* statement, int number, const void* bytes, sqlite3_uint64 size,
                        void (*destroy)(void*)) {
  if (!usable(statement)) return refuse(bytes, destroy, SQLITE_MISUSE);
  return bind_bytes(statement, number, bytes, size, destroy, false);
}

int sqlite3_bind_double(sqlite3_stmt* statement, int number, double value) {
  return bind_plain(statement, number,
                    [value](engine::Statement& impl, uint32_t n) { return impl.bind_double(n, value); });
}

int sqlite3_bind_int(sqlite3_stmt* statement, int number, int value) {
  return sqlite3_bind_int64(statement, number, value);
}

int sqlite3_bind_int64(sqlite3_stmt* statement, int number, sqlite3_int64 value) {
  return bind_plain(statement, number,
                    [value](engine::Statement& impl, uint32_t n) { return impl.bind_int64(n, value); });
}

int sqlite3_bind_null(sqlite3_stmt* statement, int number) {
  return bind_plain(statement, number, [](engine::Statement& impl, uint32_t n) { return impl.bind_null(n); });
}

int sqlite3_bind_text(sqlite3_stmt* statement, int number, const char* text, int size, void (*destroy)(void*)) {
  if (!usable(statement)) return refuse(text, destroy, SQLITE_MISUSE);
  return bind_bytes(statement, number, text, bytes_of(text, size).size(), destroy, true);
}

int sqlite3_bind_text16(sqlite3_stmt* statement, int number, const void* text, int size, void (*destroy)(void*)) {
  return bind_utf16(statement, number, text, size, destroy, kNativeUtf16);
}

int sqlite3_bind_text64(sqlite3_stmt* statement, int number, const char* text, sqlite3_uint64 size,
                        void (*destroy)(void*), unsigned char encoding) {
  if (!usable(statement)) return refuse(text, destroy, SQLITE_MISUSE);
  if (encoding == SQLITE_UTF8 || encoding == SQLITE_UTF8_ZT)
    return bind_bytes(statement, number, text, size, destroy, true);
  TextEncoding from = encoding == SQLITE_UTF16LE   ? TextEncoding::Utf16Le
                      : encoding == SQLITE_UTF16BE ? TextEncoding::Utf16Be
                                                   : kNativeUtf16;
  if (size > 0x7fffffff) return refuse(text, destroy, SQLITE_TOOBIG);
  return bind_utf16(statement, number, text, static_cast<int64_t>(size), destroy, from);
}

int sqlite3_bind_value(sqlite3_stmt* statement, int number, const sqlite3_value* value) {
  return bind_plain(statement, number, [value](engine::Statement& impl, uint32_t n) {
    if (value == nullptr) return impl.bind_null(n);
    return impl.bind_value(n, (value->value.flags & value_flags::kPointer) != 0 ? Value::null() : value->value,
                           engine::Bytes::Copy);
  });
}

int sqlite3_bind_pointer(sqlite3_stmt* statement, int number, void* pointer, const char* type, void (*destroy)(void*)) {
  if (!usable(statement)) {
    if (destroy != nullptr) destroy(pointer);
    return SQLITE_MISUSE;
  }
  auto* box = new (std::nothrow) PointerBox{pointer, type != nullptr ? type : "", destroy, number, nullptr};
  if (box == nullptr) {
    if (destroy != nullptr) destroy(pointer);
    Lock lock(statement->db);
    return answer(statement->db, Code::NoMem);
  }
  int code = bind_plain(statement, number, [box](engine::Statement& impl, uint32_t n) {
    Value value;
    value.bytes = reinterpret_cast<const char*>(box);
    value.flags = value_flags::kPointer;
    return impl.bind_value(n, value, engine::Bytes::Static);
  });
  Lock lock(statement->db);
  if (code == SQLITE_OK) {
    box->next = statement->boxes;
    statement->boxes = box;
  } else {
    release_boxes(box, 0);
  }
  return code;
}

int sqlite3_bind_zeroblob(sqlite3_stmt* statement, int number, int size) {
  return sqlite3_bind_zeroblob64(statement, number, size < 0 ? 0 : static_cast<sqlite3_uint64>(size));
}

int sqlite3_bind_zeroblob64(sqlite3_stmt* statement, int number, sqlite3_uint64 size) {
  return bind_plain(statement, number,
                    [size](engine::Statement& impl, uint32_t n) { return impl.bind_zeroblob(n, size); });
}

int sqlite3_bind_parameter_count(sqlite3_stmt* statement) {
  return usable(statement) ? static_cast<int>(statement->impl->parameter_count()) : 0;
}

const char* sqlite3_bind_parameter_name(sqlite3_stmt* statement, int number) {
  return usable(statement) && number > 0 ? statement->impl->parameter_name(static_cast<uint32_t>(number)) : nullptr;
}

int sqlite3_bind_parameter_index(sqlite3_stmt* statement, const char* name) {
  return usable(statement) && name != nullptr ? static_cast<int>(statement->impl->parameter_index(name)) : 0;
}

int sqlite3_clear_bindings(sqlite3_stmt* statement) {
  if (!usable(statement)) return SQLITE_MISUSE;
  Lock lock(statement->db);
  statement->impl->clear_bindings();
  release_boxes(statement->boxes, 0);
  return SQLITE_OK;
}

}  // extern "C"
