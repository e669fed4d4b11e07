"""Builds the API server and the etcd of the tests from their public Go modules, once for each state of the sources.

`python -m tests.testbed.build` does it beforehand (`make testbed`); whoever needs the programs gets them built then.
What was built lies in `build/testbed/<digest>/` and, so that a second checkout need not build again, in the user's
cache folder. A first build takes about five minutes on two cores and 3 GB of Go's own caches; then it is a look-up.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

SOURCES: Final = Path(__file__).parent / "servers"
ROOT: Final = Path(__file__).parents[2]
PROGRAMS: Final = ("etcd", "kube-apiserver")
KUBERNETES: Final = "1.36.3"

# Without -X `/version` holds a template that kubectl refuses.
_VERSION: Final = "k8s.io/component-base/version"
_FLAGS: Final = (
    *("-trimpath", "-buildvcs=false", "-ldflags"),
    f"-s -w -X {_VERSION}.gitVersion=v{KUBERNETES} -X {_VERSION}.gitMajor=1 -X {_VERSION}.gitMinor=36",
)


class CannotBuild(Exception):
    """The programs are not there and cannot be made; the text is one line for the developer."""


@dataclass(frozen=True, slots=True)
class Programs:
    """The two programs, and a digest of everything that they were made from."""

    etcd: Path
    kube_apiserver: Path
    digest: str


def programs() -> Programs:
    """Return the two programs; build them where no earlier build is at hand. CannotBuild where that fails."""
    digest = _digest(_go_version())
    here, kept = ROOT / "build" / "testbed" / digest, _cache() / digest
    for folder in (here, kept):
        if _complete(folder):
            return _in(folder, digest)
    with locked(kept.with_suffix(".lock")):
        if not _complete(kept):
            _build(kept)
    _hand_over(kept, here)
    return _in(here if _complete(here) else kept, digest)


def _in(folder: Path, digest: str) -> Programs:
    return Programs(folder / "etcd", folder / "kube-apiserver", digest)


def _complete(folder: Path) -> bool:
    return all((folder / name).is_file() for name in PROGRAMS)


def _cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "ringfence-testbed"


def _go_version() -> str:
    try:
        done = subprocess.run(["go", "version"], cwd=SOURCES, capture_output=True, text=True, check=True)
    except FileNotFoundError:
        raise CannotBuild("the API server of the tests needs Go 1.26 or newer to be built; there is no `go`") from None
    except subprocess.CalledProcessError as failed:
        raise CannotBuild(f"`go version` failed: {failed.stderr.strip()}") from None
    return done.stdout


def _digest(go_version: str) -> str:
    """Return a digest of what decides about the bytes: the same modules and compiler give the same programs."""
    digest = hashlib.sha256(repr((go_version, _FLAGS)).encode())
    for name in ("go.mod", "go.sum", "cmd/etcd/main.go", "cmd/kube-apiserver/main.go"):
        digest.update(name.encode() + b"\0" + (SOURCES / name).read_bytes() + b"\0")
    return digest.hexdigest()[:16]


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Hold the lock that keeps two runs from building at once; the second one waits and then finds the result."""
    import fcntl  # there is none on Windows, where these tests do not run

    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w") as opened:
        fcntl.flock(opened, fcntl.LOCK_EX)
        yield


def _build(folder: Path) -> None:
    making = folder.with_suffix(".making")
    shutil.rmtree(making, ignore_errors=True)
    _say(f"building kube-apiserver {KUBERNETES} and etcd for the tests (once, about 5 minutes)")
    done = subprocess.run(
        ["go", "build", *_FLAGS, "-o", f"{making}/", "./cmd/..."],
        cwd=SOURCES,
        env={**os.environ, "CGO_ENABLED": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode or not _complete(making):
        last = (done.stderr.strip() or "no output").splitlines()[-1]
        raise CannotBuild(f"`go build` in {SOURCES} failed: {last}")
    making.rename(folder)  # complete or not there at all


def _hand_over(kept: Path, here: Path) -> None:
    """Put the programs into the checkout: as links where both folders are on one disk."""
    here.mkdir(parents=True, exist_ok=True)
    for name in PROGRAMS:
        if (here / name).exists():
            continue
        try:
            os.link(kept / name, here / name)
        except FileExistsError:
            continue
        except OSError:
            making = here / f".{name}.{os.getpid()}"
            shutil.copy2(kept / name, making)
            making.replace(here / name)


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def main() -> int:
    """Build if necessary, and say where the programs are; that they cannot be built is an error with CI=true alone."""
    try:
        made = programs()
    except CannotBuild as failed:
        _say(f"{failed}; tests against a real API server are skipped")
        return 1 if os.environ.get("CI") == "true" else 0
    _say(f"the servers of the tests are in {made.etcd.parent}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
