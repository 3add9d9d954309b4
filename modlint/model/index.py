"""The index of a project: what a run has learnt so far, shared by the files it checks."""

from __future__ import annotations

import ast
import gc
import re
from collections.abc import Callable, Hashable
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from modlint.diagnostics import Finding, Fix, Span
from modlint.model.classes import AnyClass, ClassGraph
from modlint.model.edits import Editing
from modlint.model.events import Binding, Call, Events, Multiplied, Store
from modlint.model.facts import FUNCTIONS, ClassFacts, FileFacts, FunctionFacts, Placed
from modlint.model.fresh import fresh
from modlint.model.interpreter import Interpreter
from modlint.model.library import CONTAINER_PATHS, LibraryClass
from modlint.model.module_class import ModuleClass
from modlint.model.parts import swept
from modlint.model.project import Project
from modlint.model.strangers import leaves_alone
from modlint.model.sweep import Sweep
from modlint.model.torch_names import DROPOUTS
from modlint.model.values import (
    UNKNOWN,
    Box,
    Const,
    FunctionRef,
    Instance,
    Parameter,
    Tensor,
    Value,
    alternatives,
    inside,
)
from modlint.source import Source

MOST_TEXT: Final = 10_000_000
"""How many characters of source are kept as trees: a tree takes some thirty times the space of its text."""
MUCH_TEXT: Final = 7_000_000
"""Above so many, files that were checked and that no other asks for are closed."""


