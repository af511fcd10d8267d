"""Any model of timm as a frozen encoder."""

import copy
import hashlib
import threading
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import nn

from tailprobe.datasets.pixels.bands import Composite
from tailprobe.encoders.preprocessing import Preprocessing, preprocessing_of
from tailprobe.encoders.runtime.choose import choose_runtime
from tailprobe.encoders.runtime.chunked import CHUNK
from tailprobe.encoders.runtime.installed import candidates, start, start_int8, versions
from tailprobe.encoders.runtime.int8 import quantisation, quantise
from tailprobe.encoders.runtime.network import Network
from tailprobe.encoders.runtime.runtime import RunNetwork, RuntimeChoice
from tailprobe.encoders.text_tower import TextTower
from tailprobe.encoders.weights import build_model, digest_of
from tailprobe.errors import InputError
from tailprobe.processor import cores
from tailprobe.registry import did_you_mean

_start_lock = threading.Lock()  # a runtime is started once, by the first thread that encodes
_EXTERNAL = ("hf-hub:", "hf_hub:", "local-dir:")  # names of models that are not in the list of timm


class TimmEncoder:
    """A frozen model with its preprocessing; satisfies `tailprobe.encoders.encoder.Encoder`.

    Runs on a GPU if torch finds one, in float32 there too (no TF32). The embedding of one image may differ in the last
    bits (1e-5 relative) between batch sizes, numbers of threads and processors, because matrix products round
    differently. `with_runtime` selects another runtime or precision, which is part of the identity.

    Args:
        model: takes (B, c, H, W) float32, gives (B, D); c is 3, or 4 for all bands.
        name: the encoder's name.
        model_name: the model as timm calls it.
        preprocessing: applied before the model.
        device: where the model runs; by default a GPU if there is one.
        bands: the channels that it takes of images of four bands, see `channels.channels_for`.
        text_tower: embeds texts into the space of the embeddings, if the model can.

    Raises:
        InputError: the model does not return one vector per image.
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
        bands: Composite = Composite.RGB,
        text_tower: TextTower | None = None,
    ) -> None:
        self.bands = bands
        self.text_tower = text_tower
        self.device = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
        self.name = name
        self.preprocessing = preprocessing
        self._model_identity = {"model": model_name, "weights": f"sha256:{digest_of(model)}"}
        if bands is not Composite.RGB:
            self._model_identity["channels"] = str(bands)
        self._network = Network(model, mean=preprocessing.mean, sd=preprocessing.sd)
        self._choice = RuntimeChoice("torch", "float32")
        self._run: RunNetwork | None = None
        self._int8: bytes | None = None  # the quantised network
        self.width = self._measured_width()

    @property
    def identity(self) -> Mapping[str, str]:
        """Everything that the embeddings depend on."""
        return {
            **self._model_identity,
            "preprocessing": str(self.preprocessing),
            "runtime": self._choice.runtime,
            "precision": self._choice.precision,
            **({"quantisation": quantisation()} if self._choice.precision == "int8" else {}),
            "device": self.device.type,
            "timm": version("timm"),
            **versions(self._choice.runtime),
        }

    @property
    def network(self) -> Network:
        """The model with its normalisation, in float32, whatever runtime is in use."""
        return self._network

    @property
    def choice(self) -> RuntimeChoice:
        """The runtime and precision in use."""
        return self._choice

    def with_runtime(
        self,
        runtime: str = "auto",
        *,
        precision: str = "auto",
        choice_cache: Path | None = None,
    ) -> "TimmEncoder":
        """Return a copy of this encoder under another runtime, which is started with the first image.

        Args:
            runtime: "torch", "openvino", "onnxruntime", or "auto" for the fastest that is installed, measured.
            precision: "float32", "bfloat16", "float16", or "auto" for the fastest whose minimum cosine to float32 is
                at least 0.9999, of those that the processor or GPU supports in hardware; or "int8", at least twice as
                fast, which needs calibration images first, see `calibrated`.
            choice_cache: a JSON file that keeps the measured choice for this model and machine.

        Raises:
            InputError: the runtime or precision is unknown, not installed, or not supported on this machine.
        """
        if self.bands.channels > 3:
            return self._in_torch(runtime, precision)
        device = self.device.type
        options = candidates(device=device, runtime=runtime, precision=precision)
        if precision == "int8":
            options = options[:1]  # nothing can be measured before calibration
        other = copy.copy(self)
        other._run = other._int8 = None
        other._choice = choose_runtime(
            options,
            self._network,
            size=self.preprocessing.crop,
            device=device,
            model_identity=self._model_identity,
            choice_cache=choice_cache,
        )
        return other

    @property
    def wants_calibration(self) -> bool:
        """Whether it runs in int8 and has not been calibrated yet."""
        return self._choice.precision == "int8" and self._int8 is None

    def calibrated(self, sample: Sequence[UInt8[np.ndarray, "H W 3"]]) -> "TimmEncoder":
        """Return a copy in int8, with activation ranges from a sample of prepared images.

        Raises:
            InputError: there are fewer images than `CHUNK`.
        """
        if len(sample) < CHUNK:
            raise InputError(
                f"encoder {self.name!r}: int8 needs {CHUNK} images for calibration, there are {len(sample)}"
            )
        pixels = np.stack(sample)
        other = copy.copy(self)
        other._run, other._int8 = None, quantise(self._network, pixels)
        other._model_identity = {
            **self._model_identity,
            "calibration": f"sha256:{hashlib.sha256(pixels.tobytes()).hexdigest()}",
        }
        return other

    def prepare(self, image: UInt8[np.ndarray, "h w c"]) -> UInt8[np.ndarray, "H W c"]:
        """Return the image resized and cropped, (H, W, c) uint8."""
        return self.preprocessing(image)

    def encode(self, batch: Sequence[UInt8[np.ndarray, "H W c"]]) -> Float[np.ndarray, "B D"]:
        """Return (B, D) float32."""
        with _start_lock:
            if self._run is None:
                self._run = self._start()
        return self._run(np.stack(batch))

    @property
    def concurrent_batches(self) -> int:
        """Batches of 32 images encoded concurrently: enough to give every core a chunk, plus one; 1 for torch."""
        return 1 if self._choice.runtime == "torch" else 1 + -(-cores() * CHUNK // 32)

    def _in_torch(self, runtime: str, precision: str) -> "TimmEncoder":
        """Return this encoder, whose four channels the other runtimes are not made for."""
        if runtime not in ("auto", "torch") or precision not in ("auto", "float32"):
            raise InputError(
                f"encoder {self.name!r} takes four bands, which only runtime torch in float32 supports; leave out "
                "--runtime and --precision"
            )
        return self

    def _start(self) -> RunNetwork:
        if self._int8 is not None:
            return start_int8(self._choice, self._int8)
        if self.wants_calibration:
            raise InputError(f"encoder {self.name!r} runs in int8 and is not calibrated; call .calibrated() first")
        return start(self._choice, self._network, size=self.preprocessing.crop, device=self.device.type)

    def _measured_width(self) -> int:
        with torch.inference_mode():
            vectors = self._network.model(torch.zeros(1, self.bands.channels, *self.preprocessing.crop))
        if not isinstance(vectors, torch.Tensor) or vectors.ndim != 2:
            shape = tuple(vectors.shape) if isinstance(vectors, torch.Tensor) else type(vectors).__name__
            raise InputError(
                f"encoder {self.name!r} gives {shape} for one image, expected (1, D); choose another model"
            )
        return int(vectors.shape[1])


def timm_encoder(model_name: str, *, name: str, weights: Path | None) -> TimmEncoder:
    """Return the encoder of a timm model: its pooled features, with its own preprocessing.

    Args:
        model_name: as `timm.create_model` takes it, also "hf-hub:OWNER/NAME" and "local-dir:FOLDER".
        name: the encoder's name.
        weights: a local file of weights, or None for the published ones.

    Raises:
        InputError: timm has no such model or no weights for it, or as `build_model`.
    """
    from timm.data.config import resolve_model_data_config  # slow to import

    if not model_name.startswith(_EXTERNAL):
        _check_name(model_name, weights=weights)
    model = build_model(model_name, name=name, weights=weights, keep_head=False)
    preprocessing = preprocessing_of(resolve_model_data_config(model), where=f"encoder {name!r}")
    return TimmEncoder(model, name=name, model_name=model_name, preprocessing=preprocessing)


def is_timm_model(model_name: str) -> bool:
    """Return whether timm has the architecture, whatever the tag of the weights."""
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
