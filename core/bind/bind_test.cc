#include <doctest/doctest.h>

#include "bind/bind_test_support.h"

namespace sqlrite::bind {
namespace {

void create_all(TestDatabase& db, std::string_view script) { REQUIRE_EQ(db.create(script), ""); }

constexpr std::string_view kTables =
    "create table t(a,b,c); create table u(a,d); create table w(a,e); create view v as select a,b from t;"
    "create table p(id integer primary key, z text collate nocase, r real);"
    "create table g(a, b as (a+1), c as (b*2) stored)";

struct Case {
  const char* sql;
  const char* answer;
};

// Each answer is what SQLite 3.53 says.
const Case kMessages[] = {
    {"select a from t where count(*)>1", "misuse of aggregate function count()"},
    {"select count(*) from t where sum(a)>1", "misuse of aggregate: sum()"},
    {"select a from t order by count(*)", "misuse of aggregate: count()"},
    {"select (select sum(t.a)) from t", ""},
    {"select a from t where (select sum(t.a))>1", "misuse of aggregate: sum()"},
    {"select rowid from t,u", "ambiguous column name: rowid"},
    {"select rowid from t,v", ""},
    {"select rowid from v", "no such column: rowid"},
    {"select a from t join u", "ambiguous column name: a"},
    {"select a+1 as x from t where x>1", ""},
    {"select sum(a) as x from t where x>1", "misuse of aggregate: sum()"},
    {"select a as x from t where (select x)", ""},
    {"select a from t group by count(*)", "aggregate functions are not allowed in the GROUP BY clause"},
    {"select a from t group by 2", "1st GROUP BY term out of range - should be between 1 and 1"},
    {"select a from t order by 2", "1st ORDER BY term out of range - should be between 1 and 1"},
    {"select a from t union select a from u order by b",
     "1st ORDER BY term does not match any column in the result set"},
    {"select a from t union select a,d from u",
     "SELECTs to the left and right of UNION do not have the same number of result columns"},
    {"select a from t union all values(1,2)", "all VALUES must have the same number of terms"},
    {"select (select a,b from t)", "sub-select returns 2 columns - expected 1"},
    {"select (a,b) from t", "row value misused"},
    {"select a in (select a,b from t) from t", "sub-select returns 2 columns - expected 1"},
    {"select (a,b) in (1,2) from t", "IN(...) element has 1 term - expected 2"},
    {"select (a,b) in ((1,2),(3,4)) from t", ""},
    {"select (a,b) = (1,2,3) from t", "row value misused"},
    {"select (a,b)=(select 1) from t", "row value misused"},
    {"select abs(distinct 1)", ""},
    {"select abs(1,2)", "wrong number of arguments to function abs()"},
    {"select likelihood(1, 0.5), likelihood(1, 1.0)", ""},
    {"select likelihood(1, 2.5)", "second argument to likelihood() must be a constant between 0.0 and 1.0"},
    {"select likelihood(1, 1)", "second argument to likelihood() must be a constant between 0.0 and 1.0"},
    {"select likelihood(1, a) from t", "second argument to likelihood() must be a constant between 0.0 and 1.0"},
    {"select nofunc(1)", "no such function: nofunc"},
    {"select abs(1) filter (where 1)", "FILTER may not be used with non-aggregate abs()"},
    {"select abs(1 order by 1)", "ORDER BY may not be used with non-aggregate abs()"},
    {"select group_concat(distinct a,b) from t", "DISTINCT aggregates must have exactly one argument"},
    {"select sum(sum(a)) from t", "misuse of aggregate function sum()"},
    {"select count(*) from t having 1", ""},
    {"select a from t having 1", "HAVING clause on a non-aggregate query"},
    {"insert into t values(1,2)", "table t has 3 columns but 2 values were supplied"},
    {"insert into t(a,b) values(1)", "1 values for 2 columns"},
    {"insert into t(zz) values(1)", "table t has no column named zz"},
    {"insert into v values(1,2)", "cannot modify v because it is a view"},
    {"insert into nosuch values(1)", "no such table: nosuch"},
    {"insert into g values(1,2)", "table g has 1 columns but 2 values were supplied"},
    {"insert into g(b) values(1)", "cannot INSERT into generated column \"b\""},
    {"update g set b=1", "cannot UPDATE generated column \"b\""},
    {"update t set zz=1", "no such column: zz"},
    {"update t set (a,b)=(1,2,3)", "2 columns assigned 3 values"},
    {"update t set (a,b)=1", "2 columns assigned 1 values"},
    {"update t set (a,b)=(select 1)", "2 columns assigned 1 values"},
    {"update t set (a,b)=(select 1,2)", ""},
    {"update t set a=sum(1)", "misuse of aggregate function sum()"},
    {"update t set a=1 from t", "target object/alias may not appear in FROM clause: t"},
    {"update t set a=1 from t as t2 where t2.a=t.a returning *", ""},
    {"update t as q set a=q.b returning q.a", "no such column: q.a"},
    {"update t as q set a=q.b returning t.a", ""},
    {"update sqlite_master set sql=1", "table sqlite_master may not be modified"},
    {"delete from nosuch.t", "no such table: nosuch.t"},
    {"select * from main.nosuch", "no such table: main.nosuch"},
    {"select * from t limit a", "no such column: a"},
    {"select t.* from u", "no such table: t"},
    {"select *", "no tables specified"},
    {"with c as (select * from c) select * from c", "circular reference: c"},
    {"with c(x,y) as (select 1) select * from c", "table c has 1 values for 2 columns"},
    {"with recursive c(x) as (select 1 union all select x+1 from c, c as d) select * from c",
     "multiple references to recursive table: c"},
    {"with recursive c(x) as (select 1 union all select x from (select * from c)) select * from c",
     "circular reference: c"},
    {"with recursive c(x) as (select 1 union all select max(x) from c) select * from c",
     "recursive aggregate queries not supported"},
    {"with recursive c(x) as (select x from c union all select 1) select * from c", "circular reference: c"},
    {"with c as (select 1), c as (select 2) select * from c", "duplicate WITH table name: c"},
    {"with recursive c(x) as (values(1) union all select x+1 from c where x<10) select sum(x) from c", ""},
    {"select a from t union select a from u order by a collate nocase", ""},
    {"select nosuch.t.a from t", "no such column: nosuch.t.a"},
    {"select zz.a from t", "no such column: zz.a"},
    {"select \"zz\" from t", ""},
    {"select [zz] from t", "no such column: zz"},
    {"select a regexp 1 from t", "no such function: REGEXP"},
    {"select ?1 between (1,2) and 3", "row value misused"},
    {"select raise(ignore)", "RAISE() may only be used within a trigger-program"},
    {"select a from t indexed by zz", "no such index: zz"},
    {"select a from v indexed by zz", "no such index: zz"},
    {"update t set a=1 from v indexed by zz", "no such index: zz"},
    {"select a from v not indexed", ""},
    {"select * from t natural join u on 1", "a NATURAL join may not have an ON or USING clause"},
    {"select * from t join u using(zz)", "cannot join using column zz - column not present in both tables"},
    {"select a.a from t a join u a", "ambiguous column name: a.a"},
    {"select row_number() from t", "misuse of window function row_number()"},
    {"select * from t x join t y on z.a=1 join t z", ""},
    {"select * from t x left join t y on z.a=1 join t z", "ON clause references tables to its right"},
    {"select z.a, z.b from (t left join u using(a)) as z", ""},
    {"select t.b from (t left join u using(a)) as z", ""},
    {"select x.rowid from (t as x left join u)", ""},
    {"select rowid from t left join (u join w using(a)) using(a)", "ambiguous column name: rowid"},
    {"select a, b from t full join u using(a)", ""},
    {"select * from t join v using(a) right join t x using(b)", "ambiguous reference to b in USING()"},
    {"select * from (t join v using(a)) as z right join t x using(b)", ""},
    {"select * from t, pragma_table_info('t') p where p.name=t.a", ""},
    {"select * from pragma_table_info where arg='t'", ""},
    {"select count(*) from pragma_table_info('t',1,2,3)", "too many arguments on pragma_table_info() - max 2"},
    {"select * from t('x')", "'t' is not a function"},
    {"select * from nosuch('x')", "no such table: nosuch"},
    {"insert into t values(1,2,3) on conflict(a) do nothing",
     "ON CONFLICT clause does not match any PRIMARY KEY or UNIQUE constraint"},
    {"insert into p values(1,2,3) on conflict(id) do update set z=excluded.z||p.z where excluded.r>r", ""},
    {"insert into t select * from t union select 1",
     "SELECTs to the left and right of UNION do not have the same number of result columns"},
    {"insert into t(a) values(1),(2,3)", "all VALUES must have the same number of terms"},
    {"select a from t where a in ()", ""},
    {"select a from t where (a,b) in (select a,d from u)", ""},
    {"select a, count(*) n from t group by 1 having n>1 order by n", ""},
    {"select a from t where a = 'x' collate zork", "no such collation sequence: zork"},
    {"select a from t limit (select 1)", ""},
    {"select a from t order by (select b)", ""},
    {"select exists(select 1 from u where u.a=t.a and exists(select 1 from w where w.a=t.b)) from t", ""},
};

TEST_CASE("Binder says what SQLite says") {
  TestDatabase db;
  create_all(db, kTables);
  for (const Case& test : kMessages) {
    CAPTURE(test.sql);
    CHECK_EQ(db.bind(test.sql), test.answer);
  }
}

const Case kNames[] = {
    {"select t.rowid, rowid as q, oid, a, \"a\", t.a, main.t.a, (a), a+1, +a, 1 , 'x' from t",
     "rowid,q,rowid,a,a,a,a,a,a+1,+a,1,'x'"},
    {"select rowid, oid, p.rowid, p.id from p", "id,id,id,id"},
    {"select * from (select rowid, a from t)", "rowid,a"},
    {"select * from (select a,a,a from t)", "a,a:1,a:2"},
    {"select t.*, 1 from t", "a,b,c,1"},
    {"select * from t x join t y on z.a=1 join t z", "a,b,c,a,b,c,a,b,c"},
    {"select * from (t join u using(a)) join w using(a)", "a,b,c,d,e"},
    {"select * from t join (u join w using(a)) using(a)", "a,b,c,d,e"},
    {"select * from (t left join u using(a)) as z", "a,b,c,d"},
    {"select * from t x join (t join v using(a)) using(b)", "a,b,c,a,c,b:1"},
    {"select * from t natural join u", "a,b,c,d"},
    {"select a, b from t full join u using(a)", "a,b"},
    {"select * from v", "a,b"},
    {"select * from (select a collate nocase, 1+1, a as zz from t)", "a,1+1,zz"},
    {"values(1,2)", "column1,column2"},
    {"select * from (values(1,2))", "column1,column2"},
    {"insert into t(rowid,a) values(1,2) returning rowid, a, *", "rowid,a,a,b,c"},
    {"select id from p union select a from t", "id"},
    {"with c(x,y) as (select a,b from t) select * from c, c as d", "x,y,x,y"},
    {"select cid, name from pragma_table_info('t')", "cid,name"},
    {"select * from g", "a,b,c"},
    {"select max(a), count(*) from t", "max(a),count(*)"},
    {"select likely(a) as q from t order by q", "q"},
};

TEST_CASE("Result columns are named as SQLite names them") {
  TestDatabase db;
  create_all(db, kTables);
  for (const Case& test : kNames) {
    CAPTURE(test.sql);
    CHECK_EQ(db.columns(test.sql), test.answer);
  }
}

TEST_CASE("Comparison affinities and collations") {
  TestDatabase db;
  create_all(db, "create table t(i integer, x text, b blob, n, nc text collate nocase)");
  auto compare_of = [&](std::string_view condition) {
    REQUIRE_EQ(db.bind("select 1 from t where " + std::string(condition)), "");
    return db.query->cores[0]->where->as<BoundCompare>();
  };
  CHECK_EQ(compare_of("i='1'")->operand_affinity, Affinity::Numeric);
  CHECK_EQ(compare_of("x=1")->operand_affinity, Affinity::Text);
  CHECK_EQ(compare_of("x=i")->operand_affinity, Affinity::Numeric);
  CHECK_EQ(compare_of("b=x")->operand_affinity, Affinity::None);
  CHECK_EQ(compare_of("n='1'")->operand_affinity, Affinity::None);
  CHECK_EQ(compare_of("+i='1'")->operand_affinity, Affinity::None);
  CHECK_EQ(compare_of("cast(n as int)='1'")->operand_affinity, Affinity::Numeric);
  CHECK_EQ(compare_of("(select i)='1'")->operand_affinity, Affinity::Numeric);
  CHECK_EQ(compare_of("nc='a'")->compare_collation, &kNoCaseCollation);
  CHECK_EQ(compare_of("'a'=nc")->compare_collation, &kNoCaseCollation);
  CHECK_EQ(compare_of("x=nc")->compare_collation, &kBinaryCollation);
  CHECK_EQ(compare_of("x=nc collate nocase")->compare_collation, &kNoCaseCollation);
  CHECK_EQ(compare_of("nc||'b' = 'a'")->compare_collation, &kBinaryCollation);
  CHECK_EQ(compare_of("(x collate nocase)||'b' = 'a'")->compare_collation, &kNoCaseCollation);
  CHECK_EQ(compare_of("+nc = 'a'")->compare_collation, &kNoCaseCollation);
}

TEST_CASE("Literals fold to constants, with the 64-bit edge") {
  TestDatabase db;
  REQUIRE_EQ(db.bind("select 9223372036854775808, -9223372036854775808, -(9223372036854775808), true, -1.5"), "");
  auto value = [&](size_t i) { return db.query->cores[0]->results[i]->as<BoundConstant>()->value; };
  CHECK_EQ(value(0).type, ValueType::Real);
  CHECK_EQ(value(1).integer, INT64_MIN);
  CHECK_EQ(value(2).integer, INT64_MIN);
  CHECK_EQ(value(3).integer, 1);
  CHECK_EQ(value(4).real, -1.5);
}

TEST_CASE("Correlation goes through outer_args, level by level") {
  TestDatabase db;
  create_all(db, kTables);
  REQUIRE_EQ(db.bind("select exists(select 1 from u where exists(select 1 from w where w.a=t.b and u.d=t.b)) from t"),
             "");
  const BoundQuery* one = db.query->cores[0]->results[0]->as<BoundExists>()->query;
  REQUIRE_EQ(one->outer_args.size(), 1);
  CHECK_EQ(one->outer_args[0]->kind, BoundKind::Column);
  const BoundQuery* two = one->cores[0]->where->as<BoundExists>()->query;
  REQUIRE_EQ(two->outer_args.size(), 2);
  CHECK_EQ(two->outer_args[0]->kind, BoundKind::Outer);
  CHECK_EQ(two->outer_args[1]->kind, BoundKind::Column);
  CHECK_EQ(db.query->cores[0]->sources[0]->used_columns[0], 2u);
}

TEST_CASE("Aggregates of outer columns belong to the outer block") {
  TestDatabase db;
  create_all(db, kTables);
  REQUIRE_EQ(db.bind("select (select sum(t.a)+count(*) from u) from t"), "");
  CHECK(db.query->cores[0]->is_aggregate);
  CHECK_EQ(db.query->cores[0]->aggregates.size(), 1);
  const BoundQuery* inner = db.query->cores[0]->results[0]->as<BoundScalarQuery>()->query;
  REQUIRE_EQ(inner->outer_args.size(), 1);
  CHECK_EQ(inner->outer_args[0]->kind, BoundKind::Aggregate);
  CHECK_EQ(inner->cores[0]->aggregates.size(), 1);
}

TEST_CASE("A common table expression used twice is shared") {
  TestDatabase db;
  create_all(db, kTables);
  REQUIRE_EQ(db.bind("with c as (select a from t) select * from c, c as d"), "");
  auto sources = db.query->cores[0]->sources;
  CHECK_EQ(sources[0]->query, sources[1]->query);
  CHECK(sources[0]->materialize);
  CHECK(sources[1]->materialize);
  REQUIRE_EQ(db.bind("with c as not materialized (select a from t) select * from c, c as d"), "");
  sources = db.query->cores[0]->sources;
  CHECK_NE(sources[0]->query, sources[1]->query);
  REQUIRE_EQ(db.bind("with recursive c(x) as (select 1 union select x+1 from c where x<9 limit 3) select * from c"),
             "");
  const BoundQuery* recursive = db.query->cores[0]->sources[0]->query;
  CHECK(recursive->is_recursive);
  CHECK_EQ(recursive->recursive_from, 1);
  CHECK(recursive->recursive_distinct);
  CHECK_EQ(recursive->cores[1]->sources[0]->kind, SourceKind::CteRecursive);
  CHECK_EQ(recursive->cores[1]->sources[0]->recursive_of, recursive);
}

TEST_CASE("Conditions of inner joins go to WHERE, or into a nested join before a RIGHT JOIN") {
  TestDatabase db;
  create_all(db, kTables);
  REQUIRE_EQ(db.bind("select * from t join u on t.a=u.a left join w on w.a=t.b where t.c=1"), "");
  auto* core = db.query->cores[0];
  CHECK_EQ(core->sources[1]->on, nullptr);
  CHECK_NE(core->sources[2]->on, nullptr);
  CHECK_EQ(core->where->kind, BoundKind::And);
  REQUIRE_EQ(db.bind("select * from t join u on t.a=u.a right join w on w.a=t.b"), "");
  REQUIRE_EQ(db.query->cores[0]->sources.size(), 2);
  CHECK(db.query->cores[0]->sources[0]->is_nested_join());
  CHECK_NE(db.query->cores[0]->sources[0]->query->cores[0]->where, nullptr);
  CHECK_EQ(db.query->cores[0]->where, nullptr);
  CHECK_EQ(db.columns("select *, u.a, t.rowid from t join u on t.a=u.a right join w on w.a=t.b"),
           "a,b,c,a,d,a,e,a,rowid");
  REQUIRE_EQ(db.bind("select * from t, (u join w on u.a=w.a)"), "");
  CHECK_EQ(db.query->cores[0]->sources.size(), 3);
}

TEST_CASE("A virtual generated column is its expression, a stored one a column") {
  TestDatabase db;
  create_all(db, kTables);
  REQUIRE_EQ(db.bind("select b, c from g"), "");
  auto results = db.query->cores[0]->results;
  CHECK_EQ(results[0]->kind, BoundKind::Function);
  CHECK_EQ(results[1]->kind, BoundKind::Column);
  CHECK_EQ(db.query->columns[0].origin_column, "b");
  REQUIRE_EQ(db.bind("insert into g values(1) returning b"), "");
  CHECK_EQ(db.insert->returning->results[0]->kind, BoundKind::Column);
  CHECK_NE(db.insert->target.generated[1], nullptr);
  REQUIRE_EQ(db.create("create table loop(a as (b), b as (a), c)"), "");
  CHECK_EQ(db.bind("select a from loop"), "generated column loop on \"a\"");
}

TEST_CASE("Cloning copies sub-queries and keeps them equal") {
  TestDatabase db;
  create_all(db, kTables);
  REQUIRE_EQ(db.bind("select (select d from u where u.a=t.a limit 1) as x from t group by x having x>1 order by x"),
             "");
  auto* core = db.query->cores[0];
  CHECK(equal_exprs(core->group_by[0], core->results[0]));
  CHECK_NE(core->group_by[0]->as<BoundScalarQuery>()->query, core->results[0]->as<BoundScalarQuery>()->query);
  CHECK_EQ(db.query->order_by[0].result_column, 0);
}

TEST_CASE("Views find circles and wrong counts") {
  TestDatabase db;
  create_all(db,
             "create table t(a,b); create view v1 as select * from v2; create view v2 as select * from v1;"
             "create view v3(x,y,z) as select a,b from t; create view v4(x) as select \"a\" from t where b='q'");
  CHECK_EQ(db.bind("select * from v1"), "view v1 is circularly defined");
  CHECK_EQ(db.bind("select * from v3"), "expected 3 columns for 'v3' but got 2");
  CHECK_EQ(db.columns("select x, v4.x from v4 where x=1"), "x,x");
  CHECK_EQ(db.query->columns[0].origin_table, "t");
  CHECK_EQ(db.query->columns[0].origin_column, "a");
}

TEST_CASE("INSERT ... SELECT knows when it reads its target") {
  TestDatabase db;
  create_all(db, kTables);
  REQUIRE_EQ(db.bind("insert into t select * from t"), "");
  CHECK(db.insert->source_reads_target);
  REQUIRE_EQ(db.bind("insert into t select a,d,1 from u"), "");
  CHECK_FALSE(db.insert->source_reads_target);
  REQUIRE_EQ(db.bind("insert into t select a,d,(select max(b) from v) from u"), "");
  CHECK(db.insert->source_reads_target);
}

TEST_CASE("A bracketed list of numbers that names nothing is a vector") {
  TestDatabase db;
  REQUIRE_EQ(db.bind("select [1, 2.5,-3]"), "");
  const Value& value = db.query->cores[0]->results[0]->as<BoundConstant>()->value;
  CHECK_EQ(value.type, ValueType::Blob);
  CHECK_EQ(value.length, 12);
}

TEST_CASE("A hidden column compared is an argument") {
  TestDatabase db;
  create_all(db, kTables);
  REQUIRE_EQ(db.bind("select name from pragma_table_info where schema='main' and arg='t' and cid>1"), "");
  const BoundSource* source = db.query->cores[0]->sources[0];
  REQUIRE_EQ(source->arguments.size(), 2);
  CHECK_EQ(source->arguments[0]->as<BoundConstant>()->value.view(), "t");
  CHECK_EQ(source->arguments[1]->as<BoundConstant>()->value.view(), "main");
  REQUIRE_EQ(db.bind("select p.name from t, pragma_table_info p where p.arg=t.a"), "");
  CHECK_EQ(db.query->cores[0]->sources[1]->arguments[0]->kind, BoundKind::Column);
}

TEST_CASE("A column named twice takes its first value") {
  TestDatabase db;
  create_all(db, kTables);
  REQUIRE_EQ(db.bind("insert into t(a,b,a) values(1,2,3)"), "");
  CHECK_EQ(db.insert->columns[2], catalog::kExpressionColumn);
}

TEST_CASE("CREATE TABLE AS text") {
  TestDatabase db;
  create_all(db, "create table t(i int, x text, n, r real)");
  REQUIRE_EQ(db.bind("select i, x, n as \"a b\" from t"), "");
  CHECK_EQ(create_table_as_text("q", *db.query, db.arena), "CREATE TABLE q(i INT,x TEXT,\"a b\")");
}

}  // namespace
}  // namespace sqlrite::bind
