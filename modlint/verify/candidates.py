"""Which classes a run verifies, found in the source: nothing is imported for it."""

from __future__ import annotations

import ast
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from modlint.errors import SourceError
from modlint.model.facts import ClassFacts
from modlint.model.index import Index
from modlint.model.module_class import ModuleClass
from modlint.source import read
from modlint.verify.recipe import source_key

Refused = Callable[[str, SourceError], None]
SKIPPED_NAMES: Final = frozenset({"__main__.py", "setup.py", "conftest.py"})
SKIPPED_FOLDERS: Final = frozenset({"test", "tests", "testing", "example", "examples", "benchmark", "benchmarks"})


@dataclass(frozen=True)
class Candidate:
    """A Module class: where it is written and under which name it can be imported."""

    model: ModuleClass
    filename: str
    line: int
    module: str
    qualname: str
    root: str
    skip: str = ""

    @property
    def name(self) -> str:
        """The dotted name of the class."""
        return f"{self.module}.{self.qualname}"

    @cached_property
    def path(self) -> str:
        """The absolute path of the file."""
        return os.path.abspath(self.filename)

    @property
    def key(self) -> tuple[str, str]:
        """What tells the class from all others: its file and its name there."""
        return self.path, self.qualname

    @property
    def package(self) -> str:
        """The top-level package that the class belongs to."""
        return self.module.partition(".")[0]

    @property
    def defines_forward(self) -> bool:
        """Whether the class's own body defines ``forward``."""
        return self.model.method("forward") is not None

    @property
    def fingerprint(self) -> str:
        """A hash of what its recipe depends on."""
        return source_key(ast.unparse(self.model.node))


def candidates(files: Iterable[str], index: Index, refused: Refused = lambda *_: None) -> Iterator[Candidate]:
    """The Module classes of the files; ``refused`` hears of a file that can't be parsed."""
    for file in files:
        try:
            model = index.file(read(file))
        except SourceError as error:
            refused(file, error)
            continue
        if "torch" not in model.facts.text and not model.classes:
            continue
        root, module = importable(file)
        last = {cls.facts.qualname: cls for cls in model.classes}
        for cls in model.classes:
            skip = _skip(cls) if last[cls.facts.qualname] is cls else "is replaced by a later definition"
            yield Candidate(cls, file, cls.node.lineno, module, cls.facts.qualname, root, skip)


def importable(file: str) -> tuple[str, str]:
    """The folder to import from and the dotted name under which a file is imported from there.

    A name that no import statement could say, or that the standard library has, gets one that is nobody else's.
    """
    path = Path(os.path.abspath(file))
    parts = [] if path.name == "__init__.py" else [_module_name(path)]
    folder = path.parent
    while (folder / "__init__.py").is_file():
        parts.insert(0, _identifier(folder.name))
        folder = folder.parent
    return str(folder), ".".join(parts) or path.stem


def _module_name(path: Path) -> str:
    if path.suffix == ".py" and path.stem.isidentifier() and path.stem not in sys.stdlib_module_names:
        return path.stem
    inside = (path.parent / "__init__.py").is_file() and path.suffix == ".py" and path.stem.isidentifier()
    return path.stem if inside else f"{_identifier(path.stem)}_{path.suffix.lstrip('.')}_file"


def _identifier(name: str) -> str:
    text = re.sub(r"\W", "_", name)
    return text if text.isidentifier() else f"_{text}"


def worth_importing(file: str, top: str) -> bool:
    """Whether a file met below a folder is library code and not a test, an example or a script."""
    relative = os.path.relpath(os.path.abspath(file), os.path.abspath(top))
    *folders, name = relative.split(os.sep)
    if name in SKIPPED_NAMES or name.startswith("test_") or name.endswith("_test.py"):
        return False
    return not SKIPPED_FOLDERS.intersection(folders)


def _skip(cls: ModuleClass) -> str:
    """Why a class can't be verified by itself; empty if it can."""
    if _is_local(cls):
        return "is defined inside a function"
    return "leaves `forward` to its subclasses" if _forward_left_open(cls) else ""


def _is_local(cls: ModuleClass) -> bool:
    outer = cls.facts.outer
    while isinstance(outer, ClassFacts):
        outer = outer.outer
    return outer is not None


def _forward_left_open(cls: ModuleClass) -> bool:
    forward = cls.method("forward")
    if forward is None:
        return False
    if any(decorator.rpartition(".")[2].startswith("abstract") for decorator in forward.decorators):
        return True
    body = [s for s in forward.node.body if not (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))]
    if not body:
        return True
    return len(body) == 1 and (isinstance(body[0], ast.Pass) or _raises_not_implemented(body[0]))


def _raises_not_implemented(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Raise) and "NotImplemented" in ast.unparse(statement)
