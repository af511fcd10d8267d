"""The few images that an encoder is fine-tuned on, prepared, with what the frozen network gives for them."""

from dataclasses import replace
from typing import Any

import numpy as np
from jaxtyping import Int

from tailprobe.datasets.images import LabeledImages
from tailprobe.datasets.pixels.band_ranges import fit_ranges
from tailprobe.datasets.pixels.decode import decode_channels
from tailprobe.embeddings.embeddings import Embeddings
from tailprobe.encoders.channels import channels_for
from tailprobe.encoders.encoder import Encoder
from tailprobe.encoders.timm_encoder import TimmEncoder
from tailprobe.errors import InputError
from tailprobe.investigate.encoder.fit import Pixels, frozen_features
from tailprobe.investigate.trials import Material
from tailprobe.progress import Progress, silent
from tailprobe.randomness import generator

_LEAST = 10  # images of a class that a smaller collection keeps, if there are so many


def tuning_material(
    collection: LabeledImages,
    encoder: Encoder,
    *,
    images: int = 0,
    side: int = 0,
    progress: Progress = silent,
    **splits: Any,  # noqa: ANN401 - of `Material.of`
) -> tuple[Material, TimmEncoder, Pixels]:
    """Draw few images of a collection, prepare them and split them as a study does.

    Args:
        images: so many; 0 for all.
        side: height and width that the network sees; 0 for the encoder's own.
        splits: as `Material.of` takes them.

    Raises:
        InputError: as `read_pixels` and `Material.of`.
    """
    if 0 < images < len(collection):
        rows = smaller(collection, images, generator(int(splits.get("first", 0)), "encoder", "images"))
        collection = collection.rows(rows)
    network, pixels = read_pixels(collection, encoder, side=side, progress=progress)
    features = frozen_features(network.network.to(network.device), pixels.images)
    embeddings = Embeddings(features, collection.names, network.name, "")
    return Material.of(embeddings, collection, **splits), network, pixels


def smaller(images: LabeledImages, number: int, rng: np.random.Generator) -> Int[np.ndarray, " n"]:
    """Return the rows of so many images at random, of which each class keeps ten if it has them."""
    matrix, kept = images.labels.matrix, np.zeros(len(images), dtype=bool)
    for c in np.argsort(images.labels.counts, kind="stable"):
        wanted = _LEAST - int(matrix[kept, c].sum())
        if wanted > 0:
            kept[rng.permutation(np.flatnonzero(matrix[:, c] & ~kept))[:wanted]] = True
    left = rng.permutation(np.flatnonzero(~kept))
    kept[left[: max(0, number - int(kept.sum()))]] = True
    return np.flatnonzero(kept)


def read_pixels(
    images: LabeledImages, encoder: Encoder, *, side: int = 0, progress: Progress = silent
) -> tuple[TimmEncoder, Pixels]:
    """Prepare all images for an encoder.

    Args:
        side: height and width that the network sees; 0 for the encoder's own.

    Returns:
        The encoder as it prepares them, and the images.

    Raises:
        InputError: an encoder that is not a torch network, images without pixels or with unknown labels.
    """
    if not isinstance(encoder, TimmEncoder):
        raise InputError(
            f"encoder {encoder.name!r} is not a torch network and cannot be fine-tuned; choose a timm model"
        )
    if not images.has_pixels or images.labels.known is not None:
        raise InputError(
            "encoder fine-tunes on images whose labels are all known; these have no pixels or unknown labels"
        )
    if side:
        encoder = resized(encoder, side)
    images, found = fit_ranges(images, np.arange(len(images)), of="images"), []
    for i, source in enumerate(images.image_sources):
        picture = decode_channels(source.read(), bands=images.band_selection, where=str(source))
        found.append(encoder.prepare(channels_for(encoder, picture)))
        progress("read images", i + 1, len(images))
    return encoder, Pixels(np.stack(found), images.labels.matrix)


def resized(encoder: TimmEncoder, side: int) -> TimmEncoder:
    """Return an encoder that sees images of another size; raises InputError if its network supports only one size."""
    of = encoder.preprocessing
    size = tuple(max(side, round(side * whole / crop)) for whole, crop in zip(of.size, of.crop, strict=True))
    try:
        return TimmEncoder(
            encoder.network.model,
            name=encoder.name,
            model_name=encoder.identity["model"],
            preprocessing=replace(of, size=(size[0], size[1]), crop=(side, side)),
            device=str(encoder.device),
            bands=encoder.bands,
        )
    except (AssertionError, RuntimeError, ValueError):
        raise InputError(
            f"encoder {encoder.name!r} takes images of {of.crop[0]} x {of.crop[1]} pixels only; leave --side out"
        ) from None
