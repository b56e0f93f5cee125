#include "crash/sql_workload.h"

namespace sqlrite::test {

namespace {

uint64_t mix(uint64_t hash, std::string_view bytes) {
  for (char c : bytes) hash = (hash ^ static_cast<uint8_t>(c)) * 1099511628211u;
  return (hash ^ 0xff) * 1099511628211u;
}

std::string numbers(int from, int to, const std::string& rest) {
  return "WITH RECURSIVE n(i) AS (SELECT " + std::to_string(from) + " UNION ALL SELECT i+1 FROM n WHERE i<" +
         std::to_string(to) + ") " + rest + ";";
}

// Calls `row` for each row of a query.
template <typename Row>
Status each_row(engine::Connection& connection, const std::string& sql, Row row) {
  engine::Statement* statement = nullptr;
  size_t tail = 0;
  SQLRITE_TRY(connection.prepare(sql, 0, &statement, &tail));
  Code code;
  while ((code = statement->step()) == Code::Row) row(*statement);
  std::string message = code == Code::Done ? "" : sql + ": " + std::string(connection.error_message());
  engine::Statement::finalize(statement);
  return code == Code::Done ? Status() : Status(code, message);
}

}  // namespace

const std::vector<SqlVariant>& sql_variants() {
  static const std::vector<SqlVariant> variants = {
      {"wal", "PRAGMA page_size=512; PRAGMA journal_mode=WAL; PRAGMA cache_size=8; PRAGMA wal_autocheckpoint=30;",
       "FULL", true},
      {"wal NORMAL", "PRAGMA page_size=1024; PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=20;", "NORMAL", false},
      {"wal auto_vacuum",
       "PRAGMA page_size=512; PRAGMA auto_vacuum=FULL; PRAGMA journal_mode=WAL; PRAGMA cache_size=8; PRAGMA "
       "wal_autocheckpoint=40;",
       "FULL", true},
      {"delete EXTRA", "PRAGMA page_size=512; PRAGMA journal_mode=DELETE; PRAGMA cache_size=8;", "EXTRA", true},
      {"delete incremental", "PRAGMA page_size=1024; PRAGMA auto_vacuum=INCREMENTAL; PRAGMA journal_mode=DELETE;",
       "FULL", false},
      {"truncate auto_vacuum",
       "PRAGMA page_size=512; PRAGMA auto_vacuum=FULL; PRAGMA journal_mode=TRUNCATE; PRAGMA cache_size=8;", "FULL",
       true},
      {"persist utf16", "PRAGMA page_size=1024; PRAGMA encoding='UTF-16le'; PRAGMA journal_mode=PERSIST;", "FULL",
       true},
  };
  return variants;
}

const std::vector<std::string>& sql_steps() {
  static const std::vector<std::string> steps = {
      "CREATE TABLE t(id INTEGER PRIMARY KEY, a INT, b TEXT)",
      "CREATE INDEX t_a ON t(a, b)",
      numbers(1, 60, "INSERT INTO t SELECT i, i%7, 'name'||i FROM n"),
      "CREATE UNIQUE INDEX t_b ON t(b)",
      "UPDATE t SET a=a+100 WHERE id%5=0",
      "CREATE TABLE o(k TEXT PRIMARY KEY, big BLOB) WITHOUT ROWID",
      numbers(1, 6, "INSERT INTO o SELECT 'key'||i, zeroblob(i*700)||i FROM n"),
      // A statement that fails half way leaves nothing; the transaction around it goes on.
      "BEGIN; INSERT INTO t VALUES(1001,1,'x'); UPDATE OR IGNORE t SET b='name1' WHERE id>50; DELETE FROM t WHERE "
      "id=3; COMMIT",
      "BEGIN; SAVEPOINT one; DELETE FROM t WHERE id%2=0; SAVEPOINT two; INSERT INTO o VALUES('late', zeroblob(3000)); "
      "ROLLBACK TO one; UPDATE t SET b=b||'!' WHERE id<9; RELEASE one; COMMIT",
      "BEGIN; CREATE TABLE gone(a UNIQUE); INSERT INTO gone VALUES(1),(2); SAVEPOINT s; DROP TABLE t; ROLLBACK TO s; "
      "CREATE VIEW v AS SELECT a, count(*) AS c FROM t GROUP BY a; COMMIT",
      "DROP TABLE gone",
      numbers(200, 290, "INSERT INTO t(a, b) SELECT i, 'more'||i||hex(zeroblob(40)) FROM n"),
      "DELETE FROM t WHERE id BETWEEN 20 AND 45",
      "PRAGMA incremental_vacuum",
      "ALTER TABLE t ADD COLUMN c DEFAULT 'new'",
      "UPDATE t SET c=id WHERE id%4=1",
      "VACUUM",
      "DELETE FROM o WHERE k<'key4'",
      "PRAGMA wal_checkpoint(TRUNCATE)",
      "CREATE INDEX t_e ON t(length(b)) WHERE c<>'new'",
      "ALTER TABLE t RENAME TO renamed",
      "BEGIN; INSERT INTO o VALUES('end', zeroblob(9000)); UPDATE renamed SET a=-a; DELETE FROM renamed WHERE a<-150; "
      "COMMIT",
      "REINDEX",
      "DELETE FROM o",
      "PRAGMA page_size=2048; VACUUM",
      "ANALYZE",
      "PRAGMA auto_vacuum=FULL; PRAGMA page_size=512; VACUUM",
  };
  return steps;
}

Result<std::unique_ptr<engine::Connection>> open_sql(os::Vfs& vfs, const SqlVariant& variant) {
  std::unique_ptr<engine::Connection> connection;
  SQLRITE_TRY(engine::Connection::open(kSqlPath, engine::open_flags::kReadWrite | engine::open_flags::kCreate, &vfs,
                                       &connection));
  SQLRITE_TRY(connection->exec(std::string(variant.setup) + "PRAGMA synchronous=" + variant.synchronous));
  return connection;
}

SqlState read_state(engine::Connection& connection, bool check_integrity) {
  SqlState state;
  state.digest = 14695981039346656037u;
  std::vector<std::string> tables;
  auto add = [&](engine::Statement& row) {
    for (uint32_t i = 0; i < row.column_count(); ++i) {
      state.digest = (state.digest ^ static_cast<uint64_t>(row.column_type(i))) * 1099511628211u;
      state.digest = mix(state.digest, row.column_text(i));
    }
  };
  Status status =
      each_row(connection, "SELECT type, name, tbl_name, sql, rootpage>0 FROM sqlite_schema ORDER BY type, name",
               [&](engine::Statement& row) {
                 add(row);
                 if (row.column_text(0) == "table" && row.column_text(1) != "sqlite_stat1")
                   tables.emplace_back(row.column_text(1));
               });
  for (const std::string& table : tables) {
    if (status.ok()) status = each_row(connection, "SELECT * FROM \"" + table + "\"", add);
  }
  state.readable = status.ok();
  state.problem = std::string(status.ok() ? "" : status.message());
  if (status.ok() && check_integrity) {
    status = each_row(connection, "PRAGMA integrity_check", [&](engine::Statement& row) {
      if (row.column_text(0) != "ok" && state.problem.empty()) state.problem = std::string(row.column_text(0));
    });
    if (!status.ok()) state.problem = std::string(status.message());
  }
  return state;
}

SqlState read_state(os::Vfs& vfs) {
  std::unique_ptr<engine::Connection> connection;
  Status status = engine::Connection::open(kSqlPath, engine::open_flags::kReadWrite | engine::open_flags::kCreate, &vfs,
                                           &connection);
  if (!status.ok()) {
    SqlState state;
    state.problem = "open: " + std::string(status.message());
    return state;
  }
  return read_state(*connection, true);
}

}  // namespace sqlrite::test
