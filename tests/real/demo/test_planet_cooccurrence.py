import subprocess
import sys
from pathlib import Path

import numpy as np

from tailprobe.demo import cooccurrence
from tailprobe.demo.landscape import draw_scene

ROOT = Path(__file__).parents[3]


def test_the_stored_counts_are_those_of_planets_table(real_data):
    table, tool = real_data / "planet" / "train_v2.csv", ROOT / "tools" / "planet_cooccurrence.py"
    counted = subprocess.run([sys.executable, str(tool), str(table)], capture_output=True, text=True, check=True).stdout
    stored = Path(cooccurrence.__file__).with_name("planet_cooccurrence.csv").read_text(encoding="utf-8")
    assert counted == stored
    assert len(table.read_text().splitlines()) - 1 == cooccurrence.PLANET_IMAGES


def test_drawn_forest_has_the_numbers_of_real_forest(real_data):
    import tifffile

    real = np.stack([tifffile.imread(real_data / "planet" / "train-tif-v2" / f"train_{n}.tif") for n in (2, 3)])
    drawn = np.stack(
        [draw_scene(frozenset({"clear", "primary"}), rng=np.random.default_rng(seed)) for seed in range(20)]
    )
    for band in range(4):
        assert abs(drawn[..., band].mean() / real[..., band].mean() - 1) < 0.12
