"""Builds the servers of the tests from their public Go modules, once for each state of the sources.

`python -m tests.testbed.build` does it beforehand (`make testbed`); whoever needs the programs gets them built then.
What was built lies in `build/testbed/<digest>/` and, so that a second checkout need not build again, in the user's
cache folder. A first build of all takes about eight minutes on two cores and 5 GB of Go's own caches; then it is a
look-up.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
KUBERNETES: Final = "1.36.3"
CALICO: Final = "3.31.0"

# Without -X `/version` holds a template that kubectl refuses.
_VERSION: Final = "k8s.io/component-base/version"
_PLAIN: Final = ("-trimpath", "-buildvcs=false", "-ldflags")
_FLAGS: Final = (
    *_PLAIN,
    f"-s -w -X {_VERSION}.gitVersion=v{KUBERNETES} -X {_VERSION}.gitMajor=1 -X {_VERSION}.gitMinor=36",
)


@dataclass(frozen=True, slots=True)
class Bundle:
    """Programs that are built together from one Go module, with a folder that one of its modules ships beside them."""

    title: str
    sources: Path
    programs: tuple[str, ...]
    flags: tuple[str, ...]
    ships: tuple[str, str, str] | None = None  # a module, a folder of it, and the name that this folder gets
    packages: tuple[str, ...] = ()  # what is built where it is not the folders below cmd/

    @property
    def parts(self) -> tuple[str, ...]:
        """What must be there once it is built."""
        return (*self.programs, *((self.ships[2],) if self.ships is not None else ()))


SERVERS: Final = Bundle("the API server", Path(__file__).parent / "servers", ("etcd", "kube-apiserver"), _FLAGS)
FELIX: Final = Bundle(
    "Calico's Felix",
    Path(__file__).parent / "felix",
    ("calico-felix",),
    (*_PLAIN, "-s -w"),
    ("github.com/projectcalico/calico", "libcalico-go/config/crd", "crds"),
)
# Of the same modules as the programs above, so that nearly all of it has been compiled for those.
CALICO_JUDGE: Final = Bundle("Calico's validator", FELIX.sources, ("calico-judge",), (*_PLAIN, "-s -w"))
SCHEMA_JUDGE: Final = Bundle("the judge of CRDs", SERVERS.sources, ("schema-judge",), (*_PLAIN, "-s -w"))

# Asked for by `make gitops` alone.
FLUX: Final = Bundle(
    "Flux's kustomize-controller",
    Path(__file__).parent / "flux",
    ("kustomize-controller",),
    (*_PLAIN, "-s -w"),
    ("github.com/fluxcd/kustomize-controller", "config/crd/bases", "crds"),
    ("github.com/fluxcd/kustomize-controller",),
)
ARGO: Final = Bundle(
    "Argo CD's application controller",
    Path(__file__).parent / "argo",
    ("argocd-application-controller",),
    (*_PLAIN, "-s -w"),
    ("github.com/argoproj/argo-cd/v3", "manifests/crds", "crds"),
)


class CannotBuild(Exception):
    """The programs are not there and cannot be made; the text is one line for the developer."""


@dataclass(frozen=True, slots=True)
class Programs:
    """The two programs, and a digest of everything that they were made from."""

    etcd: Path
    kube_apiserver: Path
    digest: str


@dataclass(frozen=True, slots=True)
class Felix:
    """Calico's per-host agent and the CRDs of its release."""

    program: Path
    crds: Path
    version: str = CALICO


@dataclass(frozen=True, slots=True)
class Judges:
    """Calico's Go validator and selectors, and kube-apiserver's checks by a CRD, each as a program of lines."""

    calico: Path
    schema: Path
    version: str = CALICO


@dataclass(frozen=True, slots=True)
class Controller:
    """A controller that carries out what is in a repository, and the CRDs of its own kinds."""

    program: Path
    crds: Path


def programs() -> Programs:
    """Return the two servers; build them where no earlier build is at hand. CannotBuild where that fails."""
    folder, digest = _built(SERVERS)
    return Programs(folder / "etcd", folder / "kube-apiserver", digest)


def felix() -> Felix:
    """Return Felix; build it where no earlier build is at hand. CannotBuild where that fails."""
    folder, _ = _built(FELIX)
    return Felix(folder / "calico-felix", folder / "crds")


def flux() -> Controller:
    """Return Flux's controller; build it where no earlier build is at hand. CannotBuild where that fails."""
    folder, _ = _built(FLUX)
    return Controller(folder / FLUX.programs[0], folder / "crds")


def argo() -> Controller:
    """Return Argo CD's controller; build it where no earlier build is at hand. CannotBuild where that fails."""
    folder, _ = _built(ARGO)
    return Controller(folder / ARGO.programs[0], folder / "crds")


