"""What the interpreter saw: bindings of attributes, calls, initialisations; in the order in which they happen."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from enum import IntEnum

from modlint.model.facts import ClassFacts, FileFacts, FunctionFacts
from modlint.model.values import UNKNOWN, Box, Value

Guard = tuple[ast.expr, bool]
"""A condition that holds where something happens: the test, and whether it came out true."""


class Started(IntEnum):
    """Whether ``Module.__init__`` has run at some point of a constructor: on no path, on some, on all."""

    NO = 0
    MAYBE = 1
    YES = 2


@dataclass(eq=False, slots=True)
class Place:
    """Where an event stands."""

    file: FileFacts
    function: FunctionFacts | None
    owner: ClassFacts | None
    statement: ast.stmt
    guards: tuple[Guard, ...]
    loops: int
    in_init: bool


@dataclass(eq=False, slots=True)
class Binding:
    """``self.attribute = value``, or what comes to the same: ``how`` is assign, augment, setattr, register_buffer, …

    ``before`` is what the attribute was on this path of the constructor.
    """

    attribute: str
    value: Value
    node: ast.AST
    place: Place
    started: Started
    how: str = "assign"
    before: Value = UNKNOWN


@dataclass(eq=False, slots=True)
class Call:
    """A call of something known. ``path`` is the callee's dotted name if any; ``spread`` tells of ``*`` or ``**``.

    ``sure`` is false where the callee is one of several things that may be called here.
    """

    node: ast.Call
    callee: Value
    path: str
    args: list[Value]
    kwargs: dict[str, Value]
    spread: bool
    place: Place
    result: Value
    sure: bool = True


@dataclass(eq=False, slots=True)
class Condition:
    """A test that decides a branch, or a part of one joined by ``and``, ``or`` or ``not``, and its value."""

    node: ast.expr
    value: Value
    place: Place


@dataclass(eq=False, slots=True)
class Store:
    """``owner.attribute = value`` where the owner isn't the instance being read."""

    node: ast.Attribute
    owner: Value
    value: Value
    place: Place


@dataclass(eq=False, slots=True)
class Discarded:
    """A call as a statement: its result is thrown away. ``call`` is the noted call, if its callee is known."""

    statement: ast.Expr
    node: ast.Call
    call: Call | None
    place: Place


@dataclass(eq=False, slots=True)
class Entry:
    """Something is put into a table of a Module's, ``registry``, by hand: ``self._modules["fc"] = layer``."""

    node: ast.Subscript
    registry: ast.Attribute
    place: Place


@dataclass(eq=False, slots=True)
class Multiplied:
    """A container that holds one object several times: ``[layer] * n``, ``[layer for _ in range(n)]``."""

    node: ast.expr
    box: Box
    place: Place


@dataclass(eq=False, slots=True)
class Initialisation:
    """A call that runs ``Module.__init__`` (or a base class's ``__init__`` that does).

    ``registered`` are the modules, parameters and buffers that were bound before it on the path, ``callers`` the calls
    through which the constructor came to it.
    """

    node: ast.Call
    place: Place
    before: Started
    registered: list[Binding]
    callers: list[ast.Call]


@dataclass(eq=False, slots=True)
class Events:
    """All events of one interpretation.

    ``strange`` are calls of a Module's or an optimizer's methods on objects that aren't known: the names tell.
    """

    bindings: list[Binding] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    strange: list[Call] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    conditions: list[Condition] = field(default_factory=list)
    stores: list[Store] = field(default_factory=list)
    discarded: list[Discarded] = field(default_factory=list)
    multiplied: list[Multiplied] = field(default_factory=list)
    initialisations: list[Initialisation] = field(default_factory=list)
    statements: list[tuple[ast.Expr, Value, Place]] = field(default_factory=list)
    exits: list[Started] = field(default_factory=list)
    deleted: set[str] = field(default_factory=set)
