// Through sqlite3.h, linked statically.
#include <cstring>

#include "session.h"
#include "sqlite3.h"

namespace sqlrite::test {

namespace {

// Callbacks are C functions: nothing may be thrown through them.
void twice(sqlite3_context* context, int, sqlite3_value** arguments) noexcept {
  const auto* text = reinterpret_cast<const char*>(sqlite3_value_text(arguments[0]));
  if (text == nullptr && sqlite3_value_type(arguments[0]) != SQLITE_NULL) return sqlite3_result_error_nomem(context);
  if (sqlite3_value_text16(arguments[0]) == nullptr && text != nullptr) return sqlite3_result_error_nomem(context);
  sqlite3_str* joined = sqlite3_str_new(sqlite3_context_db_handle(context));
  sqlite3_str_appendf(joined, "%s%s", text, text);
  sqlite3_result_str(context, joined, 0);
}

struct Joined {
  char* text;
};

void joined_step(sqlite3_context* context, int, sqlite3_value** arguments) noexcept {
  auto* joined = static_cast<Joined*>(sqlite3_aggregate_context(context, sizeof(Joined)));
  if (joined == nullptr) return sqlite3_result_error_nomem(context);
  sqlite3_value* copy = sqlite3_value_dup(arguments[0]);
  if (copy == nullptr) return sqlite3_result_error_nomem(context);
  const auto* text = reinterpret_cast<const char*>(sqlite3_value_text(copy));
  char* longer = sqlite3_mprintf("%s,%s", joined->text != nullptr ? joined->text : "", text);
  sqlite3_value_free(copy);
  if (longer == nullptr) return sqlite3_result_error_nomem(context);
  sqlite3_free(joined->text);
  joined->text = longer;
}

void joined_final(sqlite3_context* context) noexcept {
  auto* joined = static_cast<Joined*>(sqlite3_aggregate_context(context, 0));
  if (joined == nullptr) return;
  sqlite3_result_text(context, joined->text, -1, SQLITE_TRANSIENT);
  sqlite3_free(joined->text);
  joined->text = nullptr;
}

int backwards(void*, int a_size, const void* a, int b_size, const void* b) noexcept {
  int order = std::memcmp(b, a, static_cast<size_t>(a_size < b_size ? a_size : b_size));
  return order != 0 ? order : b_size - a_size;
}

class AbiSession final : public Session {
 public:
  ~AbiSession() override { close(); }

  Reply open(const char* path) override {
    int code = sqlite3_open_v2(path, &db_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
    if (code == SQLITE_OK) return {};
    Reply reply = failure(code, sqlite3_errmsg(db_));
    close();
    return reply;
  }
  bool is_autocommit() override { return sqlite3_get_autocommit(db_) != 0; }
  void close() override {
    if (db_ != nullptr && sqlite3_close(db_) != SQLITE_OK)
      std::fprintf(stderr, "sqlite3_close: %s\n", sqlite3_errmsg(db_));
    db_ = nullptr;
  }

  Reply run(std::string_view text) override {
    if (text == ".functions") return add_functions();
    if (text == ".backup") return copy_to_memory();
    if (text == ".blob") return change_blob();
    if (text == ".image") return reopen_image();
    if (text == ".bind") return bind_all();
    if (text == ".columns") return read_columns();
    Digest digest;
    const char* at = text.data();
    const char* end = at + text.size();
    while (at < end) {
      sqlite3_stmt* statement = nullptr;
      int code = sqlite3_prepare_v2(db_, at, static_cast<int>(end - at), &statement, &at);
      if (code != SQLITE_OK) return failed(code);
      if (statement == nullptr) continue;
      Reply reply = step_all(statement, digest);
      code = sqlite3_finalize(statement);
      if (reply.code != 0) return reply;
      if (code != SQLITE_OK) return failed(code);
    }
    Reply reply;
    reply.rows = digest.value();
    return reply;
  }

 private:
  Reply failed(int code) {
    Reply reply = failure(code, sqlite3_errmsg(db_));
    return reply;
  }

  Reply step_all(sqlite3_stmt* statement, Digest& digest) {
    int code;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
      for (int i = 0; i < sqlite3_column_count(statement); ++i) {
        int type = sqlite3_column_type(statement, i);
        digest.add_byte(static_cast<uint8_t>(type));
        if (type == SQLITE_NULL) continue;
        const void* bytes = type == SQLITE_BLOB ? sqlite3_column_blob(statement, i) : sqlite3_column_text(statement, i);
        if (bytes == nullptr && sqlite3_errcode(db_) == SQLITE_NOMEM) return failure(SQLITE_NOMEM, "column");
        digest.add({static_cast<const char*>(bytes), static_cast<size_t>(sqlite3_column_bytes(statement, i))});
      }
    }
    return code == SQLITE_DONE ? Reply() : failed(code);
  }

