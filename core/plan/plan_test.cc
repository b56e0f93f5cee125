// Plans as text: statements over one small schema, bound, planned, and told in the words of EXPLAIN QUERY PLAN.
#include <doctest/doctest.h>

#include "bind/bind_test_support.h"
#include "plan/explain/explain.h"
#include "plan/planner.h"

namespace sqlrite::plan {
namespace {

constexpr const char* kSchema =
    "CREATE TABLE t(id INTEGER PRIMARY KEY, a INT, b TEXT, c REAL, d);"
    "CREATE INDEX t_a ON t(a);"
    "CREATE INDEX t_bc ON t(b, c);"
    "CREATE INDEX t_part ON t(c) WHERE d IS NOT NULL;"
    "CREATE INDEX t_expr ON t(a+id);"
    "CREATE TABLE u(x INTEGER PRIMARY KEY, t_id INT, y TEXT UNIQUE, z INT NOT NULL);"
    "CREATE INDEX u_t ON u(t_id);"
    "CREATE TABLE w(k TEXT, n INT, v, PRIMARY KEY(k, n)) WITHOUT ROWID;"
    "CREATE TABLE bare(p INT, q INT);"
    "CREATE TABLE nc(s TEXT COLLATE NOCASE);"
    "CREATE INDEX nc_s ON nc(s);"
    "CREATE VIEW v1 AS SELECT id, a+1 AS a1, b FROM t WHERE a > 10;"
    "CREATE VIEW v2 AS SELECT a, count(*) AS n FROM t GROUP BY a;";

struct Planner {
  bind::TestDatabase database;
  Planner() { REQUIRE(database.create(kSchema) == ""); }

