"""Steps of training on a model: whether they run, and how the result hangs on the parameters."""

from __future__ import annotations

import ast
import inspect
import re
import sys
import textwrap
from typing import Any, Final

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from modlint.verify.arguments.failure import Frame, own_frames, statement_names
from modlint.verify.arguments.outputs import tensors
from modlint.verify.check import NotApplicableError
from modlint.verify.naming import held
from modlint.verify.resizing import resized
from modlint.verify.subject import Call, Subject

SHAPES: Final = re.compile(
    r"size|shape|dimension|channel|kernel|elements|more than 1 value|broadcast|match|input", re.I
)
"""Complaints that other inputs might not bring."""
NO_BACKWARD: Final = re.compile(
    r"not implemented|does not require grad|leaf Variable|backward is not supported|inference", re.I
)
"""Complaints of code that is made to run without gradients."""
CARRIED: Final = re.compile(r"second time|modified by an inplace operation")
CUTS: Final = frozenset({"detach", "detach_", "tolist", "item", "numpy", "__get__"})
"""What takes a value out of the graph: the last is the access to ``.data``."""


class Step:
    """What a training step ended with."""

    def __init__(self, error: Exception, what: str) -> None:
        self.error, self.what = error, what

    @property
    def message(self) -> str:
        """The error in one line."""
        return " ".join(f"{type(self.error).__name__}: {self.error}".split())[:220]

    @property
    def frame(self) -> Frame | None:
        """The innermost level of user code that the error came through."""
        return next(reversed(own_frames(self.error)), None)


def failing_step(subject: Subject) -> tuple[Step, nn.Module] | None:
    """The first of two training steps that fails for whatever inputs evaluation takes, and the model then.

    Raises:
        NotApplicableError: an input that was made up, or left out, may be to blame.
    """
    call = subject.inputs()
    failed = _steps(subject, call)
    if failed is None:
        return None
    step = failed[0]
    if _is_refusal(step) or _lacks_an_argument(step) or NO_BACKWARD.search(step.message):
        raise NotApplicableError(f"training fails on what was tried: {step.message}{_place(step)}")
    if not SHAPES.search(step.message) or CARRIED.search(step.message):
        return failed
    others = [other for other in resized(call) if _evaluates(subject, other)]
    if others and all(_steps(subject, other) is not None for other in others):
        return failed
    raise NotApplicableError(f"training fails on inputs of one size: {step.message}{_place(step)}")


def keeps_graph(module: nn.Module) -> tuple[type, str, bool] | None:
    """The class and attribute that hold a tensor with its graph after a step, and whether it is a buffer."""
    for item in held(module):
        if isinstance(item.value, torch.Tensor) and item.value.grad_fn is not None:
            return type(item.owner), item.attribute, False
    for owner in module.modules():
        for name, buffer in owner.named_buffers(recurse=False):
            if buffer.grad_fn is not None:
                return type(owner), name, True
    return None


def _steps(subject: Subject, call: Call) -> tuple[Step, nn.Module] | None:
    module = subject.fresh(training=True)
    for number in ("first", "second"):
        what = "`forward` in training mode" if number == "first" else "a second `forward` after a training step"
        try:
            result = subject.run(module, call)
        except Exception as error:  # noqa: BLE001  user code
            return Step(error, what), module
        floats = [t for t in tensors(result) if t.is_floating_point() and t.requires_grad]
        if not floats:
            return None
        try:
            torch.stack([(t * torch.rand_like(t)).sum().float() for t in floats]).sum().backward()
        except Exception as error:  # noqa: BLE001  user code
            return Step(error, f"the {number} backward"), module
        with torch.no_grad():
            for parameter in module.parameters():
                if parameter.grad is not None and parameter.is_floating_point():
                    parameter.sub_(parameter.grad * 1e-4)
        module.zero_grad(set_to_none=True)
    return None


def _evaluates(subject: Subject, call: Call) -> bool:
    try:
        with subject.quiet():
            subject.run(subject.fresh(), call)
    except Exception:  # noqa: BLE001  user code
        return False
    return True


def _is_refusal(step: Step) -> bool:
    """Whether the code raises the error itself, on purpose."""
    return step.frame is not None and bool(re.match(r"(raise|assert)\b", _text(step.frame)))


def _text(frame: Frame) -> str:
    return statement_names(frame.filename, frame.line)[1]


def _lacks_an_argument(step: Step) -> bool:
    """Whether the failing statement reads an argument that was left out."""
    frame = step.frame
    if frame is None:
        return False
    names, _ = statement_names(frame.filename, frame.line)
    return any(name in frame.arguments and frame.local.get(name) is None for name in names)


def _place(step: Step) -> str:
    return f" at {step.frame.filename}:{step.frame.line}" if step.frame is not None else ""


class Cut:
    """Where a value that hangs on parameters lost its gradient: by what, and the line."""

    def __init__(self, by: str, filename: str, line: int) -> None:
        self.by, self.filename, self.line = by, filename, line


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
        frame = sys._getframe(1)
        while frame is not None:
            name = str(frame.f_globals.get("__name__", ""))
            if name.startswith("torch.distributions"):
                return Cut("", "", 0)
            if not name.startswith(("torch", "modlint")):
                return Cut(by, frame.f_code.co_filename, frame.f_lineno)
            frame = frame.f_back  # type: ignore[assignment]
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


INFERENCE: Final = re.compile(
    r"\.eval\(\)|requires_grad\s*=\s*False|requires_grad_\(\s*False|inference_mode|load_state_dict|from_pretrained|"
    r"torch\.load\(|hub\.load|freeze"
)
"""Code by which a class says that it isn't trained: it freezes, loads weights, or stays in evaluation mode."""


def is_for_inference(cls: type) -> bool:
    """Whether the source of the class, or of one that it inherits from, says that it isn't trained."""
    for base in cls.__mro__:
        if base.__module__.startswith("torch.") or base is object:
            continue
        try:
            text = inspect.getsource(base)
        except (OSError, TypeError):
            return True
        if INFERENCE.search(text) or _overrides_train(text):
            return True
    return False


def _overrides_train(text: str) -> bool:
    try:
        (cls,) = ast.parse(textwrap.dedent(text)).body
    except (SyntaxError, ValueError):
        return False
    return any(isinstance(n, ast.FunctionDef) and n.name == "train" for n in getattr(cls, "body", ()))
