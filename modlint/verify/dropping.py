"""Dropouts that are at work although the model is in evaluation mode."""

from __future__ import annotations

import ast
import inspect
import sys
from types import FrameType
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace
from torch.overrides import TorchFunctionMode

from modlint.verify.probe import Line, is_torch

if TYPE_CHECKING:
    from modlint.verify.subject import Subject

NAMES = frozenset({"dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout", "feature_alpha_dropout"})


class _Dropouts(TorchFunctionMode):
    """Notes each dropout that drops something."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[Line, str] = {}

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        name = getattr(func, "__name__", "").strip("_")
        if name in NAMES and _drops(args, kwargs):
            line = _line()
            if line is not None:
                self.found.setdefault(line, name)
        if name == "scaled_dot_product_attention" and _attention_drops(args, kwargs):
            line = _line()
            if line is not None:
                self.found.setdefault(line, name)
        return func(*args, **kwargs)


def active_dropouts(subject: Subject) -> list[tuple[str, Line]]:
    """The dropouts that drop in evaluation mode, with the line of the user's code that calls them.

    A class whose rates are 0 unless one asks for more is also run with more.
    """
    found = _active(subject)
    text = with_rates(subject.cls, subject.recipe.constructor)
    if not found and text:
        try:
            found = _active(subject.like(replace(subject.recipe, constructor=text)))
        except Exception:  # noqa: BLE001  user code, built in a way that was only thought of
            return []
    return found


def _active(subject: Subject) -> list[tuple[str, Line]]:
    mode = _Dropouts()
    module, call = subject.fresh(), subject.inputs()
    with subject.quiet(), mode:
        subject.run(module, call)
    return [(name, line) for line, name in mode.found.items()]


def with_rates(cls: type, constructor: str) -> str:
    """The constructor's text with each dropout rate that is 0 by default set to a half; empty where there is none."""
    try:
        call = ast.parse(constructor, mode="eval").body
        parameters = list(inspect.signature(cls).parameters.values())
    except (SyntaxError, TypeError, ValueError):
        return ""
    if not isinstance(call, ast.Call) or ast.unparse(call.func).rpartition(".")[2] != cls.__name__:
        return ""
    given = {p.name for p in parameters[: len(call.args)]} | {k.arg for k in call.keywords}
    rates = [
        p.name
        for p in parameters
        if "drop" in p.name and p.name not in given and type(p.default) in (int, float) and p.default == 0
    ]
    call.keywords += [ast.keyword(name, ast.Constant(0.5)) for name in rates]
    return ast.unparse(call) if rates else ""


def _drops(args: Any, kwargs: dict[str, Any]) -> bool:
    values = dict(zip(("input", "p", "training"), args, strict=False)) | kwargs
    training = values.get("training", values.get("train", True))
    return bool(training) and float(values.get("p", 0.5)) > 0


def _attention_drops(args: Any, kwargs: dict[str, Any]) -> bool:
    return float(kwargs.get("dropout_p", args[4] if len(args) > 4 else 0.0)) > 0


def _line() -> Line | None:
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        if not is_torch(frame.f_code.co_filename):
            return Line(frame.f_code.co_filename, frame.f_lineno)
        frame = frame.f_back
    return None
