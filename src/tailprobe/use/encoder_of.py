"""The encoder of a classifier: what is known of it, and how it is loaded again and checked."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tailprobe.encoders.encoder import Encoder
from tailprobe.encoders.load import load_encoder
from tailprobe.encoders.names import is_code
from tailprobe.errors import InputError

_LOG = logging.getLogger(__name__)
_OF_IMAGES = frozenset({"bands", "dtype"})  # of an identity: what the embedding adds to the encoder's own
# What changes the last digits alone; anything else of an identity is another encoder.
_ROUNDING = frozenset({"runtime", "precision", "device", "torch", "timm", "onnxruntime", "openvino", "torchvision"})
_NOT_AN_ENCODER = frozenset({"array", "file", "digest"})  # keys of the identity of embeddings that were given


@dataclass(frozen=True)
class EncoderFacts:
    """What made the embeddings that a classifier takes."""

    name: str
    width: int  # D
    identity: Mapping[str, str]  # see `Embeddings.identity`
    weights: str = ""  # a local file of weights, where one was given

    @property
    def can_embed(self) -> bool:
        """Whether tailprobe made the embeddings, from images."""
        return bool(self.identity) and not _NOT_AN_ENCODER & set(self.identity)

    @property
    def bands(self) -> str:
        """The bands that became red, green and blue, as `parse_bands` reads them."""
        return self.identity.get("bands", "rgb")


def load_encoder_of(facts: EncoderFacts, *, weights: Path | None = None, allow_code: bool = False) -> Encoder:
    """Load the encoder of a classifier and check that it is the one the heads were trained on.

    Other versions of libraries, another runtime or device change the last digits alone, and are logged.

    Args:
        weights: a local file of weights, instead of the one that the classifier names.
        allow_code: import an encoder that is named `package.module:name`.

    Raises:
        InputError: the classifier has no encoder, its name is code and that is not allowed, it cannot be loaded, or its
            weights or preprocessing are others.
    """
    if not facts.can_embed:
        raise InputError(
            f"the model was made from embeddings ({facts.name}) that tailprobe did not compute from images; pass "
            "embeddings of the same encoder to predict_proba"
        )
    if is_code(facts.name) and not allow_code:
        raise InputError(
            f"the model's encoder {facts.name} is code that would be imported and run; if you trust it, pass "
            "--allow-code, from Python allow_code=True"
        )
    if facts.identity.get("precision") == "int8":
        raise InputError(f"encoder {facts.name} ran in int8, whose ranges are not kept; compare with --precision auto")
    file = weights or (Path(facts.weights) if facts.weights else None)
    found = _load(facts, file)
    check_identity(facts, found.identity)
    return found


def check_identity(facts: EncoderFacts, found: Mapping[str, str]) -> None:
    """Compare the identity of an encoder with the one of a classifier.

    Raises:
        InputError: it is another encoder; the message names what differs.
    """
    known = {key: value for key, value in facts.identity.items() if key not in _OF_IMAGES}
    differs = sorted(key for key in known.keys() | found.keys() if known.get(key) != found.get(key))
    wrong = [key for key in differs if key not in _ROUNDING]
    if wrong:
        key = wrong[0]
        raise InputError(
            f"encoder {facts.name}: its {key} is {found.get(key, 'unknown')!r:.80}, and the model was trained with "
            f"{known.get(key, 'unknown')!r:.80}; load the same encoder, or fit the model again"
        )
    for key in differs:
        _LOG.info(
            "encoder %s: %s is %s, and was %s in training; the last digits may differ",
            facts.name, key, found.get(key, "not used"), known.get(key, "not used"),
        )  # fmt: skip


def _load(facts: EncoderFacts, weights: Path | None) -> Encoder:
    runtime, precision = facts.identity.get("runtime", "torch"), facts.identity.get("precision", "float32")
    try:
        return load_encoder(facts.name, weights=weights, runtime=runtime, precision=precision)
    except InputError as error:
        if runtime == "torch":
            raise
        _LOG.info("%s; the model runs under torch in its place", error)
        return load_encoder(facts.name, weights=weights)
