"""Kinds of bugs and how to seed one into real code: each seeder yields mutated texts of a file, one bug in each."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Seed:
    """A file's text with one bug in it; ``line`` is where the bug is and ``owner`` the class that has it."""

    text: str
    line: int
    owner: str


@dataclass(frozen=True)
class Method:
    """A method of a class of the file, with the text it stands in."""

    text: str
    cls: ast.ClassDef
    node: ast.FunctionDef

    def replaced(self, node: ast.AST, new: str) -> Seed:
        """The text with ``node`` replaced by ``new``."""
        start = offset(self.text, node.lineno, node.col_offset)  # type: ignore[attr-defined]
        end = offset(self.text, node.end_lineno, node.end_col_offset)  # type: ignore[attr-defined]
        return Seed(self.text[:start] + new + self.text[end:], node.lineno, self.cls.name)  # type: ignore[attr-defined]

    def source(self, node: ast.AST) -> str:
        """The node's own text."""
        return ast.get_source_segment(self.text, node) or ""

    def without(self, statement: ast.stmt) -> Seed:
        """The text with a statement replaced by ``pass``."""
        return self.replaced(statement, "pass")


def offset(text: str, line: int, column: int) -> int:
    """The index in ``text`` of an ``ast`` position (columns count UTF-8 bytes)."""
    lines = text.split("\n")
    before = sum(len(row) + 1 for row in lines[: line - 1])
    return before + len(lines[line - 1].encode()[:column].decode())


def methods(text: str, name: str) -> Iterator[Method]:
    """The methods called ``name`` of the classes of the file."""
    for cls in ast.walk(ast.parse(text)):
        if isinstance(cls, ast.ClassDef):
            for node in cls.body:
                if isinstance(node, ast.FunctionDef) and node.name == name and cls.bases:
                    yield Method(text, cls, node)


def is_super_init(node: ast.AST) -> bool:
    """Whether the statement calls ``super().__init__``."""
    if not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Call):
        return False
    function = node.value.func
    return isinstance(function, ast.Attribute) and function.attr == "__init__" and "super" in ast.unparse(function)


def callee(node: ast.AST) -> str:
    """The last name of what a call calls."""
    if not isinstance(node, ast.Call):
        return ""
    return ast.unparse(node.func).rpartition(".")[2]


def self_assignments(method: Method) -> Iterator[tuple[ast.Assign, str]]:
    """The statements ``self.name = value`` of a method."""
    for node in ast.walk(method.node):
        target = node.targets[0] if isinstance(node, ast.Assign) and len(node.targets) == 1 else None
        if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id == "self":
            yield node, target.attr  # type: ignore[misc]


def read_in(cls: ast.ClassDef, attribute: str, method: str = "forward") -> list[ast.Attribute]:
    """Where ``forward`` reads ``self.attribute``."""
    bodies = [n for n in cls.body if isinstance(n, ast.FunctionDef) and n.name == method]
    return [
        n
        for body in bodies
        for n in ast.walk(body)
        if isinstance(n, ast.Attribute) and n.attr == attribute and ast.unparse(n.value) == "self"
    ]


def drop_super(text: str) -> Iterator[Seed]:
    """``super().__init__()`` is missing."""
    for method in methods(text, "__init__"):
        for statement in method.node.body:
            if is_super_init(statement) and any(True for _ in self_assignments(method)):
                yield method.without(statement)


def uncalled_super(text: str) -> Iterator[Seed]:
    """``super().__init__`` without parentheses."""
    for method in methods(text, "__init__"):
        for statement in method.node.body:
            if is_super_init(statement):
                yield method.replaced(statement, "super().__init__")


def conditional_super(text: str) -> Iterator[Seed]:
    """``super().__init__()`` behind a condition."""
    for method in methods(text, "__init__"):
        for statement in method.node.body:
            if is_super_init(statement) and statement.lineno == statement.end_lineno:
                yield method.replaced(statement, f"if torch.cuda.is_available(): {method.source(statement)}")


def wrong_super(text: str) -> Iterator[Seed]:
    """``super(Other, self)`` with a class that isn't a base."""
    others = [n for n in ast.parse(text).body if isinstance(n, ast.ClassDef)]
    for method in methods(text, "__init__"):
        bases = {ast.unparse(base) for base in method.cls.bases}
        other = next((o.name for o in others if o is not method.cls and o.name != method.cls.name), None)
        for statement in method.node.body:
            if is_super_init(statement) and other and bases == {"nn.Module"}:
                yield method.replaced(statement.value.func, f"super({other}, self).__init__")  # type: ignore[attr-defined]


