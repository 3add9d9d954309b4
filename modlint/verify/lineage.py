"""How the results of a model hang on its parameters: where they are cut off from all of them."""

from __future__ import annotations

import inspect
import re
import sys
from dataclasses import dataclass
from types import FrameType
from typing import Any, Final

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from modlint.verify.arguments.outputs import tensors
from modlint.verify.check import NotApplicableError
from modlint.verify.source_of import source_of
from modlint.verify.subject import Subject

CUTS: Final = frozenset({"detach", "detach_", "tolist", "item", "numpy", "__get__"})
"""What takes a value out of the graph: the last is the access to ``.data``."""
INFERENCE: Final = re.compile(
    r"\.eval\(\)|requires_grad\s*=\s*False|requires_grad_\(\s*False|inference_mode|load_state_dict|from_pretrained|"
    r"torch\.load\(|hub\.load|freeze"
)
"""Code by which a class says that it isn't trained: it freezes, loads weights, or stays in evaluation mode."""


@dataclass(frozen=True)
class Cut:
    """Where a value that hangs on parameters lost its gradient: by what, and the line."""

    by: str
    filename: str
    line: int


class Lineage(TorchFunctionMode):
    """Follows what is computed from parameters, and notes where it is cut off from them."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self._kept: dict[int, torch.Tensor] = {id(p): p for p in module.parameters()}
        self.cuts: dict[int, Cut] = {}
        self.out: list[Cut] = []
        """The cuts by which values went to Python."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Run the function, and see what becomes of the gradient."""
        kwargs = kwargs or {}
        given = list(tensors((args, kwargs)))
        cut = next((self.cuts[id(t)] for t in given if id(t) in self.cuts), None)
        hangs = cut is not None or any(t.requires_grad for t in given)
        result = func(*args, **kwargs)
        if not hangs:
            return result
        name = getattr(func, "__name__", "")
        made = list(tensors(result))
        if not made and name in CUTS and not isinstance(result, torch.Size):
            self.out.append(cut or self._here(name))
        for tensor in made:
            if not tensor.requires_grad and id(tensor) not in self.cuts:
                self._kept[id(tensor)] = tensor
                self.cuts[id(tensor)] = cut or self._here(self._reason(name))
        return result

    def _reason(self, name: str) -> str:
        if name in CUTS:
            return "data" if name == "__get__" else name
        return "" if torch.is_grad_enabled() else "no_grad"

    def _here(self, by: str) -> Cut:
        """A cut at the line of user code that is running; none of the user's where torch's distributions sample."""
        frame: FrameType | None = sys._getframe(1)
        while frame is not None:
            name = str(frame.f_globals.get("__name__", ""))
            if name.startswith("torch.distributions"):
                return Cut("", "", 0)
            if not name.startswith(("torch", "modlint")):
                return Cut(by, frame.f_code.co_filename, frame.f_lineno)
            frame = frame.f_back
        return Cut(by, "", 0)


def lost_gradient(subject: Subject) -> Cut | None:
    """Where the results are cut off from all parameters although these are to be trained; ``None`` if they aren't.

    Raises:
        NotApplicableError: there is nothing to train, or the results don't hang on parameters, or on purpose not.
    """
    module = subject.fresh(training=True)
    trained = [p for p in module.parameters() if p.requires_grad]
    if not trained:
        raise NotApplicableError("there are no parameters to train")
    versions = [p._version for p in module.parameters()]
    lineage = Lineage(module)
    with lineage:
        result = subject.run(module, subject.inputs())
    floats = [t for t in tensors(result) if t.is_floating_point()]
    if not floats:
        raise NotApplicableError("the results are no floating-point numbers")
    if [p._version for p in module.parameters()] != versions:
        raise NotApplicableError("the parameters are changed by hand")
    if any(t.requires_grad and not t.is_leaf for t in floats):
        return None
    cuts = [lineage.cuts.get(id(t)) or (lineage.out[-1] if lineage.out and t.requires_grad else None) for t in floats]
    if not all(cut is not None and cut.by for cut in cuts):
        raise NotApplicableError("the results do not hang on the parameters, or through a step without a gradient")
    return cuts[0]


def is_for_inference(cls: type) -> bool:
    """Whether the source of the class, or of one that it inherits from, says that it isn't trained."""
    for base in cls.__mro__:
        if base.__module__.startswith("torch.") or base is object:
            continue
        text = source_of(base)
        if not text or INFERENCE.search(text) or inspect.isfunction(vars(base).get("train")):
            return True
    return False
