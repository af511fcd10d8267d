"""What is random in a training run: the first weights, the order of rows, the dropout bits.

Each depends on the seed and on nothing else of the study, so heads of one seed share them wherever their shapes agree,
and a paired difference between a method and the baseline carries the method and little else.
"""

import numpy as np
import torch
from jaxtyping import Bool, Int

from tailprobe.randomness import generator, torch_generator


def initial_head(seed: int, *, inputs: int, width: int, classes: int) -> tuple[torch.Tensor, ...]:
    """Return weight and bias of each layer as `torch.nn.Linear` would draw them: uniform within 1/sqrt(fan-in).

    Returns:
        (width, inputs), (width,), (classes, width) and (classes,) float32; for a width of 0, a linear head,
        (classes, inputs) and (classes,).
    """
    rng = torch_generator(seed, "initialisation")
    if not width:
        return _layer(classes, inputs, rng)
    return (*_layer(width, inputs, rng), *_layer(classes, width, rng))


def restarted_output(seed: int, *, fan_in: int, classes: int, stage: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the (classes, fan_in) weight and (classes,) bias that a stage begins with which restarts the output."""
    return _layer(classes, fan_in, torch_generator(seed, "initialisation", f"stage {stage}"))


def _layer(outputs: int, inputs: int, rng: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    bound = inputs**-0.5
    weight = torch.empty(outputs, inputs).uniform_(-bound, bound, generator=rng)
    return weight, torch.empty(outputs).uniform_(-bound, bound, generator=rng)


def row_order(seed: int, epoch: int, rows: int, *, stage: int = 0) -> Int[np.ndarray, " M"]:
    """Return the order in which an epoch of a stage goes through `rows` draws."""
    return generator(seed, "order", *([f"stage {stage}"] if stage else []), str(epoch)).permutation(rows)


def dropout_key(seed: int, epoch: int) -> int:
    """Return the key of an epoch's dropout bits, 32 bits."""
    return int(generator(seed, "dropout", str(epoch)).integers(2**32))


def dropout_keeps(key: int, *, first: int, rows: int, width: int, rate: float) -> Bool[np.ndarray, "B W"]:
    """Say which hidden units of rows `first` to `first + rows` of an epoch stay.

    A hash of (key, position) instead of a stream: any row's bits can be had alone, by any device, in any order, so
    the result does not depend on how the work was cut up. Positions are hashed in pairs, 16 bits for each unit; the
    rate is met to 1/65536.

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
