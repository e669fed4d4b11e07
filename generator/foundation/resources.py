"""Where `templates/` and `profiles/` are: inside an installed wheel, or beside the package in a checkout."""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Literal


def data_folder(name: Literal["templates", "profiles"]) -> Traversable:
    """Return the folder of bundled data; an installed wheel has its own copy, an editable install uses the checkout.

    Raises FileNotFoundError if the installation is broken and holds neither.
    """
    package = files("generator")
    bundled = package / "_bundled" / name
    if bundled.is_dir():
        return bundled
    if isinstance(package, Path):
        checkout = package.parent
        if (checkout / "pyproject.toml").is_file() and (checkout / name).is_dir():
            return checkout / name
    raise FileNotFoundError(f"the installation holds no {name}/")


def list_data(name: Literal["templates", "profiles"], suffix: str) -> list[Traversable]:
    """Return the data files with this suffix, by name; editors' dot files are left out."""
    found = [
        item for item in data_folder(name).iterdir() if item.name.endswith(suffix) and not item.name.startswith(".")
    ]
    return sorted(found, key=lambda item: item.name)
