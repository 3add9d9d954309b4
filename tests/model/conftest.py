"""What the model's tests need: sources on disk, and the model of one of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from modlint.model.index import FileModel, Index
from modlint.source import Source

Model = Callable[..., FileModel]


@pytest.fixture
def model(tmp_path: Path) -> Model:
    """Write files under a temporary folder and give the model of the first of them (or of ``checked``)."""

    def built(files: dict[str, str], checked: str = "", environment: tuple[str, ...] = ()) -> FileModel:
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        name = checked or next(iter(files))
        folders = tuple(str(tmp_path / folder) for folder in environment)
        return Index(tmp_path, environment=folders).file(Source(str(tmp_path / name), files[name]))

    return built