def late_super(text: str) -> Iterator[Seed]:
    """A layer is assigned before ``super().__init__()``."""
    for method in methods(text, "__init__"):
        for statement in method.node.body:
            if is_super_init(statement):
                yield method.replaced(statement, f"self.seeded = nn.Linear(4, 4); {method.source(statement)}")


def plain_list(text: str) -> Iterator[Seed]:
    """``nn.ModuleList([...])`` becomes ``[...]``."""
    for method in methods(text, "__init__"):
        for node, _ in self_assignments(method):
            if callee(node.value) == "ModuleList" and node.value.args:  # type: ignore[attr-defined]
                inner = node.value.args[0]  # type: ignore[attr-defined]
                stateless = any(word in method.source(inner) for word in ("Pool", "ReLU", "Identity", "Drop"))
                if isinstance(inner, (ast.List, ast.ListComp)) and "for" in method.source(inner) and not stateless:
                    yield method.replaced(node.value, method.source(inner))


def grown_list(text: str) -> Iterator[Seed]:
    """``nn.ModuleList()`` that is appended to becomes ``[]``."""
    for method in methods(text, "__init__"):
        for node, _ in self_assignments(method):
            if callee(node.value) == "ModuleList" and not node.value.args:  # type: ignore[attr-defined]
                yield method.replaced(node.value, "[]")


def plain_dict(text: str) -> Iterator[Seed]:
    """``nn.ModuleDict()`` becomes ``{}``."""
    for method in methods(text, "__init__"):
        for node, _ in self_assignments(method):
            if callee(node.value) == "ModuleDict":
                inner = node.value.args  # type: ignore[attr-defined]
                yield method.replaced(node.value, method.source(inner[0]) if inner else "{}")


def unregistered_buffer(text: str) -> Iterator[Seed]:
    """``self.register_buffer("x", v)`` becomes ``self.x = v``."""
    for method in methods(text, "__init__"):
        for node in ast.walk(method.node):
            if isinstance(node, ast.Expr) and callee(node.value) == "register_buffer":
                arguments = node.value.args  # type: ignore[attr-defined]
                if len(arguments) < 2 or not isinstance(arguments[0], ast.Constant):
                    continue
                value = method.source(arguments[1])
                if (
                    "torch." in value
                    and "torch.tensor(" not in value
                    and "persistent" not in value
                    and read_in(method.cls, arguments[0].value)
                ):
                    yield method.replaced(node, f"self.{arguments[0].value} = {value}")


def plain_parameter(text: str) -> Iterator[Seed]:
    """``nn.Parameter(x)`` becomes ``x``."""
    for method in methods(text, "__init__"):
        for node, name in self_assignments(method):
            if callee(node.value) == "Parameter" and read_in(method.cls, name):
                yield method.replaced(node.value, method.source(node.value.args[0]))  # type: ignore[attr-defined]


def moved_parameter(text: str) -> Iterator[Seed]:
    """``nn.Parameter(x)`` becomes ``nn.Parameter(x).cuda()``."""
    for method in methods(text, "__init__"):
        for node, _ in self_assignments(method):
            if callee(node.value) == "Parameter":
                yield method.replaced(node.value, f"{method.source(node.value)}.cuda()")


def gradient_tensor(text: str) -> Iterator[Seed]:
    """``nn.Parameter(x)`` becomes ``torch.zeros(4, requires_grad=True)``."""
    for method in methods(text, "__init__"):
        for node, name in self_assignments(method):
            if callee(node.value) == "Parameter" and read_in(method.cls, name):
                yield method.replaced(node.value, "torch.zeros(4, requires_grad=True)")


def listed_parameters(text: str) -> Iterator[Seed]:
    """Parameters are kept in a list beside the one that is there."""
    for method in methods(text, "__init__"):
        for node, _ in self_assignments(method):
            if callee(node.value) == "Parameter" and node in method.node.body:
                made = method.source(node.value)
                yield method.replaced(node, f"{method.source(node)}; self.seeded = [{made} for _ in range(3)]")


def misspelled_forward(text: str) -> Iterator[Seed]:
    """``def forward`` becomes ``def foward``."""
    for method in methods(text, "forward"):
        if {ast.unparse(base) for base in method.cls.bases} == {"nn.Module"}:
            start = offset(text, method.node.lineno, method.node.col_offset)
            yield Seed(text[:start] + text[start:].replace("forward", "foward", 1), method.node.lineno, method.cls.name)


