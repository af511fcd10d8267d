r"""Optimiser: what takes the steps of gradient descent, where a plan does not leave it to Adam.

For weights w, the gradient g of a batch's loss, the learning rate r and the weight decay d of the recipe:

    adam   Adam of the gradient g + d w (L2), as for every other plan
    adamw  w <- w - r d w, then a step of Adam of g (Loshchilov and Hutter, ICLR 2019, algorithm 2)
    sgd    v <- momentum v + g + d w,  w <- w - r v (Sutskever et al., ICML 2013, as in PyTorch: v is not scaled by r)

With a radius rho above 0, g is taken at w + rho g0 / |g0|, g0 the gradient at w: sharpness-aware minimisation (Foret et
al., ICLR 2021, equation 3). Weight decay is of w and not of the point where g is taken.
"""

from dataclasses import dataclass
from typing import Literal

Algorithm = Literal["adam", "adamw", "sgd"]


@dataclass(frozen=True)
class Optimiser:
    """An algorithm and its settings; learning rate and weight decay are the recipe's.

    >>> Optimiser(), Optimiser("sgd").momentum
    (Optimiser(algorithm='adam', momentum=0.9, radius=0.0), 0.9)

    Raises:
        ValueError: a momentum outside [0, 1) or a negative radius.
    """

    algorithm: Algorithm = "adam"
    momentum: float = 0.9  # of sgd
    radius: float = 0.0  # rho of sharpness-aware minimisation; 0 for none

    def __post_init__(self) -> None:
        if not 0 <= self.momentum < 1 or self.radius < 0:
            raise ValueError(f"expected a momentum in [0, 1) and a radius of 0 or more, got {self}")

    @property
    def is_adam(self) -> bool:
        """Whether this is Adam alone, which every kernel has."""
        return self.algorithm == "adam" and not self.radius