class Index:
    """Everything known about the project: files, the class graph, what constructors do."""

    def __init__(self, root: Path, module_bases: tuple[str, ...] = (), environment: tuple[str, ...] = ()) -> None:
        self._module_bases = module_bases
        self.project = Project(root, environment)
        self.graph = ClassGraph(self.project, module_bases)
        self._constructed: dict[ClassFacts, Interpreter] = {}
        self._foreign: dict[ClassFacts, Interpreter] = {}
        self._stateful: dict[ClassFacts, bool | None] = {}
        self._learning: set[ClassFacts] = set()
        self._own: FileFacts | None = None
        self.graph.submodule = self.submodule
        self.graph.given = self.given

    def renewed(self, changed: str) -> Index:
        """An index of the same project after one file has changed: it keeps only the facts of the others."""
        project = self.project
        fresh = Index(Path(project.root), self._module_bases, project.environment)
        fresh.project.adopt(project, changed)
        return fresh

    def file(self, source: Source, tree: ast.Module | None = None) -> FileModel:
        """The model of a file to check.

        Raises:
            SourceError: the file can't be parsed.
        """
        if self.project.size > MUCH_TEXT:
            self.project.close_checked()
        if self.project.size > MOST_TEXT:
            self.forget()
        facts = self.project.add(source, tree)
        self._own = facts
        self._constructed.clear()
        self._stateful.clear()
        self.graph.results.clear()
        return FileModel(self, facts)

    def done(self, model: FileModel, lent: bool = False) -> None:
        """Let go of a file that has been checked; ``lent`` tells that its tree belongs to who gave it."""
        if not lent:
            self.project.checked(model.facts)
        model.close()

    def forget(self) -> None:
        """Drop all trees and what was found in them; the files that are asked for again are opened again."""
        for table in (self._constructed, self._foreign, self._stateful):
            table.clear()
        self.graph.forget()
        self.project.forget()
        gc.collect()  # what interpreters hold refers to itself

    def _is_foreign(self, cls: ClassFacts) -> bool:
        return cls.file is not self._own

    def _shared(self, key: Hashable, find: Callable[[], Any]) -> Any:
        """An answer about another file that serves all files: it doesn't hang on which one is being checked."""
        own, self._own = self._own, None
        try:
            return self.project.ledger.answer(key, find)
        finally:
            self._own = own

    def given(self, function: FunctionFacts, in_init: bool, plain: bool) -> Value:
        """What a function of another file gives when run on unknown arguments."""
        key = ("given", function, in_init, plain)
        value: Value | None = self._shared(key, lambda: self._given_anew(function, in_init, plain))
        return UNKNOWN if value is None else fresh(value)

    def _given_anew(self, function: FunctionFacts, in_init: bool, plain: bool) -> Value:
        interpreter = Interpreter(self.graph, function.file, None)
        interpreter.in_init, interpreter.plain = in_init, plain
        return interpreter.run_unknown(FunctionRef(function))

    def constructed(self, cls: ClassFacts) -> Interpreter:
        """An interpreter that has run the class's constructor."""
        if self._is_foreign(cls):
            self._shared(("constructed", cls), lambda: self._construct(cls, self._foreign))
            return self._foreign[cls]
        if cls not in self._constructed:
            self._construct(cls, self._constructed)
        return self._constructed[cls]

    def _construct(self, cls: ClassFacts, kept: dict[ClassFacts, Interpreter]) -> None:
        kept[cls] = Interpreter(self.graph, cls.file, cls)
        kept[cls].construct_instance(cls)

    def submodule(self, cls: ClassFacts, name: str) -> Instance | None:
        """The one Module that the class's constructor binds to ``self.name``; ``None`` if there is none or several."""
        bindings = self.constructed(cls).events.bindings
        values = [v for b in bindings if b.attribute == name for v in alternatives(b.value)]
        if len(values) != 1 or not isinstance(values[0], Instance) or not self.graph.is_module(values[0].cls):
            return None
        found = fresh(values[0]) if self._is_foreign(cls) else values[0]
        return found if isinstance(found, Instance) else None

    def init_reached(self, cls: ClassFacts) -> frozenset[FunctionFacts]:
        """The functions that the class's constructor runs."""
        return self.constructed(cls).reached_by_init

    def sweep(self, cls: ClassFacts) -> Sweep:
        """The sweep over the class's own methods."""
        found: Sweep = self.project.ledger.answer(("sweep", cls), lambda: swept(cls))
        return found

    def leaks(self, cls: ClassFacts) -> bool:
        """Whether the class's own methods hand the instance to code that may set attributes on it."""
        found: bool | None = self.project.ledger.answer(("leaks", cls), lambda: self._leaks_anew(cls))
        return found is not False

    def _leaks_anew(self, cls: ClassFacts) -> bool:
        return any(not leaves_alone(self.project, cls, callee) for callee in self.sweep(cls).leaks)

    def stateful(self, value: Value) -> bool | None:
        """Whether a module value has parameters or buffers, so that losing it matters; ``None`` where unknown."""
        if isinstance(value, (Parameter,)):
            return True
        if isinstance(value, Tensor):
            return value.registered
        if isinstance(value, Box):
            return self._any(value.items)
        if not isinstance(value, Instance):
            return None
        if isinstance(value.cls, ClassFacts):
            handed = self._any([v for v in value.args if isinstance(v, Instance)])
            return handed or self.stateful_class(value.cls)
        return self._library_state(value, value.cls)

    def matters(self, value: Instance) -> bool:
        """Whether it is known that a module must be registered: it has state, or does other things in ``eval()``."""
        drops = isinstance(value.cls, LibraryClass) and value.cls.path in DROPOUTS
        return drops or self.stateful(value) is True

    def _library_state(self, value: Instance, cls: LibraryClass) -> bool | None:
        handed = [*value.args, *value.kwargs.values()]
        given = self._any([v for v in handed if not isinstance(v, (Tensor, Parameter))])
        if given or cls.path in CONTAINER_PATHS:
            return given
        affine = value.kwargs.get("affine", value.kwargs.get("elementwise_affine"))
        if isinstance(affine, Const) and not affine.value and "BatchNorm" not in cls.name:
            return False
        if cls.name.startswith(("InstanceNorm", "LazyInstanceNorm")):
            return True if isinstance(affine, Const) else None
        return cls.stateful

    def _any(self, values: list[Value]) -> bool | None:
        held = {id(c): c for value in values for c in inside(value) if not isinstance(c, Box)}
        answers = [self.stateful(candidate) for candidate in held.values()]
        return True if True in answers else None if None in answers else False

    def stateful_class(self, cls: ClassFacts) -> bool | None:
        """Whether instances of a project class have parameters or buffers, as its constructor tells."""
        if self._is_foreign(cls):
            answer: bool | None = self._shared(("stateful", cls), lambda: self._stateful_anew(cls))
            return answer
        if cls not in self._stateful:
            self._stateful[cls] = None
            self._stateful[cls] = self._stateful_anew(cls)
        return self._stateful[cls]

    def _stateful_anew(self, cls: ClassFacts) -> bool | None:
        line = self.graph.mro(cls)
        if any(isinstance(c, LibraryClass) and c.stateful for c in line.classes):
            return True
        events = self.constructed(cls).events
        answers = [self._binding_state(b) for b in events.bindings]
        if self.graph.derives(cls, *CONTAINER_PATHS):
            answers += [self._any(c.args) for c in events.calls if c.args and _is_base_init(c)]
        if True in answers:
            return True
        return False if line.complete and None not in answers else None

    def learnable(self, cls: AnyClass) -> bool:
        """Whether the constructor of a Module class is known to make parameters, and not only buffers."""
        if isinstance(cls, LibraryClass):
            return cls.stateful is True
        if cls in self._learning:
            return False
        self._learning.add(cls)
        values = [v for b in self.constructed(cls).events.bindings for v in alternatives(b.value)]
        found = any(
            isinstance(v, Parameter)
            or (isinstance(v, Instance) and self.stateful(v) is True and self.learnable_value(v))
            for v in values
        )
        self._learning.discard(cls)
        return found or any(isinstance(c, LibraryClass) and c.stateful for c in self.graph.mro(cls).classes)

    def learnable_value(self, value: Instance) -> bool:
        """Whether a module value has parameters; of a container, whether what is in it has."""
        if isinstance(value.cls, LibraryClass) and value.cls.path in CONTAINER_PATHS:
            held = (v for arg in value.args for v in inside(arg))
            return any(isinstance(v, Parameter) or (isinstance(v, Instance) and self.learnable_value(v)) for v in held)
        return self.learnable(value.cls)

    def _binding_state(self, binding: Binding) -> bool | None:
        if binding.how in ("register_buffer", "register_parameter"):
            values = alternatives(binding.value)
            return True if any(isinstance(v, (Tensor, Parameter)) for v in values) else None
        answers = [
            self.stateful(c) for c in alternatives(binding.value) if isinstance(c, (Instance, Parameter, Tensor))
        ]
        return True if True in answers else None if None in answers else False


