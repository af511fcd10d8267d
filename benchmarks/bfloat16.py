"""What rounding the factors of every product to bfloat16 does to scores, beside what another seed does.

Twelve seeds of one head, width 64, 20 epochs of 2,000 rows of 64 numbers, six classes of falling frequency; mean
average precision of 4,000 other rows. The arithmetic is that of the GPU's stack, on the processor, where it says
nothing of speed.
"""

import numpy as np
from sklearn.metrics import average_precision_score

from benchmarks.row import Row
from tailprobe.embeddings.embeddings import Embeddings
from tailprobe.labels import Labels
from tailprobe.methods.plan import TrainingPlan
from tailprobe.training.engine import train
from tailprobe.training.recipe import Recipe
from tailprobe.training.task import HeadKey, HeadTask

ROWS, INPUTS, SEEDS = 7000, 64, 12
FREQUENCIES = np.array([0.5, 0.3, 0.1, 0.05, 0.03, 0.02])


def rows() -> list[Row]:
    """Train every seed in both precisions."""
    exact, rounded = _precisions("stacked"), _precisions("stacked-bfloat16")
    change = rounded - exact
    unit = "mean average precision"
    return [
        Row("float32, mean of 12 seeds", float(exact.mean()), unit),
        Row("float32, standard deviation over seeds", float(exact.std(ddof=1)), unit),
        Row("bfloat16 - float32 of the same seed, mean", float(change.mean()), unit),
        Row("bfloat16 - float32 of the same seed, root mean square", float(np.sqrt((change**2).mean())), unit),
    ]


def _precisions(kernel: str) -> np.ndarray:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((ROWS, INPUTS), dtype=np.float32)
    wanted = x @ rng.standard_normal((INPUTS, len(FREQUENCIES))) + 4 * rng.standard_normal((ROWS, len(FREQUENCIES)))
    wanted += 2 * np.sin(x[:, : len(FREQUENCIES)] * 2)
    labels = Labels(wanted > np.quantile(wanted, 1 - FREQUENCIES, axis=0).diagonal(), tuple("abcdef"), "multi-label")
    part, held, test = np.split(np.arange(ROWS), [2000, 3000])
    plan, recipe = TrainingPlan(np.arange(len(part))), Recipe(width=64)
    tasks = [HeadTask(HeadKey("e", "baseline", seed), plan, recipe, part, held) for seed in range(SEEDS)]
    heads = train({"e": Embeddings(x, (), "e", "e")}, labels, tasks, kernel=kernel)
    return np.array([average_precision_score(labels.matrix[test], head.logits(x[test])) for head in heads.values()])
