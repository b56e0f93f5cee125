"""Runs CPython's own sqlite3 module on the sqlite3 ABI library: the session of an ordinary program.

    LD_LIBRARY_PATH=<build>/lib/compat /usr/bin/python3 python_session.py

Every step that fails is printed; the exit code is their number (at most 100).
"""
import os
import sqlite3
import sys
import tempfile
import threading

failures = 0
OURS = sqlite3.sqlite_version == "3.53.0"


def check(name, got, expected):
    global failures
    if got != expected:
        failures += 1
        print(f"{name}: got {got!r}, expected {expected!r}")


def raises(name, kind, text, call):
    global failures
    try:
        call()
    except kind as error:
        if text not in str(error):
            failures += 1
            print(f"{name}: message {error!s}, expected {text!r}")
    except Exception as error:  # noqa: BLE001
        failures += 1
        print(f"{name}: raised {error!r}, expected {kind}")
    else:
        failures += 1
        print(f"{name}: did not raise {kind}")


def library():
    check("version", sqlite3.sqlite_version, "3.53.0")
    connection = sqlite3.connect(":memory:")
    source = connection.execute("SELECT sqlite_source_id()").fetchone()[0]
    check("source id", "sqlrite" in source, True)
    connection.close()


def values():
    db = sqlite3.connect(":memory:")
    db.execute("CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT, c REAL, d BLOB, e)")
    rows = [(1, "eins", 1.5, b"\x00\x01", None), (2, "zwei \u00e4\u20ac\U0001f600", -2.25, b"", 2**62), (3, "", 0.0, None, "x\x00y")]
    db.executemany("INSERT INTO t VALUES(?,?,?,?,?)", rows)
    check("rows", db.execute("SELECT * FROM t ORDER BY a").fetchall(), rows)
    check("named", db.execute("SELECT :x+1, @y, $z", {"x": 4, "y": "t", "z": None}).fetchone(), (5, "t", None))
    check("numbered", db.execute("SELECT ?2, ?1", (1, 2)).fetchone(), (2, 1))
    check("description", [c[0] for c in db.execute("SELECT a, b AS bb, 1+1 FROM t").description], ["a", "bb", "1+1"])
    check("rowcount", db.execute("UPDATE t SET c=c+1 WHERE a>1").rowcount, 2)
    check("lastrowid", db.execute("INSERT INTO t(b) VALUES('vier')").lastrowid, 4)
    check("total_changes", db.total_changes, 6)
    check("in transaction", db.in_transaction, True)
    db.rollback()
    check("rolled back", db.execute("SELECT count(*) FROM t").fetchone(), (0,))
    raises("bindings", sqlite3.ProgrammingError, "Incorrect number of bindings", lambda: db.execute("SELECT ?", ()))
    raises("syntax", sqlite3.OperationalError, 'near "SELEC": syntax error', lambda: db.execute("SELEC 1"))
    raises("no table", sqlite3.OperationalError, "no such table: nix", lambda: db.execute("SELECT * FROM nix"))
    raises("one statement", (sqlite3.Warning, sqlite3.ProgrammingError), "one statement", lambda: db.execute("SELECT 1; SELECT 2"))
    raises("too big", OverflowError, "too large", lambda: db.execute("SELECT ?", (2**63,)))
    db.execute("INSERT INTO t(a) VALUES(1)")
    raises("unique", sqlite3.IntegrityError, "UNIQUE constraint failed: t.a", lambda: db.execute("INSERT INTO t(a) VALUES(1)"))
    try:
        db.execute("INSERT INTO t(a) VALUES(1)")
    except sqlite3.IntegrityError as error:
        check("extended code", getattr(error, "sqlite_errorcode", 1555), 1555)
    db.row_factory = sqlite3.Row
    row = db.execute("SELECT a, b FROM t").fetchone()
    check("row by name", (row["a"], row["B"], row.keys()), (1, None, ["a", "b"]))
    db.close()
    raises("closed", sqlite3.ProgrammingError, "closed database", lambda: db.execute("SELECT 1"))


