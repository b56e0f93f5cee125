#include "base/status.h"

#include <cstdarg>
#include <cstdio>

namespace sqlrite {

Status::Status(Code code, std::string_view message, int64_t sql_offset) {
  State* state = new (std::nothrow) State{code, sql_offset, std::string(message)};
  rep_ = state != nullptr ? reinterpret_cast<uintptr_t>(state) : Status(code).rep_;
}

Status::Status(const Status& other) : rep_(other.rep_) {
  if (other.has_message()) {
    const State* from = other.state();
    State* copy = new (std::nothrow) State(*from);
    rep_ = copy != nullptr ? reinterpret_cast<uintptr_t>(copy) : (static_cast<uintptr_t>(static_cast<uint32_t>(from->code)) << 1) | 1;
  }
}

Status& Status::operator=(const Status& other) {
  if (this != &other) *this = Status(other);
  return *this;
}

std::string_view Status::message() const { return has_message() ? std::string_view(state()->message) : code_text(code()); }

Status status_format(Code code, const char* format, ...) {
  va_list args;
  va_start(args, format);
  va_list measure;
  va_copy(measure, args);
  int length = std::vsnprintf(nullptr, 0, format, measure);
  va_end(measure);
  std::string text(length > 0 ? static_cast<size_t>(length) : 0, '\0');
  std::vsnprintf(text.data(), text.size() + 1, format, args);
  va_end(args);
  return Status(code, text);
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
