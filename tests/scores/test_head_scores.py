import json
from contextlib import suppress

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailprobe.errors import InputError
from tailprobe.scores.head_scores import HeadPart, ScoresWriter, read_head_scores, scored_classes, scored_heads

CLASSES = ("forest", "röad", "mine")
OLDER = json.dumps({"format": 2, "kind": "logits", "classes": CLASSES}).encode()
HEAD = HeadPart("clip", "baseline", 0, "test")


def logits_of(head, rows=7):
    random = np.random.default_rng([head.seed, len(head.method), len(head.part)])
    return random.permutation(100)[:rows], random.normal(0, 30, (rows, 3)).astype(np.float32)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "scores.parquet"


def write(path, *heads, **options):
    with ScoresWriter(path, classes=CLASSES, **options) as writer:
        for head in heads:
            writer.write(*logits_of(head), **head._asdict())


def test_each_head_is_read_back_to_the_bit(path):
    heads = [
        HeadPart("clip", method, seed, part)
        for method in ("baseline", "reweight(2)")
        for seed in (0, 1)
        for part in ("validation", "test")
    ]
    write(path, *heads)
    assert scored_heads(path) == heads
    assert scored_classes(path) == CLASSES
    for head in heads:
        found, (rows, logits) = read_head_scores(path, **head._asdict()), logits_of(head)
        np.testing.assert_array_equal(found.rows, rows)
        np.testing.assert_array_equal(found.logits, logits)
        assert found.link == "sigmoid"


def test_the_link_of_each_head_is_kept_and_passed_on(path):
    other = HEAD._replace(method="softmax")
    with ScoresWriter(path, classes=CLASSES) as writer:
        writer.write(*logits_of(HEAD), **HEAD._asdict())
        writer.write(*logits_of(other), **other._asdict(), link="softmax")
    assert read_head_scores(path, **HEAD._asdict()).link == "sigmoid"
    found = read_head_scores(path, **other._asdict())
    np.testing.assert_allclose(found.probabilities().sum(axis=1), 1, rtol=1e-6)


def test_the_schema_is_the_documented_one(path):
    write(path, HEAD)
    schema = pq.read_schema(path)
    word = pa.dictionary(pa.int32(), pa.string())
    assert schema.names == ["encoder", "method", "seed", "part", "link", "row", "logits"]
    assert schema.types[:6] == [word, word, pa.int64(), word, word, pa.int32()]
    assert schema.types[6] == pa.list_(pa.field("element", pa.float32(), nullable=False), 3)
    about = json.loads(schema.metadata[b"tailprobe.scores"])
    assert about == {"format": 3, "kind": "logits", "classes": list(CLASSES)}


def test_any_parquet_reader_can_read_the_file(path):
    write(path, HEAD)
    frame = pq.read_table(path).to_pandas()
    np.testing.assert_array_equal(np.stack(frame["logits"]), logits_of(HEAD)[1])


def test_the_file_appears_when_the_writer_ends_well_and_not_before(path):
    with ScoresWriter(path, classes=CLASSES) as writer:
        writer.write(*logits_of(HEAD), **HEAD._asdict())
        assert not path.exists()
    assert [file.name for file in path.parent.iterdir()] == ["scores.parquet"]


def test_nothing_is_left_of_a_writer_that_ends_badly(path):
    def interrupted(head):
        with ScoresWriter(path, classes=CLASSES) as writer:
            writer.write(*logits_of(head), **head._asdict())
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted(HEAD)
    assert list(path.parent.iterdir()) == []


def test_an_existing_file_is_overwritten_only_when_asked(path):
    write(path, HEAD)
    with pytest.raises(InputError, match="exists already"):
        write(path, HEAD._replace(seed=5))
    assert scored_heads(path) == [HEAD]
    write(path, HEAD._replace(seed=5), overwrite=True)
    assert scored_heads(path) == [HEAD._replace(seed=5)]


def test_a_head_written_twice_is_refused(path):
    with pytest.raises(InputError, match=r"encoder 'clip', method 'baseline', seed 0, test part: .* written before"):
        write(path, HEAD, HEAD)


@pytest.mark.parametrize(
    ("logits", "message"),
    [
        (np.zeros((2, 2), dtype=np.float32), r"expected logits of shape \(2, 3\)"),
        (np.full((2, 3), np.nan, dtype=np.float32), "the head diverged"),
        (np.full((2, 3), np.inf, dtype=np.float32), "the head diverged"),
        (np.zeros((0, 3), dtype=np.float32), "at least one row"),
    ],
)
def test_logits_that_are_no_heads_are_refused(path, logits, message):
    with pytest.raises(InputError, match=message), ScoresWriter(path, classes=CLASSES) as writer:
        writer.write(np.arange(len(logits)), logits, **HEAD._asdict())


