"""The Python API: `embed` and `compare`."""

import inspect
import logging
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from tailprobe.datasets.images import LabeledImages
from tailprobe.datasets.memory import array_of, is_frame, is_numeric_frame, label_array
from tailprobe.datasets.read import known_options, read
from tailprobe.datasets.storage.image_files import OnBadImage
from tailprobe.datasets.storage.url import absolute
from tailprobe.datasets.tables.options import option_types
from tailprobe.embeddings import compute
from tailprobe.embeddings.embeddings import Embeddings
from tailprobe.embeddings.precomputed.in_memory import from_arrays
from tailprobe.embeddings.precomputed.read import read_embeddings
from tailprobe.encoders.encoder import Encoder
from tailprobe.encoders.load import load_encoder
from tailprobe.errors import InputError
from tailprobe.keywords import known_keywords
from tailprobe.learners.recipe import Recipe
from tailprobe.log import printed_by_default
from tailprobe.methods.method import Method
from tailprobe.notebook_bars import shown_progress
from tailprobe.progress import Progress
from tailprobe.registry import did_you_mean
from tailprobe.runs.run import Run
from tailprobe.runs.settings import Option, Study, default_encoders
from tailprobe.setting import make, settings_of
from tailprobe.study.embedding import CHOICES
from tailprobe.study.execution import Execution, default_cache
from tailprobe.study.run import run_study

_LOG = logging.getLogger(__name__)


@known_keywords
@printed_by_default()
def embed(
    images: LabeledImages,
    encoder: str | Encoder = "descriptors",
    *,
    weights: str | Path | None = None,
    runtime: str = "auto",
    precision: str = "auto",
    cache: str | Path | None = None,
    on_bad_image: OnBadImage = "error",
    progress: Progress | None = None,
) -> Embeddings:
    """Embed images; a later call with the same images and encoder reads the stored embeddings.

    Args:
        images: N images, from `tailprobe.read`.
        encoder: a name as for `tailprobe.encoders.load.load_encoder`, e.g. `descriptors`, `resnet18`, `clip`, a timm
            model or `package.module:name`; or an object with the interface of `tailprobe.encoders.encoder.Encoder`.
        weights: a local file of weights instead of a download.
        runtime: what runs the encoder: `torch`, `openvino`, `onnxruntime`, or `auto`, the fastest that is installed.
        precision: `float32`, `bfloat16`, `float16`, `int8`, or `auto`, the fastest whose embeddings have a cosine
            similarity of at least 0.9999 to those in float32.
        cache: folder of stored embeddings; by default `TAILPROBE_CACHE`, else `~/.cache/tailprobe`.
        on_bad_image: `error`, or `skip` to leave out images that cannot be read.
        progress: called as progress(stage, done, total); by default a bar in a notebook, and nothing elsewhere.

    Returns:
        Embeddings with `vectors` (N, D) float32 and `names`, without the images that were left out.

    Raises:
        InputError: the encoder, runtime or precision is unknown or not installed, weights cannot be loaded, or an image
            cannot be read and `on_bad_image` is "error".

    Example:
        images = tailprobe.read("photos", format="images")
        vectors = tailprobe.embed(images, "resnet18").vectors  # (N, 512)
    """
    with shown_progress(progress) as reporter:
        return _embed(images, encoder, weights, runtime, precision, cache, on_bad_image, reporter)


def _embed(
    images: LabeledImages,
    encoder: str | Encoder,
    weights: str | Path | None,
    runtime: str,
    precision: str,
    cache: str | Path | None,
    on_bad_image: OnBadImage,
    progress: Progress,
) -> Embeddings:
    if not isinstance(images, LabeledImages):
        raise InputError(
            f"images: {type(images).__name__}; expected those of tailprobe.read, e.g. tailprobe.read(PATH)"
        )
    folder = default_cache() if cache is None else _path("cache", cache)
    if isinstance(encoder, str):
        file = None if weights is None else _path("weights", weights)
        encoder = load_encoder(
            encoder, weights=file, runtime=runtime, precision=precision, choice_cache=folder / CHOICES
        )
    return compute.embed(images, encoder, cache=folder, on_bad_image=on_bad_image, progress=progress)


