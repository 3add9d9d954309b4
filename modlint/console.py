"""What all commands share: lists in options, and printing."""

from __future__ import annotations

import os
import sys

import click


def listed(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    """The items of a repeatable option whose values are lists with commas."""
    return tuple(item.strip() for value in values for item in value.split(",") if item.strip())


def show(text: str) -> None:
    """Print at once: a reader that has gone away is noticed here, where it is dealt with, not at exit."""
    sys.stdout.write(text)
    sys.stdout.flush()


def wants_color() -> bool:
    """Whether what is printed may have colours."""
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (sys.stdout.isatty() and os.environ.get("TERM") != "dumb")
