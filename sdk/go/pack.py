#!/usr/bin/env python3
"""Packs the Go module with the engine's archive and header in it, as the module proxies serve it.

  pack.py FOLDER     writes FOLDER/sqlrite-go-X.Y.Z.zip and prints its path
  pack.py --proxy FOLDER
                     writes FOLDER as a file system proxy for GOPROXY=file://FOLDER instead

build_library.sh has to have run. Nested modules, tests and build scripts stay out.
"""
import json
import pathlib
import shutil
import sys
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
MODULE = "github.com/joaoh82/rust_sqlite/sdk/go"
ARCHIVES = "lib/*/libsqlrite_c.a"


def files_of_module():
    """Path in the module -> file, in order."""
    files = {"LICENSE": ROOT / "LICENSE", "go.mod": HERE / "go.mod", "README.md": HERE / "README.md", "include/sqlrite.h": HERE / "include/sqlrite.h"}
    for pattern in ("*.go", ARCHIVES):
        for path in HERE.glob(pattern):
            if path.name.endswith("_test.go"):
                continue
            files[path.relative_to(HERE).as_posix()] = path
    missing = [name for name, path in files.items() if not path.is_file()]
    if missing or not list(HERE.glob(ARCHIVES)):
        sys.exit(f"pack: run sdk/go/build_library.sh first, there is no {', '.join(missing) or ARCHIVES}")
    return dict(sorted(files.items()))


def write_zip(target, version):
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, path in files_of_module().items():
            # No date and no mode: equal content makes an equal archive.
            archive.writestr(zipfile.ZipInfo(f"{MODULE}@v{version}/{name}"), path.read_bytes(), zipfile.ZIP_DEFLATED)


def main():
    version = (ROOT / "VERSION").read_text().strip()
    args = sys.argv[1:]
    proxy = args[:1] == ["--proxy"]
    if len(args) != 1 + proxy:
        sys.exit(__doc__)
    folder = pathlib.Path(args[-1])
    if not proxy:
        folder.mkdir(parents=True, exist_ok=True)
        target = folder / f"sqlrite-go-{version}.zip"
        write_zip(target, version)
        print(target)
        return
    versions = folder / MODULE / "@v"
    versions.mkdir(parents=True, exist_ok=True)
    (versions / "list").write_text(f"v{version}\n")
    (versions / f"v{version}.info").write_text(json.dumps({"Version": f"v{version}", "Time": "2000-01-01T00:00:00Z"}) + "\n")
    shutil.copyfile(HERE / "go.mod", versions / f"v{version}.mod")
    write_zip(versions / f"v{version}.zip", version)
    print(folder)


if __name__ == "__main__":
    main()
