#!/usr/bin/env python3
"""Runs the quickstart of every language in an empty folder and compares what each prints with expected.txt.

  compare.py NAME=COMMAND...    COMMAND is split as a shell does it; the path of the database is added at its end

Closes with "N passed, N failed"; a language whose command is not given is not run.
"""
import difflib
import os
import pathlib
import shlex
import subprocess
import sys
import tempfile

EXPECTED = pathlib.Path(__file__).resolve().parent / "expected.txt"
TIMEOUT_S = 300


def problem_of(command):
    """None when the program prints what is expected, otherwise what went wrong."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "quickstart.db")
        try:
            done = subprocess.run(shlex.split(command) + [path], capture_output=True, text=True, timeout=TIMEOUT_S)
        except (OSError, subprocess.TimeoutExpired) as error:
            return str(error)
        if done.returncode != 0:
            return f"exit status {done.returncode}\n{done.stdout}{done.stderr}"
        # The file that it leaves is a database of stock SQLite's kind.
        if not os.path.exists(path) or open(path, "rb").read(15) != b"SQLite format 3":
            return "left no SQLite file behind"
        expected = EXPECTED.read_text().splitlines()
        lines = list(difflib.unified_diff(expected, done.stdout.splitlines(), "expected", "printed", lineterm=""))
        return "\n".join(lines) if lines else None


def main():
    passed = failed = 0
    for argument in sys.argv[1:]:
        name, separator, command = argument.partition("=")
        if not separator:
            print(f"compare: not of the form NAME=COMMAND: {argument}", file=sys.stderr)
            return 2
        problem = problem_of(command)
        if problem is None:
            passed += 1
        else:
            failed += 1
            print(f"quickstart in {name} FAILED\n{problem}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or passed == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
