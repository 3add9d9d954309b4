"""Failures that are about the class itself: they would come whatever it is given."""

from __future__ import annotations

import ast
import difflib
import inspect
import re
import sys
import textwrap
import types
from typing import Final

from torch import nn

from modlint.verify.arguments.failure import Failure, Frame, statement_names
from modlint.verify.check import Found
from modlint.verify.misuse import misused
from modlint.verify.refused import refused
from modlint.verify.slicing import lost
from modlint.verify.source_of import source_of
from modlint.verify.stubs import decorated_by_stub

BEFORE_INIT: Final = re.compile(
    r"before Module\.__init__\(\) call|has no attribute '_(modules|parameters|buffers|backward_hooks|forward_hooks|forward_pre_hooks|backward_pre_hooks)'"
)
SUPER: Final = re.compile(r"super\(type, obj\)|obj must be an instance or subtype of type|super\(\): ")
NAMES: Final = re.compile(r"name can.?'t (contain|be empty)")
REGISTRIES: Final = ("_parameters", "_buffers", "_modules")
EXPLAINED: Final = (
    (r"is not a Module subclass", "a container of layers is given something that is no Module"),
    (
        r"cannot assign '.*' as (parameter|buffer|child module)",
        "another kind of value is assigned over a registered one",
    ),
    (
        r"takes \d+ positional arguments? but \d+ (was|were) given",
        "a method is called with more arguments than it takes",
    ),
    (r"Only Tensors of floating point", "a parameter of integers needs requires_grad=False"),
    (r"can't be registered|already exists|can't contain|can't be empty", "a name is registered that torch refuses"),
    (r"missing the required \"forward\" function", "the class defines no `forward`"),
)


def certain(cls: type, failure: Failure) -> Found | None:
    """The failure as a finding about the class, if arguments have no part in it."""
    if decorated_by_stub(cls):
        return None
    message, frame = failure.message, failure.frames[-1] if failure.frames else None
    if BEFORE_INIT.search(message) and not cls.__subclasses__():
        return _found("`Module.__init__` has not run when this line needs it", frame, message)
    if failure.kind == "TypeError" and SUPER.search(message):
        return _found("`super` is given a class that the instance does not have", frame, message)
    if failure.kind == "TypeError" and "__init__() should return None" in message:
        return Found("the constructor returns a value, which Python refuses", "__init__", cls)
    if failure.kind == "KeyError" and NAMES.search(message):
        return _found("a name is registered that torch refuses", _own_frame(cls, failure), message)
    if "name 'self' is not defined" in message and frame is not None and _is_method(cls, frame):
        return _found("the method has no argument `self`", frame, message)
    if failure.kind == "TypeError" and frame is not None and _takes_itself(cls, frame) and cls.__name__ in message:
        return _found("`forward` has no argument `self`, so that its input is the Module itself", frame, message)
    if (
        'missing the required "forward" function' in message
        and f"[{cls.__name__}]" in message
        and _was_to_have_forward(cls)
    ):
        return Found(f"`{cls.__name__}` defines no `forward`", "forward", cls)
    if failure.kind == "NameError" and frame is not None and _own(cls, frame) and not not_run(cls, failure):
        return _found("a name that is not defined is used", frame, message)
    lacking = re.search(r"'(\w+)' object has no attribute '(\w+)'", message)
    if lacking and lacking[1] == cls.__name__ and frame is not None:
        return _lacking(cls, failure, lacking[2])
    wrong = refused(cls, failure) or misused(cls, failure) or _emptied(cls, failure)
    return _found(wrong[0], wrong[1], message) if wrong else None


def _emptied(cls: type, failure: Failure) -> tuple[str, Frame] | None:
    """A registered attribute that became None, since the result of registering it was assigned to it."""
    frame = failure.level(cls)
    if frame is None:
        return None
    module = vars(frame.local["self"])
    for name in sorted(statement_names(frame.filename, frame.line)[0]):
        entries = [module[registry][name] for registry in REGISTRIES if name in module.get(registry, ())]
        if entries == [None] and re.search(rf"self\.{name}\s*=\s*self\.(register_\w+|add_module)\(", source_of(cls)):
            return f"`self.{name}` is None: registering returns None, and that is assigned to it", frame
    return None


def _lacking(cls: type, failure: Failure, attribute: str) -> Found | None:
    """An attribute that nothing sets, or that the constructor has set and that is gone."""
    frame = _own_frame(cls, failure)
    if issubclass(cls, nn.ModuleDict):  # its entries are attributes
        return None
    if not _bound_somewhere(cls, attribute):
        return _found(f"`self.{attribute}` is read, and nothing ever sets it", frame, failure.message)
    line = frame.line if failure.phase == "build" else sys.maxsize
    in_place = failure.phase == "call" or (frame.function == "__init__" and _own(cls, frame))
    if in_place and not hasattr(cls, attribute) and _surely_bound(cls, attribute, line):
        what = f"`self.{attribute}` is gone: `Module.__init__` has run again after the constructor set it"
        return _found(what, frame, failure.message)
    return None


