"""One line of a table of measurements, and the fairest quick way of taking it."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One measurement."""

    name: str
    value: float
    unit: str
    ratio: float | None = None  # how many times better than the plain way of the same table, measured beside it


def best_seconds(ways: Mapping[str, Callable[[], float]], *, rounds: int) -> dict[str, float]:
    """Return each way's least seconds over `rounds`; a way returns the units of work it did.

    The ways take turns, so that what else the machine is doing falls on all of them; the least is the time that was
    least disturbed.
    """
    least = dict.fromkeys(ways, float("inf"))
    for _ in range(rounds):
        for name, way in ways.items():
            started = time.perf_counter()
            done = way()
            least[name] = min(least[name], (time.perf_counter() - started) / done)
    return least


def table(name: str, title: str, rows: list[Row]) -> str:
    """Return rows as a Markdown table under a heading."""
    lines = [f"## {name}", "", title, "", "| | value | unit | times the plain way |", "|---|---|---|---|"]
    for row in rows:
        ratio = "" if row.ratio is None else f"{row.ratio:.1f}"
        lines.append(f"| {row.name} | {row.value:.4g} | {row.unit} | {ratio} |")
    return "\n".join([*lines, ""])
