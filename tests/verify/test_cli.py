"""The commands through real processes: exit codes, the text, the shape of the JSON."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("torch")

Run = Callable[..., "subprocess.CompletedProcess[str]"]
Write = Callable[[str, str], Path]

GOOD = """\
from torch import nn


class Net(nn.Module):
    def __init__(self, in_dim):
        super().__init__()
        self.fc = nn.Linear(in_dim, 2)

    def forward(self, x):
        return self.fc(x)
"""
BAD = GOOD.replace("self.fc = nn.Linear(in_dim, 2)", "self.fc = [nn.Linear(in_dim, 2)]").replace(
    "self.fc(x)", "self.fc[0](x)"
)
TUTORIAL = Path(__file__).parents[2] / "fixtures" / "tutorial" / "models.py"


def test_clean_class(write: Write, run_module: Run) -> None:
    write("net.py", GOOD)
    done = run_module("modlint", "verify", "--no-cache", "net.py")
    assert done.returncode == 0, done.stdout + done.stderr
    first, *_, counts, sandbox = done.stdout.splitlines()
    assert first == "net.py:4 Net ok: `Net(in_dim=64)` on `float32[2, 12, 64]`"
    assert counts == "1 class: 1 constructed, 1 ran; 0 checks failed; not reached: none."
    assert sandbox.startswith("Sandbox: ")


def test_bug_is_placed_at_its_assignment_and_its_finding_confirmed(write: Write, run_module: Run) -> None:
    write("net.py", BAD)
    done = run_module("modlint", "verify", "--no-cache", "--output-format", "json", "net.py")
    assert done.returncode == 1
    whole = json.loads(done.stdout)
    assert list(whole) == ["classes", "summary"]
    (item,) = whole["classes"]
    assert list(item) == [
        "class", "filename", "cell", "line", "outcome", "reason", "location", "part", "recipe", "checks", "findings"
    ]  # fmt: skip
    assert (item["class"], item["filename"], item["line"], item["outcome"]) == ("net.Net", "net.py", 4, "checked")
    assert item["recipe"]["constructor"] == "Net(in_dim=64)"
    failed = {c["code"]: c["location"] for c in item["checks"] if c["status"] == "failed"}
    assert failed["MOD902"] == {"filename": "net.py", "cell": None, "row": 7, "column": 9}
    (finding,) = item["findings"]
    assert (finding["code"], finding["verdict"], finding["location"]["row"]) == ("MOD301", "confirmed", 7)
    assert whole["summary"]["classes"] == whole["summary"]["constructed"] == whole["summary"]["forward_ok"] == 1


def test_github_format(write: Write, run_module: Run) -> None:
    write("net.py", BAD)
    done = run_module("modlint", "verify", "--no-cache", "--output-format", "github", "net.py")
    assert "::error file=net.py,line=7,col=9," in done.stdout
    assert "title=MOD902 (unregistered-module)::" in done.stdout


def test_select_and_ignore_choose_checks(write: Write, run_module: Run) -> None:
    write("net.py", BAD)
    only = run_module("modlint", "verify", "--no-cache", "--select", "MOD909", "net.py")
    assert only.returncode == 0, only.stdout
    without = run_module("modlint", "verify", "--no-cache", "--ignore", "MOD902", "-q", "net.py")
    assert "MOD902" not in without.stdout


def test_class_that_cannot_be_built_fails_only_when_strict(write: Write, run_module: Run) -> None:
    write("net.py", GOOD.replace("super().__init__()", "super().__init__()\n        raise OSError('no weights')"))
    write("good.py", GOOD)
    done = run_module("modlint", "verify", "--no-cache", "net.py", "good.py")
    assert done.returncode == 0
    assert "Net not-built: OSError: no weights" in done.stdout
    assert "Not verified: 1 of 2.\n    1 not-built: OSError: no weights (Net)\n" in done.stdout
    assert run_module("modlint", "verify", "--no-cache", "--strict", "net.py", "good.py").returncode == 1


def test_unknown_target(project: Path, run_module: Run) -> None:
    done = run_module("modlint", "verify", "nowhere.py")
    assert (done.returncode, done.stderr) == (2, "modlint: nowhere.py: no such file, folder, package or class\n")


def test_one_class_of_a_package(write: Write, run_module: Run) -> None:
    write("pack/__init__.py", "")
    write("pack/net.py", GOOD + "\n\nclass Other(Net):\n    pass\n")
    done = run_module("modlint", "verify", "--no-cache", "pack.net:Net")
    assert done.returncode == 0, done.stderr
    assert "1 class:" in done.stdout


def test_recipes_are_written_and_used(write: Write, run_module: Run, project: Path) -> None:
    write("net.py", GOOD)
    assert run_module("modlint", "verify", "--no-cache", "--write-recipes", "recipes.json", "net.py").returncode == 0
    path = project / "recipes.json"
    path.write_text(path.read_text().replace("in_dim=64", "in_dim=7").replace("12, 64", "5, 7"))
    done = run_module("modlint", "verify", "--no-cache", "--recipes", "recipes.json", "net.py")
    assert "`Net(in_dim=7)` on `float32[2, 5, 7]`" in done.stdout


def test_second_run_uses_what_the_first_found(write: Write, run_module: Run, project: Path) -> None:
    write("net.py", GOOD)
    cache = str(project / "cache")
    for _ in range(2):
        done = run_module("modlint", "verify", "--output-format", "json", "net.py", XDG_CACHE_HOME=cache)
    assert json.loads(done.stdout)["classes"][0]["recipe"]["constructor"] == "Net(in_dim=64)"
    assert list((project / "cache" / "modlint").glob("recipes-*.json"))


def test_check_verify_says_a_verdict_on_each_finding(write: Write, run_module: Run) -> None:
    write("net.py", BAD)
    done = run_module("modlint", "check", "--verify", "--output-format", "concise", "net.py")
    assert done.returncode == 1
    assert "net.py:7:9 MOD301" in done.stdout
    assert "[confirmed: `forward` calls `self.fc[0]`" in done.stdout


def test_inspect_shows_what_torch_has(project: Path, run_module: Run) -> None:
    simple = run_module("modlint", "inspect", f"{TUTORIAL}:SimpleNet(10, 20, 2)").stdout
    shown = [line.strip() for line in simple.splitlines() if re.search(r": (Linear|ReLU|parameter)", line)]
    assert shown == [
        "fc1: Linear",
        "weight: parameter float32[20, 10] on cpu, 200 values",
        "bias: parameter float32[20] on cpu, 20 values",
        "fc2: Linear",
        "weight: parameter float32[20, 20] on cpu, 400 values",
        "bias: parameter float32[20] on cpu, 20 values",
        "output: Linear",
        "weight: parameter float32[2, 20] on cpu, 40 values",
        "bias: parameter float32[2] on cpu, 2 values",
        "relu: ReLU",
    ]
    assert "parameters: 682 (682 trained) in 6 tensors" in simple
    custom = run_module("modlint", "inspect", f"{TUTORIAL}:CustomLayer(3, 2)").stdout
    assert "  weight: parameter float32[2, 3] on cpu, 6 values" in custom
    assert "  bias: parameter float32[2] on cpu, 2 values" in custom
    assert "  _parameters: weight, bias" in custom


def test_inspect_tells_buffers_hooks_and_what_an_optimizer_misses(write: Write, run_module: Run) -> None:
    write(
        "net.py",
        "import torch\nfrom torch import nn\n\n\nclass Net(nn.Module):\n    def __init__(self):\n"
        "        super().__init__()\n        self.register_buffer('calls', torch.tensor(0), persistent=False)\n"
        "        self.layers = [nn.Linear(2, 2)]\n        self.register_forward_hook(print)\n",
    )
    shown = run_module("modlint", "inspect", "net.py:Net").stdout
    assert "calls: buffer int64[] on cpu, 1 values, not persistent" in shown
    assert "_non_persistent_buffers_set: calls" in shown
    assert "_forward_hooks: empty" not in shown
    assert "self.layers[0] of Net: 6 values" in shown


def test_tutorial_is_clean(project: Path, run_module: Run) -> None:
    done = run_module("modlint", "verify", "--no-cache", str(TUTORIAL))
    assert done.returncode == 0, done.stdout
    assert "2 classes: 2 constructed, 2 ran; 0 checks failed" in done.stdout


def test_without_torch_one_line_says_what_to_install(write: Write, project: Path) -> None:
    write("net.py", GOOD)
    code = (
        "import importlib.util, sys\n"
        "plain = importlib.util.find_spec\n"
        "importlib.util.find_spec = lambda name, *a: None if name == 'torch' else plain(name, *a)\n"
        "from modlint.__main__ import main\n"
        "sys.argv = ['modlint', 'verify', 'net.py']\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == 'modlint: running models needs torch: pip install "modlint[verify]"\n'


def test_nothing_but_the_worker_imports_torch(write: Write, project: Path) -> None:
    write("net.py", BAD)
    code = (
        "import sys\n"
        "from modlint import cli, cli_verify, pytest_plugin, testing\n"
        "from modlint.verify import catalogue, session, verdicts, locating, inspection, pool\n"
        "catalogue.all_checks()\n"
        "from modlint.cli import cli\n"
        "cli.main(['verify', '--no-cache', 'net.py'], standalone_mode=False)\n"
        "print('torch' in sys.modules, file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.strip().splitlines()[-1] == "False", done.stderr
    assert "MOD902" in done.stdout


@pytest.mark.parametrize("command", ["verify", "inspect"])
def test_class_that_is_not_in_the_file(command: str, write: Write, run_module: Run) -> None:
    write("net.py", GOOD)
    done = run_module("modlint", command, "net.py:Nope")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "modlint: net.py:Nope: no such file, folder, package or class\n"


def test_recipes_that_cannot_be_written_are_refused_before_the_run(write: Write, run_module: Run) -> None:
    write("net.py", GOOD)
    done = run_module("modlint", "verify", "--no-cache", "--write-recipes", "net.py/recipes.json", "net.py")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "modlint: net.py/recipes.json: cannot be written: file exists\n"


def test_pytest_is_told_of_a_target_that_is_not_there(write: Write, run_module: Run) -> None:
    write("test_net.py", "def test(): ...\n")
    done = run_module("pytest", "-p", "no:cacheprovider", "--modlint-verify", "no/such", "test_net.py")
    assert done.returncode == 4
    assert "ERROR: --modlint-verify: no/such: no such file, folder, package or class" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_file_that_cannot_be_parsed_is_named(write: Write, run_module: Run) -> None:
    write("bad.py", "import torch\nclass (:\n")
    write("net.py", GOOD)
    done = run_module("modlint", "verify", "--no-cache", "-q", "bad.py", "net.py")
    assert done.stderr == "modlint: bad.py:2: syntax error: invalid syntax\n"
    assert done.returncode == 1


@pytest.mark.parametrize("command", [("verify", "--jobs", "2", "net.py"), ("inspect", "net.py:Net")])
def test_torch_that_cannot_be_imported_is_said_once(
    command: tuple[str, ...], write: Write, run_module: Run, project: Path
) -> None:
    write("net.py", GOOD + "\n\nclass Other(nn.Module):\n    def forward(self, x):\n        return x\n")
    write("broken/torch/__init__.py", "raise ImportError('libcudart.so.12: cannot open shared object file')\n")
    done = run_module("modlint", *command, PYTHONPATH=str(project / "broken"))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "modlint: the process that runs models does not start: "
        "ImportError: libcudart.so.12: cannot open shared object file\n"
    )


def test_arguments_that_are_no_python(write: Write, run_module: Run) -> None:
    write("net.py", GOOD)
    done = run_module("modlint", "inspect", "net.py:Net(dim=")
    assert (done.returncode, done.stdout) == (2, "")
    assert "`(dim=` are no arguments of a call" in done.stderr
