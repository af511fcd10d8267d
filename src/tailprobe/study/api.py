"""From Python: read, embed, compare."""

import inspect
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tailprobe.datasets.images import LabeledImages
from tailprobe.datasets.storage.image_files import OnBadImage
from tailprobe.datasets.storage.url import absolute
from tailprobe.embeddings import compute
from tailprobe.embeddings.embeddings import Embeddings
from tailprobe.encoders.encoder import Encoder
from tailprobe.encoders.load import load_encoder
from tailprobe.learners.recipe import Recipe
from tailprobe.log import printed_by_default
from tailprobe.progress import Progress, silent
from tailprobe.runs.run import Run
from tailprobe.runs.settings import Option, Study, default_encoders
from tailprobe.setting import make, settings_of
from tailprobe.study.embedding import CHOICES
from tailprobe.study.execution import Execution, default_cache
from tailprobe.study.run import run_study


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
    progress: Progress = silent,
) -> Embeddings:
    """Embed images once; a second call with the same images and encoder reads what the first one stored.

    Args:
        images: what `tailprobe.read` gives.
        encoder: `resnet18`, `clip`, `descriptors`, `timm:<name>`, or an encoder of your own.
        weights: a local file of weights instead of a download.
        runtime: what runs the encoder: `torch`, `openvino`, `onnxruntime`, or `auto`, the fastest that is installed.
        precision: `float32`, `bfloat16`, `float16`, `int8`, or `auto`, the fastest that keeps the numbers.
        cache: where embeddings are kept; by default `TAILPROBE_CACHE`, else `~/.cache/tailprobe`.
        on_bad_image: `error`, or `skip` to leave out what cannot be read.
        progress: told about images done.
    """
    folder = default_cache() if cache is None else Path(cache)
    if isinstance(encoder, str):
        file = None if weights is None else Path(weights)
        encoder = load_encoder(
            encoder, weights=file, runtime=runtime, precision=precision, choice_cache=folder / CHOICES
        )
    return compute.embed(images, encoder, cache=folder, on_bad_image=on_bad_image, progress=progress)


@printed_by_default()
def compare(
    data: str | Path | LabeledImages,
    *,
    embeddings: Embeddings | None = None,
    encoders: Sequence[str] | str | None = None,
    weights: Mapping[str, str | Path] | None = None,
    methods: Sequence[str] | str = Study.methods,
    seeds: int = Study.seeds,
    seed: int = Study.seed,
    split: str = Study.split,
    low_frequency: str = Study.low_frequency,
    metric: str = Study.metric,
    thresholds: Sequence[str] | str = Study.thresholds,
    primary: str = Study.primary,
    classes: str = Study.classes,
    margin: float | str = Study.margin,
    budget: str = Study.budget,
    long_tail: float = Study.long_tail,
    standardise: bool | str = Study.standardise,
    on_bad_image: str = Study.on_bad_image,
    recipe: Recipe | None = None,
    out: str | Path | None = None,
    cache: str | Path | None = None,
    workers: int | None = Execution.workers,
    kernel: str = Execution.kernel,
    engine: str = Execution.engine,
    runtime: str = Execution.runtime,
    precision: str = Execution.precision,
    dtype: str = Execution.dtype,
    progress: Progress = silent,
    **reader: Option | Sequence[str] | Path | None,
) -> Run:
    """Compare methods for class imbalance on labelled images.

    Args:
        data: a folder, .zip or table of images to read; a file of embeddings, see
            `tailprobe.embeddings.precomputed.read.read_embeddings`; or images read already.
        embeddings: of images read already, computed elsewhere.
        encoders: frozen encoders by name, `descriptors` by default; what to call the encoder, where `data` are
            embeddings.
        recipe: how every head is trained.
        out: the run folder; a temporary one by default, kept with `.save()`.
        progress: called with the images, heads and figures done.
        **reader: options of `tailprobe.read`, e.g. `labels="table.csv"`.

    Notes, as what the reader changed, are logged under "tailprobe", and printed where no logging is set up, see
    `tailprobe.log`.

    The other arguments are the settings of `Study` and `Execution`, under the same names:

    {settings}

    Returns:
        The result, with `.table()`, `.figures()` and `.save()`.

    Raises:
        InputError: a setting, file or image cannot be used; the message says how to fix it.
    """
    images = data if isinstance(data, LabeledImages) else None
    source = data.source if isinstance(data, LabeledImages) else absolute(str(data))
    made = None if embeddings is None else {embeddings.encoder: embeddings}
    study = make(
        Study,
        source=source,
        reader=_reader_options(reader),
        long_tail=long_tail,
        encoders=tuple(made) if made else encoders or default_encoders(source, str(reader.get("format", "auto"))),
        weights={name: str(Path(file).expanduser().resolve()) for name, file in (weights or {}).items()},
        methods=methods,
        seeds=seeds,
        seed=seed,
        split=split,
        low_frequency=low_frequency,
        metric=metric,
        thresholds=thresholds,
        primary=primary,
        classes=classes,
        margin=margin,
        budget=budget,
        standardise=standardise,
        on_bad_image=on_bad_image,
        recipe=recipe or Recipe(),
    )
    folder = Path(tempfile.mkdtemp(prefix="tailprobe-")) if out is None else Path(out)
    execution = make(
        Execution,
        cache=default_cache() if cache is None else Path(cache),
        workers=workers,
        kernel=kernel,
        engine=engine,
        runtime=runtime,
        precision=precision,
        dtype=dtype,
    )
    return run_study(study, folder, execution, images=images, embeddings=made, progress=progress)


def _reader_options(given: Mapping[str, Option | Sequence[str] | Path | None]) -> dict[str, Option]:
    """Return options of the reader as a study file holds them; None stands for not given."""
    found: dict[str, Any] = {}
    for name, value in given.items():
        if name == "labels" and value is not None:
            found[name] = absolute(str(value))
        elif value is not None:
            found[name] = str(value) if isinstance(value, Path) else value
    return found


def _fill_in_settings(function: Callable[..., object], parts: Sequence[type]) -> None:
    """Put the help text of each setting into a docstring, at `{settings}`."""
    names = inspect.signature(function).parameters
    known = [setting for part in parts for setting in settings_of(part).values() if setting.name in names]
    lines = [f"{setting.name}: {setting.about.help}" for setting in known if setting.about.help]
    function.__doc__ = (function.__doc__ or "").replace("{settings}", "\n    ".join(lines))


_fill_in_settings(compare, (Study, Execution))
