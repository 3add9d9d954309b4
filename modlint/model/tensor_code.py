"""Questions about tensors in the methods that run with a Module: what is a tensor, what is thrown away."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property
from typing import Final

from modlint.model.events import Call, Discarded, Place
from modlint.model.facts import FunctionFacts, dotted
from modlint.model.library import LibraryClass
from modlint.model.module_class import ModuleClass
from modlint.model.overrides import own_nodes
from modlint.model.torch_names import TENSOR_LOOKS, TENSOR_TO_PYTHON
from modlint.model.values import Const, Instance, Method, Parameter, Tensor, Value, alternatives

PURE_METHODS: Final = frozenset(
    "unsqueeze squeeze permute reshape view transpose masked_fill contiguous type_as expand_as view_as"
    " reshape_as masked_select index_select clamp clamp_min clamp_max softmax log_softmax sigmoid tanh matmul"
    " bmm repeat_interleave argmax mul div flatten unflatten detach expand movedim swapaxes relu".split()
)
"""Methods of tensors that give a new tensor and change nothing, and that few other objects have."""

CONVERSIONS: Final = frozenset(
    "to cuda cpu float half double bfloat16 long int bool type add sub sum mean pow clone".split()
)
"""Methods that give a new tensor, but that change a Module, a set or another object in place."""

PURE_FUNCTIONS: Final = frozenset(
    "abs add addmm argmax argmin bmm cat chunk clamp clone concat cos cumsum div einsum exp flatten flip floor"
    " gather index_select log log_softmax logsumexp masked_select matmul max mean min mm mul multiply norm"
    " permute pow prod relu reshape roll round rsqrt sigmoid sin softmax sort split sqrt squeeze stack std sub"
    " sum tanh topk transpose tril triu unbind unsqueeze var where maximum minimum zeros_like ones_like movedim"
    " repeat_interleave tile".split()
)
"""Functions of ``torch`` that give a new tensor and change nothing."""

TENSOR_ATTRIBUTES: Final = frozenset("T mT H mH data real imag grad".split())
NO_TENSOR_METHODS: Final = TENSOR_LOOKS | TENSOR_TO_PYTHON | {"get_device", "cpu"}
TENSOR_WORDS: Final = frozenset(
    "unsqueeze permute view reshape transpose contiguous flatten size shape device dtype dim ndim squeeze"
    " masked_fill detach expand chunk new_zeros new_ones float sum mean softmax clone type_as abs pow exp log"
    " sqrt norm matmul bmm numel".split()
)
"""Attributes that tell that an argument is a tensor."""


def running(cls: ModuleClass, function: FunctionFacts) -> bool:
    """Whether the method runs each time the Module is called; the steps of a trainer don't count."""
    if function.name.endswith("_step") or function.name.startswith("__"):
        return False
    return function.name in cls.reached and function not in cls.index.init_reached(cls.facts)


def method_calls(cls: ModuleClass, *names: str) -> Iterator[tuple[ast.Call, FunctionFacts]]:
    """Calls ``object.name(...)`` in the methods that run with the Module, whatever the object."""
    for name in names:
        for node, function in cls.sweep.called.get(name, ()):
            if running(cls, function):
                yield node, function


