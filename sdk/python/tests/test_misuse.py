"""What must end in an exception and never in a crash: recursion, collection in the middle, callbacks that misbehave."""

import gc
import subprocess
import sys
import weakref

import pytest

import sqlrite

ROWS = "WITH n(i) AS (VALUES(1) UNION ALL SELECT i+1 FROM n WHERE i < 5000) SELECT i, 'text ' || i FROM n"


def test_cursor_inside_its_own_parameters(db):
    cursor = db.cursor()
    db.execute("CREATE TABLE t(a)")

    def parameters():
        cursor.execute("INSERT INTO t VALUES(?)", (1,))
        yield (1,)

    with pytest.raises(sqlrite.ProgrammingError, match="Recursive use of cursors not allowed"):
        cursor.executemany("INSERT INTO t VALUES(?)", parameters())


def test_same_statement_inside_its_parameters(db):
    db.execute("CREATE TABLE t(a)")

    def parameters():
        for i in range(3):
            db.execute("INSERT INTO t VALUES(?)", (10 * i,))
            yield (i,)

    db.executemany("INSERT INTO t VALUES(?)", parameters())
    assert [row[0] for row in db.execute("SELECT a FROM t")] == [0, 0, 10, 1, 20, 2]


def test_connection_closed_inside_parameters(db):
    db.execute("CREATE TABLE t(a)")

    def parameters():
        yield (1,)
        db.close()
        yield (2,)

    with pytest.raises(sqlrite.ProgrammingError, match="closed database"):
        db.executemany("INSERT INTO t VALUES(?)", parameters())


def test_connection_closed_inside_a_converter():
    db = sqlrite.connect(":memory:", detect_types=sqlrite.PARSE_COLNAMES)
    sqlrite.register_converter("closing", lambda value: db.close())
    cursor = db.execute('SELECT i AS "i [closing]", t FROM (' + ROWS.replace("SELECT i, 'text ' || i", "SELECT i, 'text ' || i AS t") + ")")
    try:
        rows = cursor.fetchall()
        assert rows[0][0] is None
    except sqlrite.ProgrammingError as error:
        assert "closed" in str(error)
    with pytest.raises(sqlrite.ProgrammingError):
        cursor.fetchone()


def test_connection_closed_inside_a_function(db):
    def closing():
        with pytest.raises(sqlrite.ProgrammingError, match="Cannot close a connection inside a callback"):
            db.close()
        return 5

    db.create_function("closing", 0, closing)
    assert db.execute("SELECT closing()").fetchone() == (5,)


def test_queries_inside_a_function(db):
    db.execute("CREATE TABLE t(a)")
    db.executemany("INSERT INTO t VALUES(?)", ((i,) for i in range(20)))

    def inner(value):
        cursor = db.execute("SELECT a FROM t WHERE a >= ?", (value,))
        return cursor.fetchone()[0]  # the cursor goes in the middle of its rows

    db.create_function("inner_query", 1, inner)
    assert [row[0] for row in db.execute("SELECT inner_query(a) FROM t")] == list(range(20))


def test_collected_in_the_middle_of_iteration():
    class Holder:
        pass

    for kind in (None, sqlrite.Row):
        db = sqlrite.connect(":memory:")
        db.row_factory = kind
        holder = Holder()
        holder.cursor = db.execute(ROWS)
        holder.itself = holder
        next(holder.cursor)
        gone = weakref.ref(holder.cursor)
        del holder
        gc.collect()
        assert gone() is None
        assert db.execute("SELECT 1").fetchone()[0] == 1
        rows = db.execute(ROWS)
        kept = next(rows)
        del rows, db
        gc.collect()
        assert tuple(kept) == (1, "text 1")


def test_rows_outlive_everything():
    db = sqlrite.connect(":memory:")
    rows = db.execute(ROWS).fetchall()
    db.close()
    del db
    gc.collect()
    assert rows[4999] == (5000, "text 5000") and len(rows) == 5000


def test_pending_rows_survive_changes_and_commits(db):
    db.execute("CREATE TABLE t(a, b)")
    db.executemany("INSERT INTO t VALUES(?, ?)", ((i, f"value {i}") for i in range(3000)))
    db.commit()
    cursor = db.execute("SELECT a, b FROM t")
    first = [next(cursor) for _ in range(5)]
    db.execute("UPDATE t SET b='changed'")
    db.commit()
    db.execute("DELETE FROM t")
    db.rollback()
    rest = cursor.fetchall()
    assert first + rest == [(i, f"value {i}") for i in range(3000)]


def test_errors_in_the_middle_of_rows(db):
    cursor = db.execute("SELECT abs(CASE column1 WHEN 3 THEN -9223372036854775808 ELSE column1 END) FROM (VALUES(1), (2), (3), (4))")
    with pytest.raises(sqlrite.OperationalError, match="integer overflow"):
        cursor.fetchall()
    assert cursor.fetchone() is None


def test_big_values(db):
    db.execute("CREATE TABLE t(a, b)")
    text, blob = "ä" * 3_000_000, bytes(range(256)) * 20_000
    db.execute("INSERT INTO t VALUES(?, ?)", (text, blob))
    assert db.execute("SELECT a, b FROM t").fetchone() == (text, blob)
    assert db.execute("SELECT a, b FROM t").fetchall() == [(text, blob)]
    assert db.execute("SELECT length(a), length(b) FROM t").fetchone() == (3_000_000, 5_120_000)


def test_arguments_of_any_kind(db, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # some of these arguments name files
    cursor = db.cursor()
    for call in (db.execute, db.executemany, db.executescript, db.cursor, db.create_function, db.create_aggregate, db.create_collation, db.backup,
                 db.blobopen, db.deserialize, db.setlimit, db.getlimit, db.set_authorizer, db.set_progress_handler, db.set_trace_callback,
                 db.create_window_function, cursor.execute, cursor.executemany, cursor.fetchmany, cursor.setinputsizes, cursor.setoutputsize,
                 sqlrite.connect, sqlrite.Row, sqlrite.Cursor, sqlrite.adapt, sqlrite.register_adapter, sqlrite.register_converter,
                 sqlrite.complete_statement):
        for arguments in ((), (None,), (object(),), (object(), object()), (5, None, "x"), ("\ud800",), (b"x", 5), (2**70,), ([],)):
            try:
                call(*arguments)
            except (TypeError, ValueError, OverflowError, AttributeError, sqlrite.Error):
                pass


def test_ends_cleanly_with_everything_open():
    program = (
        "import sqlrite, threading\n"
        "db = sqlrite.connect(':memory:')\n"
        "db.create_function('f', 1, lambda x: x)\n"
        "db.set_trace_callback(lambda text: None)\n"
        f"rows = db.execute(\"{ROWS}\")\n"
        "next(rows)\n"
        "db.execute('CREATE TABLE t(a)')\n"
        "db.execute('INSERT INTO t VALUES(f(1))')\n")
    done = subprocess.run([sys.executable, "-X", "dev", "-c", program], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and done.stderr == ""
