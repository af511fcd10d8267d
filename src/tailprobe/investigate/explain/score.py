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
    """Return a head with the same numbers in random order, tensor by tensor."""
    drawn = {name: shuffled(tensor, rng) for name, tensor in head.tensors().items()}
    return type(head).from_tensors(drawn, head.link)


def shuffled(tensor: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    """Return the numbers of a tensor in random order, so that layers keep the scale of what they give."""
    values = tensor.detach().cpu().numpy()
    return torch.from_numpy(rng.permutation(values.ravel()).reshape(values.shape))
