"""From Python: read, embed, compare."""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from tailprobe.datasets.images import LabeledImages
from tailprobe.datasets.storage.image_files import OnBadImage
from tailprobe.datasets.storage.url import absolute
from tailprobe.embeddings import compute
from tailprobe.embeddings.embeddings import Embeddings
from tailprobe.encoders.encoder import Encoder
from tailprobe.encoders.load import load_encoder
from tailprobe.progress import Progress, silent
from tailprobe.scores.tidy import PAPER_THRESHOLDS
from tailprobe.study.computing import Computing, default_cache
from tailprobe.study.embedding import CHOICES
from tailprobe.study.result import Result
from tailprobe.study.run import Tell, run_study
from tailprobe.study.settings import Option, Study, default_encoders
from tailprobe.training.recipe import Recipe


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


def compare(
    data: str | Path | LabeledImages,
    *,
    encoders: Sequence[str] | None = None,
    embeddings: Embeddings | None = None,
    weights: Mapping[str, str] | None = None,
    methods: Sequence[str] = ("paper",),
    seeds: int = 10,
    seed: int = 0,
    split: str = "stratified",
    low_frequency: str = "percentile(25)",
    metric: str = "average_precision",
    thresholds: Sequence[str] = PAPER_THRESHOLDS,
    correction: str = "holm",
    budget: str = "epochs",
    long_tail: float = 0.0,
    standardise: str = "auto",
    on_bad_image: OnBadImage = "error",
    recipe: Recipe | None = None,
    out: str | Path | None = None,
    cache: str | Path | None = None,
    workers: int | None = None,
    kernel: str = "auto",
    engine: str = "local",
    runtime: str = "auto",
    precision: str = "auto",
    progress: Progress = silent,
    tell: Tell = print,
    **reader: Option,
) -> Result:
    """Compare remedies for class imbalance on labelled images.

    Args:
        data: a folder, .zip or table of images to read; a file of embeddings, see
            `tailprobe.embeddings.precomputed.read.read_embeddings`; or images read already.
        encoders: frozen encoders by name, `descriptors` by default; what to call the encoder, where `data` are
            embeddings.
        embeddings: of images read already, made elsewhere.
        weights: by encoder, a local file of weights instead of a download.
        methods: remedies, e.g. `["reweight(2)", "oversample(largest)"]`, or a set of them such as `["paper"]`.
        seeds: repeats; each has its own split, initialisation and order, shared by all methods.
        seed: of the first repeat.
        split: `stratified` 60-20-20, `random`, `given` by the data, or `two-part` as the authors' runs had it.
        low_frequency: which classes are rare, e.g. `percentile(25)`, `below(500)`, `named(mine, blow_down)`.
        metric: what verdicts are drawn in, e.g. `average_precision`, `recall@tuned`.
        thresholds: rules by which scores become decisions, see `tailprobe.scores.rules`.
        correction: for many comparisons, `holm` or `benjamini-hochberg`.
        budget: `epochs`, each a pass through a method's rows, or `updates`, as many steps as the baseline's.
        long_tail: thin a balanced set to a tail of this imbalance ratio; 0 leaves it as it is.
        standardise: embeddings by the training part: `auto` (as the encoder asks), `yes`, `no`.
        on_bad_image: `error`, or `skip` to leave out what cannot be read.
        recipe: how every head is trained; the paper's by default.
        out: the run folder; a temporary one by default, kept with `.save()`.
        cache: where embeddings are kept.
        workers: heads trained at once.
        kernel: what trains them: `auto`, `bfloat16`, `cuda`, `torch` or another that `choose_kernel` names.
        engine: where the work is done: `local`, or `ray`, a Ray cluster.
        runtime: what runs the encoders, and
        precision: in which numbers, as in `embed`.
        progress: told about every long step.
        tell: told, in sentences, what the reader changed.
        **reader: options of `tailprobe.read`, e.g. `labels="table.csv"`.

    Returns:
        The result, with `.table()`, `.figures()` and `.save()`.

    Raises:
        InputError: anything that can be mended; the message says how.
    """
    images = data if isinstance(data, LabeledImages) else None
    source = data.source if isinstance(data, LabeledImages) else absolute(str(data))
    made = None if embeddings is None else {embeddings.encoder: embeddings}
    study = Study(
        source=source,
        reader=reader,
        long_tail=long_tail,
        encoders=tuple(made or encoders or default_encoders(source, str(reader.get("format", "auto")))),
        weights=dict(weights or {}),
        methods=tuple(methods),
        seeds=seeds,
        seed=seed,
        split=split,
        low_frequency=low_frequency,
        metric=metric,
        thresholds=tuple(thresholds),
        correction=correction,
        budget=budget,
        standardise=standardise,
        on_bad_image=on_bad_image,
        recipe=recipe or Recipe(),
    )
    folder = Path(tempfile.mkdtemp(prefix="tailprobe-")) if out is None else Path(out)
    computing = Computing(
        cache=default_cache() if cache is None else Path(cache),
        workers=workers,
        kernel=kernel,
        engine=engine,
        runtime=runtime,
        precision=precision,
    )
    return run_study(study, folder, computing, images=images, embeddings=made, progress=progress, tell=tell)
