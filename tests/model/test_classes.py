"""The static class graph says what Python says about the same files."""

from __future__ import annotations

import builtins
import importlib
import itertools
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from modlint.model.classes import ClassGraph
from modlint.model.facts import ClassFacts
from modlint.model.index import FileModel, Index
from modlint.source import Source

torch = pytest.importorskip("torch")

Model = Callable[..., FileModel]
Key = tuple[str, int]
"""A class by where its definition starts."""

CLASS_NAMES = tuple(f"{letter}{n}" for n in ("", 1, 2, 3, 4, 5, 6) for letter in "ABCG")
NUMBERS = itertools.count()
MODULES = ("a", "sub.b", "c", "sub.deep.d", "e")
ROOTS = {
    "import torch.nn as nn": "nn.Module",
    "from torch import nn as layers": "layers.Module",
    "import torch": "torch.nn.Module",
    "import torch.nn": "torch.nn.Module",
    "from torch.nn import Module": "Module",
    "from torch.nn import Module as Root": "Root",
    "from torch.nn.modules.module import Module as Deep": "Deep",
    "from torch.nn import *": "Module",
    "import torch as th\nmy_nn = th.nn": "my_nn.Module",
    "import torch as th\nBase = th.nn.Module": "Base",
}


@dataclass
class Draft:
    """A package being written: the text of each file, and the names that other files may use."""

    name: str
    redefines: bool
    taken: list[str] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    public: dict[str, list[str]] = field(default_factory=dict)


def parent(module: str) -> str:
    return module.rpartition(".")[0]


def relative(importer: str, module: str) -> str:
    """``module`` as a relative import in ``importer`` says it, the leading dots included."""
    here, there = parent(importer).split("."), module.split(".")
    shared = 0
    while shared < min(len(here), len(there) - 1) and here[shared] == there[shared] and here[shared]:
        shared += 1
    ups = len([part for part in here[shared:] if part])
    return "." * (ups + 1) + ".".join(there[shared:])


def import_of(draw: st.DrawFn, draft: Draft, importer: str, module: str) -> tuple[str, list[str]]:
    """One import statement of ``module``, and the expressions by which its classes are then reached."""
    full, near = f"{draft.name}.{module}", relative(importer, module)
    last = module.rpartition(".")[2]
    names = draft.public[module]
    folder = near[: len(near) - len(last)]
    folder = folder if folder.strip(".") == "" else folder.rstrip(".")
    forms: list[tuple[str, list[str]]] = [
        (f"import {full} as mod_{last}", [f"mod_{last}.{n}" for n in names]),
        (f"import {full}", [f"{full}.{n}" for n in names]),
        (f"from {near} import *", [n for n in names if "." not in n]),
        (f"from {full} import *", [n for n in names if "." not in n]),
        (f"from {folder} import {last}", [f"{last}.{n}" for n in names]),
        (f"from {folder} import {last} as near_{last}", [f"near_{last}.{n}" for n in names]),
    ]
    if names:
        name = draw(st.sampled_from(names))
        top = name.partition(".")[0]
        forms += [
            (f"from {full} import {top}", [name]),
            (f"from {near} import {top}", [name]),
            (f"from {near} import {top} as {top}_other", [f"{top}_other{name[len(top) :]}"]),
        ]
        if module in ("a", "sub.b") and importer not in ("a", "sub.b"):
            package = parent(full)
            forms += [
                (f"from {package} import {top}", [name]),
                (f"import {package} as facade", [f"facade.{name}"]),
                (f"from {package} import {top} as {top}_shown", [f"{top}_shown{name[len(top) :]}"]),
            ]
    return draw(st.sampled_from(forms))


def bases_of(draw: st.DrawFn, known: list[str], generic: bool) -> str:
    bases = draw(st.lists(st.sampled_from(known), max_size=3)) if known else []
    if draw(st.integers(0, 9)) < 9:
        bases = list(dict.fromkeys(bases))
    bases.sort(key=lambda base: base in ROOTS.values())
    bases = [
        f"{b}[{draw(st.sampled_from(['T', 'int']))}]" if is_generic(b) and draw(st.booleans()) else b for b in bases
    ]
    if generic:
        bases.insert(len(bases) if draw(st.integers(0, 4)) < 4 else 0, "Generic[T]")
    if draw(st.integers(0, 7)) == 7:
        bases.append("ABC")
    return f"({', '.join(bases)})" if bases else ""


