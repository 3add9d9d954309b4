"""The short way: a report made of kept results alone, where nothing has changed. Neither model nor rules are loaded."""

from __future__ import annotations

import os
from collections.abc import Sequence

from modlint.again import around, remember
from modlint.cache import Cache
from modlint.config import Config
from modlint.report import Report


class Recent:
    """The files at and below ``paths``, and the results of those that need no new check."""

    def __init__(self, paths: Sequence[str], config: Config, cache: Cache, force_exclude: bool) -> None:
        self.files, self._looked = config.finder(force_exclude).walk(paths)
        self._named = [os.path.abspath(path) for path in paths]
        self.found = cache.known(self.files)
        self.unread = cache.unread
        self._config = config
        self.cache = cache

    def report(self) -> Report | None:
        """The report; ``None`` if a file has to be checked."""
        if not self.files or len(self.found) < len(self.files):
            return None
        self.cache.save()
        return Report.of_files(self.files, self.found, self.unread)

    def remember(self, arguments: list[str], status: int, text: str) -> None:
        """Keep what the command has printed, for the next time that it is given and nothing has changed."""
        config, cache = self._config, self.cache
        tops = {path if os.path.isdir(path) else os.path.dirname(path) for path in self._named}
        rests_on = {*self._looked, *map(os.path.abspath, self.files), *cache.paths}
        rests_on.update(path for top in {*tops, os.getcwd()} for path in around(top))
        rests_on.update(os.path.abspath(named) for named in (config.file, *_environment(config.python)) if named)
        remember(cache.folder, arguments, status, text, rests_on, cache.started)


def _environment(python: str | None) -> list[str]:
    """The folders that tell where an environment has its packages, given the environment or its interpreter."""
    tops = [] if python is None else [python, os.path.dirname(os.path.dirname(python))]
    return [os.path.join(top, name) for top in tops for name in ("", "lib", "Lib")]
