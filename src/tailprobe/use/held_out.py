"""Scores of images by heads that were not trained on them, from which probabilities and thresholds are derived."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int

from tailprobe.errors import InputError
from tailprobe.learners.loss import Link
from tailprobe.runs.run import Run
from tailprobe.scores.head_scores import read_head_scores, scored_heads
from tailprobe.use.log_odds import log_odds, mean_log_odds

MOST_ROWS = 1_000_000  # kept with a model; beyond that, repeated scores of the same images are left out


@dataclass(frozen=True, eq=False)
class HeldOutScores:
    """Log odds of R scorings of images; an image that several heads scored has several rows."""

    image: Int[np.ndarray, " R"]  # index of the image in the study's image set, ascending
    log_odds: Float32[np.ndarray, "R C"]
    labels: Bool[np.ndarray, "R C"]
    head: Int[np.ndarray, " R"] | None = None  # number of the head that scored the row; None if not known
    known: Bool[np.ndarray, "R C"] | None = None  # which labels are known; None: all

    def rows_of(self, c: int) -> Bool[np.ndarray, " R"]:
        """(R,) rows whose label of class `c` is known; all rows, which then have no positive, if none is."""
        if self.known is None or not self.known[:, c].any():
            return np.ones(len(self.image), dtype=bool)
        return self.known[:, c]

    @property
    def prevalence(self) -> Float64[np.ndarray, " C"]:
        """(C,) share of the images that carry each class, among those of which it is known."""
        weight = self.weight
        known = np.array([weight[self.rows_of(c)].sum() for c in range(self.labels.shape[1])])
        share: Float64[np.ndarray, " C"] = self.positives / known
        return share

    @property
    def weight(self) -> Float64[np.ndarray, " R"]:
        """(R,) 1 / number of scorings of the image, so that the weights add up to the number of images."""
        _, place, times = np.unique(self.image, return_inverse=True, return_counts=True)
        weight: Float64[np.ndarray, " R"] = 1.0 / times[place]
        return weight

    @property
    def positives(self) -> Int[np.ndarray, " C"]:
        """(C,) number of images that carry each class."""
        first = np.unique(self.image, return_index=True)[1]
        return self.labels[first].sum(axis=0, dtype=np.int64)

    @property
    def images(self) -> int:
        """Number of images that were scored."""
        return len(np.unique(self.image))


def held_out_scores(run: Run, encoder: str, method: str, *, ensemble: int = 1) -> tuple[HeldOutScores, Link]:
    """Collect the test scores of a method over the seeds of a study, and the link of its heads.

    For an ensemble of k heads, the probabilities of each image are averaged k at a time, as the ensemble averages its
    heads.

    Raises:
        InputError: the run has no scores of the method, or its file is damaged or of other images.
    """
    heads = [h for h in scored_heads(run.scores) if (h.encoder, h.method, h.part) == (encoder, method, "test")]
    if not heads:
        raise InputError(f"{run.folder.scores}: holds no test scores of {method} under {encoder}; compare again")
    read = [read_head_scores(run.scores, **head._asdict()) for head in heads]
    image = np.concatenate([scores.rows for scores in read]).astype(np.int64)
    values = np.concatenate([log_odds(scores.logits, scores.link) for scores in read])
    if image.min() < 0 or image.max() >= len(run.labels) or values.shape[1] != len(run.labels.classes):
        raise InputError(f"{run.folder.scores}: is of other images than {run.folder.path}/labels.parquet")
    head = np.repeat(np.arange(len(read)), [len(scores.rows) for scores in read])
    image, values, head = _grouped(image, values, head, ensemble)
    labels, known = run.labels.matrix[image], run.labels.known_of(image)
    return HeldOutScores(image, values.astype(np.float32), labels, head, known), read[0].link


def _grouped(
    image: Int[np.ndarray, " M"], values: Float64[np.ndarray, "M C"], head: Int[np.ndarray, " M"], ensemble: int
) -> tuple[Int[np.ndarray, " R"], Float64[np.ndarray, "R C"], Int[np.ndarray, " R"]]:
    """Average the scores of each image, `ensemble` of them at a time, in the order of the seeds.

    The head of an average is the first of its heads.
    """
    order = np.argsort(image, kind="stable")
    image, values, head = image[order], values[order], head[order]
    turn = np.arange(len(image)) - np.searchsorted(image, image)  # 0 for an image's first score
    times = np.searchsorted(image, image, side="right") - np.searchsorted(image, image)
    whole = (
        np.maximum(times // ensemble, 1) * ensemble
    )  # an incomplete last group is left out unless it is the only one
    most = max(1, MOST_ROWS // len(np.unique(image))) * ensemble
    kept = turn < np.minimum(whole, most)
    image, values, head, turn = image[kept], values[kept], head[kept], turn[kept]
    starts = np.flatnonzero(turn % ensemble == 0)
    sizes = np.diff(np.append(starts, len(image)))
    return image[starts], mean_log_odds(values, starts, sizes), head[starts]
