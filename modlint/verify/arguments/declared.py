"""Inputs that a class itself says it takes: attributes that frameworks read for the same purpose."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from modlint.verify.arguments.spec import Plan
from modlint.verify.recording import expression

ATTRIBUTES: Final = ("example_inputs", "example_input_array", "example_input", "dummy_inputs")
"""Lightning reads ``example_input_array`` for its summaries and exports, transformers ``dummy_inputs`` for its own."""


def declared(plan: Plan, instance: Any) -> Iterator[Plan]:
    """The plan with inputs of the shapes and types that attributes of the instance have."""
    for name in ATTRIBUTES:
        try:
            value = getattr(instance, name, None)
            texts = list(_texts(value))
        except Exception:  # noqa: BLE001  the attribute may be a property of the user's
            continue
        for text in texts:
            yield replace(plan, call=text, origin=f"`{name}` of the class")


def _texts(value: Any) -> Iterator[str]:
    """The value as arguments of a call: a dict by name, a tuple or list each by position, or all as one."""
    if value is None or callable(value):
        return
    if isinstance(value, dict) and all(isinstance(name, str) and name.isidentifier() for name in value):
        named = {name: expression(inner) for name, inner in value.items()}
        if None not in named.values():
            yield ", ".join(f"{name}={text}" for name, text in named.items())
    if isinstance(value, (tuple, list)):
        parts = [expression(inner) for inner in value]
        if None not in parts:
            yield ", ".join(map(str, parts))
    whole = expression(value)
    if whole is not None:
        yield whole
