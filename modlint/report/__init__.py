"""What a run found, and the formats it can be printed in: one file per format."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence

import msgspec

from modlint.diagnostics import Diagnostic, LeftOut
from modlint.errors import SourceError
from modlint.reserved import INTERNAL_ERROR
from modlint.source import Source, read

FORMATS: Mapping[str, str] = {"text": "text", "concise": "concise", "json": "as_json", "github": "github"}


class Report(msgspec.Struct, frozen=True):
    """The outcome of a run: what was found, in how many files, and the texts of those it was found in.

    A run that fixes has also ``fixed`` findings, which are gone, and fixes that were ``left_out`` with the reason.
    ``unread`` counts the cells of notebooks that are in other languages than Python. Of a run that verifies,
    ``remarks`` say in lines what was verified, ``unverified`` counts the classes that weren't, and ``nothing_verified``
    says that none was of those that could be asked for.
    """

    diagnostics: tuple[Diagnostic, ...]
    checked: int
    sources: Mapping[str, Source] = msgspec.field(default_factory=dict)
    fixed: tuple[Diagnostic, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    unread: int = 0
    remarks: tuple[str, ...] = ()
    unverified: int = 0
    nothing_verified: bool = False

    @classmethod
    def of_files(cls, files: Sequence[str], found: Mapping[str, list[Diagnostic]], unread: Mapping[str, int]) -> Report:
        """The report on ``files``, of which only those with findings are read."""
        diagnostics = sorted((item for file in files for item in found[file]), key=lambda item: item.order)
        return cls(
            tuple(diagnostics),
            len(files),
            {file: source for file in files if found[file] and (source := readable(file))},
            unread=sum(unread.get(file, 0) for file in files),
        )

    @property
    def status(self) -> int:
        """The exit code: 0 clean, 1 findings, 3 if modlint itself failed somewhere."""
        if any(diagnostic.code == INTERNAL_ERROR.code for diagnostic in self.diagnostics):
            return 3
        return 1 if self.diagnostics else 0


class Style(msgspec.Struct, frozen=True):
    """How much a report for people shows; ``unsafe`` says whether fixes marked so count as fixes."""

    color: bool = False
    show_source: bool = True
    summary: bool = True
    unsafe: bool = False


def readable(file: str) -> Source | None:
    """The text of a file that was found something in; ``None`` where it can't be read any more."""
    try:
        return read(file)
    except SourceError:
        return None


def render(report: Report, form: str, style: Style) -> str:
    """``report`` in one of the ``FORMATS``, or as ``statistics``."""
    module = importlib.import_module(f"{__name__}.{FORMATS.get(form, form)}")
    rendered: Callable[[Report, Style], str] = module.render
    return rendered(report, style)


def marked(diagnostic: Diagnostic, style: Style) -> str:
    """The mark of a finding that ``--fix`` mends."""
    return "[*] " if diagnostic.fixable(style.unsafe) else ""


def printable(text: str) -> str:
    """``text`` with what would break a line or steer a terminal escaped."""
    return "".join(char if char.isprintable() else _escaped(char) for char in text)


def _escaped(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")
