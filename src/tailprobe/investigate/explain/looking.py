"""What a head looks at on given images: by Grad-CAM where the encoder has maps or patches, else by occlusion."""

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
from tailprobe.investigate.explain.grad_cam import GradCam, Seen, grad_cam_of
from tailprobe.investigate.explain.occlusion import occlusion_maps
from tailprobe.learners.head import Head


@dataclass(frozen=True, eq=False)
class Looks:
    """The maps of N images of one class."""

    rows: tuple[int, ...]  # (N,) of the collection
    cells: Float[np.ndarray, "N G G"]  # shares of each map
    seen: Seen | None = None  # of Grad-CAM


@dataclass(frozen=True, eq=False)
class Looking:
    """An encoder with a way to see where a logit comes from."""

    encoder: Encoder
    images: LabeledImages
    cam: GradCam | None

    @classmethod
    def through(cls, encoder: Encoder, images: LabeledImages) -> "Looking":
        """Take Grad-CAM where the encoder allows it, occlusion where not."""
        images = fit_ranges(images, np.arange(len(images)), of="images")  # as they were embedded
        return cls(encoder, images, grad_cam_of(encoder))

    @property
    def way(self) -> str:
        """How maps are made, for the reader."""
        if self.cam is None:
            return "occlusion"
        return "Grad-CAM" if self.cam.grid is None else "Grad-CAM on the patches of the last block"

    def at(self, head: Head, c: int, rows: Sequence[int], *, cam: GradCam | None = None) -> Looks:
        """Return what a head looks at for class c.

        Args:
            cam: in place of the encoder's own, as that of an encoder with random weights.
        """
        pictures = [self._read(row) for row in rows]
        way = cam or self.cam
        if way is None:
            return Looks(tuple(rows), shares(occlusion_maps(self.encoder, head, c, pictures)))
        prepared = [self.encoder.prepare(channels_for(self.encoder, picture)) for picture in pictures]
        seen = way.see(head, c, prepared)
        return Looks(tuple(rows), shares(seen.maps), seen)

    def picture(self, row: int) -> UInt8[np.ndarray, "h w 3"]:
        """Return an image as shown under its map: as prepared for the network, else whole."""
        image = self._read(row)
        if self.cam is not None:
            image = np.asarray(self.encoder.prepare(channels_for(self.encoder, image)))
        return np.ascontiguousarray(image[:, :, :3])

    def _read(self, row: int) -> UInt8[np.ndarray, "h w c"]:
        source = self.images.image_sources[row]
        return decode_channels(source.read(), bands=self.images.band_selection, where=str(source))
