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
    for row in result.get("workloads") or result["results"]:
        seconds = [row[key] for key in ("sqlrite_seconds", "mattn_seconds", "peer_seconds") if key in row]
        ours, theirs = seconds
        operations = row.get("operations") or row["count"]
        yield {
            "language": path.stem,
            "peer": result["peer"],
            "workload": row.get("workload") or row["name"],
            "operations": operations,
            "ns_per_operation": ours / operations * 1e9,
            "peer_ns_per_operation": theirs / operations * 1e9,
            "ratio": theirs / ours,
        }


def main():
    parser = argparse.ArgumentParser(description="One table of what the comparisons of the packages measured.")
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("results", nargs="+", type=pathlib.Path)
    options = parser.parse_args()
    rows = [row for path in options.results for row in rows_of(path)]
    print(f"{'language':9}{'workload':32}{'ns/op':>10}{'peer':>10}{'ratio':>8}   against")
    for row in rows:
        mark = "" if row["ratio"] >= RATIO_WANTED else f"   below {RATIO_WANTED}"
        print(f"{row['language']:9}{row['workload']:32}{row['ns_per_operation']:10.0f}{row['peer_ns_per_operation']:10.0f}"
              f"{row['ratio']:7.2f}x   {row['peer']}{mark}")
    if options.json:
        options.json.write_text(json.dumps(rows, indent=2) + "\n")
        print(f"written: {options.json}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
