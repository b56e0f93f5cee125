#include "workload.h"

namespace sqlrite::bench {

namespace {

constexpr int kPoints = 40000;

// Texts of t.u by rowid, read once per run so that look-ups hit.
std::vector<std::string> unique_texts(Database& database) {
  std::vector<std::string> texts;
  Statement statement(database, "SELECT u FROM t ORDER BY id LIMIT 20000");
  while (database.api.step(statement.handle) == harness::kRow) {
    texts.emplace_back(reinterpret_cast<const char*>(database.api.column_text(statement.handle, 0)));
  }
  return texts;
}

Outcome point(Database& database, int repetition, bool in_transaction) {
  Outcome outcome;
  Random random(static_cast<uint64_t>(11 + repetition));
  if (in_transaction) database.exec("BEGIN");
  {
    Statement statement(database, "SELECT v, u FROM t WHERE id = ?");
    for (int i = 0; i < kPoints; ++i) {
      statement.bind(1, random.below(100000) + 1);
      outcome.operations += statement.drain(&outcome.checksum);
    }
  }
  if (in_transaction) database.exec("COMMIT");
  return outcome;
}

Outcome prepared_each_time(Database& database, int repetition, bool new_text) {
  Outcome outcome;
  Random random(static_cast<uint64_t>(12 + repetition));
  for (int i = 0; i < 10000; ++i) {
    int64_t id = random.below(100000) + 1;
    Statement statement(
        database, new_text ? "SELECT v, u FROM t WHERE id = " + std::to_string(id) + " AND v >= -" + std::to_string(i)
                           : "SELECT v, u FROM t WHERE id = ?");
    if (!new_text) statement.bind(1, id);
    statement.drain(&outcome.checksum);
    ++outcome.operations;
  }
  return outcome;
}

Outcome range(Database& database, int repetition, const char* sql, int width) {
  Outcome outcome;
  Random random(static_cast<uint64_t>(21 + repetition));
  Statement statement(database, sql);
  for (int i = 0; i < 200000 / width; ++i) {
    int64_t from = random.below(100000 - width);
    statement.bind(1, from);
    statement.bind(2, from + width);
    outcome.operations += statement.drain(&outcome.checksum);
  }
  return outcome;
}

Outcome insert_rows(Database& database, int rows, bool in_transaction) {
  Outcome outcome;
  Random random(31);
  if (in_transaction) database.exec("BEGIN");
  {
    Statement statement(database, "INSERT INTO t VALUES(?,?,?,?,?)");
    std::string pad(40, 'p');
    for (int i = 1; i <= rows; ++i) {
      std::string unique = "user-" + std::to_string(i) + "-abcdefghijkl";
      statement.bind(1, i);
      statement.bind(2, random.below(100000));
      statement.bind(3, unique);
      statement.bind(4, random.below(1000000));
      statement.bind(5, pad);
      statement.drain(&outcome.checksum);
      ++outcome.operations;
    }
  }
  if (in_transaction) database.exec("COMMIT");
  Statement check(database, "SELECT count(*), sum(k), sum(v) FROM t");
  check.drain(&outcome.checksum);
  return outcome;
}

Workload statement(const char* name, const char* data, const char* sql, int64_t rows, bool writes = false) {
  Workload workload;
  workload.name = name;
  workload.data = data;
  workload.sql = sql;
  workload.rows = rows;
  workload.writes = writes;
  return workload;
}

Workload program(const char* name, const char* data, Outcome (*run)(Database&, int), bool writes = false,
                 const char* settings = "") {
  Workload workload;
  workload.name = name;
  workload.data = data;
  workload.run = run;
  workload.writes = writes;
  workload.settings = settings;
  return workload;
}

}  // namespace

std::vector<Workload> all_workloads() {
  constexpr int64_t kBig = 1000000;
  const char* kExclusive = "PRAGMA locking_mode=EXCLUSIVE";
  std::vector<Workload> list;
  auto w1 = [](Database& d, int r) { return point(d, r, false); };
  list.push_back(program("W1 point by rowid", "t", w1));
  list.push_back(program("W1x point by rowid, EXCLUSIVE", "t", w1, false, kExclusive));
  list.push_back(
      program("W1t point by rowid in one transaction", "t", [](Database& d, int r) { return point(d, r, true); }));
  list.push_back(program("W1p point by rowid, prepared each time", "t",
                         [](Database& d, int r) { return prepared_each_time(d, r, false); }));
  list.push_back(program("W1u point by rowid, every text new", "t",
                         [](Database& d, int r) { return prepared_each_time(d, r, true); }));
  list.push_back(program("W2 index range of 1,000 with rows", "t", [](Database& d, int r) {
    return range(d, r, "SELECT id, k, v FROM t WHERE k >= ? AND k < ?", 1000);
  }));
  list.push_back(program("W2s index range of 100 with rows", "t", [](Database& d, int r) {
    return range(d, r, "SELECT id, k, v FROM t WHERE k >= ? AND k < ?", 100);
  }));
  list.push_back(program("W2c covering index range of 1,000", "t", [](Database& d, int r) {
    return range(d, r, "SELECT id, k FROM t WHERE k >= ? AND k < ?", 1000);
  }));
  list.push_back(
      program("W3 bulk insert", "empty", [](Database& d, int) { return insert_rows(d, 100000, true); }, true));
  list.push_back(program(
      "W3i bulk insert with a random index", "empty",
      [](Database& d, int) {
        d.exec("CREATE INDEX t_k ON t(k)");
        return insert_rows(d, 100000, true);
      },
      true));
  auto w4 = [](Database& d, int) { return insert_rows(d, 20000, false); };
  list.push_back(program("W4 autocommit insert, NORMAL", "empty", w4, true));
  list.push_back(program("W4x autocommit insert, EXCLUSIVE", "empty", w4, true, kExclusive));
  list.push_back(program(
      "W4f autocommit insert, FULL", "empty",
      [](Database& d, int) {
        Outcome outcome = insert_rows(d, 1000, false);
        outcome.wall_time = true;
        return outcome;
      },
      true, "PRAGMA synchronous=FULL"));
  auto w5 = [](Database& d, int) {
    Outcome outcome;
    Random random(51);
    Statement select(d, "SELECT v FROM t WHERE id = ?"), update(d, "UPDATE t SET v = ? WHERE id = ?");
    for (int i = 0; i < 20000; ++i) {
      int64_t id = random.below(100000) + 1;
      if (i & 1) {
        update.bind(1, i);
        update.bind(2, id);
        update.drain(&outcome.checksum);
      } else {
        select.bind(1, id);
        select.drain(&outcome.checksum);
      }
      ++outcome.operations;
    }
    return outcome;
  };
  list.push_back(program("W5 half select, half update", "t", w5, true));
  list.push_back(program("W5x half select, half update, EXCLUSIVE", "t", w5, true, kExclusive));
  auto w6 = [](Database& d, int repetition) {
    std::vector<std::string> texts = unique_texts(d);
    Outcome outcome;
    Random random(static_cast<uint64_t>(61 + repetition));
    Statement select(d, "SELECT v, u FROM t WHERE u = ?");
    for (int i = 0; i < kPoints; ++i) {
      select.bind(1, texts[static_cast<size_t>(random.below(static_cast<int64_t>(texts.size())))]);
      outcome.operations += select.drain(&outcome.checksum);
    }
    return outcome;
  };
  list.push_back(program("W6 unique text index", "t", w6));
  list.push_back(program("W6x unique text index, EXCLUSIVE", "t", w6, false, kExclusive));
  list.push_back(statement("W7 SUM of a column of 7", "big", "SELECT SUM(v) FROM big", kBig));
  list.push_back(statement("W7n SUM of a column of 2", "nar", "SELECT SUM(v) FROM nar", kBig));
  list.push_back(statement("W7f SUM, MIN, MAX, AVG", "big", "SELECT SUM(f), MIN(v), MAX(v), AVG(g1k) FROM big", kBig));
  list.push_back(statement("W7c COUNT(*)", "big", "SELECT COUNT(*) FROM big", kBig));
  list.push_back(
      statement("W8 GROUP BY, 10 groups", "big", "SELECT g10, COUNT(*), SUM(v) FROM big GROUP BY g10", kBig));
  list.push_back(
      statement("W8k GROUP BY, 1,000 groups", "big", "SELECT g1k, COUNT(*), SUM(v) FROM big GROUP BY g1k", kBig));
  list.push_back(
      statement("W8h GROUP BY, 100,000 groups", "big", "SELECT g100k, COUNT(*), SUM(v) FROM big GROUP BY g100k", kBig));
  list.push_back(program("W9a customer by key with its orders", "join", [](Database& d, int repetition) {
    Outcome outcome;
    Random random(static_cast<uint64_t>(91 + repetition));
    Statement select(d,
                     "SELECT c.name, o.amount FROM customers c JOIN orders o ON o.customer_id = c.id WHERE c.id = ?");
    for (int i = 0; i < 5000; ++i) {
      select.bind(1, random.below(10000) + 1);
      select.drain(&outcome.checksum);
      ++outcome.operations;
    }
    return outcome;
  }));
  list.push_back(
      statement("W9b join without an index", "join", "SELECT SUM(ja.v * jb.w) FROM ja JOIN jb ON ja.k = jb.k", 100000));
  list.push_back(statement("W9c join by key, grouped", "join",
                           "SELECT c.region, COUNT(*), SUM(o.amount) FROM orders o JOIN customers c ON c.id = "
                           "o.customer_id GROUP BY c.region",
                           100000));
  list.push_back(statement("G1 filter, ORDER BY, LIMIT 10", "big",
                           "SELECT id, v, s FROM big WHERE g10 < 5 ORDER BY v DESC, id LIMIT 10", kBig));
  list.push_back(statement("G2 ORDER BY an integer", "big", "SELECT id, v FROM big ORDER BY v, id", kBig));
  list.push_back(statement("G2t ORDER BY a text", "big", "SELECT id, s FROM big ORDER BY s", kBig));
  list.push_back(statement("G3 LIKE '%x%'", "big", "SELECT COUNT(*) FROM big WHERE s LIKE '%kaled%'", kBig));
  list.push_back(statement(
      "G4 correlated sub-query", "join",
      "SELECT COUNT(*) FROM customers c WHERE (SELECT SUM(amount) FROM orders o WHERE o.customer_id = c.id) > 500000",
      10000));
  list.push_back(statement(
      "G5 recursive CTE", "nar",
      "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 1000000) SELECT SUM(x) FROM c", kBig));
  list.push_back(statement("G8 SELECT * of 10 columns", "wide", "SELECT * FROM wide", 200000));
  list.push_back(statement("G8l SUM of the 10th column", "wide", "SELECT SUM(c9) FROM wide", 200000));
  list.push_back(statement("G9 COUNT(DISTINCT)", "big", "SELECT COUNT(DISTINCT g100k) FROM big", kBig));
  list.push_back(statement("G10 arithmetic filter", "big",
                           "SELECT COUNT(*) FROM big WHERE v * 3 + g1k > 1500000 AND f < 500.0 AND g10 <> 3", kBig));
  list.push_back(statement("G11 UPDATE of all rows", "big", "UPDATE big SET v = v + 1", kBig, true));
  list.push_back(
      statement("G12 DELETE of every second row", "big", "DELETE FROM big WHERE id % 2 = 0", kBig / 2, true));
  list.push_back(statement("G13 CREATE INDEX on integers", "big", "CREATE INDEX big_v ON big(v)", kBig, true));
  list.push_back(statement("G13t CREATE INDEX on texts", "big", "CREATE INDEX big_s ON big(s)", kBig, true));
  return list;
}

}  // namespace sqlrite::bench
