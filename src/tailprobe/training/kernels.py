"""The ways a head can be trained: compiled for this processor, in torch, or many in a stack on a GPU.

All agree with `reference.train_reference` within float tolerance; the last digits differ between them, so a run records
the name of the one that trained it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch

from tailprobe.errors import InputError
from tailprobe.training import torch_trainer
from tailprobe.training.data import TrainingData
from tailprobe.training.kernel import native
from tailprobe.training.stacked import stack
from tailprobe.training.stacked.step import Precision
from tailprobe.training.task import HeadTask
from tailprobe.training.torch_trainer import TorchTrainer
from tailprobe.training.trainer import Trainer


@dataclass(frozen=True)
class Stack:
    """The device on which heads are trained in one stack, and the precision of the factors of their products."""

    device: torch.device
    precision: Precision

    def free_bytes(self) -> int | None:
        """Return the free memory of a GPU, bytes; None for the processor's memory."""
        return torch.cuda.mem_get_info(self.device)[0] if self.device.type == "cuda" else None

    def resident_bytes(self) -> int:
        """Return how many bytes of the device embeddings may take: half of the free ones."""
        return (self.free_bytes() or 0) // 2


def _everything(task: HeadTask) -> str | None:
    return None


@dataclass(frozen=True)
class Kernel:
    """One implementation of training."""

    name: str  # a name that `choose_kernel` takes
    begin: Callable[[TrainingData, HeadTask], Trainer]
    memory_bytes: Callable[..., int]  # of one head in training, given inputs, width, classes and batch
    supports: Callable[[HeadTask], str | None] = _everything  # why it cannot train a plan, for the log; None: it can
    note: str | None = None  # for the log: why it is not the compiled one
    stack: Stack | None = None  # where heads are trained together and not one by one; `begin` is then not used
    fixed_bytes: int = 0  # memory in training that does not depend on the number of heads


GENERAL = Kernel("torch", TorchTrainer, torch_trainer.memory_bytes)  # trains every plan


def choose_kernel(name: str = "auto") -> Kernel:
    """Return the kernel called `name`.

    - "cuda": all heads in a stack on the GPU; "cuda-bfloat16": the same with the factors of products rounded to
      bfloat16.
    - "avx512", "avx2", "baseline": variants of the compiled kernel, one head a core.
    - "amx-bfloat16", "avx512-bfloat16": the same with the factors of all products, also in validation, rounded to
      bfloat16; with the processor's matrix units or its vector units.
    - "torch": the same in torch.
    - "stacked", "stacked-bfloat16", "baseline-bfloat16": the arithmetic of "cuda", "cuda-bfloat16" and
      "avx512-bfloat16" on any processor, slowly; for tests, and to measure the effect of rounding.
    - "bfloat16": the fastest bfloat16 variant that the processor has instructions for.
    - "auto": the compiled kernel's fastest variant, or torch if there is none. A GPU is used only if it is named.

    Raises:
        InputError: this machine has no such kernel; the message lists those it has.

    >>> choose_kernel("torch").name
    'torch'
    """
    missing = native.unavailable_reason()
    compiled = (*native.variants(), *native.bfloat16_variants())
    devices = ("cuda", "stacked") if torch.cuda.is_available() else ("stacked",)
    fast = [variant for variant in native.bfloat16_variants() if not variant.startswith("baseline")]
    name = {"auto": (*compiled, "torch")[0], "bfloat16": (*fast, "avx512-bfloat16")[0]}.get(name, name)
    device, _, precision = name.partition("-")
    if device in devices and precision in ("", "bfloat16"):
        return _stacked(name, "cuda" if device == "cuda" else "cpu", "bfloat16" if precision else "float32")
    if name == "torch":
        note = missing and f"no compiled kernel: {missing}"
        return Kernel("torch", TorchTrainer, torch_trainer.memory_bytes, note=note)
    if name not in compiled:
        there = missing or f"this machine has {', '.join((*compiled, *devices))} and torch"
        raise InputError(f"kernel {name!r} is not available: {there}")
    begin = partial(native.NativeTrainer, variant=name)
    return Kernel(name, begin, partial(native.memory_bytes, variant=name))


def _stacked(name: str, device: str, precision: Precision) -> Kernel:
    where = Stack(torch.device(device), precision)
    return Kernel(name, TorchTrainer, stack.memory_bytes, stack.supports, stack=where, fixed_bytes=stack.FIXED_BYTES)
