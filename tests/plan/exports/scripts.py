"""Runs the scripts of an export for kubectl against a stand-in for kubectl, which may fail at any write."""

from __future__ import annotations

import os
import stat
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from generator.calico.kinds import KINDS, find_kind
from generator.calico.names import identity_of
from generator.calico.objects import Identity
from tests.support.objects import api_object
from tests.support.plain_yaml import load_one

# Writes beyond $LIMIT fail: at once, or after they were made, as if the answer or the script had been lost.
_COUNTS = """#!/bin/sh
for word in "$@"; do case "$word" in create|replace|delete) verb=$word; break;; get|apply|patch) break;; esac; done
if [ -n "${verb:-}" ]; then
  count=$(($(cat "$COUNT") + 1))
  if [ "$count" -gt "$LIMIT" ]; then [ "$FAILS" = before ] && exit 1; "$KUBECTL" "$@"; exit 1; fi
  "$KUBECTL" "$@" || exit
  echo "$count" > "$COUNT"
else
  exec "$KUBECTL" "$@"
fi
"""

# Objects are files named by plural, group, namespace and name; what a file would be named stands beside it.
FAKE = r"""#!/bin/sh
while [ $# -gt 0 ]; do case "$1" in --context=*|--request-timeout=*) shift;; *) break;; esac; done
verb=$1; shift
case "$verb" in
get) key=$(head -1 "$2.key"); [ -e "$STORE/$key" ] || exit 1
  sed -n 's|^ *ringfence/intent: \(.*\)|\1 |p' "$STORE/$key" | head -1;;
delete) space=; [ "$3" = --namespace ] && space=$4; rm -f "$STORE/$1,$space,$2";;
replace|create) key=$(head -1 "$2.key")
  if [ -e "$STORE/$key" ]; then [ "$verb" = replace ] || exit 1; else [ "$verb" = create ] || exit 1; fi
  cp "$2" "$STORE/$key";;
*) exit 9;;
esac
"""


@dataclass(frozen=True)
class Bench:
    """A folder with an export, tools before those of the system, and what kubectl is."""

    folder: Path
    kubectl: Path
    more: Mapping[str, str]

    @classmethod
    def make(cls, files: Mapping[str, str], folder: Path, kubectl: Path, more: Mapping[str, str]) -> Bench:
        for name, text in files.items():
            path = folder / "export" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            if name.startswith("objects/"):
                Path(f"{path}.key").write_text(key_of(load_one(text)) + "\n")
        for name, text in (("kubectl", _COUNTS), ("sleep", '#!/bin/sh\necho slept >> "$SLEPT"\n')):
            write_program(folder / "bin" / name, text)
        return cls(folder, kubectl, more)

    def run(self, script: str, limit: int = 1_000_000, fails: str = "before") -> subprocess.CompletedProcess[str]:
        """Run a script with a number of writes that succeed."""
        (self.folder / "count").write_text("0\n")
        env = {
            **os.environ,
            "PATH": f"{self.folder / 'bin'}:/usr/bin:/bin",
            "KUBECTL": str(self.kubectl),
            "COUNT": str(self.folder / "count"),
            "SLEPT": str(self.folder / "slept"),
            "LIMIT": str(limit),
            "FAILS": fails,
            **self.more,
        }
        call = ["/bin/sh", str(self.folder / "export" / script)]
        return subprocess.run(call, env=env, capture_output=True, text=True, timeout=120, check=False)

    @property
    def slept(self) -> int:
        """Return how often a script has waited by time."""
        path = self.folder / "slept"
        return len(path.read_text().splitlines()) if path.exists() else 0


def write_program(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def key_of(manifest: Mapping[str, Any]) -> str:
    """Return the name under which the stand-in keeps an object."""
    kind = find_kind(manifest["apiVersion"], manifest["kind"])
    assert kind is not None
    head = manifest["metadata"]
    return f"{KINDS[kind].plural}.{manifest['apiVersion'].partition('/')[0]},{head.get('namespace', '')},{head['name']}"


def store(folder: Path, objects: Mapping[Identity, Mapping[str, Any]]) -> Path:
    """Put objects into the stand-in's store."""
    folder.mkdir(parents=True)
    for manifest in objects.values():
        (folder / key_of(manifest)).write_text(yaml.safe_dump(dict(manifest)))
    return folder


def stored(folder: Path) -> dict[Identity, Mapping[str, Any]]:
    """Return what the stand-in holds."""
    found = (load_one(path.read_text()) for path in folder.iterdir())
    return {identity_of(api_object(item)): item for item in found}
