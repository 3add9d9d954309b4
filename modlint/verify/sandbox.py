"""What keeps the user's code from doing harm: Landlock and seccomp on Linux, an audit hook everywhere.

Nothing here needs privileges. Each part says whether it is active, so that a report can say so too.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
import sys
from collections.abc import Callable
from typing import Any, Final

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
NO_NEW_PRIVILEGES, SET_SECCOMP, FILTER_MODE = 38, 22, 2
WRITE_FILE, ALL_WRITES = 1 << 1, 0b1_1111_1111_0010
TRUNCATE, REFER = 1 << 14, 1 << 13
TCP: Final = 0b11
SCOPE_SIGNALS: Final = 0b10
DENIED: Final = 0x0005_0000 | 1
ALLOWED: Final = 0x7FFF_0000
MACHINES: Final = {
    "x86_64": (0xC000_003E, {"socket": 41, "connect": 42, "bind": 49, "execve": 59, "execveat": 322}),
    "aarch64": (0xC000_00B7, {"socket": 198, "connect": 203, "bind": 200, "execve": 221, "execveat": 281}),
}
NETWORK: Final = ("socket", "connect", "bind")


def confine(writable: list[str], allow_network: bool = False, allow_write: bool = False) -> list[str]:
    """Confine this process and its children for good; the names of what is active."""
    active = []
    if sys.platform == "linux":
        landlock = _landlock(writable, allow_network, allow_write)
        if landlock:
            active.append(f"landlock {landlock}")
        if not allow_network and _seccomp(("execve", "execveat", *NETWORK)):
            active.append("seccomp")
    if not (allow_network and allow_write):
        _audit(writable, allow_network, allow_write)
        active.append("audit hook")
    return active


def _libc() -> Any:
    return ctypes.CDLL(None, use_errno=True)


def _landlock(writable: list[str], allow_network: bool, allow_write: bool) -> int:
    """Forbid writing except below some folders, TCP, and signals to other processes; the version, 0 if there is none."""
    libc = _libc()
    version = int(libc.syscall(CREATE_RULESET, None, 0, 1))
    if version <= 0:
        return 0
    files = 0 if allow_write else ALL_WRITES | (REFER if version >= 2 else 0) | (TRUNCATE if version >= 3 else 0)
    network = 0 if allow_network or version < 4 else TCP
    scopes = SCOPE_SIGNALS if version >= 6 else 0
    attributes = struct.pack("QQQ", files, network, scopes)[: 8 if version < 4 else 16 if version < 6 else 24]
    ruleset = libc.syscall(CREATE_RULESET, attributes, len(attributes), 0)
    if ruleset < 0:
        return 0
    if files:
        _allow_below(libc, ruleset, writable, files)
    libc.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    done = libc.syscall(RESTRICT_SELF, ruleset, 0) == 0
    os.close(ruleset)
    return version if done else 0


def _allow_below(libc: Any, ruleset: int, writable: list[str], rights: int) -> None:
    for path in (*writable, "/dev/null"):
        if not os.path.exists(path):
            continue
        handle = os.open(path, getattr(os, "O_PATH", os.O_RDONLY) | os.O_CLOEXEC)
        allowed = rights if os.path.isdir(path) else rights & (WRITE_FILE | TRUNCATE)
        libc.syscall(ADD_RULE, ruleset, 1, struct.pack("=Qi", allowed, handle), 0)
        os.close(handle)


def keep_signals_in() -> None:
    """In a child: let it signal only itself and its own children."""
    if sys.platform != "linux":
        return
    libc = _libc()
    if int(libc.syscall(CREATE_RULESET, None, 0, 1)) < 6:
        return
    attributes = struct.pack("QQQ", 0, 0, SCOPE_SIGNALS)
    ruleset = libc.syscall(CREATE_RULESET, attributes, len(attributes), 0)
    if ruleset >= 0:
        libc.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0)
        libc.syscall(RESTRICT_SELF, ruleset, 0)
        os.close(ruleset)


def _seccomp(names: tuple[str, ...]) -> bool:
    """Let some system calls fail with EPERM."""
    machine = MACHINES.get(platform.machine())
    if machine is None:
        return False
    architecture, numbers = machine
    denied = [numbers[name] for name in names]
    program = [
        _instruction(0x20, 0, 0, 4),
        _instruction(0x15, 0, len(denied) + 2, architecture),
        _instruction(0x20, 0, 0, 0),
    ]
    program += [_instruction(0x15, len(denied) - index, 0, number) for index, number in enumerate(denied)]
    program += [_instruction(0x06, 0, 0, ALLOWED), _instruction(0x06, 0, 0, DENIED)]
    code = ctypes.create_string_buffer(b"".join(program))
    header = struct.pack("HxxxxxxP", len(program), ctypes.addressof(code))
    libc = _libc()
    libc.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    return int(libc.prctl(SET_SECCOMP, FILTER_MODE, ctypes.c_char_p(header), 0, 0)) == 0


def _instruction(code: int, if_true: int, if_false: int, value: int) -> bytes:
    return struct.pack("HBBI", code, if_true, if_false, value)


def _audit(writable: list[str], allow_network: bool, allow_write: bool) -> None:
    """Let Python's own functions refuse to write, connect and start programs."""
    below = tuple(os.path.join(os.path.realpath(folder), "") for folder in writable)

    def refuse(what: str) -> None:
        raise PermissionError(f"modlint does not let the verified code {what}")

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        handler = _HANDLERS.get(event)
        if handler is not None:
            handler(arguments, below, allow_network, allow_write, refuse)

    sys.addaudithook(hook)


Refuse = Callable[[str], None]


def _on_open(arguments: tuple[Any, ...], below: tuple[str, ...], network: bool, write: bool, refuse: Refuse) -> None:
    path, mode, flags = (*arguments, None, None, None)[:3]
    writes = isinstance(mode, str) and any(letter in mode for letter in "wax+")
    writes = writes or (isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)))
    if writes and not write and isinstance(path, (str, bytes)):
        _inside(path, below, refuse)


def _on_change(arguments: tuple[Any, ...], below: tuple[str, ...], network: bool, write: bool, refuse: Refuse) -> None:
    if not write and arguments and isinstance(arguments[0], (str, bytes)):
        _inside(arguments[0], below, refuse)


def _inside(path: str | bytes, below: tuple[str, ...], refuse: Refuse) -> None:
    whole = os.path.realpath(os.fsdecode(path))
    if whole != os.devnull and not whole.startswith(below):
        refuse(f"write {whole}")


def _on_network(arguments: tuple[Any, ...], below: tuple[str, ...], network: bool, write: bool, refuse: Refuse) -> None:
    if not network:
        refuse("use the network")


def _on_start(arguments: tuple[Any, ...], below: tuple[str, ...], network: bool, write: bool, refuse: Refuse) -> None:
    if not network:
        refuse("start programs")


_HANDLERS: Final[dict[str, Callable[..., None]]] = {
    "open": _on_open,
    **dict.fromkeys(
        (
            "os.remove",
            "os.rename",
            "os.rmdir",
            "os.mkdir",
            "os.truncate",
            "os.chmod",
            "os.link",
            "os.symlink",
            "shutil.rmtree",
        ),
        _on_change,
    ),
    **dict.fromkeys(("socket.connect", "socket.bind", "socket.getaddrinfo", "socket.sendto"), _on_network),
    **dict.fromkeys(("subprocess.Popen", "os.exec", "os.posix_spawn", "os.system", "os.startfile"), _on_start),
}
