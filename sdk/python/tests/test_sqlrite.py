"""What sqlrite has beyond the standard module: read-only and sibling connections, its errors, and files that stock SQLite reads."""

import pathlib
import sqlite3

import pytest

import sqlrite


def test_opens_read_only(path):
    with pytest.raises(sqlrite.OperationalError, match="unable to open database file"):
        sqlrite.connect_read_only(path)
    writer = sqlrite.connect(path)
    writer.execute("CREATE TABLE t(a)")
    assert not writer.read_only
    reader = sqlrite.connect_read_only(path)
    assert reader.read_only
    with pytest.raises(sqlrite.OperationalError, match="attempt to write a readonly database") as caught:
        reader.execute("INSERT INTO t VALUES(1)")
    assert caught.value.sqlite_errorname == "SQLITE_READONLY"
    reader.close()
    writer.close()


def test_sibling_sees_what_is_committed_and_ends_on_its_own(path):
    first = sqlrite.connect(path, timeout=0, isolation_level="IMMEDIATE")
    first.row_factory = sqlrite.Row
    first.execute("CREATE TABLE t(a)")
    second = first.connect()
    assert second.isolation_level == "IMMEDIATE" and second.row_factory is sqlrite.Row
    first.execute("INSERT INTO t VALUES(1)")
    assert second.execute("SELECT count(*) FROM t").fetchone()[0] == 0
    with pytest.raises(sqlrite.BusyError) as caught:
        second.execute("INSERT INTO t VALUES(2)")
    assert caught.value.sqlite_errorcode & 0xFF == sqlrite.SQLITE_BUSY
    first.commit()
    first.close()
    second.execute("INSERT INTO t VALUES(2)")
    second.commit()
    assert [row["a"] for row in second.execute("SELECT a FROM t")] == [1, 2]
    second.close()


def test_database_in_memory_has_no_siblings(db):
    with pytest.raises(sqlrite.OperationalError, match="a database in memory belongs to one connection"):
        db.connect()


def test_errors_of_its_own_stand_in_the_standard_tree():
    assert sqlrite.SQLRiteError is sqlrite.Error
    assert issubclass(sqlrite.BusyError, sqlrite.OperationalError)
    assert issubclass(sqlrite.BusySnapshotError, sqlrite.BusyError)


def test_stock_sqlite_reads_and_writes_the_same_file(path):
    ours = sqlrite.connect(path)
    ours.executescript("CREATE TABLE t(a, b); CREATE INDEX i ON t(b); INSERT INTO t VALUES(1, 'ä'), (2, x'00')")
    ours.close()
    stock = sqlite3.connect(path)
    assert stock.execute("SELECT * FROM t ORDER BY a").fetchall() == [(1, "ä"), (2, b"\0")]
    assert stock.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    stock.execute("INSERT INTO t VALUES(3, NULL)")
    stock.commit()
    stock.close()
    again = sqlrite.connect(pathlib.Path(path))
    assert again.execute("SELECT count(*) FROM t").fetchone() == (3,)
    again.close()


def test_dump_needs_no_tuples(db):
    db.executescript("CREATE TABLE t(a); INSERT INTO t VALUES(1)")
    db.row_factory = lambda cursor, row: {column[0]: value for column, value in zip(cursor.description, row)}
    assert list(db.iterdump()) == ["BEGIN TRANSACTION;", "CREATE TABLE t(a);", "INSERT INTO \"t\" VALUES(1);", "COMMIT;"]
    assert list(db.iterdump(filter="x%")) == ["BEGIN TRANSACTION;", "COMMIT;"]


def test_function_is_removed(db):
    db.create_function("f", 0, lambda: 1)
    db.create_function("f", 0, None)
    with pytest.raises(sqlrite.OperationalError, match="no such function: f"):
        db.execute("SELECT f()")


def test_window_functions_work_or_say_that_they_do_not(db):
    class Moving:
        def __init__(self):
            self.sum = 0

        def step(self, value):
            self.sum += value

        def inverse(self, value):
            self.sum -= value

        def value(self):
            return self.sum

        finalize = value

    db.create_window_function("moving", 1, Moving)
    try:
        rows = db.execute("SELECT moving(column1) OVER (ORDER BY column1 ROWS 1 PRECEDING) FROM (VALUES(1), (2), (3))").fetchall()
    except sqlrite.OperationalError as error:
        assert "window functions are not executed yet" in str(error)
    else:
        assert rows == [(1,), (3,), (5,)]


def test_switches(db):
    assert db.getconfig(sqlrite.SQLITE_DBCONFIG_ENABLE_TRIGGER) is True
    db.setconfig(sqlrite.SQLITE_DBCONFIG_ENABLE_TRIGGER, False)
    assert db.getconfig(sqlrite.SQLITE_DBCONFIG_ENABLE_TRIGGER) is False
    with pytest.raises(ValueError):
        db.getconfig(-1)


def test_autocommit_modes(path):
    db = sqlrite.connect(path, autocommit=True)
    db.execute("CREATE TABLE t(a)")
    db.execute("INSERT INTO t VALUES(1)")
    assert not db.in_transaction
    db.rollback()
    db.autocommit = False
    assert db.in_transaction
    db.execute("INSERT INTO t VALUES(2)")
    db.rollback()
    assert db.in_transaction
    db.execute("INSERT INTO t VALUES(3)")
    db.commit()
    db.execute("INSERT INTO t VALUES(4)")
    db.close()
    db = sqlrite.connect(path, autocommit=False)
    assert db.execute("SELECT a FROM t").fetchall() == [(1,), (3,)]
    with pytest.raises(ValueError):
        db.autocommit = 7
    db.autocommit = sqlrite.LEGACY_TRANSACTION_CONTROL
    assert db.autocommit == sqlrite.LEGACY_TRANSACTION_CONTROL
    db.close()


def test_package_is_typed_and_knows_its_version():
    folder = pathlib.Path(sqlrite.__file__).parent
    assert (folder / "py.typed").exists()
    stub = (folder / "__init__.pyi").read_text()
    for name in sqlrite.__all__:
        assert name in stub, f"{name} is not in the stubs"
    assert sqlrite.version_info == tuple(int(part) for part in sqlrite.__version__.split("."))
    assert sqlrite.sqlite_version_info >= (3, 40)
