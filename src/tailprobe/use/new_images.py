"""Read new images without labels: folders, archives, tables, shards, URLs of these, or Python objects."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePath
from typing import Any

import numpy as np

from tailprobe.datasets.images import LabeledImages
from tailprobe.datasets.memory import is_frame
from tailprobe.datasets.pixels.bands import BandSelection, parse_bands
from tailprobe.datasets.read import read
from tailprobe.datasets.readers.unlabelled import read_unlabelled
from tailprobe.datasets.readers.webdataset import find_shards
from tailprobe.datasets.storage.braces import is_pattern
from tailprobe.datasets.storage.image_files import OnBadImage, clean_name, find_images
from tailprobe.datasets.storage.url import Source, Url, parse_source
from tailprobe.datasets.tables.columns import text_of
from tailprobe.datasets.tables.files import read_columns, table_suffix
from tailprobe.datasets.tables.join import join_images
from tailprobe.datasets.tables.match import ImageNames
from tailprobe.datasets.tables.options import DEFAULT_TABLE_OPTIONS
from tailprobe.datasets.tables.roles import find_image_column
from tailprobe.datasets.tables.tags import TagTable
from tailprobe.datasets.webdataset.samples import read_images
from tailprobe.embeddings.precomputed.read import holds_embeddings
from tailprobe.errors import InputError
from tailprobe.labels import Labels


def read_new_images(
    source: Any,  # noqa: ANN401 - a DataFrame, whose type needs pandas, or as below
    *,
    labels: str | Path | None = None,
    bands: str = "rgb",
    on_bad_image: OnBadImage = "error",
    image_column: str | None = None,
) -> LabeledImages:
    """Return images without labels; any labels in the source are ignored.

    Args:
        source: a folder, .zip, .tar, brace pattern of shards, table next to its images, or a URL of one; or a
            DataFrame of paths, or a list of paths, PIL images or arrays of pixels.
        labels: a table that names the images of the source.
        bands: the bands to use as red, green and blue, in the format of `parse_bands`.
        on_bad_image: "skip" leaves out table rows whose image is missing, and archive members that cannot be used.
        image_column: the column of image names in a table, or of paths in a DataFrame.

    Raises:
        InputError: there is no image, the source holds embeddings, or as the reader of the source.
    """
    selection = parse_bands(bands)
    if is_frame(source) or (isinstance(source, Sequence | np.ndarray) and not isinstance(source, str)):
        return _in_memory(source, selection, image_column)
    place = parse_source(source)
    text = place.path if isinstance(place, Url) else str(place)
    if is_pattern(text) or place.name.lower().endswith(".tar"):
        return _shards(place, selection, on_bad_image)
    if not place.exists():
        raise InputError(
            f"{place}: expected a folder, .zip, .tar or table of images, but there is none; check the path"
        )
    if labels is None and isinstance(place, Path) and not place.is_dir() and holds_embeddings(place):
        raise InputError(f"{place}: holds embeddings; from Python pass them to tailprobe.load(MODEL).predict_proba")
    if labels is not None or table_suffix(place.name):
        return _of_table(place, labels, selection, on_bad_image, image_column)
    if place.is_dir() and not find_images(place).paths:
        return _shards(place, selection, on_bad_image)
    return read_unlabelled(place, bands=selection, on_bad_image=on_bad_image)


def _in_memory(source: Any, bands: BandSelection, image_column: str | None) -> LabeledImages:  # noqa: ANN401
    if is_frame(source):
        frame = source if image_column is None else source[[image_column]]
        columns = [str(name) for name in frame.columns]
        if len(columns) != 1:
            raise InputError(
                f"the DataFrame has the columns {', '.join(columns)}; name that of the images: image_column"
            )
        source = frame.iloc[:, 0].tolist()
    return replace(read([*source]), bands=bands)


def _shards(source: Source, bands: BandSelection, on_bad_image: OnBadImage) -> LabeledImages:
    names, images, notes = read_images(find_shards(source), on_bad_image=on_bad_image)
    return LabeledImages(names, images, _no_labels(len(names)), str(source), bands, notes=notes)


def _of_table(
    source: Source, labels: str | Path | None, bands: BandSelection, on_bad_image: OnBadImage, image_column: str | None
) -> LabeledImages:
    table = source if labels is None else parse_source(labels)
    files = find_images(source.parent if labels is None else source, on_bad_image=on_bad_image)
    names = ImageNames(files)
    columns = read_columns(table, names.has)
    options = replace(DEFAULT_TABLE_OPTIONS, image_column=image_column)
    cells = columns.cells[find_image_column(columns, options, names)]
    where = tuple(f"{PurePath(table.name).name}, row {row}" for row in columns.rows)
    listed = [clean_name(text_of(cell), where=place) for cell, place in zip(cells, where, strict=True)]
    first: dict[str, int] = {}
    once = [n for n, name in enumerate(listed) if first.setdefault(name, n) == n]
    kept = tuple(listed[n] for n in once)
    rows = TagTable(kept, _no_labels(len(kept)), None, tuple(where[n] for n in once), ())
    return join_images(rows, files, bands=bands, on_bad_image=on_bad_image, images=names)


def _no_labels(images: int) -> Labels:
    return Labels(np.zeros((images, 0), dtype=bool), (), "multi-label")
