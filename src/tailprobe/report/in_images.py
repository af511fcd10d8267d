"""What the answer's difference means in images, from the scores of the test parts."""

import numpy as np

from tailprobe.comparison.among_the_first import TopRankedImages, positives_in_top, top_sizes
from tailprobe.runs.run import Run
from tailprobe.scores.head_scores import read_head_scores


def in_images(run: Run) -> TopRankedImages | None:
    """Return the images found by the method that the answer is about and by its baseline; None if it is about none.

    Of the low-frequency class with the most test images, which is chosen by its number and not by its result.
    """
    answer, names = run.conclusion, run.classes["class_name"]
    if answer is None or answer.about not in run.baselines:
        return None
    rare = run.classes["test"].where(run.classes["low_frequency"].astype(bool), -1).to_numpy()
    c, seeds = int(rare.argmax()), sorted(int(seed) for seed in run.results["seed"].unique())
    found = [
        [_in_seed(run, answer.encoder, method, seed, c) for seed in seeds]
        for method in (answer.about, run.baselines[answer.about])
    ]
    (of_method, positives, first), (of_baseline, _, _) = np.mean(found, axis=1)
    return TopRankedImages(str(names.iloc[c]), positives, first, of_method, of_baseline) if positives else None


def _in_seed(run: Run, encoder: str, method: str, seed: int, c: int) -> tuple[float, float, float]:
    """Return a class's images found, its images, and how many were looked through, in one seed's test part."""
    part = read_head_scores(run.scores, encoder=encoder, method=method, seed=seed, part="test")
    of_class = run.labels.rows(part.rows).one_vs_rest(np.array([c]))
    known = np.ones(len(part.rows), bool) if of_class.known is None else of_class.known[:, 0]
    labels, scores = of_class.matrix[known], part.probabilities()[known][:, [c]]
    positives = labels.sum(axis=0)
    first = top_sizes(positives, len(labels))
    return (
        float(positives_in_top(labels, scores, first)[0]),
        float(positives[0]),
        float(first[0]),
    )
