"""Files written whole or not at all."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from collections.abc import Mapping

from modlint.errors import WriteError


def replace_content(path: str, before: bytes, after: bytes) -> None:
    """Put ``after`` in the place of ``before``, the content that the file had when it was read.

    The new content is written beside the file and then takes its name, so that an interrupted run leaves the one
    or the other. A link stays a link, and the file keeps its permissions.

    Raises:
        WriteError: the file is read-only, has changed in the meantime, or can't be written.
    """
    target = os.path.realpath(path)
    try:
        mode = stat.S_IMODE(os.stat(target).st_mode)
        if not mode & 0o222 or not os.access(target, os.W_OK):
            raise WriteError(path, "is read-only")
        with open(target, "rb") as file:
            if file.read() != before:
                raise WriteError(path, "has changed since it was read")
        _write_beside(target, after, mode)
    except OSError as error:
        raise WriteError(path, f"cannot be written: {(error.strerror or str(error)).lower()}") from None


def _write_beside(target: str, content: bytes, mode: int) -> None:
    folder, name = os.path.split(target)
    handle, beside = tempfile.mkstemp(prefix=f".{name}.", suffix=".modlint", dir=folder)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(beside, mode)
        os.replace(beside, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(beside)
        raise


def write_texts(folder: str, texts: Mapping[str, str]) -> None:
    """Write each text into a file of ``folder``, which is made if it isn't there.

    Raises:
        WriteError: one can't be written.
    """
    try:
        os.makedirs(folder, exist_ok=True)
        for name, text in texts.items():
            with open(os.path.join(folder, name), "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
    except OSError as error:
        raise WriteError(folder, f"cannot be written: {(error.strerror or str(error)).lower()}") from None
