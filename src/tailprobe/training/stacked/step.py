"""One optimiser step of a whole stack: the algebra of `torch_trainer` with a leading H."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch

from tailprobe.training.loss import TermLoss, loss_gradient

Precision = Literal["float32", "bfloat16"]


@dataclass(frozen=True)
class Group:
    """Heads with the same Adam settings."""

    rate: float  # learning rate
    weight_decay: float
    steps: int  # since Adam's state was reset, this one included
    output_only: bool  # the hidden layer is frozen
    heads: list[slice]


class StackStep:
    """Weights, gradients and Adam's moments of H heads, each a row of P numbers.

    W1 (W, D), b1, W2 (C, W), b2; of linear heads W (C, D), b.
    """

    def __init__(self, heads: Sequence[Sequence[torch.Tensor]], *, device: torch.device, precision: Precision) -> None:
        self._shapes = [part.shape for part in heads[0]]
        self._precision: Precision = precision
        self.flat = torch.stack([torch.cat([part.flatten() for part in head]) for head in heads]).to(device)  # (H, P)
        self._means, self._squares = torch.zeros_like(self.flat), torch.zeros_like(self.flat)
        self._output_start = self.flat.shape[1] - sum(shape.numel() for shape in self._shapes[-2:])
        self._view()

    def keep_only(self, heads: torch.Tensor) -> None:
        """Remove all heads but these."""
        self.flat, self._means, self._squares = self.flat[heads], self._means[heads], self._squares[heads]
        self._view()

    def restart(self, head: int, output: Sequence[torch.Tensor]) -> None:
        """Set a head's output weights and reset its Adam state."""
        self.flat[head, self._output_start :] = torch.cat([part.flatten() for part in output]).to(self.flat.device)
        self._means[head] = 0
        self._squares[head] = 0

    def parts(self, flat: torch.Tensor) -> list[torch.Tensor]:
        """Return W1, b1, W2, b2, views of rows (..., P)."""
        pieces = flat.split([shape.numel() for shape in self._shapes], dim=-1)
        return [piece.unflatten(-1, shape) for piece, shape in zip(pieces, self._shapes, strict=True)]

    def _view(self) -> None:
        self._gradients = torch.zeros_like(self.flat)
        self._weights = self.parts(self.flat)
        self._gradient_parts = self.parts(self._gradients)

    def gradient(
        self, x: torch.Tensor, y: torch.Tensor, w: torch.Tensor, keeps: torch.Tensor, loss: TermLoss
    ) -> torch.Tensor:
        """Compute the gradient of sum(w * loss(logits, y)); return the (H, B, C) logits.

        Args:
            x: (H, B, D) rows.
            y: (H, B, C) labels, 0 or 1.
            w: (H, B, C) weights of the loss terms, divided by their number.
            keeps: (H, B, W) 0 where a unit is dropped, else 1 / (1 - dropout).
            loss: of tables (H, B, C).
        """
        if len(self._shapes) == 2:
            h = x
        else:
            h = self._product(x, self._weights[0].mT).add_(self._weights[1][:, None]).relu_().mul_(keeps)  # (H, B, W)
        output, output_bias = self._weights[-2:]
        logits = self._product(h, output.mT).add_(output_bias[:, None])  # (H, B, C)
        g = loss_gradient(logits, y, w, loss)
        self._gradient_parts[-2].copy_(self._product(g.mT, h))
        torch.sum(g, 1, out=self._gradient_parts[-1])
        if len(self._shapes) > 2:
            dz = torch.where(h > 0, self._product(g, output).mul_(keeps), 0)  # (H, B, W)
            self._gradient_parts[0].copy_(self._product(dz.mT, x))
            torch.sum(dz, 1, out=self._gradient_parts[1])
        return logits

    def logits(self, x: torch.Tensor, head: int) -> torch.Tensor:
        """Return one head's logits (B, C) of rows (B, D), without dropout, in float32."""
        parts = [part[head] for part in self.parts(self.flat)]
        if len(parts) > 2:
            x = torch.addmm(parts[1], x, parts[0].T).relu_()
        return torch.addmm(parts[-1], x, parts[-2].T)

    def adam(self, groups: Sequence[Group]) -> None:
        """Update each group of heads at its own rate, decay and number of steps."""
        for group in groups:
            start = self._output_start if group.output_only else 0
            state = (self.flat, self._gradients, self._means, self._squares)
            weights, gradients, means, squares = ([tensor[part, start:] for part in group.heads] for tensor in state)
            steps = [torch.tensor(float(group.steps), device=self.flat.device)] * len(group.heads)
            # The function that torch.optim.Adam(fused=True) calls.
            torch._fused_adam_(
                weights, gradients, means, squares, [], steps,
                lr=group.rate, beta1=0.9, beta2=0.999, weight_decay=group.weight_decay, eps=1e-8, amsgrad=False,
                maximize=False,
            )  # fmt: skip

    def _product(self, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        """Return a @ b, accumulated in float32 whatever the precision of the factors."""
        if self._precision == "float32":
            return torch.bmm(a, b)
        if a.is_cuda:
            return torch.bmm(a.bfloat16(), b.bfloat16(), out_dtype=torch.float32)
        # The product of two bfloat16 numbers is a float32 number, so this is the same arithmetic, if not as fast.
        return torch.bmm(a.bfloat16().float(), b.bfloat16().float())