def statements():
    db = sqlite3.connect(":memory:")
    db.executescript("""
        CREATE TABLE dept(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
        CREATE TABLE person(id INTEGER PRIMARY KEY, name TEXT, dept INT REFERENCES dept(id), pay INT);
        CREATE INDEX person_dept ON person(dept);
        CREATE VIEW paid AS SELECT d.name AS dept, sum(pay) AS total FROM person p JOIN dept d ON d.id=p.dept GROUP BY d.id;
        CREATE TABLE log(what TEXT);
        INSERT INTO dept VALUES(1,'a'),(2,'b');
    """)
    db.executemany("INSERT INTO person(name,dept,pay) VALUES(?,?,?)", [("p%d" % i, 1 + i % 2, i * 10) for i in range(10)])
    one = lambda sql, *args: db.execute(sql, args).fetchone()[0]
    check("count", one("SELECT count(*) FROM person"), 10)
    check("view", db.execute("SELECT * FROM paid ORDER BY dept").fetchall(), [("a", 200), ("b", 250)])
    # Triggers and enforced foreign keys are refused by this version; a sentence says so.
    db.execute("CREATE TRIGGER note AFTER INSERT ON person BEGIN INSERT INTO log VALUES('new '||new.name); END")
    if OURS:
        raises("trigger", sqlite3.OperationalError, "triggers cannot be run", lambda: db.execute("INSERT INTO person(name) VALUES('x')"))
    db.execute("DROP TRIGGER note")
    db.execute("INSERT INTO log VALUES('one')")
    ranked = "SELECT group_concat(r) FROM (SELECT rank() OVER (PARTITION BY dept ORDER BY pay DESC) r FROM person)"
    if OURS:
        raises("window", sqlite3.OperationalError, "window functions are not executed", lambda: one(ranked))
    else:
        check("window", one(ranked), "1,2,3,4,5,1,2,3,4,5")
    check("cte", one("WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i+1 FROM n WHERE i<10) SELECT sum(i) FROM n"), 55)
    check("upsert", one("INSERT INTO dept VALUES(1,'c') ON CONFLICT(id) DO UPDATE SET name=excluded.name RETURNING name"), "c")
    check("exists", one("SELECT count(*) FROM dept d WHERE EXISTS(SELECT 1 FROM person WHERE dept=d.id AND pay>80)"), 1)
    check("json", one("SELECT json_extract('{\"a\":[1,2,{\"b\":7}]}', '$.a[2].b')"), 7)
    check("date", one("SELECT date('2024-02-28','+2 days')"), "2024-03-01")
    check("printf", one("SELECT printf('%05.2f|%s|%d', 3.14159, 'x', 42)"), "03.14|x|42")
    check("case", one("SELECT CASE WHEN ?>1 THEN 'more' ELSE 'less' END", 2), "more")
    check("like", one("SELECT count(*) FROM person WHERE name LIKE 'P_'"), 10)
    check("between", one("SELECT count(*) FROM person WHERE pay BETWEEN 20 AND 40"), 3)
    check("in", one("SELECT count(*) FROM person WHERE id IN (1,2,99)"), 2)
    check("union", [r[0] for r in db.execute("SELECT 1 UNION SELECT 2 UNION SELECT 1 ORDER BY 1 DESC")], [2, 1])
    check("left join", db.execute("SELECT count(p.id) FROM dept d LEFT JOIN person p ON p.dept=d.id AND p.pay<0").fetchone(), (0,))
    check("delete", db.execute("DELETE FROM person WHERE pay>=50").rowcount, 5)
    check("limit", [r[0] for r in db.execute("SELECT name FROM person ORDER BY id LIMIT 2 OFFSET 1")], ["p1", "p2"])
    check("pragma", [r[1] for r in db.execute("PRAGMA table_info(dept)")], ["id", "name"])
    check("schema", sorted(r[0] for r in db.execute("SELECT type FROM sqlite_master")),
          ["index", "index", "table", "table", "table", "view"])
    check("alter", db.execute("ALTER TABLE log ADD COLUMN at INT DEFAULT 5").fetchone(), None)
    check("altered", one("SELECT at FROM log LIMIT 1"), 5)
    db.execute("SAVEPOINT s")
    db.execute("DELETE FROM dept")
    db.execute("ROLLBACK TO s")
    db.execute("RELEASE s")
    check("savepoint", one("SELECT count(*) FROM dept"), 2)
    db.commit()
    db.execute("PRAGMA foreign_keys=ON")
    raises("foreign key", sqlite3.DatabaseError, "foreign keys, which cannot be enforced" if OURS else "FOREIGN KEY constraint failed",
           lambda: db.execute("INSERT INTO person(dept) VALUES(77)"))
    db.rollback()
    check("vacuum", db.execute("VACUUM").fetchall(), [])
    check("integrity", one("PRAGMA integrity_check"), "ok")
    with db:
        db.execute("INSERT INTO log VALUES('with', 1)")
    check("committed", db.in_transaction, False)
    check("dump", len(list(db.iterdump())) > 10, True)
    db.close()


