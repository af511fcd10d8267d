"""The tables of the leaderboard as Markdown."""

import math
from collections.abc import Callable, Mapping, Sequence

import pandas as pd

from benchmarks.leaderboard import tables
from benchmarks.leaderboard.cells import GRID, Cell
from benchmarks.leaderboard.collect import MAIN
from tailprobe.comparison.aspects import ASPECTS, BETTER, WORSE
from tailprobe.methods.lookup import parse_methods

FIRST, LAST = 15, 5  # rows of a ranking that the docs show; the page has all
Format = Callable[[object], str]
Columns = Mapping[str, tuple[str, Format]]  # heading and format of each column


def _text(value: object) -> str:
    return str(value)


def _number(digits: int, *, signed: bool = False, times: float = 1, unit: str = "") -> Format:
    def shown(value: object) -> str:
        number = float(str(value))
        return "" if math.isnan(number) else f"{number * times:{'+' if signed else ''}.{digits}f}{unit}"

    return shown


_GAIN, _SHARE, _COUNT = _number(3, signed=True), _number(0, times=100, unit="%"), _number(0)
_METHOD: Format = lambda value: f"`{value}`"  # noqa: E731

STUDIES: Columns = {
    "set": ("set", _text), "encoder": ("encoder", _text), "settings": ("settings", _text),
    "images": ("images", _number(0)), "classes": ("classes", _COUNT), "ratio": ("largest over smallest class", _COUNT),
    "methods": ("methods", _COUNT), "seeds": ("seeds", _COUNT), "baseline": ("baseline", _number(3)),
    "minutes": ("minutes", _number(1)),
}  # fmt: skip
RANKING: Columns = {
    "method": ("method", _METHOD), "family": ("family", _text), "rank_interval": ("average rank", _text),
    "difference_interval": ("difference from the baseline", _text), "improves": ("improves", _COUNT),
    "practically equal": ("equal", _COUNT), "worsens": ("worsens", _COUNT), "open": ("open", _COUNT),
    "seconds": ("s a training", _number(2)),
}  # fmt: skip
FAMILIES: Columns = {
    "family": ("family", _text), "pairs": ("pairs", _COUNT),
    **{f"{aspect} {way}": (f"{aspect} {way}", _SHARE) for aspect in ASPECTS for way in (BETTER, WORSE)},
    "thresholds_only": ("decisions move, ranking does not", _SHARE),
    **{f"{aspect}_difference": (f"{what}, median", _GAIN)
       for aspect, what in zip(ASPECTS, ("average precision", "F2 at 0.5", "Brier score"), strict=True)},
}  # fmt: skip
HEADS: Columns = {
    "set": ("set", _text), "encoder": ("encoder", _text),
    "heads": ("heads: best, worst", _text), "head_deviation": ("deviation over heads", _number(3)),
    "others": ("methods of other families: best, worst", _text),
    "method_deviation": ("deviation over methods", _number(3)),
}  # fmt: skip
ARGMAX: Columns = {
    "method": ("method", _METHOD), "family": ("family", _text),
    "argmax_gain": ("balanced accuracy by argmax", _GAIN), "ranked_gain": ("average precision", _GAIN),
}  # fmt: skip
SPREAD: Columns = {
    "set": ("set", _text), "encoder": ("encoder", _text),
    "argmax_deviation": ("deviation over methods, balanced accuracy by argmax", _number(3)),
    "ranked_deviation": ("the same, average precision", _number(3)),
    "correlation": ("rank correlation of the two", _number(2)),
}  # fmt: skip
TUNED: Columns = {
    "method": ("method", _METHOD), "family": ("family", _text), MAIN: ("default settings", _number(3)),
    "by_tuning": ("gained by tuning", _GAIN), "gain": ("over the baseline, both untuned", _GAIN),
    "gain_tuned": ("over the tuned baseline, tuned", _GAIN),
}  # fmt: skip


