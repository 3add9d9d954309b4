"""Shipped tables of library Modules: what is known of a class whose source isn't opened.

The tables in ``tables/*.json`` are written by ``python -m modlint.model.tabulate`` from the libraries' own sources.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

import msgspec

MODULE: Final = "torch.nn.Module"


class LibraryClass(msgspec.Struct, frozen=True, gc=False, eq=False):
    """A class of a library. ``path`` is its public name, ``bases`` are paths, ``members`` its own attributes.

    ``stateful`` says whether an instance has parameters or buffers; ``None`` where that hangs on its arguments.
    ``arguments`` are those of its own ``__init__`` that can be given by position, each with the source of its default.
    """

    path: str
    bases: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    stateful: bool | None = None
    opaque: bool = False
    arguments: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        """The class's own name, without its module."""
        return self.path.rpartition(".")[2]


class Table(msgspec.Struct, frozen=True):
    """One library's Modules by public path, and other paths that lead to them."""

    library: str
    version: str
    classes: dict[str, LibraryClass]
    aliases: dict[str, str]


@cache
def table(library: str) -> Table | None:
    """The table of a top-level package; ``None`` if none is shipped."""
    file = Path(__file__).parent / "tables" / f"{library}.json"
    if not file.exists():
        return None
    return msgspec.json.decode(file.read_bytes(), type=Table)


@cache
def library_class(path: str) -> LibraryClass | None:
    """What is known of the class at ``path`` (``torch.nn.Linear``); ``None`` if no table has it."""
    known = table(path.partition(".")[0])
    if known is None:
        return None
    return known.classes.get(known.aliases.get(path, path))


CONTAINER_PATHS: Final = frozenset(
    f"torch.nn.{name}" for name in ("Sequential", "ModuleList", "ModuleDict", "ParameterList", "ParameterDict")
)
"""Modules that have the state of what they are given, and no other."""


@cache
def optimizer_class(path: str) -> LibraryClass:
    """The class of an optimizer of torch's: no Module, and known by its name alone."""
    return LibraryClass(path, stateful=False)
