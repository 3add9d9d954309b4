"""What the name of an input says about its value."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from modlint.verify.arguments.spec import Spec, Tensor, Text

if TYPE_CHECKING:
    from modlint.verify.arguments.inputs import Inputs

BATCH, SEQUENCE, IMAGE = 2, 12, 32
NODES, EDGES = 12, 24
IMAGES: Final = re.compile(r"(^|_)(img|imgs|image|images|pixel_values|frame|frames|video|rgb|picture)\d?s?$")
INDICES: Final = re.compile(
    r"(^|_)(ids?|tokens?|idx|indices|index|labels?|classes|types?|vocab|words|seq|text|codes|z|token_ids|src|tgt|sequence)\d?$"
)
MASKS: Final = re.compile(r"mask|padding")
GRAPH: Final = re.compile(r"^(hyper)?edge_(index|indices|label_index)(_\w+)?$|^adj_t$")
POINTERS: Final = re.compile(r"^[ij]$|^idx_\w+$|^(row|col|src|dst|n_id|index)$|_idx$|_index$")


def graph_inputs(inputs: Inputs, name: str) -> Iterator[Spec]:
    """Values for an input of a network on graphs: nodes, edges and what belongs to them."""
    width = next((w.size for w in inputs.wants if w.kind == "normal"), 64)
    if GRAPH.match(name):
        yield Tensor((2, EDGES), "index", NODES)
    elif "edge" in name and ("type" in name or "label" in name):
        yield Tensor((EDGES,), "index", 2)
    elif "edge_weight" in name:
        yield Tensor((EDGES,), "unit")
    elif "edge" in name:
        yield from (Tensor((EDGES, width)), Tensor((EDGES,)), Tensor((EDGES, 1)))
    elif name in ("batch", "index"):
        yield Text(f"torch.zeros({NODES}, dtype=torch.long)")
    elif POINTERS.search(name):
        yield Tensor((EDGES,), "index", NODES)
    elif name in ("num_nodes", "size"):
        yield Text(str(NODES))
    elif name == "pos":
        yield Tensor((NODES, 3))
    elif name == "z":
        yield Tensor((NODES,), "index", 10)
    else:
        yield Tensor((NODES, width))


def named_inputs(inputs: Inputs, name: str) -> Iterator[Spec]:
    """Values for an input called so."""
    if POINTERS.search(name):
        yield Tensor((NODES,), "index", NODES)
    if inputs.grid and name in ("h", "w", "height", "width"):
        yield Text(str(inputs.grid[0]))
    if name in ("hw", "size", "feat_size", "input_size", "spatial_shape", "output_size", "grid_size", "shape"):
        yield Text(f"({inputs.grid[0]}, {inputs.grid[1]})" if inputs.grid else f"({IMAGE}, {IMAGE})")
    if re.fullmatch(
        r"height|width|h|w|n|num_\w+|seq_len|length|max_len|batch_size|bs|scale_factor|k|i|idx|index|step|level",
        name,
    ):
        yield Text(
            str(SEQUENCE)
            if "len" in name or name == "n"
            else "2"
            if name in ("batch_size", "bs", "k")
            else "1"
            if name in ("i", "idx", "index", "step", "level")
            else str(IMAGE)
        )
    if re.search(r"emb$|embed(ding)?s?$|^cond\w*$|^style\w*$|^w$|^label_emb", name):
        yield Tensor((BATCH, inputs.guesses.sizes.width))
    if MASKS.search(name):
        yield Tensor((BATCH, SEQUENCE), "bool")
        yield Tensor((SEQUENCE, SEQUENCE), "bool")
        yield Tensor((BATCH, 1, IMAGE, IMAGE), "unit")
    if re.fullmatch(r"t|time|times|timesteps?|sigmas?|noise_level\w*|temb_?t?", name):
        yield Tensor((BATCH,), "unit")
        yield Tensor((BATCH,), "index", 8)
    if re.search(r"lengths?$|_lens?$", name):
        yield Text(f"torch.full(({BATCH},), {SEQUENCE})")
    if INDICES.search(name):
        high = next((w.high for w in inputs.wants if w.kind == "index"), 8)
        yield Tensor((BATCH, SEQUENCE), "index", high)
        yield Tensor((BATCH,), "index", high)
    if IMAGES.search(name):
        channels = next((w.size for w in inputs.wants if w.dimension == 1 and w.ranks == (4,)), 3)
        yield Tensor((BATCH, channels, *inputs.image[-2:]), "unit")
