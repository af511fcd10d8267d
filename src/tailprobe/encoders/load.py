"""Find an encoder by its name."""

from pathlib import Path

from tailprobe import encoders
from tailprobe.callspec import bind, parse_call
from tailprobe.encoders.encoder import Encoder
from tailprobe.encoders.family import ENCODERS
from tailprobe.encoders.timm_encoder import is_timm_model, timm_encoder
from tailprobe.errors import InputError
from tailprobe.registry import did_you_mean, import_members

import_members(encoders)
_TIMM = "timm:"
_OPAQUE = (_TIMM, "hf-hub:", "hf_hub:", "local-dir:")  # what follows is a name or path of another's making


def load_encoder(name: str, *, weights: Path | None = None) -> Encoder:
    """Load a frozen encoder.

    Args:
        name: "descriptors", "resnet18", "clip", with options as in "resnet18(preprocess=authors)"; or a timm model, as
            "convnext_tiny.fb_in22k", "timm:resnet18" (timm's own weights, not torchvision's), "hf-hub:OWNER/NAME" or
            "local-dir:FOLDER".
        weights: a local file of weights, see `tailprobe.encoders.state_dict`. Without it published weights are taken
            from the Hugging Face hub's cache, or downloaded into it.

    Raises:
        InputError: no such encoder or option, or its weights cannot be had, read or fitted.
    """
    if name.startswith(_OPAQUE):
        return timm_encoder(name.removeprefix(_TIMM), name=name, weights=weights)
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
