"""The engine that computes in this process, on the cores and the GPU of this machine."""

from collections.abc import Callable, Mapping, Sequence

from tailprobe.embeddings.embeddings import Embeddings
from tailprobe.embeddings.work import Counted, Lines, ShardWork, compute_shards
from tailprobe.encoders.encoder import Encoder
from tailprobe.labels import Labels
from tailprobe.training.kernels import Kernel
from tailprobe.training.schedule import Finished, train_all
from tailprobe.training.task import HeadTask


class LocalEngine:
    """Satisfies `tailprobe.engines.engine.Engine`."""

    name = "local"

    def embed(
        self, work: ShardWork, encoder: Encoder, counted: Counted, *, load: Callable[[], Encoder] | None = None
    ) -> Lines:
        """Compute shards with the encoder as it is loaded here."""
        del load
        return compute_shards(work, encoder, counted)

    def train(
        self,
        embeddings: Mapping[str, Embeddings],
        labels: Labels,
        tasks: Sequence[HeadTask],
        *,
        kernel: Kernel,
        at_once: int,
    ) -> Finished:
        """Train heads in threads or in a stack."""
        return train_all(embeddings, labels, tasks, kernel=kernel, at_once=at_once)
