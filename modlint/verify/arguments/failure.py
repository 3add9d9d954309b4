"""What is known of a failed attempt: the error, where it came from, which operation and which layer were at work."""

from __future__ import annotations

import ast
import linecache
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from types import FrameType, TracebackType
from typing import Any

import torch


@dataclass(frozen=True)
class Frame:
    """One level of the traceback."""

    filename: str
    line: int
    function: str
    local: dict[str, Any]
    names: dict[str, Any]
    arguments: tuple[str, ...] = ()


@dataclass(frozen=True)
class Operation:
    """The torch function that failed, with the shapes it was given."""

    name: str
    arguments: tuple[Any, ...]
    keywords: dict[str, Any]

    def tensors(self) -> list[Any]:
        """The tensors among its arguments, in lists too."""
        found: list[Any] = []
        for value in (*self.arguments, *self.keywords.values()):
            inner = value if isinstance(value, (list, tuple)) else (value,)
            found += [v for v in inner if isinstance(v, torch.Tensor)]
        return found


@dataclass(frozen=True)
class Failure:
    """Why an attempt failed; ``progress`` grows with how far it came."""

    phase: str
    error: BaseException
    frames: tuple[Frame, ...] = ()
    operation: Operation | None = None
    layer: Any = None
    layer_inputs: tuple[Any, ...] = ()
    progress: int = 0
    given: dict[str, Any] = field(default_factory=dict)

    def level(self, cls: type) -> Frame | None:
        """The innermost level of the traceback in a method of an instance of this class."""
        return next((frame for frame in reversed(self.frames) if isinstance(frame.local.get("self"), cls)), None)

    @property
    def message(self) -> str:
        """The error's own words, in one line."""
        return " ".join(str(self.error).split())

    @property
    def kind(self) -> str:
        """The error's class."""
        return type(self.error).__name__

    @property
    def reason(self) -> str:
        """The error in one line."""
        own = type(self.error).__module__.startswith("modlint.")
        text = self.message if own else f"{self.kind}: {self.message}" if self.message else self.kind
        return text if len(text) <= 300 else text[:297] + "..."


def frames(traceback: TracebackType | None) -> Iterator[Frame]:
    """The levels of a traceback, the outermost first, without torch's own."""
    while traceback is not None:
        frame: FrameType = traceback.tb_frame
        code = frame.f_code
        arguments = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        yield Frame(code.co_filename, traceback.tb_lineno, code.co_name, frame.f_locals, frame.f_globals, arguments)
        traceback = traceback.tb_next


def own_frames(error: BaseException) -> tuple[Frame, ...]:
    """The levels of the error's traceback that are neither modlint's nor torch's."""
    return tuple(f for f in frames(error.__traceback__) if not _foreign(f.filename))


def _foreign(filename: str) -> bool:
    path = filename.replace("\\", "/")
    return "/torch/" in path or "/modlint/" in path or path.startswith("<frozen") or path == "<recipe>"


@lru_cache(maxsize=512)
def statement_names(filename: str, line: int) -> tuple[frozenset[str], str]:
    """The names that the statement at a line reads, and its text."""
    tree = _tree(filename)
    best: ast.stmt | None = None
    for node in ast.walk(tree) if tree is not None else ():
        if isinstance(node, ast.stmt) and node.lineno <= line <= (node.end_lineno or node.lineno):
            best = node if best is None or node.lineno >= best.lineno else best
    if best is None:
        return frozenset(), ""
    head: list[ast.AST] = [best]
    if isinstance(best, (ast.If, ast.While)):
        head = [best.test]
    elif isinstance(best, ast.For):
        head = [best.iter]
    elif isinstance(best, ast.With):
        head = [item.context_expr for item in best.items]
    names = {n.id for top in head for n in ast.walk(top) if isinstance(n, ast.Name)}
    names |= {n.attr for top in head for n in ast.walk(top) if isinstance(n, ast.Attribute)}
    return frozenset(names), " ".join(ast.unparse(top) for top in head)


@lru_cache(maxsize=512)
def tests(filename: str, line: int) -> tuple[str, ...]:
    """The comparisons of the assertion at a line, or of the condition under which it raises."""
    tree = _tree(filename)
    found: list[ast.expr] = []
    for node in ast.walk(tree) if tree is not None else ():
        if (isinstance(node, ast.Assert) and _holds(node, line)) or (
            isinstance(node, ast.If)
            and any(isinstance(s, ast.Raise) and s.lineno <= line <= (s.end_lineno or s.lineno) for s in node.body)
        ):
            found.append(node.test)
    return tuple(ast.unparse(c) for test in found for c in ast.walk(test) if isinstance(c, ast.Compare))


def _holds(node: ast.stmt, line: int) -> bool:
    return node.lineno <= line <= (node.end_lineno or node.lineno)


@lru_cache(maxsize=32)
def _tree(filename: str) -> ast.Module | None:
    try:
        return ast.parse("".join(linecache.getlines(filename)))
    except SyntaxError:
        return None
