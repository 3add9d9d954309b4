"""The text of a file: bytes to text as Python itself would decode them, text to an ``ast`` tree.

All bad input ends here as a `SourceError` with the line where it goes wrong.
"""

from __future__ import annotations

import ast
import codecs
import os
import re
import warnings
from functools import cached_property

import msgspec

from modlint.errors import SourceError

_LINE_END = re.compile(r"\r\n|\r|\n")
_LINE_END_BYTES = re.compile(rb"\r\n|\r|\n")
_DECLARATION = re.compile(rb"[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_CODELESS = re.compile(rb"[ \t\f]*(?:#.*)?$")
_FOREIGN_MARKS = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)


class Source(msgspec.Struct, frozen=True, dict=True):
    """A file's text, and the path under which it is reported."""

    path: str
    text: str

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """The lines without their ends, numbered as in ``ast``: a form feed or U+2028 ends no line."""
        return tuple(_LINE_END.split(self.text) if "\r" in self.text else self.text.split("\n"))


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
        raise _undecodable(body, error.start, encoding) from None
    except UnicodeError:
        raise SourceError(1, 1, f"cannot be decoded as `{encoding}`") from None


def encoded(text: str, like: bytes) -> bytes:
    """``text`` with the mark and the encoding of the file's present content.

    Raises:
        SourceError: the encoding has no place for a character of the text.
    """
    mark = codecs.BOM_UTF8 if like.startswith(codecs.BOM_UTF8) else b""
    encoding, line = _declared_encoding(like[len(mark) :])
    try:
        return mark + text.encode(encoding)
    except UnicodeError:
        raise SourceError(line, 1, f"the fixed text cannot be encoded as `{encoding}`") from None


def parse(source: Source) -> ast.Module:
    """The tree of ``source``; Python's warnings about the code stay unheard."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(source.text)
    except SyntaxError as error:
        line, column = error.lineno or 1, max(error.offset or 1, 1)
        raise SourceError(line, column, f"syntax error: {error.msg}") from None
    except (RecursionError, MemoryError):
        raise SourceError(1, 1, "is nested too deeply for Python to parse") from None
    except UnicodeEncodeError as error:
        line = len(_LINE_END.findall(source.text, 0, error.start)) + 1
        raise SourceError(line, 1, "contains half of a surrogate pair, which is no character") from None
    except ValueError as error:
        raise SourceError(1, 1, f"cannot be parsed: {error}") from None


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
    column = len(data[start:place].decode(encoding, "replace")) + 1
    return SourceError(line, column, f"cannot be decoded as {encoding}: byte 0x{data[place]:02x} is not valid here")


def _line_of(data: bytes, place: int) -> tuple[int, int]:
    """The number of the line that holds the byte at ``place``, and where that line starts."""
    ends = [found.end() for found in _LINE_END_BYTES.finditer(data, 0, place)]
    return len(ends) + 1, ends[-1] if ends else 0
