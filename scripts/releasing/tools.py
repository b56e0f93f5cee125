"""Commands with logs, empty places, and the names that all packages share."""
import hashlib
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
DIST = ROOT / "dist"
SCENARIOS = ROOT / "tests" / "conformance" / "scenarios"
QUICKSTARTS = ROOT / "examples" / "quickstart"
# What would let a package find this tree instead of what it brings along.
HIDDEN = ("PYTHONPATH", "LD_LIBRARY_PATH", "NODE_PATH", "PKG_CONFIG_PATH", "CMAKE_PREFIX_PATH", "CPATH", "LIBRARY_PATH", "CGO_CFLAGS", "CGO_LDFLAGS")


class Failed(Exception):
    """A step that went wrong; the text says which command and what it printed."""


def version():
    return (ROOT / "VERSION").read_text().strip()


def run(*command, cwd=ROOT, env=None):
    """Runs a command and returns what it printed on standard output. Raises Failed with all output otherwise."""
    command = [str(part) for part in command]
    surroundings = {name: value for name, value in os.environ.items() if name not in HIDDEN}
    try:
        done = subprocess.run(command, cwd=cwd, env={**surroundings, **(env or {})}, capture_output=True, text=True, errors="replace")
    except OSError as error:
        raise Failed(f"{' '.join(command)}: {error}") from error
    if done.returncode != 0:
        raise Failed(f"{' '.join(command)}: exit status {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def say(text):
    print(f"release: {text}", flush=True)


class EmptyPlace:
    """A folder outside of this tree, gone at the end of the with block."""

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="sqlrite-release-", ignore_cleanup_errors=True)
        return pathlib.Path(self.folder.name)

    def __exit__(self, *_):
        # Go's module cache is written without write permission.
        subprocess.run(["chmod", "-R", "u+w", self.folder.name], check=False)
        self.folder.cleanup()


def compare_quickstart(name, command):
    """The quickstart prints what it prints in every language."""
    run(sys.executable, QUICKSTARTS / "compare.py", f"{name}={command}")


def closing_line(output):
    """The line "N passed, N failed" of a runner's output."""
    lines = [line for line in output.splitlines() if line.endswith(" failed") and " passed, " in line]
    if not lines:
        raise Failed(f"no closing line in:\n{output}")
    return lines[-1]


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def only_match(pattern):
    found = sorted(DIST.glob(pattern))
    if len(found) != 1:
        raise Failed(f"dist/ should have one {pattern}, has {[path.name for path in found]}")
    return found[0]
