"""What torch's own layers want of their input: the first layer of a model tells what the model wants."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from torch import nn
from torch.nn.modules import batchnorm, conv, instancenorm


@dataclass(frozen=True, slots=True)
class Wanted:
    """An input that a layer takes: the size of one dimension (counted from the front or the back), ranks, kind."""

    dimension: int
    size: int
    ranks: tuple[int, ...]
    kind: str = "normal"
    high: int = 0


def wanted(layer: Any) -> Wanted | None:
    """What a layer wants; ``None`` where it takes anything."""
    if isinstance(layer, nn.modules.lazy.LazyModuleMixin):
        return None
    if isinstance(layer, nn.Linear):
        return Wanted(-1, layer.in_features, (3, 2, 4))
    if isinstance(layer, conv._ConvNd):
        return Wanted(1, layer.in_channels, (len(layer.kernel_size) + 2,))
    if isinstance(layer, (batchnorm._BatchNorm, instancenorm._InstanceNorm)):
        return Wanted(1, layer.num_features, _norm_ranks(layer))
    if isinstance(layer, nn.GroupNorm):
        return Wanted(1, layer.num_channels, (4, 3))
    if isinstance(layer, (nn.LayerNorm, nn.RMSNorm)):
        return Wanted(-1, layer.normalized_shape[-1], (3, 4, 2))
    if isinstance(layer, (nn.Embedding, nn.EmbeddingBag)):
        return Wanted(-1, 0, (2, 1), "index", layer.num_embeddings)
    if isinstance(layer, nn.RNNBase):
        return Wanted(-1, layer.input_size, (3,))
    if isinstance(layer, nn.RNNCellBase):
        return Wanted(-1, layer.input_size, (2,))
    if isinstance(layer, nn.MultiheadAttention):
        return Wanted(-1, layer.embed_dim, (3,))
    return None


def _norm_ranks(layer: Any) -> tuple[int, ...]:
    name = type(layer).__name__
    return (4,) if "2d" in name else (5,) if "3d" in name else (3, 2) if "1d" in name else (4, 3, 2)


def first_wanted(module: nn.Module) -> Iterator[Wanted]:
    """What the first layers of a model want, in the order of registration, different ones once."""
    seen: set[tuple[int, tuple[int, ...], str]] = set()
    for layer in module.modules():
        found = wanted(layer)
        if found is None:
            continue
        key = (found.size, found.ranks, found.kind)
        if key not in seen:
            seen.add(key)
            yield found
        if len(seen) >= 4:
            return
