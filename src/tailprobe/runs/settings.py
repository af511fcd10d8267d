"""`Study`: the settings of a comparison, and the file that holds them."""

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import tomli_w

from tailprobe.datasets.storage.url import absolute_path, is_url
from tailprobe.encoders.names import parts_of
from tailprobe.errors import InputError, how_to_read
from tailprobe.files import write_text
from tailprobe.keywords import known_settings
from tailprobe.learners.recipe import Recipe
from tailprobe.registry import did_you_mean
from tailprobe.setting import NamedSetting, Range, between, check_settings, setting, settings_of
from tailprobe.short_repr import short_repr

Option = str | int | float | bool | tuple[str, ...]
_SOME = Range(bool, "at least one")
OUTSIDE_STUDY = frozenset(
    {"source", "reader", "long_tail", "weights", "recipe"}
)  # fields that a study file has outside [study]


@known_settings
@short_repr
@dataclass(frozen=True)
class Study:
    """The settings of a comparison. Two equal studies on equal data give equal numbers with the same kernel.

    The meaning, range and default of each field are in its `setting(...)` and in `docs/study_file.md`.

    Raises:
        InputError: a value has the wrong type or is outside its range, an encoder is named twice, weights are given
            for an encoder that is not used, or metric, thresholds and questions do not fit together.

    >>> study = Study("images", methods=("reweight(2)", "focal(2)"), seeds=10)
    >>> study.metric, study.margin
    ('average_precision', 0.02)
    """

    source: str  # folder, .zip or table of images, or a file of embeddings
    reader: Mapping[str, Option] = field(default_factory=dict)  # options of `tailprobe.read`, or of `read_embeddings`
    long_tail: float = setting(
        0.0,
        help="Thin a balanced collection to a long tail: the largest class keeps this many times the images of the "
        "smallest, e.g. 100. 0 leaves it as it is.",
        group="Data",
        metavar="RATIO",
        range=Range(lambda ratio: ratio == 0 or ratio > 1, "above 1, or 0 for none"),
    )
    on_bad_image: Literal["error", "skip"] = setting(
        "error", help="An image that cannot be read: stop, or leave it out.", group="Data"
    )
    encoders: tuple[str, ...] = setting(
        ("descriptors",),
        help="Frozen encoder: descriptors (no download), resnet18, clip, any timm model, e.g. "
        "vit_base_patch16_224, fused(NAME, NAME), or module:name of your own. "
        "Repeat for several.",
        group="Methods and encoders",
        option="encoder",
        metavar="NAME",
        range=_SOME,
        calls=True,
    )
    weights: Mapping[str, str] = setting(
        factory=dict,
        help="Weights of an encoder from a local file, safetensors or state dict, instead of a download, e.g. "
        "resnet18=resnet18.safetensors.",
        group="Methods and encoders",
        metavar="ENCODER=FILE",
    )
    prompts: str = setting(
        "",
        help="How an encoder with a text tower embeds class names, for methods that need them: texts with {} where the "
        "name goes, between bars, e.g. 'a satellite photo of {}.|an aerial photo of {}.'. OpenAI's seven by default.",
        group="Methods and encoders",
        metavar="TEXTS",
        range=Range(lambda texts: not texts or all("{}" in text for text in texts.split("|")), "texts with {}"),
    )
    standardise: bool | Literal["auto"] = setting(
        "auto",
        help="Scale embeddings to mean 0 and variance 1, computed on the training part; auto does what the encoder "
        "asks for; e.g. false.",
        group="Methods and encoders",
    )
    methods: tuple[str, ...] = setting(
        ("default",),
        help="Methods to compare with the baseline, or a preset, e.g. 'reweight(2), oversample(largest)'. default is "
        "paper, the paper's methods, and move_threshold, which trains nothing. See: tailprobe methods.",
        group="Methods and encoders",
        range=_SOME,
        calls=True,
    )
    seeds: int | Literal["auto"] = setting(
        20,
        help="Repeats, each with its own split, initialisation and order of images; rotated splits round up to fives, "
        "e.g. 10. auto: until more would hardly narrow the intervals.",
        group="Design",
        range=between(1, 10_000),
    )
    max_seeds: int = setting(50, help="Most seeds of --seeds auto, e.g. 30.", group="Design", range=between(5, 10_000))
    seed: int = setting(0, help="Seed of the first repeat, e.g. 1.", group="Design", range=between(0, 2**32 - 1))
    split: Literal["rotated", "stratified", "random", "given", "two-part"] = setting(
        "rotated",
        help="Training, validation and test parts, 60-20-20: rotated (parts the data give, else five stratified folds "
        "of which each tests once in five seeds), stratified or random (each seed on its own), given by the data, or "
        "two-part (validation is test, as in the paper's runs).",
        group="Design",
    )
    group_column: str = setting(
        "",
        help="Column of the table that says which images belong together, e.g. patient_id, so that they "
        "stay in one part; near: groups of near-duplicate images, found by their pixels.",
        group="Data",
        metavar="NAME",
    )
    low_frequency: str = setting(
        "percentile(25)",
        help="Which classes are low-frequency, e.g. percentile(25), deviation(1), below(500), fraction(0.1) or "
        "named(a, b).",
        group="Design",
        metavar="RULE",
    )
    metric: str = setting(
        "average_precision",
        help="Primary metric, tested for significance: average_precision, roc_auc, brier, argmax_recall, "
        "recall_in_first_100, or a metric at a decision threshold, e.g. recall@tuned.",
        group="Design",
    )
    thresholds: tuple[str, ...] = setting(
        ("0.5", "0.2", "tuned"),  # the paper's
        help="Decision-threshold rules, e.g. '0.5, tuned': a number, tuned, tuned(1), global, cost(10), "
        "precision(0.9) or authors.",
        group="Design",
        metavar="RULES",
        range=_SOME,
        calls=True,
    )
    primary: Literal["low-frequency", "gain-and-cost"] = setting(
        "low-frequency",
        help="Primary question: low-frequency, what the methods do to the low-frequency classes, tested at 4%, and to "
        "the remaining ones, at 1%; or gain-and-cost, both together at 5%.",
        group="Design",
    )
    classes: Literal["estimated", "tested"] = setting(
        "estimated",
        help="Single classes: estimated, each with its own 95% interval and no verdict, or tested as a further "
        "question at 5%.",
        group="Design",
    )
    questions: tuple[str, ...] = setting(
        (),
        help="Further questions on the low-frequency classes, each tested at its own 5% level: encoders, whether they "
        "differ, method by method; calibration, what the methods do to the Brier score; e.g. calibration.",
        group="Design",
        metavar="NAMES",
        calls=True,
    )
    margin: float | Literal["auto"] = setting(
        "auto",
        help="Differences within this margin are practically equal, e.g. 0.01; auto takes the primary metric's, 0.02 "
        "for average "
        "precision.",
        group="Design",
        range=Range(lambda margin: 0 < margin < 1, "above 0 and below 1"),
    )
    budget: Literal["epochs", "updates"] = setting(
        "epochs",
        help="Training budget held equal between methods: epochs, or optimizer updates (as many as the baseline's).",
        group="Design",
    )
    title: str = setting(
        "",
        help="What the collection is called on the page, e.g. 'mines of the Amazon'. Default: the name of its folder "
        "or file.",
        group="Output",
        metavar="TEXT",
    )
    no_images: bool = setting(
        False,
        help="Keep no picture of the collection in the run, its page and its figures, for medical and private images; "
        "file names and labels are still shown.",
        group="Output",
    )
    map: Literal["pca", "umap"] = setting(
        "pca",
        help="Map of the embeddings on the page: by principal components (pca), or by UMAP (umap; needs "
        "tailprobe[umap]), which keeps neighbours together.",
        group="Output",
    )
    figures: Literal["none", "svg", "all"] = setting(
        "all", help="Figures as files: none, svg, or all (SVG, PNG and PDF).", group="Output"
    )
    figure_style: Literal["screen", "paper"] = setting(
        "screen",
        help="Figures with title and caption (screen), or for a paper: without them, with the caption as a text "
        "file (paper).",
        group="Output",
    )
    figure_width: float = setting(
        0.0,
        help="Width of the figures in inches, e.g. 3.3 for one column of a paper or 7 for both. Default: 9 for the "
        "screen, 7 for a paper.",
        group="Output",
        metavar="INCHES",
        range=Range(lambda width: width == 0 or 3 <= width <= 30, "3 to 30, or 0 for the style's own"),
    )
    figure_font: str = setting(
        "",
        help="Font of the figures, any that is installed, e.g. 'Times New Roman'. Default: DejaVu Sans.",
        group="Output",
        metavar="NAME",
    )
    reproduces: Literal["none", "planet", "ade20k"] = setting(
        "none",
        help="The study of Panigrahi & Zhu that it repeats, as tailprobe reproduce sets it: the run then says how "
        "close it comes to the paper, and draws the paper's figures.",
        group="Design",
    )
    recipe: Recipe = field(default_factory=Recipe)

    def __post_init__(self) -> None:
        check_settings(self)
        self._check_metric()
        self._check_questions()
        self._set_margin()
        if len(set(self.encoders)) != len(self.encoders):
            raise InputError(f"an encoder is named twice in {list(self.encoders)}")
        parts = {part for name in self.encoders for part in parts_of(name)}
        unknown = sorted(set(self.weights) - set(self.encoders) - parts)
        if unknown:
            raise InputError(f"weights are given for {unknown[0]!r}, which is not among {list(self.encoders)}")

    def _set_margin(self) -> None:
        from tailprobe.scores.metric import default_margin  # slow to import

        if self.margin == "auto":  # study.toml records the number before anything is trained
            object.__setattr__(self, "margin", default_margin(self.metric))

    def _check_questions(self) -> None:
        from tailprobe.comparison.question import CALIBRATION, ENCODERS, further_questions  # slow to import

        further_questions(self.questions)  # raises
        if ENCODERS in self.questions and len(self.encoders) < 2:
            raise InputError(f"questions has encoders, and there is one encoder, {self.encoders[0]}; name another one")
        if CALIBRATION in self.questions and self.metric == "brier":
            raise InputError("questions has calibration, which the primary metric brier asks already; leave it out")

    def _check_metric(self) -> None:
        from tailprobe.scores.metric import check_by_class, comparable_names  # slow to import
        from tailprobe.scores.rules import parse_rule

        check_by_class(self.metric)  # raises

        for rule in self.thresholds:
            parse_rule(rule)  # raises
        name, _, rule = self.metric.partition("@")
        known = comparable_names()
        if not ((not rule and name in known) or (f"{name}@..." in known and rule in self.thresholds)):
            expected = f"one of {', '.join(known)}, a rule of thresholds after @"
            raise InputError(f"metric is {self.metric!r}. Expected {expected}")


