"""Synthetic rows against their papers' rules, row by row, and against the moments they should have."""

import numpy as np
import torch

from benchmarks.conformance.check import check
from benchmarks.conformance.data import labels_of, largest, plan, vectors_of
from tailprobe.labels import Kind, Labels
from tailprobe.learners.plan import Synthetic, TrainingPlan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.lookup import parse_methods


def made_by(text: str, kind: Kind) -> Synthetic:
    """Return the rows that a method makes."""
    made = plan(text, kind).synthetic
    assert made is not None
    return made


def ends(row: np.ndarray, images: np.ndarray, k: int) -> list[tuple[int, list[int]]]:
    """Return the images on whose line to one of their k nearest others a row lies, with these k."""
    found = []
    for i, x in enumerate(images):
        near = [int(j) for j in np.argsort(np.linalg.norm(images - x, axis=1)) if j != i][:k]
        for j in near:
            along = images[j] - x
            u = (row - x) @ along / (along @ along)
            if -1e-5 <= u <= 1 + 1e-5 and np.allclose(x + u * along, row, atol=1e-4):
                found.append((i, near))
    return found


@check("smote", "every row lies between an image and one of its k nearest of the class: rows that do not", tolerance=0)
def smote() -> float:
    """Look for the ends of every row by brute force."""
    labels, made = labels_of("single-label"), made_by("smote(40, 3)", "single-label")
    vectors = vectors_of(labels).astype(np.float64)
    rows = zip(made.vectors, made.labels, strict=True)
    return float(sum(not ends(row, vectors[labels.matrix[:, y.argmax()]], 3) for row, y in rows))


@check("mlsmote", "algorithm 2 of Charte et al. 2015 by brute force: rows or labels beside it", tolerance=0)
def mlsmote() -> float:
    """Look for the ends of every row and vote on its labels anew."""
    labels, made = labels_of("multi-label"), made_by("mlsmote(3)", "multi-label")
    vectors, matrix, counts = vectors_of(labels).astype(np.float64), labels.matrix, labels.counts
    ratios = counts.max() / counts
    rare = [c for c in range(5) if ratios[c] > ratios.mean()]
    wrong, first = abs(len(made.vectors) - sum(counts[c] for c in rare)), 0
    for c in rare:
        members = np.flatnonzero(matrix[:, c])
        for row, carried in list(zip(made.vectors, made.labels, strict=True))[first : first + len(members)]:
            votes = [
                (matrix[members[i]] + matrix[members[near]].sum(axis=0)) > 2
                for i, near in ends(row, vectors[members], 3)
            ]
            wrong += not any((vote == carried).all() for vote in votes)
        first += len(members)
    return float(wrong)


@check(
    "remedial",
    "SCUMBLE written out; loss terms of the halves: each class once, those of others as they were",
    tolerance=0,
)
def remedial() -> float:
    """Hold rows and weights against a loop over the images."""
    labels, of = labels_of("multi-label"), plan("remedial", "multi-label")
    matrix, counts = labels.matrix, labels.counts
    ratios = counts.max() / counts
    rare = ratios > ratios.mean()
    levels = [
        0.0 if not row.any() else 1 - np.prod(ratios[row]) ** (1 / row.sum()) / ratios[row].mean() for row in matrix
    ]
    high = [i for i, level in enumerate(levels) if level > np.mean(levels)]
    stage, made = of.stages[0], of.synthetic
    assert made is not None
    assert stage.row_weights is not None
    wrong = len(set(stage.rows[stage.rows < len(matrix)]) ^ (set(range(len(matrix))) - set(high)))
    halves = len(matrix) + np.arange(2 * len(high))
    wrong += len(set(stage.rows[stage.rows >= len(matrix)]) ^ set(halves))
    first, second = stage.row_weights[halves[: len(high)]], stage.row_weights[halves[len(high) :]]
    for n, i in enumerate(high):
        wrong += int((made.labels[[n, len(high) + n]] != matrix[i]).sum())
        wrong += int(((first[n] == 0) != (matrix[i] & rare)).sum() + ((second[n] == 0) != (matrix[i] & ~rare)).sum())
    return float(wrong)


