"""What results rest on, in a form that can be stored and handed between processes, and checked against the disk."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping

import msgspec

from modlint.model.disk import again, content, names
from modlint.model.ledger import Entry, Look


class Trace(msgspec.Struct, array_like=True, gc=False):
    """A graph of answers: ``roots`` are those about checked files, each answer names its looks and other answers."""

    looks: list[tuple[str, str, str, str]] = []
    """Kind, path and argument of each look, and what it saw."""
    answers: list[tuple[list[int], list[int]]] = []
    roots: dict[str, int] = {}

    @property
    def paths(self) -> set[str]:
        """Every path that was looked at."""
        return {look[1] for look in self.looks}

    def outdated(self, changed: Collection[str]) -> set[str]:
        """The files whose results no longer hold, where only ``changed`` paths may look different."""
        wrong = self._wrong_looks(changed)
        if not wrong:
            return set()
        above: list[list[int]] = [[] for _ in self.answers]
        waiting = []
        for number, (looks, parts) in enumerate(self.answers):
            if not wrong.isdisjoint(looks):
                waiting.append(number)
            for part in parts:
                above[part].append(number)
        bad = set(waiting)
        while waiting:
            for number in above[waiting.pop()]:
                if number not in bad:
                    bad.add(number)
                    waiting.append(number)
        return {file for file, root in self.roots.items() if root in bad}

    def _wrong_looks(self, changed: Collection[str]) -> set[int]:
        contents: dict[str, tuple[bytes | None, frozenset[str]]] = {}
        wrong = set()
        for number, (kind, path, argument, saw) in enumerate(self.looks):
            if path not in changed:
                continue
            if path not in contents:
                folder = os.path.isdir(path)
                contents[path] = (None, names(path)) if folder else (content(path), frozenset())
            if again(Look(kind, path, argument), *contents[path]) != saw:
                wrong.add(number)
        return wrong


def traced(roots: Mapping[str, Entry], seen: Mapping[Look, str]) -> Trace:
    """The graph of what the results of the files in ``roots`` rest on."""
    numbers: dict[Entry, int] = {}
    waiting = list(roots.values())
    while waiting:
        entry = waiting.pop()
        if entry not in numbers:
            numbers[entry] = len(numbers)
            waiting.extend(entry.entries)
    looks: dict[Look, int] = {}
    answers = [
        ([looks.setdefault(look, len(looks)) for look in entry.looks], [numbers[part] for part in entry.entries])
        for entry in numbers
    ]
    stored = [(look.kind, look.path, look.argument, seen[look]) for look in looks]
    return Trace(stored, answers, {file: numbers[entry] for file, entry in roots.items()})
