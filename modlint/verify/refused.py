"""Values that torch refuses although no argument brought them: the class itself makes what can't be registered."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from types import BuiltinFunctionType, FunctionType
from typing import Any, Final

import torch
from torch import nn

from modlint.verify.arguments.failure import Failure, Frame, frames, statement_names

LISTS: Final = re.compile(r"Module \[(ModuleList|ModuleDict|ParameterList|ParameterDict)\] is missing the required")
INTEGERS: Final = re.compile(r"\b(long|u?int\d*|short|bool|\w*Long\w*|\w*Int\w*|rand(int|perm))\b")
CONSTRUCTORS: Final = ("__init__", "__new__", "__setattr__", "add_module", "append", "extend")


def refused(cls: type, failure: Failure) -> tuple[str, Frame] | None:
    """What is wrong with the class, and the level of its own code; ``None`` where an argument may be at fault."""
    frame = failure.level(cls)
    if frame is None:
        return None
    called = LISTS.search(failure.message)
    if called:
        return f"a `{called[1]}` is called, which has no `forward`", frame
    for pattern, judge in JUDGES:
        if re.search(pattern, failure.message):
            what = judge(failure, frame)
            return (what, frame) if what else None
    return None


def _no_module(failure: Failure, frame: Frame) -> str:
    """A class, function or list that stands where a layer must: none of them comes out of an argument by computing."""
    value = _seen(failure, "module")
    if any(value is given or (isinstance(given, (list, tuple)) and value in given) for given in _arguments(frame)):
        return ""
    if isinstance(value, type) and issubclass(value, nn.Module):
        return f"the class `{value.__name__}` stands where a layer must: it is not instantiated"
    if isinstance(value, (FunctionType, BuiltinFunctionType, list, tuple)):
        kind = "the function" if callable(value) else "a"
        return f"{kind} `{getattr(value, '__name__', type(value).__name__)}` stands where a layer must"
    return ""


def _assigned(failure: Failure, frame: Frame) -> str:
    """A tensor over a registered parameter, made without anything that was given and can be called."""
    if not isinstance(_seen(failure, "value"), torch.Tensor) or any(callable(value) for value in _read(frame)):
        return ""
    return "a plain tensor is assigned over a registered parameter"


def _integers(_: Failure, frame: Frame) -> str:
    """A parameter of integers: no argument decides its type, or the statement names the type."""
    text = statement_names(frame.filename, frame.line)[1]
    if any(True for _ in _read(frame)) and not INTEGERS.search(text):
        return ""
    return "a parameter is made of integers, which can't have a gradient"


JUDGES: Final[tuple[tuple[str, Callable[[Failure, Frame], str]], ...]] = (
    (r"is not a Module subclass", _no_module),
    (r"cannot assign '.*' as parameter", _assigned),
    (r"Only Tensors of floating point", _integers),
)


def _seen(failure: Failure, name: str) -> Any:
    """What torch's own code, which raised the error, holds under this name."""
    levels = list(frames(failure.error.__traceback__))
    return next((f.local[name] for f in reversed(levels) if f.function in CONSTRUCTORS and name in f.local), None)


def _arguments(frame: Frame) -> list[Any]:
    return [value for name, value in frame.local.items() if name in frame.arguments and name != "self"]


def _read(frame: Frame) -> Iterator[Any]:
    """The arguments, and attributes that aren't registered, that the statement at work reads."""
    names = statement_names(frame.filename, frame.line)[0]
    yield from (v for n, v in frame.local.items() if n in names and n in frame.arguments and n != "self")
    yield from (v for n, v in vars(frame.local["self"]).items() if n in names and not n.startswith("_"))
