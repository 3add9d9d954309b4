"""`verify_module` for test suites, and the pytest plugin."""

from __future__ import annotations

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


def test_good_model_passes_with_and_without_inputs() -> None:
    verify_module(nn.Linear(4, 2), torch.rand(3, 4))
    verify_module(nn.Linear(4, 2))
    verify_module(nn.Linear)


def test_all_failed_checks_are_in_one_error() -> None:
    with pytest.raises(AssertionError) as caught:
        verify_module(Lost(), torch.rand(3, 4))
    first, *lines = str(caught.value).splitlines()
    assert first == f"Lost fails {len(lines)} checks:"
    assert [line.split()[0] for line in lines] == ["MOD901", "MOD906"]


def test_plugin_collects_classes_as_tests(write: Callable[[str, str], Path], run_module: Callable[..., object]) -> None:
    write("net.py", NET)
    done = run_module("pytest", "-q", "-rs", "-p", "no:cacheprovider", "--modlint-verify", "net.py")
    text: str = done.stdout  # type: ignore[attr-defined]
    assert done.returncode == 1, text  # type: ignore[attr-defined]
    assert "1 failed, 1 passed, 1 skipped" in text
    assert "MOD902 unregistered-module: `forward` calls `self.layers[0]`" in text
    assert "not-built: OSError: no weights" in text
