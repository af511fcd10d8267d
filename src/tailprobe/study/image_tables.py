"""Tables about single images: mistakes, near duplicates, where the images lie in the embedding."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from tailprobe.comparison.conclusion import Conclusion
from tailprobe.comparison.recommendation import read_recommendation
from tailprobe.embeddings.embeddings import Embeddings
from tailprobe.parts import PARTS
from tailprobe.progress import Progress
from tailprobe.runs.chosen import chosen_method
from tailprobe.runs.duplicates import write_duplicates
from tailprobe.runs.folder import RunFolder
from tailprobe.runs.settings import Study
from tailprobe.scores.mean_scores import mean_thresholds, shown_rule
from tailprobe.study.design import Design
from tailprobe.study.duplicates import near_duplicates
from tailprobe.study.embedding_map import embedding_map
from tailprobe.study.mistakes import mistake_table
from tailprobe.study.neighbours import nearest_neighbours


def find_duplicates(folder: RunFolder, design: Design, embeddings: Embeddings, progress: Progress) -> None:
    """Write which images are near duplicates, and in which parts of the first seed they are."""
    split = design.repeats[0].split
    parts = np.full(len(embeddings), "", dtype=object)
    for part in PARTS:
        parts[getattr(split, part)] = part
    found = near_duplicates(embeddings, parts.tolist(), progress=progress)
    if found is not None:
        write_duplicates(found, folder.duplicates)


def mistakes(
    folder: RunFolder, study: Study, design: Design, results: pd.DataFrame, encoders: list[str]
) -> pd.DataFrame:
    """List the images on which the baseline and the answer's method disagree, by the mean scores over the seeds."""
    answer = _conclusion(folder)
    encoder = encoders[0] if answer is None else answer.encoder
    chosen, rule = chosen_method(results, answer), shown_rule(study.thresholds)
    plain, other = (
        mean_thresholds(results, encoder=encoder, method=method, classes=design.images.labels.classes, rule=rule)
        for method in ("baseline", chosen)
    )
    return mistake_table(
        design.images,
        folder.scores,
        encoder=encoder,
        chosen=chosen,
        seeds=[repeat.seed for repeat in design.repeats],
        thresholds=(plain, other),
        pictures=design.images.has_pixels and not study.no_images,
    )


def write_neighbourhoods(
    folder: RunFolder, study: Study, design: Design, stored: Mapping[str, Embeddings]
) -> list[Path]:
    """Write the embedding map of each encoder, and the nearest neighbours of images of the rarest classes."""
    maps = [embedding_map(embeddings, design.images.labels, by=study.map) for embeddings in stored.values()]
    folder.write_table("embedding_map", pd.concat(maps, ignore_index=True))
    pictures = design.images.has_pixels and not study.no_images
    near = nearest_neighbours(next(iter(stored.values())), design.images, design.low_frequency, pictures=pictures)
    folder.write_table("neighbours", near)
    return [folder.table("embedding_map"), folder.table("neighbours")]


def _conclusion(folder: RunFolder) -> Conclusion | None:
    if not folder.recommendation.exists():
        return None
    return read_recommendation(folder.recommendation).conclusion
