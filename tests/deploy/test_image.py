"""The image's Dockerfile: its lines are run as somebody who is not root, and what they leave runs where nothing can be
written. There is no container engine in between, so the folder that it names is one of the test's own."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.dockerfile import Instruction, read_dockerfile
from tests.deploy.kustomized import DEPLOY, ROOT
from tests.deploy.wheelhouse import pack

DOCKERFILE = read_dockerfile(DEPLOY / "Dockerfile")
NOBODY = 65532
PINS = re.compile(r"^([a-z0-9-]+)==(\S+)((?: \\\n    --hash=sha256:[0-9a-f]{64})+)$", re.MULTILINE)

# Ends the program at whatever would change a file: beside the rights, this also watches folders outside of the image.
WATCHER = """
import os, sys
def watch(event, args):
    if event == "open" and args[2] & (os.O_WRONLY | os.O_RDWR) and not isinstance(args[0], int):
        if args[0] != os.devnull:
            sys.stderr.write(f"WRITES {args[0]}\\n"); os._exit(99)
    elif event in ("os.mkdir", "os.remove", "os.rename", "os.symlink", "os.link", "os.truncate", "tempfile.mkstemp"):
        sys.stderr.write(f"WRITES {event} {args}\\n"); os._exit(99)
sys.addaudithook(watch)
"""


@dataclass(frozen=True)
class Image:
    """What the build left: `prefix` stands for the folder of that name in the image."""

    base: Path
    prefix: Path

    def run(self, *args: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run the entry point as the image would, in the environment that the image sets."""
        [entry] = [step for step in DOCKERFILE.last if step.word == "ENTRYPOINT"]
        default = DOCKERFILE.arguments["PREFIX"]
        program = [word.replace(default, str(self.prefix)) for word in entry.words({})]
        [env] = [step for step in DOCKERFILE.last if step.word == "ENV"]
        arguments = {"PREFIX": str(self.prefix), "PATH": os.defpath}
        plain = dict(word.split("=", 1) for word in env.rest.replace('"', "").split())
        plain = {name: value.replace("${PREFIX}", str(self.prefix)) for name, value in plain.items()}
        plain["PATH"] = plain["PATH"].replace("${PATH}", arguments["PATH"])
        return as_nobody([*program, *args], self.base, {**plain, **environment})


def as_nobody(call: list[str], cwd: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run something without root's rights; whoever is not root already is nobody to the image."""
    prefix, who = without_root()
    return subprocess.run(
        [*prefix, *call], cwd=cwd, env=environment, capture_output=True, text=True, check=False, **who
    )


@cache
def without_root() -> tuple[list[str], dict[str, Any]]:
    """Say how: in a user namespace, where the interpreter in root's own home can still be read, or as another user."""
    if os.getuid() != 0:
        return [], {}
    prefix = ["unshare", "--user", f"--map-user={NOBODY}", f"--map-group={NOBODY}", "--"]
    if shutil.which("unshare") and subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode == 0:
        return prefix, {}
    return [], {"user": NOBODY, "group": NOBODY, "extra_groups": ()}


@pytest.fixture(scope="module")
def image() -> Iterator[Image]:
    base = Path(tempfile.mkdtemp(prefix="ringfence-image-"))
    base.chmod(0o777)
    try:
        yield build(base)
    finally:
        subprocess.run(["chmod", "-R", "u+w", str(base)], check=True)
        shutil.rmtree(base)


def build(base: Path) -> Image:
    """Run the COPY and RUN lines of the first stage."""
    prefix, source = base / "prefix", base / "src"
    source.mkdir()
    arguments = {**DOCKERFILE.arguments, "PREFIX": str(prefix)}
    for step in DOCKERFILE.stages[0]:
        if step.word == "COPY":
            copy(step, arguments, source)
    wheels = base / "wheels"
    wheels.mkdir()
    for name in ("requirements.txt", "requirements-build.txt"):
        use_packed(source / "deploy" / name, wheels)
    subprocess.run(["chmod", "-R", "a+rwX", str(base)], check=True)
    programs = base / "bin"
    programs.mkdir()
    (programs / "python").symlink_to(Path(sys.executable).resolve())
    environment = {
        "PATH": f"{programs}:{os.defpath}",
        "PREFIX": str(prefix),
        "HOME": str(base),
        "TMPDIR": str(base),
        "PIP_NO_INDEX": "1",
        "PIP_NO_COMPILE": "1",  # half of the time, and nothing that is tested
        "PIP_FIND_LINKS": str(wheels),
        "PIP_CONFIG_FILE": os.devnull,
    }
    for step in DOCKERFILE.stages[0]:
        if step.word == "RUN":
            done = as_nobody(["sh", "-ec", step.rest], source, environment)
            assert done.returncode == 0, f"{step.rest}\n{done.stdout}{done.stderr}"
    shutil.rmtree(source)
    shutil.rmtree(f"{prefix}-build")  # the second stage takes the prefix alone
    subprocess.run(["chmod", "-R", "a-w", str(base)], check=True)
    return Image(base, prefix)


def copy(step: Instruction, arguments: dict[str, str], source: Path) -> None:
    *names, target = step.words(arguments)
    for name in names:
        to = source / target / Path(name).name if target.endswith("/") else source / target
        to.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, to, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, to)


