"""Calls recorded while a class ran: its parts are then verified on what they were given."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import torch
from torch import nn

from modlint.verify.modes import switch
from modlint.verify.outcome import Recorded
from modlint.verify.recipe import Recipe

PER_CLASS: Final = 2
LONGEST: Final = 600


@dataclass(frozen=True)
class Captured:
    """The arguments of a call."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any]


def calls_of(instance: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Captured]:
    """The first call of each submodule while the instance runs, also where it fails in the end."""
    found: dict[str, Captured] = {}
    handles = []
    for path, module in instance.named_modules():
        if path:

            def note(_: Any, inputs: Any, named: Any, path: str = path) -> None:
                found.setdefault(path, Captured(tuple(inputs), dict(named)))

            handles.append(module.register_forward_pre_hook(note, with_kwargs=True))
    try:
        instance(*args, **kwargs)
    except Exception:  # noqa: BLE001  user code; what was called before the failure counts
        return found
    finally:
        for handle in handles:
            handle.remove()
    return found


def captured(instance: nn.Module, path: str, *args: Any, **kwargs: Any) -> Captured:
    """What the submodule at a path is given when the instance is called; for use in recipes.

    Raises:
        LookupError: it isn't called.
    """
    switch(instance, training=False)
    found = calls_of(instance, args, kwargs).get(path)
    if found is None:
        raise LookupError(f"`{path}` is not called")
    return found


def recorded(
    instance: nn.Module, calls: dict[str, Captured], recipe: Recipe, wanted: frozenset[tuple[str, str]]
) -> Iterator[Recorded]:
    """Recipes for the wanted classes that are parts of the instance."""
    counts: dict[tuple[str, str], int] = {}
    for path, module in instance.named_modules():
        kind = written_in(type(module))
        if not path or kind not in wanted or counts.get(kind, 0) >= PER_CLASS:
            continue
        constructor = f"{recipe.constructor}.get_submodule({path!r})"
        if path in calls:
            counts[kind] = counts.get(kind, 0) + 1
        for setup, forward in _texts(calls.get(path), recipe, path):
            origin = f"recorded from {type(instance).__qualname__}"
            yield Recorded(*kind, Recipe(constructor, forward, origin, setup, recipe.stand_ins))


def written_in(cls: type) -> tuple[str, str]:
    """The file that a class is written in, empty where it has none, and its name there."""
    file = getattr(sys.modules.get(cls.__module__), "__file__", None)
    return os.path.abspath(file) if file else "", cls.__qualname__


def _texts(call: Captured | None, recipe: Recipe, path: str) -> Iterator[tuple[str, str]]:
    if call is None:
        yield recipe.setup, ""
        return
    parts = [expression(value) for value in call.args]
    named = {name: expression(value) for name, value in call.kwargs.items()}
    if None not in parts and None not in named.values():
        text = ", ".join([*map(str, parts), *(f"{name}={value}" for name, value in named.items())])
        if len(text) < LONGEST:
            yield recipe.setup, text
    comma = ", " if recipe.forward else ""
    capture = f"recorded_call = captured({recipe.constructor}, {path!r}{comma}{recipe.forward})"
    yield f"{recipe.setup}\n{capture}".strip(), "*recorded_call.args, **recorded_call.kwargs"


def expression(value: Any) -> str | None:
    """An expression for a value like this one; ``None`` where there is none."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return repr(value)
    if isinstance(value, torch.Tensor):
        return _tensor(value)
    if isinstance(value, (torch.dtype, torch.device)):
        return str(value) if isinstance(value, torch.dtype) else f"torch.device({str(value)!r})"
    if type(value) in (list, tuple, torch.Size):
        inner = [expression(v) for v in value]
        if None in inner:
            return None
        text = ", ".join(map(str, inner))
        return f"[{text}]" if isinstance(value, list) else f"({text},)" if len(inner) == 1 else f"({text})"
    if type(value) is dict and all(isinstance(key, str) for key in value):
        pairs = {key: expression(v) for key, v in value.items()}
        return None if None in pairs.values() else "{" + ", ".join(f"{k!r}: {v}" for k, v in pairs.items()) + "}"
    return None


def _tensor(value: torch.Tensor) -> str | None:
    shape = tuple(value.shape)
    if value.layout != torch.strided or type(value) not in (torch.Tensor, nn.Parameter):
        return None
    if value.numel() == 0:
        return f"torch.zeros({shape}, dtype={value.dtype})"
    if value.dtype == torch.bool:
        return f"torch.{'zeros' if not value.any() else 'ones'}({shape}, dtype=torch.bool)"
    if not value.is_floating_point():
        if value.is_complex() or int(value.min()) < 0:
            return f"torch.randn({shape}, dtype={value.dtype})" if value.is_complex() else None
        kind = "" if value.dtype == torch.int64 else f", dtype={value.dtype}"
        return f"torch.randint({int(value.max()) + 1}, {shape}{kind})"
    maker = "rand" if bool((value >= 0).all()) and bool((value <= 1).all()) else "randn"
    kind = "" if value.dtype == torch.float32 else f", dtype={value.dtype}"
    return f"torch.{maker}({shape}{kind})"
