"""Facts of one file, gathered in one walk over its statements: scopes, imports, classes, functions.

Only statements are visited here, a small share of the nodes; expressions are looked at on demand by the stages
that need them.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from modlint.model.ledger import EXPORTS, NAME, OUTLINE, Entry

if TYPE_CHECKING:
    from modlint.model.parts import Notes
    from modlint.notebook import Notebook

FUNCTIONS: Final = (ast.FunctionDef, ast.AsyncFunctionDef)
INNER: Final = frozenset({ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef})
"""What starts a body of its own."""
NESTING: Final = frozenset(
    {
        ast.If,
        ast.For,
        ast.AsyncFor,
        ast.While,
        ast.With,
        ast.AsyncWith,
        ast.Try,
        getattr(ast, "TryStar", ast.Try),
        ast.ExceptHandler,
        ast.Match,
        ast.match_case,
    }
)
"""What has statements in it that belong to the body around."""


class Import:
    """A name bound by an import statement: ``name`` is ``None`` for ``import module``."""

    __slots__ = ("conditional", "level", "line", "module", "name")

    def __init__(self, level: int, module: str, name: str | None, line: int = 0) -> None:
        self.level, self.module, self.name, self.line = level, module, name, line
        self.conditional = False


class Assigned:
    """A name bound to the value of an expression; ``None`` where no one expression tells (a loop target)."""

    __slots__ = ("conditional", "line", "value")

    def __init__(self, value: ast.expr | None, line: int) -> None:
        self.value, self.line = value, line
        self.conditional = False


class Scope:
    """The names a module, class or function body binds, each with its binders in source order."""

    __slots__ = ("names", "stars")

    def __init__(self) -> None:
        self.names: dict[str, list[Binder]] = {}
        self.stars: list[Import] = []

    def bind(self, name: str, binder: Binder) -> None:
        """Add ``binder`` as one more way in which ``name`` gets its value."""
        self.names.setdefault(name, []).append(binder)


class FunctionFacts:
    """A function or method definition and where it stands."""

    __slots__ = (
        "_nodes", "_scope", "_statements", "conditional", "decorators", "file", "line", "name", "node", "outer",
        "owner", "top",
    )  # fmt: skip

    def __init__(self, node: ast.FunctionDef | ast.AsyncFunctionDef, file: FileFacts, outer: Holder) -> None:
        self.node, self.file, self.outer = node, file, outer
        self.name, self.line, self.conditional = node.name, node.lineno, False
        self._nodes: list[ast.AST] | None = None
        self._statements: list[ast.stmt] | None = None
        self.owner: ClassFacts | None = outer if isinstance(outer, ClassFacts) else None
        self.top: FunctionFacts = outer.top or self if outer is not None else self
        self._scope = Scope()
        self.decorators: list[str] = [dotted(d.func if isinstance(d, ast.Call) else d) for d in node.decorator_list]

    def note(self) -> None:
        """Note that the answer being found rests on the body."""
        if self.file.notes is not None:
            self.file.notes.body(self)

    @property
    def scope(self) -> Scope:
        """The names that the body binds."""
        self.note()
        return self._scope

    @property
    def statements(self) -> list[ast.stmt]:
        """Every statement of the body in source order, without those of functions and classes defined inside."""
        self.note()
        if self._statements is None:
            self._statements = []
            waiting: list[ast.AST] = list(reversed(self.node.body))
            while waiting:
                node = waiting.pop()
                if isinstance(node, ast.stmt):
                    self._statements.append(node)
                if node.__class__ in NESTING:
                    for field in ("finalbody", "orelse", "handlers", "cases", "body"):
                        waiting.extend(reversed(getattr(node, field, ())))
        return self._statements

    @property
    def nodes(self) -> list[ast.AST]:
        """Every node of the body, without those of functions and classes defined inside; walked once."""
        self.note()
        if self._nodes is None:
            self._nodes = []
            waiting: list[ast.AST] = list(reversed(self.node.body))
            while waiting:
                node = waiting.pop()
                self._nodes.append(node)
                if node.__class__ in INNER:
                    continue
                for field in reversed(node._fields):
                    value = getattr(node, field, None)
                    if isinstance(value, list):
                        waiting.extend(item for item in reversed(value) if isinstance(item, ast.AST))
                    elif isinstance(value, ast.AST):
                        waiting.append(value)
        return self._nodes

    def close(self) -> None:
        """Let go of what was found in the body, and of all through which the function holds on to itself."""
        self._scope.names.clear()
        self._nodes = self._statements = None
        del self.node, self.top

    @property
    def is_static(self) -> bool:
        """Whether the first argument isn't the instance: a static or class method, or no method at all."""
        return self.owner is None or "staticmethod" in self.decorators or "classmethod" in self.decorators

    @property
    def is_property(self) -> bool:
        """Whether reading the attribute calls this function."""
        return any(d.rpartition(".")[2] in ("property", "cached_property", "getter") for d in self.decorators)

    @property
    def self_name(self) -> str | None:
        """What the method calls its instance; ``None`` where it gets none."""
        args = self.node.args.posonlyargs or self.node.args.args
        return None if self.is_static or not args else args[0].arg


