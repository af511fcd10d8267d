import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tailprobe.scores.decisions import f_beta
from tailprobe.scores.thresholds import decide, tune_f_beta


@st.composite
def labels_and_scores(draw, dtypes=(np.float32, np.float64)):
    shape = draw(st.tuples(st.integers(1, 20), st.integers(1, 4)))
    dtype = draw(st.sampled_from(dtypes))
    tied = st.sampled_from([0.0, 0.125, 0.25, 0.5, 1.0])
    free = st.floats(0, 1, width=32 if dtype == np.float32 else 64)
    return draw(hnp.arrays(bool, shape)), draw(hnp.arrays(dtype, shape, elements=draw(st.sampled_from([tied, free]))))


def best_by_brute_force(labels, scores, beta):
    """The decisions of every threshold that tells two images apart, the best and then the fewest."""
    rivals = [scores >= s for s in np.unique(scores)]
    value = [f_beta(labels[:, None], d[:, None], beta=beta)[0] for d in rivals]
    return min(rivals, key=lambda d: (-value[[r is d for r in rivals].index(True)], d.sum()))


@given(labels_and_scores(), st.sampled_from([0.5, 1.0, 2.0]))
def test_no_threshold_gives_a_higher_f_beta_and_the_fewest_images_are_predicted(both, beta):
    labels, scores = both
    thresholds = tune_f_beta(labels, scores, beta=beta)
    decisions = decide(scores, thresholds)
    for c in range(labels.shape[1]):
        if labels[:, c].any():
            np.testing.assert_array_equal(
                decisions[:, c], best_by_brute_force(labels[:, c], scores[:, c], beta), err_msg=f"class {c}"
            )


@given(labels_and_scores())
def test_a_class_without_positives_has_no_threshold_and_is_never_predicted(both):
    labels, scores = both
    thresholds = tune_f_beta(labels, scores)
    np.testing.assert_array_equal(np.isnan(thresholds), ~labels.any(axis=0))
    assert not decide(scores, thresholds)[:, ~labels.any(axis=0)].any()


def test_a_threshold_lies_half_way_to_the_next_lower_score():
    labels = np.array([[True], [False], [False]])
    assert tune_f_beta(labels, np.array([[0.75], [0.25], [0.25]])) == [0.5]


def test_the_threshold_that_predicts_every_image_is_half_the_lowest_score():
    assert tune_f_beta(np.array([[True], [True]]), np.array([[0.9], [0.5]])) == [0.25]
    assert tune_f_beta(np.array([[True], [True]]), np.array([[0.9], [0.0]])) == [-1.0]


def test_neighbouring_scores_are_told_apart():
    low = np.array([[0.3]])
    scores = np.vstack([np.nextafter(low, 1), low])
    labels = np.array([[True], [False]])
    np.testing.assert_array_equal(decide(scores, tune_f_beta(labels, scores)), labels)
