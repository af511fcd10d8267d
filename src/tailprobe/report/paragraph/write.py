"""The paragraph and its references as files."""

from pathlib import Path

from tailprobe.files import make_folder, write_text
from tailprobe.report.paragraph.bibliography import bibliography
from tailprobe.report.paragraph.paragraph import as_latex, as_markdown, cited, methods_paragraph
from tailprobe.runs.run import Run


def write_paragraph(run: Run, folder: Path) -> list[Path]:
    """Write `methods_paragraph.md`, `methods_paragraph.tex` and the `references.bib` that both cite; return the files.

    Raises:
        InputError: the folder cannot be made or written to.
    """
    paragraph = methods_paragraph(run)
    texts = {
        "methods_paragraph.md": as_markdown(paragraph),
        "methods_paragraph.tex": as_latex(paragraph),
        "references.bib": bibliography(cited(paragraph)),
    }
    make_folder(folder)
    for name, text in texts.items():
        write_text(folder / name, text)
    return [folder / name for name in texts]