def functions():
    db = sqlite3.connect(":memory:")
    db.create_function("twice", 1, lambda x: x * 2, deterministic=True)
    check("function", db.execute("SELECT twice(4), twice('ab'), twice(1.5)").fetchone(), (8, "abab", 3.0))
    check("types", db.execute("SELECT twice(x'0102')").fetchone(), (b"\1\2\1\2",))

    def fail(_):
        raise ValueError("no")

    db.create_function("fail", 1, fail)
    raises("function error", sqlite3.OperationalError, "user-defined function raised exception", lambda: db.execute("SELECT fail(1)").fetchone())

    class Product:
        def __init__(self):
            self.value = 1

        def step(self, x):
            self.value *= x

        def finalize(self):
            return self.value

    db.create_aggregate("product", 1, Product)
    db.execute("CREATE TABLE n(g, x)")
    db.executemany("INSERT INTO n VALUES(?,?)", [(1, 2), (1, 3), (2, 5), (2, 7)])
    check("aggregate", db.execute("SELECT g, product(x) FROM n GROUP BY g ORDER BY g").fetchall(), [(1, 6), (2, 35)])
    if hasattr(db, "create_window_function"):
        WindowSum = type("WindowSum", (), {"__init__": lambda s: setattr(s, "total", 0),
                                           "step": lambda s, x: setattr(s, "total", s.total + x),
                                           "inverse": lambda s, x: setattr(s, "total", s.total - x),
                                           "value": lambda s: s.total, "finalize": lambda s: s.total})
        db.create_window_function("wsum", 1, WindowSum)
        check("window function as aggregate", db.execute("SELECT wsum(x) FROM n").fetchone(), (17,))
        OURS or check("window function", db.execute(
            "SELECT wsum(x) OVER (ORDER BY x ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM n").fetchall(), [(2,), (5,), (8,), (12,)])
    db.create_collation("backwards", lambda a, b: (a < b) - (a > b))
    check("collation", [r[0] for r in db.execute("SELECT x FROM (SELECT 'a' x UNION ALL SELECT 'c' UNION ALL SELECT 'b') ORDER BY x COLLATE backwards")],
          ["c", "b", "a"])
    seen = []
    db.set_trace_callback(seen.append)
    db.execute("SELECT 1")
    check("trace", seen, ["SELECT 1"])
    db.set_trace_callback(None)
    calls = []
    db.set_progress_handler(lambda: calls.append(1) and 0, 1)
    db.execute("WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i+1 FROM n WHERE i<100000) SELECT sum(i) FROM n").fetchone()
    check("progress", len(calls) > 0, True)
    db.set_progress_handler(lambda: 1, 1)
    raises("interrupted", sqlite3.OperationalError, "interrupted",
           lambda: db.execute("WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i+1 FROM n WHERE i<1000000) SELECT sum(i) FROM n").fetchone())
    db.set_progress_handler(None, 1)
    actions = []

    def authorize(action, a, b, database, trigger):
        actions.append((action, a, b))
        return sqlite3.SQLITE_DENY if action == sqlite3.SQLITE_READ and b == "g" else sqlite3.SQLITE_OK

    db.set_authorizer(authorize)
    check("allowed", db.execute("SELECT max(x) FROM n").fetchone(), (7,))
    raises("denied", sqlite3.DatabaseError, "prohibited", lambda: db.execute("SELECT g FROM n"))
    check("authorizer saw the read", (sqlite3.SQLITE_READ, "n", "x") in actions, True)
    db.set_authorizer(None)
    db.close()


