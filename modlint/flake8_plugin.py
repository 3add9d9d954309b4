"""modlint inside flake8: the findings of ``modlint check`` on the trees that flake8 has parsed anyway."""

from __future__ import annotations

import argparse
import ast
import gc
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import ClassVar

from flake8.exceptions import ExecutionError

from modlint import __version__
from modlint.config import Config, load
from modlint.errors import ModlintError, SourceError
from modlint.files import shown
from modlint.run import Checker
from modlint.source import Source

STDIN = ("stdin", "-")


class Plugin:
    """Checks one file. flake8 sets the options once in each of its processes, before the first file."""

    name = "modlint"
    version = __version__
    paths: ClassVar[tuple[str, ...]] = ()
    noqa: ClassVar[bool] = True

    def __init__(self, tree: ast.Module, filename: str, lines: list[str]) -> None:
        self._tree = tree
        self._filename = filename
        self._source = Source("-" if filename in STDIN else shown(filename), "".join(lines))

    @classmethod
    def parse_options(cls, options: argparse.Namespace) -> None:
        """Take the paths that flake8 was called with: the settings are those that the CLI finds for them."""
        cls.paths = tuple(path for path in options.filenames if path not in STDIN)
        cls.noqa = not options.disable_noqa
        try:
            _checker(cls.paths)
        except ModlintError as error:
            raise ExecutionError(f"modlint: {error}") from error

    def run(self) -> Iterator[tuple[int, int, str, type[Plugin]]]:
        """Each finding: line, column from 0, code and message."""
        config, checker = _checker(self.paths)
        if self._is_left_out(config):
            return
        try:
            with _without_collecting():
                found = checker.check(self._source, self._tree, noqa=self.noqa)
        except SourceError:  # flake8 reports it itself (E999, E902)
            return
        for item in found:
            yield item.span.line, item.span.column - 1, f"{item.code} {item.message}", type(self)

    def _is_left_out(self, config: Config) -> bool:
        """Would the CLI, called with the same paths, leave this file out?"""
        if self._filename in STDIN or self._filename in self.paths:
            return False
        return config.finder().excluded(self._filename)


@contextmanager
def _without_collecting() -> Iterator[None]:
    """Hold the garbage collector off what is kept of a file: going through all trees again and again costs most."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if enabled:
            gc.enable()


@lru_cache(maxsize=1)
def _checker(paths: tuple[str, ...]) -> tuple[Config, Checker]:
    config = load(paths)
    return config, Checker(config)
