"""A network from pixels to embeddings: normalisation and model in one, so that a runtime can fuse them."""

from collections.abc import Sequence

import torch
from jaxtyping import Float, UInt8
from torch import nn


class Network(nn.Module):
    """A model with its normalisation before it.

    Args:
        model: takes (B, 3, H, W) float32, gives (B, D).
        mean: of each channel in 0..1, subtracted.
        sd: standard deviation, divided by afterwards.
    """

    mean: torch.Tensor
    sd: torch.Tensor

    def __init__(self, model: nn.Module, *, mean: Sequence[float], sd: Sequence[float]) -> None:
        super().__init__()
        self.model = model
        for name, values in (("mean", mean), ("sd", sd)):
            self.register_buffer(name, torch.tensor(values, dtype=torch.float32).reshape(1, -1, 1, 1))

    def forward(self, pixels: UInt8[torch.Tensor, "B H W c"]) -> Float[torch.Tensor, "B D"]:
        """Return (B, D); the channels stay innermost in memory, which is fastest."""
        # Divided, not multiplied by the inverse: the last bit is then torchvision's.
        colours = pixels.permute(0, 3, 1, 2).to(torch.float32) / 255
        vectors: torch.Tensor = self.model((colours - self.mean) / self.sd)
        return vectors


class L2Normalised(nn.Module):
    """A model whose outputs are divided by their Euclidean norm, per image."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, colours: Float[torch.Tensor, "B 3 H W"]) -> Float[torch.Tensor, "B D"]:
        """Return (B, D), every row of norm 1."""
        return nn.functional.normalize(self.model(colours), dim=1)
