"""The abstract interpreter: runs code on kinds of values instead of values and notes what happens to modules.

Statements are here; `expressions` evaluates, `calls` says what a call does. One interpreter serves one class (its
constructor first, with helpers and base constructors followed, then its other methods) or one file's plain code.
Loops run once, branches both ways, and what can't be known is `UNKNOWN`.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Final

from modlint.model.calls import Calls
from modlint.model.classes import ClassGraph
from modlint.model.events import Binding, Events, Guard, Place, Started
from modlint.model.facts import ClassFacts, FileFacts, FunctionFacts
from modlint.model.state import Frame, Path, merge, terminates
from modlint.model.values import (
    UNKNOWN,
    Box,
    ClassRef,
    Const,
    FunctionRef,
    Instance,
    Method,
    Parameter,
    SelfRef,
    Tensor,
    Value,
    alternatives,
    join,
)

FUEL: Final = 400
"""How many calls one interpretation follows into other functions before it stops looking into them."""


class Interpreter(Calls):
    """Interprets functions of one class (``cls``) or of none, and gathers `Events`."""

    def __init__(self, graph: ClassGraph, file: FileFacts, cls: ClassFacts | None) -> None:
        self.graph, self.project, self.file, self.cls = graph, graph.project, file, cls
        self.instance: Value = SelfRef()
        self.events = Events()
        self.path = Path({}, {}, Started.NO)
        self.frame = Frame(file, None)
        self.guards: list[Guard] = []
        self.loops = 0
        self.statement: ast.stmt = file.tree.body[0] if file.tree.body else ast.Pass(lineno=1, col_offset=0)
        self.in_init = False
        self.running: list[FunctionFacts] = []
        self.visited: set[FunctionFacts] = set()
        self.reached_by_init: frozenset[FunctionFacts] = frozenset()
        self.results: dict[FunctionFacts, Value] = {}
        self.settled: dict[str, list[Value]] = {}
        self.fuel = FUEL
        self.lambdas: list[ast.Lambda] = []
        self.exits_stack: list[list[Path]] = []
        self.loop_stack: list[list[Path]] = []
        self.nested: list[tuple[FunctionFacts, Frame]] = []
        self.registers = cls is not None and graph.is_module(cls)

    # -- running functions ---------------------------------------------------------------------------------------

    def run_function(self, function: FunctionFacts, env: dict[str, Value], closure: Frame | None) -> Value:
        """Run a function's body with ``env`` as its arguments; the value it returns. The caller's frame is kept."""
        outer, guards, loops, statement = self.frame, self.guards, self.loops, self.statement
        saved = self.path
        outer.env = saved.env
        frame = Frame(function.file, function, closure)
        frame.env = env
        frame.self_name = function.self_name
        self.frame, self.guards, self.loops = frame, [], 0
        self.path = Path(env, saved.attributes, saved.started)
        self.running.append(function)
        self.visited.add(function)
        exits: list[Path] = []
        self.exits_stack.append(exits)
        self.loop_stack.append([])
        self.body(function.node.body)
        self.loop_stack.pop()
        self.exits_stack.pop()
        self.running.pop()
        end = self.path
        if not self.running and self.in_init:
            self.events.exits = [p.started for p in (*exits, end) if p.alive]
        after = merge([*exits, end], end)
        self.path = Path(saved.env, after.attributes, after.started, saved.alive)
        self.frame, self.guards, self.loops, self.statement = outer, guards, loops, statement
        return join(frame.returns) if frame.returns else Const(None)

    def construct_instance(self, cls: ClassFacts) -> None:
        """Run the class's constructor, its own or the inherited one, on unknown arguments."""
        self.in_init = True
        member = self.graph.find(cls, "__init__")
        function = member.owner.method("__init__") if member is not None and isinstance(member.owner, ClassFacts) else None
        if function is not None:
            self.run_apart(function)
        self.in_init = False
        self.reached_by_init = frozenset(self.visited)

    def run_apart(self, function: FunctionFacts, closure: Frame | None = None) -> None:
        """Run a function on unknown arguments, starting from the settled attributes."""
        given: list[Value] = [] if function.self_name is None or function.owner is None else [self.instance]
        self.path = Path({}, {} if not self.in_init else self.path.attributes, self.path.started)
        self.run_function(function, self.bind_arguments(function, given, {}, None), closure)

    def run_methods(self, cls: ClassFacts) -> None:
        """Run what the constructor did not reach: the class's other methods, and functions defined inside methods."""
        self.fuel = FUEL
        for function in cls.methods():
            if function not in self.visited:
                self.run_apart(function)
        self.run_nested()

    def run_nested(self) -> None:
        """Run the inner functions that nothing called where they were defined (callbacks, decorators)."""
        while self.nested:
            function, closure = self.nested.pop()
            if function not in self.visited:
                self.run_apart(function, closure)

    def run_module(self) -> None:
        """Run the file's own statements and its functions outside classes."""
        self.frame = Frame(self.file, None)
        self.path = Path(self.frame.env, {}, Started.YES)
        self.body(self.file.tree.body)
        for function in self.file.functions:
            if function.outer is None and function not in self.visited:
                self.run_apart(function)
        self.run_nested()

    def local_definition(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> Value:
        """The facts of a function defined where the interpreter stands."""
        scope = self.frame.function.scope if self.frame.function is not None else self.frame.file.scope
        for binder in scope.names.get(node.name, ()):
            if isinstance(binder, FunctionFacts) and binder.node is node:
                if self.frame.function is None:
                    return FunctionRef(binder)
                self.nested.append((binder, self.frame))
                return FunctionRef(binder, closure=self.frame)
        return UNKNOWN

    def local_class(self, node: ast.ClassDef) -> Value:
        """The facts of a class defined where the interpreter stands."""
        scope = self.frame.function.scope if self.frame.function is not None else self.frame.file.scope
        for binder in scope.names.get(node.name, ()):
            if isinstance(binder, ClassFacts) and binder.node is node:
                return ClassRef(binder)
        return UNKNOWN

    def body(self, statements: list[ast.stmt]) -> None:
        """Run statements in order, until one ends the path."""
        guards = len(self.guards)
        for statement in statements:
            if not self.path.alive:
                break
            self.statement = statement
            handler = _STATEMENTS.get(statement.__class__)
            if handler is not None:
                handler(self, statement)
        del self.guards[guards:]

    def place(self) -> Place:
        """Where the interpreter is now."""
        function = self.frame.function
        owner = function.owner if function is not None else None
        outer = function
        while owner is None and outer is not None and isinstance(outer.outer, FunctionFacts):
            outer = outer.outer
            owner = outer.owner
        return Place(self.frame.file, function, owner, self.statement, tuple(self.guards), self.loops, self.in_init)

    # -- statements ----------------------------------------------------------------------------------------------

    def expression(self, node: ast.Expr) -> None:
        value = self.eval(node.value)
        if not isinstance(node.value, (ast.Call, ast.Constant)):
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
            if isinstance(candidate, Box):
                candidate.items.extend(self.items_of(added))
                self.grow(candidate)
            elif isinstance(candidate, Instance):
                self.absorb(added)
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
        parts = None
        if isinstance(held, Box) and held.literal == len(target.elts) == len(held.items):
            parts = held.items
        if any(isinstance(e, ast.Starred) for e in target.elts):
            parts = None
        for position, element in enumerate(target.elts):
            self.store(element, parts[position] if parts else self.element(value), None, "unpack")

    def store_attribute(self, target: ast.Attribute, value: Value, how: str) -> None:
        owner = self.eval(target.value)
        for candidate in alternatives(owner):
            if isinstance(candidate, SelfRef):
                self.bind(target.attr, value, target, how)
            elif isinstance(candidate, Instance):
                candidate.handled = True
                self.absorb(value)
            elif isinstance(candidate, Method):
                self.handle_root(candidate)
                self.escape(value)
            else:
                self.escape(value)
                if isinstance(candidate, Parameter) and target.attr == "requires_grad" and isinstance(value, Const):
                    candidate.trainable = bool(value.value)
                elif isinstance(candidate, Tensor) and target.attr == "requires_grad" and isinstance(value, Const):
                    candidate.trainable = bool(value.value)

    def store_item(self, target: ast.Subscript, value: Value) -> None:
        key = self.eval(target.slice)
        owner = self.eval(target.value)
        for candidate in alternatives(owner):
            if isinstance(candidate, Box):
                candidate.items.append(value)
                candidate.keys.append(key)
                literal = candidate.literal
                self.grow(candidate)
                if isinstance(key, Const) and isinstance(key.value, int):
                    candidate.literal = literal
            elif isinstance(candidate, Instance):
                self.absorb(value)
            elif isinstance(candidate, Method):
                self.handle_root(candidate)
                self.absorb(value)
            elif not isinstance(candidate, (Tensor, Parameter)):
                self.escape(value)

    def bind(self, attribute: str, value: Value, node: ast.AST, how: str = "assign") -> None:
        """Bind an attribute of the instance being read, and note it."""
        self.path.attributes[attribute] = value
        self.settled.setdefault(attribute, []).append(value)
        for candidate in alternatives(value):
            if isinstance(candidate, (Instance, Parameter)) and self.registers:
                candidate.registered = True
            elif isinstance(candidate, Box) and attribute not in candidate.attributes:
                candidate.attributes.append(attribute)
            elif isinstance(candidate, Tensor) and how == "register_buffer":
                candidate.registered = True
        started = self.path.started if self.in_init else Started.YES
        self.events.bindings.append(Binding(attribute, value, node, self.place(), started, how))

    def grow(self, box: Box) -> None:
        """``box`` got items after it was made: what is true of it holds for them."""
        box.literal = None
        if box.wrapped or box.escaped:
            self.absorb(box)

    def if_(self, node: ast.If) -> None:
        if _is_type_checking(node.test):
            return self.body(node.orelse)
        self.eval(node.test)
        before = self.snapshot()
        self.guards.append((node.test, True))
        self.body(node.body)
        self.guards.pop()
        then, self.path = self.path, before
        if node.orelse:
            self.guards.append((node.test, False))
            self.body(node.orelse)
            self.guards.pop()
        self.path = merge([then, self.path], before)
        if terminates(node.body):
            self.guards.append((node.test, False))
        elif node.orelse and terminates(node.orelse):
            self.guards.append((node.test, True))

    def snapshot(self) -> Path:
        """A copy of the present path, to run another branch from."""
        path = self.path
        return Path(dict(path.env), dict(path.attributes), path.started, path.alive)

    def for_(self, node: ast.For | ast.AsyncFor) -> None:
        iterated = self.eval(node.iter)
        self.store(node.target, self.element(iterated), None, "loop")
        self.loop(node.body, node.orelse)

    def while_(self, node: ast.While) -> None:
        self.eval(node.test)
        self.guards.append((node.test, True))
        self.loop(node.body, node.orelse)
        self.guards.pop()

    def loop(self, body: list[ast.stmt], orelse: list[ast.stmt]) -> None:
        before = self.snapshot()
        self.loops += 1
        self.loop_stack.append([])
        self.body(body)
        leaving = self.loop_stack.pop()
        self.loops -= 1
        self.path = merge([before, self.path, *leaving], before)
        self.body(orelse)

    def leave_loop(self, node: ast.Break | ast.Continue) -> None:
        if self.loop_stack:
            self.loop_stack[-1].append(self.path)
        self.path = Path(dict(self.path.env), dict(self.path.attributes), self.path.started, alive=False)

    def with_(self, node: ast.With | ast.AsyncWith) -> None:
        for item in node.items:
            value = self.eval(item.context_expr)
            if item.optional_vars is not None:
                self.store(item.optional_vars, value if isinstance(value, SelfRef) else UNKNOWN, None)
        self.body(node.body)

    def try_(self, node: ast.Try) -> None:
        before = self.snapshot()
        self.body(node.body)
        after = self.path
        failed = merge([before, Path(after.env, after.attributes, after.started)], before)
        ends = []
        for handler in node.handlers:
            self.path = Path(dict(failed.env), dict(failed.attributes), failed.started)
            self.body(handler.body)
            ends.append(self.path)
        self.path = after
        self.body(node.orelse)
        self.path = merge([self.path, *ends], before)
        alive = self.path.alive
        self.path.alive = True
        self.body(node.finalbody)
        self.path.alive = self.path.alive and alive

    def match(self, node: ast.Match) -> None:
        self.eval(node.subject)
        before = self.snapshot()
        ends = [before]
        for case in node.cases:
            self.path = Path(dict(before.env), dict(before.attributes), before.started)
            self.body(case.body)
            ends.append(self.path)
        self.path = merge(ends, before)

    def return_(self, node: ast.Return) -> None:
        value = self.eval(node.value) if node.value is not None else Const(None)
        self.frame.returns.append(value)
        self.leave()

    def raise_(self, node: ast.Raise) -> None:
        if node.exc is not None:
            self.eval(node.exc)
        self.path = Path(self.path.env, self.path.attributes, self.path.started, alive=False)

    def leave(self) -> None:
        if self.exits_stack:
            self.exits_stack[-1].append(Path({}, dict(self.path.attributes), self.path.started))
        self.path = Path(self.path.env, self.path.attributes, self.path.started, alive=False)

    def assert_(self, node: ast.Assert) -> None:
        self.eval(node.test)

    def delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            if isinstance(target, ast.Name):
                self.path.env[target.id] = UNKNOWN
            elif isinstance(target, ast.Attribute) and isinstance(self.eval(target.value), SelfRef):
                self.path.attributes[target.attr] = UNKNOWN
                self.events.deleted.add(target.attr)

    def function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self.path.env[node.name] = self.local_definition(node)

    def class_(self, node: ast.ClassDef) -> None:
        self.path.env[node.name] = self.local_class(node)


def _is_type_checking(test: ast.expr) -> bool:
    return isinstance(test, ast.Name) and test.id == "TYPE_CHECKING" or isinstance(test, ast.Attribute) and test.attr == "TYPE_CHECKING"


_STATEMENTS: Final[dict[type[ast.AST], Callable[..., None]]] = {
    ast.Expr: Interpreter.expression,
    ast.Assign: Interpreter.assign,
    ast.AnnAssign: Interpreter.annotated,
    ast.AugAssign: Interpreter.augmented,
    ast.If: Interpreter.if_,
    ast.For: Interpreter.for_,
    ast.AsyncFor: Interpreter.for_,
    ast.While: Interpreter.while_,
    ast.Break: Interpreter.leave_loop,
    ast.Continue: Interpreter.leave_loop,
    ast.With: Interpreter.with_,
    ast.AsyncWith: Interpreter.with_,
    ast.Try: Interpreter.try_,
    ast.Match: Interpreter.match,
    ast.Return: Interpreter.return_,
    ast.Raise: Interpreter.raise_,
    ast.Assert: Interpreter.assert_,
    ast.Delete: Interpreter.delete,
    ast.FunctionDef: Interpreter.function,
    ast.AsyncFunctionDef: Interpreter.function,
    ast.ClassDef: Interpreter.class_,
} | ({ast.TryStar: Interpreter.try_} if hasattr(ast, "TryStar") else {})
