"""What int8 costs on real images and real weights: cosines to float32, and the average precision of heads on either.

python -m benchmarks.int8 EuroSAT.zip resnet20-12fca82f.th

The weights are akamaster/pytorch_resnet_cifar10's ResNet-20 (CIFAR-10), the images EuroSAT's, thinned to a tail of 100
to 1. Five minutes on two cores.
"""

import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional

import tailprobe
from tailprobe.datasets.long_tail import thin_to_long_tail
from tailprobe.embeddings.compute import embed
from tailprobe.encoders.preprocessing import Preprocessing
from tailprobe.encoders.runtime.choose import cosine
from tailprobe.encoders.state_dict import read_state_dict
from tailprobe.encoders.timm_encoder import TimmEncoder
from tailprobe.encoders.weights import fit_weights

SEEDS = 10
MEAN, SD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


class Block(nn.Module):
    """Two convolutions and a shortcut that fills new channels with zeros (He et al. 2016, option A)."""

    def __init__(self, given: int, channels: int) -> None:
        super().__init__()
        self.stride = 1 if given == channels else 2
        self.conv1 = nn.Conv2d(given, channels, 3, stride=self.stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the block's channels."""
        y = self.bn2(self.conv2(functional.relu(self.bn1(self.conv1(x)))))
        if self.stride == 2:
            more = (y.shape[1] - x.shape[1]) // 2
            x = functional.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, more, more))
        return functional.relu(x + y)


class ResNet20(nn.Module):
    """The 64 numbers after the average pool."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16)
        self.layer1 = nn.Sequential(Block(16, 16), Block(16, 16), Block(16, 16))
        self.layer2 = nn.Sequential(Block(16, 32), Block(32, 32), Block(32, 32))
        self.layer3 = nn.Sequential(Block(32, 64), Block(64, 64), Block(64, 64))

    def forward(self, colours: torch.Tensor) -> torch.Tensor:
        """Return (B, 64)."""
        x = functional.relu(self.bn1(self.conv1(colours)))
        return self.layer3(self.layer2(self.layer1(x))).mean(dim=(2, 3))


def main(images: str, weights: str) -> None:
    """Embed in float32 and in int8, train the baseline on either, and print the differences."""
    model = ResNet20().eval()
    state = {key: value for key, value in read_state_dict(Path(weights)).items() if not key.startswith("linear.")}
    fit_weights(model, state, where=weights)
    preprocessing = Preprocessing("squash", (32, 32), (32, 32), "bicubic", MEAN, SD)
    encoder = TimmEncoder(model, name="resnet20", model_name="resnet20", preprocessing=preprocessing, device="cpu")
    collection = thin_to_long_tail(tailprobe.read(images), ratio=100, rng=np.random.default_rng(0))
    vectors, found = {}, {}
    for precision in ("float32", "int8"):
        with tempfile.TemporaryDirectory() as folder:
            started = time.perf_counter()
            stored = embed(collection, encoder.with_runtime("auto", precision=precision), cache=Path(folder) / "cache")
            rate = len(collection) / (time.perf_counter() - started)
            result = tailprobe.compare(
                collection,
                embeddings=stored,
                methods=["baseline"],
                seeds=SEEDS,
                standardise="yes",
                out=Path(folder) / "run",
            )
        vectors[precision] = stored.vectors
        found[precision] = _average_precision(result)
        print(f"{precision}: {len(collection)} images, {rate:.0f} a second with everything")
    near = cosine(vectors["int8"], vectors["float32"])
    print(f"cosine to float32: minimum {near.min():.5f}, median {np.median(near):.5f}")
    for group in ("all", "low-frequency"):
        before = found["float32"][group]
        lost = found["int8"][group] - before
        error = lost.std(ddof=1) / np.sqrt(SEEDS)
        print(
            f"average precision, {group}: {before.mean():.4f} in float32, {lost.mean():+.4f} in int8 "
            f"(standard error over {SEEDS} seeds {error:.4f}, their deviation {before.std(ddof=1):.4f})"
        )


def _average_precision(result: tailprobe.Run) -> dict[str, np.ndarray]:
    rows = result.results.query("part == 'test' and metric == 'average_precision' and is_group")
    return {
        str(group): of.sort_values("seed")["value"].to_numpy()
        for group, of in rows.groupby("class_name", observed=True)
    }


if __name__ == "__main__":
    main(*sys.argv[1:])
