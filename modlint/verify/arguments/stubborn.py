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
from modlint.verify.resizing import resized

if TYPE_CHECKING:
    from modlint.verify.arguments.failure import Failure
    from modlint.verify.arguments.search import Found as Searched

LEAST: Final = 2
"""How many other inputs must come to the same end."""


def own_mismatch(cls: type, found: Searched) -> Found | None:
    """The mismatch as a finding, where arguments have no part in it: the constructor was given none."""
    failure, recipe = found.failure, found.partial
    if failure is None or recipe is None or failure.phase != "call" or not issubclass(cls, nn.Module):
        return None
    if not re.fullmatch(r"[\w.]+\(\)", recipe.constructor) or recipe.stand_ins:
        return None
    given, wanted = _sizes(failure)
    frame = failure.level(cls)
    if not wanted or frame is None:
        return None
    try:
        ends = _other_ends(cls, recipe.constructor, recipe.setup, recipe.forward)
    except (Exception, OutOfTime):  # noqa: BLE001  user code; the search is over, so nothing more is tried
        return None
    same = [sizes for sizes, layer in ends if layer and layer == _layer(failure)]
    if len(same) < LEAST or any(sizes != (given, wanted) for sizes in same) or any(not layer for _, layer in ends):
        return None
    text = f"a layer takes {wanted} features, and the one before it always gives {given}: {failure.message[:200]}"
    return Found(text, filename=frame.filename, line=frame.line)


def _other_ends(cls: type, constructor: str, setup: str, forward: str) -> list[tuple[tuple[int, int], str]]:
    """How calls with inputs of other sizes end: the sizes that don't match, and the layer; no layer for a success."""
    environment = Environment(cls)
    names = environment.namespace(setup)
    ends = []
    for other in resized(environment.arguments(forward, names)):
        instance = environment.evaluate(constructor, names)
        switch(instance, training=False)
        _, failure = call(instance, *other)
        ends.append((_sizes(failure), _layer(failure)) if failure is not None else ((0, 0), ""))
    return [(sizes, layer) for sizes, layer in ends if not layer or sizes != (0, 0)]


def _sizes(failure: Failure) -> tuple[int, int]:
    """The last dimension that a linear layer was given, and the one that it takes; zeros for another failure."""
    mismatch = re.search(r"shapes cannot be multiplied \(\d+x(\d+) and (\d+)x\d+\)", failure.message)
    layer: Any = failure.layer
    if mismatch is None or not isinstance(layer, nn.Linear) or not failure.layer_inputs:
        return 0, 0
    value = failure.layer_inputs[0]
    if not isinstance(value, torch.Tensor) or value.grad_fn is None:
        return 0, 0
    return int(mismatch[1]), int(mismatch[2])


def _layer(failure: Failure) -> str:
    layer: Any = failure.layer
    return repr(layer) if isinstance(layer, nn.Linear) else "other"
