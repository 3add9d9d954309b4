"""How the project itself builds a class: calls in its module, and functions that return an instance."""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterator
from functools import lru_cache
from types import FunctionType
from typing import TYPE_CHECKING, Any

from modlint.model.facts import dotted
from modlint.verify.arguments.spec import Text

if TYPE_CHECKING:
    from modlint.verify.arguments.environment import Environment


class Sites:
    """The calls of one class in the module that defines it."""

    def __init__(self, cls: type, environment: Environment) -> None:
        self._cls, self._environment = cls, environment
        self._calls: list[ast.Call] | None = None

    def calls(self) -> list[ast.Call]:
        """The calls whose arguments mean something outside of where they stand."""
        if self._calls is None:
            module = sys.modules.get(self._cls.__module__)
            named = [c for c in _calls(module) if dotted(c.func).rpartition(".")[2] == self._cls.__name__]
            self._calls = named[:20]
        return self._calls

    def of(self, name: str) -> Iterator[Text]:
        """The values that calls give a parameter."""
        for call in self.calls():
            text = self._arguments(call).get(name)
            if text is not None and self._means_something(text):
                yield Text(text)

    def _arguments(self, call: ast.Call) -> dict[str, str]:
        try:
            names = list(inspect.signature(self._cls).parameters)
        except (ValueError, TypeError):
            return {}
        given = {n: ast.unparse(a) for n, a in zip(names, call.args, strict=False) if not isinstance(a, ast.Starred)}
        return {**given, **{k.arg: ast.unparse(k.value) for k in call.keywords if k.arg}}

    def _means_something(self, text: str) -> bool:
        """Whether an expression is made of constants and of names that the module has."""
        node = ast.parse(text, mode="eval")
        inner = [n.id for n in ast.walk(node) if isinstance(n, ast.Name)]
        calls = any(isinstance(n, (ast.Call, ast.Lambda, ast.ListComp)) for n in ast.walk(node))
        return not calls and "self" not in inner and all(n in self._environment._own for n in inner)

    def constructors(self) -> Iterator[str]:
        """Whole calls that can be repeated, then functions that return an instance without being given anything."""
        for call in self.calls():
            texts = [ast.unparse(a) for a in call.args] + [ast.unparse(k.value) for k in call.keywords if k.arg]
            if texts and len(texts) == len(call.args) + len(call.keywords) and all(map(self._means_something, texts)):
                named = [f"{k.arg}={ast.unparse(k.value)}" for k in call.keywords]
                yield f"{self._environment.name_of(self._cls)}({', '.join([*map(ast.unparse, call.args), *named])})"
        for name, function in list(self._environment._own.items()):
            if isinstance(function, FunctionType) and _returns(function, self._cls) and _callable_bare(function):
                yield f"{name}()"


@lru_cache(maxsize=64)
def _calls(module: Any) -> tuple[ast.Call, ...]:
    try:
        tree = ast.parse(inspect.getsource(module))
    except (OSError, TypeError, SyntaxError):
        return ()
    return tuple(node for node in ast.walk(tree) if isinstance(node, ast.Call))


def _returns(function: FunctionType, cls: type) -> bool:
    wanted = function.__annotations__.get("return")
    return wanted is cls or (isinstance(wanted, str) and wanted.strip("'\"") == cls.__name__)


def _callable_bare(function: FunctionType) -> bool:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (ValueError, TypeError):
        return False
    empty = inspect.Parameter.empty
    return all(p.default is not empty or p.kind in (p.VAR_KEYWORD, p.VAR_POSITIONAL) for p in parameters)