def default_encoders(source: str, form: str = "auto") -> tuple[str, ...]:
    """Return the default encoder: for a file of embeddings the name derived from it, else `descriptors`."""
    from tailprobe.embeddings.precomputed.read import encoder_name, holds_embeddings  # slow to import

    return (encoder_name(Path(source)),) if holds_embeddings(source, form) else ("descriptors",)


def write_study(study: Study, path: Path) -> None:
    """Write a study as TOML; `read_study` returns it as `as_read` does."""
    settings = asdict(study)
    document: dict[str, Any] = {
        "data": {"source": settings.pop("source"), "long_tail": settings.pop("long_tail"), **settings.pop("reader")},
        "weights": settings.pop("weights"),
        "recipe": settings.pop("recipe"),
    }
    document = {"study": settings, **document}
    write_text(path, tomli_w.dumps(document))


def read_study(path: Path, *, allow_code: bool = False) -> Study:
    """Read a study file; relative paths in it are relative to its folder.

    Args:
        path: the TOML file.
        allow_code: whether the file may name code, `package.module:name`, which running the study imports.

    Raises:
        InputError: the file is missing or not TOML, has an unknown setting or one of a wrong type, or names code and
            `allow_code` is False.
    """
    from tailprobe.runs.code import refuse_code  # needs `Study`

    try:
        study = _read_study(path)
    except InputError as error:
        if str(error).startswith(f"{path}: "):
            raise
        raise InputError(f"{path}: {error}") from error
    if not allow_code:
        refuse_code(study, where=str(path))
    return study


