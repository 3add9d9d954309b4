"""The search for a recipe: the most promising plan is tried next, its failure says what to change."""

from __future__ import annotations

import heapq
import itertools
import re
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final

import torch

from modlint.verify.arguments import repair_build, repair_call
from modlint.verify.arguments.attempt import OutOfTime, build, call
from modlint.verify.arguments.environment import Environment
from modlint.verify.arguments.examples import examples
from modlint.verify.arguments.failure import Failure
from modlint.verify.arguments.guesses import Guesses
from modlint.verify.arguments.inputs import Inputs
from modlint.verify.arguments.names import PROFILES
from modlint.verify.arguments.outputs import described, same, tensors
from modlint.verify.arguments.sites import Sites
from modlint.verify.arguments.spec import Plan, Tensor
from modlint.verify.recipe import Recipe

BUILDS: Final = 70
CALLS: Final = 90
INSTANCES: Final = 8
ATTEMPT_SECONDS: Final = 4.0
AFTER_CERTAIN: Final = 12
"""How many attempts more a class gets once it has failed in a way that arguments have no part in."""


@dataclass
class Found:
    """A recipe that works, or how far the best attempt came."""

    recipe: Recipe | None = None
    shown: str = ""
    failure: Failure | None = None
    partial: Recipe | None = None
    tries: int = 0


class IndependentError(Exception):
    """The result is the same for other inputs, so the call shows nothing."""


