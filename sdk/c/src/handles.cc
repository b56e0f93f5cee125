#include "handles.h"

#include <cstdlib>
#include <cstring>

namespace sqlrite::capi {

namespace {

thread_local std::string thread_message;
thread_local int thread_code = 0;  // 0: the latest call succeeded

// Never fails: without memory the message is one that needs none.
void set_text(std::string& target, std::string_view text) {
  Status kept = sqlrite::guarded([&] {
    target.assign(text);
    return Status();
  });
  if (!kept.ok()) target = "out of memory";  // fits into the string object itself
}

// Dead handles wait here; the number that has to be waiting before one is used again keeps stale pointers recognisable.
template <typename Handle>
class HandlePool {
 public:
  Handle* take() {
    std::lock_guard<std::mutex> lock(mutex_);
    if (free_count_ <= kWaitingMin) return new (std::nothrow) Handle;
    Handle* handle = oldest_;
    oldest_ = handle->next_free;
    handle->next_free = nullptr;
    --free_count_;
    return handle;
  }
  void give_back(Handle* handle) {
    std::lock_guard<std::mutex> lock(mutex_);
    if (free_count_ == 0) {
      oldest_ = handle;
    } else {
      newest_->next_free = handle;
    }
    newest_ = handle;
    ++free_count_;
  }

 private:
  static constexpr size_t kWaitingMin = 64;
  std::mutex mutex_;
  Handle* oldest_ = nullptr;
  Handle* newest_ = nullptr;
  size_t free_count_ = 0;
};

// Never destroyed: handles may be closed by the host's last destructors.
template <typename Handle>
HandlePool<Handle>& pool() {
  static HandlePool<Handle>* const pool = new HandlePool<Handle>;
  return *pool;
}

}  // namespace

bool Buffer::reserve(size_t capacity_wanted) {
  if (capacity_wanted <= capacity) return true;
  size_t grown = capacity_wanted < capacity * 2 ? capacity * 2 : capacity_wanted;
  char* moved = static_cast<char*>(std::realloc(data, grown));
  if (moved == nullptr) return false;
  data = moved;
  capacity = grown;
  return true;
}

void Buffer::release() {
  std::free(data);
  data = nullptr;
  size = capacity = 0;
}

SqlriteConnection* take_connection() { return pool<SqlriteConnection>().take(); }
SqlriteStatement* take_statement() { return pool<SqlriteStatement>().take(); }

void give_back(SqlriteConnection* connection) {
  connection->session.reset();
  pool<SqlriteConnection>().give_back(connection);
}

void give_back(SqlriteStatement* statement) {
  statement->statement.finalize();
  statement->has_row = statement->failed = statement->fetching = false;
  std::vector<SqlriteColumn>().swap(statement->columns);
  statement->batch = nullptr;
  statement->pending = Status();
  statement->values.release();
  statement->heap.release();
  statement->session.reset();
  pool<SqlriteStatement>().give_back(statement);
}

SqlriteStatus fail(Session* session, SqlriteStatus status, Code code, std::string_view message, int64_t offset) {
  set_text(thread_message, message);
  thread_code = static_cast<int>(code);
  if (session != nullptr) {
    Guard guard(session->mutex);
    set_text(session->message, message);
    session->extended_code = static_cast<int>(code);
    session->error_offset = offset;
  }
  return status;
}

SqlriteStatus fail(Session* session, const Status& status) {
  SqlriteStatus kind = SQLRITE_ERROR;
  if (status.code() == Code::BusySnapshot) {
    kind = SQLRITE_BUSY_SNAPSHOT;
  } else if (status.primary() == Code::Busy) {
    kind = SQLRITE_BUSY;
  } else if (status.primary() == Code::Range || status.primary() == Code::Misuse) {
    kind = SQLRITE_INVALID_ARGUMENT;
  }
  return fail(session, kind, status.code(), status.message(), status.sql_offset());
}

SqlriteStatus succeed(Session* session, SqlriteStatus status) {
  thread_code = 0;
  if (session != nullptr) {
    session->extended_code = 0;
    session->error_offset = -1;
  }
  return status;
}

SqlriteStatus answer(Session* session, const Status& status) {
  return status.ok() ? succeed(session) : fail(session, status);
}

SqlriteStatus check(const SqlriteConnection* connection) {
  if (is_live(connection)) [[likely]]
    return SQLRITE_OK;
  return refuse(nullptr, connection == nullptr ? "connection handle is null" : "connection is closed");
}

SqlriteStatus check(const SqlriteStatement* statement) {
  if (is_live(statement)) [[likely]]
    return SQLRITE_OK;
  return refuse(nullptr, statement == nullptr ? "statement handle is null" : "statement is finalized");
}

bool is_utf8(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    unsigned char lead = static_cast<unsigned char>(text[i]);
    size_t size = lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
    if (size == 0 || text.size() - i < size) return false;
    for (size_t k = 1; k < size; ++k) {
      if ((static_cast<unsigned char>(text[i + k]) & 0xc0) != 0x80) return false;
    }
    // Longer forms than needed, surrogates, and what lies above U+10FFFF.
    unsigned char second = size > 1 ? static_cast<unsigned char>(text[i + 1]) : 0;
    if ((lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f)) return false;
    if ((lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second > 0x8f)) return false;
    i += size;
  }
  return true;
}

