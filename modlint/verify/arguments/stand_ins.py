"""Objects that recipes may use in place of the project's own."""

from __future__ import annotations

from typing import Any


class Settings:
    """A made-up configuration: its values can be read as attributes and as items."""

    def __init__(self, **values: Any) -> None:
        self.__dict__.update(values)

    def __getitem__(self, name: str) -> Any:
        return self.__dict__[name]

    def __contains__(self, name: str) -> bool:
        return name in self.__dict__

    def get(self, name: str, default: Any = None) -> Any:
        """The value called so, or the default."""
        return self.__dict__.get(name, default)

    def keys(self) -> Any:
        """The names of the values."""
        return self.__dict__.keys()

    def items(self) -> Any:
        """The names with their values."""
        return self.__dict__.items()
