"""Syntax that a newer Python reads than the one that runs modlint: found with libcst, whose grammar is its own.

Asked only about a text that Python has refused, so that it costs nothing elsewhere. A text counts as newer where libcst
parses it and a construct stands in it that the running Python hasn't got; any other fault stays a fault of the file.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from typing import Any, Final

import libcst as cst

Version = tuple[int, int]
DEEPEST: Final = 60
"""How deep brackets may be nested in what libcst is given: its parser ends the process where its stack is full."""
MOST: Final = 500
"""How often a word may stand that nests to the right."""
_MAYBE: Final = re.compile(
    r"except\s*\*|\[\s*\*|\btype\s+\w|\b(?:class|def)\s+\w+\s*\[|\b[rRfFtT]{1,2}[\"']|except\s+[\w.]+\s*,|\blazy\s"
)
"""What every newer construct has in its text."""
_RUN: Final = re.compile(r"(?:(?:[-+~]|not\b|await\b|lambda\b[^:\n]{0,40}:)\s*){50}")
QUOTES: Final = ('"""', "'''", '"', "'")


def newer_syntax(text: str, running: Version = sys.version_info[:2]) -> str:
    """Which version of Python reads the text, and the construct that needs it; empty where none is known to."""
    if not (_MAYBE.search(text) and _is_shallow(text)):
        return ""
    try:
        module = cst.parse_module(text)
    except (cst.ParserSyntaxError, RecursionError, ValueError, UnicodeError):
        return ""
    (version, construct) = max(_constructs(module), default=((0, 0), ""))
    if version <= running:
        return ""
    needed, own = (".".join(map(str, number)) for number in (version, running))
    return f"needs Python {needed} or newer to be read ({construct}): modlint runs on Python {own}"


def _is_shallow(text: str) -> bool:
    """Whether nothing in the text is nested so deep that parsing it might not end well."""
    depth = 0
    for bracket in re.findall(r"[()\[\]{}]", text):
        depth = depth + 1 if bracket in "([{" else max(depth - 1, 0)
        if depth > DEEPEST:
            return False
    return not _RUN.search(text) and all(text.count(word) < MOST for word in ("elif", "else", "**", "lambda"))


def _constructs(module: cst.Module) -> Iterator[tuple[Version, str]]:
    """The constructs of a text that came with a version later than 3.10."""
    waiting: list[cst.CSTNode] = [module]
    while waiting:
        node = waiting.pop()
        waiting += node.children
        found = _construct(node, module)
        if found is not None:
            yield found


def _construct(node: Any, module: cst.Module) -> tuple[Version, str] | None:
    kind = type(node).__name__
    if getattr(node, "lazy", None) is not None and kind in ("Import", "ImportFrom"):
        return (3, 15), "a lazy import"
    if kind == "TemplatedString":
        return (3, 14), "a template string"
    if kind in ("ExceptHandler", "ExceptStarHandler") and isinstance(node.type, cst.Tuple) and not node.type.lpar:
        return (3, 14), "exception types without parentheses"
    if kind == "TypeParam" and node.default is not None:
        return (3, 13), "a type parameter with a default"
    if kind in ("TypeAlias", "TypeParameters"):
        return (3, 12), "a `type` statement" if kind == "TypeAlias" else "type parameters in brackets"
    if kind == "FormattedString" and _is_nested(node, module):
        return (3, 12), "an f-string with quotes, backslashes or comments inside"
    if kind == "TryStar":
        return (3, 11), "`except*`"
    if kind == "Index" and node.star is not None:
        return (3, 11), "an unpacked index"
    return None


def _is_nested(node: cst.FormattedString, module: cst.Module) -> bool:
    """Whether an f-string has in its expressions what Python refused there before it parsed them as code."""
    quote = next(q for q in QUOTES if node.start.endswith(q))
    codes = [module.code_for_node(part) for part in node.parts if isinstance(part, cst.FormattedStringExpression)]
    hidden = ("\\", "#", quote) if len(quote) == 3 else ("\\", "#", "\n", quote)
    return any(sign in code for code in codes for sign in hidden)