@printed_by_default()
def compare(
    data: Any,  # noqa: ANN401 - a DataFrame, whose type needs pandas, or as below
    labels: Any = None,  # noqa: ANN401 - as `data`
    *,
    embeddings: Embeddings | None = None,
    encoders: Sequence[str] | str | None = None,
    weights: Mapping[str, str | Path] | None = None,
    methods: Sequence[str | Method] | Method | str = Study.methods,
    seeds: int | str = Study.seeds,
    max_seeds: int = Study.max_seeds,
    seed: int = Study.seed,
    split: str = Study.split,
    group_column: str = Study.group_column,
    low_frequency: str = Study.low_frequency,
    metric: str = Study.metric,
    thresholds: Sequence[str] | str = Study.thresholds,
    primary: str = Study.primary,
    questions: Sequence[str] | str = Study.questions,
    classes: str = Study.classes,
    margin: float | str = Study.margin,
    budget: str = Study.budget,
    reproduces: str = Study.reproduces,
    long_tail: float = Study.long_tail,
    prompts: str = Study.prompts,
    standardise: bool | str = Study.standardise,
    on_bad_image: str = Study.on_bad_image,
    figures: str = Study.figures,
    figure_style: str = Study.figure_style,
    figure_width: float = Study.figure_width,
    figure_font: str = Study.figure_font,
    title: str = Study.title,
    no_images: bool = Study.no_images,
    map: str = Study.map,
    recipe: Recipe | None = None,
    out: str | Path | None = None,
    cache: str | Path | None = None,
    workers: int | None = Execution.workers,
    kernel: str = Execution.kernel,
    engine: str = Execution.engine,
    runtime: str = Execution.runtime,
    precision: str = Execution.precision,
    dtype: str = Execution.dtype,
    progress: Progress | None = None,
    **reader: Any,  # noqa: ANN401 - options of `tailprobe.read`
) -> Run:
    """Compare methods for class imbalance on labelled images.

    Args:
        data: a folder, .zip or table of images to read; a file of embeddings, see
            `tailprobe.embeddings.precomputed.read.read_embeddings`; the result of `tailprobe.read`; a DataFrame of
            paths and labels; a list of paths, PIL images or (H, W, 3) uint8 arrays, with `labels`; or an (N, D) array,
            tensor or DataFrame of embeddings, with `labels`.
        labels: of images in a folder a table, as a file or a DataFrame; of a list or an array one class or list of
            classes for each row, or an (N, C) array or DataFrame of 0 and 1.
        embeddings: embeddings of the images in `data`, if they have been computed already.
        encoders: frozen encoders by name, `descriptors` by default; if `data` are embeddings, the name to show for
            them.
        recipe: how every head is trained.
        out: the run folder; by default a temporary folder, which a note names and `Run.save` copies.
        progress: called as progress(stage, done, total); by default bars in a notebook, and nothing elsewhere.
        **reader: options of `tailprobe.read`, e.g. `format="voc"`.

    Notes, such as what the reader changed, are logged under "tailprobe", and printed if no logging is set up; see
    `tailprobe.log`.

    Besides names, `methods` may hold your own methods as objects, e.g. `["reweight(2)", my_method]`. The other
    arguments are the settings of `Study` and `Execution`, under the same names:

    {settings}

    Returns:
        The finished run, with `.table()`, `.figures()` and `.save()`.

    Raises:
        InputError: a setting, file or image cannot be used; the message says how to fix it.

    Example:
        rng = np.random.default_rng(0)
        y = rng.choice(["forest", "mine"], 120, p=[0.9, 0.1])
        X = rng.normal(size=(120, 8)) + (y == "mine")[:, None]  # (N, D) embeddings
        run = tailprobe.compare(X, y, methods=["reweight(2)", "focal(2)"], seeds=5, out="RUN")
        run.table(metric="average_precision")
    """
    _refuse_unknown(data, reader)
    reader = reader if labels is None else {"labels": labels, **reader}
    images, embeddings, reader = _given_data(data, embeddings, reader, standardise, encoders)
    source = absolute(str(data)) if images is None else _source(images)
    made = None if embeddings is None else _by_encoder(embeddings, encoders)
    study = make(
        Study,
        source=source,
        reader=_reader_options(reader),
        long_tail=long_tail,
        encoders=tuple(made) if made else encoders or default_encoders(source, str(reader.get("format", "auto"))),
        weights=_weights(weights or {}),
        methods=_method_texts(methods),
        seeds=seeds,
        max_seeds=max_seeds,
        seed=seed,
        split=split,
        group_column=group_column,
        low_frequency=low_frequency,
        metric=metric,
        thresholds=thresholds,
        primary=primary,
        questions=questions,
        classes=classes,
        margin=margin,
        budget=budget,
        reproduces=reproduces,
        prompts=prompts,
        standardise=standardise,
        on_bad_image=on_bad_image,
        figures=figures,
        figure_style=figure_style,
        figure_width=figure_width,
        figure_font=figure_font,
        title=title,
        no_images=no_images,
        map=map,
        recipe=recipe or Recipe(),
    )
    execution = make(
        Execution,
        cache=default_cache() if cache is None else _path("cache", cache),
        workers=workers,
        kernel=kernel,
        engine=engine,
        runtime=runtime,
        precision=precision,
        dtype=dtype,
    )
    with _folder(out) as folder, shown_progress(progress) as told:
        return run_study(study, folder, execution, images=images, embeddings=made, progress=told)


