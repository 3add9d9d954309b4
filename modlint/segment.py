"""Traces as they are stored: packed so that what rests on one path is found without unpacking the rest."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Final

import msgspec

from modlint.model.disk import again, content, digest, listed, names
from modlint.model.ledger import CHANGING, PARTS, Look
from modlint.trace import Trace, joined

if TYPE_CHECKING:
    from modlint.model.parts import Parts

MOST: Final = 16
"""So many small segments are joined to one."""


class Packed(msgspec.Struct, array_like=True):
    """The looks of a trace: by path, each with the number of its bits in ``bits``."""

    bits: list[bytes]
    places: dict[str, bytes]


class Segment(msgspec.Struct, array_like=True, dict=True):
    """A stored trace. In place of a root whose result no longer holds is an empty string."""

    roots: list[str]
    packed: bytes

    @cached_property
    def _unpacked(self) -> Packed:
        return msgspec.msgpack.decode(self.packed, type=Packed)

    @property
    def alive(self) -> int:
        """How many results still hold."""
        return sum(map(bool, self.roots))

    def drop_outdated(self, changed: Mapping[str, Place]) -> list[str]:
        """Drop the roots whose results no longer hold, where only the ``changed`` paths may look different."""
        unpacked, bad = self._unpacked, 0
        for path in changed.keys() & unpacked.places.keys():
            for kind, saw, number, arguments in _LINES.decode(unpacked.places[path]):
                bits = int.from_bytes(unpacked.bits[number], "little")
                if bits & ~bad and any(changed[path].sees(kind, argument) != saw for argument in arguments):
                    bad |= bits
        dropped = [root for number, root in enumerate(self.roots) if root and bad >> number & 1]
        self.roots = ["" if bad >> number & 1 else root for number, root in enumerate(self.roots)]
        return dropped

    def paths(self) -> Iterable[str]:
        """Every path that was looked at."""
        return self._unpacked.places

    def trace(self) -> Trace:
        """The trace of the results that hold."""
        trace, kept = Trace(), [number for number, root in enumerate(self.roots) if root]
        trace.roots = [self.roots[number] for number in kept]
        bits = [_moved(int.from_bytes(carried, "little"), kept) for carried in self._unpacked.bits]
        for path, packed in self._unpacked.places.items():
            lines = [(kind, saw, bits[n], arguments) for kind, saw, n, arguments in _LINES.decode(packed) if bits[n]]
            if lines:
                trace.lines[path] = lines
        return trace


class Place:
    """A path as it is now."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._is_folder = os.path.isdir(path)
        self._listing = names(path) if self._is_folder else frozenset()
        self._data = None if self._is_folder else content(path)

    @cached_property
    def held(self) -> str:
        """What identifies all that is there."""
        return listed(self._listing) if self._is_folder else digest(self._data)

    def sees(self, kind: str, argument: str) -> str:
        """What a look sees now."""
        if kind not in PARTS:
            return again(Look(kind, self.path, argument), self._data, self._listing)
        try:
            return "" if self._parts is None else self._parts.digest(kind, argument)
        except RecursionError:
            return CHANGING

    @cached_property
    def _parts(self) -> Parts | None:
        from modlint.model.parts import opened

        return None if self._data is None else opened(self.path, self._data)


def segment(trace: Trace) -> Segment:
    """The trace in packed form."""
    numbers: dict[int, int] = {}
    places = {
        path: msgspec.msgpack.encode(
            [(kind, saw, numbers.setdefault(bits, len(numbers)), arguments) for kind, saw, bits, arguments in lines]
        )
        for path, lines in trace.lines.items()
    }
    packed = Packed([bits.to_bytes((bits.bit_length() + 7) // 8, "little") for bits in numbers], places)
    return Segment(trace.roots, msgspec.msgpack.encode(packed))


def fewer(segments: list[Segment]) -> list[Segment]:
    """The same in fewer segments, where they are many or mostly outdated; the largest is left alone if it can."""
    largest = max(segments, key=lambda one: one.alive, default=None)
    if largest is None or 2 * largest.alive < len(largest.roots):
        return [segment(joined(one.trace() for one in segments))] if segments else []
    others = [one for one in segments if one is not largest]
    return segments if len(others) < MOST else [largest, segment(joined(one.trace() for one in others))]


def _moved(bits: int, kept: list[int]) -> int:
    """The bits at the places ``kept``, moved together."""
    return sum((bits >> place & 1) << number for number, place in enumerate(kept))


_LINES = msgspec.msgpack.Decoder(list[tuple[str, str, int, list[str]]])
