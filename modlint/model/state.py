"""Where an interpretation stands: the frame of the running function, and what holds on the path taken so far."""

from __future__ import annotations

import ast

from modlint.model.events import Started
from modlint.model.facts import Binder, ClassFacts, FileFacts, FunctionFacts, Holder
from modlint.model.values import UNKNOWN, Value, join


class Frame:
    """One running function (or module body): its variables and what it returned.

    ``closure`` is the frame it was defined in; ``holder`` is the function around it, where free names are looked up;
    ``names`` are those that the function binds; ``owner`` is the class whose method the function is or stands in.
    """

    __slots__ = ("closure", "env", "file", "function", "holder", "names", "owner", "returns", "self_name")

    def __init__(self, file: FileFacts, function: FunctionFacts | None, closure: Frame | None = None) -> None:
        self.file, self.function, self.closure = file, function, closure
        self.names: dict[str, list[Binder]] = function.scope.names if function is not None else {}
        self.holder: Holder = function.outer if function is not None else None
        while isinstance(self.holder, ClassFacts):
            self.holder = self.holder.outer
        place = function
        while place is not None and place.owner is None and isinstance(place.outer, FunctionFacts):
            place = place.outer
        self.owner: ClassFacts | None = place.owner if place is not None else None
        self.env: dict[str, Value] = {}
        self.returns: list[Value] = []
        self.self_name: str | None = None

    def lookup(self, name: str) -> Value | None:
        """The variable's value here or in an enclosing function."""
        frame: Frame | None = self
        while frame is not None:
            value = frame.env.get(name)
            if value is not None:
                return value
            frame = frame.closure
        return None


class Path:
    """What holds on one path: variables, attributes of the instance, whether ``Module.__init__`` has run."""

    __slots__ = ("alive", "attributes", "env", "started")

    def __init__(
        self, env: dict[str, Value], attributes: dict[str, Value], started: Started, alive: bool = True
    ) -> None:
        self.env, self.attributes, self.started, self.alive = env, attributes, started, alive


def merge_started(values: list[Started]) -> Started:
    """One answer for several paths."""
    first = values[0]
    return first if all(v is first for v in values) else Started.MAYBE


def merge(paths: list[Path], otherwise: Path) -> Path:
    """The path on which all living ``paths`` meet; ``otherwise``, dead, when none lives on."""
    living = [path for path in paths if path.alive]
    if not living:
        return Path(otherwise.env, otherwise.attributes, otherwise.started, alive=False)
    if len(living) == 1:
        return living[0]
    return Path(
        _merge_names([p.env for p in living]),
        _merge_names([p.attributes for p in living]),
        merge_started([p.started for p in living]),
    )


def _merge_names(tables: list[dict[str, Value]]) -> dict[str, Value]:
    merged = dict(tables[0])
    for table in tables[1:]:
        if table == merged:  # values are equal only to themselves
            continue
        for name, value in table.items():
            known = merged.get(name)
            if known is value:
                continue
            if known is None:
                merged[name] = value
            else:
                merged[name] = UNKNOWN if known is UNKNOWN and value is UNKNOWN else join((known, value))
    return merged


def terminates(body: list[ast.stmt]) -> bool:
    """Whether control never runs past the end of ``body``: its last statement returns, raises or leaves the loop."""
    if not body:
        return False
    last = body[-1]
    if isinstance(last, (ast.Return, ast.Raise, ast.Continue, ast.Break)):
        return True
    if isinstance(last, ast.If):
        return terminates(last.body) and terminates(last.orelse)
    return isinstance(last, (ast.With, ast.AsyncWith)) and terminates(last.body)
