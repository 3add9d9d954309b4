"""The abstract interpreter: runs code on kinds of values instead of values and notes what happens to modules.

Statements are here; `expressions` evaluates, `calls` says what a call does. One interpreter serves one class (its
constructor first, with helpers and base constructors followed, then its other methods) or one file's plain code.
Loops run once, branches both ways, and what can't be known is `UNKNOWN`.
"""

from __future__ import annotations

import ast
from typing import Final

from modlint.model.classes import ClassGraph
from modlint.model.events import Events, Guard, Started
from modlint.model.facts import ClassFacts, FileFacts, FunctionFacts
from modlint.model.ledger import Entry
from modlint.model.recall import Recording
from modlint.model.state import Frame, Path, merge
from modlint.model.statements import Statements
from modlint.model.values import UNKNOWN, ClassRef, Const, FunctionRef, SelfRef, Value, join

FUEL: Final = 400
"""How many calls one interpretation follows into other functions before it stops looking into them."""


class Interpreter(Statements):
    """Interprets functions of one class (``cls``) or of none, and gathers `Events`."""

    def __init__(self, graph: ClassGraph, file: FileFacts, cls: ClassFacts | None) -> None:
        self.graph, self.project, self.file, self.cls = graph, graph.project, file, cls
        self.instance = SelfRef()
        self.events = Events()
        self.path = Path({}, {}, Started.NO)
        self.frame = Frame(file, None)
        self.guards: list[Guard] = []
        self.loops = 0
        self.statement: ast.stmt = ast.Pass(lineno=1, col_offset=0, end_lineno=1, end_col_offset=4)
        self.in_init = False
        self.running: list[FunctionFacts] = []
        self.visited: set[FunctionFacts] = set()
        self.reached_by_init: frozenset[FunctionFacts] = frozenset()
        self.results: dict[FunctionFacts, Entry] = {}
        self.settled: dict[str, list[Value]] = {}
        self.fuel = FUEL
        self.lambdas: list[ast.Lambda] = []
        self.callers: list[ast.Call] = []
        self.exits_stack: list[list[Path]] = []
        self.loop_stack: list[list[tuple[Path, bool]]] = []
        self.buffers: set[str] = set()
        self.nested: list[tuple[FunctionFacts, Frame]] = []
        self.registers = cls is not None and graph.is_module(cls)
        self.plain = cls is None
        self.recordings: list[Recording] = []

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
        for recording in self.recordings:
            recording.ran.add(function)
            recording.deepest = max(recording.deepest, len(self.running))
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
        after = merge([*exits, end], end) if exits else end
        self.path = Path(saved.env, after.attributes, after.started, saved.alive)
        self.frame, self.guards, self.loops, self.statement = outer, guards, loops, statement
        returns = frame.returns
        return returns[0] if len(returns) == 1 else join(returns) if returns else Const(None)

    def construct_instance(self, cls: ClassFacts) -> None:
        """Run the class's constructor, its own or the inherited one, on unknown arguments."""
        self.in_init = True
        member = self.graph.find(cls, "__init__")
        function = (
            member.owner.method("__init__") if member is not None and isinstance(member.owner, ClassFacts) else None
        )
        if function is not None and function.file is self.file:
            self.run_apart(function)
        elif function is not None:
            self.recall(FunctionRef(function, receiver=self.instance), [self.instance], {}, None)
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
