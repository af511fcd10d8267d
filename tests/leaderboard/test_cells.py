import pytest
from benchmarks.leaderboard.cells import EVERYTHING, GRID, chosen_cells

from tailprobe.errors import InputError


def test_the_grid_begins_with_one_encoder_and_has_one_search() -> None:
    assert [str(cell) for cell in GRID[:2]] == ["eurosat-100--efficientnet_lite0", "eurosat-10--efficientnet_lite0"]
    assert [str(cell) for cell in GRID if cell.tuned] == ["yeast--features--tuned"]
    assert chosen_cells() == GRID
    assert len(set(map(str, EVERYTHING))) == len(EVERYTHING)


def test_sets_and_encoders_choose_a_share() -> None:
    assert [str(c) for c in chosen_cells(["yeast", "emotions"])] == [
        "yeast--features",
        "emotions--features",
        "yeast--features--tuned",
    ]
    assert {c.set for c in chosen_cells([], ["descriptors"])} == {"eurosat-10", "eurosat-100", "eurosat-500"}


def test_a_misspelt_set_is_refused_with_the_nearest() -> None:
    with pytest.raises(InputError, match="no set is called 'yest'; did you mean 'yeast'"):
        chosen_cells(["yest"])
    with pytest.raises(InputError, match="no encoder is called 'x'"):
        chosen_cells([], ["x"])
