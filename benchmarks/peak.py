"""What the processor's arithmetic can do at most: the rate of a large matrix product."""

from collections.abc import Callable
from functools import partial

import torch

SIDES = (1024, 2048)  # which of them is faster differs between precisions and processors


def products(precision: str) -> dict[str, Callable[[], float]]:
    """Return, by name, square products in a precision ("float32", "bfloat16"), each giving its number of operations."""
    return {f"product {precision} {side}": partial(_product, _matrix(side, precision)) for side in SIDES}


def _matrix(side: int, precision: str) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randn(side, side, generator=generator).to(getattr(torch, precision))


def _product(matrix: torch.Tensor) -> float:
    with torch.inference_mode():
        return 2.0 * (matrix @ matrix).numel() * len(matrix)
