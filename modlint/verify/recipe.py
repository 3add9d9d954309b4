"""Recipes: how to build and call a class, as source text that people can read, review and correct."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

import msgspec
from msgspec import Struct

from modlint.errors import ModlintError

VERSION = 1


class Recipe(Struct, frozen=True, omit_defaults=True):
    """``setup`` is run first, ``constructor`` evaluates to the instance, ``forward`` are the arguments of its call."""

    constructor: str
    forward: str = ""
    origin: str = "given"
    setup: str = ""
    stand_ins: tuple[str, ...] = ()
    method: str = ""

    @property
    def shown(self) -> str:
        """The recipe in one line."""
        return f"{self.constructor}({self.forward})"


class Entry(Struct, frozen=True):
    """A stored recipe and a hash of the class's source that it was found for."""

    source: str
    recipe: Recipe


class Book(Struct, frozen=True):
    """Recipes by the files and names of their classes."""

    version: int = VERSION
    recipes: dict[str, Entry] = {}


class RecipeError(ModlintError):
    """A recipes file that can't be used."""


def load_cache(path: Path) -> dict[str, Entry]:
    """The recipes in a cache; one that can't be read is an empty one."""
    try:
        book = msgspec.json.decode(path.read_bytes(), type=Book)
    except (OSError, msgspec.DecodeError):
        return {}
    return book.recipes if book.version == VERSION else {}


def check_writable(path: Path) -> None:
    """Find out before a long run whether a recipes file can be written at its end.

    Raises:
        RecipeError: it can't.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path.parent):
            return
    except OSError as error:
        raise RecipeError(f"{path}: cannot be written: {(error.strerror or str(error)).lower()}") from None


def save(path: Path, recipes: dict[str, Entry]) -> None:
    """Write a recipes file, whole or not at all."""
    text = msgspec.json.format(msgspec.json.encode(Book(VERSION, dict(sorted(recipes.items())))), indent=1)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    with os.fdopen(handle, "wb") as file:
        file.write(text + b"\n")
    os.replace(temporary, path)


def source_key(text: str) -> str:
    """A short hash of a class's source."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def cache_path(root: Path, environment: Mapping[str, str]) -> Path:
    """Where the recipes found in a project are kept, apart from the project."""
    folder = environment.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    name = hashlib.sha256(str(root).encode()).hexdigest()[:16]
    return Path(folder) / "modlint" / f"recipes-{name}.json"
