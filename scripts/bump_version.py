#!/usr/bin/env python3
"""Writes the version into every manifest. VERSION is the only place where it is typed.

  bump_version.py            write what VERSION says into all manifests
  bump_version.py X.Y.Z      set VERSION first; X.Y.Z-rc.1, -beta.1 and -alpha.1 are the forms before a release
  bump_version.py --check    change nothing; fail when a manifest differs
  --root DIR                 another tree than this one

Manifests are found by their names, so that a new package is covered from the day it is there. Nothing is written unless
everything can be written; what was written is read back with a parser of its format.
"""
import argparse
import json
import os
import pathlib
import re
import sys

# Semantic versioning, narrowed to what PyPI, npm, Go and CMake all take.
FORM = re.compile(r"(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)(-(alpha|beta|rc)\.(0|[1-9][0-9]*))?")
SKIPPED_FOLDERS = {".git", "build", "dist", "node_modules", "__pycache__", "tests", "_skbuild", "corpora"}
# These three must be there: without them the tree is not a whole one.
REQUIRED = ("core/include/sqlrite/version.h", "pyproject.toml", "package.json")


class Refused(Exception):
    """A manifest whose version cannot be read or written; the text says which and why."""


def replace_first(pattern, text, version, what):
    """The text with group 2 of the pattern replaced, and what stood there."""
    found = re.search(pattern, text)
    if not found:
        raise Refused(f"no {what}")
    return text[:found.start(2)] + version + text[found.end(2):], found.group(2)


# Each kind of manifest has a function (text, version) -> (new text, versions found), and one that reads versions back.

def toml_project_table(text):
    found = re.search(r"(?ms)^\[project\]\s*$(.*?)(?=^\[|\Z)", text)
    if not found:
        raise Refused("no [project] table")
    return found


def write_pyproject(text, version):
    table = toml_project_table(text)
    body, old = replace_first(r'(?m)^(version\s*=\s*")([^"]*)(")', table.group(1), version, "version line in [project]")
    return text[:table.start(1)] + body + text[table.end(1):], [old]


def read_pyproject(text):
    try:
        import tomllib
    except ImportError:  # before Python 3.11
        return write_pyproject(text, "")[1]
    return [tomllib.loads(text)["project"]["version"]]


def read_json(text):
    return [json.loads(text)["version"]]


def write_package_json(text, version):
    old = read_json(text)
    # Only the object's own member: nested objects are indented further.
    indents = [len(match.group(1)) for match in re.finditer(r'(?m)^([ \t]+)"', text)]
    indent = min(indents, default=0)
    new, _ = replace_first(rf'(?m)^([ \t]{{{indent}}}"version"\s*:\s*")([^"]*)(")', text, version, '"version" member')
    return new, old


def read_package_lock(text):
    lock = json.loads(text)
    return [lock["version"]] + ([lock["packages"][""]["version"]] if "packages" in lock else [])


def write_package_lock(text, version):
    old = read_package_lock(text)
    lock = json.loads(text)
    lock["version"] = version
    if "packages" in lock:
        lock["packages"][""]["version"] = version
    # npm's own form, so that the next `npm install` changes nothing.
    return json.dumps(lock, indent=2, ensure_ascii=False) + "\n", old


def text_kind(pattern, what):
    def write(text, version):
        new, old = replace_first(pattern, text, version, what)
        return new, [old]

    def read(text):
        return [match.group(2) for match in re.finditer(pattern, text)]

    return write, read


KINDS = {
    "pyproject.toml": (write_pyproject, read_pyproject),
    "package.json": (write_package_json, read_json),
    "package-lock.json": (write_package_lock, read_package_lock),
    "version.h": text_kind(r'(#define SQLRITE_VERSION_TEXT ")([^"]*)(")', "#define SQLRITE_VERSION_TEXT"),
    "sqlrite.h": text_kind(r'(#define SQLRITE_VERSION ")([^"]*)(")', "#define SQLRITE_VERSION"),
    "version.go": text_kind(r'(const Version = ")([^"]*)(")', "const Version"),
    "_version.py": text_kind(r'(?m)^(__version__ = ")([^"]*)(")', "__version__"),
}


def is_versioned(path, text):
    """False for files of a manifest's name that carry no version of ours on purpose."""
    if path.name == "pyproject.toml":
        return not re.search(r'(?m)^dynamic\s*=\s*\[[^\]]*"version"', text)
    if path.name in ("package.json", "package-lock.json"):
        return "version" in json.loads(text)
    if path.name == "sqlrite.h":
        return "#define SQLRITE_VERSION " in text
    return True


def find_manifests(root):
    manifests = []
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if name not in SKIPPED_FOLDERS and not name.endswith(".egg-info"))
        for name in sorted(names):
            path = pathlib.Path(folder) / name
            if name in KINDS:
                try:
                    versioned = is_versioned(path, path.read_text(encoding="utf-8"))
                except ValueError as error:
                    raise Refused(f"{path.relative_to(root)}: {error}") from error
                if versioned:
                    manifests.append(path)
    names = {str(path.relative_to(root)) for path in manifests}
    for name in REQUIRED:
        if name not in names:
            raise Refused(f"{name}: missing, or without a version")
    return manifests


def write_whole(path, text):
    """Either the old file or the new one is there, whatever happens in between."""
    temporary = path.with_name(path.name + ".bump")
    temporary.write_text(text, encoding="utf-8")
    os.chmod(temporary, path.stat().st_mode)
    os.replace(temporary, path)


def bump(root, version, check):
    """Returns how many manifests are wrong; after writing that is an error of this program."""
    changes = []
    wrong = 0
    for path in find_manifests(root):
        name = path.relative_to(root)
        write, read = KINDS[path.name]
        text = path.read_text(encoding="utf-8")
        try:
            new, old = write(text, version)
            found = read(new)
        except (Refused, ValueError, KeyError) as error:
            raise Refused(f"{name}: {error}") from error
        if not found or set(found) != {version}:
            raise Refused(f"{name}: would read {found} after the change, not {version}")
        if set(old) != {version}:
            changes.append((path, new, old))
    if check:
        for path, _, old in changes:
            print(f"bump_version: {path.relative_to(root)} says {', '.join(sorted(set(old)))}, VERSION says {version}")
        return len(changes)
    for path, new, old in changes:
        write_whole(path, new)
        print(f"{path.relative_to(root)}: {', '.join(sorted(set(old)))} -> {version}")
    for path, _, _ in changes:
        if set(KINDS[path.name][1](path.read_text(encoding="utf-8"))) != {version}:
            print(f"bump_version: {path.relative_to(root)} does not hold {version} after it was written")
            wrong += 1
    return wrong


def main():
    parser = argparse.ArgumentParser(description="Writes the version into every manifest.")
    parser.add_argument("version", nargs="?")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parent.parent)
    options = parser.parse_args()
    if options.check and options.version is not None:
        parser.error("--check takes no version")
    version_file = options.root / "VERSION"
    try:
        version = options.version if options.version is not None else version_file.read_text().strip()
        if not FORM.fullmatch(version):
            where = "" if options.version is not None else "VERSION holds "
            raise Refused(f"{where}{version!r}, not a version of the form X.Y.Z or X.Y.Z-rc.N")
        wrong = bump(options.root, version, options.check)
        if options.version is not None and version_file.read_text() != version + "\n":
            write_whole(version_file, version + "\n")
    except (Refused, OSError) as error:
        print(f"bump_version: {error}", file=sys.stderr)
        return 2
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
