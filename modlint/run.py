"""A run, in the order in which it happens: choose files, read, analyse, suppress, report."""

from __future__ import annotations

import ast
import gc
import os
import time
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from modlint.analysis import Analyser
from modlint.config import Config
from modlint.diagnostics import Diagnostic, Span
from modlint.errors import SourceError
from modlint.files import shown
from modlint.model.disk import content, digest
from modlint.report import Report
from modlint.reserved import FILE_NOT_PARSED, INTERNAL_ERROR
from modlint.selection import ignored_reserved, per_file_ignores, selected_rules
from modlint.source import Source, decode, read
from modlint.suppression import Suppressions, skips_file
from modlint.tasks import Group, Task, lost

if TYPE_CHECKING:
    from modlint.executor import Executor
    from modlint.recent import Recent

Progress = Callable[[int, int], None]
FEW: Final = 40
"""So few files are checked sooner by one process than others are started."""


class Checker:
    """What one file goes through. Every door uses it, so all of them find the same."""

    def __init__(self, config: Config, report_unused_noqa: bool = False) -> None:
        self.rules = selected_rules(config)
        self._ran = frozenset(rule.code for rule in self.rules)
        self._ignored = ignored_reserved(config)
        self._per_file = per_file_ignores(config)
        self._report_unused_noqa = report_unused_noqa
        self._analyser = Analyser(self.rules, config.root, config.module_bases, config.python)

    def file(self, path: str, data: bytes | None = None) -> tuple[Source, list[Diagnostic]]:
        """The text of the file at ``path`` (or of ``data`` in its place) and its diagnostics, in order.

        Those of a notebook are placed in the text of all its cells; `Source.placed` gives them as they are reported.
        """
        source = Source(path, "")
        try:
            source = read(path) if data is None else decode(data, path)
            return source, self.check(source)
        except SourceError as error:
            return source, self._kept(path, [_not_parsed(path, error)])

    def forget(self, changed: str) -> None:
        """Unlearn a file that has changed, and what was concluded from it."""
        self._analyser.forget(changed)

    def group(self, files: Iterable[str]) -> Group:
        """Check several files and keep what the outcome rests on."""
        found: dict[str, list[Diagnostic]] = {}
        unread: dict[str, int] = {}
        roots = {}
        for file in files:
            data = content(file)
            roots[file] = self._analyser.begin(file, digest(data))
            source, diagnostics = self.file(file, data)
            found[file] = source.placed(diagnostics)
            if source.unread:
                unread[file] = source.unread
        return Group(found, self._analyser.trace(roots), unread)

    def check(self, source: Source, tree: ast.Module | None = None, noqa: bool = True) -> list[Diagnostic]:
        """The diagnostics of ``source``, in order; ``noqa=False`` leaves its ``# noqa`` comments unread.

        Raises:
            SourceError: it can't be parsed.
        """
        if skips_file(source):
            return []
        found = [*self._analysed(source, tree), *_unparsed_cells(source)]
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
    executor: Executor | None = None,
    recent: Recent | None = None,
) -> Report:
    """Check the files at and below ``paths``; ``progress`` hears how many of how many files are done.

    Results that ``recent`` knows are taken from there; what is left goes to ``executor``, or is checked here.
    """
    files = config.finder(force_exclude).files(paths) if recent is None else recent.files
    if recent is None and executor is None:
        return _checked_here(Checker(config, report_unused_noqa), files, progress)
    found = {} if recent is None else recent.found
    unread = {} if recent is None else recent.unread
    left = [file for file in files if file not in found]
    common = Task(config, report_unused_noqa, os.getcwd(), f"{os.getpid()} {time.monotonic_ns()}")
    if left or not files:
        _checker(config, report_unused_noqa, common.run)  # wrong settings are told here, and the rules are loaded
    done = len(files) - len(left)
    for group in _groups(left, common, executor):
        found.update(group.found)
        unread.update(group.unread)
        done += len(group.found)
        if recent is not None and group.trace.roots:
            recent.cache.add(group.found, group.trace, group.unread)
        if progress is not None:
            progress(done, len(files))
    if recent is not None:
        recent.cache.save()
    return Report.of_files(files, found, unread)


def _checked_here(checker: Checker, files: list[str], progress: Progress | None) -> Report:
    sources: dict[str, Source] = {}
    diagnostics: list[Diagnostic] = []
    unread = 0
    for done, file in enumerate(files, start=1):
        source, found = checker.file(file)
        diagnostics += source.placed(found)
        unread += source.unread
        if found and source.text:
            sources[file] = source
        if progress is not None:
            progress(done, len(files))
    return _report(diagnostics, len(files), sources, unread)


def _groups(files: list[str], common: Task, executor: Executor | None) -> Iterator[Group]:
    """The files in groups of neighbours, which often rest on the same other files, checked."""
    tasks = [replace(common, files=tuple(files[i : i + FEW])) for i in range(0, len(files), FEW)]
    if executor is None or len(tasks) < 2:
        yield from map(check_group, tasks)
        return
    for task, group in executor.results(check_group, tasks):
        yield lost(task) if group is None else group


def check_group(task: Task) -> Group:
    """Check the files of one task, in whatever process this is."""
    gc.disable()
    if os.getcwd() != task.folder:
        os.chdir(task.folder)
    return _checker(task.config, task.report_unused_noqa, task.run).group(task.files)


@lru_cache(maxsize=1)
def _checker(config: Config, report_unused_noqa: bool, run: str) -> Checker:  # noqa: ARG001
    """The checker of one run in this process: the next run sees the disk anew."""
    return Checker(config, report_unused_noqa)


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
    if force_exclude and config.finder().excluded(filename):
        return _report([], 0, {})
    path = filename if filename == "-" else shown(filename)
    source, found = checker.file(path, data)
    return _report(source.placed(found), 1, {path: source} if source.text else {}, source.unread)


def _report(diagnostics: list[Diagnostic], checked: int, sources: dict[str, Source], unread: int = 0) -> Report:
    return Report(tuple(sorted(diagnostics, key=lambda item: item.order)), checked, sources, unread=unread)


def _is_ignored(code: str, ignored: tuple[str, ...]) -> bool:
    return code != INTERNAL_ERROR.code and code.startswith(ignored)


def _not_parsed(path: str, error: SourceError) -> Diagnostic:
    span = Span(error.line, error.column, error.line, error.column + 1)
    own = FILE_NOT_PARSED
    return Diagnostic(own.code, own.name, error.message, path, span, error.line, own.severity)


def _unparsed_cells(source: Source) -> Iterator[Diagnostic]:
    """A diagnostic for each cell of a notebook that can't be parsed; nothing in it was checked."""
    if source.notebook is None:
        return
    first = {section.number: section.first for section in source.notebook.sections}
    for problem in source.notebook.problems:
        line = first[problem.cell] + problem.line - 1
        yield _not_parsed(source.path, SourceError(line, problem.column, problem.message))
