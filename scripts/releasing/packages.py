"""The packages: how each is built into dist/, and how it is tried out in an empty place.

A package has a name, the patterns of its artifacts, the commands without which it cannot be built, build(), which leaves
the artifacts in dist/, and check(), which installs them elsewhere, runs the quickstart and the conformance scenarios there,
and says what it did.
"""
import os
import platform
import shutil
import sys
import tarfile
import tempfile
import zipfile

from . import tools
from .tools import DIST, QUICKSTARTS, ROOT, SCENARIOS, EmptyPlace, Failed, run

CONFORMANCE = ROOT / "tests" / "conformance"


class PythonPackage:
    name = "python"
    patterns = ("*.whl", "sqlrite-[0-9]*.tar.gz")
    commands = ("python3",)
    BUILD_TOOL = "build==1.3.0"
    # Each build happens in a new temporary folder; to the compiler cache they are all the same one.
    COMPILER_CACHE = {"CCACHE_BASEDIR": tempfile.gettempdir(), "CCACHE_NOHASHDIR": "1", "CC": "cc", "CXX": "c++"}
    # With it, and these names of the compilers, the objects of scripts/build.sh are found again.
    CONFIG = "-Ccmake.define.SQLRITE_WARNINGS_AS_ERRORS=ON"

    def missing(self):
        return None if "[build-system]" in (ROOT / "pyproject.toml").read_text() else "pyproject.toml builds no package yet"

    def build(self):
        tools_folder = ROOT / "build" / "release-tools"
        python = tools_folder / "bin" / "python"
        if not (tools_folder / "bin" / "pyproject-build").exists():
            run(sys.executable, "-m", "venv", tools_folder)
            run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", self.BUILD_TOOL)
        # The wheel is made from the source archive: so nothing is in it that the archive lacks.
        run(python, "-m", "build", "--outdir", DIST, self.CONFIG, ROOT, env=self.COMPILER_CACHE)

    def check(self):
        for pattern in self.patterns:
            artifact = tools.only_match(pattern)
            with EmptyPlace() as place:
                run(sys.executable, "-m", "venv", place / "venv")
                python = place / "venv" / "bin" / "python"
                # A wheel has to do without the network; what a source archive is built with comes from there.
                network = ("--no-index",) if artifact.suffix == ".whl" else (self.CONFIG,)
                run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *network, artifact, cwd=place,
                    env=self.COMPILER_CACHE)
                shutil.copy(QUICKSTARTS / "python" / "quickstart.py", place)
                shutil.copy(CONFORMANCE / "python_runner.py", place)
                tools.compare_quickstart("python", f"{python} {place / 'quickstart.py'}")
                line = tools.closing_line(run(python, place / "python_runner.py", SCENARIOS, cwd=place))
                yield f"{artifact.name}: installed, quickstart prints the same, conformance {line}"


class NodePackage:
    name = "node"
    patterns = ("*.tgz",)
    commands = ("node", "npm")

    def missing(self):
        return None if (ROOT / "sdk" / "nodejs" / "build.sh").exists() else "sdk/nodejs has no build.sh"

    def build(self):
        run(ROOT / "sdk" / "nodejs" / "build.sh")

    def check(self):
        artifact = tools.only_match("*.tgz")
        with EmptyPlace() as place:
            (place / "package.json").write_text('{ "private": true }\n')
            run("npm", "install", "--silent", "--no-audit", "--no-fund", "--offline", "--ignore-scripts", artifact, cwd=place)
            shutil.copy(QUICKSTARTS / "nodejs" / "quickstart.mjs", place)
            shutil.copy(CONFORMANCE / "node_runner.mjs", place)
            tools.compare_quickstart("node", f"node {place / 'quickstart.mjs'}")
            line = tools.closing_line(run("node", place / "node_runner.mjs", SCENARIOS, cwd=place))
            yield f"{artifact.name}: installed, quickstart prints the same, conformance {line}"


class GoPackage:
    name = "go"
    patterns = ("*go*.zip",)
    commands = ("go",)
    MODULE = "github.com/joaoh82/rust_sqlite/sdk/go"

    def missing(self):
        return None if (ROOT / "sdk" / "go" / "pack.py").exists() else "sdk/go has no pack.py"

    def build(self):
        run(ROOT / "sdk" / "go" / "build_library.sh")
        run(sys.executable, ROOT / "sdk" / "go" / "pack.py", DIST)

    def write_proxy(self, archive, proxy):
        """The archive as a module proxy serves it."""
        version = f"v{tools.version()}"
        versions = proxy / self.MODULE / "@v"
        versions.mkdir(parents=True)
        shutil.copy(archive, versions / f"{version}.zip")
        with zipfile.ZipFile(archive) as files:
            (versions / f"{version}.mod").write_bytes(files.read(f"{self.MODULE}@{version}/go.mod"))
        (versions / f"{version}.info").write_text(f'{{"Version": "{version}", "Time": "2000-01-01T00:00:00Z"}}\n')
        (versions / "list").write_text(f"{version}\n")

    def program(self, place, name, sources):
        """Builds a program in a fresh module that gets the package from the archive, and nothing from elsewhere."""
        folder = place / name
        folder.mkdir()
        for source in sources:
            shutil.copy(source, folder)
        env = {"GOPROXY": f"file://{place / 'proxy'}", "GONOSUMDB": "*", "GOFLAGS": "-mod=mod", "GOTOOLCHAIN": "local",
               "GOMODCACHE": str(place / "cache"), "GOWORK": "off"}
        run("go", "mod", "init", f"example.org/{name}", cwd=folder, env=env)
        run("go", "get", f"{self.MODULE}@v{tools.version()}", cwd=folder, env=env)
        run("go", "build", "-o", folder / "program", ".", cwd=folder, env=env)
        return folder / "program"

    def check(self):
        artifact = tools.only_match("*go*.zip")
        with EmptyPlace() as place:
            self.write_proxy(artifact, place / "proxy")
            quickstart = self.program(place, "quickstart", [QUICKSTARTS / "go" / "main.go"])
            tools.compare_quickstart("go", str(quickstart))
            runner = self.program(place, "conformance", sorted((CONFORMANCE / "go").glob("*.go")))
            line = tools.closing_line(run(runner, SCENARIOS, cwd=place))
            yield f"{artifact.name}: built in a fresh module, quickstart prints the same, conformance {line}"


