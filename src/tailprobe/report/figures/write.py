"""Figures as files: SVG and PDF for print, PNG for the screen, and an index for other programs."""

import io
import json
import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from tailprobe.errors import InputError
from tailprobe.files import make_folder, write_text, write_whole
from tailprobe.paper.counterparts import paper_counterpart
from tailprobe.progress import Progress, silent
from tailprobe.report.frame import words_of
from tailprobe.report.style import settings

INDEX = "index.json"
FORMATS = ("svg", "png", "pdf")
CAPTION = "txt"  # of a figure for a paper, whose caption is a separate file
_DPI = 200  # twice a README's pixels
_COMPRESSION = 4  # of PNG: a third of the time of the default, 6, for a twentieth more bytes
# Bytes depend only on the figure: neither a date nor a version of the library goes into them.
_METADATA: dict[str, dict[str, Any]] = {
    "svg": {"Date": None, "Creator": "tailprobe"},
    "png": {"Software": "tailprobe"},
    "pdf": {"CreationDate": None, "Creator": "tailprobe", "Producer": None},
}
_SAFE = re.compile(r"[a-z0-9][a-z0-9._-]{0,150}")


def write_figures(
    figures: Mapping[str, Figure], folder: Path, *, formats: Sequence[str] = FORMATS, progress: Progress = silent
) -> list[Path]:
    """Write each figure in each format into `folder`, and index.json with their titles, captions and counterparts.

    Files that an index.json of an earlier call names are replaced or removed; any other file is left alone.

    Args:
        figures: by name; a name becomes a file's name.
        formats: of "svg", "png", "pdf" and "txt", the title and caption as text.
        progress: called with the stage "draw figures".

    Returns:
        The files written, the index last.

    Raises:
        InputError: a name cannot be a file's name everywhere, a format is unknown, or a foreign file is in the way.
    """
    for name in figures:
        if not _SAFE.fullmatch(name):
            raise InputError(
                f"figure name {name!r} cannot be a file name; use a to z, 0 to 9, dot, dash and underscore"
            )
    for form in formats:
        if form not in (*_METADATA, CAPTION):
            raise InputError(f"figures cannot be written as {form!r}; choose among {', '.join(_METADATA)}, {CAPTION}")
    files = {name: [f"{name}.{form}" for form in formats] for name in figures}
    wanted = {file for own in files.values() for file in own}
    _refuse_foreign_files(folder, sorted(wanted))
    earlier = _listed(folder / INDEX) - wanted
    make_folder(folder)
    # The index comes first: what it names is ours, also after a kill, and is drawn again.
    entries = [_entry(name, figure, files[name]) for name, figure in figures.items()]
    write_text(folder / INDEX, json.dumps({"figures": entries}, indent=2, ensure_ascii=False) + "\n")
    with ThreadPoolExecutor(1) as writer:  # the next picture is drawn while this one is encoded and written
        written = []
        for done, (name, figure) in enumerate(figures.items()):
            progress("draw figures", done, len(figures))
            fix_layout(figure)
            for form, file in zip(formats, files[name], strict=True):
                written.append(writer.submit(_write, folder / file, _drawn(figure, form)))
        paths = [file.result() for file in written]
    for file in earlier:
        (folder / file).unlink(missing_ok=True)
    progress("draw figures", len(figures), len(figures))
    return [*paths, folder / INDEX]


def _write(path: Path, encode: Callable[[], bytes]) -> Path:
    with write_whole(path) as unfinished:
        unfinished.write_bytes(encode())
    return path


def fix_layout(figure: Figure) -> None:
    """Compute a figure's layout once: repeating it for each format would take most of the time."""
    with settings():
        engine = figure.get_layout_engine()
        if engine is not None and figure.axes:
            engine.execute(figure)
        figure.set_layout_engine("none")


def rendered(figure: Figure, form: str) -> bytes:
    """Return the figure's bytes as "svg", "png" or "pdf"; the same picture gives the same bytes."""
    return _drawn(figure, form)()


def _drawn(figure: Figure, form: str) -> Callable[[], bytes]:
    """Draw the figure, and return what encodes it, which another thread may do.

    The format's canvas prints at once: `savefig` draws every figure twice, the first time for its layout.
    """
    shown = figure.canvas
    with settings():
        resolution, figure.dpi = figure.dpi, _DPI
        try:
            return _DRAW[form](figure)
        finally:
            figure.dpi = resolution
            figure.set_canvas(shown)


def _draw_svg(figure: Figure) -> Callable[[], bytes]:
    buffer = io.BytesIO()
    FigureCanvasSVG(figure).print_svg(buffer, metadata=_METADATA["svg"])  # type: ignore[no-untyped-call]
    return buffer.getvalue


def _draw_pdf(figure: Figure) -> Callable[[], bytes]:
    buffer = io.BytesIO()
    FigureCanvasPdf(figure).print_pdf(buffer, metadata=_METADATA["pdf"])  # type: ignore[no-untyped-call]
    return buffer.getvalue


def _draw_png(figure: Figure) -> Callable[[], bytes]:
    canvas = FigureCanvasAgg(figure)
    canvas.draw()  # type: ignore[no-untyped-call]
    return partial(_png, np.array(canvas.buffer_rgba()))  # type: ignore[no-untyped-call]


def _png(pixels: UInt8[np.ndarray, "H W 4"]) -> bytes:
    buffer, info = io.BytesIO(), PngInfo()
    for name, value in _METADATA["png"].items():
        info.add_text(name, value)
    Image.fromarray(pixels).save(buffer, "png", dpi=(_DPI, _DPI), pnginfo=info, compress_level=_COMPRESSION)
    return buffer.getvalue()


def _draw_caption(figure: Figure) -> Callable[[], bytes]:
    return f"{words_of(figure).text}\n".encode


_DRAW: dict[str, Callable[[Figure], Callable[[], bytes]]] = {
    "svg": _draw_svg,
    "png": _draw_png,
    "pdf": _draw_pdf,
    CAPTION: _draw_caption,
}


def _entry(name: str, figure: Figure, files: Sequence[str]) -> dict[str, Any]:
    return {
        "name": name,
        "title": words_of(figure).title,
        "caption": words_of(figure).caption,
        "paper": paper_counterpart(name),
        "files": list(files),
    }


def _refuse_foreign_files(folder: Path, files: Sequence[str]) -> None:
    there = [file for file in [*files, INDEX] if (folder / file).exists()]
    ours = _listed(folder / INDEX) | {INDEX} if there else set()
    for file in there:
        if file not in ours:
            raise InputError(
                f"{folder / file}: already there, and not written by tailprobe; move it or choose another folder"
            )


def _listed(index: Path) -> set[str]:
    if not index.exists():
        return set()
    try:
        return {
            str(file) for entry in json.loads(index.read_text(encoding="utf-8"))["figures"] for file in entry["files"]
        }
    except (ValueError, TypeError, KeyError) as error:
        raise InputError(f"{index}: not an index of figures ({error}); move it or choose another folder") from error
