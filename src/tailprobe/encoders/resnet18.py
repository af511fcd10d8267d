"""ResNet-18 with torchvision's ImageNet weights: 512 pooled features."""

from pathlib import Path

from tailprobe.encoders.channels import composite_of, of_channels
from tailprobe.encoders.choice import check_choice
from tailprobe.encoders.preprocessing import Preprocessing
from tailprobe.encoders.registry import ENCODERS
from tailprobe.encoders.timm_encoder import TimmEncoder
from tailprobe.encoders.weights import build_model

MODEL = "resnet18.tv_in1k"
_SHORTER = {"torchvision": 256, "authors": 224}
_OFFICIAL = (
    "get https://download.pytorch.org/models/resnet18-f37072fd.pth (its SHA-256 begins as its name says) where there "
    "is a network"
)


@ENCODERS.register("resnet18")
def resnet18(name: str, weights: Path | None, preprocess: str = "torchvision", bands: str = "rgb") -> TimmEncoder:
    """ResNet-18 as torchvision trained it on ImageNet, the 512 numbers after the average pool.

    Args:
        name: the encoder's name.
        weights: torchvision's or timm's file of it; None downloads.
        preprocess: "torchvision" resizes the shorter side to 256 and crops 224; "authors" resizes it to 224, so that a
            square image is not cropped. The paper's authors could not batch other shapes; here the centre is cropped.
        bands: which channels it takes of images read with bands rgbn: "rgb", "nrg" (near-infrared, red, green in the
            places of red, green, blue), or "rgbn", all four, by a first convolution that timm adapts.

    Raises:
        InputError: `preprocess` or `bands` has an unknown value, or as `build_model`.
    """
    from timm.data import IMAGENET_DEFAULT_MEAN, IMAGENET_DEFAULT_STD  # slow to import

    composite = composite_of(bands, where=name)
    shorter = _SHORTER[check_choice("preprocess", preprocess, _SHORTER, where=name)]
    preprocessing = Preprocessing(
        "shorter",
        (shorter, shorter),
        (224, 224),
        "bilinear",
        of_channels(IMAGENET_DEFAULT_MEAN, composite),
        of_channels(IMAGENET_DEFAULT_STD, composite),
    )
    model = build_model(
        MODEL, name=name, weights=weights, keep_head=False, official=_OFFICIAL, channels=composite.channels
    )
    return TimmEncoder(model, name=name, model_name=MODEL, preprocessing=preprocessing, bands=composite)
