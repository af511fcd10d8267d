"""`Classifier`: encoder, head, calibration, thresholds and how they were made, in one object."""

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
from tailprobe.keywords import known_keywords
from tailprobe.labels import Kind
from tailprobe.learners.head import Head
from tailprobe.progress import Progress, silent
from tailprobe.runs.run import Run
from tailprobe.short_repr import short_repr
from tailprobe.use.aims import DEFAULT_AIM, aims_by_class
from tailprobe.use.calibration import Calibration
from tailprobe.use.encoder_of import EncoderFacts, load_encoder_of
from tailprobe.use.expectation import Decision, decide_thresholds
from tailprobe.use.held_out import HeldOutScores
from tailprobe.use.log_odds import log_odds
from tailprobe.use.reference import Reference

if TYPE_CHECKING:
    import pandas as pd

    from tailprobe.use.scene.make_map import SceneMap

_ROWS = 64  # that a head scores together


@dataclass(frozen=True)
class Facts:
    """How a classifier was made, for its card: text and numbers only."""

    method: str
    recommended: bool  # whether the study recommends the method over the baseline
    verdict: str  # what the study says of the method
    refit: bool  # whether the heads were retrained on all labelled images
    ensemble: int  # number of heads whose probabilities are averaged
    epochs: int  # of each head; 0 for heads without gradient descent
    seeds: int  # number of seeds of the study
    images: int  # number of labelled images
    source: str  # name of the collection
    groups: int | None  # number of groups of images; None if the images have no groups
    comparison: tuple[tuple[str, str, float, float, float], ...] = ()  # class or group, metric, difference, low, high
    class_figures: tuple[tuple[str, int, float, float, float], ...] = ()  # class, images, AP, recall and precision
    notes: tuple[str, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    image_size: tuple[int, int] | None = None  # height and width of most labelled images; None if not known


@short_repr
@dataclass(frozen=True, eq=False)
class Classifier:
    """A classifier of images: encoder, head, calibration and thresholds; made by `Classifier.of` or `tailprobe.load`.

    Example:
        model = tailprobe.Classifier.of("RUN", refit="all")
        table = model.predict(["1.jpg", "2.jpg"], aims="recall=0.9")
        probabilities = model.predict_proba(embeddings.vectors)  # (N, C)
        model.save("MODEL")
    """

    head: Head
    classes: tuple[str, ...]  # (C,)
    kind: Kind
    encoder: EncoderFacts
    calibration: Calibration
    held_out: HeldOutScores  # from which thresholds are chosen
    facts: Facts
    reference: Reference | None = None  # sample of the training embeddings; None if they were not available
    aims: tuple[str, ...] = (DEFAULT_AIM,)  # used if a prediction gives none
    weights: Path | None = None  # weights of the encoder, instead of the file that `encoder` names
    allow_code: bool = False  # whether an encoder named `package.module:name` may be imported

    @classmethod
    @known_keywords
    def of(
        cls,
        run: Run | str | Path,
        *,
        method: str | None = None,
        encoder: str | None = None,
        refit: Literal["all"] | None = None,
        ensemble: int = 1,
        aims: Sequence[str] = (DEFAULT_AIM,),
        embeddings: Embeddings | np.ndarray | None = None,
        cache: str | Path | None = None,
        progress: Progress = silent,
    ) -> "Classifier":
        """Make a classifier from a finished run.

        Args:
            run: a run or its folder.
            method: a method of the run; by default the recommended one or, if the study could not distinguish the
                methods, the baseline.
            encoder: an encoder of the run; by default the recommended one.
            refit: "all" retrains the method on all labelled images, for the number of epochs that the study chose; None
                takes heads of the study, which were trained on its training part (60% of the images by default).
            ensemble: number of heads whose probabilities are averaged, 1 to 100.
            aims: how thresholds are chosen, see `tailprobe.use.aims`; a prediction may name other aims.
            embeddings: embeddings of the study's images, instead of those in the cache: what `tailprobe.embed` returns
                for them, or (N, D) the array that was compared. Needed with `refit` if the data were in memory.
            cache: folder of stored embeddings; by default `TAILPROBE_CACHE`, else `~/.cache/tailprobe`.
            progress: called as progress(stage, done, total) during long steps.

        Raises:
            InputError: the run has no such method or encoder, or too few heads for the ensemble; an aim is unknown; or,
                with `refit` or `embeddings`, images, labels or embeddings are no longer those of the run.
        """
        from tailprobe.use.make import make_classifier

        found = run if isinstance(run, Run) else Run.load(run)
        return make_classifier(
            found, method=method, encoder=encoder, refit=refit == "all", ensemble=ensemble, aims=tuple(aims),
            embeddings=embeddings, cache=None if cache is None else Path(cache), progress=progress,
        )  # fmt: skip

    @classmethod
    @known_keywords
    def load(cls, path: str | Path, *, weights: str | Path | None = None, allow_code: bool = False) -> "Classifier":
        """Open a model folder; arguments and errors as `tailprobe.load`."""
        from tailprobe.use.storage import load_classifier

        return load_classifier(Path(path), weights=None if weights is None else Path(weights), allow_code=allow_code)

    def save(self, path: str | Path) -> Path:
        """Write a model folder: model.json, model.safetensors and the model card, README.md.

        Args:
            path: a new or empty folder, or one with a model, which is replaced.

        Returns:
            The folder.

        Raises:
            InputError: `path` is a file, holds files that do not belong to a model, or cannot be written.
        """
        from tailprobe.use.storage import save_classifier

        return save_classifier(self, Path(path))

    @cached_property
    def loaded_encoder(self) -> Encoder:
        """The encoder, loaded at first use and compared with the one in training; raises as `load_encoder_of`."""
        return load_encoder_of(self.encoder, weights=self.weights, allow_code=self.allow_code)

    def log_odds(self, vectors: Float[np.ndarray, "N D"]) -> Float64[np.ndarray, "N C"]:
        """Return (N, C) log odds of embeddings, before calibration, clipped to -60..60.

        Args:
            vectors: (N, D) numbers, made by the classifier's encoder.

        Raises:
            InputError: the array has another shape, is not numeric, or holds values that are not finite.
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
        """Return (N, C) calibrated probabilities of embeddings, with classes in the order of `classes`.

        Each class is decided on its own: the probabilities of an image need not add up to 1, even for single-label
        data.

        Args:
            vectors: (N, D) numbers, made by the classifier's encoder.

        Raises:
            InputError: as `log_odds`.
        """
        return self.calibration.probabilities(self.log_odds(vectors))

    def decisions(self, aims: str | Sequence[str] | None = None) -> tuple[Decision, ...]:
        """Return the threshold of each class, with its expected precision and recall.

        Args:
            aims: e.g. "recall=0.9", or several, see `tailprobe.use.aims`; by default those of the model.

        Returns:
            (C,) decisions, in the order of `classes`.

        Raises:
            InputError: an aim or its class is unknown.
        """
        given = self.aims if aims is None else (aims,) if isinstance(aims, str) else tuple(aims)
        found = aims_by_class(given, self.classes)
        return decide_thresholds(self.held_out, self.calibration, found, self.classes)

    def embed(self, images: Any, **options: Any) -> Float[np.ndarray, "N D"]:  # noqa: ANN401 - as `predict`
        """Return the (N, D) embeddings of images, all in memory; images, options and errors as for `predict`."""
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
            images: a folder, .zip, .tar, table or URL; or a DataFrame of paths, or a list of paths, PIL images or
                (H, W, 3) uint8 arrays.
            aims: as for `decisions`.
            progress: called as progress("predict", images done, images).
            options: `labels`, a table that names the images; `image_column`, its column of names; `on_bad_image`,
                "skip" to give an image that cannot be read NaN scores.

        Returns:
            One row per image: name, tags (classes above their threshold), uncertain (classes for which another head or
            calibration could decide otherwise), most_likely (single-label models only), unlike_training, problem, and
            the probability of each class, `score:CLASS`.

        Raises:
            InputError: there are no images, an image cannot be read and `on_bad_image` is "error", an aim is unknown,
                or the encoder cannot be loaded or is another one than in training.
        """
        from tailprobe.use.predict import predict_frame

        return predict_frame(self, images, aims=aims, progress=progress, **options)

    def export(self, path: str | Path) -> Path:
        """Write preprocessing, encoder, head and calibration as one graph: 8-bit images in, probabilities out.

        Args:
            path: a file ending in .onnx (extra `onnx`; compared with PyTorch before it is written), or in .pt2, a
                program of `torch.export`.

        Raises:
            InputError: another ending, an encoder that cannot be exported, or as `export_onnx` and `export_program` of
                `tailprobe.use.export.onnx_file`.
        """
        from tailprobe.use.export.onnx_file import export_onnx, export_program

        file = Path(path)
        if file.suffix not in (".onnx", ".pt2"):
            raise InputError(f"{file}: expected a file ending in .onnx or .pt2")
        return export_onnx(self, file).path if file.suffix == ".onnx" else export_program(self, file)

    @known_keywords
    def map_scene(
        self,
        scene: str | Path,
        out: str | Path,
        *,
        bands: str | None = None,
        tile: int | None = None,
        overlap: float = 0.5,
        aims: str | Sequence[str] | None = None,
        progress: Progress = silent,
    ) -> "SceneMap":
        """Score overlapping tiles of a GeoTIFF, and write a map of each class and the tiles above the thresholds.

        Args:
            scene: the GeoTIFF.
            out: the folder for `scores.tif`, `tiles.geojson` and `scene.json`.
            bands: the file's bands by the model's channels, e.g. "red=3,green=2,blue=1"; by default by their names.
            tile: side of a tile in pixels; by default the size of the training images.
            overlap: share of a tile's side that its neighbour shares.
            aims: as for `decisions`.
            progress: called as progress("score tiles", tiles done, tiles).

        Raises:
            InputError: as `tailprobe.use.scene.make_map.map_scene`.
        """
        from tailprobe.use.scene.make_map import SceneOptions, map_scene
        from tailprobe.use.storage import digest_of

        given = (aims,) if isinstance(aims, str) else aims
        options = SceneOptions(bands, tile, overlap)
        return map_scene(self, digest_of(self), Path(scene), Path(out), options, aims=given, progress=progress)


def _logits_by_row(head: Head, rows: Float[np.ndarray, "N D"]) -> Float[np.ndarray, "N C"]:
    """Return logits that do not depend on which other images are scored at the same time.

    Products of float32 matrices are summed in an order that depends on their number of rows, so the head always gets
    the same number; where standardisation is folded into its weights, that order alone changed log odds by 1e-5.
    """
    padded = np.zeros((-(-len(rows) // _ROWS) * _ROWS, rows.shape[1]), dtype=np.float32)
    padded[: len(rows)] = rows
    parts = [head.logits(padded[start : start + _ROWS]) for start in range(0, len(padded), _ROWS)]
    return np.concatenate(parts)[: len(rows)] if parts else head.logits(rows)
