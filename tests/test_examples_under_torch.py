"""What the rules say about torch is true: their examples run under it.

An invalid example raises what it says, or shows the damage it says; a valid one runs without an exception.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from modlint.catalogue import all_rules
from modlint.rule import Example, Rule

torch = pytest.importorskip("torch")
Executed = Callable[[str], "dict[str, object]"]

INVALID = [
    pytest.param(example, id=f"{rule.code}-{number}")
    for rule in all_rules()
    for number, example in enumerate(rule.invalid)
]
VALID = [
    pytest.param(example, id=f"{rule.code}-{number}")
    for rule in all_rules()
    for number, example in enumerate(rule.valid)
]


@pytest.fixture
def executed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Executed:
    """Run code as a file of its own in an empty folder, seeded, so that random numbers are the same each time."""
    monkeypatch.chdir(tmp_path)
    module = ModuleType("example")
    monkeypatch.setitem(sys.modules, "example", module)
    torch.manual_seed(0)

    def run(code: str) -> dict[str, object]:
        exec(compile(code, "example.py", "exec", dont_inherit=True), vars(module))
        return vars(module)

    return run


@pytest.mark.parametrize("example", [param for param in INVALID if param.values[0].raises])
def test_invalid_example_raises_what_it_says(example: Example, executed: Executed) -> None:
    with pytest.raises(Exception) as caught:  # noqa: PT011 (the message is compared below)
        executed(example.code)
    assert str(example.raises) in str(caught.value)


@pytest.mark.parametrize("example", [param for param in INVALID if param.values[0].symptom])
def test_invalid_example_has_the_symptom_it_says(example: Example, executed: Executed) -> None:
    names = executed(example.code)
    assert eval(str(example.symptom), names) is True


@pytest.mark.parametrize("example", VALID)
def test_valid_example_runs(example: Example, executed: Executed) -> None:
    executed(example.code)


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.code)
def test_invalid_examples_say_what_torch_does(rule: type[Rule]) -> None:
    for example in rule.invalid:
        assert (example.raises is None) != (example.symptom is None)
        assert example.raises is None or len(example.raises) > 10, "too short to tell one error from another"
