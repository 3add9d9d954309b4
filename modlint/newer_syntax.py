"""Why Python refuses a text: because it is wrong, or because only a newer Python reads it.

libcst's grammar is newer than the running Python's. Where it parses the text, each construct that is newer than the
running Python is written in an older way. If Python parses the result, these alone were why it refused the text::

    type Size = tuple[int, int]        →  pass
    def first[T](items: list[T]): ...  →  def first(items: list[T]): ...

Nothing else tells that a newer Python is needed: a text with another fault besides keeps Python's own message.
"""

from __future__ import annotations

import ast
import re
import sys
import warnings
from collections.abc import Callable
from typing import Any, Final, NamedTuple

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider

Version = tuple[int, int]
MOST_TEXT: Final = 1_000_000
MOST_BRANCHES: Final = 1_000
MOST_OPERATIONS: Final = 1_000
"""In one statement. More may be nested too deeply: libcst's parser recurses without a limit, and a crash can't be
caught."""
_BRACKETS: Final = re.compile(r"[()\[\]{}\n]")
_OPERATION: Final = re.compile(r"[-+~*/%@&|^(\[{]|\.(?=\w)(?!\d)|\b(?:not|lambda|if|and|or|await)\b")
_TEMPLATE: Final = re.compile(r"\b(?:[tT](?=[rR]?['\"])|(?:[rR])[tT](?=['\"]))")


class Newer(NamedTuple):
    """A construct that the running Python doesn't know, the Python that brought it, and its place (columns from 1)."""

    version: Version
    construct: str
    line: int
    column: int

    @property
    def message(self) -> str:
        """What a person has to know: which Python reads the file, and which one this is."""
        needed, running = ".".join(map(str, self.version)), ".".join(map(str, sys.version_info[:2]))
        return f"needs Python {needed} or newer to be parsed ({self.construct}); modlint runs on Python {running}"


def newer_syntax(text: str) -> Newer | None:
    """The first construct for which a newer Python is needed, of those that need the newest.

    ``None`` where that isn't why Python refuses the text.
    """
    if len(text) > MOST_TEXT or _is_deep(text):
        return None
    try:
        tree, templates = _parsed(text)
        older = _Older(templates)
        result = MetadataWrapper(tree, unsafe_skip_copy=True).visit(older).code
    except Exception:  # noqa: BLE001  the text is refused anyway: whatever fails here only leaves Python's own message
        return None
    if not older.found or not _parses(result):
        return None
    return max(older.found, key=lambda newer: (newer.version, -newer.line, -newer.column))


def _parsed(text: str) -> tuple[cst.Module, frozenset[tuple[int, int]]]:
    """The concrete tree, and where it has formatted strings for template strings.

    libcst can't parse raw template strings, nor several in a row.
    """
    templates = [found.start() for found in _TEMPLATE.finditer(text)]
    lines = [text.count("\n", 0, start) + 1 for start in templates]
    columns = [start - (text.rfind("\n", 0, start) + 1) for start in templates]
    known = _TEMPLATE.sub(lambda found: found[0].lower().replace("t", "f"), text)
    return cst.parse_module(known), frozenset(zip(lines, columns, strict=True))


def _is_deep(text: str) -> bool:
    """Whether something in the text is nested so deeply that a parser that recurses may not come back."""
    if text.count("elif") > MOST_BRANCHES:
        return True
    depth = start = 0
    for bracket in _BRACKETS.finditer(text):
        if bracket[0] != "\n":
            depth = max(depth + (1 if bracket[0] in "([{" else -1), 0)
        elif depth == 0:
            if _operations(text[start : bracket.start()]) > MOST_OPERATIONS:
                return True
            start = bracket.end()
    return _operations(text[start:]) > MOST_OPERATIONS


def _operations(statement: str) -> int:
    return len(_OPERATION.findall(statement)) if len(statement) > MOST_OPERATIONS else 0


def _parses(text: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


class _Older(cst.CSTTransformer):
    """Writes what is newer than the running Python in an older way, and notes it."""

    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self, templates: frozenset[tuple[int, int]]) -> None:
        super().__init__()
        self.found: list[Newer] = []
        self._templates = templates

    def on_leave(self, original_node: cst.CSTNode, updated_node: cst.CSTNode) -> Any:
        """What the node is written as."""
        name = original_node.__class__.__name__
        if name not in CONSTRUCTS:
            return updated_node
        start = self.get_metadata(PositionProvider, _place(original_node)).start
        if name == "FormattedString" and (start.line, start.column) in self._templates:
            name = "TemplatedString"
        version, construct, older = CONSTRUCTS[name]
        written = older(original_node, updated_node) if version > sys.version_info[:2] else None
        if written is None:
            return updated_node
        self.found.append(Newer(version, construct, start.line, start.column + 1))
        return written


