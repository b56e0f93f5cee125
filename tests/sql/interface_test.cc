// The C++ interface beyond statements: how connections are opened and shared, functions, collations, hooks, blobs,
// images. Each case uses it as a language package would, and looks at codes, texts and who was destroyed.
#include <cstdio>
#include <mutex>
#include <string>
#include <vector>

#include "harness/temporary_folder.h"
#include "session.h"

using namespace sqlrite;
using harness::TemporaryFolder;
using sqlrite::test::Session;

namespace {

std::string failure(const Status& status) { return std::string(status.message()); }

void count_destroy(void* data) { ++*static_cast<int*>(data); }

}  // namespace

TEST_CASE("Connection, OpensReadOnlyAndTellsItsFile") {
  TemporaryFolder folder("interface");
  const std::string path = folder.file("d");
  CHECK(Connection::open(path, OpenMode::ReadWrite).status().primary() == Code::CantOpen);
  Session writer(path);
  CHECK(writer.rows("CREATE TABLE t(a); INSERT INTO t VALUES(1)") == "");
  auto reader = Connection::open("file:" + path + "?mode=ro", {.uri = true}).take();
  CHECK(reader.is_read_only());
  CHECK_FALSE(writer.connection.is_read_only());
  CHECK_FALSE(reader.is_read_only("nobody"));
  CHECK(reader.file_name() == writer.connection.file_name());
  CHECK(reader.file_name("temp") == "");
  CHECK(reader.database_count() == 2);
  CHECK(reader.database_name(1) == "temp");
  Status refused = reader.exec("INSERT INTO t VALUES(2)");
  CHECK(refused.primary() == Code::ReadOnly);
  CHECK(failure(refused) == "attempt to write a readonly database");
  CHECK(std::string(code_name(refused.code())) == "SQLITE_READONLY");
}

TEST_CASE("Connection, SiblingSharesTheFileAndEndsOnItsOwn") {
  TemporaryFolder folder("interface");
  const std::string path = folder.file("d");
  auto first = Connection::open(path).take();
  first.set_busy_timeout(1);
  REQUIRE(first.exec("CREATE TABLE t(a); BEGIN IMMEDIATE; INSERT INTO t VALUES(1)").ok());
  auto second = first.connect().take();
  Status busy = second.exec("INSERT INTO t VALUES(2)");
  CHECK(busy.primary() == Code::Busy);
  REQUIRE(first.exec("COMMIT").ok());
  {
    auto ended = std::move(first);
  }
  REQUIRE(second.exec("INSERT INTO t VALUES(2)").ok());
  auto count = second.prepare("SELECT count(*) FROM t").take();
  CHECK(count.step().take());
  CHECK(count.column_int64(0) == 2);
  auto reader = Connection::open(path, OpenMode::ReadOnly).take().connect().take();
  CHECK(reader.is_read_only());
  auto private_one = Connection::open(":memory:").take();
  CHECK(failure(private_one.connect().status()) ==
        "a database in memory belongs to one connection: open a file to connect to it again");
}

TEST_CASE("Connection, TellsItsTransactionsAndTakesSwitchesAndLimits") {
  Session session;
  Connection& db = session.connection;
  CHECK(db.transaction_state() == TransactionState::None);
  REQUIRE(db.exec("CREATE TABLE p(a PRIMARY KEY); CREATE TABLE c(a REFERENCES p); BEGIN; SELECT * FROM p").ok());
  CHECK(db.transaction_state("main") == TransactionState::Read);
  REQUIRE(db.exec("INSERT INTO p VALUES(1)").ok());
  CHECK(db.transaction_state() == TransactionState::Write);
  CHECK(db.transaction_state("temp") == TransactionState::None);
  REQUIRE(db.exec("ROLLBACK").ok());
  CHECK(session.rows("INSERT INTO c VALUES(5)") == "");
  CHECK_FALSE(db.setting(Setting::ForeignKeys));
  db.set_setting(Setting::ForeignKeys, true);
  CHECK(db.setting(Setting::ForeignKeys));
  CHECK(session.rows("INSERT INTO c VALUES(6)").substr(0, 6) == "Error:");
  CHECK(db.set_limit(Limit::Length, 100) == 1000000000);
  CHECK(db.limit(Limit::Length) == 100);
  auto statement = db.prepare("SELECT ?1").take();
  CHECK(statement.bind(1, std::string(200, 'x')).code() == Code::TooBig);
  std::lock_guard<Connection> twice(db);
  std::lock_guard<Connection> is_allowed(db);
}

