"""The engine that computes in this process, on the cores and the GPU of this machine."""

from collections.abc import Callable, Mapping, Sequence

from tailprobe.embeddings.embeddings import Embeddings
from tailprobe.embeddings.work import OnDone, ShardRecords, ShardWork, compute_shards
from tailprobe.encoders.encoder import Encoder
from tailprobe.investigate.encoder.tasks import TuningData, TuningResults, TuningTask, fine_tune_all
from tailprobe.labels import Labels
from tailprobe.training.kernels import Kernel
from tailprobe.training.schedule import Finished, train_all
from tailprobe.training.task import HeadTask


class LocalEngine:
    """Satisfies `tailprobe.engines.engine.Engine`."""

    name = "local"

    def embed(
        self, work: ShardWork, encoder: Encoder, on_done: OnDone, *, load: Callable[[], Encoder] | None = None
    ) -> ShardRecords:
        """Compute shards with the encoder loaded in this process."""
        del load
        return compute_shards(work, encoder, on_done)

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

    def fine_tune(self, data: TuningData, tasks: Sequence[TuningTask]) -> TuningResults:
        """Run one fine-tuning after the other, each on all cores or the GPU."""
        return fine_tune_all(data, tasks)
