// The scenarios through the C++ interface.
#include "driver.h"
#include "runner.h"
#include "sqlrite/sqlrite.h"

namespace sqlrite::conformance {

namespace {

Failure failure_of(const Status& status) {
  Failure failure{static_cast<int>(status.code()), std::string(status.message()), ""};
  if (status.primary() == Code::Misuse) failure.kind = "closed";
  if (status.primary() == Code::Range) failure.kind = "parameter";
  return failure;
}

Outcome outcome_of(const Status& status) {
  if (status.ok()) return {};
  return failure_of(status);
}

class CppQuery : public Query {
 public:
  explicit CppQuery(Statement statement) : statement_(std::move(statement)) {}

  Outcome bind(int number, const Cell& value) override {
    auto index = static_cast<uint32_t>(number);
    switch (value.kind) {
      case CellKind::Null: return outcome_of(statement_.bind(index, nullptr));
      case CellKind::Integer: return outcome_of(statement_.bind(index, value.integer));
      case CellKind::Real: return outcome_of(statement_.bind(index, value.real));
      case CellKind::Text: return outcome_of(statement_.bind(index, std::string_view(value.bytes)));
      case CellKind::Blob: break;
    }
    return outcome_of(statement_.bind_blob(index, value.bytes));
  }
  int parameter_index(const std::string& name) override { return static_cast<int>(statement_.parameter_index(name)); }
  int parameter_count() override { return static_cast<int>(statement_.parameter_count()); }
  void clear_bindings() override { statement_.clear_bindings(); }

  Outcome step(bool* has_row) override {
    Result<bool> result = statement_.step();
    if (!result.ok()) return failure_of(result.status());
    *has_row = result.value();
    return {};
  }
  void reset() override { statement_.reset().ignore(); }

  std::vector<std::string> column_names() override {
    std::vector<std::string> names;
    for (uint32_t i = 0; i < statement_.column_count(); ++i) names.emplace_back(statement_.column_name(i));
    return names;
  }

  std::vector<Cell> row() override {
    std::vector<Cell> cells(statement_.column_count());
    for (uint32_t i = 0; i < cells.size(); ++i) {
      Cell& cell = cells[i];
      switch (statement_.column_type(i)) {
        case ValueType::Null: break;
        case ValueType::Integer:
          cell.kind = CellKind::Integer;
          cell.integer = statement_.column_int64(i);
          break;
        case ValueType::Real:
          cell.kind = CellKind::Real;
          cell.real = statement_.column_double(i);
          break;
        case ValueType::Text:
          cell.kind = CellKind::Text;
          cell.bytes = statement_.column_text(i);
          break;
        case ValueType::Blob:
          cell.kind = CellKind::Blob;
          cell.bytes = statement_.column_blob(i);
          break;
      }
    }
    return cells;
  }

 private:
  Statement statement_;
};

class CppSession : public Session {
 public:
  explicit CppSession(Connection connection) : connection_(std::move(connection)) {}

  Outcome close() override {
    // A connection ends with its object; what is left behind is one that was moved from.
    Connection ending = std::move(connection_);
    return {};
  }
  Outcome script(const std::string& sql) override { return outcome_of(connection_.exec(sql)); }
  Outcome prepare(const std::string& sql, std::unique_ptr<Query>* query) override {
    Result<Statement> result = connection_.prepare(sql);
    if (!result.ok()) return failure_of(result.status());
    *query = std::make_unique<CppQuery>(result.take());
    return {};
  }
  int64_t changes() override { return connection_.changes(); }
  int64_t total_changes() override { return connection_.total_changes(); }
  int64_t last_rowid() override { return connection_.last_insert_rowid(); }
  bool in_transaction() override { return !connection_.is_autocommit(); }

 private:
  Connection connection_;
};

class CppDriver : public Driver {
 public:
  std::string name() const override { return "cpp"; }
  std::string family() const override { return "handles"; }
  Outcome open(const OpenRequest& request, std::unique_ptr<Session>* session) override {
    auto result = Connection::open(request.path, request.read_only ? OpenMode::ReadOnly : OpenMode::ReadWriteCreate);
    if (!result.ok()) return failure_of(result.status());
    result.value().set_busy_timeout(request.timeout_ms);
    *session = std::make_unique<CppSession>(result.take());
    return {};
  }
  Outcome open_sibling(Session&, const OpenRequest& request, std::unique_ptr<Session>* sibling) override {
    return open(request, sibling);
  }
};

}  // namespace

}  // namespace sqlrite::conformance

int main(int argc, char** argv) {
  sqlrite::conformance::CppDriver driver;
  return sqlrite::conformance::run_main(driver, argc, argv);
}