def is_generic(expression: str) -> bool:
    return expression.rpartition(".")[2].startswith("G")


def write_class(draw: st.DrawFn, known: list[str], taken: list[str]) -> tuple[str, list[str]]:
    """One class statement (with a nested class now and then), and the expressions that it adds."""
    free = [name for name in CLASS_NAMES if name not in taken]
    name = draw(st.sampled_from(free[:8]))
    text = f"class {name}{bases_of(draw, known, name.startswith('G'))}:\n    x = 1\n"
    found = [name]
    if draw(st.integers(0, 4)) == 4:
        text += f"    class Inner{bases_of(draw, known, False)}:\n        y = 2\n"
        found.append(f"{name}.Inner")
        if draw(st.booleans()):
            text += "    class Second(Inner): pass\n"
            found.append(f"{name}.Second")
    return text, found


def write_module(draw: st.DrawFn, draft: Draft, module: str) -> None:
    lines = ["from abc import ABC", "from typing import Generic, TypeVar", "T = TypeVar('T')"]
    root = draw(st.sampled_from(sorted(ROOTS)))
    lines.append(root)
    known = [ROOTS[root]]
    earlier = MODULES[: MODULES.index(module)]
    for other in draw(st.lists(st.sampled_from(earlier), max_size=3, unique=True)) if earlier else ():
        statement, expressions = import_of(draw, draft, module, other)
        lines.append(statement)
        known += expressions
    own: list[str] = []
    for _ in range(draw(st.integers(1, 4))):
        text, found = write_class(draw, known, [] if draft.redefines else draft.taken)
        lines.append(text)
        draft.taken.append(found[0])
        kept = [e for e in known if e != found[0] and not e.startswith(f"{found[0]}.")]
        known = kept + found
        own = [e for e in own if e != found[0] and not e.startswith(f"{found[0]}.")] + found
        if draw(st.integers(0, 5)) == 5:
            number = len(lines) if draft.redefines else len(draft.taken)
            alias = f"{'G' if is_generic(found[0]) else 'N'}alias{number}"
            lines.append(f"{alias} = {draw(st.sampled_from([f for f in found if '.' not in f]))}")
            known.append(alias)
            own.append(alias)
    if draw(st.integers(0, 3)) == 3:
        tops = [n for n in own if "." not in n]
        lines.append(f"__all__ = {tops!r}")
    draft.files[f"{module.replace('.', '/')}.py"] = "\n".join(lines) + "\n"
    draft.public[module] = own


@st.composite
def packages(draw: st.DrawFn, redefines: bool) -> Draft:
    draft = Draft(f"generated{next(NUMBERS)}", redefines)
    for module in MODULES:
        write_module(draw, draft, module)
    star = draw(st.booleans())
    for package, module in (("", "a"), ("sub/", "sub.b")):
        tops = [n for n in draft.public[module] if "." not in n]
        shown = "*" if star else ", ".join(tops)
        draft.files[f"{package}__init__.py"] = f"from .{module.rpartition('.')[2]} import {shown}\n"
    draft.files["sub/deep/__init__.py"] = ""
    return draft


@dataclass
class Made:
    """The classes Python made while importing, and the place of the one it refused."""

    classes: dict[Key, type] = field(default_factory=dict)
    refused: Key | None = None

    def key(self, cls: type) -> str:
        places = {made: key for key, made in self.classes.items()}
        return str(places[cls]) if cls in places else f"{cls.__module__}.{cls.__qualname__}"


@contextmanager
def recording(made: Made) -> Iterator[None]:
    """Note every class statement that runs."""
    original = builtins.__build_class__

    def build(body: Any, name: str, *bases: Any, **options: Any) -> Any:
        key = (body.__code__.co_filename, body.__code__.co_firstlineno)
        try:
            made.classes[key] = original(body, name, *bases, **options)
        except TypeError:
            made.refused = made.refused or key
            raise
        return made.classes[key]

    builtins.__build_class__ = build
    try:
        yield
    finally:
        builtins.__build_class__ = original


