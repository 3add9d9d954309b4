"""A Module class as rules see it: its attributes and where they are bound, what ``forward`` reaches, what is unsure."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Final

from modlint.diagnostics import Finding, Fix
from modlint.model.classes import Member, is_root
from modlint.model.events import Binding, Call, Events, Started
from modlint.model.facts import ClassFacts, FunctionFacts, Placed
from modlint.model.library import LibraryClass
from modlint.model.strangers import keeps_class
from modlint.model.sweep import Read, Sweep

if TYPE_CHECKING:
    from modlint.model.edits import Editing
    from modlint.model.index import FileModel

ENTRIES: Final = ("forward", "__call__", "training_step", "validation_step", "test_step", "predict_step")
"""Methods that a training or evaluation loop calls."""


class ModuleClass:
    """One class of the checked file whose MRO holds ``torch.nn.Module``."""

    def __init__(self, file: FileModel, facts: ClassFacts) -> None:
        self.file, self.index, self.graph, self.facts = file, file.index, file.graph, facts
        self.name, self.node = facts.name, facts.node
        self.mro = self.graph.mro(facts)

    @cached_property
    def events(self) -> Events:
        """What the constructor does, then what the other methods do."""
        interpreter = self.index.constructed(self.facts)
        interpreter.run_methods(self.facts)
        return interpreter.events

    @cached_property
    def init_exits(self) -> list[Started]:
        """For each way out of the constructor, whether ``Module.__init__`` has run by then."""
        return self.index.constructed(self.facts).events.exits

    @cached_property
    def sweep(self) -> Sweep:
        """The class's own methods, swept."""
        return self.index.sweep(self.facts)

    @cached_property
    def project_classes(self) -> list[ClassFacts]:
        """The class and its ancestors whose source is open."""
        return [c for c in self.mro.classes if isinstance(c, ClassFacts)]

    @cached_property
    def opaque(self) -> bool:
        """Whether attributes may exist that can't be read off the code."""
        if not self.mro.complete or any(
            not keeps_class(self.graph.project, self.facts, d) for d in self.node.decorator_list
        ):
            return True
        if any(c.opaque for c in self.mro.classes if isinstance(c, LibraryClass)):
            return True
        return any(self.index.sweep(c).opaque or self.index.leaks(c) for c in self.project_classes)

    def own_bindings(self, attribute: str | None = None) -> Iterator[Binding]:
        """Bindings of attributes of ``self`` that stand in this class's own code."""
        for binding in self._own_bindings:
            if attribute is None or attribute == binding.attribute:
                yield binding

    @cached_property
    def _own_bindings(self) -> list[Binding]:
        return [binding for binding in self.events.bindings if binding.place.owner is self.facts]

    def bindings_of(self, attribute: str) -> list[Binding]:
        """Every binding of the attribute, base classes' included."""
        return [b for b in self.events.bindings if b.attribute == attribute]

    def own_calls(self, *paths: str) -> Iterator[Call]:
        """Calls in this class's own code; of functions with one of these dotted names, if any are given."""
        if not paths:
            return iter(self._own_calls)
        named = [call for path in paths for call in self._calls_by_path.get(path, ())]
        return iter(named)

    @cached_property
    def _own_calls(self) -> list[Call]:
        return [call for call in self.events.calls if call.place.owner is self.facts]

    @cached_property
    def _calls_by_path(self) -> dict[str, list[Call]]:
        found: dict[str, list[Call]] = {}
        for call in self._own_calls:
            if call.path:
                found.setdefault(call.path, []).append(call)
        return found

    def method(self, name: str) -> FunctionFacts | None:
        """The class's own method of this name."""
        return self.facts.method(name)

    def finds(self, name: str) -> Member | None:
        """The class attribute ``name`` anywhere in the MRO."""
        return self.graph.find(self.facts, name)

    def finds_same(self, function: FunctionFacts) -> bool:
        """Whether the class, asked for a method of this name, has this very one and not an override."""
        member = self.finds(function.name)
        return member is not None and member.binder is function

    def find_open(self, name: str) -> bool:
        """Whether a class in the MRO short of ``torch.nn.Module`` defines ``name``."""
        member = self.finds(name)
        return member is not None and not is_root(member.owner)

    def inherits(self, *paths: str) -> bool:
        """Whether a library class at one of ``paths`` is an ancestor."""
        return self.graph.derives(self.facts, *paths)

    @cached_property
    def touched(self) -> frozenset[str]:
        """Attribute names the class or an ancestor asks for by string or under ``except AttributeError``."""
        return frozenset().union(*(self.index.sweep(c).touched for c in self.project_classes))

    @cached_property
    def reached(self) -> frozenset[str]:
        """Names of the methods and properties that run when the Module is called, trained or evaluated."""
        found: set[str] = set()
        waiting = [e for e in ENTRIES if self.find_open(e)]
        waiting += [f.name for f in self.facts.methods() if f.name.startswith("forward_")]
        while waiting:
            name = waiting.pop()
            if name in found:
                continue
            found.add(name)
            for cls in self.project_classes:
                waiting += [n for n in self.index.sweep(cls).uses.get(name, ()) if n not in found and self.finds(n)]
        return frozenset(found)

    def reads(self, attribute: str) -> list[Read]:
        """Where the attribute is read, in the class and its open ancestors."""
        return [r for c in self.project_classes for r in self.index.sweep(c).reads if r.attribute == attribute]

    def stored(self, attribute: str) -> list[ast.Attribute]:
        """Where ``self.attribute`` is a target of an assignment, in the class and its open ancestors."""
        return [n for c in self.project_classes for n in self.index.sweep(c).stores.get(attribute, ())]

    @cached_property
    def attributes(self) -> frozenset[str]:
        """Every attribute name that instances are known to have."""
        names = {b.attribute for b in self.events.bindings} | set(self.touched)
        for cls in self.mro.classes:
            if isinstance(cls, ClassFacts):
                names |= cls.scope.names.keys() | self.index.sweep(cls).stores.keys()
            else:
                names.update(cls.members)
        return frozenset(names)

    @cached_property
    def is_abstract(self) -> bool:
        """Whether a method is left to subclasses: it is marked abstract, or does nothing but raise."""
        return any(self.index.sweep(c).unfinished for c in self.project_classes)

    def handles_own(self, attribute: str) -> bool:
        """Whether the class brings this attribute along itself: it overrides what moves or lists a Module's state."""
        moving = (
            "_apply",
            "to",
            "cuda",
            "parameters",
            "named_parameters",
            "modules",
            "named_modules",
            "children",
            "named_children",
        )
        return any(attribute in self.index.sweep(c).uses.get(name, ()) for c in self.project_classes for name in moving)

    def finding(
        self,
        node: Placed,
        message: str,
        subject: str = "",
        statement: Placed | None = None,
        fix: Fix | None = None,
    ) -> Finding:
        """A finding at ``node`` of this class's file."""
        return self.file.finding(node, message, subject, statement, fix)

    @property
    def edits(self) -> Editing:
        """What builds edits of the class's file."""
        return self.file.edits
