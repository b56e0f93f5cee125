#!/usr/bin/env python3
"""shell_test.py SHELL: runs the same commands on our shell and on sqlite3 and compares what they print, byte by byte.

Commands that sqlite3 answers differently on purpose are checked alone. Without sqlite3 only those run."""
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

shell = os.path.abspath(sys.argv[1])
reference = shutil.which("sqlite3")
passed = failed = 0

DATA = """CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT, c REAL, d BLOB);
INSERT INTO t VALUES(1,'it''s, "q"',1.5,x'00ff41'),(2,NULL,1e100,NULL),(3,'h\u00e9llo w\u00f6rld \u65e5\u672c',-3.0,'x'),
 (4,'line1
line2\ttab'||char(1)||'\\',0.25,x''),(5,'<a href="x">&</a>',-0.0,'a|b,c');
"""
FILES = {
    "good.csv": 'a,b,c\n1,"x ""q"" y",3\n4,5,"6\n7"\r\n8,9,"10,11"\n',
    "bad.csv": 'a,b,c\n4,5\n6,7,8,9\n\n"un"x,1,2\n7,"unterm\n',
    "same.csv": "n,n,,x\n1,2,3,4\n",
    "empty.csv": "",
    "pipes.txt": "1|one\n2|two|more\n3\n",
    "script.sql": "SELECT 'from script';\nSELECT nope;\n.print after\nSELECT 2;\n",
    "trigger.sql": "CREATE TABLE x(a);\n.print middle\nINSERT INTO x VALUES(1);\n",
    "wide.csv": ",".join("k" for _ in range(11)) + "\n" + ",".join(str(i) for i in range(11)) + "\n",
}
MODES = ["list", "csv", "json", "line", "column", "box", "table", "markdown", "quote", "insert", "insert foo", "insert 'a b'",
         "tabs", "html", "ascii", "tcl", "qbox", "box --wrap 5", "box --wrap 9 --wordwrap on", "column --wrap 6",
         "markdown --wrap 5", "table --quote"]


def execute(program, arguments, text, directory, encoding="utf-8"):
    result = subprocess.run([program] + arguments, input=text.encode(encoding), capture_output=True, cwd=directory, timeout=120,
                            env=dict(os.environ, HOME=directory))
    errors = result.stderr.replace(b"sqlrite: Error", b"sqlite3: Error")
    if program == reference:
        errors = errors.replace(reference.encode() + b": Error", b"sqlite3: Error")
    return result.stdout, errors, result.returncode


def fresh_directory():
    directory = tempfile.mkdtemp(prefix="shell_test_")
    for name, content in FILES.items():
        with open(os.path.join(directory, name), "w", newline="") as file:
            file.write(content)
    return directory


def report(name, good, *details):
    global passed, failed
    if good:
        passed += 1
        return
    failed += 1
    print("FAILED " + name)
    for detail in details:
        print("  " + detail)


def same(name, text="", arguments=(), read_back=(), stderr=True):
    """Both shells must print the same; `read_back` names files whose content must be the same too."""
    if not reference:
        return
    outcomes = []
    for program in (reference, shell):
        directory = fresh_directory()
        out, errors, code = execute(program, list(arguments), text, directory)
        files = []
        for path in read_back:
            path = os.path.join(directory, path)
            files.append(open(path, "rb").read() if os.path.exists(path) else None)
        place = directory.encode()
        outcomes.append((out.replace(place, b"DIR"), errors.replace(place, b"DIR") if stderr else b"", code, files))
        shutil.rmtree(directory)
    expected, actual = outcomes
    details = []
    for what, left, right in zip(("stdout", "stderr", "exit status", "files"), expected, actual):
        if left != right:
            details += [what + " expected: " + repr(left), what + " actual:   " + repr(right)]
    report(name, not details, *details)


def own(name, check, text="", arguments=()):
    directory = fresh_directory()
    out, errors, code = execute(shell, list(arguments), text, directory)
    shutil.rmtree(directory)
    report(name, check(out.decode(), errors.decode(), code), "stdout: " + repr(out), "stderr: " + repr(errors), "exit status: " + str(code))


