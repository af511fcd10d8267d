"""Small training sets with a long tail, calls of every method, and heads trained from them."""

from dataclasses import replace

import numpy as np

from tailprobe.labels import Kind, Labels
from tailprobe.learners.head import Head
from tailprobe.learners.history import FittedHead
from tailprobe.learners.learner import Ensemble, HeadData, Learner
from tailprobe.learners.plan import TrainingPlan
from tailprobe.learners.recipe import Recipe
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.lookup import parse_methods
from tailprobe.methods.method import BoundMethod
from tailprobe.training.reference import train_reference
from tailprobe.training.task import HeadKey, HeadTask

EXAMPLES = (
    "baseline",
    "softmax",
    "reweight(2)",
    "reweight(1.5, scope=column)",
    "reweight(10, scope=positive)",
    "reweight(3, scope=batch)",
    "effective_number(0.99)",
    "frequency_weight(1.2)",
    "positive_weight(0.5, 20)",
    "image_weight(max, 0.5)",
    "rebalanced_weight",
    "prevalence_weight(0.2)",
    "meta_weight(20)",
    "undersample(20)",
    "undersample(low-frequency)",
    "undersample(smallest, strategy=per-class)",
    "undersample(15, replacement=yes)",
    "oversample(300)",
    "oversample(largest)",
    "oversample(300, strategy=per-class)",
    "class_balanced",
    "power_sampling(0.5)",
    "progressive_sampling(3)",
    "repeat_factor(0.2)",
    "ml_ros(0.3)",
    "ml_rus(0.3)",
    "lp_ros(0.1)",
    "lp_rus(0.1)",
    "k_centre(12)",
    "herding(12)",
    "prototypes(12, easy)",
    "near_miss(12, 2)",
    "tomek_links",
    "edited_neighbours(3)",
    "deduplicate(0.9)",
    "instance_hardness(12, 3)",
    "confident_learning(3)",
    "el2n(12, hard, repeats=2)",
    "forgetting(12, epochs=5)",
    "smote(largest, 3)",
    "rose(60)",
    "mlsmote(3)",
    "remedial",
    "remedial(negative)",
    "mixup(0.5)",
    "remix(1, 2)",
    "distribution_calibration(60)",
    "imbalanced_learn(BorderlineSMOTE, 3)",
    "imbalanced_learn(AllKNN)",
    "imbalanced_learn(SMOTEENN)",
    "smote_variants(ProWSyn)",
    "focal(2)",
    "asymmetric(0.5, negative=4)",
    "balanced_focal(2, 0.7)",
    "class_balanced_focal(0.99, 1)",
    "logit_adjusted_bce(0.5)",
    "ldam_bce(1)",
    "distribution_balanced",
    "equalization(0.5)",
    "ldam(0.5, 2)",
    "balanced_softmax",
    "logit_adjusted_loss(0.7)",
    "vector_scaling(0.2, 1)",
    "drw(0.99, 0.6)",
    "crt(0.4)",
    "drs(0.6)",
    "drw_bce(0.99, 0.6)",
    "logit_adjust(1)",
    "tau_norm(0.7)",
    "move_threshold(beta=1)",
    "temperature_scaling",
    "platt_scaling",
    "vector_calibration",
    "prior_correction(0.2)",
    "softmax + prior_correction(0.2)",
    "estimated_prior",
    "estimated_prior(bbse)",
    "isotonic",
    "beta_calibration",
    "batch_size(16)",
    "adamw(0.05)",
    "sgd(0.2, 0.8)",
    "sam(0.1)",
    "label_smoothing(0.2)",
    "recipe(0.003, dropout=0)",
    "focal(2) + recipe(0.01, batch_size=32) + adamw(0.1)",
    "softmax + label_smoothing(0.2) + sgd",
    "linear",
    "ridge",
    "knn(5, 0.1)",
    "logistic",
    "multinomial",
    "auc_margin",
    "lda",
    "lda(0.3, prior=no)",
    "lda_per_class",
    "nearest_centroid",
    "knn_balanced(5, 0.1)",
    "ml_knn(4)",
    "cosine_classifier(4)",
    "svm(0.1)",
    "smooth_ap(1)",
    "seesaw(0.8, 2)",
    "gaussian_cloud(0.5)",
    "lws",
    "disalign(1)",
    "dfr(3)",
    "weight_balancing(0.8)",
    "soup(3)",
    "soup(3) + focal(1)",
    "ensemble(2)",
    "under_bagging(2, 15)",
    "balance_cascade(3)",
    "self_paced(3)",
    "diverse_experts",
    "best_per_class(5)",
    "late_fusion",
    "text_rows(4)",
    "zero_shot",
    "zero_shot_softmax",
    "text_init(30)",
    "text_blend",
    "softmax + text_blend",
    "tip_adapter(4)",
    "tip_adapter_f(4, 10)",
    "under_bagging(2, 15) + focal(2) + temperature_scaling",
    "oversample(largest) + focal(2) + logit_adjust(1)",
    "smote(60) + softmax + reweight(2)",
    "crt + focal(1) + linear",
)
LOW = np.array([False, False, False, True, True])
CLASSES = tuple("abcde")
ROWS, INPUTS = 240, 6


