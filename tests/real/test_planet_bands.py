"""Planet's real TIFF chips in true colour, near-infrared red green, and all four bands side by side."""

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


def test_five_chips_are_embedded_by_each_of_three_encoders_of_one_study(real_data: Path, tmp_path: Path) -> None:
    torch.save(randomise(resnet18(weights=None)).state_dict(), weights := tmp_path / "resnet18.pth")
    planet, execution = real_data / "planet", Execution(cache=tmp_path / "cache", runtime="torch")

    def chips(bands: str) -> LabeledImages:
        found = read_planet(planet, bands=parse_bands(bands), images="tif", on_bad_image="skip")
        rows = np.array([i for i, name in enumerate(found.names) if name in {f"train_{n}" for n in range(5)}])
        return found.rows(rows)

    def embedded(images: LabeledImages, *names: str) -> dict[str, np.ndarray]:
        study = Study(source=str(planet), encoders=names, weights=dict.fromkeys(names, str(weights)))
        return {name: np.asarray(made.vectors) for name, made in embed_all(study, images, execution).items()}

    assert len(chips("rgbn")) == 5
    together = embedded(chips("rgbn"), COLOUR, NRG, ALL)
    np.testing.assert_array_equal(together[COLOUR], embedded(chips("rgb"), COLOUR)[COLOUR])
    np.testing.assert_array_equal(together[NRG], embedded(chips("nrg"), COLOUR)[COLOUR])
    for other in (COLOUR, NRG):
        assert not np.allclose(together[ALL], together[other], atol=1e-4)
