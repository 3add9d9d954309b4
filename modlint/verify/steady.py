"""Random values in a recipe's constructor: instances are to differ in what they make, not in what they are given."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from typing import Any, Final

import torch

STEADY: Final = "_steady"
RANDOM: Final = re.compile(r"torch\.(rand\w*|normal)")


def steady(make: Callable[[], Any]) -> Any:
    """What ``make`` gives under a seed that is always the same; the random state stays as it is."""
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(0)
        return make()


def with_steady(constructor: str) -> str:
    """The constructor's text with each call of a random function of torch's made under the same seed."""
    if not RANDOM.search(constructor):
        return constructor
    return ast.unparse(_Steadied().visit(ast.parse(constructor, mode="eval")))


class _Steadied(ast.NodeTransformer):
    def visit_Call(self, node: ast.Call) -> ast.AST:
        if not RANDOM.fullmatch(ast.unparse(node.func)):
            return self.generic_visit(node)
        none = ast.arguments([], [], None, [], [], None, [])
        return ast.Call(ast.Name(STEADY, ast.Load()), [ast.Lambda(none, node)], [])
