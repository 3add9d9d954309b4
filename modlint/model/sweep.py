"""What the methods of a class say of its attributes, without regard to flow: reads, stores, calls, opacity."""

from __future__ import annotations

import ast
from typing import Any, Final

import msgspec

from modlint.model.facts import FUNCTIONS, ClassFacts, FunctionFacts, dotted

REGISTERING: Final = frozenset(
    {"register_buffer", "register_parameter", "add_module", "register_module", "__setattr__"}
)
LOOKING: Final = frozenset(
    {
        "isinstance",
        "super",
        "type",
        "hasattr",
        "getattr",
        "id",
        "print",
        "repr",
        "str",
        "len",
        "callable",
        "issubclass",
        "setattr",
        "delattr",
    }
)
SHOWING: Final = frozenset({"extra_repr", "__repr__", "__str__", "__getstate__", "__setstate__"})
"""Methods that use ``self.__dict__`` to print or store what is there."""
SWALLOWING: Final = frozenset({"AttributeError", "Exception", "BaseException"})
BARE: Final = frozenset(
    {
        *(str, int, None.__class__),
        *(ast.Name, ast.Constant, ast.Load, ast.Store, ast.Del),
        *(kind for family in (ast.boolop, ast.operator, ast.unaryop, ast.cmpop) for kind in family.__subclasses__()),
    }
)
"""What has nothing in it that a sweep looks at: names, constants, operators, and what is no node at all."""


class Read(msgspec.Struct, eq=False):
    """``self.attribute`` read in ``function``; ``called`` where it is called at once."""

    attribute: str
    node: ast.Attribute
    function: FunctionFacts
    called: bool


