"""Trying plans: building, calling, and seeing whether the result depends on what was given."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import torch

from modlint.verify.arguments.alike import resized
from modlint.verify.arguments.attempt import NO_GRADIENTS, OutOfTime, build, call
from modlint.verify.arguments.environment import Environment
from modlint.verify.arguments.failure import Failure
from modlint.verify.arguments.inputs import Inputs
from modlint.verify.arguments.limits import alarm
from modlint.verify.arguments.outputs import described, same, tensors
from modlint.verify.arguments.spec import Plan
from modlint.verify.modes import switch
from modlint.verify.outcome import RETURNS_NOTHING

ATTEMPT_SECONDS: Final = 4.0
NOTHING: Final = "the result does not depend on the inputs that were tried"


class IndependentError(Exception):
    """The result is the same for other inputs, so the call shows nothing."""


class Trials:
    """Tries plans of one class until a moment, counted in CPU time."""

    def __init__(self, environment: Environment, end: float) -> None:
        self.environment, self.end = environment, end
        self.tries, self.most = 0, sys.maxsize
        self.shown = ""

    def build(self, plan: Plan) -> tuple[Any, Failure | None]:
        """An instance, or why there is none."""
        self.tries += 1
        self._check_time()

        def make() -> Any:
            names = self.environment.namespace(plan.setup)
            made = self.environment.evaluate(plan.constructor_text, names)
            if isinstance(made, torch.nn.Module):
                switch(made, training=False)
            return made

        return self._limited("build", lambda: build(make))

    def call(self, plan: Plan, instance: Any, inputs: Inputs | None = None) -> Failure | None:
        """Call an instance twice with different values; why that shows nothing, ``None`` if it does."""
        self.tries += 1
        self._check_time()
        text = plan.call_text or ""
        results = []
        for seed in (1, 2):
            (args, kwargs), failure = self._arguments(plan, text, seed)
            if failure is not None:
                return failure
            result, failure = self._called(instance, args, kwargs)
            if failure is not None:
                return replace(failure, given=_given(inputs, args, kwargs))
            results.append(result)
            if result is None:
                return Failure("call", IndependentError(RETURNS_NOTHING), progress=100_000)
            if not list(tensors((args, kwargs))):
                if (args or kwargs) and not self._counts(instance, args, kwargs, result):
                    return Failure("call", IndependentError(NOTHING), progress=100_000)
                break
        if len(results) == 2 and same(*results) and not self._depends(plan, instance):
            return Failure("call", IndependentError(NOTHING), progress=100_000, given=_given(inputs, args, kwargs))
        self.shown = described(args, kwargs)
        return None

    def _called(self, instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, Failure | None]:
        """The result of a call with gradients, else of one without."""

        def attempt(gradients: bool) -> tuple[Any, Failure | None]:
            return self._limited("call", lambda: call(instance, args, kwargs, gradients=gradients))

        result, failure = attempt(True)
        if failure is not None and NO_GRADIENTS.search(failure.message):
            result, failure = attempt(False)
        return result, failure

    def _counts(self, instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any], result: Any) -> bool:
        """Whether numbers that are given, and no tensors, make a difference."""
        others = [a + 1 if type(a) is int else a for a in args]
        named = {n: a + 1 if type(a) is int else a for n, a in kwargs.items()}
        other, failure = self._called(instance, tuple(others), named)
        return (others, named) != (list(args), kwargs) and (failure is not None or not same(result, other))

    def _depends(self, plan: Plan, instance: Any) -> bool:
        """Whether the result depends on the inputs once parameters that are all zeros are not, or by their shape."""
        if isinstance(instance, torch.nn.Module):
            with torch.no_grad():
                for parameter in instance.parameters():
                    if parameter.is_floating_point() and not parameter.any():
                        parameter.add_(torch.randn_like(parameter) * 0.1)
        results: list[Any] = []
        for changed, seed in ((plan, 1), (plan, 2), *((other, 1) for other in resized(plan))):
            (args, kwargs), failure = self._arguments(changed, changed.call_text or "", seed)
            result, failure = self._called(instance, args, kwargs) if failure is None else (None, failure)
            if failure is None and results and not same(results[0], result):
                return True
            results += [result] if failure is None else []
        return False

    def _arguments(self, plan: Plan, text: str, seed: int) -> tuple[Any, Failure | None]:
        torch.manual_seed(seed)
        taken, failure = self._limited(
            "call",
            lambda: build(lambda: self.environment.arguments(text, self.environment.namespace(plan.setup)), seed),
        )
        return (taken if failure is None else ((), {})), failure

    def _limited(self, phase: str, attempt: Callable[[], tuple[Any, Failure | None]]) -> tuple[Any, Failure | None]:
        """An attempt with a limit on its CPU time; slower ones count as failed."""
        try:
            with alarm(min(ATTEMPT_SECONDS, max(self.end - time.process_time(), 0.5))):
                return attempt()
        except OutOfTime:
            if time.process_time() > self.end:
                raise
            return None, Failure(phase, TimeoutError("takes too long with the arguments that were tried"))

    def _check_time(self) -> None:
        if time.process_time() > self.end or self.tries > self.most:
            raise OutOfTime


def _given(inputs: Inputs | None, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    names = list(inputs.parameters) if inputs is not None else []
    return {**dict(zip(names, args, strict=False)), **kwargs}
