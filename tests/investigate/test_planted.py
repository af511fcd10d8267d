"""What is planted in the sample of `tailprobe demo --planted` is found, and nothing where nothing is planted."""

import pytest

from tailprobe.demo.planted import Plant
from tailprobe.investigate.planted import (
    PLANT,
    RECIPE,
    describe_plant,
    find_cue,
    find_redundancy,
    find_threshold,
    planted_material,
)
from tailprobe.investigate.size.answer import investigate_size
from tailprobe.investigate.trials import Material, Training

TRAINING = Training(RECIPE, workers=1)


@pytest.fixture(scope="module")
def sample() -> Material:
    return planted_material(PLANT, seed=0, seeds=5)


@pytest.fixture(scope="module")
def nothing() -> Material:
    return planted_material(Plant(), seed=0, seeds=5)


@pytest.mark.slow
def test_redundancy_finds_the_copies(sample: Material, nothing: Material) -> None:
    assert find_redundancy(sample, TRAINING).text == "a share can go: 75%"
    assert find_redundancy(nothing, TRAINING).text == "no share"


@pytest.mark.slow
def test_cues_finds_the_road(sample: Material, nothing: Material) -> None:
    found = find_cue(sample, TRAINING)
    assert found.words == "mine relies on its company (road)"
    assert float(found.size) > 0.2
    assert "relies" not in find_cue(nothing, TRAINING).words.replace("no reliance", "")


@pytest.mark.slow
def test_size_finds_the_threshold_at_the_number_of_look_alikes(sample: Material, nothing: Material) -> None:
    assert "more than 58 training images" in describe_plant(sample)["size"]
    found = find_threshold(sample, TRAINING)
    assert found.text == "a jump of clearing: with 82 images"  # 41 are fewer than 58
    steps = found.answer.classes[0].bands.estimate.mean
    assert steps[-3] < 0.1
    assert steps[-2] > 0.9
    assert find_threshold(nothing, TRAINING).text == "no jump of field"


@pytest.mark.slow
def test_average_precision_has_no_threshold(sample: Material) -> None:
    assert investigate_size(sample, ["clearing"], TRAINING).classes[0].verdict.shape != "jump"
