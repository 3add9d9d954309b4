"""What a call does: constructs, moves, registers, wraps, fills a list, or runs a function of the project."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Final

from modlint.model.classes import AnyClass, is_root
from modlint.model.events import Call, Initialisation, Started
from modlint.model.expressions import Expressions
from modlint.model.facts import ClassFacts, FunctionFacts
from modlint.model.library import LibraryClass
from modlint.model.names import static_value
from modlint.model.tensors import make_tensor
from modlint.model.torch_names import (
    BUFFERS,
    MAKERS,
    LIKE_MAKERS,
    PARAMETERS,
    PYTHON_SAFE,
    SAME_MODULE,
    SAME_PARAMETER,
    TENSOR_LOOKS,
    TENSOR_OPERATIONS,
    TENSOR_PLACES,
    TENSOR_TO_PYTHON,
    VARIABLE,
    WRAPPING_FUNCTIONS,
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
    Parameter,
    SelfRef,
    SuperRef,
    Tensor,
    Value,
    alternatives,
    inside,
    join,
)

DEEPEST: Final = 8
BOXES: Final = {
    "builtins.list": "list",
    "builtins.tuple": "tuple",
    "builtins.set": "set",
    "builtins.frozenset": "set",
    "builtins.dict": "dict",
    "builtins.sorted": "list",
    "builtins.reversed": "list",
    "builtins.iter": "list",
    "builtins.filter": "list",
    "collections.OrderedDict": "dict",
    "collections.defaultdict": "dict",
    "collections.deque": "list",
    "typing.OrderedDict": "dict",
    "itertools.chain": "list",
}
"""Callables that make a plain container of what they are given."""

PARAMETER_FILE: Final = "torch/nn/parameter.py"
"""Where torch's own sources, read to make its table, define the kinds of parameters."""

COMPUTED: Final = ""
"""The attribute's name in a binding whose name is worked out at run time."""

FILLING: Final = frozenset({"append", "extend", "insert", "add", "update", "setdefault", "appendleft", "extendleft"})
SPREADING: Final = frozenset({"extend", "update", "extendleft"})


