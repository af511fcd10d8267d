"""Planet's real TIFF chips in true colour, near-infrared red green, and all four bands side by side."""

from itertools import islice
from pathlib import Path

import numpy as np
import torch
from torchvision.models import resnet18

from made_weights import randomise
from tailprobe.datasets.images import LabeledImages
from tailprobe.datasets.pixels.bands import parse_bands
from tailprobe.datasets.readers.planet import read_planet
from tailprobe.runs.settings import Study
from tailprobe.study.embedding import embed_all
from tailprobe.study.execution import Execution

COLOUR, NRG, ALL = "resnet18", "resnet18(bands=nrg)", "resnet18(bands=rgbn)"


def _first_chips(planet: Path, folder: Path) -> Path:
    """Lay out the five TIFF chips with their rows of the table, which names 40,479."""
    folder.mkdir()
    (folder / "train-tif-v2").symlink_to(planet / "train-tif-v2", target_is_directory=True)
    with (planet / "train_v2.csv").open() as table:
        (folder / "train_v2.csv").write_text("".join(islice(table, 6)))
    return folder


def test_five_chips_are_embedded_by_each_of_three_encoders_of_one_study(real_data: Path, tmp_path: Path) -> None:
    torch.save(randomise(resnet18(weights=None)).state_dict(), weights := tmp_path / "resnet18.pth")
    planet, execution = (
        _first_chips(real_data / "planet", tmp_path / "planet"),
        Execution(cache=tmp_path / "cache", runtime="torch"),
    )

    def chips(bands: str) -> LabeledImages:
        return read_planet(planet, bands=parse_bands(bands), images="tif")

    def embedded(images: LabeledImages, *names: str) -> dict[str, np.ndarray]:
        study = Study(source=str(planet), encoders=names, weights=dict.fromkeys(names, str(weights)))
        return {name: np.asarray(made.vectors) for name, made in embed_all(study, images, execution).items()}

    assert len(chips("rgbn")) == 5
    together = embedded(chips("rgbn"), COLOUR, NRG, ALL)
    np.testing.assert_array_equal(together[COLOUR], embedded(chips("rgb"), COLOUR)[COLOUR])
    np.testing.assert_array_equal(together[NRG], embedded(chips("nrg"), COLOUR)[COLOUR])
    for other in (COLOUR, NRG):
        assert not np.allclose(together[ALL], together[other], atol=1e-4)
