"""Calls into the project's own functions: which are followed, what their variables start as."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Final

from modlint.model.classes import AnyClass
from modlint.model.events import Call, Started
from modlint.model.facts import FunctionFacts, defaults, dotted
from modlint.model.ledger import Entry
from modlint.model.makers import copied_value
from modlint.model.names import static_value
from modlint.model.recalling import DEEPEST, Recalling
from modlint.model.values import (
    UNKNOWN,
    Box,
    ClassRef,
    Const,
    Dotted,
    FunctionRef,
    Instance,
    LambdaRef,
    Parameter,
    SelfRef,
    Tensor,
    Union,
    Value,
    alternatives,
    join,
)

PLAIN_DECORATORS: Final = frozenset(
    "staticmethod classmethod property cached_property setter getter no_grad enable_grad inference_mode autocast cache"
    " lru_cache abstractmethod override final deprecated wraps".split()
)
"""Decorators under which a function gives what its body returns."""
TELLING: Final = (Box, ClassRef, Dotted, FunctionRef, Instance, LambdaRef, Parameter, SelfRef, Tensor, Union)


class Functions(Recalling):
    """The part of the interpreter that decides which functions are followed, and with which arguments."""

    results: dict[FunctionFacts, Entry]
    lambdas: list[ast.Lambda]
    callers: list[ast.Call]
    run_function: Callable[..., Value]

    def call_function(
        self, callee: FunctionRef, args: list[Value], kwargs: dict[str, Value], node: ast.Call | None
    ) -> Value:
        """Run a function of the project with these arguments; what isn't followed may do anything with them."""
        function = callee.function
        given = args if callee.receiver is None else [callee.receiver, *args]
        if changes_result(function) or not self.follows(function, callee, given, kwargs):
            if self.in_init and given and isinstance(given[0], SelfRef):
                self.path.started = Started.YES
            for value in (*args, *kwargs.values()):
                self.escape(value)
            return UNKNOWN if changes_result(function) else self.result_apart(function, callee)
        if self.in_init and function.file is not self.file and callee.closure is None:
            return self.recall(callee, given, kwargs, node)
        return self.run_call(callee, given, kwargs, node)

    def run_call(
        self, callee: FunctionRef, given: list[Value], kwargs: dict[str, Value], node: ast.Call | None
    ) -> Value:
        """Run a function on these arguments."""
        self.fuel -= 1
        env = self.bind_arguments(callee.function, given, kwargs, callee)
        if node is not None:
            self.callers.append(node)
        value = self.run_function(callee.function, env, callee.closure)
        if node is not None:
            self.callers.pop()
        return value

    def follows(
        self, function: FunctionFacts, callee: FunctionRef, given: list[Value], named: dict[str, Value]
    ) -> bool:
        """Whether a call is run on its own arguments, rather than once for all on unknown ones."""
        for recording in self.recordings:
            recording.asked.add(function)
        if function in self.running or len(self.running) >= DEEPEST or self.fuel <= 0:
            return False
        on_self = bool(given) and isinstance(given[0], SelfRef)
        if not function.file.project_file and not on_self:
            return False
        if callee.closure is not None or on_self:
            return callee.closure is not None or self.in_init
        values = (*given, *named.values())
        if not self.in_init and function.file is not self.file:
            return any(isinstance(value, Tensor) for value in values)
        return any(_telling(value, self.in_init) for value in values)

    def result_apart(self, function: FunctionFacts, callee: FunctionRef) -> Value:
        """What a function gives when run on unknown arguments, once for all its calls; each call gets its own copy."""
        for recording in self.recordings:
            recording.asked.add(function)
        if function in self.running or not function.file.project_file or self.fuel <= 0 or len(self.running) >= DEEPEST:
            return UNKNOWN
        bare = callee.receiver is None and callee.closure is None
        if bare and function.file is not self.file:
            return self.graph.given(function, self.in_init, self.plain)
        self.spoil()
        results = self.graph.results if bare else self.results
        known = results.get(function)
        if known is None:
            known = results[function] = Entry(UNKNOWN)
            self.project.ledger.fill(known, lambda: self.once(callee))
        self.project.ledger.rest_on(known)
        return join([copied_value(candidate) for candidate in alternatives(known.value)])

    def once(self, callee: FunctionRef) -> Value:
        """Run a function on unknown arguments, or do what it did for another class."""
        if callee.function.file is not self.file and isinstance(callee.receiver, SelfRef) and callee.closure is None:
            return self.recall(callee, [callee.receiver], {}, None)
        self.fuel -= 1
        return self.run_unknown(callee)

    def run_unknown(self, callee: FunctionRef) -> Value:
        """Run a function on unknown arguments."""
        given: list[Value] = [callee.receiver] if callee.receiver is not None else []
        env = self.bind_arguments(callee.function, given, {}, callee)
        return self.run_function(callee.function, env, callee.closure)

    def bind_arguments(
        self, function: FunctionFacts, given: list[Value], kwargs: dict[str, Value], callee: FunctionRef | None
    ) -> dict[str, Value]:
        """The variables a call starts with."""
        args = function.node.args
        positional = args.posonlyargs + args.args
        if callee is not None and callee.receiver is None and "classmethod" in function.decorators:
            given = [UNKNOWN, *given]
        env: dict[str, Value] = {}
        for argument in positional + args.kwonlyargs:
            annotation = argument.annotation
            env[argument.arg] = UNKNOWN if annotation is None else self.annotated_value(function, annotation)
        if any(default.__class__ is not ast.Constant for default in (*args.defaults, *args.kw_defaults) if default):
            for name, default in defaults(function).items():
                env[name] = self.default_class(function, default) or env[name]
        for argument, value in zip(positional, given, strict=False):
            env[argument.arg] = value
        for name, value in kwargs.items():
            if name in env:
                env[name] = value
        if args.vararg is not None:
            node = ast.copy_location(ast.Name(args.vararg.arg), args.vararg)
            env[args.vararg.arg] = Box(node, "tuple", given[len(positional) :] or [UNKNOWN])
        if args.kwarg is not None:
            env[args.kwarg.arg] = UNKNOWN
        return env

    def default_class(self, function: FunctionFacts, default: ast.expr) -> Value | None:
        """A class as default value (``norm_layer=nn.LayerNorm``, also in ``partial``) is what the argument may be."""
        if isinstance(default, ast.Call) and default.args and dotted(default.func).rpartition(".")[2] == "partial":
            default = default.args[0]
        if not isinstance(default, (ast.Name, ast.Attribute)) or not dotted(default).rpartition(".")[2][:1].isupper():
            return None
        value = static_value(self.project, function.file, default, function.outer)
        return join((value, UNKNOWN)) if isinstance(value, (ClassRef, Dotted)) else None

    def annotated_value(self, function: FunctionFacts, annotation: ast.expr) -> Value:
        """An argument annotated as a Module is one that somebody else holds."""
        if not isinstance(annotation, (ast.Name, ast.Attribute)):
            return UNKNOWN
        ledger = self.project.ledger
        cls: AnyClass | None = ledger.answer(annotation, lambda: self.annotated_class(function, annotation))
        if cls is None:
            return UNKNOWN
        instance = Instance(annotation, cls, [UNKNOWN], {})
        instance.registered = instance.escaped = True
        return instance

    def annotated_class(self, function: FunctionFacts, annotation: ast.expr) -> AnyClass | None:
        """The Module class an annotation names."""
        named = static_value(self.project, function.file, annotation, function.outer)
        if isinstance(named, Dotted) and not named.path.startswith("torch.nn."):
            return None
        cls = self.graph.as_class(named)
        return cls if cls is not None and self.graph.is_module(cls) else None

    def call_lambda(self, callee: LambdaRef, event: Call) -> Value:
        if self.fuel <= 0 or callee.node in self.lambdas:
            return UNKNOWN
        self.fuel -= 1
        self.lambdas.append(callee.node)
        saved = self.path.env
        names = [a.arg for a in callee.node.args.args]
        self.path.env = {
            **callee.closure.env,
            **saved,
            **dict.fromkeys(names, UNKNOWN),
            **dict(zip(names, event.args, strict=False)),
        }
        value = self.eval(callee.node.body)
        self.path.env = saved
        self.lambdas.pop()
        return value


def changes_result(function: FunctionFacts) -> bool:
    """Whether a decorator stands between a call and the function's own result."""
    return any(
        name.rpartition(".")[2] not in PLAIN_DECORATORS and not name.startswith("torch.")
        for name in function.decorators
    )


def _telling(value: Value, in_init: bool) -> bool:
    """Whether a function given this argument may give back more than it does on unknown ones."""
    if isinstance(value, Const):
        return in_init and isinstance(value.value, str)
    return isinstance(value, TELLING)
