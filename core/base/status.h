// Status and Result: how every fallible call in the engine reports failure.
// Codes are SQLite's primary and extended result codes, so a caller of either C ABI can act on them.
#pragma once

#include <cstdint>
#include <new>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace sqlrite {

// Primary codes are the low byte; extended codes put a detail number in the next byte.
enum class Code : int32_t {
  Ok = 0,
  Error = 1,
  Internal = 2,
  Perm = 3,
  Abort = 4,
  Busy = 5,
  Locked = 6,
  NoMem = 7,
  ReadOnly = 8,
  Interrupt = 9,
  IoErr = 10,
  Corrupt = 11,
  NotFound = 12,
  Full = 13,
  CantOpen = 14,
  Protocol = 15,
  Empty = 16,
  Schema = 17,
  TooBig = 18,
  Constraint = 19,
  Mismatch = 20,
  Misuse = 21,
  NoLfs = 22,
  Auth = 23,
  Format = 24,
  Range = 25,
  NotADb = 26,
  Notice = 27,
  Warning = 28,
  Row = 100,
  Done = 101,

  BusyRecovery = 5 | (1 << 8),
  BusySnapshot = 5 | (2 << 8),
  BusyTimeout = 5 | (3 << 8),
  AbortRollback = 4 | (2 << 8),
  ReadOnlyRecovery = 8 | (1 << 8),
  ReadOnlyCantLock = 8 | (2 << 8),
  ReadOnlyRollback = 8 | (3 << 8),
  ReadOnlyDbMoved = 8 | (4 << 8),
  ReadOnlyDirectory = 8 | (6 << 8),
  IoErrRead = 10 | (1 << 8),
  IoErrShortRead = 10 | (2 << 8),
  IoErrWrite = 10 | (3 << 8),
  IoErrFsync = 10 | (4 << 8),
  IoErrDirFsync = 10 | (5 << 8),
  IoErrTruncate = 10 | (6 << 8),
  IoErrFstat = 10 | (7 << 8),
  IoErrUnlock = 10 | (8 << 8),
  IoErrRdLock = 10 | (9 << 8),
  IoErrDelete = 10 | (10 << 8),
  IoErrLock = 10 | (15 << 8),
  CantOpenIsDir = 14 | (2 << 8),
  CantOpenFullPath = 14 | (3 << 8),
  CorruptIndex = 11 | (3 << 8),
  ConstraintCheck = 19 | (1 << 8),
  ConstraintCommitHook = 19 | (2 << 8),
  ConstraintForeignKey = 19 | (3 << 8),
  ConstraintFunction = 19 | (4 << 8),
  ConstraintNotNull = 19 | (5 << 8),
  ConstraintPrimaryKey = 19 | (6 << 8),
  ConstraintTrigger = 19 | (7 << 8),
  ConstraintUnique = 19 | (8 << 8),
  ConstraintRowId = 19 | (10 << 8),
  ConstraintDataType = 19 | (12 << 8),
  ErrorMissingCollSeq = 1 | (1 << 8),
  ErrorRetry = 1 | (2 << 8),
};

constexpr Code primary_code(Code code) { return static_cast<Code>(static_cast<int32_t>(code) & 0xff); }

// SQLite's English text for a code ("database is locked", "not an error", ...).
const char* code_text(Code code);

// Eight bytes. OK is zero and costs nothing; a code without a message is held inline, so reporting
// "out of memory", "busy" or "interrupted" never allocates; anything else points to a heap state.
class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(Code code) : rep_(code == Code::Ok ? 0 : (static_cast<uintptr_t>(static_cast<uint32_t>(code)) << 1) | 1) {}
  // With a message. Falls back to the inline form when memory is gone.
  Status(Code code, std::string_view message, int64_t sql_offset = -1);
  Status(Status&& other) noexcept : rep_(std::exchange(other.rep_, 0)) {}
  Status& operator=(Status&& other) noexcept {
    if (this != &other) {
      release();
      rep_ = std::exchange(other.rep_, 0);
    }
    return *this;
  }
  Status(const Status& other);
  Status& operator=(const Status& other);
  ~Status() { release(); }

  bool ok() const { return rep_ == 0; }
  explicit operator bool() const = delete;
  Code code() const {
    if (rep_ == 0) return Code::Ok;
    if (rep_ & 1) return static_cast<Code>(rep_ >> 1);
    return state()->code;
  }
  Code primary() const { return primary_code(code()); }
  // The message, or SQLite's text for the code when none was given.
  std::string_view message() const;
  bool has_message() const { return rep_ != 0 && !(rep_ & 1); }
  // Byte offset into the SQL text the message is about, or -1.
  int64_t sql_offset() const { return has_message() ? state()->sql_offset : -1; }
  // States that a failure is dropped on purpose (for example while unwinding from an earlier one).
  void ignore() const {}

 private:
  // The message's bytes follow, a NUL behind them.
  struct State {
    Code code;
    int64_t sql_offset;
    size_t message_size;
  };
  const State* state() const { return reinterpret_cast<const State*>(rep_); }
  void release() {
    if (has_message()) ::operator delete(reinterpret_cast<void*>(rep_));
  }
  uintptr_t rep_ = 0;
};
static_assert(sizeof(Status) == sizeof(void*));

// printf-style message builder for error paths (not for hot code).
[[gnu::format(printf, 2, 3)]] Status status_format(Code code, const char* format, ...);

// A value or a Status that is not OK.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(Status status) : status_(std::move(status)) {}
  Result(Code code) : status_(code) {}
  Result(T value) { new (&value_) T(std::move(value)); }
  Result(Result&& other) noexcept : status_(std::move(other.status_)) {
    if (status_.ok()) {
      new (&value_) T(std::move(other.value_));
    } else {
      other.status_ = Status(Code::Internal);  // still "no value" for its destructor
    }
  }
  Result& operator=(Result&& other) noexcept {
    if (this != &other) {
      this->~Result();
      new (this) Result(std::move(other));
    }
    return *this;
  }
  ~Result() {
    if (status_.ok()) value_.~T();
  }
  bool ok() const { return status_.ok(); }
  const Status& status() const { return status_; }
  // A failure leaves a failed Result behind: there is no value for the destructor to destroy.
  Status take_status() { return status_.ok() ? Status() : std::exchange(status_, Status(Code::Internal)); }
  T& value() { return value_; }
  const T& value() const { return value_; }
  T take() { return std::move(value_); }

 private:
  Status status_;
  union {
    T value_;
  };
};

}  // namespace sqlrite

#define SQLRITE_CONCAT_IMPL(a, b) a##b
#define SQLRITE_CONCAT(a, b) SQLRITE_CONCAT_IMPL(a, b)

// Returns from the enclosing function when `expr` (a Status) is not OK.
#define SQLRITE_TRY(expr)                                    \
  do {                                                       \
    ::sqlrite::Status sqlrite_try_status = (expr);           \
    if (!sqlrite_try_status.ok()) return sqlrite_try_status; \
  } while (false)

// SQLRITE_TRY_ASSIGN(auto page, pager.fetch(id)): assigns the value or returns the Status.
#define SQLRITE_TRY_ASSIGN(target, expr) \
  SQLRITE_TRY_ASSIGN_IMPL(SQLRITE_CONCAT(sqlrite_result_, __LINE__), target, expr)
#define SQLRITE_TRY_ASSIGN_IMPL(tmp, target, expr) \
  auto tmp = (expr);                               \
  if (!tmp.ok()) return tmp.take_status();         \
  target = tmp.take()
