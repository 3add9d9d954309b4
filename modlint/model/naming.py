"""Questions about names: methods and attributes that are spelled almost like the one that was meant."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from difflib import SequenceMatcher, get_close_matches
from typing import Final

from modlint.model.facts import FunctionFacts
from modlint.model.module_class import ModuleClass
from modlint.model.sweep import Read

OPTIONAL_FORWARD: Final = (
    "lightning.pytorch.LightningModule",
    "pytorch_lightning.LightningModule",
    "lightning.LightningModule",
)
ABSTRACT: Final = ("base", "mixin", "abstract", "interface", "template")
CLOSE: Final = 0.8
"""How alike two names must be (as `difflib` counts) for one to be offered in place of the other."""
SLIPS: Final = frozenset({"int", "inti", "nit", "ini", "iniit", "intit", "inint"})
"""What people write between the underscores when they mean ``init``."""


def misspelled(cls: ModuleClass) -> Iterator[tuple[FunctionFacts, str]]:
    """Methods whose name is a slip of ``forward`` or ``__init__``, where the class lacks the real one."""
    used = {name for c in cls.project_classes for names in cls.index.sweep(c).uses.values() for name in names}
    for function in cls.facts.methods():
        if function.name in used or function.name in cls.touched or function.decorators:
            continue
        if _like_init(function.name) and cls.method("__init__") is None and _constructs(function):
            yield function, "__init__"
        elif _like_forward(function.name) and not cls.find_open("forward") and not cls.inherits(*OPTIONAL_FORWARD):
            yield function, "forward"


def _like_forward(name: str) -> bool:
    return name != "forward" and name.isalpha() and SequenceMatcher(None, name.lower(), "forward").ratio() >= 0.85


def _like_init(name: str) -> bool:
    if name == "__init__" or not name.startswith("_") or (not name.endswith("_") and name != "__init"):
        return name in ("init__", "_init", "__init") and name.count("_") >= 2
    core = name.strip("_")
    return core == "init" or (core in SLIPS and name.startswith("__"))


def _constructs(function: FunctionFacts) -> bool:
    """Whether the method does a constructor's work: it calls a base's ``__init__`` or binds attributes."""
    for node in ast.walk(function.node):
        if isinstance(node, ast.Attribute) and node.attr == "__init__":
            return True
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            return True
    return False


def undefined_reads(cls: ModuleClass) -> Iterator[tuple[Read, str | None]]:
    """Reads of attributes that nothing binds, in code that runs with the Module, with the name that may be meant.

    Only for classes whose every attribute is known, that aren't made to be subclassed; each attribute once.
    """
    if cls.opaque or cls.method("__init__") is None or any(word in cls.name.lower() for word in ABSTRACT):
        return
    if cls.facts in cls.file.subclassed or cls.is_abstract:
        return
    seen: set[str] = set()
    for read in cls.sweep.reads:
        name = read.attribute
        if name in seen or name in cls.attributes or read.function.name not in cls.reached or name.startswith("__"):
            continue
        seen.add(name)
        folders = cls.graph.project.folders
        if not cls.file.stores_attribute(name) and not folders.stores_attribute(cls.facts.file.path, name):
            yield read, _nearest(cls, name)


def _nearest(cls: ModuleClass, name: str) -> str | None:
    own = [a for c in cls.project_classes for a in (*c.scope.names, *cls.index.sweep(c).stores)]
    matches = get_close_matches(name, sorted(set(own)), n=1, cutoff=CLOSE)
    return matches[0] if matches else None
