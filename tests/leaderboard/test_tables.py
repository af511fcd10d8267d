import numpy as np
import pandas as pd
import pytest
from benchmarks.leaderboard import tables
from benchmarks.leaderboard.collect import MAIN, default_name
from benchmarks.leaderboard.docs import filled
from benchmarks.leaderboard.markdown import ARGMAX, as_table

from tailprobe.errors import InputError


def row(method: str, family: str, main: float, **others: object) -> dict[str, object]:
    """Return a row as `collect` does, of a study of EuroSAT, in which a method does nothing but what is said."""
    direction = dict.fromkeys(("ranking", "decisions", "calibration"), "unclear")
    return {
        "set": "eurosat-100", "encoder": "descriptors", "tuned": False, "method": method, "family": family, MAIN: main,
        tables.ARGMAX: 0.5, tables.RANKED: 0.6, "verdict": "inconclusive", "settings": method, "seconds": 1.0,
        **direction, **{f"{aspect}_difference": 0.0 for aspect in direction}, **others,
    }  # fmt: skip


@pytest.fixture
def methods() -> pd.DataFrame:
    nothing = {"verdict": None, "ranking": None, "decisions": None, "calibration": None}
    return pd.DataFrame(
        [
            row("baseline", "baseline", 0.50, **nothing),
            row("focal(2)", "loss", 0.52, verdict="improves", ranking="better", calibration="worse"),
            row("balanced_softmax", "loss", 0.51, decisions="better", **{tables.ARGMAX: 0.63, tables.RANKED: 0.61}),
            row(
                "move_threshold", "post-hoc", 0.50, verdict="identical ranking", ranking="unchanged", decisions="worse"
            ),
            row("knn(20)", "head", 0.30, verdict="worsens", ranking="worse"),
            row("lda(auto)", "head", 0.54),
        ]
    )


def test_families_count_the_methods_whose_interval_lies_on_one_side(methods: pd.DataFrame) -> None:
    table = tables.families(methods).set_index("family")
    assert table.loc["loss", ["pairs", "ranking better", "ranking worse", "calibration worse"]].tolist() == [
        2,
        0.5,
        0,
        0.5,
    ]
    assert table["thresholds_only"].to_dict() == {"loss": 0.5, "post-hoc": 1.0, "head": 0.0}
    assert "baseline" not in table.index


def test_heads_are_set_beside_the_methods_of_other_families(methods: pd.DataFrame) -> None:
    (study,) = tables.heads_and_methods(methods).to_dict("records")
    assert (study["best_head"], study["worst_head"]) == ("lda(auto)", "knn(20)")
    assert (study["best_head_gain"], study["worst_head_gain"]) == (pytest.approx(0.04), pytest.approx(-0.2))
    assert (study["best_method"], study["best_method_gain"]) == ("focal(2)", pytest.approx(0.02))


def test_argmax_accuracy_and_average_precision_are_differences_from_the_baseline(methods: pd.DataFrame) -> None:
    first = tables.argmax_and_ranking(methods).iloc[0]
    assert (first["method"], first["argmax_gain"], first["ranked_gain"]) == (
        "balanced_softmax",
        pytest.approx(0.13),
        pytest.approx(0.01),
    )
    (spread,) = tables.spread(methods).to_dict("records")
    gains = np.array([0, 0.13, 0, 0, 0])
    assert spread["argmax_deviation"] == pytest.approx(gains.std(ddof=1))
    assert spread["correlation"] == pytest.approx(1)


def test_the_ranking_counts_the_verdicts(methods: pd.DataFrame) -> None:
    seeds = pd.concat(
        [methods[["set", "encoder", "tuned", "method", MAIN]].assign(seed=seed) for seed in range(3)], ignore_index=True
    )
    table = tables.ranking(methods, seeds, single_label=True).set_index("method")
    assert table.index[0] == "lda(auto)"
    assert table.loc["focal(2)", ["improves", "practically equal", "worsens", "open"]].tolist() == [1, 0, 0, 0]
    assert table.loc["move_threshold", ["rank", "practically equal"]].tolist() == [4.5, 1]
    assert table.loc["knn(20)", ["rank", "worsens"]].tolist() == [6, 1]


def test_tuned_methods_are_compared_with_the_tuned_baseline(methods: pd.DataFrame) -> None:
    gained = {"baseline": 0.05, "focal(2)": 0.04}
    after = methods[methods["method"].isin(gained)].assign(tuned=True)
    after[MAIN] += after["method"].map(gained)
    table = tables.tuned(pd.concat([methods, after], ignore_index=True)).set_index("method")
    assert table["by_tuning"].to_dict() == pytest.approx(gained)
    assert table.loc["focal(2)", ["gain", "gain_tuned"]].tolist() == pytest.approx([0.02, 0.01])


def test_the_settings_of_a_search_are_no_part_of_a_methods_name() -> None:
    assert default_name("oversample(largest) + recipe(0.003, dropout=0.5)") == "oversample(largest)"


def test_a_table_in_markdown_leaves_undefined_numbers_empty() -> None:
    table = pd.DataFrame({"method": ["a"], "family": ["loss"], "argmax_gain": [0.1234], "ranked_gain": [np.nan]})
    assert as_table(table, ARGMAX).splitlines()[-1] == "| `a` | loss | +0.123 |  |"
    assert as_table(table[:0], ARGMAX) == "No study that this table needs is finished."


def test_a_text_without_the_mark_of_a_table_is_refused() -> None:
    with pytest.raises(InputError, match="no mark <!-- table: x -->"):
        filled("text", {"x": "new"})