def blocks(methods: pd.DataFrame, seeds: pd.DataFrame) -> dict[str, str]:
    """Return the generated parts of the docs by name, from what was collected."""
    done = tables.studies(methods)
    return {
        "studies": as_table(_with_settings(done), STUDIES) + f"\n\n{_missing(done)} {_not_run(methods)}",
        "all-sets": _ranking(methods, seeds, single_label=False),
        "single-label": _ranking(methods, seeds, single_label=True),
        "families": as_table(tables.families(methods), FAMILIES),
        "heads": as_table(_with_ends(tables.heads_and_methods(methods)), HEADS),
        "argmax": as_table(tables.argmax_and_ranking(methods), ARGMAX),
        "spread": as_table(tables.spread(methods), SPREAD),
        "tuned": as_table(_ends(tables.tuned(methods)), TUNED),
    }


def as_table(table: pd.DataFrame, columns: Columns) -> str:
    """Return a table in Markdown, or that there is none yet."""
    if table.empty:
        return "No study that this table needs is finished."
    headings = [heading for heading, _ in columns.values()]
    lines = [_row(headings), _row(["---"] * len(headings))]
    for row in table.to_dict("records"):
        lines.append(_row([show(row[name]) for name, (_, show) in columns.items()]))
    return "\n".join(lines)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _with_settings(done: pd.DataFrame) -> pd.DataFrame:
    return done.assign(settings=["tuned" if tuned else "default" for tuned in done["tuned"]])


def _missing(done: pd.DataFrame) -> str:
    """Say which studies of the grid are not among those."""
    known = {str(Cell(row.set, row.encoder, bool(row.tuned))) for row in done.itertuples()}
    left = [str(cell) for cell in GRID if str(cell) not in known]
    return f"Not finished yet: {', '.join(left)}." if left else "All studies of the grid are finished."


def _not_run(methods: pd.DataFrame) -> str:
    """Say which of the methods are in no study."""
    run = {str(name).partition("(")[0] for name in methods["method"]}
    left = sorted({str(method).partition("(")[0] for method in parse_methods(["all"])} - run)
    said = ", ".join(f"`{name}`" for name in left)
    return f"In no study: {said}." if left else "Every method that needs no arguments is in at least one study."


def _ranking(methods: pd.DataFrame, seeds: pd.DataFrame, *, single_label: bool) -> str:
    if single_label and not methods["set"].str.startswith(tables.SINGLE_LABEL).any():
        return as_table(pd.DataFrame(), RANKING)
    table = tables.ranking(methods, seeds, single_label=single_label)
    table["rank_interval"] = [_interval(r.rank, r.rank_low, r.rank_high, "{:.1f}") for r in table.itertuples()]
    table["difference_interval"] = [
        _interval(r.difference, r.difference_low, r.difference_high, "{:+.3f}") for r in table.itertuples()
    ]
    sets = int(table["sets"].iloc[0])
    return f"{len(table)} methods on {sets} set{'s' if sets > 1 else ''}:\n\n{as_table(_ends(table), RANKING)}"


def _ends(table: pd.DataFrame) -> pd.DataFrame:
    """Return the first and last rows, and the baseline's."""
    if len(table) <= FIRST + LAST:
        return table
    place = table.reset_index(drop=True)
    kept = (place.index < FIRST) | (place.index >= len(place) - LAST) | (place["method"] == "baseline")
    return place[kept]


def _with_ends(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(
        heads=[_two(row, "head") for row in table.to_dict("records")],
        others=[_two(row, "method") for row in table.to_dict("records")],
    )


def _two(row: Mapping[str, object], side: str) -> str:
    ends = [(row.get(f"{end}_{side}"), row.get(f"{end}_{side}_gain")) for end in ("best", "worst")]
    return ", ".join(f"`{name}` {float(str(gain)):+.3f}" for name, gain in ends if isinstance(name, str))


def _interval(middle: float, low: float, high: float, shape: str) -> str:
    return f"{shape.format(middle)} ({shape.format(low)} to {shape.format(high)})"
