"""What the target needs and hasn't got is stubbed, only once an import has failed on it, and never run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("torch")

from modlint.config import Config
from modlint.verify.report import ClassReport
from modlint.verify.session import Options, Session, found
from modlint.verify.settings import Settings
from modlint.verify.target import Target

Write = Callable[[str, str], Path]
CODE = """\
from torch import nn
from absent_package.layers import Base, fancy
from absent_package import decorate
import broken_package
try:
    import optional_package
    HAS_OPTIONAL = True
except ImportError:
    HAS_OPTIONAL = False


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        assert not HAS_OPTIONAL
        self.fc = nn.Linear(4, 4)

    @decorate
    def forward(self, x):
        return self.fc(x)


class Child(Base, nn.Module):
    def forward(self, x):
        return x * 2


class User(nn.Module):
    def forward(self, x):
        return fancy(x)


class Broken(nn.Module):
    def forward(self, x):
        return broken_package.work(x)
"""


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, ClassReport]:
    project = tmp_path_factory.mktemp("project")
    (project / "net.py").write_text(CODE)
    broken = project / "site-packages" / "broken_package"
    broken.mkdir(parents=True)
    (broken / "__init__.py").write_text("raise RuntimeError('operator broken::op does not exist')\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(broken.parent)
        classes = found([Target(str(project / "net.py"))], Config(project))
        run = Session(classes, Options(Settings(""), codes=("MOD901",))).run()
    return {item.name: item for item in run.classes}


def test_class_that_needs_nothing_of_them_runs(reports: dict[str, ClassReport]) -> None:
    assert reports["net.Net"].outcome.outcome == "checked", reports["net.Net"].outcome.reason


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("User", "needs the package `absent_package`, which is not installed"),
        ("Broken", "needs the package `broken_package`, which cannot be imported here"),
    ],
)
def test_use_of_a_stub_says_which_package_is_needed(name: str, reason: str, reports: dict[str, ClassReport]) -> None:
    outcome = reports[f"net.{name}"].outcome
    assert (outcome.outcome, outcome.reason) == ("not-run", reason)


def test_class_with_a_stubbed_base_is_not_built(reports: dict[str, ClassReport]) -> None:
    outcome = reports["net.Child"].outcome
    assert (outcome.outcome, outcome.reason) == (
        "not-built",
        "needs the package `absent_package`, which is not installed",
    )
