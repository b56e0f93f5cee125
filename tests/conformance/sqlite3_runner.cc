// The scenarios through the sqlite3 C interface of any library: of our own, and of stock SQLite, which thereby proves
// that what the scenarios expect is SQLite's behaviour.
//   conformance_sqlite3 --library LIBSQLITE3.SO [--show] [--only TEXT] SCENARIO-FOLDER
#include <cstring>

#include "driver.h"
#include "harness/sqlite_api.h"
#include "runner.h"

namespace sqlrite::conformance {

namespace {

constexpr int kOpenReadOnly = 1;
constexpr int kMisuse = 21;
constexpr int kRange = 25;
void (*const kCopied)(void*) = reinterpret_cast<void (*)(void*)>(-1);

// The functions that only this runner calls, beside those of the harness.
struct Api : harness::SqliteApi {
  int (*extended_errcode)(void*) = nullptr;
  int (*total_changes)(void*) = nullptr;
  int64_t (*last_insert_rowid)(void*) = nullptr;
  int (*get_autocommit)(void*) = nullptr;
  int (*bind_parameter_index)(void*, const char*) = nullptr;
  int (*bind_parameter_count)(void*) = nullptr;
  int (*clear_bindings)(void*) = nullptr;
  const char* (*column_name)(void*, int) = nullptr;
  const char* (*errstr)(int) = nullptr;

  bool load_all(const std::string& library) {
    if (!load(library)) return false;
    void* handle = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);
    bool complete = true;
    auto get = [&](auto& function, const char* name) {
      function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(dlsym(handle, name));
      if (function == nullptr) std::fprintf(stderr, "%s: %s is missing\n", library.c_str(), name);
      complete = complete && function != nullptr;
    };
    get(extended_errcode, "sqlite3_extended_errcode");
    get(total_changes, "sqlite3_total_changes");
    get(last_insert_rowid, "sqlite3_last_insert_rowid");
    get(get_autocommit, "sqlite3_get_autocommit");
    get(bind_parameter_index, "sqlite3_bind_parameter_index");
    get(bind_parameter_count, "sqlite3_bind_parameter_count");
    get(clear_bindings, "sqlite3_clear_bindings");
    get(column_name, "sqlite3_column_name");
    get(errstr, "sqlite3_errstr");
    return complete;
  }
};

Failure failure_of(const Api& api, int code, void* db) {
  if (code == kMisuse || db == nullptr) return {code, api.errstr(code), "closed"};
  return {api.extended_errcode(db), api.errmsg(db), code == kRange ? "parameter" : ""};
}

class AbiQuery : public Query {
 public:
  AbiQuery(const Api& api, void** db, void* statement) : api_(api), db_(db), statement_(statement) {}
  ~AbiQuery() override { api_.finalize(statement_); }

  Outcome bind(int number, const Cell& value) override {
    int code = 0;
    auto size = static_cast<int>(value.bytes.size());
    switch (value.kind) {
      case CellKind::Null: code = api_.bind_null(statement_, number); break;
      case CellKind::Integer: code = api_.bind_int64(statement_, number, value.integer); break;
      case CellKind::Real: code = api_.bind_double(statement_, number, value.real); break;
      case CellKind::Text: code = api_.bind_text(statement_, number, value.bytes.data(), size, kCopied); break;
      case CellKind::Blob: code = api_.bind_blob(statement_, number, value.bytes.data(), size, kCopied); break;
    }
    return code == 0 ? Outcome() : failure_of(api_, code, *db_);
  }
  int parameter_index(const std::string& name) override { return api_.bind_parameter_index(statement_, name.c_str()); }
  int parameter_count() override { return api_.bind_parameter_count(statement_); }
  void clear_bindings() override { api_.clear_bindings(statement_); }

  Outcome step(bool* has_row) override {
    int code = api_.step(statement_);
    *has_row = code == harness::kRow;
    return code == harness::kRow || code == harness::kDone ? Outcome() : failure_of(api_, code, *db_);
  }
  void reset() override { api_.reset(statement_); }

  std::vector<std::string> column_names() override {
    std::vector<std::string> names(static_cast<size_t>(api_.column_count(statement_)));
    for (size_t i = 0; i < names.size(); ++i) names[i] = api_.column_name(statement_, static_cast<int>(i));
    return names;
  }

