"""Every way to write an import leads to the class it names, wherever the file lies."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from modlint.model.facts import ClassFacts
from modlint.model.index import FileModel
from modlint.model.values import Instance, alternatives

Model = Callable[..., FileModel]

BLOCK = "import torch\n\n\nclass Block(torch.nn.Module):\n    pass\n\n\nclass _Hidden(torch.nn.Module):\n    pass\n"
LIBRARY = {
    "lib/__init__.py": "from .nets import Block as Shown\nfrom . import deep\n",
    "lib/nets.py": BLOCK,
    "lib/plain.py": "VALUE = 1\n",
    "lib/listed.py": "from .nets import Block, _Hidden\n__all__ = ['_Hidden']\n",
    "lib/grown.py": "from .nets import Block\n__all__ = []\n__all__ += ['Block']\n",
    "lib/extended.py": "from .nets import Block\n__all__ = ['VALUE']\n__all__.extend(['Block'])\nVALUE = 1\n",
    "lib/summed.py": "from .nets import Block\nfrom . import grown\n__all__ = ['VALUE'] + grown.__all__\nVALUE = 1\n",
    "lib/unpacked.py": "from .nets import Block\nfrom .grown import __all__ as names\n__all__ = [*names]\n",
    "lib/starred.py": "from .nets import *\n",
    "lib/starred_twice.py": "from .starred import *\nfrom .plain import *\n",
    "lib/aliased.py": "from . import nets as n\nBlock = n.Block\n",
    "lib/same_name.py": "from lib.nets import Block as Block\n",
    "lib/deep/__init__.py": "from .inner import *\nfrom .inner import Block as Renamed\n",
    "lib/deep/inner.py": "from ..nets import Block\n__all__ = ['Block']\n",
    "lib/deep/up.py": "from .. import nets\nfrom ..nets import Block\nfrom .. import Shown\n",
    "lib/deep/lower/__init__.py": "from ...deep.inner import Block\n",
    "lib/lazy.py": "def get():\n    from .nets import Block\n    return Block\n",
    "lib/guarded.py": "try:\n    from .nets import Block\nexcept ImportError:\n    from .missing import Block\n",
    "lib/chosen.py": "import sys\nif sys.version_info >= (3, 4):\n"
    "    from .nets import Block\nelse:\n"
    "    from .old import Block\n",
    "lib/shadow.py": "from . import nets\nnets = nets\nBlock = nets.Block\n",
    "lib/nets_user/__init__.py": "",
    "lib/nets_user/nets.py": "from lib.nets import Block\n",
    "lib/deep/init_all/__init__.py": "__all__ = ['member']\n",
    "lib/deep/init_all/member.py": "from lib.nets import Block\n",
    "space/inner/nets.py": "from lib.nets import Block\nfrom .other import Block as Again\n",
    "space/inner/other.py": "from lib import Shown as Block\n",
}
FORMS = {
    "import": ("import lib.nets", "lib.nets.Block"),
    "import as": ("import lib.nets as n", "n.Block"),
    "import package": ("import lib", "lib.Shown"),
    "import package, submodule": ("import lib", "lib.nets.Block"),
    "import package as": ("import lib as L", "L.nets.Block"),
    "from": ("from lib.nets import Block", "Block"),
    "from as": ("from lib.nets import Block as B", "B"),
    "from package": ("from lib import nets", "nets.Block"),
    "from package as": ("from lib import nets as n", "n.Block"),
    "re-export": ("from lib import Shown", "Shown"),
    "re-export as": ("from lib import Shown as S", "S"),
    "re-exported package": ("from lib import deep", "deep.Block"),
    "re-export by star": ("from lib.deep import Block", "Block"),
    "re-export beside star": ("from lib.deep import Renamed", "Renamed"),
    "attribute chain": ("import lib", "lib.deep.inner.Block"),
    "two dots": ("from lib.deep.up import Block", "Block"),
    "two dots alone": ("from lib.deep import up", "up.nets.Block"),
    "two dots, name of the package": ("from lib.deep.up import Shown", "Shown"),
    "three dots": ("import lib.deep.lower", "lib.deep.lower.Block"),
    "star": ("from lib.nets import *", "Block"),
    "star with __all__": ("from lib.listed import *", "_Hidden"),
    "star with __all__ grown": ("from lib.grown import *", "Block"),
    "star with __all__ extended": ("from lib.extended import *", "Block"),
    "star with __all__ summed": ("from lib.summed import *", "Block"),
    "star with __all__ unpacked": ("from lib.unpacked import *", "Block"),
    "star of a star": ("from lib.starred import *", "Block"),
    "star of stars": ("from lib.starred_twice import *", "Block"),
    "star brings modules": ("from lib.shadow import *", "nets.Block"),
    "star of a package with __all__": ("from lib.deep.init_all import *", "member.Block"),
    "star of a package brings its loaded submodules": ("from lib import *", "nets.Block"),
    "assigned alias": ("from lib.aliased import Block", "Block"),
    "redundant alias": ("from lib.same_name import Block", "Block"),
    "guarded": ("from lib.guarded import Block", "Block"),
    "chosen by version": ("from lib.chosen import Block", "Block"),
    "module that shadows itself": ("from lib.shadow import Block", "Block"),
    "submodule of the same name elsewhere": ("from lib.nets_user.nets import Block", "Block"),
    "namespace package": ("from space.inner.nets import Block", "Block"),
    "namespace package, attribute": ("import space.inner.nets as n", "n.Again"),
    "namespace package, from": ("from space.inner import other", "other.Block"),
    "several names": ("from lib import deep, nets as n, Shown as S", "n.Block"),
    "chain of assignments": ("import lib.nets\na = lib\nb = a.nets\nC = b.Block", "C"),
    "tuple of assignments": ("import lib.nets\nC, D = 1, lib.nets.Block", "D"),
    "import under try": ("try:\n    from lib.nets import Block\nfinally:\n    pass", "Block"),
    "import under if": ("if True:\n    from lib.nets import Block", "Block"),
    "import under with": (
        "import contextlib\nwith contextlib.suppress(ImportError):\n    from lib.nets import Block",
        "Block",
    ),
    "annotated assignment": ("import lib.nets\nBase: type = lib.nets.Block", "Base"),
    "TYPE_CHECKING beside": (
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n"
        "    from lib.nets import Block\nelse:\n"
        "    from lib.nets import Block",
        "Block",
    ),
}


def owner_of(model: FileModel, name: str = "Net") -> str:
    """The file and name of the class that ``name`` derives from; empty where it isn't known."""
    cls = [c for c in model.facts.classes if c.name == name][-1]
    base = model.graph.mro(cls).classes[1:2]
    return f"{Path(base[0].file.path).name}:{base[0].name}" if base and isinstance(base[0], ClassFacts) else ""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library with ``torch`` stubbed, so that Python can import it at once."""
    folder = tmp_path_factory.mktemp("library")
    stub = {"torch/__init__.py": "from . import nn\n", "torch/nn.py": "class Module: pass\n"}
    for name, text in (LIBRARY | stub).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def test_python_takes_every_form(library: Path) -> None:
    """The forms are right: in each of them Python finds the class."""
    script = [
        f"names = {{}}\nexec({(statement + chr(10) + 'B = ' + expression)!r}, names)\n"
        f"assert names['B'].__module__ == 'lib.nets', {case!r}"
        for case, (statement, expression) in FORMS.items()
    ]
    ran = subprocess.run(
        [sys.executable, "-c", "\n".join(script)], cwd=library, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize("case", FORMS)
def test_form_resolves_at_module_level(case: str, model: Model) -> None:
    statement, expression = FORMS[case]
    built = model({"main.py": f"{statement}\n\n\nclass Net({expression}):\n    pass\n", **LIBRARY})
    assert owner_of(built) in ("nets.py:Block", "nets.py:_Hidden")
    assert [c.name for c in built.classes] == ["Net"]


@pytest.mark.parametrize("case", [case for case in FORMS if "import *" not in FORMS[case][0]])
def test_form_resolves_inside_a_function(case: str, model: Model) -> None:
    statement, expression = FORMS[case]
    body = f"{statement}\n\nclass Net({expression}):\n    pass\n".replace("\n", "\n    ")
    built = model({"main.py": f"def make():\n    {body}\n", **LIBRARY})
    assert owner_of(built) in ("nets.py:Block", "nets.py:_Hidden")


@pytest.mark.parametrize("case", [case for case in FORMS if "import *" not in FORMS[case][0]])
def test_form_resolves_where_an_instance_is_made(case: str, model: Model) -> None:
    """The interpreter agrees with the class graph."""
    statement, expression = FORMS[case]
    net = "import torch\n\n\nclass Holder(torch.nn.Module):\n    def __init__(self):\n        super().__init__()\n"
    built = model({"main.py": f"{statement}\n{net}        self.block = {expression}()\n", **LIBRARY})
    (binding,) = built.classes[0].bindings_of("block")
    made = [value.cls.name for value in alternatives(binding.value) if isinstance(value, Instance)]
    assert made == ["Block"]


NEGATIVE = {
    "star brings no private name": ("from lib.nets import *", "_Hidden"),
    "star keeps to __all__": ("from lib.listed import *", "Block"),
    "missing name": ("from lib.nets import Blok", "Blok"),
    "missing module": ("import lib.nts", "lib.nts.Block"),
    "function-local import elsewhere": ("from lib import lazy", "lazy.Block"),
    "above the top": ("from ...lib.nets import Block", "Block"),
}


@pytest.mark.parametrize("case", NEGATIVE)
def test_what_python_does_not_find_stays_unknown(case: str, model: Model) -> None:
    statement, expression = NEGATIVE[case]
    built = model({"main.py": f"{statement}\n\n\nclass Net({expression}):\n    pass\n", **LIBRARY})
    assert built.classes == []


LAYOUTS = {
    "script next to the package": ("train.py", "from lib.nets import Block"),
    "script in a folder beside": ("scripts/train.py", "from lib.nets import Block"),
    "script deep beside": ("tools/more/train.py", "from lib.nets import Block"),
    "test folder": ("tests/test_net.py", "import lib.nets as n\nBlock = n.Block"),
    "module in the package": ("lib/more.py", "from .nets import Block"),
    "module in the package, absolute": ("lib/deep/more.py", "from lib.nets import Block"),
    "package file": ("lib/extra/__init__.py", "from ..nets import Block"),
    "own folder first": ("app/main.py", "from nets import Block"),
}


@pytest.mark.parametrize("case", LAYOUTS)
def test_layout(case: str, model: Model) -> None:
    place, statement = LAYOUTS[case]
    extra = {"app/nets.py": "from lib.nets import Block\n"} if case == "own folder first" else {}
    built = model({place: f"{statement}\n\n\nclass Net(Block):\n    pass\n", **LIBRARY, **extra})
    assert owner_of(built) == "nets.py:Block"


def test_src_layout(model: Model) -> None:
    files = {f"src/{name}": text for name, text in LIBRARY.items()}
    text = "from lib import Shown\n\n\nclass Net(Shown):\n    pass\n"
    assert owner_of(model({"tests/test_net.py": text, **files})) == "nets.py:Block"
    assert owner_of(model({"src/lib/deep/more.py": text, **files})) == "nets.py:Block"


def test_project_inside_a_larger_repository(model: Model) -> None:
    files = {f"projects/vision/{name}": text for name, text in LIBRARY.items()}
    text = "from lib.deep.lower import Block\n\n\nclass Net(Block):\n    pass\n"
    assert owner_of(model({"projects/vision/scripts/train.py": text, **files})) == "nets.py:Block"


def test_module_beside_a_folder_of_the_same_name(model: Model) -> None:
    """A package beats a module of its name; a plain folder doesn't."""
    text = "from nets import Block\n\n\nclass Net(Block):\n    pass\n"
    plain = {"nets/notes/readme.py": "", "nets.py": BLOCK}
    assert owner_of(model({"main.py": text, **plain})) == "nets.py:Block"
    package = {"nets/__init__.py": "class Block: pass\n", "nets.py": BLOCK}
    assert owner_of(model({"other.py": text, **package})) == "__init__.py:Block"


