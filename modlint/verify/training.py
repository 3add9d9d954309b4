"""Steps of training on a model: whether they run."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import torch
from torch import nn

from modlint.verify.arguments.failure import Frame, own_frames, statement_names
from modlint.verify.check import NotApplicableError
from modlint.verify.gradients import trainable, weighted
from modlint.verify.naming import held
from modlint.verify.resizing import resized
from modlint.verify.subject import Call, Subject
from modlint.verify.wording import said

SHAPES: Final = re.compile(
    r"size|shape|dimension|channel|kernel|elements|more than 1 value|broadcast|match|input", re.I
)
"""Complaints that other inputs might not bring."""
NO_BACKWARD: Final = re.compile(
    r"not implemented|does not require grad|leaf Variable|backward is not supported|inference", re.I
)
"""Complaints of code that is made to run without gradients."""
CARRIED: Final = re.compile(r"second time|modified by an inplace operation")


@dataclass(frozen=True)
class Step:
    """What a training step ended with."""

    error: Exception
    what: str

    @property
    def message(self) -> str:
        """The error in one line."""
        return said(self.error, 220)

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
        results = trainable(result)
        if not results:
            return None
        try:
            weighted(results).backward()
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
