import re

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tailprobe.datasets.tables.options import TableOptions
from tailprobe.datasets.tables.tags import read_tags
from tailprobe.errors import InputError


@pytest.fixture
def table(tmp_path):
    def write(text: str | bytes, name: str = "t.csv"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def tags_of(read):
    return {name: set(read.labels.tags(n)) for n, name in enumerate(read.names)}


@pytest.mark.parametrize(
    "text",
    [
        "image_name,tags\na,road water\nb,road\n",
        "\ufeffimage_name,tags\r\na,road water\r\nb,road\r\n",
        "image_name;tags\na;road water\nb;road\n",
        "tags,File\n road  water,a\nroad ,b\n\n",
        'filename,labels\na,"road,water"\nb,road\n',
        "filename,labels\na,road; water\nb,road;\n",
        "image,labels\na,road|water\nb,road\n",
        "image,road,water\na,1,1\nb,1,0\n",
    ],
)
def test_usual_tables_are_understood(table, text):
    read = read_tags(table(text))
    assert tags_of(read) == {"a": {"road", "water"}, "b": {"road"}}
    assert read.labels.classes == ("road", "water")
    assert read.labels.kind == "multi-label"


def test_a_tsv_is_split_at_tabs(table):
    assert tags_of(read_tags(table("image\ttags\na,1\troad water\n", "t.tsv"))) == {"a,1": {"road", "water"}}


def test_columns_may_be_named(table):
    path = table("id,chip,seen,tags\n1,a,road/water,x\n2,b,road,y\n")
    read = read_tags(path, TableOptions(image_column="chip", label_columns=("seen",), separator="/"))
    assert tags_of(read) == {"a": {"road", "water"}, "b": {"road"}}


@pytest.mark.parametrize("column", [["road", "water"], "road water"])
def test_parquet_takes_lists_and_text(tmp_path, column):
    pd.DataFrame({"image": ["a", "b"], "tags": [column, None]}).to_parquet(tmp_path / "t.parquet")
    read = read_tags(tmp_path / "t.parquet")
    assert tags_of(read) == {"a": {"road", "water"}, "b": set()}
    assert "1 rows name no tag and are kept as images without any class (first: t.parquet, row 2)" in read.notes


def test_a_parquet_list_keeps_tags_with_spaces_whole(tmp_path):
    pd.DataFrame({"image": ["a"], "tags": [["bare ground", "road"]]}).to_parquet(tmp_path / "t.parquet")
    assert tags_of(read_tags(tmp_path / "t.parquet")) == {"a": {"bare ground", "road"}}


def test_a_tag_named_twice_counts_once(table):
    read = read_tags(table("image,tags\na,road road\nb,road water\nc,water water road\n"))
    assert read.labels.counts.tolist() == [3, 2]
    assert read.notes == (
        "t.csv: image: image; labels: tags, split at spaces",
        "2 rows repeat a tag, which counts once (first: t.csv, row 2); images per tag: road 3 instead of 4, water 2 "
        "instead of 3",
    )


def test_one_tag_in_every_row_makes_single_label_and_is_reported(table):
    read = read_tags(table("image,label\na,x\nb,y\n"))
    assert read.labels.kind == "single-label"
    assert read.notes[1:] == ("every row names exactly one tag: read as single-label",)
    assert read_tags(table("image,label\na,x\nb,y\n"), TableOptions(kind="multi-label")).labels.kind == "multi-label"


def test_single_label_takes_the_whole_cell(table):
    path = table("image,label\na,Annual Crop\nb,Sea\n")
    assert read_tags(path, TableOptions(kind="single-label")).labels.classes == ("Annual Crop", "Sea")


def test_single_label_refuses_a_row_of_several_classes_and_one_of_none_where_it_is_to_stay(table):
    with pytest.raises(InputError, match=r"t.csv, row 3: single-label, but the row names 2 classes; .* --kind multi"):
        read_tags(table("image,label\na,x\nb,x;y\n"), TableOptions(kind="single-label", separator=";"))
    with pytest.raises(
        InputError, match=r"t.csv, row 3: single-label, but the row names no class .* --unlabelled leave"
    ):
        read_tags(table("image,label\na,x\nb,\n"), TableOptions(kind="single-label", unlabelled="negative"))


def test_given_classes_keep_their_order(table):
    assert read_tags(table("image,tags\na,x y\n"), TableOptions(classes=["y", "x"])).labels.classes == ("y", "x")


def test_an_unknown_tag_names_row_class_and_way_to_fix_it(table):
    path = table("image,tags\na,cultivation\nb,cultivaton\n")
    message = (
        "t.csv, row 3: tag 'cultivaton' is not among the 2 classes; did you mean 'cultivation'? "
        "Pass --on-unknown-tag skip to leave such rows out."
    )
    with pytest.raises(InputError, match=re.escape(message)):
        read_tags(path, TableOptions(classes=["cultivation", "road"]))


def test_rows_with_unknown_tags_can_be_skipped_and_are_reported(table):
    path = table("image,tags,split\na,x y,train\nb,z,train\nc,y,test\n")
    read = read_tags(path, TableOptions(classes=["x", "y"], on_unknown_tag="skip"))
    assert read.names == ("a", "c")
    assert read.given_parts == ("train", "test")
    assert read.where == ("t.csv, row 2", "t.csv, row 4")
    assert "1 rows left out because they have tags that are not among the 2 classes: z" in read.notes


@pytest.mark.parametrize("text", ["image,tags\na,x\n", "image,x,y\na,1,0\n"])
def test_a_class_that_was_asked_for_and_has_no_image_is_an_error(table, text):
    with pytest.raises(InputError, match=r"^t\.csv: no image carries class 'y'; leave it out of --classes"):
        read_tags(table(text), TableOptions(classes=["x", "y"]))


def test_a_column_of_a_class_that_no_image_carries_is_left_out_and_named(table):
    read = read_tags(table("image,x,y\na,1,0\n"))
    assert read.labels.classes == ("x",)
    assert "classes left out because no image carries them: y" in read.notes


def test_a_table_without_any_tag_is_an_error(table):
    with pytest.raises(InputError, match="no image carries any class"):
        read_tags(table("image,tags\na,\nb,\n"))


def test_parts_are_found_in_many_spellings(table):
    read = read_tags(table("image,tags,Split\na,x,Train\nb,y,val\nc,x,TEST\nd,x,dev\n"))
    assert read.given_parts == ("train", "validation", "test", "validation")


def test_a_column_of_fold_numbers_is_no_split(table):
    read = read_tags(table("image,tags,fold\na,x y,0\nb,y,1\n"))
    assert read.given_parts is None
    assert read.notes[1] == (
        "column 'fold' is not used as a split: it holds '0', '1'; to use it, say what its values mean, e.g. "
        "--part-values 0=train,1=validation"
    )


@pytest.mark.parametrize(
    ("text", "column"), [("split\na,x,train\nb,x,trian\n", None), ("mine\na,x,train\nb,x,\n", "mine")]
)
def test_a_part_of_no_known_spelling_is_an_error(table, text, column):
    with pytest.raises(InputError, match=r"t\.csv, row 3: '(trian)?' in column .* expected train, validation or test"):
        read_tags(table("image,tags," + text), TableOptions(part_column=column))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the table is empty"),
        ("\n\n", "the table is empty"),
        ("image,tags\n", r"no row below its header \('image', 'tags'\)"),
        ("thing,tags\na,x\n", r"no column of image names .* the header has 'thing', 'tags'.* --image-column"),
        ("image,words\na,x\n", r"no column of labels .* the header has 'image', 'words'.* --label-columns words"),
        (
            "image,tags,label\na,x,y\n",
            r"columns \['tags', 'label'\] could all hold labels; name one with --label-columns tags",
        ),
        ("image,tags,tags\na,x,y\n", "two columns are called 'tags'"),
        ("image,tags\na,x\nb,x,y\n", r"t\.csv, row 3: 3 fields where the header has 2"),
        ("image,tags\na,x\nb\n", r"t\.csv, row 3: 1 fields where the header has 2"),
        ("image,tags\na,x\n\nb,y\na,y\n", r"t\.csv, row 5: image 'a' is already in row 2"),
        ("image,tags\n,x\n", r"t\.csv, row 2: the image's name is empty"),
        ("image,tags\n../a,x\n", r"t\.csv, row 2: image '\.\./a' is outside the image folder"),
        ("image,tags\nb/../../a,x\n", "is outside the image folder"),
        ("image,tags\n/etc/a,x\n", "is outside the image folder"),
        ("image,tags\nC:\\a,x\n", "is outside the image folder"),
        ('image,tags\na,"x\n', r"t\.csv, line \d: unexpected end of data; fix the quotes"),
        (
            'image,tags\na,"x;y,z"\n',
            r"t\.csv, row 2: column 'tags' uses , and ;; pass the separator with --separator ';'",
        ),
        (b"image,tags\na,x\nb,caf\xe9\n", r"t\.csv, line 3: byte 0xe9 is not UTF-8; save the table as UTF-8"),
    ],
)
def test_a_malformed_table_is_one_clear_error(table, text, message):
    with pytest.raises(InputError, match=message):
        read_tags(table(text))


