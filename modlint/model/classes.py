"""The class graph: bases through files and libraries, Python's method resolution order, who is a Module."""

from __future__ import annotations

import ast
from collections.abc import Callable, Hashable
from typing import Final, NamedTuple

from modlint.model import names
from modlint.model.facts import Binder, ClassFacts, FunctionFacts, dotted
from modlint.model.ledger import Entry
from modlint.model.library import MODULE, LibraryClass, library_class
from modlint.model.project import Project
from modlint.model.recall import Outcome
from modlint.model.values import ClassRef, Dotted, Instance, Value, alternatives

AnyClass = ClassFacts | LibraryClass

PLAIN_BASES: Final = frozenset(
    {
        "builtins.object",
        "abc.ABC",
        "typing.Generic",
        "typing.Protocol",
        "typing_extensions.Generic",
        "typing_extensions.Protocol",
    }
)
"""Bases that add nothing a Module's code could read."""

_ROOT: Final = LibraryClass(MODULE)


class Mro(NamedTuple):
    """A class and its ancestors in Python's order; ``complete`` unless some base couldn't be resolved or ordered.

    ``module`` tells whether ``torch.nn.Module`` is among them.
    """

    classes: tuple[AnyClass, ...]
    complete: bool
    module: bool


class Member(NamedTuple):
    """An attribute found on a class: where in the MRO, and what binds it there (``None`` for a library's)."""

    owner: AnyClass
    binder: Binder | None


