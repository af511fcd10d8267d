"""A paragraph on methods to paste into a paper: what the run did, in sentences, each with what it cites."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tailprobe.comparison.question import CLASSES, COST, PRIMARY
from tailprobe.methods.lookup import parse_methods
from tailprobe.report.questions import TestedQuestion, questions_tested
from tailprobe.report.tables.escape import markdown, tex
from tailprobe.runs.run import Run
from tailprobe.scores.metric import metric_title


@dataclass(frozen=True)
class Cite:
    """References cited after the text before them."""

    keys: tuple[str, ...]


Paragraph = tuple[str | Cite, ...]


def methods_paragraph(run: Run) -> Paragraph:
    """Return the words and citations, in their order."""
    parts = (_data(run), _training(run), _methods(run), _protocol(run), _metric(run), _statistics(run), _software(run))
    return tuple(piece for part in parts for piece in part)


def cited(paragraph: Paragraph) -> tuple[str, ...]:
    """Return the keys that a paragraph cites, each once."""
    return tuple(dict.fromkeys(key for piece in paragraph if isinstance(piece, Cite) for key in piece.keys))


def as_markdown(paragraph: Paragraph) -> str:
    """Return the paragraph with the citations of Pandoc's Markdown."""
    return _joined(paragraph, markdown, lambda keys: f" [{'; '.join(f'@{key}' for key in keys)}]")


def as_latex(paragraph: Paragraph) -> str:
    r"""Return the paragraph with `\cite`."""
    return "% \\bibliography{references}\n" + _joined(paragraph, tex, lambda keys: rf"~\cite{{{','.join(keys)}}}")


def _joined(paragraph: Paragraph, escape: Callable[[str], str], cite: Callable[[tuple[str, ...]], str]) -> str:
    pieces = [cite(piece.keys) if isinstance(piece, Cite) else _spaced(piece, escape) for piece in paragraph]
    return "".join(pieces).strip() + "\n"


def _spaced(text: str, escape: Callable[[str], str]) -> str:
    """Escape a text, whose outer spaces separate it from its neighbours."""
    before, after = (" " if text[:1] == " " else ""), (" " if text[-1:] == " " else "")
    return f"{before}{escape(text)}{after}"


def _data(run: Run) -> Iterator[str | Cite]:
    images, classes = int(run.record["images"]), run.classes
    rare = int(classes["low_frequency"].sum())
    yield (
        f"We compared {_many(len(_compared(run)), 'method')} for class imbalance on {run.name} ({images:,} images, "
        f"{len(classes)} classes, {run.record['kind']}). {_many(rare, 'class')} {'is' if rare == 1 else 'are'} "
        f"low-frequency by the rule {run.study.low_frequency} over the number of images that carry each class. "
    )


def _training(run: Run) -> Iterator[str | Cite]:
    recipe, encoders = run.study.recipe, ", ".join(f"{name} ({width:,} numbers)" for name, width in run.widths.items())
    stops = (
        "until the validation result stopped improving" if recipe.epochs == "auto" else f"for {recipe.epochs} epochs"
    )
    yield (
        f"Every image was embedded once by a frozen encoder: {encoders}. On the embeddings we trained heads with one "
        f"hidden layer of {recipe.width} units and dropout {recipe.dropout:g}, except where a method is another kind "
        "of head, with Adam"
    )
    yield Cite(("kingma2015",))
    yield (
        f" (learning rate {recipe.learning_rate:g}, batches of {recipe.batch_size}, weight decay "
        f"{recipe.weight_decay:g}) {stops}, and kept the epoch chosen by {_SELECTED.get(recipe.select, recipe.select)}"
        f". The {'largest ' if recipe.epochs == 'auto' else ''}number of {run.study.budget} was equal between methods. "
    )


_SELECTED = {
    "average_precision": "the highest average precision on the validation part",
    "loss": "the lowest loss on the validation part",
    "last": "being the last",
}


