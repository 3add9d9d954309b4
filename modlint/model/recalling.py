"""Calls of other files' functions: followed once, recalled where another class's constructor makes them alike."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Final

from modlint.model.facts import FunctionFacts
from modlint.model.fresh import fresh
from modlint.model.ledger import Entry
from modlint.model.makers import Makers
from modlint.model.recall import MOST_OUTCOMES, Outcome, Recording, can_be_given_again, identity
from modlint.model.values import FunctionRef, Value

DEEPEST: Final = 16
"""How deep calls are followed."""


class Recalling(Makers):
    """The part of the interpreter that keeps what calls did."""

    running: list[FunctionFacts]
    visited: set[FunctionFacts]
    fuel: int
    run_call: Callable[..., Value]

    def recall(self, callee: FunctionRef, given: list[Value], kwargs: dict[str, Value], node: ast.Call | None) -> Value:
        """What a call of another file's function gives: as in an earlier run that saw the same, or by a new one."""
        keys = [identity(value) for value in (*given, *kwargs.values())]
        if None in keys:
            return self.run_call(callee, given, kwargs, node)
        key = (callee.function, callee.receiver is None, self.path.started, self.plain, len(given), *keys, *kwargs)
        known = self.graph.outcomes.setdefault(key, [])
        for outcome in known:
            if self.fits(outcome):
                return self.replay(outcome)
        return self.record(callee, given, kwargs, node, known)

    def fits(self, outcome: Outcome) -> bool:
        """Whether a new run would go as that one went."""
        then = outcome.recording
        return (
            self.fuel > outcome.fuel
            and len(self.running) + outcome.depth < DEEPEST
            and then.asked.isdisjoint(self.running)
            and all(self.sees(name) == seen for name, seen in then.reads.items())
        )

    def replay(self, outcome: Outcome) -> Value:
        """Do what that run did."""
        then = outcome.recording
        self.fuel -= outcome.fuel
        self.visited |= then.ran
        self.project.ledger.rest_on(then.entry)
        for recording in self.recordings:
            recording.reads = {**then.reads, **recording.reads}
            recording.asked |= then.asked
            recording.ran |= then.ran
            recording.deepest = max(recording.deepest, len(self.running) + outcome.depth)
        return fresh(outcome.value)

    def record(
        self,
        callee: FunctionRef,
        given: list[Value],
        kwargs: dict[str, Value],
        node: ast.Call | None,
        known: list[Outcome],
    ) -> Value:
        """Run a call and keep its outcome, if the run was pure."""
        ledger = self.project.ledger
        outer = self.recordings[0].outer if self.recordings else ledger.current
        recording = Recording(Entry(), outer, deepest=len(self.running))
        fuel, started = self.fuel, self.path.started
        self.recordings.append(recording)
        try:
            ledger.fill(recording.entry, lambda: self.run_call(callee, given, kwargs, node))
        finally:
            self.recordings.pop()
        value: Value = recording.entry.value
        recording.entry.value = None
        ledger.rest_on(recording.entry)
        kept = recording.pure and self.path.started is started and self.fuel > 0 and recording.deepest < DEEPEST
        kept = kept and len(known) < MOST_OUTCOMES and not any(f.file is self.file for f in recording.ran)
        if kept and can_be_given_again(value):
            depth = recording.deepest - len(self.running)
            known.append(Outcome(recording, depth, fuel - self.fuel, fresh(value)))
        return value

    def spoil(self) -> None:
        """Something happens that another run would have to do as well."""
        for recording in self.recordings:
            recording.pure = False
