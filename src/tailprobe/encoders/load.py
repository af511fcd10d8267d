"""Load an encoder by name."""

from pathlib import Path

from tailprobe import encoders
from tailprobe.callspec import bind, parse_call
from tailprobe.encoders.custom import import_encoder
from tailprobe.encoders.encoder import Encoder
from tailprobe.encoders.names import TIMM, UNPARSED, is_code
from tailprobe.encoders.registry import ENCODERS
from tailprobe.encoders.runtime.installed import versions
from tailprobe.encoders.timm_encoder import TimmEncoder, is_timm_model, timm_encoder
from tailprobe.errors import InputError
from tailprobe.registry import did_you_mean, import_members

import_members(encoders)


def load_encoder(
    name: str,
    *,
    weights: Path | None = None,
    runtime: str = "torch",
    precision: str = "float32",
    choice_cache: Path | None = None,
) -> Encoder:
    """Load a frozen encoder.

    Args:
        name: a registered encoder ("descriptors", "efficientnet_lite0", "resnet18", "clip", "open_clip(MODEL, TAG)",
            "torchgeo(WEIGHTS)"), with options as in "resnet18(preprocess=authors)"; or a timm model, such as
            "convnext_tiny.fb_in22k", "timm:resnet18" (timm's weights, not torchvision's), "hf-hub:OWNER/NAME" or
            "local-dir:FOLDER"; or "package.module:name" for a custom encoder, see `tailprobe.encoders.custom`.
        weights: a local file of weights, see `tailprobe.encoders.state_dict`. Without it, published weights are read
            from the Hugging Face hub's cache, or downloaded into it.
        runtime: the runtime of a neural network, see `TimmEncoder.with_runtime`. Other encoders, such as "descriptors"
            and functions, ignore it, but raise the same error if it is not installed.
        precision: see `TimmEncoder.with_runtime`.
        choice_cache: a JSON file for the choice that runtime "auto" makes.

    Raises:
        InputError: the encoder, an option or the runtime is unknown, or weights cannot be downloaded, read or loaded.
    """
    if runtime != "auto":
        versions(runtime)  # raises if it is not installed, before anything is loaded
    encoder = _load(name, weights)
    if not isinstance(encoder, TimmEncoder) or (runtime, precision) == ("torch", "float32"):
        return encoder
    return encoder.with_runtime(runtime, precision=precision, choice_cache=choice_cache)


def _load(name: str, weights: Path | None) -> Encoder:
    if name.startswith(UNPARSED):
        return timm_encoder(name.removeprefix(TIMM), name=name, weights=weights)
    if is_code(name):
        return import_encoder(name, weights=weights)
    spec = parse_call(name)
    if spec.name in ENCODERS.names():
        factory = ENCODERS.get(spec.name)
        return factory(str(spec), weights, **bind(factory, spec, given=2))
    if not is_timm_model(spec.name):
        raise InputError(_unknown(spec.name))
    if spec.arguments or spec.options:
        raise InputError(f"{spec}: a timm model takes no options; write {spec.name}")
    return timm_encoder(spec.name, name=spec.name, weights=weights)


def _unknown(name: str) -> str:
    import timm

    architecture = name.partition(".")[0]
    near = did_you_mean(name, ENCODERS.names()) or did_you_mean(architecture, timm.list_models()) or "."
    return f"no encoder is called {name!r}{near} Known: {', '.join(ENCODERS.names())}, and every model of timm"
