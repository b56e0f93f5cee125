// One way into the engine: the sqlite3 ABI, the C++ interface or sqlrite.h. What a session does allocates nothing of
// its own, so that every allocation that fails is the engine's.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

namespace sqlrite::test {

struct Reply {
  int code = 0;       // primary result code; 0: success
  uint64_t rows = 0;  // digest of all rows
  char message[160] = "";
};

// Digest of a sequence of values.
class Digest {
 public:
  void add(std::string_view bytes) {
    for (char c : bytes) add_byte(static_cast<uint8_t>(c));
    add_byte(0xff);
  }
  void add_byte(uint8_t byte) { value_ = (value_ ^ byte) * 1099511628211u; }
  uint64_t value() const { return value_; }

 private:
  uint64_t value_ = 14695981039346656037u;
};

class Session {
 public:
  virtual ~Session() = default;
  virtual Reply open(const char* path) = 0;
  // All statements of a text. A text that begins with a point is one of the things that no SQL says:
  //   .functions   registers twice(X), joined(X), a collation "backwards"
  //   .backup      copies main to a database in memory
  //   .blob        reads and changes a value piece by piece: t1.b where rowid = 3
  //   .image       main as bytes, and opened again from them in a second connection
  //   .bind        statements with parameters of all kinds, run more than once
  //   .columns     columns as all types, names and origins
  virtual Reply run(std::string_view text) = 0;
  virtual bool is_autocommit() = 0;
  virtual void close() = 0;
};

std::unique_ptr<Session> make_abi_session();
std::unique_ptr<Session> make_cpp_session();
std::unique_ptr<Session> make_c_session();

inline Reply failure(int code, std::string_view message) {
  Reply reply;
  reply.code = code & 0xff;
  std::snprintf(reply.message, sizeof reply.message, "%.*s", static_cast<int>(message.size()), message.data());
  return reply;
}

inline constexpr int kNoMemory = 7;

}  // namespace sqlrite::test
