#!/usr/bin/env python3
"""Both directions with stock SQLite: databases made by stock are read and changed by us and read back by stock, and the
other way round, over page sizes, encodings, vacuum modes, journal modes and table shapes. Rows must be equal and
integrity_check must say ok on both sides.

  interop_test.py OUR_SHELL        (stock is `sqlite3` from PATH; without it the test is skipped)
"""
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

SHAPES = {
    "plain": """CREATE TABLE t(id INTEGER PRIMARY KEY, a, b TEXT, c REAL);
        CREATE INDEX t_a ON t(a); CREATE UNIQUE INDEX t_b ON t(b);
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<2000)
        INSERT INTO t SELECT i, i%97, 'name'||i, i*0.25 FROM n;""",
    "without_rowid": """CREATE TABLE t(a TEXT, b INT, c BLOB, PRIMARY KEY(b DESC, a)) WITHOUT ROWID;
        CREATE INDEX t_c ON t(c, a COLLATE NOCASE);
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<1500)
        INSERT INTO t SELECT 'K'||(i%50), i, CAST(i*i AS BLOB) FROM n;""",
    "overflow": """CREATE TABLE t(id INTEGER PRIMARY KEY, big BLOB, txt TEXT);
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<60)
        INSERT INTO t SELECT i, zeroblob(i*i*40), replace(hex(zeroblob(i*100)),'0','xy') FROM n;
        CREATE INDEX t_txt ON t(txt);""",
    "wide": "CREATE TABLE t(" + ",".join(f"c{i}" for i in range(100)) + ");"
        + "".join("INSERT INTO t VALUES(" + ",".join(str((r * 7 + i) % 300 if i % 3 else f"'v{r}_{i}'") for i in range(100)) + ");" for r in range(120)),
    "many_tables": "".join(f"CREATE TABLE t{i}(a,b); INSERT INTO t{i} VALUES({i},'x{i}');" for i in range(300)),
    "expressions": """CREATE TABLE t(a, b); CREATE INDEX e ON t(a+b, length(b)) WHERE a IS NOT NULL;
        CREATE VIEW v AS SELECT a, count(*) AS n FROM t GROUP BY a;
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<800)
        INSERT INTO t SELECT CASE WHEN i%5 THEN i%20 END, i FROM n;""",
}
CHANGES = {
    "plain": ["UPDATE t SET a=a+1 WHERE id%3=0;", "DELETE FROM t WHERE id%7=0;", "INSERT INTO t(a,b,c) VALUES(1,'neu',2.5),(NULL,'späť',NULL);"],
    "without_rowid": ["UPDATE t SET c=x'00ff' WHERE b%3=0;", "DELETE FROM t WHERE b%7=0;", "INSERT INTO t VALUES('zz',99999,NULL);"],
    "overflow": ["UPDATE t SET big=zeroblob(100000) WHERE id%5=0;", "DELETE FROM t WHERE id%4=0;", "INSERT INTO t VALUES(1000,randomblob(0),'short');"],
    "wide": ["UPDATE t SET c50='changed' WHERE c1%2=0;", "DELETE FROM t WHERE c2%5=0;"],
    "many_tables": ["UPDATE t7 SET b='changed';", "DROP TABLE t8;", "CREATE TABLE extra(z UNIQUE); INSERT INTO extra VALUES(1),(2);"],
    "expressions": ["UPDATE t SET a=b WHERE b%3=0;", "DELETE FROM t WHERE a IS NULL;", "INSERT INTO t VALUES(1,2);"],
}


LARGE_SHAPES = {
    "large_blobs": """CREATE TABLE t(id INTEGER PRIMARY KEY, b BLOB, n INT); CREATE INDEX t_n ON t(n);
        INSERT INTO t VALUES(1, zeroblob(20000000), 1), (2, 'small', 2), (3, CAST(replace(hex(zeroblob(1000000)), '00', '0123456789abcdefghij') AS BLOB), 3);""",
    "deep_overflow": """CREATE TABLE t(id INTEGER PRIMARY KEY, b TEXT); CREATE TABLE w(k TEXT PRIMARY KEY, v) WITHOUT ROWID;
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<6)
        INSERT INTO t SELECT i, replace(hex(zeroblob(i*60000)), '00', char(96+i)||i) FROM n;
        INSERT INTO w SELECT b, id FROM t; CREATE INDEX t_b ON t(b);""",
    "thousand_tables": "BEGIN;" + "".join(f"CREATE TABLE t{i}(a,b UNIQUE); INSERT INTO t{i} VALUES({i},'x{i}');" for i in range(1000)) + "COMMIT;",
}
LARGE_CHANGES = {
    "large_blobs": ["UPDATE t SET b=CAST(b AS TEXT)||'end' WHERE id=3;", "DELETE FROM t WHERE id=1;", "INSERT INTO t VALUES(4, zeroblob(20000001), 4);"],
    "deep_overflow": ["UPDATE t SET b=b||b WHERE id%2=0;", "DELETE FROM w WHERE v=3;", "UPDATE w SET k='front'||k WHERE v=5;"],
    "thousand_tables": ["DROP TABLE t500;", "CREATE TABLE fresh AS SELECT * FROM t999;", "UPDATE t0 SET b='changed';"],
}
LOCK_BYTE_OFFSET = 0x40000000


