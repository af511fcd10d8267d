"""What an engine is: it decides where shards of embeddings and heads are computed, never what."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, runtime_checkable

from tailprobe.embeddings.embeddings import Embeddings
from tailprobe.embeddings.work import Counted, Lines, ShardWork
from tailprobe.encoders.encoder import Encoder
from tailprobe.labels import Labels
from tailprobe.training.kernels import Kernel
from tailprobe.training.schedule import Finished
from tailprobe.training.task import HeadTask


@runtime_checkable
class Engine(Protocol):
    """A place to compute. The caller keeps stores, logs and checkpoints; every engine gives the same bytes."""

    @property
    def name(self) -> str:
        """The name it is asked for by."""

    def embed(
        self, work: ShardWork, encoder: Encoder, counted: Counted, *, load: Callable[[], Encoder] | None = None
    ) -> Lines:
        """Compute and write the shards of a store, and yield the line of each as its file is whole, in any order.

        Args:
            work: what to compute.
            encoder: the encoder, loaded here.
            counted: told the images done since it was last told.
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
