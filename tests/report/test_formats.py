"""Every format, byte for byte."""

from __future__ import annotations

import json

import pytest

from modlint.diagnostics import Diagnostic, Edit, Fix, Span
from modlint.report import FORMATS, Report, Style, printable, render
from modlint.source import Source

PLAIN = Style()
FIX = Fix("Wrap it", (Edit(Span(2, 5, 2, 5), "nn.ModuleList("), Edit(Span(2, 8, 3, 1), ")\n")), unsafe="order")
LIST = Diagnostic("MOD301", "listed", "`a` is a list", "src/a.py", Span(2, 1, 2, 4), 2, fix=FIX)
OTHER = Diagnostic("MOD302", "loose", "100% loose,\nreally: yes", "src/b:1,2.py", Span(1, 3, 1, 4), 1, "warning")
AGAIN = Diagnostic("MOD301", "listed", "`b` is a list", "src/b:1,2.py", Span(1, 5, 1, 6), 1, "info")
SOURCES = {"src/a.py": Source("src/a.py", "import a\na = [1]\n"), "src/b:1,2.py": Source("b", "x y z")}
REPORT = Report((LIST, OTHER, AGAIN), 41, SOURCES)
CLEAN = Report((), 41)


def test_text() -> None:
    assert render(REPORT, "text", PLAIN) == (
        "src/a.py:2:1 MOD301 listed `a` is a list\n"
        "2 | a = [1]\n"
        "  | ^^^\n"
        "\n"
        "src/b:1,2.py:1:3 MOD302 loose 100% loose,\\nreally: yes\n"
        "1 | x y z\n"
        "  |   ^\n"
        "\n"
        "src/b:1,2.py:1:5 MOD301 listed `b` is a list\n"
        "1 | x y z\n"
        "  |     ^\n"
        "\n"
        "Found 3 problems in 2 files (41 checked).\n"
        "1 fixable with `--fix --unsafe-fixes`.\n"
    )


def test_text_without_source_and_summary() -> None:
    assert render(REPORT, "text", Style(show_source=False, summary=False)) == render(REPORT, "concise", PLAIN)


def test_text_in_color() -> None:
    assert render(Report((LIST,), 1, SOURCES), "text", Style(color=True)) == (
        "\x1b[1msrc/a.py\x1b[0m:2:1 \x1b[31m\x1b[1mMOD301\x1b[0m \x1b[31mlisted\x1b[0m `a` is a list\n"
        "\x1b[34m2 |\x1b[0m a = [1]\n"
        "\x1b[34m  |\x1b[0m \x1b[31m\x1b[1m^^^\x1b[0m\n"
        "\n"
        "Found 1 problem in 1 file (1 checked).\n"
        "1 fixable with `--fix --unsafe-fixes`.\n"
    )


def test_text_of_a_file_without_text_has_no_excerpt() -> None:
    unread = Diagnostic("MOD001", "file-not-parsed", "cannot be read", "a.py", Span(1, 1, 1, 2), 1)
    assert (
        render(Report((unread,), 1), "text", Style(summary=False)) == "a.py:1:1 MOD001 file-not-parsed cannot be read\n"
    )


@pytest.mark.parametrize(
    ("report", "line"),
    [
        (CLEAN, "All clear: 41 files checked."),
        (Report((), 1), "All clear: 1 file checked."),
        (Report((), 0), "No Python files or notebooks to check."),
        (Report((LIST,), 1), "Found 1 problem in 1 file (1 checked)."),
        (REPORT, "Found 3 problems in 2 files (41 checked)."),
    ],
)
def test_summary_line(report: Report, line: str) -> None:
    assert line in render(report, "text", PLAIN).splitlines()[-2:]


def test_concise() -> None:
    assert render(REPORT, "concise", PLAIN) == (
        "src/a.py:2:1 MOD301 listed `a` is a list\n"
        "src/b:1,2.py:1:3 MOD302 loose 100% loose,\\nreally: yes\n"
        "src/b:1,2.py:1:5 MOD301 listed `b` is a list\n"
    )
    assert render(CLEAN, "concise", PLAIN) == ""


