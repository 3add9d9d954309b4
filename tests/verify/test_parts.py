"""The parts without torch: recipes, targets, candidates, verdicts, places."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from modlint.config import Config
from modlint.diagnostics import Diagnostic, Span
from modlint.verify.candidates import importable, worth_importing
from modlint.verify.locating import Locator
from modlint.verify.outcome import (
    CHECKED,
    FAILED,
    NOT_BUILT,
    NOT_RUN,
    PASSED,
    RETURNS_NOTHING,
    CheckResult,
    Culprit,
    Observation,
    Outcome,
    Place,
    Suspicion,
)
from modlint.verify.recipe import Entry, Recipe, RecipeError, load, load_cache, save, source_key
from modlint.verify.session import found
from modlint.verify.target import Target, TargetError, resolve
from modlint.verify.verdicts import judged, suspicion

Write = Callable[[str, str], Path]
NET = """\
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = [nn.Linear(2, 2)]

    def forward(self, x):
        return self.layers[0](x)

    class Inner(nn.Module):
        def forward(self, x):
            raise NotImplementedError


def make():
    class Local(nn.Module):
        def forward(self, x):
            return x
    return Local()
"""


def test_recipes_go_to_a_file_and_back(tmp_path: Path) -> None:
    entries = {"net.Net": Entry(source_key("class Net: ..."), Recipe("Net()", "torch.rand(2)", stand_ins=("fn",)))}
    save(tmp_path / "inner" / "recipes.json", entries)
    assert load(tmp_path / "inner" / "recipes.json") == entries
    assert list(tmp_path.rglob("*")) == [tmp_path / "inner", tmp_path / "inner" / "recipes.json"]


def test_unreadable_cache_is_empty_and_unreadable_recipes_are_an_error(tmp_path: Path) -> None:
    path = tmp_path / "recipes.json"
    path.write_text("{")
    assert load_cache(path) == load_cache(tmp_path / "none.json") == {}
    with pytest.raises(RecipeError, match="is no file of recipes"):
        load(path)


def test_targets(write: Write) -> None:
    path = write("src/pack/net.py", NET)
    write("src/pack/__init__.py", "")
    assert resolve("src/pack/net.py") == Target("src/pack/net.py")
    assert resolve("src/pack/net.py:Net") == Target("src/pack/net.py", "Net")
    assert resolve("pack") == Target(str(path.parent))
    assert resolve("pack.net:Net.Inner") == Target(str(path), "Net.Inner")
    with pytest.raises(TargetError, match=r"^pack\.nothing: no such file, folder, package or class$"):
        resolve("pack.nothing")


def test_candidates_with_their_import_names_and_why_some_are_skipped(write: Write, project: Path) -> None:
    write("src/pack/__init__.py", "")
    path = write("src/pack/net.py", NET)
    classes = found([Target("src")], Config(project))
    assert [(c.name, c.root, c.skip) for c in classes] == [
        ("pack.net.Net", str(project / "src"), ""),
        ("pack.net.Net.Inner", str(project / "src"), "leaves `forward` to its subclasses"),
        ("pack.net.make.Local", str(project / "src"), "is defined inside a function"),
    ]
    assert importable(str(path)) == (str(project / "src"), "pack.net")


@pytest.mark.parametrize(
    ("name", "worth"),
    [
        ("a/net.py", True),
        ("a/tests/net.py", False),
        ("test_net.py", False),
        ("a/__main__.py", False),
        ("setup.py", False),
    ],
)
def test_scripts_and_tests_are_not_imported(name: str, worth: bool, tmp_path: Path) -> None:
    assert worth_importing(str(tmp_path / name), str(tmp_path)) is worth


def test_attribute_is_placed_at_its_assignment(write: Write, project: Path) -> None:
    write("net.py", NET)
    candidate = found([Target("net.py")], Config(project))[0]
    result = CheckResult("MOD902", "unregistered-module", FAILED, culprit=Culprit("net", "Net", "layers"))
    assert Locator([candidate]).placed(candidate, result).location == Place("net.py", 7, 9)
    method = CheckResult("MOD908", "non-finite-output", FAILED, culprit=Culprit("net", "Net", "forward"))
    assert Locator([candidate]).placed(candidate, method).location == Place("net.py", 9, 5)


def test_subject_of_a_finding_is_the_attribute_that_its_line_binds(write: Write, project: Path) -> None:
    write("net.py", NET)
    candidate = found([Target("net.py")], Config(project))[0]
    diagnostic = Diagnostic("MOD301", "modules-in-plain-container", "…", "net.py", Span(7, 9, 7, 40), 7)
    assert suspicion(diagnostic, candidate) == Suspicion("MOD301", "net.py", 7, 7, "layers")


LIST = Suspicion("MOD301", "net.py", 7, 7, "layers")
RAN = Outcome(CHECKED, recipe=Recipe("Net(fn=nn.Identity())", stand_ins=("fn",)))


def verdict(
    observation: Observation, *checks: CheckResult, outcome: Outcome = RAN, text: str = "", of: Suspicion = LIST
) -> str:
    return judged(of, observation, outcome, checks, text).verdict


def test_check_at_the_same_line_or_attribute_confirms() -> None:
    by_line = CheckResult("MOD902", "n", FAILED, "lost", location=Place("net.py", 7))
    by_name = CheckResult("MOD902", "n", FAILED, "lost", culprit=Culprit(attribute="layers"))
    other = CheckResult("MOD902", "n", FAILED, "lost", culprit=Culprit(attribute="others"), location=Place("net.py", 9))
    assert verdict(Observation(), by_line) == verdict(Observation(), by_name) == "confirmed"
    assert verdict(Observation(), other) == "not-reached"


def test_registries_confirm_and_refute() -> None:
    assert verdict(Observation(True, "", "plain list of unregistered modules")) == "confirmed"
    assert verdict(Observation(True, "", "registered module")) == "refuted"
    assert verdict(Observation(False, "", "registered module")) == "not-reached"


def test_stand_in_never_refutes_a_finding_about_it() -> None:
    seen = Observation(True, "", "registered module")
    assert verdict(seen, text="self.layers = fn") == "not-reached"
    assert verdict(seen, text="self.layers = other") == "refuted"


def test_crash_confirms_what_foretold_it() -> None:
    crash = CheckResult("MOD919", "always-fails", FAILED, "cannot assign module before Module.__init__() call")
    broken = Outcome(NOT_BUILT, "AttributeError")
    assert verdict(Observation(), crash, outcome=broken, of=Suspicion("MOD101", "net.py", 5, 5)) == "confirmed"
    assert verdict(Observation(), outcome=broken, of=Suspicion("MOD101", "net.py", 5, 5)) == "not-reached"


def test_what_became_of_the_attribute_or_of_the_call_confirms() -> None:
    emptied = Suspicion("MOD217", "net.py", 5, 5, "scale")
    assert verdict(Observation(True, "", "None"), of=emptied) == "confirmed"
    assert verdict(Observation(True, "", "registered buffer"), of=emptied) == "not-reached"
    silent = Outcome(NOT_RUN, RETURNS_NOTHING)
    assert verdict(Observation(True), outcome=silent, of=Suspicion("MOD401", "net.py", 9, 9)) == "confirmed"
    assert verdict(Observation(True), outcome=silent, of=Suspicion("MOD403", "net.py", 9, 9)) == "not-reached"


def test_line_that_ran_in_peace_refutes_only_where_a_check_would_have_spoken() -> None:
    ran = Observation(line_ran=True)
    passed = CheckResult("MOD903", "n", PASSED)
    assert verdict(ran, passed, of=Suspicion("MOD308", "net.py", 9, 9)) == "refuted"
    assert (
        verdict(ran, passed, of=Suspicion("MOD308", "net.py", 9, 9), text="y = nn.Linear(4, 4)(y) if y else x")
        == "not-reached"
    )
    assert verdict(ran, of=Suspicion("MOD308", "net.py", 9, 9)) == "not-reached"
    assert verdict(ran, of=Suspicion("MOD310", "net.py", 9, 9)) == "refuted"
    assert verdict(ran, of=Suspicion("MOD506", "net.py", 9, 9)) == "not-reached"
