from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from modlint.config import Config, Selection
from modlint.errors import ConfigError, PathError
from modlint.report import Report
from modlint.run import check_paths, check_text

pytestmark = pytest.mark.usefixtures("fake_analyser")

Write = Callable[[str, str], Path]
ALL = (Selection("x", ("ALL",)),)


def lines(report: Report) -> list[str]:
    return [f"{item.filename}:{item.span.line}:{item.span.column} {item.code}" for item in report.diagnostics]


def test_findings_are_sorted_by_file_and_place(write: Write, project: Path) -> None:
    write("b.py", "mod302 = mod301 = 1\nmod301 = 2\n")
    write("a.py", "\nmod301 = 1\n")
    write("c.py", "fine = 1\n")
    report = check_paths(["b.py", "."], Config(project))
    assert lines(report) == ["a.py:2:1 MOD301", "b.py:1:1 MOD302", "b.py:1:10 MOD301", "b.py:2:1 MOD301"]
    assert (report.checked, report.status) == (3, 1)
    assert sorted(report.sources) == ["a.py", "b.py"]


def test_clean_files(write: Write, project: Path) -> None:
    write("a.py", "fine = 1\n")
    assert check_paths(["."], Config(project)) == Report((), 1)
    assert check_paths(["."], Config(project)).status == 0


def test_only_selected_rules_run(write: Write, project: Path) -> None:
    write("a.py", "mod101 = mod301 = 1\n")
    assert lines(check_paths(["a.py"], Config(project))) == ["a.py:1:10 MOD301"]
    assert len(check_paths(["a.py"], Config(project, selections=ALL)).diagnostics) == 2


def test_file_that_is_not_parsed_is_one_finding_and_the_others_are_checked(write: Write, project: Path) -> None:
    write("a.py", "a = (\n")
    write("b.py", "mod301 = 1\n")
    (project / "c.py").write_bytes(b"\n\n\0")
    report = check_paths(["."], Config(project))
    assert lines(report) == ["a.py:1:5 MOD001", "b.py:1:1 MOD301", "c.py:3:1 MOD001"]
    assert report.diagnostics[0].message == "syntax error: '(' was never closed"
    assert report.diagnostics[0].name == "file-not-parsed"
    assert report.status == 1


def test_file_that_is_not_parsed_can_be_ignored(write: Write, project: Path) -> None:
    write("a.py", "a = (\n")
    write("b/a.py", "a = (\n")
    everywhere = Config(project, selections=(Selection("x", ignore=("MOD001",)),))
    assert lines(check_paths(["."], everywhere)) == []
    somewhere = Config(project, per_file_ignores=(("b/", ("file-not-parsed",)),))
    assert lines(check_paths(["."], somewhere)) == ["a.py:1:5 MOD001"]


def test_too_deep_recursion_in_the_analysis_is_a_file_not_parsed(
    write: Write, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RecursionError

    monkeypatch.setattr("modlint.run.Analyser.check", fail)
    write("a.py", "mod301 = 1\n")
    (found,) = check_paths(["."], Config(project)).diagnostics
    assert (found.code, found.message) == ("MOD001", "is nested too deeply to be checked")


def test_internal_error_sets_the_status_and_stands(write: Write, project: Path) -> None:
    write("a.py", "mod000 = mod301 = 1  # noqa\n")
    config = Config(project, selections=(Selection("x", ignore=("MOD000",)),), per_file_ignores=(("*", ("ALL",)),))
    report = check_paths(["."], config)
    assert lines(report) == ["a.py:1:1 MOD000"]
    assert report.status == 3


def test_per_file_ignores(write: Write, project: Path) -> None:
    for name in ("a.py", "tests/a.py", "tests/deep/b.py"):
        write(name, "mod301 = mod302 = 1\n")
    config = Config(project, per_file_ignores=(("tests/", ("MOD301",)), ("b.py", ("loose-tensor",))))
    assert lines(check_paths(["."], config)) == [
        "a.py:1:1 MOD301",
        "a.py:1:10 MOD302",
        "tests/a.py:1:10 MOD302",
    ]


def test_unknown_rule_in_per_file_ignores_is_an_error(project: Path) -> None:
    config = Config(project, "modlint.toml", per_file_ignores=(("*", ("MOD8",)),))
    with pytest.raises(ConfigError, match=r"^modlint\.toml: per-file-ignores: unknown rule `MOD8`"):
        check_paths(["."], config)


def test_comments_silence(write: Write, project: Path) -> None:
    write("a.py", "mod301 = 1  # noqa: MOD301\nmod302 = 1  # noqa: MOD301\n")
    write("b.py", "# modlint: skip-file\nmod301 = 1\n")
    report = check_paths(["."], Config(project))
    assert lines(report) == ["a.py:2:1 MOD302"]
    assert report.checked == 2


def test_unused_noqa_is_reported_among_the_findings(write: Write, project: Path) -> None:
    write("a.py", "mod301 = 1  # noqa: MOD301\nmod302 = 1  # noqa: MOD301\n")
    write("b.py", "fine = 1  # noqa: MOD101\n")
    report = check_paths(["."], Config(project), report_unused_noqa=True)
    assert lines(report) == ["a.py:2:1 MOD302", "a.py:2:13 MOD002"]
    both = check_paths(["."], Config(project, selections=ALL), report_unused_noqa=True)
    assert lines(both) == ["a.py:2:1 MOD302", "a.py:2:13 MOD002", "b.py:1:11 MOD002"]


def test_comment_in_a_file_with_ignores_is_used(write: Write, project: Path) -> None:
    write("a.py", "mod301 = 1  # noqa: MOD301\n")
    config = Config(project, per_file_ignores=(("a.py", ("MOD301",)),))
    assert lines(check_paths(["."], config, report_unused_noqa=True)) == []


def test_progress_hears_of_every_file(write: Write, project: Path) -> None:
    write("a.py", "")
    write("b.py", "a = (")
    heard: list[tuple[int, int]] = []
    check_paths(["."], Config(project), progress=lambda done, total: heard.append((done, total)))
    assert heard == [(1, 2), (2, 2)]


def test_exclude_and_force_exclude(write: Write, project: Path) -> None:
    write("old/a.py", "mod301 = 1\n")
    config = Config(project, exclude=("old",))
    assert check_paths(["."], config).checked == 0
    assert check_paths(["old/a.py"], config).checked == 1
    assert check_paths(["old/a.py"], config, force_exclude=True).checked == 0


def test_missing_path_is_an_error(project: Path) -> None:
    with pytest.raises(PathError):
        check_paths(["none"], Config(project))


def test_text_is_checked_under_a_name(project: Path) -> None:
    config = Config(project, exclude=("old",), per_file_ignores=(("tests/", ("MOD301",)),))
    data = b"# coding: latin-1\nmod301 = '\xe9'\n"
    report = check_text(data, str(project / "a.py"), config)
    assert lines(report) == ["a.py:2:1 MOD301"]
    assert report.sources["a.py"].lines[1] == "mod301 = 'é'"
    assert lines(check_text(data, "-", config)) == ["-:2:1 MOD301"]
    assert lines(check_text(data, "tests/a.py", config)) == []
    assert check_text(data, "old/a.py", config).checked == 1
    assert check_text(data, "old/a.py", config, force_exclude=True).checked == 0
    assert lines(check_text(b"\0", "a.py", config)) == ["a.py:1:1 MOD001"]