def test_json() -> None:
    assert json.loads(render(Report((LIST, OTHER), 2), "json", PLAIN)) == [
        {
            "code": "MOD301",
            "name": "listed",
            "message": "`a` is a list",
            "filename": "src/a.py",
            "cell": None,
            "location": {"row": 2, "column": 1},
            "end_location": {"row": 2, "column": 4},
            "severity": "error",
            "verdict": None,
            "evidence": None,
            "fix": {
                "message": "Wrap it",
                "applicability": "unsafe",
                "edits": [
                    {
                        "content": "nn.ModuleList(",
                        "cell": None,
                        "location": {"row": 2, "column": 5},
                        "end_location": {"row": 2, "column": 5},
                    },
                    {
                        "content": ")\n",
                        "cell": None,
                        "location": {"row": 2, "column": 8},
                        "end_location": {"row": 3, "column": 1},
                    },
                ],
            },
            "url": None,
        },
        {
            "code": "MOD302",
            "name": "loose",
            "message": "100% loose,\nreally: yes",
            "filename": "src/b:1,2.py",
            "cell": None,
            "location": {"row": 1, "column": 3},
            "end_location": {"row": 1, "column": 4},
            "severity": "warning",
            "verdict": None,
            "evidence": None,
            "fix": None,
            "url": None,
        },
    ]
    assert render(CLEAN, "json", PLAIN) == "[]\n"


def test_json_of_a_safe_fix() -> None:
    safe = Diagnostic("MOD301", "x", "m", "a.py", Span(1, 1, 1, 2), 1, fix=Fix("Drop it", ()))
    (finding,) = json.loads(render(Report((safe,), 1), "json", PLAIN))
    assert finding["fix"] == {"message": "Drop it", "applicability": "safe", "edits": []}


def test_github() -> None:
    assert render(REPORT, "github", PLAIN) == (
        "::error file=src/a.py,line=2,col=1,endLine=2,endColumn=4,title=MOD301 (listed)::`a` is a list\n"
        "::warning file=src/b%3A1%2C2.py,line=1,col=3,endLine=1,endColumn=4,title=MOD302 (loose)"
        "::100%25 loose,%0Areally: yes\n"
        "::notice file=src/b%3A1%2C2.py,line=1,col=5,endLine=1,endColumn=6,title=MOD301 (listed)"
        "::`b` is a list\n"
    )


def test_statistics() -> None:
    assert render(REPORT, "statistics", PLAIN) == (
        "2 MOD301 listed\n1 MOD302 loose\nFound 3 problems in 2 files (41 checked).\n"
    )
    assert render(CLEAN, "statistics", Style(summary=False)) == ""


@pytest.mark.parametrize("form", [*FORMATS, "statistics"])
def test_odd_names_and_texts_can_be_printed(form: str) -> None:
    odd = Diagnostic("MOD301", "x", "\udcff \x1b[2J", "a\udcff\n\x1b.py", Span(9, 9, 9, 9), 9)
    text = render(Report((odd,), 1, {odd.filename: Source(odd.filename, "x")}), form, PLAIN)
    assert "\x1b" not in text.replace("\\x1b", "") or form == "github"
    assert text.encode("utf-8", "backslashreplace")


def test_printable_escapes_what_steers() -> None:
    assert printable("größe/a\n\x1b\u2028\udcff.py") == "größe/a\\n\\x1b\\u2028\\udcff.py"


SAFE = Diagnostic("MOD101", "started", "no start", "src/a.py", Span(1, 1, 1, 2), 1, fix=Fix("Start", FIX.edits))


@pytest.mark.parametrize(
    ("report", "style", "line"),
    [
        (Report((SAFE, LIST), 1), PLAIN, "[*] 1 fixable with `--fix` (1 more with `--fix --unsafe-fixes`)."),
        (Report((SAFE, LIST), 1), Style(unsafe=True), "[*] 2 fixable with `--fix --unsafe-fixes`."),
        (Report((SAFE,), 1), PLAIN, "[*] 1 fixable with `--fix`."),
        (Report((LIST,), 2, {}, (SAFE, SAFE)), Style(unsafe=True), "[*] 1 fixable with `--fix --unsafe-fixes`."),
        (Report((), 2, {}, (SAFE, SAFE)), PLAIN, "Fixed 2 problems in 1 file. All clear: 2 files checked."),
        (
            Report((OTHER,), 2, {}, (SAFE,)),
            PLAIN,
            "Fixed 1 problem in 1 file. Found 1 problem in 1 file (2 checked).",
        ),
    ],
)
def test_last_line_tells_of_fixes(report: Report, style: Style, line: str) -> None:
    assert render(report, "text", style).splitlines()[-1] == line


def test_marks_of_fixable_findings() -> None:
    report = Report((SAFE, LIST, OTHER), 1)
    marks = [["[*]" in line for line in render(report, "concise", Style(unsafe=u)).splitlines()] for u in (False, True)]
    assert marks == [[True, False, False], [True, True, False]]