  Reply add_functions() {
    int code = sqlite3_create_function_v2(db_, "twice", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, nullptr, &twice, nullptr,
                                          nullptr, nullptr);
    if (code == SQLITE_OK) {
      code = sqlite3_create_function_v2(db_, "joined", 1, SQLITE_UTF8, nullptr, nullptr, &joined_step, &joined_final,
                                        nullptr);
    }
    if (code == SQLITE_OK)
      code = sqlite3_create_collation_v2(db_, "backwards", SQLITE_UTF8, nullptr, &backwards, nullptr);
    return code == SQLITE_OK ? Reply() : failed(code);
  }

  Reply copy_to_memory() {
    sqlite3* copy = nullptr;
    Reply reply;
    int code = sqlite3_open(":memory:", &copy);
    if (code != SQLITE_OK) {
      reply = failure(code, "open");
    } else if (sqlite3_backup* backup = sqlite3_backup_init(copy, "main", db_, "main"); backup == nullptr) {
      reply = failure(sqlite3_errcode(copy), sqlite3_errmsg(copy));
    } else {
      while ((code = sqlite3_backup_step(backup, 2)) == SQLITE_OK) {
      }
      int finished = sqlite3_backup_finish(backup);
      if (code != SQLITE_DONE) reply = failure(finished, "backup");
    }
    sqlite3_close(copy);
    return reply;
  }

  Reply change_blob() {
    sqlite3_blob* blob = nullptr;
    int code = sqlite3_blob_open(db_, "main", "t1", "b", 3, 1, &blob);
    if (code != SQLITE_OK) return failed(code);
    char bytes[8];
    code = sqlite3_blob_read(blob, bytes, 4, 2);
    if (code == SQLITE_OK) code = sqlite3_blob_write(blob, "<>", 2, 3);
    if (code == SQLITE_OK) code = sqlite3_blob_reopen(blob, 4);
    Reply reply = code == SQLITE_OK ? Reply() : failed(code);
    int closed = sqlite3_blob_close(blob);  // commits
    return code == SQLITE_OK && closed != SQLITE_OK ? failed(closed) : reply;
  }

  Reply reopen_image() {
    sqlite3_int64 size = 0;
    unsigned char* image = sqlite3_serialize(db_, "main", &size, 0);
    if (image == nullptr) return failed(sqlite3_errcode(db_));
    sqlite3* copy = nullptr;
    Reply reply;
    int code = sqlite3_open(":memory:", &copy);
    if (code == SQLITE_OK) {
      code = sqlite3_deserialize(copy, "main", image, size, size,
                                 SQLITE_DESERIALIZE_FREEONCLOSE | SQLITE_DESERIALIZE_RESIZEABLE);
    } else {
      sqlite3_free(image);
    }
    char** table = nullptr;
    if (code == SQLITE_OK)
      code = sqlite3_get_table(copy, "SELECT name, sql FROM sqlite_schema", &table, nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) reply = failure(code, sqlite3_errmsg(copy));
    sqlite3_free_table(table);
    sqlite3_close(copy);
    return reply;
  }

