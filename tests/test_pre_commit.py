"""The hook, as pre-commit installs and runs it: from a repository, in an environment without torch."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(importlib.util.find_spec("pre_commit") is None, reason="pre-commit is not installed")

ROOT = Path(__file__).parents[1]
PACKED = ("modlint", "README.md", "pyproject.toml", ".pre-commit-hooks.yaml")
NET = """\
from torch import nn


class Net(nn.Module):
    def __init__(self):
        self.fc = nn.Linear(2, 2)
"""


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false")
    command = ["git", *identity, *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture(scope="module")
def hooks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with modlint as it is in the working tree."""
    folder = tmp_path_factory.mktemp("hooks")
    for name in PACKED:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, folder / name)
    git(folder, "init", "-q")
    git(folder, "add", "--force", ".")
    git(folder, "commit", "-q", "-m", "modlint")
    return folder


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "modlint.toml").write_text('select = ["MOD101"]\nextend-exclude = ["old"]\n')
    git(folder, "init", "-q")
    return folder


def pre_commit(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pre_commit", *arguments, "--verbose"],
        cwd=project,
        env={**os.environ, "PRE_COMMIT_HOME": str(project.parent / "home"), "PRE_COMMIT_COLOR": "never"},
        capture_output=True,
        text=True,
        check=False,
    )


def stage(project: Path, **files: str) -> None:
    for name, text in files.items():
        path = project / name.replace("__", "/")
        path.parent.mkdir(exist_ok=True)
        path.with_suffix(path.suffix or ".py").write_text(text)
    git(project, "add", ".")


def test_try_repo_reports_what_is_staged(project: Path, hooks: Path) -> None:
    stage(project, net=NET, old__net=NET)
    run = pre_commit(project, "try-repo", str(hooks), "modlint")
    assert run.returncode == 1, run.stdout + run.stderr
    assert "net.py:5:9 MOD101 missing-super-init" in run.stdout
    assert "old/net.py" not in run.stdout
    assert "Found 1 problem in 1 file (1 checked)." in run.stdout


def test_installed_hook_in_an_environment_without_torch(project: Path, hooks: Path) -> None:
    revision = git(hooks, "rev-parse", "HEAD")
    (project / ".pre-commit-config.yaml").write_text(
        f"repos:\n- repo: {hooks}\n  rev: {revision}\n  hooks:\n  - id: modlint\n"
    )
    git(project, "add", ".pre-commit-config.yaml")
    nothing = pre_commit(project, "run")
    assert nothing.returncode == 0, nothing.stdout + nothing.stderr
    assert "no files to check" in nothing.stdout

    lesson = {"nbformat": 4, "cells": [{"cell_type": "code", "source": NET}], "metadata": {}}
    stage(project, **{"net": NET, "lesson.ipynb": json.dumps(lesson)})
    told = pre_commit(project, "run").stdout
    assert "lesson.ipynb:cell 1:5:9 MOD101 missing-super-init" in told
    assert "net.py:5:9 MOD101 missing-super-init" in told
    git(project, "rm", "-q", "--force", "lesson.ipynb")
    stage(project, net=NET.replace("(self):\n", "(self):\n        super().__init__()\n"))
    assert pre_commit(project, "run").returncode == 0

    installed = {path.name for path in project.parent.glob("home/repo*/py_env*/lib/*/site-packages/*")}
    assert "libcst" in installed
    assert "torch" not in installed
