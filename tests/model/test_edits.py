"""Fixes on code of every form: what each makes of it, character for character."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from modlint.analysis import Analyser
from modlint.catalogue import find_rule
from modlint.diagnostics import Diagnostic
from modlint.fixing import mend
from modlint.source import Source


def fixed(code: str, text: str, folder: Path) -> tuple[str, list[str]]:
    """The text after the fixes of one rule, and why fixes were left out."""
    rule = find_rule(code)
    assert rule is not None
    analyser = Analyser([rule], folder)
    path = str(folder / "net.py")

    def check(source: Source) -> list[Diagnostic]:
        analyser.forget(path)
        return sorted(analyser.check(source), key=lambda diagnostic: diagnostic.order)

    source = Source(path, text)
    mended = mend(source, check(source), check, unsafe=True)
    return mended.source.text, [left.reason for left in mended.left_out]


HEAD = "import torch\nfrom torch import nn\nimport torch.nn.functional as F\n\n\nclass Net(nn.Module):\n"

CASES = {
    "super after a docstring": (
        "MOD101",
        '    def __init__(self):\n        """Say.\n\n        More.\n        """\n\n        self.fc = nn.Linear(2, 2)\n',
        '    def __init__(self):\n        """Say.\n\n        More.\n        """\n        super().__init__()\n\n'
        "        self.fc = nn.Linear(2, 2)\n",
    ),
    "super before comments": (
        "MOD101",
        "    def __init__(\n        self,  # the Module\n    ):  # begin\n        # layers\n\n        # one\n"
        "        self.fc = nn.Linear(2, 2)\n",
        "    def __init__(\n        self,  # the Module\n    ):  # begin\n        super().__init__()\n        # layers\n\n"
        "        # one\n        self.fc = nn.Linear(2, 2)\n",
    ),
    "super in a body on the line of the header": (
        "MOD101",
        "    def __init__(self): self.fc = nn.Linear(2, 2)  # short\n",
        "    def __init__(self): super().__init__(); self.fc = nn.Linear(2, 2)  # short\n",
    ),
    "super with a docstring on its line": (
        "MOD101",
        "    def __init__(self):\n        '''Say.'''; self.fc = nn.Linear(2, 2)\n",
        "    def __init__(self):\n        '''Say.'''; super().__init__(); self.fc = nn.Linear(2, 2)\n",
    ),
    "super in a body of tabs": (
        "MOD101",
        "\tdef __init__(self):\n\t\tself.fc = nn.Linear(2, 2)\n",
        "\tdef __init__(self):\n\t\tsuper().__init__()\n\t\tself.fc = nn.Linear(2, 2)\n",
    ),
    "super before a decorated function": (
        "MOD101",
        "    def __init__(self):\n        @torch.no_grad()\n        def init(): pass\n        self.fc = nn.Linear(2, 2)\n",
        "    def __init__(self):\n        super().__init__()\n        @torch.no_grad()\n        def init(): pass\n"
        "        self.fc = nn.Linear(2, 2)\n",
    ),
    "late super with a comment of its own stays": (
        "MOD102",
        "    def __init__(self):\n        self.fc = nn.Linear(2, 2)\n        super().__init__()  # now\n        self.x = 1\n",
        "    def __init__(self):\n        self.fc = nn.Linear(2, 2)\n        super().__init__()  # now\n        self.x = 1\n",
    ),
    "list over lines with comments": (
        "MOD301",
        "    def __init__(self):\n        super().__init__()\n        self.fcs = [  # all\n            nn.Linear(2, 2),  # one\n"
        "            nn.Linear(2, 2),\n        ]  # end\n",
        "    def __init__(self):\n        super().__init__()\n        self.fcs = nn.ModuleList([  # all\n"
        "            nn.Linear(2, 2),  # one\n            nn.Linear(2, 2),\n        ])  # end\n",
    ),
    "tuple without brackets": (
        "MOD301",
        "    def __init__(self):\n        super().__init__()\n        self.fcs = nn.Linear(2, 2), nn.Linear(2, 2)\n",
        "    def __init__(self):\n        super().__init__()\n"
        "        self.fcs = nn.ModuleList((nn.Linear(2, 2), nn.Linear(2, 2)))\n",
    ),
    "text before it that is wider in bytes": (
        "MOD301",
        "    def __init__(self):\n        super().__init__()\n        名 = 'é∑'; self.fcs = [nn.Linear(2, 2), nn.Linear(2, 2)]\n",
        "    def __init__(self):\n        super().__init__()\n"
        "        名 = 'é∑'; self.fcs = nn.ModuleList([nn.Linear(2, 2), nn.Linear(2, 2)])\n",
    ),
    "list that grows under another name afterwards stays": (
        "MOD301",
        "    def __init__(self):\n        super().__init__()\n        made = [nn.Linear(2, 2)]\n        self.fcs = made\n"
        "        made.append(nn.Linear(2, 2))\n",
        "    def __init__(self):\n        super().__init__()\n        made = [nn.Linear(2, 2)]\n        self.fcs = made\n"
        "        made.append(nn.Linear(2, 2))\n",
    ),
    "dict with a key that torch refuses stays": (
        "MOD301",
        "    def __init__(self):\n        super().__init__()\n"
        "        self.fcs = {'keys': nn.Linear(2, 2), 'b': nn.Linear(2, 2)}\n",
        "    def __init__(self):\n        super().__init__()\n"
        "        self.fcs = {'keys': nn.Linear(2, 2), 'b': nn.Linear(2, 2)}\n",
    ),
    "moved parameter with arguments": (
        "MOD204",
        "    def __init__(self, d):\n        super().__init__()\n"
        "        self.w = 2 * nn.Parameter(torch.ones(2) + 1, requires_grad=True).to(d)  # w\n",
        "    def __init__(self, d):\n        super().__init__()\n"
        "        self.w = nn.Parameter(2 * (torch.ones(2) + 1).to(d), requires_grad=True)  # w\n",
    ),
    "buffer in brackets over lines": (
        "MOD203",
        "    def __init__(self):\n        super().__init__()\n        self.m = (\n            torch.ones(2)  # why\n"
        "            + 1\n        )\n\n    def forward(self, x):\n        return x + self.m\n",
        "    def __init__(self):\n        super().__init__()\n        self.m: torch.Tensor\n"
        '        self.register_buffer("m", (\n            torch.ones(2)  # why\n            + 1\n        ), persistent=False)\n'
        "\n    def forward(self, x):\n        return x + self.m\n",
    ),
    "buffer with an annotation": (
        "MOD203",
        "    def __init__(self):\n        super().__init__()\n        self.m: 'torch.FloatTensor' = torch.ones(2)\n"
        "\n    def forward(self, x):\n        return x + self.m\n",
        "    def __init__(self):\n        super().__init__()\n        self.m: 'torch.FloatTensor'\n"
        '        self.register_buffer("m", torch.ones(2), persistent=False)\n'
        "\n    def forward(self, x):\n        return x + self.m\n",
    ),
    "dropout with a comma at the end": (
        "MOD406",
        "    def forward(self, x):\n        return F.dropout(\n            x,\n            0.5,\n        )\n",
        "    def forward(self, x):\n        return F.dropout(\n            x,\n            0.5,\n"
        "        training=self.training)\n",
    ),
    "dropout without arguments but the input, under another name of self": (
        "MOD406",
        "    def forward(this, x):\n        return F.dropout(x)\n",
        "    def forward(this, x):\n        return F.dropout(x, training=this.training)\n",
    ),
    "result assigned in brackets": (
        "MOD217",
        "    def __init__(self):\n        super().__init__()\n        self.b = (self.register_buffer('b', torch.ones(2)))\n",
        "    def __init__(self):\n        super().__init__()\n        (self.register_buffer('b', torch.ones(2)))\n",
    ),
    "negated parameter": (
        "MOD212",
        "    def __init__(self):\n        super().__init__()\n        self.b = nn.Parameter(torch.ones(2))\n\n"
        "    def forward(self, x):\n        if not self.b:\n            return x\n        return x + self.b\n",
        "    def __init__(self):\n        super().__init__()\n        self.b = nn.Parameter(torch.ones(2))\n\n"
        "    def forward(self, x):\n        if self.b is None:\n            return x\n        return x + self.b\n",
    ),
    "train without a result in a branch": (
        "MOD501",
        "    def train(self, mode=True):\n        super().train(mode)\n        if mode:\n            self.n = 1\n",
        "    def train(self, mode=True):\n        super().train(mode)\n        if mode:\n            self.n = 1\n"
        "        return self\n",
    ),
    "train without mode, typed": (
        "MOD501",
        "    def train(self) -> 'Net':\n        super().train()\n        self.n = 1\n        return self\n",
        "    def train(self, mode: bool = True) -> 'Net':\n        super().train(mode)\n        self.n = 1\n        return self\n",
    ),
}


@pytest.mark.parametrize(("code", "before", "after"), CASES.values(), ids=CASES)
def test_form(code: str, before: str, after: str, tmp_path: Path) -> None:
    text, left_out = fixed(code, HEAD + before, tmp_path)
    assert text == HEAD + after
    assert left_out == []


IMPORTS = {
    "by module": ("import torch\n", "torch.nn.Module", "torch.nn.Linear", "torch.nn.ModuleList", ""),
    "by another name": ("import torch.nn as tnn\n", "tnn.Module", "tnn.Linear", "tnn.ModuleList", ""),
    "name by name": (
        "from torch.nn import Linear, Module\n",
        "Module",
        "Linear",
        "ModuleList",
        "from torch.nn import ModuleList\n",
    ),
    "from another file of the project": (
        "from shared import Layer, Linear\n",
        "Layer",
        "Linear",
        "nn.ModuleList",
        "from torch import nn\n",
    ),
}


@pytest.mark.parametrize(("head", "base", "layer", "written", "added"), IMPORTS.values(), ids=IMPORTS)
def test_style_of_imports(head: str, base: str, layer: str, written: str, added: str, tmp_path: Path) -> None:
    (tmp_path / "shared.py").write_text("from torch.nn import Module as Layer, Linear\n")
    body = dedent(
        f"""

        class Net({base}):
            def __init__(self):
                super().__init__()
                self.fcs = [{layer}(2, 2), {layer}(2, 2)]
        """
    )
    text, _ = fixed("MOD301", head + body, tmp_path)
    listed = f"[{layer}(2, 2), {layer}(2, 2)]"
    assert text == head + added + body.replace(listed, f"{written}({listed})")


def test_name_that_is_taken_is_not_imported(tmp_path: Path) -> None:
    body = (
        "from shared import Layer, Linear\nnn = None\n\n\nclass Net(Layer):\n    def __init__(self):\n"
        "        super().__init__()\n        self.fcs = [Linear(2, 2), Linear(2, 2)]\n"
    )
    (tmp_path / "shared.py").write_text("from torch.nn import Module as Layer, Linear\n")
    assert fixed("MOD301", body, tmp_path) == (body, [])


@pytest.mark.parametrize(
    ("name", "text", "buffer"),
    [
        ("pyproject.toml", '[project]\ndependencies = ["torch>=2.5", "numpy"]\n', True),
        ("pyproject.toml", '[project]\ndependencies = ["torch >= 2.4"]\n', False),
        ("requirements.txt", "torchvision>=0.20\ntorch==2.6.0\n", True),
        ("requirements.txt", "torch\n", False),
        ("setup.py", "setup(install_requires=['torch<3,>=2.5'])\n", True),
    ],
)
def test_buffer_is_written_as_the_projects_torch_has_it(name: str, text: str, buffer: bool, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    body = "    def __init__(self):\n        super().__init__()\n        self.m = torch.ones(2)\n"
    forward = "\n    def forward(self, x):\n        return x + self.m\n"
    result, _ = fixed("MOD203", HEAD + body + forward, tmp_path)
    assert ("self.m = nn.Buffer(torch.ones(2), persistent=False)\n" in result) is buffer
    assert ('self.register_buffer("m", torch.ones(2), persistent=False)\n' in result) is not buffer
