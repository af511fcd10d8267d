"""Orders in which images are kept."""

import numpy as np
import pytest

from tailprobe.investigate.redundancy.selection import SELECTIONS, class_orders, kept_rows, selection_names


@pytest.mark.parametrize("name", SELECTIONS.names())
def test_an_order_holds_every_image_once(name: str) -> None:
    rows = np.random.default_rng(0).standard_normal((17, 3)).astype(np.float32)
    assert sorted(SELECTIONS.get(name)(rows, np.random.default_rng(1)).tolist()) == list(range(17))


def test_k_centre_leaves_copies_for_the_end() -> None:
    rows = np.repeat(np.eye(4, dtype=np.float32), [5, 1, 1, 1], axis=0)
    order = SELECTIONS.get("k_centre")(rows, np.random.default_rng(0))
    assert len({0 if row < 5 else row for row in order[:4].tolist()}) == 4


def test_herding_follows_the_mean() -> None:
    rows = np.array([[10.0], [1.0], [-1.0], [-10.0], [0.5]], np.float32)
    order = SELECTIONS.get("herding")(rows, np.random.default_rng(0)).tolist()
    means = [abs(rows[order[: k + 1]].mean() - rows.mean()) for k in range(3)]
    assert order[0] == 4
    assert max(means) < 1


def test_an_image_stays_if_any_of_its_classes_keeps_it() -> None:
    matrix = np.array([[1, 0], [1, 0], [1, 1], [0, 1], [0, 0]], dtype=bool)
    orders = [np.array([0, 1, 2]), np.array([2, 3])]
    assert kept_rows(orders, matrix, np.array([True, True]), 0.4).tolist() == [0, 2, 4]
    assert kept_rows(orders, matrix, np.array([True, False]), 0.4).tolist() == [0, 2, 3, 4]


@pytest.mark.parametrize("name", selection_names())
def test_orders_are_places_of_the_class(name: str) -> None:
    matrix = np.array([[1, 0], [0, 1], [1, 0]], dtype=bool)
    rows = np.eye(3, dtype=np.float32)
    orders = class_orders(name, matrix, rows, np.random.default_rng(0))
    assert [sorted(order.tolist()) for order in orders] == [[0, 2], [1]]


@pytest.mark.parametrize("name", ["el2n", "forgetting"])
def test_images_that_a_head_gets_wrong_stay_the_longest(name: str) -> None:
    rng = np.random.default_rng(0)
    rows = np.concatenate([rng.normal(-3, 0.3, (40, 2)), rng.normal(3, 0.3, (40, 2))]).astype(np.float32)
    rows[[5, 45]] *= -1  # on the side of the other class
    matrix = np.repeat(np.eye(2, dtype=bool), 40, axis=0)
    orders = class_orders(name, matrix, rows, rng)
    assert [int(order[0]) for order in orders] == [5, 45]