  std::vector<Cell> row() override {
    std::vector<Cell> cells(static_cast<size_t>(api_.column_count(statement_)));
    for (size_t i = 0; i < cells.size(); ++i) read(static_cast<int>(i), &cells[i]);
    return cells;
  }

 private:
  void read(int index, Cell* cell) {
    // SQLite's numbers of the types, in the order of the cases.
    switch (api_.column_type(statement_, index)) {
      case 1:
        cell->kind = CellKind::Integer;
        cell->integer = api_.column_int64(statement_, index);
        break;
      case 2:
        cell->kind = CellKind::Real;
        cell->real = api_.column_double(statement_, index);
        break;
      case 3: {
        cell->kind = CellKind::Text;
        auto* text = reinterpret_cast<const char*>(api_.column_text(statement_, index));
        cell->bytes.assign(text, static_cast<size_t>(api_.column_bytes(statement_, index)));
        break;
      }
      case 4: {
        cell->kind = CellKind::Blob;
        auto* bytes = static_cast<const char*>(api_.column_blob(statement_, index));
        cell->bytes.assign(bytes != nullptr ? bytes : "", static_cast<size_t>(api_.column_bytes(statement_, index)));
        break;
      }
      default: break;
    }
  }

  const Api& api_;
  void** db_;  // the session's handle: null once that is closed
  void* statement_;
};

class AbiSession : public Session {
 public:
  AbiSession(const Api& api, void* db) : api_(api), db_(db) {}
  ~AbiSession() override { api_.close(db_); }

  Outcome close() override {
    int code = api_.close(db_);
    if (code != 0) return failure_of(api_, code, db_);
    db_ = nullptr;
    return {};
  }
  Outcome script(const std::string& sql) override {
    int code = api_.exec(db_, sql.c_str(), nullptr, nullptr, nullptr);
    return code == 0 ? Outcome() : failure_of(api_, code, db_);
  }
  Outcome prepare(const std::string& sql, std::unique_ptr<Query>* query) override {
    void* statement = nullptr;
    int code = api_.prepare_v2(db_, sql.c_str(), -1, &statement, nullptr);
    if (code != 0) return failure_of(api_, code, db_);
    *query = std::make_unique<AbiQuery>(api_, &db_, statement);
    return {};
  }
  int64_t changes() override { return api_.changes(db_); }
  int64_t total_changes() override { return api_.total_changes(db_); }
  int64_t last_rowid() override { return api_.last_insert_rowid(db_); }
  bool in_transaction() override { return api_.get_autocommit(db_) == 0; }

 private:
  const Api& api_;
  void* db_;
};

class AbiDriver : public Driver {
 public:
  explicit AbiDriver(const Api& api) : api_(api) {}
  std::string name() const override { return "sqlite3"; }
  std::string family() const override { return "handles"; }
  Outcome open(const OpenRequest& request, std::unique_ptr<Session>* session) override {
    void* db = nullptr;
    int flags = request.read_only ? kOpenReadOnly : harness::kOpenReadWriteCreate;
    int code = api_.open_v2(request.path.c_str(), &db, flags, nullptr);
    if (code != 0) {
      Failure failure = failure_of(api_, code, db);
      api_.close(db);
      return failure;
    }
    api_.busy_timeout(db, request.timeout_ms);
    *session = std::make_unique<AbiSession>(api_, db);
    return {};
  }
  Outcome open_sibling(Session&, const OpenRequest& request, std::unique_ptr<Session>* sibling) override {
    return open(request, sibling);
  }

 private:
  const Api& api_;
};

}  // namespace

}  // namespace sqlrite::conformance

int main(int argc, char** argv) {
  if (argc < 4 || std::strcmp(argv[1], "--library") != 0) {
    std::fprintf(stderr, "conformance_sqlite3 --library LIBSQLITE3.SO [--show] [--only TEXT] SCENARIO-FOLDER\n");
    return 2;
  }
  sqlrite::conformance::Api api;
  if (!api.load_all(argv[2])) return 2;
  std::printf("%s: SQLite %s\n", argv[2], api.libversion());
  sqlrite::conformance::AbiDriver driver(api);
  return sqlrite::conformance::run_main(driver, argc - 2, argv + 2);
}
