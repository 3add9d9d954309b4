from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from modlint.errors import PathError
from modlint.files import DEFAULT_EXCLUDE, Finder, shown

Write = Callable[[str, str], Path]


@pytest.fixture
def tree(write: Write) -> Callable[..., None]:
    def made(*names: str) -> None:
        for name in names:
            write(name, "")

    return made


def found(project: Path, *paths: str, **options: object) -> list[str]:
    return Finder(str(project), **options).files(paths or (".",))  # type: ignore[arg-type]


def test_python_files_below_a_folder_sorted(project: Path, tree: Callable[..., None]) -> None:
    tree("b.py", "a/z.py", "a/b/c.py", "a.pyi", "a.txt", "setup.cfg", "notes.py.bak")
    assert found(project) == ["a/b/c.py", "a/z.py", "b.py"]


def test_each_file_once(project: Path, tree: Callable[..., None]) -> None:
    tree("a/b.py")
    assert found(project, "a/b.py", "./a/b.py", "a", str(project)) == ["a/b.py"]


def test_named_file_is_taken_whatever_it_is(project: Path, tree: Callable[..., None]) -> None:
    tree("build/a.py", "script")
    assert found(project, "build/a.py", "script") == ["build/a.py", "script"]


def test_named_folder_is_walked_though_excluded(project: Path, tree: Callable[..., None]) -> None:
    tree("venv/lib/site-packages/lib/a.py", "venv/lib/site-packages/lib/build/b.py")
    assert found(project, "venv/lib/site-packages/lib") == ["venv/lib/site-packages/lib/a.py"]


def test_default_excludes(project: Path, tree: Callable[..., None]) -> None:
    tree(
        *(f"{name}/a.py" for name in DEFAULT_EXCLUDE),
        *(f"deep/{name}/a.py" for name in DEFAULT_EXCLUDE),
        "ok.py",
    )
    assert found(project) == ["ok.py"]


def test_exclude_patterns_are_those_of_gitignore(project: Path, tree: Callable[..., None]) -> None:
    tree("legacy/a.py", "sub/legacy/a.py", "top/gen.py", "x_pb2.py", "sub/data/a.py", "data/a.py")
    exclude = ("legacy", "/data", "*_pb2.py", "top/*.py")
    assert found(project, exclude=exclude) == ["sub/data/a.py"]
    assert found(project, "sub", exclude=exclude) == ["sub/data/a.py"]


def test_force_exclude_drops_named_files(project: Path, tree: Callable[..., None]) -> None:
    tree("build/deep/a.py", "a.py")
    names = ("build/deep/a.py", "build", "a.py")
    assert found(project, *names, force_exclude=True) == ["a.py"]


def test_missing_path_is_an_error(project: Path) -> None:
    with pytest.raises(PathError, match=r"^none\.py: no such file or folder$"):
        found(project, "none.py")


def test_gitignore_files_are_honoured_as_git_does(project: Path, write: Write, tree: Callable[..., None]) -> None:
    (project / ".git").rmdir()
    subprocess.run(["git", "init", "-q"], cwd=project, check=True)
    write(".gitignore", "*_gen.py\n/out\ndeep/**/skip.py\n!keep_gen.py\nonly/\n")
    write("sub/.gitignore", "!again_gen.py\nlocal.py\n")
    write(".git/info/exclude", "private.py\n")
    tree("a.py", "a_gen.py", "keep_gen.py", "out/a.py", "sub/out/a.py", "sub/again_gen.py", "sub/b_gen.py")
    tree("sub/local.py", "local.py", "deep/x/y/skip.py", "skip.py", "private.py", "only/a.py", "sub/private.py")
    listed = subprocess.run(
        ["git", "ls-files", "--others", "--exclude-standard", "*.py"],
        cwd=project,
        check=True,
        capture_output=True,
        text=True,
    )
    assert found(project) == sorted(listed.stdout.split())
    assert "sub/again_gen.py" in found(project)
    assert found(project, "sub") == [name for name in found(project) if name.startswith("sub/")]


def test_named_folder_is_walked_though_ignored(project: Path, write: Write, tree: Callable[..., None]) -> None:
    write(".gitignore", "/out\n")
    tree("out/a.py")
    assert found(project) == []
    assert found(project, "out") == ["out/a.py"]


def test_gitignore_can_be_disregarded(project: Path, write: Write, tree: Callable[..., None]) -> None:
    write(".gitignore", "*.py\n!\n")
    tree("a.py")
    assert found(project) == []
    assert found(project, respect_gitignore=False) == ["a.py"]


def test_links(project: Path, tree: Callable[..., None]) -> None:
    tree("a/b.py")
    (project / "a" / "loop").symlink_to(project)
    (project / "gone.py").symlink_to(project / "nowhere.py")
    (project / "linked.py").symlink_to(project / "a" / "b.py")
    assert found(project) == ["a/b.py", "linked.py"]
    assert found(project, "a/loop/a") == ["a/loop/a/b.py"]


def test_folder_that_ends_in_py_is_a_folder(project: Path, tree: Callable[..., None]) -> None:
    tree("odd.py/a.py")
    os.mkfifo(project / "pipe.py")
    assert found(project) == ["odd.py/a.py"]


def test_unlistable_folder_is_handed_on_to_be_reported(
    project: Path, tree: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    tree("closed/a.py", "b.py")
    scandir = os.scandir

    def guarded(path: str) -> object:
        if path.endswith("closed"):
            raise PermissionError
        return scandir(path)

    monkeypatch.setattr(os, "scandir", guarded)
    assert found(project) == ["b.py", "closed"]


def test_shown_is_relative_below_the_current_folder_only(project: Path) -> None:
    assert shown(project / "a" / "b.py") == "a/b.py"
    assert shown("./a.py") == "a.py"
    assert shown("..hidden/a.py") == "..hidden/a.py"
    assert shown("../x.py") == str(project.parent / "x.py")
