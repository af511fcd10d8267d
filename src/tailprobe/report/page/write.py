"""The page: its data, style, program and pictures in one file that needs nothing else."""

import base64
import hashlib
import json
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, StrictUndefined

from tailprobe.files import write_text
from tailprobe.report.page.content import content
from tailprobe.report.page.multi_dataset import multi_dataset
from tailprobe.runs.run import Run

_PROGRAM = (
    "basics",
    "terms",
    "answer",
    "forest",
    "trends",
    "gains",
    "aspects",
    "further",
    "data",
    "classes",
    "map",
    "views",
    "curves",
    "multi_dataset",
    "looks",
    "rest",
    "paper",
    "folds",
    "choices",
)  # joined in this order


def write_page(runs: Sequence[Run], path: Path) -> Path:
    """Write the page of one run, or of several side by side; the file is replaced atomically.

    Names of classes, files and settings are other people's text. They go into the page as JSON without any `<`,
    are put on it as text by its program, and a content security policy lets run only the two programs that are part of
    the page, by their digests, and load nothing from anywhere.
    """
    assets = files("tailprobe.report.page") / "assets"
    parts = [(assets / "program" / f"{name}.js").read_text(encoding="utf-8") for name in _PROGRAM]
    program = '"use strict";\n(() => {\n' + "\n".join(parts) + "})();\n"
    plotly = (assets / "vendor" / "plotly-basic.min.js").read_text(encoding="utf-8")
    template = Environment(undefined=StrictUndefined, autoescape=True).from_string(
        (assets / "report.html").read_text(encoding="utf-8")
    )
    page = template.render(
        title=" and ".join(run.name for run in runs),
        style=(assets / "report.css").read_text(encoding="utf-8"),
        plotly=plotly,
        program=program,
        policy=_policy([plotly, program]),
        data=_json(
            {
                "runs": [content(run, beside=path.absolute().parent) for run in runs],
                "multi_dataset": multi_dataset(runs),
                "terms": json.loads((assets / "terms.json").read_text(encoding="utf-8")),
            }
        ),
    )
    write_text(path, page)
    return path


def _json(data: object) -> str:
    # `<` ends a script element early, and two separators were no white space to JavaScript of old.
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _policy(programs: Sequence[str]) -> str:
    digests = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(program.encode()).digest()).decode()}'" for program in programs
    )
    return (
        f"default-src 'none'; script-src {digests}; style-src 'unsafe-inline'; img-src data: blob:; "
        "base-uri 'none'; form-action 'none'"
    )
