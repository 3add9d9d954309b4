"""Calls that need not be followed again: what a function of another file did once, it does for every class alike.

A constructor that ends in a framework's base class runs the framework's functions each time. Where such a run saw of
the class and its instance only what another class has too, what it did is done again without running it.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, Final, NamedTuple

import msgspec

from modlint.model.events import Binding, Events, Initialisation, Started
from modlint.model.facts import FileFacts, FunctionFacts
from modlint.model.ledger import Entry
from modlint.model.state import Frame
from modlint.model.values import (
    UNKNOWN,
    ClassRef,
    Const,
    Dotted,
    FileRef,
    FolderRef,
    FunctionRef,
    Instance,
    Method,
    SelfRef,
    Union,
    Value,
)

MOST_OUTCOMES: Final = 64
NOTED: Final = ("calls", "strange", "entries", "conditions", "stores", "discarded", "multiplied", "statements")
"""The events that another class's run has as well; bindings and initialisations are made anew for each."""


class Before(NamedTuple):
    """Asks what an attribute of the instance was when a run bound it."""

    attribute: str
    kind: str = "before"


class Behind(NamedTuple):
    """Asks for the classes behind one in the MRO, where ``super()`` looks."""

    after: Any
    kind: str = "behind"


class Named(NamedTuple):
    """Asks what the attribute is whose name the class has in another one: ``getattr(self, self.by)``."""

    by: str
    kind: str = "named"


Question = str | Before | Behind | Named
"""What a run may ask of the class and its instance; a name asks what the attribute is to code that reads it."""


class Held(Value):
    """Stands in an outcome for an object that the run got from the instance and only passed on."""

    __slots__ = ()


class Watched(Instance):
    """An object of the instance's while runs that have got hold of it are recorded.

    It turns back into an `Instance` as soon as anything about it is looked at or changed but that it is one.
    """

    __slots__ = ()

    def __getattribute__(self, name: str) -> Any:
        """An attribute; to ask for one is to look at the object."""
        if name == "__class__":
            return Instance
        object.__setattr__(self, "__class__", Instance)
        return object.__getattribute__(self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        """Change an attribute."""
        object.__setattr__(self, "__class__", Instance)
        object.__setattr__(self, name, value)


class Recording(msgspec.Struct, eq=False):
    """A run that is being followed. ``general`` while another class's run is known to go alike if it sees the same.

    ``reads`` is what it asked and what it saw; ``bound`` are the attributes it bound; ``asked`` the functions it wanted
    to call, ``ran`` those it ran; ``deepest`` is how deep its calls went. ``first`` has the number of events of each
    kind when it began, ``callers`` how many calls led to it.
    """

    entry: Entry
    outer: Entry
    first: tuple[int, ...]
    nested: int
    callers: int
    deepest: int
    reads: dict[Question, Hashable] = {}
    held: dict[Question, Instance] = {}
    bound: set[str] = msgspec.field(default_factory=set)
    asked: set[FunctionFacts] = msgspec.field(default_factory=set)
    ran: set[FunctionFacts] = msgspec.field(default_factory=set)
    general: bool = True

    def ask(self, question: Question, attribute: str, seen: Hashable) -> None:
        """Note what it sees of the class or of an attribute; what it bound itself is no question."""
        if attribute not in self.bound:
            self.reads.setdefault(question, seen)
            self.general = self.general and seen is not None
        elif isinstance(question, Named):  # in another class this may be the name of one that it doesn't bind
            self.general = False

    def hold(self, question: Question, attribute: str, value: Instance, looked_at: bool) -> None:
        """Note that it gets an object from the instance, unless it put it there itself, and watch that.

        ``looked_at`` tells that nobody watches it up to now.
        """
        if attribute in self.bound:
            return
        looked_at = looked_at and question in self.held
        same = self.held.setdefault(question, value) is value
        twice = any(other is value for known, other in self.held.items() if known != question)
        self.general = self.general and same and not twice and not looked_at
        object.__setattr__(value, "__class__", Watched)

    def release(self, others: list[Recording]) -> None:
        """At its end: if it looked at one of the objects, another class's run may go differently."""
        for value in self.held.values():
            if type(value) is not Watched:
                self.general = False
            elif not any(value is held for other in others for held in other.held.values()):
                object.__setattr__(value, "__class__", Instance)

    def end(self) -> None:
        """Let go of what belongs to the class that was read: what is kept of the run outlives it."""
        self.held, self.outer = {}, self.entry


class Outcome(msgspec.Struct, eq=False):
    """A run that was followed: what it saw, what it took, what it did and gave.

    ``files`` are those whose functions it ran, ``barred`` functions that it asked for and that were running already,
    ``nested`` functions that it defined and left to be run, with their variables. The callers of an initialisation are
    those within the run, ``exits`` the ways out of a constructor that nobody called. ``held`` are stand-ins for objects
    that it got from the instance.
    """

    recording: Recording
    depth: int
    fuel: int
    value: Value
    started: Started
    exits: list[Started]
    files: frozenset[FileFacts]
    barred: frozenset[FunctionFacts]
    noted: dict[str, list[Any]]
    bindings: list[Binding]
    attributes: dict[str, Value]
    initialisations: list[Initialisation]
    nested: list[tuple[FunctionFacts, Frame]]
    held: dict[Question, Held]


def counted(events: Events) -> tuple[int, ...]:
    """How many events of each kind in `NOTED` there are, then how many bindings and initialisations."""
    return tuple(len(getattr(events, kind)) for kind in (*NOTED, "bindings", "initialisations"))


def identity(value: Value) -> Hashable:
    """What two values have in common that are one to any code; ``None`` for an object with a life of its own."""
    if value is UNKNOWN:
        return UNKNOWN
    if isinstance(value, Const):
        return (value.value.__class__, value.value)
    if isinstance(value, (Dotted, FolderRef)):
        return (value.__class__, value.path)
    if isinstance(value, ClassRef):
        return value.cls
    if isinstance(value, FileRef):
        return value.file
    if isinstance(value, SelfRef):
        return SelfRef
    if isinstance(value, FunctionRef):
        return _function(value)
    if isinstance(value, Method):
        receiver = identity(value.receiver)
        return None if receiver is None else (receiver, value.name)
    if isinstance(value, Union):
        parts = tuple(identity(v) for v in value.values)
        return None if None in parts else parts
    return None


def _function(value: FunctionRef) -> Hashable:
    if value.closure is not None:
        return None
    if value.receiver is None:
        return value.function
    return (SelfRef, value.function) if isinstance(value.receiver, SelfRef) else None
