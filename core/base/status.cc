#include "base/status.h"

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstring>

namespace sqlrite {

Status::Status(Code code, std::string_view message, int64_t sql_offset) {
  void* block = ::operator new(sizeof(State) + message.size() + 1, std::nothrow);
  if (block == nullptr) {
    rep_ = Status(code).rep_;
    return;
  }
  auto* state = new (block) State{code, sql_offset, message.size()};
  char* bytes = reinterpret_cast<char*>(state + 1);
  if (!message.empty()) std::memcpy(bytes, message.data(), message.size());
  bytes[message.size()] = '\0';
  rep_ = reinterpret_cast<uintptr_t>(state);
}

Status::Status(const Status& other) {
  if (other.has_message()) {
    *this = Status(other.code(), other.message(), other.sql_offset());
  } else {
    rep_ = other.rep_;
  }
}

Status& Status::operator=(const Status& other) {
  if (this != &other) *this = Status(other);
  return *this;
}

std::string_view Status::message() const {
  if (!has_message()) return code_text(code());
  return {reinterpret_cast<const char*>(state() + 1), state()->message_size};
}

Status status_format(Code code, const char* format, ...) {
  char text[512];
  va_list args;
  va_start(args, format);
  va_list again;
  va_copy(again, args);
  int length = std::vsnprintf(text, sizeof text, format, args);
  va_end(args);
  size_t size = static_cast<size_t>(std::max(length, 0));
  Status status;
  if (size < sizeof text) {
    status = Status(code, {text, size});
  } else {
    auto* long_text = new (std::nothrow) char[size + 1];
    if (long_text != nullptr) std::vsnprintf(long_text, size + 1, format, again);
    status = long_text != nullptr ? Status(code, {long_text, size}) : Status(code);
    delete[] long_text;
  }
  va_end(again);
  return status;
}

const char* code_text(Code code) {
  if (code == Code::AbortRollback) return "abort due to ROLLBACK";
  switch (primary_code(code)) {
    case Code::Ok: return "not an error";
    case Code::Error: return "SQL logic error";
    case Code::Internal: return "internal error";
    case Code::Perm: return "access permission denied";
    case Code::Abort: return "query aborted";
    case Code::Busy: return "database is locked";
    case Code::Locked: return "database table is locked";
    case Code::NoMem: return "out of memory";
    case Code::ReadOnly: return "attempt to write a readonly database";
    case Code::Interrupt: return "interrupted";
    case Code::IoErr: return "disk I/O error";
    case Code::Corrupt: return "database disk image is malformed";
    case Code::NotFound: return "unknown operation";
    case Code::Full: return "database or disk is full";
    case Code::CantOpen: return "unable to open database file";
    case Code::Protocol: return "locking protocol";
    case Code::Schema: return "database schema has changed";
    case Code::TooBig: return "string or blob too big";
    case Code::Constraint: return "constraint failed";
    case Code::Mismatch: return "datatype mismatch";
    case Code::Misuse: return "bad parameter or other API misuse";
    case Code::NoLfs: return "large file support is disabled";
    case Code::Auth: return "authorization denied";
    case Code::Range: return "column index out of range";
    case Code::NotADb: return "file is not a database";
    case Code::Notice: return "notification message";
    case Code::Warning: return "warning message";
    case Code::Row: return "another row available";
    case Code::Done: return "no more rows available";
    default: return "unknown error";
  }
}

}  // namespace sqlrite