  // Rows joined by " | ", "> " for each level of depth.
  std::string operator()(std::string_view sql, bool tree = false) {
    StatementPlan plan;
    std::string error = database.bind(sql);
    if (!error.empty()) return "ERR " + error;
    Status status = database.query != nullptr    ? plan_select(database.query, plan)
                    : database.insert != nullptr ? plan_insert(database.insert, plan)
                    : database.update != nullptr ? plan_update(database.update, plan)
                                                 : plan_delete(database.erase, plan);
    if (!status.ok()) return "ERR " + std::string(status.message());
    std::string text;
    std::map<int32_t, int> depth;
    for (const ExplainRow& row : tree ? explain_plan_tree(plan) : explain_query_plan(plan)) {
      depth[row.id] = row.parent != 0 ? depth[row.parent] + 1 : 0;
      if (!text.empty()) text += " | ";
      if (!tree) {
        for (int i = 0; i < depth[row.id]; ++i) text += "> ";
      }
      text += row.detail;
    }
    return text;
  }
  std::string tree(std::string_view sql) { return (*this)(sql, true); }
};

}  // namespace

TEST_CASE("Planner, picks the access of one table as SQLite does") {
  Planner plan;
  CHECK(plan("SELECT a FROM t WHERE id=?") == "SEARCH t USING INTEGER PRIMARY KEY (rowid=?)");
  CHECK(plan("SELECT * FROM t WHERE id>5 AND id<=10") == "SEARCH t USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)");
  CHECK(plan("SELECT * FROM t WHERE a=1") == "SEARCH t USING INDEX t_a (a=?)");
  CHECK(plan("SELECT a FROM t WHERE a=1") == "SEARCH t USING COVERING INDEX t_a (a=?)");
  CHECK(plan("SELECT * FROM t WHERE a=1 OR a=2") == "SEARCH t USING INDEX t_a (a=?)");
  CHECK(plan("SELECT * FROM t WHERE b='x' AND c BETWEEN 1 AND 2") == "SEARCH t USING INDEX t_bc (b=? AND c>? AND c<?)");
  CHECK(plan("SELECT * FROM t WHERE a=1 OR b='x'") ==
        "MULTI-INDEX OR | > INDEX 1 | > > SEARCH t USING INDEX t_a (a=?) | > INDEX 2 | > > SEARCH t USING INDEX t_bc "
        "(b=?)");
  CHECK(plan("SELECT * FROM t WHERE +a=1") == "SCAN t");
  CHECK(plan("SELECT * FROM t WHERE a IS NULL") == "SEARCH t USING INDEX t_a (a=?)");
  CHECK(plan("SELECT * FROM t WHERE a+id=7") == "SEARCH t USING INDEX t_expr (<expr>=?)");
  CHECK(plan("SELECT * FROM w WHERE k='a' AND n=3") == "SEARCH w USING PRIMARY KEY (k=? AND n=?)");
  CHECK(plan("SELECT * FROM t NOT INDEXED WHERE a=3") == "SCAN t");
  CHECK(plan("SELECT * FROM t INDEXED BY t_part WHERE c=3") == "ERR no query solution");
}

TEST_CASE("Planner, a partial index needs its condition implied") {
  Planner plan;
  CHECK(plan("SELECT * FROM t WHERE c=4") == "SCAN t");
  CHECK(plan("SELECT * FROM t WHERE d IS NOT NULL AND c=4") == "SEARCH t USING INDEX t_part (c=?)");
  CHECK(plan("SELECT * FROM t WHERE d>3 AND c=4") == "SEARCH t USING INDEX t_part (c=?)");
}

TEST_CASE("Planner, affinity and collation decide whether an index fits a comparison") {
  Planner plan;
  CHECK(plan("SELECT * FROM t, u WHERE t.b=u.z AND u.x=1") == "SEARCH u USING INTEGER PRIMARY KEY (rowid=?) | SCAN t");
  CHECK(plan("SELECT * FROM nc WHERE s='x' COLLATE BINARY") == "SCAN nc");
  CHECK(plan("SELECT * FROM nc WHERE s='x'") == "SEARCH nc USING COVERING INDEX nc_s (s=?)");
  CHECK(plan("SELECT * FROM nc WHERE s LIKE 'abc%'") == "SEARCH nc USING COVERING INDEX nc_s (s>? AND s<?)");
  CHECK(plan("SELECT * FROM t WHERE b LIKE 'abc%'") == "SCAN t");
  CHECK(plan("SELECT * FROM t WHERE b GLOB 'abc*'") == "SEARCH t USING INDEX t_bc (b>? AND b<?)");
}

TEST_CASE("Planner, an index gives the order where it can") {
  Planner plan;
  CHECK(plan("SELECT * FROM t ORDER BY id DESC") == "SCAN t");
  CHECK(plan("SELECT * FROM t ORDER BY b, c") == "SCAN t USING INDEX t_bc");
  CHECK(plan("SELECT * FROM t ORDER BY b, d") == "SCAN t USING INDEX t_bc | USE TEMP B-TREE FOR LAST TERM OF ORDER BY");
  CHECK(plan("SELECT * FROM t WHERE b='x' ORDER BY c DESC") == "SEARCH t USING INDEX t_bc (b=?)");
  CHECK(plan("SELECT a, count(*) FROM t GROUP BY a") == "SCAN t USING COVERING INDEX t_a");
  CHECK(plan("SELECT d, count(*) FROM t GROUP BY d ORDER BY 2") ==
        "SCAN t | USE TEMP B-TREE FOR GROUP BY | USE TEMP B-TREE FOR ORDER BY");
  CHECK(plan("SELECT DISTINCT a FROM t") == "SCAN t USING COVERING INDEX t_a");
  CHECK(plan("SELECT DISTINCT d FROM t") == "SCAN t | USE TEMP B-TREE FOR DISTINCT");
  CHECK(plan("SELECT max(a) FROM t") == "SEARCH t USING COVERING INDEX t_a");
}

TEST_CASE("Planner, joins start where the fewest rows are") {
  Planner plan;
  CHECK(plan("SELECT * FROM t JOIN u ON t.id=u.t_id WHERE t.a=5") ==
        "SEARCH t USING INDEX t_a (a=?) | SEARCH u USING INDEX u_t (t_id=?)");
  CHECK(plan("SELECT * FROM t LEFT JOIN u ON t.id=u.t_id") == "SCAN t | SEARCH u USING INDEX u_t (t_id=?) LEFT-JOIN");
  CHECK(plan("SELECT * FROM bare n1, bare n2 WHERE n1.p=n2.p") ==
        "SCAN n1 | SEARCH n2 USING AUTOMATIC COVERING INDEX (p=?)");
}

TEST_CASE("Planner, a condition that fails for NULL makes a LEFT JOIN an inner one; an unread one disappears") {
  Planner plan;
  CHECK(plan("SELECT * FROM t LEFT JOIN u ON t.id=u.t_id WHERE u.z=3") ==
        "SCAN u | SEARCH t USING INTEGER PRIMARY KEY (rowid=?)");
  CHECK(plan("SELECT t.* FROM t LEFT JOIN u ON t.id=u.x") == "SCAN t");
}

TEST_CASE("Planner, views are flattened or take conditions in") {
  Planner plan;
  CHECK(plan("SELECT * FROM v1 WHERE a1=12") == "SEARCH t USING INDEX t_a (a>?)");
  CHECK(plan("SELECT * FROM v2 WHERE a=3") == "CO-ROUTINE v2 | > SEARCH t USING COVERING INDEX t_a (a=?) | SCAN v2");
}

TEST_CASE("Planner, a correlated block without a fitting index keeps its rows in a hash table") {
  Planner plan;
  CHECK(plan("SELECT (SELECT max(q) FROM bare WHERE p=t.a) FROM t") ==
        "SCAN t USING COVERING INDEX t_a | CORRELATED SCALAR SUBQUERY 1 | > SEARCH bare USING AUTOMATIC COVERING INDEX "
        "(p=?)");
}

TEST_CASE("Planner, changes find their rows by index") {
  Planner plan;
  CHECK(plan("UPDATE t SET a=a+1 WHERE a=3") == "SEARCH t USING INDEX t_a (a=?)");
  CHECK(plan("DELETE FROM t WHERE id=4") == "SEARCH t USING INTEGER PRIMARY KEY (rowid=?)");
  CHECK(plan.tree("DELETE FROM t") == "Delete t all rows");
}

TEST_CASE("Planner, conditions are checked where their columns are first known") {
  Planner plan;
  CHECK(plan.tree("SELECT a FROM t WHERE id=1 AND b='x'") ==
        "Project t.a |   TableScan t key rowid=1 unique filter t.b='x'");
  CHECK(plan.tree("SELECT t.a FROM t LEFT JOIN u ON t.id=u.t_id AND u.z=4 WHERE u.y IS NULL") ==
        "Project t.a |   NestedLoopJoin left filter u.y is null |     IndexScan t index t_a covering |     IndexScan u "
        "index u_t key t_id=t.id filter u.z=4");
}

TEST_CASE("Planner, a join of sixty tables is planned") {
  Planner plan;
  std::string sql = "SELECT count(*) FROM u AS u0";
  for (int i = 1; i < 60; ++i) {
    std::string name = "u" + std::to_string(i), before = "u" + std::to_string(i - 1);
    sql += " JOIN u AS " + name + " ON " + name + ".t_id=" + before + ".x";
  }
  CHECK(plan(sql).substr(0, 4) == "SCAN");
}

}  // namespace sqlrite::plan
