from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from modlint.config import Config, Selection, load
from modlint.errors import ConfigError
from modlint.files import DEFAULT_EXCLUDE

Write = Callable[[str, str], Path]


def test_no_settings_are_the_defaults(project: Path) -> None:
    assert load() == Config(project)


def test_every_key(write: Write, project: Path) -> None:
    write(
        "modlint.toml",
        """
        select = ["MOD1"]
        extend-select = ["MOD301"]
        ignore = ["MOD102"]
        exclude = ["a"]
        extend-exclude = ["b/*.py"]
        module-bases = ["lib.Base", "Net"]
        python = ".venv"
        respect-gitignore = false
        [per-file-ignores]
        "tests/*" = ["ALL"]
        """,
    )
    assert load() == Config(
        root=project,
        file="modlint.toml",
        selections=(Selection("modlint.toml", ("MOD1",), ("MOD301",), ("MOD102",)),),
        per_file_ignores=(("tests/*", ("ALL",)),),
        exclude=("a", "b/*.py"),
        module_bases=("lib.Base", "Net"),
        python=str(project / ".venv"),
        respect_gitignore=False,
    )


def test_pyproject_is_read_from_its_table(write: Write, project: Path) -> None:
    write("pyproject.toml", '[project]\nname = "x"\n[tool.modlint]\nextend-exclude = ["a"]\n')
    config = load()
    assert (config.file, config.root, config.exclude) == ("pyproject.toml", project, (*DEFAULT_EXCLUDE, "a"))


def test_own_file_wins_over_pyproject(write: Write) -> None:
    write("pyproject.toml", "[tool.modlint]\nselect = []\n")
    write("modlint.toml", "")
    assert load().file == "modlint.toml"


def test_nearest_file_above_the_paths_is_taken(write: Write, project: Path) -> None:
    write("modlint.toml", "")
    write("inner/pyproject.toml", "[tool.modlint]\n")
    write("inner/deep/a.py", "")
    write("other/pyproject.toml", "[tool.black]\n")
    assert load(["inner/deep/a.py"]).root == project / "inner"
    assert load(["inner/deep"]).root == project / "inner"
    assert load(["other"]).root == project
    assert load(["inner/deep/a.py", "other"]).root == project
    assert load().root == project


def test_search_ends_at_the_repository(write: Write, project: Path) -> None:
    write("modlint.toml", "")
    (project / "repo" / ".git").mkdir(parents=True)
    assert load(["repo"]) == Config(project / "repo")


def test_isolated_reads_none(write: Write, project: Path) -> None:
    write("modlint.toml", "select = []\n")
    assert load(isolated=True) == Config(project)


def test_named_file_is_read_and_the_project_stays(write: Write, project: Path) -> None:
    write("modlint.toml", "select = []\n")
    write("ci/strict.toml", 'select = ["ALL"]\n')
    write("src/a.py", "")
    config = load(["src"], file="ci/strict.toml")
    assert (config.root, config.file) == (project, "ci/strict.toml")
    assert config.selections[0].select == ("ALL",)


def test_root_of_a_package_outside_any_project(tmp_path_factory: pytest.TempPathFactory, project: Path) -> None:
    outside = tmp_path_factory.mktemp("outside")
    package = outside / "package" / "inner"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package.parent / "__init__.py").touch()
    assert load([str(package)]).root == outside


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("selct = []", "modlint.toml: selct: unknown key (did you mean `select`?)"),
        (
            "per_file_ignores = {}",
            "modlint.toml: per_file_ignores: unknown key (did you mean `per-file-ignores`?)",
        ),
        ('select = "MOD1"', "modlint.toml: select: must be a list of strings, not a string"),
        ("ignore = [1]", "modlint.toml: ignore: must be a list of strings, not a list with other things"),
        ("python = 3", "modlint.toml: python: must be a string, not a number"),
        ("respect-gitignore = 1", "modlint.toml: respect-gitignore: must be true or false, not a number"),
        ("exclude = true", "modlint.toml: exclude: must be a list of strings, not a boolean"),
        ("exclude = 2020-01-01", "modlint.toml: exclude: must be a list of strings, not a date"),
        ('module-bases = ["a b"]', "modlint.toml: module-bases: must be a list of dotted names, not a list"),
        (
            'per-file-ignores = { "*" = "E" }',
            "modlint.toml: per-file-ignores: must be a table from a pattern to a list of codes, not a table",
        ),
    ],
)
def test_bad_setting_is_one_line_with_file_and_key(write: Write, text: str, message: str) -> None:
    write("modlint.toml", text)
    with pytest.raises(ConfigError) as caught:
        load()
    assert str(caught.value) == message


def test_unknown_key_without_a_likeness_lists_the_known_ones(write: Write) -> None:
    write("modlint.toml", "zzz = 1")
    with pytest.raises(ConfigError, match=r"^modlint\.toml: zzz: unknown key \(known: select, .*\)$"):
        load()


@pytest.mark.parametrize("content", [b"a = \n", b"\xff"])
def test_bad_toml_is_one_line_with_the_file(project: Path, content: bytes) -> None:
    (project / "pyproject.toml").write_bytes(content)
    with pytest.raises(ConfigError, match=r"\Apyproject\.toml: is not valid TOML: .*\Z"):
        load()


def test_table_that_is_none(write: Write) -> None:
    write("pyproject.toml", "[tool]\nmodlint = 1\n")
    with pytest.raises(ConfigError, match=r"^pyproject\.toml: tool\.modlint: must be a table, not a number$"):
        load()
