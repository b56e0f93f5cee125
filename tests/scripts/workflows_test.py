#!/usr/bin/env python3
"""The rules that .github/workflows keep: actions pinned by version, least permissions, no secrets, scripts that exist."""
import pathlib
import re
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "scripts"))
from closing_line import run_and_close  # noqa: E402

WORKFLOWS = {path.name: path.read_text() for path in sorted((ROOT / ".github" / "workflows").glob("*.yml"))}


def jobs_of(text):
    """Name -> text of each job."""
    jobs = text.split("\njobs:\n")[1]
    parts = re.split(r"(?m)^  (\w+):\n", jobs)[1:]
    return dict(zip(parts[::2], parts[1::2]))


class Workflows(unittest.TestCase):
    def test_there_are_two(self):
        self.assertEqual(set(WORKFLOWS), {"ci.yml", "release.yml"})

    def test_actions_are_pinned_by_version(self):
        for name, text in WORKFLOWS.items():
            uses = re.findall(r"uses:\s*(\S+)", text)
            self.assertTrue(uses, name)
            for action in uses:
                self.assertRegex(action, r"^[\w.-]+/[\w.-]+@(v\d+\.\d+\.\d+|[0-9a-f]{40})$", name)

    def test_no_secrets(self):
        for name, text in WORKFLOWS.items():
            self.assertNotIn("secrets.", text, name)
            self.assertNotRegex(text, r"(?i)(password|_authToken|NODE_AUTH_TOKEN|api[-_]token)\s*[:=]", name)

    def test_permissions_are_named_and_least(self):
        for name, text in WORKFLOWS.items():
            top = text.split("\njobs:\n")[0]
            self.assertRegex(top, r"(?m)^permissions:( \{\}|\n  contents: read)$", name)
        allowed = {"build": {"contents: read"}, "pypi": {"id-token: write"}, "npm": {"contents: read", "id-token: write"}, "tags": {"contents: write"}}
        jobs = jobs_of(WORKFLOWS["release.yml"])
        self.assertEqual(set(jobs), set(allowed))
        for name, text in jobs.items():
            block = re.search(r"(?m)^    permissions:\n((?:      .+\n)+)", text).group(1)
            self.assertEqual({line.strip() for line in block.splitlines()}, allowed[name], name)

    def test_scripts_that_they_call_exist(self):
        for name, text in WORKFLOWS.items():
            called = re.findall(r"run: (?:python3 )?((?:scripts/|\.ci/)\S+)", text)
            self.assertTrue(called, name)
            for script in called:
                self.assertTrue((ROOT / script).is_file(), f"{name}: {script}")

    def test_a_release_goes_through_the_script_that_is_run_by_hand(self):
        text = WORKFLOWS["release.yml"]
        self.assertIn("scripts/release.py --dry-run", text)
        targets = set(re.findall(r"--publish (\w+)", text))
        sys.path.insert(0, str(ROOT / "scripts"))
        from releasing.publish import TARGETS
        self.assertEqual(targets, set(TARGETS))


if __name__ == "__main__":
    run_and_close(Workflows)
