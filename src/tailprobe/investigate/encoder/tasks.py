"""The fine-tunings of an investigation as tasks that may run anywhere and in any order."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from tailprobe.encoders.runtime.network import Network
from tailprobe.investigate.encoder.fit import Held, Pixels, TuningRecipe, fine_tune
from tailprobe.splits import Split


@dataclass(frozen=True, eq=False)
class TuningData:
    """What all fine-tunings share."""

    network: Network
    pixels: Pixels
    features: Float[np.ndarray, "N D"]  # of the frozen network
    splits: Mapping[int, Split]  # by seed
    recipe: TuningRecipe


@dataclass(frozen=True)
class TuningTask:
    """One fine-tuning."""

    tuning: str  # of `TUNINGS`, or `frozen`
    seed: int


TuningResults = Iterator[tuple[TuningTask, Held]]
FineTuneAll = Callable[[TuningData, Sequence[TuningTask]], TuningResults]


def run_tuning(data: TuningData, task: TuningTask) -> Held:
    """Fine-tune under one seed, on the device of the network."""
    split = data.splits[task.seed]
    return fine_tune(data.network, data.pixels, data.features, split, task.tuning, data.recipe, seed=task.seed)


def fine_tune_all(data: TuningData, tasks: Sequence[TuningTask]) -> TuningResults:
    """Run one task after the other in this process, and yield each with its result."""
    for task in tasks:
        yield task, run_tuning(data, task)
