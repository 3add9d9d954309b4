"""Values for the parameters of ``forward``, the likeliest first."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from functools import cached_property
from itertools import islice
from typing import Any

from torch import nn

from modlint.verify.arguments import shapes
from modlint.verify.arguments.annotations import by_annotation, hints
from modlint.verify.arguments.guesses import Guesses
from modlint.verify.arguments.input_names import BATCH, GRAPH, IMAGE, SEQUENCE, graph_inputs, named_inputs
from modlint.verify.arguments.layers import Wanted, first_wanted
from modlint.verify.arguments.names import MODULES
from modlint.verify.arguments.reading import read_function
from modlint.verify.arguments.spec import Argument, Items, Spec, Tensor, Text


class Inputs:
    """What may be passed to the call of one instance."""

    def __init__(self, instance: Any, guesses: Guesses, constructor: str = "") -> None:
        self.instance, self.guesses, self.constructor = instance, guesses, constructor
        self.function: Any = getattr(type(instance), "forward", None)
        self._known: dict[str, list[Spec]] = {}

    @cached_property
    def parameters(self) -> dict[str, inspect.Parameter]:
        """The parameters of ``forward`` without ``self``."""
        try:
            found = list(inspect.signature(self.function).parameters.items())
        except (ValueError, TypeError):
            return {}
        static = isinstance(inspect.getattr_static(type(self.instance), self.function.__name__, None), staticmethod)
        return dict(found if static else found[1:])

    @cached_property
    def reading(self) -> Any:
        """How ``forward`` uses them."""
        return read_function(self.function, inspect.getdoc(type(self.instance)) or "")

    @cached_property
    def ranks(self) -> dict[str, list[int]]:
        """How many dimensions the source says they have."""
        return shapes.ranks(self.function, self.reading.node, inspect.getdoc(type(self.instance)) or "")

    @cached_property
    def wants(self) -> list[Wanted]:
        """What the first layers take."""
        return list(first_wanted(self.instance)) if isinstance(self.instance, nn.Module) else []

    @cached_property
    def is_graph(self) -> bool:
        """Whether the inputs are a graph: nodes, and pairs of them."""
        names = set(self.parameters)
        return any(GRAPH.match(name) for name in names) or bool(names & {"ptr", "dim_size"}) or {"x", "batch"} <= names

    @cached_property
    def grid(self) -> tuple[int, int] | None:
        """Height and width, where ``forward`` takes them beside a flattened image."""
        names = {name.lower() for name in self.parameters}
        return (4, 4) if {"h", "w"} <= names or "hw" in names or "input_size" in names else None

    @cached_property
    def image(self) -> tuple[int, ...]:
        """The size of the images that the instance says it takes."""
        modules = islice(self.instance.modules(), 20) if isinstance(self.instance, nn.Module) else [self.instance]
        for module in modules:
            for name in ("img_size", "image_size", "input_size", "input_resolution", "resolution"):
                size = vars(module).get(name)
                if isinstance(size, int) and not isinstance(size, bool) and 0 < size <= 512:
                    return (size, size)
                if (
                    isinstance(size, (tuple, list))
                    and all(isinstance(s, int) and s <= 512 for s in size)
                    and len(size) in (2, 3)
                ):
                    return tuple(size)
        said = re.search(r"(?:img|image|input)_size=\(?(\d+)(?:, (\d+))?(?:, (\d+))?", self.constructor)
        if said:
            sizes = tuple(int(s) for s in said.groups() if s)
            return sizes if len(sizes) > 1 else sizes * 2
        for name in ("img_size", "image_size"):
            default = getattr(self.guesses.parameters.get(name), "default", None)
            if isinstance(default, int) and 0 < default <= 512:
                return (default, default)
        return (IMAGE, IMAGE)

    def required(self) -> tuple[Argument, ...]:
        """The first guess: a value for each parameter without a default."""
        found: list[Argument] = []
        for name, parameter in self.parameters.items():
            if parameter.kind is inspect.Parameter.VAR_POSITIONAL:
                if not found:
                    found.append(Argument(name, self.of(name)[0], True))
            elif parameter.default is inspect.Parameter.empty and parameter.kind is not inspect.Parameter.VAR_KEYWORD:
                positional = parameter.kind is not inspect.Parameter.KEYWORD_ONLY and all(a.positional for a in found)
                found.append(Argument(name, self.of(name)[0], positional))
        if not found and self.parameters:
            name, parameter = next(iter(self.parameters.items()))
            if parameter.default is None:
                found.append(Argument(name, self.of(name)[0], True))
        return tuple(found)

    def of(self, name: str) -> list[Spec]:
        """Values for one parameter."""
        if name not in self._known:
            self._known[name] = list({spec.text: spec for spec in self._ranked(name)}.values())
        return self._known[name]

    def _ranked(self, name: str) -> list[Spec]:
        options = list(self._of(name))
        wanted = self.ranks.get(name, [])
        surest = [o for rank in wanted for o in options if isinstance(o, Tensor) and len(o.shape) == rank]
        first_tensor = next((i for i, o in enumerate(options) if isinstance(o, Tensor)), None)
        if not surest or first_tensor is None:
            return options
        return [*options[:first_tensor], *surest, *options[first_tensor:]]

    def _of(self, name: str) -> Iterator[Spec]:
        use, lowered = self.reading.of(name), name.lower()
        annotation = hints(self.function).get(name, inspect.Parameter.empty)
        shape = shapes.annotated(annotation)
        if shape is not None:
            yield Tensor(shape)
        yield from map(Text, use.constants)
        plain = by_annotation(annotation, name, self.guesses._named, self.guesses._instances)
        tensors = [s for s in plain if isinstance(s, Tensor)]
        yield from (self.guesses._resolved(s) for s in plain if not isinstance(s, Tensor) and not _holds_tensors(s))
        if (use.iterated or use.unpacked or use.documented.lower().startswith("list") or _holds(plain)) and not tensors:
            yield from self._lists(name, use.unpacked)
        if use.called and MODULES.search(lowered) is None:
            yield Text("nn.Identity()", True)
        yield from graph_inputs(self, lowered) if self.is_graph else ()
        yield from named_inputs(self, lowered)
        yield from self.tensors(lowered)
        yield Text("None")
        yield Text("1")
        yield Text("nn.Identity()", True)
        if use.attributes:
            yield self.guesses._settings([a for a in use.attributes if a not in use.methods] or use.attributes)

    def _lists(self, name: str, count: int) -> Iterator[Spec]:
        single = self.tensors(name)
        first = next((t for t in single if isinstance(t, Tensor)), Tensor((BATCH, 64, IMAGE, IMAGE)))
        yield Items((first,) * (count or 4))
        if len(first.shape) == 4:
            yield Items(tuple(Tensor((*first.shape[:2], IMAGE >> i, IMAGE >> i)) for i in range(count or 4)))
        yield Items((first,) * 2)

    def tensors(self, name: str) -> Iterator[Spec]:
        """Tensors for a parameter of which nothing is known: shaped as the first layers want."""
        ranks = self.ranks.get(name, [])
        for want in self.wants:
            for rank in dict.fromkeys((*(r for r in ranks if want.kind == "normal"), *want.ranks)):
                yield self._fitting(want, rank)
        width = self.guesses.sizes.width
        for rank in (*ranks, 4, 3, 2, 5, 1):
            yield self._fitting(Wanted(1 if rank > 3 else -1, width, (rank,)), rank)
        yield Tensor((BATCH, 3, *self.image[-2:]), "unit")
        yield Tensor((BATCH, SEQUENCE), "index", 8)
        yield Tensor((BATCH, width, SEQUENCE))
        yield Tensor((BATCH, 8, 8, width))
        yield Tensor((BATCH,))

    def _fitting(self, want: Wanted, rank: int) -> Tensor:
        """A tensor of this rank that a layer takes."""
        if want.kind == "index":
            return Tensor((BATCH, SEQUENCE, 4, 4)[:rank], "index", min(max(want.high, 1), 1000))
        if rank <= 2:
            return Tensor((BATCH, want.size)[2 - rank :])
        if want.dimension == -1:
            length = self.grid[0] * self.grid[1] if self.grid else SEQUENCE
            return Tensor((BATCH, *((length,) if rank == 3 else (8,) * (rank - 2)), want.size))
        space = {3: (IMAGE,), 4: self.image[-2:], 5: self.image if len(self.image) == 3 else (16,) * 3}.get(
            rank, (8,) * (rank - 2)
        )
        return Tensor((BATCH, want.size, *space))


def _holds_tensors(spec: Spec) -> bool:
    return isinstance(spec, Items) and any(isinstance(i, Tensor) for i in spec.items)


def _holds(specs: list[Spec]) -> bool:
    return any(_holds_tensors(spec) for spec in specs)