def imported(folder: Path, draft: Draft) -> Made:
    """Import every module of the package for real."""
    made = Made()
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    try:
        with recording(made):
            for module in MODULES:
                try:
                    importlib.import_module(f"{draft.name}.{module}")
                except TypeError:
                    break
    finally:
        sys.path.remove(str(folder))
        for name in [n for n in sys.modules if n.partition(".")[0] == draft.name]:
            del sys.modules[name]
    return made


def written(folder: Path, draft: Draft) -> None:
    for name, text in draft.files.items():
        path = folder / draft.name / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def static_classes(folder: Path, draft: Draft) -> tuple[ClassGraph, dict[Key, ClassFacts]]:
    index = Index(folder)
    found = {}
    for name, text in draft.files.items():
        path = str(folder / draft.name / name)
        for cls in index.file(Source(path, text)).facts.classes:
            found[path, cls.node.lineno] = cls
    return index.graph, found


def static_names(graph: ClassGraph, cls: ClassFacts) -> list[str]:
    return [str((c.file.path, c.node.lineno)) if isinstance(c, ClassFacts) else c.path for c in graph.mro(cls).classes]


def real_names(made: Made, cls: type) -> list[str]:
    names = [made.key(c) for c in cls.__mro__ if c is not object]
    return ["torch.nn.Module" if n == "torch.nn.modules.module.Module" else n for n in names]


def compare(draft: Draft) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        written(folder, draft)
        made = imported(folder, draft)
        graph, static = static_classes(folder, draft)
        for key, cls in made.classes.items():
            assert static_names(graph, static[key]) == real_names(made, cls), key
            assert graph.mro(static[key]).complete, key
            assert graph.is_module(static[key]) == issubclass(cls, torch.nn.Module), key
        if made.refused is not None:
            assert not graph.mro(static[made.refused]).complete, made.refused


COMMON = settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
"""A failing package is shown as it was drawn: shrinking five files takes minutes."""


@COMMON
@given(packages(redefines=False))
def test_static_mro_is_the_mro_of_the_imported_classes(draft: Draft) -> None:
    compare(draft)


@COMMON
@given(packages(redefines=True))
def test_static_mro_where_names_are_defined_again(draft: Draft) -> None:
    compare(draft)


def named(model: FileModel, name: str) -> ClassFacts:
    """The last class of this qualified name in the file."""
    return [c for c in model.facts.classes if c.qualname == name][-1]


def modules(model: FileModel) -> list[str]:
    return [c.facts.qualname for c in model.classes]


