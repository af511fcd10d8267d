"""The logit of a class as torch can differentiate it, and a head whose weights are random."""

import numpy as np
import torch
from jaxtyping import Float

from tailprobe.errors import InputError
from tailprobe.learners.head import Head, LinearHead, MlpHead


def logit_of(head: Head, vectors: Float[torch.Tensor, "B D"], c: int) -> Float[torch.Tensor, " B"]:
    """Return the logits of class c.

    Raises:
        InputError: a head of another kind than gradient descent gives.
    """
    if isinstance(head, MlpHead):
        hidden = torch.relu(vectors @ head.hidden_weight.T + head.hidden_bias)
        return hidden @ head.output_weight[c] + head.output_bias[c]
    if isinstance(head, LinearHead):
        return vectors @ head.output_weight[c] + head.output_bias[c]
    raise InputError(f"a head of the kind {head.kind!r} has no gradient to look at; choose one trained by gradients")


def randomised_head(head: Head, rng: np.random.Generator) -> Head:
    """Return a head of the same shape whose weights are drawn from a normal of each tensor's mean and deviation."""
    drawn = {name: drawn_like(tensor, rng) for name, tensor in head.tensors().items()}
    return type(head).from_tensors(drawn, head.link)


def drawn_like(tensor: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    """Return random numbers of a tensor's shape, mean and deviation."""
    values = tensor.detach().numpy()
    return torch.from_numpy((values.mean() + values.std() * rng.standard_normal(values.shape)).astype(np.float32))
