"""What the source says about the shapes of a method's inputs: unpackings, indices, comments, einops patterns."""

from __future__ import annotations

import ast
import inspect
import re
from typing import Any, Final

from modlint.model.facts import dotted

LETTERS: Final = {
    "b": 2, "batch": 2, "bs": 2, "batch_size": 2, "c": 64, "h": 32, "w": 32, "n": 12, "s": 12, "t": 12, "l": 12,
    "seq": 12, "d": 64, "height": 32, "width": 32, "channels": 3, "dim": 64, "f": 8, "e": 64, "k": 4,
}  # fmt: skip
"""The sizes of dimensions by the names that people give them."""
SHAPED: Final = re.compile(r"[\(\[]\s*\*?\s*([A-Za-z_]\w{0,9}(?:\s*,\s*[\w+*/. -]{1,14}){1,5})\s*[\)\]]")


def ranks(function: Any, node: ast.FunctionDef | None, documentation: str) -> dict[str, list[int]]:
    """For each parameter, how many dimensions the source says it has; the surest first."""
    found: dict[str, list[int]] = {}
    if node is not None:
        _from_code(node, found)
    _from_documentation(documentation + "\n" + (inspect.getdoc(function) or ""), found)
    return found


def _note(found: dict[str, list[int]], name: str, rank: int) -> None:
    known = found.setdefault(name, [])
    if rank not in known and 0 < rank < 7:
        known.append(rank)


def _from_code(node: ast.FunctionDef, found: dict[str, list[int]]) -> None:
    least: dict[str, int] = {}
    for statement in ast.walk(node):
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Tuple):
            name = _shape_of(statement.value)
            if name and not any(isinstance(e, ast.Starred) for e in statement.targets[0].elts):
                _note(found, name, len(statement.targets[0].elts))
        elif isinstance(statement, ast.Call):
            _from_call(statement, found)
        elif isinstance(statement, ast.Subscript) and isinstance(statement.slice, ast.Constant):
            name = _shape_of(statement.value)
            index = statement.slice.value
            if name and isinstance(index, int) and index >= 0:
                least[name] = max(least.get(name, 0), index + 1)
    for name, rank in least.items():
        _note(found, name, rank)


def _shape_of(node: ast.expr) -> str:
    """The name whose shape is read: ``name.shape`` or ``name.size()``."""
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "size"
        and not node.args
    ):
        return dotted(node.func.value)
    if isinstance(node, ast.Attribute) and node.attr == "shape":
        return dotted(node.value)
    return ""


def _from_call(call: ast.Call, found: dict[str, list[int]]) -> None:
    """``name.permute(0, 2, 1)``, ``rearrange(name, "b c h w -> …")``."""
    if isinstance(call.func, ast.Attribute) and call.func.attr == "permute" and len(call.args) > 1:
        _note(found, dotted(call.func.value), len(call.args))
    name = dotted(call.func).rpartition(".")[2]
    if name in ("rearrange", "repeat", "reduce", "pack") and len(call.args) >= 2:
        pattern = call.args[1]
        if isinstance(pattern, ast.Constant) and isinstance(pattern.value, str) and "..." not in pattern.value:
            left = re.sub(r"\([^)]*\)", "p", pattern.value.partition("->")[0])
            if "->" in pattern.value:
                _note(found, dotted(call.args[0]), len(left.split()))


def _from_documentation(text: str, found: dict[str, list[int]]) -> None:
    """``x: … (B, C, H, W)``, one parameter a line."""
    for line in text.splitlines():
        name = re.match(r"\s*[-*]?\s*(?::param\s+)?`{0,2}(\w+)`{0,2}\s*[(:]", line)
        shape = SHAPED.search(line)
        if name and shape:
            _note(found, name[1], shape[1].count(",") + 1)


def annotated(annotation: Any) -> tuple[int, ...] | None:
    """The shape that a jaxtyping-like annotation spells out."""
    text = getattr(annotation, "dim_str", None)
    if not isinstance(text, str) or "..." in text or "*" in text:
        return None
    sizes = []
    for word in text.split():
        plain = word.strip("#_?").partition("=")[2] or word.strip("#_?")
        sizes.append(int(plain) if plain.isdigit() else LETTERS.get(plain.lower(), 12))
    return tuple(sizes)
