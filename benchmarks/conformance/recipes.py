"""Recipe methods: updates of a linear head on all rows, against the algorithm written out in float64."""

from collections.abc import Callable

import numpy as np
from scipy.special import expit, log_softmax

from benchmarks.conformance.check import check
from benchmarks.conformance.data import LOW, head_data, largest
from tailprobe.labels import Kind
from tailprobe.learners.plan import TrainingPlan
from tailprobe.learners.recipe import Recipe
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.lookup import parse_method
from tailprobe.training.fit import fit_head
from tailprobe.training.kernels import choose_kernel
from tailprobe.training.randomness import initial_head
from tailprobe.training.task import HeadKey, HeadTask

UPDATES, RATE, DECAY = 6, 0.01, 0.003
RECIPE = Recipe(
    width=0, dropout=0.0, epochs=UPDATES, batch_size=1000, learning_rate=RATE, weight_decay=DECAY, select="last"
)
Slope = Callable[[np.ndarray], np.ndarray]  # of the mean loss by (D + 1, C) weights, the bias last
Loop = Callable[[np.ndarray, Slope], np.ndarray]  # from the first weights to the last


def trained(text: str, kind: Kind) -> np.ndarray:
    """Return (D + 1, C) weights that a method trains in `UPDATES` updates of all rows."""
    data = head_data(kind)
    train = TrainingSet(data.training_labels(), LOW, np.random.default_rng(0), data.training_vectors())
    plan = parse_method(text).learner(train)
    assert isinstance(plan, TrainingPlan)
    task = HeadTask(HeadKey("made", text, 0), plan, RECIPE, data.train, data.validation)
    tensors = fit_head(data.vectors, data.labels, task, kernel=choose_kernel("torch")).head.tensors()
    return np.vstack([tensors["output_weight"].numpy().T, tensors["output_bias"].numpy()])


def deviation(text: str, loop: Loop, kind: Kind = "multi-label", smoothed: float = 0.0) -> float:
    """Return the largest difference of a method's weights from those of a loop."""
    data = head_data(kind)
    y = data.training_labels().matrix.astype(np.float64)
    x = np.column_stack([data.training_vectors().astype(np.float64), np.ones(len(y))])
    weight, bias = initial_head(0, inputs=x.shape[1] - 1, width=0, classes=y.shape[1])
    first = np.vstack([weight.numpy().T, bias.numpy()]).astype(np.float64)

    def slope(w: np.ndarray) -> np.ndarray:
        if kind == "single-label":
            p, target, terms = np.exp(log_softmax(x @ w, axis=1)), (1 - smoothed) * y + smoothed / y.shape[1], len(y)
        else:
            p, target, terms = expit(x @ w), (1 - smoothed) * y + smoothed / 2, y.size
        return np.asarray(x.T @ (p - target) / terms)

    return largest(trained(text, kind), loop(first, slope))


def adam(w: np.ndarray, slope: Slope, *, rate: float = RATE, l2: float = DECAY, decoupled: float = 0.0) -> np.ndarray:
    """Kingma and Ba, algorithm 1; l2 is added to the gradient, the decoupled decay to the weights."""
    m, v = np.zeros_like(w), np.zeros_like(w)
    for t in range(1, UPDATES + 1):
        g = slope(w) + l2 * w
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        step = m / (1 - 0.9**t) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
        w = w - rate * decoupled * w - rate * step
    return w


@check("adamw", "Loshchilov and Hutter, algorithm 2, six updates written out", tolerance=1e-5)
def adamw() -> float:
    """The decay is the method's, and the gradient has none."""
    return deviation("adamw(0.7)", lambda w, slope: adam(w, slope, l2=0, decoupled=0.7))


@check("sgd", "v <- m v + g, w <- w - r v, six updates written out", tolerance=1e-5)
def sgd() -> float:
    """The recipe's decay is in g."""

    def loop(w: np.ndarray, slope: Slope) -> np.ndarray:
        v = np.zeros_like(w)
        for _ in range(UPDATES):
            v = 0.8 * v + slope(w) + DECAY * w
            w = w - 0.3 * v
        return w

    return deviation("sgd(0.3, 0.8)", loop)


@check("sam", "Adam of the gradient at w + rho g / |g|, six updates written out", tolerance=1e-5)
def sam() -> float:
    """The point of the gradient lies at a distance of the radius."""

    def loop(w: np.ndarray, slope: Slope) -> np.ndarray:
        def nearby(at: np.ndarray) -> np.ndarray:
            return slope(at + 0.5 * slope(at) / np.linalg.norm(slope(at)))

        return adam(w, nearby)

    return deviation("sam(0.5)", loop)


@check("label_smoothing", "targets (1 - s) y + s / 2, six updates of Adam written out", tolerance=1e-5)
def label_smoothing() -> float:
    """Of each class against the rest."""
    return deviation("label_smoothing(0.3)", adam, smoothed=0.3)


@check("label_smoothing", "with softmax targets (1 - s) y + s / C, six updates of Adam written out", tolerance=1e-5)
def label_smoothing_of_softmax() -> float:
    """Over the classes."""
    return deviation("softmax + label_smoothing(0.3)", adam, "single-label", smoothed=0.3)


@check("batch_size", "Adam with an update after each half of the rows: its number of updates", tolerance=0)
def batch_size() -> float:
    """Count the updates of an epoch."""
    data = head_data("multi-label")
    train = TrainingSet(data.training_labels(), LOW, np.random.default_rng(0))
    plan = parse_method("batch_size(80)").learner(train)
    assert isinstance(plan, TrainingPlan)
    task = HeadTask(HeadKey("made", "batch_size", 0), plan, RECIPE, data.train, data.validation)
    return abs(task.steps - 2 * UPDATES)


@check("recipe", "six updates of Adam at the method's learning rate and decay written out", tolerance=1e-5)
def recipe() -> float:
    """What is not given stays the recipe's."""
    loop: Loop = lambda w, slope: adam(w, slope, rate=0.05, l2=0.2)  # noqa: E731
    return deviation("recipe(0.05, weight_decay=0.2)", loop)
