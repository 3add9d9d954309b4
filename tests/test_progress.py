from __future__ import annotations

import io
import sys

import pytest

from modlint import progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_no_bar_where_none_is_wanted_or_nobody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", Terminal())
    with progress.progress_bar(False) as update:
        assert update is None
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    with progress.progress_bar(True) as update:
        assert update is None


@pytest.mark.parametrize(("patience", "shown"), [(-1.0, True), (3600.0, False)])
def test_bar_comes_only_to_long_runs(monkeypatch: pytest.MonkeyPatch, patience: float, shown: bool) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(progress, "PATIENCE", patience)
    monkeypatch.setenv("TERM", "xterm")
    with progress.progress_bar(True) as update:
        assert update is not None
        update(1, 2)
        update(2, 2)
    assert ("Checking" in terminal.getvalue()) is shown
