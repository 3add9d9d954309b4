"""Nothing is "ok" or "all clear" that wasn't looked at: each case through the command that people use."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

from modlint.verify import slicing

Run = Callable[..., "subprocess.CompletedProcess[str]"]
Write = Callable[[str, str], Path]
VERIFY = ("modlint", "verify", "--no-cache")

GOOD = """\
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)

    def forward(self, x):
        return self.fc(x)
"""
BAD = GOOD.replace("nn.Linear(4, 4)", "[nn.Linear(4, 4)]").replace("self.fc(x)", "self.fc[0](x)")
UNBUILT = GOOD.replace("super().__init__()", "super().__init__()\n        raise OSError('no weights')")


def outcomes(done: subprocess.CompletedProcess[str]) -> dict[str, list[str]]:
    """By file and class, the outcome and the codes of the checks that failed."""
    found = {}
    for item in json.loads(done.stdout)["classes"]:
        failed = [c["code"] for c in item["checks"] if c["status"] == "failed"]
        found[f"{item['filename']}:{item['class'].rpartition('.')[2]}"] = [item["outcome"], *failed]
    return found


def lesson(*cells: str) -> str:
    made = [{"cell_type": "code", "metadata": {}, "source": text.splitlines(keepends=True)} for text in cells]
    return json.dumps({"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


class TestEqualNames:
    @pytest.mark.parametrize(("order", "jobs"), [(("x", "y"), "1"), (("y", "x"), "1"), ((".",), "2")])
    def test_files_of_one_name_do_not_meet(
        self, write: Write, run_module: Run, project: Path, order: tuple[str, ...], jobs: str
    ) -> None:
        write("x/model.py", "from part import Net\n" + BAD.replace("class Net", "class Other"))
        write("x/part.py", BAD)
        write("y/model.py", GOOD.replace("class Net", "class Other"))
        write("y/part.py", GOOD)
        environment = {"XDG_CACHE_HOME": str(project / "cache")}
        for _ in range(2):  # the second time with the recipes of the first
            done = run_module("modlint", "verify", "--output-format=json", "--jobs", jobs, *order, **environment)
            assert outcomes(done) == {
                "x/model.py:Other": ["checked", "MOD902"],
                "x/part.py:Net": ["checked", "MOD902"],
                "y/model.py:Other": ["checked"],
                "y/part.py:Net": ["checked"],
            }

    def test_pytest_has_a_test_for_each(self, write: Write, run_module: Run) -> None:
        write("x/model.py", BAD)
        write("y/model.py", GOOD)
        targets = ("--modlint-verify", "x", "--modlint-verify", "y")
        lines = run_module("pytest", "-p", "no:cacheprovider", "-rA", *targets).stdout.splitlines()
        assert any(line.startswith("FAILED ::modlint-verify::x/model.py::Net - MOD902 ") for line in lines)
        assert "PASSED ::modlint-verify::y/model.py::Net" in lines

    def test_recipes_name_the_file(self, write: Write, run_module: Run, project: Path) -> None:
        for folder, size in (("x", 3), ("y", 5)):
            write(f"{folder}/model.py", GOOD.replace("4, 4", f"{size}, 4"))
        assert run_module(*VERIFY, "--write-recipes", "recipes.json", ".").returncode == 0
        book = json.loads((project / "recipes.json").read_text())["recipes"]
        assert sorted(book) == ["x/model.py:Net", "y/model.py:Net"]
        done = run_module(*VERIFY, "--recipes", "recipes.json", ".")
        assert "float32[2, 12, 3]" in done.stdout
        assert "float32[2, 12, 5]" in done.stdout

    @pytest.mark.parametrize(
        "name", ["net.v2.py", "01-intro.py", "my net.py", "models/types.py", "a.b/__init__.py", "a-b/net.py"]
    )
    def test_any_file_name_works(self, write: Write, run_module: Run, name: str) -> None:
        write(name, BAD)
        write("a-b/__init__.py", "")
        assert outcomes(run_module(*VERIFY, "--output-format=json", name)) == {f"{name}:Net": ["checked", "MOD902"]}

    def test_a_package_whose_folder_is_no_identifier_imports_its_parts(self, write: Write, run_module: Run) -> None:
        write("a-b/__init__.py", "")
        write("a-b/part.py", "WIDTH = 4\n")
        write("a-b/net.py", "from .part import WIDTH\n" + GOOD.replace("4, 4", "WIDTH, 4"))
        assert outcomes(run_module(*VERIFY, "--output-format=json", "a-b/net.py")) == {"a-b/net.py:Net": ["checked"]}

    def test_a_module_of_a_folder_above_is_found(self, write: Write, run_module: Run) -> None:
        write("sizes.py", "WIDTH = 4\n")
        write("models/net.py", "from sizes import WIDTH\n" + GOOD.replace("4, 4", "WIDTH, 4"))
        assert outcomes(run_module(*VERIFY, "--output-format=json", "models")) == {"models/net.py:Net": ["checked"]}


TRAINING = """

