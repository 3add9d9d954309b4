"""Questions about how a Module is constructed: which constructors run, and how ``super`` is used."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import msgspec

from modlint.model.classes import is_root
from modlint.model.events import Started
from modlint.model.facts import ClassFacts, Placed, dotted
from modlint.model.module_class import ModuleClass
from modlint.model.names import static_value
from modlint.model.overrides import takes
from modlint.model.values import ClassRef, Dotted, Method, SuperRef, Value


def uncalled_supers(cls: ModuleClass) -> list[tuple[ast.expr, str]]:
    """Expressions that take a base constructor from ``super`` without running it, with their source."""
    found: list[tuple[ast.expr, str]] = []
    for statement, value, place in cls.events.statements:
        bare = isinstance(value, Method) and value.name == "__init__" and isinstance(value.receiver, SuperRef)
        if bare and place.owner is cls.facts:
            found.append((statement.value, ast.unparse(statement.value)))
    for call in cls.own_calls():
        if _is_unbound_init(call.callee) or call.path == "builtins.super.__init__":
            found.append((call.node, f"{ast.unparse(call.node.func)}()"))
    return found


def _is_unbound_init(callee: Value) -> bool:
    """Whether it is ``super(Net).__init__``, which is bound to no instance."""
    if not isinstance(callee, Method) or callee.name != "__init__":
        return False
    return isinstance(callee.receiver, SuperRef) and not callee.receiver.bound


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


def base_init_takes_nothing(cls: ModuleClass) -> bool:
    """Whether ``super().__init__()`` in the class's constructor needs no arguments, as far as is known."""
    for base in cls.mro.classes[1:]:
        if is_root(base):
            return True
        if not isinstance(base, ClassFacts):
            if "__init__" in base.members:
                return False
            continue
        init = base.method("__init__")
        if init is not None:
            return takes(init, 0)
    return False


def plain_super_call(cls: ModuleClass) -> ast.stmt | None:
    """The statement ``super().__init__()`` of the constructor, if there is one and it takes no argument."""
    init = cls.method("__init__")
    found = [s for s in (init.node.body if init else ()) if _is_plain_super(s)]
    return found[0] if len(found) == 1 else None


def _is_plain_super(statement: ast.stmt) -> bool:
    call = statement.value if isinstance(statement, ast.Expr) else None
    if not isinstance(call, ast.Call) or call.args or call.keywords:
        return False
    if not isinstance(call.func, ast.Attribute) or call.func.attr != "__init__":
        return False
    owner = call.func.value
    return isinstance(owner, ast.Call) and dotted(owner.func) == "super"


def module_init_call(cls: ModuleClass) -> ast.Call | None:
    """The call ``Base.__init__(self)`` of the constructor, if it is the only one of a base constructor."""
    init = cls.method("__init__")
    calls = [n for n in (init.nodes if init else ()) if isinstance(n, ast.Call) and _is_init_call(n)]
    if len(calls) != 1 or len(calls[0].args) != 1 or calls[0].keywords:
        return None
    return calls[0] if dotted(calls[0].args[0]) == "self" else None


def misused_supers(cls: ModuleClass) -> bool:
    """Whether a rule about the way ``super`` is written already tells why ``Module.__init__`` doesn't run."""
    return bool(uncalled_supers(cls) or wrong_supers(cls))


def _inits_run(cls: ModuleClass) -> list[ClassFacts]:
    """The other classes whose constructors this class's constructor runs."""
    reached = cls.index.init_reached(cls.facts)
    return [f.owner for f in reached if f.name == "__init__" and f.owner is not None and f.owner is not cls.facts]


def faulty_base(cls: ModuleClass) -> bool:
    """Whether the constructor relies on a project Module whose own constructor is reported where it stands."""
    return any(cls.graph.is_module(owner) and not _starts_always(cls, owner) for owner in _inits_run(cls))


def _starts_always(cls: ModuleClass, owner: ClassFacts) -> bool:
    """Whether the constructor of another class runs ``Module.__init__`` on every path."""
    return all(state is Started.YES for state in cls.index.constructed(owner).events.exits)


def started_in_loop(cls: ModuleClass) -> bool:
    """Whether a loop runs ``Module.__init__``: how often it turns isn't known."""
    return any(init.place.loops for init in cls.events.initialisations)


def calls_base_init(cls: ModuleClass) -> bool:
    """Whether the constructor runs some other class's constructor."""
    return bool(_inits_run(cls))


