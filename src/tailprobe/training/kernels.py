"""The ways a head can be trained: compiled for this processor, in torch, or many in a stack on a GPU.

All follow `reference.train_reference` within float tolerance; the last digits differ from one to the other, so a run
notes the name of the one that trained it.
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
    """Where heads are trained in one stack, and how exact the factors of their products are."""

    device: torch.device
    precision: Precision

    def free_bytes(self) -> int | None:
        """Return the memory free on a GPU; None where the stack is in the machine's own."""
        return torch.cuda.mem_get_info(self.device)[0] if self.device.type == "cuda" else None

    def resident_bytes(self) -> int:
        """Return how much of the device embeddings may take: half of what is free."""
        return (self.free_bytes() or 0) // 2


def _everything(task: HeadTask) -> str | None:
    return None


@dataclass(frozen=True)
class Kernel:
    """One way of training."""

    name: str  # a name that `choose_kernel` takes
    begin: Callable[[TrainingData, HeadTask], Trainer]
    memory_bytes: Callable[..., int]  # of one head in training, by inputs, width, classes, batch
    supports: Callable[[HeadTask], str | None] = _everything  # why it cannot train a plan, for the log; None: it can
    note: str | None = None  # for the log: why it is not the compiled one
    stack: Stack | None = None  # where heads are trained together instead of one by one; `begin` then trains no head
    fixed_bytes: int = 0  # in training, however many heads there are


GENERAL = Kernel("torch", TorchTrainer, torch_trainer.memory_bytes)  # trains every plan


def choose_kernel(name: str = "auto") -> Kernel:
    """Return the kernel called `name`.

    - "cuda": all heads in a stack on the GPU; "cuda-bfloat16": the same, factors of the products rounded to bfloat16.
    - "avx512", "avx2", "baseline": variants of the compiled kernel, one head a core.
    - "amx-bfloat16", "avx512-bfloat16": the same, the factors of all products, of the validation too, rounded to
      bfloat16; by the processor's matrix units, or by its vector units.
    - "torch": the same in torch.
    - "stacked", "stacked-bfloat16", "baseline-bfloat16": what "cuda", "cuda-bfloat16" and "avx512-bfloat16" do, on any
      processor, slowly; for tests, and to see what rounding does.
    - "bfloat16": the fastest in bfloat16 where the processor has units for it.
    - "auto": the compiled kernel's best variant, or torch where there is none. A GPU is used only if it is named,
      until its stack has been measured on one.

    Raises:
        InputError: this machine has no such kernel.
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
        raise InputError(f"there is no kernel {name!r}: {there}")
    begin = partial(native.NativeTrainer, variant=name)
    return Kernel(name, begin, partial(native.memory_bytes, variant=name))


def _stacked(name: str, device: str, precision: Precision) -> Kernel:
    where = Stack(torch.device(device), precision)
    return Kernel(name, TorchTrainer, stack.memory_bytes, stack.supports, stack=where, fixed_bytes=stack.FIXED_BYTES)
