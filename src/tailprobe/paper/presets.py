"""The paper itself: its studies as presets."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from tailprobe.embeddings.precomputed.read import encoder_name, holds_embeddings
from tailprobe.errors import InputError
from tailprobe.learners.recipe import PAPER_RECIPE
from tailprobe.runs.settings import Option, Study
from tailprobe.scores.tidy import PAPER_THRESHOLDS

PRESETS = ("paper-text", "paper-code")
DATASETS = ("planet", "ade20k")

_AUTHORS = (*PAPER_THRESHOLDS, "authors")

# What a preset is, said with every result of it.
MEANING = {
    ("planet", "paper-text"): (
        "60-20-20 at random, both encoders, 20 epochs of Adam at 1e-3 in batches of 64, dropout 0.2; the text leaves "
        "open which epoch and threshold are taken: here the epoch of the lowest validation loss, and thresholds "
        "of 0.5, 0.2 and tuned ones side by side"
    ),
    ("planet", "paper-code"): (
        "80% to train, 20% to choose the epoch and the thresholds and to report, as the authors' notebooks did, so its "
        "scores are optimistic; learning rate x 0.1 every 7 epochs. Their ResNet-18 was trained whole by a slip; here "
        "it is frozen"
    ),
    ("ade20k", "paper-text"): (
        "the official parts joined and split 60-20-20 at random, the 20 most frequent scenes without misc, recipe as "
        "for Planet"
    ),
    ("ade20k", "paper-code"): (
        "official training part, official validation part to choose and to report; Adam 1e-4, x 0.1 every 7 epochs, 10 "
        "epochs; rare means below a tenth of the largest class; the factor multiplies the loss of the whole batch, a "
        "slip that does next to nothing; their 'accuracy' is the share of images predicted negative"
    ),
}


def preset(
    dataset: str,
    name: str,
    source: Path,
    *,
    reader: Mapping[str, Option] | None = None,
    recipe: Mapping[str, Any] = MappingProxyType({}),
    **settings: Any,  # noqa: ANN401 - each of its field's type
) -> Study:
    """Return the study that a preset stands for.

    Args:
        dataset: `planet` or `ade20k`.
        name: `paper-text`, what the paper says; `paper-code`, what the authors' runs did (findings in
            docs/reproduction.md).
        source: the data in their official layout, or a file of their embeddings under one encoder.
        reader: further options of the reader; of embeddings also `labels`, the official table.
        recipe: settings of `Recipe` instead of the preset's.
        **settings: of `Study`, instead of the preset's, which repeats ten times where the paper has one run.

    Raises:
        InputError: an unknown dataset or preset, or as `Study`.
    """
    if (dataset, name) not in _STUDIES:
        raise InputError(f"no preset {name!r} of {dataset!r}; choose {' or '.join(PRESETS)} of {' or '.join(DATASETS)}")
    study, options = _STUDIES[dataset, name], dict(reader or {})
    where = str(source.expanduser().resolve())
    if holds_embeddings(where, str(options.get("format", "auto"))):
        study = replace(study, encoders=(encoder_name(source),))
        options = {"kind": "multi-label", **options} if dataset == "planet" else options
    else:
        options = {"format": dataset, **options}
    margin = {"margin": "auto"} if "metric" in settings else {}  # a margin is of one metric
    return replace(study, source=where, reader=options, recipe=replace(study.recipe, **recipe), **(margin | settings))


def _study(dataset: Literal["planet", "ade20k"], **settings: Any) -> Study:  # noqa: ANN401 - as of `preset`
    return Study(source="", reproduces=dataset, seeds=10, **({"recipe": PAPER_RECIPE} | settings))


_STUDIES = MappingProxyType(
    {
        ("planet", "paper-text"): _study(
            "planet", encoders=("clip", "resnet18"), methods=("paper-planet",), split="random"
        ),
        ("planet", "paper-code"): _study(
            "planet",
            encoders=("clip", "resnet18(preprocess=authors)"),
            methods=("paper-planet",),
            split="two-part",
            thresholds=_AUTHORS,
            recipe=replace(PAPER_RECIPE, decay_every=7),
        ),
        ("ade20k", "paper-text"): _study("ade20k", encoders=("clip",), methods=("paper-ade20k",), split="random"),
        ("ade20k", "paper-code"): _study(
            "ade20k",
            encoders=("clip",),
            methods=("paper-ade20k-code",),
            split="two-part",
            thresholds=_AUTHORS,
            low_frequency="fraction(0.1)",
            recipe=replace(PAPER_RECIPE, learning_rate=1e-4, epochs=10, decay_every=7),
        ),
    }
)
