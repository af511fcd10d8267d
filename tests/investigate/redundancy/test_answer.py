"""`redundancy` finds planted copies, and no redundancy where every image counts."""

import numpy as np
import pytest

from investigate.collections import QUICK, gaussian_material
from tailprobe.embeddings.precomputed.in_memory import from_arrays
from tailprobe.errors import InputError
from tailprobe.investigate.redundancy.answer import RedundancyAnswer, investigate_redundancy, removable_share
from tailprobe.investigate.trials import Material
from tailprobe.labels import Labels


def copied(copies: int) -> Material:
    """Return two classes of many far centres, of which every image stands `copies` times."""
    rng = np.random.default_rng(0)
    rows = np.repeat(rng.standard_normal((60, 4)), copies, axis=0)
    of_row = (rows[:, 0] > 0).astype(int)
    labels = Labels.from_tags([["ab"[c]] for c in of_row], classes=["a", "b"], kind="single-label")
    noise = 0.001 * rng.standard_normal(rows.shape)
    return Material.of(*from_arrays((rows + noise).astype(np.float32), labels), seeds=5, low_frequency="named(a)")


@pytest.fixture(scope="module")
def planted() -> RedundancyAnswer:
    return investigate_redundancy(copied(16), [], QUICK, selections=["random", "k_centre", "herding"])


@pytest.mark.slow
def test_planted_copies_are_found(planted: RedundancyAnswer) -> None:
    assert planted.removable(planted.groups["k_centre"]["all"]) >= 0.75


def test_the_list_names_images_whose_copy_is_kept(planted: RedundancyAnswer) -> None:
    listed = planted.finding().tables["redundant_images"]
    assert len(listed) > 400
    assert listed["distance"].median() < 0.1
    assert not set(listed["name"]) & set(listed["nearest_kept"])


def test_where_every_image_counts_little_can_go() -> None:
    material = gaussian_material({"a": 30, "b": 30, "c": 15}, distance=1.5, width=12)
    answer = investigate_redundancy(material, [], QUICK, selections=["random"])
    assert answer.removable(answer.groups["random"]["all"]) <= 0.25
    assert "random, all classes" in answer.finding().answers[0]


def test_an_unknown_selection_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(InputError, match=r"no selection 'k_center'; choose from random, .*el2n, forgetting"):
        investigate_redundancy(copied(1), [], QUICK, selections=["k_center"])


def test_the_sequence_stops_at_the_first_share_that_fails() -> None:
    assert removable_share(["open", *["no relevant loss"] * 4]) == 0
    assert removable_share(["no relevant loss"] * 5) == pytest.approx(0.9375)
