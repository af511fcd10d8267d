"""The document and the schema are what a real run holds, in both directions."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tailprobe.runs.check import faults_of
from tailprobe.runs.run import Run
from tailprobe.runs.schema import COLUMNS, FILES, RECORD, document

OF_THE_PAPER = {"paper_facts", "paper_findings"}  # a reproduction alone has them: tests/study/test_reproduction.py
DOCUMENT = Path(__file__).parents[2] / "docs" / "run_folder.md"


def test_the_document_is_the_schemas() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == document(), "write it again: python tools/run_folder.py"


def test_a_run_has_the_files_of_the_schema(run: Run) -> None:
    absent = {"checkpoints", "stages.json", "investigations", *(f"{table}.parquet" for table in OF_THE_PAPER)}
    assert {path.name for path in run.folder.path.iterdir()} == set(FILES) - absent
    assert {path.stem for path in run.folder.path.glob("*.parquet")} == set(COLUMNS) - OF_THE_PAPER


@pytest.mark.parametrize("table", sorted(set(COLUMNS) - OF_THE_PAPER))
def test_a_table_is_as_the_schema_says(run: Run, table: str) -> None:
    assert faults_of(table, pq.read_table(run.folder.table(table))) == []


def test_the_record_has_the_entries_of_the_schema(run: Run) -> None:
    assert set(run.record) == set(RECORD)