def compare_modes():
    for mode in MODES:
        for headers in ("on", "off", None):
            header = "" if headers is None else f".headers {headers}\n"
            same(f"mode {mode}, headers {headers}", f"""{DATA}.mode {mode}
{header}SELECT * FROM t;
SELECT 1 AS a, 2 AS "b c", 'x' AS "table";
SELECT * FROM t WHERE 0;
.nullvalue NIL
SELECT NULL, b FROM t WHERE b IS NULL;
SELECT substr('aaaaaaaaaa bbbbbbbbbb cccccccc dddddddddd eeeeeeeee ffffffffff ggggggggggg', 1, 90) AS x, 'abc'||char(13,10)||'d' AS w;
""")
        option = mode.split()[0]
        if option not in ("insert", "tcl", "qbox"):
            same(f"option -{option}", "SELECT 5 AS x, 'a b' AS y;\n", [f"-{option}"])
    same("widths", ".width 3 -8 2\n.mode column\nSELECT 'abcdef' AS longheader, 'xx' AS y, 'hello world' AS z;\n.mode box\nSELECT 1,2,3,4;\n")
    same("separators", "SELECT 1,2;\n.separator ; X\nSELECT 1,2;\n.mode csv\nSELECT 'a;b','a,b',x'41';\n.separator \"\\t\" \"\\n\"\nSELECT 1,'a\tb';\n")
    same("csv quotes", ".mode csv\nSELECT 'it''s','a-b','a;b','\u00e9','','a b',char(127),NULL,'#';\n")
    same("insert names", ".mode insert select\n.headers on\nSELECT 1 AS \"order\", 2 AS ab, 3 AS \"9a\", 4 AS \"a\u00e9\";\n")
    same("insert line ends", ".mode insert t\nSELECT 'a\\n'||char(10)||char(13)||'\\r\\015', char(10), char(13)||'\\012\\n'||char(10);\n")
    same("infinity", ".mode insert\nSELECT 9e999, -9e999;\n.mode list\nSELECT 9e999;\n")
    same("current mode", ".mode\n.mode csv\n.mode\n.mode box\n.mode\n.mode tabs\n.mode\n")
    same("query plan", "EXPLAIN QUERY PLAN SELECT 1;\n")


def compare_statements():
    same("parse error", "SELECT 1;\nSELECT 2,\n 3 frm x;\nSELECT 4;\n")
    same("several lines and statements", "\n\n-- x\n  SELECT 1;\n /* a */ SELECT ;\nSELECT 7; selec 8; SELECT 9;\nSELECT 10; SELECT\n 11\n;\n")
    same("long error context", "SELECT " + ", ".join(f"{i}" for i in range(60)) + " frm x " + "y" * 100 + ";\n")
    same("wide error context", "SELECT '" + "\u00e9" * 60 + "' frm x;\n")
    same("unique", "CREATE TABLE t(a UNIQUE);INSERT INTO t VALUES(1);\nINSERT INTO t\n VALUES(1);\nSELECT count(*) FROM t;\n")
    same("not null", "CREATE TABLE t(a NOT NULL);\n\nINSERT INTO t VALUES(NULL);\n")
    same("integer overflow", "SELECT abs(-9223372036854775808);\n")
    same("no such column", "SELECT nope;\n")
    same("unterminated", "SELECT 1;\nSELECT 'abc\n")
    same("incomplete", "SELECT")
    same("without semicolon", "SELECT 1")
    same("comment only", "-- nothing\n/* more\n of it */\n")
    same("bail", "SELECT 1;\nSELECT nope;\nSELECT 2;\n", ["-bail"])
    same("bail command", ".bail on\nSELECT nope;\nSELECT 2;\n")
    same("terminator lines", "SELECT 3\n/\nSELECT 4\ngo\nSELECT 5\nGO\n")
    same("trigger is one statement", "CREATE TABLE t(a);\nCREATE TRIGGER x AFTER INSERT ON t BEGIN SELECT 1; SELECT\n2; END;\nSELECT name FROM sqlite_schema;\n")
    same("crlf", "SELECT 1;\r\n.print x\r\nSELECT\r\n2;\r\n")
    same("comments", "# note\nSELECT 1; -- c\n.print x\n# more\n")
    same("echo", ".echo on\nSELECT 1; SELECT\n 2;\n-- c\n.print a\n.echo off\nSELECT 3;\n")
    same("echo option", "SELECT 1;\n.print x\n", ["-echo", "-line"])
    same("changes", "CREATE TABLE s(k);\n.changes on\nINSERT INTO s VALUES(1),(2);\nDELETE FROM s WHERE k=1;\n.changes off\nDELETE FROM s;\n")


