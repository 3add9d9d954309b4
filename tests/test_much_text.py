"""Where files are many, trees are closed and opened again, and nobody can tell from what is found."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from modlint.cache import Cache, key
from modlint.cache_folder import FOLDER
from modlint.config import Config, Selection
from modlint.model import index
from modlint.recent import Recent
from modlint.run import check_paths
from modlint.source import Source

Write = Callable[[str, str], Path]

FIXTURES = Path(__file__).parent.parent / "fixtures"
ALL = (Selection("test", ("ALL",)),)
LIMITS = [(0, index.MOST_TEXT), (0, 0), (3000, 9000)]
BASE = "from torch import nn\n\n\nclass Base(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
DERIVED = "from base import Base\n\n\nclass Net(Base):\n    def forward(self, x):\n        return x\n"


@pytest.mark.parametrize(("much", "most"), LIMITS)
def test_same_findings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, much: int, most: int) -> None:
    config = Config(FIXTURES, selections=ALL, preview=True)
    expected = check_paths([str(FIXTURES)], config)
    assert len(expected.diagnostics) > 20
    monkeypatch.setattr(index, "MUCH_TEXT", much)
    monkeypatch.setattr(index, "MOST_TEXT", most)
    assert check_paths([str(FIXTURES)], config) == expected
    for found in ("new", "kept"):
        cache = Cache(str(tmp_path / FOLDER), key(config))
        recent = Recent([str(FIXTURES)], config, cache, False)
        assert (recent.report() is None) is (found == "new")
        assert check_paths([str(FIXTURES)], config, recent=recent) == expected


def test_only_what_others_ask_for_stays_open(write: Write, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "MUCH_TEXT", 0)
    known = index.Index(project)
    write("base.py", BASE)
    for name, text in (("net.py", DERIVED), ("base.py", BASE), ("other.py", DERIVED)):
        model = known.file(Source(name, text))
        assert [cls.facts.name for cls in model.classes] == [text.partition("class ")[2].partition("(")[0]]
        known.done(model)
    known.file(Source("last.py", ""))
    assert sorted(Path(path).name for path in known.project.files) == ["base.py", "last.py"]
    assert known.project.size == len(BASE)


def test_lent_tree_is_left_as_it_is(write: Write, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "MUCH_TEXT", 0)
    known = index.Index(project)
    lent = index.ast.parse(BASE)
    known.done(known.file(Source("net.py", BASE), lent), lent=True)
    known.file(Source("last.py", ""))
    assert index.ast.dump(lent) == index.ast.dump(index.ast.parse(BASE))
