// Transaction: what a connection has begun on its list of databases, and the savepoints inside it.
//
//   autocommit:   each statement reads (begin_read) and, if it writes, writes (begin_write) for itself; the last one to
//                 finish ends the reading, the last writer commits.
//   transaction:  BEGIN or an outermost SAVEPOINT keeps both until COMMIT, ROLLBACK or its RELEASE.
//
// Marks. A savepoint keeps one pager mark per database that was writing when it was set; a database that starts to write
// later takes the missing marks of all savepoints at that moment, so each ROLLBACK TO finds one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/status.h"
#include "catalog/schema.h"
#include "sql/ast/statements.h"

namespace sqlrite::storage {
class Pager;
}

namespace sqlrite::engine {

class Connection;

inline constexpr uint32_t kDatabaseCountMax = 12;  // main, temp and ten attached ones

class Transaction {
 public:
  explicit Transaction(Connection& connection) : connection_(connection) {}
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  bool is_autocommit() const { return autocommit_; }

  Status begin(sql::BeginMode mode);
  Status commit();
  Status rollback();
  Status savepoint(std::string_view name);
  Status release(std::string_view name);
  Status rollback_to(std::string_view name);

  // What a running statement needs. ensure_read answers SCHEMA when the file's schema is not the one in memory.
  Status ensure_read(uint32_t database) {
    if ((reading_ & (1u << database)) != 0) [[likely]]
      return {};
    return begin_reading(database);
  }
  Status ensure_write(uint32_t database) {
    if ((writing_ & (1u << database)) != 0) [[likely]]
      return {};
    return begin_writing(database);
  }
  bool is_reading(uint32_t database) const { return (reading_ & (1u << database)) != 0; }
  bool is_writing(uint32_t database) const { return (writing_ & (1u << database)) != 0; }

  // A statement began to run / is over. `writes`: it took part as a writer. On failure in autocommit the work is rolled
  // back, unless `keep_on_failure` (OR FAIL). Returns what the commit said.
  void statement_started(bool writes) {
    ++active_count_;
    if (writes) ++active_writer_count_;
  }
  Status statement_finished(bool writes, bool failed, bool keep_on_failure);
  uint32_t active_count() const { return active_count_; }
  // How often running writers were stopped by a rollback.
  uint64_t abort_count() const { return abort_count_; }

  // Rolls everything back because an error left no other way; the transaction is over.
  void abandon();
  // Ends leftovers when the connection closes or a database is detached.
  void close();
  // The database is about to be closed; its number stays (leave) or the ones behind it move down (forget).
  void leave_database(uint32_t database);
  void forget_database(uint32_t database);

  // Commits the database with what `content` holds in place of everything (VACUUM). REQUIRES it is writing, without changes.
  Status replace_database(uint32_t database, storage::Pager& content);

  // DDL calls this before it publishes a new schema, so that rollbacks find the old one.
  void note_schema_change(uint32_t database);

 private:
  struct Savepoint {
    std::string name;
    bool is_transaction = false;  // the outermost one, set while in autocommit
    uint32_t marked = 0;          // bit per database: mark is taken
    uint32_t marks[kDatabaseCountMax] = {};
    uint32_t schema_noted = 0;  // bit per database: schema is kept
    catalog::SchemaRef schemas[kDatabaseCountMax];
  };
  Status begin_reading(uint32_t database);
  Status begin_writing(uint32_t database);
  // `attempt`: how often the busy handler was asked; a caller that tries again after SCHEMA counts on.
  Status become_writer(uint32_t database, bool exclusive, bool may_renew, int* attempt);
  Status commit_all();
  Status commit_pagers();
  void forget_schemas();
  Status run_wal_hook();
  void rollback_all();
  // Settles what holds for one transaction only.
  void end_transaction();
  void end_reading();
  void restore_schemas(uint32_t noted, catalog::SchemaRef* schemas);
  void abort_readers();
  void abort_writers();
  Status take_mark(Savepoint& savepoint, uint32_t database);
  void release_marks(const Savepoint& savepoint);
  void stop_writing(uint32_t database);
  int find_savepoint(std::string_view name) const;

  Connection& connection_;
  bool autocommit_ = true;
  uint32_t reading_ = 0;  // bit per database
  uint32_t writing_ = 0;
  uint32_t active_count_ = 0;
  uint32_t active_writer_count_ = 0;
  uint64_t abort_count_ = 0;
  std::vector<Savepoint> savepoints_;
  uint32_t schema_noted_ = 0;  // since the transaction began
  catalog::SchemaRef schemas_[kDatabaseCountMax];
};

}  // namespace sqlrite::engine