def test_writing_outside_the_block_is_a_mistake_of_the_caller(path):
    with pytest.raises(ValueError, match="inside the writer's `with` block"):
        ScoresWriter(path, classes=CLASSES).write(*logits_of(HEAD), **HEAD._asdict())


def test_a_head_that_is_not_there_is_named(path):
    write(path, HEAD)
    with pytest.raises(InputError, match="no scores of encoder 'clip', method 'baseline', seed 3, test part"):
        read_head_scores(path, **HEAD._replace(seed=3)._asdict())


def foreign(path, *, metadata=None, groups=((HEAD, HEAD),), width=3):
    """Write a file by hand: each row group has one row for each head in it."""
    write(path, HEAD, overwrite=True)
    schema = pq.read_schema(path)
    path.unlink()
    if metadata is not None:
        schema = schema.with_metadata({b"tailprobe.scores": metadata})
    with pq.ParquetWriter(path, schema) as writer:
        for heads in groups:
            columns = {name: [getattr(head, name) for head in heads] for name in HeadPart._fields}
            columns |= {
                "link": ["sigmoid"] * len(heads),
                "row": list(range(len(heads))),
                "logits": [[0.0] * width] * len(heads),
            }
            writer.write_table(pa.table(columns).cast(schema), row_group_size=len(heads))
        writer.add_key_value_metadata({b"tailprobe.scores.heads": json.dumps([heads[0] for heads in groups]).encode()})


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        (b"", "metadata does not say so"),
        (b"[" * 100_000, "metadata does not say so"),
        (b"\xff\xfe\xfd", "metadata does not say so"),
        (b'{"format": 1, "kind": "logits", "classes": []}', "expected logits in format 3"),
        (b'{"format": 2, "kind": "scores", "classes": ["a"]}', "expected logits in format 3"),
        (b'{"format": 2, "kind": "logits", "classes": [1, 2, 3]}', "expected the names of the classes"),
        (b'{"format": 3, "kind": "logits", "classes": ["a"]}', "expected the columns"),
    ],
)
def test_metadata_of_another_kind_is_refused(path, metadata, message):
    foreign(path, metadata=metadata)
    for read in (scored_heads, lambda path: read_head_scores(path, **HEAD._asdict())):
        with pytest.raises(InputError, match=message):
            read(path)


def test_row_groups_that_mix_heads_are_refused(path):
    foreign(path, groups=((HEAD, HEAD._replace(seed=1)),))
    with pytest.raises(InputError, match="other rows are among those of"):
        read_head_scores(path, **HEAD._asdict())
    foreign(path, groups=((HEAD, HEAD._replace(seed=1)),), metadata=OLDER)
    with pytest.raises(InputError, match="expected one head a row group"):
        scored_heads(path)


def test_the_heads_of_an_older_file_are_found_by_its_statistics(path):
    others = [HEAD._replace(seed=seed) for seed in range(3)]
    foreign(path, groups=[(head, head) for head in others], metadata=OLDER)
    assert scored_heads(path) == others
    assert read_head_scores(path, **others[1]._asdict()).rows.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("listed", "message"),
    [
        (None, "no list of heads"),
        (b"[[1, 2]]", "no list of heads"),
        (b'[["clip", "baseline", "0", "test"]]', "expected .encoder, method, seed, part."),
        (b"[]", "0 heads in 1 row groups"),
    ],
)
def test_a_list_of_heads_that_does_not_fit_is_refused(path, listed, message):
    write(path, HEAD)
    table = pq.read_table(path)
    kept = {b"tailprobe.scores": table.schema.metadata[b"tailprobe.scores"]}
    more = {} if listed is None else {b"tailprobe.scores.heads": listed}
    pq.write_table(table.replace_schema_metadata(kept | more), path)
    with pytest.raises(InputError, match=message):
        scored_heads(path)


def test_a_head_in_two_row_groups_is_refused(path):
    for metadata in (None, OLDER):
        foreign(path, groups=((HEAD,), (HEAD,)), metadata=metadata)
        with pytest.raises(InputError, match="a head is there twice"):
            scored_heads(path)


def test_another_parquet_file_is_refused(path):
    pq.write_table(pa.table({"a": [1]}), path)
    with pytest.raises(InputError, match="not a file of scores that tailprobe wrote"):
        scored_heads(path)


@given(st.data())
def test_a_damaged_file_is_refused_or_read_but_never_crashes(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("damaged") / "scores.parquet"
    write(path, HEAD)
    content = bytearray(path.read_bytes())
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=4)):
        content[place] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content)
    with suppress(InputError):
        found = read_head_scores(path, **HEAD._asdict())
        assert found.logits.shape == (len(found.rows), 3)
