"""The paper itself: its studies as presets, and how close a run comes to what it printed."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from tailprobe.errors import InputError
from tailprobe.study.result import Result
from tailprobe.study.settings import Study
from tailprobe.training.recipe import Recipe

PRESETS = ("paper-text", "paper-code")
DATASETS = ("planet", "ade20k")

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
    reader: dict[str, str | int | float | bool] | None = None,
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
            source="", encoders=("clip", "resnet18"), methods=("paper-planet",), split="random"
        ),
        ("planet", "paper-code"): Study(
            source="",
            encoders=("clip", "resnet18(preprocess=authors)"),
            methods=("paper-planet",),
            split="two-part",
            recipe=Recipe(decay_every=7),
        ),
        ("ade20k", "paper-text"): Study(source="", encoders=("clip",), methods=("paper-ade20k",), split="random"),
        ("ade20k", "paper-code"): Study(
            source="",
            encoders=("clip",),
            methods=("paper-ade20k-code",),
            split="two-part",
            low_frequency="fraction(0.1)",
            recipe=Recipe(learning_rate=1e-4, epochs=10, decay_every=7),
        ),
    }
    if (dataset, name) not in studies:
        raise InputError(f"no preset {name!r} of {dataset!r}; choose {' or '.join(PRESETS)} of {' or '.join(DATASETS)}")
    study = studies[dataset, name]
    return replace(
        study,
        source=str(folder.expanduser().resolve()),
        reader={"format": dataset} | (reader or {}),
        encoders=encoders or study.encoders,
        weights=weights or {},
        seeds=seeds,
        seed=seed,
    )


@dataclass(frozen=True)
class Comparison:
    """One thing the paper says, and what this run measured."""

    what: str
    paper: str
    here: str


def compare_with_paper(dataset: str, result: Result) -> list[Comparison]:
    """Hold a run against what the paper prints: its counts, its resampled sizes, and each of its three findings."""
    facts = _planet_facts(result) if dataset == "planet" else _ade20k_facts(result)
    return facts + _findings(result)


def _planet_facts(result: Result) -> list[Comparison]:
    counts = result.classes["count"].to_numpy(np.float64)
    rows = result.plans.drop_duplicates(["method", "seed"]).groupby("method")["rows"].mean()
    images = result.record["images"]
    facts = [
        Comparison("images", "40479", str(images)),
        Comparison("mean images a class, 80%", "5464.82", f"{0.8 * counts.mean():.2f}"),
        Comparison("standard deviation, 80%", "8214.73", f"{0.8 * counts.std():.2f}"),
    ]
    if "undersample(200)" in rows:
        facts.append(
            Comparison("undersampling: times less data", "about 21", f"{images / rows['undersample(200)']:.1f}")
        )
    if "oversample(30000)" in rows:
        facts.append(
            Comparison("oversampling: times more data", "about 8", f"{rows['oversample(30000)'] / images:.1f}")
        )
    return facts


def _ade20k_facts(result: Result) -> list[Comparison]:
    largest = result.classes.loc[result.classes["count"].idxmax()]
    smallest = result.classes.loc[result.classes["count"].idxmin()]
    return [
        Comparison("images of the 20 scenes", "8809", str(result.record["images"])),
        Comparison("largest class", "street 2241", f"{largest['class']} {largest['count']}"),
        Comparison("smallest class", "art_studio 98", f"{smallest['class']} {smallest['count']}"),
    ]


def _findings(result: Result) -> list[Comparison]:
    """The paper's three findings, as the mean paired difference in recall at 0.5 from the baseline, with its spread."""
    table = result.results
    recall = table[(table["split"] == "test") & (table["metric"] == "recall@0.5") & table["aggregate"]]
    claims: list[tuple[str, str, Callable[[str], bool], str]] = [
        ("up-weighting, low-frequency classes", "negligible", lambda m: m.startswith("reweight"), "low-frequency"),
        ("undersampling, low-frequency classes", "comparable", lambda m: m.startswith("undersample"), "low-frequency"),
        ("undersampling, remaining classes", "reduced", lambda m: m.startswith("undersample"), "remaining"),
        (
            "oversampling, low-frequency classes",
            "generally improved",
            lambda m: m.startswith("oversample"),
            "low-frequency",
        ),
        ("oversampling, remaining classes", "sometimes lower", lambda m: m.startswith("oversample"), "remaining"),
    ]
    found = []
    for encoder, of_encoder in recall.groupby("encoder", observed=True):
        for what, paper, chosen, group in claims:
            difference = _paired(of_encoder[of_encoder["class"] == group], chosen)
            if len(difference):
                found.append(Comparison(f"{encoder}: {what}, recall at 0.5", paper, _spread(difference)))
    return found


def _paired(table: pd.DataFrame, chosen: Callable[[str], bool]) -> np.ndarray:
    wide = table.pivot_table(index="seed", columns="method", values="value", observed=True)
    methods = [method for method in wide.columns if chosen(str(method))]
    return wide[methods].sub(wide["baseline"], axis=0).to_numpy().ravel()


def _spread(difference: np.ndarray) -> str:
    return f"{np.nanmean(difference):+.3f} (from {np.nanmin(difference):+.3f} to {np.nanmax(difference):+.3f})"