class Generated(msgspec.Struct, frozen=True):
    """What ``@dataclass`` writes for a Module: a constructor, an ``__eq__``.

    ``starts`` tells whether ``__post_init__`` runs a base constructor; ``module_field`` is a field annotated as Module
    or Parameter, empty if there is none.
    """

    constructor: bool
    equality: bool
    starts: bool
    module_field: str


def generated_methods(cls: ModuleClass) -> Generated | None:
    """What the standard library's ``dataclass`` decorator adds to the class; ``None`` if it isn't decorated so."""
    for decorator in cls.node.decorator_list:
        plain = decorator.func if isinstance(decorator, ast.Call) else decorator
        value = static_value(cls.graph.project, cls.facts.file, plain, cls.facts.outer)
        if isinstance(value, Dotted) and value.path == "dataclasses.dataclass":
            return _generated(cls, decorator)
    return None


def _generated(cls: ModuleClass, decorator: ast.expr) -> Generated:
    options = {k.arg: k.value for k in decorator.keywords} if isinstance(decorator, ast.Call) else {}
    off = {n for n, v in options.items() if isinstance(v, ast.Constant) and v.value is False}
    on = {n for n, v in options.items() if isinstance(v, ast.Constant) and v.value is True}
    post = cls.method("__post_init__")
    starts = post is not None and any(
        isinstance(n, ast.Attribute) and n.attr == "__init__" for n in ast.walk(post.node)
    )
    hashed = bool(on & {"unsafe_hash", "frozen"}) or any(cls.method(m) is not None for m in ("__hash__", "__eq__"))
    written = "init" in off or cls.method("__init__") is not None
    return Generated(not written, "eq" not in off and not hashed, starts, _module_field(cls))


def _module_field(cls: ModuleClass) -> str:
    for statement in cls.node.body:
        if not isinstance(statement, ast.AnnAssign) or not isinstance(statement.target, ast.Name):
            continue
        if not dotted(statement.annotation):
            continue
        value = static_value(cls.graph.project, cls.facts.file, statement.annotation, cls.facts.outer)
        named = cls.graph.as_class(value) if isinstance(value, (ClassRef, Dotted)) else None
        is_parameter = isinstance(value, Dotted) and value.path in (
            "torch.nn.Parameter",
            "torch.nn.parameter.Parameter",
        )
        if is_parameter or (named is not None and cls.graph.is_module(named)):
            return statement.target.id
    return ""


def repeated_inits(cls: ModuleClass) -> Iterator[tuple[ast.Call, ast.stmt, list[str]]]:
    """Calls in the constructor that run ``Module.__init__`` once more and lose what is registered, with its names."""
    own = [c for c in cls.own_calls() if c.place.in_init and _is_init_call(c.node)]
    for init in cls.events.initialisations:
        if init.before is not Started.YES or not cls.mro.complete:
            continue
        last = max((cls.events.bindings.index(b) for b in init.registered), default=0)
        again = {b.attribute for b in cls.events.bindings[last + 1 :]}
        names = [b.attribute for b in init.registered if b.attribute not in again]
        call = next((c for c in own if c.node is init.node or c.node in init.callers), None)
        if call is not None and names:
            yield call.node, call.place.statement, names


def _is_init_call(node: ast.Call) -> bool:
    return isinstance(node.func, ast.Attribute) and node.func.attr == "__init__"


def skipped_bases(cls: ModuleClass) -> Iterator[tuple[Placed, str, str, str]]:
    """Constructors that skip a base's, which binds what inherited code reads: where, base, attribute, reader."""
    init = cls.method("__init__")
    if init is None or cls.opaque or not cls.init_exits or any(s is not Started.YES for s in cls.init_exits):
        return
    reached = {f.owner for f in cls.index.init_reached(cls.facts) if f.name == "__init__"}
    bound = {b.attribute for b in cls.events.bindings} | cls.touched
    for base in cls.project_classes[1:]:
        skipped = base.method("__init__")
        if skipped is not None and skipped.decorators:  # what a decorator makes of it isn't followed
            return
        if base in reached or skipped is None:
            continue
        for binding in cls.index.constructed(base).events.bindings:
            name = binding.attribute
            if not name or binding.place.owner is not base or name in bound or cls.finds(name) is not None:
                continue
            readers = [r for r in cls.reads(name) if r.function.name in cls.reached and cls.finds_same(r.function)]
            if readers:
                yield init.node, base.name, name, readers[0].function.name
                return
