from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from modlint.verify.check import Check, Example, Found, NotApplicableError

if TYPE_CHECKING:
    from modlint.verify.subject import Subject


class StateLost(Check):
    """A copy of the Module that loads its `state_dict()` gives other results.

    ## What torch does
    `load_state_dict` fills parameters and buffers only. What else differs from instance to instance, a random tensor that is a
    plain attribute, say, is lost with the checkpoint, and the loaded model computes something else.

    ## When to ignore
    When the difference is meant: a random projection that every instance draws for itself.
    """

    code = "MOD905"
    follows = ("MOD901", "MOD902")
    invalid = (
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)
        self.noise = torch.rand(4)  # MOD905

    def forward(self, x):
        return self.fc(x) + self.noise
"""
        ),
    )
    valid = (
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)
        self.register_buffer("noise", torch.rand(4))

    def forward(self, x):
        return self.fc(x) + self.noise
"""
        ),
        Example(
            """
import torch
from torch import nn

class Net(nn.Module):
    '''
    >>> net = Net(torch.rand(4))
    >>> net(torch.rand(2, 4))
    '''

    def __init__(self, scale):
        super().__init__()
        self.scale = scale

    def forward(self, x):
        return x * self.scale
"""
        ),
    )

    def check(self, subject: Subject) -> Iterator[Found]:
        """Load the state of one instance into another that was built under another seed, and compare."""
        from modlint.verify.arguments.outputs import same
        from modlint.verify.naming import differing

        first, second = subject.fresh(seed=0), subject.fresh(seed=10)
        with subject.quiet():
            once, again = (subject.run(first, subject.inputs()) for _ in range(2))
            if not same(once, again, 1e-4, 1e-5):
                raise NotApplicableError("the model gives random results")
            if any(name.endswith("_extra_state") for name in first.state_dict()):
                raise NotApplicableError("the model keeps extra state")
            second.load_state_dict(first.state_dict())
            loaded = subject.run(second, subject.inputs())
        if same(again, loaded, 1e-3, 1e-4):
            return
        held = next(iter(differing(first, second)), None)
        what = f"`{held.text}` is not in it" if held else "something it needs is not in it"
        yield Found(
            f"a second instance that loads the `state_dict()` gives other results: {what}",
            held.attribute if held else "",
            type(held.owner) if held else None,
        )
