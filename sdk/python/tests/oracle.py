"""Small programs run on the standard module and on sqlrite: what they answer, raise and say has to be equal.

Each case is a function of (module, connection). outcome() runs it and gives the value, or the exception's class, text and codes.
"""


def outcome(module, case):
    connection = module.connect(":memory:")
    try:
        value = case(module, connection)
        return "value", plain(module, value)
    except BaseException as error:  # noqa: B902 - whatever it is has to be equal
        text = str(error).replace(module.__name__ + ".", "")
        name = type(error).__name__
        if name in ("BusyError", "BusySnapshotError"):
            name = "OperationalError"
        return "error", name, text, getattr(error, "sqlite_errorcode", None), getattr(error, "sqlite_errorname", None)
    finally:
        connection.close()


def plain(module, value):
    if isinstance(value, (module.Cursor, module.Connection)):
        return type(value).__name__
    if isinstance(value, module.Row):
        return "Row", tuple(value), value.keys()
    if isinstance(value, (list, tuple)):
        return type(value).__name__, [plain(module, item) for item in value]
    return type(value).__name__, value


def raising(error):
    def function(*arguments):
        raise error
    return function


class BadInit:
    def __init__(self):
        raise ValueError("no")

    def step(self, value):
        pass

    def finalize(self):
        return 1


class BadStep:
    def step(self, value):
        raise ValueError("no")

    def finalize(self):
        return 1


class BadFinalize:
    def step(self, value):
        pass

    def finalize(self):
        raise ValueError("no")


class NoStep:
    def finalize(self):
        return 1


class NoFinalize:
    def step(self, value):
        pass


class Sum:
    def __init__(self):
        self.total = 0

    def step(self, *values):
        self.total += sum(value or 0 for value in values)

    def finalize(self):
        return self.total


class Point:
    def __init__(self, x):
        self.x = x

    def __conform__(self, protocol):
        return f"point {self.x}"


class Keys(dict):
    def __missing__(self, key):
        return "missing " + key


def function(definition, sql, **options):
    def case(module, c):
        c.create_function("f", -1, definition, **options)
        return c.execute(sql).fetchall()
    return case


def aggregate(kind, sql):
    def case(module, c):
        c.create_aggregate("a", -1, kind)
        c.executescript("create table t(x); insert into t values(1), (2), (null)")
        return c.execute(sql).fetchall()
    return case


def statement(sql, *parameters):
    return lambda module, c: c.execute(sql, *parameters).fetchall()


def described(sql, *parameters):
    def case(module, c):
        c.execute("create table t(a integer primary key, b text)")
        cursor = c.execute(sql, *parameters)
        return cursor.description, cursor.rowcount, cursor.lastrowid, cursor.fetchall(), cursor.rowcount, c.total_changes, c.in_transaction
    return case


def with_text_factory(factory, sql):
    def case(module, c):
        c.text_factory = factory
        return c.execute(sql).fetchall()
    return case


def isolation(level, *sql):
    def case(module, c):
        c.isolation_level = level
        told = []
        c.set_trace_callback(told.append)
        for text in ("create table t(a unique)", *sql):
            c.execute(text)
            told.append(c.in_transaction)
        return told
    return case


def row(use):
    def case(module, c):
        c.row_factory = module.Row
        return use(c.execute("select 1 as a, 2 as B, 'x' as c").fetchone())
    return case


def context_manager(error):
    def case(module, c):
        c.execute("create table t(a unique)")
        try:
            with c:
                c.execute("insert into t values(1)")
                if error:
                    raise error
        except ZeroDivisionError:
            pass
        return c.in_transaction, c.execute("select * from t").fetchall()
    return case


def detected(flags, sql, *parameters):
    def case(module, _):
        module.register_converter("upper", lambda value: value.decode().upper())
        module.register_converter("bad", raising(ZeroDivisionError("in a converter")))
        c = module.connect(":memory:", detect_types=flags)
        c.execute("create table t(i, u upper, d date, s timestamp, b bad, n upper(10))")
        c.execute("insert into t values(5, 'abc', '2024-02-29', '2024-02-29 01:02:03.5', null, 12)")
        cursor = c.execute(sql, *parameters)
        return cursor.description, cursor.fetchall()
    return case


def many(sql, parameters):
    def case(module, c):
        c.execute("create table t(a, b)")
        cursor = c.executemany(sql, parameters() if callable(parameters) else parameters)
        return cursor.rowcount, cursor.lastrowid, cursor.fetchall(), c.execute("select * from t").fetchall()
    return case


