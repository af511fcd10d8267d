"""The results as a table for the terminal."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
import pandas as pd
from jaxtyping import Float
from rich import box
from rich.table import Table
from rich.text import Text

from tailprobe.comparison.description import signed
from tailprobe.groups import ALL, LOW_FREQUENCY, REMAINING
from tailprobe.report.references import references
from tailprobe.report.text import shown, whole_name
from tailprobe.report.values import agree, deviation, mean, of_seeds, seed_values
from tailprobe.scores.metric import metric_title

_SHOWN = {LOW_FREQUENCY: "low-freq.", REMAINING: REMAINING, ALL: ALL}  # the groups, and their columns' heads
_REST = 63  # columns that all but the names take: 17 are left of 80


def results_table(
    table: pd.DataFrame,
    *,
    metric: str,
    methods: Sequence[str],
    encoders: Sequence[str],
    plans: pd.DataFrame | None = None,
    baseline: str = "baseline",
    part: str = "test",
    baselines: Mapping[str, str] = MappingProxyType({}),
    remarks: Mapping[str, str] = MappingProxyType({}),
    width: int = 80,
) -> Table:
    """Return the averages over classes of one metric, in percent: one row per method, under each encoder.

    Each group of classes has its mean and standard deviation over seeds, and Δ, the mean difference from the baseline
    of the same seed. A Δ is coloured if all of three or more seeds agree on its sign.

    Args:
        table: the tidy results table, with averages under the class names "low-frequency", "remaining" and "all". A
            group that it has not, as where the metric is of all classes together, has no columns.
        methods: in the order to show them, the baseline among them.
        plans: columns method, seed, rows, and encoder if they differ by it; adds the rows drawn, a mean over seeds.
        baselines: by method, what Δ is from where that is not `baseline`, as for softmax methods.
        remarks: by method, what is to be known of it, under the table.
        width: columns of the terminal, 80 or more; names that do not fit are wrapped.

    Raises:
        InputError: the table has no such encoder, metric, part or method.
    """
    of_groups = table[table["is_group"].to_numpy(dtype=bool)]
    known = set(of_groups.loc[(of_groups["metric"] == metric).to_numpy(), "class_name"])
    groups = {group: head for group, head in _SHOWN.items() if group in known}
    result = _empty(list(groups.values()), with_rows=plans is not None)
    seeds = 0
    for encoder in encoders:
        chosen = {"encoder": encoder, "metric": metric, "methods": methods, "part": part, "is_group": True}
        found = seed_values(table, classes=list(groups), **chosen)  # type: ignore[arg-type]
        seeds = max(seeds, len(found.seeds))
        if len(encoders) > 1:
            result.add_row(Text(shown(encoder, 40), style="bold"))
        differences = found.differences(baseline, baselines)
        differences[list(methods).index(baseline)] = np.nan  # no difference from itself to be shown
        for m, method in enumerate(methods):
            cells = [cell for pair in zip(found.array[m], differences[m], strict=True) for cell in _cells(*pair)]
            rows = [] if plans is None else [_rows(plans, encoder, method)]
            result.add_row(Text(whole_name(method, max(width, 80) - _REST)), *cells, *rows)
        result.add_section()
    encoder = f", encoder {shown(encoders[0], 24)}" if len(encoders) == 1 else ""
    result.title = Text(
        f"{shown(metric_title(metric), 24)} in %{encoder}, {shown(part, 12)} part, {of_seeds(seeds)}", style="bold"
    )
    result.caption = Text(
        "\n".join(
            [
                _caption(seeds),
                *_references(baselines, baseline),
                *(f"{shown(m, 40)}: {shown(remarks[m], 200)}" for m in methods if m in remarks),
            ]
        ),
        style="dim",
    )
    return result


def _empty(heads: Sequence[str], *, with_rows: bool) -> Table:
    look = {"padding": (0, 1, 0, 0), "show_edge": False, "pad_edge": False}
    table = Table(box=box.SIMPLE_HEAD, title_justify="left", caption_justify="left", **look)  # type: ignore[arg-type]
    table.add_column("method", no_wrap=True)
    for name in [*(column for head in heads for column in (head, "Δ")), *["rows"] * with_rows]:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _cells(values: Float[np.ndarray, " S"], differences: Float[np.ndarray, " S"]) -> tuple[Text, Text]:
    centre, spread, change = float(mean(values)), float(deviation(values)), float(mean(differences))
    around = "" if np.isnan(spread) else f" ±{_percent(spread, 9.95)}"
    level = Text("–" if np.isnan(centre) else f"{_percent(centre, 99.95)}{around}")
    if np.isnan(change):
        return level, Text("")
    colour = ("green" if change > 0 else "red") if agree(differences) else ""
    return level, Text(signed(100 * change, 1), style=colour)


def _percent(value: float, whole: float) -> str:
    # A decimal less where it would take the table over its width.
    return f"{100 * value:.1f}" if 100 * value < whole else f"{100 * value:.0f}"


def _rows(plans: pd.DataFrame, encoder: str, method: str) -> Text:
    own = plans[plans["method"] == method]
    if "encoder" in own.columns:
        own = own[own["encoder"] == encoder]
    return Text("–" if own.empty else f"{own['rows'].mean():,.0f}")


def _references(baselines: Mapping[str, str], baseline: str) -> list[str]:
    sentence = references(baselines, baseline)
    return [sentence] if sentence else []


def _caption(seeds: int) -> str:
    if seeds < 2:
        return "Δ: from the baseline. One seed: its spread cannot be known."
    coloured = " Coloured: all agree." if seeds >= 3 else ""
    return f"±: sd over seeds. Δ: from the baseline of the same seed.{coloured}"
