// sqlrite_scaling: how the time of a statement grows with its data, on our library and on stock SQLite.
//
//   sqlrite_scaling --ours LIB --stock LIB [--only TEXT] [--repetitions 3]
//
// Each shape runs over N, 4N and 16N rows on both engines; the figure is the growth from N to 16N, the least CPU time
// of the repetitions each. A shape fails when ours grows more than 1.3 times as fast as stock's and is slower than
// stock at 16N: it would be slower still on more rows. Answers are compared too.
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "workload.h"

using namespace sqlrite::bench;

namespace {

constexpr double kGrowthRatioMax = 1.3;
constexpr int kRowsSmall = 2000;     // N of shapes that read each row a few times
constexpr int kRowsQuadratic = 150;  // N of shapes that both engines answer by looking at all pairs

struct Shape {
  const char* name;
  const char* sql;
  bool quadratic = false;
};

// t: id, a (unique, random order), b (a tenth as many values), c (text), d (real). u: id, tid (two for each t), v, w.
// Both indexed as ia, ib, ic, iu; p and q hold the same without any index.
constexpr const char* kTables =
    "CREATE TABLE t(id INTEGER PRIMARY KEY, a INTEGER, b INTEGER, c TEXT, d REAL);"
    "CREATE TABLE u(id INTEGER PRIMARY KEY, tid INTEGER, v INTEGER, w TEXT);"
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < :N)"
    " INSERT INTO t SELECT i, (i*7919) % 1000003, i % (:N/10), printf('text %06d', (i*31) % 100003), i*0.37 FROM n;"
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 2*:N)"
    " INSERT INTO u SELECT i, 1 + (i*13) % :N, i % 97, 'w' || (i % 1000) FROM n;"
    "CREATE TABLE p AS SELECT * FROM t; CREATE TABLE q AS SELECT * FROM u;"
    "CREATE TABLE k(a INTEGER, b INTEGER, c TEXT, PRIMARY KEY(a, b)) WITHOUT ROWID;"
    "INSERT INTO k SELECT b, id, c FROM t;"
    "CREATE UNIQUE INDEX ia ON t(a); CREATE INDEX ib ON t(b); CREATE INDEX ic ON t(c); CREATE INDEX iu ON u(tid, v);";

