#!/usr/bin/env python3
"""The conformance scenarios through a Python module of the standard library's kind.

  python_runner.py [--module sqlrite|sqlite3] [--only TEXT] [--show] SCENARIO-FOLDER

With the standard module it shows that this runner asks for nothing that the module does not do.
"""
import argparse
import importlib
import json
import os
import pathlib
import struct
import sys
import tempfile

STEP_KEYS = {"do", "on", "as", "of", "sql", "params", "path", "count", "text", "hex", "read_only", "timeout_ms", "rows", "row_count",
             "rows_at", "columns", "changes", "last_rowid", "total_changes", "done", "in_transaction", "error", "note"}


class Mismatch(Exception):
    """A step whose outcome is not what the scenario says, or a scenario that makes no sense."""


class BadText(bytes):
    """Bytes of a TEXT value that are not UTF-8."""


def text_of(raw):
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return BadText(raw)


def value_of(notation):
    if notation is None or isinstance(notation, (int, str)):
        return notation
    times = notation.get("times", 1)
    if "int" in notation:
        return int(notation["int"])
    if "bool" in notation:
        return notation["bool"]
    if "real" in notation:
        return float(notation["real"])
    if "text" in notation:
        return notation["text"] * times
    if "text_hex" in notation:
        return BadText(bytes.fromhex(notation["text_hex"]))
    if "blob" in notation:
        return bytes.fromhex(notation["blob"]) * times
    if "bigint" in notation:
        return int(notation["bigint"])
    if "object" in notation:
        return object()
    raise Mismatch(f"not a value: {notation}")


def same(expected, actual):
    if type(expected) is not type(actual):
        return False
    if isinstance(expected, float):
        return struct.pack("<d", expected) == struct.pack("<d", actual)
    return expected == actual


def brief(value):
    text = repr(value)
    return text if len(text) <= 400 else f"{text[:400]}... ({len(text)} characters)"


class Failure:
    def __init__(self, module, error):
        self.code = getattr(error, "sqlite_errorcode", None)
        self.message = str(error)
        self.name = type(error).__name__
        self.kinds = set()
        if isinstance(error, OverflowError):
            self.kinds.add("range")
        if isinstance(error, module.ProgrammingError):
            for kind, parts in (("closed", ("closed",)), ("parameter", ("number of bindings", "did not supply a value")), ("type", ("is not supported",))):
                if any(part in self.message for part in parts):
                    self.kinds.add(kind)
        if isinstance(error, module.InterfaceError) and "type" in self.message:
            self.kinds.add("type")

    def check(self, expected):
        for key, value in expected.items():
            if key == "kind":
                fits = value in self.kinds
            elif key == "message":
                fits = value == self.message
            elif key in ("code", "extended"):
                fits = self.code is None or value == (self.code & 0xff if key == "code" else self.code)
            else:
                raise Mismatch(f"no such expectation of an error: {key}")
            if not fits:
                raise Mismatch(f"expected the error {expected}, got {self}")

    def __repr__(self):
        return f"{self.name}({self.message!r}, code {self.code})"


