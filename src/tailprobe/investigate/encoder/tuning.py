"""Ways to fine-tune an encoder: which of its weights train. One is a function here, registered under its name."""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import nn
from torch.nn.utils import parametrize

from tailprobe.errors import InputError
from tailprobe.registry import Registry

RANK = 4  # of LoRA
_BLOCKS = ("blocks", "stages", "layers")  # what timm calls the sequence of blocks
_LAST = ("layer4",)  # of a ResNet, whose blocks have names of their own

Tune = Callable[[nn.Module], list[nn.Parameter]]
TUNINGS: Registry[Tune] = Registry("tuning")  # a function lets the weights train that it returns


@TUNINGS.register("last_block")
def last_block(model: nn.Module) -> list[nn.Parameter]:
    """Train the last block and all that comes after it.

    Raises:
        InputError: the model has no blocks under a name that is known.
    """
    children = list(model.named_children())
    for place, (name, child) in enumerate(children):
        blocks = [block for block in child.children() if any(True for _ in block.parameters())]
        if name in (*_BLOCKS, *_LAST) and blocks:
            last: nn.Module = child if name in _LAST else blocks[-1]
            modules = [last, *(module for _, module in children[place + 1 :])]
            return _training([parameter for module in modules for parameter in module.parameters()])
    raise InputError(f"last_block: the model has none of {', '.join((*_BLOCKS, *_LAST))}; choose lora or all")


@TUNINGS.register("lora")
def lora(model: nn.Module) -> list[nn.Parameter]:
    """Add a trained matrix of low rank to the weight of every linear layer and 1 x 1 convolution; it starts at 0.

    Source:
        Hu et al., LoRA: low-rank adaptation of large language models, ICLR 2022, section 4.1, with alpha = rank. A
        1 x 1 convolution is a linear layer at every place.
    """
    added: list[nn.Parameter] = []
    for module in list(model.modules()):
        if isinstance(module, nn.Linear) or (isinstance(module, nn.Conv2d) and module.weight.shape[1:].numel() > 1):
            if isinstance(module, nn.Conv2d) and (module.kernel_size != (1, 1) or module.groups != 1):
                continue
            low_rank = LowRank(module.weight)
            parametrize.register_parametrization(module, "weight", low_rank)
            added += list(low_rank.parameters())
    if not added:
        raise InputError("lora: the model has no linear layer and no 1 x 1 convolution; choose last_block or all")
    return _training(added)


@TUNINGS.register("all")
def all_weights(model: nn.Module) -> list[nn.Parameter]:
    """Train every weight; the running statistics of batch normalisation stay as they are."""
    return _training(list(model.parameters()))


class LowRank(nn.Module):
    """weight -> weight + up @ down, down drawn at random and up 0 at the start."""

    def __init__(self, weight: torch.Tensor) -> None:
        super().__init__()
        rows, columns = weight.shape[0], weight[0].numel()
        rank = min(RANK, rows, columns)
        self.down = nn.Parameter((torch.randn(rank, columns) / columns**0.5).to(weight.device))
        self.up = nn.Parameter(torch.zeros(rows, rank, device=weight.device))

    def forward(self, weight: Float[torch.Tensor, "O I *k"]) -> Float[torch.Tensor, "O I *k"]:
        """Return the changed weight."""
        return weight + (self.up @ self.down).reshape(weight.shape)


def _training(parameters: list[nn.Parameter]) -> list[nn.Parameter]:
    for parameter in parameters:
        parameter.requires_grad_(True)
    return parameters
