#!/usr/bin/env python3
"""Writes the version into every manifest. VERSION is the only place where it is typed.

  bump_version.py            write what VERSION says into all manifests
  bump_version.py X.Y.Z      set VERSION first
  bump_version.py --check    change nothing; fail when a manifest differs
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FORM = re.compile(r"\d+\.\d+\.\d+(-[0-9A-Za-z.]+)?")
# file, pattern with the version in group 2
MANIFESTS = [
    ("core/include/sqlrite/version.h", r'(#define SQLRITE_VERSION_TEXT ")([^"]*)(")'),
    ("pyproject.toml", r'(?m)^(version = ")([^"]*)(")'),
    ("package.json", r'("version": ")([^"]*)(")'),
]


def main():
    args = sys.argv[1:]
    check = args == ["--check"]
    version_file = ROOT / "VERSION"
    if args and not check:
        if len(args) != 1 or not FORM.fullmatch(args[0]):
            print(f"bump_version: not a version of the form X.Y.Z: {' '.join(args)}", file=sys.stderr)
            return 2
        version_file.write_text(args[0] + "\n")
    version = version_file.read_text().strip()
    if not FORM.fullmatch(version):
        print(f"bump_version: VERSION holds {version!r}, not X.Y.Z", file=sys.stderr)
        return 2
    wrong = 0
    for name, pattern in MANIFESTS:
        path = ROOT / name
        text = path.read_text()
        found = re.search(pattern, text)
        if not found:
            print(f"bump_version: {name} has no version line")
            wrong += 1
        elif found.group(2) != version:
            if check:
                print(f"bump_version: {name} says {found.group(2)}, VERSION says {version}")
                wrong += 1
            else:
                path.write_text(re.sub(pattern, rf"\g<1>{version}\g<3>", text, count=1))
                print(f"{name}: {found.group(2)} -> {version}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