REDEFINED = {
    "star after star": (
        {
            "p/__init__.py": "",
            "p/x.py": "class A: pass\n",
            "p/y.py": "import torch.nn as nn\nclass A(nn.Module): pass\n",
        },
        "from p.x import *\nfrom p.y import *\nclass Net(A): pass\n",
        True,
    ),
    "explicit import after star": (
        {
            "p/__init__.py": "",
            "p/x.py": "class A: pass\n",
            "p/y.py": "import torch.nn as nn\nclass A(nn.Module): pass\n",
        },
        "from p.x import *\nfrom p.y import A\nclass Net(A): pass\n",
        True,
    ),
    "star after explicit import": (
        {
            "p/__init__.py": "",
            "p/x.py": "class A: pass\n",
            "p/y.py": "import torch.nn as nn\nclass A(nn.Module): pass\n",
        },
        "from p.y import A\nfrom p.x import *\nclass Net(A): pass\n",
        False,
    ),
    "class after star": (
        {"p/__init__.py": "", "p/x.py": "import torch.nn as nn\nclass A(nn.Module): pass\n"},
        "from p.x import *\nclass A: pass\nclass Net(A): pass\n",
        False,
    ),
    "class extends what it replaces": (
        {"p/__init__.py": "", "p/x.py": "import torch.nn as nn\nclass A(nn.Module): pass\n"},
        "from p.x import A\nclass A(A): pass\nclass Net(A): pass\n",
        True,
    ),
    "alias of torch's class rebound": (
        {},
        "import torch.nn as nn\nBase = nn.Module\nBase = object\nclass Net(Base): pass\n",
        False,
    ),
    "second definition counts in another file": (
        {"p/__init__.py": "", "p/x.py": "import torch.nn as nn\nclass A(nn.Module): pass\nclass A: pass\n"},
        "from p.x import A\nclass Net(A): pass\n",
        False,
    ),
    "nested class of the last definition": (
        {},
        "import torch.nn as nn\nclass A:\n    class I(nn.Module): pass\nclass A:\n    class I: pass\n"
        "class Net(A.I): pass\n",
        False,
    ),
    "used before it is defined again": (
        {},
        "import torch.nn as nn\nclass A(nn.Module): pass\nclass Net(A): pass\nclass A: pass\n",
        True,
    ),
    "own subclass takes the imported name": (
        {"p/__init__.py": "", "p/x.py": "import torch.nn as nn\nclass A(nn.Module): pass\n"},
        "from p.x import A\nclass Net(A): pass\nA = Net\n",
        True,
    ),
    "own subclass takes the name a star brought": (
        {"p/__init__.py": "", "p/x.py": "import torch.nn as nn\nclass A(nn.Module): pass\n"},
        "from p.x import *\nclass Net(A): pass\nA = Net\n",
        True,
    ),
    "name deleted and made again": (
        {},
        "import torch.nn as nn\nBase = object\ndel Base\nBase = nn.Module\nclass Net(Base): pass\n",
        True,
    ),
}


@pytest.mark.parametrize("case", REDEFINED)
def test_last_binding_before_the_class_counts(case: str, model: Model) -> None:
    files, text, expected = REDEFINED[case]
    checked = model({"main.py": text, **files})
    folder = Path(checked.facts.path).parent
    assert isinstance_of_module(folder, "Net") is expected, "the case itself must be right"
    assert checked.graph.is_module(named(checked, "Net")) is expected


def isinstance_of_module(folder: Path, name: str) -> bool:
    """Run ``main.py`` of ``folder`` and say whether its class ``name`` is a Module."""
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    names: dict[str, Any] = {"__name__": "main"}
    try:
        exec(compile((folder / "main.py").read_text(), "main.py", "exec"), names)
    finally:
        sys.path.remove(str(folder))
        for loaded in [n for n in sys.modules if n.partition(".")[0] in ("p", "q")]:
            del sys.modules[loaded]
    return issubclass(names[name], torch.nn.Module)


