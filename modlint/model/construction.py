"""Questions about how a Module is constructed: which constructors run, and how ``super`` is used."""

from __future__ import annotations

import ast

from modlint.model.classes import is_root
from modlint.model.facts import ClassFacts
from modlint.model.module_class import ModuleClass
from modlint.model.values import Method, SuperRef


def uncalled_supers(cls: ModuleClass) -> list[tuple[ast.expr, str]]:
    """Expressions that take a base constructor from ``super`` without running it, with their source."""
    found: list[tuple[ast.expr, str]] = []
    for statement, value, place in cls.events.statements:
        bare = isinstance(value, Method) and value.name == "__init__" and isinstance(value.receiver, SuperRef)
        if bare and place.owner is cls.facts:
            found.append((statement.value, ast.unparse(statement.value)))
    for call in cls.own_calls():
        callee = call.callee
        unbound = isinstance(callee, Method) and isinstance(callee.receiver, SuperRef) and not callee.receiver.bound
        if unbound or call.path == "builtins.super.__init__":
            found.append((call.node, f"{ast.unparse(call.node.func)}()"))
    return found


def wrong_supers(cls: ModuleClass) -> list[tuple[ast.expr, str, bool]]:
    """``super(Other, self)`` calls where ``Other`` isn't in the MRO, or is ``nn.Module`` itself (the flag)."""
    found: list[tuple[ast.expr, str, bool]] = []
    for call in cls.own_calls():
        callee = call.callee
        ref = callee.receiver if isinstance(callee, Method) else None
        if not isinstance(ref, SuperRef) or not ref.node.args or ref.after is None or not ref.bound:
            continue
        named = ast.unparse(ref.node.args[0])
        if is_root(ref.after):
            if isinstance(callee, Method) and callee.name == "__init__":
                found.append((call.node, named, True))
        elif cls.mro.complete and not cls.graph.in_mro(cls.facts, ref.after):
            found.append((call.node, named, False))
    return found


def misused_supers(cls: ModuleClass) -> bool:
    """Whether a rule about the way ``super`` is written already tells why ``Module.__init__`` doesn't run."""
    return bool(uncalled_supers(cls) or wrong_supers(cls))


def _inits_run(cls: ModuleClass) -> list[ClassFacts]:
    """The other classes whose constructors this class's constructor runs."""
    reached = cls.index.init_reached(cls.facts)
    return [f.owner for f in reached if f.name == "__init__" and f.owner is not None and f.owner is not cls.facts]


def faulty_base(cls: ModuleClass) -> bool:
    """Whether the constructor relies on a project Module whose own constructor is reported where it stands."""
    return any(cls.graph.is_module(owner) for owner in _inits_run(cls))


def calls_base_init(cls: ModuleClass) -> bool:
    """Whether the constructor runs some other class's constructor."""
    return bool(_inits_run(cls))
