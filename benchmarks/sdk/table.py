#!/usr/bin/env python3
"""One table of what the comparisons of the packages measured.

  table.py [--json FILE] RESULT.json...

A result is named after its language. Ratios are theirs / ours: 2 means that our package takes half of the time.
"""
import argparse
import json
import pathlib
import sys

RATIO_WANTED = 1.1


def rows_of(path):
    """The rows of one result, in one form whichever comparison wrote it."""
    result = json.loads(path.read_text())
    peer = result["peer"] if "peer" in result else f"sqlite3 with SQLite {result['sqlite']}"
    for row in result.get("workloads") or result["results"]:
        if "sqlrite_ms" in row:
            ours, theirs = row["sqlrite_ms"], row["sqlite3_ms"]
        else:
            ours, theirs = (row[key] * 1000 for key in ("sqlrite_seconds", "mattn_seconds", "peer_seconds") if key in row)
        yield {
            "language": path.stem,
            "peer": peer,
            "workload": row.get("workload") or row["name"],
            "sqlrite_ms": ours,
            "peer_ms": theirs,
            "ratio": theirs / ours,
        }


def main():
    parser = argparse.ArgumentParser(description="One table of what the comparisons of the packages measured.")
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("results", nargs="+", type=pathlib.Path)
    options = parser.parse_args()
    rows = [row for path in options.results for row in rows_of(path)]
    print(f"{'language':9}{'workload':32}{'ms, ours':>10}{'theirs':>10}{'ratio':>8}   against")
    for row in rows:
        mark = "" if row["ratio"] >= RATIO_WANTED else f"   below {RATIO_WANTED}"
        print(f"{row['language']:9}{row['workload']:32}{row['sqlrite_ms']:10.1f}{row['peer_ms']:10.1f}"
              f"{row['ratio']:7.2f}x   {row['peer']}{mark}")
    if options.json:
        options.json.write_text(json.dumps(rows, indent=2) + "\n")
        print(f"written: {options.json}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
