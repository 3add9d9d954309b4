from __future__ import annotations

from pathlib import Path

import pytest

from modlint.config import Config, Selection
from modlint.errors import ConfigError
from modlint.rule import Rule
from modlint.selection import did_you_mean, ignored_reserved, selected_rules

pytestmark = pytest.mark.usefixtures("fake_rules")


def codes(*selections: Selection) -> list[str]:
    return [rule.code for rule in selected_rules(Config(Path(), selections=selections))]


def chosen(
    select: tuple[str, ...] | None = None, extend: tuple[str, ...] = (), ignore: tuple[str, ...] = ()
) -> list[str]:
    return codes(Selection("x", select, extend, ignore))


def test_default_rules_without_a_selection() -> None:
    assert codes() == ["MOD301", "MOD302"]


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ("MOD301", ["MOD301"]),
        ("mod30", ["MOD301", "MOD302"]),
        ("MOD", ["MOD101", "MOD301", "MOD302"]),
        ("ALL", ["MOD101", "MOD301", "MOD302"]),
        ("all", ["MOD101", "MOD301", "MOD302"]),
        ("listed-layers", ["MOD301"]),
        ("no-start", ["MOD101"]),
    ],
)
def test_selectors(selector: str, expected: list[str]) -> None:
    assert chosen((selector,)) == expected


def test_extend_select_adds_to_the_default() -> None:
    assert chosen(extend=("MOD101",)) == ["MOD101", "MOD301", "MOD302"]


def test_ignore_takes_from_the_default() -> None:
    assert chosen(ignore=("MOD301",)) == ["MOD302"]


def test_more_specific_selector_wins() -> None:
    assert chosen(("MOD301",), ignore=("MOD3",)) == ["MOD301"]
    assert chosen(("MOD3",), ignore=("loose-tensor",)) == ["MOD301"]
    assert chosen(("ALL",), ignore=("MOD3",)) == ["MOD101"]


def test_ignore_wins_among_equals() -> None:
    assert chosen(("MOD301",), ignore=("listed-layers",)) == []


def test_empty_select_runs_nothing() -> None:
    assert chosen(()) == []


def test_later_selection_overrules() -> None:
    file = Selection("file", ("MOD1",), ignore=("MOD301",))
    assert codes(file, Selection("command line", extend_select=("MOD301",))) == ["MOD101", "MOD301"]
    assert codes(file, Selection("command line", ("MOD3",))) == ["MOD301", "MOD302"]
    assert codes(file, Selection("command line", ignore=("MOD1",))) == []


@pytest.mark.parametrize(
    ("selection", "message"),
    [
        (Selection("f.toml", ("MOD399",)), "f.toml: select: unknown rule `MOD399` (did you mean `MOD30"),
        (
            Selection("f.toml", extend_select=("listed-layer",)),
            "f.toml: extend-select: unknown rule `listed-layer` (di",
        ),
        (Selection("f.toml", ignore=("E501",)), "f.toml: ignore: unknown rule `E501`"),
        (Selection("f.toml", ignore=("",)), "f.toml: ignore: unknown rule ``"),
    ],
)
def test_unknown_selector_is_an_error(selection: Selection, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        codes(selection)
    assert str(caught.value).startswith(message)


def test_codes_without_a_rule_can_be_ignored() -> None:
    config = Config(Path(), selections=(Selection("x", ignore=("file-not-parsed", "MOD3")),))
    assert ignored_reserved(config) == {"MOD001"}


def test_nothing_similar_gives_no_hint() -> None:
    assert did_you_mean("qqqqqqq") == ""
    assert did_you_mean("listed-layer") == " (did you mean `listed-layers`?)"


@pytest.fixture
def previewed(monkeypatch: pytest.MonkeyPatch, fake_rules: tuple[type[Rule], ...]) -> None:
    """The last of the rules is in preview."""
    monkeypatch.setattr(fake_rules[2], "preview", True)


@pytest.mark.usefixtures("previewed")
def test_rule_in_preview_runs_on_demand_only() -> None:
    assert codes() == ["MOD301"]
    assert chosen(("MOD",)) == ["MOD101", "MOD301"]
    shown = Config(Path(), selections=(Selection("x", ("MOD30",)),), preview=True)
    assert [rule.code for rule in selected_rules(shown)] == ["MOD301", "MOD302"]


@pytest.mark.usefixtures("previewed")
@pytest.mark.parametrize("name", ["MOD302", "loose-tensor"])
def test_rule_in_preview_named_without_the_setting_is_an_error(name: str) -> None:
    with pytest.raises(ConfigError, match=f"x: extend-select: `{name}` is in preview: turn on `preview` to run it"):
        chosen(extend=(name,))
