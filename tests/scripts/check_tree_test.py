#!/usr/bin/env python3
"""scripts/check_tree.py on made trees: what it measures as a function, and when it complains."""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "scripts"))
sys.path.insert(0, str(ROOT / "tests" / "scripts"))
import check_tree  # noqa: E402
from closing_line import run_and_close  # noqa: E402


def lengths(text, suffix):
    return {function.name: function.line_count for function in check_tree.functions_in_braces(text, suffix)}


class CheckTree(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.root = pathlib.Path(self.folder.name)
        (self.root / "scripts").mkdir()
        subprocess.run(["git", "init", "-q", self.root], check=True)

    def tearDown(self):
        self.folder.cleanup()

    def check(self, *args):
        done = subprocess.run([sys.executable, ROOT / "scripts" / "check_tree.py", "--root", self.root, *args], capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    def write(self, name, line_count):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("int f() {\n" + "  g();\n" * (line_count - 2) + "}\n")

    def memory(self):
        return json.loads((self.root / "scripts" / "check_tree.json").read_text())

    def test_functions_of_cpp(self):
        text = 'namespace a {\nclass B {\n  int f() const {\n    if (x) {\n    }\n    return 1;\n  }\n};\nint B::g(int a,\n         int b) {\n  auto h = [] {\n  };\n}\n}\n'
        self.assertEqual(lengths(text, ".cc"), {"f": 5, "B::g": 5})

    def test_braces_in_strings_comments_and_macros_do_not_count(self):
        text = 'int f() {\n  puts("{"); char c = \'{\'; // {\n  /* {{ */ int n = 1\'000;\n  s = R"x({{)x";\n}\n#define M {\nint g() {\n}\n'
        self.assertEqual(lengths(text, ".cc"), {"f": 5, "g": 2})

    def test_functions_of_go_and_javascript(self):
        self.assertEqual(lengths("type T struct {\n}\n\nfunc (t *T) F() error {\n\tx := `{`\n}\n", ".go").popitem()[1], 3)
        self.assertEqual(lengths("class A {\n  get(x) {\n    return x.replace(/[{]/g, `}`);\n  }\n}\n", ".mjs"), {"get": 3})

    def test_functions_of_python(self):
        found = check_tree.functions_in_python("def f():\n    def g():\n        pass\n    return g\n")
        self.assertEqual({(f.name, f.line_count) for f in found}, {("f", 4), ("g", 2)})

    def test_small_tree_passes(self):
        self.write("a/x.cc", 70)
        self.assertEqual(self.check()[0], 0)

    def test_function_across_the_line_is_refused_until_remembered(self):
        self.write("a/x.cc", 71)
        status, text = self.check()
        self.assertEqual(status, 1)
        self.assertIn("a/x.cc: f: this function has 71 lines", text)
        self.assertEqual(self.check("--remember")[0], 0)
        self.assertEqual(self.memory(), {"a": {"function": 71}})
        self.assertEqual(self.check()[0], 0)
        self.write("a/x.cc", 72)
        self.assertEqual(self.check()[0], 1)
        self.write("b/x.cc", 71)
        self.assertIn("b/x.cc", self.check()[1])

    def test_tighten_takes_over_what_became_smaller_and_never_more(self):
        self.write("a/x.cc", 900)
        self.check("--remember")
        self.assertEqual(self.memory(), {"a": {"file": 900, "function": 900}})
        self.write("a/x.cc", 850)
        self.check("--tighten")
        self.assertEqual(self.memory(), {"a": {"file": 850, "function": 850}})
        self.write("a/x.cc", 860)
        self.check("--tighten")
        self.assertEqual(self.memory(), {"a": {"file": 850, "function": 850}})
        self.assertEqual(self.check()[0], 1)
        self.write("a/x.cc", 60)
        self.check("--tighten")
        self.assertEqual(self.memory(), {})

    def test_no_memory_allows_more_than_1500_lines(self):
        self.write("a/x.cc", 1501)
        self.assertEqual(self.check("--remember")[0], 1)
        self.assertIn("1501 lines, more than 1500", self.check()[1])


if __name__ == "__main__":
    run_and_close(CheckTree)