class ClassFacts:
    """A class definition: its bases as written, its body's names, its methods. ``line`` is where its name is bound."""

    __slots__ = ("conditional", "file", "line", "name", "node", "outer", "qualname", "scope", "top")

    def __init__(self, node: ast.ClassDef, file: FileFacts, outer: Holder) -> None:
        self.node, self.file, self.outer = node, file, outer
        self.name, self.line, self.conditional = node.name, node.end_lineno or node.lineno, False
        self.top: FunctionFacts | None = outer.top if outer is not None else None
        self.qualname = node.name if outer is None else f"{qualname(outer)}.{node.name}"
        self.scope = Scope()

    def close(self) -> None:
        """Let go of the body and of all that was found in it; the bases can still be asked for."""
        self.scope.names.clear()
        whole = self.node
        head = ast.ClassDef(whole.name, whole.bases, whole.keywords, [], whole.decorator_list)
        self.node = ast.copy_location(head, whole)

    def method(self, name: str) -> FunctionFacts | None:
        """The method of this name defined in the class body itself, the last one if there are several."""
        for binder in reversed(self.scope.names.get(name, ())):
            if isinstance(binder, FunctionFacts):
                return binder
        return None

    def methods(self) -> Iterator[FunctionFacts]:
        """Every function defined directly in the class body, overwritten ones included."""
        for binders in self.scope.names.values():
            for binder in binders:
                if isinstance(binder, FunctionFacts):
                    yield binder

    @property
    def decorators(self) -> list[str]:
        """The dotted names of the class's decorators; a called decorator counts by what is called."""
        return [dotted(d.func if isinstance(d, ast.Call) else d) for d in self.node.decorator_list]


Holder = ClassFacts | FunctionFacts | None
Binder = Import | Assigned | ClassFacts | FunctionFacts


