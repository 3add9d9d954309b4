"""Writes the shipped library tables: ``python -m modlint.model.tabulate FOLDER VERSION PACKAGE…``.

``FOLDER`` is a ``site-packages`` (or a folder of unpacked wheels) that holds the packages' sources; they are read with
modlint's own model and never imported. A table lists every Module class of a package under its shortest public path.
"""

from __future__ import annotations

import ast
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec

from modlint.model.classes import AnyClass, is_root
from modlint.model.facts import ClassFacts, FileFacts, defaults
from modlint.model.index import Index
from modlint.model.library import CONTAINER_PATHS, LibraryClass, Table
from modlint.model.values import ClassRef, FileRef

MOST = 2000
"""A table of more classes than this keeps the ones exported by the package itself, and their bases."""

SKIPPED = ("testing", "tests", "test", "_inductor", "onnx", "examples", "distributed")


def sources(folder: Path, package: str) -> Iterator[Path]:
    """The package's Python files, its tests left out."""
    for path in sorted((folder / package).rglob("*.py")):
        if not set(path.relative_to(folder / package).parts) & set(SKIPPED):
            yield path


def module_path(folder: Path, path: Path) -> str:
    """The dotted name under which Python imports the file."""
    parts = path.relative_to(folder).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


class Tabulator:
    """Builds one package's table."""

    def __init__(self, folder: Path, package: str) -> None:
        self.folder, self.package = folder, package
        self.index = Index(folder)
        self.index.project.tabled = frozenset() if package == "torch" else frozenset({"torch"})
        self.files: dict[str, FileFacts] = {}
        self.paths: dict[ClassFacts, list[str]] = {}

    def table(self, version: str) -> Table:
        """The table, with every class under its shortest path that no underscore marks as private."""
        for path in sources(self.folder, self.package):
            facts = self.index.project.open(str(path))
            if facts is not None:
                self.files[module_path(self.folder, path)] = facts
        for module, facts in self.files.items():
            for cls in facts.classes:
                if cls.outer is None and self.index.graph.is_module(cls):
                    self.paths.setdefault(cls, []).append(f"{module}.{cls.name}")
        for module, facts in self.files.items():
            if facts.is_package:
                self._exports(module, facts)
        classes, aliases = {}, {}
        for cls, paths in self.paths.items():
            best = min(paths, key=_publicity)
            classes[best] = self._entry(cls, best)
            aliases.update({path: best for path in paths if path != best})
        if len(classes) > MOST:
            classes = _public(classes)
            aliases = {path: best for path, best in aliases.items() if best in classes and path.count(".") <= 2}
        return Table(self.package, version, classes, aliases)

    def _exports(self, module: str, facts: FileFacts) -> None:
        for name in self._names(facts, set()):
            value = self.index.project.global_value(facts, name)
            if isinstance(value, ClassRef) and value.cls in self.paths:
                paths = self.paths[value.cls]
                paths.append(f"{module}.{name}")

    def _names(self, facts: FileFacts, seen: set[str]) -> set[str]:
        """The names a module has, star imports followed."""
        names = set(facts.scope.names)
        for star in facts.scope.stars:
            namespace = self.index.project.module(facts, star.level, star.module)
            if isinstance(namespace, FileRef) and namespace.file.path not in seen:
                seen.add(namespace.file.path)
                inner = namespace.file
                names |= set(inner.exported) if inner.exported is not None else self._names(inner, seen)
        return names

    def _entry(self, cls: ClassFacts, path: str) -> LibraryClass:
        sweep = self.index.sweep(cls)
        members = sorted(cls.scope.names.keys() | sweep.stores.keys() | sweep.touched | self._constructed(cls))
        bases, sure = self.index.graph.bases(cls)
        stateful = None if path in CONTAINER_PATHS else self.index.stateful_class(cls)
        opaque = sweep.opaque and not is_root(cls) and path not in CONTAINER_PATHS
        return LibraryClass(
            path,
            tuple(self._base_path(b) for b in bases),
            tuple(members),
            stateful,
            opaque or (not sure and not is_root(cls)),
            _arguments(cls) if self.package == "torch" else (),
        )

    def _constructed(self, cls: ClassFacts) -> set[str]:
        return {b.attribute for b in self.index.constructed(cls).events.bindings if b.place.owner is cls}

    def _base_path(self, base: AnyClass) -> str:
        if isinstance(base, LibraryClass):
            return base.path
        return min(self.paths.get(base, [base.qualname]), key=_publicity)


def _arguments(cls: ClassFacts) -> tuple[tuple[str, str], ...]:
    init = cls.method("__init__")
    if init is None or init.node.args.vararg is not None:
        return ()
    given = defaults(init)
    names = [a.arg for a in init.node.args.args[1:]]
    return tuple((name, ast.unparse(given[name]) if name in given else "") for name in names)


def _public(classes: dict[str, LibraryClass]) -> dict[str, LibraryClass]:
    kept: dict[str, LibraryClass] = {}
    waiting = [path for path in classes if path.count(".") == 1]
    while waiting:
        path = waiting.pop()
        if path in classes and path not in kept:
            kept[path] = classes[path]
            waiting += classes[path].bases
    return dict(sorted(kept.items()))


def _publicity(path: str) -> tuple[int, int, str]:
    private = sum(part.startswith("_") for part in path.split("."))
    return private, path.count("."), path


def main(arguments: list[str]) -> None:
    """Write ``tables/PACKAGE.json`` for each package named."""
    folder, version, *packages = arguments
    for package in packages:
        table = Tabulator(Path(folder).resolve(), package).table(version)
        target = Path(__file__).parent / "tables" / f"{package}.json"
        target.parent.mkdir(exist_ok=True)
        encoded = msgspec.json.format(msgspec.json.encode(table), indent=0)
        target.write_bytes(encoded + b"\n")
        print(f"{package} {version}: {len(table.classes)} classes, {os.path.getsize(target)} bytes")


if __name__ == "__main__":
    main(sys.argv[1:])
