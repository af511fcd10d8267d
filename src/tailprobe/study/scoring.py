"""Score every head on held-out images: store the logits, and compute the metrics."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from tailprobe.embeddings.embeddings import Embeddings
from tailprobe.progress import Progress
from tailprobe.runs.folder import RunFolder
from tailprobe.scores.head_scores import HeadPart, HeadScores, ScoresWriter
from tailprobe.scores.rules import tune_thresholds
from tailprobe.scores.stored import open_test_scores
from tailprobe.scores.tidy import read_results, score_head, tidy_table
from tailprobe.study.design import Design
from tailprobe.training.heads import Heads


@dataclass(frozen=True, eq=False)
class StudyScores:
    """The result of scoring: the tidy table of metrics, and every head's scores on its test part."""

    results: pd.DataFrame
    test: Mapping[HeadPart, HeadScores]


def score_heads(
    folder: RunFolder,
    design: Design,
    embeddings: dict[str, Embeddings],
    heads: Heads,
    thresholds: tuple[str, ...],
    progress: Progress,
) -> StudyScores:
    """Write the heads' logits on the validation and test parts into the run folder, and return their metrics.

    The logits of the test parts, 4 bytes per head, image and class, stay in memory.
    """
    labels = design.images.labels
    splits = {repeat.seed: repeat.split for repeat in design.repeats}
    frames: dict[tuple[str, str, int], pd.DataFrame] = {}
    tested: dict[HeadPart, HeadScores] = {}
    with ScoresWriter(folder.scores, classes=labels.classes, overwrite=True) as writer:
        for key, head in heads.items():
            progress("score heads", len(frames), len(heads))
            vectors, split = embeddings[key.encoder].vectors, splits[key.seed]
            name = HeadPart(key.encoder, key.method, key.seed, "test")
            validation = HeadScores(split.validation, head.logits(vectors[split.validation]), link=head.head.link)
            of = name._replace(part="validation")
            writer.write(validation.rows, validation.logits, **of._asdict(), link=validation.link)  # checks them, too
            of_validation = (labels.matrix[validation.rows], validation.probabilities())
            known = {"validation": labels.known_of(split.validation), "test": labels.known_of(split.test)}
            tuned = tune_thresholds(thresholds, *of_validation, known["validation"])
            test = HeadScores(split.test, head.logits(vectors[split.test]), link=head.head.link, thresholds=tuned)
            writer.write(test.rows, test.logits, **name._asdict(), link=test.link)
            tested[name] = test
            frames[key.encoder, key.method, key.seed] = score_head(
                validation=of_validation,
                test=(labels.matrix[test.rows], test.probabilities()),
                classes=labels.classes,
                counts=labels.counts,
                low_frequency=design.low_frequency,
                single_label=labels.kind == "single-label",
                thresholds=tuned,
                known=known,
            )
        progress("score heads", len(heads), len(heads))
    return StudyScores(tidy_table(frames), tested)


def read_scores(folder: RunFolder, design: Design, thresholds: tuple[str, ...]) -> StudyScores:
    """Return what `score_heads` returned when it wrote the folder; scores are read from the file when they are used.

    Raises:
        InputError: a file is missing or damaged.
    """
    labels = design.images.labels
    test = open_test_scores(folder.scores, labels=labels.matrix, known=labels.known, thresholds=thresholds)
    return StudyScores(read_results(folder.table("results")), test)
