"""Grad-CAM through encoder and head: of the last maps of a convolutional network, or the patches of a transformer."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import nn

from tailprobe.encoders.encoder import Encoder
from tailprobe.encoders.runtime.network import Network
from tailprobe.encoders.timm_encoder import TimmEncoder
from tailprobe.investigate.explain.score import logit_of, shuffled
from tailprobe.learners.head import Head

_BATCH = 16


@dataclass(frozen=True, eq=False)
class LayerMaps:
    """N images at one layer: their maps, and what the layer holds there."""

    maps: Float[np.ndarray, "N h w"]
    looked_at: Float[np.ndarray, "N K"]  # mean of the layer over places, weighted by the map
    whole: Float[np.ndarray, "N K"]  # plain mean over places

    @classmethod
    def joined(cls, parts: "Sequence[LayerMaps]") -> "LayerMaps":
        """Return several sets of images as one."""
        names = (field.name for field in fields(cls))
        return cls(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})


@dataclass(frozen=True, eq=False)
class GradCam:
    """Where the logit of a class comes from, by the gradient at one layer of the network.

    The map is ReLU(sum_k a_k A_k), A_k the k-th map of the layer and a_k the mean of the logit's gradient by it.

    Source:
        Selvaraju et al., Grad-CAM, ICCV 2017, equations 1 and 2. Of a transformer the maps are the patches that go into
        the attention of its last block, after which only the class token may be used.
    """

    network: Network
    layer: nn.Module
    grid: tuple[int, int] | None  # of a transformer's patches; None for maps (B, K, h, w)

    def see(self, head: Head, c: int, prepared: Sequence[UInt8[np.ndarray, "H W ch"]]) -> LayerMaps:
        """Return the map of each image, and what is there."""
        parts = [
            self._batch(head, c, np.stack(prepared[start : start + _BATCH]))
            for start in range(0, len(prepared), _BATCH)
        ]
        return LayerMaps(*(np.concatenate(of_part) for of_part in zip(*parts, strict=True)))

    def randomised(self, rng: np.random.Generator) -> "GradCam":
        """Return the same with the weights of the encoder in random order, tensor by tensor."""
        place = next(name for name, module in self.network.named_modules() if module is self.layer)
        other = copy.deepcopy(self.network)
        for parameter in other.parameters():
            parameter.data = shuffled(parameter, rng).to(parameter.device)
        return GradCam(other, other.get_submodule(place), self.grid)

    def _batch(self, head: Head, c: int, pixels: UInt8[np.ndarray, "B H W ch"]) -> tuple[np.ndarray, ...]:
        seen: list[torch.Tensor] = []

        def keep(module: nn.Module, given: Any, result: torch.Tensor) -> torch.Tensor:  # noqa: ANN401 - torch's hook
            seen.append(result.detach().requires_grad_(True))
            return seen[-1].clone()  # a later layer may write into it

        handle = self.layer.register_forward_hook(keep)
        try:
            with torch.enable_grad():
                images = torch.from_numpy(pixels).to(_device(self.network))
                logits = logit_of(head, self.network.to(images.device)(images).cpu(), c)
                (gradient,) = torch.autograd.grad(logits.sum(), seen[0])
        finally:
            handle.remove()
        maps, slopes = (self._spatial(tensor.detach().cpu()) for tensor in (seen[0], gradient))
        found = torch.relu((slopes.mean((2, 3), keepdim=True) * maps).sum(1))
        whole, total = maps.mean((2, 3)), found.sum((1, 2))
        looked_at = torch.einsum("bhw,bkhw->bk", found, maps) / total.clamp(min=1e-30)[:, None]
        return found.numpy(), torch.where(total[:, None] > 0, looked_at, whole).numpy(), whole.numpy()

    def _spatial(self, tensor: torch.Tensor) -> Float[torch.Tensor, "B K h w"]:
        if self.grid is None:
            return tensor
        patches = self.grid[0] * self.grid[1]
        return tensor[:, -patches:].transpose(1, 2).unflatten(2, self.grid)


def grad_cam_of(encoder: Encoder) -> GradCam | None:
    """Return Grad-CAM of an encoder, None if it has no layer of maps or patches to take."""
    if not isinstance(encoder, TimmEncoder):
        return None
    transformer: Any = next((m for m in encoder.network.modules() if _is_transformer(m)), None)
    if transformer is not None:
        height, width = transformer.patch_embed.grid_size
        return GradCam(encoder.network, transformer.blocks[-1].norm1, (int(height), int(width)))
    layer = _last_maps(encoder)
    return None if layer is None else GradCam(encoder.network, layer, None)


def _is_transformer(module: Any) -> bool:  # noqa: ANN401 - a model of timm, which is untyped
    has_blocks = hasattr(module, "blocks") and hasattr(getattr(module, "patch_embed", None), "grid_size")
    return has_blocks and hasattr(module.blocks[-1], "norm1") and hasattr(module, "num_prefix_tokens")


def _last_maps(encoder: TimmEncoder) -> nn.Module | None:
    """Return the module that is the last to give maps (B, K, h, w) of more than one place."""
    if any(getattr(module, "output_fmt", "NCHW") == "NHWC" for module in encoder.network.modules()):
        return None  # channels last, as in Swin: positions and channels could be confused
    found: list[nn.Module] = []

    def note(module: nn.Module, given: Any, result: Any) -> None:  # noqa: ANN401 - torch's hook
        if isinstance(result, torch.Tensor) and result.ndim == 4 and result.shape[2] * result.shape[3] > 1:
            found.append(module)

    handles = [module.register_forward_hook(note) for module in encoder.network.model.modules()]
    try:
        with torch.inference_mode():
            shape = (1, *encoder.preprocessing.crop, encoder.bands.channels)
            device = _device(encoder.network)
            encoder.network.to(device)(torch.zeros(shape, dtype=torch.uint8, device=device))
    finally:
        for handle in handles:
            handle.remove()
    return found[-1] if found else None


def _device(network: Network) -> torch.device:
    """Return where the model is: an encoder that has run is on its device, the buffers before it need not be."""
    return next(network.model.parameters(), network.mean).device
