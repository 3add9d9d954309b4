"""The model under test, as checks see it: fresh instances, fresh inputs, and what a watched run showed."""

from __future__ import annotations

import copy
import random
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from modlint.verify.arguments.environment import Environment
from modlint.verify.modes import switch
from modlint.verify.recipe import Recipe
from modlint.verify.steady import STEADY, steady, with_steady

if TYPE_CHECKING:
    from modlint.verify.probe import Seen

Call = tuple[tuple[Any, ...], dict[str, Any]]


class Subject:
    """One class with a recipe that works."""

    def __init__(self, cls: type, recipe: Recipe, device: str = "cpu") -> None:
        self.cls, self.recipe, self.device = cls, recipe, device
        self.environment = Environment(cls)
        self.may_fail = False

    def like(self, recipe: Recipe) -> Subject:
        """The same class with another recipe."""
        return Subject(self.cls, recipe, self.device)

    def fresh(self, seed: int = 0, training: bool = False) -> nn.Module:
        """A new instance; the seed decides its random state, but not what the constructor is given."""
        _seed(0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            names = self.environment.namespace(self.recipe.setup) | {STEADY: steady}
            _seed(seed)
            made: nn.Module = self.environment.evaluate(with_steady(self.recipe.constructor), names)
        switch(made, training)
        return made

    def inputs(self, seed: int = 1) -> Call:
        """New inputs; the seed decides their values."""
        _seed(seed)
        names = self.environment.namespace(self.recipe.setup)
        return self.environment.arguments(self.recipe.forward, names)

    def run(self, module: nn.Module, call: Call, seed: int = 2) -> Any:
        """What the module gives for these inputs."""
        _seed(seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return module(*call[0], **call[1])

    @cached_property
    def module(self) -> nn.Module:
        """An instance in evaluation mode that has run once."""
        made = self.fresh()
        self.run(made, self.inputs())
        return made

    @cached_property
    def seen(self) -> Seen:
        """What a watched run showed."""
        from modlint.verify.probe import watch

        return watch(self, self.may_fail)

    @contextmanager
    def quiet(self) -> Iterator[None]:
        """Without warnings and gradients."""
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")
            yield


def _seed(seed: int) -> None:
    torch.manual_seed(seed)
    random.seed(seed)
    numpy = sys.modules.get("numpy")
    if numpy is not None and hasattr(numpy, "random"):
        numpy.random.seed(seed)


class Given(Subject):
    """An instance that the caller has built, with inputs of the caller's; each run gets copies."""

    def __init__(self, instance: nn.Module, call: Call) -> None:
        super().__init__(type(instance), Recipe(type(instance).__qualname__))
        self._instance, self._call = instance, call

    def fresh(self, seed: int = 0, training: bool = False) -> nn.Module:
        """A copy of the instance."""
        made = copy.deepcopy(self._instance)
        switch(made, training)
        return made

    def inputs(self, seed: int = 1) -> Call:
        """A copy of the inputs; a tensor that is computed from others, which can't be copied as such, becomes a leaf."""
        copies: dict[int, Any] = {}
        for tensor in _tensors(self._call):
            if not tensor.is_leaf:
                copies[id(tensor)] = tensor.detach().clone().requires_grad_()
        return copy.deepcopy(self._call, copies)


def _tensors(value: Any) -> Iterator[torch.Tensor]:
    """The tensors in lists, tuples and dicts."""
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from _tensors(inner)
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _tensors(inner)