TEST_CASE("Status, KnowsTheNameOfItsCodeAndThePlaceInTheText") {
  Session session;
  Status status = session.connection.prepare("SELECT missing FROM sqlite_schema").take_status();
  CHECK(failure(status) == "no such column: missing");
  CHECK(status.sql_offset() == 7);
  CHECK(std::string(code_name(status.code())) == "SQLITE_ERROR");
  CHECK(std::string(code_name(Code::BusySnapshot)) == "SQLITE_BUSY_SNAPSHOT");
  CHECK(std::string(code_name(Code::ConstraintDataType)) == "SQLITE_CONSTRAINT_DATATYPE");
  CHECK(code_name(static_cast<Code>(9999)) == nullptr);
}

TEST_CASE("Statement, NamesItsParametersAndTheOriginOfItsColumns") {
  Session session;
  session.rows("CREATE TABLE t(a VARCHAR(10), b)");
  auto statement =
      session.connection.prepare("SELECT a AS x, b+1 FROM t WHERE a=:name AND b=?5 AND b=@at OR b=?").take();
  CHECK(statement.parameter_count() == 7);
  CHECK(statement.parameter_name(1) == ":name");
  CHECK(statement.parameter_name(5) == "?5");
  CHECK(statement.parameter_name(6) == "@at");
  CHECK(statement.parameter_name(7) == "");
  CHECK(statement.column_declared_type(0) == "VARCHAR(10)");
  CHECK(statement.column_database(0) == "main");
  CHECK(statement.column_table(0) == "t");
  CHECK(statement.column_origin(0) == "a");
  CHECK(statement.column_name(0) == "x");
  CHECK(statement.column_origin(1) == "");
  CHECK_FALSE(statement.is_explain());
  CHECK(session.connection.prepare("EXPLAIN QUERY PLAN SELECT 1").take().is_explain());
}

TEST_CASE("Statement, BatchesHoldBigValuesOnlyWhenAsked") {
  Session session;
  session.rows("CREATE TABLE t(a); INSERT INTO t VALUES(printf('%.20000c', 'x')), (zeroblob(9)), (7)");
  auto statement = session.connection.prepare("SELECT a, zeroblob(3) FROM t").take();
  std::vector<std::string> seen;
  for (;;) {
    const Batch* batch = statement.next_batch(64).take();
    if (batch->selected_count == 0) break;
    for (uint32_t i = 0; i < batch->selected_count; ++i) {
      for (uint32_t column = 0; column < batch->column_count; ++column) {
        Value value = statement.complete(batch->columns[column].at(batch->live_row(i))).take();
        seen.push_back(value.is_bytes() ? std::string(value.view()) : std::to_string(value.integer));
      }
    }
  }
  CHECK_FALSE(statement.is_running());
  REQUIRE(seen.size() == 6);
  CHECK(seen[0] == std::string(20000, 'x'));
  CHECK(seen[1] == std::string(3, '\0'));
  CHECK(seen[2] == std::string(9, '\0'));
  CHECK(seen[4] == "7");
}

TEST_CASE("Statement, BatchesOfAPointQueryEndAfterTheirRow") {
  Session session;
  session.rows("CREATE TABLE t(a INTEGER PRIMARY KEY, b); INSERT INTO t VALUES(1, 'one'), (2, 'two')");
  auto statement = session.connection.prepare("SELECT b FROM t WHERE a=?1").take();
  for (int64_t key = 0; key < 3; ++key) {
    REQUIRE(statement.bind(1, key).ok());
    const Batch* batch = statement.next_batch(1).take();
    CHECK(batch->selected_count == (key > 0 ? 1 : 0));
    if (key > 0) CHECK(statement.next_batch(1).take()->selected_count == 0);
    CHECK_FALSE(statement.is_running());
  }
}

