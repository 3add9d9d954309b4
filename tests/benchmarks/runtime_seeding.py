"""More kinds of bugs, which only a run shows well: each seeder yields mutated texts of a file, one bug in each."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from seeding import SEEDERS, Method, Seed, callee, methods, offset, read_in, self_assignments


def repeated_instance(text: str) -> Iterator[Seed]:
    """``nn.ModuleList([layer for …])`` becomes ``nn.ModuleList([layer] * 3)``."""
    for method in methods(text, "__init__"):
        for node, _ in self_assignments(method):
            inner = node.value.args[0] if callee(node.value) == "ModuleList" and node.value.args else None  # type: ignore[attr-defined]
            if isinstance(inner, ast.ListComp) and isinstance(inner.elt, ast.Call):
                names = {n.id for g in inner.generators for n in ast.walk(g.target) if isinstance(n, ast.Name)}
                used = {n.id for n in ast.walk(inner.elt) if isinstance(n, ast.Name)}
                if not names & used:
                    yield method.replaced(inner, f"[{method.source(inner.elt)}] * 3")


def silent_train(text: str) -> Iterator[Seed]:
    """A ``train`` that returns nothing is added."""
    yield from _added(text, "def train(self, mode=True):\n{i}    super().train(mode)\n")


def modeless_train(text: str) -> Iterator[Seed]:
    """A ``train`` that takes no mode is added."""
    yield from _added(text, "def train(self):\n{i}    return super().train(True)\n")


def _added(text: str, code: str) -> Iterator[Seed]:
    for method in methods(text, "forward"):
        defined = {n.name for n in method.cls.body if isinstance(n, ast.FunctionDef)}
        if "train" in defined or not {"Module"} & {ast.unparse(b).rpartition(".")[2] for b in method.cls.bases}:
            continue
        start = offset(text, method.node.lineno, method.node.col_offset)
        indent = " " * method.node.col_offset
        if not method.node.decorator_list:
            added = code.format(i=indent) + "\n" + indent
            yield Seed(text[:start] + added + text[start:], method.node.lineno, method.cls.name)


def changed_input(text: str) -> Iterator[Seed]:
    """``forward`` begins with ``x += 1`` on its first argument."""
    yield from _first_statement(text, "{x} += 1")


def kept_results(text: str) -> Iterator[Seed]:
    """``forward`` appends its first argument, computed with, to a list of the instance."""
    yield from _first_statement(text, "self.__dict__.setdefault('seeded', []).append({x} * 2)")


def cpu_tensor(text: str) -> Iterator[Seed]:
    """``forward`` adds a tensor that is made without a device."""
    yield from _first_statement(text, "{x} = {x} + torch.zeros({x}.shape[-1:])")


def parameter_in_forward(text: str) -> Iterator[Seed]:
    """``forward`` multiplies by a parameter that it makes."""
    yield from _first_statement(text, "{x} = {x} * torch.nn.Parameter(torch.ones(1))")


def _first_statement(text: str, code: str) -> Iterator[Seed]:
    if "import torch\n" not in text:
        return
    for method in methods(text, "forward"):
        arguments = method.node.args.args
        body = [s for s in method.node.body if not (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))]
        if len(arguments) >= 2 and arguments[1].arg in ("x", "input") and body and body[0].col_offset:
            start = offset(text, body[0].lineno, body[0].col_offset)
            line = code.format(x=arguments[1].arg)
            indent = " " * body[0].col_offset
            yield Seed(text[:start] + f"{line}\n{indent}" + text[start:], body[0].lineno, method.cls.name)


def random_attribute(text: str) -> Iterator[Seed]:
    """A registered parameter becomes a plain random tensor."""
    for method in methods(text, "__init__"):
        for node, name in self_assignments(method):
            arguments = node.value.args if callee(node.value) == "Parameter" else []  # type: ignore[attr-defined]
            if arguments and "rand" in method.source(arguments[0]) and read_in(method.cls, name):
                yield method.replaced(node.value, method.source(arguments[0]))


def half_switched(text: str) -> Iterator[Seed]:
    """``eval`` is overridden and does nothing."""
    yield from _added(text, "def eval(self):\n{i}    return self\n")


MORE: dict[str, tuple[Callable[[str], Iterator[Seed]], tuple[str, ...]]] = {
    "repeated instance": (repeated_instance, ("MOD302",)),
    "silent train": (silent_train, ("MOD501",)),
    "modeless train": (modeless_train, ("MOD501",)),
    "changed input": (changed_input, ()),
    "kept results": (kept_results, ()),
    "cpu tensor": (cpu_tensor, ("MOD409",)),
    "parameter in forward": (parameter_in_forward, ("MOD206",)),
    "random attribute": (random_attribute, ("MOD202",)),
    "half switched": (half_switched, ()),
}
STATIC_ONLY = frozenset(
    {
        "second forward", "frozen module", "class attribute", "replaced layer", "layer default", "high momentum",
        "boolean slope", "registered self", "mode method", "moved in forward", "early return", "lost return",
        "dropped result",
    }
)  # fmt: skip
"""Kinds after which the model runs as one that was meant so: only its text tells."""
RUNTIME_SEEDERS = {kind: seeder for kind, seeder in {**SEEDERS, **MORE}.items() if kind not in STATIC_ONLY}
__all__ = ["MORE", "RUNTIME_SEEDERS", "Method"]