def test_a_named_column_that_is_not_there_lists_the_header(table):
    with pytest.raises(InputError, match=r"t\.csv: there is no column 'chip'; the header has 'image', 'tags'"):
        read_tags(table("image,tags\na,x\n"), TableOptions(image_column="chip"))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("none.csv", "there is no such file"),
        ("t.xlsx", "not a readable Excel file"),
        ("t.doc", "expected a table ending in"),
    ],
)
def test_a_missing_or_foreign_file_is_an_error(table, name, message):
    table("PK", "t.xlsx")
    table("PK", "t.doc")
    with pytest.raises(InputError, match=message):
        read_tags(table("").parent / name)


def test_a_damaged_parquet_file_is_an_error(table):
    with pytest.raises(InputError, match=r"t\.parquet: not a readable Parquet file"):
        read_tags(table("no parquet", "t.parquet"))


words = st.lists(st.lists(st.sampled_from("abcde"), max_size=6), min_size=1, max_size=20).filter(any)


@settings(max_examples=50)
@given(words=words)
def test_counts_are_those_of_distinct_tags(words, tmp_path_factory):
    path = tmp_path_factory.mktemp("tables") / "t.csv"
    path.write_text("image,tags\n" + "".join(f"i{n},{' '.join(tags)}\n" for n, tags in enumerate(words)))
    read = read_tags(path, TableOptions(kind="multi-label", separator=" "))
    assert tags_of(read) == {f"i{n}": set(tags) for n, tags in enumerate(words)}


def test_parquet_text_that_is_not_utf8_is_an_error(tmp_path):
    text = pa.StringArray.from_buffers(1, pa.py_buffer(b"\0\0\0\0\2\0\0\0"), pa.py_buffer(b"\xff\xfe"))
    pq.write_table(pa.table({"image": ["a"], "tags": text}), tmp_path / "t.parquet")
    with pytest.raises(InputError, match=r"t\.parquet: column .tags. cannot be read"):
        read_tags(tmp_path / "t.parquet")
