"""The settings of a run: the nearest ``modlint.toml`` or ``pyproject.toml`` with ``[tool.modlint]``."""

from __future__ import annotations

import difflib
import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, cast

import msgspec

from modlint.errors import ConfigError
from modlint.files import DEFAULT_EXCLUDE, Finder, shown

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Table = Mapping[str, Any]
_DOTTED = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")


class Selection(msgspec.Struct, frozen=True):
    """What one place (a file, the command line) says about which rules run."""

    origin: str
    select: tuple[str, ...] | None = None
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()


class Config(msgspec.Struct, frozen=True):
    """All settings of a run. Later selections overrule earlier ones; patterns are relative to ``root``."""

    root: Path
    file: str | None = None
    selections: tuple[Selection, ...] = ()
    per_file_ignores: tuple[tuple[str, tuple[str, ...]], ...] = ()
    exclude: tuple[str, ...] = DEFAULT_EXCLUDE
    module_bases: tuple[str, ...] = ()
    python: str | None = None
    respect_gitignore: bool = True
    preview: bool = False

    def finder(self, force_exclude: bool = False) -> Finder:
        """What chooses the files of a run with these settings."""
        return Finder(str(self.root), self.exclude, self.respect_gitignore, force_exclude)


def load(paths: Iterable[str] = (), file: str | None = None, isolated: bool = False) -> Config:
    """The settings for ``paths``: those in ``file`` if named, none if ``isolated``, else the nearest."""
    start = _start(tuple(paths))
    if file is not None:
        path = Path(file).absolute()
        near = start.is_relative_to(path.parent)
        return _config(path.parent if near else _project(start), path, _read(path) or {})
    if not isolated:
        for folder in _project_folders(start):
            found = _settings_in(folder)
            if found is not None:
                return _config(folder, *found)
    return Config(_project(start))


def _start(paths: tuple[str, ...]) -> Path:
    """The folder that holds all ``paths``."""
    try:
        common = Path(os.path.commonpath([os.path.abspath(path) for path in paths or (os.curdir,)]))
    except ValueError:  # several drives
        return Path.cwd()
    while not common.is_dir() and common != common.parent:
        common = common.parent
    return common


def _project_folders(start: Path) -> Iterable[Path]:
    """``start`` and the folders above it, up to the one that holds the repository."""
    for folder in (start, *start.parents):
        yield folder
        if (folder / ".git").exists():
            return


def _project(start: Path) -> Path:
    """The root of a project without settings: repository, current folder, or where the package lies."""
    *_, top = _project_folders(start)
    if (top / ".git").exists():
        return top
    if start.is_relative_to(Path.cwd()):
        return Path.cwd()
    while (start / "__init__.py").is_file():
        start = start.parent
    return start


def _settings_in(folder: Path) -> tuple[Path, Table] | None:
    own = folder / "modlint.toml"
    if own.is_file():
        return own, _read(own) or {}
    project = folder / "pyproject.toml"
    table = _read(project) if project.is_file() else None
    return None if table is None else (project, table)


def _read(file: Path) -> Table | None:
    """The settings in ``file``; ``None`` for a pyproject.toml that has none."""
    try:
        content: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        problem = (error.strerror or str(error)).lower()
        raise ConfigError(shown(file), "", f"cannot be read: {problem}") from None
    except UnicodeDecodeError:
        raise ConfigError(shown(file), "", "is not valid TOML: it is not UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(shown(file), "", f"is not valid TOML: {error}") from None
    if file.name != "pyproject.toml":
        return content
    tool: object = content.get("tool")
    table: object = tool.get("modlint") if isinstance(tool, dict) else None
    if table is None or isinstance(table, dict):
        return cast("Table | None", table)
    raise ConfigError(shown(file), "tool.modlint", f"must be a table, not {_described(table)}")


def _config(root: Path, file: Path, table: Table) -> Config:
    origin = shown(file)
    for key, value in table.items():
        _check(origin, key, value)
    select, per_file = table.get("select"), table.get("per-file-ignores", {})
    python = table.get("python")
    selection = Selection(
        origin,
        None if select is None else tuple(select),
        tuple(table.get("extend-select", ())),
        tuple(table.get("ignore", ())),
    )
    return Config(
        root=root,
        file=origin,
        selections=(selection,),
        per_file_ignores=tuple((glob, tuple(codes)) for glob, codes in per_file.items()),
        exclude=(*table.get("exclude", DEFAULT_EXCLUDE), *table.get("extend-exclude", ())),
        module_bases=tuple(table.get("module-bases", ())),
        python=None if python is None else str(file.parent / os.path.expanduser(python)),
        respect_gitignore=table.get("respect-gitignore", True),
        preview=table.get("preview", False),
    )


def _check(origin: str, key: str, value: object) -> None:
    """Refuse an unknown key and a value of the wrong type."""
    if key not in _KINDS:
        close = difflib.get_close_matches(key.replace("_", "-"), _KINDS, n=1)
        hint = f" (did you mean `{close[0]}`?)" if close else f" (known: {', '.join(_KINDS)})"
        raise ConfigError(origin, key, f"unknown key{hint}")
    fits, kind = _KINDS[key]
    if not fits(value):
        raise ConfigError(origin, key, f"must be {kind}, not {_described(value)}")


def _is_strings(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _is_dotted_names(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) and _DOTTED.fullmatch(name) for name in value)


def _is_table_of_strings(value: object) -> bool:
    return isinstance(value, dict) and all(_is_strings(item) for item in value.values())


def _described(value: object) -> str:
    """A value of TOML in words."""
    words = {bool: "a boolean", int: "a number", float: "a number", str: "a string", dict: "a table"}
    if isinstance(value, list) and not _is_strings(value):
        return "a list with other things"
    return words.get(type(value), "a list" if isinstance(value, list) else "a date")


_STRINGS = (_is_strings, "a list of strings")
_FLAG = (lambda value: isinstance(value, bool), "true or false")
_KINDS: Mapping[str, tuple[Callable[[object], bool], str]] = {
    "select": _STRINGS,
    "extend-select": _STRINGS,
    "ignore": _STRINGS,
    "per-file-ignores": (_is_table_of_strings, "a table from a pattern to a list of codes"),
    "exclude": _STRINGS,
    "extend-exclude": _STRINGS,
    "module-bases": (_is_dotted_names, "a list of dotted names"),
    "python": (lambda value: isinstance(value, str), "a string"),
    "respect-gitignore": _FLAG,
    "preview": _FLAG,
}
