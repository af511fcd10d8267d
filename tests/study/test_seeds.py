"""Seeds are added in blocks until the intervals would hardly narrow, and never by what is significant."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import tailprobe
from tailprobe.learners.recipe import Recipe
from tailprobe.runs.settings import Study
from tailprobe.study.seeds import enough_seeds, first_seeds, more_seeds, precise_enough


@pytest.mark.parametrize(
    ("seeds", "images", "margin", "enough"),
    [
        ([1.0], [4.0], 0.0, True),  # a quarter of the images' part
        ([1.01], [4.0], 0.0, False),
        ([0.25], [0.0], 2.0, True),  # a standard error of .5, a quarter of the margin
        ([0.26], [0.0], 2.0, False),
        ([1.0, 0.25], [4.0, 0.0], 2.0, True),  # each by its own rule
        ([1.0, 0.26], [4.0, 0.0], 2.0, False),  # one contrast that is not precise is enough to go on
        ([0.25], [-9.0], 2.0, True),  # an estimate below 0 is none
        ([0.26], [-9.0], 2.0, False),
        ([np.nan], [4.0], 2.0, True),
    ],
)
def test_the_seeds_part_is_held_against_the_images_part_and_the_margin(
    seeds: list[float], images: list[float], margin: float, enough: bool
) -> None:
    assert enough_seeds(np.array(seeds), np.array(images), margin) is enough


def verdicts(**columns: list[float]) -> pd.DataFrame:
    return pd.DataFrame({"question": ["primary", "cost", ""], "margin": 0.02} | columns)


def test_only_the_primary_question_decides_and_p_values_do_not() -> None:
    precise = {"standard_error_seeds": [0.004, 0.5, 0.5], "standard_error_images": [0.01, 0.01, 0.01]}
    assert precise_enough(verdicts(**precise))
    assert precise_enough(verdicts(**precise, p=[0.9, 0.9, 0.9]))
    loose = precise | {"standard_error_seeds": [0.006, 0.0, 0.0]}
    assert not precise_enough(verdicts(**loose, p=[1e-9, 0.9, 0.9]))


def test_blocks_of_five_follow_the_first_ten_up_to_the_budget() -> None:
    study = Study(source="x", seeds="auto", max_seeds=27)
    assert first_seeds(study) == 10
    assert list(more_seeds(study)) == [15, 20, 25]
    assert list(more_seeds(Study(source="x", seeds=7))) == []
    assert first_seeds(Study(source="x", seeds="auto", max_seeds=5)) == 5


QUICK = Recipe(epochs=1, width=4)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rng = np.random.default_rng(0)
    labels = np.repeat(["forest", "mine"], [60, 20])
    path = tmp_path_factory.mktemp("auto") / "auto.npz"
    np.savez(path, embeddings=rng.normal(size=(80, 6)) + (labels == "mine")[:, None], labels=labels)
    return path


@pytest.fixture(autouse=True)
def not_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out figures and page, which take longer than all the rest."""
    monkeypatch.setattr("tailprobe.study.run.DRAWN", {})


def run(archive: Path, out: Path, recipe: Recipe = QUICK, **settings: object) -> tailprobe.Run:
    return tailprobe.compare(
        archive, methods=["reweight(2)"], low_frequency="named(mine)", recipe=recipe, figures="none",
        out=out, cache=out.parent / "cache", **settings,  # type: ignore[arg-type]
    )  # fmt: skip


@pytest.mark.slow
def test_a_run_adds_blocks_until_it_is_precise_and_its_seeds_are_those_of_a_fixed_number(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def precise_at_15(found: pd.DataFrame) -> bool:
        seen.append(int(found["seeds"].max()))
        return seen[-1] >= 15

    monkeypatch.setattr("tailprobe.study.run.precise_enough", precise_at_15)
    auto = run(archive, tmp_path / "auto", seeds="auto")
    assert seen == [10, 15]
    assert auto.record["seeds"] == 15
    assert auto.record["split"] == "rotated"
    fixed = run(archive, tmp_path / "fixed", seeds=15)
    pd.testing.assert_frame_equal(auto.results, fixed.results)


@pytest.mark.slow
def test_a_run_that_never_is_precise_ends_at_its_budget(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tailprobe.study.run.precise_enough", lambda _: False)
    found = run(archive, tmp_path / "auto", seeds="auto", max_seeds=12)
    assert found.record["seeds"] == 10
    assert "10 seeds are as many as --max-seeds allows; more would still narrow the intervals" in found.record["notes"]


@pytest.mark.slow
def test_the_rules_stop_a_run_of_trained_heads_at_the_first_precise_block(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rules themselves, at a margin that ten seeds do not reach and some more do."""
    recipe, answers = Recipe(epochs=20, width=8, learning_rate=0.02), list[bool]()

    def asked(found: pd.DataFrame) -> bool:
        answers.append(precise_enough(found))
        return answers[-1]

    ten = run(archive, tmp_path / "ten", recipe, seeds=10)
    primary = ten.verdicts[ten.verdicts["question"] == "primary"]
    margin = float(4 * 0.85 * primary["standard_error_seeds"].max())
    monkeypatch.setattr("tailprobe.study.run.precise_enough", asked)
    auto = run(archive, tmp_path / "auto", recipe, seeds="auto", margin=margin)
    seeds = auto.record["seeds"]
    assert 10 < seeds < 50
    assert precise_enough(auto.verdicts)
    assert answers == [False] * ((seeds - 10) // 5) + [True]
    assert not any("--max-seeds" in note for note in auto.record["notes"])
