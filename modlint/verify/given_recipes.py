"""A file of recipes that the user has written or corrected: every mistake in it is said, with class and line.

    {"version": 1, "recipes": {
        "models/net.py:Net": {"recipe": {"constructor": "Net(dim=8)", "forward": "torch.rand(2, 8)"}}}}

A class is named by its file, relative to the folder of the recipes, or by its dotted name where only one class has it.
"""

from __future__ import annotations

import ast
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct
from msgspec.structs import asdict

from modlint.errors import ModlintError, SourceError
from modlint.files import shown
from modlint.source import parse, read
from modlint.verify.candidates import Candidate
from modlint.verify.recipe import VERSION, Recipe, RecipeError
from modlint.verify.target import resolve

TEXTS: Final[Mapping[str, str]] = {"constructor": "{}", "forward": "f({})", "setup": "{}"}
"""What the fields of a recipe are as Python."""


class GivenRecipe(Recipe, frozen=True, forbid_unknown_fields=True):
    """A recipe as users write it: what isn't known is a mistake."""


class GivenEntry(Struct, frozen=True, forbid_unknown_fields=True):
    """A recipe, and the hash of the source that it was found for where modlint has written it."""

    recipe: GivenRecipe
    source: str = ""


class GivenBook(Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file."""

    version: int
    recipes: dict[str, GivenEntry]


def chosen(path: Path, candidates: Sequence[Candidate]) -> dict[tuple[str, str], Recipe]:
    """The recipes of a user's file for these classes; their origin is the place in the file.

    Raises:
        RecipeError: it can't be read as one, or a recipe in it is no Python or names no class.
    """
    text = _text(path)
    try:
        book = msgspec.json.decode(text, type=GivenBook)
    except msgspec.DecodeError as error:
        raise RecipeError(f"{_place(path, text, error)}: is no file of recipes: {error}") from None
    if book.version != VERSION:
        raise RecipeError(f"{path}: is of version {book.version}: this modlint reads {VERSION}")
    found: dict[tuple[str, str], Recipe] = {}
    for name, entry in book.recipes.items():
        place = f"{path}:{_line(text, name)}"
        _refuse_other_than_python(place, name, entry.recipe)
        for candidate in _named(place, path, name, candidates):
            found[candidate.key] = Recipe(**{**asdict(entry.recipe), "origin": place})
    return found


def place_of(candidate: Candidate, book: Path) -> str:
    """The name of a class in a file of recipes."""
    folder = os.path.dirname(os.path.abspath(book))
    try:
        return f"{Path(os.path.relpath(candidate.path, folder)).as_posix()}:{candidate.qualname}"
    except ValueError:  # another drive
        return ":".join(candidate.key)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise RecipeError(f"{path}: cannot be read: {(error.strerror or str(error)).lower()}") from None
    except UnicodeDecodeError:
        raise RecipeError(f"{path}: is no file of recipes: it is not UTF-8") from None


def _place(path: Path, text: str, error: msgspec.DecodeError) -> str:
    if "truncated" in str(error):
        return f"{path}:{text.count(chr(10)) + 1}"
    byte = re.search(r"\(byte (\d+)\)", str(error))
    line = text.encode()[: int(byte[1])].count(b"\n") + 1 if byte else 0
    named = re.search(r"at `\$\.recipes\[\.\.\.\]\.?(\w*)", str(error))
    return f"{path}:{line}" if line else f"{path}: {named[1]}" if named and named[1] else str(path)


def _line(text: str, name: str) -> int:
    """The line on which a class is named."""
    for form in (json.dumps(name), json.dumps(name, ensure_ascii=False)):
        found = re.search(rf"{re.escape(form)}\s*:", text)
        if found:
            return text.count("\n", 0, found.start()) + 1
    return 1


def _refuse_other_than_python(place: str, name: str, recipe: GivenRecipe) -> None:
    for field, form in TEXTS.items():
        text = getattr(recipe, field)
        try:
            ast.parse(form.format(text), mode="exec" if field == "setup" else "eval") if text else None
        except (SyntaxError, ValueError) as error:
            raise RecipeError(f"{place}: {name}: `{field}` is no Python: {error.args[0]}") from None
    if not recipe.constructor.strip():
        raise RecipeError(f"{place}: {name}: `constructor` is empty")


def _named(place: str, book: Path, name: str, candidates: Sequence[Candidate]) -> Iterator[Candidate]:
    """The class of this run that a recipe names; none where it is a class of another run."""
    file, colon, qualname = name.rpartition(":")
    if colon:
        path = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(book)), file))
        same = [c for c in candidates if c.key == (path, qualname)]
    else:
        path, same = "", [c for c in candidates if c.name == name]
    files = dict.fromkeys(c.filename for c in same)
    if len(files) > 1:
        raise RecipeError(f"{place}: {name}: names classes of several files: {', '.join(files)}; name the file")
    if not same and not _exists(path, qualname if colon else name):
        raise RecipeError(f"{place}: {name}: there is no such class{f' in {shown(path)}' if path else ''}")
    yield from same


def _exists(path: str, name: str) -> bool:
    """Whether a file has a class of this name; without a file the name is dotted."""
    parts = name.split(".")
    for cut in [0] if path else range(len(parts) - 1, 0, -1):
        try:
            place = path or resolve(".".join(parts[:cut])).path
            if _defines(place, parts[cut:]):
                return True
        except (ModlintError, SourceError):
            continue
    return False


def _defines(path: str, names: Sequence[str]) -> bool:
    file = os.path.join(path, "__init__.py") if os.path.isdir(path) else path
    body: list[ast.stmt] = parse(read(file)).body
    for name in names:
        inner = next((n for s in body for n in ast.walk(s) if isinstance(n, ast.ClassDef) and n.name == name), None)
        if inner is None:
            return False
        body = inner.body
    return True
