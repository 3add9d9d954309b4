"""What an expression can be: the abstract values the interpreter computes with.

Values that stand for one object of the running program (a module, a tensor, a list) are compared by identity and
remember what happens to that object, so that two names for one list are one `Box`. `UNKNOWN` is silent, everywhere.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from modlint.model.events import Place
    from modlint.model.facts import ClassFacts, FileFacts, FunctionFacts
    from modlint.model.library import LibraryClass


class Value:
    """Any abstract value."""

    __slots__ = ()


class Unknown(Value):
    """What the code doesn't tell."""

    __slots__ = ()


UNKNOWN: Final = Unknown()


class Const(Value):
    """A Python constant: ``None``, a number, a string, a boolean."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


NONE: Final = Const(None)


class Dotted(Value):
    """A name outside the opened files, by its full path: ``torch.nn.functional.dropout``, ``builtins.len``."""

    __slots__ = ("path",)

    def __init__(self, path: str) -> None:
        self.path = path


class FileRef(Value):
    """An opened Python module (a file), as a namespace."""

    __slots__ = ("file",)

    def __init__(self, file: FileFacts) -> None:
        self.file = file


class FolderRef(Value):
    """A package without ``__init__.py``."""

    __slots__ = ("path",)

    def __init__(self, path: str) -> None:
        self.path = path


class ClassRef(Value):
    """A class, defined in an opened file or known from a library table."""

    __slots__ = ("cls",)

    def __init__(self, cls: ClassFacts | LibraryClass) -> None:
        self.cls = cls


class FunctionRef(Value):
    """A function of an opened file, with the variables it closes over and the instance it is bound to."""

    __slots__ = ("closure", "function", "receiver")

    def __init__(self, function: FunctionFacts, closure: Any = None, receiver: Value | None = None) -> None:
        self.function, self.closure, self.receiver = function, closure, receiver


class LambdaRef(Value):
    """A lambda with the frame it closes over."""

    __slots__ = ("closure", "node")

    def __init__(self, node: ast.Lambda, closure: Any) -> None:
        self.node, self.closure = node, closure


class SelfRef(Value):
    """The instance whose class is being read."""

    __slots__ = ()


class SuperRef(Value):
    """``super()`` inside a method of ``after``: looks attributes up behind it in the instance's MRO.

    ``bound`` is false for the one-argument form ``super(Net)``, which forwards nothing to a base class.
    """

    __slots__ = ("after", "bound", "node")

    def __init__(self, after: ClassFacts | LibraryClass | None, node: ast.Call, bound: bool = True) -> None:
        self.after, self.node, self.bound = after, node, bound


class Method(Value):
    """An attribute of a known value, not yet called: ``layers.append``, ``weight.to``, ``self.fc.forward``."""

    __slots__ = ("name", "receiver")

    def __init__(self, receiver: Value, name: str) -> None:
        self.receiver, self.name = receiver, name


Computed = ast.expr | ast.AugAssign
"""What gives a value: an expression, or a statement such as ``x += y``."""


class Made(Value):
    """A value made at one place of the code, ``node``."""

    __slots__ = ("escaped", "node")

    def __init__(self, node: Computed) -> None:
        self.node = node
        self.escaped = False


class Instance(Made):
    """An instance of a class. Of a Module: ``registered`` once some Module holds it as a submodule or may do so.

    ``handled`` tells that code reaches into it (``conv.weight.data = …``); ``parts`` are the submodules that were read
    off it by name, each of which knows by ``within`` whose part it is.
    """

    __slots__ = ("args", "called", "cls", "handled", "kwargs", "parts", "registered", "within")

    def __init__(
        self, node: Computed, cls: ClassFacts | LibraryClass, args: list[Value], kwargs: dict[str, Value]
    ) -> None:
        super().__init__(node)
        self.cls, self.args, self.kwargs = cls, list(args), kwargs
        self.registered = False
        self.called: list[ast.expr] = []
        self.handled = False
        self.within: tuple[Instance, str] | None = None
        self.parts: dict[str, Instance] = {}


class Parameter(Made):
    """An ``nn.Parameter``; ``moved`` names the operation that made a plain non-leaf tensor of it."""

    __slots__ = ("moved", "registered", "trainable")

    def __init__(self, node: Computed, trainable: bool | None = True, moved: str | None = None) -> None:
        super().__init__(node)
        self.trainable, self.moved = trainable, moved
        self.registered = False


class Tensor(Made):
    """A plain tensor. ``dims`` is the least number of dimensions that is sure, ``None`` where nothing is known.

    ``uses`` collects what is done with it: ``"operand"`` (met another tensor in an operation), ``"moved"`` (taken to a
    device or type on use), ``"index"``, ``"meta"`` (only its shape or type was read), ``"python"`` (made a number),
    ``"weight"`` (an operand of a product), ``"passed"`` (handed to unknown code when the Module runs),
    ``"escaped"`` (the same in the constructor, or to an optimizer). Derived tensors share the uses of
    what they derive from; ``computed`` tells that one derives from a trainable tensor and is no leaf of the graph.
    """

    __slots__ = ("computed", "dims", "floating", "made_by", "placed", "random", "registered", "trainable", "uses")

    def __init__(self, node: Computed, made_by: str, dims: int | None = None) -> None:
        super().__init__(node)
        self.made_by, self.dims = made_by, dims
        self.floating: bool | None = None
        self.random = False
        self.trainable = False
        self.computed = False
        self.placed = False
        self.registered = False
        self.uses: set[str] = set()

    def derived(self, node: Computed) -> Tensor:
        """The result of an operation on this tensor and nothing that lives on another device."""
        result = Tensor(node, self.made_by, self.dims)
        result.floating, result.random, result.uses = self.floating, self.random, self.uses
        result.trainable, result.placed = self.trainable, self.placed
        result.computed = self.trainable or self.computed
        return result


class Parameters(Made):
    """What ``module.parameters()`` gives: an iterator over the parameters of ``module``, used up after one loop.

    ``taken`` are the places where something goes through it; ``loops`` is how deep in loops it was made.
    """

    __slots__ = ("loops", "module", "named", "taken")

    def __init__(self, node: Computed, module: Instance | SelfRef, named: bool = False, loops: int = 0) -> None:
        super().__init__(node)
        self.module, self.named, self.loops = module, named, loops
        self.taken: list[Place] = []


class ParameterOf(Made):
    """One of the parameters of ``module``: what a loop over ``module.parameters()`` goes through."""

    __slots__ = ("module",)

    def __init__(self, node: Computed, module: Instance | SelfRef) -> None:
        super().__init__(node)
        self.module = module


class Box(Made):
    """A Python container: ``kind`` is list, tuple, set or dict; ``items`` the values put in, one per place of the code.

    ``literal`` is the number of elements written out, ``None`` if a loop or comprehension fills it; ``wrapped`` is
    set when it is handed to something that may register the items.
    """

    __slots__ = ("attributes", "items", "keys", "kind", "literal", "wrapped")

    def __init__(self, node: Computed, kind: str, items: list[Value], literal: int | None = None) -> None:
        super().__init__(node)
        self.kind, self.items, self.literal = kind, items, literal
        self.compact()
        self.keys: list[Value] = []
        self.wrapped = False
        self.attributes: list[str] = []

    def compact(self) -> None:
        """Keep each item once where they have become many (a list doubled in a loop): what is in it stays the same."""
        if len(self.items) > MOST_ITEMS:
            self.items = list({id(item): item for item in self.items}.values())
            self.literal = None


MOST_ITEMS: Final = 64


class Union(Value):
    """One of several values, by path."""

    __slots__ = ("values",)

    def __init__(self, values: tuple[Value, ...]) -> None:
        self.values = values


MOST_ALTERNATIVES: Final = 8


def alternatives(value: Value) -> tuple[Value, ...]:
    """The values ``value`` can be: itself, or the members of a union."""
    return value.values if isinstance(value, Union) else (value,)


def same(one: Value, other: Value) -> bool:
    """Whether two values are one: the same object, or equal names or constants."""
    if one is other:
        return True
    if one.__class__ is not other.__class__:
        return False
    if isinstance(one, Dotted) and isinstance(other, Dotted):
        return one.path == other.path
    if isinstance(one, ClassRef) and isinstance(other, ClassRef):
        return one.cls is other.cls
    if isinstance(one, Const) and isinstance(other, Const):
        return one.value.__class__ is other.value.__class__ and bool(one.value == other.value)
    return isinstance(one, SelfRef)


def join(values: Iterable[Value]) -> Value:
    """One value for all of ``values``: their union without repeats; too many of them are unknown."""
    found: list[Value] = []
    for value in values:
        for candidate in value.values if isinstance(value, Union) else (value,):
            for known in found:
                if known is candidate or (known.__class__ is candidate.__class__ and same(candidate, known)):
                    break
            else:
                if len(found) == MOST_ALTERNATIVES:
                    return UNKNOWN
                found.append(candidate)
    if len(found) == 1:
        return found[0]
    return Union(tuple(found)) if found else UNKNOWN


def inside(value: Value) -> Iterator[Value]:
    """``value``'s alternatives and, through containers, everything in them; each container once."""
    waiting = [value]
    seen: set[int] = set()
    while waiting:
        for candidate in alternatives(waiting.pop()):
            if isinstance(candidate, Box):
                if id(candidate) in seen:
                    continue
                seen.add(id(candidate))
                waiting.extend(reversed(candidate.items))
            yield candidate


FLAT: Final = frozenset({Unknown, Const, Dotted, FileRef, ClassRef, FunctionRef, Method})
"""Kinds of values that nothing happens to and that hold nothing."""


HOLDING: Final = (Box, Union)
"""Kinds of values that others are in."""


def mark(value: Value, change: Callable[[Value], None]) -> None:
    """Apply ``change`` to ``value`` and to everything in it."""
    if value.__class__ in HOLDING:
        for candidate in inside(value):
            change(candidate)
    elif value.__class__ not in FLAT:
        change(value)
