"""Study: the settings of a comparison, and the file they are kept in."""

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import tomli_w

from tailprobe.datasets.image_files import OnBadImage
from tailprobe.datasets.url import is_url
from tailprobe.embeddings.own import encoder_name, holds_embeddings
from tailprobe.errors import InputError
from tailprobe.files import write_text
from tailprobe.registry import did_you_mean
from tailprobe.scores.metric import comparable_names
from tailprobe.scores.rules import parse_rule
from tailprobe.scores.tidy import PAPER_THRESHOLDS
from tailprobe.training.recipe import Recipe

Option = str | int | float | bool


@dataclass(frozen=True)
class Study:
    """What is compared with what. Two equal studies on equal data give equal numbers.

    Raises:
        InputError: a value outside its range.
    """

    source: str  # folder, .zip or table of images, or a file of embeddings
    reader: Mapping[str, Option] = field(default_factory=dict)  # options of `tailprobe.read`, or of `read_embeddings`
    long_tail: float = 0.0  # imbalance ratio to thin a balanced set to, 0 for as it is
    encoders: tuple[str, ...] = ("descriptors",)
    weights: Mapping[str, str] = field(default_factory=dict)  # by encoder, a local file
    methods: tuple[str, ...] = ("paper",)
    seeds: int = 10  # repeats: split, initialisation and order vary together
    seed: int = 0  # of the first repeat
    split: str = "stratified"
    low_frequency: str = "percentile(25)"
    thresholds: tuple[str, ...] = PAPER_THRESHOLDS  # rules by which scores become decisions
    metric: str = "average_precision"  # that verdicts are drawn in
    budget: str = (
        "epochs"  # epochs: each a pass through a method's rows, as the paper; updates: as many as the baseline
    )
    correction: str = "holm"  # of many comparisons: holm or benjamini-hochberg
    standardise: str = "auto"  # auto: as the encoder asks; yes; no
    on_bad_image: OnBadImage = "error"
    recipe: Recipe = field(default_factory=Recipe)

    def __post_init__(self) -> None:
        ranges = {
            "seeds": (self.seeds >= 1, "1 or more"),
            "seed": (self.seed >= 0, "0 or more"),
            "long_tail": (self.long_tail == 0 or self.long_tail > 1, "above 1, or 0 for none"),
            "encoders": (bool(self.encoders), "at least one"),
            "methods": (bool(self.methods), "at least one"),
            "thresholds": (bool(self.thresholds), "at least one"),
            "metric": (self._has_metric(), f"one of {', '.join(comparable_names())}, a rule of thresholds after @"),
            "budget": (self.budget in ("epochs", "updates"), "epochs or updates"),
            "correction": (self.correction in ("holm", "benjamini-hochberg"), "holm or benjamini-hochberg"),
            "standardise": (self.standardise in ("auto", "yes", "no"), "auto, yes or no"),
            "on_bad_image": (self.on_bad_image in ("error", "skip"), "error or skip"),
        }
        for name, (holds, expected) in ranges.items():
            if not holds:
                raise InputError(f"{name} = {getattr(self, name)!r}: expected {expected}")
        for name in self.thresholds:
            parse_rule(name)  # raises
        if len(set(self.encoders)) != len(self.encoders):
            raise InputError(f"an encoder is named twice in {list(self.encoders)}")
        strangers = sorted(set(self.weights) - set(self.encoders))
        if strangers:
            raise InputError(f"weights are given for {strangers[0]!r}, which is not among {list(self.encoders)}")

    def _has_metric(self) -> bool:
        name, _, rule = self.metric.partition("@")
        known = comparable_names()
        return (not rule and name in known) or (f"{name}@..." in known and rule in self.thresholds)


def default_encoders(source: str, form: str = "auto") -> tuple[str, ...]:
    """Return the encoder of a study that names none: for embeddings what they are called, else the built-in one."""
    return (encoder_name(Path(source)),) if holds_embeddings(source, form) else ("descriptors",)


def write_study(study: Study, path: Path) -> None:
    """Write a study as TOML; `read_study` gives an equal one."""
    settings = asdict(study)
    document: dict[str, Any] = {
        "data": {"source": settings.pop("source"), "long_tail": settings.pop("long_tail"), **settings.pop("reader")},
        "weights": settings.pop("weights"),
        "recipe": settings.pop("recipe"),
    }
    document = {"study": settings, **document}
    write_text(path, tomli_w.dumps(document))


def read_study(path: Path) -> Study:
    """Read a study file; relative paths in it are taken from its folder.

    Raises:
        InputError: the file is missing, is no TOML, or names a setting that there is not.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: is not TOML ({error})") from None
    _check_names(path, "section", document, {"study", "data", "weights", "recipe"})
    data = dict(document.get("data", {}))
    if not isinstance(data.get("source"), str):
        raise InputError(f"{path}: [data] needs a source, the folder, .zip or table to read")
    settings = dict(document.get("study", {}))
    own = {f.name for f in fields(Study)} - {"source", "reader", "long_tail", "weights", "recipe"}
    _check_names(path, "[study] setting", settings, own)
    _check_names(path, "[recipe] setting", document.get("recipe", {}), {f.name for f in fields(Recipe)})
    for name in ("encoders", "methods", "thresholds"):
        if name in settings:
            value = settings[name]
            settings[name] = (value,) if isinstance(value, str) else tuple(value)
    source, long_tail = data.pop("source"), float(data.pop("long_tail", 0))
    try:
        return Study(
            source=_beside(path, source),
            reader={key: _beside(path, value) if key == "labels" else value for key, value in data.items()},
            long_tail=long_tail,
            weights={name: _beside(path, file) for name, file in document.get("weights", {}).items()},
            recipe=Recipe(**document.get("recipe", {})),
            **settings,
        )
    except TypeError as error:
        raise InputError(f"{path}: a setting has the wrong type ({error})") from None


def _check_names(path: Path, what: str, given: Mapping[str, object], known: set[str]) -> None:
    for name in given:
        if name not in known:
            near = did_you_mean(name, known)
            raise InputError(f"{path}: no {what} is called {name!r}{near} Known: {', '.join(sorted(known))}")


def _beside(study: Path, given: str) -> str:
    return given if is_url(given) else str((study.parent / Path(given).expanduser()).resolve())
