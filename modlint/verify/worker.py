"""What runs in the child: one class from its name to its outcome."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

import msgspec
import torch
from torch import nn

from modlint.verify.arguments.environment import Environment
from modlint.verify.arguments.search import Found, Search
from modlint.verify.outcome import CHECKED, NOT_BUILT, NOT_RUN, Job, Outcome, Recorded
from modlint.verify.recipe import Recipe
from modlint.verify.recording import calls_of, recorded
from modlint.verify.settings import Settings

Send = Callable[[Outcome], None]


def verify(job: Job, settings: Settings, send: Send) -> Outcome:
    """Find out how to build and call the class, then check it; ``send`` hears how far it has come."""
    started = time.process_time()
    cls = _class(job)
    if not isinstance(cls, type):
        return Outcome(NOT_BUILT, f"`{job.qualname}` is not there once its module is imported", stage="done")
    found = Search(cls, job.seconds, job.recipes).run()
    outcome = _searched(found)
    outcome = msgspec.structs.replace(outcome, cpu=time.process_time() - started, tries=found.tries, stage="recording calls")
    send(outcome)
    recipe = found.recipe or found.partial
    parts = _recorded(cls, recipe, job) if recipe is not None else ()
    outcome = msgspec.structs.replace(outcome, recorded=parts)
    return msgspec.structs.replace(outcome, cpu=time.process_time() - started, stage="done")


def warm() -> None:
    """Nothing yet."""


def _class(job: Job) -> Any:
    found: Any = sys.modules.get(job.module)
    for part in job.qualname.split("."):
        found = getattr(found, part, None)
    return found


def _searched(found: Found) -> Outcome:
    if found.recipe is not None:
        return Outcome(CHECKED, recipe=found.recipe, shown=found.shown)
    failure = found.failure
    if failure is None:
        return Outcome(NOT_BUILT, "no arguments could be thought of")
    kind = NOT_BUILT if failure.phase == "build" else NOT_RUN
    return Outcome(kind, failure.reason, recipe=found.partial)


def _recorded(cls: type, recipe: Recipe, job: Job) -> tuple[Recorded, ...]:
    """Recipes for other classes of the run that are parts of this one."""
    environment = Environment(cls)
    try:
        torch.manual_seed(0)
        names = environment.namespace(recipe.setup)
        instance = environment.evaluate(recipe.constructor, names)
        if not isinstance(instance, nn.Module):
            return ()
        instance.eval()
        args, kwargs = environment.arguments(recipe.forward, names)
        calls = calls_of(instance, args, kwargs)
        return tuple(recorded(instance, calls, recipe, frozenset(job.siblings)))
    except Exception:  # noqa: BLE001  user code
        return ()
