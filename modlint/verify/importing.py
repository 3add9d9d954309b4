"""Importing the file of a class: whole where that works, else a slice of it; each file from its own folder.

Two files of one name in different folders never meet: before a file of another folder is imported, what was imported
from the last folder is forgotten, and its stubs with it.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
import traceback
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from modlint.errors import SourceError
from modlint.source import NOTEBOOK_ENDING, read
from modlint.verify import slicing, stubs
from modlint.verify.outcome import Job
from modlint.verify.wording import said

WHOLE, SLICE = "whole", "slice"
IMPORT_SECONDS: Final = 20.0
"""What importing a file may take on top of a class's own time."""


class Roots:
    """The folder that is imported from at present, and what was there before anything was imported from one."""

    def __init__(self, project: str) -> None:
        self._path, self._modules = list(sys.path), frozenset(sys.modules)
        self._project, self._root = project, ""

    def enter(self, root: str) -> bool:
        """Import from ``root`` first, from now on, and whether that is new: what came from another folder is forgotten.

        The folders above, up to the project's own, are looked into last: code there that nothing else provides is the
        project's.
        """
        if root == self._root:
            return False
        for name in [n for n in sys.modules if n not in self._modules and _is_local(n, self._path)]:
            del sys.modules[name]
        stubs.forget()
        slicing.LOST.clear()
        above = [str(folder) for folder in Path(root).parents if folder.is_relative_to(self._project)]
        sys.path[:] = [root, *(path for path in self._path if path != root), *above]
        importlib.invalidate_caches()
        self._root = root
        return True


def _is_local(name: str, kept: Iterable[str]) -> bool:
    """Whether a module comes from a folder that isn't on the path of every file, or stands for one that is missing."""
    module = sys.modules[name]
    if isinstance(module, stubs.StubModule):
        return True
    file = getattr(module, "__file__", None) or next(iter(getattr(module, "__path__", ())), None)
    return isinstance(file, str) and not any(_is_below(file, folder) for folder in kept)


def _is_below(file: str, folder: str) -> bool:
    return file.startswith(os.path.join(folder, ""))


def why_in_part(job: Job) -> str:
    """Why a slice of the file is imported and not the whole, before anything was tried; empty if the whole is."""
    if job.path.lower().endswith(NOTEBOOK_ENDING):
        return "it is a notebook"
    try:
        return "importing it would run a script" if slicing.is_script(read(job.path)) else ""
    except SourceError:
        return ""


def imported(job: Job, way: str) -> str:
    """Import the file of a class; why that can't be done, empty if it could."""
    try:
        if way == SLICE:
            names = {name for path, name in (*job.siblings, job.key) if path == job.path}
            slicing.run(job.module, job.path, {name.partition(".")[0] for name in names})
        else:
            stubs.with_stubs(lambda: _whole(job), job.package)
    except BaseException as error:  # noqa: BLE001  user code
        if way == SLICE:
            sys.modules.pop(job.module, None)
        return f"importing it fails: {said(error, 300)}{_where(error, job)}"
    return ""


def _whole(job: Job) -> None:
    """Import a file under its name; one whose name can't be imported is loaded by its path."""
    if _can_be_named(job):
        module = importlib.import_module(job.module)
        found = getattr(module, "__file__", None)
        if found is None or not os.path.samefile(found, job.path):
            raise ImportError(f"`import {job.module}` finds {found or 'another module'} instead of this file")
        return
    parts, place = job.module.split("."), Path(job.path)
    count = len(parts) if place.name == "__init__.py" else len(parts) - 1
    folders = [place.parents[depth] for depth in range(count)][::-1]
    for number, folder in enumerate(folders, 1):
        _load(".".join(parts[:number]), folder / "__init__.py", [str(folder)])
    if place.name != "__init__.py":
        _load(job.module, place, None)


def _can_be_named(job: Job) -> bool:
    """Whether the path of a file is what an import statement would look for under its module's name."""
    expected = Path(job.root, *job.module.split("."))
    return job.path in (f"{expected}.py", str(expected / "__init__.py"))


def _load(name: str, path: Path, inner: list[str] | None) -> None:
    if name in sys.modules:
        return
    spec = importlib.util.spec_from_file_location(name, path, submodule_search_locations=inner)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path.name} can't be loaded")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        sys.modules.pop(name, None)
        raise


def _where(error: BaseException, job: Job) -> str:
    """The line of the file at which its import failed."""
    if isinstance(error, SyntaxError) and error.filename == job.path:
        return f" (line {error.lineno})"
    lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == job.path]
    return f" (line {lines[-1]})" if lines else ""
