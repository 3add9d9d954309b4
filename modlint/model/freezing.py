"""Questions about freezing: ``requires_grad`` on what has none."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from difflib import SequenceMatcher

from modlint.model.index import FileModel
from modlint.model.values import Const, Instance, Value


def idle_requires_grad(file: FileModel) -> Iterator[tuple[ast.Attribute, str, str]]:
    """Assignments that are meant to freeze and freeze nothing: the target, what is wrong, what to write."""
    for cls in file.classes:
        for binding in cls.own_bindings("requires_grad"):
            constant = isinstance(binding.value, Const) and isinstance(binding.value.value, bool)
            if constant and isinstance(binding.node, ast.Attribute) and cls.finds("requires_grad") is None:
                called = f"`.requires_grad_({ast.unparse(_value(binding.value))})`"
                yield binding.node, "is set on a Module, whose parameters do not see it", f"call {called}"
    for store in file.stores:
        name = store.node.attr
        if _is_slip(name) and name not in _defined(file, store.owner):
            yield store.node, "sets a new attribute and freezes nothing", "did you mean `requires_grad`?"
        elif name in ("requires_grad", "requires_grad_") and isinstance(store.owner, Instance):
            constant = isinstance(store.value, Const) and isinstance(store.value.value, bool)
            if constant and file.graph.is_module(store.owner.cls) and name not in _defined(file, store.owner):
                called = f"`.requires_grad_({ast.unparse(_value(store.value))})`"
                yield store.node, "is set on a Module, whose parameters do not see it", f"call {called}"


def _value(value: Value) -> ast.Constant:
    return ast.Constant(value.value if isinstance(value, Const) else None)


def _is_slip(name: str) -> bool:
    """Whether the name is ``requires_grad`` with a slip in it."""
    if name in ("requires_grad", "requires_grad_") or abs(len(name) - len("requires_grad")) > 5:
        return False
    return name.startswith("requi") and SequenceMatcher(None, name, "requires_grad").ratio() >= 0.84


def _defined(file: FileModel, owner: Value) -> set[str]:
    """The attributes that the owner's class itself has under such names."""
    if not isinstance(owner, Instance):
        return set()
    names = ("requires_grad", "require_grad", "requires_grads")
    return {name for name in names if file.graph.find(owner.cls, name) is not None}