def test_name_of_the_package_beats_the_submodule(model: Model) -> None:
    """``from p import thing`` takes the attribute of ``p`` before a submodule of that name."""
    files = {
        "main.py": "from p import thing\n\n\nclass Net(thing):\n    pass\n",
        "p/__init__.py": "from torch import nn\n\n\nclass thing(nn.Module):\n    pass\n",
        "p/thing.py": "x = 1\n",
    }
    assert owner_of(model(files)) == "__init__.py:thing"


def test_submodule_named_as_the_class_it_holds(model: Model) -> None:
    files = {
        "main.py": "from p import Net as Base\n\n\nclass Net(Base):\n    pass\n",
        "p/__init__.py": "from .Net import Net\n",
        "p/Net.py": "from torch import nn\n\n\nclass Net(nn.Module):\n    pass\n",
    }
    assert owner_of(model(files)) == "Net.py:Net"


def test_file_imports_a_library_of_its_own_name(model: Model) -> None:
    """A folder called ``torch`` beside the script isn't the library."""
    built = model(
        {
            "examples/main.py": "import torch\n\n\nclass Net(torch.nn.Module):\n    pass\n",
            "examples/torch/readme.py": "",
        }
    )
    assert [c.name for c in built.classes] == ["Net"]


def test_installed_package_is_behind_the_project(model: Model) -> None:
    built = model(
        {
            "main.py": "from lib.nets import Block\n\n\nclass Net(Block):\n    pass\n",
            "site-packages/lib/__init__.py": "",
            "site-packages/lib/nets.py": "class Block:\n    pass\n",
            **LIBRARY,
        },
        environment=("site-packages",),
    )
    assert [c.name for c in built.classes] == ["Net"]