def _surely_bound(cls: type, attribute: str, line: int) -> bool:
    """Whether the class's own constructor, before a line, sets the attribute and runs `Module.__init__` later."""
    try:
        lines, first = inspect.getsourcelines(vars(cls)["__init__"])
        (tree,) = ast.parse(textwrap.dedent("".join(lines))).body
    except (OSError, TypeError, KeyError, SyntaxError, ValueError):
        return False
    set_at = again = 0
    for number, statement in enumerate(getattr(tree, "body", ()), 1):
        if isinstance(statement, ast.Delete):
            return False
        if statement.lineno + first - 1 >= line:
            break
        if isinstance(statement, (ast.Assign, ast.AnnAssign)):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            if any(_names(target, attribute) for target in targets):
                set_at = number
        elif isinstance(statement, ast.Expr) and ".__init__(" in ast.unparse(statement):
            again = number
    return 0 < set_at < again


def _was_to_have_forward(cls: type) -> bool:
    """Whether a class without `forward` was to have one: a function of it is called almost so, or stands too deep.

    Others are bases, containers and placeholders, or are used by methods of other names.
    """
    names = re.findall(r"\bdef (\w+)", source_of(cls))
    return bool(difflib.get_close_matches("forward", names, cutoff=0.7)) and not cls.__subclasses__()


def not_run(cls: type, failure: Failure) -> str:
    """Why a name that the failure misses isn't there, where only a part of the file was run; else empty."""
    named = re.search(r"name '(\w+)' is not defined", failure.message) if failure.kind == "NameError" else None
    return lost(cls.__module__, named[1]) if named else ""


def explained(failure: Failure) -> str:
    """What a failure means, in words; empty where nothing is known of it."""
    for pattern, text in EXPLAINED:
        if re.search(pattern, failure.message):
            return text
    return ""


def _found(what: str, frame: Frame | None, message: str) -> Found:
    text = f"{what}: {message[:200]}"
    return Found(text, filename=frame.filename if frame else "", line=frame.line if frame else 0)


def _own(cls: type, frame: Frame) -> bool:
    return isinstance(frame.local.get("self"), cls)


def _is_method(cls: type, frame: Frame) -> bool:
    """Whether a frame is one of the class's own functions."""
    names = (getattr(value, "__code__", None) for value in vars(cls).values())
    return any(c is not None and c.co_filename == frame.filename and _spans(c, frame.line) for c in names)


def _takes_itself(cls: type, frame: Frame) -> bool:
    """Whether a frame is of a `forward` whose first argument has an input's name and holds the Module."""
    first = frame.arguments[0] if frame.arguments else "self"
    return frame.function == "forward" and first != "self" and isinstance(frame.local.get(first), cls)


def _spans(code: types.CodeType, line: int) -> bool:
    lines = [number for *_, number in code.co_lines() if number is not None]
    return bool(lines) and min(lines) <= line <= max(lines)


def _own_frame(cls: type, failure: Failure) -> Frame:
    return failure.level(cls) or failure.frames[-1]


def _bound_somewhere(cls: type, attribute: str) -> bool:
    """Whether the constructor, a method that anything calls, or a subclass may set the attribute."""
    texts = []
    for base in cls.__mro__:
        if base.__module__.startswith("torch.") or base is object:
            continue
        try:
            texts.append(textwrap.dedent(inspect.getsource(base)))
        except (OSError, TypeError):
            return True
    whole = "\n".join(texts)
    if re.search(r"setattr|__dict__|__getattr|vars\(self\)", whole):
        return True
    if any(_binds(ast.parse(text).body[0], attribute, whole) for text in texts):
        return True
    derived: list[type] = cls.__subclasses__()
    return any(_bound_somewhere(kind, attribute) for kind in derived)


def _binds(cls: ast.stmt, attribute: str, whole: str) -> bool:
    """Whether a class body, its constructor, or a method that is public or called somewhere binds the attribute."""
    for statement in getattr(cls, "body", ()):
        if not isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
            named = any(isinstance(n, ast.Name) and n.id == attribute for n in ast.walk(statement))
        elif statement.name == attribute:
            return True
        else:
            named = any(_names(node, attribute) for node in ast.walk(statement))
            public = not statement.name.startswith("_")
            named = named and (
                public or statement.name == "__init__" or bool(re.search(rf"\.{statement.name}\b", whole))
            )
        if named:
            return True
    return False


def _names(node: ast.AST, attribute: str) -> bool:
    if isinstance(node, ast.Constant):
        return node.value == attribute
    return isinstance(node, ast.Attribute) and node.attr == attribute and isinstance(node.ctx, ast.Store)
