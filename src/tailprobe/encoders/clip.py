"""CLIP ViT-B/32 with OpenAI's weights: 512 features after the image projection, or the 768 before it."""

import math
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tailprobe.encoders.channels import composite_of, of_channels
from tailprobe.encoders.choice import check_choice
from tailprobe.encoders.preprocessing import Preprocessing
from tailprobe.encoders.registry import ENCODERS
from tailprobe.encoders.runtime.network import L2Normalised
from tailprobe.encoders.state_dict import read_state_dict
from tailprobe.encoders.text_tower import OpenClipTower, TextTower
from tailprobe.encoders.timm_encoder import TimmEncoder
from tailprobe.encoders.weights import build_model

_WHOLE = "ViT-B-32-quickgelu"  # the model as open_clip calls it
_VOCABULARY = 49_408  # tokens
MODEL = "vit_base_patch32_clip_quickgelu_224.openai"
_SHORTER = {"openai": 224, "timm": math.floor(224 / 0.9)}
_OFFICIAL = (
    "on a machine with network access download model.safetensors of "
    "huggingface.co/timm/vit_base_patch32_clip_224.openai, or "
    "OpenAI's ViT-B-32.pt (sha256 40d365715913c9da98579312b702a82c18be219cc2a73407c4526f58eba950af) as a state dict"
)


@ENCODERS.register("clip")
def clip(
    name: str,
    weights: Path | None,
    preprocess: str = "openai",
    features: str = "projected",
    normalize: str = "no",
    bands: str = "rgb",
) -> TimmEncoder:
    """CLIP ViT-B/32 as OpenAI trained it: the result of its `encode_image`, not normalised by default.

    A file of the whole model, as OpenAI publishes it, has the text tower too, which embeds the names of the classes if
    open_clip is installed. In timm the projection is the model's head, of 512 "classes" and bias zero, and stays on for
    "projected".

    Args:
        name: the encoder's name.
        weights: a file with OpenAI's, open_clip's or timm's names; None downloads.
        preprocess: "openai" resizes the shorter side to 224 and crops 224; "timm" resizes it to 248 first. Both
            bicubic.
        features: "projected" are the 512 features that CLIP compares with texts, "pooled" the 768 before.
        normalize: "yes" divides the features of an image by their Euclidean norm.
        bands: which channels it takes of images read with bands rgbn: "rgb", "nrg" (near-infrared, red, green in the
            places of red, green, blue), or "rgbn", all four, by a first convolution that timm adapts.

    Raises:
        InputError: `preprocess`, `features`, `normalize` or `bands` has an unknown value, or as `build_model`.
    """
    from timm.data import OPENAI_CLIP_MEAN, OPENAI_CLIP_STD  # slow to import

    composite = composite_of(bands, where=name)
    shorter = _SHORTER[check_choice("preprocess", preprocess, _SHORTER, where=name)]
    preprocessing = Preprocessing(
        "shorter",
        (shorter, shorter),
        (224, 224),
        "bicubic",
        of_channels(OPENAI_CLIP_MEAN, composite),
        of_channels(OPENAI_CLIP_STD, composite),
    )
    projected = check_choice("features", features, ("projected", "pooled"), where=name) == "projected"
    is_normalized = check_choice("normalize", normalize, ("yes", "no"), where=name) == "yes"
    model = build_model(
        MODEL, name=name, weights=weights, keep_head=projected, official=_OFFICIAL, channels=composite.channels
    )
    model_name = ", ".join(
        [MODEL, *([] if projected else ["before the projection"]), *(["unit length"] if is_normalized else [])]
    )
    return TimmEncoder(
        L2Normalised(model) if is_normalized else model,
        name=name,
        model_name=model_name,
        preprocessing=preprocessing,
        bands=composite,
        text_tower=_text_tower(weights, name) if projected else None,
    )


def _text_tower(weights: Path | None, name: str) -> TextTower | None:
    """Return the text tower of a file of the whole model, by open_clip; None if there is either not."""
    if weights is None or find_spec("open_clip") is None:
        return None
    state = read_state_dict(weights)
    vocabulary = state.get("token_embedding.weight")
    if vocabulary is None or vocabulary.shape[0] != _VOCABULARY:
        return None
    return OpenClipTower(partial(_load_text, weights, name))


def _load_text(weights: Path, name: str) -> tuple[Any, Any]:
    from tailprobe.encoders.with_open_clip import whole_of  # slow to import

    return whole_of(_WHOLE, read_state_dict(weights), name=name)
