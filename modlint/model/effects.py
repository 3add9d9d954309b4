"""What happens to a value: it escapes, is absorbed by a Module, meets other tensors."""

from __future__ import annotations

import ast
from collections.abc import Callable

from modlint.model.classes import ClassGraph
from modlint.model.events import Events, Guard, Place
from modlint.model.facts import ClassFacts, FileFacts
from modlint.model.project import Project
from modlint.model.recall import Recording
from modlint.model.state import Frame, Path
from modlint.model.torch_names import PRODUCTS
from modlint.model.values import UNKNOWN, Box, Instance, Method, Parameter, SelfRef, Tensor, Value, inside, mark


class Effects:
    """What all parts of the interpreter share: where it stands, and what becomes of values that leave its sight."""

    graph: ClassGraph
    project: Project
    file: FileFacts
    cls: ClassFacts | None
    instance: SelfRef
    events: Events
    path: Path
    frame: Frame
    guards: list[Guard]
    loops: int
    statement: ast.stmt
    in_init: bool
    registers: bool
    plain: bool
    recordings: list[Recording]
    settled: dict[str, list[Value]]

    # what the other parts provide
    eval: Callable[[ast.expr], Value]
    items_of: Callable[[Value], list[Value]]
    store: Callable[..., None]
    place: Callable[[], Place]
    call: Callable[[ast.Call], Value]
    call_function: Callable[..., Value]
    spoil: Callable[[], None]

    def escape(self, value: Value) -> None:
        """``value`` goes where the interpreter doesn't follow: anything may be done with it there."""
        if value is not UNKNOWN:
            mark(value, _escaped if self.in_init or self.plain else _used_elsewhere)

    def absorb(self, value: Value) -> None:
        """A Module takes ``value``: the modules and parameters in it are registered there."""
        if value is not UNKNOWN:
            mark(value, _absorbed)

    def operand(self, value: Value, path: str) -> None:
        """``value`` goes into a torch operation with tensors of the forward pass."""
        product = path.rpartition(".")[2] in PRODUCTS
        for candidate in inside(value):
            if isinstance(candidate, Tensor):
                candidate.uses.add("operand")
                if product:
                    candidate.uses.add("weight")

    def handle_root(self, method: Method) -> None:
        """Something is stored in or done to an attribute of a module (``conv.weight.data[...] = k``)."""
        root: Value = method
        while isinstance(root, Method):
            root = root.receiver
        if isinstance(root, Instance):
            root.handled = True


def _escaped(value: Value) -> None:
    if isinstance(value, (Box, Instance)):
        value.escaped = True
    elif isinstance(value, Tensor):
        value.uses.add("escaped")
    elif isinstance(value, Parameter):
        value.registered = True


def optimized(value: Value) -> None:
    """An optimizer takes ``value``: what it holds is trained."""
    if isinstance(value, Tensor):
        value.uses.add("escaped")


def _used_elsewhere(value: Value) -> None:
    """Past the constructor, code that is handed a module computes with it (checkpointing) and registers nothing."""
    if isinstance(value, Tensor):
        value.uses.add("passed")
    elif not isinstance(value, (Box, Instance)):
        _escaped(value)


def _absorbed(value: Value) -> None:
    if isinstance(value, Box):
        value.wrapped = True
    elif isinstance(value, (Instance, Parameter, Tensor)):
        value.registered = True
        value.escaped = True
