"""Read labelled images from any source, detecting the format."""

from typing import Any

from tailprobe.binding import coerce
from tailprobe.datasets import readers
from tailprobe.datasets.images import LabeledImages
from tailprobe.datasets.pixels.bands import parse_bands
from tailprobe.datasets.registry import READERS, Reader
from tailprobe.datasets.storage.braces import is_pattern
from tailprobe.datasets.storage.url import Source, Url, parse_source
from tailprobe.datasets.tables.options import gather_table_options, option_types
from tailprobe.errors import InputError
from tailprobe.registry import Registry, did_you_mean, import_members


def read(
    source: str | Source,
    *,
    labels: str | Source | None = None,
    format: str = "auto",
    **options: Any,  # noqa: ANN401
) -> LabeledImages:
    """Read labelled images.

    Args:
        source: a folder, a .zip of one, a table with the images beside it, .tar shards, or a brace pattern of shards;
            or a URL of any of these, of a file system that fsspec knows (`s3://`, `gs://`, ...).
        labels: the table of image names and tags, where the format has one.
        format: one of `formats()`, or "auto" to find it by what `source` holds.
        options: what the format takes, such as `bands`, `on_bad_image`, `separator`, `top`; None means not given.

    Raises:
        InputError: the source is missing, its format unknown or not clear, an option is not the format's, or as the
            reader of that format.
    """
    source, labels = parse_source(source), None if labels is None else parse_source(labels)
    if not is_pattern(source.path if isinstance(source, Url) else str(source)) and not _exists(source):
        raise InputError(f"{source}: expected a folder, a .zip, a .tar or a table, but there is none; check the path")
    name = _detect_format(source, labels) if format == "auto" else format
    given = {option: value for option, value in options.items() if value is not None}
    reader = _readers().get(name)
    given = _checked(given, name)
    if "bands" in given:
        given["bands"] = parse_bands(str(given["bands"]))
    return reader.read(source, labels, **gather_table_options(reader.read, given))


def formats() -> dict[str, str]:
    """Return every format that `read` knows, with a few words on each."""
    return {name: _readers().get(name).what for name in _readers().names()}


def options_of(format: str) -> tuple[str, ...]:
    """Return the options that a format takes."""
    return tuple(option_types(_readers().get(format).read))


def _exists(source: Source) -> bool:
    try:
        return source.exists()
    except OSError as error:  # a URL whose server refuses or is down
        raise InputError(f"{source}: cannot be opened ({error}); check the address and your rights") from error


def _detect_format(source: Source, labels: Source | None) -> str:
    found = [name for name in _readers().names() if _readers().get(name).recognises(source, labels)]
    prioritised = [name for name in found if _readers().get(name).priority]
    found = prioritised or found
    if len(found) == 1:
        return found[0]
    known = "; ".join(f"{name} ({what})" for name, what in formats().items())
    problem = f"could be {' or '.join(found)}" if found else "is of no known format"
    raise InputError(f"{source}: {problem}; pass format, one of: {known}")


def _checked(given: dict[str, Any], format: str) -> dict[str, Any]:
    taken = options_of(format)
    for option in given:
        if option not in taken:
            others = [name for name in formats() if option in options_of(name)]
            whose = (
                f"only {', '.join(others)} {'do' if len(others) > 1 else 'does'}"
                if others
                else f"it takes {', '.join(taken)}"
            )
            raise InputError(f"format {format!r} takes no option {option!r}{did_you_mean(option, taken)} ({whose})")
    types = option_types(READERS.get(format).read) | {"bands": Any}  # read by `parse_bands`
    return {option: coerce(value, types[option], where=option) for option, value in given.items()}


def _readers() -> Registry[Reader]:
    import_members(readers)
    return READERS
