"""A ranking in images: how many of a class's images stand among the first."""

import numpy as np

from tailprobe.comparison.among_the_first import TopRankedImages, positives_in_top, top_sizes


def test_positives_among_the_first_are_counted_and_ties_shared() -> None:
    labels = np.array([[1, 0], [0, 1], [1, 1], [0, 0]], dtype=bool)
    scores = np.array([[0.9, 0.2], [0.8, 0.2], [0.7, 0.2], [0.1, 0.2]])
    assert positives_in_top(labels, scores, np.array([2, 2])).tolist() == [1.0, 1.0]
    assert positives_in_top(labels, scores, np.array([3, 4])).tolist() == [2.0, 2.0]


def test_as_many_images_are_looked_through_as_there_are() -> None:
    assert top_sizes(np.array([0, 3, 20]), 10).tolist() == [1, 5, 10]


def test_the_sentence_says_whole_images_where_they_differ_by_one_or_more() -> None:
    of = {"class_name": "mine", "positives": 20.0, "looked_through": 30.0}
    first = TopRankedImages(**of, found=17.2, found_baseline=15.1).sentence
    assert first == "Of 20 images of mine in a test part, 17 rather than 15 are among the first 30 by score."
    assert "3.4 rather than 3.6 are" in TopRankedImages(**of, found=3.4, found_baseline=3.6).sentence
    part = TopRankedImages("mine", 3.4, 6.0, found=3.0, found_baseline=2.0).sentence
    assert part.startswith("Of 3.4 images of mine in a test part (mean over seeds), 3 rather than 2 are")
    assert "15 either way are" in TopRankedImages(**of, found=15.0, found_baseline=15.0).sentence
