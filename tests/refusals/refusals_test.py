#!/usr/bin/env python3
"""Files made by stock SQLite that use what this version does not execute: they can be read, a write that would need the
missing feature is refused with one sentence, and the file stays as it was, byte for byte.

  refusals_test.py OUR_SHELL       (stock is `sqlite3` from PATH; without it the test is skipped)
"""
import pathlib
import shutil
import subprocess
import sys
import tempfile

# name, SQL that stock runs, query that works, its answer, write that is refused, word in the refusal
CASES = [
    ("insert trigger", "CREATE TABLE t(a); CREATE TABLE log(x); INSERT INTO t VALUES(1);"
     "CREATE TRIGGER r AFTER INSERT ON t BEGIN INSERT INTO log VALUES(new.a); END;",
     "SELECT a FROM t", "1", "INSERT INTO t VALUES(2)", "trigger"),
    ("update trigger", "CREATE TABLE t(a); INSERT INTO t VALUES(1); CREATE TRIGGER r BEFORE UPDATE ON t BEGIN SELECT 1; END;",
     "SELECT a FROM t", "1", "UPDATE t SET a=2", "trigger"),
    ("delete trigger", "CREATE TABLE t(a); INSERT INTO t VALUES(1); CREATE TRIGGER r AFTER DELETE ON t BEGIN SELECT 1; END;",
     "SELECT a FROM t", "1", "DELETE FROM t", "trigger"),
    ("update-of trigger", "CREATE TABLE t(a,b); INSERT INTO t VALUES(1,2); CREATE TRIGGER r AFTER UPDATE OF a ON t BEGIN SELECT 1; END;",
     "SELECT b FROM t", "2", "UPDATE t SET a=2", "trigger"),
    ("conditional trigger", "CREATE TABLE t(a); INSERT INTO t VALUES(1); CREATE TRIGGER r AFTER INSERT ON t WHEN new.a>5 BEGIN SELECT 1; END;",
     "SELECT a FROM t", "1", "INSERT INTO t VALUES(9)", "trigger"),
    ("instead-of trigger", "CREATE TABLE t(a); INSERT INTO t VALUES(1); CREATE VIEW v AS SELECT a FROM t;"
     "CREATE TRIGGER r INSTEAD OF INSERT ON v BEGIN INSERT INTO t VALUES(new.a); END;",
     "SELECT a FROM v", "1", "INSERT INTO v VALUES(2)", ""),
    ("virtual column", "CREATE TABLE t(a, b AS (a*2)); INSERT INTO t VALUES(4);",
     "SELECT b FROM t", "8", "INSERT INTO t(a) VALUES(5)", "generated"),
    ("stored column", "CREATE TABLE t(a, b AS (a*2) STORED); INSERT INTO t VALUES(4);",
     "SELECT b FROM t", "8", "UPDATE t SET a=5", "generated"),
    ("foreign key of a child", "CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE t(a REFERENCES p); INSERT INTO p VALUES(1); INSERT INTO t VALUES(1);",
     "SELECT a FROM t", "1", "PRAGMA foreign_keys=ON; INSERT INTO t VALUES(7)", "foreign key"),
    ("foreign key of a parent", "CREATE TABLE t(id INTEGER PRIMARY KEY); CREATE TABLE c(a REFERENCES t ON DELETE CASCADE); INSERT INTO t VALUES(1);",
     "SELECT id FROM t", "1", "PRAGMA foreign_keys=ON; DELETE FROM t", "foreign key"),
    ("fts5 table", "CREATE VIRTUAL TABLE t USING fts5(body); INSERT INTO t VALUES('one two'); CREATE TABLE o(a); INSERT INTO o VALUES(3);",
     "SELECT a FROM o", "3", "INSERT INTO t VALUES('three')", ""),
    ("fts5 query", "CREATE VIRTUAL TABLE t USING fts5(body); CREATE TABLE o(a); INSERT INTO o VALUES(3);",
     "SELECT a FROM o", "3", "SELECT * FROM t", ""),
    ("rtree table", "CREATE VIRTUAL TABLE t USING rtree(id,a,b); CREATE TABLE o(a); INSERT INTO o VALUES(3);",
     "SELECT a FROM o", "3", "INSERT INTO t VALUES(1,2,3)", ""),
    ("drop of a virtual table", "CREATE VIRTUAL TABLE t USING fts5(body); CREATE TABLE o(a); INSERT INTO o VALUES(3);",
     "SELECT a FROM o", "3", "DROP TABLE t", ""),
    ("window view", "CREATE TABLE t(a); INSERT INTO t VALUES(1); CREATE VIEW v AS SELECT a, row_number() OVER () AS n FROM t;",
     "SELECT a FROM t", "1", "SELECT n FROM v", "window"),
    ("unknown function in an index", None,
     "SELECT a FROM t NOT INDEXED", "1", "INSERT INTO t VALUES(2)", ""),
    ("unknown collation in an index", None,
     "SELECT a FROM t NOT INDEXED", "1", "INSERT INTO t VALUES(2)", ""),
]
FOREIGN = {
    "unknown function in an index": (
        "import sqlite3,sys; d=sqlite3.connect(sys.argv[1]); d.create_function('twice',1,lambda x:x,deterministic=True);"
        "d.execute('CREATE TABLE t(a)'); d.execute('CREATE INDEX i ON t(twice(a))'); d.execute('INSERT INTO t VALUES(1)'); d.commit()"),
    "unknown collation in an index": (
        "import sqlite3,sys; d=sqlite3.connect(sys.argv[1]); d.create_collation('odd',lambda a,b:(a>b)-(a<b));"
        "d.execute('CREATE TABLE t(a)'); d.execute('CREATE INDEX i ON t(a COLLATE odd)'); d.execute('INSERT INTO t VALUES(1)'); d.commit()"),
}


def run(shell, file, sql):
    return subprocess.run([shell, "-batch", "-bail", str(file), sql], capture_output=True, text=True, timeout=60)


def main():
    ours = sys.argv[1]
    if shutil.which("sqlite3") is None:
        print("refusals: skipped, no stock sqlite3 on this machine")
        print("0 passed, 0 failed, 1 skipped")
        return 0
    folder = pathlib.Path(tempfile.mkdtemp(prefix="sqlrite_refusals"))
    passed = failed = 0
    for number, (name, setup, query, answer, write, word) in enumerate(CASES):
        file = folder / f"{number}.db"
        if setup is None:
            made = subprocess.run([sys.executable, "-c", FOREIGN[name], str(file)], capture_output=True, text=True)
        else:
            made = run("sqlite3", file, setup)
        if made.returncode != 0:
            print(f"{name}: not made on this machine ({made.stderr.strip()[:80]})")
            continue
        before = file.read_bytes()
        read = run(ours, file, query)
        refused = run(ours, file, write)
        problems = []
        if read.stdout.strip() != answer or read.returncode != 0:
            problems.append(f"reads {read.stdout.strip()!r} {read.stderr.strip()!r}")
        if refused.returncode == 0 or not refused.stderr.strip():
            problems.append("the write was not refused")
        if word not in refused.stderr:
            problems.append(f"refused with: {refused.stderr.strip()}")
        if file.read_bytes() != before:
            problems.append("the file has changed")
        if run("sqlite3", file, "SELECT count(*) FROM sqlite_schema").returncode != 0:
            problems.append("stock cannot read it any more")
        if problems:
            failed += 1
            print(f"FAILED: {name}: " + "; ".join(problems))
        else:
            passed += 1
    shutil.rmtree(folder, ignore_errors=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or passed == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
