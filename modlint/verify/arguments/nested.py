"""How to build an object that a constructor takes: a small search of its own, remembered."""

from __future__ import annotations

import heapq
import itertools
from functools import partial
from typing import Any

import torch

from modlint.verify.arguments import repair_build
from modlint.verify.arguments.attempt import build
from modlint.verify.arguments.environment import Environment
from modlint.verify.arguments.guesses import Guesses
from modlint.verify.arguments.names import Sizes
from modlint.verify.arguments.spec import Plan

TRIES = 14
KNOWN: dict[tuple[type, Sizes], str] = {}


def constructor_of(cls: type, environment: Environment, sizes: Sizes, depth: int) -> str:
    """The text of a constructor that works, else the first guess."""
    key = (cls, sizes)
    if key in KNOWN:
        return KNOWN[key]
    guesses = Guesses(cls, environment, sizes, depth)
    first = Plan(environment.name_of(cls), guesses.required())
    KNOWN[key] = first.constructor_text
    counter = itertools.count()
    heap = [(0.0, next(counter), first)]
    seen: set[str] = set()
    while heap and len(seen) < TRIES:
        _, _, plan = heapq.heappop(heap)
        text = plan.constructor_text
        if text in seen:
            continue
        seen.add(text)
        made, failure = build(partial(_evaluated, text, environment))
        if failure is None:
            if isinstance(made, torch.nn.Module) or made is not None:
                KNOWN[key] = text
            return KNOWN[key]
        for rank, changed in itertools.islice(repair_build.repairs(plan, failure, guesses), 20):
            heapq.heappush(heap, (rank + changed.depth * 2 - min(failure.progress, 4000) / 400, next(counter), changed))
    return KNOWN[key]


def _evaluated(text: str, environment: Environment) -> Any:
    return environment.evaluate(text, environment.namespace())
