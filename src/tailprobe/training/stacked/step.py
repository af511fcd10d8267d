"""One optimiser step of a whole stack: the algebra of `by_hand` with a leading H."""

from collections.abc import Sequence
from typing import Literal

import torch

from tailprobe.training.losses import loss_slopes

Precision = Literal["float32", "bfloat16"]
Group = tuple[float, float, list[slice]]  # learning rate, weight decay, the heads that have them


class StackStep:
    """Weights, gradients and Adam's moments of H heads, each a row of P numbers: W1 (W, D), b1, W2 (C, W), b2."""

    def __init__(self, heads: Sequence[Sequence[torch.Tensor]], *, device: torch.device, precision: Precision) -> None:
        self._shapes = [part.shape for part in heads[0]]
        self._precision: Precision = precision
        self.flat = torch.stack([torch.cat([part.flatten() for part in head]) for head in heads]).to(device)  # (H, P)
        self._means, self._squares = torch.zeros_like(self.flat), torch.zeros_like(self.flat)
        self._steps = torch.zeros((), device=device)
        self._view()

    def keep_only(self, heads: torch.Tensor) -> None:
        """Let go of every head but these."""
        self.flat, self._means, self._squares = self.flat[heads], self._means[heads], self._squares[heads]
        self._view()

    def parts(self, flat: torch.Tensor) -> list[torch.Tensor]:
        """Return W1, b1, W2, b2, views of rows (..., P)."""
        pieces = flat.split([shape.numel() for shape in self._shapes], dim=-1)
        return [piece.unflatten(-1, shape) for piece, shape in zip(pieces, self._shapes, strict=True)]

    def _view(self) -> None:
        self._gradients = torch.zeros_like(self.flat)
        self._weights = self.parts(self.flat)
        self._gradient_parts = self.parts(self._gradients)

    def gradient(
        self, x: torch.Tensor, y: torch.Tensor, w: torch.Tensor, keeps: torch.Tensor, gamma: torch.Tensor | None
    ) -> torch.Tensor:
        """Take the gradient of sum(w * loss(logits, y)) and return the logits.

        Args:
            x: (H, B, D) rows.
            y: (H, B, C) labels, 0 or 1.
            w: (H, B, C) weights of the loss terms, over their number.
            keeps: (H, B, W) 0 where a unit is dropped, else 1 / (1 - dropout).
            gamma: (H, B, C) of a focused loss, see `losses`; None for binary cross-entropy.
        """
        first, first_bias, second, second_bias = self._weights
        to_first, to_first_bias, to_second, to_second_bias = self._gradient_parts
        h = self._product(x, first.mT).add_(first_bias[:, None]).relu_().mul_(keeps)  # (H, B, W)
        logits = self._product(h, second.mT).add_(second_bias[:, None])  # (H, B, C)
        g = loss_slopes(logits, y, gamma).mul_(w)
        to_second.copy_(self._product(g.mT, h))
        torch.sum(g, 1, out=to_second_bias)
        dz = torch.where(h > 0, self._product(g, second).mul_(keeps), 0)  # (H, B, W)
        to_first.copy_(self._product(dz.mT, x))
        torch.sum(dz, 1, out=to_first_bias)
        return logits

    def adam(self, groups: Sequence[Group]) -> None:
        """Update each group of heads at its own rate and decay; all have taken the same number of steps."""
        self._steps += 1
        for rate, decay, heads in groups:
            state = (self.flat, self._gradients, self._means, self._squares)
            weights, gradients, means, squares = ([tensor[part] for part in heads] for tensor in state)
            # What torch.optim.Adam(fused=True) calls in the end.
            torch._fused_adam_(
                weights, gradients, means, squares, [], [self._steps] * len(heads),
                lr=rate, beta1=0.9, beta2=0.999, weight_decay=decay, eps=1e-8, amsgrad=False, maximize=False,
            )  # fmt: skip

    def _product(self, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        """Return a @ b, added up in float32 whatever the precision of the factors."""
        if self._precision == "float32":
            return torch.bmm(a, b)
        if a.is_cuda:
            return torch.bmm(a.bfloat16(), b.bfloat16(), out_dtype=torch.float32)
        # The product of two bfloat16 numbers is a float32 number, so this is the same arithmetic, if not as fast.
        return torch.bmm(a.bfloat16().float(), b.bfloat16().float())
