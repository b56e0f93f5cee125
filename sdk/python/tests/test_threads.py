"""Several threads: the owner's check, shared connections, the GIL during queries, interrupt from outside."""

import threading
import time

import pytest

import sqlrite

LONG = "WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i+1 FROM n WHERE i < {}) SELECT sum(i) FROM n"


def in_thread(work):
    outcome = []

    def run():
        try:
            outcome.append(work())
        except Exception as error:  # noqa: B902
            outcome.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(60)
    return outcome[0]


def test_connection_belongs_to_its_thread(db):
    cursor = db.execute("SELECT 1")
    for work in (db.cursor, db.commit, cursor.fetchone, lambda: db.execute("SELECT 1"), lambda: db.total_changes, cursor.close):
        error = in_thread(work)
        assert isinstance(error, sqlrite.ProgrammingError)
        assert "SQLite objects created in a thread can only be used in that same thread" in str(error)


def test_other_threads_run_during_a_query(db):
    seen = []
    stop = threading.Event()

    def count():
        while not stop.is_set():
            seen.append(1)
            time.sleep(0.001)

    thread = threading.Thread(target=count)
    thread.start()
    before = len(seen)
    db.execute(LONG.format(1_500_000)).fetchone()
    during = len(seen) - before
    stop.set()
    thread.join()
    assert during > 5


def test_interrupt_from_another_thread(db):
    timer = threading.Timer(0.2, db.interrupt)
    timer.start()
    with pytest.raises(sqlrite.OperationalError, match="interrupted") as caught:
        db.execute(LONG.format(2_000_000_000)).fetchone()
    timer.join()
    assert caught.value.sqlite_errorcode == sqlrite.SQLITE_INTERRUPT
    assert db.execute("SELECT 1").fetchone() == (1,)


def test_shared_connection_counts_every_change(tmp_path):
    db = sqlrite.connect(str(tmp_path / "shared.db"), check_same_thread=False)
    db.execute("CREATE TABLE t(thread, value)")
    db.create_function("same", 1, lambda value: value)
    errors = []

    def work(number):
        try:
            for i in range(300):
                cursor = db.execute("INSERT INTO t VALUES(?, same(?))", (number, i))
                assert cursor.rowcount == 1
                if i % 50 == 0:
                    assert db.execute("SELECT count(*) FROM t WHERE thread=?", (number,)).fetchone()[0] == i + 1
        except Exception as error:  # noqa: B902
            errors.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert errors == []
    assert db.execute("SELECT count(*), sum(value) FROM t").fetchone() == (1800, 6 * sum(range(300)))
    db.close()


def test_closing_while_others_use_it(tmp_path):
    for _ in range(5):
        db = sqlrite.connect(str(tmp_path / "closing.db"), check_same_thread=False)
        db.execute("CREATE TABLE IF NOT EXISTS t(a)")
        wrong = []

        def work():
            try:
                while True:
                    db.execute("SELECT 1 UNION ALL SELECT 2").fetchall()
            except sqlrite.ProgrammingError as error:
                if "closed" not in str(error):
                    wrong.append(error)
            except Exception as error:  # noqa: B902
                wrong.append(error)

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        time.sleep(0.05)
        db.close()
        for thread in threads:
            thread.join(30)
            assert not thread.is_alive()
        assert wrong == []


def test_writers_on_siblings_retry_until_done(tmp_path):
    main = sqlrite.connect(str(tmp_path / "retry.db"), timeout=0)
    main.execute("CREATE TABLE counter(n)")
    main.execute("INSERT INTO counter VALUES(0)")
    main.commit()
    failures = []

    def work(db):
        for _ in range(50):
            while True:
                try:
                    db.execute("BEGIN IMMEDIATE")
                    db.execute("UPDATE counter SET n=n+1")
                    db.commit()
                    break
                except sqlrite.BusyError:
                    db.rollback()
                    time.sleep(0.0005)

    def run():
        try:
            db = sqlrite.connect(str(tmp_path / "retry.db"), timeout=0)
            work(db)
            db.close()
        except Exception as error:  # noqa: B902
            failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert failures == []
    assert main.execute("SELECT n FROM counter").fetchone() == (200,)
    main.close()
