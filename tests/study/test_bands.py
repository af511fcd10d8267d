"""A study of GeoTIFFs: ranges of the first training part, kept with the run."""

import logging
from pathlib import Path

import numpy as np
import pytest

from tailprobe.datasets.pixels.band_ranges import fit_ranges
from tailprobe.datasets.read import read
from tailprobe.learners.recipe import Recipe
from tailprobe.runs.settings import Study
from tailprobe.study.design import design_study
from tailprobe.study.execution import Execution
from tailprobe.study.run import run_study

rasterio = pytest.importorskip("rasterio")
pytestmark = pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")


def test_ranges_are_those_of_the_first_training_part_and_stand_in_the_run(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rng = np.random.default_rng(0)
    for i in range(60):
        path = tmp_path / "images" / ("mine" if i < 12 else "forest") / f"{i}.tif"
        path.parent.mkdir(parents=True, exist_ok=True)
        about = {"count": 4, "height": 24, "width": 24, "dtype": "uint16"}
        with rasterio.open(path, "w", driver="GTiff", **about) as file:
            file.write(rng.integers(0, 2000 + 1000 * (i < 12), (4, 24, 24), dtype=np.uint16))
            for band, name in enumerate(("blue", "green", "red", "nir"), start=1):
                file.set_band_description(band, name)
    study = Study(
        source=str(tmp_path / "images"),
        reader={"bands": "nir,red,green"},
        methods=("baseline", "reweight(5)"),
        seeds=2,
        split="stratified",
        low_frequency="named(mine)",
        recipe=Recipe(epochs=1, width=8, batch_size=16),
    )
    caplog.set_level(logging.INFO, "tailprobe")
    result = run_study(study, tmp_path / "run", Execution(cache=tmp_path / "cache"), drawn=False)
    images = read(study.source, bands="nir,red,green")
    expected = fit_ranges(images, design_study(study, images).repeats[0].split.train)
    assert expected.bands != images.bands
    assert any(str(expected.bands) in line for line in caplog.messages)
    assert any(str(expected.bands) in line for line in result.record["notes"])
    assert str(expected.bands) in next((tmp_path / "cache").rglob("manifest.json")).read_text()
