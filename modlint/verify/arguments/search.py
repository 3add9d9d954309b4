"""The search for a recipe: the most promising plan is tried next, its failure says what to change."""

from __future__ import annotations

import heapq
import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from modlint.verify.arguments import repair_build, repair_call
from modlint.verify.arguments.alike import variants
from modlint.verify.arguments.attempt import OutOfTime
from modlint.verify.arguments.declared import declared
from modlint.verify.arguments.environment import Environment
from modlint.verify.arguments.examples import examples
from modlint.verify.arguments.failure import Failure
from modlint.verify.arguments.guesses import Guesses
from modlint.verify.arguments.inputs import Inputs
from modlint.verify.arguments.names import PROFILES
from modlint.verify.arguments.sites import Sites
from modlint.verify.arguments.spec import Plan
from modlint.verify.arguments.trials import Trials
from modlint.verify.recipe import Recipe

BUILDS: Final = 70
CALLS: Final = 90
INSTANCES: Final = 8
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


class Search:
    """Finds a recipe for one class."""

    def __init__(
        self,
        cls: type,
        seconds: float,
        recipes: tuple[Recipe, ...] = (),
        is_certain: Callable[[Failure], bool] = lambda _: False,
    ) -> None:
        self._is_certain, self._certain = is_certain, False
        self.cls = cls
        self.environment = Environment(cls)
        self.target = self.environment.name_of(cls)
        self.recipes = recipes
        self.trials = Trials(self.environment, time.process_time() + seconds)
        self.best = Found()
        self._seen: set[str] = set()

    def run(self, only_given: bool = False) -> Found:
        """Try what is known, then the examples, then guesses and their repairs.

        With ``only_given``, what is known is all that is tried; inputs are looked for where it tells none.
        """
        try:
            found = next(self._given() if only_given else self._found(), None)
        except OutOfTime:
            found = None
            if self.best.failure is None:
                problem = TimeoutError("takes too long with the arguments that were tried")
                self.best = Found(failure=Failure("build", problem))
        result = found or self.best
        return replace(result, tries=self.trials.tries)

    def _given(self) -> Iterator[Found]:
        for recipe in self.recipes:
            yield from self._whole(_planned(self.target, recipe))
            if not recipe.forward:
                yield from self._calls(replace(_planned(self.target, recipe), call=None))

    def _found(self) -> Iterator[Found]:
        for recipe in self.recipes:
            yield from self._whole(_planned(self.target, recipe))
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
            instance, failure = self.trials.build(plan)
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
        instance, failure = self.trials.build(plan)
        if failure is None:
            failure = self.trials.call(plan, instance)
        if failure is None:
            yield self._success(plan)
        else:
            self._note(plan, failure)

    def _calls(
        self, plan: Plan, guess: Guesses | None = None, instance: Any = None, deepest: list[Failure] | None = None
    ) -> Iterator[Found]:
        """Best first over the inputs of one instance."""
        if instance is None:
            instance, failure = self.trials.build(plan)
            if failure is not None:
                self._note(plan, failure)
                return
        for known in declared(plan, instance):
            yield from self._whole(known)
        inputs = Inputs(instance, guess or Guesses(self.cls, self.environment), plan.constructor_text)
        counter = itertools.count()
        heap = [(0.0, next(counter), repair_call.extended(plan, inputs))]
        for changed in variants(heap[0][2]):
            heapq.heappush(heap, (8.0, next(counter), changed))
        seen: set[str | None] = set()
        best = -1
        for _ in range(CALLS):
            popped = _popped(heap, seen)
            if popped is None:
                return
            plan = popped
            failure = self.trials.call(plan, instance, inputs)
            if failure is None:
                fresh, broken = self.trials.build(plan)
                if broken is None and self.trials.call(plan, fresh) is None:
                    yield self._success(plan)
                continue
            self._note(plan, failure)
            if failure.progress > best and deepest is not None:
                best, deepest[:] = failure.progress, [failure]
            for rank, changed in itertools.islice(repair_call.repairs(plan, failure, inputs), 60):
                priority = rank + changed.depth - min(failure.progress, 20_000) / 200
                heapq.heappush(heap, (priority, next(counter), changed))

    def _success(self, plan: Plan) -> Found:
        recipe = Recipe(
            plan.constructor_text,
            plan.call_text or "",
            plan.origin if plan.depth == 0 else f"{plan.origin}, repaired",
            plan.setup,
            plan.stand_ins,
        )
        return Found(recipe, self.trials.shown)

    def _note(self, plan: Plan, failure: Failure) -> None:
        """Remember the attempt that came furthest: its failure is the reason in the report."""
        known = self.best.failure
        if self._certain:
            return
        if self._is_certain(failure):
            self.best = Found(failure=failure, partial=_recipe(plan))
            self._certain = True
            self.trials.most = self.trials.tries + AFTER_CERTAIN
        elif known is None or _order(failure) > _order(known):
            self.best = Found(failure=failure, partial=_recipe(plan))


def _planned(target: str, recipe: Recipe) -> Plan:
    return Plan(
        target,
        setup=recipe.setup,
        constructor=recipe.constructor,
        call=recipe.forward,
        origin=recipe.origin,
        fixed_stand_ins=recipe.stand_ins,
    )


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