def compare_options():
    same("version of arguments", "", [":memory:", "SELECT 1", "SELECT 2;SELECT 3", ".print x"])
    same("argument parse error", "", [":memory:", "SELECT 1; selec 2", "SELECT 4"])
    same("argument run error", "", [":memory:", "CREATE TABLE t(a UNIQUE); INSERT INTO t VALUES(1),(1)", "SELECT 4"])
    same("argument unknown command", "", [":memory:", ".foo", "SELECT 1"])
    same("unknown option", "", ["-foo"])
    same("missing argument", "", ["-cmd"])
    same("readonly without file", "", ["-readonly", "none.db", "SELECT 1"])
    same("no such folder", "", ["/no/such/folder/x", "SELECT 1"])
    same("cmd", "SELECT 2;\n", ["-cmd", "SELECT 1;", "-cmd", ".mode csv"])
    same("header and csv", "", ["-header", "-csv", ":memory:", "SELECT 6 AS x, NULL AS y"])
    same("noheader column", "SELECT 1;\n", ["-column", "-noheader"])
    same("nullvalue and separator", "SELECT 1, NULL;\n", ["-nullvalue", "N", "-separator", ";"])
    same("newline", "SELECT 1;SELECT 2;\n", ["-newline", "X"])
    same("double dash", "SELECT 1 AS a;\n", ["--header", "--quote"])
    same("batch", "SELECT 1;\n", ["-batch", ":memory:"])
    same("init", "SELECT 2;\n", ["-init", "trigger.sql", ":memory:"], stderr=False)
    same("exit code", ".exit 3\nSELECT 1;\n")
    same("quit", "SELECT 1;\n.quit\nSELECT 2;\n")
    same("quit after an error", "SELECT nope;\n.quit\n")


def compare_commands():
    schema = """CREATE TABLE t(a INTEGER PRIMARY KEY AUTOINCREMENT, b TEXT DEFAULT 'x');
CREATE TABLE "my tab"(x, "y z" BLOB, PRIMARY KEY(x)) WITHOUT ROWID;
CREATE INDEX i1 ON t(b);
CREATE UNIQUE INDEX i2 ON t(b, a);
CREATE VIEW v AS SELECT a,b FROM t;
CREATE TABLE sq(k UNIQUE); -- no more
CREATE TABLE "select"("order", plain);
INSERT INTO t(b) VALUES('a
b'),('it''s'),(NULL),('a\\n
'||char(13)||'q');
INSERT INTO "my tab" VALUES(1e999,x'01'),(0.5,-1e999);
INSERT INTO sq VALUES(1),(2.0),('x'),(x'');
INSERT INTO "select" VALUES(9223372036854775807, -1);
"""
    same("tables", schema + ".tables\n.tables t%\n.tables %q%\n.tables none\n")
    same("many tables", "".join(f"CREATE TABLE name_number_{i}(a);\n" for i in range(23)) + ".tables\n.tables %1%\n")
    same("schema", schema + ".schema\n.schema t\n.schema v\n.schema SQ\n.schema none\n.schema T\n")
    same("schema of the schema", schema + ".schema sqlite_schema\n.schema sqlite_sequence\n.schema --nosys\n")
    same("schema with globs", schema + ".schema [k-t]q\n.schema [st]q\n")
    same("indexes", schema + ".indexes\n.indexes t\n.indexes sq\n.indices\n")
    same("databases", ".databases\n")
    same("databases of a file", ".open new.db\nCREATE TABLE t(a);\n.databases\n")
    same("dump", schema + ".dump\n")
    same("dump some", schema + ".dump sq\n.dump t v\n.dump s%\n.dump none\n")
    same("dump data only", schema + ".dump --data-only t\n")
    same("dump with rowids", "CREATE TABLE a(x);INSERT INTO a(rowid,x) VALUES(5,'f'),(9,'n');CREATE TABLE b(i INTEGER PRIMARY KEY);INSERT INTO b VALUES(3);\n"
         ".dump --preserve-rowids\n")
    same("attached", "ATTACH ':memory:' AS other;CREATE TABLE other.o(a);CREATE TABLE m(a);CREATE VIEW other.w AS SELECT a FROM o;\n.tables\n.schema\n.schema o\n")
    same("print", ".print a \"b c\" 'd e' \"x\\ty\\101\" 'p\\q'\n.print\n")
    same("null value", ".nullvalue NIL\nSELECT NULL,1;\n.nullvalue\n")
    same("unknown command", ".foo bar\n.x\n")
    same("bad arguments", ".headers\n.separator\n.mode foo\n.nullvalue\n.bail\n.echo\n.changes\n.timer\n")
    same("bad boolean", ".headers maybe\nSELECT 1 AS a;\n.headers yes\nSELECT 1 AS a;\n.headers 1\nSELECT 1 AS a;\n")
    same("shortened", ".tab\n.mod csv\n.head on\nSELECT 1 AS a;\n")
    same("read", ".read script.sql\nSELECT 'next';\n.read none.sql\n.read '|echo SELECT 77;'\n")
    same("once", ".once o.txt\nSELECT 'once';\nSELECT 'std';\n", read_back=["o.txt"])
    same("output", ".output o.txt\nSELECT 'out';\n.print hi\n.output\nSELECT 'std';\n.output '|cat'\nSELECT 'piped';\n.output\n.output /no/such/x\nSELECT 8;\n", read_back=["o.txt"])
    same("save", schema + ".save x.db\n.open x.db\n.tables\nSELECT * FROM sq;\n.open --readonly x.db\nCREATE TABLE z(a);\n.databases\n")
    same("open new", ".open x.db\nCREATE TABLE q(a);\n.open\n.tables\n.open x.db\n.tables\n.open --new x.db\n.tables\n")
    same("backup and restore", schema + ".backup x.db\nDELETE FROM sq;\n.restore x.db\nSELECT count(*) FROM sq;\n.backup\n.backup main y.db\n.backup /no/such/x.db\n")
    same("cd", ".cd /\n.cd /no/such\n.system pwd\n.shell echo a b\n")


