"""How an error of user code is said."""

from __future__ import annotations


def said(error: BaseException, most: int) -> str:
    """An error in one line of at most ``most`` characters: its class and its own words."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:most]
