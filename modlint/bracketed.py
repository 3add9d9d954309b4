"""A gap in libcst's grammar: it can't parse an annotated target in brackets, ``(x): T = value``, which Python can.

Such a statement is written as one that libcst can parse and in which everything but the annotation stands where it
stood: ``(x)    = value``, and ``(x), T`` where there is no value.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Final

_COLON: Final = re.compile(r"(?:[\s)\\]|#[^\n]*\n)*:")
_EQUALS: Final = re.compile(r"(?:[\s)\\]|#[^\n]*\n)*=")

Change = tuple[int, int, str]


def parsable(text: str) -> str:
    """The text without the annotations of targets in brackets; as it is if it has none or Python can't parse it."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return text
    lines = re.split(r"(?<=\n)", text)
    statements = [n for n in ast.walk(tree) if isinstance(n, ast.AnnAssign) and _is_bracketed(n)]
    for start, end, replacement in sorted(_changes(text, lines, statements), reverse=True):
        text = text[:start] + replacement + text[end:]
    return text


def _is_bracketed(node: ast.AnnAssign) -> bool:
    return (node.lineno, node.col_offset) != (node.target.lineno, node.target.col_offset)


def _changes(text: str, lines: list[str], statements: list[ast.AnnAssign]) -> Iterator[Change]:
    for node in statements:
        colon = _COLON.match(text, _end(lines, node.target))
        equals = _EQUALS.match(text, _end(lines, node.annotation))
        if colon is None or (equals is None and node.value is not None):
            continue
        if equals is None or node.value is None:
            yield colon.end() - 1, colon.end(), ","
        else:
            start, end = colon.end() - 1, equals.end() - 1
            yield start, end, "\\\n".join(" " * len(line) for line in text[start:end].split("\n"))


def _end(lines: list[str], node: ast.expr) -> int:
    """The place in the text where an expression ends, brackets around it left out."""
    line, offset = node.end_lineno or node.lineno, node.end_col_offset or 0
    before = lines[line - 1].encode()[:offset].decode(errors="replace")
    return sum(map(len, lines[: line - 1])) + len(before)
