"""Images a second from 256 px JPEG files to ResNet-18's numbers (random weights).

python -m benchmarks.embedding FOLDER

takes real JPEGs from a folder in place of drawn ones.
"""

import io
import itertools
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
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
from benchmarks.peak import products
from benchmarks.row import Row, best_seconds, table
from tailprobe.datasets.images import LabeledImages
from tailprobe.datasets.pixels.decode import decode
from tailprobe.embeddings.calibration import calibrated
from tailprobe.embeddings.compute import embed
from tailprobe.encoders.preprocessing import Preprocessing
from tailprobe.encoders.runtime.choose import cosine
from tailprobe.encoders.runtime.cpu_features import has_bfloat16
from tailprobe.encoders.runtime.installed import candidates
from tailprobe.encoders.timm_encoder import TimmEncoder
from tailprobe.processor import cores

FILES, BATCH, SIDE, CROP = 256, 32, 256, 224
NAIVE = 32  # files of the naive loop, which needs no more to show its speed
FLOATS = 3.63e9  # operations of ResNet-18 at 224 px, two a multiplication with addition
PIPELINE = "DataLoader pipeline: workers, torchvision, eager"
Way = Callable[[], float]


def rows(*, files: int = FILES, rounds: int = 3, pictures: Path | None = None) -> list[Row]:
    """Measure the rate from files to embeddings.

    Args:
        files: JPEG files embedded.
        rounds: of which the best counts.
        pictures: a folder of real JPEGs, taken again and again; by default drawn ones of 256 px.
    """
    with tempfile.TemporaryDirectory() as folder:
        jpegs = _drawn() if pictures is None else itertools.cycle(_real(pictures))
        images = tailprobe.read(_fill(Path(folder) / "images", itertools.islice(jpegs, files)))
        return _rates(Path(folder), images, rounds)


def _rates(folder: Path, images: LabeledImages, rounds: int) -> list[Row]:
    encoder, plain = _models()
    every = {
        str(choice): encoder.with_runtime(choice.runtime, precision=choice.precision)
        for choice in candidates(device="cpu")
    }
    for choice in candidates(device="cpu", precision="int8"):
        every[str(choice)] = calibrated(encoder.with_runtime(choice.runtime, precision="int8"), images)
    loader = DataLoader(_Files(images), BATCH, num_workers=cores(), persistent_workers=True)
    ways: dict[str, Way] = {
        "naive loop: one image at a time, Pillow, float32": partial(_one_by_one, plain, images),
        "one process: Pillow, torchvision, eager": partial(_pipeline, plain, DataLoader(_Files(images), BATCH)),
        PIPELINE: partial(_pipeline, plain, loader),
        **{f"tailprobe, {name}": partial(_ours, one, images, folder) for name, one in every.items()},
        **{f"model alone, {name}": partial(_alone, one) for name, one in every.items()},
    }
    multiplied = {precision: products(precision) for precision in ("float32", *(["bfloat16"] * has_bfloat16()))}
    everything = ways | {name: way for of in multiplied.values() for name, way in of.items()}
    for way in everything.values():
        way()  # workers and runtimes start
    least = best_seconds(everything, rounds=rounds)
    peaks = {precision: FLOATS * min(least[name] for name in of) for precision, of in multiplied.items()}
    for precision, seconds in peaks.items():
        least[f"{precision} peak"] = seconds
    rates = [Row(name, 1 / least[name], "images/s", least[PIPELINE] / least[name]) for name in (*ways, *_names(peaks))]
    shares = [share for name in every for share in _shares(name, least, peaks)]
    return [*rates, *shares, *_cosines(every, plain, images)]


def _models() -> tuple[TimmEncoder, torch.nn.Module]:
    """Return ResNet-18 with random weights as an encoder, and as it comes from timm, in a layout of its own."""
    torch.manual_seed(0)
    model = timm.create_model("resnet18", num_classes=0).eval().requires_grad_(False)
    preprocessing = Preprocessing(
        "shorter", (SIDE, SIDE), (CROP, CROP), "bilinear", IMAGENET_DEFAULT_MEAN, IMAGENET_DEFAULT_STD
    )
    plain = timm.create_model("resnet18", num_classes=0).eval().requires_grad_(False)
    plain.load_state_dict(model.state_dict())
    encoder = TimmEncoder(model, name="resnet18", model_name="resnet18", preprocessing=preprocessing, device="cpu")
    return encoder, plain


def _names(peaks: Mapping[str, float]) -> list[str]:
    return [f"{precision} peak" for precision in peaks]


def _shares(name: str, least: Mapping[str, float], peaks: Mapping[str, float]) -> list[Row]:
    """Return what part of the model alone, and of the peak of its precision where there is one, a whole run reaches."""
    whole, precision = least[f"tailprobe, {name}"], name.rsplit(maxsplit=1)[-1]
    rows_ = [Row(f"tailprobe, {name}: share of the model alone", least[f"model alone, {name}"] / whole, "")]
    if precision in peaks:
        rows_.append(Row(f"tailprobe, {name}: share of the {precision} peak", peaks[precision] / whole, ""))
    return rows_


def _cosines(every: Mapping[str, TimmEncoder], plain: torch.nn.Module, images: LabeledImages) -> list[Row]:
    """Return the least cosine to the DataLoader pipeline's float32 numbers, over the first images."""
    files, first = _Files(images), range(min(2 * BATCH, len(images)))
    with torch.inference_mode():
        expected = plain(torch.stack([files[i] for i in first])).numpy()
    found = []
    for name, encoder in every.items():
        pixels = [encoder.prepare(decode(images.image_sources[i].read(), where=images.names[i])) for i in first]
        least = float(cosine(encoder.encode(pixels), expected).min())
        found.append(Row(f"{name}: what the least cosine to float32 lacks of 1", 1 - least, ""))
    return found


def _fill(folder: Path, jpegs: Iterable[bytes]) -> Path:
    for i, data in enumerate(jpegs):
        path = folder / "ab"[i % 2] / f"{i:04d}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def _real(folder: Path) -> list[bytes]:
    found = [path.read_bytes() for path in sorted(folder.rglob("*.jp*g"))]
    if not found:
        raise SystemExit(f"{folder}: no JPEG files")
    return found


def _drawn() -> Iterator[bytes]:
    """Draw JPEGs with the spectrum of photographs: noise of six octaves, the coarse ones strongest."""
    rng = np.random.default_rng(0)
    while True:
        pixels = np.full((SIDE, SIDE, 3), 127.0)
        for octave in (4, 8, 16, 32, 64, 128):
            noise = rng.normal(0, 160 / octave, (octave, octave, 3))
            coarse = Image.fromarray(np.uint8(np.clip(noise * 2 + 127, 0, 255)))
            pixels += np.asarray(coarse.resize((SIDE, SIDE), Image.Resampling.BICUBIC), np.float64) - 127
        file = io.BytesIO()
        Image.fromarray(np.uint8(np.clip(pixels, 0, 255))).save(file, "JPEG", quality=90)
        yield file.getvalue()


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
        self.paths = [location.path for location in images.image_sources]

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


def _pipeline(model: torch.nn.Module, loader: DataLoader) -> float:
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


if __name__ == "__main__":
    print(table("embedding", f"JPEG files of {sys.argv[1]}, ResNet-18", rows(pictures=Path(sys.argv[1]))))
