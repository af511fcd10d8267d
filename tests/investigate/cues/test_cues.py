"""`cues` finds a planted companion that the head leans on, and none where the company says nothing."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from investigate.collections import QUICK, gaussian_material
from tailprobe.embeddings.precomputed.in_memory import from_arrays
from tailprobe.errors import InputError
from tailprobe.investigate.cues.answer import CuesAnswer, investigate_cues
from tailprobe.investigate.cues.companion import find_companion
from tailprobe.investigate.cues.pairs import pair_scores
from tailprobe.investigate.trials import Material
from tailprobe.labels import Labels


def planted(strength: float, *, seed: int = 0) -> Material:
    """Return images of `mine`, seen weakly, and of `road`, seen clearly, that comes with it as often as `strength`."""
    rng = np.random.default_rng(seed)
    mine, other = rng.random(900) < 0.15, rng.random(900) < 0.3
    road = np.where(rng.random(900) < strength, mine, rng.random(900) < 0.3)
    matrix = np.stack([mine, road, other], axis=1)
    vectors = rng.standard_normal((900, 4))
    vectors[:, :3] += matrix * np.array([1.0, 6.0, 2.0])
    labels = Labels(matrix, ("mine", "road", "other"), "multi-label")
    return Material.of(*from_arrays(vectors.astype(np.float32), labels), seeds=5, low_frequency="named(mine)")


@pytest.fixture(scope="module")
def answer() -> CuesAnswer:
    return investigate_cues(planted(0.6), [], ["oversample(largest)"], QUICK)


def test_pair_scores_are_areas_of_their_groups() -> None:
    rng = np.random.default_rng(0)
    carried, company, scores = rng.random(200) < 0.4, rng.random(200) < 0.5, rng.integers(0, 12, 200) / 12
    (reliance, within, aligned, conflicting), influence = pair_scores(carried, company, scores)
    helps = (carried & company) | (~carried & ~company)
    assert aligned == pytest.approx(roc_auc_score(carried[helps], scores[helps]))
    assert conflicting == pytest.approx(roc_auc_score(carried[~helps], scores[~helps]))
    assert reliance == pytest.approx(aligned - conflicting)
    with_it, without = (roc_auc_score(carried[of], scores[of]) for of in (company, ~company))
    assert within == pytest.approx((with_it + without) / 2)
    np.testing.assert_allclose(influence.sum(axis=1), 0, atol=1e-9)


def test_the_influence_is_that_of_leaving_an_image_out() -> None:
    rng = np.random.default_rng(1)
    carried, company, scores = rng.random(80) < 0.5, rng.random(80) < 0.5, rng.standard_normal(80)
    values, influence = pair_scores(carried, company, scores)
    for row in range(5):
        kept = np.delete(np.arange(80), row)
        without, _ = pair_scores(carried[kept], company[kept], scores[kept])
        np.testing.assert_allclose(values - without, influence[:, row], atol=1e-9)


def test_an_empty_cell_gives_no_number() -> None:
    carried = np.array([True, False, False, True])
    values, influence = pair_scores(carried, carried, np.array([0.9, 0.1, 0.2, 0.8]))
    assert values[2] == 1
    assert np.isnan(values[[0, 1, 3]]).all()
    assert (influence[[0, 1, 3]] == 0).all()


def test_the_planted_companion_is_found(answer: CuesAnswer) -> None:
    (found,) = answer.classes
    assert (found.name, found.companion) == ("mine", "road")
    assert found.verdict == "relies on its company"
    assert 0.2 < found.label_only < 0.7
    assert "mine with road: relies on its company." in answer.finding().answers[0]


def test_words_tell_what_a_method_changes_in_reliance_and_in_the_worst_group(answer: CuesAnswer) -> None:
    (found,) = answer.classes
    line = answer.finding().answers[2]
    assert line.startswith("mine: oversample(largest): ")
    for changes in (found.changes, found.worst_changes):
        (low,), (high,) = changes.band()
        assert f"({changes.estimate.mean[0]:+.2f}, {low:+.2f} to {high:+.2f})" in line


def test_every_method_is_in_the_table(answer: CuesAnswer) -> None:
    table = answer.finding().tables["cues_methods"]
    assert table["method"].tolist() == ["baseline", "oversample(largest)"]
    assert np.isnan(table["change"].iloc[0])
    assert table["change_low"].iloc[1] <= table["change"].iloc[1] <= table["change_high"].iloc[1]


def test_where_nothing_is_planted_nothing_is_found() -> None:
    (found,) = investigate_cues(planted(0.0), [], ["reweight(5)"], QUICK).classes
    assert found.verdict in ("no relevant reliance", "open")


def test_a_companion_needs_images_with_and_without_it() -> None:
    always = np.array([[True, True], [False, False]] * 20)
    assert find_companion(Labels(always, ("a", "b"), "multi-label"), 0) is None


def test_single_label_images_are_refused() -> None:
    with pytest.raises(InputError, match="these carry one label each"):
        investigate_cues(gaussian_material({"a": 20, "b": 20, "c": 10}), [], [], QUICK)
