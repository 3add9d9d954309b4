"""`verify_module` for test suites, and the pytest plugin."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402

from modlint.testing import verify_module  # noqa: E402

NET = """\
from torch import nn


class Good(nn.Module):
    def forward(self, x):
        return x * 2


class Bad(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = [nn.Linear(4, 4)]

    def forward(self, x):
        return self.layers[0](x)


class Impossible(nn.Module):
    def __init__(self):
        raise OSError("no weights")

    def forward(self, x):
        return x
"""


class Lost(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.scale = torch.ones(4, requires_grad=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.scale


class Doubled(Lost):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(x) * float("nan")


class Moved(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(4)) * 1.0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.weight


class Locked(Lost):
    def __init__(self) -> None:
        super().__init__()
        self.lock = threading.Lock()


@pytest.mark.parametrize(
    ("model", "inputs", "problem"),
    [
        (Lost(), (torch.rand(3, 5),), r"Lost fails on what it was given: RuntimeError: .*must match"),
        (nn.Linear(3, 4), (torch.rand(2, 7),), r"Linear fails on what it was given: RuntimeError: mat1 and mat2"),
        (Moved(), (torch.rand(3, 4),), r"Moved can't be copied, so it can't be checked: RuntimeError: Only Tensors"),
        (Locked(), (torch.rand(3, 4),), r"Locked can't be copied, so it can't be checked: TypeError: cannot pickle"),
    ],
)
def test_what_cannot_be_checked_is_an_error(model: nn.Module, inputs: tuple[torch.Tensor, ...], problem: str) -> None:
    with pytest.raises(AssertionError, match=f"^{problem}"):
        verify_module(model, *inputs)


def test_what_is_no_model_or_no_argument_is_refused() -> None:
    with pytest.raises(TypeError, match=r"^verify_module takes an nn.Module or a class of them, not a function$"):
        verify_module(lambda x: x, torch.rand(2))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"^Linear.forward: got an unexpected keyword argument 'codes'; "):
        verify_module(nn.Linear(4, 4), torch.rand(2, 4), codes=["MOD902"])
    with pytest.raises(TypeError, match=r"^ReLU.forward: too many positional arguments; "):
        verify_module(nn.ReLU, torch.rand(2, 4), torch.rand(2, 4))


def test_the_random_state_and_the_inputs_stay() -> None:
    torch.manual_seed(5)
    random.seed(5)
    leaf, model = torch.rand(3, 4, requires_grad=True), nn.Linear(4, 2)
    inputs = leaf * 2
    states = torch.get_rng_state(), random.getstate()
    verify_module(model, inputs)
    assert torch.equal(torch.get_rng_state(), states[0])
    assert random.getstate() == states[1]
    assert leaf.grad is None


def test_good_model_passes_with_and_without_inputs() -> None:
    verify_module(nn.Linear(4, 2), torch.rand(3, 4))
    verify_module(nn.Linear(4, 2))
    verify_module(nn.Linear)


def test_all_failed_checks_are_in_one_error() -> None:
    with pytest.raises(AssertionError) as caught:
        verify_module(Doubled(), torch.rand(3, 4))
    first, *lines = str(caught.value).splitlines()
    assert first == "Doubled fails 2 checks:"
    assert [line.split()[0] for line in lines] == ["MOD901", "MOD908"]


def test_plugin_collects_classes_as_tests(write: Callable[[str, str], Path], run_module: Callable[..., object]) -> None:
    write("net.py", NET)
    done = run_module("pytest", "-q", "-rs", "-p", "no:cacheprovider", "--modlint-verify", "net.py")
    text: str = done.stdout  # type: ignore[attr-defined]
    assert done.returncode == 1, text  # type: ignore[attr-defined]
    assert "1 failed, 1 passed, 1 skipped" in text
    assert "MOD902 unregistered-module: `forward` calls `self.layers[0]`" in text
    assert "not-built: OSError: no weights" in text
