"""Embeddings of several encoders side by side."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from tailprobe.embeddings.compute import fingerprint
from tailprobe.embeddings.embeddings import Embeddings
from tailprobe.encoders.names import parts_of
from tailprobe.errors import InputError

_OF_IMAGES = ("bands", "dtype")  # entries of an identity that embedding adds to the encoder's own


def fuse(parts: Sequence[Embeddings], *, name: str = "") -> Embeddings:
    """Return embeddings side by side.

    Heads standardise them by the training part, so that the scale of an encoder does not decide what it is worth.

    Args:
        parts: embeddings of the same images.
        name: of the fused encoder; by default the names of the parts with plus signs.

    Raises:
        InputError: the parts are of other images.
    """
    first = parts[0]
    for part in parts[1:]:
        if part.names != first.names:
            raise InputError(
                f"{first.encoder} and {part.encoder} are embeddings of different images; expected the same"
            )
    own = {f"{p.encoder}: {key}": value for p in parts for key, value in p.identity.items() if key not in _OF_IMAGES}
    return Embeddings(
        np.concatenate([np.asarray(part.vectors, np.float32) for part in parts], axis=1),
        first.names,
        name or " + ".join(part.encoder for part in parts),
        joined_fingerprint(part.fingerprint for part in parts),
        standardise=True,
        skipped=first.skipped,
        identity=own | {key: first.identity[key] for key in _OF_IMAGES if key in first.identity},
        image_size=first.image_size,
        part_widths=tuple(part.width for part in parts),
    )


def joined_fingerprint(parts: Iterable[str]) -> str:
    """Return the fingerprint of embeddings whose parts have these."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def fingerprint_of(encoder: str, identity: Mapping[str, str], contents: Sequence[bytes]) -> str:
    """Return the fingerprint that embeddings of images have under an encoder, fused or not.

    Args:
        encoder: its name.
        identity: that of the embeddings.
        contents: the SHA-256 of each image's bytes.
    """
    parts = parts_of(encoder)
    if not parts:
        return fingerprint(identity, contents)
    return joined_fingerprint(fingerprint(_of_part(part, identity), contents) for part in parts)


def _of_part(part: str, identity: Mapping[str, str]) -> dict[str, str]:
    """Return the identity that embeddings of one part have."""
    start = f"{part}: "
    own = {key.removeprefix(start): value for key, value in identity.items() if key.startswith(start)}
    return own | {key: identity[key] for key in _OF_IMAGES}
