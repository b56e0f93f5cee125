"""Publishing: under which conditions, and how each registry gets what dist/ holds. Every step can be done again: what is
published already is left alone. PyPI is not here: trusted publishing there is the workflow's own action.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import zipfile

from . import tools
from .packages import GoPackage
from .tools import DIST, ROOT, Failed, run, say

NPM_NAME = "@joaoh82/sqlrite"


def git(*args, env=None):
    return run("git", *args, env=env).strip()


def broken_conditions():
    """What speaks against a release of this tree from here; an empty list: nothing."""
    version = tools.version()
    broken = []
    if os.environ.get("GITHUB_ACTIONS") != "true":
        broken.append("releases are made by the release workflow only (GITHUB_ACTIONS is not true)")
    reference = os.environ.get("GITHUB_REF", "")
    if reference != f"refs/tags/v{version}":
        broken.append(f"the tag has to be v{version}, as VERSION says; GITHUB_REF is {reference or 'not set'}")
    if git("status", "--porcelain"):
        broken.append("the work tree is not clean")
    tagged = subprocess.run(["git", "-C", ROOT, "rev-list", "-n", "1", f"v{version}"], capture_output=True, text=True).stdout.strip()
    if tagged != git("rev-parse", "HEAD"):
        broken.append(f"HEAD is not the commit that is tagged v{version}")
    manifests = subprocess.run([sys.executable, ROOT / "scripts" / "bump_version.py", "--check"], capture_output=True, text=True)
    if manifests.returncode != 0:
        broken.append("manifests differ from VERSION: " + (manifests.stdout + manifests.stderr).strip())
    return broken


def publish_npm():
    artifact = tools.only_match("*.tgz")
    version = tools.version()
    known = subprocess.run(["npm", "view", f"{NPM_NAME}@{version}", "dist.shasum", "--json"], capture_output=True, text=True)
    if known.returncode == 0 and known.stdout.strip():
        say(f"npm has {NPM_NAME} {version} already")
        return
    # Trusted publishing: npm asks the workflow's identity, no token is involved.
    run("npm", "publish", artifact, "--provenance", "--access", "public")
    say(f"npm: published {artifact.name}")


def go_commit(archive):
    """A commit on top of HEAD that has the files of the module archive in sdk/go; the work tree stays as it is."""
    prefix = f"{GoPackage.MODULE}@v{tools.version()}/"
    with tempfile.TemporaryDirectory() as folder:
        env = {"GIT_INDEX_FILE": os.path.join(folder, "index")}
        git("read-tree", "HEAD", env=env)
        with zipfile.ZipFile(archive) as files:
            for name in files.namelist():
                if not name.startswith(prefix):
                    raise Failed(f"{archive.name}: {name} is not below {prefix}")
                content = pathlib.Path(folder) / "content"
                content.write_bytes(files.read(name))
                blob = git("hash-object", "-w", "--no-filters", content)
                git("update-index", "--add", "--cacheinfo", f"100644,{blob},sdk/go/{name[len(prefix):]}", env=env)
        tree = git("write-tree", env=env)
    # The dates of HEAD, so that doing it again makes the same commit.
    date = git("show", "-s", "--format=%cI", "HEAD")
    who = {f"GIT_{role}_{what}": value for role in ("AUTHOR", "COMMITTER")
           for what, value in (("NAME", "SQLRite release"), ("EMAIL", "release@sqlrite.invalid"), ("DATE", date))}
    return git("commit-tree", tree, "-p", "HEAD", "-m", f"Go module {tools.version()} with its engine", env=who)


def publish_go(remote="origin"):
    """Go takes modules from tags: sdk/go/vX.Y.Z is a commit that carries the built engine beside the sources."""
    commit = go_commit(tools.only_match("*go*.zip"))
    tag = f"refs/tags/sdk/go/v{tools.version()}"
    there = git("ls-remote", remote, tag).split()
    if there and there[0] != commit:
        raise Failed(f"{tag} is published with another content ({there[0]}); a published version never changes")
    if there:
        say(f"{tag} is published already")
        return
    git("push", remote, f"{commit}:{tag}")
    say(f"go: pushed {tag}")


def publish_github():
    version = tools.version()
    files = [tools.only_match("*-c-*.tar.gz"), DIST / "SHA256SUMS"]
    exists = subprocess.run(["gh", "release", "view", f"v{version}"], cwd=ROOT, capture_output=True).returncode == 0
    if exists:
        run("gh", "release", "upload", f"v{version}", *files, "--clobber")
    else:
        run("gh", "release", "create", f"v{version}", *files, "--verify-tag", "--title", f"SQLRite {version}", "--notes", notes(version))
    say(f"github: release v{version} has {', '.join(path.name for path in files)}")


def notes(version):
    """The section of the changelog about this version."""
    section = []
    for line in (ROOT / "CHANGELOG.md").read_text().splitlines():
        if line.startswith("## "):
            if section:
                break
            if line[3:].split(" ")[0] == version:
                section.append(line)
        elif section:
            section.append(line)
    if not section:
        raise Failed(f"CHANGELOG.md has no section for {version}")
    return "\n".join(section[1:]).strip()


TARGETS = {"npm": publish_npm, "go": publish_go, "github": publish_github}


def verify_dist(state_path, tree, names):
    """What is published is what was built and tried from this very tree."""
    try:
        state = json.loads(state_path.read_text())
    except (OSError, ValueError) as error:
        raise Failed(f"{state_path}: {error}") from error
    if state.get("tree") != tree:
        raise Failed("dist/ was not built from this tree; run scripts/release.py --dry-run")
    for name in names:
        entry = state["packages"].get(name, {})
        if not entry.get("checked"):
            raise Failed(f"{name}: not built and tried; run scripts/release.py --dry-run")
        for artifact, digest in entry["artifacts"].items():
            if not (DIST / artifact).exists() or tools.sha256(DIST / artifact) != digest:
                raise Failed(f"{artifact}: missing, or not the file that was tried")
