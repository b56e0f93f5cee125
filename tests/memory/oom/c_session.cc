// Through sqlrite.h of C.
#include "session.h"
#include "sqlrite.h"

namespace sqlrite::test {

namespace {

class CSession final : public Session {
 public:
  ~CSession() override { close(); }

  Reply open(const char* path) override { return answer(sqlrite_open(path, &connection_)); }
  bool is_autocommit() override { return sqlrite_is_autocommit(connection_) == 1; }
  void close() override {
    if (connection_ != nullptr) sqlrite_close(connection_);
    connection_ = nullptr;
  }

  Reply run(std::string_view text) override {
    if (text[0] == '.') return {};
    Digest digest;
    while (!text.empty()) {
      SqlriteStatement* statement = nullptr;
      size_t tail = 0;
      SqlriteStatus status =
          sqlrite_prepare(connection_, text.data(), static_cast<int64_t>(text.size()), &statement, &tail);
      if (status != SQLRITE_OK) return answer(status);
      text.remove_prefix(tail);
      if (statement == nullptr) continue;
      Reply reply = fetch_all(statement, digest);
      sqlrite_finalize(statement);
      if (reply.code != 0) return reply;
    }
    Reply reply;
    reply.rows = digest.value();
    return reply;
  }

 private:
  Reply answer(SqlriteStatus status) {
    if (status == SQLRITE_OK) return {};
    return failure(sqlrite_last_extended_code(), sqlrite_last_error());
  }

  Reply fetch_all(SqlriteStatement* statement, Digest& digest) {
    SqlriteRows rows;
    SqlriteStatus status;
    while ((status = sqlrite_fetch(statement, 100, &rows)) == SQLRITE_ROW) {
      for (int i = 0; i < rows.row_count * rows.column_count; ++i) {
        const SqlriteValue& value = rows.values[i];
        digest.add_byte(value.type);
        if (value.type == SQLRITE_TEXT || value.type == SQLRITE_BLOB) {
          digest.add({value.as.bytes, value.size});
        } else if (value.type != SQLRITE_NULL) {
          digest.add({reinterpret_cast<const char*>(&value.as.integer), 8});
        }
      }
      if (rows.done != 0) return {};
    }
    return status == SQLRITE_DONE ? Reply() : answer(status);
  }

  SqlriteConnection* connection_ = nullptr;
};

}  // namespace

std::unique_ptr<Session> make_c_session() { return std::make_unique<CSession>(); }

}  // namespace sqlrite::test
