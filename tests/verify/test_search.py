"""Recipes are found for the idioms that people write; what can't be run ends with a reason."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import ModuleType

import pytest

torch = pytest.importorskip("torch")

from modlint.verify.arguments.search import Found, Search  # noqa: E402

Solve = Callable[[str], Found]
HEAD = "import torch\nfrom torch import nn\nimport torch.nn.functional as F\n"


@pytest.fixture
def solve(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> Solve:
    def run(code: str) -> Found:
        module = ModuleType("example")
        monkeypatch.setitem(sys.modules, "example", module)
        path = f"{tmp_path}/example.py"
        with open(path, "w", encoding="utf-8") as file:
            file.write(HEAD + code)
        exec(compile(HEAD + code, path, "exec"), vars(module))
        return Search(module.Net, 10.0).run()

    return run


def net(init: str, forward: str, parameters: str = "", inputs: str = "x", doc: str = "") -> str:
    lines = [
        f"class Net(nn.Module):\n    {doc!r}",
        f"    def __init__(self, {parameters}):",
        "        super().__init__()",
    ]
    lines += [f"        {line}" for line in init.split("\n")]
    lines += [f"    def forward(self, {inputs}):", *(f"        {line}" for line in forward.split("\n"))]
    return "\n".join(lines) + "\n"


CASES = {
    "sizes by name": net(
        "self.fc = nn.Linear(in_features, out_features)", "return self.fc(x)", "in_features, out_features"
    ),
    "convolution": net(
        "self.conv = nn.Conv2d(in_channels, 8, kernel_size)", "return self.conv(x)", "in_channels, kernel_size"
    ),
    "flatten for one image size": net(
        "self.conv = nn.Conv2d(3, 8, 3, padding=1)\nself.fc = nn.Linear(8 * 28 * 28, 10)",
        "return self.fc(torch.flatten(self.conv(x), 1))",
    ),
    "constants of a comparison": net(
        "if mode not in ('fast', 'slow'):\n    raise ValueError(mode)\nself.fc = nn.Linear(4, 4)",
        "return self.fc(x)",
        "mode",
    ),
    "table lookup": net("self.act = {'relu': nn.ReLU, 'gelu': nn.GELU}[kind]()", "return self.act(x)", "kind"),
    "embedding": net("self.e = nn.Embedding(7, dim)", "return self.e(tokens)", "dim", "tokens"),
    "heads divide": net(
        "assert size % parts == 0\nself.fc = nn.Linear(size, size)\nself.parts = parts",
        "return self.fc(x).view(*x.shape[:-1], self.parts, -1)",
        "size, parts",
    ),
    "list of sizes": net(
        "self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in zip(sizes[:-1], sizes[1:]))",
        "for layer in self.layers:\n    x = layer(x)\nreturn x",
        "sizes",
    ),
    "configuration": net("self.fc = nn.Linear(config.hidden_size, config.num_labels)", "return self.fc(x)", "config"),
    "two inputs of one shape": net(
        "self.fc = nn.Linear(6, 6)", "assert a.shape == b.shape\nreturn self.fc(a) + b", inputs="a, b"
    ),
    "unpacked shape": net(
        "self.p = nn.Parameter(torch.ones(1))", "b, c, h, w = x.shape\nreturn x.mean((2, 3)) * self.p"
    ),
    "list of features": net(
        "self.convs = nn.ModuleList(nn.Conv2d(8, 4, 1) for _ in range(3))",
        "return [conv(f) for conv, f in zip(self.convs, features)]",
        inputs="features",
    ),
    "a layer to wrap": net("self.fn = fn", "return self.fn(x) + x", "fn"),
    "docstring": net(
        "self.odd = odd\nassert odd == 'only this'",
        "return x * 2",
        "odd",
        doc=">>> net = Net('only this')\n>>> net(torch.rand(3))",
    ),
    "call site": net("assert table['depth'] == 3\nself.fc = nn.Linear(4, table['depth'])", "return self.fc(x)", "table")
    + "SMALL = {'depth': 3}\ndef small():\n    return Net(SMALL)\n",
    "masked attention": net(
        "self.a = nn.MultiheadAttention(dim, heads, batch_first=True)",
        "return self.a(x, x, x, key_padding_mask=~mask)[0]",
        "dim, heads",
        "x, mask",
    ),
    "inputs that the class declares": net(
        "assert True\nself.example_input_array = (torch.rand(2, 5, 7), torch.rand(3))",
        "assert x.shape[1:] == (5, 7) and y.shape == (3,)\nreturn x.sum() + y",
        inputs="x, y",
    ),
    "named inputs that the class declares": net(
        "self.fc = nn.Linear(11, 4)",
        "assert odd.shape == (1, 3, 11)\nreturn self.fc(odd)",
        inputs="*, odd",
    )
    + "    @property\n    def dummy_inputs(self):\n        return {'odd': torch.rand(1, 3, 11)}\n",
    "layer behind a name that says nothing": net("self.left = left", "return self.left(x) + x", "left"),
    "words that the message lists": net(
        "sizes = {'tiny': 4, 'huge': 8}\nif kind not in sizes:\n"
        "    raise ValueError(f'unknown kind {kind}, must be one of {\", \".join(sizes)}')\n"
        "self.fc = nn.Linear(4, sizes[kind])",
        "return self.fc(x)",
        "kind",
    ),
    "a dimension": net("self.split_dim = split_dim", "return x.softmax(self.split_dim + 1)", "split_dim"),
    "larger images": net(
        "self.net = nn.Sequential(nn.Conv2d(3, 8, 3, stride=32, padding=1), nn.InstanceNorm2d(8))",
        "return self.net(x)",
    ),
    "shape in the message": net(
        "self.p = nn.Parameter(torch.ones(4))",
        "if x.dim() != 2 or x.shape[1] != 4:\n    raise ValueError('only boxes with shape [N, 4]')\nreturn x * self.p",
    ),
    "zeros at the start": net("self.scale = nn.Parameter(torch.zeros(4))", "return x * self.scale"),
    "large default": net(
        "self.layers = nn.Sequential(*[nn.Linear(dim, dim) for _ in range(depth)])",
        "return self.layers(x)",
        "dim=64, depth=3",
    ),
}


@pytest.mark.parametrize("code", CASES.values(), ids=CASES)
def test_recipe_is_found(code: str, solve: Solve) -> None:
    found = solve(code)
    assert found.recipe is not None, found.failure and found.failure.reason
    names: dict[str, object] = {}
    exec(HEAD + code, names)
    from modlint.verify.arguments.stand_ins import Settings

    names["Settings"] = Settings
    exec(found.recipe.setup, names)
    assert isinstance(eval(found.recipe.constructor, names), torch.nn.Module)


def test_call_whose_result_depends_on_nothing_does_not_count(solve: Solve) -> None:
    found = solve(net("self.p = nn.Parameter(torch.ones(2))", "return self.p * 2"))
    assert found.recipe is None
    assert found.failure is not None
    assert found.failure.reason == "the result does not depend on the inputs that were tried"


def test_stand_ins_are_named(solve: Solve) -> None:
    found = solve(CASES["a layer to wrap"])
    assert found.recipe is not None
    assert found.recipe.stand_ins == ("fn",)


def test_reason_is_one_line(solve: Solve) -> None:
    found = solve(net("raise OSError('no such\\nfile')", "return x"))
    assert found.recipe is None
    assert found.failure is not None
    assert found.failure.reason == "OSError: no such file"