def _place(node: cst.CSTNode) -> cst.CSTNode:
    """The part that starts where the construct does: the type parameters of a class, the first ``except*``."""
    if isinstance(node, (cst.ClassDef, cst.FunctionDef)):
        return node.type_parameters or node
    if isinstance(node, cst.TryStar):
        return node.handlers[0]
    return node.annotation if isinstance(node, cst.Annotation) else node


def _nothing(_: Any, node: Any) -> cst.CSTNode:
    """In place of a statement."""
    return cst.Pass(semicolon=node.semicolon)


def _text(_: Any, node: Any) -> cst.CSTNode:
    return cst.SimpleString('""', lpar=node.lpar, rpar=node.rpar)


def _ungeneric(_: Any, node: Any) -> cst.CSTNode | None:
    return None if node.type_parameters is None else _changed(node, type_parameters=None)


def _without_default(_: Any, node: Any) -> cst.CSTNode | None:
    if node.default is None:
        return None
    return _changed(node, default=None, equal=cst.MaybeSentinel.DEFAULT, star="")


def _changed(node: Any, **changes: Any) -> cst.CSTNode:
    changed: cst.CSTNode = node.with_changes(**changes)
    return changed


def _formatted(original: Any, node: Any) -> cst.CSTNode | None:
    """A formatted string that Python refuses as a whole while it parses all expressions in it."""
    module = cst.Module([])
    if _parses(module.code_for_node(original)):
        return None
    return _text(original, node) if all(_fits(module, part) for part in node.parts) else None


def _fits(module: cst.Module, part: cst.CSTNode) -> bool:
    if not isinstance(part, cst.FormattedStringExpression):
        return True
    known = part.conversion in (None, "a", "r", "s") and _parses(f"({module.code_for_node(part.expression)}\n)")
    return known and all(_fits(module, inner) for inner in part.format_spec or ())


def _bracketed(_: Any, node: Any) -> cst.CSTNode | None:
    """``except A, B`` with its brackets; ``except A, error`` is what Python 2 writes for ``as error``."""
    several = node.type
    if not isinstance(several, cst.Tuple) or several.lpar or node.name is not None:
        return None
    last = several.elements[-1].value
    if len(several.elements) == 2 and isinstance(last, cst.Name) and not last.value[0].isupper():
        return None
    return _changed(node, type=several.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()]))


def _plain_try(_: Any, node: Any) -> cst.CSTNode:
    handlers = [cst.ExceptHandler(body=h.body, type=h.type, name=h.name) for h in node.handlers]
    return cst.Try(body=node.body, handlers=handlers, orelse=node.orelse, finalbody=node.finalbody)


def _unstarred(_: Any, node: Any) -> cst.CSTNode | None:
    return _changed(node, elt=node.elt.value) if isinstance(node.elt, cst.StarredElement) else None


def _unstarred_index(_: Any, node: Any) -> cst.CSTNode | None:
    return _changed(node, star=None) if node.star else None


def _unstarred_annotation(_: Any, node: Any) -> cst.CSTNode | None:
    value = node.annotation
    return _changed(node, annotation=value.value) if isinstance(value, cst.StarredElement) else None


CONSTRUCTS: Final[dict[str, tuple[Version, str, Callable[[Any, Any], cst.CSTNode | None]]]] = {
    "TryStar": ((3, 11), "`except*`", _plain_try),
    "Index": ((3, 11), "`*` in an index", _unstarred_index),
    "Annotation": ((3, 11), "`*` in an annotation", _unstarred_annotation),
    "TypeAlias": ((3, 12), "`type` statement", _nothing),
    "ClassDef": ((3, 12), "type parameters", _ungeneric),
    "FunctionDef": ((3, 12), "type parameters", _ungeneric),
    "FormattedString": ((3, 12), "quotes, a backslash or a line end inside the braces of an f-string", _formatted),
    "TypeParam": ((3, 13), "default of a type parameter", _without_default),
    "TemplatedString": ((3, 14), "t-string", _text),
    "ExceptHandler": ((3, 14), "`except` with several types without brackets", _bracketed),
    "ExceptStarHandler": ((3, 14), "`except*` with several types without brackets", _bracketed),
    "LazyImport": ((3, 15), "`lazy` import", _nothing),
    "LazyImportFrom": ((3, 15), "`lazy` import", _nothing),
    "ListComp": ((3, 15), "`*` in a comprehension", _unstarred),
    "SetComp": ((3, 15), "`*` in a comprehension", _unstarred),
    "GeneratorExp": ((3, 15), "`*` in a comprehension", _unstarred),
    "StarredDictComp": ((3, 15), "`**` in a comprehension", _text),
}
"""By the name of libcst's class (older versions of it lack some): what it is, and how to write it without."""