def as_read(study: Study, path: Path) -> Study:
    """Return a study as `read_study` reads it from a path: a relative source, or the name of data in memory, below."""
    return replace(study, source=_beside(path, study.source))


def _read_study(path: Path) -> Study:
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        way_out = how_to_read(error, "give the path of a study file, study.toml of a run for example")
        raise InputError(f"{path}: cannot be read ({error.strerror}); {way_out}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"{path}: is not TOML ({error})") from None
    _check_sections(path, document)
    data = _section(path, document, "data")
    if not isinstance(data.get("source"), str) or not data["source"].strip():
        raise InputError(f"{path}: [data] needs a source, the folder, .zip or table to read")
    known = settings_of(Study)
    source, long_tail = data.pop("source"), data.pop("long_tail", 0)
    if not isinstance(data.get("format", ""), str):
        raise InputError(f"{path}: [data] format is {data['format']!r}. Expected the name of a format, as text")
    for name in ("labels", "merge_classes"):
        if name in data and data[name] != "variants":  # no file, but a word of `merge_classes`
            data[name] = _beside(path, _path_in(data[name], f"{path}: [data] {name}"))
    own = {name: about for name, about in known.items() if name not in OUTSIDE_STUDY}
    return Study(
        source=_beside(path, source),
        reader=known["reader"].read(data, where=f"{path}: [data]"),
        long_tail=known["long_tail"].read(long_tail, where=f"{path}: [data] long_tail"),
        weights={
            name: _beside(path, _path_in(file, f"{path}: [weights] {name}"))
            for name, file in _section(path, document, "weights").items()
        },
        recipe=Recipe(**_read_section(path, document, "recipe", settings_of(Recipe))),
        **_read_section(path, document, "study", own),
    )


def _read_section(
    path: Path, document: Mapping[str, Any], name: str, known: Mapping[str, NamedSetting]
) -> dict[str, Any]:
    """Return the settings of a section, each of its type."""
    given = _section(path, document, name)
    _check_names(path, f"[{name}] setting", given, set(known))
    return {key: known[key].read(value, where=f"{path}: [{name}] {key}") for key, value in given.items()}


def _section(path: Path, document: Mapping[str, Any], name: str) -> dict[str, Any]:
    section = document.get(name, {})
    if not isinstance(section, Mapping):
        raise InputError(f"{path}: {name} is {section!r}. Expected a section [{name}] of settings")
    return dict(section)


def _check_sections(path: Path, document: Mapping[str, Any]) -> None:
    """Refuse what is no section; a setting outside its section is named with it.

    Raises:
        InputError: there is an unknown section, or a setting before the first section.
    """
    settings = {"study": set(settings_of(Study)) - OUTSIDE_STUDY, "recipe": set(settings_of(Recipe))}
    settings["data"] = {"source", "long_tail"}
    for name, value in document.items():
        section = next((section for section, known in settings.items() if name in known), None)
        if section is not None and not isinstance(value, Mapping):
            raise InputError(f"{path}: {name} is in no section; write it below a line [{section}]")
    _check_names(path, "section", document, {"study", "data", "weights", "recipe"})


def _check_names(path: Path, what: str, given: Mapping[str, object], known: set[str]) -> None:
    for name in given:
        if name not in known:
            near = did_you_mean(name, known) or "."
            raise InputError(f"{path}: no {what} is called {name!r}{near} Known: {', '.join(sorted(known))}")


def _path_in(value: object, where: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise InputError(f"{where} is {value!r}. Expected the path of a file, as text")
    return value


def _beside(study: Path, given: str) -> str:
    return given if is_url(given) else str(absolute_path(given, below=study.parent))
