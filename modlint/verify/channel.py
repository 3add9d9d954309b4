"""Messages between the processes: one JSON value a line."""

from __future__ import annotations

import os
from typing import Any, BinaryIO, TypeVar

import msgspec

Message = TypeVar("Message")


class Channel:
    """A pair of pipes to another process."""

    def __init__(self, incoming: BinaryIO, outgoing: BinaryIO) -> None:
        self._incoming, self._outgoing = incoming, outgoing

    def send(self, message: Any) -> None:
        """Hand over a message at once."""
        self._outgoing.write(msgspec.json.encode(message) + b"\n")
        self._outgoing.flush()

    def receive(self, kind: type[Message]) -> Message | None:
        """The next message; ``None`` at the end or where the other side has broken off."""
        line = self._incoming.readline()
        if not line.endswith(b"\n"):
            return None
        return msgspec.json.decode(line, type=kind)


def silence_errors() -> None:
    """Send what is written to standard error to the null device from now on."""
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 2)


def private_channel() -> Channel:
    """The channel on standard input and output, taken away from the code that will run here.

    What that code reads and prints goes to the null device.
    """
    incoming, outgoing = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1):
        os.dup2(nothing, standard)
    return Channel(os.fdopen(incoming, "rb"), os.fdopen(outgoing, "wb"))
