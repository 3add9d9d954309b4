"""A run, in the order in which it happens: choose files, read, analyse, suppress, report."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable

from modlint.analysis import Analyser
from modlint.config import Config
from modlint.diagnostics import Diagnostic, Span
from modlint.errors import SourceError
from modlint.files import Finder, shown
from modlint.gitignore import Patterns
from modlint.report import Report
from modlint.reserved import FILE_NOT_PARSED, INTERNAL_ERROR
from modlint.selection import ignored_reserved, prefixes, selected_rules
from modlint.source import Source, decode, read
from modlint.suppression import Suppressions, skips_file

Progress = Callable[[int, int], None]


class Checker:
    """What one file goes through. Every door uses it, so all of them find the same."""

    def __init__(self, config: Config, report_unused_noqa: bool = False) -> None:
        self.rules = selected_rules(config)
        self._ran = frozenset(rule.code for rule in self.rules)
        self._ignored = ignored_reserved(config)
        self._per_file = _per_file_ignores(config)
        self._report_unused_noqa = report_unused_noqa
        self._analyser = Analyser(self.rules, config.root, config.module_bases, config.python)

    def file(self, path: str, data: bytes | None = None) -> tuple[Source, list[Diagnostic]]:
        """The text of the file at ``path`` (or of ``data`` in its place) and its diagnostics, in order."""
        source = Source(path, "")
        try:
            source = read(path) if data is None else decode(data, path)
            return source, self.check(source)
        except SourceError as error:
            return source, self._kept(path, [_not_parsed(path, error)])

    def forget(self, changed: str) -> None:
        """Unlearn a file that has changed, and what was concluded from it."""
        self._analyser.forget(changed)

    def check(self, source: Source, tree: ast.Module | None = None, noqa: bool = True) -> list[Diagnostic]:
        """The diagnostics of ``source``, in order; ``noqa=False`` leaves its ``# noqa`` comments unread.

        Raises:
            SourceError: it can't be parsed.
        """
        if skips_file(source):
            return []
        found = self._analysed(source, tree)
        if noqa and (found or self._report_unused_noqa):
            found = self._unsuppressed(source, found)
        return self._kept(source.path, found)

    def _analysed(self, source: Source, tree: ast.Module | None) -> list[Diagnostic]:
        try:
            return self._analyser.check(source, tree)
        except RecursionError:
            raise SourceError(1, 1, "is nested too deeply to be checked") from None

    def _unsuppressed(self, source: Source, found: list[Diagnostic]) -> list[Diagnostic]:
        suppressions = Suppressions.of(source)
        remaining = suppressions.remaining(found)
        if not self._report_unused_noqa:
            return remaining
        return remaining + suppressions.unused(source, self._ran)

    def _kept(self, path: str, found: list[Diagnostic]) -> list[Diagnostic]:
        """What the settings don't ignore; an internal error can't be ignored."""
        if not found:
            return found
        ignored = [*self._ignored]
        for patterns, codes in self._per_file:
            ignored += codes if patterns.verdict(path) else ()
        kept = (item for item in found if not _is_ignored(item.code, tuple(ignored)))
        return sorted(kept, key=lambda item: item.order)


def check_paths(
    paths: Iterable[str],
    config: Config,
    *,
    force_exclude: bool = False,
    report_unused_noqa: bool = False,
    progress: Progress | None = None,
) -> Report:
    """Check the files at and below ``paths``; ``progress`` hears how many of how many files are done."""
    checker = Checker(config, report_unused_noqa)
    files = finder(config, force_exclude).files(paths)
    sources: dict[str, Source] = {}
    diagnostics: list[Diagnostic] = []
    for done, file in enumerate(files, start=1):
        source, found = checker.file(file)
        diagnostics += found
        if found and source.text:
            sources[file] = source
        if progress is not None:
            progress(done, len(files))
    return _report(diagnostics, len(files), sources)


def check_text(
    data: bytes,
    filename: str,
    config: Config,
    *,
    force_exclude: bool = False,
    report_unused_noqa: bool = False,
) -> Report:
    """Check ``data`` as if it were the content of the file ``filename``."""
    checker = Checker(config, report_unused_noqa)
    if force_exclude and finder(config).excluded(filename):
        return _report([], 0, {})
    path = filename if filename == "-" else shown(filename)
    source, found = checker.file(path, data)
    return _report(found, 1, {path: source} if source.text else {})


def finder(config: Config, force_exclude: bool = False) -> Finder:
    """What chooses the files of a run with these settings."""
    return Finder(str(config.root), config.exclude, config.respect_gitignore, force_exclude)


def _report(diagnostics: list[Diagnostic], checked: int, sources: dict[str, Source]) -> Report:
    return Report(tuple(sorted(diagnostics, key=lambda item: item.order)), checked, sources)


def _per_file_ignores(config: Config) -> tuple[tuple[Patterns, tuple[str, ...]], ...]:
    return tuple(
        (Patterns.of(str(config.root), [glob]), prefixes(config.file or "", "per-file-ignores", codes))
        for glob, codes in config.per_file_ignores
    )


def _is_ignored(code: str, ignored: tuple[str, ...]) -> bool:
    return code != INTERNAL_ERROR.code and code.startswith(ignored)


def _not_parsed(path: str, error: SourceError) -> Diagnostic:
    span = Span(error.line, error.column, error.line, error.column + 1)
    own = FILE_NOT_PARSED
    return Diagnostic(own.code, own.name, error.message, path, span, error.line, own.severity)