def judges() -> Judges:
    """Return the two judges of objects; build them where no earlier build is at hand. CannotBuild where that fails."""
    calico, _ = _built(CALICO_JUDGE)
    schema, _ = _built(SCHEMA_JUDGE)
    return Judges(calico / "calico-judge", schema / "schema-judge")


def _built(bundle: Bundle) -> tuple[Path, str]:
    digest = _digest(bundle, _go_version(bundle))
    here, kept = ROOT / "build" / "testbed" / digest, _cache() / digest
    for folder in (here, kept):
        if _complete(bundle, folder):
            return folder, digest
    with locked(kept.with_suffix(".lock")):
        if not _complete(bundle, kept):
            _build(bundle, kept)
    _hand_over(bundle, kept, here)
    return (here if _complete(bundle, here) else kept), digest


def _complete(bundle: Bundle, folder: Path) -> bool:
    return all((folder / name).exists() for name in bundle.parts)


def _cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "ringfence-testbed"


def _go_version(bundle: Bundle) -> str:
    try:
        done = subprocess.run(["go", "version"], cwd=bundle.sources, capture_output=True, text=True, check=True)
    except FileNotFoundError:
        raise CannotBuild(f"{bundle.title} of the tests needs Go 1.26 or newer to be built; there is no `go`") from None
    except subprocess.CalledProcessError as failed:
        raise CannotBuild(f"`go version` failed: {failed.stderr.strip()}") from None
    return done.stdout


def _digest(bundle: Bundle, go_version: str) -> str:
    """Return a digest of what decides about the bytes: the same modules and compiler give the same programs."""
    digest = hashlib.sha256(repr((go_version, bundle.flags)).encode())
    sources = [bundle.sources / "go.mod", bundle.sources / "go.sum"]
    for program in bundle.programs:
        sources.extend(sorted((bundle.sources / "cmd" / program).glob("*.go")))
    for file in sources:
        name = file.relative_to(bundle.sources).as_posix()
        digest.update(name.encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Hold the lock that keeps two runs from building at once; the second one waits and then finds the result."""
    import fcntl  # there is none on Windows, where these tests do not run

    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w") as opened:
        fcntl.flock(opened, fcntl.LOCK_EX)
        yield


def _build(bundle: Bundle, folder: Path) -> None:
    making = folder.with_suffix(".making")
    shutil.rmtree(making, ignore_errors=True)
    _say(f"building {bundle.title} for the tests (once, some minutes)")
    packages = bundle.packages or tuple(f"./cmd/{name}" for name in bundle.programs)
    _go(bundle, "build", *bundle.flags, "-o", f"{making}/", *packages)
    if bundle.ships is not None:
        module, inside, name = bundle.ships
        where = Path(_go(bundle, "list", "-m", "-f", "{{.Dir}}", module).strip())
        shutil.copytree(where / inside, making / name, copy_function=shutil.copyfile)
    making.rename(folder)  # complete or not there at all


def _go(bundle: Bundle, *arguments: str) -> str:
    done = subprocess.run(
        ["go", *arguments],
        cwd=bundle.sources,
        env={**os.environ, "CGO_ENABLED": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        last = (done.stderr.strip() or "no output").splitlines()[-1]
        raise CannotBuild(f"`go {arguments[0]}` in {bundle.sources} failed: {last}")
    return done.stdout


def _hand_over(bundle: Bundle, kept: Path, here: Path) -> None:
    """Put what was built into the checkout: programs as links where both folders are on one disk."""
    here.mkdir(parents=True, exist_ok=True)
    for name in bundle.parts:
        if (here / name).exists():
            continue
        try:
            os.link(kept / name, here / name)
        except FileExistsError:
            continue
        except OSError:  # another disk, or a folder
            making = here / f".{name}.{os.getpid()}"
            if (kept / name).is_dir():
                shutil.copytree(kept / name, making)
            else:
                shutil.copy2(kept / name, making)
            with suppress(OSError):  # another run was faster
                making.replace(here / name)


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def main() -> int:
    """Build what is not there, and say where it is; with CI=true it is an error that the servers cannot be built."""
    try:
        servers = programs()
    except CannotBuild as failed:
        _say(f"{failed}; tests against a real API server are skipped")
        return 1 if os.environ.get("CI") == "true" else 0
    _say(f"the servers of the tests are in {servers.etcd.parent}")
    try:
        _say(f"Felix is in {felix().program.parent}")
    except CannotBuild as failed:
        _say(f"{failed}; tests/dataplane is left out")
    try:
        _say(f"the judges of objects are in {judges().calico.parent}")
    except CannotBuild as failed:
        _say(f"{failed}; tests/judge is left out")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