class Sweep:
    """One class's own methods, swept once.

    ``touched`` are names the class asks for by string (``hasattr(self, "x")``); ``opaque`` is set where attributes come
    from code that can't be read off: computed names, ``__dict__``. ``leaks`` are the callees that get ``self`` itself.
    ``called`` are the calls of attributes of whatever object, by the attribute's name, each with its method.
    ``unfinished`` tells that a method is left to subclasses: it is marked abstract, or does nothing but raise.

    Other files' results may rest on what `found` tells, and on no more: ``called`` and the nodes serve the class's own.
    """

    def __init__(self, cls: ClassFacts) -> None:
        self.reads: list[Read] = []
        self.stores: dict[str, list[ast.Attribute]] = {}
        self.touched: set[str] = set()
        self.leaks: list[ast.expr] = []
        self.opaque = "__getattr__" in cls.scope.names or "__getattribute__" in cls.scope.names
        self.uses: dict[str, set[str]] = {}
        self.called: dict[str, list[tuple[ast.Call, FunctionFacts]]] = {}
        self.unfinished = False
        self.too_deep = False
        self._places: dict[FunctionFacts, int] = {}
        for function in cls.methods():
            self._places[function] = len(self._places)
            self.unfinished = self.unfinished or _left_open(function)
            if function.self_name is not None:
                self._self, self._function = function.self_name, function
                self._used = self.uses.setdefault(function.name, set())
                for statement in function.node.body:
                    self._visit_one(statement)

    def _visit_one(self, statement: ast.stmt) -> None:
        """Visit a statement; what is nested too deeply to be followed may do anything."""
        try:
            self._visit(statement, False)
        except RecursionError:
            self.opaque = self.too_deep = True

    @property
    def found(self) -> str:
        """What was found, in words that are the same for bodies that differ in nothing else."""
        reads = [(read.attribute, self._places[read.function], read.called) for read in self.reads]
        uses = sorted((method, sorted(names)) for method, names in self.uses.items())
        stores = sorted((name, len(nodes)) for name, nodes in self.stores.items())
        leaks = [dotted(callee) for callee in self.leaks]
        return repr((reads, uses, stores, sorted(self.touched), leaks, self.opaque, self.unfinished))

    def _visit(self, node: Any, guarded: bool) -> None:
        kind = node.__class__
        if kind is ast.Attribute:
            if self._attribute(node, guarded, False):
                return
        elif kind is ast.Call:
            self._call(node, guarded)
            return
        elif kind in BARE or kind is ast.ClassDef:
            return
        elif kind is ast.Try:
            self._try(node)
            return
        elif (kind in FUNCTIONS or kind is ast.Lambda) and any(a.arg == self._self for a in node.args.args):
            return
        for field in node._fields:
            value = getattr(node, field, None)
            if isinstance(value, list):
                for item in value:
                    if item.__class__ not in BARE:
                        self._visit(item, guarded)
            elif value.__class__ not in BARE:
                self._visit(value, guarded)

    def _attribute(self, node: ast.Attribute, guarded: bool, called: bool) -> bool:
        owner = node.value
        if owner.__class__ is not ast.Name or owner.id != self._self:
            return False
        name = node.attr
        if isinstance(node.ctx, ast.Load):
            self._used.add(name)
            if name == "__dict__":
                self.opaque |= self._function.name not in SHOWING
            elif guarded:
                self.touched.add(name)
            else:
                self.reads.append(Read(name, node, self._function, called))
        else:
            self.stores.setdefault(name, []).append(node)
        return True

    def _call(self, node: ast.Call, guarded: bool) -> None:
        callee = node.func
        name = callee.id if isinstance(callee, ast.Name) else callee.attr if isinstance(callee, ast.Attribute) else ""
        if isinstance(callee, ast.Attribute):
            self.called.setdefault(name, []).append((node, self._function))
            if not self._attribute(callee, guarded, True):
                self._visit(callee, guarded)
        else:
            self._visit(callee, guarded)
        first = node.args[0] if node.args else None
        if name in ("setattr", "hasattr", "getattr", "delattr") and self._is_self(first) and len(node.args) > 1:
            self._by_name(name, node.args[1])
        elif name in REGISTERING and node.args:
            self._by_name("setattr", node.args[1] if self._is_self(first) and len(node.args) > 1 else node.args[0])
        elif name in ("vars", "exec", "eval", "locals"):
            self.opaque = True
        for argument in (*node.args, *(k.value for k in node.keywords)):
            if self._is_self(argument):
                self._leak(name, callee)
            elif argument.__class__ not in BARE:
                self._visit(argument, guarded)

    def _is_self(self, node: ast.expr | None) -> bool:
        return isinstance(node, ast.Name) and node.id == self._self

    def _by_name(self, function: str, key: ast.expr) -> None:
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            self.touched.add(key.value)
        elif function in ("setattr", "delattr"):
            self.opaque = True

    def _leak(self, name: str, callee: ast.expr) -> None:
        """``self`` is handed on as a whole: to a base's method, to a mere look, or to code that may set anything."""
        if name not in LOOKING and not name.startswith("__"):
            self.leaks.append(callee)

    def _try(self, node: ast.Try) -> None:
        swallows = any(h.type is None or _names(h.type) & SWALLOWING for h in node.handlers)
        for statement in node.body:
            self._visit(statement, swallows)
        for handler in node.handlers:
            for statement in handler.body:
                self._visit(statement, False)
        for statement in (*node.orelse, *node.finalbody):
            self._visit(statement, False)


def _left_open(function: FunctionFacts) -> bool:
    if any(d.rpartition(".")[2].startswith("abstract") for d in function.decorators):
        return True
    body = [s for s in function.node.body if not (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))]
    return len(body) == 1 and isinstance(body[0], ast.Raise) and "NotImplemented" in ast.unparse(body[0])


def _names(node: ast.expr) -> set[str]:
    nodes = node.elts if isinstance(node, ast.Tuple) else [node]
    return {n.id if isinstance(n, ast.Name) else n.attr if isinstance(n, ast.Attribute) else "" for n in nodes}
