#!/usr/bin/env python3
"""scripts/release.py with made packages in a made repository: what it does again after a failure, and when it publishes."""
import contextlib
import io
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest
import zipfile
from unittest import mock

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "scripts"))
sys.path.insert(0, str(ROOT / "tests" / "scripts"))
import release  # noqa: E402
from closing_line import run_and_close  # noqa: E402
from releasing import packages, publish, tools  # noqa: E402


class MadePackage:
    """Counts what is done with it; fails where it is told to."""

    name = "made"
    patterns = ("*.made",)
    commands = ("git",)

    def __init__(self):
        self.builds = self.checks = 0
        self.failing = None

    def missing(self):
        return "it was taken away" if self.failing == "missing" else None

    def build(self):
        self.builds += 1
        if self.failing == "build":
            raise tools.Failed("the compiler is ill")
        (release.DIST / "a.made").write_text("content")

    def check(self):
        self.checks += 1
        if self.failing == "check":
            raise tools.Failed("the quickstart prints something else")
        yield "tried"


class Release(unittest.TestCase):
    def setUp(self):
        self.stack = contextlib.ExitStack()
        self.root = pathlib.Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
        self.dist = self.root / "dist"
        self.dist.mkdir()
        for module in (release, publish, tools, packages):
            for name, value in (("ROOT", self.root), ("DIST", self.dist)):
                if hasattr(module, name):
                    self.stack.enter_context(mock.patch.object(module, name, value))
        # Both have the values of their definition bound.
        self.stack.enter_context(mock.patch.object(publish, "run", lambda *command, env=None: tools.run(*command, cwd=self.root, env=env)))
        self.stack.enter_context(mock.patch.object(release, "STATE", self.dist / "release.json"))
        self.package = MadePackage()
        self.stack.enter_context(mock.patch.object(release, "PACKAGES", (self.package,)))
        self.stack.enter_context(mock.patch.dict(os.environ, {"GITHUB_ACTIONS": "", "GITHUB_REF": ""}))
        (self.root / "VERSION").write_text("1.2.3\n")
        (self.root / ".gitignore").write_text("dist/\n")
        (self.root / "scripts").mkdir()
        (self.root / "scripts" / "bump_version.py").write_text("import sys\n")
        self.git("init", "-q")
        self.commit("first")

    def tearDown(self):
        self.stack.close()

    def git(self, *args):
        identity = ("-c", "user.name=Test", "-c", "user.email=test@example.invalid")
        return subprocess.run(["git", *identity, *args], cwd=self.root, check=True, capture_output=True, text=True).stdout.strip()

    def commit(self, message):
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message)

    def call(self, *args):
        out = io.StringIO()
        with mock.patch.object(sys, "argv", ["release.py", *args]), contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            status = release.main()
        return status, out.getvalue()

    def dry_run(self, *args):
        return self.call("--dry-run", *args)

    def test_done_work_is_not_done_again(self):
        self.assertEqual(self.dry_run()[0], 0)
        status, text = self.dry_run()
        self.assertEqual(status, 0, text)
        self.assertEqual((self.package.builds, self.package.checks), (1, 1))
        self.assertIn("7 bytes", text)
        self.assertIn("1 passed, 0 failed", text)

    def test_a_failed_check_is_taken_up_where_it_failed(self):
        self.package.failing = "check"
        status, text = self.dry_run()
        self.assertEqual(status, 1)
        self.assertIn("the quickstart prints something else", text)
        self.package.failing = None
        self.assertEqual(self.dry_run()[0], 0)
        self.assertEqual((self.package.builds, self.package.checks), (1, 2))

    def test_a_failed_build_leaves_nothing_that_looks_built(self):
        self.package.failing = "build"
        self.assertEqual(self.dry_run()[0], 1)
        self.package.failing = None
        self.assertEqual(self.dry_run()[0], 0)
        self.assertEqual((self.package.builds, self.package.checks), (2, 1))

    def test_another_tree_or_a_damaged_artifact_is_built_anew(self):
        self.dry_run()
        (self.root / "new.txt").write_text("untracked")
        self.dry_run()
        self.assertEqual(self.package.builds, 2)
        (self.dist / "a.made").write_text("damaged")
        self.dry_run()
        self.assertEqual((self.package.builds, (self.dist / "a.made").read_text()), (3, "content"))
        self.dry_run("--fresh")
        self.assertEqual(self.package.builds, 4)

    def test_what_is_missing_fails_or_is_skipped_with_a_word(self):
        self.package.failing = "missing"
        self.assertEqual(self.dry_run()[0], 1)
        status, text = self.dry_run("--skip-missing")
        self.assertEqual(status, 1)  # nothing was built at all
        self.assertIn("made: skipped, it was taken away", text)

    def release_conditions(self):
        self.git("tag", "v1.2.3")
        os.environ["GITHUB_ACTIONS"] = "true"
        os.environ["GITHUB_REF"] = "refs/tags/v1.2.3"

    def test_outside_of_the_workflow_it_refuses(self):
        status, text = self.call()
        self.assertEqual(status, 2)
        self.assertIn("GITHUB_ACTIONS is not true", text)
        self.assertIn("the tag has to be v1.2.3", text)
        self.assertIn("HEAD is not the commit that is tagged", text)

    def test_each_condition_counts_alone(self):
        self.release_conditions()
        self.assertEqual(publish.broken_conditions(), [])
        with mock.patch.dict(os.environ, {"GITHUB_REF": "refs/tags/v1.2.4"}):
            self.assertEqual(len(publish.broken_conditions()), 1)
        (self.root / "scripts" / "bump_version.py").write_text("import sys; sys.exit('package.json says 1')\n")
        self.assertEqual(len(publish.broken_conditions()), 2)  # not clean either
        self.commit("manifests differ")
        self.assertIn("HEAD is not the commit", " ".join(publish.broken_conditions()))

    def test_only_what_was_tried_from_this_tree_is_published(self):
        self.release_conditions()
        target = mock.Mock()
        with mock.patch.dict(publish.TARGETS, {"npm": target}):
            status, text = self.call("--publish", "npm")
            self.assertEqual(status, 1)
            self.assertIn("release.json", text)
            self.package.failing = "check"
            self.dry_run()
            self.assertIn("not built and tried", self.call("--publish", "npm")[1])
            self.package.failing = None
            self.dry_run()
            (self.dist / "a.made").write_text("changed")
            self.assertIn("not the file that was tried", self.call("--publish", "npm")[1])
            target.assert_not_called()
            self.dry_run()
            self.assertEqual(self.call("--publish", "npm")[0], 0)
            target.assert_called_once()

    def test_the_go_tag_carries_the_archive_and_never_changes(self):
        remote = self.root / "dist" / "remote.git"
        subprocess.run(["git", "init", "-q", "--bare", remote], check=True)
        self.write_module("one")
        with contextlib.redirect_stdout(io.StringIO()):
            publish.publish_go(remote)
            publish.publish_go(remote)
        listing = subprocess.run(["git", "-C", remote, "show", "sdk/go/v1.2.3:sdk/go/lib/x.a"], capture_output=True, text=True, check=True)
        self.assertEqual(listing.stdout, "one")
        self.assertEqual(self.git("status", "--porcelain"), "")
        self.write_module("two")
        with self.assertRaisesRegex(tools.Failed, "a published version never changes"):
            publish.publish_go(remote)

    def write_module(self, content):
        with zipfile.ZipFile(self.dist / "sqlrite-go-1.2.3.zip", "w") as archive:
            archive.writestr(f"{packages.GoPackage.MODULE}@v1.2.3/lib/x.a", content)

    def test_notes_are_the_section_of_the_version(self):
        (self.root / "CHANGELOG.md").write_text("# Changelog\n\n## Unreleased\n\nnew\n\n## 1.2.3 (today)\n\nold\n\n## 1.2.2\n\nolder\n")
        self.assertEqual(publish.notes("1.2.3"), "old")
        with self.assertRaises(tools.Failed):
            publish.notes("9.9.9")

    def test_a_failing_command_tells_what_it_printed(self):
        with self.assertRaisesRegex(tools.Failed, "exit status 3\nout\nerr"):
            tools.run("sh", "-c", "echo out; echo err >&2; exit 3", cwd=self.root)
        with self.assertRaisesRegex(tools.Failed, "no-such-command"):
            tools.run("no-such-command", cwd=self.root)

    def test_a_package_is_not_led_back_to_this_tree(self):
        with mock.patch.dict(os.environ, {"PYTHONPATH": "/here"}):
            self.assertEqual(tools.run("sh", "-c", "echo $PYTHONPATH", cwd=self.root), "\n")


if __name__ == "__main__":
    run_and_close(Release)
