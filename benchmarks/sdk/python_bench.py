#!/usr/bin/env python3
"""Measures the package sqlrite against the standard module sqlite3 in one process: median CPU times of alternating runs.

    python_bench.py [--rows N] [--runs N] [--json FILE] [--only NAME]

Each workload runs on both modules in turn, on equal databases in temporary files; the answers are compared before a time
counts. The table shows milliseconds of CPU time and how many times faster sqlrite is. Exits with 1 when answers differ.
"""

import argparse
import gc
import json
import os
import random
import sqlite3
import statistics
import sys
import tempfile
import time

import sqlrite

SETTINGS = ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=NORMAL")


def connect(module, folder, name):
    connection = module.connect(os.path.join(folder, f"{name}-{module.__name__}.db"))
    for pragma in SETTINGS:
        connection.execute(pragma)
    return connection


class Workload:
    """prepare() once per module, then run() again and again; run() returns what both modules must agree on."""

    limit = 10**9  # operations at most

    def __init__(self, module, folder, rows):
        self.rows = rows
        self.operations = min(rows, self.limit)
        self.connection = connect(module, folder, type(self).__name__)
        self.prepare()

    def prepare(self):
        connection = self.connection
        connection.execute("CREATE TABLE items(id INTEGER PRIMARY KEY, name TEXT, price REAL, stock INTEGER, note TEXT)")
        source = random.Random(7)
        connection.executemany(
            "INSERT INTO items VALUES(?, ?, ?, ?, ?)",
            ((i, f"item {i}", source.random() * 100, source.randrange(1000), None if i % 3 else "remark") for i in range(self.rows)))
        connection.commit()

    def reset(self):
        pass


class PointSelect(Workload):
    """Rows by key, one query each."""

    limit = 100_000

    def run(self):
        execute = self.connection.execute
        source = random.Random(11)
        total = 0
        for _ in range(self.operations):
            row = execute("SELECT name, stock FROM items WHERE id=?", (source.randrange(self.rows),)).fetchone()
            total += row[1]
        return total


class PointSelectCursor(Workload):
    """Rows by key on one cursor."""

    limit = 100_000

    def run(self):
        cursor = self.connection.cursor()
        source = random.Random(12)
        total = 0
        for _ in range(self.operations):
            cursor.execute("SELECT name, stock FROM items WHERE id=?", (source.randrange(self.rows),))
            total += cursor.fetchone()[1]
        return total


