"""Any model of timm as a frozen encoder."""

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import nn

from tailprobe.encoders.preprocessing import Preprocessing, preprocessing_of
from tailprobe.encoders.weights import build_model, digest_of
from tailprobe.errors import InputError
from tailprobe.registry import did_you_mean

_ELSEWHERE = ("hf-hub:", "hf_hub:", "local-dir:")  # names that timm looks up outside its own list


class TimmEncoder:
    """A frozen model with its preprocessing; satisfies `tailprobe.encoders.encoder.Encoder`.

    Runs on a GPU where torch finds one, in float32 there too (no TF32). The numbers of one image may differ in the last
    bits (1e-5 relative) between batch sizes, numbers of threads and processors, as matrix products round differently.

    Args:
        model: takes (B, 3, H, W) float32, gives (B, D).
        name: the encoder's name.
        model_name: the model as timm calls it.
        preprocessing: what comes before the model.
        device: where the model runs; by default a GPU where there is one.

    Raises:
        InputError: the model does not give one row of numbers an image.
    """

    standardise = False

    def __init__(
        self,
        model: nn.Module,
        *,
        name: str,
        model_name: str,
        preprocessing: Preprocessing,
        device: str | None = None,
    ) -> None:
        self.device = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
        self.name = name
        self.preprocessing = preprocessing
        self.identity: Mapping[str, str] = {
            "model": model_name,
            "weights": f"sha256:{digest_of(model)}",
            "preprocessing": str(preprocessing),
            "precision": "float32",
            "device": self.device.type,
            "timm": version("timm"),
            "torch": torch.__version__,
        }
        self._model = model.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._mean, self._sd = (
            torch.tensor(values, device=self.device).reshape(1, 3, 1, 1)
            for values in (preprocessing.mean, preprocessing.sd)
        )
        self.width = self._measured_width()

    def prepare(self, image: UInt8[np.ndarray, "h w 3"]) -> UInt8[np.ndarray, "H W 3"]:
        """Return the image resized and cropped, (H, W, 3) uint8."""
        return self.preprocessing(image)

    def encode(self, batch: Sequence[UInt8[np.ndarray, "H W 3"]]) -> Float[np.ndarray, "B D"]:
        """Return (B, D) float32."""
        with torch.inference_mode(), torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
            vectors: torch.Tensor = self._model(self._normalise(np.stack(batch)))
        return vectors.float().cpu().numpy()

    def _normalise(self, pixels: UInt8[np.ndarray, "B H W 3"]) -> torch.Tensor:
        """Return (B, 3, H, W) float32 of about mean 0 and sd 1, the channels innermost in memory."""
        colours = torch.from_numpy(pixels).to(self.device).permute(0, 3, 1, 2)
        return colours.to(torch.float32).div_(255).sub_(self._mean).div_(self._sd)

    def _measured_width(self) -> int:
        with torch.inference_mode():
            vectors = self._model(torch.zeros(1, 3, *self.preprocessing.crop, device=self.device))
        if not isinstance(vectors, torch.Tensor) or vectors.ndim != 2:
            shape = tuple(vectors.shape) if isinstance(vectors, torch.Tensor) else type(vectors).__name__
            raise InputError(
                f"encoder {self.name!r} gives {shape} for one image, expected (1, D); choose another model"
            )
        return int(vectors.shape[1])


def timm_encoder(model_name: str, *, name: str, weights: Path | None) -> TimmEncoder:
    """Make an encoder of any timm model: its pooled features, with its own preprocessing.

    Args:
        model_name: as `timm.create_model` takes it, also "hf-hub:OWNER/NAME" and "local-dir:FOLDER".
        name: the encoder's name.
        weights: a local file of weights, or None for the published ones.

    Raises:
        InputError: timm has no such model or no weights of it, or as `build_model`.
    """
    from timm.data.config import resolve_model_data_config  # slow to import

    if not model_name.startswith(_ELSEWHERE):
        _check_name(model_name, weights=weights)
    model = build_model(model_name, name=name, weights=weights, keep_head=False)
    preprocessing = preprocessing_of(resolve_model_data_config(model), where=f"encoder {name!r}")
    return TimmEncoder(model, name=name, model_name=model_name, preprocessing=preprocessing)


def is_timm_model(model_name: str) -> bool:
    """Say whether timm has the architecture, whatever its tag of weights."""
    import timm  # slow to import

    return bool(timm.is_model(model_name.partition(".")[0]))


def _check_name(model_name: str, *, weights: Path | None) -> None:
    import timm  # slow to import

    architecture, _, tag = model_name.partition(".")
    if not is_timm_model(model_name):
        near = did_you_mean(architecture, timm.list_models()) or "."
        raise InputError(f"timm has no model {architecture!r}{near} See timm.list_models() for all of them")
    published = [full.partition(".")[2] for full in timm.list_models(f"{architecture}.*", pretrained=True)]
    if tag and tag not in published:
        near = did_you_mean(tag, published) or "."
        raise InputError(f"timm has no weights {tag!r} of {architecture}{near} Known: {', '.join(published) or 'none'}")
    if not published and weights is None:
        raise InputError(f"timm has no weights of {architecture}; pass --weights {model_name}=FILE")
