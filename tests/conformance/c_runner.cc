// The scenarios through the C interface; only the harness around it is C++.
#include <sqlrite.h>

#include "driver.h"
#include "runner.h"

namespace sqlrite::conformance {

namespace {

Failure failure_of(SqlriteStatus status, SqlriteConnection* connection) {
  const char* text = sqlrite_last_error();
  Failure failure{Failure::kNotTold, text != nullptr ? text : "", ""};
  if (status == SQLRITE_INVALID_ARGUMENT) {
    failure.kind = failure.message.find("handle is null") != std::string::npos ? "closed" : "parameter";
  } else if (connection != nullptr) {
    failure.extended_code = sqlrite_extended_code(connection);
  }
  return failure;
}

class CQuery : public Query {
 public:
  CQuery(SqlriteConnection** connection, SqlriteStatement* statement)
      : connection_(connection), statement_(statement) {}
  ~CQuery() override { sqlrite_finalize(statement_); }

  Outcome bind(int number, const Cell& value) override {
    SqlriteStatus status = SQLRITE_OK;
    auto size = static_cast<int64_t>(value.bytes.size());
    switch (value.kind) {
      case CellKind::Null: status = sqlrite_bind_null(statement_, number); break;
      case CellKind::Integer: status = sqlrite_bind_int64(statement_, number, value.integer); break;
      case CellKind::Real: status = sqlrite_bind_double(statement_, number, value.real); break;
      case CellKind::Text: status = sqlrite_bind_text(statement_, number, value.bytes.data(), size); break;
      case CellKind::Blob: status = sqlrite_bind_blob(statement_, number, value.bytes.data(), size); break;
    }
    return outcome(status);
  }
  int parameter_index(const std::string& name) override { return sqlrite_parameter_index(statement_, name.c_str()); }
  int parameter_count() override { return sqlrite_parameter_count(statement_); }
  void clear_bindings() override { (void)sqlrite_clear_bindings(statement_); }

  Outcome step(bool* has_row) override {
    SqlriteStatus status = sqlrite_step(statement_);
    *has_row = status == SQLRITE_ROW;
    return status == SQLRITE_ROW || status == SQLRITE_DONE ? Outcome() : failure_of(status, *connection_);
  }
  void reset() override { (void)sqlrite_reset(statement_); }

  std::vector<std::string> column_names() override {
    std::vector<std::string> names(static_cast<size_t>(column_count()));
    for (size_t i = 0; i < names.size(); ++i) {
      char* name = nullptr;
      if (sqlrite_column_name(statement_, static_cast<int>(i), &name) != SQLRITE_OK) continue;
      names[i] = name;
      sqlrite_free_string(name);
    }
    return names;
  }

  std::vector<Cell> row() override {
    std::vector<Cell> cells(static_cast<size_t>(column_count()));
    for (size_t i = 0; i < cells.size(); ++i) read(static_cast<int>(i), &cells[i]);
    return cells;
  }

 private:
  Outcome outcome(SqlriteStatus status) {
    if (status == SQLRITE_OK) return {};
    return failure_of(status, *connection_);
  }

  int column_count() {
    int count = 0;
    (void)sqlrite_column_count(statement_, &count);
    return count;
  }

  void read(int index, Cell* cell) {
    SqlriteType type = SQLRITE_NULL;
    (void)sqlrite_column_type(statement_, index, &type);
    const void* bytes = nullptr;
    size_t size = 0;
    switch (type) {
      case SQLRITE_NULL: break;
      case SQLRITE_INTEGER:
        cell->kind = CellKind::Integer;
        (void)sqlrite_column_int64(statement_, index, &cell->integer);
        break;
      case SQLRITE_REAL:
        cell->kind = CellKind::Real;
        (void)sqlrite_column_double(statement_, index, &cell->real);
        break;
      case SQLRITE_TEXT:
      case SQLRITE_BLOB:
        cell->kind = type == SQLRITE_TEXT ? CellKind::Text : CellKind::Blob;
        (void)sqlrite_column_blob(statement_, index, &bytes, &size);
        if (size > 0) cell->bytes.assign(static_cast<const char*>(bytes), size);
        break;
    }
  }

  SqlriteConnection** connection_;  // the session's handle: null once that is closed
  SqlriteStatement* statement_;
};

class CSession : public Session {
 public:
  explicit CSession(SqlriteConnection* connection) : connection_(connection) {}
  ~CSession() override { sqlrite_close(connection_); }

  Outcome close() override {
    sqlrite_close(connection_);
    connection_ = nullptr;
    return {};
  }
  Outcome script(const std::string& sql) override {
    SqlriteStatus status = sqlrite_execute(connection_, sql.c_str());
    return status == SQLRITE_OK ? Outcome() : failure_of(status, connection_);
  }
  Outcome prepare(const std::string& sql, std::unique_ptr<Query>* query) override {
    SqlriteStatement* statement = nullptr;
    SqlriteStatus status = sqlrite_query(connection_, sql.c_str(), &statement);
    if (status != SQLRITE_OK) return failure_of(status, connection_);
    *query = std::make_unique<CQuery>(&connection_, statement);
    return {};
  }
  int64_t changes() override { return sqlrite_changes(connection_); }
  int64_t total_changes() override { return sqlrite_total_changes(connection_); }
  int64_t last_rowid() override { return sqlrite_last_insert_rowid(connection_); }
  bool in_transaction() override { return sqlrite_in_transaction(connection_) == 1; }

  SqlriteConnection* connection() const { return connection_; }

 private:
  SqlriteConnection* connection_;
};

class CDriver : public Driver {
 public:
  std::string name() const override { return "c"; }
  std::string family() const override { return "handles"; }
  Outcome open(const OpenRequest& request, std::unique_ptr<Session>* session) override {
    SqlriteConnection* connection = nullptr;
    SqlriteStatus status = request.read_only ? sqlrite_open_read_only(request.path.c_str(), &connection)
                                             : sqlrite_open(request.path.c_str(), &connection);
    return take(status, connection, request, session);
  }
  Outcome open_sibling(Session& session, const OpenRequest& request, std::unique_ptr<Session>* sibling) override {
    SqlriteConnection* connection = nullptr;
    SqlriteStatus status = sqlrite_connect_sibling(static_cast<CSession&>(session).connection(), &connection);
    return take(status, connection, request, sibling);
  }

 private:
  static Outcome take(SqlriteStatus status, SqlriteConnection* connection, const OpenRequest& request,
                      std::unique_ptr<Session>* session) {
    if (status != SQLRITE_OK) return failure_of(status, nullptr);
    (void)sqlrite_set_busy_timeout(connection, request.timeout_ms);
    *session = std::make_unique<CSession>(connection);
    return {};
  }
};

}  // namespace

}  // namespace sqlrite::conformance

int main(int argc, char** argv) {
  sqlrite::conformance::CDriver driver;
  return sqlrite::conformance::run_main(driver, argc, argv);
}
