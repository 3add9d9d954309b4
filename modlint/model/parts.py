"""The parts of a file that an answer can rest on one by one, so that a change elsewhere in the file doesn't touch it.

A part is known by the text of its lines. That settles everything in it but its distance from other parts; where the
order of parts matters, the answer rests on the file's outline. Who reads a part need not say so: `watch` sees to it
that the bodies of functions note it themselves, and `FileFacts` does for the rest.
"""

from __future__ import annotations

import ast
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any, Final, SupportsIndex, TypeVar

from modlint.errors import SourceError
from modlint.model.collect import gather
from modlint.model.disk import digest
from modlint.model.facts import Assigned, Binder, ClassFacts, FileFacts, FunctionFacts, Import, exports, qualname
from modlint.model.ledger import BODY, EXPORTS, NAME, OUTLINE, PARSES, SWEEP, Entry, Ledger, Look
from modlint.model.sweep import Sweep
from modlint.source import Source, decode, parse

CUT: Final = "\0"
"""In place of a body that was left out; no source holds this character."""


class Body(list[ast.stmt]):
    """The statements of a function; reading them notes that the answer being found rests on them."""

    __slots__ = ("_function",)

    def __init__(self, statements: Iterable[ast.stmt], function: FunctionFacts) -> None:
        super().__init__(statements)
        self._function = function

    def __iter__(self) -> Iterator[ast.stmt]:
        """The statements in order."""
        self._function.note()
        return super().__iter__()

    def __reversed__(self) -> Iterator[ast.stmt]:
        """The statements from the last to the first."""
        self._function.note()
        return super().__reversed__()

    def __len__(self) -> int:
        """How many statements there are."""
        self._function.note()
        return super().__len__()

    def __getitem__(self, place: Any) -> Any:
        """One statement, or some."""
        self._function.note()
        return super().__getitem__(place)

    def __contains__(self, statement: object) -> bool:
        """Whether this is one of the statements."""
        self._function.note()
        return super().__contains__(statement)

    def index(self, statement: ast.stmt, *bounds: SupportsIndex) -> int:
        """Where the statement stands."""
        self._function.note()
        return super().index(statement, *bounds)


class Notes:
    """Notes in the ledger which parts of a file are read."""

    def __init__(self, facts: FileFacts, ledger: Ledger) -> None:
        self._path, self._ledger, self._parts = facts.path, ledger, Parts(facts)
        self._whole: Look | None = None
        self._bodies: dict[FunctionFacts, Look] = {}
        self._looks: dict[tuple[str, str], Look] = {}

    def whole(self) -> None:
        """The content is read."""
        if self._whole is None:
            self._whole = self._ledger.saw_content(self._path)
        else:
            self._ledger.current.looks.add(self._whole)

    def body(self, function: FunctionFacts) -> None:
        """The body of a function is read; of one inside another, the outer one's."""
        look = self._bodies.get(function)
        if look is None:
            look = self._bodies[function] = Look(BODY, self._path, self._parts.key(function.top))
            self._ledger.note(look, self._parts.digest)
        self._ledger.current.looks.add(look)

    def sweep(self, cls: ClassFacts) -> Sweep:
        """A sweep over a class; what it finds is read, and not the bodies that it goes through."""
        apart = Entry()
        self._ledger.fill(apart, lambda: Sweep(cls))
        sweep: Sweep = apart.value
        if sweep.too_deep:  # what is found hangs on how deep Python may recurse
            self._ledger.rest_on(apart)
        else:
            key = self._parts.class_key(cls)
            look = self._looks[SWEEP, key] = Look(SWEEP, self._path, key)
            self._ledger.note(look, lambda *_: _digest(sweep.found))
        return sweep

    def part(self, kind: str, argument: str = "") -> None:
        """Another part is read."""
        look = self._looks.get((kind, argument))
        if look is None:
            look = self._looks[kind, argument] = Look(kind, self._path, argument)
            self._ledger.note(look, self._parts.digest)
        self._ledger.current.looks.add(look)

    def close(self) -> None:
        """The file is closed: what its looks saw, and nobody has asked up to now, can't be told any more."""
        self._ledger.drop([*self._bodies.values(), *self._looks.values()])


