"""What a method is given of an encoder's embeddings, and what it needs that some encoders do not have."""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Bool, Int

from tailprobe.embeddings.embeddings import Embeddings
from tailprobe.errors import InputError
from tailprobe.labels import Labels
from tailprobe.learners.memo import Memo
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.method import LACKS, BoundMethod, Need, way_out


def training_set(
    method: BoundMethod,
    labels: Labels,
    low_frequency: Bool[np.ndarray, " C"],
    rng: np.random.Generator,
    stored: Embeddings,
    rows: Int[np.ndarray, " T"],
    *,
    seed: int = 0,
    memo: Memo | None = None,
) -> TrainingSet:
    """Return the training set of one method: labels, and of the embeddings what it declares to need.

    Args:
        method: the method.
        labels: (T, C) of the training rows.
        low_frequency: (C,) the rare classes.
        rng: for this method and seed.
        stored: embeddings of all images.
        rows: (T,) the training rows.
        seed: of the repeat, for draws that methods share.
        memo: of the methods that are given the same embeddings of the same rows, with the same seed.
    """
    needs = method.needs
    vectors = np.asarray(stored.vectors[rows], dtype=np.float32) if needs else None
    text = stored.class_text.of(labels.classes) if "text" in needs and stored.class_text is not None else None
    parts = stored.part_widths if "parts" in needs else ()
    given = TrainingSet(labels, low_frequency, rng, vectors, text, parts, seed)
    return given if memo is None else given.sharing(memo)


def provided(stored: Embeddings) -> frozenset[Need]:
    """Return what embeddings bring beside themselves."""
    return what_encoder_has(text=stored.class_text is not None, parts=len(stored.part_widths))


def what_encoder_has(*, text: bool, parts: int) -> frozenset[Need]:
    """Return the needs that an encoder meets.

    Args:
        text: whether it embeds class names.
        parts: how many parts it is fused of; 0 or 1 for none.
    """
    has: dict[Need, bool] = {"embeddings": True, "text": text, "parts": parts > 1}
    return frozenset(need for need, there in has.items() if there)


def lacking(method: BoundMethod, encoders: Mapping[str, frozenset[Need]]) -> str:
    """Return why a method cannot be had with some encoders; empty if it can with all.

    All methods are compared under all encoders, so what one encoder lacks leaves a method out.
    """
    for need in sorted(method.needs):
        without = [name for name, has in encoders.items() if need not in has]
        if without:
            return f"{' and '.join(without)} {'has' if len(without) == 1 else 'have'} {LACKS[need]}"
    return ""


def without_lacking(
    methods: Sequence[BoundMethod], named: Sequence[BoundMethod], encoders: Mapping[str, frozenset[Need]]
) -> tuple[tuple[BoundMethod, ...], tuple[str, ...]]:
    """Leave out methods of a group that need what an encoder lacks.

    Args:
        methods: what is to be compared.
        named: those of them that were named by themselves, not as members of a group.
        encoders: what each encoder has.

    Returns:
        The methods that are left, and sentences on those that are not.

    Raises:
        InputError: a named method needs what an encoder lacks; the message says the way out.
    """
    reasons = {method: reason for method in methods if (reason := lacking(method, encoders))}
    for method in named:
        if method in reasons:
            raise InputError(f"method {method} cannot be compared: {reasons[method]}; {way_out(method.needs)}")
    kept = tuple(method for method in methods if method not in reasons)
    return kept, tuple(
        f"methods left out, as {reason}: {', '.join(str(m) for m in methods if reasons.get(m) == reason)}"
        for reason in dict.fromkeys(reasons.values())
    )
