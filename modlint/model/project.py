"""Where modules are found and what their names stand for: opening files on demand, never importing one."""

from __future__ import annotations

import ast
import os
import re
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Final

from modlint.errors import SourceError
from modlint.model import names
from modlint.model.collect import gather
from modlint.model.facts import Binder, ClassFacts, FileFacts, FunctionFacts, Import, effective
from modlint.model.library import library_class
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
from modlint.source import Source, parse, read

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
        self.tabled = tabled
        self.inherited = lambda cls, name: next(iter(reversed(cls.scope.names.get(name, []))), None)
        self.evaluate = lambda file, node: names.static_value(self, file, node, None, node.lineno)
        self.files: dict[str, FileFacts | None] = {}
        self._listings: dict[str, frozenset[str]] = {}
        self._found: dict[tuple[str, str], str | None] = {}
        self._roots: dict[str, tuple[str, ...]] = {}
        self.resolving: set[tuple[int, str]] = set()
        self._installed: dict[str, Value] = {}
        self._texts: dict[str, bytes] = {}

    def add(self, source: Source, tree: ast.Module | None = None) -> FileFacts:
        """Take a file that is being checked, with its tree if there is one in hand.

        Raises:
            SourceError: the text can't be parsed.
        """
        path = os.path.abspath(source.path)
        known = self.files.get(path)
        if known is not None and known.text == source.text:
            return known
        facts = gather(path, tree or parse(source), source.text)
        self.files[path] = facts
        return facts

    def open(self, path: str) -> FileFacts | None:
        """The facts of the file at ``path``; ``None`` where it can't be read or parsed (its own check says why)."""
        if path not in self.files:
            self.files[path] = None
            try:
                source = read(path)
                facts = gather(path, parse(source), source.text, self._is_own(path))
            except SourceError:
                return None
            self.files[path] = facts
        return self.files[path]

    def _is_own(self, path: str) -> bool:
        return not any(path.startswith(folder + os.sep) for folder in self.environment)

    def _listing(self, folder: str) -> frozenset[str]:
        known = self._listings.get(folder)
        if known is None:
            try:
                known = frozenset(os.listdir(folder))
            except OSError:
                known = frozenset()
            self._listings[folder] = known
        return known

    def _search_roots(self, path: str) -> tuple[str, ...]:
        """Folders that an absolute import in the file at ``path`` may start from, nearest first."""
        folder = os.path.dirname(path)
        known = self._roots.get(folder)
        if known is None:
            top = folder
            while "__init__.py" in self._listing(top) and os.path.dirname(top) != top:
                top = os.path.dirname(top)
            roots = [top]
            while top.startswith(self.root + os.sep):
                top = os.path.dirname(top)
                roots.append(top)
            if "src" in self._listing(self.root):
                roots.append(os.path.join(self.root, "src"))
            known = self._roots[folder] = (*roots, *self.environment)
        return known

    def _step(self, folder: str, name: str) -> str | None:
        """The file or package folder called ``name`` in ``folder``."""
        listing = self._listing(folder)
        inner = os.path.join(folder, name)
        if name in listing and "__init__.py" in self._listing(inner):
            return os.path.join(inner, "__init__.py")
        if f"{name}.py" in listing:
            return inner + ".py"
        return inner if name in listing and self._listing(inner) else None

    def _find(self, start: str, module: str) -> str | None:
        key = (start, module)
        if key not in self._found:
            self._found[key] = self._find_anew(start, module)
        return self._found[key]

    def _find_anew(self, start: str, module: str) -> str | None:
        place: str | None = start
        for part in module.split(".") if module else ():
            if place is None or (place.endswith(".py") and not place.endswith("__init__.py")):
                return None
            folder = os.path.dirname(place) if place.endswith(".py") else place
            place = self._step(folder, part)
        return place

    def _namespace(self, place: str | None) -> Value:
        if place is None:
            return UNKNOWN
        if not place.endswith(".py"):
            init = os.path.join(place, "__init__.py")
            if "__init__.py" not in self._listing(place):
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
            return self._find(folder, module)
        head = module.partition(".")[0]
        if head in self.tabled or head in sys.stdlib_module_names or head == "builtins":
            return None
        for root in self._search_roots(file.path):
            if root not in self.environment or file.path.startswith(root + os.sep):
                place = self._find(root, module)
                if place is not None:
                    return place
        return None

    def imported(self, file: FileFacts, binder: Import) -> Value:
        """The value an import statement of ``file`` binds."""
        namespace = self.module(file, binder.level, binder.module)
        if binder.name is None:
            return namespace
        if isinstance(namespace, FileRef) and namespace.file is file and file.is_package:
            submodule = self._step(os.path.dirname(file.path), binder.name)
            if submodule is not None:
                return self._namespace(submodule)
        return self.member(namespace, binder.name)

    def member(self, namespace: Value, name: str) -> Value:
        """``namespace.name``, for a module, a package folder or a dotted name."""
        if isinstance(namespace, Dotted):
            return Dotted(f"{namespace.path}.{name}")
        if isinstance(namespace, FolderRef):
            return self._namespace(self._find(namespace.path, name))
        if isinstance(namespace, FileRef):
            return self.global_value(namespace.file, name)
        return UNKNOWN

    def global_value(self, file: FileFacts, name: str) -> Value:
        """What the module-level ``name`` of ``file`` stands for; every binder counts as possible."""
        known = file.values.get(name)
        if known is not None:
            return known  # type: ignore[no-any-return]
        key = (id(file), name)
        if key in self.resolving:
            return UNKNOWN
        self.resolving.add(key)
        try:
            value = self._global_anew(file, name)
        except RecursionError:  # a chain of aliases without end
            value = UNKNOWN
        self.resolving.discard(key)
        file.values[name] = value
        return value

    def global_before(self, file: FileFacts, name: str, line: int) -> Value:
        """What the module-level ``name`` stands for above ``line``, where code that runs on import reads it."""
        if len(file.scope.names.get(name, ())) + len(file.scope.stars) < 2:
            return self.global_value(file, name)
        return self._global_anew(file, name, line)

    def _global_anew(self, file: FileFacts, name: str, before: int | None = None) -> Value:
        every = file.scope.names.get(name, [])
        binders = effective(every, before)
        last = binders[0].line if binders and not binders[0].conditional else 0
        starred = self._from_stars(file, name, last, before)
        if starred is not UNKNOWN:
            return starred if not binders or last else join([starred, *(self.bound(file, b) for b in binders)])
        if every:
            return join([self.bound(file, binder) for binder in binders or every])
        if file.is_package:
            submodule = self._step(os.path.dirname(file.path), name)
            if submodule is not None:
                return self._namespace(submodule)
        return UNKNOWN

    def _from_stars(self, file: FileFacts, name: str, after: int, before: int | None) -> Value:
        """What the last star import between two lines brings under ``name``."""
        for star in reversed(file.scope.stars):
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
        data = self._texts.get(place)
        if data is None:
            data = self._texts[place] = self._bytes(place)
        return b"import *" in data or name.encode() in data

    def _through_star(self, namespace: Value, name: str) -> Value:
        if isinstance(namespace, Dotted):
            dotted = Dotted(f"{namespace.path}.{name}")
            return dotted if library_class(dotted.path) or dotted.path in STARRED else UNKNOWN
        if not isinstance(namespace, FileRef):
            return UNKNOWN
        exports = namespace.file.exports
        if name not in exports if exports is not None else name.startswith("_"):
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

    def stores_attribute(self, file: FileFacts, name: str) -> bool:
        """Whether the text of any file of the package sets an attribute of this name on some object, or names it.

        Asked only about an attribute that nothing the class rests on defines: frameworks put attributes on Modules from
        their trainers and loaders (``module._checkpoint_fn = f``, ``setattr(module, "name", v)``).
        """
        pattern = re.compile(SET_OUTSIDE.replace(b"NAME", re.escape(name).encode()))
        for folder, _, files in os.walk(self._package(file.path)):
            for entry in files:
                if entry.endswith(".py") and self._matches(os.path.join(folder, entry), name.encode(), pattern):
                    return True
        return False

    def _package(self, path: str) -> str:
        """The top folder of the package that holds the file."""
        folder = os.path.dirname(path)
        while "__init__.py" in self._listing(os.path.dirname(folder)):
            folder = os.path.dirname(folder)
        return folder

    def _matches(self, path: str, name: bytes, pattern: re.Pattern[bytes]) -> bool:
        data = self._bytes(path)
        return name in data and pattern.search(data) is not None

    @staticmethod
    def _bytes(path: str) -> bytes:
        try:
            with open(path, "rb") as file:
                return file.read()
        except OSError:
            return b""

    def installed(self, path: str) -> Value:
        """The class or function at the dotted ``path`` of an installed package, found in its source."""
        if path not in self._installed:
            self._installed[path] = self._installed_anew(path)
        return self._installed[path]

    def _installed_anew(self, path: str) -> Value:
        parts = path.split(".")
        if parts[0] in self.tabled or parts[0] in sys.stdlib_module_names:
            return UNKNOWN
        for root in self.environment:
            for cut in range(len(parts) - 1, 0, -1):
                place = self._find(root, ".".join(parts[:cut]))
                if place is None:
                    continue
                value = self._namespace(place)
                for part in parts[cut:]:
                    value = self.member(value, part) if isinstance(value, (FileRef, FolderRef)) else UNKNOWN
                return value
        return UNKNOWN


SET_OUTSIDE: Final = (
    rb"(?<!self)\.NAME\s*(?::[^=\n]+)?=[^=]"
    rb"|setattr\(\s*[\w.]+\s*,\s*[\"']NAME[\"']"
    rb"|(?<!self)\.(?:register_\w+|add_module)\(\s*[\"']NAME[\"']"
)
"""How code sets the attribute ``NAME`` of an object that isn't its own."""

STARRED: Final = frozenset({"torch.nn", "torch.nn.functional", "torch.nn.init", "torch.nn.Parameter", "torch.Tensor"})
"""Names besides classes that ``from torch import *`` or ``from torch.nn import *`` brings."""


@cache
def site_packages(python: str | None) -> tuple[str, ...]:
    """The folders of installed packages to look into.

    ``python`` is an environment's folder or its interpreter; without it, the environment modlint runs in.
    """
    if python is None:
        return tuple(entry for entry in sys.path if entry.endswith(("site-packages", "dist-packages")))
    place = Path(python)
    top = place.parent.parent if place.is_file() else place
    found = [*top.glob("lib/python3*/site-packages"), *top.glob("Lib/site-packages")]
    return tuple(str(folder.resolve()) for folder in sorted(found))
