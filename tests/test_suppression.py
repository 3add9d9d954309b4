from __future__ import annotations

import pytest

from modlint.diagnostics import Diagnostic, Span
from modlint.source import Source
from modlint.suppression import Suppressions, skips_file

pytestmark = pytest.mark.usefixtures("fake_rules")

RAN = ("MOD101", "MOD301", "MOD302")


def diagnostic(line: int, code: str = "MOD301", statement: int | None = None, end: int | None = None) -> Diagnostic:
    span = Span(line, 1, end or line, 9)
    return Diagnostic(code, "x", "message", "a.py", span, statement or line)


def silenced(text: str, found: Diagnostic) -> bool:
    return not Suppressions.of(Source("a.py", text)).remaining([found])


def unused(text: str, *found: Diagnostic, ran: tuple[str, ...] = RAN) -> list[tuple[Span, str]]:
    source = Source("a.py", text)
    suppressions = Suppressions.of(source)
    suppressions.remaining(found)
    return [(item.span, item.message) for item in suppressions.unused(source, ran)]


@pytest.mark.parametrize(
    "comment",
    [
        "# noqa",
        "#noqa",
        "# NOQA",
        "# noqa: MOD301",
        "# noqa:MOD301",
        "# noqa: mod301",
        "# noqa: MOD30",
        "# noqa: MOD3",
        "# noqa: E501, MOD301",
        "# noqa: E501 MOD301",
        "# noqa: E501,MOD301",
        "# noqa: listed-layers",
        "# noqa: Listed-Layers, E501",
        "# noqa: MOD301 because it is shared",
        "# noqa: MOD301: because it is shared",
        "# type: ignore[x]  # noqa: MOD301",
        "# noqa: E501  # noqa: MOD301",
        "# noqa: this explains something",
    ],
)
def test_comments_that_silence(comment: str) -> None:
    assert silenced(f"a = 1  {comment}\n", diagnostic(1))


@pytest.mark.parametrize(
    "line",
    [
        "a = 1",
        "a = 1  # noqa: E501",
        "a = 1  # noqa: MOD302",
        "a = 1  # noqa: E501, W291 and MOD301",
        "a = 1  # noqa: loose-tensor",
        "a = 1  # nonoqa",
        "a = '# noqa'",
        "a = '''\n# noqa\n'''",
        "a = 1\n# noqa",
    ],
)
def test_lines_that_silence_nothing(line: str) -> None:
    assert not silenced(f"{line}\n", diagnostic(1))


def test_former_name_of_a_rule_counts() -> None:
    assert silenced("a = 1  # noqa: no-start\n", diagnostic(1, "MOD101"))


def test_first_line_of_the_statement_and_last_line_of_the_span_count() -> None:
    text = "a = [  # {0}\n    b,  # {1}\n    c,  # {2}\n    d,  # {3}\n]\n"
    found = diagnostic(2, statement=1, end=4)
    for place, expected in enumerate([True, True, False, True]):
        comments = ["noqa" if index == place else "" for index in range(4)]
        assert silenced(text.format(*comments), found) is expected


def test_span_that_ends_before_a_line_does_not_reach_it() -> None:
    found = Diagnostic("MOD301", "x", "m", "a.py", Span(1, 1, 2, 1), 1)
    assert not silenced("a = 1\nb = 1  # noqa\n", found)


@pytest.mark.parametrize("text", ["a = '''\n\n'''  # noqa\n", "a = \\\n  1 + \\\n  2  # noqa\n"])
@pytest.mark.parametrize("line", [1, 2, 3])
def test_comment_behind_a_continued_line_speaks_for_all_of_it(text: str, line: int) -> None:
    assert silenced(text, diagnostic(line))


def test_internal_error_cannot_be_silenced() -> None:
    assert not silenced("a = 1  # noqa\n", diagnostic(1, "MOD000"))


def test_lines_are_those_of_ast() -> None:
    assert silenced("a = 1\r\n\x0c\rb = 1  # noqa\n", diagnostic(3))


def test_text_that_is_no_python_silences_nothing_after_the_failure() -> None:
    assert not silenced("a = (\nb  # noqa", diagnostic(1))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# modlint: skip-file\nimport torch\n", True),
        ("import torch  # modlint:skip-file\n", True),
        ("# a licence # modlint: skip-file, generated\n", True),
        ("# flake8: noqa\n", True),
        ("  # flake8: NOQA\n", True),
        ("# modlint: skip-file\na = (\n", True),
        ("a = '# modlint: skip-file'\n", False),
        ("# modlint: skip-files\n", False),
        ("# see modlint: skip-file\n", False),
        ("# flake8: noqa: E501\n", False),
        ("a = 1  # flake8: noqa\n", False),
        ("'''\n# flake8: noqa\n'''\n", False),
        ("a = 1\n", False),
    ],
)
def test_skip_file(text: str, expected: bool) -> None:
    assert skips_file(Source("a.py", text)) is expected


def test_unused_comment_is_reported_at_its_place() -> None:
    assert unused("a = 1  # noqa: MOD301 \n") == [(Span(1, 8, 1, 22), "this comment suppresses no `MOD301`")]


def test_only_the_idle_names_of_a_comment_are_reported() -> None:
    text = "a = 1  # noqa: E501, listed-layers, MOD302, MOD999\n"
    (_, message), *more = unused(text, diagnostic(1))
    assert (message, more) == ("this comment suppresses no `MOD302`, `MOD999`", [])


@pytest.mark.parametrize("comment", ["noqa", "noqa: E501", "noqa: explained", "noqa: MOD301", "noqa: MOD3, MOD301"])
def test_comments_that_are_not_reported(comment: str) -> None:
    assert unused(f"a = 1  # {comment}\n", diagnostic(1)) == []


def test_comment_for_a_rule_that_did_not_run_is_not_reported() -> None:
    assert unused("a = 1  # noqa: MOD301\n", ran=("MOD302",)) == []
    assert unused("a = 1  # noqa: MOD3\n", ran=("MOD302",)) == []
    assert len(unused("a = 1  # noqa: MOD3\n", ran=("MOD301", "MOD302"))) == 1
