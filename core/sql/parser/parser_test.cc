#include "sql/parser/parser.h"

#include <doctest/doctest.h>

#include <string>

#include "sql/print/print.h"

namespace sqlrite::sql {
namespace {

struct Outcome {
  std::string error;
  int64_t offset = -1;
};

Outcome error_of(std::string_view text, const ParseOptions& options = {}) {
  Arena arena;
  auto result = parse_statement(text, arena, options);
  if (result.ok()) return {};
  return {std::string(result.status().message()), result.status().sql_offset()};
}

// The expression with every operator in parentheses.
std::string shape(std::string_view text) {
  Arena arena;
  auto result = parse_expression(text, arena);
  if (!result.ok()) return std::string(result.status().message());
  std::string out;
  print_expr(*result.value(), out, {true});
  return out;
}

template <typename T>
const T& parse_as(std::string_view text, Arena& arena) {
  auto result = parse_statement(text, arena);
  REQUIRE(result.ok());
  REQUIRE(result.value().statement != nullptr);
  REQUIRE(result.value().statement->kind == T::kKind);
  return *result.value().statement->template as<T>();
}

TEST_CASE("precedence") {
  CHECK(shape("a or b and c") == "(a OR (b AND c))");
  CHECK(shape("not a = b and c") == "((NOT (a = b)) AND c)");
  CHECK(shape("not not a is null") == "(NOT (NOT (a ISNULL)))");
  CHECK(shape("a = b < c | d + e * f || g collate x") == "(a = (b < (c | (d + (e * (f || (g COLLATE x)))))))");
  CHECK(shape("-a collate x || ~b") == "(((-a) COLLATE x) || (~b))");
  CHECK(shape("a - b - c") == "((a - b) - c)");
  CHECK(shape("1 + not 2 = 3") == "(1 + (NOT (2 = 3)))");
  CHECK(shape("a -> '$.x' ->> 1 || b") == "(((a -> '$.x') ->> 1) || b)");
  CHECK(shape("a between b and c and d") == "((a BETWEEN b AND c) AND d)");
  CHECK(shape("a between b between c and d and e") == "(a BETWEEN (b BETWEEN c AND d) AND e)");
  CHECK(shape("a not between 1 and 2 or b") == "((a NOT BETWEEN 1 AND 2) OR b)");
  CHECK(shape("a like b escape c || d = e") == "((a LIKE b ESCAPE (c || d)) = e)");
  CHECK(shape("a + b not null") == "((a + b) NOTNULL)");
  CHECK(shape("a is not b is distinct from c") == "((a IS NOT b) IS DISTINCT FROM c)");
  CHECK(shape("a is not distinct from b") == "(a IS NOT DISTINCT FROM b)");
  CHECK(shape("a in (1,2) in ()") == "((a IN (1, 2)) IN ())");
  CHECK(shape("a not in main.t") == "(a NOT IN main.t)");
  CHECK(shape("a in f(1)") == "(a IN f(1))");
  CHECK(shape("(a, b) = (select 1, 2)") == "((a, b) = (SELECT 1, 2))");
  CHECK(shape("- 9223372036854775808") == "-9223372036854775808");
  CHECK(shape("- - 1") == "(-(-1))");
}

TEST_CASE("words that may be names") {
  CHECK(shape("abort + key * row") == "(abort + (key * row))");
  CHECK(shape("left.right") == "left.right");
  CHECK(shape("replace(a, b, c)") == "replace(a, b, c)");
  CHECK(shape("like('a', 'b')") == "like('a', 'b')");
  CHECK(shape("glob") == "glob");
  CHECK(shape("over + filter + window") == "((over + filter) + window)");
  CHECK(shape("cast + 1") == "near \"+\": syntax error");
  CHECK(shape("count(*) filter (where a) over w") == "count(*) FILTER (WHERE a) OVER w");
  CHECK(error_of("SELECT (a) over FROM t").error.empty());
  CHECK(error_of("SELECT * FROM t INDEXED BY i, u NOT INDEXED").error.empty());
  CHECK(error_of("CREATE TABLE abort(key, desc, left, indexed, 'str')").error.empty());
  CHECK(error_of("CREATE TABLE t(select)").error == "near \"select\": syntax error");
  CHECK(error_of("SELECT cast FROM t").error == "near \"FROM\": syntax error");
}

TEST_CASE("literals") {
  Arena arena;
  auto literal = [&](std::string_view text) {
    auto result = parse_expression(text, arena);
    REQUIRE(result.ok());
    REQUIRE(result.value()->kind == ExprKind::Literal);
    return *result.value()->as<LiteralExpr>();
  };
  CHECK(literal("1_000").integer == 1000);
  CHECK(literal("0x10").integer == 16);
  CHECK(literal("0xffffffffffffffff").integer == -1);
  CHECK(literal("9223372036854775807").integer == INT64_MAX);
  CHECK(literal("-9223372036854775808").integer == INT64_MIN);
  CHECK(literal("9223372036854775808").literal == LiteralKind::Real);
  CHECK(literal("1_0.5").text == "10.5");
  CHECK(literal("'it''s'").text == "it's");
  CHECK(literal("x'41Ff'").text == "A\xff");
  CHECK(literal("current_date").literal == LiteralKind::CurrentDate);
  CHECK(literal("CURRENT_TIME").literal == LiteralKind::CurrentTime);
  CHECK(literal("current_timestamp").literal == LiteralKind::CurrentTimestamp);
}

TEST_CASE("identifiers keep quotes and spans") {
  Arena arena;
  std::string_view text = "SELECT \"a\"\"b\", [1,2], `c`.d FROM t";
  const auto& statement = parse_as<SelectStatement>(text, arena);
  auto columns = statement.select->parts[0].core->columns;
  const auto& first = columns[0].expr->as<ColumnRefExpr>()->column;
  CHECK(first.text == "a\"b");
  CHECK(first.quote == Quote::Double);
  CHECK(first.span.in(text) == "\"a\"\"b\"");
  const auto& second = columns[1].expr->as<ColumnRefExpr>()->column;
  CHECK(second.text == "1,2");
  CHECK(second.quote == Quote::Bracket);
  CHECK(columns[2].expr->as<ColumnRefExpr>()->table.quote == Quote::Backtick);
}

TEST_CASE("result column names are source text") {
  Arena arena;
  std::string_view text = "SELECT (a+1) , b  || 'x' /* c */, t.* FROM t";
  const auto& statement = parse_as<SelectStatement>(text, arena);
  auto columns = statement.select->parts[0].core->columns;
  CHECK(column_name_text(columns[0], text) == "(a+1)");
  CHECK(column_name_text(columns[1], text) == "b  || 'x' /* c */");
  CHECK(columns[2].kind == ResultColumnKind::TableStar);
  CHECK(columns[0].expr->span.in(text) == "a+1");
}

TEST_CASE("parameters") {
  Arena arena;
  auto result = parse_statement("SELECT ?, :a, ?5, @b, :a, ?, $c::d(e), ?5", arena);
  REQUIRE(result.ok());
  const ParsedStatement& parsed = result.value();
  CHECK(parsed.parameter_count == 8);
  REQUIRE(parsed.parameters.size() == 4);
  CHECK(parsed.parameters[0].name == ":a");
  CHECK(parsed.parameters[0].number == 2);
  CHECK(parsed.parameters[1].name == "?5");
  CHECK(parsed.parameters[2].number == 6);
  CHECK(parsed.parameters[3].name == "$c::d(e)");
  CHECK(parsed.parameters[3].number == 8);
  CHECK(error_of("SELECT ?0").error == "variable number must be between ?1 and ?32766");
  CHECK(error_of("SELECT ?32767").error == "variable number must be between ?1 and ?32766");
  Outcome outcome = error_of("SELECT ?32766, ?");
  CHECK(outcome.error == "too many SQL variables");
  CHECK(outcome.offset == 15);
  CHECK(error_of("SELECT #1").error == "near \"#1\": syntax error");
}

TEST_CASE("several statements") {
  Arena arena;
  std::string_view text = ";; SELECT 1; -- rest\nSELECT 2";
  auto first = parse_statement(text, arena);
  REQUIRE(first.ok());
  CHECK(first.value().has_semicolon);
  CHECK(text.substr(first.value().tail) == " -- rest\nSELECT 2");
  CHECK(first.value().statement->span.in(text) == "SELECT 1");
  auto second = parse_statement(text.substr(first.value().tail), arena);
  REQUIRE(second.ok());
  CHECK(!second.value().has_semicolon);
  for (std::string_view nothing : {"", "  ", "-- c", ";", " ; /* x"}) {
    auto result = parse_statement(nothing, arena);
    REQUIRE(result.ok());
    CHECK(result.value().statement == nullptr);
    CHECK(result.value().tail == nothing.size());
  }
}

struct ErrorCase {
  const char* text;
  const char* message;
  int64_t offset;
};

TEST_CASE("errors in SQLite's words") {
  const ErrorCase cases[] = {
      {"SELECT", "incomplete input", -1},
      {"SELECT 1 FROM", "incomplete input", -1},
      {"SELEC 1", "near \"SELEC\": syntax error", 0},
      {"SELECT 1 FROM FROM", "near \"FROM\": syntax error", 14},
      {"SELECT 'abc", "unrecognized token: \"'abc\"", 7},
      {"SELECT ^", "unrecognized token: \"^\"", 7},
      {"SELECT 1_000_", "unrecognized token: \"10000_\"", -1},
      {"SELECT 0x12345678901234567", "hex literal too big: 0x12345678901234567", 7},
      {"SELECT * FROM a NATURAL JOIN b ON 1", "a NATURAL join may not have an ON or USING clause", -1},
      {"SELECT * FROM a ON 1", "a JOIN clause is required before ON", -1},
      {"SELECT * FROM a LEFT foo JOIN b", "unknown join type: LEFT foo", 16},
      {"SELECT * FROM a OUTER JOIN b", "unknown join type: OUTER", 16},
      {"SELECT * FROM a LEFT INNER JOIN b", "unknown join type: LEFT INNER", 16},
      {"SELECT 1 ORDER BY 1 UNION SELECT 2", "ORDER BY clause should come after UNION not before", -1},
      {"SELECT 1 LIMIT 1 UNION ALL SELECT 2", "LIMIT clause should come after UNION ALL not before", -1},
      {"VALUES (1) ORDER BY 1", "near \"ORDER\": syntax error", 11},
      {"VALUES (1),(2,3)", "all VALUES must have the same number of terms", -1},
      {"VALUES (1),(2,3) WHERE", "near \"WHERE\": syntax error", 17},
      {"WITH a AS (SELECT 1), A AS (SELECT 2) SELECT 1", "duplicate WITH table name: A", -1},
      {"WITH a(x COLLATE nocase) AS (SELECT 1) SELECT 1", "syntax error after column name \"x\"", -1},
      {"UPDATE t SET (a,b)=(1,2,3)", "2 columns assigned 3 values", -1},
      {"UPDATE t SET (a,b)=3", "2 columns assigned 1 values", -1},
      {"DELETE FROM t LIMIT 1", "syntax error near \"LIMIT\"", -1},
      {"DELETE FROM t ORDER BY a x", "near \"x\": syntax error", 25},
      {"CREATE TABLE t(a) foo", "unknown table option: foo", -1},
      {"CREATE TABLE t(a, )", "near \")\": syntax error", 18},
      {"CREATE TABLE t(a AS (1) foo)", "error in generated column \"a\"", -1},
      {"CREATE TABLE t(a, UNIQUE(a NULLS FIRST))", "unsupported use of NULLS FIRST", -1},
      {"CREATE VIEW v AS SELECT ?", "parameters are not allowed in views", -1},
      {"CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT 1;", "incomplete input", -1},
      {"CREATE TRIGGER r AFTER INSERT ON t BEGIN DELETE FROM t RETURNING 1; END", "near \"RETURNING\": syntax error",
       55},
      {"CREATE TRIGGER r AFTER INSERT ON t BEGIN INSERT INTO t SELECT 1 RETURNING 1; END",
       "cannot use RETURNING in a trigger", -1},
      {"CREATE TRIGGER r AFTER INSERT ON t BEGIN DELETE FROM main.t; END",
       "qualified table names are not allowed on INSERT, UPDATE, and DELETE statements within triggers", -1},
      {"SELECT a BETWEEN b OR c AND d", "incomplete input", -1},
      {"INSERT INTO t SELECT * FROM u ON CONFLICT DO NOTHING", "near \"DO\": syntax error", 42},
      {"INSERT INTO t (SELECT 1)", "near \"SELECT\": syntax error", 15},
      {"BEGIN foo", "near \"foo\": syntax error", 6},
      {"CREATE VIRTUAL TABLE t USING m(a, (b", "incomplete input", -1},
  };
  for (const ErrorCase& each : cases) {
    CAPTURE(each.text);
    Outcome outcome = error_of(each.text);
    CHECK(outcome.error == each.message);
    CHECK(outcome.offset == each.offset);
  }
  CHECK(error_of("CREATE TEMP TRIGGER r AFTER INSERT ON t BEGIN DELETE FROM main.t; END").error.empty());
  ParseOptions options;
  options.update_delete_limit = true;
  CHECK(error_of("DELETE FROM t ORDER BY a LIMIT 1", options).error.empty());
}

std::string repeat(std::string_view part, int count) {
  std::string result;
  while (count-- > 0) result += part;
  return result;
}

TEST_CASE("limits") {
  CHECK(error_of("SELECT 1" + repeat("+1", 998)).error.empty());
  CHECK(error_of("SELECT 1" + repeat("+1", 1000)).error == "Expression tree is too large (maximum depth 1000)");
  CHECK(error_of("SELECT " + repeat("(", 2000) + "1" + repeat(")", 2000)).error.empty());
  for (const char* part : {"(", "- ", "NOT ", "f(", "CASE ", "(SELECT ", "1 IN (", "CAST(", "f() OVER (ORDER BY "}) {
    CHECK(error_of("SELECT " + repeat(part, 50000)).error == "parser stack overflow");
  }
  CHECK(error_of(repeat("WITH a AS (", 50000)).error == "parser stack overflow");
  CHECK(error_of("SELECT * FROM " + repeat("(", 50000)).error == "parser stack overflow");
  CHECK(error_of("SELECT 1" + repeat(" UNION SELECT 1", 499)).error.empty());
  CHECK(error_of("SELECT 1" + repeat(" UNION SELECT 1", 500)).error == "too many terms in compound SELECT");
  CHECK(error_of("SELECT * FROM a" + repeat(", a", 200)).error == "too many FROM clause terms, max: 200");
  CHECK(error_of("SELECT f(1" + repeat(",1", 1000) + ")").error == "too many arguments on function f");
}

TEST_CASE("joins") {
  Arena arena;
  const auto& statement = parse_as<SelectStatement>(
      "SELECT * FROM a, b LEFT OUTER JOIN (c JOIN d USING (x, y)) ON a.i = c.i NATURAL FULL JOIN e", arena);
  const auto* outer = statement.select->parts[0].core->from->try_as<JoinExpr>();
  REQUIRE(outer != nullptr);
  CHECK(outer->type == (kJoinNatural | kJoinFull));
  CHECK(outer->right->as<TableNameExpr>()->name.name.text == "e");
  const auto* left = outer->left->try_as<JoinExpr>();
  REQUIRE(left != nullptr);
  CHECK(left->type == (kJoinLeft | kJoinOuter));
  CHECK(left->on != nullptr);
  const auto* inner = left->right->try_as<JoinExpr>();
  REQUIRE(inner != nullptr);
  CHECK(inner->parenthesized);
  CHECK(inner->using_columns.size() == 2);
  CHECK(left->left->as<JoinExpr>()->type == kJoinComma);
}

TEST_CASE("create table") {
  Arena arena;
  std::string_view text =
      "CREATE TEMP TABLE IF NOT EXISTS main.t(a INTEGER PRIMARY KEY DESC ON CONFLICT ROLLBACK AUTOINCREMENT, "
      "b varchar ( 10 , -2 ) DEFAULT (1 + 2 ) CONSTRAINT nn NOT NULL, c DEFAULT -5 COLLATE nocase, d DEFAULT word, "
      "e TEXT GENERATED ALWAYS AS (a || b) STORED, f REFERENCES p(x) ON DELETE SET NULL ON UPDATE CASCADE "
      "DEFERRABLE INITIALLY DEFERRED, g \"odd type\" CHECK (g > 0), CONSTRAINT u UNIQUE (a, b DESC) ON CONFLICT "
      "IGNORE CHECK (a), FOREIGN KEY (a, b) REFERENCES q MATCH full) WITHOUT ROWID, STRICT ;";
  const auto& table = parse_as<CreateTableStatement>(text, arena);
  CHECK(table.temporary);
  CHECK(table.if_not_exists);
  CHECK(table.name.schema.text == "main");
  CHECK(table.without_rowid);
  CHECK(table.strict);
  REQUIRE(table.columns.size() == 7);
  CHECK(table.columns[0].constraints[0].autoincrement);
  CHECK(table.columns[0].constraints[0].conflict == ConflictAction::Rollback);
  CHECK(table.columns[0].constraints[0].order == SortOrder::Descending);
  CHECK(table.columns[1].type_name == "varchar ( 10 , -2 )");
  CHECK(table.columns[1].constraints[0].expr_span.in(text) == "1 + 2");
  CHECK(table.columns[1].constraints[1].name.text == "nn");
  CHECK(table.columns[2].constraints[0].expr_span.in(text) == "-5");
  CHECK(table.columns[3].constraints[0].expr->as<LiteralExpr>()->literal == LiteralKind::String);
  CHECK(table.columns[4].type_name == "TEXT");
  CHECK(table.columns[4].constraints[0].stored);
  CHECK(table.columns[5].constraints[0].reference->is_deferred());
  CHECK(table.columns[5].constraints[0].reference->on_delete == ForeignKeyAction::SetNull);
  CHECK(table.columns[6].type_name == "odd type");
  REQUIRE(table.constraints.size() == 3);
  CHECK(table.constraints[0].name.text == "u");
  CHECK(table.constraints[1].kind == TableConstraintKind::Check);
  CHECK(table.constraints[2].foreign_columns.size() == 2);
  std::string_view definition = table.definition_span.in(text);
  CHECK(definition.starts_with("t(a INTEGER"));
  CHECK(definition.ends_with("WITHOUT ROWID, STRICT "));
}

TEST_CASE("create index, view, trigger, virtual table") {
  Arena arena;
  const auto& index = parse_as<CreateIndexStatement>(
      "CREATE UNIQUE INDEX IF NOT EXISTS i ON t(a COLLATE nocase DESC, b+1) WHERE a > 0", arena);
  CHECK(index.unique);
  CHECK(index.columns[0].expr->kind == ExprKind::Collate);
  CHECK(index.where != nullptr);
  const auto& hnsw = parse_as<CreateIndexStatement>(
      "CREATE INDEX e ON docs USING hnsw (embedding) WITH (metric = 'cosine', m = 16)", arena);
  CHECK(hnsw.method.text == "hnsw");
  REQUIRE(hnsw.options.size() == 2);
  CHECK(hnsw.options[0].key.text == "metric");
  std::string_view view_text = "CREATE VIEW v(a, b) AS SELECT 1, 2 ;";
  const auto& view = parse_as<CreateViewStatement>(view_text, arena);
  CHECK(view.columns.size() == 2);
  CHECK(view.definition_span.in(view_text) == "v(a, b) AS SELECT 1, 2");
  std::string_view trigger_text =
      "CREATE TRIGGER main.r INSTEAD OF UPDATE OF a, b ON v FOR EACH ROW WHEN new.a BEGIN "
      "UPDATE t SET a = 1; INSERT INTO t VALUES (1); DELETE FROM t; SELECT raise(ABORT, 'no'); END;";
  const auto& trigger = parse_as<CreateTriggerStatement>(trigger_text, arena);
  CHECK(trigger.time == TriggerTime::InsteadOf);
  CHECK(trigger.update_columns.size() == 2);
  REQUIRE(trigger.body.size() == 4);
  CHECK(trigger.body[1]->span.in(trigger_text) == "INSERT INTO t VALUES (1)");
  CHECK(trigger.definition_span.in(trigger_text).ends_with("END"));
  const auto& module = parse_as<CreateVirtualTableStatement>(
      "CREATE VIRTUAL TABLE f USING fts5( a , b(c, d) , tokenize = 'x y',)", arena);
  REQUIRE(module.arguments.size() == 3);
  CHECK(module.arguments[1] == "b(c, d)");
  CHECK(module.arguments[2] == "tokenize = 'x y'");
}

TEST_CASE("commands") {
  Arena arena;
  CHECK(parse_as<BeginStatement>("BEGIN CONCURRENT TRANSACTION", arena).mode == BeginMode::Concurrent);
  CHECK(parse_as<RollbackStatement>("ROLLBACK TRANSACTION TO SAVEPOINT s", arena).savepoint.text == "s");
  CHECK(parse_as<PragmaStatement>("PRAGMA main.cache_size = -2000", arena).value == "-2000");
  CHECK(parse_as<PragmaStatement>("PRAGMA table_info('t')", arena).call);
  CHECK(parse_as<PragmaStatement>("PRAGMA foreign_keys = ON", arena).value == "ON");
  CHECK(parse_as<AttachStatement>("ATTACH file AS aux", arena).schema->as<LiteralExpr>()->text == "aux");
  CHECK(parse_as<AlterTableStatement>("ALTER TABLE t RENAME a TO b", arena).action == AlterAction::RenameColumn);
  CHECK(parse_as<AlterTableStatement>("ALTER TABLE t ALTER a SET NOT NULL", arena).action == AlterAction::SetNotNull);
  CHECK(parse_as<SelectStatement>("EXPLAIN ANALYZE SELECT 1", arena).explain == ExplainMode::Analyze);
  CHECK(parse_as<AnalyzeStatement>("EXPLAIN ANALYZE t", arena).explain == ExplainMode::Program);
  CHECK(parse_as<SelectStatement>("EXPLAIN QUERY PLAN SELECT 1", arena).explain == ExplainMode::QueryPlan);
}

TEST_CASE("is_complete") {
  CHECK(is_complete("SELECT 1;"));
  CHECK(is_complete("SELECT 1; -- c\n"));
  CHECK(!is_complete("SELECT 1; -- c"));
  CHECK(is_complete("SELECT 1; /* c */ "));
  CHECK(!is_complete(""));
  CHECK(!is_complete("SELECT 1"));
  CHECK(!is_complete("SELECT ';"));
  CHECK(!is_complete("SELECT 1; /* c"));
  CHECK(!is_complete("CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT 1;"));
  CHECK(!is_complete("CREATE TEMP TRIGGER r AFTER INSERT ON t BEGIN SELECT 1; END"));
  CHECK(is_complete("EXPLAIN CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT 1; END;"));
  CHECK(is_complete("CREATE TABLE trigger(a);"));
}

}  // namespace
}  // namespace sqlrite::sql