SAME_AS_PYTHON = {
    "version guard, taken": (
        "import sys, torch.nn as nn\nif sys.version_info >= (3, 8):\n    Base = nn.Module\n"
        "else:\n    Base = None\nclass Net(Base): pass\n"
    ),
    "import fails over": "try:\n    from torch import nn\nexcept ImportError:\n"
    "    nn = None\nclass Net(nn.Module): pass\n",
    "import falls back": (
        "try:\n    from no_such_library import Module\nexcept ImportError:\n    from torch.nn import Module\n"
        "class Net(Module): pass\n"
    ),
    "made in a function": (
        "import torch.nn as nn\ndef make():\n    class Net(nn.Module): pass\n    return Net\nNet = make()\n"
    ),
    "import in the function": (
        "def make():\n    import torch.nn as nn\n    class Net(nn.Module): pass\n    return Net\nNet = make()\n"
    ),
    "base assigned in the function": (
        "import torch\ndef make():\n    B = torch.nn.Module\n    class Net(B): pass\n    return Net\nNet = make()\n"
    ),
    "defined under if": "import torch.nn as nn\nif nn:\n    class Net(nn.Module): pass\nelse:\n    Net = None\n",
    "nn assigned": "import torch\nnn = torch.nn\nclass Net(nn.Module): pass\n",
    "base assigned": "from torch import nn\nBase = nn.Module\nclass Net(Base): pass\n",
    "tuple assigned": "import torch\nnn, F = torch.nn, torch.nn.functional\nclass Net(nn.Module): pass\n",
    "chained assignment": "import torch\na = b = torch.nn.Module\nclass Net(a): pass\n",
    "walrus": "import torch\nclass Net(M := torch.nn.Module): pass\n",
    "nn shadowed by a class": "import torch.nn as nn\nclass nn:\n    Module = object\nclass Net(nn.Module): pass\n",
    "nn shadowed in a function": (
        "import torch.nn as nn\ndef make():\n    class nn:\n"
        "        Module = object\n    class Net(nn.Module): pass\n"
        "    return Net\nNet = make()\n"
    ),
    "Module shadowed by an own class": "from torch.nn import *\nclass Module: pass\nclass Net(Module): pass\n",
    "nested under another class": (
        "import torch.nn as nn\nclass Outer:\n    class Base(nn.Module): pass\n    class Inner(Base): pass\n"
        "Net = Outer.Inner\n"
    ),
    "class scope isn't seen from a nested class's body": (
        "import torch.nn as nn\nclass Base: pass\nclass Outer:\n    class Base(nn.Module): pass\n"
        "    class Mid:\n        class Inner(Base): pass\nclass Net(Outer.Mid.Inner): pass\n"
    ),
    "attribute inherited by the outer class": (
        "import torch.nn as nn\nclass P:\n"
        "    class Block(nn.Module): pass\nclass Q(P): pass\n"
        "class Net(Q.Block): pass\n"
    ),
    "torch's own subclass": "import torch\nclass Net(torch.nn.modules.conv.Conv2d): pass\n",
    "deep path": "from torch.nn.modules.module import Module\nclass Net(Module): pass\n",
    "modules alias": "from torch.nn import modules as M\nclass Net(M.Linear): pass\n",
    "quantized": "import torch.ao.nn.qat as q\nclass Net(q.Linear): pass\n",
    "scheduler is no Module": "import torch\nclass Net(torch.optim.lr_scheduler.LRScheduler): pass\n",
    "dataset is no Module": "from torch.utils.data import Dataset\nclass Net(Dataset): pass\n",
    "function is no Module": "import torch\nclass Net(torch.autograd.Function): pass\n",
    "keyword in bases": (
        "import torch.nn as nn\nclass Mix:\n    def __init_subclass__(cls, kind=None): pass\n"
        "class Net(Mix, nn.Module, kind=3): pass\n"
    ),
    "match statement": (
        "import torch.nn as nn\nmatch 1:\n    case 1:\n"
        "        class Net(nn.Module): pass\n    case _:\n"
        "        Net = None\n"
    ),
    "for and while bodies": "import torch.nn as nn\nfor _ in range(1):\n    class Net(nn.Module): pass\n",
    "with body": (
        "import contextlib, torch.nn as nn\nwith contextlib.nullcontext():\n    class Net(nn.Module): pass\n"
    ),
    "conditional base": "import torch.nn as nn\nclass Net(nn.Module if nn else object): pass\n",
    "or base": "import torch.nn as nn\nclass Net(None or nn.Module): pass\n",
    "global statement": (
        "import torch.nn as nn\ndef f():\n    global Base\n    Base = nn.Module\nf()\nclass Net(Base): pass\n"
    ),
    "with_metaclass-like call": ("import torch.nn as nn\ndef base():\n    return nn.Module\nclass Net(base()): pass\n"),
    "type() call": "import torch.nn as nn\nBase = type('Base', (nn.Module,), {})\nclass Net(Base): pass\n",
    "lazily imported module": (
        "import importlib\nnn = importlib.import_module('torch.nn')\nclass Net(nn.Module): pass\n"
    ),
}
UNSAID = {"global statement", "with_metaclass-like call", "type() call", "lazily imported module", "walrus"}
"""Cases in which the model may say nothing."""


@pytest.mark.parametrize("case", SAME_AS_PYTHON)
def test_is_module_as_python_says(case: str, model: Model) -> None:
    checked = model({"main.py": SAME_AS_PYTHON[case]})
    real = isinstance_of_module(Path(checked.facts.path).parent, "Net")
    static = checked.graph.is_module([c for c in checked.facts.classes if c.name in ("Net", "Inner")][-1])
    assert static is real or (case in UNSAID and not static)


