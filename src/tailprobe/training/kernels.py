"""The ways a head can be trained: compiled for this processor, or in torch.

All follow `reference.train_plainly` within float tolerance; the last digits differ from one to the other, so a run
notes the name of the one that trained it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import numpy as np
import torch
from jaxtyping import Float

from tailprobe.errors import InputError
from tailprobe.labels import Labels
from tailprobe.training import by_hand, native
from tailprobe.training.by_hand import TorchTrainer
from tailprobe.training.standardisation import Standardisation
from tailprobe.training.task import HeadTask


class Trainer(Protocol):
    """One head in training."""

    def epoch(self, epoch: int) -> float:
        """Train an epoch, counted from 0 and in order, and return its mean training loss."""

    def validation_loss(self) -> float:
        """Return the mean plain loss of the validation rows, without dropout."""

    def weights(self) -> list[torch.Tensor]:
        """Return copies of weight and bias of both layers."""


@dataclass(frozen=True)
class Kernel:
    """One way of training."""

    name: str  # "torch", or a variant of the compiled kernel: "avx512", "avx2", "baseline"
    begin: Callable[[Float[np.ndarray, "N D"], Labels, HeadTask, Standardisation], Trainer]
    memory_bytes: Callable[..., int]  # of one head in training, by inputs, width, classes, batch
    note: str | None = None  # for the log: why it is not the compiled one


def choose_kernel(name: str = "auto") -> Kernel:
    """Return the kernel called `name`; "auto" is the compiled one's best variant, or torch where there is none.

    Raises:
        InputError: this machine has no such kernel.
    """
    compiled, missing = native.variants(), native.why_missing()
    if name == "auto":
        name = (*compiled, "torch")[0]
    if name == "torch":
        return Kernel("torch", TorchTrainer, by_hand.memory_bytes, note=missing and f"no compiled kernel: {missing}")
    if name not in compiled:
        there = missing or f"this machine has {', '.join(compiled)} and torch"
        raise InputError(f"there is no kernel {name!r}: {there}")
    begin = partial(native.NativeTrainer, variant=name)
    return Kernel(name, begin, partial(native.memory_bytes, variant=name))