@contextmanager
def _folder(out: str | Path | None) -> Iterator[Path]:
    """Yield the run folder, by default a temporary one, which is removed again if the study is refused."""
    if out is not None:
        yield _path("out", out)
        return
    folder = Path(tempfile.mkdtemp(prefix="tailprobe-"))
    _LOG.info("the run is in %s, a temporary folder; keep it with .save(PATH), or pass out=PATH", folder)
    try:
        yield folder
    finally:
        if not any(folder.iterdir()):
            folder.rmdir()


def _by_encoder(embeddings: Embeddings, encoders: Sequence[str] | str | None) -> dict[str, Embeddings]:
    named = (encoders,) if isinstance(encoders, str) else tuple(encoders or (embeddings.encoder,))
    if named != (embeddings.encoder,):
        raise InputError(
            f"encoders: {', '.join(named)}; embeddings are of {embeddings.encoder}; leave one of both away"
        )
    return {embeddings.encoder: embeddings}


def _source(images: LabeledImages) -> str:
    """Return where images were read from, absolute, so that the study file leads to them; else the name they have."""
    path = absolute(images.source)
    return path if Path(path).exists() else images.source


def _path(name: str, given: object) -> Path:
    if not isinstance(given, str | os.PathLike):
        raise InputError(f"{name} is {given!r:.60}. Expected a path, as text or a pathlib.Path")
    return Path(given)


def _weights(given: object) -> dict[str, str]:
    """Return the absolute path of each encoder's file of weights."""
    if not isinstance(given, Mapping):
        raise InputError(f"weights is {given!r:.60}. Expected encoders with their files, as {{'resnet18': 'FILE'}}")
    return {name: str(_path(f"weights of {name}", file).expanduser().resolve()) for name, file in given.items()}


def _method_texts(methods: Sequence[str | Method] | Method | str) -> Sequence[str] | str:
    """Return methods as a study file holds them; a method object becomes `module:name`."""
    if isinstance(methods, Method):
        return _method_texts([methods])
    if isinstance(methods, str) or not isinstance(methods, Sequence):
        return methods
    return [f"{m.function.__module__}:{m.function.__name__}" if isinstance(m, Method) else m for m in methods]


