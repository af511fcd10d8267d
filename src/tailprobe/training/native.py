"""The compiled trainer: the C of kernel/ by ctypes. It holds no lock of Python while it trains."""

import ctypes
import hashlib
from functools import cache
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Int

from tailprobe.errors import InputError
from tailprobe.labels import Labels
from tailprobe.training.randomness import dropout_key, initial_head
from tailprobe.training.standardisation import Standardisation
from tailprobe.training.task import HeadTask

_FOLDER = Path(__file__).parent / "kernel"
_VARIANTS = ("avx512", "avx2", "baseline")  # best first
_BFLOAT16 = ("amx-bfloat16", "avx512-bfloat16", "baseline-bfloat16")  # best first; the last one is slow
_i64, _f64, _address = ctypes.c_int64, ctypes.c_double, ctypes.c_void_p


class _Head(ctypes.Structure):
    """`Head` of kernel.h, field by field."""

    _fields_ = (
        ("inputs", _i64), ("width", _i64), ("classes", _i64), ("batch", _i64),
        ("embeddings", _address), ("row_stride", _i64), ("column_stride", _i64), ("half", _i64),
        ("mean", _address), ("inverse", _address), ("labels", _address),
        ("positive", _address), ("negative", _address), ("positive_focus", _f64), ("negative_focus", _f64),
        ("weigh_batches", _i64),
        ("drop_below", _i64), ("scale", _f64), ("weight_decay", _f64), ("mean_left", _f64), ("square_left", _f64),
        ("memory", _address),
    )  # fmt: skip


_HEAD = ctypes.POINTER(_Head)


class _Kernel(ctypes.Structure):
    """`Kernel` of kernel.h."""

    _fields_ = (
        ("memory_floats", ctypes.CFUNCTYPE(_i64, _i64, _i64, _i64, _i64)),
        ("load", ctypes.CFUNCTYPE(None, _HEAD, _address, _address, _address, _address)),
        ("store", ctypes.CFUNCTYPE(None, _HEAD, _address, _address, _address, _address)),
        ("train", ctypes.CFUNCTYPE(_f64, _HEAD, _address, _address, _i64, _f64, ctypes.c_uint32)),
        ("validate", ctypes.CFUNCTYPE(_f64, _HEAD, _address, _i64)),
    )


def variants() -> tuple[str, ...]:
    """Return the variants that this machine can run, best first; none where the package has no compiled kernel."""
    return _there(_VARIANTS)


def bfloat16_variants() -> tuple[str, ...]:
    """Return those whose products are of numbers rounded to bfloat16, best first."""
    return _there(_BFLOAT16)


def _there(names: tuple[str, ...]) -> tuple[str, ...]:
    return () if why_missing() else tuple(name for name in names if _variant(name) is not None)


@cache
def why_missing() -> str | None:
    """Say why there is no compiled kernel, or return None where there is one."""
    return missing_from(_FOLDER)


def missing_from(folder: Path) -> str | None:
    """Say why the kernel's folder has no library to use, or return None where it has."""
    path = folder / "library.so"
    if not path.exists():
        return "the package was installed without a C compiler"
    try:
        library = _library(path)
    except OSError as error:
        return f"{path.name} cannot be loaded ({error})"
    sources = hashlib.sha256(b"".join(file.read_bytes() for file in sorted(folder.glob("*.[ch]")))).hexdigest()
    if library.tailprobe_sources().decode() != sources:
        return "it was compiled from other sources; install the package again"
    return None


@cache
def _library(path: Path) -> ctypes.CDLL:
    library = ctypes.CDLL(str(path))
    library.tailprobe_sources.restype = ctypes.c_char_p
    library.tailprobe_kernel.argtypes = [ctypes.c_char_p]
    library.tailprobe_kernel.restype = ctypes.POINTER(_Kernel)
    return library


def _variant(name: str) -> _Kernel | None:
    found = _library(_FOLDER / "library.so").tailprobe_kernel(name.encode())
    return found.contents if found else None