class Parts:
    """The digests of a file's parts."""

    def __init__(self, facts: FileFacts) -> None:
        self._source, self._exported = Source(facts.path, facts.source), facts.exported
        self._names, self._stars = facts.scope.names, facts.scope.stars
        self._outer = [function for function in facts.functions if function.top is function]
        self._classes = [cls for cls in facts.classes if cls.top is None]

    def digest(self, kind: str, argument: str) -> str:
        """What identifies a part; empty for one that isn't there."""
        if kind == PARSES:
            return "1"
        if kind == EXPORTS:
            return "1" if exports(self._exported, argument) else ""
        if kind == SWEEP:
            return self._swept(argument)
        text = self._text(kind, argument)
        return _digest(text) if text else ""

    def key(self, function: FunctionFacts) -> str:
        """What a function outside others is called: its qualified name, and a number if an earlier one has the same."""
        return self._keys[function]

    def class_key(self, cls: ClassFacts) -> str:
        """What a class outside functions is called, likewise."""
        return self._class_keys[cls]

    def _swept(self, key: str) -> str:
        cls = next((cls for cls, its in self._class_keys.items() if its == key), None)
        sweep = None if cls is None else Sweep(cls)
        return "" if sweep is None or sweep.too_deep else _digest(sweep.found)

    def _text(self, kind: str, argument: str) -> str:
        if kind == NAME:
            return self._named(argument)
        if kind == OUTLINE:
            return self._outline(1, len(self._lines))
        function = self._functions.get(argument)
        if function is None:
            return ""
        first, last = self._inside(function) or _around(function.node)
        return "\n".join(self._lines[first - 1 : last])

    def _named(self, name: str) -> str:
        binders: list[Binder] = [*self._names.get(name, ()), *self._stars]
        found, above = [], 0
        for binder in sorted(binders, key=lambda binder: binder.line):
            order = "beside" if binder.line == above else "below"
            found.append(f"{order} {binder.conditional} {self._bound(binder)}")
            above = binder.line
        return "\n".join(found)

    def _bound(self, binder: Binder) -> str:
        if isinstance(binder, Import):
            return f"{binder.level} {binder.module} {binder.name}"
        if isinstance(binder, Assigned):
            return "" if binder.value is None else self._outline(*_around(binder.value))
        return self._outline(*_around(binder.node))

    def _outline(self, first: int, last: int) -> str:
        """The lines without the bodies of functions."""
        found = []
        for start, end in self._bodies[bisect_left(self._bodies, (first, 0)) :]:
            if start > last:
                break
            found += [*self._lines[first - 1 : start - 1], CUT]
            first = end + 1
        return "\n".join([*found, *self._lines[first - 1 : last]])

    @cached_property
    def _lines(self) -> tuple[str, ...]:
        return self._source.lines

    @cached_property
    def _keys(self) -> dict[FunctionFacts, str]:
        return _numbered(self._outer)

    @cached_property
    def _class_keys(self) -> dict[ClassFacts, str]:
        return _numbered(self._classes)

    @cached_property
    def _functions(self) -> dict[str, FunctionFacts]:
        return {key: function for function, key in self._keys.items()}

    @cached_property
    def _bodies(self) -> list[tuple[int, int]]:
        """The first and last lines of the bodies, in order."""
        return sorted(lines for function in self._keys if (lines := self._inside(function)) is not None)

    def _inside(self, function: FunctionFacts) -> tuple[int, int] | None:
        """The lines of a body; ``None`` where it shares a line with what is before it."""
        statement: ast.stmt = list.__getitem__(function.node.body, 0)
        first, last = _around(statement)[0], function.node.end_lineno or 0
        line = self._lines[first - 1]
        alone = first < statement.lineno or len(line) - len(line.lstrip()) == statement.col_offset
        return (first, last) if alone else None


Named = TypeVar("Named", ClassFacts, FunctionFacts)


def _numbered(holders: list[Named]) -> dict[Named, str]:
    """Their qualified names, with a number where an earlier one has the same."""
    number: Counter[str] = Counter()
    keys = {}
    for holder in holders:
        name = qualname(holder)
        keys[holder] = f"{name}#{number[name]}" if name in number else name
        number[name] += 1
    return keys


def _digest(text: str) -> str:
    return digest(text.encode("utf-8", "surrogatepass"))[:16]


def swept(cls: ClassFacts) -> Sweep:
    """A sweep over a class's own methods; who asks for it rests on what it finds, and not on their bodies."""
    notes = cls.file.notes
    return Sweep(cls) if notes is None or cls.top is not None else notes.sweep(cls)


def watch(facts: FileFacts, ledger: Ledger) -> FileFacts:
    """Have all that is read of a file noted in the ledger."""
    for function in facts.functions:
        function.node.body = Body(function.node.body, function)
    facts.notes = Notes(facts, ledger)
    return facts


def opened(path: str, data: bytes) -> Parts | None:
    """The parts of a file with this content; ``None`` if it can't be parsed."""
    try:
        source = decode(data, path)
        return Parts(gather(path, parse(source, explain=False), source.text))
    except SourceError:
        return None


def _around(node: ast.stmt | ast.expr) -> tuple[int, int]:
    """The first and last line of a node, decorators included."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(d.lineno for d in decorators)]), node.end_lineno or node.lineno
