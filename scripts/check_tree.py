#!/usr/bin/env python3
"""Keeps files and functions from growing where nobody looks.

A file of more than 1,500 lines is refused. Beyond that the check is a ratchet: scripts/check_tree.json remembers, for each
folder that has one, the longest file above 800 lines and the longest function above 70. A folder without an entry may not
cross these lines; a folder with one may not grow past what is remembered.

  check_tree.py             fails where something grew
  check_tree.py --tighten   takes over what became smaller
  check_tree.py --remember  writes down the tree as it is; the commit that does so says why
  check_tree.py --list N    the N longest files and functions
  --root DIR                another tree than this one
"""
import argparse
import ast
import collections
import json
import pathlib
import re
import subprocess
import sys

FILE_LINES_MAX = 1500
FILE_LINES_WATCHED = 800
FUNCTION_LINES_WATCHED = 70
BRACES = {".h", ".cc", ".c", ".cpp", ".go", ".js", ".mjs", ".cjs", ".ts"}
SCRIPTS = {".py", ".sh"}
# The interface of another product, written down name by name: it has no second idea to split off.
FILES_EXEMPT = {"sdk/c/compat/sqlite3.h"}

Function = collections.namedtuple("Function", "name line_count")


def blank_out(text, suffix):
    """The text with strings, comments and preprocessor lines turned into spaces; line breaks stay."""
    javascript = suffix in (".js", ".mjs", ".cjs", ".ts")
    tokens = [r"//[^\n]*", r"/\*.*?\*/", r'"(?:\\.|[^"\\\n])*"']
    if suffix in (".h", ".cc", ".cpp", ".c"):
        tokens = [r'R"(?P<tag>[^(\s]*)\(.*?\)(?P=tag)"', r"(?m:^[ \t]*#(?:\\\n|[^\n])*)"] + tokens + [r"(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'"]
    elif suffix == ".go":
        tokens += [r"`[^`]*`", r"'(?:\\.|[^'\\\n])+'"]
    elif javascript:
        tokens += [r"`(?:\\.|[^`\\])*`", r"'(?:\\.|[^'\\\n])*'", r"(?<=[(,=:!&|?{};])\s*/(?![/*])(?:\\.|\[(?:\\.|[^\]\n])*\]|[^/\\\n])+/"]
    pattern = re.compile("|".join(tokens), re.DOTALL)
    return pattern.sub(lambda match: re.sub(r"[^\n]", " ", match.group(0)), text)


def functions_in_braces(text, suffix):
    """Outermost functions: a brace opened at file, namespace or class level by something with parentheses."""
    container = re.compile(r'^\s*(?:export\s+|default\s+|inline\s+|template\s*<.*>\s*)*(namespace|class|struct|union|enum|extern|type|interface|import)\b', re.DOTALL)
    text = blank_out(text, suffix)
    stack, functions = [], []
    header_start, line = 0, 1
    for position, char in enumerate(text):
        if char == "\n":
            line += 1
        elif char == "{":
            header = text[header_start:position]
            inside = any(kind == "function" for kind, _, _ in stack)
            is_function = not inside and "(" in header and not container.match(header.lstrip("} \n"))
            name = re.search(r"([\w:~]+)\s*\(", header)
            begin = line - header.lstrip().count("\n")
            stack.append(("function" if is_function else "other", name.group(1) if name else "?", begin))
            header_start = position + 1
        elif char == "}":
            if stack:
                kind, name, begin = stack.pop()
                if kind == "function":
                    functions.append(Function(name, line - begin + 1))
            header_start = position + 1
        elif char == ";":
            header_start = position + 1
    return functions


def functions_in_python(text):
    nodes = (ast.FunctionDef, ast.AsyncFunctionDef)
    return [Function(node.name, node.end_lineno - node.lineno + 1) for node in ast.walk(ast.parse(text)) if isinstance(node, nodes)]


def functions_in(path, text):
    if path.suffix == ".py":
        return functions_in_python(text)
    return functions_in_braces(text, path.suffix) if path.suffix in BRACES else []


def sources(root):
    listed = subprocess.run(["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                            capture_output=True, check=True).stdout.decode().split("\0")
    for name in sorted(set(listed)):
        path = pathlib.Path(name)
        if path.suffix in BRACES | SCRIPTS and (root / path).is_file():
            yield path


def measure(root):
    """{folder: {"file": (lines, name), "function": (lines, name)}} with the longest of each, and all of them."""
    longest, everything, errors = {}, [], []
    for path in sources(root):
        text = (root / path).read_text(encoding="utf-8", errors="replace")
        line_count = len(text.splitlines())
        if line_count > FILE_LINES_MAX:
            errors.append(f"{path}: {line_count} lines, more than {FILE_LINES_MAX}: a second idea has moved in")
        found = [] if str(path) in FILES_EXEMPT else [("file", line_count, str(path))]
        try:
            found += [("function", function.line_count, f"{path}: {function.name}") for function in functions_in(path, text)]
        except SyntaxError as error:
            errors.append(f"{path}: {error}")
        folder = longest.setdefault(str(path.parent), {})
        for kind, lines, name in found:
            everything.append((kind, lines, name))
            folder[kind] = max(folder.get(kind, (0, "")), (lines, name))
    return longest, everything, errors


WATCHED = {"file": FILE_LINES_WATCHED, "function": FUNCTION_LINES_WATCHED}


def remembered_form(longest):
    table = {}
    for folder, kinds in longest.items():
        above = {kind: lines for kind, (lines, _) in sorted(kinds.items()) if lines > WATCHED[kind]}
        if above:
            table[folder] = above
    return table


def grown(longest, memory):
    errors = []
    for folder, kinds in longest.items():
        for kind, (lines, name) in kinds.items():
            limit = max(WATCHED[kind], memory.get(folder, {}).get(kind, 0))
            if lines > limit:
                errors.append(f"{name}: this {kind} has {lines} lines; the longest {kind} of {folder}/ may have {limit}. Which second idea has moved in?")
    return errors


def tightened(longest, memory):
    now = remembered_form(longest)
    return {folder: {kind: min(lines, now[folder][kind]) for kind, lines in kinds.items() if kind in now[folder]}
            for folder, kinds in memory.items() if folder in now}


def save(path, table):
    rows = [f"  {json.dumps(folder)}: {json.dumps(kinds)}" for folder, kinds in sorted(table.items()) if kinds]
    path.write_text("{\n" + ",\n".join(rows) + "\n}\n")


def main():
    parser = argparse.ArgumentParser(description="Keeps files and functions from growing where nobody looks.")
    parser.add_argument("--tighten", action="store_true")
    parser.add_argument("--remember", action="store_true")
    parser.add_argument("--list", type=int, metavar="N", default=0)
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parent.parent)
    options = parser.parse_args()
    memory_path = options.root / "scripts" / "check_tree.json"
    memory = json.loads(memory_path.read_text()) if memory_path.exists() else {}
    longest, everything, errors = measure(options.root)
    for kind in ("file", "function") if options.list else ():
        for _, lines, name in sorted((entry for entry in everything if entry[0] == kind), key=lambda entry: -entry[1])[:options.list]:
            print(f"{lines:5} {name}")
    if options.remember:
        save(memory_path, remembered_form(longest))
    elif options.tighten:
        save(memory_path, tightened(longest, memory))
    else:
        errors += grown(longest, memory)
    for error in errors:
        print(error)
    print(f"check_tree: {len(everything)} files and functions in {len(longest)} folders, {len(errors)} violations")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
