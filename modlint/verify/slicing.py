"""Running a part of a file: its imports, definitions and what they need, where the whole can't or mustn't be run.

A training script ends with a loop, parses the command line, or reads data that isn't there. Its classes need none of
that: a slice has the imports, functions and classes of the file in order, and of the other statements those that give
the classes a name they read. A statement of a slice that fails is passed over; `lost` says why a name is missing.
"""

from __future__ import annotations
import __future__

import ast
import linecache
import signal
import sys
import threading
import types
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from modlint.source import Source, parse, read
from modlint.verify import stubs
from modlint.verify.wording import said

SECONDS: Final = 5.0
"""How long one statement of a slice may run."""
DEFINITIONS: Final = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
IMPORTS: Final = (ast.Import, ast.ImportFrom)
TRAINING: Final = frozenset({"backward", "parse_args", "parse_known_args"})
"""Methods by whose calls a script is known that trains or reads its command line when it is imported."""
SETTINGS: Final = ("sys.path.", "torch.set_default_")
"""What calls begin with that change how the rest of the file runs."""


LOST: Final[dict[str, dict[str, str]]] = {}
"""By module, the names that its slice hasn't got, and why."""


def is_script(source: Source) -> bool:
    """Whether importing the file would train a model or read a command line: such code stands outside functions, or in
    a function that is called there.
    """
    if not any(word in source.text for word in (*TRAINING, "input")):
        return False
    tree = parse(source)
    functions = {node.name: node for node in tree.body if isinstance(node, DEFINITIONS[:2])}
    outside = [s for s in tree.body if not isinstance(s, (*DEFINITIONS, *IMPORTS)) and not _is_main_guard(s)]
    seen: set[str] = set()
    waiting: list[ast.AST] = [*outside]
    while waiting:
        for node in ast.walk(waiting.pop()):
            if not isinstance(node, ast.Call):
                continue
            if isinstance(node.func, ast.Attribute) and node.func.attr in TRAINING:
                return True
            name = node.func.id if isinstance(node.func, ast.Name) else ""
            if name == "input":
                return True
            if name in functions and name not in seen:
                seen.add(name)
                waiting.append(functions[name])
    return False


def run(name: str, path: str, classes: Iterable[str]) -> types.ModuleType:
    """A module of that name with the slice of the file that ``classes`` need; it is in `sys.modules` afterwards.

    Raises:
        SourceError: the file can't be parsed.
    """
    source = read(path)
    tree = parse(source)
    module = _empty(name, path, source)
    flags = __future__.annotations.compiler_flag if _defers_annotations(tree) else 0
    why: dict[str, str] = {}
    chosen = set(sliced(tree, classes))
    for statement in tree.body:
        problem = _ran(statement, path, flags, module) if statement in chosen else "it is not run on import"
        for bound in binds(statement) if problem else ():
            why[bound] = f"{_told(source, statement.lineno)}: {problem}"
    LOST[name] = {bound: reason for bound, reason in why.items() if bound not in vars(module)}
    return module


def lost(module: str, name: str) -> str:
    """Why a module that ran as a slice lacks a name; empty if it doesn't, or ran whole."""
    return LOST.get(module, {}).get(name, "")


def sliced(tree: ast.Module, classes: Iterable[str]) -> list[ast.stmt]:
    """The statements of a file that make the ``classes``, in order."""
    needed = set(classes)
    chosen: list[ast.stmt] = []
    waiting = [s for s in tree.body if not _is_main_guard(s)]
    for statement in waiting:
        if isinstance(statement, (*IMPORTS, *DEFINITIONS)) or _holds_import(statement):
            chosen.append(statement)
            needed |= _read_on_definition(statement)
    grown = True
    while grown:
        grown = False
        for statement in waiting:
            bound = binds(statement)
            if statement in chosen and not isinstance(statement, DEFINITIONS):
                continue
            if bound & needed and not _trains(statement):
                more = reads(statement)
                grown = grown or statement not in chosen or not more <= needed
                needed |= more
                chosen += [] if statement in chosen else [statement]
    kept = set(chosen)
    return [s for s in waiting if s in kept or _sets_up(s, needed)]


