#include "catalog/definition.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "catalog/loader.h"
#include "sql/parser/parser.h"

namespace sqlrite::catalog {
namespace {

struct BuiltInCollations : CollationSource {
  const Collation* find_collation(std::string_view name) override {
    for (const Collation* each : {&kBinaryCollation, &kNoCaseCollation, &kRTrimCollation}) {
      if (iequals(each->name, name)) return each;
    }
    return nullptr;
  }
};

struct Fixture {
  Arena arena;
  BuiltInCollations collations;
  functions::Registry registry;

  std::string error_of(std::string_view text) {
    auto parsed = sql::parse_statement(text, arena);
    if (!parsed.ok()) return std::string(parsed.status().message());
    DefinitionContext context{arena, text, collations, registry};
    sql::Statement& statement = *parsed.value().statement;
    if (statement.kind == sql::StatementKind::CreateIndex) {
      auto index =
          define_index(*statement.as<sql::CreateIndexStatement>(), *table("create table s(a int, b)"), context);
      return index.ok() ? "" : std::string(index.status().message());
    }
    auto made = define_table(*statement.as<sql::CreateTableStatement>(), context);
    return made.ok() ? "" : std::string(made.status().message());
  }
  const Table* table(std::string_view text) {
    auto parsed = sql::parse_statement(text, arena);
    REQUIRE(parsed.ok());
    DefinitionContext context{arena, text, collations, registry};
    auto made = define_table(*parsed.value().statement->as<sql::CreateTableStatement>(), context);
    REQUIRE(made.ok());
    return made.value();
  }
};

struct Case {
  const char* sql;
  const char* error;
};

// Each answer is what SQLite 3.53 says.
const Case kCases[] = {
    {"create table s(a int check(zz>1))", "no such column: zz"},
    {"create table s(a int check(a>1 and rowid<5))", ""},
    {"create table s(a int check(\"zz\">1))", ""},
    {"create table s(a int check((select 1)))", "subqueries prohibited in CHECK constraints"},
    {"create table s(a int check(?1))", "parameters prohibited in CHECK constraints"},
    {"create table s(a int check(nofunc(a)))", "no such function: nofunc"},
    {"create table s(a int check(abs(a,1)))", "wrong number of arguments to function abs()"},
    {"create table s(a int check(sum(a)))", "misuse of aggregate function sum()"},
    {"create table s(a int check(random()))", ""},
    {"create table s(a int, b as (random()))", "non-deterministic functions prohibited in generated columns"},
    {"create table s(a int, b as (s.a))", "the \".\" operator prohibited in generated columns"},
    {"create index si on s(random())", "non-deterministic functions prohibited in index expressions"},
    {"create index si on s(a) where (select 1)", "subqueries prohibited in partial index WHERE clauses"},
    {"create index si on s(s.a)", "the \".\" operator prohibited in index expressions"},
    {"create index si on s(rowid)", "no such column: rowid"},
    {"create index si on s(\"zz\")", ""},
    {"create index si on s(zz)", "no such column: zz"},
    {"create index si on s(a collate zork)", "no such collation sequence: zork"},
    {"create index si on s(a nulls first)", "unsupported use of NULLS FIRST"},
    {"create index sqlite_si on s(a)", "object name reserved for internal use: sqlite_si"},
    {"create index si on s(a+b, 'b', abs(a)) where a>1", ""},
    {"create table s2(a, primary key(a+1))", "expressions prohibited in PRIMARY KEY and UNIQUE constraints"},
    {"create table s2(a, unique(zz))", "no such column: zz"},
    {"create table s2(a text primary key autoincrement)", "AUTOINCREMENT is only allowed on an INTEGER PRIMARY KEY"},
    {"create table s2(a integer primary key autoincrement) without rowid",
     "AUTOINCREMENT not allowed on WITHOUT ROWID tables"},
    {"create table s2(a int primary key, b primary key)", "table \"s2\" has more than one primary key"},
    {"create table s2(a) without rowid", "PRIMARY KEY missing on table s2"},
    {"create table s2(a zork) strict", "unknown datatype for s2.a: \"zork\""},
    {"create table s2(a) strict", "missing datatype for s2.a"},
    {"create table s2(a any, b blob, c int, d integer, e real, f text) strict", ""},
    {"create table s2(a default (b))", "default value of column [a] is not constant"},
    {"create table s2(a default (random()))", ""},
    {"create table s2(a default (?))", "default value of column [a] is not constant"},
    {"create table sqlite_foo(a)", "object name reserved for internal use: sqlite_foo"},
    {"create table s4(a,A)", "duplicate column name: A"},
    {"create table s5(a references t(a,b))", "foreign key on a should reference only one column of table t"},
    {"create table s5(a, foreign key(b) references t(a))", "unknown column \"b\" in foreign key definition"},
    {"create table s5(a, foreign key(a) references t(a,b))",
     "number of columns in foreign key does not match the number of columns in the referenced table"},
    {"create table s5(a as (1))", "must have at least one non-generated column"},
    {"create table s5(a as (1) primary key)", "generated columns cannot be part of the PRIMARY KEY"},
    {"create table s5(a as (1) default 1)", "cannot use DEFAULT on a generated column"},
    {"create table s5(a collate zork)", "no such collation sequence: zork"},
    {"create table s5(a unique on conflict ignore, unique(a) on conflict replace)",
     "conflicting ON CONFLICT clauses specified"},
};

TEST_CASE("Definitions say what SQLite says") {
  Fixture f;
  for (const Case& test : kCases) {
    CAPTURE(test.sql);
    CHECK_EQ(f.error_of(test.sql), test.error);
  }
}

TEST_CASE("The rowid alias is INTEGER PRIMARY KEY to the letter") {
  Fixture f;
  CHECK_EQ(f.table("create table t(a integer primary key, b)")->rowid_alias, 0);
  CHECK_EQ(f.table("create table t(a integer primary key desc, b)")->rowid_alias, -1);
  CHECK_EQ(f.table("create table t(b, a integer, primary key(a desc))")->rowid_alias, 1);
  CHECK_EQ(f.table("create table t(b, a Integer, primary key('a' collate nocase))")->rowid_alias, 1);
  CHECK_EQ(f.table("create table t(a int primary key, b)")->rowid_alias, -1);
  CHECK_EQ(f.table("create table t(a integer, b, primary key(a,b))")->rowid_alias, -1);
  CHECK_EQ(f.table("create table t(a \"INTEGER\" primary key)")->rowid_alias, 0);
}

TEST_CASE("Automatic indexes: names, order, suppressed doubles") {
  Fixture f;
  const Table* t = f.table(
      "create table t(a unique, b primary key collate nocase, c, unique(a), unique(c,a), unique(b) on conflict "
      "replace)");
  // unique(b) merges with the primary key, which then replaces rows and so comes last.
  REQUIRE_EQ(t->indexes.size(), 3);
  CHECK_EQ(t->indexes[0]->name, "sqlite_autoindex_t_3");
  CHECK_EQ(t->indexes[1]->name, "sqlite_autoindex_t_1");
  CHECK_EQ(t->indexes[2]->name, "sqlite_autoindex_t_2");
  CHECK_EQ(t->indexes[2]->origin, IndexOrigin::PrimaryKey);
  CHECK_EQ(t->indexes[2]->conflict, ConflictAction::Replace);
  CHECK_EQ(t->indexes[2]->fields[0].collation, &kNoCaseCollation);
  REQUIRE_EQ(t->indexes[0]->fields.size(), 3);
  CHECK_EQ(t->indexes[0]->fields[2].column, kRowIdColumn);
  CHECK_EQ(t->indexes[0]->key_field_count, 2);
  CHECK_EQ(t->indexes[0]->key_info.field_count, 3);
}

TEST_CASE("WITHOUT ROWID trees: key, then the rest; indexes end in the missing key columns") {
  Fixture f;
  const Table* t =
      f.table("create table t(a, b, c as (a) virtual, d, e, primary key(d desc, b, d), unique(b, e)) without rowid");
  REQUIRE_NE(t->primary_key_index, nullptr);
  const Index& key = *t->primary_key_index;
  CHECK_EQ(key.key_field_count, 2);
  std::vector<int> order;
  for (const auto& field : key.fields) order.push_back(field.column);
  CHECK_EQ(order, std::vector<int>{3, 1, 0, 4});
  CHECK(key.fields[0].descending);
  CHECK_EQ(t->columns[3].storage_position, 0);
  CHECK_EQ(t->columns[0].storage_position, 2);
  CHECK_EQ(t->columns[2].storage_position, -1);
  CHECK_EQ(t->record_field_count, 4);
  CHECK(t->columns[1].not_null);
  CHECK_EQ(t->find_column("rowid"), kExpressionColumn);
  REQUIRE_EQ(t->indexes.size(), 1);
  order.clear();
  for (const auto& field : t->indexes[0]->fields) order.push_back(field.column);
  CHECK_EQ(order, std::vector<int>{1, 4, 3});
  CHECK_FALSE(t->indexes[0]->fields[2].descending);
}

TEST_CASE("Columns: types, affinities, defaults") {
  Fixture f;
  const Table* t = f.table(
      "create table t(a integer, b varchar(10) not null default 'x', c, d default ((1)+(2)), e default -5, f float, "
      "g as (a) stored, h boolean default true)");
  CHECK_EQ(t->columns[0].declared_type, "INTEGER");
  CHECK_EQ(t->columns[1].affinity, Affinity::Text);
  CHECK_EQ(t->columns[1].default_text, "'x'");
  CHECK(t->columns[1].not_null);
  CHECK_EQ(t->columns[2].affinity, Affinity::Blob);
  CHECK_EQ(t->columns[3].default_text, "(1)+(2)");
  CHECK_EQ(t->columns[4].default_text, "-5");
  CHECK_EQ(t->columns[5].affinity, Affinity::Real);
  CHECK_EQ(t->columns[6].storage_position, 6);
  CHECK_EQ(t->columns[7].affinity, Affinity::Numeric);
  CHECK_EQ(t->columns[7].default_text, "true");
  CHECK_EQ(t->find_column("_ROWID_"), kRowIdColumn);
  CHECK_EQ(t->find_column("nosuch"), kExpressionColumn);
}

TEST_CASE("Schema rows: links, statistics and malformed ones") {
  Fixture f;
  auto load = [&](std::vector<SchemaRow> rows, std::string* error) {
    SchemaBuilder builder(kMainDatabase, TextEncoding::Utf8, f.collations, f.registry);
    for (const SchemaRow& row : rows) {
      Status status = builder.add_row(row, 100);
      if (!status.ok()) {
        CHECK_EQ(status.code(), Code::Corrupt);
        *error = status.message();
        return std::shared_ptr<Schema>();
      }
    }
    builder.add_statistics("t", "i1", "1000 10 2 unordered sz=44 noskipscan");
    auto schema = builder.finish();
    if (!schema.ok()) {
      *error = schema.status().message();
      return std::shared_ptr<Schema>();
    }
    return schema.take();
  };
  std::string error;
  auto schema = load({{"table", "t", "t", 2, "CREATE TABLE t(a, b unique)"},
                      {"index", "sqlite_autoindex_t_1", "t", 3, {}},
                      {"index", "i1", "t", 4, "CREATE INDEX i1 ON t(a,b) "},
                      {"view", "v", "v", 0, "CREATE VIEW v AS SELECT a FROM t"},
                      {"index", "h", "t", 5, "CREATE INDEX h ON t USING hnsw (a)"},
                      {"trigger", "tr", "t", 0, "CREATE TRIGGER tr AFTER INSERT ON t BEGIN SELECT 1; END"}},
                     &error);
  CHECK_EQ(error, "");
  REQUIRE_NE(schema, nullptr);
  const Table* t = schema->find_table("T");
  REQUIRE_NE(t, nullptr);
  REQUIRE_EQ(t->indexes.size(), 3);
  CHECK_EQ(t->indexes[0]->name, "h");
  CHECK_FALSE(t->indexes[0]->unusable_reason.empty());
  CHECK_EQ(t->indexes[1]->name, "i1");
  CHECK_EQ(t->indexes[2]->root, PageId{3});
  CHECK_EQ(t->triggers.size(), 1);
  CHECK_EQ(t->row_count_estimate, 1000);
  REQUIRE_EQ(t->indexes[1]->rows_per_prefix.size(), 2);
  CHECK_EQ(t->indexes[1]->rows_per_prefix[1], 2);
  CHECK(t->indexes[1]->unordered);
  CHECK(t->indexes[1]->no_skip_scan);
  CHECK_EQ(t->indexes[1]->row_size_estimate, 44);
  CHECK_NE(schema->find_table("sqlite_schema"), nullptr);
  CHECK_EQ(schema->find_table("sqlite_schema"), schema->find_table("SQLITE_MASTER"));
  CHECK_EQ(schema->tables_in_order.size(), 2);

  load({{"table", "t", "t", 2, "CREATE TABLE t(a, a)"}}, &error);
  CHECK_EQ(error, "malformed database schema (t) - duplicate column name: a");
  load({{"table", "t", "t", 200, "CREATE TABLE t(a)"}}, &error);
  CHECK_EQ(error, "malformed database schema (t) - invalid rootpage");
  load({{"index", "x", "t", 2, {}}}, &error);
  CHECK_EQ(error, "malformed database schema (x) - orphan index");
  load({{"table", "t", "t", 2, "SELECT 1"}}, &error);
  CHECK_EQ(error, "malformed database schema (t)");
  load({{"table", "t", "t", 2, "CREATE TABLE t("}}, &error);
  CHECK_EQ(error, "malformed database schema (t) - incomplete input");
}

}  // namespace
}  // namespace sqlrite::catalog
