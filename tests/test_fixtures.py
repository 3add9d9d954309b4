"""Whole projects through the command line: what is marked in them is found, no more and no less."""

from __future__ import annotations

import importlib
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType

import pytest

from modlint.catalogue import all_rules

Place = tuple[str, int, str]
Run = Callable[..., "subprocess.CompletedProcess[str]"]
Import = Callable[[str], ModuleType]

FIXTURES = Path(__file__).parent.parent / "fixtures"
BUGGY = FIXTURES / "fruit_detector"
CLEAN = FIXTURES / "fruit_detector_clean"
TUTORIAL = FIXTURES / "tutorial"
CYCLIC = FIXTURES / "cyclic"
HEADLINES = {
    *("MOD101", "MOD102", "MOD103", "MOD104", "MOD105", "MOD108", "MOD109", "MOD113"),
    *("MOD201", "MOD202", "MOD203", "MOD204", "MOD205"),
    *("MOD301", "MOD308", "MOD310", "MOD404", "MOD406"),
}
MARK = re.compile(r"# ((?:MOD\d{3}(?:, )?)+)$")


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.py"))


def marked(folder: Path) -> list[Place]:
    """The findings that the comments at the ends of lines ask for."""
    places: list[Place] = []
    for file in files(folder):
        for number, line in enumerate((folder / file).read_text(encoding="utf-8").split("\n"), start=1):
            found = MARK.search(line)
            places += [(file, number, code) for code in found[1].split(", ")] if found else []
    return places


@pytest.fixture
def findings(run_module: Run, monkeypatch: pytest.MonkeyPatch) -> Callable[[Path, str], list[Place]]:
    """What ``modlint check`` finds at a path of a folder, called there and without settings."""

    def found(folder: Path, path: str) -> list[Place]:
        monkeypatch.chdir(folder)
        run = run_module("modlint", "check", "--isolated", "--output-format", "json", path)
        items = json.loads(run.stdout)
        assert run.stderr == ""
        assert run.returncode == (1 if items else 0)
        names = [Path(folder, item["filename"]).relative_to(folder).as_posix() for item in items]
        return [(name, item["location"]["row"], item["code"]) for name, item in zip(names, items, strict=True)]

    return found


@pytest.fixture
def imports_from(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Path], Import]]:
    """Import modules of a folder, which are forgotten after the test."""
    before = set(sys.modules)

    def at(folder: Path) -> Import:
        monkeypatch.syspath_prepend(folder)
        monkeypatch.setattr(sys, "dont_write_bytecode", True)
        return importlib.import_module

    yield at
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(FIXTURES)):
            del sys.modules[name]


def alone(found: Callable[[Path, str], list[Place]], folder: Path) -> list[Place]:
    """The findings of all files of a folder, each checked in a process of its own."""
    with ThreadPoolExecutor(2) as pool:
        return [place for places in pool.map(lambda file: found(folder, file), files(folder)) for place in places]


def test_every_headline_rule_has_a_bug_in_the_project() -> None:
    assert {code for *_, code in marked(BUGGY)} >= HEADLINES


def test_twins_have_the_same_files() -> None:
    assert files(BUGGY) == files(CLEAN)
    assert marked(CLEAN) == []


def test_project_has_the_marked_findings(findings: Callable[[Path, str], list[Place]]) -> None:
    assert findings(BUGGY, ".") == marked(BUGGY)


def test_files_checked_alone_have_the_same_findings(findings: Callable[[Path, str], list[Place]]) -> None:
    assert alone(findings, BUGGY) == marked(BUGGY)


@pytest.mark.parametrize("folder", [CLEAN, TUTORIAL], ids=lambda folder: folder.name)
def test_clean_project_has_no_finding_but_the_known_bug(
    folder: Path, findings: Callable[[Path, str], list[Place]]
) -> None:
    known = [("train.py", 18, "MOD612")] if folder is TUTORIAL else []
    assert marked(folder) == known
    assert findings(folder, ".") == known
    assert alone(findings, folder) == known


def test_clean_detector_trains_all_its_parameters(imports_from: Callable[[Path], Import]) -> None:
    torch = pytest.importorskip("torch")
    load = imports_from(CLEAN)
    model, criterion = load("train").train(load("orchard").Settings(), steps=1)
    for name, parameter in [*model.named_parameters(), *criterion.named_parameters()]:
        assert parameter.grad is not None, name
        assert torch.isfinite(parameter.grad).all(), name


def test_clean_detector_is_the_same_after_saving(imports_from: Callable[[Path], Import]) -> None:
    torch = pytest.importorskip("torch")
    load = imports_from(CLEAN)
    orchard, pictures = load("orchard"), torch.rand(2, 3, 64, 64)
    first, second = (orchard.Detector(orchard.Settings()).eval() for _ in range(2))
    assert not torch.equal(first(pictures)["boxes"], second(pictures)["boxes"])
    second.load_state_dict(first.state_dict())
    assert torch.equal(first(pictures)["boxes"], second(pictures)["boxes"])
    assert first.to("meta")(pictures.to("meta"))["boxes"].device.type == "meta"


