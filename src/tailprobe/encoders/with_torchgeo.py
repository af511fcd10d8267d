"""Models of torchgeo, pretrained on satellite and aerial images, that take red, green and blue."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from torch import nn

from tailprobe.encoders.download import socket_timeout
from tailprobe.encoders.preprocessing import Preprocessing
from tailprobe.encoders.registry import ENCODERS
from tailprobe.encoders.state_dict import read_state_dict
from tailprobe.encoders.timm_encoder import TimmEncoder
from tailprobe.encoders.weights import fit_weights
from tailprobe.errors import InputError
from tailprobe.registry import did_you_mean

# Models must have been trained on 8-bit red, green, blue. To those trained on reflectances of 0 to 10,000, 8-bit
# images would be almost black.
_BRIGHTEST = 255.0


@ENCODERS.register("torchgeo")
def torchgeo_encoder(name: str, weights: Path | None, of: str) -> TimmEncoder:
    """The pooled features of a torchgeo model, e.g. `torchgeo(ResNet50_Weights.FMOW_RGB_GASSL)`.

    Args:
        name: the encoder's name.
        weights: the file of these weights; None downloads it.
        of: the weights as torchgeo calls them; they name the model and its preprocessing.

    Raises:
        InputError: torchgeo is not installed, has no such weights, they are for other bands than 8-bit red, green,
            blue, cannot be downloaded, or do not match.
    """
    library = _torchgeo(name)
    chosen = _find(library, of, name)
    preprocessing = _preprocessing(chosen.transforms, name)
    model = _create(library, chosen, name)
    state = _published(chosen, name) if weights is None else read_state_dict(weights)
    heads = tuple(key for key in state if key.startswith(("fc.", "head.")))  # absent from the model, or taken off
    fit_weights(model, {key: value for key, value in state.items() if key not in heads}, where=f"weights for {name}")
    frozen: nn.Module = model.eval().requires_grad_(False)
    return TimmEncoder(frozen, name=name, model_name=f"torchgeo {of}", preprocessing=preprocessing)


def _torchgeo(name: str) -> Any:  # noqa: ANN401 - a module that may not be installed
    try:
        import torchgeo.models
    except ImportError as error:
        raise InputError(f"{name}: torchgeo is not installed ({error}); pip install 'tailprobe[torchgeo]'") from None
    return torchgeo.models


def _find(library: Any, of: str, name: str) -> Any:  # noqa: ANN401
    known = {str(weights): weights for weights in _all_weights(library) if weights.meta.get("in_chans") == 3}
    if of not in known:
        near = did_you_mean(of, known) or "."
        raise InputError(
            f"{name}: torchgeo has no weights {of!r} for red, green, blue{near} Known: {', '.join(sorted(known))}"
        )
    return known[of]


def _all_weights(library: Any) -> list[Any]:  # noqa: ANN401
    return [weights for model in library.list_models() for weights in _of_model(library, model)]


def _create(library: Any, chosen: Any, name: str) -> Any:  # noqa: ANN401
    """Return the model that the weights are of, without a classifier."""
    made = next(model for model in library.list_models() if chosen in _of_model(library, model))
    try:
        if made.startswith("swin"):  # torchvision's, whose classifier cannot be left out
            model = library.get_model(made)
            model.head = nn.Identity()
            return model
        return library.get_model(made, num_classes=0)
    except TypeError as error:
        raise InputError(
            f"{name}: {made} is not a model that returns one row of numbers per image ({error})"
        ) from error


def _of_model(library: Any, model: str) -> list[Any]:  # noqa: ANN401
    try:
        return list(library.get_model_weights(model))
    except (KeyError, ValueError):  # there are none
        return []


def _published(chosen: Any, name: str) -> Any:  # noqa: ANN401
    try:
        with socket_timeout():
            return chosen.get_state_dict(progress=False, weights_only=True)  # no pickle is run
    except Exception as error:  # network and file system each raise their own
        reason = (" ".join(str(error).split()) or type(error).__name__).rstrip(".")[:300]
        raise InputError(
            f"{name}: the weights cannot be downloaded ({reason}); download {chosen.url} on a machine "
            f"with network access, and pass --weights '{name}=FILE'"
        ) from error


def _preprocessing(transforms: Any, name: str) -> Preprocessing:  # noqa: ANN401
    """Convert torchgeo's transforms, for values of 0 to 255, to a `Preprocessing`, with mean and sd for 0..1."""
    resized: tuple[int, int] | None = None
    cropped: tuple[int, int] | None = None
    scale, shift = [1.0] * 3, [0.0] * 3  # of y = scale * x + shift
    for step in transforms:
        kind = type(step).__name__
        if kind == "Resize" and cropped is None:
            resized = _pair(step.size)
        elif kind == "CenterCrop":
            cropped = _pair(step.size)
        elif kind == "Normalize":
            mean, sd = (_three(given) for given in (step.mean, step.std))
            scale = [a / b for a, b in zip(scale, sd, strict=True)]
            shift = [(a - m) / b for a, m, b in zip(shift, mean, sd, strict=True)]
        else:
            raise InputError(f"{name}: needs a preprocessing that is not supported ({kind}); choose another")
    if max(scale) * _BRIGHTEST < 0.1:
        raise InputError(f"{name}: was trained on reflectances up to 10,000, not on 8-bit images; choose another")
    size = resized or cropped or (224, 224)
    return Preprocessing(
        "squash" if resized else "shorter",
        size,
        cropped or size,
        "bilinear",
        _as_three(-b / a / _BRIGHTEST for a, b in zip(scale, shift, strict=True)),
        _as_three(1 / a / _BRIGHTEST for a in scale),
    )


def _pair(size: Any) -> tuple[int, int]:  # noqa: ANN401 - a number or two of them
    height, width = (size, size) if isinstance(size, int) else (size * 2)[:2] if len(size) == 1 else size
    return int(height), int(width)


def _three(values: Any) -> list[float]:  # noqa: ANN401 - one number or three of them
    listed = [float(value) for value in values]
    return listed * 3 if len(listed) == 1 else listed


def _as_three(values: Iterable[float]) -> tuple[float, float, float]:
    red, green, blue = values
    return red, green, blue