TEST_CASE("Statement, BatchesDeliverTheRowsBeforeAFailingOne") {
  Session session;
  auto statement = session.connection
                       .prepare(
                           "WITH c(i) AS (VALUES(1) UNION ALL SELECT i+1 FROM c WHERE i<20) SELECT abs(CASE i WHEN 10 "
                           "THEN -9223372036854775808 ELSE i END) FROM c")
                       .take();
  uint32_t rows = 0;
  Status status;
  for (;;) {
    auto batch = statement.next_batch();
    if (!batch.ok()) {
      status = batch.take_status();
      break;
    }
    if (batch.value()->selected_count == 0) break;
    rows += batch.value()->selected_count;
  }
  CHECK(rows == 9);
  CHECK(failure(status) == "integer overflow");
}

TEST_CASE("Functions, ScalarsSeeTheirArgumentsAndAreDestroyedOnce") {
  int destroyed = 0;
  {
    Session session;
    ScalarFunction describe;
    describe.call = [](FunctionCall& call) {
      std::string text;
      for (int i = 0; i < call.argument_count(); ++i) {
        text +=
            std::to_string(static_cast<int>(call.argument_type(i))) + ":" + std::string(call.argument_bytes(i)) + ";";
      }
      call.set_text(text);
    };
    describe.data = &destroyed;
    describe.destroy = &count_destroy;
    REQUIRE(session.connection.create_function("describe", -1, describe).ok());
    CHECK(session.rows("SELECT describe(1, 2.5, 'x', x'41', NULL, zeroblob(1))") ==
          std::string("1:1;2:2.5;3:x;4:A;5:;4:\0;", 25));
    ScalarFunction failing;
    failing.call = [](FunctionCall& call) { call.set_error(Status(Code::ConstraintFunction, "no such luck")); };
    REQUIRE(session.connection.create_function("failing", 0, failing, {.direct_only = true}).ok());
    auto statement = session.connection.prepare("SELECT failing()").take();
    Status status = statement.step().take_status();
    CHECK(status.code() == Code::ConstraintFunction);
    CHECK(failure(status) == "no such luck");
    CHECK(session.rows("CREATE TABLE t(a); CREATE VIEW v AS SELECT failing(); SELECT * FROM v") ==
          "Error: unsafe use of failing()");
    CHECK(session.rows("CREATE INDEX i ON t(describe(a))") ==
          "Error: non-deterministic functions prohibited in index expressions");
    REQUIRE(session.connection.remove_function("describe", -1).ok());
    CHECK(session.rows("SELECT describe(1)") == "Error: no such function: describe");
    CHECK(session.connection.create_function("describe", 2000, describe).code() == Code::Misuse);
    CHECK(destroyed >= 1);
  }
  CHECK(destroyed == 2);
}

TEST_CASE("Functions, AggregatesKeepTheirStateAndServeAsWindows") {
  static int alive = 0;
  struct Total {
    int64_t* sum;
  };
  auto sum_of = [](void* state) -> int64_t& {
    auto* total = static_cast<Total*>(state);
    if (total->sum == nullptr) {
      total->sum = new int64_t(0);
      ++alive;
    }
    return *total->sum;
  };
  static auto sum = sum_of;
  static auto drop = [](void* state) {
    auto* total = static_cast<Total*>(state);
    if (total->sum != nullptr) --alive;
    delete total->sum;
    total->sum = nullptr;
  };
  AggregateFunction plain;
  plain.state_size_bytes = sizeof(Total);
  plain.step = [](FunctionCall& call, void* state) {
    if (call.argument_int64(0) == 13) call.set_error("unlucky");
    sum(state) += call.argument_int64(0);
  };
  plain.finalize = [](FunctionCall& call, void* state) {
    call.set_int64(sum(state));
    drop(state);
  };
  plain.destroy_state = [](void* state) { drop(state); };
  AggregateFunction window = plain;
  window.value = [](FunctionCall& call, void* state) { call.set_int64(sum(state)); };
  window.inverse = [](FunctionCall& call, void* state) { sum(state) -= call.argument_int64(0); };
  Session session;
  REQUIRE(session.connection.create_function("total_of", 1, plain).ok());
  REQUIRE(session.connection.create_function("moving", 1, window).ok());
  session.rows("CREATE TABLE t(g, a); INSERT INTO t VALUES(1, 2), (1, 3), (2, 5), (2, 7)");
  CHECK(session.rows("SELECT g, total_of(a) FROM t GROUP BY g") == "1|5\n2|12");
  CHECK(session.rows("SELECT total_of(a) FROM t WHERE 0") == "0");
  // Where windows are not executed the error says so; it is never a wrong answer.
  std::string windowed = session.rows("SELECT moving(a) OVER (ORDER BY a ROWS 1 PRECEDING) FROM t");
  if (windowed != "Error: window functions are not executed yet: moving() OVER") CHECK(windowed == "2\n5\n8\n12");
  CHECK(session.rows("INSERT INTO t VALUES(3, 13); SELECT total_of(a) FROM t") == "Error: unlucky");
  CHECK(alive == 0);
  AggregateFunction half = plain;
  half.value = window.value;
  CHECK(session.connection.create_function("half", 1, half).code() == Code::Misuse);
}

