import numpy as np
import pytest

from tailprobe.errors import InputError
from tailprobe.scores.head_scores import HeadPart, ScoresWriter, read_head_scores
from tailprobe.scores.rules import tune_thresholds
from tailprobe.scores.stored import open_test_scores

RNG = np.random.default_rng(0)
LABELS = RNG.random((60, 2)) < 0.4
HEAD = HeadPart("clip", "baseline", 0, "test")


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "scores.parquet"
    with ScoresWriter(path, classes=("a", "b")) as writer:
        for part, rows in (("validation", np.arange(30)), ("test", np.arange(30, 60))):
            logits = RNG.normal(size=(30, 2)).astype(np.float32)
            writer.write(rows, logits, **HEAD._replace(part=part)._asdict(), link="softmax")
    return path


def test_the_test_part_of_every_head_comes_with_its_link_and_thresholds_tuned_on_its_validation_part(path):
    scores = open_test_scores(path, labels=LABELS, thresholds=("tuned", "0.5"))
    assert list(scores) == [HEAD]
    assert scores[HEAD].link == "softmax"
    assert scores[HEAD].rows.tolist() == list(range(30, 60))
    validation = read_head_scores(path, **HEAD._replace(part="validation")._asdict())
    expected = tune_thresholds(("tuned", "0.5"), LABELS[:30], validation.probabilities())
    for rule, thresholds in expected.items():
        np.testing.assert_array_equal(scores[HEAD].thresholds[rule], thresholds)


def test_a_head_that_is_not_there_is_not_in_it(path):
    scores = open_test_scores(path, labels=LABELS)
    assert HEAD._replace(seed=1) not in scores
    with pytest.raises(KeyError):
        scores[HEAD._replace(seed=1)]


def test_labels_of_another_image_set_are_refused(path):
    with pytest.raises(InputError, match="labels of another set"):
        open_test_scores(path, labels=LABELS[:10])[HEAD]
