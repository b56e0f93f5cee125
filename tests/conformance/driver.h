// What a runner of conformance scenarios needs from an interface: sessions, queries, and values as they came out of it.
// Each interface has one small implementation, written as its users would write it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sqlrite::conformance {

enum class CellKind : uint8_t { Null, Integer, Real, Text, Blob };

struct Cell {
  CellKind kind = CellKind::Null;
  int64_t integer = 0;
  double real = 0;
  std::string bytes;
};

// What an interface said when something failed.
struct Failure {
  static constexpr int kNotTold = -1;
  int extended_code = kNotTold;  // SQLite's extended result code, where the interface tells it
  std::string message;
  std::string kind;  // "closed", "parameter" or empty: mistakes in the use of the interface, not in the SQL
};

using Outcome = std::optional<Failure>;  // nothing: it went well

// A prepared statement. Lives no longer than the driver wants it to: sessions may be closed under it.
class Query {
 public:
  virtual ~Query() = default;
  virtual Outcome bind(int number, const Cell& value) = 0;
  virtual int parameter_index(const std::string& name_with_prefix) = 0;
  virtual int parameter_count() = 0;
  virtual void clear_bindings() = 0;
  virtual Outcome step(bool* has_row) = 0;
  virtual void reset() = 0;
  virtual std::vector<std::string> column_names() = 0;
  virtual std::vector<Cell> row() = 0;
};

class Session {
 public:
  virtual ~Session() = default;
  // Further calls must answer with a failure of the kind "closed".
  virtual Outcome close() = 0;
  virtual Outcome script(const std::string& sql) = 0;
  virtual Outcome prepare(const std::string& sql, std::unique_ptr<Query>* query) = 0;
  virtual int64_t changes() = 0;
  virtual int64_t total_changes() = 0;
  virtual int64_t last_rowid() = 0;
  virtual bool in_transaction() = 0;
};

struct OpenRequest {
  std::string path;
  bool read_only = false;
  int timeout_ms = 0;
};

class Driver {
 public:
  virtual ~Driver() = default;
  // The interface's name in "only" lists, and the family that it belongs to.
  virtual std::string name() const = 0;
  virtual std::string family() const = 0;
  virtual Outcome open(const OpenRequest& request, std::unique_ptr<Session>* session) = 0;
  // Another connection to the database of a session.
  virtual Outcome open_sibling(Session& session, const OpenRequest& request, std::unique_ptr<Session>* sibling) = 0;
};

}  // namespace sqlrite::conformance
