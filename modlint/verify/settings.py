"""How a run of the verifier is set up."""

from __future__ import annotations

from msgspec import Struct


class Settings(Struct, frozen=True):
    """What every process of a run must know: ``timeout`` in seconds, ``memory`` in gigabytes.

    ``project`` is the folder whose code the checked files may import; ``insists`` says that no other device will do.
    """

    folder: str
    timeout: float = 30.0
    memory: float = 4.0
    sandbox: bool = True
    allow_network: bool = False
    allow_write: bool = False
    device: str = "cpu"
    fork: bool = True
    project: str = ""
    insists: bool = False


class Ready(Struct, frozen=True):
    """A zygote's first words: what confines it, and whether it forks."""

    active: tuple[str, ...]
    forks: bool
    refused: str = ""
    """Why this run can't be, whatever the class."""