char* copy_text(std::string_view text) {
  char* copy = static_cast<char*>(std::malloc(text.size() + 1));
  if (copy == nullptr) return nullptr;
  if (!text.empty()) std::memcpy(copy, text.data(), text.size());
  copy[text.size()] = '\0';
  return copy;
}

SqlriteStatus give_text(Session* session, std::string_view text, char** out) {
  *out = copy_text(text);
  return *out != nullptr ? succeed(session) : fail(session, Status(Code::NoMem));
}

Status end_run(SqlriteStatement& statement) {
  bool told = statement.failed;
  statement.has_row = statement.failed = statement.fetching = false;
  statement.batch = nullptr;
  statement.pending = Status();
  Status status = statement.statement.reset();
  return told ? Status() : status;
}

}  // namespace sqlrite::capi

using namespace sqlrite::capi;

extern "C" {

const char* sqlrite_last_error(void) { return thread_code != 0 ? thread_message.c_str() : nullptr; }
int sqlrite_last_extended_code(void) { return thread_code; }
const char* sqlrite_version(void) { return sqlrite::version(); }

int sqlrite_version_number(void) {
  static const int number = [] {
    int parts[3] = {};
    const char* at = sqlrite::version();
    for (int& part : parts) {
      part = static_cast<int>(std::strtol(at, const_cast<char**>(&at), 10));
      if (*at == '.') ++at;
    }
    return parts[0] * 1'000'000 + parts[1] * 1000 + parts[2];
  }();
  return number;
}

int sqlrite_status_is_retryable(SqlriteStatus status) {
  return status == SQLRITE_BUSY || status == SQLRITE_BUSY_SNAPSHOT;
}

const char* sqlrite_status_name(SqlriteStatus status) {
  switch (status) {
    case SQLRITE_OK: return "OK";
    case SQLRITE_ERROR: return "ERROR";
    case SQLRITE_INVALID_ARGUMENT: return "INVALID_ARGUMENT";
    case SQLRITE_BUSY: return "BUSY";
    case SQLRITE_BUSY_SNAPSHOT: return "BUSY_SNAPSHOT";
    case SQLRITE_DONE: return "DONE";
    case SQLRITE_ROW: return "ROW";
  }
  return "unknown status";
}

const char* sqlrite_code_text(int code) { return sqlrite::code_text(static_cast<sqlrite::Code>(code)); }
void sqlrite_free_string(char* text) { std::free(text); }

}  // extern "C"
