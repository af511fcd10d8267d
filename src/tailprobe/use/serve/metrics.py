"""What a server counts, for Prometheus."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_IMAGES = (1, 2, 4, 8, 16, 32, 64, 128)


class Metrics:
    """Counters of one server, in a registry of its own."""

    def __init__(self, model: str, version: str) -> None:
        """Begin at zero.

        Args:
            model: the digest of the model.
        """
        self.registry = registry = CollectorRegistry()
        about = Gauge("tailprobe_model", "The model that is served.", ["digest", "version"], registry=registry)
        about.labels(model, version).set(1)
        self.requests = Counter("tailprobe_requests", "Requests answered.", ["path", "status"], registry=registry)
        self.seconds = Histogram(
            "tailprobe_request_seconds", "Time to answer a request.", ["path"], buckets=_SECONDS, registry=registry
        )
        self.problems = Counter("tailprobe_problems", "Requests refused, by code.", ["code"], registry=registry)
        self.images = Counter("tailprobe_images", "Images scored.", registry=registry)
        self.queue = Gauge("tailprobe_queue_images", "Images taken on, not answered yet.", registry=registry)
        self.batch = Histogram("tailprobe_batch_images", "Images scored together.", buckets=_IMAGES, registry=registry)
        self.inference = Histogram(
            "tailprobe_inference_seconds", "Time to score a batch.", buckets=_SECONDS, registry=registry
        )

    def text(self) -> bytes:
        """Return the metrics in Prometheus's text format."""
        return generate_latest(self.registry)