class Tensors:
    """Which expressions of one method are surely tensors that come from its input or from the Module's own state."""

    def __init__(self, cls: ModuleClass, function: FunctionFacts) -> None:
        self._cls, self._function = cls, function
        self._calls = {id(c.node): c for c in cls.events.calls if c.place.function is function}
        self._tensors: set[str] | None = None

    @cached_property
    def _assigned(self) -> dict[str, list[ast.expr | None]]:
        """What is assigned to each variable; ``None`` where a loop, an unpacking or the like binds it."""
        found: dict[str, list[ast.expr | None]] = {}
        for node in own_nodes(self._function):
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    for name in ast.walk(target):
                        if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store):
                            found.setdefault(name.id, []).append(node.value if name is target else None)
            elif isinstance(node, (ast.AnnAssign, ast.NamedExpr)) and isinstance(node.target, ast.Name):
                found.setdefault(node.target.id, []).append(node.value)
            elif isinstance(node, (ast.For, ast.AsyncFor, ast.withitem, ast.comprehension)):
                bound = node.optional_vars if isinstance(node, ast.withitem) else node.target
                for name in ast.walk(bound) if bound is not None else ():
                    if isinstance(name, ast.Name):
                        found.setdefault(name.id, []).append(None)
        return found

    @cached_property
    def inputs(self) -> frozenset[str]:
        """The arguments of the method that are tensors: annotated so, or used as only a tensor is."""
        args = self._function.node.args
        names = {a.arg: a.annotation for a in (*args.posonlyargs, *args.args, *args.kwonlyargs)}
        names.pop(str(self._function.self_name), None)
        found = {n for n, a in names.items() if a is not None and ast.unparse(a).rpartition(".")[2] == "Tensor"}
        open_names = {n for n, a in names.items() if a is None}
        for node in own_nodes(self._function):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                if node.attr in TENSOR_WORDS and node.value.id in open_names:
                    found.add(node.value.id)
            elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Name):
                name = node.args[0].id
                found |= {name} if name in open_names and self.enters_layer(node) else set()
        return frozenset(found)

    def enters_layer(self, node: ast.Call) -> bool:
        """Whether the call is one of a layer of torch's."""
        callee = call.callee if (call := self._calls.get(id(node))) is not None else None
        cls = callee.cls if isinstance(callee, Instance) else None
        return isinstance(cls, LibraryClass) and cls.path.startswith("torch.nn.")

    def has(self, node: ast.expr) -> bool:
        """Whether the expression is a tensor that came in, a weight, or computed from one."""
        if isinstance(node, ast.Name):
            return node.id in self._names
        if isinstance(node, ast.Call):
            return self._has_call(node)
        if isinstance(node, ast.BinOp):
            return self.has(node.left) or self.has(node.right)
        if isinstance(node, ast.UnaryOp):
            return self.has(node.operand)
        if isinstance(node, ast.Subscript):
            return self.has(node.value)
        if isinstance(node, ast.Attribute):
            return self._has_attribute(node)
        return isinstance(node, ast.IfExp) and self.has(node.body) and self.has(node.orelse)

    @property
    def _names(self) -> set[str]:
        """The variables that are tensors: all that are assigned, less those to which something else is."""
        if self._tensors is None:
            args = self._function.node.args
            arguments = {a.arg for a in (*args.posonlyargs, *args.args, *args.kwonlyargs)}
            self._tensors = {*self.inputs, *(self._assigned.keys() - arguments)}
            while wrong := {n for n in self._tensors if not self._stays_tensor(n)}:
                self._tensors -= wrong
        return self._tensors

    def _stays_tensor(self, name: str) -> bool:
        values = self._assigned.get(name, [])
        if name in self.inputs:
            return not values or any(v is not None and (self.has(v) or self._calls_own(v)) for v in values)
        return all(v is not None and self.has(v) for v in values)

    def _calls_own(self, node: ast.expr) -> bool:
        """Whether it is ``self.block(...)``: what came in as a tensor is taken to stay one."""
        return isinstance(node, ast.Call) and dotted(node.func).startswith(f"{self._function.self_name}.")

    def _has_attribute(self, node: ast.Attribute) -> bool:
        if isinstance(node.value, ast.Name) and node.value.id == self._function.self_name:
            values = [v for b in self._cls.bindings_of(node.attr) for v in alternatives(b.value)]
            some = [v for v in values if not (isinstance(v, Const) and v.value is None)]
            return bool(some) and all(_is_state(v) for v in some)
        return node.attr in TENSOR_ATTRIBUTES and self.has(node.value)

    def _has_call(self, node: ast.Call) -> bool:
        call = self._calls.get(id(node))
        if call is not None and isinstance(call.callee, Instance):
            return _is_torch_layer(call.callee)
        if call is not None and call.path.startswith("torch."):
            owner, _, name = call.path.rpartition(".")
            computes = name in PURE_FUNCTIONS or owner == "torch.nn.functional"
            return computes and any(self._has_any(a) for a in node.args)
        if isinstance(node.func, ast.Attribute):
            return node.func.attr not in NO_TENSOR_METHODS and self.has(node.func.value)
        return False

    def _has_any(self, node: ast.expr) -> bool:
        if isinstance(node, (ast.List, ast.Tuple)):
            return any(self.has(e) for e in node.elts)
        return self.has(node)


