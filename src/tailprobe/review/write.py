"""Write reviewed labels where the user asks, and never over what is not a review's own."""

import hashlib
import shutil
from pathlib import Path
from typing import Literal, TypeAlias, get_args

from tailprobe.errors import InputError
from tailprobe.files import file_digest, make_folder, write_whole
from tailprobe.review.history import History
from tailprobe.review.outcome import ReviewedLabels
from tailprobe.review.writers.fiftyone import FILES, write_fiftyone
from tailprobe.review.writers.label_studio import write_label_studio
from tailprobe.review.writers.table import SUFFIXES, write_table

Layout: TypeAlias = Literal["table", "label-studio", "fiftyone"]
LAYOUTS: tuple[Layout, ...] = get_args(Layout)


def check_out(out: Path, layout: Layout, history: History, *, overwrite: bool = False) -> None:
    """Refuse a place for labels before anybody looks at an image.

    Raises:
        InputError: an ending that does not fit the layout, or a file that no review of this history wrote and that
        may not
            be overwritten.
    """
    endings = {"table": SUFFIXES, "label-studio": (".json",), "fiftyone": ("",)}[layout]
    if out.suffix.lower() not in endings:
        wanted = " or ".join(endings) if any(endings) else "no ending, since it is a folder"
        raise InputError(f"--out {out}: of the layout {layout} expected a name with {wanted}")
    if out.exists() and out.is_dir() != (layout == "fiftyone"):
        raise InputError(f"--out {out}: is a {'folder' if out.is_dir() else 'file'}; choose another name")
    own = out.exists() and digest_of(out) in history.written
    if out.is_dir() and not own:
        raise InputError(f"--out {out}: exists, and this review did not write it; choose another name")
    if out.exists() and not own and not overwrite:
        raise InputError(
            f"--out {out}: exists, and this review did not write it; choose another name, or pass --overwrite, which "
            f"keeps the old one as {backup(out).name}"
        )


def write_labels(
    labels: ReviewedLabels, out: Path, layout: Layout, history: History, *, overwrite: bool = False
) -> Path:
    """Write labels whole or not at all, and note in the history that they are its own; raises as `check_out`.

    A file that is overwritten and not the review's own is kept as a backup, once.
    """
    check_out(out, layout, history, overwrite=overwrite)
    if layout == "fiftyone":
        make_folder(out)
        write_fiftyone(labels, out)
        history.add_written(digest_of(out))
        return out
    if out.exists() and digest_of(out) not in history.written and not backup(out).exists():
        shutil.copy2(out, backup(out))
    with write_whole(out, shared=True) as partial:
        if layout == "table":
            write_table(labels, partial, out.suffix.lower())
        else:
            write_label_studio(labels, partial)
        history.add_written(file_digest(partial))  # before it is there: a table without its note could not be replaced
    return out


def backup(out: Path) -> Path:
    """Return where a file is kept that a review overwrites."""
    return out.with_name(f"{out.stem}.before-review{out.suffix}")


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file, or of the files that a folder of FiftyOne's has of a review."""
    if path.is_file():
        return file_digest(path)
    listed = "\n".join(f"{file_digest(path / name)} {name}" for name in FILES if (path / name).is_file())
    return hashlib.sha256(listed.encode()).hexdigest()
