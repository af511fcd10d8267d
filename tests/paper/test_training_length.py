"""Section 5.3: what a run says of training longer."""

import pytest

from tailprobe.paper.training_length import EpochsKept


@pytest.mark.parametrize(
    ("kept", "words"),
    [
        ((1, 1, 1), "epoch 1 of 20 kept, never the last: more epochs did not lower the validation loss"),
        ((18, 20, 20), "epochs 18 to 20 of 20 kept, in 2 of 3 seeds the last, so that training longer may change it"),
    ],
)
def test_only_a_last_epoch_that_is_kept_speaks_for_training_longer(kept: tuple[int, ...], words: str) -> None:
    sentence = EpochsKept("clip", "oversample(30000)", epochs=20, kept=kept, rows=304638.4).sentence
    assert sentence == f"oversample(30000) (304,638 rows per epoch): {words}"
