"""The command line as its users start it: in processes of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import modlint
from modlint import cli as command_line

Write = Callable[[str, str], Path]
Run = Callable[..., "subprocess.CompletedProcess[str]"]

UNSTARTED = """\
from torch import nn


class Net(nn.Module):
    def __init__(self):
        self.fc = nn.Linear(2, 2)

    def forward(self, x):
        return self.fc(x)
"""
CLEAN = UNSTARTED.replace("    def __init__(self):\n", "    def __init__(self):\n        super().__init__()\n")
LISTED = """\
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = [nn.Linear(2, 2), nn.Linear(2, 2)]

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x
"""


def concise(run: subprocess.CompletedProcess[str]) -> list[str]:
    """Where and which of each finding of a concise report."""
    assert run.stderr == ""
    return [" ".join(line.split()[:3]) for line in run.stdout.splitlines()]


def test_clean_file_exits_with_0(write: Write, run_module: Run) -> None:
    write("net.py", CLEAN)
    run = run_module("modlint", "check", "net.py")
    assert (run.returncode, run.stdout, run.stderr) == (0, "All clear: 1 file checked.\n", "")


def test_finding_exits_with_1_and_is_shown_with_its_code(write: Write, run_module: Run) -> None:
    write("pkg/net.py", UNSTARTED)
    run = run_module("modlint", "check", "--select", "MOD101")
    headline, *rest = run.stdout.splitlines()
    assert headline.startswith("pkg/net.py:5:9 MOD101 missing-super-init [*] `Net.__init__` ")
    assert rest == [
        "5 |     def __init__(self):",
        "  |         ^^^^^^^^",
        "",
        "Found 1 problem in 1 file (1 checked).",
        "[*] 1 fixable with `--fix`.",
    ]
    assert (run.returncode, run.stderr) == (1, "")


def test_finding_is_at_its_statement(write: Write, run_module: Run) -> None:
    write("net.py", LISTED)
    run = run_module("modlint", "check", "--output-format", "concise", "--select=MOD301")
    assert concise(run) == ["net.py:7:9 MOD301 modules-in-plain-container"]


def test_exit_zero(write: Write, run_module: Run) -> None:
    write("net.py", UNSTARTED)
    run = run_module("modlint", "check", "--exit-zero", "--select", "MOD101")
    assert run.returncode == 0
    assert "MOD101" in run.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["check", "none.py"], "modlint: none.py: no such file or folder\n"),
        (["check", "--select", "QQ"], "modlint: command line: select: unknown rule `QQ`\n"),
        (["check", "--ignore", "MOD1,mod3x"], "modlint: command line: ignore: unknown rule `mod3x`"),
        (["check", "-", "a.py"], "Error: `-` (standard input) can't be combined with other paths.\n"),
        (
            ["check", "--config", "none.toml"],
            "Error: Invalid value for '--config': File 'none.toml' does not exist.\n",
        ),
        (
            ["check", "--isolated", "--config", "modlint.toml"],
            "Error: --config and --isolated exclude each other.\n",
        ),
        (["check", "--output-format", "xml"], "'xml' is not one of 'text', 'concise', 'json', 'github'.\n"),
        (["check", "--no-such"], "No such option '--no-such'"),
        (
            ["explain", "missing-supr-init"],
            "unknown rule `missing-supr-init` (did you mean `missing-super-init`?)",
        ),
    ],
)
def test_wrong_usage_exits_with_2(write: Write, run_module: Run, arguments: list[str], message: str) -> None:
    write("modlint.toml", "")
    run = run_module("modlint", *arguments)
    assert (run.returncode, run.stdout) == (2, "")
    assert message.lower() in run.stderr.lower()
    assert "Traceback" not in run.stderr


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('select = "MOD1"', "modlint: modlint.toml: select: must be a list of strings, not a string\n"),
        ("selects = []", "modlint: modlint.toml: selects: unknown key (did you mean `select`?)\n"),
        (
            'ignore = ["missing-super-int"]',
            "modlint: modlint.toml: ignore: unknown rule `missing-super-int` (did you mean `missing-super-init`?)\n",
        ),
    ],
)
def test_wrong_settings_exit_with_2(write: Write, run_module: Run, text: str, message: str) -> None:
    write("modlint.toml", text)
    write("net.py", CLEAN)
    run = run_module("modlint", "check")
    assert (run.returncode, run.stdout, run.stderr) == (2, "", message)


def test_internal_error_exits_with_3_and_the_rest_is_printed(write: Write, project: Path) -> None:
    write("net.py", UNSTARTED)
    program = (
        "from modlint.rules.missing_super_init import MissingSuperInit as Rule\n"
        "from modlint.rules.modules_in_plain_container import ModulesInPlainContainer as Other\n"
        "from modlint.__main__ import main\n"
        "def fail(self, subject): raise KeyError('gone')\n"
        "Other.check = fail\n"
        "main()\n"
    )
    arguments = ["check", "--select=MOD101,MOD301", "--output-format=concise", "--exit-zero"]
    run = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=False, cwd=project
    )
    assert [line.split()[1] for line in run.stdout.splitlines()] == ["MOD000", "MOD101"]
    assert run.returncode == 3


@pytest.mark.parametrize(
    ("exception", "status", "words"),
    [("KeyboardInterrupt", 130, "modlint: interrupted"), ("KeyError('gone')", 3, "please report it")],
)
def test_interruption_and_crash(write: Write, project: Path, exception: str, status: int, words: str) -> None:
    write("net.py", UNSTARTED)
    program = (
        "import modlint.run\n"
        "from modlint.__main__ import main\n"
        f"def fail(*_, **__): raise {exception}\n"
        "modlint.run.Checker.file = fail\n"
        "main()\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", program, "check"], capture_output=True, text=True, check=False, cwd=project
    )
    assert (run.returncode, run.stdout) == (status, "")
    assert words in run.stderr
    assert ("Traceback" in run.stderr) is (status == 3)


def test_garbage_is_not_searched_for_in_a_run(write: Write, project: Path) -> None:
    write("net.py", UNSTARTED)
    program = (
        "import gc, modlint.run\n"
        "from modlint.__main__ import main\n"
        "def seen(*_): raise modlint.run.SourceError(1, 1, f'collecting: {gc.isenabled()}')\n"
        "modlint.run.Analyser.check = seen\n"
        "main()\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", program, "check"], capture_output=True, text=True, check=False, cwd=project
    )
    assert "collecting: False" in run.stdout


def test_select_ignore_and_extend_select(write: Write, run_module: Run) -> None:
    write("a.py", UNSTARTED)
    write("b.py", LISTED)
    first, second = "a.py:5:9 MOD101 missing-super-init", "b.py:7:9 MOD301 modules-in-plain-container"
    for arguments, expected in [
        (["--select", "missing-super-init, MOD301"], [first, second]),
        (["--select", "MOD101", "--select", "MOD301"], [first, second]),
        (["--select", "MOD101", "--extend-select", "MOD301"], [first, second]),
        (["--select", "MOD101,MOD301", "--ignore", "MOD3"], [first, second]),
        (["--select", "MOD101,MOD3", "--ignore", "MOD301"], [first]),
    ]:
        assert concise(run_module("modlint", "check", "--output-format=concise", *arguments)) == expected


def test_settings_are_read_and_the_command_line_overrules_them(write: Write, run_module: Run) -> None:
    write("pyproject.toml", '[tool.modlint]\nselect = ["MOD301"]\nextend-exclude = ["old"]\n')
    write("strict.toml", 'select = ["MOD1"]\n')
    write("a.py", UNSTARTED)
    write("old/b.py", LISTED)
    write("new/b.py", LISTED)
    first, second = "a.py:5:9 MOD101 missing-super-init", "new/b.py:7:9 MOD301 modules-in-plain-container"
    for arguments, expected in [
        ([], [second]),
        (["--select", "MOD101"], [first]),
        (["--extend-select", "MOD101"], [first, second]),
        (["--config", "strict.toml"], [first]),
        (["--isolated", "--select=MOD101,MOD301"], [first, second, second.replace("new", "old")]),
        (["--exclude", "new"], []),
        (["old/b.py"], [second.replace("new", "old")]),
        (["--force-exclude", "old/b.py"], []),
    ]:
        assert concise(run_module("modlint", "check", "--output-format=concise", *arguments)) == expected


def test_per_file_ignores_and_comments(write: Write, run_module: Run) -> None:
    write("modlint.toml", 'select = ["MOD101"]\nper-file-ignores = { "tests/" = ["MOD1"] }\n')
    write("tests/a.py", UNSTARTED)
    write("b.py", UNSTARTED.replace("(self):\n", "(self):  # noqa: missing-super-init\n", 1))
    write("c.py", "# modlint: skip-file\n" + UNSTARTED)
    write("d.py", UNSTARTED.replace("(self):\n", "(self):  # noqa: E501\n", 1))
    run = run_module("modlint", "check", "--output-format=concise")
    assert concise(run) == ["d.py:5:9 MOD101 missing-super-init"]


def test_unused_noqa(write: Write, run_module: Run) -> None:
    write("net.py", CLEAN.replace("(self):\n", "(self):  # noqa: MOD101\n", 1))
    arguments = ["modlint", "check", "--output-format=concise", "--select=MOD101"]
    assert concise(run_module(*arguments)) == []
    run = run_module(*arguments, "--report-unused-noqa")
    assert run.stdout == "net.py:5:26 MOD002 unused-noqa this comment suppresses no `MOD101`\n"
    assert run.returncode == 1


def test_standard_input(write: Write, run_module: Run) -> None:
    write("modlint.toml", 'per-file-ignores = { "tests/" = ["ALL"] }\nextend-exclude = ["old"]\n')
    arguments = ["modlint", "check", "-", "--output-format=concise", "--select=MOD101"]
    assert concise(run_module(*arguments, stdin=UNSTARTED)) == ["-:5:9 MOD101 missing-super-init"]
    for name, expected in [
        ("src/net.py", ["src/net.py:5:9 MOD101 missing-super-init"]),
        ("tests/net.py", []),
        ("old/net.py", ["old/net.py:5:9 MOD101 missing-super-init"]),
    ]:
        assert concise(run_module(*arguments, "--stdin-filename", name, stdin=UNSTARTED)) == expected
    assert concise(run_module(*arguments, "--stdin-filename", "old/net.py", "--force-exclude", stdin=UNSTARTED)) == []


def test_json_and_github_and_statistics(write: Write, run_module: Run) -> None:
    write("net.py", UNSTARTED)
    write("other.py", UNSTARTED)
    arguments = ["modlint", "check", "--select=MOD101", "--output-format"]
    findings = json.loads(run_module(*arguments, "json").stdout)
    assert [(item["filename"], item["code"], item["location"]) for item in findings] == [
        ("net.py", "MOD101", {"row": 5, "column": 9}),
        ("other.py", "MOD101", {"row": 5, "column": 9}),
    ]
    first, _ = run_module(*arguments, "github").stdout.splitlines()
    assert first.startswith(
        "::error file=net.py,line=5,col=9,endLine=5,endColumn=17,title=MOD101 (missing-super-init)::"
    )
    counted = run_module(*arguments, "text", "--statistics")
    assert counted.stdout == "2 MOD101 missing-super-init\nFound 2 problems in 2 files (2 checked).\n"


def test_quiet_and_verbose_and_no_source(write: Write, run_module: Run, project: Path) -> None:
    write("net.py", UNSTARTED)
    bare = run_module("modlint", "check", "--select=MOD101", "-q", "--no-show-source")
    assert concise(bare) == ["net.py:5:9 MOD101 missing-super-init"]
    assert run_module("modlint", "check", "--select=MOD301", "-q").stdout == ""
    verbose = run_module("modlint", "check", "--select=MOD101,MOD301", "-v")
    assert verbose.stderr == f"settings: none\nproject: {project}\nrules: MOD101, MOD301\n"


def test_no_python_files(project: Path, run_module: Run) -> None:
    run = run_module("modlint", "check")
    assert (run.returncode, run.stdout) == (0, "No Python files or notebooks to check.\n")


def test_color_is_for_terminals_and_those_who_ask(write: Write, run_module: Run) -> None:
    write("net.py", UNSTARTED)
    arguments = ["modlint", "check", "--select=MOD101"]
    assert "\x1b[" not in run_module(*arguments).stdout
    assert "\x1b[31m" in run_module(*arguments, FORCE_COLOR="1").stdout
    assert "\x1b[" not in run_module(*arguments, FORCE_COLOR="1", NO_COLOR="1").stdout


def test_odd_names_and_narrow_terminals(project: Path, run_module: Run) -> None:
    (project / "größe\n層.py").write_text(UNSTARTED.replace("Net", "Größe"), encoding="utf-8")
    odd = Path(str(project / "\udcff.py"))
    odd.write_text(UNSTARTED)
    for encoding, name in [("ascii", "gr\\xf6\\xdfe\\n\\u5c64.py:"), ("utf-8", "größe\\n層.py:")]:
        run = run_module("modlint", "check", "--select=MOD101", PYTHONIOENCODING=encoding, PYTHONUTF8="0")
        assert run.stderr == ""
        assert run.stdout.startswith(name)
        assert "\\udcff.py:5:9 MOD101" in run.stdout


def test_reader_that_goes_away_is_no_crash(project: Path) -> None:
    (project / "net.py").write_text(UNSTARTED * 500, encoding="utf-8")
    run = subprocess.Popen(
        [sys.executable, "-m", "modlint", "check", "--select=MOD101"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert run.stdout is not None
    assert run.stdout.readline().startswith(b"net.py:5:9 MOD101")
    run.stdout.close()
    assert run.stderr is not None
    assert run.stderr.read() == b""
    run.stderr.close()
    assert run.wait() != 0


def test_version_and_help(run_module: Run) -> None:
    assert run_module("modlint", "--version").stdout == f"modlint {modlint.__version__}\n"
    for arguments in (["--help"], ["-h"], ["check", "--help"], ["explain", "-h"]):
        run = run_module("modlint", *arguments)
        assert (run.returncode, run.stdout[:6]) == (0, "Usage:")


def test_rules_and_explain(run_module: Run) -> None:
    table = run_module("modlint", "rules")
    assert table.returncode == 0
    assert table.stdout.splitlines()[1].split()[:4] == ["MOD101", "missing-super-init", "error", "on"]
    assert json.loads(run_module("modlint", "rules", "--output-format=json").stdout)[0]["code"] == "MOD101"
    by_code = run_module("modlint", "explain", "MOD301")
    assert by_code.stdout.startswith("# modules-in-plain-container (MOD301)\n")
    assert run_module("modlint", "explain", "modules-in-plain-container").stdout == by_code.stdout


@pytest.mark.parametrize("arguments", [["--help"], ["check", "net.py"], ["check", "-"], ["rules"], ["check", "--help"]])
def test_what_is_slow_to_load_stays_unloaded(write: Write, project: Path, arguments: list[str]) -> None:
    write("net.py", CLEAN)
    program = (
        "import sys\n"
        "from modlint.cli import run\n"
        "status = run(sys.argv[1:])\n"
        "print(status, *sorted({'torch', 'libcst', 'rich'} & set(sys.modules)), file=sys.stderr)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        input=CLEAN,
        capture_output=True,
        text=True,
        check=False,
        cwd=project,
    )
    assert run.stderr == "0\n"


def test_finding_is_reported_without_torch(write: Write, project: Path) -> None:
    write("net.py", UNSTARTED)
    program = "import sys\nsys.modules['torch'] = None\nfrom modlint.__main__ import main\nmain()\n"
    run = subprocess.run(
        [sys.executable, "-c", program, "check", "--select=MOD101", "--output-format=concise"],
        capture_output=True,
        text=True,
        check=False,
        cwd=project,
    )
    assert concise(run) == ["net.py:5:9 MOD101 missing-super-init"]


@pytest.mark.parametrize(
    "text", ["(" * 3000 + ")" * 3000, "-" * 100_000 + "1", "x" + "+x" * 100_000, "f(" * 90 + ")" * 90]
)
def test_deeply_nested_file_is_one_finding_or_none_and_the_others_are_checked(
    write: Write, run_module: Run, text: str
) -> None:
    write("deep.py", f"import torch\ny = {text}\n")
    write("net.py", UNSTARTED)
    run = run_module("modlint", "check", "--select=MOD101", "--output-format=concise")
    *deep, last = concise(run)
    assert last == "net.py:5:9 MOD101 missing-super-init"
    assert [line.split()[1] for line in deep] in ([], ["MOD001"])
    assert run.returncode == 1


def test_broken_files_are_one_finding_each(run_module: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(__file__).parents[1])
    run = run_module("modlint", "check", "--isolated", "--output-format=concise", "fixtures/broken")
    assert [line for line in concise(run) if "MOD001" in line] == [
        "fixtures/broken/null_bytes.py:3:6 MOD001 file-not-parsed",
        "fixtures/broken/syntax_error.py:4:27 MOD001 file-not-parsed",
        "fixtures/broken/unknown_encoding.py:1:1 MOD001 file-not-parsed",
        "fixtures/broken/wrong_encoding.py:1:50 MOD001 file-not-parsed",
    ]


def test_an_error_while_cleaning_up_after_ctrl_c_is_an_interruption(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> int:
        try:
            raise KeyboardInterrupt
        finally:
            {}["not recorded yet"]

    monkeypatch.setattr(command_line.cli, "main", interrupted)
    with pytest.raises(KeyboardInterrupt):
        command_line.run(["check"])
