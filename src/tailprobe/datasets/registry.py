"""The interface of a reader, and the registry of formats."""

from collections.abc import Callable
from dataclasses import dataclass

from tailprobe.datasets.images import LabeledImages
from tailprobe.datasets.storage.url import Source
from tailprobe.datasets.tables.columns import Columns
from tailprobe.registry import Registry

LabelTable = Source | Columns  # a file, or the columns of one in memory


@dataclass(frozen=True)
class Reader:
    """One format of labelled images.

    `read(source, labels, *, bands, on_bad_image, ...)` takes the folder or archive and the label table, if one was
    given; further keyword arguments are the format's own options.
    """

    read: Callable[..., LabeledImages]
    recognises: Callable[
        [Source, Source | None], bool
    ]  # whether source and table look like this format; reads no image
    what: str  # the format in a few words, for messages
    priority: bool = False  # wins over formats without priority that recognise the same source


READERS: Registry[Reader] = Registry("format")