FOREIGN = {
    "paddle": "from paddle import nn\nclass Net(nn.Layer): pass\nclass Other(nn.Module): pass\n",
    "flax": "import flax.linen as nn\nclass Net(nn.Module): pass\n",
    "fastai": "from fastai.basics import Module\nclass Net(Module): pass\n",
    "fastai star": "from fastai.basics import *\nclass Net(Module): pass\n",
    "haiku": "import haiku as hk\nclass Net(hk.Module): pass\n",
    "equinox": "import equinox as eqx\nclass Net(eqx.Module): pass\n",
    "tensorflow": "import tensorflow as tf\nclass Net(tf.Module): pass\n",
    "mlx": "import mlx.nn as nn\nclass Net(nn.Module): pass\n",
    "tinygrad": "from tinygrad import nn\nclass Net(nn.Module): pass\n",
    "mindspore, with torch beside": (
        "import torch\nfrom mindspore import nn\nclass Net(nn.Cell): pass\nclass Other(nn.Module): pass\n"
    ),
    "unresolved relative": "from .missing import Module\nclass Net(Module): pass\n",
    "torch rebound": "import torch.nn as nn\nimport paddle.nn as nn\nclass Net(nn.Layer): pass\n",
    "unknown name": "class Net(Module): pass\n",
    "call": "import lib\nclass Net(lib.make(lib.Module)): pass\n",
}


@pytest.mark.parametrize("case", FOREIGN)
def test_foreign_modules_are_no_modules(case: str, model: Model) -> None:
    assert modules(model({"net.py": FOREIGN[case]})) == []


def test_own_package_called_torch_is_not_torch(model: Model) -> None:
    checked = model(
        {
            "app/net.py": "from .torch.nn import Module\nclass Net(Module): pass\n",
            "app/__init__.py": "",
            "app/torch/__init__.py": "",
            "app/torch/nn.py": "class Module: pass\n",
        }
    )
    assert modules(checked) == []
    assert checked.graph.mro(named(checked, "Net")).complete


def test_cyclic_imports(model: Model) -> None:
    checked = model(
        {
            "p/a.py": "import torch.nn as nn\nclass A(nn.Module): pass\nfrom p.b import B\nclass C(B): pass\n",
            "p/__init__.py": "from .b import B\n",
            "p/b.py": "import p.a\nfrom p import a\nclass B(a.A): pass\n",
        }
    )
    assert modules(checked) == ["A", "C"]
    assert static_tail(checked, "C") == ["C", "B", "A", "torch.nn.Module"]


def static_tail(model: FileModel, name: str) -> list[str]:
    classes = model.graph.mro(named(model, name)).classes
    return [c.qualname if isinstance(c, ClassFacts) else c.path for c in classes]


def test_names_imported_in_a_circle(model: Model) -> None:
    checked = model(
        {
            "p/a.py": "from .b import X\nclass Net(X): pass\n",
            "p/__init__.py": "",
            "p/b.py": "from .c import X\n",
            "p/c.py": "from .a import X\n",
        }
    )
    assert modules(checked) == []
    assert not checked.graph.mro(named(checked, "Net")).complete


@pytest.mark.parametrize("checked", ["p/a.py", "p/b.py"])
def test_cyclic_bases(checked: str, model: Model) -> None:
    files = {
        "p/__init__.py": "",
        "p/a.py": "from .b import B\nclass A(B): pass\n",
        "p/b.py": "from .a import A\nclass B(A): pass\n",
    }
    built = model(files, checked)
    (cls,) = built.facts.classes
    assert not built.graph.mro(cls).complete
    assert modules(built) == []


