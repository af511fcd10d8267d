"""Random numbers instead of trained weights."""

import torch
from torch import nn


def randomise(model: nn.Module) -> nn.Module:
    """Give every weight and every running statistic a number that is neither 0 nor 1."""
    source = torch.Generator().manual_seed(0)
    for name, tensor in model.state_dict().items():
        if tensor.is_floating_point():
            spread = 0.5 / max(tensor.numel() / tensor.shape[0], 1) ** 0.5 if tensor.ndim > 1 else 0.1
            tensor.copy_(torch.randn(tensor.shape, generator=source) * spread + ("var" in name or "bn" in name))
            if "running_var" in name:
                tensor.abs_().add_(0.1)
    return model.eval()
