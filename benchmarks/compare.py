#!/usr/bin/env python3
"""Compares two result files of sqlrite_bench: compare.py BEFORE.json AFTER.json

Refuses files of different workload versions. Exits 1 when a workload got more than 10 % slower relative to stock."""
import json
import sys

SLOWER_MAX = 0.9


def main():
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    before, after = (json.load(open(name)) for name in sys.argv[1:])
    if before["workload_version"] != after["workload_version"]:
        print(f"compare: workload versions {before['workload_version']} and {after['workload_version']} differ: "
              "the results say nothing about each other", file=sys.stderr)
        return 2
    earlier = {result["name"]: result for result in before["results"]}
    slower = 0
    for result in after["results"]:
        old = earlier.get(result["name"])
        if old is None:
            continue
        was, now = old["stock_ns"] / old["ours_ns"], result["stock_ns"] / result["ours_ns"]
        mark = ""
        if now < was * SLOWER_MAX:
            slower += 1
            mark = "  slower"
        print(f"{result['name']:42} {was:7.2f}x -> {now:7.2f}x{mark}")
    return 1 if slower else 0


if __name__ == "__main__":
    sys.exit(main())
