"""The one walk over a file's statements that gathers its facts."""

from __future__ import annotations

import ast
from typing import Final

from modlint.model.facts import (
    Assigned,
    Binder,
    ClassFacts,
    FileFacts,
    FunctionFacts,
    Holder,
    Import,
    Scope,
    dotted,
)


def gather(path: str, tree: ast.Module, text: str, project_file: bool = True) -> FileFacts:
    """The facts of a file: its scopes, imports, classes and functions."""
    facts = FileFacts(path, tree, text, project_file)
    Collector(facts).body(tree.body, facts.scope, None)
    return facts


class Collector:
    """The one walk: statements only, each bound to the scope it stands in."""

    def __init__(self, file: FileFacts) -> None:
        self.file = file
        self.conditions = 0
        self.opaque_exports = False

    def body(self, statements: list[ast.stmt], scope: Scope, outer: Holder) -> None:
        for statement in statements:
            handler = _HANDLERS.get(statement.__class__)
            if handler is not None:
                handler(self, statement, scope, outer)

    def maybe(self, statements: list[ast.stmt], scope: Scope, outer: Holder) -> None:
        """Statements that run on some path only."""
        self.conditions += 1
        self.body(statements, scope, outer)
        self.conditions -= 1

    def inner(self, statements: list[ast.stmt], holder: ClassFacts | FunctionFacts) -> None:
        """The body of a class or function, with conditions of its own."""
        conditions, self.conditions = self.conditions, 0
        self.body(statements, holder.scope, holder)
        self.conditions = conditions

    def bind(self, scope: Scope, name: str, binder: Binder) -> None:
        binder.conditional = self.conditions > 0
        scope.bind(name, binder)

    def import_(self, node: ast.Import, scope: Scope, outer: Holder) -> None:
        for alias in node.names:
            if alias.asname:
                self.bind(scope, alias.asname, Import(0, alias.name, None, node.lineno))
            else:
                head = alias.name.partition(".")[0]
                self.bind(scope, head, Import(0, head, None, node.lineno))

    def import_from(self, node: ast.ImportFrom, scope: Scope, outer: Holder) -> None:
        module = node.module or ""
        for alias in node.names:
            if alias.name == "*":
                star = Import(node.level, module, "*", node.lineno)
                star.conditional = self.conditions > 0
                scope.stars.append(star)
            else:
                self.bind(scope, alias.asname or alias.name, Import(node.level, module, alias.name, node.lineno))

    def class_(self, node: ast.ClassDef, scope: Scope, outer: Holder) -> None:
        facts = ClassFacts(node, self.file, outer)
        self.bind(scope, node.name, facts)
        self.file.classes.append(facts)
        self.inner(node.body, facts)

    def function(self, node: ast.FunctionDef | ast.AsyncFunctionDef, scope: Scope, outer: Holder) -> None:
        facts = FunctionFacts(node, self.file, outer)
        self.bind(scope, node.name, facts)
        self.file.functions.append(facts)
        self.inner(node.body, facts)

    def assign(self, node: ast.Assign, scope: Scope, outer: Holder) -> None:
        for target in node.targets:
            self.target(target, node.value, scope)
        if outer is None and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "__all__":
            self.file.exported = None
            self.export(node.value)

    def annotated(self, node: ast.AnnAssign, scope: Scope, outer: Holder) -> None:
        if node.value is not None or isinstance(outer, ClassFacts):
            self.target(node.target, node.value, scope)

    def augmented(self, node: ast.AugAssign, scope: Scope, outer: Holder) -> None:
        if outer is None and isinstance(node.target, ast.Name) and node.target.id == "__all__":
            self.export(node.value)

    def expression(self, node: ast.Expr, scope: Scope, outer: Holder) -> None:
        call = node.value
        if outer is None and isinstance(call, ast.Call) and dotted(call.func) in ("__all__.extend", "__all__.append"):
            for argument in call.args:
                self.export(argument)

    def export(self, value: ast.expr) -> None:
        """Add to the names a star import brings; with one that can't be read off, all public names count."""
        elements = value.elts if isinstance(value, (ast.List, ast.Tuple)) else [value]
        names = [e.value for e in elements if isinstance(e, ast.Constant) and isinstance(e.value, str)]
        self.opaque_exports |= len(names) < len(elements)
        self.file.exported = None if self.opaque_exports else (self.file.exported or []) + names

    def target(self, target: ast.expr, value: ast.expr | None, scope: Scope) -> None:
        if isinstance(target, ast.Name):
            self.bind(scope, target.id, Assigned(value, target.lineno))
        elif isinstance(target, (ast.Tuple, ast.List)):
            pairs = (
                value.elts if isinstance(value, (ast.Tuple, ast.List)) and len(value.elts) == len(target.elts) else None
            )
            for position, element in enumerate(target.elts):
                self.target(element, pairs[position] if pairs else None, scope)
        elif isinstance(target, ast.Starred):
            self.target(target.value, None, scope)

    def branches(self, node: ast.If | ast.While, scope: Scope, outer: Holder) -> None:
        self.maybe(node.body, scope, outer)
        self.maybe(node.orelse, scope, outer)

    def loop(self, node: ast.For | ast.AsyncFor, scope: Scope, outer: Holder) -> None:
        self.target(node.target, None, scope)
        self.maybe(node.body, scope, outer)
        self.maybe(node.orelse, scope, outer)

    def with_(self, node: ast.With | ast.AsyncWith, scope: Scope, outer: Holder) -> None:
        for item in node.items:
            if item.optional_vars is not None:
                self.target(item.optional_vars, None, scope)
        self.body(node.body, scope, outer)

    def try_(self, node: ast.Try, scope: Scope, outer: Holder) -> None:
        self.maybe(node.body, scope, outer)
        for handler in node.handlers:
            self.maybe(handler.body, scope, outer)
        self.maybe(node.orelse, scope, outer)
        self.body(node.finalbody, scope, outer)

    def match(self, node: ast.Match, scope: Scope, outer: Holder) -> None:
        for case in node.cases:
            self.maybe(case.body, scope, outer)


_HANDLERS: Final = {
    ast.Import: Collector.import_,
    ast.ImportFrom: Collector.import_from,
    ast.ClassDef: Collector.class_,
    ast.FunctionDef: Collector.function,
    ast.AsyncFunctionDef: Collector.function,
    ast.Assign: Collector.assign,
    ast.AnnAssign: Collector.annotated,
    ast.AugAssign: Collector.augmented,
    ast.Expr: Collector.expression,
    ast.If: Collector.branches,
    ast.While: Collector.branches,
    ast.For: Collector.loop,
    ast.AsyncFor: Collector.loop,
    ast.With: Collector.with_,
    ast.AsyncWith: Collector.with_,
    ast.Try: Collector.try_,
    ast.Match: Collector.match,
} | ({ast.TryStar: Collector.try_} if hasattr(ast, "TryStar") else {})