class Search:
    """Finds a recipe for one class."""

    def __init__(
        self,
        cls: type,
        seconds: float,
        recipes: tuple[Recipe, ...] = (),
        is_certain: Callable[[Failure], bool] = lambda _: False,
    ) -> None:
        self._is_certain, self._certain = is_certain, 0
        self.cls = cls
        self.environment = Environment(cls)
        self.target = self.environment.name_of(cls)
        self.recipes = recipes
        self.end = time.process_time() + seconds
        self.tries = 0
        self.best = Found()
        self._seen: set[str] = set()

    def run(self) -> Found:
        """Try what is known, then the examples, then guesses and their repairs."""
        try:
            found = next(self._found(), None)
        except OutOfTime:
            found = None
        result = found or self.best
        return replace(result, tries=self.tries)

    def _found(self) -> Iterator[Found]:
        for recipe in self.recipes:
            plan = Plan(
                self.target,
                setup=recipe.setup,
                constructor=recipe.constructor,
                call=recipe.forward,
                origin=recipe.origin,
                fixed_stand_ins=recipe.stand_ins,
            )
            yield from self._whole(plan)
        shown = list(examples(self.cls, self.target))
        sites = Sites(self.cls, self.environment)
        for plan in shown:
            if plan.call is not None:
                yield from self._whole(plan)
        built = {plan.constructor_text: plan for plan in shown}
        for plan in (*built.values(), *self._hinted_constructors()):
            yield from self._calls(replace(plan, call=None))
        yield from self._guessed(list(sites.constructors()))

    def _hinted_constructors(self) -> list[Plan]:
        return [
            Plan(self.target, setup=r.setup, constructor=r.constructor, origin=r.origin, fixed_stand_ins=r.stand_ins)
            for r in self.recipes
        ]

    def _guessed(self, known: list[str]) -> Iterator[Found]:
        """Best first over the arguments of the constructor; each instance that comes of it is called.

        ``known`` are constructors that stand in the project itself.
        """
        counter = itertools.count()
        guesses = [Guesses(self.cls, self.environment, sizes) for sizes in PROFILES]
        heap: list[tuple[float, int, Plan, Guesses]] = []
        for rank, guess in enumerate(guesses):
            plan = Plan(self.target, guess.required(), origin="guess")
            heapq.heappush(heap, (rank * 30.0, next(counter), plan, guess))
        for rank, text in enumerate(known[:6]):
            plan = Plan(self.target, constructor=text, origin="call site")
            heapq.heappush(heap, (12.0 + rank * 4, next(counter), plan, guesses[0]))
        builds = instances = 0
        while heap and builds < BUILDS and instances < INSTANCES:
            cost, _, plan, guess = heapq.heappop(heap)
            if plan.constructor_text in self._seen:
                continue
            self._seen.add(plan.constructor_text)
            builds += 1
            instance, failure = self._build(plan)
            if failure is None:
                instances += 1
                deepest: list[Failure] = []
                yield from self._calls(plan, guess, instance, deepest)
                changes = repair_build.rebuilt(plan, deepest[0], guess) if deepest else iter(())
            else:
                self._note(plan, failure)
                changes = repair_build.repairs(plan, failure, guess)
            gain = failure.progress if failure is not None else 0
            for rank, changed in itertools.islice(changes, 40) if not plan.constructor else ():
                heapq.heappush(
                    heap, (cost * 0.5 + rank + changed.depth * 2 - min(gain, 4000) / 400, next(counter), changed, guess)
                )

    def _whole(self, plan: Plan) -> Iterator[Found]:
        """A plan whose texts are given: it works or it doesn't."""
        instance, failure = self._build(plan)
        if failure is None:
            failure = self._call(plan, instance)
        if failure is None:
            yield self._success(plan)
        else:
            self._note(plan, failure)

    def _calls(
        self, plan: Plan, guess: Guesses | None = None, instance: Any = None, deepest: list[Failure] | None = None
    ) -> Iterator[Found]:
        """Best first over the inputs of one instance."""
        if instance is None:
            instance, failure = self._build(plan)
            if failure is not None:
                self._note(plan, failure)
                return
        inputs = Inputs(instance, guess or Guesses(self.cls, self.environment), plan.constructor_text)
        counter = itertools.count()
        heap = [(0.0, next(counter), repair_call.extended(plan, inputs))]
        for changed in repair_call.variants(heap[0][2]):
            heapq.heappush(heap, (8.0, next(counter), changed))
        seen: set[str | None] = set()
        best = -1
        for _ in range(CALLS):
            popped = _popped(heap, seen)
            if popped is None:
                return
            plan = popped
            failure = self._call(plan, instance, inputs)
            if failure is None:
                fresh, broken = self._build(plan)
                if broken is None and self._call(plan, fresh) is None:
                    yield self._success(plan)
                continue
            self._note(plan, failure)
            if failure.progress > best and deepest is not None:
                best, deepest[:] = failure.progress, [failure]
            for rank, changed in itertools.islice(repair_call.repairs(plan, failure, inputs), 60):
                priority = rank + changed.depth - min(failure.progress, 20_000) / 200
                heapq.heappush(heap, (priority, next(counter), changed))

    def _build(self, plan: Plan) -> tuple[Any, Failure | None]:
        self.tries += 1
        self._check_time()

        def make() -> Any:
            names = self.environment.namespace(plan.setup)
            made = self.environment.evaluate(plan.constructor_text, names)
            return made.eval() or made if isinstance(made, torch.nn.Module) else made

        return self._limited("build", lambda: build(make))

    def _call(self, plan: Plan, instance: Any, inputs: Inputs | None = None) -> Failure | None:
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
                return Failure("call", IndependentError("forward returns None"), progress=100_000)
            if not list(tensors((args, kwargs))):
                break
        if len(results) == 2 and same(*results) and not self._depends(plan, instance):
            problem = IndependentError("the result does not depend on the inputs that were tried")
            return Failure("call", problem, progress=100_000, given=_given(inputs, args, kwargs))
        self._last = described(args, kwargs)
        return None

    def _called(self, instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, Failure | None]:
        """The result of a call with gradients, else of one without."""

        def attempt(gradients: bool) -> tuple[Any, Failure | None]:
            return self._limited("call", lambda: call(instance, args, kwargs, gradients=gradients))

        result, failure = attempt(True)
        if failure is not None and re.search(r"backward|requires_grad|requires grad", failure.message):
            result, failure = attempt(False)
        return result, failure

    def _depends(self, plan: Plan, instance: Any) -> bool:
        """Whether the result depends on the inputs once parameters that are all zeros are not, or by their shape."""
        if isinstance(instance, torch.nn.Module):
            with torch.no_grad():
                for parameter in instance.parameters():
                    if parameter.is_floating_point() and not parameter.any():
                        parameter.add_(torch.randn_like(parameter) * 0.1)
        results: list[Any] = []
        for changed, seed in ((plan, 1), (plan, 2), *((other, 1) for other in _resized(plan))):
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
            with _alarm(min(ATTEMPT_SECONDS, max(self.end - time.process_time(), 0.5))):
                return attempt()
        except OutOfTime:
            if time.process_time() > self.end:
                self._note(
                    Plan(self.target), Failure(phase, TimeoutError("takes too long with the arguments that were tried"))
                )
                raise
            return None, Failure(phase, TimeoutError("takes too long with the arguments that were tried"))

    def _check_time(self) -> None:
        if time.process_time() > self.end or (self._certain and self.tries > self._certain + AFTER_CERTAIN):
            raise OutOfTime

    def _success(self, plan: Plan) -> Found:
        recipe = Recipe(
            plan.constructor_text,
            plan.call_text or "",
            plan.origin if plan.depth == 0 else f"{plan.origin}, repaired",
            plan.setup,
            plan.stand_ins,
        )
        return Found(recipe, self._last)

    def _note(self, plan: Plan, failure: Failure) -> None:
        """Remember the attempt that came furthest: its failure is the reason in the report."""
        known = self.best.failure
        if self._certain:
            return
        if self._is_certain(failure):
            self.best = Found(failure=failure, partial=_recipe(plan))
            self._certain = self.tries
        elif known is None or _order(failure) > _order(known):
            self.best = Found(failure=failure, partial=_recipe(plan))


