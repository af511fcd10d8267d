"""The trajectory of a training: one head followed over its updates, scored on the test part at some of them."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from tailprobe.comparison.contrasts import TestResult
from tailprobe.errors import InputError
from tailprobe.investigate.trials import Material, Tested, Training, measure
from tailprobe.learners.adjustment import HeldOut, adjust
from tailprobe.learners.plan import TrainingPlan
from tailprobe.learners.recipe import Recipe
from tailprobe.methods.given import training_set
from tailprobe.methods.method import BoundMethod
from tailprobe.processor import cores
from tailprobe.randomness import generator
from tailprobe.scores.link import probabilities
from tailprobe.training.data import TrainingData
from tailprobe.training.heads import head_of
from tailprobe.training.kernels import GENERAL, Kernel, choose_kernel
from tailprobe.training.task import HeadKey, HeadTask
from tailprobe.training.trainer import Epoch


@dataclass(frozen=True)
class BudgetPoint:
    """A method with a weight decay after a number of passes; a pass is one of the baseline's epochs of updates."""

    method: str
    weight_decay: float
    passes: int


@dataclass(frozen=True, eq=False)
class Trajectory:
    """One head whose training is scored at several points."""

    method: BoundMethod
    weight_decay: float
    seed: int


def score_trajectories(
    material: Material, trajectories: Sequence[Trajectory], training: Training, *, stops: Sequence[int], metric: str
) -> dict[BudgetPoint, list[TestResult]]:
    """Train every head and return its test results by method, weight decay and passes, seed by seed.

    Args:
        trajectories: the seeds of a method in the order of the material's.
        stops: passes after which heads are scored, ascending.

    Raises:
        InputError: a method that is not trained in one stage, or a kernel that trains heads in stacks.
    """
    kernel = choose_kernel(training.kernel)
    if kernel.stack is not None:
        raise InputError(
            f"budget trains heads one by one, but the kernel {kernel.name} trains them together; choose auto"
        )
    tasks = [_task(material, trajectory, training.recipe, stops[-1]) for trajectory in trajectories]
    found: dict[BudgetPoint, list[TestResult]] = {}

    def scored(place: int) -> list[tuple[BudgetPoint, TestResult]]:
        trajectory, method = trajectories[place], str(trajectories[place].method)
        heads = _follow(material, tasks[place], kernel, stops)
        return [
            (BudgetPoint(method, trajectory.weight_decay, head.case), measure(material, head, metric)) for head in heads
        ]

    with ThreadPoolExecutor(training.workers or cores()) as pool:
        for done, results in enumerate(pool.map(scored, range(len(tasks)))):
            for case, result in results:
                found.setdefault(case, []).append(result)
            training.progress("train heads", done + 1, len(tasks))
    return found


def _follow(material: Material, task: HeadTask, kernel: Kernel, stops: Sequence[int]) -> Iterator[Tested[int]]:
    """Train a head and yield what it gives after each stop."""
    labels, vectors = material.images.labels, material.embeddings.vectors
    data = TrainingData.of(vectors, labels, task)
    trainer = (kernel if kernel.supports(task) is None else GENERAL).begin(data, task)
    split = material.splits[task.key.seed]
    (stage,) = task.schedule()
    trainer.begin_stage(stage)
    for epoch in range(stops[-1]):
        trainer.train_epoch(Epoch(epoch, epoch))
        if epoch + 1 in stops:
            head = head_of(trainer.parameters(), data.scale, task.plan.link)
            if task.plan.adjustment is not None:
                validation = HeldOut(vectors[split.validation], labels.matrix[split.validation])
                head = adjust(task.plan.adjustment, head, validation)
            parts = [probabilities(head.logits(vectors[rows]), head.link) for rows in (split.validation, split.test)]
            yield Tested(epoch + 1, task.key.seed, parts[0], parts[1], (epoch + 1) * task.steps_per_epoch(stage.stage))


def _task(material: Material, trajectory: Trajectory, recipe: Recipe, passes: int) -> HeadTask:
    """Return the training of a trajectory: `passes` epochs, each of as many updates as the baseline's."""
    split, name = material.splits[trajectory.seed], str(trajectory.method)
    rng = generator(trajectory.seed, "plan", name)
    labels = material.images.labels.rows(split.train)
    given = training_set(trajectory.method, labels, material.low_frequency, rng, material.embeddings, split.train)
    plan = trajectory.method.learner(given)
    if not isinstance(plan, TrainingPlan) or len(plan.stages) != 1:
        raise InputError(f"method {name} is not trained in one stage, as budget requires; leave it out")
    long = replace(recipe, epochs=passes, select="last", patience=0, weight_decay=trajectory.weight_decay)
    return HeadTask(
        HeadKey(material.embeddings.encoder, name, trajectory.seed),
        plan.with_draws(len(split.train)),
        long,
        train=split.train,
        validation=split.validation,
        standardise=material.embeddings.standardise,
    )