class FileFacts:
    """What one file defines. ``project_file`` is false for installed libraries, whose functions aren't followed.

    Whoever asks for all of ``text``, ``tree``, ``scope``, ``classes`` or ``functions`` rests on the whole file, whoever
    asks for one name on what binds that; ``notes`` keeps book of it, where somebody wants to know.
    """

    __slots__ = (
        "_classes", "_functions", "_scope", "_tree", "exported", "is_package", "notebook", "notes", "path",
        "project_file", "source", "values",
    )  # fmt: skip

    def __init__(self, path: str, tree: ast.Module, text: str, project_file: bool = True) -> None:
        self.path, self._tree, self.source, self.project_file = path, tree, text, project_file
        self.is_package = path.endswith("__init__.py")
        self.notebook: Notebook | None = None
        self._scope = Scope()
        self._classes: list[ClassFacts] = []
        self._functions: list[FunctionFacts] = []
        self.exported: list[str] | None = None
        self.values: dict[str, Entry] = {}
        self.notes: Notes | None = None

    @property
    def text(self) -> str:
        """The source."""
        self._note_whole()
        return self.source

    @property
    def tree(self) -> ast.Module:
        """The whole tree."""
        self._note_whole()
        return self._tree

    @property
    def scope(self) -> Scope:
        """All names of the top level."""
        self._note_whole()
        return self._scope

    @property
    def classes(self) -> list[ClassFacts]:
        """All classes, nested ones and those in functions too."""
        self._note_whole()
        return self._classes

    @property
    def functions(self) -> list[FunctionFacts]:
        """All functions, methods and nested ones too."""
        self._note_whole()
        return self._functions

    def binders(self, name: str) -> tuple[list[Binder], list[Import]]:
        """What binds a name at the top level, and the star imports, which may bring it."""
        if self.notes is not None:
            self.notes.part(NAME, name)
        return self._scope.names.get(name, []), self._scope.stars

    def row(self, line: int) -> int:
        """The number of a line as people know it: within its cell in a notebook."""
        return line if self.notebook is None else self.notebook.place(line)[1]

    def in_order(self) -> None:
        """Note that the answer being found rests on what stands above what."""
        if self.notes is not None:
            self.notes.part(OUTLINE)

    def exports(self, name: str) -> bool:
        """Whether a star import of the file brings the name, if it is bound."""
        if self.notes is not None:
            self.notes.part(EXPORTS, name)
        return exports(self.exported, name)

    def _note_whole(self) -> None:
        if self.notes is not None:
            self.notes.whole()

    def close(self) -> None:
        """Let go of the tree and of all that was found in it, so that the space is free at once.

        What holds on to itself here would wait for a search for garbage, and make that one longer.
        """
        if self.notes is not None:
            self.notes.close()
        self.notes = None
        for function in self._functions:
            function.close()
        for cls in self._classes:
            cls.close()
        self._scope.names.clear()
        self._classes.clear()
        self._functions.clear()
        self.values.clear()
        self._tree.body.clear()


def exports(exported: list[str] | None, name: str) -> bool:
    """Whether a star import brings a name from a file with this ``__all__``."""
    return name in exported if exported is not None else not name.startswith("_")


def qualname(holder: ClassFacts | FunctionFacts) -> str:
    """The dotted name inside the file, as Python's ``__qualname__`` gives it."""
    outer = holder.outer
    if outer is None:
        return holder.name
    inner = "<locals>." if isinstance(outer, FunctionFacts) else ""
    return f"{qualname(outer)}.{inner}{holder.name}"


Placed = ast.expr | ast.stmt | ast.arg
"""A node of the tree that has a place in the text."""


def dotted(node: ast.expr) -> str:
    """``a.b.c`` for a chain of names, the empty string for anything else."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    parts.append(node.id)
    return ".".join(reversed(parts))


def written(node: ast.AST) -> str:
    """The name under which an expression has the thing that it reads, calls or sets; empty where it writes none.

    It is ``load`` of ``load(state)`` and ``append`` of ``layers.append``, whatever these stand for.
    """
    while isinstance(node, (ast.Call, ast.Subscript, ast.Await)):
        node = node.func if isinstance(node, ast.Call) else node.value
    if isinstance(node, ast.NamedExpr):
        return node.target.id
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def defaults(function: FunctionFacts) -> dict[str, ast.expr]:
    """The arguments of a function that have a default value, with it."""
    args = function.node.args
    found: dict[str, ast.expr] = {}
    if args.defaults:
        positional = [a.arg for a in (*args.posonlyargs, *args.args)]
        found.update(zip(reversed(positional), reversed(args.defaults), strict=False))
    if args.kwonlyargs:
        found.update({a.arg: d for a, d in zip(args.kwonlyargs, args.kw_defaults, strict=True) if d is not None})
    return found


def effective(binders: list[Binder], before: int | None = None) -> list[Binder]:
    """The binders that may have given a name its value (above line ``before``): from the last unconditional one on."""
    known = [b for b in binders if before is None or b.line < before]
    for position in range(len(known) - 1, -1, -1):
        if not known[position].conditional:
            return known[position:]
    return known
