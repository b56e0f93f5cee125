"""Memory does not grow: the size of the process after many calls is that after few."""

import pathlib

import pytest

import sqlrite

pytestmark = pytest.mark.skipif(not pathlib.Path("/proc/self/statm").exists(), reason="needs /proc")

GROWTH_MAX_KIB = 2048


def resident_kib():
    return int(pathlib.Path("/proc/self/statm").read_text().split()[1]) * 4


def grows(work, count):
    for _ in range(count // 10):
        work()
    before = resident_kib()
    for _ in range(count):
        work()
    return resident_kib() - before


def test_statements_rows_and_errors(db):
    db.execute("CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT)")
    db.executemany("INSERT INTO t VALUES(?, ?)", ((i, f"name {i}") for i in range(100)))
    db.commit()
    cursor = db.cursor()

    def fail():
        try:
            db.execute("SELECT nothing_there")
        except sqlrite.OperationalError:
            pass

    def unbound():
        try:
            db.execute("SELECT ?, ?", (1,))
        except sqlrite.ProgrammingError:
            pass

    works = {
        "point query": (lambda: db.execute("SELECT name FROM t WHERE id=?", (7,)).fetchone(), 400_000),
        "cursor": (lambda: cursor.execute("SELECT name FROM t WHERE id=:id", {"id": 8}).fetchone(), 400_000),
        "all rows": (lambda: db.execute("SELECT * FROM t").fetchall(), 5_000),
        "half of the rows": (lambda: next(db.execute("SELECT * FROM t")), 50_000),
        "change": (lambda: db.execute("UPDATE t SET name=? WHERE id=3", ("x" * 50,)), 100_000),
        "no such column": (fail, 20_000),
        "wrong parameters": (unbound, 50_000),
        "new texts": (lambda count=[0]: (count.__setitem__(0, count[0] + 1), db.execute(f"SELECT {count[0]}").fetchone()), 30_000),
    }
    for name, (work, count) in works.items():
        assert grows(work, count) < GROWTH_MAX_KIB, name
    db.rollback()


def test_connections_functions_and_row_objects():
    def session():
        db = sqlrite.connect(":memory:")
        db.row_factory = sqlrite.Row
        db.create_function("f", 1, lambda x: x)
        db.create_collation("c", lambda a, b: 0)
        db.set_trace_callback(lambda text: None)
        db.execute("CREATE TABLE t(a)")
        db.execute("INSERT INTO t VALUES(f('x'))")
        assert db.execute("SELECT a FROM t").fetchone()["a"] == "x"

    assert grows(session, 2_000) < GROWTH_MAX_KIB