const Shape kShapes[] = {
    {"scan sum", "SELECT sum(b), count(*), max(d) FROM p"},
    {"scan filter", "SELECT id, c FROM p WHERE b % 7 = 3"},
    {"scan like", "SELECT count(*) FROM p WHERE c LIKE '%77%'"},
    {"scan substring", "SELECT sum(length(substr(c, 3, 4) || upper(c))) FROM p"},
    {"scan case", "SELECT sum(CASE WHEN b > 10 THEN a WHEN b > 5 THEN 1 ELSE 0 END) FROM p"},
    {"count", "SELECT count(*) FROM t"},
    {"min max by index", "SELECT min(a), max(a) FROM t"},
    {"min by index", "SELECT min(c) FROM t"},
    {"range of rowids", "SELECT sum(a) FROM t WHERE id BETWEEN 10 AND (SELECT count(*) FROM t) / 2"},
    {"range of index", "SELECT sum(d) FROM t WHERE a BETWEEN 1000 AND 500000"},
    {"range of covering index", "SELECT sum(a) FROM t WHERE a BETWEEN 1000 AND 500000"},
    {"equal by index", "SELECT * FROM t WHERE b = 5"},
    {"in list", "SELECT count(d) FROM t WHERE a IN (7919, 15838, 23757, 1, 2, 3)"},
    {"in sub-query", "SELECT count(*) FROM p WHERE a IN (SELECT a FROM p WHERE b < 20)"},
    {"not in sub-query", "SELECT count(*) FROM p WHERE a NOT IN (SELECT a FROM p WHERE b < 20)"},
    {"or of indexes", "SELECT count(d) FROM t WHERE b = 3 OR a = 7919"},
    {"like prefix", "SELECT count(*) FROM t WHERE c GLOB 'text 00*'"},
    {"order by int", "SELECT id FROM p ORDER BY a"},
    {"order by text", "SELECT id FROM p ORDER BY c"},
    {"order by two", "SELECT id FROM p ORDER BY b, c DESC"},
    {"order by expression", "SELECT id FROM p ORDER BY a % 1000, -id"},
    {"order by index", "SELECT id, d FROM t ORDER BY a"},
    {"order by limit", "SELECT id, c FROM p ORDER BY a LIMIT 10"},
    {"order by limit offset", "SELECT id, c FROM p ORDER BY a LIMIT 10 OFFSET 1000"},
    {"limit offset", "SELECT id FROM p LIMIT 10 OFFSET 1500"},
    {"order by rowid desc limit", "SELECT * FROM t ORDER BY id DESC LIMIT 20"},
    {"order by index desc limit", "SELECT * FROM t ORDER BY a DESC LIMIT 20"},
    {"group by few", "SELECT v, count(*), sum(tid) FROM q GROUP BY v"},
    {"group by many", "SELECT a, count(*) FROM p GROUP BY a"},
    {"group by text", "SELECT c, max(d) FROM p GROUP BY c"},
    {"group by index", "SELECT b, sum(d) FROM t GROUP BY b"},
    {"group by expression", "SELECT b % 50, avg(d) FROM p GROUP BY 1"},
    {"group by having", "SELECT tid, count(*) FROM q GROUP BY tid HAVING count(*) > 1"},
    {"group by order by", "SELECT b, count(*) n FROM p GROUP BY b ORDER BY n DESC, b"},
    {"group concat", "SELECT length(group_concat(c)) FROM p GROUP BY b"},
    {"distinct", "SELECT DISTINCT b FROM p"},
    {"distinct two", "SELECT DISTINCT v, w FROM q"},
    {"count distinct", "SELECT count(DISTINCT a) FROM p"},
    {"union", "SELECT a FROM p UNION SELECT tid FROM q"},
    {"union all order", "SELECT a FROM p UNION ALL SELECT tid FROM q ORDER BY 1"},
    {"intersect", "SELECT a FROM p INTERSECT SELECT tid FROM q"},
    {"except", "SELECT tid FROM q EXCEPT SELECT a FROM p"},
    {"join by rowid", "SELECT count(*), sum(t.d) FROM q JOIN t ON t.id = q.tid"},
    {"join by index", "SELECT count(*), sum(u.v) FROM t JOIN u ON u.tid = t.id WHERE t.b < 50"},
    {"join without index", "SELECT count(*) FROM p JOIN q ON q.tid = p.id"},
    {"left join", "SELECT count(u.id), count(*) FROM t LEFT JOIN u ON u.tid = t.id AND u.v = 5"},
    {"left join without index", "SELECT count(q.id), count(*) FROM p LEFT JOIN q ON q.tid = p.a"},
    {"full join", "SELECT count(*) FROM p FULL JOIN q ON q.tid = p.a", true},
    {"three-way join", "SELECT count(*) FROM t JOIN u ON u.tid = t.id JOIN k ON k.a = t.b AND k.b = t.id"},
    {"join with selective filter",
     "SELECT t.c, u.w FROM t JOIN u ON u.tid = t.id WHERE t.a < 5000 ORDER BY t.id, u.id"},
    {"self join on text", "SELECT count(*) FROM p x JOIN p y ON x.c = y.c"},
    {"self join by index", "SELECT count(*) FROM t x JOIN t y ON x.b = y.b"},
    {"join by range", "SELECT count(*) FROM p x JOIN t y ON y.a > x.a AND y.a < x.a + 50"},
    {"cross join", "SELECT count(*) FROM p x, p y WHERE x.a + y.a = 100", true},
    {"join by inequality", "SELECT count(*) FROM p x JOIN p y ON x.a < y.d", true},
    {"exists by index", "SELECT count(*) FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.tid = t.id AND u.v > 50)"},
    {"not exists by index",
     "SELECT count(*) FROM t WHERE NOT EXISTS (SELECT 1 FROM u WHERE u.tid = t.id AND u.v = 50)"},
    {"correlated sum by index", "SELECT sum((SELECT sum(v) FROM u WHERE u.tid = t.id)) FROM t"},
    {"correlated scalar", "SELECT sum((SELECT count(*) FROM q WHERE q.tid = p.id)) FROM p", true},
    {"correlated exists", "SELECT count(*) FROM p WHERE EXISTS (SELECT 1 FROM q WHERE q.tid = p.id AND q.v = 96)",
     true},
    {"sub-query in from", "SELECT count(*) FROM (SELECT b, max(a) m FROM p GROUP BY b) s JOIN p ON p.a = s.m"},
    {"view of union", "SELECT sum(x) FROM (SELECT a x FROM p UNION ALL SELECT tid FROM q) WHERE x > 500"},
    {"with used twice",
     "WITH s AS (SELECT b, count(*) n FROM p GROUP BY b) SELECT count(*) FROM s x JOIN s y ON x.b = y.b"},
    {"recursive count",
     "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM c WHERE i < (SELECT count(*) FROM t)) SELECT sum(i) "
     "FROM c"},
    {"recursive walk",
     "WITH RECURSIVE r(i) AS (SELECT 1 UNION SELECT u.v*20 + r.i % 20 FROM r JOIN u ON u.tid = r.i) SELECT count(*) "
     "FROM r"},
    {"without rowid range", "SELECT count(c) FROM k WHERE a BETWEEN 5 AND 90"},
    {"without rowid lookup", "SELECT count(k.c) FROM p JOIN k ON k.a = p.b AND k.b = p.id"},
    {"json", "SELECT sum(json_extract(json_array(a, b, c), '$[1]')) FROM p"},
    {"insert", "INSERT INTO t SELECT id + 10000000, a + 10000000, b, c, d FROM p"},
    {"insert in random order", "INSERT INTO k SELECT a, id + 10000000, c FROM p"},
    {"insert into itself", "INSERT INTO p SELECT * FROM p"},
    {"insert or ignore", "INSERT OR IGNORE INTO t SELECT id, a, b, c, d FROM p"},
    {"replace", "REPLACE INTO t SELECT id, a, b + 1, c, d FROM p"},
    {"upsert", "INSERT INTO t SELECT * FROM p WHERE true ON CONFLICT(id) DO UPDATE SET d = excluded.d + 1"},
    {"update all", "UPDATE p SET b = b + 1"},
    {"update all longer", "UPDATE p SET c = c || ' and more'"},
    {"update indexed", "UPDATE t SET b = b + 1"},
    {"update by index", "UPDATE t SET d = d + 1 WHERE b < 30"},
    {"update by sub-query", "UPDATE t SET d = (SELECT count(*) FROM u WHERE u.tid = t.id)"},
    {"update from", "UPDATE t SET d = q.v FROM q WHERE q.tid = t.id"},
    {"update key", "UPDATE t SET id = id + 100000000"},
    {"delete half", "DELETE FROM p WHERE rowid % 2"},
    {"delete indexed half", "DELETE FROM t WHERE id % 2"},
    {"delete by index", "DELETE FROM t WHERE b < 50"},
    {"delete all", "DELETE FROM t"},
    {"delete by sub-query", "DELETE FROM t WHERE id IN (SELECT tid FROM u WHERE v < 30)"},
    {"create index on int", "CREATE INDEX new_index ON p(a)"},
    {"create index on text", "CREATE INDEX new_index ON p(c, a)"},
    {"create table as", "CREATE TABLE new_table AS SELECT * FROM p WHERE b > 3"},
    {"drop table", "DROP TABLE t"},
    {"add column", "ALTER TABLE p ADD COLUMN extra DEFAULT 5"},
    {"drop column", "ALTER TABLE p DROP COLUMN b"},
    {"analyze", "ANALYZE"},
    {"integrity check", "PRAGMA integrity_check"},
};

