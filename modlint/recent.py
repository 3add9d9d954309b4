"""The short way: a report made of kept results alone, where nothing has changed. Neither model nor rules are loaded."""

from __future__ import annotations

from collections.abc import Iterable

from modlint.cache import Cache
from modlint.config import Config
from modlint.files import Finder
from modlint.report import Report


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
        return Report.of_files(self.files, self.found)