def _methods(run: Run) -> Iterator[str | Cite]:
    yield "The methods are "
    others = _compared(run)
    for place, name in enumerate(others):
        yield ("" if not place else " and " if place == len(others) - 1 else ", ") + name
        keys = _keys(name)
        if keys:
            yield Cite(keys)
    softmax = " (baseline for sigmoid heads, softmax for softmax heads)" if "softmax" in run.methods else ""
    yield f", each compared with the baseline of its link{softmax}, which is trained on the data as they are. "


def _compared(run: Run) -> list[str]:
    """Return the methods other than baselines."""
    return [method for method in run.methods if method not in ("baseline", "softmax")]


def _many(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}{'es' if noun.endswith('s') else 's'}"


def _keys(name: str) -> tuple[str, ...]:
    if ":" in name:  # of a third party, which would have to be imported
        return ()
    parts = [part.method for method in parse_methods([name]) if str(method) == name for part in method.parts]
    return tuple(dict.fromkeys(key for part in parts for key in part.cites))


def _protocol(run: Run) -> Iterator[str | Cite]:
    seeds = int(run.results["seed"].nunique())
    split = str(run.record.get("split", run.study.split))
    yield f"Each method was trained under {seeds} seed{'' if seeds == 1 else 's'}; a seed changes the "
    yield f"{_SPLITS.get(split, split)} into training, validation and test parts"
    if split in ("rotated", "stratified"):
        yield Cite(("sechidis2011",))
    groups = run.record.get("groups")
    yield ", the initialisation and the order of the images, in method and baseline alike. "
    if groups is not None:
        yield f"Images of one of {int(groups):,} groups stayed in one part. "


_SPLITS = {
    "rotated": "assignment of five stratified folds",
    "stratified": "stratified split",
    "random": "random split",
    "given": "order within the given split",
    "two-part": "split",
}


def _metric(run: Run) -> Iterator[str | Cite]:
    metric = run.study.metric
    yield f"The primary metric, fixed before training, is {metric_title(metric)}"
    if keys := _OF_METRICS.get(metric.partition("@")[0]):
        yield Cite(keys)
    yield f", averaged over the classes of a group; differences within {run.study.margin:g} are practically equal. "


_OF_METRICS = {
    "average_precision": ("davis2006",), "roc_auc": ("hanley1982",), "brier": ("brier1950",),
    "f1": ("vanrijsbergen1979",), "f2": ("vanrijsbergen1979",),
}  # fmt: skip


def _statistics(run: Run) -> Iterator[str | Cite]:
    if run.verdicts is None or run.verdicts["critical_level"].isna().all():
        yield "Nothing was tested. "
        return
    yield (
        "Differences from the baseline are paired by seed. Their standard errors add the variance between seeds, "
        "shrunk towards that of the other comparisons"
    )
    yield Cite(("smyth2004",))
    yield ", and the covariance of test parts that share images"
    yield Cite(("nadeau2003", "cameron2011"))
    yield ". "
    for question in questions_tested(run.verdicts):
        about = {PRIMARY: "The primary question", COST: "The question of cost", CLASSES: "Single classes"}[
            question.name
        ]
        yield f"{about} ({question.about}, {question.comparisons} comparisons) was tested at {question.level:g}"
        yield from _jointly(question, run)
        yield ". "


def _jointly(question: TestedQuestion, run: Run) -> Iterator[str | Cite]:
    """Describe how a question's comparisons share its level: with few seeds equally, by Bonferroni's method."""
    assert run.verdicts is not None
    levels = run.verdicts.loc[run.verdicts["question"] == question.name, "critical_level"].dropna()
    if question.comparisons > 1 and bool((levels <= question.level / question.comparisons * (1 + 1e-9)).all()):
        yield ", by Bonferroni's method"
    elif question.comparisons > 1:
        yield ", jointly by single-step min-p"
        yield Cite(("westfall1993",))


def _software(run: Run) -> Iterator[str | Cite]:
    version = str(run.record.get("versions", {}).get("tailprobe", ""))
    yield f"We used tailprobe{f' {version}' if re.match(r'[0-9]', version) else ''}"
    yield Cite(("tailprobe", "panigrahi2024"))
    yield "."
