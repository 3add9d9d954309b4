"""A run that fixes: check each file, mend it, write it or show what would be written, and report what remains."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator

import msgspec
from msgspec.structs import replace

from modlint.config import Config
from modlint.diagnostics import Diagnostic, LeftOut
from modlint.errors import SourceError, WriteError
from modlint.fixing import Mended, mend
from modlint.lines import with_ends
from modlint.report import Report
from modlint.run import Checker, Progress, check_paths
from modlint.source import Source, decode, encoded
from modlint.suppression import Suppressions
from modlint.writing import replace_content


class Wishes(msgspec.Struct, frozen=True):
    """What a fixing run is to do: apply unsafe fixes too, write files or only say what would change."""

    unsafe: bool = False
    write: bool = True
    force_exclude: bool = False
    report_unused_noqa: bool = False


class Repair(msgspec.Struct, frozen=True):
    """The outcome: what was found in the end, what was mended, and the change as a unified diff."""

    report: Report
    diff: str


def fix_paths(paths: Iterable[str], config: Config, wishes: Wishes, progress: Progress | None = None) -> Repair:
    """Fix the files at and below ``paths``."""
    checker = Checker(config, wishes.report_unused_noqa)
    paths = tuple(paths)
    files = config.finder(wishes.force_exclude).files(paths)
    fixed: list[Diagnostic] = []
    left_out: list[LeftOut] = []
    remaining: list[Diagnostic] = []
    sources: dict[str, Source] = {}
    diffs: list[str] = []
    unread = 0
    for done, file in enumerate(files, start=1):
        before, mended = _mended_file(checker, file, wishes)
        fixed += mended.fixed
        left_out += mended.left_out
        remaining += mended.source.placed(mended.remaining)
        unread += before.unread
        sources[file] = mended.source
        if before.text != mended.source.text:
            diffs.append(unified(before, mended.source))
        if progress is not None:
            progress(done, len(files))
    report = Report(tuple(sorted(remaining, key=lambda d: d.order)), len(files), sources, unread=unread)
    if fixed and wishes.write and len(files) > 1:  # a class mended in one file changes what is found in others
        report = check_paths(
            paths, config, force_exclude=wishes.force_exclude, report_unused_noqa=wishes.report_unused_noqa
        )
    return Repair(replace(report, fixed=tuple(fixed), left_out=tuple(left_out)), "".join(diffs))


def fix_text(data: bytes, filename: str, config: Config, wishes: Wishes) -> tuple[Repair, bytes]:
    """Fix ``data`` as if it were the content of the file ``filename``; also gives the new content."""
    if wishes.force_exclude and config.finder().excluded(filename):
        return Repair(Report((), 0, {}), ""), data
    checker = Checker(config, wishes.report_unused_noqa)
    source, found = checker.file(filename, data)
    mended = _mended(checker, source, found, wishes)
    sources = {filename: mended.source} if mended.source.text else {}
    remaining = mended.source.placed(mended.remaining)
    report = Report(tuple(remaining), 1, sources, tuple(mended.fixed), tuple(mended.left_out), source.unread)
    content = encoded(mended.source, data) if mended.fixed else data
    return Repair(report, unified(source, mended.source) if mended.fixed else ""), content


def _mended_file(checker: Checker, file: str, wishes: Wishes) -> tuple[Source, Mended]:
    source, found = checker.file(file)
    if not any(d.fixable(wishes.unsafe) for d in found):
        return source, Mended(source, found)
    mended = _mended(checker, source, found, wishes)
    if not mended.fixed or not wishes.write:
        return source, mended
    try:
        with open(file, "rb") as opened:
            before = opened.read()
        if decode(before, file).text != source.text:
            raise WriteError(file, "has changed since it was read")
        replace_content(file, before, encoded(mended.source, before))
    except (OSError, SourceError, WriteError) as error:
        reason = getattr(error, "problem", None) or getattr(error, "message", None) or str(error)
        checker.forget(file)
        return source, Mended(source, found, [], [LeftOut(d, f"the file {reason}") for d in mended.fixed])
    return source, mended


def _mended(checker: Checker, source: Source, found: list[Diagnostic], wishes: Wishes) -> Mended:
    def check(changed: Source) -> list[Diagnostic]:
        checker.forget(source.path)
        return checker.check(changed)

    mended = mend(source, found, check, wishes.unsafe, Suppressions.of(source).protected)
    checker.forget(source.path)
    return mended


def unified(before: Source, after: Source) -> str:
    """The difference as ``diff -u`` prints it; that of a notebook cell by cell."""
    if before.notebook is None or after.notebook is None:
        return _difference(before.path, before.text, after.text)
    was, now = before.notebook.cells(before.text), after.notebook.cells(after.text)
    return "".join(_difference(f"{before.path}:cell {n}", "\n".join(was[n]), "\n".join(now[n])) for n in was)


def _difference(name: str, before: str, after: str) -> str:
    lines = difflib.unified_diff(with_ends(before), with_ends(after), name, name)
    return "".join(_ended(lines))


def _ended(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        yield line if line.endswith(("\n", "\r")) else f"{line}\n\\ No newline at end of file\n"
