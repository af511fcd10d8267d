"""Check that a plan fits the training part it was made for, so that an error in a method is found before training."""

from collections.abc import Iterator

from tailprobe.learners.learner import Ensemble, Learner
from tailprobe.learners.plan import Stage, TrainingPlan
from tailprobe.learners.training_set import TrainingSet


def check_learner(learner: Learner, train: TrainingSet) -> None:
    """Refuse a plan that does not fit `train`, alone or in an ensemble; a `HeadFit` is not checked.

    Raises:
        ValueError: rows, row weights or tables of a loss of another size than the training part.
    """
    plans = learner.members if isinstance(learner, Ensemble) else (learner,)
    for plan in plans:
        if isinstance(plan, TrainingPlan):
            for problem in _problems(plan, train):
                raise ValueError(problem)


def _problems(plan: TrainingPlan, train: TrainingSet) -> Iterator[str]:
    synthetic = 0 if plan.synthetic is None else len(plan.synthetic.vectors)
    for stage in plan.stages:
        yield from _stage_problems(stage, len(train) + synthetic, len(train.labels.classes))


def _stage_problems(stage: Stage, rows: int, classes: int) -> Iterator[str]:
    if stage.rows.max() >= rows:
        yield f"row {stage.rows.max()} is drawn; the rows are 0 to {rows - 1}, synthetic ones included"
    if stage.row_weights is not None and stage.row_weights.shape not in ((rows,), (rows, classes)):
        yield f"row weights have the shape {stage.row_weights.shape}; expected {(rows,)} or {(rows, classes)}"
    for name, table in stage.loss.tables():
        if table.shape[1] != classes:
            yield f"loss table {name} is of {table.shape[1]} classes; the labels have {classes}"
