"""The folder that results are kept in: files are replaced as a whole, and old ones go."""

from __future__ import annotations

import os
import time

import modlint

FOLDER = ".modlint_cache"
TAG = "Signature: 8a477f597d28d172789f06886806bc55\n# Results of modlint; safe to delete.\n"
MOST_FILES = 16
"""So many files of one kind are kept."""
SURE = 2_000_000_000
"""Nanoseconds after which a file that changes surely gets another time stamp."""


def own_files() -> list[str]:
    """modlint's own files, on which all results rest: in a checkout they change under one version."""
    top = os.path.dirname(modlint.__file__)
    return [
        os.path.join(folder, name)
        for folder, _, names in os.walk(top)
        if os.path.basename(folder) != "__pycache__"
        for name in names
    ]


def keep(folder: str, name: str, data: bytes) -> None:
    """Write a file of the folder, which is made if need be; runs at the same time never see half of it.

    Raises:
        OSError: it can't be written, and is as it was.
    """
    os.makedirs(folder, exist_ok=True)
    for mark, text in (("CACHEDIR.TAG", TAG), (".gitignore", "*\n")):
        place = os.path.join(folder, mark)
        if not os.path.exists(place):
            with open(place, "w", encoding="utf-8") as file:
                file.write(text)
    whole = os.path.join(folder, name)
    own = f"{whole}.{os.getpid()}.tmp"
    try:
        with open(own, "wb") as file:
            file.write(data)
        os.replace(own, whole)
    except OSError:
        if os.path.exists(own):
            os.unlink(own)
        raise
    _drop_old_files(folder, os.path.splitext(name)[1])


def _drop_old_files(folder: str, kind: str) -> None:
    entries = sorted(os.scandir(folder), key=lambda entry: entry.stat().st_mtime_ns)
    hour_ago = time.time() - 3600
    for entry in entries:
        if entry.name.endswith(".tmp") and entry.stat().st_mtime < hour_ago:
            os.unlink(entry)
    for entry in [e for e in entries if e.name.endswith(kind)][:-MOST_FILES]:
        os.unlink(entry)
