"""Which expressions of a method are tensors, what a method ends with, where a new tensor meets an old one."""

from __future__ import annotations

import ast
from collections.abc import Callable

import pytest

from modlint.model.devices import unplaced_tensors
from modlint.model.index import FileModel
from modlint.model.returning import partial_return, returnless_forward
from modlint.model.tensor_code import Tensors

Model = Callable[..., FileModel]

HEAD = """
import torch
from torch import nn
import torch.nn.functional as F

class Net(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.fc = nn.Linear(4, 4)
        self.rnn = nn.LSTM(4, 4)
        self.scale = n
        self.weight = nn.Parameter(torch.ones(4))

    def forward(self, x, n, y: torch.Tensor):
"""


def written(*lines: str) -> dict[str, str]:
    return {"net.py": HEAD + "".join(f"        {line}\n" for line in lines)}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("self.fc(x)", True),
        ("x", True),
        ("y * 2", True),
        ("-self.weight", True),
        ("F.gelu(x)[:, 0]", True),
        ("torch.cat([x, y])", True),
        ("z", True),
        ("n", False),
        ("n + 1", False),
        ("self.scale", False),
        ("x.shape", False),
        ("x.sum().item()", False),
        ("x.cpu()", False),
        ("count", False),
        ("torch.zeros(4)", False),
    ],
)
def test_tensors_of_a_method(model: Model, expression: str, expected: bool) -> None:
    code = written(
        "h = self.fc(x)", "z = h + 1", "z = z.view(-1)", "count = 0", "count = count + n", f"return {expression}"
    )
    cls = model(code).classes[0]
    function = cls.method("forward")
    assert function is not None
    statement = function.node.body[-1]
    assert isinstance(statement, ast.Return)
    assert statement.value is not None
    assert Tensors(cls, function).has(statement.value) is expected


@pytest.mark.parametrize(
    ("lines", "result"),
    [
        (["x = self.fc(x)"], "x"),
        (["self.fc(x)"], "self.fc(x)"),
        (["F.relu(x)"], "F.relu(x)"),
        (["x"], "x"),
        (["for _ in range(3):", "    x = self.fc(x)"], "x"),
        (["if n:", "    x = x * 2", "else:", "    x = x * 3"], "x"),
        (["out, _ = self.rnn(x)"], "out"),
        (["x += 1"], None),
        (["self.seen = x"], None),
        (["print(x)"], None),
        (["y[0] = x"], None),
        (["for _ in range(3):", "    z = self.fc(x)"], None),
        (["return self.fc(x)"], None),
    ],
)
def test_result_of_a_forward_without_return(model: Model, lines: list[str], result: str | None) -> None:
    found = returnless_forward(model(written(*lines)).classes[0])
    assert (found[1] if found else None) == result


@pytest.mark.parametrize(
    ("lines", "partial"),
    [
        (["if n:", "    return x", "x = self.fc(x)"], True),
        (["x = self.fc(x)", "if n:", "    return x"], True),
        (["if n:", "    return x", "return y"], False),
        (["x = self.fc(x)", "if n == 'a':", "    return x"], False),
        (["if n:", "    return None", "x = self.fc(x)"], False),
    ],
)
def test_forward_that_returns_on_one_path(model: Model, lines: list[str], partial: bool) -> None:
    assert (partial_return(model(written(*lines)).classes[0]) is not None) is partial


@pytest.mark.parametrize(
    ("lines", "met"),
    [
        (["return x + torch.zeros(4)"], "x"),
        (["h = torch.zeros(1, 4)", "return self.rnn(x, (h, h))"], "x"),
        (["mask = torch.ones(4).bool()", "return x.masked_fill(mask, 0)"], "x"),
        (["return x * torch.arange(4).to(torch.float32)"], "x"),
        (["return x + torch.zeros(4).to(x)"], None),
        (["m = torch.zeros(4)", "m = m.to(x.device)", "return x + m"], None),
        (["return x + torch.tensor(1.0)"], None),
        (["return n + torch.arange(4)"], None),
        (["return x.cpu() + torch.arange(4)"], None),
    ],
)
def test_new_tensor_meets_an_input(model: Model, lines: list[str], met: str | None) -> None:
    found = [other for _, _, other in unplaced_tensors(model(written("x = x.float()", *lines)).classes[0])]
    assert found[:1] == ([met] if met else [])