std::string with_count(const std::string& sql, int count) {
  std::string out;
  for (size_t i = 0; i < sql.size(); ++i) {
    if (sql.compare(i, 2, ":N") == 0) {
      out += std::to_string(count);
      ++i;
    } else {
      out += sql[i];
    }
  }
  return out;
}

double cpu_ns() {
  timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

// One run, undone afterwards.
double run_once(Database& database, const Shape& shape, uint64_t* checksum) {
  database.exec("BEGIN");
  double before = cpu_ns();
  *checksum = 0;
  {
    Statement statement(database, shape.sql);
    statement.drain(checksum);
  }
  double spent = cpu_ns() - before;
  database.exec("ROLLBACK");
  return spent;
}

struct Measured {
  double ns[3] = {1e18, 1e18, 1e18};
  uint64_t checksum[3] = {};
  double growth() const { return ns[2] / ns[0]; }
};

}  // namespace

int main(int argc, char** argv) {
  std::string ours, stock, only;
  int repetitions = 3;
  for (int i = 1; i + 1 < argc; i += 2) {
    std::string option = argv[i];
    if (option == "--ours")
      ours = argv[i + 1];
    else if (option == "--stock")
      stock = argv[i + 1];
    else if (option == "--only")
      only = argv[i + 1];
    else if (option == "--repetitions")
      repetitions = std::max(1, std::atoi(argv[i + 1]));
    else {
      std::fprintf(stderr, "sqlrite_scaling: unknown option %s\n", argv[i]);
      return 2;
    }
  }
  SqliteApi engines[2];
  if (!engines[0].load(ours) || !engines[1].load(stock)) return 2;
  // Databases of the three sizes for either kind of shape: [engine][kind][size].
  std::unique_ptr<Database> databases[2][2][3];
  for (int kind = 0; kind < 2; ++kind) {
    for (int size = 0; size < 3; ++size) {
      int count = (kind == 0 ? kRowsSmall : kRowsQuadratic) << (2 * size);
      for (int engine = 0; engine < 2; ++engine) {
        auto& database = databases[engine][kind][size];
        database = std::make_unique<Database>(engines[engine], ":memory:");
        database->exec(with_count(kTables, count));
      }
    }
  }
  int passed = 0, failed = 0;
  std::printf("%-28s %12s %12s %8s %8s %8s\n", "shape", "ours 16N us", "stock 16N us", "x stock", "ours 16x",
              "stock 16x");
  for (const Shape& shape : kShapes) {
    if (!only.empty() && std::strstr(shape.name, only.c_str()) == nullptr) continue;
    Measured measured[2];
    for (int repetition = 0; repetition < repetitions; ++repetition) {
      for (int size = 0; size < 3; ++size) {
        for (int engine = 0; engine < 2; ++engine) {
          Measured& m = measured[engine];
          double spent = run_once(*databases[engine][shape.quadratic][size], shape, &m.checksum[size]);
          m.ns[size] = std::min(m.ns[size], spent);
        }
      }
    }
    const Measured& a = measured[0];
    const Measured& b = measured[1];
    bool equal = std::memcmp(a.checksum, b.checksum, sizeof a.checksum) == 0;
    bool grows = a.growth() > kGrowthRatioMax * b.growth() && a.ns[2] > b.ns[2];
    std::printf("%-28s %12.0f %12.0f %8.2f %8.1f %8.1f%s%s\n", shape.name, a.ns[2] / 1e3, b.ns[2] / 1e3,
                b.ns[2] / a.ns[2], a.growth(), b.growth(), equal ? "" : "  ANSWER DIFFERS",
                grows ? "  GROWS FASTER" : "");
    std::fflush(stdout);
    if (equal && !grows)
      ++passed;
    else
      ++failed;
  }
  std::printf("%d passed, %d failed\n", passed, failed);
  return failed > 0;
}
