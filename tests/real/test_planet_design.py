"""What the paper does to Planet's labels, on the real table: low-frequency classes, and sizes of its resamplings."""

from pathlib import Path

import numpy as np
import pytest

from tailprobe.datasets.tables.tags import read_tags
from tailprobe.frequency import low_frequency_classes
from tailprobe.labels import Labels
from tailprobe.learners.plan import PlanSummary, summarise_plan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.lookup import parse_methods
from tailprobe.randomness import generator
from tailprobe.splits import make_split

AUTHORS_TRAINING = 32370  # their training part, 80%


@pytest.fixture(scope="module")
def labels(real_data: Path) -> Labels:
    return read_tags(real_data / "planet" / "train_v2.csv").labels


@pytest.fixture(scope="module")
def training(labels: Labels) -> dict[str, Labels]:
    """The training part of the paper (60%) and of the authors' runs (80%)."""
    order = generator(0, "order").permutation(len(labels))
    paper = make_split(labels, "random", None, rng=generator(0, "split")).train
    return {"paper": labels.rows(paper), "authors": labels.rows(np.sort(order[:AUTHORS_TRAINING]))}


def drawn(method: str, labels: Labels) -> PlanSummary:
    low = low_frequency_classes(labels, "percentile(25)")
    *_, bound = parse_methods([method])
    return summarise_plan(bound.learner(TrainingSet(labels, low, generator(0, method))), labels)


def test_the_five_low_frequency_classes_are_the_papers(labels: Labels) -> None:
    low = low_frequency_classes(labels, "percentile(25)")
    assert {name for name, rare in zip(labels.classes, low, strict=True) if rare} == {
        "artisinal_mine",
        "blooming",
        "slash_burn",
        "conventional_mine",
        "blow_down",
    }


def test_mean_and_deviation_of_four_fifths_are_those_of_the_findings(labels: Labels) -> None:
    assert 0.8 * labels.counts.mean() == pytest.approx(5468.5, abs=0.05)
    assert 0.8 * labels.counts.std() == pytest.approx(8213.4, abs=0.05)


def test_one_standard_deviation_below_the_mean_selects_no_class_and_says_so(labels: Labels) -> None:
    with pytest.raises(ValueError, match="no class"):
        low_frequency_classes(labels, "deviation(1)")


@pytest.mark.parametrize(
    ("method", "part", "rows"),
    [
        ("undersample(200)", "paper", 1800),
        ("oversample(30000)", "authors", 315_000),
        ("undersample(200, strategy=per-class)", "paper", 3043),
        ("oversample(30000, strategy=per-class)", "authors", 510_000),
    ],
)
def test_resampling_draws_as_many_rows_as_the_findings_say(
    training: dict[str, Labels], method: str, part: str, rows: int
) -> None:
    assert drawn(method, training[part]).rows == pytest.approx(rows, rel=0.02)


def test_the_factors_of_less_and_more_data_are_those_of_the_reading_in_sequence(
    labels: Labels, training: dict[str, Labels]
) -> None:
    assert len(labels) / drawn("undersample(200)", training["paper"]).rows == pytest.approx(22.4, rel=0.03)
    assert drawn("oversample(30000)", training["authors"]).rows / len(labels) == pytest.approx(7.8, rel=0.01)


def test_oversampling_keeps_every_image(training: dict[str, Labels]) -> None:
    assert drawn("oversample(30000)", training["authors"]).distinct_images == AUTHORS_TRAINING


def test_undersampling_draws_no_image_twice_and_takes_200_of_a_class_or_all_it_has(training: dict[str, Labels]) -> None:
    labels = training["paper"]
    under = drawn("undersample(200)", labels)
    assert under.distinct_images == under.rows
    assert (under.counts >= np.minimum(labels.counts, 200)).all()
