"""Facts of one file, gathered in one walk over its statements: scopes, imports, classes, functions.

Only statements are visited here, a small share of the nodes; expressions are looked at on demand by the stages
that need them.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any, Final

FUNCTIONS: Final = (ast.FunctionDef, ast.AsyncFunctionDef)


class Import:
    """A name bound by an import statement: ``name`` is ``None`` for ``import module``."""

    __slots__ = ("level", "module", "name")

    def __init__(self, level: int, module: str, name: str | None) -> None:
        self.level, self.module, self.name = level, module, name


class Assigned:
    """A name bound to the value of an expression; ``None`` where no one expression tells (a loop target)."""

    __slots__ = ("value",)

    def __init__(self, value: ast.expr | None) -> None:
        self.value = value


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

    __slots__ = ("decorators", "file", "name", "node", "outer", "owner", "scope")

    def __init__(self, node: ast.FunctionDef | ast.AsyncFunctionDef, file: FileFacts, outer: Holder) -> None:
        self.node, self.file, self.outer = node, file, outer
        self.name = node.name
        self.owner: ClassFacts | None = outer if isinstance(outer, ClassFacts) else None
        self.scope = Scope()
        self.decorators: list[str] = [dotted(d.func if isinstance(d, ast.Call) else d) for d in node.decorator_list]

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
    """A class definition: its bases as written, its body's names, its methods."""

    __slots__ = ("file", "name", "node", "outer", "qualname", "scope")

    def __init__(self, node: ast.ClassDef, file: FileFacts, outer: Holder) -> None:
        self.node, self.file, self.outer = node, file, outer
        self.name = node.name
        self.qualname = node.name if outer is None else f"{qualname(outer)}.{node.name}"
        self.scope = Scope()

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
    """What one file defines. ``project_file`` is false for installed libraries, whose functions aren't followed."""

    __slots__ = (
        "classes",
        "exports",
        "functions",
        "is_package",
        "path",
        "project_file",
        "scope",
        "text",
        "tree",
        "values",
    )

    def __init__(self, path: str, tree: ast.Module, text: str, project_file: bool = True) -> None:
        self.path, self.tree, self.text, self.project_file = path, tree, text, project_file
        self.is_package = path.endswith("__init__.py")
        self.scope = Scope()
        self.classes: list[ClassFacts] = []
        self.functions: list[FunctionFacts] = []
        self.exports: list[str] | None = None
        self.values: dict[str, Any] = {}
        _Collector(self).body(tree.body, self.scope, None)


def qualname(holder: ClassFacts | FunctionFacts) -> str:
    """The dotted name inside the file, as Python's ``__qualname__`` gives it."""
    outer = holder.outer
    if outer is None:
        return holder.name
    inner = "<locals>." if isinstance(outer, FunctionFacts) else ""
    return f"{qualname(outer)}.{inner}{holder.name}"


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


def defaults(function: FunctionFacts) -> dict[str, ast.expr]:
    """The arguments of a function that have a default value, with it."""
    args = function.node.args
    positional = [a.arg for a in (*args.posonlyargs, *args.args)]
    found = dict(zip(reversed(positional), reversed(args.defaults), strict=False))
    found.update({a.arg: d for a, d in zip(args.kwonlyargs, args.kw_defaults, strict=True) if d is not None})
    return found


