"""The compiled trainer: the C of this folder by ctypes, which releases the GIL while it trains."""

import ctypes
import hashlib
from functools import cache
from pathlib import Path
from typing import get_args

import numpy as np
import torch
from jaxtyping import Float, Int

from tailprobe.errors import InputError
from tailprobe.learners.loss import Loss
from tailprobe.learners.optimiser import Algorithm
from tailprobe.learners.plan import Stage
from tailprobe.training.data import TrainingData
from tailprobe.training.randomness import dropout_key, initial_head, restarted_output
from tailprobe.training.task import HeadTask, ScheduledStage
from tailprobe.training.trainer import Epoch

_FOLDER = Path(__file__).parent
_VARIANTS = ("avx512", "avx2", "baseline")  # best first
_BFLOAT16 = ("amx-bfloat16", "avx512-bfloat16", "baseline-bfloat16")  # best first; the last one is slow
_i64, _f64, _address = ctypes.c_int64, ctypes.c_double, ctypes.c_void_p


class _LossSpec(ctypes.Structure):
    """`LossSpec` of kernel.h, field by field."""

    _fields_ = tuple((name, _address) for name in ("weight", "scale", "shift", "gamma", "clip", "smoothing"))


class _TrainerState(ctypes.Structure):
    """`TrainerState` of kernel.h, field by field."""

    _fields_ = (
        ("inputs", _i64), ("width", _i64), ("classes", _i64), ("batch", _i64),
        ("embeddings", _address), ("row_stride", _i64), ("column_stride", _i64), ("half", _i64),
        ("mean", _address), ("inverse", _address), ("labels", _address),
        ("row_weights", _address), ("row_weight_columns", _i64), ("batch_mean_weight", _i64),
        ("output_only", _i64), ("is_softmax", _i64), ("loss_features", _i64),
        ("dropout_threshold", _i64), ("keep_scale", _f64), ("weight_decay", _f64),
        ("algorithm", _i64), ("momentum", _f64), ("radius", _f64),
        ("beta1_power", _f64), ("beta2_power", _f64),
        ("memory", _address),
    )  # fmt: skip


_STATE = ctypes.POINTER(_TrainerState)


class _Kernel(ctypes.Structure):
    """`Kernel` of kernel.h."""

    _fields_ = (
        ("memory_floats", ctypes.CFUNCTYPE(_i64, _i64, _i64, _i64, _i64, _i64)),
        ("load", ctypes.CFUNCTYPE(None, _STATE, _address, _address, _address, _address)),
        ("store", ctypes.CFUNCTYPE(None, _STATE, _address, _address, _address, _address)),
        ("set_loss", ctypes.CFUNCTYPE(None, _STATE, ctypes.POINTER(_LossSpec))),
        ("restart_output", ctypes.CFUNCTYPE(None, _STATE, _address, _address)),
        ("train", ctypes.CFUNCTYPE(_f64, _STATE, _address, _address, _i64, _f64, ctypes.c_uint32)),
        ("validate", ctypes.CFUNCTYPE(_f64, _STATE, _address, _i64, _address)),
    )


_STRUCTURES = (_LossSpec, _TrainerState, _Kernel)  # in the order of `tailprobe_sizes`


def variants() -> tuple[str, ...]:
    """Return the variants that this machine can run, best first; none where the package has no compiled kernel."""
    return _available(_VARIANTS)


def bfloat16_variants() -> tuple[str, ...]:
    """Return the variants whose products have factors rounded to bfloat16, best first."""
    return _available(_BFLOAT16)


def _available(names: tuple[str, ...]) -> tuple[str, ...]:
    return () if unavailable_reason() else tuple(name for name in names if _variant(name) is not None)


@cache
def unavailable_reason() -> str | None:
    """Return why there is no compiled kernel, None if there is one."""
    return library_problem(_FOLDER)


