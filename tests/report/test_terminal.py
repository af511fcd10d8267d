import io
import re

import numpy as np
import pandas as pd
from rich.console import Console

from tailprobe.report.terminal import results_table


def _printed(table, width=80, color=None) -> str:
    console = Console(file=io.StringIO(), width=width, force_terminal=color is not None, color_system=color)
    console.print(table)
    return console.file.getvalue()


def _table(study, **changes):
    arguments = {"metric": "recall", "methods": study.methods, "encoders": list(study.encoders), "plans": study.plans}
    return results_table(study.results, **(arguments | changes))


def test_the_table_fits_eighty_columns_uncut(planet_study):
    text = _printed(_table(planet_study))
    assert max(map(len, text.splitlines())) <= 80
    assert "…" not in text


def test_a_row_holds_mean_spread_difference_and_rows(planet_study):
    text = _printed(_table(planet_study, encoders=["resnet18"]))
    (row,) = [line for line in text.splitlines() if line.startswith("oversample(30000)")]
    own = planet_study.value("oversample(30000)", "low-frequency", is_group=True)
    base = planet_study.value("baseline", "low-frequency", is_group=True)
    wanted = [f"{100 * own.mean():.1f}", f"±{100 * own.std(ddof=1):.1f}", f"{100 * (own - base).mean():+.1f}"]
    assert row.split()[1:4] == wanted
    assert row.split()[-1] == "315,214"


def test_methods_stand_in_the_order_given(planet_study):
    text = _printed(_table(planet_study, encoders=["clip"]))
    found = re.findall(r"^(\w+(?:\([\d.]+\))?) +\d", text, flags=re.MULTILINE)
    assert found == list(planet_study.methods)


def test_a_difference_is_coloured_only_where_all_seeds_agree(planet_study):
    for seeds, coloured in ((5, True), (2, False)):
        study_table = planet_study.results[planet_study.results["seed"] < seeds]
        table = results_table(study_table, metric="recall", methods=planet_study.methods, encoders=["clip"])
        assert ("\x1b[31m" in _printed(table, color="standard")) == coloured


def test_one_seed_has_no_spread_and_says_so(make_study):
    text = _printed(_table(make_study(seeds=1)))
    assert "±" not in text
    assert "One seed" in text


def test_a_method_name_with_markup_or_control_marks_is_shown_as_it_is(make_study):
    evil = "[red]x\x1b[0m"
    study = make_study(methods=("baseline", evil))
    text = _printed(_table(study), color="standard")
    assert "[red]x\\x1b[0m" in text


def test_an_undefined_average_is_a_dash(make_study, make_classes):
    study = make_study(make_classes({"forest": 900, "mine": 10}), absent=["mine"])
    row = next(line for line in _printed(_table(study)).splitlines() if line.startswith("baseline"))
    assert row.split()[1] == "–"
    assert not np.isnan(study.value("baseline", "remaining", is_group=True)).any()


def test_a_metric_of_all_classes_has_one_column(planet_study):
    table = planet_study.results
    of_all = table["is_group"] & (table["class_name"] == "all")
    both = pd.concat(
        [table, table[of_all & (table["metric"] == "recall")].assign(metric="worst_recall@tuned")], ignore_index=True
    )
    text = _printed(
        results_table(both, metric="worst_recall@tuned", methods=planet_study.methods, encoders=["clip"]), width=100
    )
    assert "low-frequency" not in text
    assert "remaining" not in text
    rows = of_all & (table["encoder"] == "clip") & (table["method"] == "baseline") & (table["part"] == "test")
    assert re.search(rf"baseline +{100 * table.loc[rows & (table['metric'] == 'recall'), 'value'].mean():.1f}", text)
