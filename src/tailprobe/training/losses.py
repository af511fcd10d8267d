"""The loss of a term, one row and class, and its slope: binary cross-entropy, focused where a plan asks for it.

With z the logit where the row carries the class and its negative where not, q = sigmoid(-z) is the probability given to
the wrong side, and

    loss = q^gamma softplus(-z)                                 -log(1 - q) = softplus(-z) = bce
    d loss / d z = -q^gamma (gamma (1 - q) softplus(-z) + q)    as dq / dz = -q (1 - q)

gamma = 0 is binary cross-entropy. Source: Lin et al., ICCV 2017, equation 4.
"""

import torch
from jaxtyping import Float
from torch.nn.functional import binary_cross_entropy_with_logits, softplus

Terms = Float[torch.Tensor, "..."]  # of any shape, the last dimension over classes


def loss_terms(logits: Terms, labels: Terms, gamma: Terms | None) -> Terms:
    """Return the loss of each term.

    Args:
        logits: (..., C).
        labels: (..., C) 0 or 1.
        gamma: of the same shape, see `focus`; None for 0.
    """
    terms = binary_cross_entropy_with_logits(logits, labels, reduction="none")
    return terms if gamma is None else terms * torch.sigmoid(-_margins(logits, labels)) ** gamma


def loss_slopes(logits: Terms, labels: Terms, gamma: Terms | None, *, out: Terms | None = None) -> Terms:
    """Return d loss / d logit of each term, in `out` where one is given."""
    if gamma is None:
        return torch.sigmoid(logits, out=out).sub_(labels)
    z = _margins(logits, labels)
    q = torch.sigmoid(-z)
    slopes = (gamma * (1 - q) * softplus(-z) + q) * q**gamma
    return torch.mul(slopes, 1 - 2 * labels, out=out)


def focus(labels: Terms, positive: Terms, negative: Terms) -> Terms:
    """Return gamma of each term: `positive` where the row carries the class, else `negative`."""
    return torch.where(labels > 0, positive, negative)


def _margins(logits: Terms, labels: Terms) -> Terms:
    return logits * (2 * labels - 1)
