"""One attempt: build the class, or call an instance, and watch how far it comes."""

from __future__ import annotations

import re
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import torch
from torch import nn
from torch.nn.modules import module as torch_module
from torch.overrides import TorchFunctionMode

from modlint.verify.arguments.failure import Failure, Operation, own_frames

NO_GRADIENTS: Final = re.compile(r"backward|requires_grad|requires grad")
"""The complaint of code that only runs without gradients: a kernel that has no backward on the CPU, say."""


class OutOfTime(BaseException):
    """The time for finding arguments is up; not an ``Exception``, so that user code doesn't catch it."""


class Watch(TorchFunctionMode):
    """Counts torch's functions and remembers the first that failed."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0
        self.failed: Operation | None = None

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Run the function as it is."""
        self.count += 1
        kwargs = kwargs or {}
        try:
            return func(*args, **kwargs)
        except Exception:
            if self.failed is None:
                self.failed = Operation(getattr(func, "__name__", str(func)), tuple(args), dict(kwargs))
            raise


class Layers:
    """Which layers were entered and not left, with their inputs."""

    def __init__(self) -> None:
        self.open: list[tuple[Any, tuple[Any, ...]]] = []
        self.entered = 0

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch every module that is called."""
        before = torch_module.register_module_forward_pre_hook(self._enter)
        after = torch_module.register_module_forward_hook(self._leave)
        try:
            yield
        finally:
            before.remove()
            after.remove()

    def _enter(self, layer: Any, inputs: Any) -> None:
        self.entered += 1
        self.open.append((layer, tuple(inputs)))

    def _leave(self, layer: Any, *_: Any) -> None:
        while self.open and self.open.pop()[0] is not layer:
            continue


def build(make: Callable[[], Any], seed: int = 0) -> tuple[Any, Failure | None]:
    """An instance, or why there is none."""
    watch = Watch()
    torch.manual_seed(seed)
    try:
        with warnings.catch_warnings(), watch:
            warnings.simplefilter("ignore")
            return make(), None
    except OutOfTime:
        raise
    except BaseException as error:  # noqa: BLE001  the user's code may raise anything
        return None, _failure("build", error, watch, Layers())


def call(
    module: Any, args: tuple[Any, ...], kwargs: dict[str, Any], seed: int = 1, gradients: bool = True
) -> tuple[Any, Failure | None]:
    """What the module gives for these inputs, or why it fails."""
    watch, layers = Watch(), Layers()
    torch.manual_seed(seed)
    try:
        with warnings.catch_warnings(), watch, layers.watching(), torch.set_grad_enabled(gradients):
            warnings.simplefilter("ignore")
            return module(*args, **kwargs), None
    except OutOfTime:
        raise
    except BaseException as error:  # noqa: BLE001  the user's code may raise anything
        return None, _failure("call", error, watch, layers)


def _failure(phase: str, error: BaseException, watch: Watch, layers: Layers) -> Failure:
    layer, inputs = layers.open[-1] if layers.open else (None, ())
    innermost = [entry for entry in layers.open if type(entry[0]).__module__.startswith("torch.nn.modules")]
    if innermost:
        layer, inputs = innermost[-1]
    frames = own_frames(error)
    depth = frames[0].line - _first_line(frames[0]) if frames else 0
    progress = watch.count * 20 + layers.entered * 20 + min(max(depth, 0), 19)
    return Failure(
        phase, error, frames, watch.failed, layer if isinstance(layer, nn.Module) else None, inputs, progress
    )


def _first_line(frame: Any) -> int:
    return int(frame.names.get("__modlint_first_line__", frame.line))


def deadline(seconds: float) -> float:
    """The moment until which arguments may be searched, in CPU time."""
    return time.process_time() + seconds
