"""Result: a finished run, read from its folder."""

import json
import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from tailprobe.comparison.cost import cost_table
from tailprobe.comparison.recommendation import Recommendation, read_recommendation
from tailprobe.errors import InputError
from tailprobe.files import write_text
from tailprobe.groups import LOW_FREQUENCY, REMAINING
from tailprobe.labels import Labels
from tailprobe.progress import Progress, silent
from tailprobe.scores.tidy import read_results, summarise
from tailprobe.study.folder import RunFolder
from tailprobe.study.samples import read_samples
from tailprobe.study.settings import Study, read_study
from tailprobe.training.heads import Heads
from tailprobe.training.storage import load_heads

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False)
class Result:
    """What a comparison found. Everything is read from the run folder, so a result and a reopened one are the same."""

    folder: RunFolder

    @classmethod
    def load(cls, path: str | Path) -> "Result":
        """Open a finished run.

        Raises:
            InputError: the folder is no run, or one that was not finished.
        """
        folder = RunFolder(Path(path))
        if not folder.study.exists():
            raise InputError(f"{path} is no run of tailprobe: it has no study.toml")
        if not folder.record.exists():
            raise InputError(f"{path} is not finished; go on with: tailprobe compare {folder.study} --out {path}")
        return cls(folder)

    @classmethod
    def finish(cls, folder: RunFolder, record: dict[str, Any]) -> "Result":
        """Mark a run whole by writing its record."""
        write_text(folder.record, json.dumps(record, indent=1, ensure_ascii=False))
        return cls(folder)

    @cached_property
    def study(self) -> Study:
        """The settings."""
        return read_study(self.folder.study)

    @cached_property
    def record(self) -> dict[str, Any]:
        """Versions, fingerprints, notes."""
        record: dict[str, Any] = json.loads(self.folder.record.read_text(encoding="utf-8"))
        return record

    @cached_property
    def results(self) -> pd.DataFrame:
        """The tidy table: encoder, method, seed, part, class_name, metric, value, is_group."""
        return read_results(self.folder.table("results"))

    @cached_property
    def classes(self) -> pd.DataFrame:
        """The classes: class_name, count, low_frequency, train, validation, test."""
        return self.folder.read_table("classes")

    @cached_property
    def labels(self) -> Labels:
        """Which image carries which class, of every image of the study."""
        table, classes = self.folder.read_table("labels"), tuple(self.classes["class_name"])
        matrix = np.zeros((len(table), len(classes)), dtype=bool)
        for row, places in enumerate(table["classes"]):
            matrix[row, places] = True
        return Labels(matrix, classes, self.record["kind"])

    @cached_property
    def plans(self) -> pd.DataFrame:
        """What each method trains on: see `study.design.plan_table`."""
        return self.folder.read_table("plans")

    @cached_property
    def method_table(self) -> pd.DataFrame:
        """The methods in order: see `study.design.method_table`."""
        return self.folder.read_table("methods")

    @cached_property
    def histories(self) -> pd.DataFrame:
        """Trainings by epoch: see `study.record.histories`."""
        return self.folder.read_table("histories")

    @cached_property
    def verdicts(self) -> pd.DataFrame | None:
        """Whether each method helps or hurts, by class and group (`comparison.verdict`); None if nothing was judged."""
        return self.folder.read_table("verdicts") if self.folder.table("verdicts").exists() else None

    @cached_property
    def recommendation(self) -> Recommendation | None:
        """The method of least regret, or None if nothing was judged."""
        path = self.folder.path / "recommendation.json"
        return read_recommendation(path) if path.exists() else None

    @property
    def heads(self) -> Heads:
        """The trained heads."""
        return load_heads(self.folder.heads)[0]

    def table(self, *, metric: str | None = None, part: str = "test") -> pd.DataFrame:
        """Return mean, deviation over seeds and paired difference from the baseline, by encoder, method and class."""
        return summarise(self.results[self.results["part"] == part], metric=metric or self.study.metric)

    def figures(self, *, metric: str | None = None) -> "dict[str, Figure]":
        """Draw the figures of the paper, and the ones its reader misses, by name."""
        from tailprobe.report.figures.all import Classes, Head, study_figures  # slow to import
        from tailprobe.report.values import resampled_counts

        tiles, tags = read_samples(self.folder.read_table("samples"))
        recipe, methods = self.study.recipe, self.method_table
        compared = methods[methods["baseline"] != ""]
        first = self.plans[self.plans["seed"] == self.plans["seed"].min()]
        table = self.classes
        classes = Classes(
            tuple(table["class_name"]),
            table["count"].to_numpy(np.int64),
            table["low_frequency"].to_numpy(bool),
            table["test"].to_numpy(np.int64),
            self.study.low_frequency,
        )
        return study_figures(
            classes,
            results=self.results,
            metric=metric or self.study.metric,
            methods=dict(zip(methods["method"], methods["family"], strict=True)),
            baselines=dict(zip(compared["method"], compared["baseline"], strict=True)),
            encoders=self.record["widths"],
            head=Head(recipe.width, recipe.dropout, "binary cross-entropy"),
            plans=first.drop_duplicates("method")[["method", "seed", "rows", "distinct_images"]],
            resampled=resampled_counts(first),
            histories=self.histories,
            tiles=tiles,
            tags=tags,
        )

    def write_figures(self, *, progress: Progress = silent) -> list[Path]:
        """Write the figures into the run folder as SVG and PNG."""
        from tailprobe.report.figures.write import write_figures
        from tailprobe.report.page.pictures import page_figures
        from tailprobe.study.reporting import run_tables  # which takes results

        figures = self.figures() | page_figures(run_tables(self))
        return write_figures(figures, self.folder.figures, progress=progress)

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the tables that people print, by name: averages, verdicts, classes, methods, costs."""
        averages = self.table()
        sizes = ["rows", "distinct_images", "synthetic_rows"]
        plans = self.plans.drop_duplicates(["encoder", "method", "seed"])
        rows = plans.groupby("method", sort=False)[sizes].mean().reset_index()
        methods = self.method_table.merge(rows, on="method", how="left")
        costs = cost_table(self.histories, self.plans)
        tables = {"averages": averages, "classes": self.classes, "methods": methods, "costs": costs}
        return tables if self.verdicts is None else tables | {"verdicts": self.verdicts}

    def write_tables(self) -> list[Path]:
        """Write the tables into the run folder as CSV, Parquet, LaTeX and Markdown."""
        from tailprobe.report.tables import write_tables

        return write_tables(self.tables(), self.folder.path / "tables")

    def _repr_html_(self) -> str:
        """Show the result in a notebook."""
        from tailprobe.report.figures.write import rendered
        from tailprobe.report.notebook import notebook_html

        table = self.table()
        groups = table[table["is_group"] & table["class_name"].isin([LOW_FREQUENCY, REMAINING])]
        figures = self.figures()
        first = next(figure for name, figure in figures.items() if name.startswith("differences"))
        return notebook_html(
            sentence="" if self.recommendation is None else self.recommendation.sentence,
            averages=groups.drop(columns=["part", "is_group", "pairs"]),
            picture=rendered(first, "png"),
            where=f"run: {self.folder.path}",
        )

    def save(self, path: str | Path) -> Path:
        """Copy the whole run to a new folder.

        Raises:
            InputError: something is there already.
        """
        target = Path(path)
        if target.exists() and (not target.is_dir() or any(target.iterdir())):
            raise InputError(f"{target} is there already; save to a new folder")
        shutil.copytree(self.folder.path, target, dirs_exist_ok=True)
        return target
