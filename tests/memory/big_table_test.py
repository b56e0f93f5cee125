#!/usr/bin/env python3
"""A table much larger than the memory that a statement may use: scanned, sorted, grouped, joined, changed.

    big_table_test.py SHELL [--mib N] [--limit MIB] [--change-limit MIB] [--soft-heap-limit BYTES] [--folder F] [--only NAME]

Every statement runs in a process of its own. Its peak memory (maximum resident set) must stay below the limit, and its
rows must be those of stock SQLite (Python's sqlite3 module). Without options: a small table under a small budget. The
full size, with default settings:  big_table_test.py build/release/bin/sqlrite --mib 1170 --limit 200 --soft-heap-limit 0
"""
import argparse
import hashlib
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time

BYTES_PER_ROW = 235

QUERIES = {
    "scan": "SELECT count(*), sum(id), sum(g), max(r), sum(length(p)) FROM t",
    "sort by text": "SELECT id, r FROM t ORDER BY r",
    "sort wide rows": "SELECT * FROM t ORDER BY g DESC",
    "group by integer, one row each": "SELECT g, count(*), sum(id), max(v) FROM t GROUP BY g",
    "group by text, one row each": "SELECT r, count(*), min(p) FROM t GROUP BY r",
    "group, texts joined": "SELECT id % 7, count(*), count(DISTINCT r), sum(DISTINCT g % 1000003) FROM t GROUP BY id % 7",
    "count distinct": "SELECT count(DISTINCT r), sum(DISTINCT id) FROM t",
    "distinct": "SELECT DISTINCT substr(r, 1, 20) FROM t",
    "hash join by integer": "SELECT count(*), sum(a.id * 3 + b.id), sum(length(b.p)) FROM t a JOIN t b ON a.g = b.g",
    "hash join by text, rows": "SELECT a.id, b.g, b.p FROM t a JOIN t b ON a.r = b.r",
    "left join": "SELECT a.id, b.id FROM t a LEFT JOIN t b ON b.g = a.g + 2654435761",
    "union": "SELECT r FROM t UNION SELECT substr(p, 1, 10) || id FROM t",
    "intersect": "SELECT count(*) FROM (SELECT r, id FROM t INTERSECT SELECT r, id FROM t WHERE id % 2 = 0)",
    "except": "SELECT count(*) FROM (SELECT r, id FROM t EXCEPT SELECT r, id FROM t WHERE id % 2 = 0)",
    "materialized CTE": "WITH c AS MATERIALIZED (SELECT id, r, p FROM t) SELECT (SELECT count(*) FROM c), (SELECT sum(length(p)) FROM c), (SELECT max(r) FROM c)",
    "recursive queue": "WITH RECURSIVE n(x, y) AS (SELECT id, r FROM t UNION ALL SELECT -x, y FROM n WHERE x > 0) SELECT count(*), sum(x), max(y) FROM n",
    "recursive set": "WITH RECURSIVE n(x) AS (SELECT 1 UNION SELECT x + 1 FROM n WHERE x < {rows}) SELECT count(*), sum(x) FROM n",
}

# Run one after the other on a copy, in WAL and in rollback mode; then stock compares the whole content.
CHANGES = {
    "update": "UPDATE t SET g = g + 1, p = p || 'x'",
    "delete": "DELETE FROM t WHERE id % 3 = 0",
    "insert from select": "INSERT INTO t SELECT id + 100000000, g, r || 'n', v, p FROM t",
    "create index": "CREATE INDEX t_r ON t(r)",
    "two updates in a transaction": "BEGIN; UPDATE t SET v = v + 1; UPDATE t SET v = v * 2; COMMIT",
    "rolled back": "BEGIN; UPDATE t SET v = 0; ROLLBACK",
    "vacuum": "VACUUM",
}
CONTENT = ["SELECT count(*), sum(id), sum(g), sum(length(p)), total(v), max(r) FROM t",
           "SELECT count(*), min(r), max(r) FROM t NOT INDEXED WHERE r > '8'"]


def make_table(path, rows):
    source = random.Random(7)
    db = sqlite3.connect(path)
    db.execute("PRAGMA journal_mode = OFF")
    db.execute("PRAGMA synchronous = OFF")
    db.execute("CREATE TABLE t(id INTEGER PRIMARY KEY, g INTEGER, r TEXT, v REAL, p TEXT)")

    def generate():
        for i in range(rows):
            mixed = (i * 2654435761 + 12345) % 4294967296
            yield i + 1, mixed, "%016x%08x" % (source.getrandbits(64), i), (mixed % 100000) / 8, "p" * 150 + str(i)

    db.executemany("INSERT INTO t VALUES(?, ?, ?, ?, ?)", generate())
    db.commit()
    db.close()


def digest_rows(path, sql):
    db = sqlite3.connect(path)
    db.execute("PRAGMA cache_size = -1000000")
    db.execute("PRAGMA temp_store = MEMORY")
    digest = hashlib.sha256()
    for row in db.execute(sql):
        digest.update(("|".join("" if v is None else str(v) for v in row) + "\n").encode())
    db.close()
    print(digest.hexdigest())


