"""What the name of a constructor's parameter says about its value."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from modlint.verify.arguments.spec import Spec, Text


@dataclass(frozen=True, slots=True)
class Sizes:
    """One set of sizes that fit each other: width = heads x head, image = patches x patch."""

    width: int = 64
    heads: int = 4
    image: int = 32
    depth: int = 2
    classes: int = 10
    vocabulary: int = 100
    sequence: int = 16
    patch: int = 8
    kernel: int = 3
    channels: int = 64

    @property
    def head(self) -> int:
        """The width of a head."""
        return self.width // self.heads


PROFILES: Final = (Sizes(), Sizes(channels=3), Sizes(width=32, heads=2, image=64, channels=32, patch=16, depth=4))

SIZE: Final = "size"
WORDS: Final[tuple[tuple[str, str], ...]] = (
    (r"^(use|is|has|with|return|add|enable|share|do|apply|learn|train|no|if|keep)_|^(bias|causal|affine|train|training|inplace|batch_first|bidirectional|normalize|pre_?norm|residual|shortcut)$", "False"),
    (r"(^|_)(dropout|drop|drop_?path|drop_?rate|p_?drop|attn_?drop|droprate)s?(_rate|_prob|_p)?$", "0.1"),
    (r"(^|_)eps(ilon)?$", "1e-5"),
    (r"(^|_)(momentum|decay|beta\d?|gamma|alpha|lambda_?|tau|prob|p|rate|threshold|margin|smoothing|mask_ratio|keep_ratio|masking_ratio)$", "0.5"),
    (r"(^|_)(temperature|temp|scale|weight|strength|sigma|std|gain|init_value|init_values|logit_scale|lr)$", "1.0"),
    (r"^mean$", "0.0"),
    (r"(mlp|expansion|expand|ff|hidden|widen|width|growth|rd|se|squeeze)_?(ratio|factor|mult|rate)|^mult$|^expansion$", "2"),
    (r"(^|_)(ratio|factor)$", "0.5"),
    (r"(upscale|up|downscale|down|scale|sampling|sample|upsample|downsample)_?(factor|ratio|rate|size)$|^upscale$|^r$", "2"),
    (r"(^|_)(groups|num_groups|ngroups|n_groups|cardinality)$", "1"),
    (r"spatial_dims?|(^|_)(ndims?|num_dims|n_dims|ndim|dims_num)$", "2"),
    (r"(^|_)(dim_heads?|head_dims?|d_head|head_size|head_channels|dim_key|dim_value|d_k|d_v|dim_per_head|head_width)$", "{head}"),
    (r"(^|_)(num_?|n_?|nb_?)?(attention_|attn_|self_attn_|kv_)?n?heads?$", "{heads}"),
    (r"(block|layer|stage|level|conv|cell|head)s?_(num|per_\w+|count|repeats?)$|num_repeats?$", "{depth}"),
    (r"(^|_)(depths?|(num_?|n_?|nb_?)(\w*_)?(layers?|blocks?|stages?|levels?|stacks?|scales?|convs?|resblocks?|units?|steps|repeats?|iters?|iterations|cells|res_units)|layers|blocks|num_layer|n_?blocks|repeats?|iterations?|levels?|iters)$", "{depth}"),
    (r"(^|_)(num_?|n_?|nb_?|out_?)?(class(es)?|labels?|nclass|n_cls|cls|outputs?|targets|relations|tasks|num_out)$", "{classes}"),
    (r"(vocab|(num_?|n_?)(tokens|embeddings|embs|words|symbols|types|entities|nodes|atoms|edge_types)|codebook_size|num_codes|n_embed$)", "{vocabulary}"),
    (r"(max_?)?(seq(uence)?_?(len|length|size)?|context_(length|len|size)|max_len(gth)?|max_positions?|(num_?|n_?)(positions|frames|patches|tokens|points|queries|samples|latents)|block_size|max_time_steps|frames|memory_size|num_mem\w*|window)$", "{sequence}"),
    (r"patch_?(size|height|width|dim)s?$|(^|_)(patch)$", "{patch}"),
    (r"window_?size$|(^|_)(win|ws)$|grid_size|(^|_)region_size", "{patch}"),
    (r"(^|_)(img|image|input|spatial|feat|feature|frame|crop|canvas|output|map|in|out|fmap)_?(size|res|resolution|shape|height|width)s?$|^(height|width|resolution|h|w|size|fmap_size)$", "{image}"),
    (r"(^|_)(kernels?|kernel_?sizes?|ks|k_size|filter_size|ksize|k|pool_size|pooling_size|dw_kernel\w*|window_length)$", "{kernel}"),
    (r"(^|_)(strides?|s|stride_size|reduction_stride|output_stride)$", "1"),
    (r"(^|_)(pad|padding|pads)$", "1"),
    (r"(^|_)(dilations?|d|dilation_rate|rate)$", "1"),
    (r"(^|_)(reduction|reduce|down|r_ratio|rd_divisor|divisor|compression)(_ratio|_factor|_rate)?$", "4"),
    (r"(^|_)(top_?k|num_?experts|n_experts|experts|num_branches|branches|num_heads_\w+|num_splits?|radix|cond_num|num_\w+|n_\w+|nb_\w+)$", "2"),
    (r"^(axis|dim_?index|index|idx|layer_idx|block_idx|level|stage|stage_idx|layer_id|step)$", "1"),
    (r"(^|_)(sr|sample_?rate|fs)$", "16000"),
    (r"(^|_)(n_?fft|fft_size)$", "64"),
    (r"(^|_)(hop_?(length|size)?)$", "16"),
    (r"^(in|input|img|image|data|num_?in|n_?in)_?(channels?|chans?|chs?|ch|c|planes)$|^(channels?|inplanes|in_c|c_in|n_channels|chans|c1|in_chan)$", "{channels}"),
    (r"(dim|chan|chs|feat|width|hidden|embed|planes|filters|features|units|size|d_model|nf|ch|fc|out|in|inner|model|n?c|channels|ndf|ngf|emb|rank|latent|dims?|input|output|bottleneck|state|C|base|c\d|head|proj|ff|nz|nin|nout|d_\w+|e)(s)?(_?\w{0,12})?\d?$", "{width}"),
)  # fmt: skip
"""In this order; the first that fits is the first guess."""

MODULES: Final = re.compile(
    r"(^|_)(fn|func|function|net|network|model|module|layer|block|encoder|decoder|backbone|body|head|transformer|vit|"
    r"branch|proj|norm|act|activation|attn|attention|mlp|ff|conv|nn\d?|gnn|embedder|extractor|student|teacher|base_model|"
    r"discriminator|generator|unet|denoise_fn|trunk|stem|neck|classifier|embedding|transform|op|sublayer|critic|actor|"
    r"encoder_layer|decoder_layer|pool|pooling|convs?|inner|loss|criterion|m|lin|detector|descriptor|matcher|autoencoder|submodule|mod|wrapped)$"
)
LAYER_CLASSES: Final = re.compile(
    r"(norm|act)(_?(layer|fn|cls|class|func|type|2d))|^(conv|linear|pool|block|mlp|attn)_?(layer|cls|class|fn)$|layer_class|block_fn|^block$"
)


def by_name(name: str, sizes: Sizes) -> list[Spec]:
    """Values for a parameter, the likeliest first; from nothing but its name."""
    lowered = name.lower()
    found: list[Spec] = []
    if LAYER_CLASSES.search(lowered):
        found += _classes(lowered)
    elif MODULES.search(lowered):
        found += modules(sizes)
    for pattern, text in WORDS:
        if re.search(pattern, lowered):
            found.append(Text(_filled(text, sizes)))
            break
    return found


def modules(sizes: Sizes) -> list[Spec]:
    """Layers that can stand in for a module that the caller is to bring."""
    width = sizes.width
    return [
        Text("nn.Identity()", True),
        Text("Passing()", True),
        Text(f"nn.Linear({width}, {width})", True),
        Text(f"nn.Conv2d({width}, {width}, 3, padding=1)", True),
        Text(f"nn.Sequential(nn.Linear({width}, {width}), nn.ReLU(), nn.Linear({width}, {width}))", True),
    ]


def _classes(name: str) -> list[Spec]:
    if "act" in name:
        return [Text("nn.ReLU"), Text("nn.ReLU()"), Text("'relu'"), Text("torch.relu")]
    if "norm" in name:
        return [Text("nn.LayerNorm"), Text("nn.BatchNorm2d"), Text("nn.Identity")]
    if "conv" in name:
        return [Text("nn.Conv2d"), Text("nn.Conv1d")]
    return [Text("nn.Linear"), Text("nn.Identity"), Text("nn.Identity()", True)]


def _filled(text: str, sizes: Sizes) -> str:
    return text.format(
        **{name: getattr(sizes, name) for name in (*Sizes.__dataclass_fields__, "head")} if "{" in text else {}
    )
