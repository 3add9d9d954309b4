from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Finding
from modlint.model.index import FileModel
from modlint.model.tensor_habits import guessed_softmaxes
from modlint.rule import Example, Rule


class ImplicitSoftmaxDim(Rule):
    """A softmax is not told over which dimension it runs.

    ## What torch does
    `UserWarning: Implicit dimension choice for softmax has been deprecated. Change the call to include dim=X as an argument.` It takes
    dimension 0 for inputs with 0, 1 or 3 dimensions and dimension 1 for all others: a batch of sequences is normalised over the batch.

    ## When to ignore
    Never.
    """

    code = "MOD415"
    message = "`{name}` has no `dim`: torch guesses it, and for three dimensions takes the batch"
    severity = "warning"
    default = False
    asks = "file"
    invalid = (
        Example(
            """
import warnings

import torch
from torch import nn

warnings.simplefilter("ignore")
soft = nn.Softmax()  # MOD415
y = soft(torch.ones(2, 3, 4))
""",
            symptom="torch.equal(y.sum(0), torch.ones(3, 4))",
        ),
        Example(
            """
import warnings

import torch
import torch.nn.functional as F

warnings.simplefilter("ignore")
y = F.softmax(torch.ones(2, 3, 4))  # MOD415
""",
            symptom="torch.equal(y.sum(0), torch.ones(3, 4))",
        ),
    )
    valid = (
        Example(
            """
import torch
from torch import nn
import torch.nn.functional as F

x = torch.ones(2, 3)
y = nn.Softmax(dim=-1)(x) + nn.Softmax(1)(x) + F.softmax(x, 1) + F.log_softmax(x, dim=-1) + x.softmax(-1)
"""
        ),
    )

    def check(self, file: FileModel) -> Iterator[Finding]:
        for call, name in guessed_softmaxes(file):
            yield file.finding(call.node, self.message.format(name=name), statement=call.place.statement)