@check(
    "mixup",
    "BCE of torch with soft labels l y + (1 - l) y' on the mixtures: mean loss of a linear head",
    tolerance=1e-6,
)
def mixup() -> float:
    """Draw pairs and shares anew from the same generator, and take the loss with soft labels."""
    labels, of, rng = labels_of("multi-label"), plan("mixup(0.5)", "multi-label"), np.random.default_rng(0)
    first, second = rng.permutation(len(labels)), rng.permutation(len(labels))
    share = rng.beta(0.5, 0.5, len(labels))[:, None]
    vectors, head = vectors_of(labels).astype(np.float64), np.random.default_rng(5).standard_normal((6, 5))
    soft = share * labels.matrix[first] + (1 - share) * labels.matrix[second]
    z = (share * vectors[first] + (1 - share) * vectors[second]) @ head
    theirs = torch.nn.functional.binary_cross_entropy_with_logits(torch.from_numpy(z), torch.from_numpy(soft)).item()
    stage, made = of.stages[0], of.synthetic
    assert made is not None
    assert stage.row_weights is not None
    logits = made.vectors.astype(np.float64) @ head
    terms = np.logaddexp(0, np.where(made.labels, -logits, logits)) * stage.row_weights[len(labels) :, None]
    return abs(float(terms.mean()) - theirs)


@check("remix", "equation 4 of Chou et al. 2020, case by case: shares of labels", tolerance=1e-6)
def remix() -> float:
    """Hold the weights of the pairs against the three cases."""
    labels, of, rng = labels_of("single-label"), plan("remix(1, 3, 0.5)", "single-label"), np.random.default_rng(0)
    first, second = rng.permutation(len(labels)), rng.permutation(len(labels))
    share, wanted = rng.beta(1, 1, len(labels)), []
    counts = labels.counts[labels.matrix.argmax(axis=1)]
    for a, b, s in zip(counts[first], counts[second], share, strict=True):
        wanted.append(0.0 if a / b >= 3 and s < 0.5 else 1.0 if a / b <= 1 / 3 and 1 - s < 0.5 else s)
    weights = of.stages[0].row_weights
    assert weights is not None
    return largest(weights[len(labels) : 2 * len(labels)] / 2, wanted)


@check("rose", "variance of 20,000 rows of a class, (1 + h^2) times its own: in standard errors", tolerance=4.0)
def rose() -> float:
    """Hold the variance of the rows of the rarest class against that of a smoothed bootstrap."""
    labels = labels_of("single-label")
    c = int(labels.counts.argmin())
    made = made_by("rose(20000)", "single-label")
    own, n = vectors_of(labels)[labels.matrix[:, c]].astype(np.float64), int(labels.counts[c])
    h = (4 / (8 * n)) ** (1 / 10)
    rows = made.vectors[made.labels[:, c]].astype(np.float64)
    wanted = own.var(axis=0) + h**2 * own.var(axis=0, ddof=1)
    return float(np.abs((rows.var(axis=0) / wanted - 1) / np.sqrt(2 / len(rows))).max())


@check(
    "distribution_calibration",
    "equations 5 and 6 of Yang et al. 2021, 40,000 rows: moments in standard errors",
    tolerance=4.5,
)
def distribution_calibration() -> float:
    """Hold mean and covariance of the rows made for a class of one image against the equations."""
    rng = np.random.default_rng(0)
    spread = rng.standard_normal((2, 3, 3))
    rows = [rng.standard_normal((30, 3)) @ spread[i] + 4 * i for i in range(2)] + [np.array([[1.0, 2.0, 3.0]])]
    classes = np.repeat([0, 1, 2], [30, 30, 1])
    labels = Labels(np.eye(3, dtype=bool)[classes], ("a", "b", "c"), "single-label")
    low = np.array([False, False, True])
    train = TrainingSet(labels, low, np.random.default_rng(1), np.concatenate(rows).astype(np.float32))
    made = parse_methods(["distribution_calibration(40001, 2, 0.3)"])[-1].learner(train)
    assert isinstance(made, TrainingPlan)
    assert made.synthetic is not None
    ours = made.synthetic.vectors.astype(np.float64)
    mean = (rows[2][0] + rows[0].mean(axis=0) + rows[1].mean(axis=0)) / 3
    covariance = (np.cov(rows[0].T) + np.cov(rows[1].T)) / 2 + 0.3
    error = np.sqrt(np.diag(covariance) / len(ours))
    # the variance of a covariance of normal numbers: (c_ii c_jj + c_ij^2) / n
    of_covariance = np.sqrt((np.outer(np.diag(covariance), np.diag(covariance)) + covariance**2) / len(ours))
    return max(
        float((np.abs(ours.mean(axis=0) - mean) / error).max()),
        float((np.abs(np.cov(ours.T) - covariance) / of_covariance).max()),
    )
