"""Calls that need not be followed again: what a function of another file did once, it does for every class alike.

A constructor that ends in a framework's base class runs the framework's functions each time. Where such a run changed
nothing and saw of the instance only what another class has too, its outcome is recalled instead.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field

from modlint.model.facts import FunctionFacts
from modlint.model.ledger import Entry
from modlint.model.values import (
    UNKNOWN,
    ClassRef,
    Const,
    Dotted,
    FileRef,
    FolderRef,
    FunctionRef,
    LambdaRef,
    Method,
    SelfRef,
    Union,
    Value,
    inside,
)

MOST_OUTCOMES = 12


@dataclass(slots=True)
class Recording:
    """What a run has done up to now. ``pure`` while it changed nothing that its caller or the class could tell.

    ``reads`` are the attributes of the instance it asked for and what they were; ``asked`` the functions it wanted to
    call, ``ran`` those it ran; ``deepest`` is how deep its calls went.
    """

    entry: Entry
    outer: Entry
    reads: dict[str, Hashable] = field(default_factory=dict)
    asked: set[FunctionFacts] = field(default_factory=set)
    ran: set[FunctionFacts] = field(default_factory=set)
    deepest: int = 0
    pure: bool = True


@dataclass(slots=True)
class Outcome:
    """A pure run: what it saw, what it took, what it gave."""

    recording: Recording
    depth: int
    fuel: int
    value: Value


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


def can_be_given_again(value: Value) -> bool:
    """Whether a result makes sense in another class's constructor: it holds nothing of the instance or a frame."""
    return not any(
        isinstance(v, (LambdaRef, SelfRef))
        or (isinstance(v, FunctionRef) and (v.closure is not None or v.receiver is not None))
        or (isinstance(v, Method) and identity(v) is None)
        for v in inside(value)
    )
