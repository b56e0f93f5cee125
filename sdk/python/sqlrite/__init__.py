"""SQLRite: an embedded SQL database whose file is an SQLite file, with the interface of the standard module sqlite3.

    import sqlrite

    with sqlrite.connect("app.db") as db:
        db.execute("CREATE TABLE IF NOT EXISTS notes(id INTEGER PRIMARY KEY, text)")
        db.execute("INSERT INTO notes(text) VALUES (?)", ("hello",))
    for row in db.execute("SELECT id, text FROM notes"):
        print(row)
"""

import collections.abc
import datetime
import time

from sqlrite import _sqlrite
from sqlrite._blob import Blob, open_blob
from sqlrite._dump import iterate_dump
from sqlrite._sqlrite import *  # noqa: F403 - result codes, limits, exceptions: all of them
from sqlrite._sqlrite import (
    Connection,
    Cursor,
    DatabaseError,
    DataError,
    Error,
    IntegrityError,
    InterfaceError,
    InternalError,
    NotSupportedError,
    OperationalError,
    PrepareProtocol,
    ProgrammingError,
    Row,
    SQLRiteError,
    Warning,
    adapt,
    adapters,
    complete_statement,
    converters,
    enable_callback_tracebacks,
    register_adapter,
    register_converter,
)
from sqlrite._sqlrite import BusyError, BusySnapshotError  # noqa: F401

# PEP 249.
apilevel = "2.0"
paramstyle = "qmark"
threadsafety = 3

__version__ = _sqlrite.engine_version
version = __version__
version_info = tuple(int(part) for part in __version__.split("."))

Date = datetime.date
Time = datetime.time
Timestamp = datetime.datetime
Binary = memoryview


def DateFromTicks(ticks):
    """The date of a time in seconds since 1970."""
    return Date(*time.localtime(ticks)[:3])


def TimeFromTicks(ticks):
    """The time of day of a time in seconds since 1970."""
    return Time(*time.localtime(ticks)[3:6])


def TimestampFromTicks(ticks):
    """The date and time of a time in seconds since 1970."""
    return Timestamp(*time.localtime(ticks)[:6])


def connect(*args, **kwargs):
    """connect(database, timeout=5.0, detect_types=0, isolation_level="", check_same_thread=True, factory=Connection,
            cached_statements=128, uri=False, *, autocommit=LEGACY_TRANSACTION_CONTROL, read_only=False)

    Opens a database file, ":memory:" for one in memory, and returns the connection.

    timeout: seconds to wait for locks of others. detect_types: PARSE_DECLTYPES, PARSE_COLNAMES. isolation_level: how
    transactions begin in front of changes; None: they do not. uri: database is a URI. autocommit: True, False (always in a
    transaction), or LEGACY_TRANSACTION_CONTROL: as isolation_level says. factory: makes the connection of the arguments.
    """
    factory = kwargs.get("factory", args[5] if len(args) > 5 else Connection)
    return factory(*args, **kwargs)


def connect_read_only(database, **options):
    """Opens a database that exists and is not to be changed. Options are those of connect()."""
    return connect(database, read_only=True, **options)


def _blobopen(self, table, column, row, /, *, readonly=False, name="main"):
    """Opens the value of one row as a file-like Blob."""
    return open_blob(self, name, table, column, row, readonly)


def _iterdump(self, *, filter=None):
    """An iterator over the SQL statements that make this database again."""
    return iterate_dump(self.cursor(), filter)


Blob.__module__ = "sqlrite"
Connection.blobopen = _blobopen
Connection.iterdump = _iterdump


def _engine_facts():
    connection = connect(":memory:")
    try:
        return connection.execute("SELECT sqlite_version()").fetchone()[0]
    finally:
        connection.close()


# The version of SQLite whose language and file format the engine follows.
sqlite_version = _engine_facts()
sqlite_version_info = tuple(int(part) for part in sqlite_version.split("."))


def _register_dates():
    def read_date(value):
        return datetime.date(*map(int, value.split(b"-")))

    def read_timestamp(value):
        day, _, clock = value.partition(b" ")
        clock, _, fraction = clock.partition(b".")
        year, month, day = map(int, day.split(b"-"))
        hours, minutes, seconds = map(int, clock.split(b":"))
        microseconds = int(fraction[:6].ljust(6, b"0").decode()) if fraction else 0
        return datetime.datetime(year, month, day, hours, minutes, seconds, microseconds)

    register_adapter(datetime.date, datetime.date.isoformat)
    register_adapter(datetime.datetime, lambda value: value.isoformat(" "))
    register_converter("date", read_date)
    register_converter("timestamp", read_timestamp)


_register_dates()
collections.abc.Sequence.register(Row)

__all__ = [name for name in dir() if not name.startswith("_") and name not in ("collections", "datetime", "time", "iterate_dump", "open_blob")]