class Calls(Expressions):
    """The part of the interpreter that knows what calls do."""

    running: list[FunctionFacts]
    visited: set[FunctionFacts]
    results: dict[FunctionFacts, Value]
    fuel: int
    lambdas: list[ast.Lambda]
    run_function: Callable[..., Value]
    bind: Callable[..., None]
    grow: Callable[[Box], None]

    def call(self, node: ast.Call) -> Value:
        """Evaluate a call expression, note it, and give its result."""
        function = node.func
        if isinstance(function, ast.Name) and function.id in ("super", "setattr", "getattr", "hasattr"):
            special = self.special(node, function.id)
            if special is not None:
                return special
        callee = self.eval(function)
        args, _ = self.elements(node.args)
        kwargs = {k.arg: self.eval(k.value) for k in node.keywords if k.arg is not None}
        spread = any(isinstance(a, ast.Starred) for a in node.args)
        for keyword in node.keywords:
            if keyword.arg is None:
                spread = True
                for item in self.items_of(self.eval(keyword.value)):
                    kwargs.setdefault(f"**{len(kwargs)}", item)
        if callee is UNKNOWN:
            return self.unknown_call(node, args, kwargs)
        candidates = alternatives(callee)
        sure = len(candidates) == 1
        results = [self.call_one(candidate, node, args, kwargs, spread, sure) for candidate in candidates]
        return join(results)

    def unknown_call(self, node: ast.Call, args: list[Value], kwargs: dict[str, Value]) -> Value:
        method = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        for value in (*args, *kwargs.values()):
            if method in TENSOR_OPERATIONS and isinstance(value, Tensor):
                self.operand(value, method)
            elif method in ("to", "type_as", "to_device", "new_tensor", "expand_as", "view_as") and isinstance(value, Tensor):
                value.uses.add("meta")
            else:
                self.escape(value)
        return UNKNOWN

    def call_one(
        self, callee: Value, node: ast.Call, args: list[Value], kwargs: dict[str, Value], spread: bool = False, sure: bool = True
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

    # -- callees by kind -----------------------------------------------------------------------------------------

    def call_dotted(self, callee: Dotted, event: Call) -> Value:
        """A call of something outside the opened files, known by name."""
        path, node, args, kwargs = callee.path, event.node, event.args, event.kwargs
        if path in PARAMETERS:
            return self.make_parameter(node, args, kwargs)
        if path in BUFFERS:
            tensor = Tensor(node, path)
            tensor.registered = True
            return tensor
        if path in MAKERS or path == VARIABLE:
            return make_tensor(path, node, args, kwargs)
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
        if path.startswith("functools.partial"):
            return self.partial(args)
        if args and isinstance(args[0], SelfRef) or path.endswith(".__init__"):
            return self.method_by_path(path, event)
        cls = self.graph.as_class(callee) if self.may_be_class(path) else None
        if cls is not None:
            return self.construct(cls, node, args, kwargs)
        if path.startswith("torch.") and not self.may_be_class(path):
            return self.torch_function(path, node, args, kwargs)
        for value in (*args, *kwargs.values()):
            self.escape(value)
        return UNKNOWN

    def method_by_path(self, path: str, event: Call) -> Value:
        """``Base.method(self, …)`` where ``Base`` is known by name only, or a strange function that gets the instance."""
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

    def construct(self, cls: AnyClass, node: ast.Call, args: list[Value], kwargs: dict[str, Value]) -> Value:
        """An instance. A Module may register what its constructor is given; any other class may do anything with it."""
        instance = Instance(node, cls, args, kwargs)
        keep = self.absorb if self.graph.is_module(cls) else self.escape
        for value in (*args, *kwargs.values()):
            keep(value)
        return instance

    def call_function_ref(self, callee: FunctionRef, event: Call) -> Value:
        return self.call_function(callee, event.args, event.kwargs, event.node)

    def call_function(self, callee: FunctionRef, args: list[Value], kwargs: dict[str, Value], node: ast.Call | None) -> Value:  # type: ignore[override]
        """Run a function of the project with these arguments; what isn't followed may do anything with them."""
        function = callee.function
        given = args if callee.receiver is None else [callee.receiver, *args]
        if not self.follows(function, callee, given):
            for value in (*args, *kwargs.values()):
                self.escape(value)
            return self.result_apart(function, callee)
        if any(d not in ("", "staticmethod", "classmethod", "property", "cached_property") and "no_grad" not in d and "torch.jit" not in d
               for d in function.decorators):
            for value in (*args, *kwargs.values()):
                self.escape(value)
        self.fuel -= 1
        env = self.bind_arguments(function, given, kwargs, callee)
        return self.run_function(function, env, callee.closure)

    def follows(self, function: FunctionFacts, callee: FunctionRef, given: list[Value]) -> bool:
        if function in self.running or len(self.running) >= DEEPEST or self.fuel <= 0:
            return False
        if not function.file.project_file and not any(isinstance(v, SelfRef) for v in given):
            return False
        if callee.closure is not None:
            return True
        on_self = bool(given) and isinstance(given[0], SelfRef)
        return self.in_init or not on_self and any(isinstance(v, (Box, Instance, Tensor, ClassRef, Parameter)) for v in given)

    def result_apart(self, function: FunctionFacts, callee: FunctionRef) -> Value:
        """What a function gives when run on unknown arguments, once for all its calls; each call gets its own copy."""
        if function in self.running or not function.file.project_file or self.fuel <= 0 or len(self.running) >= DEEPEST:
            return UNKNOWN
        if function not in self.results:
            self.results[function] = UNKNOWN
            self.fuel -= 1
            given: list[Value] = [callee.receiver] if callee.receiver is not None else []
            env = self.bind_arguments(function, given, {}, callee)
            self.results[function] = self.run_function(function, env, callee.closure)
        return join([_copy(candidate) for candidate in alternatives(self.results[function])])

    def bind_arguments(self, function: FunctionFacts, given: list[Value], kwargs: dict[str, Value], callee: FunctionRef | None) -> dict[str, Value]:
        """The variables a call starts with."""
        args = function.node.args
        names = [a.arg for a in (*args.posonlyargs, *args.args)]
        if callee is not None and callee.receiver is None and "classmethod" in function.decorators:
            given = [UNKNOWN, *given]
        env: dict[str, Value] = {}
        for annotated in (*args.posonlyargs, *args.args, *args.kwonlyargs):
            env[annotated.arg] = self.annotated_value(function, annotated)
        env.update(zip(names, given, strict=False))
        env.update({k: v for k, v in kwargs.items() if k in env})
        if args.vararg is not None:
            env[args.vararg.arg] = Box(ast.Name(args.vararg.arg), "tuple", given[len(names):] or [UNKNOWN])
        if args.kwarg is not None:
            env[args.kwarg.arg] = UNKNOWN
        return env

    def annotated_value(self, function: FunctionFacts, arg: ast.arg) -> Value:
        """An argument annotated as a Module is one that somebody else holds."""
        if arg.annotation is None or not isinstance(arg.annotation, (ast.Name, ast.Attribute)):
            return UNKNOWN
        named = static_value(self.project, function.file, arg.annotation, function.outer)
        if not isinstance(named, (ClassRef, Dotted)):
            return UNKNOWN
        if isinstance(named, Dotted) and not named.path.startswith("torch.nn."):
            return UNKNOWN
        cls = self.graph.as_class(named)
        if cls is None or not self.graph.is_module(cls):
            return UNKNOWN
        instance = Instance(arg.annotation, cls, [UNKNOWN], {})
        instance.registered = instance.escaped = True
        return instance

    def call_lambda(self, callee: LambdaRef, event: Call) -> Value:
        if self.fuel <= 0 or callee.node in self.lambdas:
            return UNKNOWN
        self.fuel -= 1
        self.lambdas.append(callee.node)
        saved = self.path.env
        names = [a.arg for a in callee.node.args.args]
        self.path.env = {**callee.closure.env, **saved, **dict.fromkeys(names, UNKNOWN), **dict(zip(names, event.args, strict=False))}
        value = self.eval(callee.node.body)
        self.path.env = saved
        self.lambdas.pop()
        return value

    def call_instance(self, callee: Instance, event: Call) -> Value:
        callee.called.append(event.node)
        for value in (*event.args, *event.kwargs.values()):
            if self.graph.is_module(callee.cls) and isinstance(callee.cls, LibraryClass):
                self.operand(value, "forward")
            else:
                self.escape(value)
        return UNKNOWN

    def call_box(self, callee: Box, event: Call) -> Value:
        return UNKNOWN

    def call_method(self, callee: Method, event: Call) -> Value:
        """A method of a known value."""
        receiver = callee.receiver
        if isinstance(receiver, Method):
            self.handle_root(receiver)
        handler = _RECEIVERS.get(receiver.__class__)
        if handler is None:
            for value in (*event.args, *event.kwargs.values()):
                self.escape(value)
            return UNKNOWN
        return handler(self, receiver, callee.name, event)

    # -- methods by receiver -------------------------------------------------------------------------------------

    def box_method(self, box: Box, name: str, event: Call) -> Value:
        if name in FILLING:
            added = event.args[-1:] if name in ("insert", "setdefault") else event.args
            for value in added:
                box.items += self.items_of(value) if name in SPREADING else [value]
            self.grow(box)
            return box if name == "setdefault" else NONE
        if name == "items":
            pairs = [Box(event.node, "tuple", [UNKNOWN, item], 2) for item in box.items]
            return Box(event.node, "list", list(pairs))
        if name in ("values", "copy"):
            return Box(event.node, "list" if name == "values" else box.kind, list(box.items))
        if name in ("pop", "popitem", "get", "popleft"):
            return join(box.items) if box.items else UNKNOWN
        return UNKNOWN

    def instance_method(self, instance: Instance, name: str, event: Call) -> Value:
        if name in SAME_MODULE:
            return instance
        if name == "forward":
            return self.call_instance(instance, event)
        for value in (*event.args, *event.kwargs.values()):
            self.absorb(value)
        if name in ("append", "extend", "insert", "add_module", "register_module", "update"):
            instance.args.extend(event.args)
            return instance
        if name in ("load_state_dict", "_load_from_state_dict"):
            instance.handled = True
        if isinstance(instance.cls, ClassFacts):
            return UNKNOWN
        return UNKNOWN

    def tensor_method(self, tensor: Tensor, name: str, event: Call) -> Value:
        if name in TENSOR_PLACES:
            if not self.in_init:
                tensor.uses.add("moved")
            result = tensor.derived(event.node)
            result.placed = result.placed or not (name in ("cpu", "type_as") or _only_dtype(event))
            return result
        if name in TENSOR_TO_PYTHON:
            tensor.uses.add("python")
            return UNKNOWN
        if name == "requires_grad_":
            tensor.trainable = not (event.args and isinstance(event.args[0], Const) and event.args[0].value is False)
            return tensor
        if name in TENSOR_LOOKS or name.endswith("_"):
            return tensor if name.endswith("_") else UNKNOWN
        result = tensor.derived(event.node)
        if name in ("float", "double", "half", "bfloat16"):
            result.floating = True
        if name in ("long", "int", "bool", "short", "byte"):
            result.floating = False
        if name in ("sum", "mean", "max", "min", "prod", "norm", "any", "all", "argmax", "argmin", "squeeze") and not event.args:
            result.dims = None
        others = [v for v in (*event.args, *event.kwargs.values()) if not isinstance(v, (Const, Tensor))]
        if name in TENSOR_OPERATIONS and others and not self.in_init:
            self.operand(tensor, name)
            return UNKNOWN
        return result

    def parameter_method(self, parameter: Parameter, name: str, event: Call) -> Value:
        if name == "requires_grad_":
            parameter.trainable = not (event.args and isinstance(event.args[0], Const) and event.args[0].value is False)
            return parameter
        if name in SAME_PARAMETER or name.endswith("_"):
            return parameter
        if name in TENSOR_LOOKS or name in TENSOR_TO_PYTHON or parameter.registered or name in ("detach",):
            return UNKNOWN
        if name in ("to", "cpu", "float") and _stays(name, event):
            return parameter
        return Parameter(event.node, parameter.trainable, f".{name}()")

    def self_method(self, receiver: SelfRef, name: str, event: Call) -> Value:
        """A method of the instance that torch's classes define."""
        args = [*event.args, *event.kwargs.values()]
        if name in ("register_buffer", "register_parameter", "add_module", "register_module") and args:
            key = event.kwargs.get("name", event.args[0] if event.args else UNKNOWN)
            value = event.args[1] if len(event.args) > 1 else next((event.kwargs[k] for k in ("tensor", "param", "module") if k in event.kwargs), UNKNOWN)
            fixed = isinstance(key, Const) and isinstance(key.value, str)
            self.bind(key.value if fixed else COMPUTED, value, event.node, name)  # type: ignore[attr-defined]
            self.absorb(value)
            return NONE
        if name in SAME_MODULE:
            return self.instance
        if name == "forward":
            return UNKNOWN
        for value in args:
            self.absorb(value)
        return UNKNOWN

    def super_method(self, receiver: SuperRef, name: str, event: Call) -> Value:
        after = receiver.after
        if name == "__setattr__" and event.args and isinstance(event.args[0], Const):
            self.bind(str(event.args[0].value), event.args[1] if len(event.args) > 1 else UNKNOWN, event.node, "setattr")
            return NONE
        if not receiver.bound or self.cls is None:
            return UNKNOWN
        if after is None:
            self.begin(event, name, True)
            return UNKNOWN
        member = self.graph.find(self.cls, name, after)
        if member is not None and isinstance(member.owner, ClassFacts):
            function = None if is_root(member.owner) else member.owner.method(name)
            if function is not None and not self._hidden_before(member.owner, after):
                return self.call_function(FunctionRef(function, receiver=self.instance), event.args, event.kwargs, event.node)
        self.begin(event, name, member is not None or not self._ends(after))
        if name in ("register_buffer", "register_parameter", "add_module"):
            return self.self_method(self.instance, name, event)  # type: ignore[arg-type]
        for value in (*event.args, *event.kwargs.values()):
            self.absorb(value)
        return self.instance if name in SAME_MODULE else UNKNOWN

    def _hidden_before(self, owner: ClassFacts, after: AnyClass) -> bool:
        """Whether a class that isn't known comes between ``after`` and ``owner`` in the MRO and may answer first."""
        rest = self.graph.behind(self.cls, after) if self.cls is not None else ()
        between = rest[: rest.index(owner)] if owner in rest else ()
        return any(isinstance(c, LibraryClass) and c.opaque and not self.graph.is_module(c) for c in between)

    def _ends(self, after: AnyClass) -> bool:
        """Whether behind ``after`` the MRO surely has no class that would run ``Module.__init__``."""
        if self.cls is None or not self.graph.mro(self.cls).complete or not self.graph.in_mro(self.cls, after):
            return False
        return not any(is_root(c) or isinstance(c, LibraryClass) and c.opaque for c in self.graph.behind(self.cls, after))

    def begin(self, event: Call, name: str, runs: bool) -> None:
        """A base's ``__init__`` outside the opened files is called: if it can, it runs ``Module.__init__``."""
        if name != "__init__" or not self.in_init or not runs:
            return
        self.events.initialisations.append(Initialisation(event.node, event.place, self.path.started))
        self.path.started = Started.YES

    def class_method(self, receiver: ClassRef, name: str, event: Call) -> Value:
        """``Base.method(self, …)`` on a class whose method isn't in an opened file."""
        if not event.args or isinstance(event.args[0], SelfRef):
            self.begin(event, name, self.graph.is_module(receiver.cls) or not self.graph.mro(receiver.cls).complete)
        for value in event.args[1:]:
            self.absorb(value)
        return UNKNOWN

    # -- building blocks -----------------------------------------------------------------------------------------

    def make_parameter(self, node: ast.Call, args: list[Value], kwargs: dict[str, Value]) -> Value:
        data = args[0] if args else kwargs.get("data", UNKNOWN)
        flag = args[1] if len(args) > 1 else kwargs.get("requires_grad")
        trainable: bool | None = True if flag is None else None
        if isinstance(flag, Const):
            trainable = bool(flag.value)
        for candidate in inside(data):
            if isinstance(candidate, Tensor):
                candidate.registered = True
                candidate.uses.add("escaped")
        return Parameter(node, trainable)

    def make_box(self, path: str, node: ast.Call, args: list[Value], kwargs: dict[str, Value]) -> Value:
        kind = BOXES[path]
        if path.endswith("defaultdict") or not args:
            named = [*kwargs.values()] if kind == "dict" else []
            return Box(node, kind, named, len(named) if not args else None)
        source = args if path == "itertools.chain" else args[-1:]
        items = [item for value in source for item in self.items_of(value)]
        if kind == "dict":
            items = [item.items[1] if isinstance(item, Box) and len(item.items) == 2 else item for item in items]
        return Box(node, kind, items)

    def iterator(self, path: str, node: ast.Call, args: list[Value]) -> Value:
        if path == "builtins.enumerate" and args:
            return Box(node, "list", [Box(node, "tuple", [UNKNOWN, self.element(args[0])], 2)])
        if path == "builtins.zip":
            return Box(node, "list", [Box(node, "tuple", [self.element(a) for a in args], len(args))])
        if path == "builtins.map" and len(args) == 2:
            element = self.element(args[1])
            made = self.call_one(args[0], node, [element], {}, False) if args[0] is not UNKNOWN else UNKNOWN
            return Box(node, "list", [made])
        return UNKNOWN

    def wrapped_module(self, path: str, node: ast.Call, args: list[Value]) -> Value:
        first = args[0] if args else UNKNOWN
        if path.startswith("torch.nn.utils.skip_init"):
            return self.call_one(first, node, args[1:], {}, False) if first is not UNKNOWN else UNKNOWN
        if not path.startswith("copy."):
            return first
        return join([_copy(candidate) for candidate in alternatives(first)])

    def partial(self, args: list[Value]) -> Value:
        first = args[0] if args else UNKNOWN
        for value in args[1:]:
            self.escape(value)
        return first if isinstance(first, (ClassRef, Dotted)) else UNKNOWN

    def torch_function(self, path: str, node: ast.Call, args: list[Value], kwargs: dict[str, Value]) -> Value:
        """A function of torch: one tensor in, one tensor out; with tensors of the forward pass its arguments must fit."""
        values = [v for v in (*args, *kwargs.values())]
        tensors = [v for value in values for v in inside(value) if isinstance(v, Tensor)]
        parameters = [v for value in values for v in inside(value) if isinstance(v, Parameter)]
        if not tensors:
            for value in values:
                self.escape(value)
            return Parameter(node, None, path) if parameters and not any(p.registered for p in parameters) else UNKNOWN
        plain = all(isinstance(v, (Tensor, Const)) for value in values for v in inside(value) if not isinstance(v, Box))
        if plain or self.in_init or path in LIKE_MAKERS:
            result = tensors[0].derived(node)
            result.dims = None if path not in LIKE_MAKERS and path.rpartition(".")[2] in ("sum", "mean", "max", "min", "norm", "dot") else result.dims
            return result
        for value in values:
            self.operand(value, path)
        return UNKNOWN

    # -- names that are special ----------------------------------------------------------------------------------

    def special(self, node: ast.Call, name: str) -> Value | None:
        """``super()``, and ``setattr``/``getattr`` on the instance; ``None`` where the ordinary way is right."""
        if name == "super":
            return self.super_(node)
        if len(node.args) < 2:
            return None
        owner, key = self.eval(node.args[0]), self.eval(node.args[1])
        fixed = isinstance(key, Const) and isinstance(key.value, str)
        if name == "setattr" and len(node.args) == 3:
            return self.set_attribute(owner, key, self.eval(node.args[2]), node)
        if name == "getattr":
            default = self.eval(node.args[2]) if len(node.args) > 2 else None
            if fixed and not isinstance(owner, SelfRef):
                return join([self.attribute_of(o, key.value, node) for o in alternatives(owner)])  # type: ignore[attr-defined]
            if fixed:
                found = self.read(key.value)  # type: ignore[attr-defined]
                return found if default is None else join((found, default))
            return UNKNOWN
        return UNKNOWN

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
        function = self.frame.function
        place = function
        while place is not None and place.owner is None and isinstance(place.outer, FunctionFacts):
            place = place.outer
        lexical = place.owner if place is not None else None
        if not node.args:
            return SuperRef(lexical, node)
        named = self.eval(node.args[0])
        cls = self.graph.as_class(named) if isinstance(named, (ClassRef, Dotted)) else None
        if cls is None and isinstance(node.args[0], ast.Attribute) and node.args[0].attr == "__class__":
            cls = lexical
        return SuperRef(cls, node, bound=len(node.args) > 1)


def _copy(value: Value, depth: int = 4) -> Value:
    """A fresh object of the same kind: what a deep copy or another call of a factory gives."""
    if isinstance(value, Instance):
        return Instance(value.node, value.cls, value.args, value.kwargs)
    if isinstance(value, Parameter):
        return Parameter(value.node, value.trainable, value.moved)
    if isinstance(value, Tensor):
        copied = value.derived(value.node)
        copied.uses = set()
        return copied
    if not isinstance(value, Box):
        return value
    if depth == 0:
        return UNKNOWN
    items = [join([_copy(c, depth - 1) for c in alternatives(item)]) for item in value.items]
    box = Box(value.node, value.kind, items, value.literal)
    box.multiplied, box.wrapped, box.escaped = value.multiplied, value.wrapped, value.escaped
    return box


def _only_dtype(event: Call) -> bool:
    """``.to(torch.float32)`` changes no device."""
    values = [*event.args, *event.kwargs.values()]
    return bool(values) and all(isinstance(v, Dotted) and v.path.startswith("torch.") for v in values)


def _stays(name: str, event: Call) -> bool:
    """Whether the conversion gives back the same Parameter on a fresh CPU float32 one."""
    if name in ("cpu", "float"):
        return True
    values = [*event.args, *event.kwargs.values()]
    return all(isinstance(v, Const) and v.value == "cpu" or isinstance(v, Dotted) and v.path in ("torch.float", "torch.float32") for v in values)


_CALLEES: Final[dict[type[Value], Callable[..., Value]]] = {
    Dotted: Calls.call_dotted,
    ClassRef: Calls.call_class,
    FunctionRef: Calls.call_function_ref,
    LambdaRef: Calls.call_lambda,
    Instance: Calls.call_instance,
    Box: Calls.call_box,
    Method: Calls.call_method,
}

_RECEIVERS: Final[dict[type[Value], Callable[..., Value]]] = {
    Box: Calls.box_method,
    Instance: Calls.instance_method,
    Tensor: Calls.tensor_method,
    Parameter: Calls.parameter_method,
    SelfRef: Calls.self_method,
    SuperRef: Calls.super_method,
    ClassRef: Calls.class_method,
}
