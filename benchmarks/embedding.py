"""Images a second from 256 px JPEG files to ResNet-18's numbers (random weights), and opening what is stored."""

import json
import os
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import timm
import torch
from PIL import Image
from timm.data import IMAGENET_DEFAULT_MEAN, IMAGENET_DEFAULT_STD
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

import tailprobe
from benchmarks.row import Row, best_seconds
from tailprobe.datasets.images import LabeledImages
from tailprobe.embeddings.calibration import calibrated
from tailprobe.embeddings.compute import embed
from tailprobe.embeddings.log import Line, ShardLog
from tailprobe.embeddings.shard import Row as ImageRow
from tailprobe.embeddings.shard import Shard, write_shard
from tailprobe.embeddings.store import FORMAT, SHARD, shard_path
from tailprobe.embeddings.stored import StoredVectors, open_store
from tailprobe.encoders.preprocessing import Preprocessing
from tailprobe.encoders.runtime.cores import cores
from tailprobe.encoders.runtime.installed import candidates
from tailprobe.encoders.timm_encoder import TimmEncoder

FILES, BATCH, SIDE, CROP = 256, 32, 256, 224
NAIVE = 32  # files of the naive loop, which needs no more to show its speed
FLOATS = 3.63e9  # of ResNet-18 at 224 px, two a multiplication with addition
ROWS, WIDTH = 10_000_000, 512  # of the store that is opened
Way = Callable[[], float]


def rows(*, files: int = FILES, rounds: int = 3, stored: int = ROWS) -> list[Row]:
    """Measure the way from files to numbers, then the store."""
    with tempfile.TemporaryDirectory() as folder:
        return [*_rates(Path(folder), files, rounds), *_store(Path(folder), stored)]


def _rates(folder: Path, files: int, rounds: int) -> list[Row]:
    images = tailprobe.read(_draw(folder / "images", files))
    torch.manual_seed(0)
    model = timm.create_model("resnet18", num_classes=0).eval().requires_grad_(False)
    preprocessing = Preprocessing(
        "shorter", (SIDE, SIDE), (CROP, CROP), "bilinear", IMAGENET_DEFAULT_MEAN, IMAGENET_DEFAULT_STD
    )
    encoder = TimmEncoder(model, name="resnet18", model_name="resnet18", preprocessing=preprocessing, device="cpu")
    plain = timm.create_model("resnet18", num_classes=0).eval().requires_grad_(False)
    plain.load_state_dict(model.state_dict())
    loader = DataLoader(_Files(images), BATCH, num_workers=cores(), persistent_workers=True)
    every = {str(choice): encoder.on(choice.runtime, precision=choice.precision) for choice in candidates(device="cpu")}
    for choice in candidates(device="cpu", precision="int8"):
        every[str(choice)] = calibrated(encoder.on(choice.runtime, precision="int8"), images)
    product = torch.randn(2048, 2048)
    ways: dict[str, Way] = {
        "naive loop: one image at a time, Pillow, float32": partial(_one_by_one, plain, images),
        "usual pipeline: DataLoader with workers, torchvision, eager": partial(_usual, plain, loader),
        **{f"tailprobe, {name}": partial(_ours, one, images, folder) for name, one in every.items()},
        **{f"model alone, {name}": partial(_alone, one) for name, one in every.items()},
        "peak": lambda: float((product @ product).numel() * 2 * 2048),
    }
    for way in ways.values():
        way()  # workers and runtimes start
    least = best_seconds(ways, rounds=rounds)
    peak = least.pop("peak")
    usual = least["usual pipeline: DataLoader with workers, torchvision, eager"]
    table = [Row(name, 1 / seconds, "images/s", usual / seconds) for name, seconds in least.items()]
    shares = [
        Row(f"tailprobe, {name}: share of the {what}", of / least[f"tailprobe, {name}"], "")
        for name in every
        for what, of in (("model alone", least[f"model alone, {name}"]), ("float32 peak", FLOATS * peak))
    ]
    return [*table, Row("float32 peak", 1 / (FLOATS * peak), "images/s", usual / (FLOATS * peak)), *shares]


