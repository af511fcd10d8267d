"""The logits of each head for each validation and test image, stored so that any metric can be computed later.

One Parquet file, format 3:

| column | type | |
|---|---|---|
| `encoder`, `method` | dictionary of string | the head, with `seed` |
| `seed` | int64 | |
| `part` | dictionary of string | "validation" or "test" |
| `link` | dictionary of string | how the head turns logits into probabilities: "sigmoid" or "softmax", see `link` |
| `row` | int32 | the image's place in the study's image set |
| `logits` | fixed-size list of C float32 | the head's outputs; a sigmoid in float32 is 1 above 17 |

The rows of one head and part form one row group, so that a head is read without the others. The file's metadata hold,
under `tailprobe.scores`, JSON with `format` (3), `kind` ("logits") and `classes`, the names of the C classes in the
order of the logits; and under `tailprobe.scores.heads` a list of [encoder, method, seed, part], the head of each row
group. Format 2, which is still read, has no such list: heads are found by the statistics of the row groups, at which
pyarrow ends the process if the file is damaged in some places.
"""

import json
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from jaxtyping import Float, Float32, Int

from tailprobe.errors import InputError
from tailprobe.files import write_whole
from tailprobe.learners.loss import Link
from tailprobe.scores.link import check_link, probabilities
from tailprobe.scores.parquet import read_schema, wrap_read_errors

FORMAT: Final = 3
STATISTICS_FORMAT: Final = 2  # the older one, whose heads are found by statistics
_METADATA: Final = b"tailprobe.scores"
_HEADS: Final = b"tailprobe.scores.heads"
_AGAIN: Final = "score the study again"
_KEY: Final = ("encoder", "method", "seed", "part")


class HeadPart(NamedTuple):
    """One head on one held-out part."""

    encoder: str
    method: str
    seed: int
    part: str


@dataclass(frozen=True, eq=False)
class HeadScores:
    """The logits of one head for the N images of one held-out part.

    >>> scores = HeadScores(np.array([4]), np.zeros((1, 2), np.float32))
    >>> scores.probabilities()
    array([[0.5, 0.5]], dtype=float32)
    """

    rows: Int[np.ndarray, " N"]  # the images' places in the study's image set
    logits: Float32[np.ndarray, "N C"]
    link: Link = "sigmoid"
    thresholds: Mapping[str, Float[np.ndarray, " C"]] = field(default_factory=dict)  # by rule, from the validation part

    def probabilities(self) -> Float32[np.ndarray, "N C"]:
        """Return the logits as probabilities, by the head's link."""
        return probabilities(self.logits, self.link)


