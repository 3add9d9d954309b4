"""The short way: a report made of kept results alone, where nothing has changed. Neither model nor rules are loaded."""

from __future__ import annotations

from collections.abc import Iterable

from modlint.cache import Cache
from modlint.config import Config
from modlint.errors import SourceError
from modlint.files import Finder
from modlint.report import Report
from modlint.source import Source, read


class Recent:
    """The files at and below ``paths``, and the results of those that need no new check."""

    def __init__(self, paths: Iterable[str], config: Config, cache: Cache, force_exclude: bool) -> None:
        self.files = Finder(str(config.root), config.exclude, config.respect_gitignore, force_exclude).files(paths)
        self.found = cache.known(self.files)
        self._cache = cache

    def report(self) -> Report | None:
        """The report; ``None`` if a file has to be checked."""
        if not self.files or len(self.found) < len(self.files):
            return None
        self._cache.save()
        sources = {file: source for file in self.files if self.found[file] and (source := _readable(file))}
        diagnostics = sorted((item for file in self.files for item in self.found[file]), key=lambda item: item.order)
        return Report(tuple(diagnostics), len(self.files), sources)


def _readable(file: str) -> Source | None:
    try:
        return read(file)
    except SourceError:
        return None
