"""Random numbers of a training run: initial weights, order of rows, dropout bits.

Each depends on the seed and on nothing else of the study, so heads of one seed share them where their shapes agree, and
a paired difference between a method and the baseline is due to the method and little else.
"""

import numpy as np
import torch
from jaxtyping import Bool, Int

from tailprobe.randomness import generator, torch_generator


def initial_head(seed: int, *, inputs: int, width: int, classes: int) -> tuple[torch.Tensor, ...]:
    """Return weight and bias of each layer, distributed as in `torch.nn.Linear`: uniform within 1/sqrt(fan-in).

    Returns:
        (width, inputs), (width,), (classes, width) and (classes,) float32; for a width of 0, a linear head,
        (classes, inputs) and (classes,).
    """
    rng = torch_generator(seed, "initialisation")
    if not width:
        return _layer(classes, inputs, rng)
    return (*_layer(width, inputs, rng), *_layer(classes, width, rng))


def restarted_output(seed: int, *, fan_in: int, classes: int, stage: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return new (classes, fan_in) weight and (classes,) bias, float32, for a stage that restarts the output layer."""
    return _layer(classes, fan_in, torch_generator(seed, "initialisation", f"stage {stage}"))


def _layer(outputs: int, inputs: int, rng: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    bound = inputs**-0.5
    weight = torch.empty(outputs, inputs).uniform_(-bound, bound, generator=rng)
    return weight, torch.empty(outputs).uniform_(-bound, bound, generator=rng)


def row_order(seed: int, epoch: int, rows: int, *, stage: int = 0) -> Int[np.ndarray, " M"]:
    """Return the permutation of `rows` draws for a pass of a stage."""
    return generator(seed, "order", *([f"stage {stage}"] if stage else []), str(epoch)).permutation(rows)


def dropout_key(seed: int, epoch: int) -> int:
    """Return the key of an epoch's dropout bits, 32 bits."""
    return int(generator(seed, "dropout", str(epoch)).integers(2**32))


def dropout_keeps(key: int, *, first: int, rows: int, width: int, rate: float) -> Bool[np.ndarray, "B W"]:
    """Return which hidden units are kept, for the B = `rows` rows of an epoch from `first` on.

    A hash of (key, position) instead of a stream: the bits of any row can be computed alone, on any device, in any
    order, so the result does not depend on how the work is divided. Positions are hashed in pairs, 16 bits for each
    unit; the rate is exact to 1/65536.

    Source:
        the mixing steps are the 32-bit finaliser of MurmurHash3 (Appleby, public domain).
    """
    pairs = (width + 1) // 2
    start = first * pairs
    position = np.arange(start, start + rows * pairs, dtype=np.uint64).astype(np.uint32)
    bits = _mix(position * np.uint32(0x9E3779B9) + np.uint32(key)).view(np.uint16).reshape(rows, 2 * pairs)
    return bits[:, :width] >= round(rate * 65536)


def _mix(h: np.ndarray) -> np.ndarray:
    h ^= h >> np.uint32(16)
    h *= np.uint32(0x85EBCA6B)
    h ^= h >> np.uint32(13)
    h *= np.uint32(0xC2B2AE35)
    h ^= h >> np.uint32(16)
    return h