def change(path, sql):
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode = OFF")
    db.execute("PRAGMA cache_size = -1000000")
    db.executescript(sql)


def in_child(task, *arguments):
    """Runs one of the functions above in a process of its own: the memory of this process is what its children start with."""
    command = [sys.executable, os.path.abspath(__file__), "--task", task, *map(str, arguments)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def stock_digest(path, sql):
    """Hash of the rows as the shell's list mode prints them."""
    return in_child("digest_rows", path, sql)


def run(shell, path, sql, soft_heap_limit):
    """Digest of the output, standard error and peak memory in MiB of the statement in a process of its own."""
    command = [shell, path]
    if soft_heap_limit > 0:
        command.append("PRAGMA soft_heap_limit = %d" % soft_heap_limit)
    command.append(sql)
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors)
        digest = hashlib.sha256()
        first = soft_heap_limit > 0
        rest = b""
        while True:
            block = process.stdout.read(1 << 20)
            if not block:
                break
            if first:
                rest += block
                if b"\n" not in rest:
                    continue
                block = rest.split(b"\n", 1)[1]
                first = False
            digest.update(block)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        errors.seek(0)
        return digest.hexdigest(), errors.read().decode(), usage.ru_maxrss / 1024, process.returncode


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shell")
    parser.add_argument("--mib", type=int, default=64)
    parser.add_argument("--limit", type=float, default=66)
    parser.add_argument("--change-limit", type=float, default=160)
    parser.add_argument("--soft-heap-limit", type=int, default=4 << 20)
    parser.add_argument("--folder")
    parser.add_argument("--only", action="append")
    return parser.parse_args()


def main():
    options = parse_options()
    folder = tempfile.mkdtemp(prefix="big_table_", dir=options.folder)
    os.environ["SQLITE_TMPDIR"] = folder
    passed = failed = 0
    try:
        path = os.path.join(folder, "big.db")
        rows = options.mib * 1048576 // BYTES_PER_ROW
        in_child("make_table", path, rows)
        print("table of %d rows, %d MiB; limit %g MiB, for changes %g MiB"
              % (rows, os.path.getsize(path) >> 20, options.limit, options.change_limit))

        def judge(name, problems, peak, seconds):
            nonlocal passed, failed
            print("%-48s %7.1f MiB %7.1f s  %s" % (name, peak, seconds, "; ".join(problems) or "ok"), flush=True)
            passed += not problems
            failed += bool(problems)

        def measure(name, file, sql, expected, limit):
            begin = time.monotonic()
            digest, errors, peak, code = run(options.shell, file, sql, options.soft_heap_limit)
            seconds = time.monotonic() - begin
            problems = []
            if code != 0 or errors:
                problems.append("exit status %d: %s" % (code, errors.strip()[:200]))
            elif expected is not None and digest != expected:
                problems.append("other rows than stock SQLite")
            if peak > limit:
                problems.append("peak memory above the limit")
            left = [f for f in os.listdir(folder) if f.startswith("sqlrite_")]
            if left:
                problems.append("temporary files left: %s" % left[:3])
            judge(name, problems, peak, seconds)

        wanted = lambda name: not options.only or any(part in name for part in options.only)
        for name, sql in QUERIES.items():
            if wanted(name):
                sql = sql.replace("{rows}", str(rows))
                measure(name, path, sql, stock_digest(path, sql), options.limit)
        for mode in ("wal", "delete"):
            if not any(wanted(mode + ": " + name) for name in CHANGES):
                continue
            copy = os.path.join(folder, mode + ".db")
            reference = os.path.join(folder, "reference.db")
            shutil.copy(path, copy)
            shutil.copy(path, reference)
            subprocess.run([options.shell, copy, "PRAGMA journal_mode = " + mode], stdout=subprocess.DEVNULL, check=True)
            for name, sql in CHANGES.items():
                if wanted(mode + ": " + name):
                    if name != "rolled back":
                        in_child("change", reference, sql)
                    measure(mode + ": " + name, copy, sql, None, options.change_limit)
            problems = []
            with sqlite3.connect(copy) as db:
                found = db.execute("PRAGMA integrity_check").fetchall()
            if found != [("ok",)]:
                problems.append("integrity_check: %s" % found[:2])
            for sql in CONTENT:
                if stock_digest(copy, sql) != stock_digest(reference, sql):
                    problems.append("other content than stock SQLite")
            judge(mode + ": content after all changes", problems, 0, 0)
            os.remove(copy)
            os.remove(reference)
    finally:
        shutil.rmtree(folder)
    print("%d passed, %d failed" % (passed, failed))
    return failed > 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["--task"]:
        task, file, argument = sys.argv[2:5]
        {"make_table": lambda: make_table(file, int(argument)), "digest_rows": lambda: digest_rows(file, argument),
         "change": lambda: change(file, argument)}[task]()
    else:
        sys.exit(main())
