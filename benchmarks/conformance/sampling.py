"""Sampling against the shares, counts and conditions that the papers state."""

from collections import Counter

import numpy as np

from benchmarks.conformance.check import check
from benchmarks.conformance.data import LOW, labels_of, largest, plan, stage
from tailprobe.labels import Kind

KINDS: tuple[Kind, ...] = ("single-label", "multi-label")


def repeats(text: str, kind: Kind) -> np.ndarray:
    """Return how often each image comes in the rows of a plan's first stage."""
    return np.bincount(stage(text, kind).rows, minlength=len(labels_of(kind)))


def class_shares(rows: np.ndarray) -> np.ndarray:
    """Return each class's share of single-label rows."""
    classes = labels_of("single-label").matrix.argmax(axis=1)[rows]
    return np.bincount(classes, minlength=5) / len(rows)


@check("class_balanced", "share of each class among the rows drawn: 1 / C", tolerance=1e-3)
def class_balanced() -> float:
    """Count rows by class."""
    return largest(class_shares(stage("class_balanced", "single-label").rows), np.full(5, 0.2))


@check("power_sampling", "equation 1 of Kang et al. 2020, n_j^q over its sum", tolerance=1e-3)
def power_sampling() -> float:
    """Count rows by class."""
    counts = labels_of("single-label").counts
    wanted = np.sqrt(counts) / np.sqrt(counts).sum()
    return largest(class_shares(stage("power_sampling(0.5)", "single-label").rows), wanted)


@check("progressive_sampling", "equation 2 of Kang et al. 2020 at every step", tolerance=1e-3)
def progressive_sampling() -> float:
    """Count rows by class and stage."""
    counts, stages = labels_of("single-label").counts, plan("progressive_sampling(5)", "single-label").stages
    wanted = [(1 - t) * counts / counts.sum() + t / 5 for t in (0, 0.25, 0.5, 0.75, 1)]
    return max(largest(class_shares(of.rows), share) for of, share in zip(stages, wanted, strict=True))


@check("repeat_factor", "max over classes of max(1, sqrt(t / f)), image by image, in tenths", tolerance=0.1)
def repeat_factor() -> float:
    """Count the copies of every image in ten epochs."""
    labels = labels_of("multi-label").matrix
    share = labels.mean(axis=0)
    wanted = [max([1.0] + [(0.2 / share[c]) ** 0.5 for c in range(5) if row[c]]) for row in labels]
    return largest(repeats("repeat_factor(0.2)", "multi-label") / 10, wanted)


@check("oversample", "every class below the count reaches it, every image is kept: images missing", tolerance=0)
def oversample() -> float:
    """Count single-label rows by class."""
    labels, of = labels_of("single-label"), repeats("oversample(100)", "single-label")
    return float(np.abs(of @ labels.matrix - np.maximum(labels.counts, 100)).max() + (of == 0).sum())


@check("undersample", "every class above the count is cut to it, no image twice: images beside it", tolerance=0)
def undersample() -> float:
    """Count single-label rows by class."""
    labels, of = labels_of("single-label"), repeats("undersample(15)", "single-label")
    return float(np.abs(of @ labels.matrix - np.minimum(labels.counts, 15)).max() + (of > 1).sum())


@check("ml_ros", "algorithm 3 of Charte et al. 2015 replayed clone by clone: clones that break it", tolerance=0)
def ml_ros() -> float:
    """Replay: each clone carries the next class in turn that is still above the first mean ratio."""
    matrix, broken = labels_of("multi-label").matrix, 0
    rows = stage("ml_ros(0.5)", "multi-label").rows
    counts = [int(n) for n in matrix.sum(axis=0)]
    mean = sum(max(counts) / n for n in counts) / 5
    turn = [c for c in range(5) if max(counts) / counts[c] > mean]
    place = 0
    for clone in rows[len(matrix) :]:
        c = turn[place]
        broken += not matrix[clone, c]
        counts = [n + int(y) for n, y in zip(counts, matrix[clone], strict=True)]
        if max(counts) / counts[c] <= mean:
            turn.pop(place)
        else:
            place += 1
        place = place % len(turn) if turn else 0
    ended = len(rows) == round(1.5 * len(matrix)) or not turn
    return float(broken + (not ended) + (rows[: len(matrix)] != np.arange(len(matrix))).sum())


@check("ml_rus", "a quarter of the images dropped, none with IRLbl above MeanIR: images beside it", tolerance=0)
def ml_rus() -> float:
    """Look at what is dropped."""
    matrix, of = labels_of("multi-label").matrix, repeats("ml_rus(0.25)", "multi-label")
    counts = matrix.sum(axis=0)
    ratios = counts.max() / counts
    rare = [c for c in range(5) if ratios[c] > ratios.mean()]
    assert set(rare) <= set(np.flatnonzero(LOW))
    wrong = sum(bool(matrix[i, rare].any()) for i in np.flatnonzero(of == 0))
    return float(wrong + (of > 1).sum() + abs((of == 0).sum() - round(0.25 * len(matrix))))


def sets_of(text: str) -> tuple[Counter[tuple[bool, ...]], Counter[tuple[bool, ...]]]:
    """Return how many images each set of labels has, before and after."""
    matrix = labels_of("multi-label").matrix
    before = Counter(map(tuple, matrix.tolist()))
    return before, Counter(map(tuple, matrix[stage(text, "multi-label").rows].tolist()))


@check(
    "lp_ros", "sets below the mean size grow to it at most, others stay, a tenth added: images beside it", tolerance=0
)
def lp_ros() -> float:
    """Count label sets."""
    before, after = sets_of("lp_ros(0.1)")
    mean = sum(before.values()) / len(before)
    wrong = sum(not n <= after[key] <= max(n, mean) for key, n in before.items())
    kept = sum(abs(after[key] - n) for key, n in before.items() if n >= mean)
    room = sum(int(mean) - n for n in before.values() if n < mean)
    return float(wrong + kept + abs(sum(after.values()) - sum(before.values()) - min(24, room)))


@check(
    "lp_rus", "sets above the mean size shrink to it at least, others stay, a tenth gone: images beside it", tolerance=0
)
def lp_rus() -> float:
    """Count label sets."""
    before, after = sets_of("lp_rus(0.1)")
    mean = sum(before.values()) / len(before)
    wrong = sum(not min(n, mean) <= after[key] <= n for key, n in before.items())
    kept = sum(abs(after[key] - n) for key, n in before.items() if n <= mean)
    return float(wrong + kept + abs(sum(before.values()) - sum(after.values()) - 24))
