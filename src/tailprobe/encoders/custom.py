"""Custom encoders: a function, an `nn.Module`, or an object with the methods of an encoder."""

import hashlib
import inspect
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, UInt8
from torch import nn

from tailprobe.encoders.encoder import Encoder
from tailprobe.encoders.preprocessing import Preprocessing
from tailprobe.encoders.state_dict import read_state_dict
from tailprobe.encoders.timm_encoder import TimmEncoder
from tailprobe.encoders.weights import fit_weights
from tailprobe.errors import InputError
from tailprobe.own_code import import_own, own_code

_MEAN, _SD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # ImageNet's, as timm has them; timm is slow to import
DEFAULT_PREPROCESSING = Preprocessing("shorter", (256, 256), (224, 224), "bilinear", _MEAN, _SD)
_KINDS = "a function of a list of images, an nn.Module, an object with an encoder's methods, or a function giving one"


class FunctionEncoder:
    """An encoder from a function of a list of images, each (h, w, 3) uint8 of any size, that returns (B, D).

    Args:
        function: called by one thread; each row it returns depends only on its image.
        name: the encoder's name.

    Raises:
        InputError: it does not return one vector per image, or its version cannot be determined.
    """

    standardise = False

    def __init__(self, function: Callable[[Sequence[np.ndarray]], Any], *, name: str) -> None:
        self.name = name
        self.identity: Mapping[str, str] = {"function": name, **_version(function, name)}
        self._function = function
        self.width = int(self.encode([np.zeros((64, 64, 3), np.uint8)]).shape[1])

    def prepare(self, image: UInt8[np.ndarray, "h w 3"]) -> UInt8[np.ndarray, "h w 3"]:
        """Return the image as it is."""
        return image

    def encode(self, batch: Sequence[UInt8[np.ndarray, "_h _w 3"]]) -> Float[np.ndarray, "B D"]:
        """Return (B, D) float32."""
        with own_code(f"encoder {self.name!r}", "a function of a list of images that returns an array (N, D)"):
            vectors = np.asarray(self._function(list(batch)), dtype=np.float32)
        if vectors.ndim != 2 or len(vectors) != len(batch) or not vectors.shape[1]:
            raise InputError(
                f"encoder {self.name!r} gave an array of shape {vectors.shape} for {len(batch)} image(s), "
                f"expected ({len(batch)}, D): one row of numbers an image"
            )
        return vectors


def custom_encoder(thing: object, *, name: str, weights: Path | None = None) -> Encoder:
    """Make an encoder of a function, a module or an object.

    Args:
        thing: an object with the methods of `tailprobe.encoders.encoder.Encoder`, taken as it is; an `nn.Module` of
            (B, 3, H, W) float32 giving (B, D), with the standard ImageNet preprocessing at 224 px or that of its
            attribute `preprocessing`; a function of a list of images; or a function or class that, called with nothing,
            gives one of these. A function is identified by its attribute `version` or the text of its source file.
        name: the encoder's name.
        weights: a file of weights for an `nn.Module`.

    Raises:
        InputError: it is none of these, does not return one vector per image, or the weights do not match.
    """
    if not isinstance(thing, nn.Module) and callable(thing) and _arguments(thing) == 0:
        with own_code(f"encoder {name!r}", f"it to return {_KINDS}"):
            thing = thing()
    if isinstance(thing, nn.Module) and not isinstance(thing, Encoder):
        return _of_module(thing, name=name, weights=weights)
    if weights is not None:
        raise InputError(f"encoder {name!r} is not an nn.Module, so {weights} cannot be loaded; leave --weights out")
    if not inspect.isclass(thing) and isinstance(thing, Encoder):
        return thing
    if callable(thing) and not inspect.isclass(thing) and _arguments(thing) == 1:
        return FunctionEncoder(thing, name=name)
    raise InputError(f"encoder {name!r} is {type(thing).__name__}; expected {_KINDS}")


def import_encoder(spec: str, *, weights: Path | None = None) -> Encoder:
    """Import "package.module:name", looked for in the current folder first, and make an encoder of it.

    Raises:
        InputError: there is no such module or name, or as `custom_encoder`.
    """
    module_name, _, attribute = spec.partition(":")
    target: Any = import_own(spec, "encoder", f"a module with {_KINDS}")
    for part in attribute.split("."):
        if not hasattr(target, part):
            known = ", ".join(key for key in vars(target) if not key.startswith("_"))[:300]
            raise InputError(f"encoder {spec!r}: {module_name} has no {part!r}; it has {known or 'nothing'}")
        target = getattr(target, part)
    return custom_encoder(target, name=spec, weights=weights)


def _of_module(module: nn.Module, *, name: str, weights: Path | None) -> TimmEncoder:
    if weights is not None:
        fit_weights(module, read_state_dict(weights), where=f"{weights}: weights for {name}")
    preprocessing = getattr(module, "preprocessing", DEFAULT_PREPROCESSING)
    if not isinstance(preprocessing, Preprocessing):
        raise InputError(
            f"encoder {name!r} has a preprocessing that is {type(preprocessing).__name__}; "
            "expected tailprobe.encoders.preprocessing.Preprocessing"
        )
    structure = hashlib.sha256(str(module).encode()).hexdigest()[:16]  # of layers without weights, too
    frozen = module.eval().requires_grad_(False)
    return TimmEncoder(frozen, name=name, model_name=f"{name} {structure}", preprocessing=preprocessing)


def _arguments(function: Callable[..., object]) -> int:
    """Return the number of required arguments, -1 if it is unknown."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return -1
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return sum(p.default is p.empty and p.kind in positional for p in parameters)


def _version(function: object, name: str) -> dict[str, str]:
    if hasattr(function, "version"):
        return {"version": str(function.version)}
    try:
        file = inspect.getsourcefile(function if inspect.isroutine(function) else type(function))
        return {"source": "sha256:" + hashlib.sha256(Path(str(file)).read_bytes()).hexdigest()}
    except (TypeError, OSError):
        raise InputError(
            f"encoder {name!r} has no source file that identifies its version; give it an attribute `version`, a "
            "string that changes whenever its results do"
        ) from None
