"""torch, eager: always installed, and the reference for the other runtimes."""

import copy

import numpy as np
import torch
from jaxtyping import Float, UInt8

from tailprobe.encoders.runtime.cpu_features import has_bfloat16
from tailprobe.encoders.runtime.network import Network
from tailprobe.encoders.runtime.runtime import RunNetwork


def versions() -> dict[str, str]:
    """Return torch's version."""
    return {"torch": torch.__version__}


def precisions(device: str) -> tuple[str, ...]:
    """Return float32, and the half precision that the device supports in hardware."""
    if device != "cpu":
        return ("float32", "float16")
    return ("float32", "bfloat16") if has_bfloat16() else ("float32",)


def start(network: Network, *, size: tuple[int, int], precision: str, device: str) -> RunNetwork:
    """Return a function that runs the network on whole batches; float32 also on a GPU, no TF32."""
    placed = network if precision == "float32" else copy.deepcopy(network)
    placed.model.to(torch.device(device), getattr(torch, precision), memory_format=torch.channels_last)  # type: ignore[call-overload]
    dtype = getattr(torch, precision)
    mean, sd = placed.mean.to(device), placed.sd.to(device)

    def run(pixels: UInt8[np.ndarray, "B H W c"]) -> Float[np.ndarray, "B D"]:
        with torch.inference_mode(), torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
            colours = torch.from_numpy(pixels).to(device).permute(0, 3, 1, 2)
            colours = colours.to(torch.float32).div_(255).sub_(mean).div_(sd)
            vectors: torch.Tensor = placed.model(colours.to(dtype))
            return vectors.float().cpu().numpy()

    return run
