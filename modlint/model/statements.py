"""Statements: assignments and what they bind, branches, loops, ways out."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Final

from modlint.model.branches import Branches
from modlint.model.events import Binding, Discarded, Entry, Place, Started, Store
from modlint.model.facts import Placed
from modlint.model.recall import Before
from modlint.model.torch_names import REGISTRIES
from modlint.model.values import (
    UNKNOWN,
    Box,
    Const,
    Instance,
    Method,
    Parameter,
    SelfRef,
    Tensor,
    Value,
    alternatives,
)
from modlint.source import DISPLAYED


class Statements(Branches):
    """The part of the interpreter that runs statements."""

    buffers: set[str]
    local_definition: Callable[..., Value]
    local_class: Callable[..., Value]

    def body(self, statements: list[ast.stmt]) -> None:
        """Run statements in order, until one ends the path."""
        guards = len(self.guards)
        for statement in statements:
            if not self.path.alive:
                break
            self.statement = statement
            handler = _STATEMENTS.get(statement.__class__)
            if handler is not None:
                self.run_statement(handler, statement)
        del self.guards[guards:]

    def run_statement(self, handler: Callable[..., None], statement: ast.stmt) -> None:
        """Run one statement; one whose expressions are nested too deeply to be followed is passed over."""
        frame, path, loops, guards = self.frame, self.path, self.loops, len(self.guards)
        try:
            handler(self, statement)
        except RecursionError:
            self.frame, self.path, self.loops = frame, path, loops
            del self.guards[guards:]

    def place(self) -> Place:
        """Where the interpreter is now."""
        frame = self.frame
        guards = tuple(self.guards)
        return Place(frame.file, frame.function, frame.owner, self.statement, guards, self.loops, self.in_init)

    def expression(self, node: ast.Expr) -> None:
        noted = len(self.events.calls)
        value = self.eval(node.value)
        if hasattr(node, DISPLAYED):
            return
        if isinstance(node.value, ast.Call):
            calls = [c for c in self.events.calls[noted:] if c.node is node.value]
            self.events.discarded.append(Discarded(node, node.value, calls[-1] if calls else None, self.place()))
        elif not isinstance(node.value, ast.Constant):
            self.events.statements.append((node, value, self.place()))

    def assign(self, node: ast.Assign) -> None:
        value = self.eval(node.value)
        for target in node.targets:
            self.store(target, value, node.value)

    def annotated(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.store(node.target, self.eval(node.value), node.value)

    def augmented(self, node: ast.AugAssign) -> None:
        added = self.eval(node.value)
        target = node.target
        current = self.eval(target)
        for candidate in alternatives(current):
            if isinstance(candidate, Box) and candidate.kind == "tuple":
                self.store(target, Box(node.value, "tuple", [*candidate.items, *self.items_of(added)]), None, "augment")
            elif isinstance(candidate, Box):
                candidate.items.extend(self.items_of(added))
                self.grow(candidate)
            elif isinstance(candidate, Instance):
                self.absorb(added)
                candidate.args.append(added)
        if any(isinstance(c, (Box, Instance)) for c in alternatives(current)):
            return
        result = self.operate(node, current, added, node.op)
        self.store(target, result, None, "augment")

    def store(self, target: ast.expr, value: Value, source: ast.expr | None, how: str = "assign") -> None:
        """Bind ``value`` to an assignment target."""
        if isinstance(target, ast.Name):
            self.path.env[target.id] = value
        elif isinstance(target, ast.Attribute):
            self.store_attribute(target, value, how)
        elif isinstance(target, (ast.Tuple, ast.List)):
            self.unpack(target, value)
        elif isinstance(target, ast.Subscript):
            self.store_item(target, value)
        elif isinstance(target, ast.Starred):
            self.store(target.value, value, None)

    def unpack(self, target: ast.Tuple | ast.List, value: Value) -> None:
        held = value.args[0] if isinstance(value, Instance) and len(value.args) == 1 else value
        parts = held.items if isinstance(held, Box) and held.literal == len(held.items) else None
        starred = next((i for i, e in enumerate(target.elts) if isinstance(e, ast.Starred)), None)
        if starred is not None:
            behind = len(target.elts) - starred - 1
            rest = parts[starred : len(parts) - behind] if parts else self.items_of(value)
            several = Box(target.elts[starred], "list", list(rest), len(rest) if parts else None)
            ends = [self.element(value)] * len(target.elts)
            parts = [*parts[:starred], several, *parts[len(parts) - behind :]] if parts else ends
            parts[starred] = several
        elif parts is not None and len(parts) != len(target.elts):
            parts = None
        for position, element in enumerate(target.elts):
            self.store(element, parts[position] if parts else self.element(value), None, "unpack")

    def store_attribute(self, target: ast.Attribute, value: Value, how: str) -> None:
        owner = self.eval(target.value)
        if not isinstance(owner, SelfRef):
            self.events.stores.append(Store(target, owner, value, self.place()))
        for candidate in alternatives(owner):
            if isinstance(candidate, SelfRef):
                self.bind(target.attr, value if candidate is owner else UNKNOWN, target, how)
            elif isinstance(candidate, Instance):
                candidate.handled = True
                self.absorb(value)
            elif isinstance(candidate, Method):
                self.handle_root(candidate)
                self.escape(value)
            else:
                self.escape(value)
                if (
                    target.attr == "requires_grad"
                    and isinstance(value, Const)
                    and isinstance(candidate, (Parameter, Tensor))
                ):
                    candidate.trainable = bool(value.value)

    def store_item(self, target: ast.Subscript, value: Value) -> None:
        key = self.eval(target.slice)
        owner = self.eval(target.value)
        if isinstance(target.value, ast.Attribute) and target.value.attr in REGISTRIES:
            self.events.entries.append(Entry(target, target.value, self.place()))
        for candidate in alternatives(owner):
            if isinstance(candidate, Box):
                self.store_in(candidate, key, value)
            elif isinstance(candidate, Instance):
                self.absorb(value)
            elif isinstance(candidate, Method):
                self.handle_root(candidate)
                self.absorb(value)
            elif not isinstance(candidate, (Tensor, Parameter)):
                self.escape(value)

    def store_in(self, box: Box, key: Value, value: Value) -> None:
        """Store under ``key``: in the place of one of the items a list was written with, else as one more."""
        place = key.value if isinstance(key, Const) else None
        written = box.kind == "list" and box.literal == len(box.items)
        if written and isinstance(place, int) and -len(box.items) <= place < len(box.items):
            box.items[place] = value
            return
        box.items.append(value)
        box.keys.append(key)
        self.grow(box)

    def bind(self, attribute: str, value: Value, node: Placed, how: str = "assign") -> None:
        """Bind an attribute of the instance being read, and note it."""
        self.ask(Before(attribute))
        for recording in self.recordings:
            recording.bound.add(attribute)
        before = self.path.attributes.get(attribute, UNKNOWN) if self.in_init else UNKNOWN
        if attribute == "__dict__":
            self.path.started = Started.YES
        self.path.attributes[attribute] = value
        self.settled.setdefault(attribute, []).append(value)
        for candidate in alternatives(value):
            if isinstance(candidate, (Instance, Parameter)) and self.registers:
                candidate.registered = True
            elif isinstance(candidate, Box) and attribute not in candidate.attributes:
                candidate.attributes.append(attribute)
            elif isinstance(candidate, Tensor) and (how == "register_buffer" or attribute in self.buffers):
                candidate.registered = True
        if how == "register_buffer":
            self.buffers.add(attribute)
        started = self.path.started if self.in_init else Started.YES
        self.events.bindings.append(Binding(attribute, value, node, self.place(), started, how, before))

    def grow(self, box: Box) -> None:
        """``box`` got items after it was made: what is true of it holds for them."""
        box.literal = None
        box.compact()
        if box.wrapped or box.escaped:
            self.absorb(box)

    def assert_(self, node: ast.Assert) -> None:
        self.eval(node.test)

    def delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            if isinstance(target, ast.Name):
                self.path.env[target.id] = UNKNOWN
            elif isinstance(target, ast.Subscript):
                self.escape(self.eval(target.value))
            elif isinstance(target, ast.Attribute) and isinstance(self.eval(target.value), SelfRef):
                self.spoil()
                self.path.attributes[target.attr] = UNKNOWN
                self.events.deleted.add(target.attr)

    def function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self.path.env[node.name] = self.local_definition(node)

    def class_(self, node: ast.ClassDef) -> None:
        self.path.env[node.name] = self.local_class(node)


_STATEMENTS: Final[dict[type, Callable[..., None]]] = {
    ast.Expr: Statements.expression,
    ast.Assign: Statements.assign,
    ast.AnnAssign: Statements.annotated,
    ast.AugAssign: Statements.augmented,
    ast.If: Statements.if_,
    ast.For: Statements.for_,
    ast.AsyncFor: Statements.for_,
    ast.While: Statements.while_,
    ast.Break: Statements.leave_loop,
    ast.Continue: Statements.leave_loop,
    ast.With: Statements.with_,
    ast.AsyncWith: Statements.with_,
    ast.Try: Statements.try_,
    ast.Match: Statements.match,
    ast.Return: Statements.return_,
    ast.Raise: Statements.raise_,
    ast.Assert: Statements.assert_,
    ast.Delete: Statements.delete,
    ast.FunctionDef: Statements.function,
    ast.AsyncFunctionDef: Statements.function,
    ast.ClassDef: Statements.class_,
}
if hasattr(ast, "TryStar"):
    _STATEMENTS[ast.TryStar] = Statements.try_
