"""What torch's own names do to values: which make tensors, which keep a module, which only look.

Facts about torch 2.x, from its documentation (https://pytorch.org/docs/stable/torch.html) and checked by the tests
that run the rules' examples.
"""

from __future__ import annotations

from typing import Final

PARAMETERS: Final = frozenset({"torch.nn.Parameter", "torch.nn.parameter.Parameter"})
BUFFERS: Final = frozenset({"torch.nn.Buffer", "torch.nn.parameter.Buffer"})

RANDOM_MAKERS: Final = frozenset(
    f"torch.{name}"
    for name in ("randn", "rand", "normal", "empty", "Tensor", "FloatTensor", "DoubleTensor", "randn_like", "rand_like")
)
"""Make a tensor of chance or uninitialised values: what weights start from."""

SIZED_MAKERS: Final = RANDOM_MAKERS | {
    f"torch.{name}" for name in ("zeros", "ones", "full", "randint", "LongTensor", "BoolTensor")
}
"""Make a tensor whose first argument (or all of them) is a size."""

VALUE_MAKERS: Final = frozenset({"torch.tensor", "torch.as_tensor", "torch.asarray"})
"""Make a tensor of the values given: its dimensions are the nesting of its argument."""

VECTOR_MAKERS: Final = frozenset(
    f"torch.{name}"
    for name in (
        "arange linspace logspace eye randperm from_numpy hann_window hamming_window blackman_window bartlett_window kaiser_window"
    ).split()
)
"""Make a tensor that has at least one dimension, whatever the arguments."""

LIKE_MAKERS: Final = frozenset(f"torch.{name}" for name in ("zeros_like", "ones_like", "full_like", "empty_like"))

VARIABLE: Final = "torch.autograd.Variable"

MAKERS: Final = SIZED_MAKERS | VALUE_MAKERS | VECTOR_MAKERS

FLOATING_DTYPES: Final = frozenset(
    f"torch.{name}"
    for name in (
        "float",
        "float16",
        "float32",
        "float64",
        "half",
        "double",
        "bfloat16",
        "cfloat",
        "complex64",
        "complex128",
    )
)
OTHER_DTYPES: Final = frozenset(
    f"torch.{name}" for name in ("int", "int8", "int16", "int32", "int64", "long", "short", "uint8", "bool")
)

ALWAYS_DROPPING: Final = frozenset(
    f"torch.nn.functional.{name}" for name in ("dropout", "dropout1d", "dropout2d", "dropout3d")
)
"""Functions that drop unless told ``training=False``: their default is ``training=True``."""

ATTENTION: Final = "torch.nn.functional.scaled_dot_product_attention"
"""Has no ``training`` argument at all: it drops whenever ``dropout_p`` isn't 0."""

SAME_MODULE: Final = frozenset(
    "to cuda cpu xpu ipu eval train float half double bfloat16 type requires_grad_ apply share_memory share_memory_ to_empty".split()
)
"""Methods of a Module that return the Module itself."""

SAME_PARAMETER: Final = frozenset({"requires_grad_", "share_memory_", "retain_grad", "contiguous"})
"""Methods of a Parameter after which it is still the same leaf."""

TENSOR_PLACES: Final = frozenset({"to", "cuda", "cpu", "type_as", "xpu", "new_tensor", "to_device"})
"""Methods that bring a tensor to a device (or to another tensor's)."""

TENSOR_LOOKS: Final = frozenset(
    "size dim ndimension numel nelement stride shape ndim dtype is_floating_point is_complex element_size __len__ is_contiguous"
    " storage data_ptr requires_grad grad grad_fn is_leaf names layout itemsize nbytes untyped_storage backward register_hook"
    " zero_ fill_ normal_ uniform_ copy_ detach_".split()
)
"""Attributes and methods of a tensor after which no new tensor meets another."""

TENSOR_TO_PYTHON: Final = frozenset({"item", "tolist", "numpy"})

TENSOR_OPERATIONS: Final = frozenset(
    "add sub mul div matmul mm bmm mv dot addmm baddbmm masked_fill masked_fill_ where gather scatter scatter_ scatter_add"
    " scatter_add_ add_ sub_ mul_ div_ pow maximum minimum eq ne lt gt le ge index_add index_add_ lerp addcmul addcdiv"
    " copysign fmod remainder logical_and logical_or einsum expand_as masked_select cross outer inner kron".split()
)
"""Methods of tensors whose tensor argument has to be on the same device."""

PRODUCTS: Final = frozenset("matmul mm bmm mv linear conv1d conv2d conv3d bilinear einsum addmm baddbmm".split())
"""Operations one of whose operands is a weight."""

PYTHON_SAFE: Final = frozenset(
    f"builtins.{name}"
    for name in (
        "len range print isinstance issubclass type str repr int float bool sum min max abs id hash any all format round"
        " hasattr callable divmod"
    ).split()
)
"""Builtins that neither keep nor register what they are given."""

WRAPPING_FUNCTIONS: Final = frozenset(
    "torch.nn.utils.weight_norm torch.nn.utils.spectral_norm torch.nn.utils.parametrizations.weight_norm"
    " torch.nn.utils.parametrizations.spectral_norm torch.nn.utils.parametrizations.orthogonal torch.nn.utils.skip_init"
    " torch.nn.utils.parametrize.register_parametrization torch.nn.utils.remove_weight_norm torch.nn.utils.remove_spectral_norm"
    " torch.jit.script torch.compile torch.ao.quantization.prepare torch.ao.quantization.convert copy.copy copy.deepcopy"
    " torch.nn.utils.prune.l1_unstructured".split()
)
"""Functions whose result is a module like their first argument."""

DROPOUTS: Final = frozenset(
    f"torch.nn.{name}"
    for name in ("Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "AlphaDropout", "FeatureAlphaDropout")
)

OPTIMIZERS: Final = frozenset(
    "SGD Adam AdamW Adamax NAdam RAdam Adagrad Adadelta Adafactor RMSprop Rprop ASGD LBFGS SparseAdam Muon".split()
)


def is_optimizer(path: str) -> bool:
    """Whether the dotted name is that of an optimizer class of torch's (``torch.optim.SGD``, ``torch.optim.sgd.SGD``)."""
    return path.startswith("torch.optim.") and path.rpartition(".")[2] in OPTIMIZERS


HOOKS: Final = {
    "register_forward_pre_hook": ("module", "args"),
    "register_forward_hook": ("module", "args", "output"),
    "register_full_backward_pre_hook": ("module", "grad_output"),
    "register_full_backward_hook": ("module", "grad_input", "grad_output"),
}
"""What torch hands to the hooks of a Module; ``with_kwargs=True`` puts ``kwargs`` behind ``args``."""

WATCHED: Final = frozenset({*HOOKS, "load_state_dict", "state_dict", "training"})
"""Methods whose calls are noted even on objects that aren't known."""

NORMS: Final = frozenset(
    f"torch.nn.{name}"
    for name in (
        *("BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "SyncBatchNorm"),
        *("LazyBatchNorm1d", "LazyBatchNorm2d", "LazyBatchNorm3d"),
    )
)
"""Modules with running statistics."""

REGISTRIES: Final = frozenset(
    "_parameters _modules _buffers _forward_hooks _forward_pre_hooks _backward_hooks _backward_pre_hooks".split()
)
"""The tables in which a Module keeps what is registered."""
