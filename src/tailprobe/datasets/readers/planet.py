"""Planet: Understanding the Amazon from Space, in the layout of the Kaggle competition."""

from collections.abc import Sequence
from typing import Literal

from tailprobe.datasets.images import LabeledImages
from tailprobe.datasets.pixels.bands import BandSelection, Composite, Range, Stretched
from tailprobe.datasets.readers.table import read_table
from tailprobe.datasets.registry import READERS, Reader
from tailprobe.datasets.storage.image_files import OnBadImage
from tailprobe.datasets.storage.url import Source
from tailprobe.datasets.tables.options import OnUnknownTag, TableOptions
from tailprobe.errors import InputError

TABLE_NAMES = ("train_v2.csv", "train_classes.csv")  # the same table, 40,479 rows, under its two names
FOLDERS = {"jpg": "train-jpg", "tif": "train-tif-v2"}

# The range of each of Planet's 16-bit bands. The low end is just below the darkest pixels of real chips (blue 3572,
# green 2788, red 1613, near-infrared 2964), the high end where bare soil, sand and roofs are bright and clouds white.
# All three visible bands span 5,000, which preserves hues; near-infrared varies twice as much over forest.
BLUE, GREEN, RED, NEAR_INFRARED = (3200.0, 8200.0), (2400.0, 7400.0), (1400.0, 6400.0), (2500.0, 12500.0)
RANGES: dict[Composite, tuple[Range, ...]] = {
    Composite.RGB: (RED, GREEN, BLUE),
    Composite.NRG: (NEAR_INFRARED, RED, GREEN),
    Composite.RGBN: (RED, GREEN, BLUE, NEAR_INFRARED),
}


def read_planet(
    source: Source,
    labels: Source | None = None,
    *,
    bands: BandSelection = Composite.RGB,
    images: Literal["jpg", "tif"] | None = None,
    classes: Sequence[str] | None = None,
    on_unknown_tag: OnUnknownTag = "error",
    on_bad_image: OnBadImage = "error",
) -> LabeledImages:
    """Read Planet's chips: `train_v2.csv` or `train_classes.csv` next to `train-jpg/` and `train-tif-v2/`.

    73 rows repeat a tag, which counts once and is listed in the notes: 4,477 images carry `cultivation`, not 4,547.

    Args:
        source: the folder that contains them.
        labels: another table of the same format; by default Planet's own.
        bands: "rgb", "nrg" for near-infrared, red, green, or "rgbn" for all four, of which each encoder uses those it
            needs; only the TIFFs have near-infrared. TIFFs are scaled by `RANGES` unless ranges are given.
        images: "jpg" or "tif"; by default JPEG for "rgb" and TIFF otherwise.
        classes, on_unknown_tag: see `TableOptions`.
        on_bad_image: see `read_table`.

    Raises:
        InputError: the table or folder is missing, near-infrared is requested from JPEGs, or as `read_table`.
    """
    images = images or ("jpg" if bands is Composite.RGB else "tif")
    if images == "tif" and isinstance(bands, Composite):
        bands = Stretched(bands, RANGES[bands])
    if images == "jpg" and bands is not Composite.RGB:
        raise InputError(f"{source}: the JPEGs have no near-infrared, so bands '{bands}' need images 'tif'")
    folder = source / FOLDERS[images]
    if not folder.is_dir():
        raise InputError(
            f"{folder}: expected a folder of Planet's {images} chips, but there is none; extract the archive there"
        )
    return read_table(
        folder,
        labels or _table(source),
        bands=bands,
        table_options=TableOptions(classes=classes, kind="multi-label", on_unknown_tag=on_unknown_tag),
        on_bad_image=on_bad_image,
    )


def _table(source: Source) -> Source:
    for name in TABLE_NAMES:
        if (source / name).is_file():
            return source / name
    raise InputError(f"{source}: expected {' or '.join(TABLE_NAMES)}, found neither; put it there or pass it as labels")


def _recognises(source: Source, labels: Source | None) -> bool:
    return any((source / folder).is_dir() for folder in FOLDERS.values())


READERS.add(
    "planet", Reader(read_planet, _recognises, "Planet's table next to train-jpg or train-tif-v2", priority=True)
)