SINGLE_OUTPUT: Final = (
    "Linear Conv BatchNorm LayerNorm GroupNorm InstanceNorm Dropout ReLU GELU SiLU Sigmoid Tanh Softmax"
    " Embedding AvgPool LeakyReLU ELU PReLU ConvTranspose Upsample Identity Bilinear Pad RMSNorm LogSoftmax"
    " Hardswish Mish Softplus"
).split()


def _is_torch_layer(value: Instance) -> bool:
    """Whether it is a layer of torch's whose output is one tensor."""
    if not isinstance(value.cls, LibraryClass) or not value.cls.path.startswith("torch.nn."):
        return False
    return any(word in value.cls.name for word in SINGLE_OUTPUT)


def _is_state(value: Value) -> bool:
    """Whether the value is a parameter or a buffer: it lives where the Module does."""
    return isinstance(value, Parameter) or (isinstance(value, Tensor) and value.registered)


def discarded_results(cls: ModuleClass) -> Iterator[tuple[ast.Call, Place]]:
    """Statements of the class's methods that compute a tensor for nobody."""
    for found in cls.events.discarded:
        function = found.place.function
        if function is None or found.place.owner is not cls.facts or not is_pure(cls, found, function):
            continue
        if not _is_end(function, found.statement) and not _is_trial(function, found.statement):
            yield found.node, found.place


def _is_trial(function: FunctionFacts, statement: ast.stmt) -> bool:
    """Whether the call is made to see if it works, how long it takes or what it warns of."""
    name = function.name.lower()
    if any(word in name for word in ("test", "bench", "warm", "profile", "check", "trace", "example")):
        return True
    for node in function.statements:
        raising = isinstance(node, ast.With) and "raises" in ast.unparse(node.items[0]).lower()
        inside = node.lineno <= statement.lineno <= (node.end_lineno or node.lineno)
        if inside and (raising or isinstance(node, ast.Try)):
            return True
    return False


def _is_end(function: FunctionFacts, statement: ast.stmt) -> bool:
    """Whether the method ends here without having returned anything: then its ``return`` is missing."""
    return statement is function.node.body[-1]


def is_pure(cls: ModuleClass, found: Discarded, function: FunctionFacts) -> bool:
    """Whether a call as a statement gives a tensor and does nothing else."""
    call, node = found.call, found.node
    if any(k.arg in ("out", "inplace", None) for k in node.keywords) or any(
        isinstance(a, ast.Starred) for a in node.args
    ):
        return False
    if call is None:
        return _is_pure_method(cls, node, function)
    if not call.sure:
        return False
    if call.path:
        return _is_pure_function(call)
    callee = call.callee
    if isinstance(callee, Method) and isinstance(callee.receiver, (Tensor, Parameter)):
        return callee.name in PURE_METHODS or callee.name in CONVERSIONS
    return isinstance(callee, Instance) and _is_pure_layer(cls, callee)


def _is_pure_function(call: Call) -> bool:
    owner, _, name = call.path.rpartition(".")
    if owner == "torch":
        return name in PURE_FUNCTIONS
    if owner != "torch.nn.functional" or name.endswith("_"):
        return False
    return not any(isinstance(a, Const) and a.value is True for a in call.args[1:])


def _is_pure_method(cls: ModuleClass, node: ast.Call, function: FunctionFacts) -> bool:
    if not isinstance(node.func, ast.Attribute):
        return False
    name, owner = node.func.attr, node.func.value
    if name in PURE_METHODS:
        return dotted(owner) != function.self_name
    return name in CONVERSIONS and Tensors(cls, function).has(owner)


def _is_pure_layer(cls: ModuleClass, layer: Instance) -> bool:
    """Whether a layer of the class gives its output and does nothing else; with hooks a call has effects."""
    if not isinstance(layer.cls, LibraryClass) or not _is_torch_layer(layer) or "hook" in cls.facts.file.text:
        return False
    inplace = layer.kwargs.get("inplace", layer.args[0] if layer.args and layer.cls.name.endswith("U") else None)
    return not layer.cls.name.startswith("Lazy") and (
        inplace is None or (isinstance(inplace, Const) and not inplace.value)
    )