class FetchAll(Workload):
    """All rows as one list."""

    def run(self):
        rows = self.connection.execute("SELECT id, name, price, stock, note FROM items").fetchall()
        return len(rows), rows[0], rows[-1], rows[len(rows) // 2]


class Iterate(Workload):
    """All rows, one after the other."""

    def run(self):
        total = 0
        for row in self.connection.execute("SELECT id, name, price, stock, note FROM items"):
            total += row[3]
        return total


class FetchNumbers(Workload):
    """All rows of two columns of numbers as one list."""

    def run(self):
        rows = self.connection.execute("SELECT id, price FROM items").fetchall()
        return len(rows), rows[0], rows[-1]


class RowObjects(Workload):
    """All rows as Row objects, one value read by name."""

    def run(self):
        module = sqlrite if isinstance(self.connection, sqlrite.Connection) else sqlite3
        cursor = self.connection.cursor()
        cursor.row_factory = module.Row
        total = 0
        for row in cursor.execute("SELECT id, name, stock FROM items"):
            total += row["stock"]
        return total


class InsertLoop(Workload):
    """One execute() per row in a transaction."""

    limit = 200_000

    def prepare(self):
        self.connection.execute("CREATE TABLE log(id INTEGER PRIMARY KEY, name TEXT, value REAL)")

    def reset(self):
        self.connection.execute("DELETE FROM log")
        self.connection.commit()

    def run(self):
        execute = self.connection.execute
        for i in range(self.operations):
            execute("INSERT INTO log(name, value) VALUES(?, ?)", (f"entry {i}", i * 0.5))
        self.connection.commit()
        return execute("SELECT count(*), sum(value), max(name) FROM log").fetchone()


class ExecuteMany(InsertLoop):
    """executemany() in a transaction."""

    limit = 400_000

    def run(self):
        count = self.operations
        self.connection.executemany("INSERT INTO log(name, value) VALUES(?, ?)", ((f"entry {i}", i * 0.5) for i in range(count)))
        self.connection.commit()
        return self.connection.execute("SELECT count(*), sum(value), max(name) FROM log").fetchone()


class UpdateByKey(Workload):
    """One UPDATE per key in a transaction."""

    limit = 100_000

    def run(self):
        execute = self.connection.execute
        changed = 0
        for i in range(self.operations):
            changed += execute("UPDATE items SET stock=stock+1 WHERE id=?", (i,)).rowcount
        self.connection.commit()
        return changed


WORKLOADS = (PointSelect, PointSelectCursor, FetchAll, Iterate, FetchNumbers, RowObjects, InsertLoop, ExecuteMany, UpdateByKey)
# What has to be at least TARGET times as fast.
TARGETS = {"PointSelect", "FetchAll", "Iterate", "InsertLoop", "ExecuteMany"}
TARGET = 1.1


def measure(workload):
    workload.reset()
    gc.collect()
    begin = time.process_time()
    answer = workload.run()
    return (time.process_time() - begin) * 1000, answer


def compare(kind, folder, rows, runs):
    pair = [kind(module, folder, rows) for module in (sqlite3, sqlrite)]
    times = ([], [])
    for number in range(runs + 1):
        answers = []
        order = (0, 1) if number % 2 == 0 else (1, 0)
        for side in order:
            spent, answer = measure(pair[side])
            answers.append(answer)
            if number > 0:  # the first run warms caches
                times[side].append(spent)
        if answers[0] != answers[1]:
            sys.exit(f"{kind.__name__}: the answers differ: {answers[0]} and {answers[1]}")
    for workload in pair:
        workload.connection.close()
    standard, ours = (statistics.median(side) for side in times)
    return {"name": kind.__name__, "what": kind.__doc__, "operations": pair[0].operations, "sqlrite_seconds": ours / 1000,
            "peer_seconds": standard / 1000, "ratio": round(standard / ours, 2), "target": TARGET if kind.__name__ in TARGETS else None}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--json", metavar="FILE", help="also writes the results there (- for the standard output)")
    parser.add_argument("--only", metavar="NAME", action="append", help="this workload only; may be given again")
    options = parser.parse_args()
    kinds = [kind for kind in WORKLOADS if not options.only or kind.__name__ in options.only]
    results = []
    print(f"sqlrite {sqlrite.__version__} against sqlite3 with SQLite {sqlite3.sqlite_version}, Python {sys.version.split()[0]}, "
          f"{options.rows} rows, median CPU time of {options.runs} runs")
    print(f"{'workload':<20}{'sqlite3 ms':>12}{'sqlrite ms':>12}{'faster':>9}")
    for kind in kinds:
        with tempfile.TemporaryDirectory() as folder:
            result = compare(kind, folder, options.rows, options.runs)
        results.append(result)
        missed = " (target missed)" if result["target"] and result["ratio"] < result["target"] else ""
        print(f"{result['name']:<20}{result['peer_seconds'] * 1000:>12.1f}{result['sqlrite_seconds'] * 1000:>12.1f}{result['ratio']:>8}x{missed}", flush=True)
    if options.json:
        text = json.dumps({"peer": "sqlite3 of Python", "python": sys.version.split()[0], "sqlite": sqlite3.sqlite_version, "sqlrite": sqlrite.__version__,
                           "rows": options.rows, "runs": options.runs, "results": results}, indent=2)
        if options.json == "-":
            print(text)
        else:
            with open(options.json, "w") as file:
                file.write(text + "\n")


if __name__ == "__main__":
    main()
