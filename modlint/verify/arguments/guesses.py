"""Values for the parameters of a constructor, the likeliest first."""

from __future__ import annotations

import ast
import dataclasses
import enum
import inspect
import sys
from collections.abc import Iterator
from functools import cached_property
from typing import Any

from torch import nn

from modlint.verify.arguments.annotations import by_annotation, by_words, hints
from modlint.verify.arguments.environment import Environment
from modlint.verify.arguments.kin import with_attributes
from modlint.verify.arguments.names import MODULES, PROFILES, Sizes, by_name, modules
from modlint.verify.arguments.reading import Reading, Use, function_node, read_function
from modlint.verify.arguments.sites import Sites
from modlint.verify.arguments.spec import Argument, Items, Spec, Tensor, Text

DEEPEST = 3


class Guesses:
    """What may be passed to a class."""

    def __init__(self, cls: type, environment: Environment, sizes: Sizes = PROFILES[0], depth: int = 0) -> None:
        self.cls, self.environment, self.sizes, self.depth = cls, environment, sizes, depth
        self._known: dict[str, list[Spec]] = {}

    @cached_property
    def parameters(self) -> dict[str, inspect.Parameter]:
        """The constructor's parameters without ``self``."""
        try:
            signature = inspect.signature(self.cls)
        except (ValueError, TypeError):
            return {}
        found = dict(signature.parameters)
        if any(p.kind is inspect.Parameter.VAR_KEYWORD for p in found.values()):
            found = {
                **{n: p for n, p in found.items() if p.kind is not inspect.Parameter.VAR_KEYWORD},
                **self._of_bases(found),
            }
        return found

    def _of_bases(self, own: dict[str, inspect.Parameter]) -> dict[str, inspect.Parameter]:
        """What a constructor hands on with ``**kwargs``: what the next constructors need by name."""
        rest: dict[str, inspect.Parameter] = {}
        for base in self.cls.__mro__[1:]:
            init = vars(base).get("__init__")
            if init is None or base in (nn.Module, object) or not callable(init):
                continue
            try:
                parameters = list(inspect.signature(init).parameters.values())[1:]
            except (ValueError, TypeError):
                break
            kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
            passed = _passed_on(self.cls, base)
            for p in parameters:
                if p.kind in kinds and p.name not in own and p.name not in passed:
                    rest.setdefault(p.name, p.replace(kind=inspect.Parameter.KEYWORD_ONLY))
            if not any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters):
                break
        return {name: p for name, p in rest.items() if p.default is inspect.Parameter.empty}

    @cached_property
    def sites(self) -> Sites:
        """How the project itself calls the class."""
        return Sites(self.cls, self.environment)

    @cached_property
    def reading(self) -> Reading:
        """How the constructor uses them."""
        return read_function(constructor(self.cls), self.cls.__doc__ or "")

    @cached_property
    def _hints(self) -> dict[str, Any]:
        return hints(constructor(self.cls))

    def required(self) -> tuple[Argument, ...]:
        """The first guess: a value for each parameter that has no default."""
        found: list[Argument] = []
        for name, parameter in self.parameters.items():
            if parameter.kind is inspect.Parameter.VAR_POSITIONAL:
                found += self._star(name)
            elif parameter.default is inspect.Parameter.empty and parameter.kind is not inspect.Parameter.VAR_KEYWORD:
                positional = parameter.kind is inspect.Parameter.POSITIONAL_ONLY
                found.append(Argument(name, self.of(name)[0], positional))
        return tuple(found)

    def _star(self, name: str) -> list[Argument]:
        if self.reading.of(name).iterated and issubclass(self.cls, nn.Module):
            option = by_name(name.removesuffix("s"), self.sizes)
            return [Argument(name, option[0], True)] * 2 if option and "nn." in option[0].text else []
        return []

    def of(self, name: str) -> list[Spec]:
        """Values for one parameter."""
        if name not in self._known:
            found = {spec.text: spec for spec in self._of(name)}
            self._known[name] = [self._resolved(spec) for spec in found.values()]
        return self._known[name]

    def _resolved(self, spec: Spec) -> Spec:
        """A class that is named by its module is written as the recipe sees it."""
        if isinstance(spec, Text) and spec.text.startswith("@"):
            module, _, qualname = spec.text[1:].partition(":")
            found: Any = sys.modules.get(module)
            for part in qualname.split("."):
                found = getattr(found, part, None)
            return Text(self.environment.name_of(found)) if isinstance(found, type) else Text("nn.Identity")
        return spec

    def _of(self, name: str) -> Iterator[Spec]:
        use = self.reading.of(name)
        yield from map(Text, use.constants)
        known = list(self.sites.of(name))
        yield from (spec for spec in known if not spec.text.isdigit())
        annotation = self._hints.get(name, inspect.Parameter.empty)
        guess = self._named
        yield from by_annotation(annotation, name, guess, self._instances)
        if use.documented:
            yield from by_words(use.documented, name, guess)
        yield from self._by_use(name, use)
        yield from known
        yield from by_name(name, self.sizes)
        yield from self._generic()

    def _named(self, name: str) -> list[Spec]:
        return by_name(name, self.sizes)

    def _by_use(self, name: str, use: Use) -> Iterator[Spec]:
        single = name.removesuffix("s")
        element = (by_name(single, self.sizes) or [Text(str(self.sizes.width))])[0]
        if use.unpacked:
            yield Items((element,) * use.unpacked, element.stand_in, True)
        fields = [a for a in use.attributes if a not in use.methods]
        if use.items:
            yield self._settings(use.items)
        elif len(fields) >= 2 and not MODULES.search(name.lower()):
            yield self._settings(fields)
        if use.iterated or (use.indexed and not use.items):
            for count in (max(4, use.highest + 1), 2, 3, 1):
                yield Items((element,) * count, element.stand_in)
        if MODULES.search(name.lower()) and len(fields) and self.depth < DEEPEST:
            for cls in with_attributes(self.cls, fields)[:3]:
                yield from self._instances(cls)
        if use.called and not MODULES.search(name.lower()):
            yield from modules(self.sizes)

    def _settings(self, names: list[str]) -> Spec:
        given = {n: (by_name(n, self.sizes) or [Text(str(self.sizes.width))])[0] for n in names}
        return Text(f"Settings({', '.join(f'{n}={spec.text}' for n, spec in given.items())})", True)

    def _generic(self) -> Iterator[Spec]:
        width = str(self.sizes.width)
        for text in (width, "2", "4", "1", "0.5", "True", "False", "None", "'a'"):
            yield Text(text)
        yield Items((Text(width), Text(width)))
        yield Items((Text("2"),) * 4)
        yield from modules(self.sizes)
        yield Text("nn.ReLU")
        yield Text("(lambda *args, **kwargs: args[0])", True)
        yield Tensor((self.sizes.width,))
        yield Text("{}")

    def _instances(self, cls: type) -> list[Spec]:
        """Ways to make an instance of a class that a parameter is annotated with."""
        if issubclass(cls, enum.Enum):
            return [Text(f"{self.environment.name_of(cls)}.{member.name}") for member in cls]
        if self.depth >= DEEPEST:
            return []
        options = [cls, *_subclasses(cls)] if inspect.isabstract(cls) or not _own_init(cls) else [cls]
        return [spec for option in options[:3] if (spec := self._instance(option)) is not None]

    def _instance(self, cls: type) -> Spec | None:
        from modlint.verify.arguments.nested import constructor_of

        made_up = issubclass(cls, nn.Module) or dataclasses.is_dataclass(cls)
        return Text(constructor_of(cls, self.environment, self.sizes, self.depth + 1), made_up)


def constructor(cls: type) -> Any:
    """The ``__init__`` that the class has."""
    return getattr(cls, "__init__")  # noqa: B009  the attribute of the class, not of an instance


def _passed_on(cls: type, base: type) -> set[str]:
    """The names that the constructor itself gives to the next one."""
    node = function_node(constructor(cls))
    calls = [n for n in ast.walk(node) if isinstance(n, ast.Call)] if node is not None else []
    inits = [c for c in calls if isinstance(c.func, ast.Attribute) and c.func.attr == "__init__"]
    names = {k.arg for c in inits for k in c.keywords if k.arg}
    count = max((len([a for a in c.args if not isinstance(a, ast.Starred)]) for c in inits), default=0)
    return names | set(list(inspect.signature(constructor(base)).parameters)[1 : count + 1])


def _own_init(cls: type) -> bool:
    return constructor(cls) is not object.__init__


def _subclasses(cls: type) -> list[type]:
    found: list[type] = list(cls.__subclasses__())
    for direct in tuple(found):
        found += direct.__subclasses__()
    return [c for c in found if not inspect.isabstract(c)]
