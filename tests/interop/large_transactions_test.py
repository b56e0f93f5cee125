#!/usr/bin/env python3
"""Transactions that change more pages than the cache holds, on our shell and on stock SQLite's: equal rows, whole files.

  large_transactions_test.py SHELL [SEED...]     seeds 1 to 8 by default

A seed makes a script: inserts, updates and deletes of thousands of rows in WAL mode with small caches, over tables with
indexes, overflow pages and without rowids, with savepoints that are rolled back to, and what both shells print of it has to
be equal. Afterwards stock SQLite checks the file that we left.
"""
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

ROW_COUNTS = "SELECT count(*), sum(a), sum(length(b)), sum(length(c)) FROM t;"
CHECKS = ROW_COUNTS + " SELECT count(*), sum(v) FROM w; SELECT count(*) FROM t INDEXED BY i1 WHERE a >= 0; PRAGMA integrity_check(3);"
SCHEMA = """CREATE TABLE t(id INTEGER PRIMARY KEY, a, b TEXT, c BLOB); CREATE INDEX i1 ON t(a); CREATE UNIQUE INDEX i2 ON t(b, id);
CREATE TABLE w(k TEXT PRIMARY KEY, v) WITHOUT ROWID;"""
TIMEOUT_S = 300


def insertion(rng, row_count):
    count = rng.choice([5000, row_count])
    stride = rng.choice([7919, 104729, 1])
    large = f"CASE WHEN i % {rng.choice([50, 500])} = 0 THEN zeroblob({rng.choice([3000, 20000])}) ELSE x'0102' END"
    return (f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count}) "
            f"INSERT OR REPLACE INTO t SELECT (i * {stride}) % {row_count * 3} + 1, (i * {rng.randint(3, 9999)}) % {row_count}, "
            f"'txt' || ((i * {rng.randint(3, 99999)}) % 100003), {large} FROM n;")


def change(rng, row_count):
    """One statement that changes many rows, or looks at all of them."""
    kind = rng.randrange(11)
    if kind < 2:
        return insertion(rng, row_count)
    low, high = sorted(rng.randrange(row_count) for _ in range(2))
    return {
        2: f"UPDATE t SET a = a + 1 WHERE id % {rng.randint(2, 9)} = 0;",
        3: f"UPDATE t SET b = b || '{'y' * rng.randint(1, 60)}' WHERE id % {rng.randint(2, 9)} = 1;",
        4: "UPDATE t SET b = substr(b, 1, 9) WHERE length(b) > 12;",
        5: f"DELETE FROM t WHERE id % {rng.randint(2, 20)} = 0;",
        6: f"DELETE FROM t WHERE a BETWEEN {low} AND {high};",
        7: f"INSERT OR IGNORE INTO w SELECT b, a FROM t WHERE id % {rng.randint(1, 4)} = 0;",
        8: f"DELETE FROM w WHERE v % {rng.randint(2, 9)} = 0;",
        9: rng.choice(["CREATE INDEX IF NOT EXISTS i3 ON t(c, a);", "DROP INDEX IF EXISTS i3;"]),
        10: ROW_COUNTS,
    }[kind]


def script(seed):
    rng = random.Random(seed)
    row_count = rng.choice([15000, 30000])
    lines = [f"PRAGMA page_size = {rng.choice([512, 512, 1024, 4096])};", "PRAGMA journal_mode = WAL;", "PRAGMA synchronous = OFF;",
             f"PRAGMA cache_size = {rng.choice([-50, -1000, -2000])};", SCHEMA]
    for _ in range(3):
        lines.append("BEGIN;")
        savepoints = 0
        lines.append(insertion(rng, row_count))
        for _ in range(rng.randint(2, 6)):
            lines.append(change(rng, row_count))
            chance = rng.random()
            if chance < 0.2:
                savepoints += 1
                lines.append(f"SAVEPOINT s{savepoints};")
            elif chance < 0.3 and savepoints > 0:
                lines.append(f"ROLLBACK TO s{savepoints};")
            elif chance < 0.35 and savepoints > 0:
                lines.append(f"RELEASE s{savepoints};")
                savepoints -= 1
        lines.append(rng.choice(["COMMIT;", "COMMIT;", "COMMIT;", "ROLLBACK;"]))
        lines.append(CHECKS)
        lines.append(rng.choice(["", "", "PRAGMA wal_checkpoint(TRUNCATE);", "VACUUM;"]))
    return "\n".join(lines) + "\n"


def run(shell, database, text):
    done = subprocess.run([shell, database], input=text, capture_output=True, text=True, timeout=TIMEOUT_S)
    # A checkpoint's frame counts are an engine's own affair.
    return [line for line in done.stdout.splitlines() if not (line.startswith("0|") and line.count("|") == 2)] + done.stderr.splitlines()


def problem_of(seed, shell, stock):
    """None, or what is wrong."""
    text = script(seed)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        ours = run(shell, str(folder / "ours.db"), text)
        theirs = run(stock, str(folder / "theirs.db"), text)
        for i in range(max(len(ours), len(theirs))):
            pair = [lines[i] if i < len(lines) else "(nothing)" for lines in (ours, theirs)]
            if pair[0] != pair[1]:
                return f"line {i + 1} is {pair[0]!r}, not {pair[1]!r}"
        verdict = run(stock, str(folder / "ours.db"), "PRAGMA integrity_check(3);")
        return None if verdict == ["ok"] else f"stock SQLite finds in our file: {verdict}"


def main():
    shell = sys.argv[1]
    stock = shutil.which("sqlite3")
    if stock is None:
        print("large_transactions_test: skipped, there is no sqlite3\n0 passed, 0 failed")
        return 0
    passed = failed = 0
    for seed in [int(seed) for seed in sys.argv[2:]] or range(1, 9):
        problem = problem_of(seed, shell, stock)
        if problem is None:
            passed += 1
        else:
            failed += 1
            print(f"seed {seed} FAILED: {problem}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