def generator_of_pairs():
    for i in range(3):
        yield i, str(i)


def broken_generator():
    yield 1, 2
    raise ZeroDivisionError("in a generator")


def closed(use):
    def case(module, c):
        c.close()
        return use(c)
    return case


def closed_cursor(use):
    def case(module, c):
        cursor = c.execute("select 1")
        cursor.close()
        return use(cursor)
    return case


def backed_up(module, c):
    c.executescript("create table t(a); insert into t values(1), (2)")
    target = module.connect(":memory:")
    told = []
    c.backup(target, pages=1, progress=lambda status, remaining, total: told.append((status, remaining, total)))
    return target.execute("select * from t").fetchall(), len(told) > 1, told[-1][:2]


def dumped(module, c):
    c.executescript("""
        create table "a b"(id integer primary key autoincrement, "x""y" text, b blob, r real);
        insert into "a b" values(1, 'it''s', x'00ff', 0.1), (5, null, null, 1e300);
        create index i on "a b"("x""y");
        create view v as select * from "a b";
    """)
    script = "\n".join(c.iterdump())
    copy = module.connect(":memory:")
    copy.executescript(script)
    return script, copy.execute('select * from "a b"').fetchall(), "\n".join(copy.iterdump()) == script


def adapted(module, c):
    class Money:
        cents = 150

    module.register_adapter(Money, lambda money: money.cents)
    return c.execute("select ?, ?, :a", (Money(), Point(3), None)).fetchall()


BIG = 2**63

