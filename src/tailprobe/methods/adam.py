"""Adam for the few parameters of a method.

`torch.optim` would do, but its first optimiser loads torch's compiler, which takes longer than such a fit.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float

_BETAS = (0.9, 0.999)


class Adam:
    """Takes steps along the gradients that the parameters carry; the arithmetic of `torch.optim.AdamW`.

    Source: Kingma and Ba, ICLR 2015, algorithm 1; decoupled weight decay of Loshchilov and Hutter, ICLR 2019.

    >>> w = torch.tensor([1.0], dtype=torch.float64, requires_grad=True)
    >>> w.grad = torch.tensor([5.0], dtype=torch.float64)
    >>> Adam([w], rate=0.1).step()
    >>> round(float(w.detach()), 6)
    0.9
    """

    def __init__(
        self, parameters: Sequence[Float[torch.Tensor, "..."]], *, rate: float, eps: float = 1e-8, decay: float = 0.0
    ) -> None:
        self._parameters, self._rate, self._eps, self._decay = list(parameters), rate, eps, decay
        self._means, self._squares = ([torch.zeros_like(of) for of in parameters] for _ in range(2))
        self._steps = [torch.zeros(()) for _ in parameters]

    @torch.no_grad()
    def step(self) -> None:
        """Take one step.

        Raises:
            ValueError: a parameter without a gradient.
        """
        gradients = [of.grad for of in self._parameters if of.grad is not None]
        if len(gradients) != len(self._parameters):
            raise ValueError("a parameter has no gradient; call backward() first")
        torch._foreach_add_(self._steps, 1)
        # The function that torch.optim.AdamW(fused=True) calls.
        torch._fused_adamw_(
            self._parameters, gradients, self._means, self._squares, [], self._steps,
            lr=self._rate, beta1=_BETAS[0], beta2=_BETAS[1], weight_decay=self._decay, eps=self._eps,
            amsgrad=False, maximize=False,
        )  # fmt: skip