class ClassGraph:
    """Answers about classes. ``module_bases`` are paths the configuration declares to be Modules."""

    def __init__(self, project: Project, module_bases: tuple[str, ...] = ()) -> None:
        self.project = project
        self.module_bases = frozenset(module_bases)
        self._ledger = project.ledger
        self.submodule: Callable[[ClassFacts, str], Instance | None] = lambda *_: None
        """Gives the submodule a class registers under a name; set by who interprets constructors, a stage above."""
        project.inherited = self._inherited
        self.results: dict[FunctionFacts, Entry] = {}
        """What functions outside classes give when run on unknown arguments by an interpreter of their own file."""
        self.outcomes: dict[Hashable, list[Outcome]] = {}
        """What calls of functions did that another class's constructor may make in the same way."""
        self.given: Callable[[FunctionFacts, bool, bool], Value]
        """Gives the same for a function of another file; set by who interprets, a stage above."""

    def forget(self) -> None:
        """Drop what was found out about functions."""
        self.results.clear()
        self.outcomes.clear()

    def path_class(self, path: str) -> AnyClass | None:
        """The class at a dotted path outside the project: from its installed source, else from a table."""
        if path in self.module_bases:
            return LibraryClass(path, bases=(MODULE,), opaque=True)
        if path == MODULE:
            return library_class(path) or _ROOT
        installed = self.project.installed(path)
        for candidate in alternatives(installed):
            if isinstance(candidate, ClassRef):
                return candidate.cls
        return library_class(path)

    def as_class(self, value: Value) -> AnyClass | None:
        """The class ``value`` names, if it does."""
        if isinstance(value, ClassRef):
            return value.cls
        return self.path_class(value.path) if isinstance(value, Dotted) else None

    def bases(self, cls: AnyClass) -> tuple[list[AnyClass], bool]:
        """The direct bases in order, and whether each of them is known for sure."""
        if isinstance(cls, LibraryClass):
            return self._library_bases(cls)
        found, sure = [], True
        for node in cls.node.bases:
            base, certain = self._base(cls, node)
            sure &= certain
            if base is not None:
                found.append(base)
        return found, sure and not any(k.arg != "metaclass" or dotted(k.value) != "ABCMeta" for k in cls.node.keywords)

    def _library_bases(self, cls: LibraryClass) -> tuple[list[AnyClass], bool]:
        found: list[AnyClass] = []
        for path in cls.bases:
            if path not in PLAIN_BASES:
                found.append(library_class(path) or (_ROOT if path == MODULE else LibraryClass(path, opaque=True)))
        return found, not cls.opaque

    def _base(self, cls: ClassFacts, node: ast.expr) -> tuple[AnyClass | None, bool]:
        """One base: the class it names. Several candidates (a guarded import) make it unsure; a Module is preferred."""
        plain = node.value if isinstance(node, ast.Subscript) else node
        values = alternatives(names.static_value(self.project, cls.file, plain, cls.outer, cls.node.lineno))
        candidates = [candidate for value in values if (candidate := self._candidate(value)) is not None]
        if not candidates:
            return LibraryClass(ast.unparse(node), opaque=True), False
        candidates.sort(key=lambda candidate: not self.is_module(candidate))
        best = candidates[0]
        if isinstance(best, LibraryClass) and best.path in PLAIN_BASES:
            return (None if best.path == "builtins.object" else best), len(values) == 1
        return best, len(values) == 1 and not (isinstance(best, LibraryClass) and best.opaque)

    def _candidate(self, value: Value) -> AnyClass | None:
        if isinstance(value, Dotted) and value.path in PLAIN_BASES:
            return LibraryClass(value.path)
        found = self.as_class(value)
        return LibraryClass(value.path, opaque=True) if found is None and isinstance(value, Dotted) else found

    def _inherited(self, cls: ClassFacts, name: str) -> Binder | None:
        member = self.find(cls, name)
        return None if member is None else member.binder

    def mro(self, cls: AnyClass) -> Mro:
        """The class's linearisation by C3, as ``cls.__mro__`` without ``object``.

        Where Python would refuse (an inconsistent order, a class that inherits from itself) or a base is unknown,
        the result is what can be said, marked incomplete.
        """
        line: Mro | None = self._ledger.answer(cls, lambda: self._linearise(cls))
        return _line((cls,), False) if line is None else line

    def _linearise(self, cls: AnyClass) -> Mro:
        bases, complete = self.bases(cls)
        if len(bases) == 1:
            line = self.mro(bases[0])
            if not any(_same(c, cls) for c in line.classes):
                return _line((cls, *line.classes), complete and line.complete)
        lines = []
        for base in bases:
            line = self.mro(base)
            complete &= line.complete
            lines.append(list(line.classes))
        merged = _merge([*lines, list(bases)])
        if merged is not None and not any(_same(c, cls) for c in merged):
            return _line((cls, *merged), complete)
        flat: list[AnyClass] = []
        for ancestors in lines:
            flat += [c for c in ancestors if not any(_same(c, seen) for seen in (*flat, cls))]
        return _line((cls, *flat), False)

    def is_module(self, cls: AnyClass) -> bool:
        """Whether ``torch.nn.Module`` is among the ancestors (or ``cls`` is it)."""
        return self.mro(cls).module

    def find(self, cls: AnyClass, name: str, after: AnyClass | None = None) -> Member | None:
        """The class attribute ``name`` along the MRO, or behind ``after`` in it, as ``super()`` looks it up."""
        for owner in self.mro(cls).classes if after is None else self.behind(cls, after):
            if isinstance(owner, LibraryClass):
                if name in owner.members:
                    return Member(owner, None)
            elif name in owner.scope.names:
                return Member(owner, owner.scope.names[name][-1])
        return None

    def behind(self, cls: AnyClass, after: AnyClass) -> tuple[AnyClass, ...]:
        """The MRO of ``cls`` behind ``after``; empty where ``after`` isn't in it."""
        classes = self.mro(cls).classes
        places = [i for i, c in enumerate(classes) if _same(c, after)]
        return classes[places[0] + 1 :] if places else ()

    def in_mro(self, cls: AnyClass, ancestor: AnyClass) -> bool:
        """Whether ``ancestor`` is ``cls`` or above it."""
        return any(_same(c, ancestor) for c in self.mro(cls).classes)

    def derives(self, cls: AnyClass, *paths: str) -> bool:
        """Whether a library class at one of ``paths`` is among the ancestors."""
        return any(isinstance(c, LibraryClass) and c.path in paths for c in self.mro(cls).classes)


def _line(classes: tuple[AnyClass, ...], complete: bool) -> Mro:
    return Mro(classes, complete, any(is_root(cls) for cls in classes))


def is_root(cls: AnyClass) -> bool:
    """Whether ``cls`` is ``torch.nn.Module`` itself, from the table or read from torch's own source."""
    if isinstance(cls, LibraryClass):
        return cls.path == MODULE
    return cls.name == "Module" and cls.file.path.replace("\\", "/").endswith("torch/nn/modules/module.py")


def _same(one: AnyClass, other: AnyClass) -> bool:
    if isinstance(one, LibraryClass) and isinstance(other, LibraryClass):
        return one.path == other.path
    return one is other


def _merge(lines: list[list[AnyClass]]) -> list[AnyClass] | None:
    """C3's merge: the first head that is in no tail, again and again; ``None`` if there is none."""
    merged: list[AnyClass] = []
    lines = [line for line in lines if line]
    while lines:
        head = next((line[0] for line in lines if not _in_tails(line[0], lines)), None)
        if head is None:
            return None
        merged.append(head)
        lines = [rest for line in lines if (rest := line[1:] if _same(line[0], head) else line)]
    return merged


def _in_tails(candidate: AnyClass, lines: list[list[AnyClass]]) -> bool:
    return any(_same(candidate, other) for line in lines for other in line[1:])
