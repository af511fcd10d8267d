"""A layer of another encoder, pooled over its positions: `layer(efficientnet_lite0, depth=2, pooling=max)`."""

from pathlib import Path
from typing import Any, Literal

import torch
from jaxtyping import Float
from torch import nn

from tailprobe.callspec import show_value
from tailprobe.encoders.encoder import Encoder
from tailprobe.encoders.registry import ENCODERS
from tailprobe.encoders.timm_encoder import TimmEncoder
from tailprobe.errors import InputError

Pooling = Literal["mean", "max"]
VARIANTS: tuple[tuple[int, Pooling], ...] = ((1, "max"), (2, "mean"))  # depth and pooling


class PooledLayer(nn.Module):
    """A timm model cut off after one of its layers.

    Args:
        model: has `forward_intermediates`.
        depth: counted from the end; 1 is the last layer.
        pooling: over the positions of the layer's maps; a transformer's are its patches, without the class token.
    """

    def __init__(self, model: nn.Module, *, depth: int, pooling: Pooling) -> None:
        super().__init__()
        self.model: Any = model
        self.depth = depth
        self.pooling = pooling

    def forward(self, colours: Float[torch.Tensor, "B c H W"]) -> Float[torch.Tensor, "B D"]:
        """Return (B, D), D the channels of the layer."""
        (maps,) = self.model.forward_intermediates(
            colours, indices=[-self.depth], norm=True, stop_early=True, output_fmt="NCHW", intermediates_only=True
        )
        pooled: torch.Tensor = maps.mean((2, 3)) if self.pooling == "mean" else maps.amax((2, 3))
        return pooled


@ENCODERS.register("layer")
def layer(name: str, weights: Path | None, of: str, depth: int = 1, pooling: Pooling = "mean") -> TimmEncoder:
    """A layer of another encoder, the mean or the maximum of each channel over the image.

    Args:
        name: the encoder's name.
        weights: a file of the other encoder's weights; None takes its published ones.
        of: the other encoder, a model of timm.
        depth: which layer, counted from the end; 1 is the last. Of a convolutional network a layer is a stage between
            two halvings of the resolution, of a transformer a block.
        pooling: "mean" or "max".

    Raises:
        InputError: the other encoder has no layers to take, or fewer.
    """
    from tailprobe.encoders.load import load_encoder  # it imports every encoder

    if depth < 1:
        raise InputError(f"{name}: depth is {depth}; expected 1, the last layer, or more")
    inner = load_encoder(of, weights=weights)
    if not isinstance(inner, TimmEncoder) or not has_layers(inner):
        raise InputError(f"{name}: {of} has no layers to take; give a model of timm, as resnet18")
    try:
        return TimmEncoder(
            PooledLayer(inner.network.model, depth=depth, pooling=pooling),
            name=name,
            model_name=f"{inner.identity['model']}, layer {depth} from the end, {pooling}",
            preprocessing=inner.preprocessing,
            bands=inner.bands,
        )
    except (AssertionError, IndexError, ValueError):  # timm's, of a layer that there is not
        raise InputError(f"{name}: {of} has fewer than {depth} layers; choose a smaller depth") from None


def has_layers(encoder: Encoder) -> bool:
    """Return whether single layers of an encoder can be taken."""
    return isinstance(encoder, TimmEncoder) and hasattr(encoder.network.model, "forward_intermediates")


def layers_of(encoder: Encoder) -> tuple[str, ...]:
    """Return the names of the `VARIANTS` of an encoder; none if it has no layers to take."""
    if not has_layers(encoder):
        return ()
    of = show_value(encoder.name)
    return tuple(f"layer({of}, depth={depth}, pooling={pooling})" for depth, pooling in VARIANTS)