# What other libraries call some arguments.
_ELSEWHERE = {
    "y": "labels", "target": "labels", "targets": "labels", "random_state": "seed", "n_seeds": "seeds",
    "repeats": "seeds", "n_jobs": "workers", "scoring": "metric", "baseline": "methods", "output": "out",
}  # fmt: skip


def _refuse_unknown(data: object, reader: Mapping[str, Any]) -> None:
    """Check the names of arguments before anything is read.

    Raises:
        InputError: a name is neither an argument of `compare` nor an option of a reader.
    """
    own = [name for name in inspect.signature(compare).parameters if name not in ("data", "reader")]
    options = ["format", *known_options()]
    of_a_file = set(option_types(read_embeddings)) - {"encoder"} if isinstance(data, str | Path) else set()
    for name in reader:
        if name not in (*options, *of_a_file):
            hint = _hint(name, [*own, *options])
            raise InputError(f"compare takes no argument {name!r}{hint or ';'} see help(tailprobe.compare)")


def _hint(name: str, known: Sequence[str]) -> str:
    if name in settings_of(Recipe):
        return f"; pass it as recipe=tailprobe.Recipe({name}=...);"
    return f"; did you mean {_ELSEWHERE[name]!r}?" if name in _ELSEWHERE else did_you_mean(name, known)


def _given_data(
    data: Any,  # noqa: ANN401 - checked here
    embeddings: Embeddings | None,
    reader: dict[str, Any],
    standardise: bool | str,
    encoders: str | Sequence[str] | None,
) -> tuple[LabeledImages | None, Embeddings | None, dict[str, Any]]:
    """Return images and embeddings if they are in memory, and the options that remain for reading from disk."""
    labels = reader.get("labels")
    if isinstance(data, str | Path) and not is_frame(labels):
        if not isinstance(labels, str | Path | None):
            read(data, labels=labels)  # which says what goes with a path
        return None, embeddings, reader
    data = array_of(data)
    data = data.to_numpy() if labels is not None and is_numeric_frame(data) else data
    given = {name: value for name, value in reader.items() if value is not None}
    if isinstance(data, LabeledImages):
        if given:
            raise InputError(f"the images have been read already; pass {min(given)!r} to tailprobe.read")
        return data, embeddings, {}
    if isinstance(data, np.ndarray) and data.ndim <= 2 and data.dtype.kind in "fiu":
        labels = given.pop("labels", None)
        if labels is None:
            raise InputError(f"embeddings of shape {data.shape}: pass labels, one for each row")
        labelled = label_array(labels, len(data), given)
        named = [encoders] if isinstance(encoders, str) else list(encoders or ["precomputed"])
        if len(named) != 1:
            raise InputError(f"encoders: one array of embeddings has one name, got {', '.join(named)}")
        made, images = from_arrays(data, labelled, encoder=named[0], standardise=standardise is True)
        return images, made, {}
    return read(data, **given), embeddings, {}


def _reader_options(given: Mapping[str, Option | Sequence[str] | Path | None]) -> dict[str, Option]:
    """Return options of the reader as a study file holds them; None means not given."""
    found: dict[str, Any] = {}
    for name, value in given.items():
        if name == "labels" and value is not None:
            found[name] = absolute(str(value))
        elif value is not None:
            found[name] = str(value) if isinstance(value, Path) else value
    return found


def _fill_in_settings(function: Callable[..., object], parts: Sequence[type]) -> None:
    """Insert the help text of each setting into a docstring at `{settings}`."""
    names = inspect.signature(function).parameters
    known = [setting for part in parts for setting in settings_of(part).values() if setting.name in names]
    lines = [f"{setting.name}: {setting.about.help}" for setting in known if setting.about.help]
    function.__doc__ = (function.__doc__ or "").replace("{settings}", "\n    ".join(lines))


_fill_in_settings(compare, (Study, Execution))
