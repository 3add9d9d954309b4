"""Where modules are found and what their names stand for: opening files on demand, never importing one."""

from __future__ import annotations

import ast
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from modlint.errors import SourceError
from modlint.model import names
from modlint.model.collect import gather
from modlint.model.disk import BRINGS
from modlint.model.facts import Binder, ClassFacts, FileFacts, FunctionFacts, Import, effective
from modlint.model.folders import Folders
from modlint.model.ledger import PARSES, Entry, Ledger, Look
from modlint.model.library import library_class
from modlint.model.parts import watch
from modlint.model.values import (
    UNKNOWN,
    ClassRef,
    Dotted,
    FileRef,
    FolderRef,
    FunctionRef,
    Value,
    join,
)
from modlint.source import Source, decode, parse

TABLED: Final = frozenset({"torch"})
"""Packages known from their table even where they are installed: same answers with and without torch, and at once."""


class Project:
    """The files that can be looked into: the project's own under ``root``, and the installed packages'.

    Resolution is demand-driven: a file is opened when a name that matters comes from it, and only then.
    """

    evaluate: Callable[[FileFacts, ast.expr], Value]
    """Gives the value of a module-level expression; set by who interprets expressions, as that is a stage above."""

    inherited: Callable[[ClassFacts, str], Binder | None]
    """Gives what binds an attribute of a class, bases included; set by the class graph, a stage above."""

    def __init__(self, root: Path, environment: tuple[str, ...] = (), tabled: frozenset[str] = TABLED) -> None:
        self.root = os.path.abspath(root)
        self.environment = environment
        self.ledger = Ledger()
        self.folders = Folders(self.root, environment, self.ledger)
        self.tabled = tabled
        self.inherited = lambda cls, name: next(iter(reversed(cls.scope.names.get(name, []))), None)
        self.evaluate = lambda file, node: names.static_value(self, file, node, None, node.lineno)
        self.files: dict[str, FileFacts | None] = {}
        self.size = 0
        """How many characters of source are open."""
        self.resolving: set[tuple[int, str]] = set()
        self._asked: set[str] = set()
        self._checked: list[FileFacts] = []

    def forget(self) -> None:
        """Close all files."""
        self.ledger.forget()
        for file in self.files.values():
            if file is not None:
                file.close()
        self.files.clear()
        self._asked.clear()
        self._checked.clear()
        self.size = 0
        self.folders.disk.forget()

    def close_checked(self) -> None:
        """Close the files that were checked, but for those that others have asked for and may ask for again."""
        for facts in self._checked:
            if facts.path not in self._asked and self.files.get(facts.path) is facts:
                del self.files[facts.path]
                self.size -= len(facts.source)
                facts.close()
        self._checked.clear()

    def checked(self, facts: FileFacts) -> None:
        """Note that a file has been checked, and that its tree is nobody else's."""
        self._checked.append(facts)

    def add(self, source: Source, tree: ast.Module | None = None) -> FileFacts:
        """Take a file that is being checked, with its tree if there is one in hand.

        Raises:
            SourceError: the text can't be parsed.
        """
        path = os.path.abspath(source.path)
        known = self.files.get(path)
        if known is not None and known.source == source.text:
            return known
        facts = self._watched(gather(path, tree or parse(source), source.text))
        facts.notebook = source.notebook
        if known is not None:
            self.size -= len(known.source)
        self.files[path] = facts
        return facts

    def adopt(self, other: Project, changed: str) -> None:
        """Take over the files another one has opened, but for the ``changed``, and not what their names stood for."""
        for path, facts in other.files.items():
            if path == os.path.abspath(changed):
                continue
            if facts is not None:
                facts.values.clear()
                self.size += len(facts.source)
            self.files[path] = facts

    def open(self, path: str) -> FileFacts | None:
        """The facts of the file at ``path``; ``None`` where it can't be read or parsed (its own check says why)."""
        self._asked.add(path)
        if path not in self.files:
            self.files[path] = self._opened(path)
        facts = self.files[path]
        self.ledger.saw(Look(PARSES, path), "" if facts is None else "1")
        return facts

    def _opened(self, path: str) -> FileFacts | None:
        data = self.folders.disk.bytes(path)
        if data is None:
            return None
        try:
            source = decode(data, path)
            return self._watched(gather(path, parse(source, explain=False), source.text, self._is_own(path)))
        except SourceError:
            return None

    def _watched(self, facts: FileFacts) -> FileFacts:
        self.size += len(facts.source)
        return watch(facts, self.ledger) if self.ledger.tracing else facts

    def _is_own(self, path: str) -> bool:
        return not any(path.startswith(folder + os.sep) for folder in self.environment)

    def _namespace(self, place: str | None) -> Value:
        if place is None:
            return UNKNOWN
        if not place.endswith(".py"):
            init = os.path.join(place, "__init__.py")
            if not self.folders.disk.has(place, "__init__.py"):
                return FolderRef(place)
            place = init
        facts = self.open(place)
        return UNKNOWN if facts is None else FileRef(facts)

    def module(self, file: FileFacts, level: int, module: str) -> Value:
        """What ``import module`` (``level`` dots before it) in ``file`` is; a `Dotted` where nothing is opened."""
        place = self._locate(file, level, module)
        if place is not None or level:
            return self._namespace(place)
        return Dotted(module)

    def _locate(self, file: FileFacts, level: int, module: str) -> str | None:
        """The file or folder of an imported module, if it is one that may be opened."""
        if level:
            folder = os.path.dirname(file.path)
            for _ in range(level - 1):
                folder = os.path.dirname(folder)
            return self.folders.find(folder, module)
        head = module.partition(".")[0]
        if head in self.tabled or head in sys.stdlib_module_names or head == "builtins":
            return None
        for root in self.folders.search_roots(file.path):
            if root not in self.environment or file.path.startswith(root + os.sep):
                place = self.folders.find(root, module)
                if place is not None:
                    return place
        return None

    def imported(self, file: FileFacts, binder: Import) -> Value:
        """The value an import statement of ``file`` binds."""
        namespace = self.module(file, binder.level, binder.module)
        if binder.name is None:
            return namespace
        if isinstance(namespace, FileRef) and namespace.file is file and file.is_package:
            submodule = self.folders.step(os.path.dirname(file.path), binder.name)
            if submodule is not None:
                return self._namespace(submodule)
        return self.member(namespace, binder.name)

    def member(self, namespace: Value, name: str) -> Value:
        """``namespace.name``, for a module, a package folder or a dotted name."""
        if isinstance(namespace, Dotted):
            return Dotted(f"{namespace.path}.{name}")
        if isinstance(namespace, FolderRef):
            return self._namespace(self.folders.find(namespace.path, name))
        if isinstance(namespace, FileRef):
            return self.global_value(namespace.file, name)
        return UNKNOWN

    def global_value(self, file: FileFacts, name: str) -> Value:
        """What the module-level ``name`` of ``file`` stands for; every binder counts as possible."""
        known = file.values.get(name)
        if known is None:
            known = file.values[name] = Entry(UNKNOWN)
            self.ledger.fill(known, lambda: self._global_or_unknown(file, name))
        self.ledger.rest_on(known)
        value: Value = known.value
        return value

    def _global_or_unknown(self, file: FileFacts, name: str) -> Value:
        try:
            return self._global_anew(file, name)
        except RecursionError:  # a chain of aliases without end
            return UNKNOWN

    def global_before(self, file: FileFacts, name: str, line: int) -> Value:
        """What the module-level ``name`` stands for above ``line``, where code that runs on import reads it."""
        binders, stars = file.binders(name)
        if len(binders) + len(stars) < 2:
            return self.global_value(file, name)
        file.in_order()
        return self._global_anew(file, name, line)

    def _global_anew(self, file: FileFacts, name: str, before: int | None = None) -> Value:
        every, _ = file.binders(name)
        binders = effective(every, before) if before is not None or file.notebook is None else every
        last = binders[0].line if binders and not binders[0].conditional else 0
        starred = self._from_stars(file, name, last, before)
        if starred is not UNKNOWN:
            return starred if not binders or last else join([starred, *(self.bound(file, b) for b in binders)])
        if every:
            return join([self.bound(file, binder) for binder in binders or every])
        if file.is_package:
            submodule = self.folders.step(os.path.dirname(file.path), name)
            if submodule is not None:
                return self._namespace(submodule)
        return UNKNOWN

    def _from_stars(self, file: FileFacts, name: str, after: int, before: int | None) -> Value:
        """What the last star import between two lines brings under ``name``."""
        for star in reversed(file.binders(name)[1]):
            if star.line < after or (before is not None and star.line >= before):
                continue
            place = self._locate(file, star.level, star.module)
            if place is not None and not self._may_bring(place, name):
                continue
            value = self._through_star(self.module(file, star.level, star.module), name)
            if value is not UNKNOWN:
                return value
        return UNKNOWN

    def _may_bring(self, place: str, name: str) -> bool:
        """Whether a star import of the file at ``place`` can bring ``name``; its text tells without parsing it."""
        if place in self.files or not place.endswith(".py"):
            return True
        return self.folders.disk.asks(BRINGS, place, name)

    def _through_star(self, namespace: Value, name: str) -> Value:
        if isinstance(namespace, Dotted):
            dotted = Dotted(f"{namespace.path}.{name}")
            return dotted if library_class(dotted.path) or dotted.path in STARRED else UNKNOWN
        if not isinstance(namespace, FileRef):
            return UNKNOWN
        if not namespace.file.exports(name):
            return UNKNOWN
        return self.global_value(namespace.file, name)

    def bound(self, file: FileFacts, binder: Binder) -> Value:
        """The value a binder gives its name."""
        if isinstance(binder, Import):
            return self.imported(file, binder)
        if isinstance(binder, ClassFacts):
            return ClassRef(binder)
        if isinstance(binder, FunctionFacts):
            return FunctionRef(binder)
        return UNKNOWN if binder.value is None else self.evaluate(file, binder.value)

    def installed(self, path: str) -> Value:
        """The class or function at the dotted ``path`` of an installed package, found in its source."""
        value: Value | None = self.ledger.answer(("installed", path), lambda: self._installed_anew(path))
        return UNKNOWN if value is None else value

    def _installed_anew(self, path: str) -> Value:
        parts = path.split(".")
        if parts[0] in self.tabled or parts[0] in sys.stdlib_module_names:
            return UNKNOWN
        for root in self.environment:
            for cut in range(len(parts) - 1, 0, -1):
                place = self.folders.find(root, ".".join(parts[:cut]))
                if place is None:
                    continue
                value = self._namespace(place)
                for part in parts[cut:]:
                    value = self.member(value, part) if isinstance(value, (FileRef, FolderRef)) else UNKNOWN
                return value
        return UNKNOWN


STARRED: Final = frozenset({"torch.nn", "torch.nn.functional", "torch.nn.init", "torch.nn.Parameter", "torch.Tensor"})
"""Names besides classes that ``from torch import *`` or ``from torch.nn import *`` brings."""
