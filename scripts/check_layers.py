#!/usr/bin/env python3
"""Refuses includes in core/ that core/layers.toml does not allow, cycles in that table, and long source files."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
CORE = ROOT / "core"
SOURCE_LINES_MAX = 1500
RAISES_BAD_ALLOC = "core/base/buffer_memory.cc"  # for containers and arenas, in the place of operator new


def read_table(path):
    table = {}
    for line in path.read_text().splitlines():
        line = line.split("#")[0].strip()
        if not line:
            continue
        layer, _, allowed = line.partition("=")
        table[layer.strip()] = re.findall(r'"(\w+)"', allowed)
    return table


def check_acyclic(table, errors):
    done, path = set(), []

    def visit(layer):
        if layer in done:
            return
        if layer in path:
            errors.append("layers.toml: cycle " + " -> ".join(path[path.index(layer):] + [layer]))
            return
        path.append(layer)
        for below in table.get(layer, []):
            visit(below)
        path.pop()
        done.add(layer)

    for layer in table:
        visit(layer)


def main():
    table = read_table(CORE / "layers.toml")
    errors = []
    check_acyclic(table, errors)
    for file in sorted(CORE.rglob("*")):
        if file.suffix not in (".h", ".cc"):
            continue
        name = file.relative_to(ROOT)
        layer = file.relative_to(CORE).parts[0]
        if layer not in table:
            errors.append(f"{name}: folder {layer} is not in core/layers.toml")
            continue
        lines = file.read_text(errors="replace").splitlines()
        if len(lines) > SOURCE_LINES_MAX:
            errors.append(f"{name}: {len(lines)} lines, more than {SOURCE_LINES_MAX}: a second idea has moved in")
        is_test = name.stem.endswith("_test")
        for number, line in enumerate(lines, 1):
            match = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
            if match:
                target = match.group(1).split("/")[0]
                if target == "sqlrite":
                    target = "include"
                if target in table and target != layer and target not in table[layer]:
                    errors.append(f"{name}:{number}: {layer} may not include {target} ({match.group(1)})")
            if re.search(r"\bthrow\b", line.split("//")[0]) and not is_test and '"' not in line and str(name) != RAISES_BAD_ALLOC:
                errors.append(f"{name}:{number}: core/ reports errors with Status, it does not throw")
    for source in ("sdk", "apps", "tests", "benchmarks"):
        for file in (ROOT / source).rglob("*"):
            if file.suffix in (".h", ".cc", ".c", ".cpp") and "node_modules" not in file.parts:
                count = len(file.read_text(errors="replace").splitlines())
                if count > SOURCE_LINES_MAX:
                    errors.append(f"{file.relative_to(ROOT)}: {count} lines, more than {SOURCE_LINES_MAX}")
    for error in errors:
        print(error)
    print(f"check_layers: {len(table)} layers, {len(errors)} violations")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
