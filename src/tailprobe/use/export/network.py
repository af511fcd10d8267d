"""The whole classifier as one torch module, from decoded pixels to calibrated probabilities."""

from typing import Any

import torch
from jaxtyping import Float, UInt8
from torch import nn

from tailprobe.encoders.descriptors import SIDE, Descriptors
from tailprobe.encoders.encoder import Encoder
from tailprobe.encoders.preprocessing import Preprocessing
from tailprobe.encoders.timm_encoder import TimmEncoder
from tailprobe.errors import InputError
from tailprobe.use.classifier import Classifier
from tailprobe.use.export.heads import Calibrated, head_module
from tailprobe.use.export.resize import ResizeAndCrop

# Encoders that can be exported, with their limits; the documentation has the same table.
EXPORTED = {
    "descriptors": "built in; images of up to 511 pixels per side; larger ones are first averaged over pixel blocks",
    "efficientnet_lite0, resnet18, clip, timm models, open_clip, torchgeo, nn.Module": "in float32",
    "functions and other objects of your own": "not exported: what they compute is Python, not a graph",
}


class WholeClassifier(nn.Module):
    """Resize and crop, encoder, head, calibration."""

    def __init__(self, classifier: Classifier) -> None:
        super().__init__()
        self.prepare, self.encode = encoder_modules(classifier.loaded_encoder)
        self.head = head_module(classifier.head)
        self.calibrate = Calibrated(classifier.head.link, classifier.calibration)

    def forward(self, images: UInt8[torch.Tensor, "B h w 3"]) -> Float[torch.Tensor, "B C"]:
        """Return (B, C) float32 probabilities."""
        probabilities: torch.Tensor = self.calibrate(self.head(self.encode(self.prepare(images))))
        return probabilities


def encoder_modules(encoder: Encoder) -> tuple[nn.Module, nn.Module]:
    """Return the preprocessing and the network of an encoder as modules.

    Raises:
        InputError: the encoder cannot be exported; the message lists those that can.
    """
    if isinstance(encoder, TimmEncoder):
        return ResizeAndCrop(encoder.preprocessing), encoder.network.cpu()
    if isinstance(encoder, Descriptors):
        resize = Preprocessing("squash", (SIDE, SIDE), (SIDE, SIDE), "bilinear", (0.0, 0.0, 0.0), (1.0, 1.0, 1.0))
        return ResizeAndCrop(resize), _Descriptors(encoder)
    known = "; ".join(f"{name}: {what}" for name, what in EXPORTED.items())
    raise InputError(f"encoder {encoder.name} cannot be exported ({known})")


class _Descriptors(nn.Module):
    def __init__(self, encoder: Descriptors) -> None:
        super().__init__()
        self._features: Any = encoder.features

    def forward(self, images: Float[torch.Tensor, "B 128 128 3"]) -> Float[torch.Tensor, "B 1000"]:
        features: torch.Tensor = torch.cat(list(self._features(images.permute(0, 3, 1, 2)).values()), 1)
        return features
