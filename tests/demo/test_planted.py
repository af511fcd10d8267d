"""What is planted has the size that was asked for."""

import numpy as np
import pytest

from tailprobe.demo.planted import Plant, planted_embeddings
from tailprobe.errors import InputError


def test_a_cue_ties_the_road_to_the_mine() -> None:
    for cue, expected in ((0.0, 0.3), (0.6, 0.6 + 0.4 * 0.3)):
        _, labels = planted_embeddings(20_000, Plant(cue=cue), rng=np.random.default_rng(0))
        mine, road = labels.matrix[:, 0], labels.matrix[:, 1]
        assert road[mine].mean() == pytest.approx(expected, abs=0.03)


def test_copies_stand_beside_each_other() -> None:
    vectors, labels = planted_embeddings(10, Plant(copies=4), rng=np.random.default_rng(0))
    assert vectors.shape == (40, 8)
    assert np.abs(vectors[0] - vectors[1:4]).max() < 0.01
    assert (labels.matrix[:4] == labels.matrix[0]).all()


def test_look_alikes_lie_where_clearings_lie_and_carry_nothing() -> None:
    vectors, labels = planted_embeddings(100, Plant(look_alikes=20), rng=np.random.default_rng(0))
    assert labels.classes == ("mine", "road", "field", "clearing")
    assert labels.counts[3] == 57  # half of them outnumber the look-alikes, a quarter does not
    there = vectors[:, 3] > 4
    assert there.sum() == 77
    assert (labels.matrix[there].sum(axis=0) == [0, 0, 0, 57]).all()
    assert np.linalg.norm(vectors[there & ~labels.matrix[:, 3]].mean(0) - vectors[labels.matrix[:, 3]].mean(0)) < 0.15


def test_look_alikes_change_no_other_image() -> None:
    drawn = [planted_embeddings(50, Plant(look_alikes=n), rng=np.random.default_rng(0)) for n in (0, 8)]
    np.testing.assert_allclose(drawn[0][0], drawn[1][0][:50], atol=0.01)  # up to the jitter of copies
    np.testing.assert_array_equal(drawn[0][1].matrix, drawn[1][1].matrix[:50, :3])


def test_plants_out_of_range_are_refused() -> None:
    with pytest.raises(InputError, match="a cue from 0 to 1"):
        Plant(cue=1.5)