def misspelled_init(text: str) -> Iterator[Seed]:
    """``def __init__`` becomes ``def __int__``."""
    for method in methods(text, "__init__"):
        if len(method.node.args.args) > 1:
            start = offset(text, method.node.lineno, method.node.col_offset)
            yield Seed(
                text[:start] + text[start:].replace("__init__", "__int__", 1), method.node.lineno, method.cls.name
            )


def misspelled_attribute(text: str) -> Iterator[Seed]:
    """``self.name`` read in ``forward`` becomes ``self.nam``."""
    for method in methods(text, "forward"):
        inits = [n for n in method.cls.body if isinstance(n, ast.FunctionDef) and n.name == "__init__"]
        for init in inits:
            for _, name in self_assignments(Method(text, method.cls, init)):
                for read in read_in(method.cls, name)[:1]:
                    if len(name) > 3:
                        yield method.replaced(read, f"self.{name[:-2]}{name[-1]}{name[-2]}x")


def layer_in_forward(text: str) -> Iterator[Seed]:
    """A submodule called in ``forward`` is made there."""
    if "import torch.nn as nn" not in text and "from torch import nn" not in text:
        return
    for method in methods(text, "forward"):
        for node in ast.walk(method.node):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in (
                "self.fc",
                "self.proj",
                "self.norm",
                "self.conv",
            ):
                yield method.replaced(node.func, "nn.Linear(4, 4)")


def dropout_in_forward(text: str) -> Iterator[Seed]:
    """A dropout called in ``forward`` is made there."""
    if "import torch.nn as nn" not in text and "from torch import nn" not in text:
        return
    for method in methods(text, "forward"):
        for node in ast.walk(method.node):
            if (
                isinstance(node, ast.Call)
                and "drop" in ast.unparse(node.func)
                and ast.unparse(node.func).startswith("self.")
            ):
                yield method.replaced(node.func, "nn.Dropout(0.1)")


def functional_dropout(text: str) -> Iterator[Seed]:
    """A dropout module becomes ``F.dropout`` without ``training``."""
    if "import torch.nn.functional as F" not in text:
        return
    for method in methods(text, "forward"):
        for node in ast.walk(method.node):
            if (
                isinstance(node, ast.Call)
                and "drop" in ast.unparse(node.func)
                and ast.unparse(node.func).startswith("self.")
            ):
                yield method.replaced(node.func, "F.dropout")


def direct_forward(text: str) -> Iterator[Seed]:
    """``self.layer(x)`` becomes ``self.layer.forward(x)``."""
    for method in methods(text, "forward"):
        for node in ast.walk(method.node):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in (
                "self.fc",
                "self.conv",
                "self.norm1",
                "self.conv1",
            ):
                yield method.replaced(node.func, f"{method.source(node.func)}.forward")


SEEDERS: dict[str, tuple[Callable[[str], Iterator[Seed]], tuple[str, ...]]] = {
    "drop super": (drop_super, ("MOD101",)),
    "late super": (late_super, ("MOD102",)),
    "uncalled super": (uncalled_super, ("MOD103",)),
    "wrong super": (wrong_super, ("MOD104",)),
    "conditional super": (conditional_super, ("MOD105",)),
    "misspelled init": (misspelled_init, ("MOD108",)),
    "misspelled forward": (misspelled_forward, ("MOD108",)),
    "gradient tensor": (gradient_tensor, ("MOD201",)),
    "plain parameter": (plain_parameter, ("MOD202", "MOD203")),
    "unregistered buffer": (unregistered_buffer, ("MOD202", "MOD203")),
    "moved parameter": (moved_parameter, ("MOD204",)),
    "listed parameter": (listed_parameters, ("MOD205",)),
    "plain list": (plain_list, ("MOD301",)),
    "grown list": (grown_list, ("MOD301",)),
    "plain dict": (plain_dict, ("MOD301",)),
    "layer in forward": (layer_in_forward, ("MOD308",)),
    "dropout in forward": (dropout_in_forward, ("MOD308",)),
    "misspelled attribute": (misspelled_attribute, ("MOD310",)),
    "direct forward": (direct_forward, ("MOD404",)),
    "functional dropout": (functional_dropout, ("MOD406",)),
}
"""For each kind of bug, how to seed it and which rules are right to report it."""
