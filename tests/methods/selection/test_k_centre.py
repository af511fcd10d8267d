"""k-centre greedy against brute force, and its covering radius against random choices."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from method_examples import labels_of, plan_of, vectors_of
from tailprobe.learners.plan import summarise_plan
from tailprobe.methods.selection.k_centre import farthest_first


def by_brute_force(rows: np.ndarray, chosen: list[int], number: int) -> list[int]:
    """Return the rows that algorithm 1 of the paper adds, every distance computed anew each time."""
    chosen, added = list(chosen), []
    for _ in range(number):
        nearest = [min(np.linalg.norm(row - rows[c]) for c in chosen) for row in rows]
        added.append(int(np.argmax(nearest)))
        chosen.append(added[-1])
    return added


def radius(rows: np.ndarray, chosen: np.ndarray) -> float:
    """Return the greatest distance of a row from the nearest chosen one."""
    return float(np.linalg.norm(rows[:, None] - rows[chosen][None], axis=2).min(axis=1).max())


@given(seed=st.integers(0, 10**6), number=st.integers(1, 12), offset=st.sampled_from([0.0, 100.0]))
def test_choices_are_those_of_brute_force(seed: int, number: int, offset: float) -> None:
    rng = np.random.default_rng(seed)
    rows = (rng.standard_normal((30, 4)) + offset).astype(np.float32)
    first = [int(i) for i in rng.choice(30, 2, replace=False)]
    ours = farthest_first(rows, np.array(first), number, rng=rng)
    assert ours.tolist() == by_brute_force(rows.astype(np.float64), first, number)


def test_copies_are_not_chosen_twice() -> None:
    chosen = farthest_first(np.zeros((6, 2), np.float32), np.array([], np.int64), 6, rng=np.random.default_rng(0))
    assert sorted(chosen.tolist()) == list(range(6))


def test_the_covering_radius_is_at_most_twice_the_best_and_below_random_choices() -> None:
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((200, 3)).astype(np.float32)
    ours = radius(rows, farthest_first(rows, np.array([], np.int64), 20, rng=rng))
    random = [radius(rows, rng.choice(200, 20, replace=False)) for _ in range(100)]
    assert ours <= min(random)


def test_classes_are_cut_to_the_count_and_rare_ones_kept_whole() -> None:
    for kind in ("single-label", "multi-label"):
        labels = labels_of(kind)
        plan = plan_of("k_centre(15)", labels)
        summary = summarise_plan(plan, labels)
        assert (summary.counts >= np.minimum(labels.counts, 15)).all()
        assert summary.rows == summary.distinct_images
        if kind == "single-label":
            assert summary.counts.tolist() == np.minimum(labels.counts, 15).tolist()
            rows = plan.stages[0].rows
            kept = np.flatnonzero(np.isin(np.flatnonzero(labels.matrix[:, 0]), rows))
            of_class = vectors_of(labels)[labels.matrix[:, 0]]
            rng = np.random.default_rng(1)
            random = [radius(of_class, rng.choice(len(of_class), 15, replace=False)) for _ in range(50)]
            assert radius(of_class, kept) <= np.median(random)
