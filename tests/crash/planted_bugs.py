#!/usr/bin/env python3
"""Would the tests notice? Bugs are planted one by one in pager, log and journal, and the test family that is meant to catch
each is run: it has to fail with the bug and to pass without. Prints the table; a bug that survives is a failure.

  planted_bugs.py PLANTED_BUGS_TEST
"""
import os
import re
import subprocess
import sys
import time

# Test cases by family. The power cuts look at fewer states than crash_test does: a bug shows early or not at all.
FAMILIES = {
    "power cut, log": "PowerCut, Full*",
    "power cut, NORMAL": "PowerCut, Normal*",
    "power cut, journal": "PowerCut, RollbackJournals",
    "power cut, several files": "JointCommit, PowerCuts*",
    "fault sweep": "IoError*",
    "another reader": "Format*",
    "pager": "Pager*",
}
BUGS = [
    (1, "log: a restart does not write its header", "power cut, log"),
    (3, "log: recovery takes frames whose checksum is wrong", "power cut, log"),
    (4, "log: recovery takes frames behind the last commit", "power cut, log"),
    (5, "log: a new header is not synced before its frames", "power cut, NORMAL"),
    (6, "log: every frame is marked as a commit", "power cut, log"),
    (7, "log: the checksum leaves out the frame header", "another reader"),
    (8, "log: its name is not made durable", "power cut, log"),
    (21, "journal: not synced before pages are overwritten", "power cut, journal"),
    (22, "journal: the header announces one record too few", "power cut, journal"),
    (23, "journal: its name is not made durable", "power cut, journal"),
    (24, "journal: playback does not cut the file to its old size", "power cut, journal"),
    (25, "journal: playback takes records whose checksum is wrong", "power cut, journal"),
    (26, "journal: a hot journal is removed, not played back", "power cut, journal"),
    (27, "journal: removed before what was played back is synced", "power cut, journal"),
    (28, "journal: the checksum looks at other bytes", "another reader"),
    (29, "journal: what ends it in place is not synced", "power cut, journal"),
    (30, "journal: played back though its super-journal is gone", "power cut, several files"),
    (31, "super-journal: its name is not made durable", "power cut, several files"),
    (41, "commit: the log is not synced at FULL", "power cut, log"),
    (42, "checkpoint: the log is not synced before pages move", "power cut, NORMAL"),
    (43, "checkpoint: the database is not synced before the log restarts", "power cut, log"),
    (44, "checkpoint: leaves out its last frame", "power cut, log"),
    (45, "checkpoint: moves pages over a reader's snapshot", "pager"),
    (47, "commit: pages that are cut off are not in the journal", "power cut, journal"),
    (48, "commit: the journal goes before the database is synced", "power cut, journal"),
    (49, "commit: goes on writing after a sync that failed", "fault sweep"),
    (61, "savepoint: pages are changed in place", "pager"),
    (62, "savepoint: rolling back keeps appended pages", "pager"),
    (63, "view: pages are changed in place under it", "pager"),
]


# States that a power cut has to look at before the bug shows.
STATES = {5: 15000, 42: 15000}


def run(program, bug, family):
    environment = dict(os.environ, PLANTED_BUG=str(bug), CRASH_STATES=str(STATES.get(bug, 5000)))
    cases = FAMILIES[family].replace(", ", "\\, ")
    started = time.time()
    try:
        done = subprocess.run([program, f"--test-case={cases}", "--no-colors"], env=environment, capture_output=True, text=True, timeout=300)
    except subprocess.TimeoutExpired:
        return "hangs", 0, time.time() - started
    match = re.search(r"test cases:\s*(\d+)", done.stdout)
    count = int(match.group(1)) if match else 0
    return ("passes" if done.returncode == 0 else "fails"), count, time.time() - started


def main():
    program = sys.argv[1]
    passed = failed = 0
    for family in FAMILIES:
        outcome, count, seconds = run(program, 0, family)
        good = outcome == "passes" and count > 0
        passed, failed = passed + good, failed + (not good)
        print(f"{'':>3} {'no bug':60} {family:20} {outcome} ({count} cases, {seconds:.1f} s){'' if good else '  WRONG'}", flush=True)
    for bug, what, family in BUGS:
        outcome, _, seconds = run(program, bug, family)
        good = outcome != "passes"
        passed, failed = passed + good, failed + (not good)
        print(f"{bug:>3} {what:60} {family:20} {'caught' if good else 'SURVIVED'} ({seconds:.1f} s)", flush=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