def test_clean_classifier_trains_all_its_parameters_but_its_teacher(
    imports_from: Callable[[Path], Import],
) -> None:
    torch = pytest.importorskip("torch")
    load = imports_from(CLEAN)
    settings = load("orchard.config").settings_from(["model=classifier", "width=8"])
    teacher = load("orchard").build_model(settings)
    model = load("orchard").Classifier(settings, teacher)
    pictures = torch.rand(2, 3, 64, 64)
    (model(pictures) - model.lesson(pictures)).square().sum().backward()
    assert [name for name, parameter in model.named_parameters() if parameter.grad is None] == []
    assert all(parameter.grad is None for parameter in teacher.parameters())


@pytest.mark.parametrize(
    ("module", "build", "error"),
    [
        ("orchard.layers.base", lambda load: load.Residual(None), None),
        ("orchard.layers.base", lambda load: load.Residual(load.nn.ReLU()), "cannot assign module before"),
        ("orchard.layers.conv", lambda load: load.ConvBlock(3, 8), "cannot assign module before"),
        ("orchard.layers.attention", lambda load: load.PositionEncoding(8)(None), "_backward_hooks"),
        ("orchard.layers.mlp", lambda load: load.Mlp(8, ratio=0)(None), "_backward_hooks"),
        ("orchard.models.heads", lambda load: load.BoxHead(8), "cannot assign module before"),
        ("orchard.models.heads", lambda load: load.ScoreHead(8), "takes 1 positional argument"),
        ("orchard.models.heads", lambda load: load.ClassHead(8, 2)(None), 'missing the required "forward"'),
        ("orchard.losses", lambda load: load.DiceLoss(), "super(type, obj): obj"),
    ],
)
def test_bugs_of_the_project_are_real(
    module: str, build: Callable[[ModuleType], object], error: str | None, imports_from: Callable[[Path], Import]
) -> None:
    pytest.importorskip("torch")
    loaded = imports_from(BUGGY)(module)
    if error is None:
        build(loaded)
        return
    with pytest.raises(Exception, match=re.escape(error)):
        build(loaded)


def test_lost_parameters_of_the_project_are_lost(imports_from: Callable[[Path], Import]) -> None:
    pytest.importorskip("torch")
    load = imports_from(BUGGY)
    names = {name for name, _ in load("orchard.layers").CrossAttention(8).named_parameters()}
    assert not names & {"temperature", "nothing"}
    assert list(load("orchard.models.neck").Pyramid([4, 8], 8).parameters()) == []


def test_tutorial_models_have_their_parameters(imports_from: Callable[[Path], Import]) -> None:
    torch = pytest.importorskip("torch")
    models = imports_from(TUTORIAL)("models")
    net, layer = models.SimpleNet(10, 20, 3), models.CustomLayer(10, 5)
    assert {name: tuple(parameter.shape) for name, parameter in net.named_parameters()} == {
        "fc1.weight": (20, 10),
        "fc1.bias": (20,),
        "fc2.weight": (20, 20),
        "fc2.bias": (20,),
        "output.weight": (3, 20),
        "output.bias": (3,),
    }
    shapes = {name: tuple(parameter.shape) for name, parameter in layer.named_parameters()}
    assert shapes == {"weight": (5, 10), "bias": (5,)}
    assert dict(models.CustomLayer(10, 5, bias=False).named_parameters()).keys() == {"weight"}
    assert net(torch.ones(4, 10)).shape == (4, 3)
    assert torch.allclose(layer(torch.ones(4, 10)), layer.weight.sum(dim=1))


def test_tutorial_trains_and_its_known_bug_is_there(imports_from: Callable[[Path], Import]) -> None:
    torch = pytest.importorskip("torch")
    load = imports_from(TUTORIAL)
    script, models = load("train"), load("models")
    for make, changes in ((script.plain_optimizer, True), (script.grouped_optimizer, False)):
        model = models.SimpleNet(10, 20, 3)
        before = {name: parameter.detach().clone() for name, parameter in model.named_parameters()}
        script.train(model, make(model))
        assert not torch.equal(before["fc1.weight"], model.fc1.weight)
        assert torch.equal(before["output.weight"], model.output.weight) != changes


def test_cycles_lose_no_finding_of_healthy_classes(findings: Callable[[Path, str], list[Place]]) -> None:
    found = findings(CYCLIC, ".")
    assert set(marked(CYCLIC)) <= set(found)
    assert {code for *_, code in found} <= {rule.code for rule in all_rules()}


def test_cycles_give_the_same_from_every_side(findings: Callable[[Path, str], list[Place]]) -> None:
    assert alone(findings, CYCLIC) == findings(CYCLIC, ".")
