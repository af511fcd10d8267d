"""Fixtures: a generator, and a model fitted on drawn pictures."""

from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest

import tailprobe
from tailprobe.runs.run import Run
from tailprobe.use.classifier import Classifier
from use_pictures import draw_pictures


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw_pictures(tmp_path_factory.mktemp("use") / "pictures", {"forest": 80, "water": 60, "mine": 15})


@pytest.fixture(scope="session")
def run(pictures: Path) -> Run:
    recipe = tailprobe.Recipe(epochs=8, width=16)
    folder = pictures.parent
    with patch("tailprobe.study.run.DRAWN", {}):  # figures and page take longer than all the rest
        return tailprobe.compare(
            pictures, methods=["oversample(largest), ensemble(2), ridge"], seeds=5, recipe=recipe, kernel="torch",
            out=folder / "run", cache=folder / "cache",
        )  # fmt: skip


@pytest.fixture(scope="session")
def classifier(run: Run) -> Classifier:
    return Classifier.of(run, refit="all", cache=run.folder.path.parent / "cache")


@pytest.fixture(scope="session")
def model(classifier: Classifier, run: Run) -> Path:
    return classifier.save(run.folder.path.parent / "model")