def free_pages(file, page_size, first, last):
    """Puts the pages `first` to `last` of a closed database on its list of free pages, by hand."""
    with open(file, "r+b") as database:
        pages = list(range(first, last + 1))
        next_trunk, count = 0, len(pages)
        leaf_count_max = page_size // 4 - 8
        while pages:
            trunk, leaves, pages = pages[0], pages[1:1 + leaf_count_max], pages[1 + leaf_count_max:]
            database.seek((trunk - 1) * page_size)
            database.write(b"".join(n.to_bytes(4, "big") for n in [next_trunk, len(leaves), *leaves]))
            next_trunk = trunk
        database.seek(32)
        database.write(next_trunk.to_bytes(4, "big") + count.to_bytes(4, "big"))


class Shell:
    def __init__(self, path):
        self.path = path

    def run(self, file, sql, check=True):
        done = subprocess.run([self.path, "-batch", str(file)], input=sql, capture_output=True, text=True, timeout=300)
        if check and (done.returncode != 0 or done.stderr):
            raise RuntimeError(f"{self.path}: {done.stderr.strip()[:300]}")
        return done.stdout

    def content(self, file):
        tables = self.run(file, "SELECT name FROM sqlite_schema WHERE type IN ('table','view') ORDER BY name;").split()
        queries = []
        for table in tables:
            columns = self.run(file, f"SELECT group_concat('quote(\"'||name||'\")', '||''|''||') FROM pragma_table_info('{table}');").strip()
            if len(tables) > 50 and columns == "":
                continue
            queries.append(f"SELECT '{table}', {columns} FROM \"{table}\" ORDER BY 2;")
            if len(tables) > 50 and len(queries) > 20:
                break
        return self.run(file, "".join(queries))


def check_large_things(ours, stock, folder, expect):
    """Large blobs, long overflow chains and a thousand tables, in both journal modes."""
    for shape, size, mode in (("large_blobs", 4096, "wal"), ("large_blobs", 65536, "delete"), ("deep_overflow", 512, "delete"), ("deep_overflow", 512, "wal"),
                              ("thousand_tables", 1024, "wal"), ("thousand_tables", 4096, "delete")):
        for maker, other, who in ((stock, ours, "stock first"), (ours, stock, "ours first")):
            label = f"{shape} page_size={size} {mode}"
            file = folder / f"{shape}_{mode}_{'s' if maker is stock else 'o'}.db"
            try:
                maker.run(file, f"PRAGMA page_size={size}; PRAGMA journal_mode={mode};" + LARGE_SHAPES[shape])
                expect(maker.content(file) == other.content(file), f"{label}, {who}: rows differ after making")
                for change in LARGE_CHANGES[shape]:
                    other.run(file, "BEGIN;" + change + "COMMIT;")
                expect(maker.content(file) == other.content(file), f"{label}, {who}: rows differ after changes")
                expect(stock.run(file, "PRAGMA integrity_check;") == "ok\n", f"{label}, {who}: stock integrity_check")
                expect(ours.run(file, "PRAGMA integrity_check;") == "ok\n", f"{label}, {who}: our integrity_check")
            except (RuntimeError, subprocess.TimeoutExpired) as error:
                expect(False, f"{label}, {who}: {error}")
            file.unlink(missing_ok=True)


