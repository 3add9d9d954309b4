"""Which files a run looks at: the paths of the user, with folders walked."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

import msgspec

from modlint.errors import PathError
from modlint.gitignore import Ignores, Patterns

DEFAULT_EXCLUDE = (
    ".bzr",
    ".direnv",
    ".eggs",
    ".git",
    ".hg",
    ".ipynb_checkpoints",
    ".modlint_cache",
    ".mypy_cache",
    ".nox",
    ".pytest_cache",
    ".ruff_cache",
    ".svn",
    ".tox",
    ".venv",
    "__pycache__",
    "__pypackages__",
    "build",
    "dist",
    "node_modules",
    "site-packages",
    "venv",
)

ENDINGS = (".py", ".ipynb")
"""What Python files and notebooks end in."""


def shown(path: str | os.PathLike[str]) -> str:
    """The path as reports print it: relative to the current folder when it is below it, else absolute."""
    whole = os.path.abspath(path)
    try:
        inner = os.path.relpath(whole)
    except ValueError:  # another drive
        return whole
    return whole if inner.split(os.sep, 1)[0] == os.pardir else inner


class Walk(NamedTuple):
    """The chosen files, and the paths on which the choice rests: folders, and entries that may yet become files."""

    files: list[str]
    looked: list[str]


class Finder(msgspec.Struct, frozen=True):
    """Chooses the files: patterns are those of .gitignore and hold below ``root``.

    What the user names is taken even where it is excluded or ignored; ``force_exclude`` drops excluded files
    all the same, for callers that pass every changed file.
    """

    root: str
    exclude: tuple[str, ...] = DEFAULT_EXCLUDE
    respect_gitignore: bool = True
    force_exclude: bool = False

    def files(self, paths: Iterable[str]) -> list[str]:
        """Every chosen file once, sorted, as it is shown; a path that isn't there is a `PathError`."""
        return self.walk(paths).files

    def walk(self, paths: Iterable[str]) -> Walk:
        """What `files` finds, and what it looked at for that."""
        found: set[str] = set()
        looked: list[str] = []
        for path in paths:
            found.update(self._at(path, looked))
        return Walk(sorted(shown(file) for file in found), looked)

    def excluded(self, path: str) -> bool:
        """Do the exclude patterns match ``path``, or a folder between ``root`` and it?"""
        return bool(_patterns(self.root, self.exclude).verdict(os.path.abspath(path)))

    def _at(self, path: str, looked: list[str]) -> Iterator[str]:
        whole = os.path.abspath(path)
        looked.append(whole)
        if not os.path.exists(whole):
            raise PathError(path)
        if os.path.isdir(whole):
            yield from self._below(whole, looked)
        elif not (self.force_exclude and self.excluded(whole)):
            yield whole

    def _below(self, top: str, looked: list[str]) -> Iterator[str]:
        if self.force_exclude and self.excluded(top):
            return
        exclude = _patterns(self._anchor(top), self.exclude)
        yield from _walk(top, exclude, Ignores.above(top) if self.respect_gitignore else None, looked)

    def _anchor(self, top: str) -> str:
        """What the patterns are relative to: ``top`` itself where the user names an excluded folder."""
        inside = top == self.root or top.startswith(os.path.join(self.root, ""))
        return self.root if inside and not self.excluded(top) else top


@lru_cache(maxsize=64)
def _patterns(folder: str, lines: tuple[str, ...]) -> Patterns:
    return Patterns.of(folder, lines)


def _walk(folder: str, exclude: Patterns, ignores: Ignores | None, looked: list[str]) -> Iterator[str]:
    """The Python files and notebooks below ``folder``; linked folders are not entered, so links can't make a loop."""
    looked.append(folder)
    try:
        entries = list(os.scandir(folder))
    except OSError:
        yield folder  # reading it will say why
        return
    if ignores is not None:
        ignores = ignores.entering(folder)
    for entry in entries:
        is_folder = entry.is_dir(follow_symlinks=False)
        if entry.name == ".gitignore" or entry.is_symlink():
            looked.append(entry.path)
        if not is_folder and not (entry.name.endswith(ENDINGS) and entry.is_file()):
            continue
        if exclude.verdict(entry.path, is_folder) or (ignores and ignores.ignored(entry.path, is_folder)):
            continue
        if is_folder:
            yield from _walk(entry.path, exclude, ignores, looked)
        else:
            yield entry.path
