#!/usr/bin/env python3
"""scripts/bump_version.py on copies of this tree's manifests and on made ones: what it writes, refuses and leaves alone."""
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SCRIPT = ROOT / "scripts" / "bump_version.py"
NAMES = {"pyproject.toml", "package.json", "package-lock.json", "version.h", "sqlrite.h", "version.go", "_version.py"}

sys.path.insert(0, str(ROOT / "tests" / "scripts"))
from closing_line import run_and_close  # noqa: E402


class BumpVersion(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.root = pathlib.Path(self.folder.name)
        files = subprocess.run(["git", "-C", ROOT, "ls-files"], capture_output=True, text=True, check=True).stdout.split("\n")
        for name in files:
            if pathlib.Path(name).name in NAMES or name == "VERSION":
                (self.root / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, self.root / name)

    def tearDown(self):
        self.folder.cleanup()

    def bump(self, *args):
        done = subprocess.run([sys.executable, SCRIPT, "--root", self.root, *args], capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    def state(self):
        return {path.relative_to(self.root): path.read_bytes() for path in self.root.rglob("*") if path.is_file()}

    def make(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def test_writes_every_manifest_of_this_tree(self):
        status, text = self.bump("7.8.9")
        self.assertEqual(status, 0, text)
        self.assertEqual((self.root / "VERSION").read_text(), "7.8.9\n")
        self.assertIn('#define SQLRITE_VERSION_TEXT "7.8.9"', (self.root / "core/include/sqlrite/version.h").read_text())
        for path in self.root.rglob("package.json"):
            self.assertEqual(json.loads(path.read_text()).get("version", "7.8.9"), "7.8.9", path)
        self.assertEqual(self.bump("--check"), (0, ""))

    def test_second_run_changes_nothing(self):
        self.bump("7.8.9")
        before = self.state()
        self.assertEqual(self.bump("7.8.9"), (0, ""))
        self.assertEqual(self.state(), before)

    def test_way_there_and_back_leaves_the_bytes_as_they_were(self):
        version = (self.root / "VERSION").read_text().strip()
        before = self.state()
        self.assertEqual(self.bump("7.8.9-rc.1")[0], 0)
        self.assertNotEqual(self.state(), before)
        self.assertEqual(self.bump(version)[0], 0)
        self.assertEqual(self.state(), before)

    def test_refuses_bad_forms_and_writes_nothing(self):
        before = self.state()
        for bad in ("", "1", "1.2", "1.2.3.4", "v1.2.3", "01.2.3", "1.2.x", "1.2.3-", "1.2.3-foo", "1.2.3-rc", "1.2.3 ", "1.2.3\n", "1.2.3+b", "-1.2.3", "1.2.1٣"):
            status, text = self.bump("--", bad)
            self.assertEqual(status, 2, f"{bad!r}: {text}")
        self.assertEqual(self.state(), before)

    def test_check_tells_each_manifest_that_differs(self):
        (self.root / "VERSION").write_text("7.8.9\n")
        before = self.state()
        status, text = self.bump("--check")
        self.assertEqual(status, 1)
        self.assertIn("package.json says", text)
        self.assertIn("version.h says", text)
        self.assertEqual(self.state(), before)

    def test_lock_file_has_two_places_and_dependencies_keep_theirs(self):
        lock = {"name": "x", "version": "0.0.1", "lockfileVersion": 3, "requires": True,
                "packages": {"": {"name": "x", "version": "0.0.1"}, "node_modules/y": {"version": "0.0.1"}}}
        path = self.make("sdk/made/package-lock.json", json.dumps(lock, indent=2) + "\n")
        self.assertEqual(self.bump("7.8.9")[0], 0)
        written = json.loads(path.read_text())
        self.assertEqual([written["version"], written["packages"][""]["version"]], ["7.8.9", "7.8.9"])
        self.assertEqual(written["packages"]["node_modules/y"]["version"], "0.0.1")

    def test_nested_version_members_stay(self):
        path = self.make("sdk/made/package.json", '{\n  "engines": {\n    "version": "1"\n  },\n  "version": "0.0.1"\n}\n')
        self.assertEqual(self.bump("7.8.9")[0], 0)
        self.assertEqual(json.loads(path.read_text()), {"engines": {"version": "1"}, "version": "7.8.9"})

    def test_only_the_project_table_of_a_toml_file(self):
        path = self.make("sdk/made/pyproject.toml", '[tool.a]\nversion = "5"\n\n[project]\nname = "x"\nversion = "0.0.1"\n\n[tool.b]\nversion = "6"\n')
        self.assertEqual(self.bump("7.8.9")[0], 0)
        self.assertEqual(path.read_text(), '[tool.a]\nversion = "5"\n\n[project]\nname = "x"\nversion = "7.8.9"\n\n[tool.b]\nversion = "6"\n')

    def test_go_and_python_sources(self):
        go = self.make("sdk/made/version.go", 'package sqlrite\n\nconst Version = "0.0.1"\n')
        python = self.make("sdk/made/_version.py", '__version__ = "0.0.1"\n')
        self.assertEqual(self.bump("7.8.9")[0], 0)
        self.assertIn('"7.8.9"', go.read_text())
        self.assertIn('"7.8.9"', python.read_text())

    def test_manifest_without_a_version_stops_everything(self):
        self.make("sdk/made/pyproject.toml", '[project]\nname = "x"\n')
        before = self.state()
        status, text = self.bump("7.8.9")
        self.assertEqual(status, 2)
        self.assertIn("sdk/made/pyproject.toml: no version line in [project]", text)
        self.assertEqual(self.state(), before)

    def test_broken_json_is_named(self):
        self.make("sdk/made/package.json", "{")
        status, text = self.bump("7.8.9")
        self.assertEqual(status, 2)
        self.assertIn("sdk/made/package.json", text)

    def test_missing_required_manifest_is_named(self):
        (self.root / "core/include/sqlrite/version.h").unlink()
        status, text = self.bump("7.8.9")
        self.assertEqual(status, 2)
        self.assertIn("core/include/sqlrite/version.h: missing", text)


if __name__ == "__main__":
    run_and_close(BumpVersion)
