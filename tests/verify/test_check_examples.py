"""Every check finds what its bad examples mark, and nothing in its good ones."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from modlint.rule import Example

torch = pytest.importorskip("torch")

from modlint.model.index import Index  # noqa: E402
from modlint.verify.candidates import candidates  # noqa: E402
from modlint.verify.catalogue import all_checks  # noqa: E402
from modlint.verify.check import Check  # noqa: E402
from modlint.verify.locating import Locator  # noqa: E402
from modlint.verify.outcome import FAILED, NOTED, CheckResult, Job  # noqa: E402
from modlint.verify.settings import Settings  # noqa: E402
from modlint.verify.worker import verify  # noqa: E402

Verified = Callable[[type[Check], Example], "list[CheckResult]"]


def _params(kind: str) -> list[object]:
    found = []
    for check in all_checks():
        marks = []
        if check.device == "cuda":
            marks = [
                pytest.mark.gpu,
                pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU that torch can use"),
            ]
        for number, example in enumerate(getattr(check, kind)):
            found.append(pytest.param(check, example, id=f"{check.code}-{number}", marks=marks))
    return found


@pytest.fixture
def verified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Verified:
    def run(check: type[Check], example: Example) -> list[CheckResult]:
        path = tmp_path / "example.py"
        path.write_text(example.code, encoding="utf-8")
        spec = importlib.util.spec_from_file_location("example", path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, "example", module)
        spec.loader.exec_module(module)
        found = list(candidates([str(path)], Index(tmp_path)))
        job = Job("example", "Net", str(path), str(path), 1, "example", str(tmp_path), codes=(check.code,))
        outcome = verify(job, Settings(str(tmp_path), device=check.device or "cpu"), lambda _: None)
        locator = Locator(found)
        return [locator.placed(found[0], result) for result in outcome.checks if result.code == check.code]

    return run


@pytest.mark.parametrize(("check", "example"), _params("invalid"))
def test_finds_the_marked_line(check: type[Check], example: Example, verified: Verified) -> None:
    marked = [n for n, line in enumerate(example.code.split("\n"), 1) if re.search(rf"# {check.code}\b", line)]
    bad = [result for result in verified(check, example) if result.status in (FAILED, NOTED)]
    assert [result.location.line for result in bad if result.location] == marked


@pytest.mark.parametrize(("check", "example"), _params("valid"))
def test_is_silent_on_good_code(check: type[Check], example: Example, verified: Verified) -> None:
    results = verified(check, example)
    assert [result.message for result in results if result.status in (FAILED, NOTED)] == []
    assert results or check.code == "MOD919"


HARMLESS = {
    "MOD908": """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)

    def forward(self, distances):
        return self.fc(distances.log())
""",
    "MOD901": """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)
        self.chances = torch.ones(2)

    def forward(self, x):
        for _ in range(int(torch.multinomial(self.chances, 1))):
            x = self.fc(x)
        return self.fc(x)
""",
    "MOD910": """
import torch
from torch import nn

class Net(nn.Module):
    '''
    >>> net = Net()
    >>> net(torch.rand(3, 4), fit=True)
    '''

    def __init__(self):
        super().__init__()
        self.register_buffer("mean", torch.zeros(4))

    def forward(self, x, fit=False):
        if fit:
            self.mean = x.mean(0)
        return x - self.mean
""",
}


@pytest.mark.parametrize("code", HARMLESS)
def test_what_does_no_harm_or_was_asked_for_is_a_note(code: str, verified: Verified) -> None:
    check = next(check for check in all_checks() if check.code == code)
    assert [result.status for result in verified(check, Example(HARMLESS[code]))] == [NOTED]