def _resized(plan: Plan) -> Iterator[Plan]:
    """The plan with one dimension of one input made smaller."""
    for argument in plan.inputs or ():
        if isinstance(argument.spec, Tensor):
            for dimension in range(len(argument.spec.shape) - 1, 0, -1):
                size = argument.spec.shape[dimension]
                if size > 3:
                    yield plan.with_input(argument.name, argument.spec.resized(dimension, size // 2))


def _recipe(plan: Plan) -> Recipe:
    return Recipe(plan.constructor_text, plan.call_text or "", plan.origin, plan.setup, plan.stand_ins)


def _order(failure: Failure) -> tuple[bool, int]:
    return failure.phase == "call", failure.progress


def _popped(heap: list[tuple[float, int, Plan]], seen: set[str | None]) -> Plan | None:
    while heap:
        _, _, plan = heapq.heappop(heap)
        if plan.call_text not in seen:
            seen.add(plan.call_text)
            return plan
    return None


def _given(inputs: Inputs | None, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    names = list(inputs.parameters) if inputs is not None else []
    return {**dict(zip(names, args, strict=False)), **kwargs}


@contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    """Raise `OutOfTime` after so much CPU time, where the system can."""
    if not hasattr(signal, "setitimer"):
        yield
        return
    previous = signal.signal(signal.SIGPROF, _ring)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, previous)


def _ring(*_: object) -> None:
    raise OutOfTime


def inputs_for(instance: Any, seconds: float = 10.0) -> tuple[tuple[tuple[Any, ...], dict[str, Any]] | None, str]:
    """Inputs that an instance can be called with, or why there are none."""
    search = Search(type(instance), seconds)
    search.environment.given["given_instance"] = instance
    try:
        found = next(search._calls(Plan(search.target, constructor="given_instance")), None)
    except OutOfTime:
        found = None
    if found is None or found.recipe is None:
        return None, search.best.failure.reason if search.best.failure else "no inputs could be thought of"
    return search.environment.arguments(found.recipe.forward, search.environment.namespace()), ""