def check_past_the_lock_bytes(ours, stock, folder, expect):
    """A file that grows past the page with the lock bytes (it is sparse: what lies before was never written)."""
    page_size = 65536
    lock_page = LOCK_BYTE_OFFSET // page_size + 1
    for mode in ("delete", "wal"):
        for maker, other, who in ((stock, ours, "stock first"), (ours, stock, "ours first")):
            label = f"past the lock-byte page, {mode}, {who}"
            file = folder / f"sparse_{mode}_{'s' if maker is stock else 'o'}.db"
            try:
                maker.run(file, f"PRAGMA page_size={page_size}; PRAGMA journal_mode={mode}; CREATE TABLE t(id INTEGER PRIMARY KEY, b);"
                                "CREATE INDEX t_b ON t(b); INSERT INTO t VALUES(1,'first');")
                used = file.stat().st_size // page_size
                with open(file, "r+b") as database:
                    database.truncate((lock_page - 1) * page_size)
                    database.seek(28)
                    database.write((lock_page - 1).to_bytes(4, "big"))
                maker.run(file, "WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i+1 FROM n WHERE i<12)"
                                "INSERT INTO t SELECT i, replace(hex(zeroblob(50000)), '00', char(96+i)||'x') FROM n;")
                free_pages(file, page_size, used + 1, lock_page - 1)
                expect(file.stat().st_size > LOCK_BYTE_OFFSET + 3 * page_size, f"{label}: the file does not reach past the page")
                expect(maker.content(file) == other.content(file), f"{label}: rows differ after making")
                other.run(file, "DELETE FROM t WHERE id%3=0; UPDATE t SET b=b||'longer' WHERE id%4=0; INSERT INTO t VALUES(100, zeroblob(700000)), (101, 'last');")
                expect(maker.content(file) == other.content(file), f"{label}: rows differ after changes")
                expect(stock.run(file, "PRAGMA integrity_check;") == "ok\n", f"{label}: stock integrity_check")
                expect(ours.run(file, "PRAGMA integrity_check;") == "ok\n", f"{label}: our integrity_check")
                other.run(file, "VACUUM;")
                expect(file.stat().st_size < 100 * page_size, f"{label}: VACUUM leaves the file large")
                expect(maker.content(file) == other.content(file), f"{label}: rows differ after VACUUM")
            except (RuntimeError, subprocess.TimeoutExpired) as error:
                expect(False, f"{label}: {error}")
            file.unlink(missing_ok=True)


def check_vacuum(ours, stock, folder, expect):
    """VACUUM with a changed page size and vacuum mode does what stock's does, and stock finds the file whole."""
    make = SHAPES["plain"] + "CREATE TABLE w(k TEXT PRIMARY KEY, v) WITHOUT ROWID; INSERT INTO w SELECT b, c FROM t; DELETE FROM t WHERE id%3=0; PRAGMA user_version=77;"
    facts = ("PRAGMA page_size; PRAGMA auto_vacuum; PRAGMA freelist_count; PRAGMA user_version; PRAGMA schema_version; PRAGMA integrity_check;"
             "SELECT count(*), sum(id), max(b) FROM t; SELECT count(*) FROM w; SELECT type, name, rootpage>0 FROM sqlite_schema ORDER BY 1, 2;")
    for before in (512, 4096):
        for wanted in (None, 1024, 65536):
            for vacuum_mode in (None, "FULL"):
                for journal_mode in ("delete", "wal"):
                    change = f"PRAGMA page_size={wanted};" if wanted else ""
                    change += f"PRAGMA auto_vacuum={vacuum_mode};" if vacuum_mode else ""
                    change = f"PRAGMA journal_mode={journal_mode}; {change} VACUUM; PRAGMA journal_mode=delete;"
                    found = []
                    for shell in (ours, stock):
                        file = folder / "vacuum.db"
                        file.unlink(missing_ok=True)
                        stock.run(file, f"PRAGMA page_size={before}; PRAGMA auto_vacuum=INCREMENTAL;" + make)
                        shell.run(file, change)
                        found.append(stock.run(file, facts))
                    expect(found[0] == found[1] and "\nok\n" in found[0],
                           f"VACUUM from {before} to {wanted}, {vacuum_mode}, {journal_mode}: {found[0][:80]!r}, stock {found[1][:80]!r}")


