"""The encoder of a classifier: its identity, and loading it again with a check of that identity."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tailprobe.encoders.encoder import Encoder
from tailprobe.encoders.load import load_encoder
from tailprobe.encoders.names import is_code
from tailprobe.errors import InputError

_LOG = logging.getLogger(__name__)
_OF_IMAGES = frozenset({"bands", "dtype"})  # entries of an identity that embedding adds to the encoder's own
# Entries that change only the last digits; a difference in any other entry means another encoder.
_ROUNDING = frozenset({"runtime", "precision", "device", "torch", "timm", "onnxruntime", "openvino", "torchvision"})
_NOT_AN_ENCODER = frozenset({"array", "file", "digest"})  # entries of the identity of precomputed embeddings


@dataclass(frozen=True)
class EncoderFacts:
    """The encoder that made the embeddings of a classifier."""

    name: str
    width: int  # D
    identity: Mapping[str, str]  # see `Embeddings.identity`
    weights: str = ""  # path of a local file of weights; empty if none was given

    @property
    def can_embed(self) -> bool:
        """Whether tailprobe made the embeddings, from images."""
        return bool(self.identity) and not _NOT_AN_ENCODER & set(self.identity)

    @property
    def bands(self) -> str:
        """The bands used as red, green and blue, as `parse_bands` reads them."""
        return self.identity.get("bands", "rgb")


def load_encoder_of(facts: EncoderFacts, *, weights: Path | None = None, allow_code: bool = False) -> Encoder:
    """Load the encoder of a classifier and check that it is the one that the heads were trained on.

    Another runtime, device or version of a library changes only the last digits, and is logged.

    Args:
        facts: the encoder in training.
        weights: a local file of weights, instead of the one that the classifier names.
        allow_code: whether to import an encoder named `package.module:name`.

    Raises:
        InputError: the classifier was made from precomputed embeddings, its encoder is code and `allow_code` is False,
            it ran in int8, it cannot be loaded, or its weights or preprocessing differ from those in training.
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
    """Compare the identity of a loaded encoder with that of a classifier's.

    Args:
        facts: the encoder in training.
        found: identity of the loaded encoder.

    Raises:
        InputError: it is another encoder; the message names the first entry that differs.
    """
    known = {key: value for key, value in facts.identity.items() if key not in _OF_IMAGES}
    differs = sorted(key for key in known.keys() | found.keys() if known.get(key) != found.get(key))
    wrong = [key for key in differs if key.rpartition(": ")[2] not in _ROUNDING]
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
