"""The interface of an engine: it decides where embeddings, heads and fine-tuned encoders are computed, never what."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, runtime_checkable

from tailprobe.embeddings.embeddings import Embeddings
from tailprobe.embeddings.work import OnDone, ShardRecords, ShardWork
from tailprobe.encoders.encoder import Encoder
from tailprobe.investigate.encoder.tasks import TuningData, TuningResults, TuningTask
from tailprobe.labels import Labels
from tailprobe.training.kernels import Kernel
from tailprobe.training.schedule import Finished
from tailprobe.training.task import HeadTask


@runtime_checkable
class Engine(Protocol):
    """A place to compute. The caller keeps stores, logs and checkpoints; every engine gives the same bytes."""

    @property
    def name(self) -> str:
        """The name by which it is requested."""

    def embed(
        self, work: ShardWork, encoder: Encoder, on_done: OnDone, *, load: Callable[[], Encoder] | None = None
    ) -> ShardRecords:
        """Compute and write the shards of a store, and yield the record of each as its file is complete, in any order.

        Args:
            work: what to compute.
            encoder: the encoder, loaded here.
            on_done: called with the number of images finished since its last call.
            load: loads the same encoder elsewhere; without it the encoder itself is sent there.
        """

    def train(
        self,
        embeddings: Mapping[str, Embeddings],
        labels: Labels,
        tasks: Sequence[HeadTask],
        *,
        kernel: Kernel,
        at_once: int,
    ) -> Finished:
        """Train heads and yield each as it finishes, see `tailprobe.training.schedule.TrainHeads`."""

    def fine_tune(self, data: TuningData, tasks: Sequence[TuningTask]) -> TuningResults:
        """Fine-tune an encoder once per task and yield each with its result, in any order."""
