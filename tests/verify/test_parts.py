"""The parts without torch: recipes, targets, candidates, verdicts, places."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from modlint.config import Config
from modlint.diagnostics import Diagnostic, Span
from modlint.verify.candidates import importable, worth_importing
from modlint.verify.given_recipes import chosen, place_of
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
from modlint.verify.recipe import Entry, Recipe, RecipeError, load_cache, save
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


def test_recipes_go_to_a_file_and_back(write: Write, project: Path) -> None:
    write("src/net.py", NET)
    (net, *_) = found([Target("src/net.py")], Config(project))
    recipe, book = Recipe("Net()", "torch.rand(2)", stand_ins=("fn",)), project / "inner" / "recipes.json"
    save(book, {place_of(net, book): Entry(net.fingerprint, recipe)})
    assert '"../src/net.py:Net"' in book.read_text()
    assert chosen(book, [net]) == {net.key: replace(recipe, origin=f"{book}:4")}
    assert list(book.parent.iterdir()) == [book]


def test_unreadable_cache_is_empty(tmp_path: Path) -> None:
    path = tmp_path / "recipes.json"
    path.write_text("{")
    assert load_cache(path) == load_cache(tmp_path / "none.json") == {}


@pytest.mark.parametrize(
    ("name", "recipe", "problem"),
    [
        ("net.py:Net", '{"constructor": "Net("}', r":3: net.py:Net: `constructor` is no Python: .*"),
        ("net.py:Net", '{"constructor": ""}', ":3: net.py:Net: `constructor` is empty"),
        ("net.py:Net", '{"constructor": "Net()", "forward": "1 +"}', r":3: net.py:Net: `forward` is no Python: .*"),
        ("net.py:Net", '{"constructor": "Net()", "setup": "import"}', r":3: net.py:Net: `setup` is no Python: .*"),
        ("net.py:Net", '{"constructor": "Net()", "args": 1}', r": recipe: is no file of recipes: .*`args`.*"),
        ("net.py:Net", '{"constructor": "Net()"', ":4: is no file of recipes: Input data was truncated"),
        ("net.py:Nope", '{"constructor": "Net()"}', ":3: net.py:Nope: there is no such class in net.py"),
        ("gone.py:Net", '{"constructor": "Net()"}', ":3: gone.py:Net: there is no such class in gone.py"),
        ("net.Nope", '{"constructor": "Net()"}', ":3: net.Nope: there is no such class"),
        ("deep.Net", '{"constructor": "Net()"}', ":3: deep.Net: names classes of several files: .*; name the file"),
    ],
)
def test_every_mistake_in_recipes_is_told(write: Write, project: Path, name: str, recipe: str, problem: str) -> None:
    for file in ("net.py", "a/deep.py", "b/deep.py"):
        write(file, NET)
    write("recipes.json", f'{{"version": 1,\n "recipes": {{\n  "{name}": {{"recipe": {recipe}}}\n}}}}')
    with pytest.raises(RecipeError, match=f"^recipes.json{problem}$"):
        chosen(Path("recipes.json"), found([Target(".")], Config(project)))


def test_recipes_for_classes_of_another_run_are_left_alone(write: Write, project: Path) -> None:
    write("net.py", NET)
    write("other.py", NET)
    names = ("other.py:Net", "other.Net", "other.Net.Inner")
    entries = ", ".join(f'"{name}": {{"recipe": {{"constructor": "Net()"}}}}' for name in names)
    write("recipes.json", f'{{"version": 1, "recipes": {{{entries}}}}}')
    assert chosen(Path("recipes.json"), found([Target("net.py")], Config(project))) == {}


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
    ("file", "module"),
    [
        ("net.py", "net"),
        ("net.v2.py", "net_v2_py_file"),
        ("01-intro.py", "_01_intro_py_file"),
        ("types.py", "types_py_file"),
        ("net.ipynb", "net_ipynb_file"),
        ("pack/types.py", "pack.types"),
        ("pack/__init__.py", "pack"),
    ],
)
def test_each_file_has_a_name_that_is_nobody_elses(write: Write, project: Path, file: str, module: str) -> None:
    write("pack/__init__.py", "")
    assert importable(str(project / file)) == (str(project), module)


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
    result = CheckResult("MOD902", "unregistered-module", FAILED, culprit=Culprit(candidate.path, "Net", "layers"))
    assert Locator([candidate]).placed(candidate, result).location == Place("net.py", 7, 9)
    method = CheckResult("MOD908", "non-finite-output", FAILED, culprit=Culprit(candidate.path, "Net", "forward"))
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