def use_packed(requirements: Path, wheels: Path) -> None:
    """Give the pins of a file the hashes of wheels that are packed here: what is on the index cannot be asked."""
    pins = PINS.findall(requirements.read_text(encoding="utf-8"))
    hashes = pack([name for name, _, _ in pins], wheels)
    text = "".join(f"{name}=={version} --hash=sha256:{hashes[name]}\n" for name, version, _ in pins)
    requirements.write_text(text, encoding="utf-8")


def test_the_image_runs_where_nothing_can_be_written(image: Image, tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="ringfence-watch-") as folder:
        Path(folder).chmod(0o755)
        watcher = Path(folder, "sitecustomize.py")
        watcher.write_text(WATCHER, encoding="utf-8")
        intent = Path(folder, "intent.yaml")
        shutil.copy(DEPLOY / "example/intent.yaml", intent)
        shutil.copytree(ROOT / "examples/two-tier/live", Path(folder, "live"))
        watched = {"PYTHONPATH": folder}
        assert image.run("--help", **watched).returncode == 0
        done = image.run("diff", str(intent), "--live", f"{folder}/live", **watched)
        assert (done.returncode, done.stderr) == (1, ""), done.stderr
        assert done.stdout.startswith("intent 'two-tier':")
        written = image.run("render", str(intent), "-o", f"{folder}/out", **watched)
        assert written.returncode == 99, "the watcher sees no writing"
        asked = image.run("diff", str(intent), "--live", "cluster", **watched)
        assert asked.returncode == 2
        assert "no kubeconfig was found" in asked.stderr


def test_what_runs_is_what_was_installed(image: Image) -> None:
    site = next(image.prefix.glob("lib/python*/site-packages"))
    assert (site / "generator" / "_bundled" / "templates").is_dir()
    assert not list(site.glob("pip*")), "nothing in the image installs"
    assert not list(site.glob("pytest*")), "nothing in the image is of the tests"
    mode = (image.prefix / "bin" / "ringfence").stat().st_mode
    assert mode & stat.S_IXOTH
    assert not mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH)


def test_the_image_is_nobodys_and_names_no_registry() -> None:
    [user] = [step.rest for step in DOCKERFILE.last if step.word == "USER"]
    assert user == f"{NOBODY}:{NOBODY}"
    assert not [step for step in DOCKERFILE.last if step.word in ("RUN", "ADD")]
    assert "/" not in DOCKERFILE.arguments["PYTHON"]
    ignored = (DEPLOY / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    copied = {
        name for step in DOCKERFILE.stages[0] if step.word == "COPY" for name in step.words(DOCKERFILE.arguments)[:-1]
    }
    assert {line.removeprefix("!") for line in ignored if line.startswith("!")} == copied
    assert ignored[0] == "*"


def test_the_pins_are_those_that_are_tested() -> None:
    locked = {name: (version, hashes) for name, version, hashes in pins(ROOT / "constraints-dev.txt")}
    for file in ("requirements.txt", "requirements-build.txt"):
        found = pins(DEPLOY / file)
        assert found
        for name, version, hashes in found:
            assert (version, hashes) == locked[name], f"{file}: {name}"


def pins(file: Path) -> list[tuple[str, str, set[str]]]:
    """Return name, version and hashes of each pin; what a pin came from stands in comments."""
    text = re.sub(r"\n +#.*", "", file.read_text(encoding="utf-8"))
    return [(name, version, set(hashes.split("sha256:"))) for name, version, hashes in PINS.findall(text)]
