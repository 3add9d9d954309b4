"""Kinds of edits that people make to a file of Python code, each at a random place of it."""

from __future__ import annotations

import ast
import random
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Final

Nodes = list[ast.AST]


def edited(text: str, chance: random.Random) -> tuple[str, str]:
    """The text after one random edit, and the kind of edit; the same text where no edit is possible."""
    try:
        nodes: Nodes = list(ast.walk(ast.parse(text)))
    except SyntaxError:
        return "mend", text.replace(BROKEN, "")
    kind = chance.choice(list(EDITS))
    return kind, EDITS[kind](text, nodes, chance)


def append_comment(text: str, nodes: Nodes, chance: random.Random) -> str:
    """A comment at the end."""
    return f"{text}\n# {chance.random()}\n"


def shift(text: str, nodes: Nodes, chance: random.Random) -> str:
    """A line at the top."""
    return f"# {chance.random()}\n{text}"


def delete_statement(text: str, nodes: Nodes, chance: random.Random) -> str:
    """A statement becomes ``pass``."""
    return _replaced(text, _pick(_statements(nodes), chance), "pass")


def delete_super_init(text: str, nodes: Nodes, chance: random.Random) -> str:
    """A call of ``super().__init__`` goes."""
    calls = [s for s in _statements(nodes) if isinstance(s, ast.Expr) and "__init__" in ast.unparse(s)]
    return _replaced(text, _pick(calls, chance), "pass")


def swap_statements(text: str, nodes: Nodes, chance: random.Random) -> str:
    """Two neighbours change places."""
    pairs = [pair for body in _bodies(nodes) for pair in pairwise(body)]
    if not pairs:
        return text
    first, second = chance.choice(pairs)
    lines, (start, end), (other, last) = text.split("\n"), _lines(first), _lines(second)
    swapped = lines[other - 1 : last] + lines[end : other - 1] + lines[start - 1 : end]
    return "\n".join([*lines[: start - 1], *swapped, *lines[last:]])


def delete_definition(text: str, nodes: Nodes, chance: random.Random) -> str:
    """A function, method or class goes."""
    definitions = [n for n in nodes if isinstance(n, (ast.FunctionDef, ast.ClassDef))]
    return _replaced(text, _pick(definitions, chance), "pass")


def rename(text: str, nodes: Nodes, chance: random.Random) -> str:
    """A class or function is called something else, where it is defined only."""
    node = _pick([n for n in nodes if isinstance(n, (ast.FunctionDef, ast.ClassDef))], chance)
    if node is None:
        return text
    lines = text.split("\n")
    lines[node.lineno - 1] = lines[node.lineno - 1].replace(f" {node.name}", f" {node.name}2", 1)  # type: ignore[attr-defined]
    return "\n".join(lines)


def add_class(text: str, nodes: Nodes, chance: random.Random) -> str:
    """A class at the end, of a new name or of one the file has, derived from some class of the file."""
    names = [n.name for n in nodes if isinstance(n, ast.ClassDef)] or ["object"]
    name = chance.choice([*names, f"Added{chance.randrange(1000)}"])
    body = chance.choice(["pass", "def __init__(self):\n        self.x = 1", "def forward(self, x):\n        print(x)"])
    return f"{text}\n\nclass {name}({chance.choice(names)}):\n    {body}\n"


def change_base(text: str, nodes: Nodes, chance: random.Random) -> str:
    """A class is derived from something else."""
    base = _pick([base for n in nodes if isinstance(n, ast.ClassDef) for base in n.bases], chance)
    others = [n.name for n in nodes if isinstance(n, ast.ClassDef)]
    return _replaced(text, base, chance.choice([*others, "object", "Unknown", "nn.Module", "nn.Sequential"]))


def change_default(text: str, nodes: Nodes, chance: random.Random) -> str:
    """An argument has another default value."""
    defaults = [d for n in nodes if isinstance(n, ast.arguments) for d in (*n.defaults, *n.kw_defaults) if d]
    return _replaced(text, _pick(defaults, chance), chance.choice(["None", "0", "nn.Linear", "'relu'", "True"]))


def change_import(text: str, nodes: Nodes, chance: random.Random) -> str:
    """An import goes, or brings everything."""
    imports = [n for n in nodes if isinstance(n, (ast.Import, ast.ImportFrom)) and n.col_offset == 0]
    node = _pick(imports, chance)
    star = f"from {'.' * node.level}{node.module or ''} import *" if isinstance(node, ast.ImportFrom) else "pass"
    return _replaced(text, node, chance.choice([star, "pass"]) if node else "")


def wrap_assigned(text: str, nodes: Nodes, chance: random.Random) -> str:
    """What is bound to an attribute is put into a list, detached, or made a Parameter or a plain tensor."""
    stored = [n for n in nodes if isinstance(n, ast.Assign) and isinstance(n.targets[0], ast.Attribute)]
    node = _pick(stored, chance)
    if node is None:
        return text
    value = ast.get_source_segment(text, node.value) or "None"
    forms = [f"[{value}]", f"({value}).detach()", f"nn.Parameter({value})", "torch.zeros(3)", "nn.Linear(2, 2)"]
    return _replaced(text, node.value, chance.choice(forms))


def break_file(text: str, nodes: Nodes, chance: random.Random) -> str:
    """Something half written, which the next edit mends."""
    return text + BROKEN


BROKEN: Final = "\nclass Half(\n"
EDITS: Final[dict[str, Callable[[str, Nodes, random.Random], str]]] = {
    edit.__name__.replace("_", " "): edit
    for edit in (
        append_comment, shift, delete_statement, delete_super_init, swap_statements, delete_definition, rename,
        add_class, change_base, change_default, change_import, wrap_assigned, break_file,
    )
}  # fmt: skip


def _statements(nodes: Nodes) -> list[ast.stmt]:
    """The statements inside functions."""
    return [s for n in nodes if isinstance(n, ast.FunctionDef) for s in n.body]


def _bodies(nodes: Nodes) -> Iterator[list[ast.stmt]]:
    for node in nodes:
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)):
            yield node.body


def _pick(nodes: list, chance: random.Random) -> ast.AST | None:  # type: ignore[type-arg]
    return chance.choice(nodes) if nodes else None


def _lines(node: ast.stmt) -> tuple[int, int]:
    decorators = getattr(node, "decorator_list", [])
    return min([node.lineno, *(d.lineno for d in decorators)]), node.end_lineno or node.lineno


def _replaced(text: str, node: ast.AST | None, new: str) -> str:
    if node is None:
        return text
    lines = text.split("\n")
    first, last = node.lineno - 1, node.end_lineno - 1  # type: ignore[attr-defined,operator]
    before = lines[first].encode()[: node.col_offset].decode()  # type: ignore[attr-defined]
    after = lines[last].encode()[node.end_col_offset :].decode()  # type: ignore[attr-defined]
    return "\n".join([*lines[:first], before + new + after, *lines[last + 1 :]])