TEST_CASE("Collations, OrderTextsAndAreDestroyedWithTheConnection") {
  int destroyed = 0;
  {
    Session session;
    CollationFunction backwards;
    backwards.compare = [](void*, std::string_view a, std::string_view b) { return b.compare(a); };
    backwards.data = &destroyed;
    backwards.destroy = &count_destroy;
    REQUIRE(session.connection.create_collation("backwards", backwards).ok());
    CHECK(session.rows("SELECT column1 FROM (VALUES('a'), ('c'), ('b')) ORDER BY 1 COLLATE backwards") == "c\nb\na");
    REQUIRE(session.connection.remove_collation("backwards").ok());
    CHECK(session.rows("SELECT 1 ORDER BY 1 COLLATE backwards") == "Error: no such collation sequence: backwards");
    CHECK(session.connection.create_collation("", backwards).code() == Code::Misuse);
  }
  CHECK(destroyed == 2);
}

TEST_CASE("Hooks, AreAskedAndToldAndCanStopAStatement") {
  Session session;
  Connection& db = session.connection;
  std::vector<std::string> told;
  db.set_update_hook(
      [](void* context, int action, const char* database, const char* table, int64_t rowid) {
        static_cast<std::vector<std::string>*>(context)->push_back(std::to_string(action) + database + table +
                                                                   std::to_string(rowid));
      },
      &told);
  db.set_rollback_hook([](void* context) { static_cast<std::vector<std::string>*>(context)->push_back("rollback"); },
                       &told);
  session.rows(
      "CREATE TABLE t(a); INSERT INTO t VALUES(1); UPDATE t SET a=2; DELETE FROM t WHERE a=2; BEGIN; ROLLBACK");
  std::string all;
  for (const std::string& one : told) all += one + " ";
  CHECK(all == "18maint1 23maint1 9maint1 rollback ");
  CHECK(told == std::vector<std::string>{"18maint1", "23maint1", "9maint1", "rollback"});
  db.set_update_hook(nullptr, nullptr);
  db.set_rollback_hook(nullptr, nullptr);

  db.set_commit_hook([](void*) { return 1; }, nullptr);
  CHECK(db.exec("INSERT INTO t VALUES(1)").code() == Code::ConstraintCommitHook);
  db.set_commit_hook(nullptr, nullptr);

  int calls = 0;
  db.set_progress_handler([](void* context) { return ++*static_cast<int*>(context) > 2 ? 1 : 0; }, &calls, 1);
  CHECK(session.rows("WITH c(i) AS (VALUES(1) UNION ALL SELECT i+1 FROM c) SELECT count(*) FROM c") ==
        "Error: interrupted");
  CHECK(calls == 3);
  db.set_progress_handler(nullptr, nullptr, 0);

  std::vector<std::string> traced;
  db.set_trace(
      [](void* context, const TraceRecord& record) {
        auto& out = *static_cast<std::vector<std::string>*>(context);
        if (record.event == trace_events::kStatement) out.push_back(record.expanded_sql());
        if (record.event == trace_events::kProfile) out.push_back(record.duration_ns >= 0 ? "done" : "early");
      },
      &traced, trace_events::kStatement | trace_events::kProfile);
  auto statement = db.prepare("SELECT ?1").take();
  REQUIRE(statement.bind(1, "it's").ok());
  REQUIRE(statement.run().ok());
  CHECK(traced == std::vector<std::string>{"SELECT 'it''s'", "done"});
  db.set_trace(nullptr, nullptr);

  db.set_authorizer([](void*, int action, const char*, const char*, const char*,
                       const char*) { return action == static_cast<int>(AuthorizerAction::Delete) ? 1 : 0; },
                    nullptr);
  Status denied = db.exec("DELETE FROM t");
  CHECK(denied.code() == Code::Auth);
  CHECK(failure(denied) == "not authorized");
  db.set_authorizer(nullptr, nullptr);
  CHECK(db.exec("DELETE FROM t").ok());
}