class _Collector:
    """The one walk: statements only, each bound to the scope it stands in."""

    def __init__(self, file: FileFacts) -> None:
        self.file = file

    def body(self, statements: list[ast.stmt], scope: Scope, outer: Holder) -> None:
        for statement in statements:
            handler = _HANDLERS.get(statement.__class__)
            if handler is not None:
                handler(self, statement, scope, outer)

    def import_(self, node: ast.Import, scope: Scope, outer: Holder) -> None:
        for alias in node.names:
            if alias.asname:
                scope.bind(alias.asname, Import(0, alias.name, None))
            else:
                head = alias.name.partition(".")[0]
                scope.bind(head, Import(0, head, None))

    def import_from(self, node: ast.ImportFrom, scope: Scope, outer: Holder) -> None:
        module = node.module or ""
        for alias in node.names:
            if alias.name == "*":
                scope.stars.append(Import(node.level, module, "*"))
            else:
                scope.bind(alias.asname or alias.name, Import(node.level, module, alias.name))

    def class_(self, node: ast.ClassDef, scope: Scope, outer: Holder) -> None:
        facts = ClassFacts(node, self.file, outer)
        scope.bind(node.name, facts)
        self.file.classes.append(facts)
        self.body(node.body, facts.scope, facts)

    def function(self, node: ast.FunctionDef | ast.AsyncFunctionDef, scope: Scope, outer: Holder) -> None:
        facts = FunctionFacts(node, self.file, outer)
        scope.bind(node.name, facts)
        self.file.functions.append(facts)
        self.body(node.body, facts.scope, facts)

    def assign(self, node: ast.Assign, scope: Scope, outer: Holder) -> None:
        for target in node.targets:
            self.target(target, node.value, scope)
        if outer is None and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "__all__":
            self.export(node.value)

    def annotated(self, node: ast.AnnAssign, scope: Scope, outer: Holder) -> None:
        if node.value is not None or isinstance(outer, ClassFacts):
            self.target(node.target, node.value, scope)

    def augmented(self, node: ast.AugAssign, scope: Scope, outer: Holder) -> None:
        if outer is None and isinstance(node.target, ast.Name) and node.target.id == "__all__":
            self.export(node.value)

    def export(self, value: ast.expr) -> None:
        if isinstance(value, (ast.List, ast.Tuple)):
            names = [e.value for e in value.elts if isinstance(e, ast.Constant) and isinstance(e.value, str)]
            self.file.exports = (self.file.exports or []) + names

    def target(self, target: ast.expr, value: ast.expr | None, scope: Scope) -> None:
        if isinstance(target, ast.Name):
            scope.bind(target.id, Assigned(value))
        elif isinstance(target, (ast.Tuple, ast.List)):
            pairs = (
                value.elts if isinstance(value, (ast.Tuple, ast.List)) and len(value.elts) == len(target.elts) else None
            )
            for position, element in enumerate(target.elts):
                self.target(element, pairs[position] if pairs else None, scope)
        elif isinstance(target, ast.Starred):
            self.target(target.value, None, scope)

    def branches(self, node: ast.If | ast.While, scope: Scope, outer: Holder) -> None:
        self.body(node.body, scope, outer)
        self.body(node.orelse, scope, outer)

    def loop(self, node: ast.For | ast.AsyncFor, scope: Scope, outer: Holder) -> None:
        self.target(node.target, None, scope)
        self.body(node.body, scope, outer)
        self.body(node.orelse, scope, outer)

    def with_(self, node: ast.With | ast.AsyncWith, scope: Scope, outer: Holder) -> None:
        for item in node.items:
            if item.optional_vars is not None:
                self.target(item.optional_vars, None, scope)
        self.body(node.body, scope, outer)

    def try_(self, node: ast.Try, scope: Scope, outer: Holder) -> None:
        self.body(node.body, scope, outer)
        for handler in node.handlers:
            self.body(handler.body, scope, outer)
        self.body(node.orelse, scope, outer)
        self.body(node.finalbody, scope, outer)

    def match(self, node: ast.Match, scope: Scope, outer: Holder) -> None:
        for case in node.cases:
            self.body(case.body, scope, outer)


_HANDLERS: Final = {
    ast.Import: _Collector.import_,
    ast.ImportFrom: _Collector.import_from,
    ast.ClassDef: _Collector.class_,
    ast.FunctionDef: _Collector.function,
    ast.AsyncFunctionDef: _Collector.function,
    ast.Assign: _Collector.assign,
    ast.AnnAssign: _Collector.annotated,
    ast.AugAssign: _Collector.augmented,
    ast.If: _Collector.branches,
    ast.While: _Collector.branches,
    ast.For: _Collector.loop,
    ast.AsyncFor: _Collector.loop,
    ast.With: _Collector.with_,
    ast.AsyncWith: _Collector.with_,
    ast.Try: _Collector.try_,
    ast.Match: _Collector.match,
} | ({ast.TryStar: _Collector.try_} if hasattr(ast, "TryStar") else {})
