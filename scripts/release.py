#!/usr/bin/env python3
"""Builds every package into dist/, installs each in an empty place, runs its quickstart and the conformance scenarios there.

  release.py --dry-run                 all packages
  release.py --dry-run --only python   some of them: c, python, node, go (may be repeated)
  release.py --dry-run --fresh         from the beginning, even what was done before
  release.py --dry-run --skip-missing  leave out, with a line that says so, what cannot be built on this machine
  release.py --publish TARGET          npm, go or github; in the release workflow only

What was done for this very tree is not done again: after a failure, mend it and run the same command. Without --dry-run
nothing happens unless the tag equals VERSION, the tree is clean, and the release workflow is what runs this.
"""
import argparse
import hashlib
import json
import shutil
import subprocess
import sys
import time

from releasing import publish, tools
from releasing.packages import PACKAGES
from releasing.tools import DIST, ROOT, Failed, say

STATE = DIST / "release.json"


def tree_state():
    """A name for the content of this tree: the commit, and what differs from it."""
    digest = hashlib.sha256()
    for command in (("rev-parse", "HEAD"), ("diff", "HEAD")):
        digest.update(subprocess.run(["git", *command], cwd=ROOT, capture_output=True, check=True).stdout)
    untracked = subprocess.run(["git", "ls-files", "-z", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True).stdout
    for name in sorted(untracked.decode().split("\0")):
        if name and (ROOT / name).is_file():
            digest.update(name.encode() + (ROOT / name).read_bytes())
    return digest.hexdigest()


class State:
    """What was built and tried, by the content of the tree; kept in dist/release.json."""

    def __init__(self, fresh):
        self.tree = tree_state()
        self.packages = {}
        if not fresh and STATE.exists():
            try:
                stored = json.loads(STATE.read_text())
            except ValueError:
                stored = {}
            if stored.get("tree") == self.tree:
                self.packages = stored["packages"]

    def save(self):
        partial = STATE.with_suffix(".part")
        partial.write_text(json.dumps({"version": tools.version(), "tree": self.tree, "packages": self.packages}, indent=2) + "\n")
        partial.replace(STATE)

    def is_built(self, name):
        artifacts = self.packages.get(name, {}).get("artifacts", {})
        return bool(artifacts) and all((DIST / file).exists() and tools.sha256(DIST / file) == digest for file, digest in artifacts.items())


def artifacts_of(package):
    return sorted({path for pattern in package.patterns for path in DIST.glob(pattern)})


def what_is_missing(package):
    for command in package.commands:
        if shutil.which(command) is None:
            return f"{command} is not installed"
    return package.missing()


def make(package, state):
    """Builds and tries one package, as far as that was not done yet."""
    started = time.monotonic()
    if state.is_built(package.name):
        say(f"{package.name}: built before")
    else:
        for path in artifacts_of(package):
            path.unlink()
        package.build()
        files = artifacts_of(package)
        if not files:
            raise Failed(f"{package.name}: the build left no {' or '.join(package.patterns)} in dist/")
        state.packages[package.name] = {"artifacts": {path.name: tools.sha256(path) for path in files}, "checked": False}
        state.save()
        say(f"{package.name}: built {', '.join(path.name for path in files)} in {time.monotonic() - started:.0f} s")
    if state.packages[package.name]["checked"]:
        say(f"{package.name}: tried before")
        return
    started = time.monotonic()
    for line in package.check():
        say(line)
    state.packages[package.name]["checked"] = True
    state.save()
    say(f"{package.name}: tried in {time.monotonic() - started:.0f} s")


def print_sizes(state):
    lines = []
    for package in PACKAGES:
        for name, digest in sorted(state.packages.get(package.name, {}).get("artifacts", {}).items()):
            print(f"{package.name:8} {name:60} {(DIST / name).stat().st_size:>12,} bytes")
            lines.append(f"{digest}  {name}\n")
    (DIST / "SHA256SUMS").write_text("".join(lines))


def dry_run(options):
    DIST.mkdir(exist_ok=True)
    state = State(options.fresh)
    passed = failed = skipped = 0
    for package in PACKAGES:
        if options.only and package.name not in options.only:
            continue
        missing = what_is_missing(package)
        if missing is not None and options.skip_missing:
            say(f"{package.name}: skipped, {missing}")
            skipped += 1
            continue
        try:
            if missing is not None:
                raise Failed(f"{package.name}: {missing}")
            make(package, state)
            passed += 1
        except Failed as failure:
            failed += 1
            say(f"{package.name}: FAILED\n{failure}")
    state.save()
    print_sizes(state)
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed or passed == 0 else 0


def release(options):
    broken = publish.broken_conditions()
    if broken:
        for reason in broken:
            print(f"release: refused: {reason}", file=sys.stderr)
        print("release: --dry-run builds and tries everything and publishes nothing", file=sys.stderr)
        return 2
    try:
        publish.verify_dist(STATE, tree_state(), [package.name for package in PACKAGES])
        for target in options.publish or publish.TARGETS:
            publish.TARGETS[target]()
    except Failed as failure:
        print(f"release: {failure}", file=sys.stderr)
        return 1
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--dry-run", action="store_true")
    parser.add_argument("--only", action="append", choices=[package.name for package in PACKAGES])
    parser.add_argument("--fresh", action="store_true")
    parser.add_argument("--skip-missing", action="store_true")
    parser.add_argument("--publish", action="append", choices=sorted(publish.TARGETS))
    options = parser.parse_args()
    if options.dry_run and options.publish:
        parser.error("--dry-run publishes nothing")
    return dry_run(options) if options.dry_run else release(options)


if __name__ == "__main__":
    sys.exit(main())
