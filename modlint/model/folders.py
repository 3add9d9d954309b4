"""Where files are: folders, search paths of imports, installed packages; looked at once."""

from __future__ import annotations

import os
import re
import sys
from functools import cache
from pathlib import Path
from typing import Final

SET_OUTSIDE: Final = (
    rb"(?<!self)\.NAME\s*(?::[^=\n]+)?=[^=]"
    rb"|setattr\(\s*[\w.]+\s*,\s*[\"']NAME[\"']"
    rb"|(?<!self)\.(?:register_\w+|add_module)\(\s*[\"']NAME[\"']"
)
"""How code sets the attribute ``NAME`` of an object that isn't its own."""


REQUIREMENTS: Final = ("pyproject.toml", "setup.cfg", "setup.py")
"""Files, besides requirements.txt and its kin, that say which packages a project needs."""


class Folders:
    """The folders of a project under ``root`` and of the installed packages in ``environment``."""

    def __init__(self, root: str, environment: tuple[str, ...]) -> None:
        self.root, self.environment = root, environment
        self._listings: dict[str, frozenset[str]] = {}
        self._found: dict[tuple[str, str], str | None] = {}
        self._roots: dict[str, tuple[str, ...]] = {}

    def required(self, package: str) -> tuple[int, int] | None:
        """The least version (major, minor) of a package that the project's own files ask for; ``None`` if none does."""
        found = []
        for name in sorted(self.listing(self.root)):
            if name in REQUIREMENTS or (name.startswith("requirements") and name.endswith(".txt")):
                text = self.content(os.path.join(self.root, name)).decode(errors="replace")
                pattern = rf"(?<![\w-]){re.escape(package)}\s*(?:[<>=!~][^\"'\n;]*)?(?:>=|==|~=)\s*(\d+)\.(\d+)"
                found += [(int(major), int(minor)) for major, minor in re.findall(pattern, text)]
        return min(found, default=None)

    def listing(self, folder: str) -> frozenset[str]:
        """The names in a folder; none where it can't be read."""
        known = self._listings.get(folder)
        if known is None:
            try:
                known = frozenset(os.listdir(folder))
            except OSError:
                known = frozenset()
            self._listings[folder] = known
        return known

    def search_roots(self, path: str) -> tuple[str, ...]:
        """Folders that an absolute import in the file at ``path`` may start from, nearest first."""
        folder = os.path.dirname(path)
        known = self._roots.get(folder)
        if known is None:
            top = folder
            while "__init__.py" in self.listing(top) and os.path.dirname(top) != top:
                top = os.path.dirname(top)
            roots = [top]
            while top.startswith(self.root + os.sep):
                top = os.path.dirname(top)
                roots.append(top)
            if "src" in self.listing(self.root):
                roots.append(os.path.join(self.root, "src"))
            known = self._roots[folder] = (*roots, *self.environment)
        return known

    def step(self, folder: str, name: str) -> str | None:
        """The file or package folder called ``name`` in ``folder``."""
        listing = self.listing(folder)
        inner = os.path.join(folder, name)
        if name in listing and "__init__.py" in self.listing(inner):
            return os.path.join(inner, "__init__.py")
        if f"{name}.py" in listing:
            return inner + ".py"
        return inner if name in listing and self.listing(inner) else None

    def find(self, start: str, module: str) -> str | None:
        """The file or package folder of the dotted ``module`` below ``start``."""
        key = (start, module)
        if key not in self._found:
            self._found[key] = self._find_anew(start, module)
        return self._found[key]

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
        while "__init__.py" in self.listing(os.path.dirname(folder)):
            folder = os.path.dirname(folder)
        return folder

    @staticmethod
    def content(path: str) -> bytes:
        """The bytes of a file; none where it can\'t be read."""
        try:
            with open(path, "rb") as file:
                return file.read()
        except OSError:
            return b""

    def stores_attribute(self, path: str, name: str) -> bool:
        """Whether the text of any file of the package sets an attribute of this name on some object, or names it.

        Asked only about an attribute that nothing the class rests on defines: frameworks put attributes on Modules from
        their trainers and loaders (``module._checkpoint_fn = f``, ``setattr(module, "name", v)``).
        """
        pattern = re.compile(SET_OUTSIDE.replace(b"NAME", re.escape(name).encode()))
        for folder, _, files in os.walk(self.package(path)):
            for entry in files:
                if entry.endswith(".py") and self._matches(os.path.join(folder, entry), name.encode(), pattern):
                    return True
        return False

    def _matches(self, path: str, name: bytes, pattern: re.Pattern[bytes]) -> bool:
        data = self.content(path)
        return name in data and pattern.search(data) is not None


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
