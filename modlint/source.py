"""The text of a file: bytes to text as Python itself would decode them, text to an ``ast`` tree.

All bad input ends here as a `SourceError` with the line where it goes wrong.
"""

from __future__ import annotations

import ast
import codecs
import os
import re
import warnings
from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Final

import msgspec

from modlint.diagnostics import Diagnostic, Edit, Fix, Span
from modlint.errors import SourceError
from modlint.lines import LINE_END

if TYPE_CHECKING:
    from modlint.notebook import Notebook

NOTEBOOK_ENDING: Final = ".ipynb"
_LINE_END_BYTES = re.compile(rb"\r\n|\r|\n")
_DECLARATION = re.compile(rb"[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_CODELESS = re.compile(rb"[ \t\f]*(?:#.*)?$")
_FOREIGN_MARKS = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)
DISPLAYED: Final = "displayed"
"""Set on the last expression of a notebook's cell, whose value is shown below it."""


class Source(msgspec.Struct, frozen=True, dict=True):
    """A file's text, and the path under which it is reported; of a notebook the text of all its cells."""

    path: str
    text: str
    notebook: Notebook | None = None

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """The lines without their ends, numbered as in ``ast``: a form feed or U+2028 ends no line."""
        return tuple(LINE_END.split(self.text) if "\r" in self.text else self.text.split("\n"))

    @property
    def unread(self) -> int:
        """How many code cells of a notebook are in other languages."""
        return self.notebook.unread if self.notebook is not None else 0

    def lines_around(self, span: Span) -> tuple[str, ...]:
        """The lines that a reported place counts in: those of the file, or of the cell it names."""
        if self.notebook is None or not span.cell:
            return self.lines
        return tuple(self.notebook.cells(self.text)[span.cell])

    @property
    def lost_magic(self) -> bool:
        """Whether fixes have changed a line of a notebook that stands for one that only IPython understands."""
        return self.notebook is not None and not self.notebook.is_whole(self.text)

    def changed(self, text: str) -> Source:
        """The same file with another text."""
        return Source(self.path, text, self.notebook and self.notebook.changed(text))

    def placed(self, found: Iterable[Diagnostic]) -> list[Diagnostic]:
        """The diagnostics as they are reported: in a notebook, places are cells and lines of cells."""
        if self.notebook is None:
            return list(found)
        return sorted((self._in_cell(item) for item in found), key=lambda item: item.order)

    def _in_cell(self, item: Diagnostic) -> Diagnostic:
        fix = item.fix and Fix(
            item.fix.message, tuple(Edit(self._span(e.span), e.content) for e in item.fix.edits), item.fix.unsafe
        )
        span = self._span(item.span)
        return msgspec.structs.replace(item, span=span, statement=item.statement - item.span.line + span.line, fix=fix)

    def _span(self, span: Span) -> Span:
        if self.notebook is None:
            return span
        cell, row = self.notebook.place(span.line)
        return Span(row, span.column, span.end_line - span.line + row, span.end_column, cell)


def read(path: str | os.PathLike[str]) -> Source:
    """The source in the file at ``path``."""
    name = os.fspath(path)
    try:
        with open(name, "rb") as file:
            data = file.read()
    except IsADirectoryError:
        listable = os.access(name, os.R_OK | os.X_OK)
        problem = "it is a folder" if listable else "it is a folder that cannot be listed"
        raise SourceError(1, 1, f"cannot be read: {problem}") from None
    except OSError as error:
        raise SourceError(1, 1, f"cannot be read: {(error.strerror or str(error)).lower()}") from None
    return decode(data, name)


def decode(data: bytes, path: str) -> Source:
    """The source in ``data``, decoded by its mark (BOM) or declared encoding (PEP 263), else as UTF-8."""
    if path.lower().endswith(NOTEBOOK_ENDING):
        return _notebook(data, path)
    _refuse_foreign_bytes(data)
    marked = data.startswith(codecs.BOM_UTF8)
    body = data[len(codecs.BOM_UTF8) :] if marked else data
    encoding, line = _declared_encoding(body)
    if marked and not _is_utf8(encoding):
        raise SourceError(line, 1, f"declares the encoding `{encoding}` but starts with the mark of UTF-8")
    try:
        return Source(path, body.decode(encoding))
    except LookupError:
        raise SourceError(line, 1, f"declares an encoding that Python does not know: `{encoding}`") from None
    except UnicodeDecodeError as error:
        if error.object == body:
            raise _undecodable(body, error.start, encoding) from None
        raise SourceError(line, 1, f"cannot be decoded as `{encoding}`") from None
    except Exception:  # noqa: BLE001  a codec is anyone's code, and any file may name it
        raise SourceError(line, 1, f"cannot be decoded as `{encoding}`") from None


def _notebook(data: bytes, path: str) -> Source:
    """The cells of a notebook as one text."""
    from modlint.notebook import code_cells, composed

    text, parts = composed(code_cells(_utf8(data)), lambda cell, explain: parse(Source(path, cell), explain))
    return Source(path, text, parts)


def _utf8(data: bytes) -> str:
    """The text of a notebook, which is in UTF-8 whatever its cells declare."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _undecodable(data, error.start, "utf-8") from None


def encoded(source: Source, like: bytes) -> bytes:
    """The content of the file once ``source`` is its text: with the mark and the encoding of its present content.

    Of a notebook only the cells change.

    Raises:
        SourceError: the encoding has no place for a character of the text.
    """
    text = source.text
    mark = codecs.BOM_UTF8 if like.startswith(codecs.BOM_UTF8) else b""
    if source.notebook is not None:
        from modlint.notebook_splice import spliced

        return mark + spliced(_utf8(like), source.notebook.cells(text)).encode()
    encoding, line = _declared_encoding(like[len(mark) :])
    try:
        return mark + text.encode(encoding)
    except Exception:  # noqa: BLE001  a codec is anyone's code
        raise SourceError(line, 1, f"the fixed text cannot be encoded as `{encoding}`") from None


def parse(source: Source, explain: bool = True) -> ast.Module:
    """The tree of ``source``; Python's warnings about the code stay unheard.

    ``explain`` says whether the error of a text that is refused is for people: whether a newer Python would read it is
    then found out, with libcst.

    Raises:
        SourceError: it can't be parsed.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source.text)
            return tree if source.notebook is None else _with_displays(tree, source.notebook)
    except SyntaxError as error:
        raise _refused(source.text, error, explain) from None
    except (RecursionError, MemoryError):
        raise SourceError(1, 1, "is nested too deeply for Python to parse") from None
    except UnicodeEncodeError as error:
        line = len(LINE_END.findall(source.text, 0, error.start)) + 1
        raise SourceError(line, 1, "contains half of a surrogate pair, which is no character") from None
    except ValueError as error:
        raise SourceError(1, 1, f"cannot be parsed: {error}") from None


def _refused(text: str, error: SyntaxError, explain: bool) -> SourceError:
    """Why Python can't parse the text: it is wrong, or it is written for a newer Python."""
    if explain:
        from modlint.newer_syntax import newer_syntax

        newer = newer_syntax(text)
        if newer is not None:
            return SourceError(newer.line, newer.column, newer.message)
    return SourceError(error.lineno or 1, max(error.offset or 1, 1), f"syntax error: {error.msg}")


def _with_displays(tree: ast.Module, cells: Notebook) -> ast.Module:
    """The tree with the last expression of each cell marked: its value is displayed, not thrown away."""
    last = {cells.place(statement.lineno)[0]: statement for statement in tree.body}
    for statement in last.values():
        if isinstance(statement, ast.Expr):
            setattr(statement, DISPLAYED, True)
    return tree


def _refuse_foreign_bytes(data: bytes) -> None:
    for mark, encoding in _FOREIGN_MARKS:
        if data.startswith(mark):
            raise SourceError(1, 1, f"is encoded in {encoding}, which Python cannot read: save it as UTF-8")
    place = data.find(b"\0")
    if place >= 0:
        line, start = _line_of(data, place)
        raise SourceError(line, place - start + 1, "contains a null byte, so it is not Python source")


def _declared_encoding(data: bytes) -> tuple[str, int]:
    """The encoding that a comment in the first two lines declares and the number of that line."""
    for number, line in enumerate(_LINE_END_BYTES.split(data[:1024], maxsplit=2)[:2], start=1):
        found = _DECLARATION.match(line)
        if found:
            return found[1].decode("ascii", "replace"), number
        if not _CODELESS.match(line):
            break
    return "utf-8", 1


def _is_utf8(encoding: str) -> bool:
    try:
        return codecs.lookup(encoding).name in ("utf-8", "utf-8-sig")
    except LookupError:
        return False


def _undecodable(data: bytes, place: int, encoding: str) -> SourceError:
    line, start = _line_of(data, place)
    try:
        column = len(data[start:place].decode(encoding, "replace")) + 1
    except UnicodeError:  # some encodings can't replace what isn't valid
        column = place - start + 1
    return SourceError(line, column, f"cannot be decoded as {encoding}: byte 0x{data[place]:02x} is not valid here")


def _line_of(data: bytes, place: int) -> tuple[int, int]:
    """The number of the line that holds the byte at ``place``, and where that line starts."""
    ends = [found.end() for found in _LINE_END_BYTES.finditer(data, 0, place)]
    return len(ends) + 1, ends[-1] if ends else 0