class ScenarioRun:
    def __init__(self, module, folder):
        self.module = module
        self.folder = folder
        self.connections = {}
        self.prepared = {}
        self.cursors = {}
        self.has_autocommit = hasattr(module, "LEGACY_TRANSACTION_CONTROL")

    def path(self, step):
        return os.path.join(self.folder, step["path"]) if "path" in step else ":memory:"

    def connect(self, step):
        path = self.path(step)
        options = {"timeout": step.get("timeout_ms", 0) / 1000, "isolation_level": None}
        if self.has_autocommit:
            options = {"timeout": options["timeout"], "autocommit": True}
        if step.get("read_only"):
            connection = self.module.connect(f"file:{path}?mode=ro", uri=True, **options)
        else:
            connection = self.module.connect(path, **options)
        connection.text_factory = text_of
        return connection

    def sibling(self, step):
        connection = self.connections[step.get("on", "db")]
        if not hasattr(connection, "connect"):
            return self.connect(step)
        sibling = connection.connect()
        sibling.text_factory = text_of
        return sibling

    def script(self, connection, sql):
        if self.has_autocommit:
            connection.executescript(sql)
            return
        # Before Python 3.12 executescript() commits first: the statements go one by one.
        statement = ""
        for part in sql.split(";"):
            statement += part + ";"
            if self.module.complete_statement(statement):
                connection.execute(statement)
                statement = ""

    def execute(self, step):
        if "of" in step:
            name, sql = self.prepared[step["of"]]
        else:
            name, sql = step.get("on", "db"), step["sql"]
        params = step.get("params", [])
        if isinstance(params, dict):
            values = {key: value_of(value) for key, value in params.items()}
        else:
            values = [value_of(value) for value in params]
        return self.connections[name].execute(sql, values)

    def take(self, step):
        verb, on = step["do"], step.get("on", "db")
        if verb == "open":
            self.connections[on] = self.connect(step)
        elif verb == "sibling":
            self.connections[step["as"]] = self.sibling(step)
        elif verb == "close":
            self.connections[on].close()
        elif verb == "file":
            pathlib.Path(self.path(step)).write_bytes(bytes.fromhex(step["hex"]) if "hex" in step else step["text"].encode())
        elif verb == "script":
            self.script(self.connections[on], step["sql"])
        elif verb == "prepare":
            self.prepared[step["as"]] = on, step["sql"]
        elif verb in ("query", "run"):
            return self.answer_of(self.execute(step))
        elif verb == "start":
            self.cursors[step["as"]] = self.execute(step)
        elif verb == "next":
            cursor, count = self.cursors[step["of"]], step.get("count", 1)
            rows = cursor.fetchmany(count)
            return {"rows": rows, "columns": self.columns_of(cursor), "done": len(rows) < count}
        elif verb == "end":
            self.cursors.pop(step["of"]).close()
        elif verb == "state":
            connection = self.connections[on]
            return {"total_changes": connection.total_changes, "in_transaction": connection.in_transaction}
        else:
            raise Mismatch(f"no such verb: {verb}")
        return {}

    @staticmethod
    def columns_of(cursor):
        return [column[0] for column in cursor.description or ()]

    def answer_of(self, cursor):
        return {"rows": cursor.fetchall(), "columns": self.columns_of(cursor), "changes": cursor.rowcount, "last_rowid": cursor.lastrowid}

    def run(self, steps, shows):
        for number, step in enumerate(steps, 1):
            unknown = set(step) - STEP_KEYS
            if unknown:
                raise Mismatch(f"step {number} has an unknown key: {unknown}")
            try:
                self.run_step(step, shows)
            except Exception as error:
                raise Mismatch(f"step {number} {brief(step)}: {error!r}") from error

    def run_step(self, step, shows):
        try:
            answer = self.take(step)
        except (self.module.Error, OverflowError) as error:
            failure = Failure(self.module, error)
            if shows:
                print(f"  {brief(step)}\n    {failure}")
            if "error" not in step:
                raise Mismatch(f"failed: {failure}") from error
            failure.check(step["error"])
            return
        if shows:
            print(f"  {brief(step)}\n    {brief(answer)}")
        if "error" in step:
            raise Mismatch(f"expected the error {step['error']}, but it went well")
        self.check_rows(step, answer)
        for key in ("columns", "done", "changes", "last_rowid", "total_changes", "in_transaction"):
            if key in step:
                expected = value_of(step[key]) if key == "last_rowid" else step[key]
                if answer[key] != expected:
                    raise Mismatch(f"{key}: expected {expected}, got {answer[key]}")

    @staticmethod
    def check_row(where, expected, row):
        values = [value_of(value) for value in expected]
        if len(values) != len(row) or not all(same(a, b) for a, b in zip(values, row)):
            raise Mismatch(f"row {where}: expected {brief(values)}, got {brief(row)}")

    def check_rows(self, step, answer):
        rows = answer.get("rows", [])
        for index, expected in enumerate(step.get("rows", [])[:len(rows)]):
            self.check_row(index, expected, rows[index])
        count = len(step["rows"]) if "rows" in step else step.get("row_count", len(rows))
        if len(rows) != count:
            raise Mismatch(f"number of rows: expected {count}, got {len(rows)}")
        for index, expected in step.get("rows_at", {}).items():
            self.check_row(index, expected, rows[int(index)])

    def close(self):
        for cursor in self.cursors.values():
            cursor.close()
        for connection in self.connections.values():
            connection.close()


def load(folder):
    for path in sorted(pathlib.Path(folder).glob("*.json")):
        for scenario in json.loads(path.read_text(encoding="utf-8"))["scenarios"]:
            if {"python", "host"} & set(scenario.get("only", ["python"])):
                yield f"{path.stem}: {scenario['name']}", scenario["steps"]


def main():
    parser = argparse.ArgumentParser(description="The conformance scenarios through a Python module.")
    parser.add_argument("--module", default="sqlrite")
    parser.add_argument("--only", default="")
    parser.add_argument("--show", action="store_true")
    parser.add_argument("folder")
    options = parser.parse_args()
    module = importlib.import_module(options.module)
    passed = failed = 0
    for name, steps in load(options.folder):
        if options.only not in name:
            continue
        if options.show:
            print(name)
        with tempfile.TemporaryDirectory() as folder:
            run = ScenarioRun(module, folder)
            try:
                run.run(steps, options.show)
                passed += 1
            except Mismatch as mismatch:
                failed += 1
                print(f"FAILED {name}\n  {mismatch}")
            finally:
                run.close()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or passed == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
