"""The embeddings of a study's images under each of its encoders."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from tailprobe.datasets.classes import select_classes
from tailprobe.datasets.images import LabeledImages
from tailprobe.datasets.pixels.band_ranges import fit_ranges
from tailprobe.datasets.pixels.contrast import warn_of_flat_pictures
from tailprobe.datasets.tables.options import gather_table_options, split_class_options
from tailprobe.embeddings.compute import embed
from tailprobe.embeddings.embeddings import Embeddings, align
from tailprobe.embeddings.fuse import fuse
from tailprobe.embeddings.precomputed.read import checked_options, read_embeddings
from tailprobe.embeddings.variety import warn_of_equal_embeddings, warn_of_scales
from tailprobe.encoders.efficientnet_lite0 import pretrained_hint
from tailprobe.encoders.encoder import Encoder
from tailprobe.encoders.fused import FusedEncoder
from tailprobe.encoders.load import load_encoder
from tailprobe.encoders.names import parts_of
from tailprobe.encoders.timm_encoder import TimmEncoder
from tailprobe.engines.choose import choose_engine
from tailprobe.errors import InputError
from tailprobe.methods.given import what_encoder_has
from tailprobe.methods.method import Need
from tailprobe.progress import Progress, silent
from tailprobe.runs.settings import Study
from tailprobe.study.design import Design, check_needs, design_study
from tailprobe.study.execution import Execution
from tailprobe.study.groups import NEAR

_LOG = logging.getLogger(__name__)
CHOICES = "runtimes.json"  # file in the cache: the fastest runtime measured for each model and machine


def given_or_embedded(
    study: Study,
    images: LabeledImages,
    execution: Execution,
    given: Mapping[str, Embeddings] | None,
    *,
    progress: Progress = silent,
) -> dict[str, Embeddings]:
    """Return the rows of the images in embeddings that were computed before, or embed the images now."""
    if given is None:
        return embed_all(study, images, execution, progress=progress)
    stored = {name: align(embeddings, images.names) for name, embeddings in given.items()}
    for embeddings in stored.values():
        warn_of_equal_embeddings(embeddings)
    return _standardised_as_asked(study, stored)


def embed_all(
    study: Study,
    images: LabeledImages,
    execution: Execution,
    *,
    progress: Progress = silent,
) -> dict[str, Embeddings]:
    """Embed the images under every encoder of a study, or read the embeddings that its source holds.

    All encoders are loaded before the first image is read.

    Returns:
        Embeddings by the name of their encoder.
    """
    stored: dict[str, Embeddings] = {}
    if not images.has_pixels:
        precomputed = read_precomputed(study)[0]
        stored[precomputed.encoder] = align(precomputed, images.names)
        warn_of_equal_embeddings(stored[precomputed.encoder])
    else:
        images = fit_ranges(images, np.arange(len(images)), of="images")  # unless a study did, by its training part
        warn_of_flat_pictures(images)
        loaded = load_all(study, execution)
        has = {name: encoder_has(encoder) for name, encoder in loaded.items()}
        check_needs(study, images.labels.kind, has)  # before the first image is embedded
        for name, encoder in loaded.items():
            stored[name] = _embed_one(study, images, encoder, execution, progress)
            for line in stored[name].skipped:
                _LOG.warning("left out, cannot be read: %s", line)
            warn_of_equal_embeddings(stored[name])
    return _standardised_as_asked(study, stored)


def _standardised_as_asked(study: Study, stored: dict[str, Embeddings]) -> dict[str, Embeddings]:
    standardise = study.standardise
    if standardise != "auto":
        stored = {name: replace(e, standardise=standardise) for name, e in stored.items()}
    for one in stored.values():
        warn_of_scales(one)
    return stored


def _embed_one(
    study: Study, images: LabeledImages, encoder: Encoder, execution: Execution, progress: Progress
) -> Embeddings:
    """Embed the images under one encoder; the parts of a fused one are embedded, and stored, as they are alone."""
    if isinstance(encoder, FusedEncoder):
        parts = [_embed_one(study, images, part, execution, progress) for part in encoder.parts]
        return fuse(parts, name=encoder.name)
    return embed(
        images,
        encoder,
        cache=execution.cache,
        dtype="float16" if execution.dtype == "float16" else "float32",
        on_bad_image=study.on_bad_image,
        progress=progress,
        compute=partial(choose_engine(execution.engine).embed, load=_loader(study, encoder.name, encoder)),
        prompts=study.prompts.split("|") if study.prompts else (),
    )


def load_all(study: Study, execution: Execution) -> dict[str, Encoder]:
    """Load every encoder of a study; the fastest runtime is measured once and stored in the cache."""
    if set(study.encoders) == {"descriptors"}:
        _LOG.info("%s", pretrained_hint())
    return {name: _load(study, name, execution) for name in study.encoders}


def encoder_has(encoder: Encoder) -> frozenset[Need]:
    """Return what an encoder brings beside the embeddings of images."""
    has_text = getattr(encoder, "text_tower", None) is not None
    return what_encoder_has(text=has_text, parts=len(encoder.parts) if isinstance(encoder, FusedEncoder) else 1)


def _load(study: Study, name: str, execution: Execution) -> Encoder:
    parts = parts_of(name)
    if parts:
        return FusedEncoder([_load(study, part, execution) for part in parts], name=name)
    return load_encoder(
        name,
        weights=_weights(study, name),
        runtime=execution.runtime,
        precision=execution.precision,
        choice_cache=execution.cache / CHOICES,
    )


def read_precomputed(study: Study) -> tuple[Embeddings, LabeledImages]:
    """Read the embeddings and labels that a study's source holds."""
    if len(study.encoders) != 1:
        raise InputError(f"{study.source} holds the embeddings of one encoder; name it by one --encoder, or by none")
    options = checked_options({key: value for key, value in reader_options(study).items() if key != "format"})
    options, chosen = split_class_options(options)
    options = gather_table_options(read_embeddings, options)
    embeddings, images = read_embeddings(study.source, encoder=study.encoders[0], **options)
    images = select_classes(images, chosen)
    return align(embeddings, images.names), images


