"""Classifier: encoder, head, calibration, thresholds and what is known of their training, as one value."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from jaxtyping import Float, Float64

from tailprobe.embeddings.embeddings import Embeddings
from tailprobe.encoders.encoder import Encoder
from tailprobe.errors import InputError
from tailprobe.labels import Kind
from tailprobe.learners.head import Head
from tailprobe.progress import Progress, silent
from tailprobe.runs.run import Run
from tailprobe.use.aims import DEFAULT_AIM, aims_by_class
from tailprobe.use.calibration import Calibration
from tailprobe.use.encoder_of import EncoderFacts, load_encoder_of
from tailprobe.use.expectation import Decision, decide_thresholds
from tailprobe.use.held_out import HeldOutScores
from tailprobe.use.log_odds import log_odds
from tailprobe.use.reference import Reference

if TYPE_CHECKING:
    import pandas as pd

_ROWS = 64  # that a head scores together


@dataclass(frozen=True)
class Facts:
    """How a classifier was made, for its card; all of it is text and numbers."""

    method: str
    recommended: bool  # whether the study found the method better than the baseline
    verdict: str
    refit: bool  # whether the heads were trained once more on all labelled images
    ensemble: int  # heads whose probabilities are averaged
    epochs: int  # of each head; 0 without gradient descent
    seeds: int  # of the study
    images: int  # labelled
    source: str
    groups: int | None  # None where every image is one of its own
    comparison: tuple[tuple[str, str, float, float, float], ...] = ()  # class or group, metric, difference, low, high
    class_figures: tuple[tuple[str, int, float, float, float], ...] = ()  # class, images, AP, recall and precision
    notes: tuple[str, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Classifier:
    """A classifier at work; made by `Classifier.of` or `tailprobe.load`."""

    head: Head
    classes: tuple[str, ...]
    kind: Kind
    encoder: EncoderFacts
    calibration: Calibration
    held_out: HeldOutScores
    facts: Facts
    reference: Reference | None = None  # training embeddings; None where they were not at hand
    aims: tuple[str, ...] = (DEFAULT_AIM,)  # where prediction names no other
    weights: Path | None = None  # of the encoder, instead of the file that `encoder` names
    allow_code: bool = False  # whether an encoder that is named `package.module:name` may be imported

    @classmethod
    def of(
        cls,
        run: Run | str | Path,
        *,
        method: str | None = None,
        encoder: str | None = None,
        refit: Literal["all"] | None = None,
        ensemble: int = 1,
        aims: Sequence[str] = (DEFAULT_AIM,),
        embeddings: Embeddings | None = None,
        cache: str | Path | None = None,
        progress: Progress = silent,
    ) -> "Classifier":
        """Make a classifier of a finished run.

        Args:
            run: a run or its folder.
            method: a method of the run; by default what the study recommends, and where it could not tell, the
                baseline, whose thresholds are moved.
            encoder: an encoder of the run; by default the recommended one.
            refit: "all" trains the method once more on all labelled images, with the epochs that the study chose;
                without it heads of the study are taken, each of which has seen 60% of them.
            ensemble: heads whose probabilities are averaged.
            aims: what decisions are for, see `tailprobe.use.aims`; prediction may name others.
            embeddings: of the study's images, where they are not to be read from the cache or computed.
            cache: the folder of stored embeddings.
            progress: told about every long step.

        Raises:
            InputError: the run has no such method or encoder, too few heads, or its images have changed.
        """
        from tailprobe.use.make import make_classifier

        found = run if isinstance(run, Run) else Run.load(run)
        return make_classifier(
            found, method=method, encoder=encoder, refit=refit == "all", ensemble=ensemble, aims=tuple(aims),
            embeddings=embeddings, cache=None if cache is None else Path(cache), progress=progress,
        )  # fmt: skip

    @classmethod
    def load(cls, path: str | Path, *, weights: str | Path | None = None, allow_code: bool = False) -> "Classifier":
        """Open a model folder; see `tailprobe.use.storage.load_classifier`."""
        from tailprobe.use.storage import load_classifier

        return load_classifier(Path(path), weights=None if weights is None else Path(weights), allow_code=allow_code)

    def save(self, path: str | Path) -> Path:
        """Write the model folder and its card; see `tailprobe.use.storage.save_classifier`."""
        from tailprobe.use.storage import save_classifier

        return save_classifier(self, Path(path))

    @cached_property
    def loaded_encoder(self) -> Encoder:
        """The encoder, loaded when it is first asked for and checked; raises as `load_encoder_of`."""
        return load_encoder_of(self.encoder, weights=self.weights, allow_code=self.allow_code)

    def log_odds(self, vectors: Float[np.ndarray, "N D"]) -> Float64[np.ndarray, "N C"]:
        """Return the head's log odds of embeddings, before calibration.

        Raises:
            InputError: the array is no matrix of the encoder's width, or holds values that are not finite.
        """
        rows = np.asarray(vectors)
        if rows.ndim != 2 or rows.shape[1] != self.encoder.width or rows.dtype.kind not in "fiu":
            raise InputError(
                f"embeddings of shape {rows.shape} and type {rows.dtype}; expected numbers of shape (N, "
                f"{self.encoder.width}), made by the encoder {self.encoder.name}"
            )
        if not np.isfinite(rows).all():
            raise InputError("embeddings hold numbers that are not finite; leave those rows out")
        return log_odds(_logits_by_row(self.head, rows.astype(np.float32, copy=False)), self.head.link)

    def predict_proba(self, vectors: Float[np.ndarray, "N D"]) -> Float64[np.ndarray, "N C"]:
        """Return (N, C) calibrated probabilities of embeddings, classes in the order of `classes`.

        Each class is a question of its own: the probabilities of an image need not add up to 1.
        """
        return self.calibration.probabilities(self.log_odds(vectors))

    def decisions(self, aims: str | Sequence[str] | None = None) -> tuple[Decision, ...]:
        """Return each class's threshold and what to expect of it.

        Args:
            aims: e.g. "recall=0.9", or several, see `tailprobe.use.aims`; by default those of the model.
        """
        given = self.aims if aims is None else (aims,) if isinstance(aims, str) else tuple(aims)
        found = aims_by_class(given, self.classes)
        return decide_thresholds(self.held_out, self.calibration, found, self.classes)

    def embed(self, images: Any, **options: Any) -> Float[np.ndarray, "N D"]:  # noqa: ANN401 - as `predict`
        """Return the embeddings of images, few enough to hold; options as `predict`."""
        from tailprobe.use.blocks import embed_images
        from tailprobe.use.new_images import read_new_images

        return embed_images(self, read_new_images(images, bands=self.encoder.bands, **options)).vectors

    def predict(
        self,
        images: Any,  # noqa: ANN401 - what `read_new_images` takes
        *,
        aims: str | Sequence[str] | None = None,
        progress: Progress = silent,
        **options: Any,  # noqa: ANN401
    ) -> "pd.DataFrame":
        """Score images and tag them.

        Args:
            images: a folder, .zip, .tar, table or URL; or a list of paths, PIL images or arrays of pixels.
            aims: as `decisions`.
            progress: told about images done.
            options: `labels`, a table of names; `on_bad_image`.

        Returns:
            A row an image: name, tags, uncertain, unlike_training, problem and a probability a class, `score:CLASS`.

        Raises:
            InputError: an image cannot be read and `on_bad_image` is not "skip", or as `loaded_encoder`.
        """
        from tailprobe.use.predict import predict_frame

        return predict_frame(self, images, aims=aims, progress=progress, **options)


def _logits_by_row(head: Head, rows: Float[np.ndarray, "N D"]) -> Float[np.ndarray, "N C"]:
    """Return logits that do not depend on which other images are scored at the same time.

    Products of float32 matrices are summed in an order that depends on their number of rows, so the head always gets
    the same number; where standardisation is folded into its weights, the order alone moved log odds by 1e-5.
    """
    padded = np.zeros((-(-len(rows) // _ROWS) * _ROWS, rows.shape[1]), dtype=np.float32)
    padded[: len(rows)] = rows
    parts = [head.logits(padded[start : start + _ROWS]) for start in range(0, len(padded), _ROWS)]
    return np.concatenate(parts)[: len(rows)] if parts else head.logits(rows)
