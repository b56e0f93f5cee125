#!/usr/bin/env python3
"""Runs the recorded corpora of SQLite's behaviour through the sqlite3 ABI library and holds the result to a ratchet.

The corpora (slt/ and tcl/ with their runners in tools/) lie in the folder that SQLRITE_CORPUS names, by default
../shared beside the checkout. Where they are missing, the step says that it is skipped and succeeds.

  corpus.py               run all folders; fail when one passes fewer records than tests/corpus/ratchet.json says
  corpus.py --update      write higher counts into the ratchet (a count never falls)
  corpus.py --only tcl    one corpus; --folder tcl/select: one folder
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
RATCHET = ROOT / "tests" / "corpus" / "ratchet.json"
SECONDS_PER_FILE = 120


def build_runner(tools, name, out, library_dir):
    runner = out / name
    command = ["cc", "-O2", "-w", f"-I{tools}", f"-I{ROOT / 'sdk' / 'c' / 'compat'}", "-o", str(runner),
               str(tools / f"{name}.c"), str(library_dir / "libsqlite3.so.0"), f"-Wl,-rpath,{library_dir}",
               "-lm", "-lpthread", "-ldl"]
    subprocess.run(command, check=True)
    return runner


def folders_of(corpus):
    folders = sorted(path for path in corpus.iterdir() if path.is_dir())
    files = sorted(path for path in corpus.iterdir() if path.name.endswith(".gz"))
    return [[folder] for folder in folders] + ([files] if files else [])


def run_folder(runner, paths, results, environment):
    subprocess.run([str(runner), "-q", "-n", "0", "-j", str(os.cpu_count() or 1), "-t", str(SECONDS_PER_FILE), "-o",
                    str(results)] + [str(path) for path in paths], env=environment, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)
    passed = failed = 0
    seconds = 0.0
    trouble = []
    for line in results.read_text().splitlines():
        name, file_passed, file_failed, file_seconds, verdict = line.split("\t")
        passed += int(file_passed)
        failed += int(file_failed)
        seconds += float(file_seconds)
        if verdict != "ok":
            trouble.append(f"{name}: {verdict}")
    return passed, failed, seconds, trouble


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--only", choices=["slt", "tcl"])
    parser.add_argument("--folder")
    parser.add_argument("--build", default="release", help="preset whose library is measured")
    options = parser.parse_args()

    corpus = pathlib.Path(os.environ.get("SQLRITE_CORPUS", ROOT.parent / "shared"))
    if not (corpus / "tools" / "slt_runner.c").exists():
        print("corpus: skipped, no corpora beside the checkout")
        return 0
    library_dir = ROOT / "build" / options.build / "lib" / "compat"
    out = ROOT / "build" / options.build / "corpus"
    out.mkdir(parents=True, exist_ok=True)
    environment = dict(os.environ)
    if os.path.isdir("/dev/shm"):
        environment["TMPDIR"] = "/dev/shm"
    ratchet = json.loads(RATCHET.read_text()) if RATCHET.exists() else {}
    held = fell = 0
    for name, program in (("slt", "slt_runner"), ("tcl", "replay")):
        if options.only and options.only != name:
            continue
        runner = build_runner(corpus / "tools", program, out, library_dir)
        for paths in folders_of(corpus / name):
            label = f"{name}/{paths[0].name}" if paths[0].is_dir() else f"{name}/(files)"
            if options.folder and options.folder != label:
                continue
            passed, failed, seconds, trouble = run_folder(runner, paths, out / "results.tsv", environment)
            expected = ratchet.get(label, 0)
            print(f"{label:24} {passed:8} of {passed + failed:8}  ratchet {expected:8}  {seconds:7.1f}s", flush=True)
            for line in trouble:
                print(f"    {line}")
            if passed < expected:
                fell += 1
                print(f"    {label} fell from {expected} to {passed}")
            else:
                held += 1
                if options.update:
                    ratchet[label] = passed
    if options.update:
        RATCHET.write_text(json.dumps(ratchet, indent=2, sort_keys=True) + "\n")
    print(f"{held} passed, {fell} failed")
    return 1 if fell else 0


if __name__ == "__main__":
    sys.exit(main())
