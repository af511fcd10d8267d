"""The paper itself: its studies as presets."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

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
    folder: Path,
    *,
    encoders: tuple[str, ...] = (),
    weights: dict[str, str] | None = None,
    seeds: int = 10,
    seed: int = 0,
    reader: Mapping[str, Option] | None = None,
) -> Study:
    """Return the study that a preset stands for.

    Args:
        dataset: `planet` or `ade20k`.
        name: `paper-text`, what the paper says; `paper-code`, what the authors' runs did (findings in
            docs/reproduction.md).
        folder: the data in their official layout.
        encoders: other encoders than the paper's.
        weights: by encoder, a local file.
        seeds: repeats; the paper has one.
        seed: of the first repeat.
        reader: further options of the reader.

    Raises:
        InputError: an unknown dataset or preset.
    """
    studies = {
        ("planet", "paper-text"): Study(
            source="", encoders=("clip", "resnet18"), methods=("paper-planet",), split="random", recipe=PAPER_RECIPE
        ),
        ("planet", "paper-code"): Study(
            source="",
            encoders=("clip", "resnet18(preprocess=authors)"),
            methods=("paper-planet",),
            split="two-part",
            thresholds=_AUTHORS,
            recipe=replace(PAPER_RECIPE, decay_every=7),
        ),
        ("ade20k", "paper-text"): Study(
            source="", encoders=("clip",), methods=("paper-ade20k",), split="random", recipe=PAPER_RECIPE
        ),
        ("ade20k", "paper-code"): Study(
            source="",
            encoders=("clip",),
            methods=("paper-ade20k-code",),
            split="two-part",
            thresholds=_AUTHORS,
            low_frequency="fraction(0.1)",
            recipe=replace(PAPER_RECIPE, learning_rate=1e-4, epochs=10, decay_every=7),
        ),
    }
    if (dataset, name) not in studies:
        raise InputError(f"no preset {name!r} of {dataset!r}; choose {' or '.join(PRESETS)} of {' or '.join(DATASETS)}")
    study = studies[dataset, name]
    return replace(
        study,
        reproduces=dataset,
        source=str(folder.expanduser().resolve()),
        reader={"format": dataset, **(reader or {})},
        encoders=encoders or study.encoders,
        weights=weights or {},
        seeds=seeds,
        seed=seed,
    )
