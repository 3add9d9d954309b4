"""One watched run: which tensors, layers and calls a model uses that its registries and hooks don't know."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from types import FrameType
from typing import TYPE_CHECKING, Any
from unittest import mock

import torch
from torch import nn
from torch.nn.modules import module as torch_module

from modlint.verify.arguments.attempt import NO_GRADIENTS
from modlint.verify.device import Mixed, SecondDevice
from modlint.verify.naming import Held, held

if TYPE_CHECKING:
    from modlint.verify.subject import Subject


@dataclass(frozen=True)
class Line:
    """A line of code that ran."""

    filename: str
    line: int


@dataclass
class Seen:
    """What the run showed."""

    tensors: list[Held] = field(default_factory=list)
    moved: set[int] = field(default_factory=set)
    layers: list[Held] = field(default_factory=list)
    made_modules: list[tuple[str, Line]] = field(default_factory=list)
    made_parameters: list[Line] = field(default_factory=list)
    direct_calls: list[tuple[str, Line]] = field(default_factory=list)
    mixed: list[Mixed] = field(default_factory=list)
    stateful: set[Line] = field(default_factory=set)

    def makes_state(self, line: Line) -> bool:
        """Whether a layer that was made at the line has weights."""
        return line in self.stateful


def watch(subject: Subject, may_fail: bool = False) -> Seen:
    """Run an instance in evaluation mode and watch it; without gradients where they are what it fails on."""
    try:
        return _watched(subject, may_fail)
    except Exception as error:
        if not NO_GRADIENTS.search(str(error)):
            raise
    with torch.no_grad():
        return _watched(subject, may_fail)


def _watched(subject: Subject, may_fail: bool) -> Seen:
    module, seen = subject.fresh(), Seen()
    before = list(held(module))
    device = SecondDevice({id(h.value): h.text for h in before if isinstance(h.value, torch.Tensor)})
    called: dict[int, nn.Module] = {}
    with ExitStack() as stack:
        stack.enter_context(_noting_calls(called))
        stack.enter_context(_noting_direct_calls(module, seen))
        call = subject.inputs()
        stack.enter_context(_noting_made(seen))
        stack.enter_context(device.labelling())
        if may_fail:
            stack.enter_context(suppress(Exception))
        subject.run(module, call)
    seen.mixed = device.mixed
    seen.moved = device.moved
    used = device.used
    seen.tensors = [h for h in before if isinstance(h.value, torch.Tensor) and id(h.value) in used]
    registered = {id(m) for m in module.modules()}
    lost = {key for key in called if key not in registered}
    seen.layers = [h for h in before if isinstance(h.value, nn.Module) and id(h.value) in lost]
    return seen


@contextmanager
def _noting_calls(called: dict[int, nn.Module]) -> Iterator[None]:
    def note(module: nn.Module, _: Any) -> None:
        called[id(module)] = module

    handle = torch_module.register_module_forward_pre_hook(note)
    try:
        yield
    finally:
        handle.remove()


@contextmanager
def _noting_made(seen: Seen) -> Iterator[None]:
    """Note layers and parameters that are made while the model runs."""
    plain_init, plain_new = nn.Module.__init__, nn.Parameter.__new__

    def init(self: nn.Module, *args: Any, **kwargs: Any) -> None:
        line = _users_line(sys._getframe(1))
        if line is not None:
            seen.made_modules.append((type(self).__name__, line))
        plain_init(self, *args, **kwargs)

    def new(cls: Any, *args: Any, **kwargs: Any) -> Any:
        line = _users_line(sys._getframe(1), direct=True)
        if line is not None:
            seen.made_parameters.append(line)
        inside = _users_line(sys._getframe(1))
        if line is None and inside is not None:
            seen.stateful.add(inside)
        return plain_new(cls, *args, **kwargs)

    with mock.patch.object(nn.Module, "__init__", init), mock.patch.object(nn.Parameter, "__new__", new):
        yield


def _users_line(frame: FrameType | None, direct: bool = False) -> Line | None:
    """The line of the user's ``forward`` from which something was made; ``None`` if torch's own code made it."""
    while frame is not None:
        name = frame.f_code.co_filename
        if not is_torch(name) and frame.f_code.co_name != "__init__":
            return Line(name, frame.f_lineno)
        if direct:
            return None
        frame = frame.f_back
    return None


def is_torch(filename: str) -> bool:
    """Whether a file is torch's or modlint's."""
    path = filename.replace("\\", "/")
    return "/torch/" in path or "/modlint/verify/" in path


@contextmanager
def _noting_direct_calls(module: nn.Module, seen: Seen) -> Iterator[None]:
    """Note calls of a submodule's ``forward`` that don't go through its ``__call__``."""
    wrapped = []
    for path, sub in module.named_modules():
        if path and "forward" not in vars(sub) and not isinstance(sub, torch.jit.ScriptModule):
            object.__setattr__(sub, "forward", _wrapper(sub, path, sub.forward, seen))
            wrapped.append(sub)
    try:
        yield
    finally:
        for sub in wrapped:
            vars(sub).pop("forward", None)


def _wrapper(sub: nn.Module, path: str, plain: Callable[..., Any], seen: Seen) -> Callable[..., Any]:
    def forward(*args: Any, **kwargs: Any) -> Any:
        caller = sys._getframe(1)
        own = caller.f_locals.get("self") is sub
        if not own and not is_torch(caller.f_code.co_filename) and caller.f_code.co_filename != "<string>":
            seen.direct_calls.append((path, Line(caller.f_code.co_filename, caller.f_lineno)))
        return plain(*args, **kwargs)

    return forward
