"""The order in which images are looked at."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailprobe.errors import InputError
from tailprobe.review.queue import Mix, rank_images


def greedy_by_hand(p: np.ndarray, vectors: np.ndarray, mix: Mix, size: int) -> list[int]:
    """Return the order of the formula in the module's docstring, computed image by image."""
    rows = vectors - vectors.mean(axis=0)
    rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    chosen: list[int] = []
    while len(chosen) < size:
        values = {}
        for i in set(range(len(p))) - set(chosen):
            distance = min([2.0, *(float(np.linalg.norm(rows[i] - rows[j])) for j in chosen)])
            values[i] = (
                mix.score * np.log(p[i])
                + mix.uncertainty * np.log(4 * p[i] * (1 - p[i]))
                + mix.diversity * np.log(distance)
            )
        chosen.append(max(values, key=values.__getitem__))
    return chosen


@given(seed=st.integers(0, 2**32 - 1), uncertainty=st.sampled_from([0.0, 0.5]), diversity=st.sampled_from([0.5, 2.0]))
def test_the_greedy_choice_is_that_of_the_formula(seed, uncertainty, diversity):
    rng = np.random.default_rng(seed)
    p, vectors = rng.uniform(0.01, 0.99, 30), rng.normal(size=(30, 4))
    mix = Mix(1.0, uncertainty, diversity)
    assert rank_images(p, vectors, size=8, mix=mix).tolist() == greedy_by_hand(p, vectors, mix, 8)


def test_each_weight_alone_is_its_known_ranking():
    p, vectors = np.array([0.95, 0.45, 0.1, 0.6]), np.eye(4)
    assert rank_images(p, vectors, size=4, mix=Mix(1, 0, 0)).tolist() == [0, 3, 1, 2]
    assert rank_images(p, vectors, size=4, mix=Mix(0, 1, 0)).tolist() == [1, 3, 2, 0]
    line = np.array([[1.0, 0.0], [0.99, 0.1], [-1.0, 0.0], [0.0, 1.0]])
    assert rank_images(p, line, size=3, mix=Mix(0, 0, 1)).tolist() == [0, 2, 3]


def test_copies_of_one_image_are_not_queued_side_by_side():
    vectors = np.array([[1.0, 0.0]] * 5 + [[0.0, 1.0], [-1.0, -1.0]])
    order = rank_images(np.array([0.9] * 5 + [0.2, 0.1]), vectors, size=3, mix=Mix(1, 0, 1))
    assert order.tolist() == [0, 5, 6]


def test_what_was_seen_is_not_queued_again_and_keeps_others_away():
    vectors = np.array([[1.0, 0.0], [1.0, 0.001], [0.0, 1.0], [-1.0, 0.0]])
    seen = np.array([True, False, False, False])
    order = rank_images(np.array([0.9, 0.8, 0.5, 0.4]), vectors, size=4, mix=Mix(1, 0, 1), seen=seen)
    assert order.tolist() == [2, 3, 1]


def test_an_image_without_a_probability_is_left_out():
    assert rank_images(np.array([np.nan, 0.5]), np.eye(2), size=5).tolist() == [1]


def test_weights_that_order_nothing_are_refused():
    with pytest.raises(InputError, match="one of them above 0"):
        Mix(0, 0, 0)
    with pytest.raises(InputError, match="from 0 up"):
        Mix(1, -1, 0)
