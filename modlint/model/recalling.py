"""Calls of other files' functions: followed once, recalled where another class's constructor makes them alike."""

from __future__ import annotations

import ast
from collections.abc import Callable, Hashable
from typing import Final

from msgspec.structs import replace

from modlint.model.events import Binding, Initialisation
from modlint.model.facts import FileFacts, FunctionFacts
from modlint.model.fresh import Transplant
from modlint.model.ledger import Entry
from modlint.model.makers import Makers
from modlint.model.recall import MOST_OUTCOMES, NOTED, Held, Named, Outcome, Question, Recording, counted, identity
from modlint.model.state import Frame
from modlint.model.values import FunctionRef, Value

DEEPEST: Final = 16
"""How deep calls are followed."""


class Recalling(Makers):
    """The part of the interpreter that keeps what calls did."""

    running: list[FunctionFacts]
    visited: set[FunctionFacts]
    callers: list[ast.Call]
    nested: list[tuple[FunctionFacts, Frame]]
    buffers: set[str]
    fuel: int
    run_call: Callable[..., Value]

    def recall(self, callee: FunctionRef, given: list[Value], kwargs: dict[str, Value], node: ast.Call | None) -> Value:
        """What a call of another file's function gives: as in an earlier run that saw the same, or by a new one."""
        keys = [identity(value) for value in (*given, *kwargs.values())]
        if None in keys:
            return self.run_call(callee, given, kwargs, node)
        state = (self.path.started, self.plain, self.registers, self.in_init, not self.running)
        key = (callee.function, callee.receiver is None, state, len(given), *keys, *kwargs)
        known = self.graph.outcomes.setdefault(key, [])
        seen: dict[Question, Hashable] = {}
        for place, outcome in enumerate(known):
            if self.fits(outcome, seen):
                known.insert(0, known.pop(place))
                return self.replay(outcome, node)
        return self.record(callee, given, kwargs, node, known)

    def fits(self, outcome: Outcome, seen: dict[Question, Hashable]) -> bool:
        """Whether a new run would go as that one went; ``seen`` keeps answers for the next outcome."""
        then = outcome.recording
        if (
            self.fuel <= outcome.fuel
            or len(self.running) + outcome.depth >= DEEPEST
            or self.file in outcome.files
            or then.asked.intersection(self.running) != outcome.barred
        ):
            return False
        for question, answer in then.reads.items():
            if question not in seen:
                seen[question] = self.sees(question)
            if seen[question] != answer or (isinstance(question, Named) and self.name_in(question.by) in then.bound):
                return False
        held = {id(self.own(self.attribute_asked(question))) for question in outcome.held}
        return len(held) == len(outcome.held)

    def replay(self, outcome: Outcome, node: ast.Call | None) -> Value:
        """Do what that run did."""
        then, events = outcome.recording, self.events
        self.fuel -= outcome.fuel
        self.visited |= then.ran
        self.project.ledger.rest_on(then.entry)
        for kind, noted in outcome.noted.items():
            getattr(events, kind).extend(noted)
        copier = Transplant(self.instance)
        about = {question: self.attribute_asked(question) for question in then.reads}
        for question, stand_in in outcome.held.items():
            held = self.own(about[question])
            self.note_read(question, about[question], held)
            if isinstance(held, Value):  # a method of the class is no object that a run could hold
                copier.keep(stand_in, held)
        for made in outcome.bindings:
            binding = _copied(made, copier)
            events.bindings.append(binding)
            self.settled.setdefault(binding.attribute, []).append(binding.value)
            if binding.how == "register_buffer":
                self.buffers.add(binding.attribute)
        for name, value in outcome.attributes.items():
            self.path.attributes[name] = copier.copied(value)
        callers = self.callers if node is None else [*self.callers, node]
        events.initialisations += [replace(i, callers=[*callers, *i.callers]) for i in outcome.initialisations]
        self.nested += [(function, copier.frame(frame)) for function, frame in outcome.nested]
        self.path.started = outcome.started
        if not self.running:
            events.exits = list(outcome.exits)
        for recording in self.recordings:
            for question, answer in then.reads.items():
                recording.ask(question, about[question], answer)
            recording.bound |= then.bound
            recording.asked |= then.asked
            recording.ran |= then.ran
            recording.deepest = max(recording.deepest, len(self.running) + outcome.depth)
        return copier.copied(outcome.value)

    def record(
        self,
        callee: FunctionRef,
        given: list[Value],
        kwargs: dict[str, Value],
        node: ast.Call | None,
        known: list[Outcome],
    ) -> Value:
        """Run a call and keep what it did, if that is the same for other classes."""
        ledger = self.project.ledger
        outer = self.recordings[0].outer if self.recordings else ledger.current
        callers = len(self.callers) + (node is not None)
        recording = Recording(Entry(), outer, counted(self.events), len(self.nested), callers, len(self.running))
        fuel = self.fuel
        self.recordings.append(recording)
        try:
            ledger.fill(recording.entry, lambda: self.run_call(callee, given, kwargs, node))
        finally:
            self.recordings.pop()
            recording.release(self.recordings)
        value: Value = recording.entry.value
        recording.entry.value = None
        ledger.rest_on(recording.entry)
        files = frozenset(function.file for function in recording.ran)
        kept = recording.general and self.fuel > 0 and recording.deepest < DEEPEST
        if kept and self.file not in files:
            known.insert(0, self.outcome(recording, fuel - self.fuel, value, files))
            recording.end()
            del known[MOST_OUTCOMES:]
        return value

    def outcome(self, recording: Recording, fuel: int, value: Value, files: frozenset[FileFacts]) -> Outcome:
        """What a run that has just ended did, in copies that nothing happens to any more."""
        copier, events, first = Transplant(self.instance), self.events, recording.first
        held = {question: Held() for question in recording.held}
        for question, stand_in in held.items():
            copier.keep(recording.held[question], stand_in)
        return Outcome(
            recording,
            depth=recording.deepest - len(self.running),
            fuel=fuel,
            value=copier.copied(value),
            started=self.path.started,
            exits=list(events.exits),
            files=files,
            barred=frozenset(recording.asked.intersection(self.running)),
            noted={
                kind: new for kind, start in zip(NOTED, first, strict=False) if (new := getattr(events, kind)[start:])
            },
            bindings=[_copied(binding, copier) for binding in events.bindings[first[-2] :]],
            attributes={n: copier.copied(v) for n, v in self.path.attributes.items() if n in recording.bound},
            initialisations=[_within(i, recording.callers) for i in events.initialisations[first[-1] :]],
            nested=[(function, copier.frame(frame)) for function, frame in self.nested[recording.nested :]],
            held=held,
        )

    def spoil(self) -> None:
        """Something happens that hangs on more than is noted: no other class's run is known to go alike."""
        for recording in self.recordings:
            recording.general = False


def _copied(binding: Binding, copier: Transplant) -> Binding:
    return replace(binding, value=copier.copied(binding.value), before=copier.copied(binding.before))


def _within(initialisation: Initialisation, callers: int) -> Initialisation:
    return replace(initialisation, callers=initialisation.callers[callers:])