def test_cyclic_bases_with_a_module_in_the_circle(model: Model) -> None:
    files = {
        "p/__init__.py": "",
        "p/a.py": "from torch import nn\nfrom .b import B\nclass A(B, nn.Module): pass\nclass Fine(nn.Module): pass\n",
        "p/b.py": "from .a import A\nclass B(A): pass\nclass User(A): pass\n",
    }
    built = model(files, "p/a.py")
    assert not built.graph.mro(named(built, "A")).complete
    assert built.graph.mro(named(built, "Fine")).complete
    other = built.index.project.open(str(Path(built.facts.path).parent / "b.py"))
    assert other is not None
    assert not any(built.graph.mro(cls).complete for cls in other.classes)


def test_self_inheritance(model: Model) -> None:
    built = model({"net.py": "class A(A): pass\n"})
    assert not built.graph.mro(named(built, "A")).complete
    assert modules(built) == []


def test_type_checking_import_names_the_class(model: Model) -> None:
    text = (
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from torch import nn\nelse:\n"
        "    nn = __import__('torch').nn\nclass Net(nn.Module): pass\n"
    )
    assert modules(model({"net.py": text})) == ["Net"]


def test_base_that_falls_back_to_object_is_a_module(model: Model) -> None:
    text = "try:\n    from torch.nn import Module\nexcept ImportError:\n    Module = object\nclass Net(Module): pass\n"
    built = model({"net.py": text})
    assert modules(built) == ["Net"]


BAIT = "raise SystemExit('imported')\n"


def test_installed_base_is_read_and_never_imported(model: Model) -> None:
    built = model(
        {
            "net.py": "from acme_nets import layers as L\nfrom acme_nets import Odd\n"
            "class Net(L.Block): pass\nclass Other(Odd): pass\n",
            "site-packages/acme_nets/__init__.py": BAIT + "from .odd import Odd\n",
            "site-packages/acme_nets/odd.py": BAIT + "class Odd: pass\n",
            "site-packages/acme_nets/layers.py": BAIT + "from torch import nn\nclass Block(nn.Module):\n"
            "    def __init__(self):\n        super().__init__()\n",
        },
        environment=("site-packages",),
    )
    assert modules(built) == ["Net"]
    assert static_tail(built, "Net") == ["Net", "Block", "torch.nn.Module"]
    assert built.graph.mro(named(built, "Other")).complete
    assert "acme_nets" not in sys.modules


def test_installed_files_see_the_other_installed_packages_and_not_the_project(model: Model) -> None:
    built = model(
        {
            "net.py": "from acme_nets import Block\nclass Net(Block): pass\n",
            "shared_base.py": "class Base: pass\n",
            "site-packages/acme_nets.py": BAIT + "from shared_base import Base\nclass Block(Base): pass\n",
            "site-packages/shared_base.py": BAIT + "import torch\nclass Base(torch.nn.Module): pass\n",
        },
        environment=("site-packages",),
    )
    assert modules(built) == ["Net"]


def test_missing_library_is_silent(model: Model) -> None:
    text = "from no_such_library.nets import Block\nclass Net(Block): pass\n"
    built = model({"net.py": text}, environment=("site-packages",))
    assert modules(built) == []
    assert not built.graph.mro(named(built, "Net")).complete


def test_unreadable_files_leave_their_bases_unknown(model: Model) -> None:
    built = model(
        {
            "net.py": "from broken import Block\nclass Net(Block): pass\n",
            "broken.py": "class Block(:\n",
        }
    )
    assert modules(built) == []
    assert not built.graph.mro(named(built, "Net")).complete


def test_fallback_to_object_leaves_the_order_unsure(model: Model) -> None:
    text = "try:\n    from torch.nn import Module\nexcept ImportError:\n    Module = object\nclass Net(Module): pass\n"
    built = model({"net.py": text})
    assert not built.graph.mro(named(built, "Net")).complete


def test_generic_written_before_a_subscripted_base(model: Model) -> None:
    """``typing`` drops the first ``Generic[T]`` here, so Python accepts the order."""
    text = (
        "from typing import Generic, TypeVar\nimport torch.nn as nn\nT = TypeVar('T')\n"
        "class G(nn.Module, Generic[T]): pass\nclass Net(Generic[T], G[T]): pass\n"
    )
    built = model({"main.py": text})
    assert isinstance_of_module(Path(built.facts.path).parent, "Net")
    assert built.graph.is_module(named(built, "Net"))
