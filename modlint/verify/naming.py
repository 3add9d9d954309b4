"""Finding what a Module holds outside its registries: tensors and layers in attributes, containers and closures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import FunctionType
from typing import Any, Final

import torch
from torch import nn

DEEPEST: Final = 4
LONGEST: Final = 1000


@dataclass(frozen=True)
class Held:
    """An object, the module that holds it, the attribute through which, and how code would write it."""

    owner: nn.Module
    attribute: str
    text: str
    value: Any


def held(module: nn.Module) -> Iterator[Held]:
    """The tensors and layers that the module and its submodules hold without having them registered."""
    registered = (
        {id(m) for m in module.modules()} | {id(p) for p in module.parameters()} | {id(b) for b in module.buffers()}
    )
    for owner in module.modules():
        for attribute, value in list(vars(owner).items()):
            if attribute in REGISTRIES:
                continue
            for text, inner in _inside(f"self.{attribute}", value, 0):
                if id(inner) not in registered:
                    yield Held(owner, attribute, text, inner)


REGISTRIES: Final = frozenset(vars(nn.Module()))


def _inside(text: str, value: Any, depth: int) -> Iterator[tuple[str, Any]]:
    if isinstance(value, (torch.Tensor, nn.Module)):
        yield text, value
    elif depth >= DEEPEST:
        return
    elif isinstance(value, Mapping):
        for key, inner in list(value.items())[:LONGEST]:
            yield from _inside(f"{text}[{key!r}]", inner, depth + 1)
    elif isinstance(value, (list, tuple)):
        for index, inner in enumerate(value[:LONGEST]):
            yield from _inside(f"{text}[{index}]", inner, depth + 1)
    elif isinstance(value, (set, frozenset)):
        for inner in list(value)[:LONGEST]:
            yield from _inside(f"{text}{{…}}", inner, depth + 1)
    elif isinstance(value, torch.distributions.Distribution):
        for name, inner in list(vars(value).items()):
            yield from _inside(f"{text}.{name}", inner, depth + 1)
    elif isinstance(value, FunctionType):
        for name, cell in zip(value.__code__.co_freevars, value.__closure__ or (), strict=False):
            try:
                yield from _inside(f"{text}.<{name}>", cell.cell_contents, depth + 1)
            except ValueError:
                continue


def differing(first: nn.Module, second: nn.Module) -> Iterator[Held]:
    """The tensors outside the registries that two instances hold with different values."""
    others = {(h.text, type(h.owner)): h.value for h in held(second)}
    for item in held(first):
        other = others.get((item.text, type(item.owner)))
        if (
            isinstance(item.value, torch.Tensor) and isinstance(other, torch.Tensor) and not _alike(item.value, other)
        ) or (isinstance(item.value, nn.Module) and any(True for _ in item.value.parameters())):
            yield item


def _alike(first: torch.Tensor, second: torch.Tensor) -> bool:
    return first.shape == second.shape and bool(torch.equal(first.detach(), second.detach()))


def counts(module: nn.Module) -> dict[tuple[type, str], int]:
    """How many tensors each attribute outside the registries holds."""
    found: dict[tuple[type, str], int] = {}
    for item in held(module):
        key = (type(item.owner), item.attribute)
        found[key] = found.get(key, 0) + 1
    return found


def trainable_tensors(module: nn.Module) -> Iterator[Held]:
    """The first leaf tensor of each attribute that requires a gradient and isn't registered."""
    yield from _first_of_each(h for h in held(module) if isinstance(h.value, torch.Tensor) and _trains(h.value))


def _trains(tensor: torch.Tensor) -> bool:
    return bool(tensor.requires_grad and tensor.is_leaf)


def contained_layers(module: nn.Module) -> Iterator[Held]:
    """The first layer with weights in each plain container."""
    layers = (h for h in held(module) if isinstance(h.value, nn.Module) and h.text.endswith(("]", "}")))
    yield from _first_of_each(h for h in layers if any(True for _ in h.value.parameters()))


def _first_of_each(items: Iterator[Held]) -> Iterator[Held]:
    told: set[tuple[int, str]] = set()
    for item in items:
        key = (id(item.owner), item.attribute)
        if key not in told:
            told.add(key)
            yield item
