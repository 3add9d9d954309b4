"""Evaluation of expressions: names, attributes, containers, comprehensions."""

from __future__ import annotations

import ast
from collections.abc import Callable, Hashable
from typing import Final, TypeVar

from modlint.model import names
from modlint.model.classes import AnyClass
from modlint.model.elements import Elements
from modlint.model.facts import Assigned, ClassFacts, FunctionFacts, Import
from modlint.model.library import LibraryClass
from modlint.model.recall import Before, Behind, Named, Question, identity
from modlint.model.torch_names import TENSOR_TO_PYTHON
from modlint.model.values import (
    NONE,
    UNKNOWN,
    Box,
    ClassRef,
    Const,
    Dotted,
    FileRef,
    FolderRef,
    FunctionRef,
    Instance,
    LambdaRef,
    Method,
    Parameter,
    SelfRef,
    SuperRef,
    Tensor,
    Union,
    Value,
    alternatives,
    join,
    mark,
)

CLASS: Final = "class"
Found = TypeVar("Found")


class Expressions(Elements):
    """The part of the interpreter that evaluates."""

    def eval(self, node: ast.expr) -> Value:
        """The value of an expression, its effects noted."""
        return EXPRESSIONS[node.__class__](self, node)

    def constant(self, node: ast.Constant) -> Value:
        return NONE if node.value is None else Const(node.value)

    def name(self, node: ast.Name) -> Value:
        value = self.path.env.get(node.id)
        if value is not None:
            return value
        if self.frame.closure is not None:
            value = self.frame.closure.lookup(node.id)
            if value is not None:
                return value
        frame = self.frame
        if frame.holder is None and node.id not in frame.names:
            known = frame.file.values.get(node.id)
            if known is None:
                return names.name_value(self.project, frame.file, node.id, None)
            self.project.ledger.rest_on(known)
            found: Value = known.value
            return found
        if frame.function is not None and node.id in frame.names:
            return self.local_import(frame.function, node.id)
        return names.name_value(self.project, frame.file, node.id, frame.holder)

    def local_import(self, function: FunctionFacts, name: str) -> Value:
        """A name the function binds but hasn't given a value on this path: an import, looked up when it is used."""
        binders = [b for b in function.scope.names[name] if isinstance(b, Import)]
        return join([self.project.imported(function.file, b) for b in binders]) if binders else UNKNOWN

    def attribute(self, node: ast.Attribute) -> Value:
        owner = self.eval(node.value)
        if owner is UNKNOWN:
            return UNKNOWN
        if owner.__class__ is SelfRef:
            return self.read(node.attr)
        if owner.__class__ is not Union:
            return self.attribute_of(owner, node.attr, node)
        return join([self.attribute_of(candidate, node.attr, node) for candidate in alternatives(owner)])

    def attribute_of(self, owner: Value, name: str, node: ast.expr) -> Value:
        """``owner.name`` for one known owner."""
        if owner is UNKNOWN:
            return UNKNOWN
        if isinstance(owner, (Dotted, FileRef, FolderRef)):
            return self.project.member(owner, name)
        if isinstance(owner, SelfRef):
            return self.read(name)
        if isinstance(owner, Tensor):
            return self.tensor_attribute(owner, name, node)
        if isinstance(owner, ClassRef):
            return self.class_attribute(owner.cls, name, Method(owner, name))
        if isinstance(owner, Parameter) and name in ("data", "T", "mT", "H"):
            return Parameter(node, owner.trainable, f".{name}") if not owner.registered else UNKNOWN
        if isinstance(owner, Instance):
            return self.part(owner, name)
        if isinstance(owner, (Box, Parameter, SuperRef, Method)):
            return Method(owner, name)
        return UNKNOWN

    def part(self, owner: Instance, name: str) -> Value:
        """An attribute of an instance: a submodule its class is known to register, else something to be called."""
        known = owner.parts.get(name)
        if known is None and isinstance(owner.cls, ClassFacts) and self.graph.is_module(owner.cls):
            made = self.graph.submodule(owner.cls, name)
            if made is not None:
                known = owner.parts[name] = Instance(made.node, made.cls, made.args, made.kwargs)
                known.registered, known.within = True, (owner, name)
        return known if known is not None else Method(owner, name)

    def tensor_attribute(self, tensor: Tensor, name: str, node: ast.expr) -> Value:
        if name in ("T", "mT", "H", "mH", "data", "real"):
            result = tensor.derived(node)
            if name == "data":
                result.trainable = result.computed = False
            return result
        if name in ("device", "is_cuda"):
            tensor.uses.add("moved")
            return UNKNOWN
        if name in TENSOR_TO_PYTHON:
            tensor.uses.add("python")
        return Method(tensor, name)

    def class_attribute(self, cls: ClassFacts | LibraryClass, name: str, missing: Value) -> Value:
        member = self.graph.find(cls, name)
        if member is None or member.binder is None or not isinstance(member.owner, ClassFacts):
            return missing
        binder = member.binder
        if isinstance(binder, Assigned):
            if binder.value is None:
                return UNKNOWN
            return self.in_class_body(member.owner, binder.value)
        if isinstance(binder, FunctionFacts):
            return FunctionRef(binder)
        return self.project.bound(member.owner.file, binder)

    def in_class_body(self, owner: ClassFacts, node: ast.expr) -> Value:
        return names.static_value(self.project, owner.file, node, owner)

    def read(self, name: str, by: str = "") -> Value:
        """``self.name``; reading a property runs it. ``by`` is the attribute that has the name, if it isn't written."""
        found = self.own(name) if not self.recordings else self.on_behalf(lambda: self.own(name))
        if self.recordings:
            self.note_read(Named(by) if by else name, name, found)
        if isinstance(found, FunctionFacts):
            return self.call_function(FunctionRef(found, receiver=self.instance), [], {}, None)
        return found

    def note_read(self, question: Question, name: str, found: Value | FunctionFacts) -> None:
        """Note for the runs being recorded that they read an attribute of the instance."""
        seen = _identified(found)
        for recording in self.recordings:
            recording.ask(question, name, seen)
        if isinstance(found, Instance):
            looked_at = type(found) is Instance
            for recording in self.recordings:
                recording.hold(question, name, found, looked_at)

    def name_in(self, attribute: str) -> str | None:
        """The string that the class has under this name."""
        found = self.on_behalf(lambda: self.own(attribute))
        return found.value if isinstance(found, Const) and isinstance(found.value, str) else None

    def on_behalf(self, find: Callable[[], Found]) -> Found:
        """An answer that rests on the class being read, which the code that asks for it must not rest on."""
        ledger = self.project.ledger
        inner = ledger.current
        if self.recordings:
            ledger.current = self.recordings[0].outer
        try:
            return find()
        finally:
            ledger.current = inner

    def ask(self, question: Question) -> None:
        """Note for the runs being recorded what they see of the class or its instance."""
        if self.recordings:
            seen, attribute = self.sees(question), self.attribute_asked(question)
            for recording in self.recordings:
                recording.ask(question, attribute, seen)

    def attribute_asked(self, question: Question) -> str:
        """The attribute that a question is about; for one about the class, what no attribute is called."""
        if isinstance(question, str):
            return question
        if isinstance(question, Before):
            return question.attribute
        return self.name_in(question.by) or CLASS if isinstance(question, Named) else CLASS

    def sees(self, question: Question) -> Hashable:
        """What a run sees that asks this; ``None`` where that is an object that other classes don't have."""
        if isinstance(question, Before):
            known = self.path.attributes.get(question.attribute)
            values = self.settled.get(question.attribute, ())
            parts = ("" if known is None else identity(known), *map(identity, values))
            return None if None in parts else parts
        if isinstance(question, Behind):
            return self.on_behalf(lambda: self.line_behind(question.after))
        if isinstance(question, Named):
            name = self.name_in(question.by)
            return None if name is None else self.sees(name)
        return _identified(self.on_behalf(lambda: self.own(question)))

    def line_behind(self, after: AnyClass) -> tuple[bool, bool, tuple[AnyClass, ...]]:
        """Whether the MRO is known to its end, whether a class is in it, and the classes behind that one."""
        if self.cls is None:
            return False, False, ()
        line, graph = self.graph.mro(self.cls), self.graph
        return line.complete, graph.in_mro(self.cls, after), tuple(graph.behind(self.cls, after))

    def own(self, name: str) -> Value | FunctionFacts:
        """``self.name`` as it is now, in a constructor; as any method may have bound it, elsewhere."""
        known = self.path.attributes.get(name)
        if known is not None:
            return known
        bound = self.settled.get(name)
        if bound:
            return bound[0] if len(bound) == 1 else join(bound)
        if name in ("__dict__", "_modules", "_parameters", "_buffers", "__class__"):
            return Method(self.instance, name)
        member = self.graph.find(self.cls, name) if self.cls is not None else None
        if member is None:
            return UNKNOWN
        if isinstance(member.owner, LibraryClass):
            return Method(self.instance, name)
        return self.own_member(member.owner, name)

    def own_member(self, owner: ClassFacts, name: str) -> Value | FunctionFacts:
        function = owner.scope.names[name][-1]
        if not isinstance(function, FunctionFacts):
            return self.class_attribute(owner, name, UNKNOWN)
        if function.is_property:
            return function
        return FunctionRef(function, receiver=None if function.is_static else self.instance)

    def subscript(self, node: ast.Subscript) -> Value:
        owner = self.eval(node.value)
        index = self.eval(node.slice)
        mark(index, _indexed)
        if owner.__class__ is not Union:
            return self.item(owner, index, node)
        return join([self.item(candidate, index, node) for candidate in alternatives(owner)])

    def item(self, owner: Value, index: Value, node: ast.Subscript) -> Value:
        if isinstance(owner, Box):
            return self.box_item(owner, index, node)
        if isinstance(owner, Instance):
            if isinstance(node.slice, ast.Slice):
                return owner
            return join(self.children(owner))
        if isinstance(owner, Tensor):
            return owner.derived(node)
        if isinstance(owner, Parameter) and not owner.registered:
            return Parameter(node, owner.trainable, "[…]")
        return owner if isinstance(owner, (ClassRef, Dotted)) else UNKNOWN

    def lambda_(self, node: ast.Lambda) -> Value:
        return LambdaRef(node, self.frame)

    def awaited(self, node: ast.Await) -> Value:
        self.eval(node.value)
        return UNKNOWN

    def yielded(self, node: ast.Yield | ast.YieldFrom) -> Value:
        if node.value is not None:
            self.escape(self.eval(node.value))
        return UNKNOWN

    def slice_(self, node: ast.Slice) -> Value:
        for part in (node.lower, node.upper, node.step):
            if part is not None:
                self.eval(part)
        return UNKNOWN

    def formatted(self, node: ast.JoinedStr) -> Value:
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                self.eval(part.value)
        return UNKNOWN


