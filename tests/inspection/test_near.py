"""Near duplicates against scikit-learn's cosines, and the bound on memory."""

import tracemalloc
from collections.abc import Callable
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from scipy.sparse.csgraph import connected_components
from sklearn.metrics.pairwise import cosine_similarity
from sklearn.preprocessing import StandardScaler

from tailprobe.errors import InputError
from tailprobe.inspection import near
from tailprobe.inspection.near import find_near_duplicates
from tailprobe.inspection.sketch import Sketch

PARTS = np.array(["train", "validation", "test"])


def clouds(rows: int, width: int = 8, seed: int = 0) -> np.ndarray:
    """Rows around a few centres, so that there are near duplicates and others."""
    rng = np.random.default_rng(seed)
    return (rng.normal(size=(5, width))[rng.integers(0, 5, rows)] + rng.normal(0, 0.2, (rows, width))).astype(
        np.float32
    )


@pytest.mark.parametrize("block", [3, 16, 2048])
@pytest.mark.parametrize("standardise", [False, True])
def test_every_pair_from_the_threshold_up_is_found_and_no_other(block: int, standardise: bool) -> None:
    vectors = clouds(60)
    parts = PARTS[np.random.default_rng(1).integers(0, 3, 60)].tolist()
    found = find_near_duplicates(vectors, threshold=0.9, block=block, parts=parts, standardise=standardise)
    cosines = cosine_similarity(StandardScaler().fit_transform(vectors) if standardise else vectors)
    pairs = [(i, j) for i, j in combinations(range(60), 2) if cosines[i, j] >= 0.9]
    assert found.pairs == len(pairs) > 10
    assert set(zip(found.listed.first.tolist(), found.listed.second.tolist(), strict=True)) == set(pairs)
    np.testing.assert_allclose(found.listed.cosines, cosines[found.listed.first, found.listed.second], atol=1e-5)
    assert (np.diff(found.listed.cosines) <= 0).all()
    assert found.pairs_across == sum(parts[i] != parts[j] for i, j in pairs)
    matched = {row for pair in pairs for row in pair if parts[row] != "train" and "train" in {parts[i] for i in pair}}
    assert set(np.flatnonzero(found.held_out_matched)) == matched


@pytest.mark.parametrize("sparse", [0, 4])
@pytest.mark.parametrize(("standardise", "threshold"), [(False, 0.968), (True, 0.935)])
def test_wide_rows_ruled_out_by_a_sketch_leave_the_same_pairs(
    monkeypatch: pytest.MonkeyPatch, sparse: int, standardise: bool, threshold: float
) -> None:
    vectors = clouds(200, width=160)
    vectors[7] = 0
    cosines = cosine_similarity(StandardScaler().fit_transform(vectors) if standardise else vectors)
    pairs = {(i, j) for i, j in combinations(range(200), 2) if cosines[i, j] >= threshold}
    monkeypatch.setattr(near, "_SPARSE", sparse)
    asked = []
    monkeypatch.setattr(Sketch, "candidates", counted(Sketch.candidates, asked))
    found = find_near_duplicates(vectors, threshold=threshold, block=16, standardise=standardise)
    assert set(zip(found.listed.first.tolist(), found.listed.second.tolist(), strict=True)) == pairs
    assert len(pairs) > 10
    assert len(asked) == 13 * 14 // 2
    assert 0 < sum(asked) < 200 * 199 // 4  # it rules out more than it leaves


def counted(candidates: Callable[..., Any], asked: list[int]) -> Callable[..., Any]:
    def wrapped(*arguments: Any) -> Any:
        found = candidates(*arguments)
        asked.append(len(found[0]))
        return found

    return wrapped


@pytest.mark.parametrize("block", [4, 2048])
def test_groups_are_the_connected_components_of_the_pairs(block: int) -> None:
    vectors = clouds(80, seed=3)
    found = find_near_duplicates(vectors, threshold=0.93, block=block)
    graph = cosine_similarity(vectors) >= 0.93
    _, component = connected_components(graph, directed=False)
    sizes = np.bincount(component)
    expected = np.where(sizes[component] > 1, component, -1)
    assert (found.groups >= 0).tolist() == (expected >= 0).tolist()
    inside = found.groups >= 0
    np.testing.assert_array_equal(
        found.groups[inside][:, None] == found.groups[inside], expected[inside][:, None] == expected[inside]
    )


def test_equal_rows_are_found_at_a_threshold_of_one_and_rows_of_zeros_never() -> None:
    vectors = np.zeros((6, 5), dtype=np.float32)
    vectors[1] = vectors[4] = np.random.default_rng(0).normal(size=5)
    found = find_near_duplicates(vectors, threshold=1.0)
    assert (found.pairs, found.listed.first.tolist(), found.listed.second.tolist()) == (1, [1], [4])


def test_copies_to_the_byte_are_left_out() -> None:
    vectors = np.ones((4, 3), dtype=np.float16)
    found = find_near_duplicates(vectors, threshold=0.99, copies=np.array([0, 0, -1, -1]))
    pairs = set(zip(found.listed.first.tolist(), found.listed.second.tolist(), strict=True))
    assert pairs == {(0, 2), (0, 3), (1, 2), (1, 3), (2, 3)}


def test_only_the_closest_are_listed_but_all_are_counted() -> None:
    vectors = clouds(60)
    whole = find_near_duplicates(vectors, threshold=0.8, block=8)
    some = find_near_duplicates(vectors, threshold=0.8, block=8, listed=5)
    assert some.pairs == whole.pairs > 10
    np.testing.assert_array_equal(some.listed.cosines, whole.listed.cosines[:5])
    np.testing.assert_array_equal(some.groups, whole.groups)


def test_memory_does_not_grow_with_the_number_of_pairs() -> None:
    same = np.ones((3000, 4), dtype=np.float32)  # 4.5 million pairs, 90 MB if all were kept
    tracemalloc.start()
    found = find_near_duplicates(same, threshold=0.99, block=256, listed=100)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found.pairs == 3000 * 2999 // 2
    assert found.groups.tolist() == [0] * 3000
    assert peak < 20e6


@pytest.mark.parametrize("rows", [0, 1])
def test_fewer_than_two_rows_have_no_pair(rows: int) -> None:
    found = find_near_duplicates(np.ones((rows, 4), dtype=np.float32), threshold=0.9)
    assert (found.pairs, len(found.listed), found.groups.tolist()) == (0, 0, [-1] * rows)


@pytest.mark.parametrize("threshold", [0.0, -1.0, 1.01, float("nan")])
def test_a_threshold_that_is_no_cosine_is_refused(threshold: float) -> None:
    with pytest.raises(InputError, match="at most 1"):
        find_near_duplicates(np.ones((2, 2), dtype=np.float32), threshold=threshold)
