"""Importing the target: a third-party package that is missing or broken is stubbed once an import has failed on it."""

from __future__ import annotations

import ast
import re
import sys
import traceback
from collections.abc import Callable, Iterator
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, Final

from modlint.verify.source_of import definition_of

MOST_STUBS: Final = 60
KEPT: Final = frozenset({"torch", "modlint", "numpy", "msgspec", "builtins", "typing_extensions"})


class StubUsedError(ImportError):
    """Code uses something of a package that isn't there."""


class _Meta(type):
    """Attributes of a stubbed class are stubs."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _stub(f"{cls.__module__}.{cls.__name__}", name)


class Stub:
    """Stands for any object of a stubbed package: can be named, inherited from, used as a decorator; not run."""

    def __init__(self, path: str, state: State) -> None:
        self.__dict__.update(_path=path, _state=state)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return Stub(f"{self._path}.{name}", self._state)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self._state.use(self._path)
        if len(args) == 1 and not kwargs and callable(args[0]) and not isinstance(args[0], Stub):
            return args[0]
        return self

    def __getitem__(self, key: Any) -> Any:
        return self

    def __mro_entries__(self, bases: Any) -> tuple[type, ...]:
        return (_stub_class(self._path, self._state),)

    def __or__(self, other: Any) -> Any:
        return Any

    __ror__ = __or__

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def __bool__(self) -> bool:
        return False


class State:
    """Which packages are stubs, and whether the import is over, after which nothing of them may be called."""

    def __init__(self) -> None:
        self.roots: dict[str, str] = {}
        self.importing = True

    def use(self, path: str) -> None:
        """Note the call of something stubbed.

        Raises:
            StubUsedError: not while importing.
        """
        if not self.importing:
            root = path.partition(".")[0]
            raise StubUsedError(f"needs the package `{root}`, which {self.roots.get(root, 'is not installed')}")


def _stub(path: str, name: str) -> Stub:
    return Stub(f"{path}.{name}", STATE)


def _stub_class(path: str, state: State) -> type:
    def refuse(self: Any, *args: Any, **kwargs: Any) -> None:
        state.use(path)

    module, _, name = path.rpartition(".")
    bases = (Exception,) if name.endswith(("Error", "Exception", "Warning", "Exit")) else ()
    return _Meta(name, bases, {"__init__": refuse, "__module__": module})


class StubModule(ModuleType):
    """A module that has every attribute."""

    __path__: list[str]

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.__path__ = []
        self.__version__ = "0.0.0"
        self.__spec__ = ModuleSpec(name, None, is_package=True)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        path = f"{self.__name__}.{name}"
        return _stub_class(path, STATE) if name[:1].isupper() and not name.isupper() else Stub(path, STATE)


class _Finder:
    """Finds modules below stubbed packages."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        """The spec of a stub, for the names below a stubbed package."""
        if name.partition(".")[0] not in STATE.roots:
            return None
        return ModuleSpec(name, self, is_package=True)  # type: ignore[arg-type]

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """An empty stub."""
        return StubModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """There is nothing to run."""


STATE: Final = State()


def with_stubs(load: Callable[[], Any], package: str, again: bool = True) -> Any:
    """What ``load`` gives, which imports code of ``package``, with stubs for what that needs and hasn't got.

    ``again`` says whether what was imported of the package is forgotten before a new try.

    Raises:
        BaseException: whatever the import ends with once nothing more can be stubbed.
    """
    _install()
    STATE.importing = True
    try:
        for _ in range(MOST_STUBS):
            try:
                return load()
            except (KeyboardInterrupt, SystemExit):
                raise
            except BaseException as error:
                root, why = _culprit(error, package)
                if not root or root in STATE.roots:
                    raise
                _add(root, why, package if again else root)
        return load()
    finally:
        STATE.importing = False


def decorated_by_stub(cls: type) -> bool:
    """Whether a decorator of the class comes from a package that isn't there: what it would have done is unknown."""
    definition = definition_of(cls) if STATE.roots else None
    names = vars(sys.modules.get(cls.__module__, cls))
    for decorator in definition.decorator_list if definition is not None else ():
        root = next(node.id for node in ast.walk(decorator) if isinstance(node, ast.Name))
        if isinstance(names.get(root), (Stub, StubModule)):
            return True
    return False


def preset(roots: dict[str, str]) -> None:
    """Stub packages that an import elsewhere has failed on."""
    STATE.roots.update(roots)


def forget() -> None:
    """Stub nothing from now on, until an import fails again."""
    STATE.roots.clear()


def _install() -> None:
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())


def _culprit(error: BaseException, package: str) -> tuple[str, str]:
    """The third-party package an import failed on, and what is the matter with it."""
    unwanted = KEPT | {package} | set(sys.stdlib_module_names)
    if isinstance(error, ModuleNotFoundError) and error.name:
        root = error.name.partition(".")[0]
        broken = _installed_around(error, unwanted)
        if broken and root not in unwanted:
            return broken, f"lacks `{root}`"
        if root not in unwanted:
            return root, "is not installed" if "." not in error.name else f"has no `{error.name}`"
    named = re.search(r"cannot import name '\w+' from '([\w.]+)'", str(error))
    if named and named[1].partition(".")[0] not in unwanted:
        return named[1].partition(".")[0], "lacks what is imported from it"
    broken = _installed_around(error, unwanted)
    if broken:
        return broken, "cannot be imported here"
    return _missing_metadata(error, unwanted)


def _installed_around(error: BaseException, unwanted: frozenset[str] | set[str]) -> str:
    """The installed package whose own code the error comes from."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        found = re.search(r"(?:site|dist)-packages[/\\](\w+)", frame.filename)
        if found and found[1] not in unwanted:
            return found[1]
    return ""


def _missing_metadata(error: BaseException, unwanted: frozenset[str] | set[str]) -> tuple[str, str]:
    if type(error).__name__ == "PackageNotFoundError" and error.args:
        name = str(error.args[0]).replace("-", "_")
        return (name, "is not installed") if name not in unwanted else ("", "")
    return "", ""


def _add(root: str, why: str, package: str) -> None:
    """Stub a package, and forget what was half imported of it and of the target."""
    STATE.roots[root] = why
    for name in list(sys.modules):
        if name.partition(".")[0] in (root, package):
            del sys.modules[name]