net = Net()
for step in range(10 ** 9):
    net(torch.rand(2, 4)).sum().backward()
"""
COMMAND_LINE = """\
import argparse
parser = argparse.ArgumentParser()
parser.add_argument("--width", type=int, default=6)
args = parser.parse_args()
"""


class TestScripts:
    @pytest.mark.parametrize(
        ("code", "reason"),
        [
            ("import torch\n" + GOOD + TRAINING, "importing it would run a script"),
            ("import torch\n" + GOOD + "\ndef main():" + TRAINING.replace("\n", "\n    ") + "\nmain()", "importing it would run a script"),
            (COMMAND_LINE + GOOD.replace("4, 4", "args.width, 4"), "importing it would run a script"),
            ("name = input()\n" + GOOD, "importing it would run a script"),
            (GOOD + "\nopen('missing.csv')\n", "importing it fails: FileNotFoundError: [Errno 2] No such file or directory: 'missing.csv' (line 12)"),
            (GOOD + "\nraise SystemExit(3)\n", "importing it fails: SystemExit: 3 (line 12)"),
            (GOOD + "\nimport os\nos._exit(3)\n", "importing it ends the process"),
        ],
    )  # fmt: skip
    def test_the_definitions_of_a_script_are_verified(
        self, write: Write, run_module: Run, code: str, reason: str
    ) -> None:
        write("train.py", code + "\n\nclass Other(Net):\n    pass\n")
        done = run_module(*VERIFY, "train.py")
        first, *rest = done.stdout.splitlines()
        assert first == f"train.py only its imports, definitions and what those need were run: {reason}"
        assert not any("were run" in line for line in rest)
        assert "2 classes: 2 constructed, 2 ran; 0 checks failed" in done.stdout

    def test_a_module_that_is_no_script_runs_whole(self, write: Write, run_module: Run) -> None:
        loop = "SIZES = []\nfor size in range(5):\n    SIZES.append(size)\n"
        main = "\n\nif __name__ == '__main__':\n    raise SystemExit\n"
        write("net.py", loop + GOOD.replace("4, 4", "SIZES[4], 4") + main)
        done = run_module(*VERIFY, "--output-format=json", "net.py")
        assert [item["part"] for item in json.loads(done.stdout)["classes"]] == [None]
        assert done.returncode == 0

    def test_what_a_class_needs_is_run_and_what_fails_is_named(self, write: Write, run_module: Run) -> None:
        made = "SIZES = {}\nfor name in 'ab':\n    SIZES[name] = 4\nwords = open('words.txt').read()\nvocab = sorted(words)\n"
        lost = "\n\nclass Tagger(Net):\n    def forward(self, x):\n        return self.fc(x) * len(vocab)\n"
        write("net.py", "import torch\n" + made + GOOD.replace("4, 4", "SIZES['a'], 4") + lost + TRAINING)
        done = run_module(*VERIFY, "net.py")
        assert "Net ok: `Net()` on" in done.stdout
        why = "line 6: NameError: name 'words' is not defined"
        assert f"Tagger not-run: NameError: name 'vocab' is not defined ({why})" in done.stdout
        assert "MOD919" not in done.stdout

    def test_an_endless_statement_ends(self, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
        path = write(
            "slow.py", f"import itertools\nWIDTH = sum(1 for _ in itertools.count())\n{GOOD}\n    width = WIDTH\n"
        )
        monkeypatch.setattr(slicing, "SECONDS", 0.2)
        monkeypatch.setitem(sys.modules, "slow_file", None)
        module = slicing.run("slow_file", str(path), {"Net"})
        assert not hasattr(module, "Net")
        assert slicing.lost("slow_file", "WIDTH") == "line 2: TimeoutError: still running after 0.2 s"
        assert slicing.lost("slow_file", "Net") == "line 6: NameError: name 'WIDTH' is not defined"


class TestNotebooks:
    def test_classes_are_built_and_placed_by_cell(self, write: Write, run_module: Run) -> None:
        head, body = BAD.split("\n\n\n")
        write("lesson.ipynb", lesson("%pip list\n" + head, body, "net = Net()\nfor i in range(10 ** 9):\n    pass"))
        done = run_module(*VERIFY, "lesson.ipynb")
        assert done.returncode == 1
        first, named, finding, *_ = done.stdout.splitlines()
        assert first == "lesson.ipynb only its imports, definitions and what those need were run: it is a notebook"
        assert named.startswith("lesson.ipynb:cell 2:1 Net failed: `Net()` on")
        assert finding.startswith("    lesson.ipynb:cell 2:4 MOD301 confirmed by MOD902: ")
        whole = json.loads(run_module(*VERIFY, "--output-format=json", ".").stdout)
        (item,) = whole["classes"]
        (check,) = [c for c in item["checks"] if c["status"] == "failed"]
        assert (item["cell"], item["line"], check["location"]["cell"], check["location"]["row"]) == (2, 1, 2, 4)
        github = run_module(*VERIFY, "--output-format=github", ".").stdout
        assert "::error file=lesson.ipynb,title=MOD902 (unregistered-module)::cell 2:4:9: " in github

    def test_the_last_definition_is_the_one_that_is_verified(self, write: Write, run_module: Run) -> None:
        write("lesson.ipynb", lesson(BAD, GOOD))
        done = run_module(*VERIFY, "lesson.ipynb")
        assert "lesson.ipynb:cell 1:4 Net skipped: is replaced by a later definition" in done.stdout
        assert "lesson.ipynb:cell 2:4 Net ok" in done.stdout
        write("lesson.ipynb", lesson(GOOD, BAD))
        done = run_module("modlint", "check", "--verify", "--output-format=concise", "lesson.ipynb")
        assert done.stdout.startswith("lesson.ipynb:cell 2:7:9 MOD301")
        assert "[confirmed: " in done.stdout


class TestWhatWasNotVerified:
    def test_named_targets_of_which_nothing_could_be_verified_end_with_4(self, write: Write, run_module: Run) -> None:
        write("net.py", UNBUILT)
        done = run_module(*VERIFY, "net.py")
        assert done.returncode == 4
        assert "Not verified: 1 of 1.\n    1 not-built: OSError: no weights (Net)\n" in done.stdout
        assert run_module(*VERIFY, "--allow-unverified", "net.py").returncode == 0
        assert run_module(*VERIFY).returncode == 0

    def test_no_classes_and_abstract_classes_are_no_failure(self, write: Write, run_module: Run) -> None:
        write("plain.py", "import torch\n")
        write("base.py", GOOD.replace("return self.fc(x)", "raise NotImplementedError"))
        done = run_module(*VERIFY, "plain.py", "base.py")
        assert (done.returncode, "leaves `forward` to its subclasses (Net)" in done.stdout) == (0, True)

    def test_a_file_that_cannot_be_imported_is_told_once(self, write: Write, run_module: Run) -> None:
        twice = GOOD + GOOD.partition("\n\n\n")[2].replace("class Net", "\n\nclass Other")
        write(
            "net.py",
            "import os\ndef leave(cls): os._exit(1)\n" + twice.replace("\n\nclass Net", "\n\n@leave\nclass Net"),
        )
        done = run_module(*VERIFY, "net.py")
        assert done.stdout.count("importing it ends the process") == 2  # at the file, and in the summary
        assert "net.py not-imported: importing it ends the process; not verified: Net, Other\n" in done.stdout
        assert "Not verified: 2 of 2.\n    2 not-imported: importing it ends the process (Net, Other)\n" in done.stdout
        assert done.returncode == 4

    def test_files_passed_over_are_counted(self, write: Write, run_module: Run) -> None:
        write("net.py", GOOD)
        write("tests/net.py", BAD)
        done = run_module(*VERIFY, ".")
        assert "Passed over: 1 file of tests, examples and set-up; name them to have them verified." in done.stdout
        assert done.returncode == 0

    def test_check_with_verify_counts_what_verify_finds(self, write: Write, run_module: Run) -> None:
        write("net.py", GOOD.replace("return self.fc(x)", "return self.fc(x) * float('nan')"))
        write("listed.py", BAD)
        done = run_module("modlint", "check", "--verify", "--output-format=json", ".")
        found = {item["code"]: (item["filename"], item["verdict"]) for item in json.loads(done.stdout)}
        assert found == {"MOD301": ("listed.py", "confirmed"), "MOD908": ("net.py", None)}
        assert done.returncode == 1

    def test_check_with_verify_is_never_all_clear_over_what_was_not_run(self, write: Write, run_module: Run) -> None:
        write("net.py", UNBUILT)
        done = run_module("modlint", "check", "--verify", "net.py")
        assert done.returncode == 4
        assert "All clear" not in done.stdout
        assert "No rule was broken: 1 file checked.\n" in done.stdout
        assert "1 not-built: OSError: no weights (Net)" in done.stdout


class TestTraining:
    def test_a_class_that_fails_in_training_alone_is_not_ok(self, write: Write, run_module: Run) -> None:
        noisy = GOOD.replace(
            "return self.fc(x)", "if self.training:\n            x = self.noise(x)\n        return self.fc(x)"
        )
        write("net.py", noisy)
        done = run_module(*VERIFY, "--ignore", "MOD310", "net.py")
        assert done.returncode == 1
        assert (
            "    net.py:11:1 MOD921 fails-in-training `forward` in training mode raises an error: Attribute"
            in done.stdout
        )

    def test_a_state_that_is_kept_with_its_graph_fails_the_second_step(self, write: Write, run_module: Run) -> None:
        kept = GOOD.replace(
            "return self.fc(x)",
            "self.mean = (self.mean + self.fc(x).flatten(0, -2).mean(0)) / 2\n        return x + self.mean",
        )
        write("net.py", kept.replace("self.fc =", "self.mean = 0.0\n        self.fc ="))
        done = run_module(*VERIFY, "net.py")
        assert done.returncode == 1
        assert "    net.py:7:9 MOD921 fails-in-training `self.mean` keeps the graph of an earlier step: " in done.stdout

    def test_a_class_of_which_nothing_is_trained_is_not_ok(self, write: Write, run_module: Run) -> None:
        write("net.py", "import torch\n" + GOOD.replace("    def forward", "    @torch.no_grad()\n    def forward"))
        done = run_module(*VERIFY, "net.py")
        assert done.returncode == 1
        assert "MOD922 nothing-trained the result runs without gradients (`torch.no_grad`): no parameter" in done.stdout
        write(
            "net.py", (Path("net.py").read_text()).replace("nn.Linear(4, 4)", "nn.Linear(4, 4).requires_grad_(False)")
        )
        assert run_module(*VERIFY, "net.py").returncode == 0


class TestCrashes:
    def test_one_of_the_classes_own_making_is_a_finding(self, write: Write, run_module: Run) -> None:
        write("net.py", GOOD.replace("self.fc(x)", "nn.functionl.relu(self.fc(x))"))
        done = run_module(*VERIFY, "net.py")
        assert done.returncode == 1
        assert "    net.py:10:1 MOD919 always-fails `torch.nn` has no `functionl`: " in done.stdout

    def test_one_that_hangs_on_an_argument_has_its_line(self, write: Write, run_module: Run) -> None:
        refusing = GOOD.replace("super().__init__()", "super().__init__()\n        raise ValueError('no such size')")
        write("net.py", refusing.replace("(self)", "(self, size)"))
        head, body = refusing.split("\n\n\n")
        write("lesson.ipynb", lesson(head, body))
        done = run_module(*VERIFY, "--output-format=json", "net.py", "lesson.ipynb")
        places = {item["filename"]: item["location"] for item in json.loads(done.stdout)["classes"]}
        assert places == {
            "net.py": {"filename": "net.py", "cell": None, "row": 7, "column": 1},
            "lesson.ipynb": {"filename": "lesson.ipynb", "cell": 2, "row": 4, "column": 1},
        }
        text = run_module(*VERIFY, "net.py", "lesson.ipynb").stdout
        assert "net.py:4 Net not-built: ValueError: no such size at net.py:7\n" in text
        assert "lesson.ipynb:cell 2:1 Net not-built: ValueError: no such size at lesson.ipynb:cell 2:4\n" in text


class TestGivenRecipes:
    def recipe(self, constructor: str) -> str:
        return f'{{"version": 1,\n "recipes": {{\n  "net.py:Net": {{"recipe": {{"constructor": "{constructor}"}}}}}}}}'

    def test_one_that_fails_is_an_error_and_nothing_else_is_tried(self, write: Write, run_module: Run) -> None:
        write("net.py", GOOD)
        write("recipes.json", self.recipe("Net(1, 2)"))
        done = run_module(*VERIFY, "--recipes", "recipes.json", "net.py")
        assert "net.py:4 Net recipe-failed: recipes.json:3: `Net(1, 2)()`: TypeError: " in done.stdout
        assert done.returncode == 1

    def test_one_that_says_how_to_build_only_is_called_with_inputs_that_are_found(
        self, write: Write, run_module: Run
    ) -> None:
        write("net.py", GOOD.replace("self)", "self, width=4)", 1).replace("4, 4", "width, 4"))
        write("recipes.json", self.recipe("Net(7)"))
        done = run_module(*VERIFY, "--recipes", "recipes.json", "net.py")
        assert "Net ok: `Net(7)` on `float32[2, 12, 7]`" in done.stdout

    def test_one_that_is_no_python_ends_the_run(self, write: Write, run_module: Run) -> None:
        write("net.py", GOOD)
        write("recipes.json", self.recipe("Net("))
        done = run_module(*VERIFY, "--recipes", "recipes.json", "net.py")
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith("modlint: recipes.json:3: net.py:Net: `constructor` is no Python: ")


class TestSilencing:
    SILENCED = BAD.replace("[nn.Linear(4, 4)]", "[nn.Linear(4, 4)]  # noqa: {}")

    @pytest.mark.parametrize("name", ["MOD301, MOD902", "MOD301, unregistered-module", "MOD"])
    def test_by_comment(self, write: Write, run_module: Run, name: str) -> None:
        write("net.py", self.SILENCED.format(name))
        assert run_module(*VERIFY, "net.py").returncode == 0

    def test_a_comment_for_another_check_silences_nothing(self, write: Write, run_module: Run) -> None:
        write("net.py", self.SILENCED.format("MOD301, MOD903"))
        assert run_module(*VERIFY, "net.py").returncode == 1

    @pytest.mark.parametrize(
        "setting",
        ['ignore = ["MOD902", "MOD301"]', 'ignore = ["unregistered-module", "MOD3"]', '[per-file-ignores]\n"n*.py" = ["MOD9", "MOD3"]'],
    )  # fmt: skip
    def test_by_settings_in_the_command_and_in_pytest(self, write: Write, run_module: Run, setting: str) -> None:
        write("net.py", BAD)
        write("modlint.toml", setting)
        assert run_module(*VERIFY, "net.py").returncode == 0
        assert run_module("modlint", "check", "--verify", "net.py").returncode == 0
        assert "1 passed" in run_module("pytest", "-p", "no:cacheprovider", "--modlint-verify", "net.py").stdout

    def test_checks_are_no_unused_comments_where_nothing_was_run(self, write: Write, run_module: Run) -> None:
        write("net.py", GOOD.replace("nn.Linear(4, 4)", "nn.Linear(4, 4)  # noqa: MOD902"))
        done = run_module("modlint", "check", "--no-cache", "--report-unused-noqa", "net.py")
        assert done.stdout == "All clear: 1 file checked.\n"


class TestOneCauseIsToldOnce:
    def test_a_plain_list(self, write: Write, run_module: Run) -> None:
        write("net.py", BAD)
        told = [line for line in run_module(*VERIFY, "net.py").stdout.splitlines() if line.startswith("    ")]
        assert len(told) == 1
        assert told[0].startswith("    net.py:7 MOD301 confirmed by MOD902: `forward` calls `self.fc[0]`")

    @pytest.mark.parametrize("target", ["net.py", "net.py:Outer"])
    def test_an_unused_submodule_is_its_owners(self, write: Write, run_module: Run, target: str) -> None:
        outer = GOOD.partition("\n\n\n")[2].replace("class Net", "\n\nclass Outer")
        outer = outer.replace("nn.Linear(4, 4)", "nn.Linear(4, 4)\n        self.spare = Net()")
        write("net.py", GOOD + outer)
        told = [line for line in run_module(*VERIFY, target).stdout.splitlines() if "MOD907" in line]
        assert told == [
            "    net.py:17:9 MOD907 unused-parameter note: `spare` gets no gradient in the run that was tried"
        ]


def test_a_gpu_that_torch_cannot_use_is_refused(write: Write, run_module: Run) -> None:
    import torch

    if torch.version.cuda is not None or torch.version.hip is not None:
        pytest.skip("this torch is built for GPUs")
    write("net.py", GOOD)
    done = run_module(*VERIFY, "--device", "cuda", "net.py")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"modlint: --device cuda: this torch ({torch.__version__}) is built without CUDA\n"


def test_a_gpu_that_cannot_be_initialised_says_nothing_of_the_class(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    from modlint.verify import worker

    def refuse(*_: Any, **__: Any) -> None:
        raise RuntimeError("Cannot re-initialize CUDA in forked subprocess")

    monkeypatch.setattr(torch, "zeros", refuse)
    reason = "the GPU can't be used here: Cannot re-initialize CUDA in forked subprocess"
    assert worker.usable("cuda") == ("cpu", reason)
    assert [(r.code, r.status, r.message) for r in worker._unusable("cuda", reason)] == [
        ("MOD920", "not-reached", reason)
    ]
