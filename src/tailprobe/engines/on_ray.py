"""The engine that computes on a Ray cluster: the one that runs here, that of $RAY_ADDRESS, or one on this machine."""

from collections.abc import Callable, Mapping, Sequence

from tailprobe.embeddings.embeddings import Embeddings
from tailprobe.embeddings.work import OnDone, ShardRecords, ShardWork
from tailprobe.encoders.encoder import Encoder
from tailprobe.engines.ray_cluster import connect
from tailprobe.engines.ray_heads import train_on_ray
from tailprobe.engines.ray_shards import embed_on_ray
from tailprobe.engines.ray_tuning import fine_tune_on_ray
from tailprobe.investigate.encoder.tasks import TuningData, TuningResults, TuningTask
from tailprobe.labels import Labels
from tailprobe.training.kernels import Kernel
from tailprobe.training.schedule import Finished
from tailprobe.training.task import HeadTask


class RayEngine:
    """Satisfies `tailprobe.engines.engine.Engine`; connects to the cluster at first use."""

    name = "ray"

    def embed(
        self, work: ShardWork, encoder: Encoder, on_done: OnDone, *, load: Callable[[], Encoder] | None = None
    ) -> ShardRecords:
        """Compute shards in workers, which write them; the cache must be on a file system that all machines share."""
        if work.shards:
            yield from embed_on_ray(work, encoder, on_done, load=load, cluster=connect())

    def train(
        self,
        embeddings: Mapping[str, Embeddings],
        labels: Labels,
        tasks: Sequence[HeadTask],
        *,
        kernel: Kernel,
        at_once: int,
    ) -> Finished:
        """Train heads in Ray tasks, one per core of the cluster, or one stack per GPU."""
        if tasks:
            yield from train_on_ray(embeddings, labels, tasks, kernel=kernel, at_once=at_once, cluster=connect())

    def fine_tune(self, data: TuningData, tasks: Sequence[TuningTask]) -> TuningResults:
        """Run the fine-tunings in Ray tasks, one per core of the cluster, or one per GPU."""
        if tasks:
            yield from fine_tune_on_ray(data, tasks, cluster=connect())