TEST_CASE("Hooks, BusyHandlerCountsItsAttempts") {
  TemporaryFolder folder("interface");
  const std::string path = folder.file("d");
  auto first = Connection::open(path).take();
  REQUIRE(first.exec("CREATE TABLE t(a); BEGIN IMMEDIATE").ok());
  auto second = first.connect().take();
  int attempts = 0;
  second.set_busy_handler(
      [](void* context, int attempt) {
        *static_cast<int*>(context) = attempt + 1;
        return attempt < 3 ? 1 : 0;
      },
      &attempts);
  CHECK(second.exec("INSERT INTO t VALUES(1)").primary() == Code::Busy);
  CHECK(attempts == 4);
}

TEST_CASE("Blob, ReadsAndWritesPiecesAndEndsWithItsRow") {
  Session session;
  Connection& db = session.connection;
  session.rows("CREATE TABLE t(id INTEGER PRIMARY KEY, b); INSERT INTO t VALUES(1, x'00112233'), (2, 'text'), (3, 7)");
  auto blob = db.open_blob("main", "t", "b", 1, true).take();
  CHECK(blob.size_bytes() == 4);
  REQUIRE(blob.write(1, "AB").ok());
  char piece[3] = {};
  REQUIRE(blob.read(1, piece, 2).ok());
  CHECK(std::string(piece) == "AB");
  CHECK(session.rows("SELECT hex(b) FROM t WHERE id=1") == "00414233");
  CHECK(blob.read(3, piece, 2).primary() == Code::Error);
  CHECK(blob.write(4, "x").primary() == Code::Error);
  REQUIRE(blob.reopen(2).ok());
  CHECK(failure(db.open_blob("main", "t", "b", 3, false).status()) == "cannot open value of type integer");
  CHECK(failure(db.open_blob("main", "t", "b", 9, false).status()) == "no such rowid: 9");
  CHECK(failure(db.open_blob("main", "u", "b", 1, false).status()) == "no such table: main.u");
  auto reader = db.open_blob("main", "t", "b", 1, false).take();
  CHECK(reader.write(0, "x").primary() == Code::ReadOnly);
  session.rows("DELETE FROM t WHERE id=2");
  CHECK(blob.read(0, piece, 1).primary() == Code::Abort);
  CHECK(blob.size_bytes() == 0);
}

TEST_CASE("Connection, ImagesCarryADatabaseFromOneToAnother") {
  Session from;
  from.rows("CREATE TABLE t(a); INSERT INTO t VALUES(1), (2)");
  std::string image = from.connection.serialize().take();
  CHECK(image.substr(0, 15) == "SQLite format 3");
  Session to;
  REQUIRE(to.connection.deserialize(image).ok());
  CHECK(to.rows("SELECT a FROM t; PRAGMA integrity_check") == "1\n2\nok");
  CHECK(to.connection.deserialize("not a database").primary() == Code::NotADb);
  CHECK(failure(to.connection.serialize("nobody").status()) == "unknown database nobody");
  CHECK(from.connection.serialize("temp").take().empty());
}
