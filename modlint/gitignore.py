"""What .gitignore files say about a path: the nearest file that speaks of it decides, as in git."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec


class Patterns(msgspec.Struct, frozen=True):
    """Patterns in the language of .gitignore, for the paths below one folder."""

    folder: str
    spec: GitIgnoreSpec

    @classmethod
    def of(cls, folder: str, lines: Iterable[str]) -> Patterns:
        """The patterns in ``lines``; as in git, a line that is no pattern means nothing."""
        from pathspec import GitIgnoreSpec  # half as dear as click: a run on named files needs no patterns

        return cls(folder, GitIgnoreSpec.from_lines(line for line in lines if _is_pattern(line)))

    def verdict(self, path: str, is_folder: bool = False) -> bool | None:
        """Is ``path`` matched? ``None``: no pattern speaks of it; ``False``: one takes it back (``!``)."""
        above = os.path.join(self.folder, "")
        inner = path[len(above) :] if path.startswith(above) else os.path.relpath(path, self.folder)
        if inner == os.curdir or inner.startswith(os.pardir):
            return None
        return self.spec.check_file(f"{inner}/" if is_folder else inner).include


class Ignores(msgspec.Struct, frozen=True):
    """The .gitignore files above a place, the outermost first."""

    layers: tuple[Patterns, ...] = ()

    @classmethod
    def above(cls, folder: str) -> Ignores:
        """What the repository around ``folder`` ignores, ``folder``'s own .gitignore not yet included."""
        top = _repository(folder)
        if top is None:
            return cls()
        ignores = cls()._with(top, os.path.join(top, ".git", "info", "exclude"))
        for outer in _folders_between(top, folder):
            ignores = ignores.entering(outer)
        return cls() if ignores.ignored(folder, is_folder=True) else ignores

    def entering(self, folder: str) -> Ignores:
        """The same with the .gitignore of ``folder``, if it has one."""
        return self._with(folder, os.path.join(folder, ".gitignore"))

    def ignored(self, path: str, is_folder: bool = False) -> bool:
        """Is the entry ``path`` ignored? Ask from the top down: an ignored folder hides all it holds."""
        for layer in reversed(self.layers):
            verdict = layer.verdict(path, is_folder)
            if verdict is not None:
                return verdict
        return False

    def _with(self, folder: str, file: str) -> Ignores:
        try:
            with open(file, encoding="utf-8", errors="surrogateescape") as lines:
                return Ignores((*self.layers, Patterns.of(folder, lines)))
        except OSError:
            return self


def _is_pattern(line: str) -> bool:
    from pathspec import GitIgnoreSpec

    try:
        GitIgnoreSpec.from_lines([line])
    except ValueError:
        return False
    return True


def _repository(folder: str) -> str | None:
    """The nearest folder at or above ``folder`` that holds a repository."""
    while not os.path.exists(os.path.join(folder, ".git")):
        parent = os.path.dirname(folder)
        if parent == folder:
            return None
        folder = parent
    return folder


def _folders_between(top: str, folder: str) -> Iterator[str]:
    """The folders from ``top`` down to the one that holds ``folder``."""
    if folder == top:
        return
    yield top
    for part in os.path.relpath(folder, top).split(os.sep)[:-1]:
        top = os.path.join(top, part)
        yield top
