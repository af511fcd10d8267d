"""The joint test of a question: its members' differences over seeds and images, and the critical level they give."""

from collections.abc import Sequence

import numpy as np

from tailprobe.comparison.contrasts import Contrasts
from tailprobe.comparison.grouping import Grouping
from tailprobe.comparison.joint import JointSample, joint_correlation
from tailprobe.comparison.min_p import SingleStep, single_step
from tailprobe.comparison.question import Declared, Question


def question_test(
    declared: Declared,
    question: Question,
    contrasts: Sequence[Contrasts],
    grouping: Grouping,
    further: Sequence[JointSample] = (),
) -> SingleStep:
    """Return the joint test of a question's members and of further ones; if it has none, of what it asks about.

    Args:
        contrasts: of which the question's rows are, in their order: contrasts by contrasts, method by method.
        further: members that are not rows, such as trends over doses.
    """
    samples = [*_samples(declared, question, contrasts, grouping), *further]
    correlation = joint_correlation(samples) if samples else None
    members = len(question.members) + len(further) or max(int(question.asked.sum()), 1)
    return single_step(correlation, members=members, level=question.level)


def _samples(
    declared: Declared, question: Question, contrasts: Sequence[Contrasts], grouping: Grouping
) -> list[JointSample]:
    """Return the members' differences over seeds and images; of single classes, whose are not kept, none."""
    tested = np.zeros(len(question.asked), dtype=bool)
    tested[question.members] = True
    methods = np.cumsum([0, *(len(c.methods) for c in contrasts)])
    by_method = tested.reshape(methods[-1], -1)  # (encoders x methods, K)
    return [
        c.joint_differences(group, np.flatnonzero(of_encoder[:, grouping.column(group)]))
        for c, of_encoder in zip(contrasts, np.split(by_method, methods[1:-1]), strict=True)
        for group in declared.groups
        if of_encoder[:, grouping.column(group)].any()
    ]