def _is_base_init(call: Call) -> bool:
    return isinstance(call.node.func, ast.Attribute) and call.node.func.attr == "__init__"


STORED: Final = r"(?<!\bself)\.NAME\s*(?::[^=\n]+|,[^=\n()]*)?=(?!=)"
"""An attribute of something that isn't called ``self``, as a target of an assignment."""


class FileModel:
    """One file as rules see it: its Module classes, and everything its code does with them."""

    def __init__(self, index: Index, facts: FileFacts) -> None:
        self.index, self.graph, self.facts = index, index.graph, facts

    def close(self) -> None:
        """Let go of what was found: a model and its classes hold each other, which only a search for garbage frees."""
        for cls in self.__dict__.get("classes", ()):
            cls.__dict__.clear()
        self.__dict__.clear()

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """The file's lines, as ``ast`` counts them."""
        return Source(self.facts.path, self.facts.text).lines

    @cached_property
    def classes(self) -> list[ModuleClass]:
        """The Module classes defined in the file, in source order; nested ones and those in functions too."""
        found = [ModuleClass(self, cls) for cls in self.facts.classes if self.graph.is_module(cls)]
        return sorted(found, key=lambda c: c.facts.node.lineno)

    @cached_property
    def plain(self) -> Events:
        """What the code outside Modules does: the module body, functions, methods of other classes."""
        interpreter = Interpreter(self.graph, self.facts, None)
        interpreter.run_module()
        events = interpreter.events
        for cls in self.facts.classes:
            if not self.graph.is_module(cls):
                other = Interpreter(self.graph, self.facts, cls)
                other.construct_instance(cls)
                other.run_methods(cls)
                events.calls += other.events.calls
                events.statements += other.events.statements
                events.bindings += other.events.bindings
                events.stores += other.events.stores
                events.discarded += other.events.discarded
                events.conditions += other.events.conditions
                events.multiplied += other.events.multiplied
                events.strange += other.events.strange
                events.entries += other.events.entries
        return events

    @cached_property
    def runs(self) -> list[Events]:
        """Everything that was interpreted: the code outside Modules, then each Module class."""
        return [self.plain, *(c.events for c in self.classes)]

    @cached_property
    def calls(self) -> list[Call]:
        """Every noted call that stands in this file, each place once for each way it was reached."""
        return [call for events in self.runs for call in events.calls if call.place.file is self.facts]

    @cached_property
    def stores(self) -> list[Store]:
        """Assignments to attributes of objects other than the instance, wherever in the file."""
        return [store for events in self.runs for store in events.stores if store.place.file is self.facts]

    @cached_property
    def multiplied(self) -> list[Multiplied]:
        """Containers that hold one object several times, wherever in the file."""
        return [m for events in self.runs for m in events.multiplied if m.place.file is self.facts]

    @cached_property
    def subclassed(self) -> frozenset[object]:
        """Classes that another class of the file inherits from."""
        return frozenset(a for cls in self.facts.classes for a in self.graph.mro(cls).classes[1:])

    def stores_attribute(self, name: str) -> bool:
        """Whether some code of the file stores an attribute of this name on an object that isn't called ``self``."""
        text = self.facts.text
        return f".{name}" in text and re.search(STORED.replace("NAME", name), text) is not None

    @cached_property
    def edits(self) -> Editing:
        """What builds edits of the file."""
        return Editing(self)

    def span(self, node: Placed) -> Span:
        """The node's range in characters. Of a class or function it is the name."""
        if isinstance(node, (ast.ClassDef, *FUNCTIONS)):
            return self._name_span(node)
        return self.span_of_statement(node)

    def span_of_statement(self, node: Placed) -> Span:
        """The node's whole range in characters, of a class or function too."""
        start = self._characters(node.lineno, node.col_offset)
        end_line = node.end_lineno or node.lineno
        return Span(node.lineno, start, end_line, self._characters(end_line, node.end_col_offset or 0))

    def _characters(self, line: int, offset: int) -> int:
        text = self.lines[line - 1]
        return offset + 1 if text.isascii() else len(text.encode()[:offset].decode(errors="replace")) + 1

    def _name_span(self, node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> Span:
        start = self._characters(node.lineno, node.col_offset) - 1
        text = self.lines[node.lineno - 1]
        column = text.find(node.name, start + (6 if isinstance(node, ast.ClassDef) else 4))
        column = start if column < 0 else column
        return Span(node.lineno, column + 1, node.lineno, column + 1 + len(node.name))

    def finding(
        self,
        node: Placed,
        message: str,
        subject: str = "",
        statement: Placed | None = None,
        fix: Fix | None = None,
    ) -> Finding:
        """A finding at ``node``; ``subject`` is the name that must stand there.

        What is called under another name (``load = model.load_state_dict``, ``S = nn.Sequential``) stands there under
        that one.
        """
        first = statement if statement is not None else node
        kind = node.__class__.__name__
        return Finding(message, self.span(node), kind, first.lineno, self._scope(node), subject, fix)

    def _scope(self, node: Placed) -> tuple[int, int]:
        """The lines of the outermost function that holds the node, or else of the class or statement."""
        line = node.lineno
        for function in self.facts.functions:
            if not isinstance(function.outer, FunctionFacts) and _holds(function.node, line):
                return _lines(function.node)
        for top in self.facts.tree.body:
            if _holds(top, line):
                return _lines(top)
        return 1, len(self.lines)


def _lines(statement: ast.stmt) -> tuple[int, int]:
    """The first and last line of a statement, decorators included."""
    decorators = getattr(statement, "decorator_list", [])
    return min([statement.lineno, *(d.lineno for d in decorators)]), statement.end_lineno or statement.lineno


def _holds(statement: ast.stmt, line: int) -> bool:
    first, last = _lines(statement)
    return first <= line <= last