def check_log_has_one_process(ours, stock, folder, expect):
    """While we hold a WAL database, stock is refused, and the other way round nobody corrupts anything."""
    file = folder / "locked.db"
    ours.run(file, "PRAGMA journal_mode=wal; CREATE TABLE t(a); INSERT INTO t VALUES(1);")
    holder = subprocess.Popen([ours.path, "-batch", str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    holder.stdin.write("SELECT 'held', a FROM t;\n")
    holder.stdin.flush()
    holder.stdout.readline()
    refused = subprocess.run(["sqlite3", "-batch", str(file), "SELECT * FROM t"], capture_output=True, text=True)
    expect("locked" in refused.stderr, f"stock is refused while we hold a WAL database: {refused.stderr.strip()}")
    holder.communicate("")
    time.sleep(0.05)
    expect(stock.run(file, "SELECT a FROM t;") == "1\n", "stock reads once we have closed")


def main():
    ours = Shell(sys.argv[1])
    if shutil.which("sqlite3") is None:
        print("interop: skipped, no stock sqlite3 on this machine")
        print("0 passed, 0 failed, 1 skipped")
        return 0
    stock = Shell("sqlite3")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="sqlrite_interop"))
    passed = failed = 0

    def expect(condition, what):
        nonlocal passed, failed
        if condition:
            passed += 1
        else:
            failed += 1
            print(f"FAILED: {what}")

    cases = []
    sizes = [512, 1024, 2048, 4096, 8192, 16384, 32768, 65536]
    for number, size in enumerate(sizes):
        for shape in ("plain", "overflow") if number % 2 else ("without_rowid", "expressions"):
            cases.append((shape, size, "UTF-8", 0, "wal" if number % 3 == 0 else "delete"))
    for encoding in ("UTF-16le", "UTF-16be"):
        for shape in ("plain", "without_rowid"):
            cases.append((shape, 4096, encoding, 0, "delete"))
    for vacuum in (1, 2):
        for shape in ("plain", "overflow", "many_tables"):
            cases.append((shape, 1024, "UTF-8", vacuum, "wal" if vacuum == 1 else "truncate"))
    for mode in ("persist", "truncate", "wal"):
        cases.append(("wide", 4096, "UTF-8", 0, mode))
        cases.append(("many_tables", 4096, "UTF-8", 0, mode))

    for number, (shape, size, encoding, vacuum, mode) in enumerate(cases):
        label = f"{shape} page_size={size} {encoding} auto_vacuum={vacuum} {mode}"
        for maker, other, who in ((stock, ours, "stock first"), (ours, stock, "ours first")):
            file = folder / f"case{number}_{'s' if maker is stock else 'o'}.db"
            try:
                maker.run(file, f"PRAGMA page_size={size}; PRAGMA encoding='{encoding}'; PRAGMA auto_vacuum={vacuum};"
                                f"PRAGMA journal_mode={mode};" + SHAPES[shape])
                expect(maker.content(file) == other.content(file), f"{label}, {who}: rows differ after making")
                for change in CHANGES[shape]:
                    other.run(file, "BEGIN;" + change + "COMMIT;")
                expect(stock.run(file, "PRAGMA integrity_check;") == "ok\n", f"{label}, {who}: stock integrity_check")
                expect(ours.run(file, "PRAGMA integrity_check;") == "ok\n", f"{label}, {who}: our integrity_check")
                expect(maker.content(file) == other.content(file), f"{label}, {who}: rows differ after changes")
                other.run(file, "VACUUM;")
                expect(stock.run(file, "PRAGMA integrity_check;") == "ok\n", f"{label}, {who}: after VACUUM")
            except (RuntimeError, subprocess.TimeoutExpired) as error:
                expect(False, f"{label}, {who}: {error}")

    # A process that is killed leaves its log; the other side recovers every committed row.
    for killed, survivor, who in ((stock, ours, "stock killed"), (ours, stock, "ours killed")):
        file = folder / f"killed_{'s' if killed is stock else 'o'}.db"
        process = subprocess.Popen([killed.path, "-batch", str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        process.stdin.write("PRAGMA journal_mode=wal; CREATE TABLE t(a); INSERT INTO t VALUES(1); INSERT INTO t VALUES(2);"
                            "BEGIN; INSERT INTO t VALUES(3); SELECT 'ready';\n")
        process.stdin.flush()
        for line in process.stdout:
            if "ready" in line:
                break
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        expect(survivor.run(file, "SELECT group_concat(a) FROM t;") == "1,2\n", f"{who}: committed rows after a kill")
        expect(stock.run(file, "PRAGMA integrity_check;") == "ok\n", f"{who}: integrity after a kill")

    check_vacuum(ours, stock, folder, expect)
    check_log_has_one_process(ours, stock, folder, expect)
    check_large_things(ours, stock, folder, expect)
    check_past_the_lock_bytes(ours, stock, folder, expect)
    shutil.rmtree(folder, ignore_errors=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
