"""How a file writes a dotted name: by one it has imported, else with an import in its own style."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import msgspec

from modlint.diagnostics import Edit, Span
from modlint.model.facts import FUNCTIONS, FunctionFacts, Import
from modlint.model.values import Dotted

if TYPE_CHECKING:
    from modlint.model.index import FileModel


class Named(msgspec.Struct, frozen=True):
    """How a file writes a dotted name, and the edits that import it where it doesn't yet."""

    text: str
    imports: tuple[Edit, ...] = ()


class WrittenNames:
    """The names of one file."""

    def __init__(self, file: FileModel) -> None:
        self._file = file

    def name(self, path: str, at: ast.AST) -> Named | None:
        """How the file writes the dotted ``path`` at a node: by a name it has, else with a new import."""
        head, _, last = path.rpartition(".")
        hidden = self._local_names(at)
        direct = self._bound_to(path, hidden)
        if direct:
            return Named(direct)
        module = self._bound_to(head, hidden)
        if module:
            return Named(f"{module}.{last}")
        if not self._imports_from(head) and "." in head:
            top = self._bound_to(head.partition(".")[0], hidden)
            if top:
                return Named(f"{top}.{path.partition('.')[2]}")
        return self._imported(path, hidden, getattr(at, "lineno", 0))

    def _imported(self, path: str, hidden: frozenset[str], line: int) -> Named | None:
        head, _, last = path.rpartition(".")
        if "." in head and self._imports_from(head):
            statement, text = f"from {head} import {last}", last
        elif "." in head:
            parent, _, module = head.rpartition(".")
            statement, text = f"from {parent} import {module}", f"{module}.{last}"
        else:
            statement, text = f"import {head}", path
        bound = text.partition(".")[0]
        if bound in hidden or bound in self._file.facts.scope.names:
            return None
        return Named(text, self._import(statement, line))

    def _import(self, statement: str, before: int) -> tuple[Edit, ...]:
        """A line of import below those above the first definition, and above line ``before``."""
        body = self._file.facts.tree.body
        last = 0
        for number, node in enumerate(body):
            if isinstance(node, (*FUNCTIONS, ast.ClassDef)) or node.lineno >= before:
                break
            documented = number == 0 and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
            if documented or isinstance(node, (ast.Import, ast.ImportFrom)):
                last = node.end_lineno or node.lineno
        if last:
            end = len(self._file.lines[last - 1]) + 1
            return (Edit(Span(last, end, last, end), f"\n{statement}"),)
        first = min([body[0].lineno, *(d.lineno for d in getattr(body[0], "decorator_list", ()))])
        return (Edit(Span(first, 1, first, 1), f"{statement}\n"),)

    def _imports_from(self, module: str) -> bool:
        """Whether the file takes names out of ``module`` one by one."""
        return any(
            isinstance(b, Import) and b.module == module and b.name not in (None, "*")
            for binders in self._file.facts.scope.names.values()
            for b in binders
        )

    def _bound_to(self, path: str, hidden: frozenset[str]) -> str | None:
        """A name of the file that stands for ``path`` and for nothing else."""
        facts, project = self._file.facts, self._file.graph.project
        for name, binders in facts.scope.names.items():
            if name in hidden or not all(isinstance(b, Import) and not b.conditional for b in binders):
                continue
            value = project.global_value(facts, name)
            if isinstance(value, Dotted) and value.path == path:
                return name
        return None

    def _local_names(self, at: ast.AST) -> frozenset[str]:
        """The names that functions around a node bind themselves."""
        line = getattr(at, "lineno", 0)
        around = [f for f in self._file.facts.functions if f.node.lineno <= line <= (f.node.end_lineno or 0)]
        return frozenset(name for f in around for name in (*f.scope.names, *_arguments(f)))


def _arguments(function: FunctionFacts) -> list[str]:
    found = function.node.args
    every = [*found.posonlyargs, *found.args, *found.kwonlyargs, found.vararg, found.kwarg]
    return [argument.arg for argument in every if argument is not None]