def _identified(found: Value | FunctionFacts) -> Hashable:
    if isinstance(found, (FunctionFacts, Instance)):
        return found if isinstance(found, FunctionFacts) else Instance
    return identity(found)


def _indexed(value: Value) -> None:
    if isinstance(value, Tensor):
        value.uses.add("index")


class _Handlers(dict[type[ast.AST], Callable[..., Value]]):
    """What evaluates each kind of expression; any other is unknown."""

    def __missing__(self, kind: type[ast.AST]) -> Callable[..., Value]:
        self[kind] = lambda interpreter, node: UNKNOWN  # noqa: ARG005
        return self[kind]


EXPRESSIONS: Final = _Handlers(
    {
        ast.Constant: Expressions.constant,
        ast.Name: Expressions.name,
        ast.Attribute: Expressions.attribute,
        ast.List: Expressions.sequence,
        ast.Tuple: Expressions.sequence,
        ast.Set: Expressions.sequence,
        ast.Dict: Expressions.dictionary,
        ast.ListComp: Expressions.comprehension,
        ast.SetComp: Expressions.comprehension,
        ast.GeneratorExp: Expressions.comprehension,
        ast.DictComp: Expressions.comprehension,
        ast.Subscript: Expressions.subscript,
        ast.BinOp: Expressions.binary,
        ast.UnaryOp: Expressions.unary,
        ast.Compare: Expressions.compare,
        ast.BoolOp: Expressions.boolean,
        ast.IfExp: Expressions.conditional,
        ast.NamedExpr: Expressions.walrus,
        ast.Lambda: Expressions.lambda_,
        ast.Await: Expressions.awaited,
        ast.Yield: Expressions.yielded,
        ast.YieldFrom: Expressions.yielded,
        ast.Slice: Expressions.slice_,
        ast.JoinedStr: Expressions.formatted,
    }
)
"""The calls of a stage above are added there."""