def _draw(folder: Path, files: int) -> Path:
    """Write JPEGs with the spectrum of photographs: noise of six octaves, the coarse ones strongest."""
    rng = np.random.default_rng(0)
    for i in range(files):
        pixels = np.full((SIDE, SIDE, 3), 127.0)
        for octave in (4, 8, 16, 32, 64, 128):
            noise = rng.normal(0, 160 / octave, (octave, octave, 3))
            coarse = Image.fromarray(np.uint8(np.clip(noise * 2 + 127, 0, 255)))
            pixels += np.asarray(coarse.resize((SIDE, SIDE), Image.Resampling.BICUBIC), np.float64) - 127
        path = folder / "ab"[i % 2] / f"{i:04d}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.uint8(np.clip(pixels, 0, 255))).save(path, quality=90)
    return folder


_transform = transforms.Compose(
    [
        transforms.Resize(SIDE),
        transforms.CenterCrop(CROP),
        transforms.ToTensor(),
        transforms.Normalize(IMAGENET_DEFAULT_MEAN, IMAGENET_DEFAULT_STD),
    ]
)


class _Files(Dataset):
    def __init__(self, images: LabeledImages) -> None:
        self.paths = [location.path for location in images.locations]

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, i: int) -> torch.Tensor:
        return _transform(Image.open(self.paths[i]).convert("RGB"))


def _one_by_one(model: torch.nn.Module, images: LabeledImages) -> float:
    files = _Files(images)
    with torch.inference_mode():
        for i in range(NAIVE):
            model(files[i][None]).numpy()
    return float(NAIVE)


def _usual(model: torch.nn.Module, loader: DataLoader) -> float:
    with torch.inference_mode():
        return float(len(np.concatenate([model(batch).numpy() for batch in loader])))


def _ours(encoder: TimmEncoder, images: LabeledImages, folder: Path) -> float:
    """Everything: hashing, decoding, encoding, storing."""
    with tempfile.TemporaryDirectory(dir=folder) as cache:
        return float(len(embed(images, encoder, cache=Path(cache))))


def _alone(encoder: TimmEncoder) -> float:
    batch = list(np.zeros((BATCH, CROP, CROP, 3), np.uint8))
    for _ in range(2):
        encoder.encode(batch)
    return 2.0 * BATCH


def _store(folder: Path, number: int) -> list[Row]:
    """Open a store of many rows; its shards are one file under many names, as their contents do not matter here."""
    store = folder / "store"
    _make_store(store, number)
    started = time.perf_counter()
    opened = open_store(store)
    opening = time.perf_counter() - started
    rng = np.random.default_rng(0)
    wanted = [rng.integers(0, len(opened), 64) for _ in range(20)]
    first, again = (_median_seconds(opened.vectors, wanted) for _ in range(2))
    title = f"{len(opened):,} rows of {WIDTH}"
    return [
        Row(f"open a store of {title}", opening, "s"),
        Row(f"64 random rows of {title}, their shards not yet mapped", 1e3 * first, "ms"),
        Row(f"64 random rows of {title}, again", 1e3 * again, "ms"),
    ]


def _make_store(store: Path, number: int) -> None:
    store.mkdir()
    shards = number // SHARD
    about = {"format": FORMAT, "encoder": "random", "identity": {}, "standardise": False, "width": WIDTH}
    (store / "manifest.json").write_text(json.dumps({**about, "images": shards * SHARD}))
    vectors = np.random.default_rng(0).normal(size=(SHARD, WIDTH)).astype(np.float32)
    names = tuple(ImageRow(f"folder/image-{i:06d}.jpg", "", bytes(32), SIDE, SIDE, "") for i in range(SHARD))
    digest = write_shard(Shard(names, vectors), shard_path(store, 0))
    for i in range(1, shards):
        os.link(shard_path(store, 0), shard_path(store, i))
    log = ShardLog(store / "shards.jsonl")
    for i in range(shards):
        log.add(Line(i, SHARD, digest, ()))


def _median_seconds(vectors: StoredVectors, wanted: list[np.ndarray]) -> float:
    taken = []
    for rows_ in wanted:
        started = time.perf_counter()
        _ = vectors[rows_]
        taken.append(time.perf_counter() - started)
    return float(np.median(taken))