def compare_imports():
    same("import", ".import --csv good.csv t\n.schema\n.mode quote\nSELECT * FROM t;\n")
    same("import bad rows", "CREATE TABLE u(a INTEGER UNIQUE, b);\n.mode csv\n.import bad.csv u\n.import --skip 1 bad.csv u\n.mode quote\nSELECT * FROM u;\n")
    same("import into a new table", ".import --csv bad.csv v\n.schema\n.mode quote\nSELECT * FROM v;\n")
    same("import same names", ".import --csv same.csv d\n.schema\n.import --csv -v same.csv d\nSELECT * FROM d;\n")
    same("import with separators", "CREATE TABLE p(n, w);\n.import pipes.txt p\n.mode quote\nSELECT * FROM p;\n")
    same("import without a file", ".import --csv none.csv t\n.import --csv empty.csv t\n")
    same("import arguments", ".import\n.import x\n.import --foo x y\n.import x y z\n")
    same("import separators", ".separator ''\n.import good.csv t\n.separator ab\n.import good.csv t\n.separator , xy\n.import good.csv t\n")
    same("import from a command", ".mode csv\n.import '|printf \"a,b\\n1,2\\n\"' t\nSELECT * FROM t;\n")
    same("import in a transaction", "CREATE TABLE p(n, w);\nBEGIN;\n.import pipes.txt p\nROLLBACK;\nSELECT count(*) FROM p;\n")


def check_own():
    own("version", lambda out, errors, code: code == 0 and out.count(".") == 2, arguments=["-version"])
    own("help", lambda out, errors, code: "Usage: sqlrite" in errors, arguments=["-help"])
    own("help of commands", lambda out, errors, code: ".tables ?TABLE?" in out and ".import FILE TABLE" in out, ".help\n")
    own("help of one command", lambda out, errors, code: out.startswith(".import FILE TABLE") and out.count("\n") == 1, ".help import\n")
    own("show", lambda out, errors, code: "   nullvalue: \"\"\n" in out and "        mode: list\n" in out, ".show\n")
    own("timer", lambda out, errors, code: "Run Time: real " in out, ".timer on\nSELECT 1;\n")
    own("reals read back", lambda out, errors, code: out == "0.99,0.1,0.30000000000000004,1.0e+20\n",
        ".mode quote\nSELECT 0.99, 0.1, 0.1+0.2, 1e20;\n")
    own("no such table", lambda out, errors, code: errors.startswith("Parse error near line 1: no such table: nope\n") and code == 1, "SELECT * FROM nope;\n")
    own("prompt", lambda out, errors, code: "sqlrite> " in out and "   ...> " in out, "SELECT\n1;\n", ["-interactive"])

    # Ctrl-C stops the statement, not the shell.
    directory = fresh_directory()
    process = subprocess.Popen([shell], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=directory)
    process.stdin.write(b"WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c) SELECT count(*) FROM c;\nSELECT 'alive';\n")
    process.stdin.close()
    time.sleep(0.7)
    process.send_signal(signal.SIGINT)
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
    out, errors = process.stdout.read(), process.stderr.read()
    report("interrupt", out == b"alive\n" and b"interrupted (9)" in errors, repr(out), repr(errors))
    shutil.rmtree(directory)

    # What one shell dumps the other reads, and gives back.
    if reference:
        directory = fresh_directory()
        execute(reference, ["a.db"], DATA, directory)
        dumped, _, _ = execute(shell, ["a.db", ".dump"], "", directory)
        execute(reference, ["b.db"], dumped.decode(), directory)
        query = ["-quote", "b.db", "SELECT * FROM t"]
        first, _, _ = execute(reference, ["-quote", "a.db", "SELECT * FROM t"], "", directory)
        second, _, _ = execute(reference, query, "", directory)
        report("dump read by sqlite3", first == second and first != b"", repr(first), repr(second))
        shutil.rmtree(directory)


check_own()
if reference:
    compare_modes()
    compare_statements()
    compare_options()
    compare_commands()
    compare_imports()
else:
    print("skipped: the comparison with sqlite3, which is not installed")
print(f"{passed} passed, {failed} failed")
sys.exit(1 if failed else 0)
