"""What can go wrong outside the checked code: each error is one clear sentence for whoever ran modlint."""

from __future__ import annotations


class ModlintError(Exception):
    """modlint cannot do what it was asked for; the text is the whole message."""


class ConfigError(ModlintError):
    """A setting that can't be used: the text names the file and the key."""

    def __init__(self, file: str, key: str, problem: str) -> None:
        self.file = file
        self.key = key
        self.problem = problem
        place = f"{file}: {key}" if key else file
        super().__init__(" ".join(f"{place}: {problem}".splitlines()))


class PathError(ModlintError):
    """A path given by the user that isn't there."""

    def __init__(self, path: str) -> None:
        self.path = path
        super().__init__(f"{path}: no such file or folder")


class SourceError(ModlintError):
    """A file that can't be read or parsed, with the place where it goes wrong (both counted from 1)."""

    def __init__(self, line: int, column: int, message: str) -> None:
        self.line = line
        self.column = column
        self.message = message
        super().__init__(message)


class PinError(ModlintError):
    """A finding that isn't in the concrete syntax where a rule believes it: a bug of modlint's."""

    def __init__(self, line: int, message: str) -> None:
        self.line = line
        super().__init__(message)


class WriteError(ModlintError):
    """A file that can't be given its new content, and why."""

    def __init__(self, path: str, problem: str) -> None:
        self.path = path
        self.problem = problem
        super().__init__(f"{path}: {problem}")
