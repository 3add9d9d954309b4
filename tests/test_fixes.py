"""The fixes of the rules: what each makes of its examples, and that running the result shows the defect is gone."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from modlint.catalogue import all_rules
from modlint.explain import mended_example
from modlint.rule import FIXABLE, Example, Rule

FIXABLE_RULES = [rule for rule in all_rules() if rule.fixable]
EXAMPLES = [(rule, example) for rule in FIXABLE_RULES for example in rule.invalid]
REGISTERING = ("MOD201", "MOD202", "MOD203", "MOD204", "MOD205", "MOD217", "MOD301", "MOD314", "MOD315")
"""Rules whose fix registers the attribute that their message names."""
Executed = Callable[[str], "dict[str, object]"]


def label(item: object) -> str:
    return item.code if isinstance(item, type) else ""  # type: ignore[attr-defined]


@pytest.mark.parametrize("rule", all_rules(), ids=label)
def test_rule_declares_what_its_fixes_are(rule: type[Rule]) -> None:
    kinds = {
        "safe" if diagnostic.fix.unsafe is None else "unsafe"
        for example in rule.invalid
        for diagnostic in mended_example(rule, example).fixed
        if diagnostic.fix is not None
    }
    assert rule.fixable in FIXABLE
    assert ("fix" in rule.__dict__) == bool(rule.fixable)
    assert kinds <= set(rule.fixable.split(" or "))
    assert bool(kinds) == bool(rule.fixable), "a fix that no example shows"


@pytest.mark.parametrize(("rule", "example"), EXAMPLES, ids=label)
def test_no_fix_of_an_example_is_left_out(rule: type[Rule], example: Example) -> None:
    assert mended_example(rule, example).left_out == []


@pytest.fixture
def executed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Executed:
    """Run code as a file of its own, seeded, in an empty folder."""
    torch = pytest.importorskip("torch")
    monkeypatch.chdir(tmp_path)
    torch.manual_seed(0)

    def run(code: str) -> dict[str, object]:
        module = ModuleType("example")
        monkeypatch.setitem(sys.modules, "example", module)
        exec(compile(code, "example.py", "exec", dont_inherit=True), vars(module))
        return vars(module)

    return run


def wholly_mended() -> list[object]:
    found = []
    for number, (rule, example) in enumerate(EXAMPLES):
        mended = mended_example(rule, example)
        if mended.fixed and not mended.remaining:
            found.append(pytest.param(rule, example, mended, id=f"{rule.code}-{number}"))
    return found


@pytest.mark.parametrize(("rule", "example", "mended"), wholly_mended())
def test_defect_is_gone_under_torch(rule: type[Rule], example: Example, mended: object, executed: Executed) -> None:
    """What crashed runs; the symptom that was true before is false."""
    names = executed(mended.source.text)  # type: ignore[attr-defined]
    if example.symptom is not None:
        assert eval(example.symptom, names) is False


def modules_made(names: dict[str, object]) -> dict[str, object]:
    """The Modules of an example that can be made without arguments, or with a size."""
    import torch

    found = {}
    for name, value in names.items():
        if isinstance(value, type) and issubclass(value, torch.nn.Module) and value.__module__ == "example":
            for arguments in ((), (2,)):
                torch.manual_seed(0)
                try:
                    found[name] = value(*arguments)
                except TypeError:
                    continue
                break
    return found


@pytest.mark.parametrize(("rule", "example", "mended"), [p for p in wholly_mended() if p.values[0].code in REGISTERING])  # type: ignore[attr-defined]
def test_attribute_is_registered_after_the_fix(
    rule: type[Rule], example: Example, mended: object, executed: Executed
) -> None:
    """It is in ``state_dict()`` or a buffer outside it, moves with the Module, and ``forward`` gives what it gave."""
    import torch

    named = {word for d in mended.fixed for word in re.findall(r"`(?:self\.)?(\w+)`", d.message)}  # type: ignore[attr-defined]
    before = {} if example.raises else modules_made(executed(example.code))
    after = modules_made(executed(mended.source.text))  # type: ignore[attr-defined]
    bound = {
        name for name in named for module in after.values() if name in vars(module) or name in registered_names(module)
    }
    assert bound
    for name in bound:
        assert any(name in registered_names(module) for module in after.values()), name
    for name, module in after.items():
        same = [run(before.get(name)), run(module)]
        if isinstance(same[0], torch.Tensor):
            torch.testing.assert_close(same[1], same[0])
        moved = module.to(torch.float64)  # type: ignore[attr-defined]
        assert all(t.dtype == torch.float64 for t in moved.state_dict().values() if t.is_floating_point())


def registered_names(module: object) -> set[str]:
    """The attributes of a Module that are parameters, buffers or submodules, or hold some."""
    state = [*module.named_parameters(), *module.named_buffers(), *module.named_modules()]  # type: ignore[attr-defined]
    return {name.partition(".")[0] for name, _ in state}


def run(module: object) -> object:
    """What the Module makes of the first input it takes; ``None`` if it takes none of these."""
    import torch

    if module is None:
        return None
    for shape in ((2, 4), (2, 3), (2, 3, 8, 8), (4, 4), (2, 2, 8, 8)):
        torch.manual_seed(1)
        try:
            with torch.no_grad():
                return module.eval()(torch.ones(shape))  # type: ignore[attr-defined]
        except (RuntimeError, NotImplementedError, TypeError, AttributeError):
            continue
    return None


VARIANTS: dict[str, Callable[[str], str]] = {
    "line ends of Windows": lambda text: text.replace("\n", "\r\n"),
    "tabs": lambda text: re.sub(r"^(?: {4})+", lambda indent: "\t" * (len(indent[0]) // 4), text, flags=re.MULTILINE),
    "no end of the last line": lambda text: text.rstrip("\n"),
    "wide text before": lambda text: f"# é∑ 層\nNAME = '層é'\n{text}",
    "a comment on every line": lambda text: re.sub(r"(?<=[\w)\],:])$", "  # note", text, flags=re.MULTILINE),
}


@pytest.mark.parametrize("change", VARIANTS.values(), ids=VARIANTS)
@pytest.mark.parametrize(("rule", "example"), EXAMPLES, ids=label)
def test_form_of_the_file_makes_no_difference(rule: type[Rule], example: Example, change: Callable[[str], str]) -> None:
    """Fixing the changed text gives the changed fix; comments that stand in an edited place may stop a fix."""
    plain, changed = mended_example(rule, example), mended_example(rule, Example(change(example.code)))
    if "# note" in change(example.code):
        assert changed.source.text.count("# note") >= change(example.code).count("# note")
        assert len(changed.fixed) <= len(plain.fixed)
    else:
        assert changed.source.text == change(plain.source.text)
        assert len(changed.fixed) == len(plain.fixed)


@pytest.mark.parametrize("name", ["tensor-not-buffer", "dropout-without-training"])
def test_fix_that_breaks_code_which_means_what_it_says_is_unsafe(name: str) -> None:
    """A table that meets CPU tensors only fails as a buffer on a GPU; Monte Carlo dropout must drop in evaluation."""
    rule = next(r for r in FIXABLE_RULES if r.name() == name)
    fixes = [d.fix for example in rule.invalid for d in mended_example(rule, example).fixed if d.fix is not None]
    assert fixes
    assert all(fix.unsafe for fix in fixes)


@pytest.mark.parametrize("name", ["non-module-in-sequential", "exhausted-parameters"])
def test_rule_that_was_wrong_on_unseen_code_runs_only_in_preview(name: str) -> None:
    assert next(r for r in all_rules() if r.name() == name).preview
