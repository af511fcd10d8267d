"""A table of image names and tags, with a folder or .zip of images."""

from tailprobe.datasets.images import LabeledImages
from tailprobe.datasets.pixels.bands import BandSelection, Composite
from tailprobe.datasets.registry import READERS, LabelTable, Reader
from tailprobe.datasets.storage.image_files import OnBadImage, find_images
from tailprobe.datasets.storage.url import Source
from tailprobe.datasets.tables.files import table_suffix
from tailprobe.datasets.tables.join import join_images
from tailprobe.datasets.tables.match import ImageNames
from tailprobe.datasets.tables.options import DEFAULT_TABLE_OPTIONS, TableOptions
from tailprobe.datasets.tables.tags import read_tags


def read_table(
    source: Source,
    labels: LabelTable | None = None,
    *,
    bands: BandSelection = Composite.RGB,
    on_bad_image: OnBadImage = "error",
    table_options: TableOptions = DEFAULT_TABLE_OPTIONS,
) -> LabeledImages:
    """Read the images that a table names.

    Names may omit the extension and leading folders of the path below `source`: `x`, `x.jpg`, `a/x.jpg`.

    Args:
        source: the folder or .zip of the images, or the table itself if the images are in its folder.
        labels: the table.
        bands: see `tailprobe.datasets.pixels.decode`.
        on_bad_image: "skip" leaves out rows whose image is missing, and lists them in the notes.
        table_options: how the table is read.

    Raises:
        InputError: as `read_tags` and `find_images`; an image is missing, or a name matches several.
    """
    if labels is None:
        source, labels = source.parent, source
    files = find_images(source, on_bad_image=on_bad_image)
    images = ImageNames(files)
    table = read_tags(labels, table_options, images)
    return join_images(table, files, bands=bands, on_bad_image=on_bad_image, images=images)


def _recognises(source: Source, labels: Source | None) -> bool:
    return labels is not None or bool(table_suffix(source.name))


READERS.add(
    "table", Reader(read_table, _recognises, "a table of image names and tags, with a folder or .zip of images")
)
