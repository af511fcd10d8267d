"""What is no correction, or returns no head, is named."""

import numpy as np
import pytest
import torch

from tailprobe.errors import InputError
from tailprobe.learners.adjustment import HeldOut, adjust, check_adjustment
from tailprobe.learners.head import Head, LinearHead

HEAD = LinearHead(torch.eye(2), torch.zeros(2))
VALIDATION = HeldOut(np.eye(2, dtype=np.float32), np.eye(2, dtype=bool))


class Doubled:
    """Gives a head, or as a mistake its logits."""

    def __init__(self, *, gives_head: bool) -> None:
        self.gives_head = gives_head

    def __call__(self, head: Head, validation: HeldOut) -> Head:
        doubled = head.affine(np.full(2, 2.0), np.zeros(2))
        return doubled if self.gives_head else doubled.logits(validation.vectors)  # type: ignore[return-value]

    def preserves_ranking(self, link: str) -> bool:
        return link == "sigmoid"

    def digest(self) -> str:
        return "doubled"


def test_a_correction_that_returns_logits_is_told_to_return_a_head() -> None:
    corrected = adjust(Doubled(gives_head=True), HEAD, VALIDATION)
    np.testing.assert_array_equal(corrected.logits(VALIDATION.vectors), 2 * np.eye(2))
    with pytest.raises(
        InputError, match=r"Doubled \(.*test_adjustment.py, line \d+\) returned ndarray; expected a Head"
    ):
        adjust(Doubled(gives_head=False), HEAD, VALIDATION)


def test_a_function_is_no_correction() -> None:
    check_adjustment(None)
    check_adjustment(Doubled(gives_head=True))
    with pytest.raises(TypeError, match=r"is function, which has no preserves_ranking, digest; expected"):
        check_adjustment(lambda head, validation: head)
