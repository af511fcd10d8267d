import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn import metrics as sk

from tailprobe.errors import InputError
from tailprobe.ranking import rank, top1
from tailprobe.scores.metrics.average_precision import average_precision
from tailprobe.scores.metrics.roc_auc import roc_auc

TIED = st.sampled_from([-1.5, -0.0, 0.0, 0.25, 0.5])
FREE = {  # numbers that are neighbours even in float32, of both signs
    np.float16: st.floats(-8, 8, width=16),
    np.float32: st.floats(-8, 8, width=32, allow_subnormal=False),
    np.float64: st.floats(-8, 8, allow_subnormal=False),
}


@st.composite
def labels_and_scores(draw):
    shape = draw(st.tuples(st.integers(1, 40), st.integers(1, 4)))
    dtype = draw(st.sampled_from([np.float16, np.float32, np.float64]))
    scores = draw(hnp.arrays(dtype, shape, elements=draw(st.sampled_from([TIED, FREE[dtype]]))))
    return draw(hnp.arrays(bool, shape)), scores


def cases(test):
    level = np.full((5, 2), 0.3, dtype=np.float32)
    for labels in (np.zeros((5, 2), dtype=bool), np.ones((5, 2), dtype=bool), np.eye(5, 2, dtype=bool)):
        test = example((labels, level))(test)
    return given(labels_and_scores())(test)


@cases
def test_average_precision_equals_scikit_learn_ties_included(both):
    labels, scores = both
    expected = [
        sk.average_precision_score(y, s.astype(np.float64)) if y.any() else np.nan
        for y, s in zip(labels.T, scores.T, strict=True)
    ]
    np.testing.assert_allclose(average_precision(labels, scores), expected, rtol=0, atol=1e-13)


@cases
def test_roc_auc_equals_scikit_learn_ties_included(both):
    labels, scores = both
    expected = [
        sk.roc_auc_score(y, s.astype(np.float64)) if y.any() and not y.all() else np.nan
        for y, s in zip(labels.T, scores.T, strict=True)
    ]
    np.testing.assert_allclose(roc_auc(labels, scores), expected, rtol=0, atol=1e-13)


@given(labels_and_scores(), st.randoms(use_true_random=False))
def test_permuting_images_and_classes_permutes_the_results(both, random):
    labels, scores = both
    rows, columns = (random.sample(range(n), n) for n in labels.shape)
    for measure in (average_precision, roc_auc):
        permuted = measure(labels[rows][:, columns], scores[rows][:, columns])
        np.testing.assert_array_equal(permuted, measure(labels, scores)[columns])


@given(labels_and_scores())
def test_steps_count_what_stands_at_each_score_of_a_positive(both):
    labels, scores = both
    steps = rank(labels, scores)
    assert steps.class_index.tolist() == sorted(steps.class_index)
    for g, (c, score) in enumerate(zip(steps.class_index, steps.score, strict=True)):
        mine, carried = scores[:, c], labels[:, c]
        assert steps.above[g] == (mine > score).sum()
        assert steps.predicted_positives[g] == (mine >= score).sum()
        assert steps.true_positives[g] == (carried & (mine >= score)).sum()
        assert steps.new_positives[g] == (carried & (mine == score)).sum()
        below = mine[mine < score]
        np.testing.assert_array_equal(steps.next_score[g], below.max() if len(below) else np.nan)
    for c in range(labels.shape[1]):
        found = steps.score[steps.class_index == c]
        assert found.tolist() == sorted(set(scores[labels[:, c], c].tolist()), reverse=True)


def test_scores_that_differ_in_their_last_bit_are_no_tie():
    low = np.float32(0.3)
    scores = np.array([[low], [np.nextafter(low, np.float32(1))]], dtype=np.float32)
    assert roc_auc(np.array([[False], [True]]), scores) == [1.0]


def test_the_two_zeros_are_a_tie():
    scores = np.array([[0.0], [-0.0]], dtype=np.float32)
    assert roc_auc(np.array([[False], [True]]), scores) == [0.5]


@given(labels_and_scores())
def test_top1_is_the_share_of_images_whose_best_class_is_theirs(both):
    _, scores = both
    own = np.arange(len(scores)) % scores.shape[1]
    labels = own[:, None] == np.arange(scores.shape[1])
    assert top1(labels, scores) == pytest.approx(sk.accuracy_score(own, scores.argmax(axis=1)))


@pytest.mark.parametrize("measure", [average_precision, roc_auc, top1])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_scores_of_a_diverged_head_are_refused_by_their_place(measure, dtype):
    scores = np.full((3, 2), 0.5, dtype=dtype)
    scores[1, 1] = np.nan
    with pytest.raises(InputError, match="got nan at row 1, class 1"):
        measure(np.ones((3, 2), dtype=bool), scores)


def test_a_part_without_images_is_refused():
    with pytest.raises(InputError, match="at least one image"):
        average_precision(np.zeros((0, 2), dtype=bool), np.zeros((0, 2), dtype=np.float32))
