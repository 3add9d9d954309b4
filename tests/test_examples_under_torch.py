"""What the rules say about torch is true: their examples run under it.

An invalid example raises what it says, or shows the damage it says; a valid one runs without an exception.
"""

from __future__ import annotations

import pytest

from modlint.catalogue import all_rules
from modlint.rule import Example, Rule

torch = pytest.importorskip("torch")

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


@pytest.fixture(autouse=True)
def same_numbers() -> None:
    """Seed torch, so that an example that compares random numbers always sees the same."""
    torch.manual_seed(0)


def executed(code: str) -> dict[str, object]:
    """The names that running the code as a file of its own leaves behind."""
    names: dict[str, object] = {"__name__": "example"}
    exec(compile(code, "example.py", "exec"), names)
    return names


@pytest.mark.parametrize("example", [param for param in INVALID if param.values[0].raises])
def test_invalid_example_raises_what_it_says(example: Example) -> None:
    with pytest.raises(Exception) as caught:  # noqa: PT011 (the message is compared below)
        executed(example.code)
    assert example.raises in str(caught.value)


@pytest.mark.parametrize("example", [param for param in INVALID if param.values[0].symptom])
def test_invalid_example_has_the_symptom_it_says(example: Example) -> None:
    names = executed(example.code)
    assert eval(str(example.symptom), names) is True


@pytest.mark.parametrize("example", VALID)
def test_valid_example_runs(example: Example) -> None:
    executed(example.code)


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.code)
def test_invalid_examples_say_what_torch_does(rule: type[Rule]) -> None:
    for example in rule.invalid:
        assert (example.raises is None) != (example.symptom is None)
        assert example.raises is None or len(example.raises) > 15, "too short to tell one error from another"