def binds(statement: ast.stmt) -> set[str]:
    """The names that a statement of the top level binds, or whose values it changes in place."""
    if isinstance(statement, DEFINITIONS):
        return {statement.name}
    found: set[str] = set()
    for node in _outside_functions(statement):
        if isinstance(node, ast.alias):
            found.add(node.asname or node.name.partition(".")[0])
        elif isinstance(node, DEFINITIONS):
            found.add(node.name)
        elif isinstance(node, (ast.Name, ast.Attribute, ast.Subscript)) and isinstance(node.ctx, ast.Store):
            found.add(_root(node))
        elif isinstance(node, ast.AugAssign):
            found.add(_root(node.target))
    return found - {""}


def reads(statement: ast.stmt) -> set[str]:
    """The names that a statement reads, the bodies of functions included."""
    return {n.id for n in ast.walk(statement) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}


def _read_on_definition(statement: ast.stmt) -> set[str]:
    """The names that running a definition reads: decorators, defaults, bases and the body of a class."""
    found: set[str] = set()
    for node in _outside_functions(statement):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            found.add(node.id)
    return found


def _outside_functions(statement: ast.AST) -> Iterator[ast.AST]:
    """The nodes that are evaluated when the statement runs: not the bodies of functions."""
    yield statement
    for name, value in ast.iter_fields(statement):
        if name == "body" and isinstance(statement, (*DEFINITIONS[:2], ast.Lambda)):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from _outside_functions(child)


def _root(node: ast.AST) -> str:
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Starred, ast.Call)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def _holds_import(statement: ast.stmt) -> bool:
    """Whether a statement is there to import something, or to do without."""
    return isinstance(statement, (ast.Try, ast.If, ast.With)) and any(
        isinstance(node, IMPORTS) for node in _outside_functions(statement)
    )


def _sets_up(statement: ast.stmt, needed: set[str]) -> bool:
    """Whether a call whose result nobody takes changes a needed object, or how the rest runs."""
    if not isinstance(statement, ast.Expr) or not isinstance(statement.value, ast.Call) or _trains(statement):
        return False
    if ast.unparse(statement.value.func).startswith(SETTINGS):
        return True
    return isinstance(statement.value.func, ast.Attribute) and _root(statement.value.func) in needed


def _trains(statement: ast.stmt) -> bool:
    return any(isinstance(n, ast.Attribute) and n.attr == "backward" for n in _outside_functions(statement))


def _is_main_guard(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.If) and any(
        isinstance(n, ast.Name) and n.id == "__name__" for n in ast.walk(statement.test)
    )


def _defers_annotations(tree: ast.Module) -> bool:
    return any(
        isinstance(s, ast.ImportFrom) and s.module == "__future__" and any(a.name == "annotations" for a in s.names)
        for s in tree.body
    )


def _told(source: Source, line: int) -> str:
    """A line in words."""
    cell, row = source.notebook.place(line) if source.notebook is not None else (0, line)
    return f"cell {cell}, line {row}" if cell else f"line {row}"


def _empty(name: str, path: str, source: Source) -> types.ModuleType:
    """An empty module, in place, whose source tracebacks and `inspect` find although no file has it as it is run."""
    module = types.ModuleType(name)
    module.__file__ = path
    package, _, _ = name.rpartition(".")
    module.__package__ = package
    _make_namespaces(package, Path(path).parent)
    sys.modules[name] = module
    if source.notebook is not None:
        linecache.cache[path] = (len(source.text), None, [f"{line}\n" for line in source.lines], path)
    return module


def _make_namespaces(package: str, folder: Path) -> None:
    """Put bare packages in the place of those that can't be imported, so that their modules still can."""
    while package:
        if package not in sys.modules:
            made = types.ModuleType(package)
            made.__path__ = [str(folder)]
            sys.modules[package] = made
        package, folder = package.rpartition(".")[0], folder.parent


def _ran(statement: ast.stmt, path: str, flags: int, module: types.ModuleType) -> str:
    """Run one statement; why it failed, empty if it didn't."""
    try:
        code = compile(ast.Module([statement], []), path, "exec", flags, dont_inherit=True)
        with _limited():
            stubs.with_stubs(lambda: exec(code, vars(module)), module.__name__.partition(".")[0], again=False)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001  user code; `sys.exit` is an error of the statement here
        return said(error, 200)
    return ""


@contextmanager
def _limited() -> Iterator[None]:
    """Raise a `TimeoutError` in code that runs for too long, where signals can do that."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def late(*_: Any) -> None:
        raise TimeoutError(f"still running after {SECONDS:g} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
