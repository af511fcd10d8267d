"""Read a label table in any supported format."""

from pathlib import PurePath

from tailprobe.datasets.storage.url import Source
from tailprobe.datasets.tables.arrow import read_parquet
from tailprobe.datasets.tables.columns import Columns, IsImage
from tailprobe.datasets.tables.excel import read_excel
from tailprobe.datasets.tables.json_tables import LINES, read_json
from tailprobe.datasets.tables.text import read_text
from tailprobe.errors import InputError

_TEXT, _PARQUET, _JSON, _EXCEL = (".csv", ".tsv", ".txt"), (".parquet", ".pq"), (*LINES, ".json"), (".xlsx", ".xlsm")
TABLES = (*_TEXT, *_PARQUET, *_JSON, *_EXCEL)


def table_suffix(name: str) -> str:
    """Return the file extension of a table in lower case, without .gz; "" if it is not a table.

    >>> table_suffix("Labels.CSV.gz"), table_suffix("a.jpg")
    ('.csv', '')
    """
    suffix = PurePath(name.lower().removesuffix(".gz")).suffix
    return suffix if suffix in TABLES and (suffix in _TEXT or not name.lower().endswith(".gz")) else ""


def read_columns(path: Source, is_image: IsImage = lambda name: False) -> Columns:
    """Read a table: CSV, TSV or a list of paths and labels (also as .gz), Parquet, JSON lines, JSON, COCO or Excel.

    Args:
        path: the table.
        is_image: whether a text is the name of an available image, which is how a table without a header is recognised.

    Raises:
        InputError: the file is missing, empty, of another format or encoding, has a row with more or fewer fields than
            the header, or has two columns of the same name.
    """
    if not path.is_file():
        raise InputError(f"{path}: expected a table of image names and tags, but there is no such file; check the path")
    suffix = table_suffix(path.name)
    if not suffix:
        raise InputError(f"{path}: expected a table ending in {', '.join(TABLES)}; rename or convert it")
    if suffix in _TEXT:
        columns = read_text(path, is_image)
    elif suffix in _PARQUET:
        columns = read_parquet(path)
    else:
        columns = read_excel(path) if suffix in _EXCEL else read_json(path)
    if not len(columns):
        raise InputError(
            f"{path}: the table has no row below its header ({columns.header()}); expected one row per image"
        )
    return columns
