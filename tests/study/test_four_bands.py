"""A study of four-band chips: true colour, near-infrared and all four as encoders of one run."""

from pathlib import Path

import numpy as np
import tifffile
import torch
from torchvision.models import resnet18

from made_weights import randomise
from tailprobe.datasets.pixels.bands import Composite
from tailprobe.learners.recipe import Recipe
from tailprobe.runs.settings import Study
from tailprobe.study.execution import Execution
from tailprobe.study.run import run_study

ENCODERS = ("resnet18", "resnet18(bands=nrg)", "resnet18(bands=rgbn)")


def test_planets_bands_stand_side_by_side_in_one_run(tmp_path: Path) -> None:
    rng, lines = np.random.default_rng(0), ["image_name,tags"]
    folder = tmp_path / "planet" / "train-tif-v2"
    folder.mkdir(parents=True)
    for i in range(18):
        mine = i < 9  # known by its near-infrared alone
        pixels = rng.integers(3000, 6000, (24, 24, 4), dtype=np.uint16)
        pixels[..., 3] += 4000 * mine
        tifffile.imwrite(folder / f"train_{i}.tif", pixels)
        lines.append(f"train_{i},primary{' mine' * mine}{' haze' * (i % 2)}")
    (tmp_path / "planet" / "train_v2.csv").write_text("\n".join(lines))
    torch.save(randomise(resnet18(weights=None)).state_dict(), weights := tmp_path / "resnet18.pth")
    study = Study(
        source=str(tmp_path / "planet"),
        reader={"format": "planet", "bands": "rgbn"},
        encoders=ENCODERS,
        weights=dict.fromkeys(ENCODERS, str(weights)),
        methods=("baseline",),
        seeds=1,
        split="random",
        low_frequency="named(mine)",
        recipe=Recipe(epochs=1, width=8, batch_size=16),
    )
    run = run_study(study, tmp_path / "run", Execution(cache=tmp_path / "cache", runtime="torch"), drawn=False)
    assert run.encoders == ENCODERS
    assert set(run.results["encoder"]) == set(ENCODERS)
    identities = [about["identity"] for about in run.record["encoders"].values()]
    assert [identity.get("channels") for identity in identities] == [None, "nrg", "rgbn"]
    assert all(identity["bands"].startswith(f"{Composite.RGBN}:") for identity in identities)
    assert len(run.samples)  # pictures show true colour
