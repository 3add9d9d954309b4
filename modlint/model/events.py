"""What the interpreter saw: bindings of attributes, calls, initialisations; in the order in which they happen."""

from __future__ import annotations

import ast
from enum import IntEnum

import msgspec

from modlint.model.facts import ClassFacts, FileFacts, FunctionFacts, Placed, written
from modlint.model.values import UNKNOWN, Box, Computed, Value

Guard = tuple[ast.expr, bool]
"""A condition that holds where something happens: the test, and whether it came out true."""


class Started(IntEnum):
    """Whether ``Module.__init__`` has run at some point of a constructor: on no path, on some, on all."""

    NO = 0
    MAYBE = 1
    YES = 2


class Place(msgspec.Struct, eq=False):
    """Where an event stands."""

    file: FileFacts
    function: FunctionFacts | None
    owner: ClassFacts | None
    statement: ast.stmt
    guards: tuple[Guard, ...]
    loops: int
    in_init: bool


class Binding(msgspec.Struct, eq=False):
    """``self.attribute = value``, or what comes to the same: ``how`` is assign, augment, setattr, register_buffer, …

    ``before`` is what the attribute was on this path of the constructor.
    """

    attribute: str
    value: Value
    node: Placed
    place: Place
    started: Started
    how: str = "assign"
    before: Value = UNKNOWN

    @property
    def written(self) -> str:
        """The name that the code has there: the attribute's, or that of what is called to set it."""
        return written(self.node)


class Call(msgspec.Struct, eq=False):
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

    @property
    def written(self) -> str:
        """The name under which the code calls it, which may be another than the callee's own."""
        return written(self.node)


class Condition(msgspec.Struct, eq=False):
    """A test that decides a branch, or a part of one joined by ``and``, ``or`` or ``not``, and its value."""

    node: ast.expr
    value: Value
    place: Place


class Store(msgspec.Struct, eq=False):
    """``owner.attribute = value`` where the owner isn't the instance being read."""

    node: ast.Attribute
    owner: Value
    value: Value
    place: Place


class Discarded(msgspec.Struct, eq=False):
    """A call as a statement: its result is thrown away. ``call`` is the noted call, if its callee is known."""

    statement: ast.Expr
    node: ast.Call
    call: Call | None
    place: Place


class Entry(msgspec.Struct, eq=False):
    """Something is put into a table of a Module's, ``registry``, by hand: ``self._modules["fc"] = layer``."""

    node: ast.Subscript
    registry: ast.Attribute
    place: Place


class Multiplied(msgspec.Struct, eq=False):
    """A container that holds one object several times: ``[layer] * n``, ``[layer for _ in range(n)]``."""

    node: Computed
    box: Box
    place: Place


class Initialisation(msgspec.Struct, eq=False):
    """A call that runs ``Module.__init__`` (or a base class's ``__init__`` that does).

    ``registered`` are the modules, parameters and buffers that were bound before it on the path, ``callers`` the calls
    through which the constructor came to it.
    """

    node: ast.Call
    place: Place
    before: Started
    registered: list[Binding]
    callers: list[ast.Call]


class Events(msgspec.Struct, eq=False):
    """All events of one interpretation.

    ``strange`` are calls of a Module's or an optimizer's methods on objects that aren't known: the names tell.
    """

    bindings: list[Binding] = []
    calls: list[Call] = []
    strange: list[Call] = []
    entries: list[Entry] = []
    conditions: list[Condition] = []
    stores: list[Store] = []
    discarded: list[Discarded] = []
    multiplied: list[Multiplied] = []
    initialisations: list[Initialisation] = []
    statements: list[tuple[ast.Expr, Value, Place]] = []
    exits: list[Started] = []
    deleted: set[str] = msgspec.field(default_factory=set)