def files(folder):
    path = os.path.join(folder, "a.db")
    db = sqlite3.connect(path, timeout=0.1)
    db.execute("CREATE TABLE t(x)")
    db.executemany("INSERT INTO t VALUES(?)", [(i,) for i in range(1000)])
    db.commit()
    other = sqlite3.connect(path, timeout=0.05)
    check("second connection", other.execute("SELECT count(*) FROM t").fetchone(), (1000,))
    db.execute("BEGIN IMMEDIATE")
    raises("locked", sqlite3.OperationalError, "database is locked", lambda: other.execute("BEGIN IMMEDIATE"))
    db.rollback()
    copy = sqlite3.connect(":memory:")
    steps = []
    db.backup(copy, pages=1, progress=lambda status, remaining, total: steps.append(remaining))
    check("backup", copy.execute("SELECT sum(x) FROM t").fetchone(), (499500,))
    check("backup steps", len(steps) > 1, True)
    image = db.serialize() if hasattr(db, "serialize") else b""
    if image:
        check("image", image[:15], b"SQLite format 3")
        again = sqlite3.connect(":memory:")
        again.deserialize(image)
        check("deserialized", again.execute("SELECT count(*) FROM t").fetchone(), (1000,))
    db.execute("CREATE TABLE b(v)")
    db.execute("INSERT INTO b VALUES(zeroblob(10))")
    db.commit()
    if hasattr(db, "blobopen"):
        with db.blobopen("b", "v", 1) as blob:
            blob.write(b"hello")
            blob.seek(0)
            check("blob", blob.read(6), b"hello\0")
        check("blob stored", db.execute("SELECT v FROM b").fetchone()[0], b"hello" + bytes(5))
    db.execute("ATTACH ? AS other", (os.path.join(folder, "b.db"),))
    db.execute("CREATE TABLE other.z AS SELECT * FROM t WHERE x<5")
    check("attached", db.execute("SELECT count(*) FROM other.z").fetchone(), (5,))
    db.commit()
    db.execute("DETACH other")
    read_only = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    raises("read only", sqlite3.OperationalError, "readonly", lambda: read_only.execute("DELETE FROM t"))
    read_only.close()
    raises("missing", sqlite3.OperationalError, "unable to open database file", lambda: sqlite3.connect(os.path.join(folder, "no", "no.db")))
    shared = sqlite3.connect(path, check_same_thread=False)
    results = []
    threads = [threading.Thread(target=lambda: results.append(shared.execute("SELECT sum(x) FROM t").fetchone()[0])) for _ in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    check("threads", results, [499500] * 4)
    for connection in (shared, copy, other, db):
        connection.close()
    again = sqlite3.connect(path)
    check("reopened", again.execute("SELECT count(*), max(x) FROM t").fetchone(), (1000, 999))
    again.close()


def main():
    library()
    values()
    statements()
    functions()
    with tempfile.TemporaryDirectory() as folder:
        files(folder)
    print("python session:", "ok" if failures == 0 else f"{failures} failed")
    return min(failures, 100)


sys.exit(main())