def library_problem(folder: Path) -> str | None:
    """Return why the kernel's folder has no usable library, None if it has one."""
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
    sizes = list((_i64 * len(_STRUCTURES)).in_dll(library, "tailprobe_sizes"))
    if sizes != [ctypes.sizeof(structure) for structure in _STRUCTURES]:
        return "its structures differ in size from those of native.py; install the package again"
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
        self._inputs, self._classes = data.vectors.shape[1], data.matrix.shape[1]
        sharp, width = task.plan.optimiser.radius > 0, self._recipe.width
        floats = kernel.memory_floats(self._inputs, width, self._classes, task.batch, sharp)
        self._labels, self._memory = np.ascontiguousarray(data.matrix), _aligned(floats)
        self._row_weights: Float[np.ndarray, "R K"] | None = None
        self._state = self._initial_state()
        first = initial_head(task.stream_seed, inputs=self._inputs, width=self._recipe.width, classes=self._classes)
        self._shapes = [value.shape for value in first]
        kernel.load(self._state, *self._addresses(list(first)))

    def _initial_state(self) -> _TrainerState:
        embeddings, scale, recipe = self._data.vectors, self._data.scale, self._recipe
        whole = embeddings.flags.aligned and not any(stride % embeddings.itemsize for stride in embeddings.strides)
        if embeddings.dtype not in (np.float32, np.float16) or not whole:
            raise InputError(f"embeddings are float32 or float16 in this machine's byte order, not {embeddings.dtype}")
        wanted, optimiser = self._task.standardise, self._task.plan.optimiser
        return _TrainerState(
            inputs=self._inputs, width=recipe.width, classes=self._classes, batch=self._task.batch,
            embeddings=embeddings.ctypes.data, half=embeddings.dtype == np.float16,
            row_stride=embeddings.strides[0] // embeddings.itemsize,
            column_stride=embeddings.strides[1] // embeddings.itemsize,
            mean=scale.mean.ctypes.data if wanted else None, inverse=scale.inverse.ctypes.data if wanted else None,
            labels=self._labels.ctypes.data, is_softmax=self._task.plan.link == "softmax",
            dropout_threshold=round(recipe.dropout * 65536),
            keep_scale=1 / (1 - recipe.dropout), weight_decay=recipe.weight_decay,
            algorithm=get_args(Algorithm).index(optimiser.algorithm), momentum=optimiser.momentum,
            radius=optimiser.radius, beta1_power=1.0, beta2_power=1.0,
            memory=self._memory.ctypes.data,
        )  # fmt: skip

    def begin_stage(self, stage: ScheduledStage) -> None:
        """Take the rows, the weights and the loss of a stage, and what it trains.

        Raises:
            ValueError: loss tables or row weights that do not fit the rows and classes.
        """
        self._stage = stage
        self._set_loss(stage.stage.loss)
        self._set_row_weights(stage.stage)
        self._state.output_only = stage.stage.trains == "output"
        if stage.stage.restart_output:
            fan_in = self._recipe.width or self._inputs
            output = restarted_output(self._task.stream_seed, fan_in=fan_in, classes=self._classes, stage=stage.index)
            self._kernel.restart_output(self._state, *(value.data_ptr() for value in output))

    def train_epoch(self, epoch: Epoch) -> float:
        """Train an epoch of the stage and return its mean training loss."""
        positions = _int64(self._task.draw(self._stage, epoch.in_stage))
        rows = self._train[positions]
        total = self._kernel.train(
            self._state,
            rows.ctypes.data,
            positions.ctypes.data,
            len(rows),
            self._recipe.learning_rate_in(epoch.overall),
            dropout_key(self._task.stream_seed, epoch.overall),
        )
        return float(total) / len(rows)

    def validate(self, logits: Float[np.ndarray, "V C"] | None = None) -> float:
        """Return the mean plain loss of the link over the validation rows; NaN if there are none."""
        rows = self._validation
        if not len(rows):
            return float("nan")
        out = None if logits is None else np.require(logits, np.float32, ["C", "W"])
        total = self._kernel.validate(
            self._state, rows.ctypes.data, len(rows), None if out is None else out.ctypes.data
        )
        if logits is not None and out is not logits:
            logits[:] = out
        return float(total) / len(rows)

    def parameters(self) -> list[torch.Tensor]:
        """Return copies of weight and bias of each layer."""
        copies = [torch.empty(*shape) for shape in self._shapes]
        self._kernel.store(self._state, *self._addresses(copies))
        return copies

    def _set_loss(self, loss: Loss) -> None:
        tables = {name: _table(name, table, self._classes) for name, table in loss.tables()}
        given = {name: table.ctypes.data for name, table in tables.items() if not _is_neutral(name, table)}
        self._kernel.set_loss(self._state, _LossSpec(**given))

    def _set_row_weights(self, stage: Stage) -> None:
        weights, state = stage.row_weights, self._state
        if weights is None:
            state.row_weights, state.row_weight_columns = None, 0
            return
        rows = len(self._train)
        if weights.shape not in ((rows,), (rows, self._classes)):
            raise ValueError(
                f"row weights have the shape {weights.shape}; expected ({rows},) or ({rows}, {self._classes})"
            )
        self._row_weights = np.ascontiguousarray(weights.reshape(rows, -1), np.float64)
        state.row_weights, state.row_weight_columns = self._row_weights.ctypes.data, self._row_weights.shape[1]
        state.batch_mean_weight = stage.batch_mean_weight

    def _addresses(self, parameters: list[torch.Tensor]) -> list[int | None]:
        """Return where weight and bias of both layers are; None for the hidden layer of a linear head."""
        hidden = [None, None] if len(parameters) == 2 else []
        return [*hidden, *(value.data_ptr() for value in parameters)]


def memory_bytes(*, inputs: int, width: int, classes: int, batch: int, variant: str) -> int:
    """Return the bytes of one head in training: weights, Adam's two moments, and the buffers of a batch."""
    kernel = _variant(variant)
    if kernel is None:
        raise InputError(f"this processor cannot run the {variant} kernel")
    return 4 * int(kernel.memory_floats(inputs, width, classes, batch, False))


def _table(name: str, table: Float[np.ndarray, "2 C"], classes: int) -> Float[np.ndarray, "2 C"]:
    if table.shape != (2, classes):
        raise ValueError(f"loss table {name} has the shape {table.shape}; expected (2, {classes})")
    return np.ascontiguousarray(table, np.float32)


def _is_neutral(name: str, table: Float[np.ndarray, "2 C"]) -> bool:
    return bool((table == (1 if name in ("weight", "scale") else 0)).all())


def _aligned(floats: int) -> Float[np.ndarray, " F"]:
    """Return zeros that begin at a multiple of 64 bytes."""
    memory = np.zeros(floats + 16, np.float32)
    first = -memory.ctypes.data % 64 // 4
    return memory[first : first + floats]


def _int64(rows: Int[np.ndarray, " R"]) -> Int[np.ndarray, " R"]:
    return np.ascontiguousarray(rows, dtype=np.int64)