  Reply bind_all() {
    sqlite3_stmt* statement = nullptr;
    int code = sqlite3_prepare_v2(db_, "SELECT a, ?1, :text, $third || ?4 FROM t1 LIMIT 2", -1, &statement, nullptr);
    if (code != SQLITE_OK) return failed(code);
    static constexpr char16_t kWide[] = u"wide text \u00e4\u00f6\u00fc";
    static constexpr char kLong[] = "a text that is longer than what a string object keeps in itself, and some more";
    for (int i = 0; i < 3 && code == SQLITE_OK; ++i) {
      code = sqlite3_bind_int64(statement, 1, 900 + i);
      if (code == SQLITE_OK) {
        code = i == 1 ? sqlite3_bind_zeroblob(statement, sqlite3_bind_parameter_index(statement, ":text"), 300)
                      : sqlite3_bind_text(statement, 2, kLong, -1, SQLITE_TRANSIENT);
      }
      if (code == SQLITE_OK) code = sqlite3_bind_text16(statement, 3, kWide, -1, SQLITE_TRANSIENT);
      if (code == SQLITE_OK) code = sqlite3_bind_pointer(statement, 4, &code, "kind", nullptr);
      if (code == SQLITE_OK) code = sqlite3_bind_double(statement, 4, 0.5 * i);
      if (code == SQLITE_OK) {
        sqlite3_step(statement);
        code = sqlite3_reset(statement);
      }
    }
    char* expanded = code == SQLITE_OK ? sqlite3_expanded_sql(statement) : nullptr;
    Reply reply = code != SQLITE_OK ? failed(code) : expanded == nullptr ? failure(SQLITE_NOMEM, "expanded") : Reply();
    sqlite3_free(expanded);
    sqlite3_finalize(statement);
    return reply;
  }

  Reply read_columns() {
    sqlite3_stmt* statement = nullptr;
    int code = sqlite3_prepare_v2(db_, "SELECT a, b, c, a * 1.5, zeroblob(40) FROM t1 ORDER BY c LIMIT 3", -1,
                                  &statement, nullptr);
    if (code != SQLITE_OK) return failed(code);
    bool complete = true;
    auto need = [&complete](const void* got) { complete = complete && got != nullptr; };
    while (complete && (code = sqlite3_step(statement)) == SQLITE_ROW) {
      for (int i = 0; i < 5; ++i) {
        need(sqlite3_column_name(statement, i));
        need(sqlite3_column_name16(statement, i));
        need(sqlite3_column_text(statement, i));
        need(sqlite3_column_text16(statement, i));
        need(sqlite3_column_blob(statement, i));
        sqlite3_value* value = sqlite3_column_value(statement, i);
        need(value);
        if (value == nullptr) continue;
        sqlite3_value* copy = sqlite3_value_dup(value);
        need(copy);
        need(copy != nullptr ? sqlite3_value_text16(copy) : nullptr);
        sqlite3_value_free(copy);
      }
    }
    Reply reply = !complete ? failure(SQLITE_NOMEM, "columns") : code == SQLITE_DONE ? Reply() : failed(code);
    sqlite3_finalize(statement);
    if (reply.code != 0) return reply;
    const char* type = nullptr;
    code = sqlite3_table_column_metadata(db_, nullptr, "t1", "b", &type, nullptr, nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) return failed(code);
    need(sqlite3_errmsg16(db_));
    need(sqlite3_db_filename(db_, "main"));
    return complete ? Reply() : failure(SQLITE_NOMEM, "texts of the connection");
  }

  sqlite3* db_ = nullptr;
};

}  // namespace

std::unique_ptr<Session> make_abi_session() { return std::make_unique<AbiSession>(); }

}  // namespace sqlrite::test
