"""`Run`: a finished run, read from its folder."""

import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from tailprobe.comparison.conclusion import Conclusion
from tailprobe.comparison.recommendation import Recommendation, read_recommendation
from tailprobe.errors import InputError
from tailprobe.files import open_folder
from tailprobe.keywords import known_keywords
from tailprobe.labels import Labels
from tailprobe.runs.chosen import chosen_method
from tailprobe.runs.duplicates import read_duplicates
from tailprobe.runs.folder import RunFolder, is_drawn, is_large
from tailprobe.runs.repeat import how_to_repeat
from tailprobe.runs.settings import Study, read_study
from tailprobe.scores.tidy import read_results, summarise
from tailprobe.splits.plan import seed_block
from tailprobe.training.heads import Heads
from tailprobe.training.storage import load_heads

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_SAYS_NOTHING = frozenset({"data", "dataset", "images", "imgs", "photos", "pictures", "train", "training"})


@dataclass(frozen=True, eq=False)
class Run:
    """A finished run, as `tailprobe.compare` returns it and `Run.load` opens it.

    Every attribute is read from the run folder at its first use and then kept. The columns of the tables are described
    in `docs/run_folder.md`. Attributes that read a file raise InputError if it is missing or damaged.

    Example:
        run = tailprobe.Run.load("RUN")
        run.table(metric="roc_auc")  # mean, standard deviation and paired difference by encoder, method and class
        run.verdicts.query("is_group and verdict == 'improves'")
        run.figures()["differences_descriptors"].savefig("differences.png")
    """

    folder: RunFolder

    def __post_init__(self) -> None:
        if not isinstance(self.folder, RunFolder):
            raise InputError(
                f"Run takes no {type(self.folder).__name__}; open a run folder with tailprobe.Run.load(PATH)"
            )

    def __repr__(self) -> str:
        """Return the number of methods and images, if run.json has been read, and the folder."""
        record = vars(self).get("record")  # a repr must not read a file
        said = "" if record is None else f"{len(record['methods'])} methods, {record['images']:,} images, "
        return f"Run({said}{str(self.folder.path)!r})"

    @classmethod
    def load(cls, path: str | Path) -> "Run":
        """Open a finished run.

        Args:
            path: the run folder.

        Raises:
            InputError: the folder is not a run, or the run is unfinished or of another format; or a file differs from
                its digest. Large files are compared when they are read; figures, tables and the page never are.
        """
        folder = RunFolder(Path(path))
        if not folder.study.exists():
            raise InputError(f"{path} is not a run of tailprobe: it has no study.toml")
        if not folder.record.exists():
            raise InputError(f"{path} is not finished; continue with: tailprobe compare {folder.study} --out {path}")
        run = cls(folder)
        files = run.record["files"]
        folder.check_files(files, [name for name in files if not is_drawn(name) and not is_large(name)])
        folder.refuse_other_tables()
        return run

    @classmethod
    def unfinished(cls, folder: RunFolder, record: dict[str, Any]) -> "Run":
        """Return a run that lacks only its figures, tables, page and run.json; `record` takes the place of run.json."""
        run = cls(folder)
        vars(run)["record"] = record
        return run

    @cached_property
    def record(self) -> dict[str, Any]:
        """The content of run.json: versions, encoders, fingerprints, notes; see `runs.schema.RECORD`.

        Raises:
            InputError: the file is damaged or of another format.
        """
        return self.folder.read_record()

    @cached_property
    def study(self) -> Study:
        """The settings."""
        return read_study(self.folder.study, allow_code=True)  # read and not run

    def entitled(self, title: str) -> "Run":
        """Return the run with another name of its collection, for a page under that title."""
        other = Run(self.folder)
        vars(other).update(vars(self) | {"name": title})
        return other

    @cached_property
    def settings(self) -> str:
        """The settings as text: study.toml."""
        return self.folder.study.read_text(encoding="utf-8")

    @cached_property
    def name(self) -> str:
        """Name of the collection, for a heading: the study's title, else the name of its folder or file.

        A folder with an uninformative name, such as "data", is named together with its parent.
        """
        source = Path(self.study.source)
        parent = source.parent.name
        said = f"{parent}/{source.name}" if source.name.lower() in _SAYS_NOTHING and parent else source.name
        return self.study.title or said or self.study.source

    @cached_property
    def repeat(self) -> str:
        """The command that repeats the run from within its folder; of data in memory, the call in Python."""
        asked = {"kernel": self.record.get("kernel"), **self.record.get("execution", {})}
        handed_over = bool(self.record.get("handed_over"))
        return how_to_repeat(self.study, asked, self.folder.study.name, handed_over=handed_over)

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods in the study's order, the baseline first."""
        return tuple(self.record["methods"])

    @cached_property
    def method_table(self) -> pd.DataFrame:
        """One row per method: method, position, family, link, baseline, arguments, source, no_op, identical_ranking."""
        return self.folder.read_table("methods")

    @property
    def families(self) -> dict[str, str]:
        """The family of each method, in the study's order."""
        return dict(zip(self.method_table["method"], self.method_table["family"], strict=True))

    @property
    def baselines(self) -> dict[str, str]:
        """The baseline of each method; methods that are compared with nothing are left out."""
        table = self.method_table[self.method_table["baseline"] != ""]
        return dict(zip(table["method"], table["baseline"], strict=True))

    @property
    def widths(self) -> dict[str, int]:
        """The width D of each encoder's embeddings, in the study's order."""
        return {name: int(about["width"]) for name, about in self.record["encoders"].items()}

    @property
    def encoders(self) -> tuple[str, ...]:
        """The encoders in the study's order."""
        return tuple(self.widths)

    @property
    def encoder(self) -> str:
        """The encoder shown first: the recommended one, else the study's first."""
        return self.encoders[0] if self.recommendation is None else self.recommendation.encoder

    @property
    def chosen(self) -> str:
        """The method compared with the baseline; see `runs.chosen.chosen_method`."""
        return chosen_method(self.results, self.conclusion)

    @cached_property
    def results(self) -> pd.DataFrame:
        """The tidy table of scores: encoder, method, seed, part, class_name, metric, value, is_group."""
        return read_results(self.folder.table("results"))

    @cached_property
    def classes(self) -> pd.DataFrame:
        """One row per class: class_name, count, unknown, groups, low_frequency, train, validation, test."""
        return self.folder.read_table("classes")

    @cached_property
    def labels(self) -> Labels:
        """The labels of every image of the study, (N, C), with a mask of the known ones."""
        table, classes = self.folder.read_table("labels"), tuple(self.classes["class_name"])
        matrix, unknown = np.zeros((2, len(table), len(classes)), dtype=bool)
        for row, (carried, not_known) in enumerate(zip(table["classes"], table["unknown"], strict=True)):
            matrix[row, carried] = True
            unknown[row, not_known] = True
        return Labels(matrix, classes, self.record["kind"], ~unknown)

    @cached_property
    def plans(self) -> pd.DataFrame:
        """Each method's training rows: encoder, method, seed, class_name, count, rows, distinct_images, ..."""
        return self.folder.read_table("plans")

    @cached_property
    def histories(self) -> pd.DataFrame:
        """One row per head and epoch: encoder, method, seed, epoch, training_loss, validation_loss, kept, ..."""
        return self.folder.read_table("histories")

    @cached_property
    def samples(self) -> pd.DataFrame:
        """A few sample images: name, tags, png."""
        return self.folder.read_table("samples")

    @cached_property
    def mistakes(self) -> pd.DataFrame:
        """The test images with the largest errors, see `study.mistakes`."""
        return self.folder.read_table("mistakes")

    @cached_property
    def embedding_map(self) -> pd.DataFrame:
        """First two principal components of the embeddings: encoder, row, x, y."""
        return self.folder.read_table("embedding_map")

    @cached_property
    def neighbours(self) -> pd.DataFrame:
        """The nearest neighbours of one image of each low-frequency class, see `study.neighbours`."""
        return self.folder.read_table("neighbours")

    @cached_property
    def duplicates(self) -> dict[str, Any] | None:
        """Near duplicates, see `study.duplicates`; None if there were too many images to look for them."""
        return read_duplicates(self.folder.duplicates)

    @cached_property
    def scores(self) -> Path:
        """Path of the file with every head's logits; `scores.head_scores` reads it.

        Raises:
            InputError: the file differs from its digest.
        """
        self._check(self.folder.scores)
        return self.folder.scores

    @cached_property
    def verdicts(self) -> pd.DataFrame | None:
        """Differences, intervals and verdicts by method, class and group (`comparison.verdict`); None if none exist."""
        return self.folder.read_table("verdicts") if self.folder.table("verdicts").exists() else None

    @cached_property
    def decomposition(self) -> pd.DataFrame | None:
        """Each gain split into ranking and threshold (`comparison.decomposition`); None if no method was compared."""
        return self.folder.read_table("decomposition") if self.folder.table("decomposition").exists() else None

    @cached_property
    def aspects(self) -> pd.DataFrame | None:
        """Changes in ranking, decisions and calibration (`comparison.aspects`); None if no method was compared."""
        return self.folder.read_table("aspects") if self.folder.table("aspects").exists() else None

    @cached_property
    def trends(self) -> pd.DataFrame | None:
        """Effect of increasing a method's argument (`comparison.trend`); None if no method was compared."""
        return self.folder.read_table("trends") if self.folder.table("trends").exists() else None

    @cached_property
    def best(self) -> pd.DataFrame | None:
        """Each method against the best of the others (`comparison.best`); None if no method was compared."""
        return self.folder.read_table("best") if self.folder.table("best").exists() else None

    @cached_property
    def further(self) -> pd.DataFrame | None:
        """The answers to further questions (`comparison.further`); None if none was asked."""
        return self.folder.read_table("further") if self.folder.table("further").exists() else None

    @cached_property
    def paper_facts(self) -> pd.DataFrame | None:
        """The paper's numbers compared with this run's (`paper.check`); None if the study repeats none of them."""
        return self.folder.read_table("paper_facts") if self.folder.table("paper_facts").exists() else None

    @cached_property
    def paper_findings(self) -> pd.DataFrame | None:
        """The paper's findings checked on this run (`paper.findings`); None if the study repeats none of them."""
        return self.folder.read_table("paper_findings") if self.folder.table("paper_findings").exists() else None

    @cached_property
    def recommendation(self) -> Recommendation | None:
        """What to use, in numbers and in the words of the conclusion; None if no method was compared."""
        path = self.folder.recommendation
        return read_recommendation(path) if path.exists() else None

    @property
    def conclusion(self) -> Conclusion | None:
        """The answer that the terminal, the page and the classifier state; None if no method was compared."""
        return None if self.recommendation is None else self.recommendation.conclusion

    @property
    def seed_block(self) -> int:
        """How many seeds a further block has: five with rotated splits."""
        return seed_block(str(self.record.get("split", self.study.split)))

    @property
    def heads(self) -> Heads:
        """The trained heads by key (encoder, method, seed), read again at each call.

        Raises:
            InputError: the file differs from its digest, or is damaged.
        """
        self._check(self.folder.heads)
        return load_heads(self.folder.heads)[0]

    def _check(self, path: Path) -> None:
        files = self.record.get("files", {})  # an unfinished run has none yet
        name = self.folder.relative(path)
        self.folder.check_files(files, [name] if name in files else [])

    @known_keywords
    def table(self, *, metric: str | None = None, part: str = "test") -> pd.DataFrame:
        """Summarise the scores over the seeds, by encoder, method and class or group.

        Args:
            metric: name of a metric in `results`, with its threshold rule if it has one, e.g. `recall@0.5`; by default
                the study's primary metric.
            part: "test" or "validation".

        Returns:
            The columns encoder, method, part, class_name, is_group, mean, sd (standard deviation over the seeds), seeds
            (their number), difference (mean paired difference from the method in `baselines`), difference_sd and pairs.
        """
        rows = self.results[self.results["part"] == part]
        return summarise(rows, metric=metric or self.study.metric, baselines=self.baselines)

    def figures(self, *, metric: str | None = None) -> "dict[str, Figure]":
        """Return the figures of the run as matplotlib figures by name; see `report.run_figures`."""
        from tailprobe.report.run_figures import run_figures  # slow to import, and only needed for drawing

        return run_figures(self, metric=metric)

    def _repr_html_(self) -> str:
        """Return HTML that shows the run in a notebook."""
        from tailprobe.report.notebook import run_html

        return run_html(self)

    def save(self, path: str | Path) -> Path:
        """Copy the whole run folder, e.g. from the temporary one of `tailprobe.compare`.

        Args:
            path: a new or empty folder.

        Returns:
            The new folder.

        Raises:
            InputError: `path` is a file, or a folder that is not empty.
        """
        target = Path(path)
        if target.exists() and (not target.is_dir() or any(target.iterdir())):
            raise InputError(f"{target} is there already; save to a new folder")
        shutil.copytree(self.folder.path, target, dirs_exist_ok=True)
        open_folder(target)
        return target
