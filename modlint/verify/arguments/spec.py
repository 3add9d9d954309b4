"""Values as source text: what an argument may be, before anything is evaluated."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Text:
    """An expression. ``stand_in`` says that the value is made up in place of one that only the project has."""

    text: str
    stand_in: bool = False


@dataclass(frozen=True, slots=True)
class Tensor:
    """A random tensor: ``kind`` is normal, unit (from 0 to 1), index (integers below ``high``), bool or ones."""

    shape: Shape
    kind: str = "normal"
    high: int = 8
    stand_in: bool = False

    @property
    def text(self) -> str:
        """The expression that makes it."""
        sizes = ", ".join(map(str, self.shape))
        whole = f"({sizes},)" if len(self.shape) == 1 else f"({sizes})"
        if self.kind == "index":
            return f"torch.randint({self.high}, {whole})"
        if self.kind == "bool":
            return f"torch.ones({whole}, dtype=torch.bool)"
        if self.kind == "complex":
            return f"torch.randn({whole}, dtype=torch.complex64)"
        maker = {"normal": "randn", "unit": "rand", "ones": "ones"}[self.kind]
        return f"torch.{maker}({sizes or '()'})"

    def resized(self, dimension: int, size: int) -> Tensor:
        """The same with another size in one dimension."""
        shape = list(self.shape)
        shape[dimension] = size
        return replace(self, shape=tuple(shape))


@dataclass(frozen=True, slots=True)
class Items:
    """A list (or tuple, where ``closing`` says so) of values."""

    items: tuple[Spec, ...]
    stand_in: bool = False
    is_tuple: bool = False

    @property
    def text(self) -> str:
        """The expression that makes it."""
        inner = ", ".join(item.text for item in self.items)
        if self.is_tuple:
            return f"({inner},)" if len(self.items) == 1 else f"({inner})"
        return f"[{inner}]"


Spec = Text | Tensor | Items


@dataclass(frozen=True, slots=True)
class Argument:
    """A value for a parameter; one without a name is passed by position."""

    name: str
    spec: Spec
    positional: bool = False

    @property
    def text(self) -> str:
        """The argument as it stands in a call."""
        return self.spec.text if self.positional else f"{self.name}={self.spec.text}"


@dataclass(frozen=True)
class Plan:
    """A way to build and call the class that is about to be tried. ``constructor`` and ``call`` are fixed texts."""

    target: str
    arguments: tuple[Argument, ...] = ()
    inputs: tuple[Argument, ...] | None = None
    setup: str = ""
    constructor: str = ""
    call: str | None = None
    origin: str = "guess"
    depth: int = 0
    fixed_stand_ins: tuple[str, ...] = ()
    method: str = ""
    tags: frozenset[str] = field(default=frozenset())

    @property
    def constructor_text(self) -> str:
        """The expression that builds the instance."""
        return self.constructor or f"{self.target}({', '.join(a.text for a in self.arguments)})"

    @property
    def call_text(self) -> str | None:
        """The arguments of the call; ``None`` where they aren't chosen yet."""
        if self.call is not None or self.inputs is None:
            return self.call
        return ", ".join(a.text for a in self.inputs)

    @property
    def stand_ins(self) -> tuple[str, ...]:
        """The arguments that were made up."""
        made = [a.name for a in (*self.arguments, *(self.inputs or ())) if a.spec.stand_in]
        return (*self.fixed_stand_ins, *made)

    def with_argument(self, name: str, spec: Spec) -> Plan:
        """The plan with another value for a parameter of the constructor."""
        return replace(self, arguments=changed(self.arguments, name, spec), inputs=None, depth=self.depth + 1)

    def with_input(self, name: str, spec: Spec) -> Plan:
        """The plan with another value for a parameter of the call."""
        return replace(self, inputs=changed(self.inputs or (), name, spec), depth=self.depth + 1)


def changed(arguments: tuple[Argument, ...], name: str, spec: Spec) -> tuple[Argument, ...]:
    """The arguments with this value for the parameter, which is added if it wasn't given."""
    if any(a.name == name for a in arguments):
        return tuple(replace(a, spec=spec) if a.name == name else a for a in arguments)
    return (*arguments, Argument(name, spec))
