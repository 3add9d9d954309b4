"""The short way: a report made of kept results alone, where nothing has changed. Neither model nor rules are loaded."""

from __future__ import annotations

from collections.abc import Iterable

from modlint.cache import Cache
from modlint.config import Config
from modlint.errors import SourceError
from modlint.files import Finder
from modlint.report import Report
from modlint.source import Source, read


def recent_report(paths: Iterable[str], config: Config, cache: Cache, force_exclude: bool) -> Report | None:
    """The report on the files at and below ``paths``; ``None`` if one of them has to be checked."""
    files = Finder(str(config.root), config.exclude, config.respect_gitignore, force_exclude).files(paths)
    found = cache.known(files)
    if not files or len(found) < len(files):
        return None
    cache.save()
    sources = {file: source for file in files if found[file] and (source := _readable(file))}
    diagnostics = sorted((item for file in files for item in found[file]), key=lambda item: item.order)
    return Report(tuple(diagnostics), len(files), sources)


def _readable(file: str) -> Source | None:
    try:
        return read(file)
    except SourceError:
        return None
