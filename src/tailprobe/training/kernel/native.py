"""The compiled trainer: the C of this folder by ctypes, which releases the GIL while it trains."""

import ctypes
import hashlib
from functools import cache
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Int

from tailprobe.errors import InputError
from tailprobe.learners.loss import Loss
from tailprobe.training.data import TrainingData
from tailprobe.training.randomness import dropout_key, initial_head
from tailprobe.training.task import HeadTask, ScheduledStage
from tailprobe.training.trainer import Epoch

_FOLDER = Path(__file__).parent
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
    return _available(_VARIANTS)


def bfloat16_variants() -> tuple[str, ...]:
    """Return those whose products are of numbers rounded to bfloat16, best first."""
    return _available(_BFLOAT16)


def _available(names: tuple[str, ...]) -> tuple[str, ...]:
    return () if unavailable_reason() else tuple(name for name in names if _variant(name) is not None)


@cache
def unavailable_reason() -> str | None:
    """Say why there is no compiled kernel, or return None where there is one."""
    return library_problem(_FOLDER)


def library_problem(folder: Path) -> str | None:
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


def supports(task: HeadTask) -> str | None:
    """Say why the compiled kernel cannot train a plan, or return None where it can."""
    plan = task.plan
    if not task.effective_recipe.width:
        return "a linear head"
    if len(plan.stages) > 1:
        return "several stages"
    stage = plan.stages[0]
    if stage.loss.link != "sigmoid":
        return "a softmax loss"
    if any(name in ("scale", "shift", "clip") for name, _ in stage.loss.tables()):
        return "a loss with scale, shift or margin"
    if stage.row_weights is not None and stage.row_weights.ndim > 1:
        return "weights of single loss terms"
    return None


class NativeTrainer:
    """One head in training; see `Trainer`.

    Raises:
        InputError: embeddings that are neither float32 nor float16 as this machine has them.
    """

    def __init__(self, data: TrainingData, task: HeadTask, variant: str) -> None:
        kernel = _variant(variant)
        if kernel is None:
            raise InputError(f"this processor cannot run the {variant} kernel; it can run {', '.join(variants())}")
        self._kernel: _Kernel = kernel
        self._task, self._data, self._recipe = task, data, task.effective_recipe
        self._train, self._validation = _int64(data.train), _int64(data.validation)
        loss = task.plan.stages[0].loss
        inputs, classes = data.vectors.shape[1], data.matrix.shape[1]
        self._held = (  # what the kernel has addresses of
            data.vectors,
            np.ascontiguousarray(data.matrix),
            data.scale.mean,
            data.scale.inverse,
            _class_weights(loss, 1, classes),
            _class_weights(loss, 0, classes),
            _aligned(self._kernel.memory_floats(inputs, self._recipe.width, classes, task.batch)),
        )
        self._head = self._structure(loss)
        first = initial_head(task.stream_seed, inputs=inputs, width=self._recipe.width, classes=classes)
        self._shapes = [value.shape for value in first]
        self._kernel.load(self._head, *(value.data_ptr() for value in first))

    def _structure(self, loss: Loss) -> _Head:
        embeddings, matrix, mean, inverse, positive, negative, memory = self._held
        whole = embeddings.flags.aligned and not any(stride % embeddings.itemsize for stride in embeddings.strides)
        if embeddings.dtype not in (np.float32, np.float16) or not whole:
            raise InputError(f"embeddings are float32 or float16 in this machine's byte order, not {embeddings.dtype}")
        recipe, wanted = self._recipe, self._task.standardise
        gamma = np.zeros((2, 1)) if loss.gamma is None else loss.gamma
        return _Head(
            inputs=embeddings.shape[1], width=recipe.width, classes=matrix.shape[1], batch=self._task.batch,
            embeddings=embeddings.ctypes.data, half=embeddings.dtype == np.float16,
            row_stride=embeddings.strides[0] // embeddings.itemsize,
            column_stride=embeddings.strides[1] // embeddings.itemsize,
            mean=mean.ctypes.data if wanted else None, inverse=inverse.ctypes.data if wanted else None,
            labels=matrix.ctypes.data, positive=positive.ctypes.data, negative=negative.ctypes.data,
            positive_focus=float(gamma[1, 0]), negative_focus=float(gamma[0, 0]),
            weigh_batches=self._task.plan.stages[0].batch_mean_weight,
            drop_below=round(recipe.dropout * 65536), scale=1 / (1 - recipe.dropout),
            weight_decay=recipe.weight_decay, mean_left=1.0, square_left=1.0, memory=memory.ctypes.data,
        )  # fmt: skip

    def begin_stage(self, stage: ScheduledStage) -> None:
        """Take the rows and weights of a stage."""
        self._stage = stage
        weights = stage.stage.row_weights
        self._factors = None if weights is None else weights.astype(np.float32)

    def train_epoch(self, epoch: Epoch) -> float:
        """Train an epoch of the stage and return its mean training loss."""
        drawn = self._task.draw(self._stage, epoch.in_stage)
        rows = self._train[drawn]
        factors = None if self._factors is None else self._factors[drawn]
        total = self._kernel.train(
            self._head,
            rows.ctypes.data,
            None if factors is None else factors.ctypes.data,
            len(rows),
            self._recipe.learning_rate_in(epoch.overall),
            dropout_key(self._task.stream_seed, epoch.overall),
        )
        return float(total) / len(rows)

    def validate(self, logits: Float[np.ndarray, "V C"] | None = None) -> float:
        """Return the mean plain loss of the link over the validation rows; NaN where there are none."""
        rows = self._validation
        if not len(rows):
            return float("nan")
        if logits is not None:
            x = torch.from_numpy(self._data.scale.apply(self._data.vectors[rows]))
            first, first_bias, second, second_bias = self.parameters()
            hidden = torch.relu(torch.addmm(first_bias, x, first.T))
            logits[:] = torch.addmm(second_bias, hidden, second.T).numpy()
        return float(self._kernel.validate(self._head, rows.ctypes.data, len(rows))) / len(rows)

    def parameters(self) -> list[torch.Tensor]:
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


def _class_weights(loss: Loss, label: int, classes: int) -> Float[np.ndarray, " C"]:
    weight = 1.0 if loss.weight is None else loss.weight[label]
    return np.ascontiguousarray(np.broadcast_to(weight, (classes,)), np.float32)


def _aligned(floats: int) -> Float[np.ndarray, " F"]:
    """Return zeros that begin at a multiple of 64 bytes."""
    memory = np.zeros(floats + 16, np.float32)
    first = -memory.ctypes.data % 64 // 4
    return memory[first : first + floats]


def _int64(rows: Int[np.ndarray, " R"]) -> Int[np.ndarray, " R"]:
    return np.ascontiguousarray(rows, dtype=np.int64)
