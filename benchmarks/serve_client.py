"""Locust's users of `benchmarks.serve`: each sends one image after another, and checks the answer."""

import os
import random
from pathlib import Path

from locust import HttpUser, constant, task

_IMAGES = [path.read_bytes() for path in sorted(Path(os.environ["TAILPROBE_BENCHMARK_IMAGES"]).glob("*.jpg"))]


class Client(HttpUser):
    """Sends the next image as soon as the last is answered."""

    wait_time = constant(0)

    @task
    def predict(self) -> None:
        """Score one image."""
        files = {"images": ("image.jpg", random.choice(_IMAGES))}
        with self.client.post("/predict", files=files, name="/predict", catch_response=True) as answer:
            if answer.status_code != 200 or len(answer.json()["images"]) != 1:
                answer.failure(f"status {answer.status_code}, no image was scored")
