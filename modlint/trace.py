"""What results rest on, in a form that can be stored, joined and checked against the disk.

A result rests on the looks that it took and that the answers it is made of took. Of each look a trace says which
results rest on it, as the bits of a number; how the answers hang together is forgotten.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import TypeAlias

from modlint.model.ledger import CHANGING, CONTENT, Entry, Ledger, Look

Line: TypeAlias = tuple[str, str, int, list[str]]
"""Looks at one path that carry the same results: their kind, what they saw, the results' bits, their arguments."""


class Trace:
    """What the results of some files rest on.

    ``roots`` are the files, in the order of their bits; ``lines`` has the looks by path, ``contents`` what identifies
    all that was at a path.
    """

    __slots__ = ("contents", "lines", "roots")

    def __init__(self) -> None:
        self.roots: list[str] = []
        self.lines: dict[str, list[Line]] = {}
        self.contents: dict[str, str] = {}


def traced(roots: Mapping[str, Entry], ledger: Ledger) -> Trace:
    """What the results of the files in ``roots`` rest on."""
    found: dict[Look, int] = {}
    for entry, bits in _carried(list(roots.values())).items():
        for look in entry.looks:
            found[look] = found.get(look, 0) | bits
    trace = Trace()
    trace.roots = list(roots)
    groups: dict[str, dict[tuple[str, str, int], list[str]]] = {}
    own = {os.path.abspath(file): ~(1 << number) for number, file in enumerate(roots)}
    for look, bits in found.items():
        if look.kind != CONTENT:
            bits &= own.get(look.path, -1)  # the file's own result rests on all of it anyway
        if bits:
            key = (look.kind, ledger.saw_then(look), bits)
            groups.setdefault(look.path, {}).setdefault(key, []).append(look.argument)
    trace.lines = {path: [(*key, arguments) for key, arguments in lines.items()] for path, lines in groups.items()}
    trace.contents = {path: ledger.contents.get(path, CHANGING) for path in groups}
    return trace


def _carried(roots: list[Entry]) -> dict[Entry, int]:
    """Every answer that the roots are made of, with the bits of the roots above it."""
    order = _downward(roots)
    place = {entry: number for number, entry in enumerate(order)}
    carried = dict.fromkeys(order, 0)
    for number, root in enumerate(roots):
        carried[root] |= 1 << number
    again = True
    while again:
        again = False
        for number, entry in enumerate(order):
            bits = carried[entry]
            for part in entry.entries:
                if bits & ~carried[part]:
                    carried[part] |= bits
                    again |= place[part] < number
    return carried


def _downward(roots: list[Entry]) -> list[Entry]:
    """The answers so that each stands above those it is made of, but for circles."""
    done: set[Entry] = set()
    order = []
    waiting = [(root, iter(root.entries)) for root in roots]
    while waiting:
        entry, parts = waiting[-1]
        done.add(entry)
        for part in parts:
            if part not in done:
                waiting.append((part, iter(part.entries)))
                break
        else:
            waiting.pop()
            order.append(entry)
    order.reverse()
    return order


def joined(traces: Iterable[Trace]) -> Trace:
    """One trace that says what these say of different files."""
    whole = Trace()
    found: dict[str, dict[tuple[str, str], dict[str, int]]] = {}
    for trace in traces:
        first = len(whole.roots)
        whole.roots += trace.roots
        for path, held in trace.contents.items():
            if whole.contents.setdefault(path, held) != held:
                whole.contents[path] = CHANGING
        for path, lines in trace.lines.items():
            there = found.setdefault(path, {})
            for kind, saw, bits, arguments in lines:
                carried = there.setdefault((kind, saw), {})
                moved = bits << first
                for argument in arguments:
                    carried[argument] = carried.get(argument, 0) | moved
    whole.lines = {path: _grouped(there) for path, there in found.items()}
    return whole


def _grouped(there: dict[tuple[str, str], dict[str, int]]) -> list[Line]:
    groups: dict[tuple[str, str, int], list[str]] = {}
    for (kind, saw), carried in there.items():
        for argument, bits in carried.items():
            groups.setdefault((kind, saw, bits), []).append(argument)
    return [(*key, arguments) for key, arguments in groups.items()]
