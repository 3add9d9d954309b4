"""A layer that stands in for one that takes more than one argument."""

from __future__ import annotations

from typing import Any

from torch import nn


class Passing(nn.Module):
    """Gives back its first argument, whatever else it is given."""

    def forward(self, first: Any, *_: Any, **__: Any) -> Any:
        """The first argument."""
        return first
