"""EuroSAT's real archive."""

import numpy as np
import pytest

from tailprobe.datasets.check import check_images
from tailprobe.datasets.long_tail import thin_to_long_tail
from tailprobe.datasets.pixels.decode import decode
from tailprobe.datasets.read import read
from tailprobe.randomness import generator


@pytest.fixture(scope="module")
def eurosat(real_data):
    return read(real_data / "eurosat" / "EuroSAT.zip")


def test_the_archive_holds_27000_images_of_10_classes(eurosat):
    assert len(eurosat) == 27000
    assert len(eurosat.labels.classes) == 10
    assert sorted(eurosat.labels.counts.tolist()) == [2000] + [2500] * 4 + [3000] * 5
    assert eurosat.names[0] == "2750/AnnualCrop/AnnualCrop_1.jpg"
    assert eurosat.given_parts is None


def test_names_and_labels_are_those_of_the_stored_embeddings(eurosat, real_data):
    with np.load(real_data / "eurosat" / "mobilenet_v1_embeddings.npz", allow_pickle=False) as stored:
        names, labels = stored["names"].tolist(), stored["labels"].tolist()
    mine = {name.split("/")[-1].removesuffix(".jpg"): eurosat.labels.tags(n)[0] for n, name in enumerate(eurosat.names)}
    assert len(mine) == len(names)
    for name, label in zip(names, labels, strict=True):
        stem = name.split("/")[-1].removesuffix(".jpg")
        assert mine[stem] == stem.rpartition("_")[0]
        assert isinstance(label, str | int)


def test_every_header_is_readable(eurosat):
    assert check_images(eurosat) is eurosat


def test_a_long_tail_of_ratio_100_keeps_100_to_1(eurosat):
    tail = thin_to_long_tail(eurosat, ratio=100.0, rng=generator(0, "long-tail"))
    counts = np.sort(tail.labels.counts)[::-1]
    assert counts[0] == 100 * counts[-1]
    expected = counts[0] * 100 ** (-np.arange(10) / 9)
    assert np.abs(counts - expected).max() < 1
    assert tail.notes[-1].startswith("thinned from 27,000 to ")
    for n in (0, len(tail) // 2, len(tail) - 1):
        assert decode(tail.image_sources[n].read(), where=tail.names[n]).shape == (64, 64, 3)
