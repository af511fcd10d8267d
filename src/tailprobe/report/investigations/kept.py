"""The investigations in a run folder, for the links between their pages and the run's."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

from tailprobe.files import write_text
from tailprobe.investigate.finding import Finding
from tailprobe.runs.folder import RunFolder

RECORD = "investigation.json"
PAGE = "investigation.html"


@dataclass(frozen=True)
class Kept:
    """One investigation as its folder has it."""

    name: str
    title: str
    answers: tuple[str, ...]
    page: Path


def write_kept(finding: Finding, out: Path, *, source: str) -> None:
    """Write the answer in words as JSON into the folder of an investigation."""
    words = {"name": finding.name, "title": finding.title, "question": finding.question}
    about = {**words, "answers": finding.answers, "how": finding.how, "tables": list(finding.tables), "source": source}
    write_text(out / RECORD, json.dumps(about, indent=1, ensure_ascii=False))


def kept_investigations(folder: RunFolder) -> list[Kept]:
    """Return the investigations of a run, by folder name; damaged ones are skipped."""
    found = [_read(record) for record in sorted(folder.investigations.glob(f"*/{RECORD}"))]
    return [kept for kept in found if kept is not None]


def page_of_run(out: Path) -> Path | None:
    """Return the page of the run whose folder contains an investigation, None if it is elsewhere."""
    folder = run_folder_of(out)
    return folder.report if folder is not None else None


def run_folder_of(out: Path) -> RunFolder | None:
    """Return the folder of the finished run that an investigation's folder belongs to, None for any other place."""
    folder = RunFolder(out.absolute().parent.parent)
    lies_there = out.absolute().parent == folder.investigations
    return folder if lies_there and folder.record.is_file() else None


def address(page: Path, beside: Path) -> str:
    """Return the address of a page from a folder, relative to it, so that both can be moved together.

    >>> address(Path("run/investigations/size/investigation.html"), Path("run"))
    'investigations/size/investigation.html'
    """
    return Path(os.path.relpath(page, beside)).as_posix()


def _read(record: Path) -> Kept | None:
    page = record.with_name(PAGE)
    try:
        about = json.loads(record.read_text(encoding="utf-8"))
        kept = Kept(str(about["name"]), str(about["title"]), tuple(map(str, about["answers"])), page)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return kept if page.is_file() else None
