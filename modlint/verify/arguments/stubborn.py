"""A mismatch between two layers of the class's own, which no input can cure.

``Linear(10, 20)`` before ``Linear(30, 5)``, both with sizes that stand in the class: whatever the first is given, the
second refuses. Seen by changing the inputs: every call that comes as far as the layer fails there with the same sizes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import torch
from torch import nn

from modlint.verify.arguments.attempt import OutOfTime, call
from modlint.verify.arguments.environment import Environment
from modlint.verify.check import Found
from modlint.verify.modes import switch
from modlint.verify.recipe import Recipe
from modlint.verify.resizing import Call, reshaped, resized

if TYPE_CHECKING:
    from modlint.verify.arguments.failure import Failure
    from modlint.verify.arguments.search import Found as Searched

NO_SIZES: Final = (0, 0)
GIVEN: Final = ("out_features", "out_channels", "num_features", "embedding_dim", "hidden_size", "embed_dim")
"""What layers call the number of features that they give; layers that go both ways give twice as many."""
LEAST: Final = 2
"""How many other inputs must come to the same end."""


def own_mismatch(cls: type, found: Searched) -> Found | None:
    """The mismatch as a finding, where arguments have no part in it: the constructor was given none."""
    failure, recipe = found.failure, found.partial
    if failure is None or recipe is None or failure.phase != "call" or not issubclass(cls, nn.Module):
        return None
    if not re.fullmatch(r"[\w.]+\(\)", recipe.constructor) or recipe.stand_ins:
        return None
    sizes, layer, frame = _sizes(failure), _layer(failure), failure.level(cls)
    if sizes == NO_SIZES or frame is None:
        return None
    try:
        model = _Model(cls, recipe)
        if sizes[0] not in model.features():
            return None
        ends = [model.end(other) for other in resized(model.call)]
        cured = any(not end[1] for end in (*ends, *map(model.end, reshaped(model.call))))
    except (Exception, OutOfTime):  # noqa: BLE001  user code; the search is over, so nothing more is tried
        return None
    same = [end for end in ends if end[1] == layer]
    if cured or len(same) < LEAST or any(end[0] != sizes for end in same):
        return None
    text = f"a layer takes {sizes[1]} features, and the one before it always gives {sizes[0]}: {failure.message[:200]}"
    return Found(text, filename=frame.filename, line=frame.line)


class _Model:
    """A class as a recipe builds it, and how calls of it end."""

    def __init__(self, cls: type, recipe: Recipe) -> None:
        self._environment, self._constructor = Environment(cls), recipe.constructor
        self._names = self._environment.namespace(recipe.setup)
        self.call = self._environment.arguments(recipe.forward, self._names)

    def _made(self) -> nn.Module:
        made: nn.Module = self._environment.evaluate(self._constructor, self._names)
        switch(made, training=False)
        return made

    def features(self) -> set[int]:
        """How many features the layers of the model give."""
        found: set[int] = set()
        for layer in self._made().modules():
            for name in GIVEN:
                size = getattr(layer, name, None)
                found |= {size, 2 * size} if isinstance(size, int) else set()
        return found

    def end(self, inputs: Call) -> tuple[tuple[int, int], str]:
        """How a call ends: the sizes that don't match, and the layer; no layer for a success."""
        _, failure = call(self._made(), *inputs)
        return (NO_SIZES, "") if failure is None else (_sizes(failure), _layer(failure))


def _sizes(failure: Failure) -> tuple[int, int]:
    """The last dimension that a linear layer was given, and the one that it takes; zeros for another failure."""
    mismatch = re.search(r"shapes cannot be multiplied \(\d+x(\d+) and (\d+)x\d+\)", failure.message)
    layer: Any = failure.layer
    if mismatch is None or not isinstance(layer, nn.Linear) or not failure.layer_inputs:
        return NO_SIZES
    value = failure.layer_inputs[0]
    if not isinstance(value, torch.Tensor) or value.grad_fn is None:
        return NO_SIZES
    return int(mismatch[1]), int(mismatch[2])


def _layer(failure: Failure) -> str:
    layer: Any = failure.layer
    return repr(layer) if isinstance(layer, nn.Linear) else "other"
