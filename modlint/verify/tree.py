"""The text of a module's tree, made in the worker."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import torch
from torch import nn

REGISTRIES: Final = (
    "_parameters",
    "_buffers",
    "_modules",
    "_non_persistent_buffers_set",
    "_backward_hooks",
    "_forward_hooks",
    "_forward_pre_hooks",
    "_state_dict_hooks",
)


def tree(module: nn.Module, constructor: str) -> str:
    """Parameters, buffers, submodules and registries of an instance, and what an optimizer would miss."""
    lines = [constructor, *_module(module, "", 1)]
    parameters = list(module.named_parameters())
    trained = sum(p.numel() for _, p in parameters if p.requires_grad)
    lines += [
        "",
        f"parameters: {sum(p.numel() for _, p in parameters):,} ({trained:,} trained) in {len(parameters)} tensors",
    ]
    lines += [
        f"buffers: {sum(b.numel() for b in module.buffers()):,} in {len(list(module.buffers()))} tensors",
        "",
        "registries:",
    ]
    lines += [f"  {name}: {_registry(module, name)}" for name in REGISTRIES]
    lines += ["", "optimizer groups would miss:", *(f"  {line}" for line in _missed(module))]
    return "".join(f"{line}\n" for line in lines)


def _module(module: nn.Module, name: str, depth: int) -> Iterator[str]:
    indent = "  " * depth
    if name:
        yield f"{'  ' * (depth - 1)}{name}: {type(module).__qualname__}"
    for key, value in module._parameters.items():
        yield f"{indent}{key}: parameter {_tensor(value)}"
    for key, buffer in module._buffers.items():
        kept = "not persistent" if key in module._non_persistent_buffers_set else "persistent"
        yield f"{indent}{key}: buffer {_tensor(buffer)}, {kept}"
    for key, child in module._modules.items():
        if child is None:
            yield f"{indent}{key}: None"
        else:
            yield from _module(child, key, depth + 1)


def _tensor(value: Any) -> str:
    if value is None:
        return "None"
    if isinstance(value, nn.parameter.UninitializedTensorMixin):
        return "not initialised yet"
    kind = str(value.dtype).removeprefix("torch.")
    frozen = "" if value.requires_grad or not isinstance(value, nn.Parameter) else ", requires_grad=False"
    return f"{kind}{list(value.shape)} on {value.device}, {value.numel():,} values{frozen}"


def _registry(module: nn.Module, name: str) -> str:
    value = getattr(module, name)
    entries = [str(key) for key in value]
    return ", ".join(entries) if entries else "empty"


def _missed(module: nn.Module) -> Iterator[str]:
    """Trainable tensors that the module holds and doesn't list."""
    from modlint.verify.naming import held

    found = False
    for item in held(module):
        inner = list(item.value.parameters()) if isinstance(item.value, nn.Module) else [item.value]
        count = sum(t.numel() for t in inner if isinstance(t, torch.Tensor) and t.requires_grad)
        if count:
            found = True
            yield f"{item.text} of {type(item.owner).__qualname__}: {count:,} values"
    if not found:
        yield "nothing"
