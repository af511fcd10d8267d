"""Attribution maps of a head: by Grad-CAM if the encoder has feature maps or patches, else by occlusion."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, UInt8

from tailprobe.datasets.images import LabeledImages
from tailprobe.datasets.pixels.band_ranges import fit_ranges
from tailprobe.datasets.pixels.decode import decode_channels
from tailprobe.encoders.channels import channels_for
from tailprobe.encoders.encoder import Encoder
from tailprobe.investigate.explain.cells import shares
from tailprobe.investigate.explain.grad_cam import GradCam, LayerMaps, grad_cam_of
from tailprobe.investigate.explain.occlusion import occlusion_maps
from tailprobe.learners.head import Head


@dataclass(frozen=True, eq=False)
class AttributionMaps:
    """The attribution maps of N images for one class."""

    rows: tuple[int, ...]  # (N,) of the collection
    cells: Float[np.ndarray, "N G G"]  # shares of each map
    seen: LayerMaps | None = None  # of Grad-CAM

    @classmethod
    def joined(cls, maps: "Sequence[AttributionMaps]") -> "AttributionMaps":
        """Return the maps of several sets of images as one."""
        seen = [part.seen for part in maps if part.seen is not None]
        return cls(
            tuple(row for part in maps for row in part.rows),
            np.concatenate([part.cells for part in maps]),
            LayerMaps.joined(seen) if seen else None,
        )


@dataclass(frozen=True, eq=False)
class Attributor:
    """An encoder with a technique that attributes a logit to image regions."""

    encoder: Encoder
    images: LabeledImages
    cam: GradCam | None

    @classmethod
    def of(cls, encoder: Encoder, images: LabeledImages) -> "Attributor":
        """Use Grad-CAM if the encoder supports it, else occlusion."""
        images = fit_ranges(images, np.arange(len(images)), of="images")  # as they were embedded
        return cls(encoder, images, grad_cam_of(encoder))

    @property
    def technique(self) -> str:
        """The technique that computes the maps, as text."""
        if self.cam is None:
            return "occlusion"
        return "Grad-CAM" if self.cam.grid is None else "Grad-CAM on the patches of the last block"

    def at(self, head: Head, c: int, rows: Sequence[int], *, cam: GradCam | None = None) -> AttributionMaps:
        """Return the attribution maps of a head for class c.

        Args:
            cam: used instead of the encoder's own, such as one of an encoder with random weights.
        """
        pictures = [self._read(row) for row in rows]
        technique = cam or self.cam
        if technique is None:
            return AttributionMaps(tuple(rows), shares(occlusion_maps(self.encoder, head, c, pictures)))
        prepared = [self.encoder.prepare(channels_for(self.encoder, picture)) for picture in pictures]
        seen = technique.see(head, c, prepared)
        return AttributionMaps(tuple(rows), shares(seen.maps), seen)

    def picture(self, row: int) -> UInt8[np.ndarray, "h w 3"]:
        """Return an image as shown under its map: as prepared for the network, else whole."""
        image = self._read(row)
        if self.cam is not None:
            image = np.asarray(self.encoder.prepare(channels_for(self.encoder, image)))
        return np.ascontiguousarray(image[:, :, :3])

    def _read(self, row: int) -> UInt8[np.ndarray, "h w c"]:
        source = self.images.image_sources[row]
        return decode_channels(source.read(), bands=self.images.band_selection, where=str(source))
