"""Make a classifier from a finished run."""

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tailprobe.embeddings.embeddings import Embeddings
from tailprobe.errors import InputError
from tailprobe.learners.head import Head
from tailprobe.learners.joined_heads import MeanHead
from tailprobe.progress import Progress, silent
from tailprobe.runs.run import Run
from tailprobe.training.task import HeadKey
from tailprobe.use.aims import aims_by_class
from tailprobe.use.calibration import calibrate
from tailprobe.use.choice import BASELINE, Choice, choose
from tailprobe.use.classifier import Classifier, Facts
from tailprobe.use.encoder_of import EncoderFacts
from tailprobe.use.held_out import held_out_scores
from tailprobe.use.reference import Reference
from tailprobe.use.refit import Refitted, kept_epochs
from tailprobe.use.refit import refit as train_again
from tailprobe.use.study_data import read_study_data

_MOST_HEADS = 100
_FIGURES = ("average_precision", "recall@tuned", "precision@tuned")


def make_classifier(
    run: Run,
    *,
    method: str | None = None,
    encoder: str | None = None,
    refit: bool = False,
    ensemble: int = 1,
    aims: tuple[str, ...],
    embeddings: Embeddings | np.ndarray | None = None,
    cache: Path | None = None,
    checkpoints: Path | None = None,
    progress: Progress = silent,
) -> Classifier:
    """Make a classifier; arguments and errors as `Classifier.of`.

    Args:
        checkpoints: a folder for the finished heads of a refit, from which an interrupted call continues.
    """
    aims_by_class(aims, run.labels.classes)
    if not 1 <= ensemble <= _MOST_HEADS:
        raise InputError(f"ensemble is {ensemble}, expected 1 to {_MOST_HEADS} heads")
    choice = choose(run, method=method, encoder=encoder)
    scores, _ = held_out_scores(run, choice.encoder, choice.method, ensemble=ensemble)
    reference = image_size = None
    if refit or embeddings is not None:
        data = read_study_data(run, choice.encoder, embeddings=embeddings, cache=cache, progress=progress)
        reference = Reference.of(data.embeddings.vectors, standardise=data.embeddings.standardise)
        image_size = data.embeddings.image_size
    if refit:
        made = train_again(run, choice, data, ensemble=ensemble, checkpoints=checkpoints, progress=progress)
    else:
        made = Refitted(_heads_of_study(run, choice, ensemble), kept_epochs(run, choice))
    about = run.record["encoders"][choice.encoder]
    return Classifier(
        head=made.head,
        classes=run.labels.classes,
        kind=run.labels.kind,
        encoder=EncoderFacts(
            choice.encoder, int(about["width"]), about["identity"], run.study.weights.get(choice.encoder, "")
        ),
        calibration=calibrate(scores, run.labels.classes, doubt=_doubt(run)),
        held_out=scores,
        facts=replace(_facts(run, choice, refit=refit, ensemble=ensemble, epochs=made.epochs), image_size=image_size),
        reference=reference,
        aims=aims,
    )


def _heads_of_study(run: Run, choice: Choice, ensemble: int) -> Head:
    """Return the study's first head of a method, or the average of its first `ensemble` heads."""
    heads = run.heads
    keys = sorted(key for key in heads if (key.encoder, key.method) == (choice.encoder, choice.method))
    if len(keys) < ensemble:
        raise InputError(f"the run has {len(keys)} heads of {choice.method}, and ensemble is {ensemble}; pass refit")
    members = tuple(heads[HeadKey(*_fields(key))].head for key in keys[:ensemble])
    return members[0] if ensemble == 1 else MeanHead(members)


def _fields(key: HeadKey) -> tuple[Any, ...]:
    return key.encoder, key.method, key.seed, key.recipe


def _doubt(run: Run) -> str:
    """Return why no probability can be trusted, if the held-out images also chose the epochs; else an empty text."""
    if run.record["test_is_validation"]:
        return "the study reports the part that its epochs were chosen on; compare with --split rotated"
    return ""


def _facts(run: Run, choice: Choice, *, refit: bool, ensemble: int, epochs: int) -> Facts:
    record = run.record
    return Facts(
        method=choice.method,
        recommended=choice.recommended,
        verdict=choice.verdict,
        refit=refit,
        ensemble=ensemble,
        epochs=epochs,
        seeds=int(record.get("seeds", len(run.results["seed"].unique()))),
        images=int(record["images"]),
        source=run.name,
        groups=record.get("groups"),
        comparison=_comparison(run.verdicts, choice),
        class_figures=_class_figures(run, choice),
        notes=tuple(record["notes"]),
        versions=record["versions"],
    )


def _comparison(verdicts: pd.DataFrame | None, choice: Choice) -> tuple[tuple[str, str, float, float, float], ...]:
    """Return the method's comparison with its baseline by group of classes: name, metric, difference, low, high."""
    if verdicts is None or choice.method == BASELINE:
        return ()
    of_method = (verdicts["encoder"] == choice.encoder) & (verdicts["method"] == choice.method)
    rows = verdicts[of_method & verdicts["is_group"]]
    return tuple(
        (
            str(row["class_name"]),
            str(row["metric"]),
            _number(row["difference"]),
            _number(row["low"]),
            _number(row["high"]),
        )
        for _, row in rows.iterrows()
    )


def _class_figures(run: Run, choice: Choice) -> tuple[tuple[str, int, float, float, float], ...]:
    """Return for each class: name, images, and mean average precision, recall and precision over the seeds."""
    table = run.results
    rows = (table["encoder"] == choice.encoder) & (table["method"] == choice.method) & (table["part"] == "test")
    means = table[rows & ~table["is_group"]].groupby(["class_name", "metric"], observed=True)["value"].mean()
    counts = dict(zip(run.labels.classes, run.labels.counts.tolist(), strict=True))
    return tuple((name, counts[name], *_of_class(means, name)) for name in run.labels.classes)


def _of_class(means: "pd.Series[float]", name: str) -> tuple[float, float, float]:
    precision, recall, exactness = (_number(means.get((name, metric), math.nan)) for metric in _FIGURES)
    return precision, recall, exactness


def _number(value: object) -> float:
    return float(value)  # type: ignore[arg-type]