class NativeTrainer:
    """One head in training.

    Raises:
        InputError: embeddings that are neither float32 nor float16 as this machine has them.
        IndexError: a row outside the embeddings.
    """

    def __init__(
        self, embeddings: Float[np.ndarray, "N D"], labels: Labels, task: HeadTask, scale: Standardisation, variant: str
    ) -> None:
        found = _variant(variant)
        if found is None:
            raise InputError(f"this processor cannot run the {variant} kernel; it can run {', '.join(variants())}")
        self._kernel: _Kernel = found
        self._task = task
        self._validation = _checked(task.validation, len(embeddings))
        self._train = _checked(task.train, len(embeddings))
        plan = task.plan
        self._factors = None if plan.row_weights is None else plan.row_weights.astype(np.float32)
        classes = len(labels.classes)
        self._held = (  # what the kernel has addresses of
            embeddings,
            np.ascontiguousarray(labels.matrix),
            scale.mean,
            scale.inverse,
            _class_weights(plan.positive_weights, classes),
            _class_weights(plan.negative_weights, classes),
            _aligned(self._kernel.memory_floats(embeddings.shape[1], task.recipe.width, classes, self._batch)),
        )
        self._head = self._structure()
        first = initial_head(task.key.seed, inputs=embeddings.shape[1], width=task.recipe.width, classes=classes)
        self._shapes = [value.shape for value in first]
        self._kernel.load(self._head, *(value.data_ptr() for value in first))

    @property
    def _batch(self) -> int:
        return min(self._task.recipe.batch_size, self._task.plan.drawn)

    def _structure(self) -> _Head:
        embeddings, matrix, mean, inverse, positive, negative, memory = self._held
        whole = embeddings.flags.aligned and not any(stride % embeddings.itemsize for stride in embeddings.strides)
        if embeddings.dtype not in (np.float32, np.float16) or not whole:
            raise InputError(f"embeddings are float32 or float16 in this machine's byte order, not {embeddings.dtype}")
        recipe = self._task.recipe
        wanted = self._task.standardise
        return _Head(
            inputs=embeddings.shape[1], width=recipe.width, classes=matrix.shape[1], batch=self._batch,
            embeddings=embeddings.ctypes.data, half=embeddings.dtype == np.float16,
            row_stride=embeddings.strides[0] // embeddings.itemsize,
            column_stride=embeddings.strides[1] // embeddings.itemsize,
            mean=mean.ctypes.data if wanted else None, inverse=inverse.ctypes.data if wanted else None,
            labels=matrix.ctypes.data, positive=positive.ctypes.data, negative=negative.ctypes.data,
            positive_focus=self._task.plan.positive_focus, negative_focus=self._task.plan.negative_focus,
            weigh_batches=self._task.plan.weigh_batches,
            drop_below=round(recipe.dropout * 65536), scale=1 / (1 - recipe.dropout),
            weight_decay=recipe.weight_decay, mean_left=1.0, square_left=1.0, memory=memory.ctypes.data,
        )  # fmt: skip

    def epoch(self, epoch: int) -> float:
        """Train an epoch and return its mean training loss."""
        seed = self._task.key.seed
        drawn = self._task.draw(epoch)
        rows = self._train[drawn]
        factors = None if self._factors is None else self._factors[drawn]
        total = self._kernel.train(
            self._head,
            rows.ctypes.data,
            None if factors is None else factors.ctypes.data,
            len(rows),
            self._task.recipe.learning_rate_in(epoch),
            dropout_key(seed, epoch),
        )
        return float(total) / len(rows)

    def validation_loss(self) -> float:
        """Return the mean plain loss of the validation rows; NaN where there are none."""
        rows = self._validation
        if not len(rows):
            return float("nan")
        return float(self._kernel.validate(self._head, rows.ctypes.data, len(rows))) / len(rows)

    def weights(self) -> list[torch.Tensor]:
        """Return copies of weight and bias of both layers."""
        copies = [torch.empty(*shape) for shape in self._shapes]
        self._kernel.store(self._head, *(copy.data_ptr() for copy in copies))
        return copies


def memory_bytes(*, inputs: int, width: int, classes: int, batch: int, variant: str) -> int:
    """Return what one head in training takes: its weights, Adam's two moments of each, and the buffers of a batch."""
    kernel = _variant(variant)
    if kernel is None:
        raise InputError(f"this processor cannot run the {variant} kernel")
    return 4 * int(kernel.memory_floats(inputs, width, classes, batch))


def _class_weights(weights: Float[np.ndarray, " C"] | None, classes: int) -> Float[np.ndarray, " C"]:
    return np.ascontiguousarray(np.broadcast_to(1 if weights is None else weights, (classes,)), np.float32)


def _aligned(floats: int) -> Float[np.ndarray, " F"]:
    """Return zeros that begin at a multiple of 64 bytes."""
    memory = np.zeros(floats + 16, np.float32)
    first = -memory.ctypes.data % 64 // 4
    return memory[first : first + floats]


def _checked(rows: Int[np.ndarray, " R"], count: int) -> Int[np.ndarray, " R"]:
    # The kernel follows row numbers wherever they lead.
    if len(rows) and (rows.min() < 0 or rows.max() >= count):
        raise IndexError(f"rows {rows.min()} to {rows.max()} of {count} embeddings")
    return np.ascontiguousarray(rows, dtype=np.int64)
