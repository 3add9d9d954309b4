"""Changes of several inputs at once: tensors that go together have shapes that go together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from modlint.verify.arguments.repair_build import Change
from modlint.verify.arguments.spec import Plan, Tensor

ROWS = 12


def alike(plan: Plan) -> Iterator[Change]:
    """Tensors of the same shape: results and what they are compared with, queries and keys."""
    given = [a for a in plan.inputs or () if isinstance(a.spec, Tensor)]
    for index, model in enumerate(given[:3]):
        others = [a for a in given if a is not model]
        changed = plan
        for other in others:
            if isinstance(model.spec, Tensor) and isinstance(other.spec, Tensor):
                changed = changed.with_input(other.name, replace(other.spec, shape=model.spec.shape))
        if others:
            yield 2 + index, replace(changed, depth=plan.depth + 1)
        if isinstance(model.spec, Tensor) and len(model.spec.shape) > 1 and len(others) == 1:
            shape = (*model.spec.shape[:1], *model.spec.shape[2:])
            yield 3 + index, plan.with_input(others[0].name, Tensor(shape, "index", min(model.spec.shape[1], 2)))


def variants(plan: Plan) -> Iterator[Plan]:
    """Other first guesses: all tensors of the same shape, or all as rows of a table."""
    yield from (changed for _, changed in (*alike(plan), *rows(plan)))


def rows(plan: Plan) -> Iterator[Change]:
    """All tensors as rows of one table, the way nodes and edges of graphs are given."""
    given = [a for a in plan.inputs or () if isinstance(a.spec, Tensor)]
    if len(given) < 2 or all(len(a.spec.shape) <= 2 for a in given if isinstance(a.spec, Tensor)):
        return
    changed = plan
    for argument in given:
        if isinstance(argument.spec, Tensor) and argument.spec.shape:
            is_index = argument.spec.kind == "index"
            shape = (ROWS,) if is_index else (ROWS, *argument.spec.shape[-1:])
            changed = changed.with_input(argument.name, replace(argument.spec, shape=shape))
    yield 4, replace(changed, depth=plan.depth + 1)


def resized(plan: Plan) -> Iterator[Plan]:
    """The plan with one dimension of one input made smaller."""
    for argument in plan.inputs or ():
        if isinstance(argument.spec, Tensor):
            for dimension in range(len(argument.spec.shape) - 1, 0, -1):
                size = argument.spec.shape[dimension]
                if size > 3:
                    yield plan.with_input(argument.name, argument.spec.resized(dimension, size // 2))
