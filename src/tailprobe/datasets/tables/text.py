"""Label tables in text files: CSV, TSV, lists of paths and labels, optionally compressed with gzip."""

import csv
import gzip
import io
import re
import zlib
from collections.abc import Sequence
from pathlib import PurePath

from tailprobe.datasets.storage.image_files import EXTENSIONS
from tailprobe.datasets.storage.url import Source
from tailprobe.datasets.tables.columns import Columns, IsImage
from tailprobe.errors import InputError

_SEPARATOR_LINE = re.compile(r"sep=(.)\r?\n?", re.IGNORECASE)  # Excel writes it before the header
_BYTE_ORDER_MARKS = (b"\xff\xfe", b"\xfe\xff")  # of UTF-16
_ENDINGS = "|".join(ending.removeprefix(".") for ending in sorted(EXTENSIONS))
_LISTED = re.compile(rf"(?P<path>\S.*?\.(?:{_ENDINGS}))\s+(?P<rest>\S.*)", re.IGNORECASE)
_MAX_DECOMPRESSED = 2**31  # bytes of a decompressed table; anything larger is treated as a decompression bomb


def read_text(path: Source, is_image: IsImage) -> Columns:
    """Read a text table in UTF-8, or UTF-16 with a byte order mark, separated by commas, semicolons, tabs or bars.

    If the first row names an image, there is no header and columns are called "column 1" and so on. Lines of a path and
    labels separated by spaces are supported. A line such as `sep=;` sets the separator. Empty rows and columns are
    skipped.

    Raises:
        InputError: the file cannot be read, is empty or in another encoding, or a row has too many or too few fields.
    """
    text = _decode(path)
    declared = _SEPARATOR_LINE.match(text)
    body = text[declared.end() :] if declared else text
    listed = None if declared else _listed(path, body, is_image)
    if listed is not None:
        return listed
    delimiter = declared[1] if declared else _delimiter(path, body)
    numbered = _fields(path, body, delimiter, first=2 if declared else 1)
    if not numbered:
        raise InputError(f"{path}: the table is empty; expected a header and one row per image")
    first = [field.strip() for field in numbered[0][1]]
    headed = not any(is_image(field) or _looks_like_image(field) for field in first)
    header = first if headed else [f"column {n}" for n in range(1, len(first) + 1)]
    return _columns(path, header, numbered[1:] if headed else numbered)


def _columns(path: Source, header: Sequence[str], body: Sequence[tuple[int, list[str]]]) -> Columns:
    for number, fields in body:
        if len(fields) != len(header) and (len(fields) < len(header) or any(map(str.strip, fields[len(header) :]))):
            raise InputError(
                f"{path.name}, row {number}: {len(fields)} fields where the header has {len(header)} "
                f"({', '.join(map(repr, header))}); quote a field that holds the separator"
            )
    cells: dict[str, list[str]] = {}
    for position, name in enumerate(header):
        column = [fields[position] for _, fields in body]
        if name or any(map(str.strip, column)):
            called = name or f"column {position + 1}"
            if called in cells:
                raise InputError(f"{path.name}: two columns are called {called!r}; rename one")
            cells[called] = column
    return Columns(path, dict(cells), [number for number, _ in body])


def _fields(path: Source, text: str, delimiter: str, *, first: int) -> list[tuple[int, list[str]]]:
    """Return the rows that are not empty, numbered as in a spreadsheet."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True, skipinitialspace=True)
    try:
        return [(number, fields) for number, fields in enumerate(reader, first) if any(map(str.strip, fields))]
    except csv.Error as error:
        line = reader.line_num + first - 1
        raise InputError(f"{path.name}, line {line}: {error}; fix the quotes of this line") from error


def _listed(path: Source, text: str, is_image: IsImage) -> Columns | None:
    """Return lines of a path and labels, separated by spaces, as columns; None if a line has another form.

    A line of column names may precede them, and a line with the number of rows may precede that, as in CelebA's lists.
    """
    lines = [(n, line.strip()) for n, line in enumerate(text.splitlines(), 1) if line.strip()]
    first = next((n for n, (_, line) in enumerate(lines[:3]) if _split_line(line, is_image) is not None), None)
    if first is None:
        return None
    names = lines[first - 1][1].split() if first and not re.search(r"[,;\t|]", lines[first - 1][1]) else []
    if first > 1 and lines[0][1] != str(len(lines) - first):
        return None
    found = [(n, _split_line(line, is_image) or tuple(line.split(maxsplit=1))) for n, line in lines[first:]]
    if any(len(pair) != 2 for _, pair in found):
        return None
    paths, rests = [pair[0] for _, pair in found], [pair[1].split() for _, pair in found]
    width = len(rests[0])
    binary = width > 1 and all(len(rest) == width and set(rest) <= {"0", "1", "-1"} for rest in rests)
    header = _list_header(names, width if binary else 1)
    if header is None:
        return None
    columns = [[rest[c] for rest in rests] for c in range(width)] if binary else [[pair[1] for _, pair in found]]
    return Columns(path, dict(zip(header, [paths, *columns], strict=True)), [n for n, _ in found])


def _list_header(names: Sequence[str], width: int) -> list[str] | None:
    """Return the column names of a list; None if the line above it is not its header."""
    if not names:
        return [f"column {n}" for n in range(1, width + 2)]
    header = ["image", *names] if len(names) == width else list(names)
    return header if len(header) == width + 1 == len(set(header)) else None


def _split_line(line: str, is_image: IsImage) -> tuple[str, str] | None:
    if re.search(r"[,;\t|]", line):
        return None
    found = _LISTED.fullmatch(line)
    if found:
        return found["path"], found["rest"]
    first, _, rest = line.partition(" ")
    return (first, rest.strip()) if rest.strip() and is_image(first) else None


def _decode(path: Source) -> str:
    try:
        data = path.read_bytes()
        data = _decompressed(data) if path.suffix.lower() == ".gz" else data
        if data[:2] in _BYTE_ORDER_MARKS:
            return data.decode("utf-16")
        return data.decode("utf-8-sig")
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InputError(
            f"{path}: the file is truncated or damaged ({error}); download or compress it again"
        ) from error
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error}); check its permissions") from error
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise InputError(
            f"{path.name}, line {line}: byte 0x{data[error.start]:02x} is not UTF-8; save the table as UTF-8"
        ) from error


def _decompressed(data: bytes) -> bytes:
    with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
        decompressed = stream.read(_MAX_DECOMPRESSED + 1)
    if len(decompressed) > _MAX_DECOMPRESSED:
        raise EOFError(f"decompresses to more than {_MAX_DECOMPRESSED:,} bytes")
    return decompressed


def _delimiter(path: Source, text: str) -> str:
    if PurePath(path.name.lower().removesuffix(".gz")).suffix == ".tsv":
        return "\t"
    header = text.lstrip().partition("\n")[0].partition("\r")[0]
    if "\t" in header and _looks_like_image(header.partition("\t")[0]):
        return "\t"  # a list of paths and labels, which may contain commas
    used = max(",;\t", key=header.count)
    return "|" if used not in header and "|" in header else used  # a comma if none of them occurs


def _looks_like_image(field: str) -> bool:
    return PurePath(field.replace("\\", "/")).suffix.lower() in EXTENSIONS
