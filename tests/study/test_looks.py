"""What a run keeps to look at: a map of the embeddings, neighbours, and where two methods part ways."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from tailprobe.errors import InputError
from tailprobe.labels import Labels
from tailprobe.runs.settings import Study
from tailprobe.study.embedding_map import mapped_rows, principal_components, umap_places
from tailprobe.study.execution import Execution
from tailprobe.study.mistakes import _kinds
from tailprobe.study.neighbours import _cosines, _nearest
from tailprobe.study.run import run_study


def test_principal_components_are_those_of_the_covariance() -> None:
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(60, 5)) * [5, 1, 3, 0.1, 0.5]
    found = principal_components(vectors)
    values = np.linalg.eigvalsh(np.cov(vectors.T, bias=True))[::-1]
    np.testing.assert_allclose(found.var(axis=0), values[:2], rtol=1e-9)
    assert (found[np.abs(found).argmax(axis=0), [0, 1]] > 0).all()
    assert principal_components(np.ones((3, 1))).tolist() == [[0, 0]] * 3


@pytest.mark.slow
def test_umap_keeps_neighbours_together_and_gives_the_same_places() -> None:
    pytest.importorskip("umap", reason="the extra tailprobe[umap] is not installed")
    rng = np.random.default_rng(0)
    groups = np.repeat([0, 1], 30)
    threads = torch.get_num_threads()
    found = umap_places(rng.normal(size=(60, 8)) + 20 * groups[:, None])
    distances = np.linalg.norm(found[:, None] - found, axis=2) + np.diag([np.inf] * 60)
    assert (groups[distances.argmin(axis=1)] == groups).all()  # each image's nearest is of its own group
    again = umap_places(np.random.default_rng(0).normal(size=(60, 8)) + 20 * groups[:, None])
    np.testing.assert_array_equal(found, again)
    assert np.isfinite(umap_places(rng.normal(size=(3, 8)))).all()
    assert torch.get_num_threads() == threads, "heads trained later in this process would differ in their last digits"


def test_umap_that_is_not_installed_is_one_line_before_any_work(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "umap", None)
    with pytest.raises(InputError, match=r"--map umap needs umap-learn.*pip install 'tailprobe\[umap\]'") as refusal:
        run_study(Study(source=str(tmp_path / "nothing"), map="umap"), tmp_path / "run", Execution())
    assert "\n" not in str(refusal.value)
    assert not (tmp_path / "run").exists()


def test_a_map_of_many_images_keeps_those_of_the_rarest_classes() -> None:
    matrix = np.zeros((100, 2), dtype=bool)
    matrix[:, 0], matrix[[3, 97], 1] = True, True
    rows = mapped_rows(Labels(matrix, ("forest", "mine"), "multi-label"), 10)
    assert len(set(rows.tolist())) == 10
    assert {3, 97} <= set(rows.tolist())
    assert len(mapped_rows(Labels(matrix, ("forest", "mine"), "multi-label"), 200)) == 100


def test_neighbours_are_the_largest_cosines_after_the_image_itself() -> None:
    vectors = np.array([[1.0, 0], [2, 0], [1, 1], [0, 1], [0, 0]])
    cosines = _cosines(vectors, vectors[0])
    np.testing.assert_allclose(cosines, [1, 1, 0.5**0.5, 0, 0])
    assert _nearest(cosines, 0, 2) == [0, 1, 2]


def test_images_that_one_method_alone_finds_stand_by_the_change() -> None:
    carries = np.array([1, 1, 1, 1, 0, 1], dtype=bool)
    plain = np.array([0.1, 0.2, 0.9, 0.6, 0.1, np.nan])
    other = np.array([0.5, 0.9, 0.9, 0.2, 0.9, 0.9])
    kinds = dict(_kinds(carries, ~carries, plain, other, (0.4, 0.3), 4))
    assert kinds["found"] == [1, 0]
    assert kinds["lost"] == [3]
    assert kinds["false positive"] == [4]
    assert dict(_kinds(carries, ~carries, plain, other, (np.nan, 0.3), 4))["found"] == []
