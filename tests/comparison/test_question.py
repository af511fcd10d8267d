import numpy as np
import pandas as pd
import pytest

from tailprobe.comparison.question import declared_questions, with_members


@pytest.mark.parametrize("primary", ["low-frequency", "gain-and-cost"])
def test_the_levels_of_the_answer_add_up_to_five_percent(primary):
    declared = declared_questions(primary, test_classes=False)
    assert sum(question.level for question in declared) == pytest.approx(0.05)
    assert sorted(group for question in declared for group in question.groups) == ["low-frequency", "remaining"]


def test_a_question_asks_about_its_groups_and_tests_what_can_be_tested():
    rows = pd.DataFrame(
        {
            "class_name": ["low-frequency", "low-frequency", "remaining", "low-frequency", "low-frequency"],
            "is_group": [False, True, True, True, True],  # the first is a class of that name
        }
    )
    left_out = np.array([False, False, False, True, False])
    testable = np.array([True, True, True, True, False])
    primary, _, classes = (
        with_members(declared, rows, left_out=left_out, testable=testable)
        for declared in declared_questions("low-frequency", test_classes=True)
    )
    assert primary.asked.tolist() == [False, True, False, False, True]
    assert primary.members.tolist() == [1]
    assert classes.members.tolist() == [0]
