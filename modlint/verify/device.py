"""A second device without a GPU: every tensor is labelled with where it would be, and mixing is judged as CUDA does.

The model is taken to be on an accelerator: its parameters, buffers and inputs are there, what is computed from
them too. Plain tensors of the model and tensors made without a device while it runs are on the CPU. What asks a
tensor there for its device is given ``HOST``, which torch takes for the CPU and which can be told apart. Nothing but
torch's public ``TorchFunctionMode`` is used, so this works in every version.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any, Final

import torch
from torch.overrides import TorchFunctionMode

from modlint.verify.arguments.outputs import tensors

FACTORIES: Final = frozenset(
    {"arange", "zeros", "ones", "full", "rand", "randn", "randint", "randperm", "linspace", "logspace", "eye", "empty",
     "tensor", "as_tensor", "from_numpy", "hann_window", "hamming_window", "tril_indices", "triu_indices", "normal", "scalar_tensor"}
)  # fmt: skip
MOVES: Final = frozenset({"to", "cuda", "type_as", "copy_", "cpu", "as_tensor"})
TO_CPU: Final = frozenset(
    {
        "cpu",
        "numpy",
        "tolist",
        "item",
        "__repr__",
        "__bool__",
        "__float__",
        "__int__",
        "__index__",
        "__len__",
        "__format__",
    }
)
FREE: Final = frozenset(
    {"__get__", "size", "dim", "ndimension", "numel", "stride", "is_floating_point", "is_complex", "data_ptr", "element_size",
     "__hash__", "storage_offset", "is_contiguous", "untyped_storage", "__set__", "requires_grad_", "register_hook", "nelement",
     "get_device", "is_tensor", "_is_view", "__deepcopy__", "__reduce_ex__", "is_inference", "is_sparse", "retain_grad"}
)  # fmt: skip
SHAPE_ONLY: Final = frozenset({"expand_as", "view_as", "reshape_as"})
INDEXING: Final = frozenset({"__getitem__", "__setitem__", "index_put", "index_put_", "_unsafe_index"})


HOST: Final = torch.device("cpu", 0)
"""The device of a tensor that would be on the CPU; those that would be on the accelerator have ``cpu`` without a number."""


@dataclass(frozen=True)
class Mixed:
    """An operation that has one tensor on the accelerator and one on the CPU."""

    operation: str
    text: str
    filename: str
    line: int
    held: bool


class SecondDevice:
    """Labels of tensors during a run; those on the CPU are known, all others are on the accelerator."""

    def __init__(self, plain: dict[int, str]) -> None:
        self._plain = plain
        self._cpu: dict[int, tuple[torch.Tensor, str]] = {}
        self.mixed: list[Mixed] = []
        self.used: set[int] = set()
        self.moved: set[int] = set()

    @contextmanager
    def labelling(self) -> Iterator[None]:
        """Label what is computed inside."""
        with _Labels(self):
            yield

    def where(self, tensor: torch.Tensor) -> str:
        """Empty for the accelerator, else how the tensor on the CPU came about."""
        known = self._cpu.get(id(tensor))
        if known is not None:
            return known[1]
        return f"`{self._plain[id(tensor)]}`" if id(tensor) in self._plain else ""

    def ran(self, name: str, arguments: Any, keywords: dict[str, Any], result: Any) -> None:
        """Judge an operation that has run, and label its result."""
        given = list(tensors((arguments, keywords)))
        for tensor in given:
            as_index = name in INDEXING and tensor is not given[0]
            if id(tensor) in self._plain and name not in FREE and not as_index:
                (self.moved if name in MOVES else self.used).add(id(tensor))
        if name in FREE:
            if name == "__get__" and isinstance(result, torch.Tensor) and given and self.where(given[0]):
                self._label(result, self.where(given[0]))
            return
        if name in SHAPE_ONLY:
            given = given[:1]
        on_cpu = [t for t in given if self.where(t)]
        if name in FACTORIES and not given:
            if keywords.get("device") == HOST or (not _device_given(keywords) and not _called_by_torch()):
                self._label(result, f"the result of `torch.{name}(…)`")
        elif name in MOVES or name in TO_CPU:
            if isinstance(result, torch.Tensor) and self._goes_to_host(name, arguments, keywords):
                self._label(result, "a tensor that was moved to the CPU")
            else:
                self._moved(name, arguments, keywords, result)
        elif on_cpu and len(on_cpu) < len(given):
            self._judge(name, given, on_cpu)
        elif on_cpu:
            self._label(result, self.where(on_cpu[0]))

    def _moved(self, name: str, arguments: Any, keywords: dict[str, Any], result: Any) -> None:
        own = arguments[0] if arguments else None
        if name in ("cpu", "copy_") or (name == "to" and _only_type(arguments, keywords)):
            if isinstance(own, torch.Tensor) and (self.where(own) or name == "cpu") and name != "copy_":
                self._label(result, self.where(own) or "the result of `.cpu()`")
            return
        if isinstance(result, torch.Tensor):
            self._cpu.pop(id(result), None)
            if id(result) in self._plain:
                self.moved.add(id(result))
                del self._plain[id(result)]

    def _goes_to_host(self, name: str, arguments: Any, keywords: dict[str, Any]) -> bool:
        """Whether a move is to a device, or to where a tensor is, that would be the CPU."""
        if name == "copy_":
            return False
        targets = [*arguments[1:], *keywords.values()]
        return any(
            t == HOST if isinstance(t, torch.device) else isinstance(t, torch.Tensor) and bool(self.where(t))
            for t in targets
        )

    def _judge(self, name: str, given: list[torch.Tensor], on_cpu: list[torch.Tensor]) -> None:
        if name == "__setitem__" or (name in INDEXING and not self.where(given[0])):
            return
        large = [t for t in on_cpu if t.dim() > 0]
        if not large:
            return
        line = _line()
        if line is not None:
            text = self.where(large[0])
            self.mixed.append(Mixed(name, text, *line, id(large[0]) in self._plain))

    def _label(self, result: Any, text: str) -> None:
        for tensor in tensors(result):
            self._cpu[id(tensor)] = (tensor, text)


class _Labels(TorchFunctionMode):
    def __init__(self, device: SecondDevice) -> None:
        super().__init__()
        self._device = device

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        result = func(*args, **kwargs)
        name = getattr(func, "__name__", "")
        if name == "cpu" and args and result is args[0]:  # from another device it would be a copy
            result = result.clone()
        if (
            isinstance(result, torch.device)
            and args
            and isinstance(args[0], torch.Tensor)
            and self._device.where(args[0])
        ):
            result = HOST
        self._device.ran(name, args, kwargs, result)
        return result


def _device_given(keywords: dict[str, Any]) -> bool:
    device = keywords.get("device")
    return device is not None and not isinstance(device, str)


def _called_by_torch() -> bool:
    """Whether torch's own Python code called the function: it knows where its tensors belong."""
    frame: FrameType | None = sys._getframe(3)
    while frame is not None:
        path = frame.f_code.co_filename.replace("\\", "/")
        if "/modlint/verify/" not in path and not path.endswith("/torch/overrides.py"):  # other modes stand between
            return "/torch/" in path
        frame = frame.f_back
    return False


def _only_type(arguments: Any, keywords: dict[str, Any]) -> bool:
    """Whether ``.to`` names a type and no device."""
    named = [*arguments[1:], *keywords.values()]
    return not any(
        isinstance(value, (torch.device, str, int, torch.Tensor)) and not isinstance(value, bool) for value in named
    )


def _line() -> tuple[str, int] | None:
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        path = frame.f_code.co_filename.replace("\\", "/")
        if "/torch/" not in path and "/modlint/verify/" not in path and "/einops/" not in path:
            return frame.f_code.co_filename, frame.f_lineno
        frame = frame.f_back
    return None
