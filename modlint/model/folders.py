"""Where files are: search paths of imports, installed packages, the package around a file."""

from __future__ import annotations

import os
import re
import sys
from functools import cache
from pathlib import Path
from typing import Final

from modlint.model.disk import STORES, Disk
from modlint.model.ledger import Ledger

REQUIREMENTS: Final = ("pyproject.toml", "setup.cfg", "setup.py", "requirements.txt")
"""Files that say which packages a project needs."""


class Folders:
    """The folders of a project under ``root`` and of the installed packages in ``environment``."""

    def __init__(self, root: str, environment: tuple[str, ...], ledger: Ledger) -> None:
        self.root, self.environment, self.ledger = root, environment, ledger
        self.disk = Disk(ledger)

    def required(self, package: str) -> tuple[int, int] | None:
        """The least version (major, minor) of a package that the project's own files ask for; ``None`` if none does."""
        pattern = rf"(?<![\w-]){re.escape(package)}\s*(?:[<>=!~][^\"'\n;]*)?(?:>=|==|~=)\s*(\d+)\.(\d+)"
        found = []
        for name in REQUIREMENTS:
            if self.disk.has(self.root, name):
                text = (self.disk.content(os.path.join(self.root, name)) or b"").decode(errors="replace")
                found += [(int(major), int(minor)) for major, minor in re.findall(pattern, text)]
        return min(found, default=None)

    def search_roots(self, path: str) -> tuple[str, ...]:
        """Folders that an absolute import in the file at ``path`` may start from, nearest first."""
        folder = os.path.dirname(path)
        roots: tuple[str, ...] = self.ledger.answer(("roots", folder), lambda: self._roots(folder))
        return roots

    def _roots(self, folder: str) -> tuple[str, ...]:
        top = folder
        while self.disk.has(top, "__init__.py") and os.path.dirname(top) != top:
            top = os.path.dirname(top)
        roots = [top]
        while top.startswith(self.root + os.sep):
            top = os.path.dirname(top)
            roots.append(top)
        if self.disk.has(self.root, "src"):
            roots.append(os.path.join(self.root, "src"))
        return (*roots, *self.environment)

    def step(self, folder: str, name: str) -> str | None:
        """The file or package folder called ``name`` in ``folder``."""
        inner = os.path.join(folder, name)
        is_there = self.disk.has(folder, name)
        if is_there and self.disk.has(inner, "__init__.py"):
            return os.path.join(inner, "__init__.py")
        if self.disk.has(folder, f"{name}.py"):
            return inner + ".py"
        return inner if is_there and self.disk.has(inner) else None

    def find(self, start: str, module: str) -> str | None:
        """The file or package folder of the dotted ``module`` below ``start``."""
        place: str | None = self.ledger.answer(("find", start, module), lambda: self._find_anew(start, module))
        return place

    def _find_anew(self, start: str, module: str) -> str | None:
        place: str | None = start
        for part in module.split(".") if module else ():
            if place is None or (place.endswith(".py") and not place.endswith("__init__.py")):
                return None
            folder = os.path.dirname(place) if place.endswith(".py") else place
            place = self.step(folder, part)
        return place

    def package(self, path: str) -> str:
        """The top folder of the package that holds the file."""
        folder = os.path.dirname(path)
        while self.disk.has(os.path.dirname(folder), "__init__.py"):
            folder = os.path.dirname(folder)
        return folder

    def stores_attribute(self, path: str, name: str) -> bool:
        """Whether the text of any file of the package sets an attribute of this name on some object, or names it.

        Asked only about an attribute that nothing the class rests on defines: frameworks put attributes on Modules from
        their trainers and loaders (``module._checkpoint_fn = f``, ``setattr(module, "name", v)``).
        """
        package = self.package(path)
        stored: bool = self.ledger.answer(("stores", package, name), lambda: self._stored_below(package, name))
        return stored

    def _stored_below(self, package: str, name: str) -> bool:
        for folder, _, _ in os.walk(package):
            for entry in self.disk.python_files(folder):
                if self.disk.asks(STORES, os.path.join(folder, entry), name):
                    return True
        return False


@cache
def site_packages(python: str | None) -> tuple[str, ...]:
    """The folders of installed packages to look into.

    ``python`` is an environment's folder or its interpreter; without it, the environment modlint runs in.
    """
    if python is None:
        return tuple(entry for entry in sys.path if entry.endswith(("site-packages", "dist-packages")))
    place = Path(python)
    top = place.parent.parent if place.is_file() else place
    found = [*top.glob("lib/python3*/site-packages"), *top.glob("Lib/site-packages")]
    return tuple(str(folder.resolve()) for folder in sorted(found))