class CPackage:
    name = "c"
    patterns = ("*-c-*.tar.gz",)
    commands = ("cmake", "cc", "c++", "pkg-config")
    PROJECT = """cmake_minimum_required(VERSION 3.16)
project(quickstart C CXX)
find_package(sqlrite {version} REQUIRED)
add_executable(c_shared quickstart.c)
target_link_libraries(c_shared PRIVATE sqlrite::c)
add_executable(c_static quickstart.c)
target_link_libraries(c_static PRIVATE sqlrite::c_static)
add_executable(cpp quickstart.cc)
target_link_libraries(cpp PRIVATE sqlrite::cpp)
"""

    def missing(self):
        return None

    @staticmethod
    def folder_name():
        return f"sqlrite-c-{tools.version()}-{platform.system().lower()}-{platform.machine()}"

    def build(self):
        run(ROOT / "scripts" / "build.sh", "release")
        with EmptyPlace() as place:
            folder = place / self.folder_name()
            run("cmake", "--install", ROOT / "build" / "release", "--prefix", folder)
            if not (folder / "lib" / "libsqlrite_c.a").exists():
                raise Failed("the libraries were not installed in lib/: the archive has one layout on every distribution")
            for name in ("LICENSE", "sdk/c/README.md"):
                if (ROOT / name).exists():
                    shutil.copy(ROOT / name, folder)
            run("strip", "--strip-unneeded", *[path for path in folder.rglob("*.so.*") if not path.is_symlink()])
            run("strip", "--strip-debug", *folder.rglob("*.a"))
            archive = DIST / f"{self.folder_name()}.tar.gz"
            partial = archive.with_name(archive.name + ".part")
            with tarfile.open(partial, "w:gz") as files:
                files.add(folder, arcname=folder.name, filter=self.plain)
            os.replace(partial, archive)

    @staticmethod
    def plain(member):
        member.uid = member.gid = 0
        member.uname = member.gname = "root"
        return member

    def check(self):
        artifact = tools.only_match("*-c-*.tar.gz")
        with EmptyPlace() as place:
            with tarfile.open(artifact) as files:
                files.extractall(place)
            prefix = place / self.folder_name()
            env = {"PKG_CONFIG_PATH": str(prefix / "lib" / "pkgconfig"), "LD_LIBRARY_PATH": str(prefix / "lib")}
            for source in ("c/quickstart.c", "cpp/quickstart.cc"):
                shutil.copy(QUICKSTARTS / source, place)
            self.check_pkg_config(place, prefix, env)
            yield f"{artifact.name}: pkg-config, shared and static: quickstart prints the same"
            self.check_cmake(place, prefix)
            yield f"{artifact.name}: find_package, C shared, C static and C++: quickstart prints the same"
            line = self.check_conformance(place, env)
            yield f"{artifact.name}: conformance {line}"

    def check_pkg_config(self, place, prefix, env):
        for kind, flags in (("shared", ()), ("static", ("--static",))):
            options = run("pkg-config", *flags, "--cflags", "--libs", "sqlrite", env=env).split()
            extra = ("-static",) if kind == "static" else ()
            run("cc", "-Wall", "-Werror", *extra, "-o", place / kind, place / "quickstart.c", *options, cwd=place)
            tools.compare_quickstart(f"C, {kind}", f"env LD_LIBRARY_PATH={prefix / 'lib'} {place / kind}")

    def check_cmake(self, place, prefix):
        (place / "CMakeLists.txt").write_text(self.PROJECT.format(version=tools.version()))
        run("cmake", "-S", place, "-B", place / "build", f"-DCMAKE_PREFIX_PATH={prefix}", "-DCMAKE_BUILD_TYPE=Release")
        run("cmake", "--build", place / "build")
        for name in ("c_shared", "c_static", "cpp"):
            tools.compare_quickstart(name, str(place / "build" / name))

    def check_conformance(self, place, env):
        options = run("pkg-config", "--cflags", "--libs", "sqlrite", env=env).split()
        sources = [CONFORMANCE / name for name in ("c_runner.cc", "runner.cc", "scenario.cc")]
        run("c++", "-std=c++20", f"-I{CONFORMANCE.parent}", "-o", place / "conformance", *sources, *options, cwd=place)
        return tools.closing_line(run(place / "conformance", SCENARIOS, cwd=place, env=env))


PACKAGES = (CPackage(), PythonPackage(), NodePackage(), GoPackage())