class ScoresWriter:
    """Writes the logits of one head after the other; the file appears when the block ends without error, or not at all.

    Raises:
        InputError: on entering, the file exists and `overwrite` is False, or its folder does not exist.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "scores.parquet"
    >>> head = {"encoder": "clip", "method": "baseline", "seed": 0, "part": "test"}
    >>> with ScoresWriter(path, classes=("forest", "road")) as writer:
    ...     writer.write(np.array([7, 9]), np.array([[2.0, -1.0], [0.5, 0.0]], dtype=np.float32), **head)
    >>> read_head_scores(path, **head).rows
    array([7, 9], dtype=int32)
    """

    def __init__(self, path: Path, *, classes: Sequence[str], overwrite: bool = False) -> None:
        self._path, self._classes, self._overwrite = path, tuple(classes), overwrite
        self._schema = _schema(self._classes)
        self._written: dict[HeadPart, None] = {}  # in order
        self._open = ExitStack()
        self._file: pq.ParquetWriter | None = None

    def __enter__(self) -> "ScoresWriter":
        partial = self._open.enter_context(write_whole(self._path, overwrite=self._overwrite))
        # Bytes of equal significance are stored together, which lets zstd save about 30% of the logits.
        self._file = self._open.enter_context(
            pq.ParquetWriter(
                partial,
                self._schema,
                compression="zstd",
                use_dictionary=[*_KEY, "link"],
                use_byte_stream_split=["logits.list.element"],
            )
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool | None:
        if self._file is not None and error is None:
            self._file.add_key_value_metadata({_HEADS: json.dumps(list(self._written)).encode()})
        return self._open.__exit__(kind, error, traceback)

    def write(
        self,
        rows: Int[np.ndarray, " N"],
        logits: Float32[np.ndarray, "N C"],
        *,
        encoder: str,
        method: str,
        seed: int,
        part: str,
        link: Link = "sigmoid",
    ) -> None:
        """Write one head on one held-out part.

        Args:
            rows: (N,), the images' places in the study's image set.
            logits: (N, C) float32, the head's outputs.
            link: how the head turns logits into probabilities.

        Raises:
            InputError: the shapes do not fit, a logit is not finite, or this head and part were written before.
        """
        head = HeadPart(encoder, method, seed, part)
        self._check(head, rows, logits)
        if self._file is None:
            raise ValueError("write is called inside the writer's `with` block")
        table = _head_table(self._schema, head, link, rows, logits)
        self._file.write_table(table, row_group_size=len(rows))
        self._written[head] = None

    def _check(self, head: HeadPart, rows: Int[np.ndarray, " N"], logits: Float32[np.ndarray, "N C"]) -> None:
        expected = (len(rows), len(self._classes))
        if logits.shape != expected or len(rows) == 0:
            raise InputError(
                f"{_named(head)}: expected logits of shape {expected}, at least one row, got {logits.shape}"
            )
        if not np.isfinite(logits).all():
            raise InputError(
                f"{_named(head)}: logits are not finite; the head diverged, a lower learning rate may help"
            )
        if head in self._written:
            raise InputError(f"{_named(head)}: its scores were written before")


def read_head_scores(path: Path, *, encoder: str, method: str, seed: int, part: str) -> HeadScores:
    """Read the logits of one head on one held-out part, as they were written; nothing else of the file is read.

    Raises:
        InputError: the file is missing, damaged or of another kind, or it has no such head.
    """
    head = HeadPart(encoder, method, seed, part)
    places = _places(path)
    if head not in places:
        raise InputError(f"{path}: no scores of {_named(head)}; `scored_heads` lists the {len(places)} there are")
    with wrap_read_errors(path):
        group = pq.ParquetFile(path).read_row_group(places[head])
        if any(group[name].unique().to_pylist() != [word] for name, word in head._asdict().items()):
            raise InputError(f"{path}: damaged, other rows are among those of {_named(head)}; {_AGAIN}")
        links = group["link"].unique().to_pylist()
        if len(links) != 1:
            raise InputError(f"{path}: damaged, {_named(head)} has {len(links)} links; {_AGAIN}")
        logits = group["logits"].combine_chunks().flatten().to_numpy()
        return HeadScores(group["row"].to_numpy(), logits.reshape(group.num_rows, -1), check_link(links[0]))


def scored_heads(path: Path) -> list[HeadPart]:
    """Return the heads and parts in the file, in the order written.

    Raises:
        InputError: the file is missing, damaged or of another kind.
    """
    return list(_places(path))


def scored_classes(path: Path) -> tuple[str, ...]:
    """Return the names of the C classes, in the order of the logits.

    Raises:
        InputError: the file is missing, damaged or of another kind.
    """
    return _about(path, read_schema(path))[1]


def _schema(classes: Sequence[str]) -> pa.Schema:
    word = pa.dictionary(pa.int32(), pa.string())
    logit = pa.field("element", pa.float32(), nullable=False)
    types = {"encoder": word, "method": word, "seed": pa.int64(), "part": word, "link": word}
    types["row"] = pa.int32()
    types["logits"] = pa.list_(logit, len(classes))
    about = {"format": FORMAT, "kind": "logits", "classes": list(classes)}
    return pa.schema(
        [pa.field(name, kind, nullable=False) for name, kind in types.items()], {_METADATA: json.dumps(about).encode()}
    )


def _head_table(
    schema: pa.Schema, head: HeadPart, link: Link, rows: Int[np.ndarray, " N"], logits: Float32[np.ndarray, "N C"]
) -> pa.Table:
    same = np.zeros(len(rows), dtype=np.int32)
    words = {
        name: pa.DictionaryArray.from_arrays(same, pa.array([word], pa.string()))
        for name, word in (head._asdict() | {"link": link}).items()
        if name != "seed"
    }
    numbers = {"seed": pa.array(np.full(len(rows), head.seed), pa.int64()), "row": pa.array(rows, pa.int32())}
    flat = pa.array(np.ascontiguousarray(logits).reshape(-1))
    lists = pa.FixedSizeListArray.from_arrays(flat, type=schema.field("logits").type)
    return pa.table(words | numbers | {"logits": lists}).select(schema.names).cast(schema)


def _places(path: Path) -> dict[HeadPart, int]:
    """Return the row group of each head; nothing but the file's footer is read."""
    schema = read_schema(path)
    version, classes = _about(path, schema)
    expected = _schema(classes)
    if not schema.equals(expected, check_metadata=False):
        raise InputError(f"{path}: expected the columns {_described(expected)}; got {_described(schema)}")
    with wrap_read_errors(path):
        footer = pq.read_metadata(path)
        if version == STATISTICS_FORMAT:
            heads = [_head_of(path, footer.row_group(g)) for g in range(footer.num_row_groups)]
        else:
            heads = _listed(path, footer.metadata)
    if len(heads) != footer.num_row_groups:
        raise InputError(f"{path}: damaged, {len(heads)} heads in {footer.num_row_groups} row groups; {_AGAIN}")
    if len(set(heads)) != len(heads):
        raise InputError(f"{path}: damaged, a head is there twice; {_AGAIN}")
    return {head: g for g, head in enumerate(heads)}


def _listed(path: Path, metadata: Mapping[bytes, bytes]) -> list[HeadPart]:
    try:
        heads = [HeadPart(*head) for head in json.loads(metadata[_HEADS])]
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise InputError(f"{path}: damaged, its metadata has no list of heads; {_AGAIN}") from error
    if not all([type(value) for value in head] == [str, str, int, str] for head in heads):
        raise InputError(f"{path}: damaged, expected [encoder, method, seed, part] of each head; {_AGAIN}")
    return heads


def _head_of(path: Path, group: pq.RowGroupMetaData) -> HeadPart:
    found = [group.column(c).statistics for c in range(len(_KEY))]  # the key's columns are the first
    if any(f is None or not f.has_min_max or f.min != f.max for f in found):
        raise InputError(f"{path}: expected one head a row group, as tailprobe writes them; {_AGAIN}")
    return HeadPart(*(f.min for f in found))


def _about(path: Path, schema: pa.Schema) -> tuple[int, tuple[str, ...]]:
    """Return the format and the classes."""
    try:
        about = json.loads((schema.metadata or {})[_METADATA])
        version, kind, classes = about["format"], about["kind"], about["classes"]
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise InputError(f"{path}: not a file of scores that tailprobe wrote: its metadata does not say so") from error
    if version not in (STATISTICS_FORMAT, FORMAT) or kind != "logits":
        raise InputError(f"{path}: expected logits in format {FORMAT}, got {kind!r} in format {version!r}")
    if not isinstance(classes, list) or not classes or not all(isinstance(name, str) for name in classes):
        raise InputError(f"{path}: expected the names of the classes in its metadata, got {classes!r:.80}")
    return version, tuple(classes)


def _named(head: HeadPart) -> str:
    return f"encoder {head.encoder!r}, method {head.method!r}, seed {head.seed}, {head.part} part"


def _described(schema: pa.Schema) -> str:
    return ", ".join(f"{field.name} {field.type}" for field in schema)
