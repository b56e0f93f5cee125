#!/usr/bin/env python3
"""A commit over three attached files with rollback journals, killed at each removal and truncation of a file: both sides
recover what either left, and all files show the same state, before or after.

  super_journal_test.py OUR_SHELL STOP_LIBRARY        (stock is `sqlite3` from PATH; without it the test is skipped)
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

NAMES = ("main", "one", "two")
STOPPED = 77  # exit status of a process that STOP_LIBRARY has ended
SETUP = "CREATE TABLE t(id INTEGER PRIMARY KEY, v, filler); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<50) INSERT INTO t SELECT i, 'before', zeroblob(900) FROM n;"


class Folder:
    def __init__(self, path):
        self.path = pathlib.Path(path)

    def make(self, stock, mode):
        for file in self.path.iterdir():
            file.unlink()
        for name in NAMES:
            subprocess.run([stock, self.path / f"{name}.db", f"PRAGMA page_size=1024; PRAGMA journal_mode={mode};" + SETUP],
                           check=True, stdout=subprocess.DEVNULL)

    def attach(self):
        return "".join(f"ATTACH '{self.path / name}.db' AS {name};" for name in NAMES[1:])

    def commit(self, shell, mode, library, stop_at):
        """The exit status of a process that changes all three files and is ended at its `stop_at`th removal or truncation."""
        sql = f"PRAGMA journal_mode={mode};" + self.attach() + "".join(f"PRAGMA {name}.journal_mode={mode};" for name in NAMES)
        sql += "BEGIN;" + "".join(f"UPDATE {name}.t SET v='after';" for name in NAMES) + "COMMIT;"
        environment = dict(os.environ, LD_PRELOAD=library, STOP_AT=str(stop_at))
        return subprocess.run([shell, self.path / "main.db", sql], env=environment, capture_output=True).returncode

    def states(self, shell):
        """What the files hold, each opened for itself by `shell`, in an order in which the last named comes first."""
        found = set()
        for name in reversed(NAMES):
            out = subprocess.run([shell, self.path / f"{name}.db", "SELECT DISTINCT v FROM t; PRAGMA integrity_check"],
                                 capture_output=True, text=True)
            found.add((out.stdout + out.stderr).strip())
        return found

    def leftovers(self):
        """Super-journals, and journals that are not ended."""
        return [file.name for file in self.path.iterdir()
                if "-mj" in file.name or (file.name.endswith("-journal") and file.read_bytes()[:1] not in (b"", b"\0"))]


def main():
    ours, library = sys.argv[1:3]
    stock = shutil.which("sqlite3")
    if stock is None:
        print("0 passed, 0 failed, skipped: no sqlite3 in PATH")
        return 0
    passed = failed = 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = Folder(temporary)
        for writer, reader, direction in ((ours, stock, "ours, recovered by stock"), (stock, ours, "stock's, recovered by us"), (ours, ours, "ours")):
            for mode in ("delete", "truncate", "persist"):
                outcomes = []
                for stop_at in range(1, 30):
                    folder.make(stock, mode)
                    status = folder.commit(writer, mode, library, stop_at)
                    states = folder.states(reader)
                    outcomes.append(next(iter(states)).split("\n")[0] if len(states) == 1 else "mixed")
                    good = states in ({"before\nok"}, {"after\nok"}) and not folder.leftovers()
                    passed, failed = passed + good, failed + (not good)
                    if not good:
                        print(f"FAILED: {direction}, {mode}, ended at its call {stop_at}: {states}, left {folder.leftovers()}")
                    if status != STOPPED:
                        break
                # The run that reached its end shows the change, one that was ended early does not: the calls were seen.
                good = outcomes[0] == "before" and outcomes[-1] == "after" and len(outcomes) > 3
                passed, failed = passed + good, failed + (not good)
                if not good:
                    print(f"FAILED: {direction}, {mode}: {outcomes}")
    print(f"{passed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
