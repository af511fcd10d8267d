"""The options of tables and classes from the command line and a study file."""

import pytest

from made_collections import LABELS, one_hot
from tailprobe.cli.arguments import source_of, with_tables
from tailprobe.cli.settings import ALL_OF_READER, Given
from tailprobe.cli.studies import study_of
from tailprobe.datasets.tables.options import READER_SETTINGS
from tailprobe.runs.settings import Study, read_study, write_study
from tailprobe.study.reading import read_images


@pytest.fixture
def table(build, labelled):
    rows = [[row[0], n % 2, *row[1:]] for n, row in enumerate(one_hot(labelled(LABELS), 1, 0))]
    return build.table("labels.csv", [["image", "night", "cat", "dog", "newt"], *rows])


def test_every_option_of_a_table_has_a_help_text_and_is_an_option_or_a_setting():
    assert set(ALL_OF_READER) | set(Study.__dataclass_fields__) >= set(READER_SETTINGS)
    assert all(about.about.help.endswith(".") for about in READER_SETTINGS.values())


def test_options_reach_the_reader_through_a_study_file(build, table, tmp_path):
    given = Given(reader={"label_columns": ("cat", "dog", "newt"), "min_images": 4})
    source = with_tables(source_of(str(build.top / "images"), labels=str(table)), given.reader)
    study = study_of(source, given)
    write_study(study, tmp_path / "study.toml")
    assert read_study(tmp_path / "study.toml").reader == study.reader
    images = read_images(read_study(tmp_path / "study.toml"))
    assert images.labels.classes == ("cat", "dog")
    assert images.notes[0] == (
        "labels.csv: image: image; labels: cat, dog, newt (1 and 0, one column per class); ignored: night"
    )


def test_a_table_of_classes_is_found_beside_the_study_file(build, table, tmp_path):
    build.table("merge.csv", [["old", "new"], ["newt", "dog"]])
    text = '[data]\nsource = "images"\nlabels = "labels.csv"\nmerge_classes = "merge.csv"\n'
    text += 'label_columns = ["cat", "dog", "newt"]\n'
    (tmp_path / "study.toml").write_text(text)
    images = read_images(read_study(tmp_path / "study.toml"))
    assert dict(zip(images.labels.classes, images.labels.counts.tolist(), strict=True)) == {"cat": 12, "dog": 11}
