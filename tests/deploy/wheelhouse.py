"""Wheels of what is installed here, so that an install can be run without any network."""

from __future__ import annotations

import hashlib
import zipfile
from importlib.metadata import Distribution, PackagePath, distribution
from pathlib import Path


def pack(names: list[str], folder: Path) -> dict[str, str]:
    """Write a wheel of each installed distribution; return the sha256 of each by name."""
    return {name: hashlib.sha256(_pack(distribution(name), folder).read_bytes()).hexdigest() for name in names}


def _pack(found: Distribution, folder: Path) -> Path:
    wheel_text = found.read_text("WHEEL") or ""
    tags = [line.partition(":")[2].strip() for line in wheel_text.splitlines() if line.startswith("Tag:")]
    name = found.metadata["Name"].replace("-", "_")
    path = folder / f"{name}-{found.version}-{_joined(tags)}.whl"
    files = [file for file in found.files or () if _belongs(file)]
    record = "".join(f"{file},,\n" for file in files)
    with zipfile.ZipFile(path, "w") as archive:
        for file in files:
            if file.name == "RECORD":
                archive.writestr(str(file), record)
            else:
                archive.write(str(file.locate()), str(file))
    return path


def _joined(tags: list[str]) -> str:
    """Join tags as in a wheel's name: `py2-none-any` and `py3-none-any` are `py2.py3-none-any`."""
    parts = [sorted({tag.split("-")[place] for tag in tags}) for place in range(3)]
    return "-".join(".".join(part) for part in parts)


def _belongs(file: PackagePath) -> bool:
    """Leave out what an installer adds: programs, compiled files, its own notes."""
    added = ("INSTALLER", "REQUESTED", "direct_url.json")
    return ".." not in file.parts and "__pycache__" not in file.parts and file.name not in added
