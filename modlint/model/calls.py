"""What a call does: constructs, moves, registers, wraps, fills a list, or runs a function of the project."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Final

from modlint.model.effects import optimized
from modlint.model.events import Call, Started
from modlint.model.expressions import EXPRESSIONS
from modlint.model.facts import ClassFacts, defaults
from modlint.model.library import optimizer_class
from modlint.model.makers import BOXES
from modlint.model.methods import COMPUTED, RECEIVERS, Methods
from modlint.model.tensors import make_tensor
from modlint.model.torch_names import (
    BUFFERS,
    MAKERS,
    PARAMETERS,
    PYTHON_SAFE,
    TENSOR_OPERATIONS,
    VARIABLE,
    WATCHED,
    WRAPPING_FUNCTIONS,
    is_optimizer,
)
from modlint.model.values import (
    NONE,
    UNKNOWN,
    Box,
    ClassRef,
    Const,
    Dotted,
    FunctionRef,
    Instance,
    LambdaRef,
    Method,
    Parameters,
    SelfRef,
    SuperRef,
    Tensor,
    Union,
    Value,
    alternatives,
    inside,
    join,
    mark,
)

PARAMETER_FILE: Final = "torch/nn/parameter.py"
"""Where torch's own sources, read to make its table, define the kinds of parameters."""


