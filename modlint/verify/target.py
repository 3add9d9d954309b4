"""What the user names on the command line: a path, a package, or one class of it."""

from __future__ import annotations

import importlib.util
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from modlint.errors import ModlintError


class TargetError(ModlintError):
    """A target that isn't there."""

    def __init__(self, target: str) -> None:
        super().__init__(f"{target}: no such file, folder, package or class")


@dataclass(frozen=True, slots=True)
class Target:
    """A file or folder to look for classes in, and the class that is meant if it is one."""

    path: str
    qualname: str = ""


def resolve(target: str) -> Target:
    """Find ``PATH``, ``package``, ``package.module``, and ``:Class`` behind any of them, without importing it.

    Raises:
        TargetError: there is no such thing.
    """
    if os.path.exists(target):
        return Target(target)
    place, colon, qualname = target.rpartition(":")
    name = place if colon else target
    if os.path.exists(name):
        return Target(name, qualname)
    path = _found(name)
    if path is None:
        raise TargetError(target)
    return Target(path, qualname if colon else "")


def _found(name: str) -> str | None:
    """The file or folder of a module by its dotted name: of the current folder, ``src/`` or what is installed."""
    if not all(part.isidentifier() for part in name.split(".")):
        return None
    for root in (Path.cwd(), Path.cwd() / "src", *map(Path, sys.path)):
        place = root.joinpath(*name.split("."))
        if (place / "__init__.py").is_file():
            return str(place)
        if place.with_suffix(".py").is_file():
            return str(place.with_suffix(".py"))
    return _installed(name)


def _installed(name: str) -> str | None:
    top, *rest = name.split(".")
    spec = importlib.util.find_spec(top)
    for folder in (spec.submodule_search_locations or ()) if spec is not None else ():
        place = Path(folder).joinpath(*rest)
        if place.is_dir():
            return str(place)
        if rest and place.with_suffix(".py").is_file():
            return str(place.with_suffix(".py"))
    return spec.origin if spec is not None and not rest else None
