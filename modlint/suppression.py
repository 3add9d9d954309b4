"""Comments that silence: ``# noqa``, bare or with codes or rule names, and ``# modlint: skip-file``."""

from __future__ import annotations

import re
import tokenize
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator

import msgspec

from modlint import catalogue
from modlint.check_codes import CHECKS
from modlint.diagnostics import Diagnostic, Span
from modlint.reserved import INTERNAL_ERROR, UNUSED_NOQA
from modlint.selection import code_of
from modlint.source import Source

_SKIP_WORDS = ("skip-file", "flake8:", "flake8=")
_SKIP_FILE = re.compile(r"#\s*modlint:\s*skip-file\b", re.IGNORECASE)
_SKIP_LINE = re.compile(r"\s*# flake8[:=]\s*noqa\s*$", re.IGNORECASE)
_NOQA = re.compile(r"#\s*noqa\b(?::\s*(?P<items>[^#]*))?", re.IGNORECASE)
_CODE = re.compile(r"[A-Z]+[0-9]+", re.IGNORECASE)
_ITEM = re.compile(r"([\w-]+)[,\s]*")


class Noqa(msgspec.Struct, frozen=True):
    """One ``# noqa`` comment.

    ``lines`` (first, last) are those it speaks for: several where a string or a backslash goes on. ``items``
    holds what it names: the text as written and the prefix of codes it stands for; none for a bare one.
    """

    span: Span
    lines: tuple[int, int]
    items: tuple[tuple[str, str], ...] = ()


class Suppressions(msgspec.Struct, eq=False):
    """The ``# noqa`` comments of one file, and which of their items have silenced something."""

    noqas: tuple[Noqa, ...]
    used: set[tuple[Noqa, str]] = msgspec.field(default_factory=set)

    @classmethod
    def of(cls, source: Source) -> Suppressions:
        """The comments in ``source``; a file that never says the word costs one search."""
        if "noqa" not in source.text.lower():
            return cls(())
        return cls(tuple(noqa for comment in _comments(source) for noqa in _noqas(comment)))

    @property
    def protected(self) -> set[int]:
        """The lines that comments keep from being changed: all of those for modlint's codes, or for any."""
        found: set[int] = set()
        for noqa in self.noqas:
            if not noqa.items or any(code.startswith("MOD") for _, code in noqa.items):
                found.update(range(noqa.lines[0], noqa.lines[1] + 1))
        return found

    def remaining(self, diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
        """The diagnostics that no comment silences; an internal error can't be silenced."""
        if not self.noqas:
            return list(diagnostics)
        by_line: dict[int, list[Noqa]] = defaultdict(list)
        for noqa in self.noqas:
            for line in range(noqa.lines[0], noqa.lines[1] + 1):
                by_line[line].append(noqa)
        return [item for item in diagnostics if not self._silenced(item, by_line)]

    def unused(self, source: Source, ran: Collection[str]) -> list[Diagnostic]:
        """A diagnostic for each comment that names codes of modlint's in vain, where the rules ``ran``."""
        found = []
        for noqa in self.noqas:
            idle = [(text, code) for text, code in noqa.items if (noqa, text) not in self.used]
            vain = [text for text, code in idle if _is_in_vain(code, ran)]
            if vain:
                found.append(_unused(source.path, noqa, vain))
        return found

    def _silenced(self, diagnostic: Diagnostic, by_line: dict[int, list[Noqa]]) -> bool:
        if diagnostic.code == INTERNAL_ERROR.code:
            return False
        silenced = False
        for line in _lines_of(diagnostic):
            for noqa in by_line.get(line, ()):
                hits = [(noqa, text) for text, code in noqa.items if diagnostic.code.startswith(code)]
                self.used.update(hits)
                silenced = silenced or bool(hits) or not noqa.items
        return silenced


def skips_file(source: Source) -> bool:
    """Does a comment (``# modlint: skip-file``, or flake8's own on a line of its own) take the file out?"""
    text = source.text.lower()
    if not any(word in text for word in _SKIP_WORDS):
        return False
    return any(_SKIP_FILE.search(note.text) or _SKIP_LINE.match(note.whole_line) for note in _comments(source))


class _Comment(msgspec.Struct, frozen=True):
    text: str
    whole_line: str
    line: int
    column: int
    lines: tuple[int, int]


def _comments(source: Source) -> Iterator[_Comment]:
    """Every comment; in a file that can't be split into tokens, those up to the place where it fails."""
    lines = iter([f"{line}\n" for line in source.lines])
    first = 0
    pending: list[tokenize.TokenInfo] = []
    try:
        for token in tokenize.generate_tokens(lambda: next(lines, "")):
            if token.type == tokenize.COMMENT:
                pending.append(token)
            first = first or token.start[0]
            if token.type in (tokenize.NEWLINE, tokenize.NL):
                yield from [_comment(item, source, (first, token.end[0])) for item in pending]
                first, pending = 0, []
    except (tokenize.TokenError, SyntaxError):
        return


def _comment(token: tokenize.TokenInfo, source: Source, lines: tuple[int, int]) -> _Comment:
    row, column = token.start
    return _Comment(token.string, source.lines[row - 1], row, column + 1, lines)


def _noqas(comment: _Comment) -> Iterator[Noqa]:
    for found in _NOQA.finditer(comment.text):
        line, start = comment.line, comment.column + found.start()
        end = comment.column + len(comment.text[: found.end()].rstrip())
        yield Noqa(Span(line, start, line, end), comment.lines, tuple(_items(found["items"] or "")))


def _items(text: str) -> Iterator[tuple[str, str]]:
    """The codes and rule names that ``text`` begins with; an explanation may follow.

    Where it begins with something else the comment counts as a bare one, as it does in flake8.
    """
    place = 0
    while item := _ITEM.match(text, place):
        code = code_of(item[1]) or (item[1].upper() if _CODE.fullmatch(item[1]) else None)
        if code is None:
            return
        yield item[1], code
        place = item.end()


def _lines_of(diagnostic: Diagnostic) -> set[int]:
    """The lines whose comments speak for a finding: its first, its last and the first of its statement."""
    span = diagnostic.span
    last = span.end_line - 1 if span.end_column == 1 and span.end_line > span.line else span.end_line
    return {span.line, last, diagnostic.statement}


def _is_in_vain(code: str, ran: Collection[str]) -> bool:
    """Is an unused ``code`` modlint's own, and did every rule it stands for run (or is there none)?

    Runtime checks haven't run where rules have.
    """
    if not code.startswith("MOD") or any(check.startswith(code) for check in CHECKS):
        return False
    return all(rule.code in ran for rule in catalogue.all_rules() if rule.code.startswith(code))


def _unused(filename: str, noqa: Noqa, vain: list[str]) -> Diagnostic:
    names = ", ".join(f"`{text}`" for text in vain)
    message = f"this comment suppresses no {names}"
    return Diagnostic(
        UNUSED_NOQA.code, UNUSED_NOQA.name, message, filename, noqa.span, noqa.span.line, UNUSED_NOQA.severity
    )