def labels_of(kind: Kind, rows: int = ROWS, seed: int = 0) -> Labels:
    """Return labels of five classes, from frequent to rare; the rarest has a few images."""
    rng = np.random.default_rng(seed)
    if kind == "multi-label":
        return Labels(rng.random((rows, 5)) < [0.7, 0.4, 0.1, 0.05, 0.03], CLASSES, kind)
    classes = rng.choice(5, rows, p=[0.5, 0.3, 0.1, 0.06, 0.04])
    return Labels(np.eye(5, dtype=bool)[classes], CLASSES, kind)


def vectors_of(labels: Labels, seed: int = 0) -> np.ndarray:
    """Return embeddings that tell the classes apart in part."""
    rng = np.random.default_rng(seed)
    means = rng.standard_normal((len(labels.classes), INPUTS))
    return (labels.matrix @ means + rng.standard_normal((len(labels), INPUTS))).astype(np.float32)


def training_set(labels: Labels, seed: int = 0, *, vectors: bool = True) -> TrainingSet:
    """Return the training set of a method, with embeddings or without."""
    return given(labels, np.random.default_rng(seed), vectors_of(labels) if vectors else None)


def given(labels: Labels, rng: np.random.Generator, vectors: np.ndarray | None) -> TrainingSet:
    """Return a training set of two fused encoders, whose class names are embedded."""
    return TrainingSet(labels, LOW, rng, vectors, text_of(labels), (4, 2))


def text_of(labels: Labels) -> np.ndarray:
    """Return embeddings of the class names, near to the means of the classes' images."""
    means = np.random.default_rng(0).standard_normal((len(labels.classes), INPUTS))
    return (means + 0.3 * np.random.default_rng(1).standard_normal(means.shape)).astype(np.float32)


def bound(text: str) -> BoundMethod:
    """Read one method."""
    return parse_methods([text])[0 if text == "baseline" else -1]


def learner_of(text: str, labels: Labels, seed: int = 0) -> Learner:
    """Return what a method gives."""
    return bound(text).learner(training_set(labels, seed))


def plan_of(text: str, labels: Labels, seed: int = 0) -> TrainingPlan:
    """Return what a method gives, where it is a plan."""
    learner = learner_of(text, labels, seed)
    assert isinstance(learner, TrainingPlan)
    return learner


def head_data(kind: Kind, *, standardise: bool = False) -> HeadData:
    """Return rows of which the first 160 train and the others validate."""
    labels = labels_of(kind)
    rows = np.arange(len(labels))
    return HeadData(vectors_of(labels), labels, rows[:160], rows[160:], standardise)


def task_of(learner: Learner, data: HeadData, recipe: Recipe, seed: int = 0) -> HeadTask:
    """Return the task that trains a learner on `data`."""
    key = HeadKey("random", "method", seed)
    return HeadTask(key, learner, recipe, data.train, data.validation, data.standardise)


def learner_on(text: str, data: HeadData, seed: int = 0) -> Learner:
    """Return what a method gives for the training rows of `data`."""
    train = given(data.training_labels(), np.random.default_rng(seed), data.training_vectors())
    return bound(text).learner(train)


def trained_head(text: str, data: HeadData, recipe: Recipe) -> Head:
    """Train a method by the reference trainer, its correction and the first member of an ensemble included."""
    learner = learner_on(text, data)
    plan = learner.members[0] if isinstance(learner, Ensemble) else learner
    if not isinstance(plan, TrainingPlan):
        return plan.fit(data, 0)
    fitted: FittedHead = train_reference(data.vectors, data.labels, task_of(plan, data, recipe))
    return fitted.head if plan.adjustment is None else plan.adjustment(fitted.head, data.held_out())


def without_class(labels: Labels, c: int) -> Labels:
    """Return the rows that do not carry class c."""
    return labels.rows(np.flatnonzero(~labels.matrix[:, c]))


SHORT = Recipe(epochs=4, width=8, batch_size=32, select="last")
LINEAR = replace(SHORT, width=0)