CASES = {
    "values": statement("select ?, ?, ?, ?, ?, ?", (1, 2.5, "ä€😀", b"\x00\xff", None, True)),
    "integer edges": statement("select ?, ?", (BIG - 1, -BIG)),
    "integer too large": statement("select ?", (BIG,)),
    "integer too small": statement("select ?", (-BIG - 1,)),
    "float edges": statement("select ?, ?, ?, ?", (1e308, -0.0, float("inf"), float("nan"))),
    "subclasses": statement("select ?, ?", (type("I", (int,), {})(5), type("S", (str,), {})("x"))),
    "bytearray and memoryview": statement("select ?, ?", (bytearray(b"ab"), memoryview(b"abcd")[1:3])),
    "memoryview with steps": statement("select ?", (memoryview(b"abcd")[::2],)),
    "NUL in text": statement("select ?, length(?)", ("a\0b", "a\0b")),
    "surrogate": statement("select ?", ("\ud800",)),
    "surrogate in sql": statement("select '\ud800'"),
    "invalid UTF-8": statement("select cast(x'ff41' as text) as broken"),
    "invalid UTF-8 as bytes": with_text_factory(bytes, "select cast(x'ff41' as text), 'a', x'00'"),
    "text as bytearray": with_text_factory(bytearray, "select 'abc', 5"),
    "text by a function": with_text_factory(lambda raw: raw.decode("utf-8", "replace") + "!", "select cast(x'ff41' as text), 'b'"),
    "text factory that is none": with_text_factory(5, "select 'a'"),
    "text factory that raises": with_text_factory(raising(ZeroDivisionError("x")), "select 'a'"),
    "unsupported": statement("select ?", (object(),)),
    "unsupported by name": statement("select :a", {"a": object()}),
    "missing name": statement("select :a", {"b": 1}),
    "names from a dict subclass": statement("select :a, :b", Keys(a=1)),
    "names for ?": statement("select ?", {"b": 1}),
    "same name twice": statement("select :b, :b, @c, $d", {"b": 3, "c": 4, "d": 5}),
    "number as name": statement("select ?1, ?3", (1, 2, 3)),
    "not parameters": statement("select ?", 5),
    "a string as parameters": statement("select ?, ?", "ab"),
    "too many": statement("select ?", (1, 2)),
    "too few": statement("select ?, ?", (1,)),
    "none at all": statement("select ?"),
    "list": statement("select ?, ?", [1, 2]),
    "generator as parameters": statement("select ?", (i for i in range(1))),
    "two statements": statement("select 1; select 2"),
    "comment behind": statement("select 1; -- that was it\n /* really */"),
    "only comment": statement("-- nothing"),
    "empty": statement(""),
    "NUL in sql": statement("select 1\0"),
    "not sql": statement("selec 1"),
    "unfinished": statement("select ("),
    "no table": statement("select a from nothing_there"),
    "no column": statement("select nocolumn"),
    "no function": statement("select nofunction(1)"),
    "int as sql": lambda m, c: c.execute(5),
    "no arguments": lambda m, c: c.execute(),
    "three arguments": lambda m, c: c.execute("select 1", (), ()),
    "cursor without arguments": lambda m, c: c.cursor().execute(),
    "executemany without parameters": lambda m, c: c.executemany("select 1"),
    "described select": described("select a as x, b, 1+1 from t"),
    "described insert": described("insert into t(b) values('x'), ('y')"),
    "described returning": described("insert into t(b) values('x') returning a, b"),
    "described update": described("update t set b=1 where a>5"),
    "described replace": described("replace into t values(7, 'z')"),
    "described with": described("with x as (select 1) insert into t select 5, 6 from x"),
    "described pragma": described("pragma user_version"),
    "described comment first": described("/* first */ insert into t values(1, 2)"),
    "described create": described("create table u(a)"),
    "described explain-less nothing": described(""),
    "many": many("insert into t values(?, ?)", [(1, 2), (3, 4)]),
    "many from a generator": many("insert into t values(?, ?)", generator_of_pairs),
    "many by name": many("insert into t values(:a, :b)", [{"a": 1, "b": 2}]),
    "many of nothing": many("insert into t values(?, ?)", []),
    "many broken": many("insert into t values(?, ?)", broken_generator),
    "many not iterable": many("insert into t values(?, ?)", 5),
    "many select": many("select ?, ?", [(1, 2)]),
    "many wrong count": many("insert into t values(?, ?)", [(1, 2), (1,)]),
    "many update": many("update t set a=? where b=?", [(1, 2)]),
    "script": lambda m, c: (c.executescript("create table t(a); insert into t values('a;b'); -- c\ninsert into t values(2)"),
                            c.execute("select * from t").fetchall(), c.in_transaction),
    "script commits": lambda m, c: (c.execute("create table t(a)"), c.execute("insert into t values(1)"), c.in_transaction,
                                    c.executescript("select 1"), c.in_transaction),
    "script that fails": lambda m, c: c.executescript("create table t(a); create table t(a)"),
    "script not str": lambda m, c: c.executescript(b"select 1"),
    "script NUL": lambda m, c: c.executescript("select 1;\0"),
    "fetchone": lambda m, c: (lambda cur: (cur.fetchone(), cur.fetchone(), cur.fetchone()))(c.execute("values(1), (2)")),
    "fetchmany": lambda m, c: (lambda cur: (cur.fetchmany(), cur.fetchmany(2), cur.fetchmany(size=5), cur.fetchmany()))(
        c.execute("values(1), (2), (3), (4)")),
    "fetchmany arraysize": lambda m, c: (lambda cur: (setattr(cur, "arraysize", 3), cur.fetchmany(), cur.arraysize))(
        c.execute("values(1), (2), (3), (4)")),
    "fetchmany of nothing": lambda m, c: c.execute("values(1)").fetchmany(0),
    "fetchmany negative": lambda m, c: c.cursor().fetchmany(-1),
    "fetch before execute": lambda m, c: (c.cursor().fetchone(), c.cursor().fetchall(), list(c.cursor())),
    "iteration": lambda m, c: list(c.execute("with n(i) as (values(1) union all select i+1 from n where i<5000) select i, i||'' from n")),
    "half fetched, then changed": lambda m, c: (lambda cur: (next(cur), c.execute("create table z(a)"), cur.fetchall()))(
        c.execute("values(1), (2), (3)")),
    "same statement twice at once": lambda m, c: (lambda a, b: (next(a), next(b), next(a), list(b), list(a)))(
        c.execute("values(1), (2), (3)"), c.execute("values(1), (2), (3)")),
    "schema changed between runs": lambda m, c: (c.execute("create table t(a)"), c.execute("insert into t values(1)"),
                                                 c.execute("select * from t").fetchall(), c.execute("alter table t add column b default 5"),
                                                 c.execute("select * from t").fetchall(), c.execute("select * from t").description),
    "row by name": row(lambda r: (r["a"], r["A"], r["b"], r[-1], r[0:2], len(r), list(r))),
    "row without": row(lambda r: r["z"]),
    "row index": row(lambda r: r[9]),
    "row float": row(lambda r: r[1.5]),
    "row huge": row(lambda r: r[2**80]),
    "row equal": row(lambda r: (r == r, r != r, hash(r) == hash(r), r == (1, 2, "x"), "x" in r)),
    "row order": row(lambda r: r < r),
    "row set": row(lambda r: r.__setitem__(0, 1)),
    "row made by hand": lambda m, c: m.Row(c.execute("select 1 as a, 2 as b"), (3, 4)),
    "row of a list": lambda m, c: m.Row(c.cursor(), [1]),
    "row factory": lambda m, c: (setattr(c, "row_factory", lambda cur, r: {d[0]: v for d, v in zip(cur.description, r)}),
                                 c.execute("select 1 as a, 2 as b").fetchall()),
    "row factory that raises": lambda m, c: (setattr(c, "row_factory", raising(ZeroDivisionError("r"))), c.execute("select 1").fetchone()),
    "function": function(lambda *a: repr(a), "select f(1, 2.5, 'x', x'41', null), f()"),
    "function of bytes": function(lambda: memoryview(b"ab"), "select f(), typeof(f())"),
    "function raises": function(raising(ValueError("x")), "select f()"),
    "function memory": function(raising(MemoryError()), "select f()"),
    "function overflow": function(raising(OverflowError()), "select f()"),
    "function too large": function(lambda: 2**70, "select f()"),
    "function of object": function(lambda: object(), "select f()"),
    "function surrogate": function(lambda: "\ud800", "select f()"),
    "function deterministic": function(lambda x: x * 2, "select f(21)", deterministic=True),
    "function in index": lambda m, c: (c.create_function("f", 1, lambda x: x, deterministic=True), c.execute("create table t(a)"),
                                       c.execute("create index i on t(f(a))")),
    "function not deterministic in index": lambda m, c: (c.create_function("f", 1, lambda x: x), c.execute("create table t(a)"),
                                                         c.execute("create index i on t(f(a))")),
    "function arguments": lambda m, c: c.create_function("f", -100, lambda: 1),
    "function name": lambda m, c: c.create_function("f" * 300, 1, lambda: 1),
    "function wrong count": lambda m, c: (c.create_function("f", 2, lambda a, b: 1), c.execute("select f(1)")),
    "function over rows": function(lambda x: x + 1, "select f(column1) from (values(1), (2), (3)) order by 1 desc"),
    "aggregate": aggregate(Sum, "select a(x), a(x, 1), a() from t"),
    "aggregate groups": aggregate(Sum, "select x, a(1) from t group by x"),
    "aggregate of nothing": aggregate(Sum, "select a(x) from t where 0"),
    "aggregate init": aggregate(BadInit, "select a(x) from t"),
    "aggregate step": aggregate(BadStep, "select a(x) from t"),
    "aggregate finalize": aggregate(BadFinalize, "select a(x) from t"),
    "aggregate no step": aggregate(NoStep, "select a(x) from t"),
    "aggregate no finalize": aggregate(NoFinalize, "select a(x) from t"),
    "collation": lambda m, c: (c.create_collation("back", lambda a, b: (a < b) - (a > b)),
                               c.execute("select column1 from (values('a'), ('ä'), ('c')) order by 1 collate back").fetchall()),
    "collation raises": lambda m, c: (c.create_collation("bad", raising(ZeroDivisionError("c"))),
                                      c.execute("select column1 from (values('a'), ('b')) order by 1 collate bad").fetchall()),
    "collation removed": lambda m, c: (c.create_collation("x", lambda a, b: 0), c.create_collation("x", None),
                                       c.execute("select 'a' order by 1 collate x").fetchall()),
    "collation not callable": lambda m, c: c.create_collation("x", 5),
    "progress stops": lambda m, c: (c.set_progress_handler(lambda: 1, 1), c.execute("select 1").fetchall()),
    "progress raises": lambda m, c: (c.set_progress_handler(raising(ValueError("p")), 1), c.execute("select 1").fetchall()),
    "authorizer denies": lambda m, c: (c.execute("create table t(a)"), c.set_authorizer(lambda *a: m.SQLITE_DENY), c.execute("select a from t")),
    "authorizer denies a column": lambda m, c: (c.execute("create table t(a)"),
                                                c.set_authorizer(lambda action, *a: m.SQLITE_DENY if action == m.SQLITE_READ else 0),
                                                c.execute("select a from t")),
    "authorizer raises": lambda m, c: (c.set_authorizer(raising(ValueError("a"))), c.execute("select 1")),
    "authorizer of text": lambda m, c: (c.set_authorizer(lambda *a: "x"), c.execute("select 1")),
    "trace": lambda m, c: (lambda told: (c.set_trace_callback(told.append), c.execute("select ?, 'b'", ("it's",)).fetchall(), told))([]),
    "isolation default": isolation("", "insert into t values(1)", "select 1", "create table u(a)", "commit"),
    "isolation immediate": isolation("IMMEDIATE", "insert into t values(1)"),
    "isolation lower case": isolation("exclusive", "delete from t"),
    "isolation none": isolation(None, "insert into t values(1)", "begin", "insert into t values(2)", "rollback"),
    "isolation wrong": isolation("later"),
    "isolation of int": isolation(5),
    "isolation deleted": lambda m, c: delattr(c, "isolation_level"),
    "isolation none commits": lambda m, c: (c.execute("create table t(a)"), c.execute("insert into t values(1)"), c.in_transaction,
                                            setattr(c, "isolation_level", None), c.in_transaction),
    "rollback": lambda m, c: (c.execute("create table t(a)"), c.execute("insert into t values(1)"), c.rollback(), c.in_transaction,
                              c.execute("select * from t").fetchall(), c.rollback(), c.commit()),
    "commit without": statement("commit"),
    "with": context_manager(None),
    "with an error": context_manager(ZeroDivisionError()),
    "unique": lambda m, c: (c.execute("create table t(a unique)"), c.execute("insert into t values(1)"), c.execute("insert into t values(1)")),
    "not null": lambda m, c: (c.execute("create table t(a not null)"), c.execute("insert into t values(null)")),
    "check": lambda m, c: (c.execute("create table t(a check(a>0))"), c.execute("insert into t values(0)")),
    "primary key": lambda m, c: (c.execute("create table t(a integer primary key)"), c.executemany("insert into t values(?)", [(1,), (1,)])),
    "datatype": lambda m, c: (c.execute("create table t(a integer primary key)"), c.execute("insert into t values('x')")),
    "too big": lambda m, c: (c.setlimit(m.SQLITE_LIMIT_LENGTH, 100), c.execute("select zeroblob(1000)").fetchall()),
    "too long sql": lambda m, c: (c.setlimit(m.SQLITE_LIMIT_SQL_LENGTH, 10), c.execute("select 1 + 1 + 1")),
    "limits": lambda m, c: (c.getlimit(m.SQLITE_LIMIT_COLUMN), c.setlimit(m.SQLITE_LIMIT_COLUMN, 10), c.getlimit(m.SQLITE_LIMIT_COLUMN)),
    "limit unknown": lambda m, c: c.getlimit(99),
    "converters by declared type": detected(1, "select * from t"),
    "converters by name": detected(2, 'select u as "u [upper]", i as "i [nothing]" from t'),
    "converters by both": detected(3, 'select u, d as "d [upper]" from t'),
    "converter that raises": detected(1, "select 'x' as y, b from (select 'z' as b) union all select 1, b from t"),
    "converter on insert": detected(1, "select ?", (5,)),
    "adapters": adapted,
    "adapt": lambda m, c: (m.adapt(Point(1)), m.adapt(5, m.PrepareProtocol, 6)),
    "cannot adapt": lambda m, c: m.adapt(object()),
    "dates": lambda m, c: (m.Date(2024, 2, 29), m.DateFromTicks(0).year, c.execute("select ?, ?", (m.Date(2024, 2, 29), m.Timestamp(2024, 2, 29, 1, 2, 3))).fetchall()),
    "closed execute": closed(lambda c: c.execute("select 1")),
    "closed cursor": closed(lambda c: c.cursor()),
    "closed commit": closed(lambda c: c.commit()),
    "closed attributes": closed(lambda c: c.total_changes),
    "closed again": closed(lambda c: c.close()),
    "closed with": closed(lambda c: c.__enter__()),
    "closed call": closed(lambda c: c("select 1")),
    "closed cursor execute": closed_cursor(lambda c: c.execute("select 1")),
    "closed cursor fetch": closed_cursor(lambda c: c.fetchone()),
    "closed cursor again": closed_cursor(lambda c: c.close()),
    "cursor of a closed connection": lambda m, c: (lambda cur: (c.close(), cur.fetchall()))(c.execute("values(1), (2)")),
    "not initialised": lambda m, c: m.Connection.__new__(m.Connection).execute("select 1"),
    "cursor not initialised": lambda m, c: m.Cursor.__new__(m.Cursor).execute("select 1"),
    "cursor of int": lambda m, c: m.Cursor(5),
    "cursor factory": lambda m, c: type(c.cursor(factory=type("C", (m.Cursor,), {}))).__name__,
    "cursor factory wrong": lambda m, c: c.cursor(factory=lambda connection: 5),
    "no such folder": lambda m, c: m.connect("/nonexistent/folder/file.db"),
    "a folder": lambda m, c: m.connect("/"),
    "connect to int": lambda m, c: m.connect(5),
    "connect nowhere": lambda m, c: m.connect(),
    "uri": lambda m, c: m.connect("file:memory?mode=memory", uri=True).execute("select 1").fetchall(),
    "uri without file": lambda m, c: m.connect("file:/nonexistent/x?mode=ro", uri=True),
    "backup": backed_up,
    "backup to itself": lambda m, c: c.backup(c),
    "backup to int": lambda m, c: c.backup(5),
    "backup of unknown": lambda m, c: c.backup(m.connect(":memory:"), name="x"),
    "backup progress": lambda m, c: c.backup(m.connect(":memory:"), progress=5),
    "dump": dumped,
    "image": lambda m, c: (c.executescript("create table t(a); insert into t values(1)"),
                           (lambda d: (d.deserialize(c.serialize()), d.execute("select * from t").fetchall()))(m.connect(":memory:"))),
    "image of unknown": lambda m, c: c.serialize(name="x"),
    "blob": lambda m, c: (c.executescript("create table t(a); insert into t values(x'0001020304')"),
                          (lambda b: (len(b), b.read(2), b.tell(), b.write(b"\xff"), b.seek(0), b.read(), b[1], b[-1], b[1:3], b[::2], b.close()))(
                              c.blobopen("t", "a", 1))),
    "blob read only": lambda m, c: (c.executescript("create table t(a); insert into t values(x'00')"), c.blobopen("t", "a", 1, readonly=True).write(b"x")),
    "blob too long": lambda m, c: (c.executescript("create table t(a); insert into t values(x'00')"), c.blobopen("t", "a", 1).write(b"xy")),
    "blob no row": lambda m, c: (c.execute("create table t(a)"), c.blobopen("t", "a", 9)),
    "blob no table": lambda m, c: c.blobopen("t", "a", 9),
    "blob closed": lambda m, c: (c.executescript("create table t(a); insert into t values(x'00')"),
                                 (lambda b: (b.close(), b.read()))(c.blobopen("t", "a", 1))),
    "blob expired": lambda m, c: (c.executescript("create table t(a); insert into t values(x'00')"),
                                  (lambda b: (c.execute("delete from t"), b.read()))(c.blobopen("t", "a", 1))),
    "complete": lambda m, c: [m.complete_statement(text) for text in (
        "select 1;", "select 1", "", ";", "select ';", "select ';';", "-- a;\n", "select 1; -- x", "/* ; */", "/* open ;",
        "create trigger t after insert on t begin select 1;", "create trigger t after insert on t begin select 1; end;",
        "create temp trigger x begin select 1; end; select 2", "explain create trigger x begin a; end;", "[;", "`;`;", "create table t(a);")],
    "interrupt": lambda m, c: c.interrupt(),
    "exceptions of the connection": lambda m, c: [getattr(c, name) is getattr(m, name) for name in (
        "Warning", "Error", "InterfaceError", "DatabaseError", "InternalError", "OperationalError", "ProgrammingError", "IntegrityError",
        "DataError", "NotSupportedError")],
    "exception tree": lambda m, c: [issubclass(getattr(m, a), getattr(m, b)) for a, b in (
        ("Error", "Warning"), ("InterfaceError", "Error"), ("DatabaseError", "Error"), ("DataError", "DatabaseError"), ("OperationalError", "DatabaseError"),
        ("IntegrityError", "DatabaseError"), ("InternalError", "DatabaseError"), ("ProgrammingError", "DatabaseError"), ("NotSupportedError", "DatabaseError"))],
    "globals": lambda m, c: (m.apilevel, m.paramstyle, m.threadsafety, m.PARSE_DECLTYPES, m.PARSE_COLNAMES, m.SQLITE_OK, m.SQLITE_DENY, m.SQLITE_IGNORE, m.Binary),
}