def reader_options(study: Study) -> dict[str, Any]:
    """Return the options of a study's reader, which checks whether its format takes them."""
    column = group_column(study)
    options = {name: value for name, value in study.reader.items() if name != "group_column"}
    return options | ({} if column in ("", NEAR) else {"group_column": column})


def group_column(study: Study) -> str:
    """Return the group column, named by a setting of the study or by an option of its reader; empty if by neither."""
    return study.group_column or str(study.reader.get("group_column", ""))


def leave_out_skipped(
    study: Study, design: Design, embeddings: dict[str, Embeddings]
) -> tuple[Design, dict[str, Embeddings]]:
    """Leave out an image that one encoder could not read for all encoders, so that all have the same images."""
    kept = set.intersection(*(set(stored.names) for stored in embeddings.values()))
    images = design.images
    if len(kept) == len(images):
        return design, embeddings
    rows = np.array([i for i, name in enumerate(images.names) if name in kept], dtype=np.int64)
    fewer = images.rows(rows, notes=(f"{len(images) - len(rows)} unreadable image(s) left out",))
    design = design_study(study, fewer)
    return design, {name: _select(stored, fewer.names) for name, stored in embeddings.items()}


def _weights(study: Study, name: str) -> Path | None:
    return Path(study.weights[name]) if name in study.weights else None


def _loader(study: Study, name: str, encoder: Encoder) -> Callable[[], Encoder] | None:
    """Return a function that loads the same encoder on another machine, under the runtime that was chosen here.

    None for an encoder in int8, which is sent as it is, because its ranges are calibrated on this machine.
    """
    load = partial(load_encoder, name, weights=_weights(study, name))
    if not isinstance(encoder, TimmEncoder):
        return load
    if encoder.wants_calibration:
        return None
    return partial(load, runtime=encoder.choice.runtime, precision=encoder.choice.precision)


def _select(stored: Embeddings, names: Sequence[str]) -> Embeddings:
    if stored.names == names:
        return stored
    position = {name: i for i, name in enumerate(stored.names)}
    rows = [position[name] for name in names]
    return replace(stored, vectors=stored.vectors[rows], names=names)
