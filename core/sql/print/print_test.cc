// Printing: what is printed must parse again to the same tree, also for texts broken at random.
#include "sql/print/print.h"

#include <doctest/doctest.h>

#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "sql/lexer/lexer.h"
#include "sql/parser/parser.h"

namespace sqlrite::sql {
namespace {

const char* const kStatements[] = {
    "SELECT DISTINCT a, t.*, b AS c FROM main.t AS t, u NOT INDEXED WHERE a NOT LIKE 'x%' ESCAPE '\\' "
    "GROUP BY 1, 2 HAVING count(*) > 1 ORDER BY a DESC NULLS LAST, b COLLATE nocase LIMIT 5 OFFSET 2",
    "WITH RECURSIVE c(n) AS NOT MATERIALIZED (VALUES (1) UNION ALL SELECT n + 1 FROM c WHERE n < 10) SELECT * FROM c",
    "SELECT sum(a) FILTER (WHERE b) OVER (w PARTITION BY c, d ORDER BY e ROWS BETWEEN 1 PRECEDING AND CURRENT ROW "
    "EXCLUDE TIES), group_concat(x, ',' ORDER BY y DESC) FROM t WINDOW w AS (PARTITION BY z), v AS (ORDER BY q)",
    "SELECT 1 EXCEPT VALUES (1, 2), (3, 4) INTERSECT SELECT 5, 6 UNION SELECT * FROM (SELECT 7) AS s",
    "SELECT * FROM a LEFT JOIN (b CROSS JOIN c ON b.x = c.x) AS j USING (k) NATURAL JOIN generate_series(1, 5) AS g",
    "SELECT CASE WHEN a THEN b ELSE c END, CASE x WHEN 1 THEN 2 END, CAST(a AS varchar(10)), CAST(b AS \"x y\")",
    "SELECT NOT a IS NULL, a IS NOT DISTINCT FROM b, a IN (1, 2), a NOT IN (SELECT 1), a IN t, EXISTS (SELECT 1)",
    "SELECT - - 1, ~-+a, -9223372036854775808, - -9223372036854775808, x'00ff', 1.5e10, 0x1F, ?, ?3, :a, @b, $c",
    "SELECT (a, b) < (1, 2), a -> 'x' ->> 'y', a || b || c, (a OR b) AND NOT (c AND d), a - (b - c), (a = b) = c",
    "INSERT OR IGNORE INTO t AS x (a, b) VALUES (1, 2), (3, 4) ON CONFLICT (a) WHERE a > 0 DO UPDATE SET a = "
    "excluded.a, (b, c) = (1, 2) WHERE b ON CONFLICT DO NOTHING RETURNING *, a + 1 AS n",
    "REPLACE INTO t DEFAULT VALUES",
    "WITH q AS (SELECT 1) UPDATE OR FAIL t SET a = 1, (b, c) = (SELECT 1, 2) FROM u JOIN v WHERE t.x = u.x RETURNING a",
    "DELETE FROM t INDEXED BY i WHERE a BETWEEN 1 AND 2 RETURNING *",
    "CREATE TABLE IF NOT EXISTS t (a INTEGER PRIMARY KEY ASC ON CONFLICT ABORT AUTOINCREMENT, b TEXT NOT NULL DEFAULT "
    "'x' COLLATE rtrim, c DEFAULT (1 + 2), d DEFAULT -1.5 UNIQUE ON CONFLICT REPLACE, e AS (a * 2) STORED, "
    "f REFERENCES p (x, y) ON DELETE SET DEFAULT ON UPDATE NO ACTION NOT DEFERRABLE INITIALLY IMMEDIATE, g NULL, "
    "CONSTRAINT pk PRIMARY KEY (a, b DESC), CHECK (a > 0) ON CONFLICT FAIL, FOREIGN KEY (a) REFERENCES q DEFERRABLE) "
    "WITHOUT ROWID, STRICT",
    "CREATE TEMP TABLE x.t AS SELECT 1 AS a",
    "CREATE UNIQUE INDEX i ON t (a COLLATE nocase DESC, lower(b)) WHERE c IS NOT NULL",
    "CREATE INDEX i ON t USING hnsw (v) WITH (metric = 'cosine', m = 16)",
    "CREATE VIEW v (a, b) AS SELECT 1, 2",
    "CREATE TRIGGER r BEFORE UPDATE OF a, b ON t FOR EACH ROW WHEN old.a <> new.a BEGIN SELECT RAISE(IGNORE); "
    "UPDATE t SET a = 1 WHERE b; INSERT INTO u SELECT * FROM t; DELETE FROM t; SELECT RAISE(ABORT, 'no ' || a); END",
    "CREATE VIRTUAL TABLE f USING fts5(a, tokenize = 'porter ascii', b(c, (d)))",
    "DROP TABLE IF EXISTS main.t",
    "ALTER TABLE t RENAME COLUMN a TO \"b c\"",
    "ALTER TABLE t ADD COLUMN c INT DEFAULT 1 CHECK (c)",
    "ALTER TABLE t ADD CONSTRAINT k CHECK (a > 0) ON CONFLICT IGNORE",
    "ALTER TABLE t ALTER COLUMN a DROP NOT NULL",
    "BEGIN IMMEDIATE",
    "ROLLBACK TO SAVEPOINT s",
    "PRAGMA main.journal_mode = 'w a l'",
    "PRAGMA cache_size(-100)",
    "VACUUM main INTO 'x.db'",
    "ATTACH DATABASE 'a.db' AS b KEY 'c'",
    "EXPLAIN QUERY PLAN SELECT 1",
};

std::string print(const Statement& statement, bool all_parentheses) {
  std::string out;
  print_statement(statement, out, {all_parentheses});
  return out;
}

// Empty when the text does not parse or its tree survives printing; else what went wrong.
std::string round_trip_failure(std::string_view text) {
  Arena arena;
  auto first = parse_statement(text, arena);
  if (!first.ok() || first.value().statement == nullptr) return {};
  for (bool all_parentheses : {false, true}) {
    std::string printed = print(*first.value().statement, all_parentheses);
    auto second = parse_statement(printed, arena);
    if (!second.ok()) return printed + " => " + std::string(second.status().message());
    if (print(*first.value().statement, true) != print(*second.value().statement, true)) return printed;
  }
  return {};
}

TEST_CASE("round trip") {
  for (const char* text : kStatements) {
    CAPTURE(text);
    Arena arena;
    auto result = parse_statement(text, arena);
    if (!result.ok()) MESSAGE(std::string(result.status().message()));
    REQUIRE(result.ok());
    CHECK(round_trip_failure(text) == "");
  }
}

TEST_CASE("printed text is minimal and canonical") {
  Arena arena;
  auto printed = [&](std::string_view text) {
    auto result = parse_statement(text, arena);
    REQUIRE(result.ok());
    return print_statement(*result.value().statement);
  };
  CHECK(printed("select ((a)) + (b*c), (a+b)*c from t t2") == "SELECT a + b * c, (a + b) * c FROM t AS t2");
  CHECK(printed("select a from (b)") == "SELECT a FROM b");
  CHECK(printed("delete from t where a<>1") == "DELETE FROM t WHERE a <> 1");
  std::string name;
  print_identifier("select", name);
  print_identifier("a b", name);
  print_identifier("plain", name);
  print_identifier("say \"x\"", name);
  CHECK(name == "\"select\"\"a b\"plain\"say \"\"x\"\"\"");
}

// Texts made by deleting, doubling, swapping and replacing tokens of the statements above.
TEST_CASE("round trip of mutated texts") {
  std::vector<std::string> tokens;
  std::vector<std::vector<std::string>> statements;
  for (const char* text : kStatements) {
    std::string_view view = text;
    Lexer lexer(view);
    statements.emplace_back();
    for (Token token = lexer.next(); token.kind != TokenKind::End; token = lexer.next()) {
      statements.back().emplace_back(view.substr(token.begin, token.end - token.begin));
    }
    tokens.insert(tokens.end(), statements.back().begin(), statements.back().end());
  }
  std::mt19937 random(7);
  auto below = [&](size_t bound) { return static_cast<size_t>(random() % bound); };
  for (int round = 0; round < 20000; ++round) {
    std::vector<std::string> mutated = statements[below(statements.size())];
    for (size_t change = 0; change <= below(3); ++change) {
      auto at = mutated.begin() + static_cast<std::ptrdiff_t>(below(mutated.size()));
      switch (below(4)) {
        case 0:
          if (mutated.size() > 1) mutated.erase(at);
          break;
        case 1: mutated.insert(at, tokens[below(tokens.size())]); break;
        case 2: *at = tokens[below(tokens.size())]; break;
        default: std::swap(*at, mutated[below(mutated.size())]); break;
      }
    }
    std::string text;
    for (const std::string& token : mutated) text += token + ' ';
    std::string failure = round_trip_failure(text);
    if (!failure.empty()) {
      CAPTURE(text);
      CHECK(failure == "");
    }
  }
}

}  // namespace
}  // namespace sqlrite::sql