class Calls(Methods):
    """The part of the interpreter that takes calls apart and hands them to what knows the callee."""

    def call(self, node: ast.Call) -> Value:
        """Evaluate a call expression, note it, and give its result."""
        function = node.func
        if isinstance(function, ast.Name) and function.id in ("super", "setattr", "getattr", "hasattr"):
            special = self.special(node, function.id)
            if special is not None:
                return special
        callee = self.eval(function)
        args, literal = self.elements(node.args)
        kwargs: dict[str, Value] = {}
        spread = literal is None
        if node.keywords:
            spread = self.keywords(node.keywords, kwargs) or spread
        if self.in_init:
            for value in (*args, *kwargs.values()):
                if _is_base_init(value):
                    self.path.started = Started.YES
        if callee is UNKNOWN:
            return self.unknown_call(node, args, kwargs)
        if callee.__class__ is not Union:
            return self.call_one(callee, node, args, kwargs, spread)
        return join([self.call_one(c, node, args, kwargs, spread, False) for c in alternatives(callee)])

    def keywords(self, nodes: list[ast.keyword], kwargs: dict[str, Value]) -> bool:
        """Put the values of named arguments into ``kwargs``; whether there are some whose names aren't written."""
        spread = []
        for keyword in nodes:
            if keyword.arg is None:
                spread.append(keyword.value)
            else:
                kwargs[keyword.arg] = self.eval(keyword.value)
        for node in spread:
            for item in self.items_of(self.eval(node)):
                kwargs.setdefault(f"**{len(kwargs)}", item)
        return bool(spread)

    def unknown_call(self, node: ast.Call, args: list[Value], kwargs: dict[str, Value]) -> Value:
        method = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        if method == "__init__" and self.in_init and args and isinstance(args[0], SelfRef):
            event = Call(node, UNKNOWN, "", args, kwargs, False, self.place(), UNKNOWN)
            self.begin(event, method, True)
        if method in WATCHED:
            self.events.strange.append(Call(node, UNKNOWN, "", args, kwargs, False, self.place(), UNKNOWN))
        for value in (*args, *kwargs.values()):
            if method in TENSOR_OPERATIONS and isinstance(value, Tensor):
                self.operand(value, method)
            elif method in ("to", "type_as", "to_device", "new_tensor", "expand_as", "view_as") and isinstance(
                value, Tensor
            ):
                value.uses.add("meta")
            else:
                self.escape(value)
        return UNKNOWN

    def call_one(
        self,
        callee: Value,
        node: ast.Call,
        args: list[Value],
        kwargs: dict[str, Value],
        spread: bool = False,
        sure: bool = True,
    ) -> Value:
        """Call one possible callee."""
        if callee is UNKNOWN:
            return self.unknown_call(node, args, kwargs)
        path = callee.path if isinstance(callee, Dotted) else ""
        event = Call(node, callee, path, args, kwargs, spread, self.place(), UNKNOWN, sure)
        handler = _CALLEES.get(callee.__class__)
        if handler is None:
            self.unknown_call(node, args, kwargs)
            return UNKNOWN
        if not path.startswith("builtins.") or path.endswith(".__init__"):
            self.events.calls.append(event)
        event.result = handler(self, callee, event)
        return event.result

    def call_dotted(self, callee: Dotted, event: Call) -> Value:
        """A call of something outside the opened files, known by name."""
        path, node, args, kwargs = callee.path, event.node, event.args, event.kwargs
        if path.startswith(("torch.optim.", "torch.nn.utils.")):
            self.take(event)
        made = self.known_call(path, node, args, kwargs)
        if made is not None:
            return made
        if (args and isinstance(args[0], SelfRef)) or path.endswith(".__init__"):
            return self.method_by_path(path, event)
        cls = self.graph.as_class(callee) if self.may_be_class(path) else None
        if cls is not None:
            return self.construct(cls, node, args, kwargs)
        if path.startswith("torch.") and not self.may_be_class(path):
            return self.torch_function(path, node, args, kwargs)
        for value in (*args, *kwargs.values()):
            self.escape(value)
            if path.startswith("torch.optim."):
                mark(value, optimized)
        return Instance(node, optimizer_class(path), args, kwargs) if is_optimizer(path) else UNKNOWN

    def take(self, event: Call) -> None:
        """Iterators of parameters are used up by what gets them: optimizers, gradient clipping."""
        for argument in (*event.args, *event.kwargs.values()):
            for value in inside(argument):
                if isinstance(value, Parameters):
                    value.taken.append(event.place)

    def known_call(self, path: str, node: ast.Call, args: list[Value], kwargs: dict[str, Value]) -> Value | None:
        """What the functions that the interpreter knows by name give; ``None`` for any other."""
        if path in PARAMETERS:
            return self.make_parameter(node, args, kwargs)
        if path in BUFFERS:
            tensor = Tensor(node, path)
            tensor.registered = True
            return tensor
        if path in MAKERS or path == VARIABLE:
            tensor = make_tensor(path, node, args, kwargs)
            tensor.placed = tensor.placed and not self.factory_device(node)
            return tensor
        if path in BOXES:
            return self.make_box(path, node, args, kwargs)
        if path in ("builtins.enumerate", "builtins.zip", "builtins.range", "builtins.map"):
            return self.iterator(path, node, args)
        if path in WRAPPING_FUNCTIONS:
            return self.wrapped_module(path, node, args)
        if path in PYTHON_SAFE:
            return UNKNOWN
        if path.startswith("torch.nn.init."):
            return args[0] if args else UNKNOWN
        return self.partial(args) if path.startswith("functools.partial") else None

    def factory_device(self, node: ast.Call) -> bool:
        """Whether ``device=`` passes on an argument that is ``None`` by default, as torch's own layers have it."""
        function = self.frame.function
        given = [k.value for k in node.keywords if k.arg == "device"]
        if function is None or not given or not isinstance(given[0], ast.Name):
            return False
        default = defaults(function).get(given[0].id)
        return isinstance(default, ast.Constant) and default.value is None

    def method_by_path(self, path: str, event: Call) -> Value:
        """``Base.method(self, …)`` with ``Base`` known by name only, or a strange function that gets the instance."""
        owner, _, name = path.rpartition(".")
        cls = self.graph.as_class(Dotted(owner)) if self.may_be_class(owner) else None
        if cls is not None:
            return self.class_method(ClassRef(cls), name, event)
        self.begin(event, name, True)
        for value in (*event.args[1:], *event.kwargs.values()):
            self.absorb(value)
        return UNKNOWN

    @staticmethod
    def may_be_class(path: str) -> bool:
        """Whether a dotted name is worth looking up as a class: by convention it starts with a capital."""
        return path.rpartition(".")[2].lstrip("_")[:1].isupper()

    def call_class(self, callee: ClassRef, event: Call) -> Value:
        if isinstance(callee.cls, ClassFacts) and callee.cls.file.path.endswith(PARAMETER_FILE):
            return self.make_parameter(event.node, event.args, event.kwargs)
        return self.construct(callee.cls, event.node, event.args, event.kwargs)

    def call_function_ref(self, callee: FunctionRef, event: Call) -> Value:
        return self.call_function(callee, event.args, event.kwargs, event.node)

    def call_box(self, callee: Box, event: Call) -> Value:
        return UNKNOWN

    def call_method(self, callee: Method, event: Call) -> Value:
        """A method of a known value."""
        receiver = callee.receiver
        if isinstance(receiver, Method):
            self.handle_root(receiver)
            if isinstance(receiver.receiver, SelfRef) and receiver.name == "__dict__":
                self.path.started = Started.YES
        handler = RECEIVERS.get(receiver.__class__)
        if handler is None:
            for value in (*event.args, *event.kwargs.values()):
                self.escape(value)
            return UNKNOWN
        return handler(self, receiver, callee.name, event)

    def special(self, node: ast.Call, name: str) -> Value | None:
        """``super()``, and ``setattr``/``getattr`` on the instance; ``None`` where the ordinary way is right."""
        if name == "super":
            return self.super_(node)
        if len(node.args) < 2:
            return None
        owner = self.eval(node.args[0])
        by = self.name_by(node.args[1]) if name == "getattr" and isinstance(owner, SelfRef) else ""
        key = Const(self.name_in(by)) if by else self.eval(node.args[1])
        fixed = key.value if isinstance(key, Const) else None
        if name == "setattr" and len(node.args) == 3:
            return self.set_attribute(owner, key, self.eval(node.args[2]), node)
        if name == "getattr":
            default = self.eval(node.args[2]) if len(node.args) > 2 else None
            if not isinstance(fixed, str):
                return UNKNOWN
            if not isinstance(owner, SelfRef):
                return join([self.attribute_of(o, fixed, node) for o in alternatives(owner)])
            found = self.read(fixed, by)
            return found if default is None else join((found, default))
        return UNKNOWN

    def name_by(self, node: ast.expr) -> str:
        """The attribute of the instance that ``node`` reads a name from, where a run that is recorded does so."""
        if not self.recordings or not isinstance(node, ast.Attribute) or not isinstance(node.value, ast.Name):
            return ""
        own = isinstance(self.eval(node.value), SelfRef) and self.name_in(node.attr) is not None
        return node.attr if own else ""

    def set_attribute(self, owner: Value, key: Value, value: Value, node: ast.Call) -> Value:
        if isinstance(owner, SelfRef) and isinstance(key, Const) and isinstance(key.value, str):
            self.bind(key.value, value, node, "setattr")
        elif isinstance(owner, SelfRef):
            self.bind(COMPUTED, value, node, "setattr")
            self.absorb(value)
        else:
            self.escape(value)
        return NONE

    def super_(self, node: ast.Call) -> Value:
        lexical = self.frame.owner
        if not node.args:
            return SuperRef(lexical, node)
        named = self.eval(node.args[0])
        cls = self.graph.as_class(named) if isinstance(named, (ClassRef, Dotted)) else None
        if cls is None and isinstance(node.args[0], ast.Attribute) and node.args[0].attr == "__class__":
            cls = lexical
        return SuperRef(cls, node, bound=len(node.args) > 1)


def _is_base_init(value: Value) -> bool:
    """Whether a value is ``super().__init__``, handed on to be called elsewhere."""
    return value.__class__ is Method and value.name == "__init__" and isinstance(value.receiver, SuperRef)


_CALLEES: Final[dict[type[Value], Callable[..., Value]]] = {
    Dotted: Calls.call_dotted,
    ClassRef: Calls.call_class,
    FunctionRef: Calls.call_function_ref,
    LambdaRef: Calls.call_lambda,
    Instance: Calls.call_instance,
    Box: Calls.call_box,
    Method: Calls.call_method,
}
EXPRESSIONS[ast.Call] = Calls.call
