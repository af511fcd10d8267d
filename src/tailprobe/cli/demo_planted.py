"""`tailprobe demo --planted`: a study and investigations of embeddings in which effects of known size are planted."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tailprobe.cli.investigated import draw_run_page
from tailprobe.cli.studies import run_and_show
from tailprobe.console import Bars, Terminal, print_text
from tailprobe.runs.settings import Study
from tailprobe.study.execution import Execution

if TYPE_CHECKING:
    from collections.abc import Callable

    from tailprobe.investigate.planted import Found
    from tailprobe.investigate.trials import Material
    from tailprobe.progress import Progress
    from tailprobe.report.investigations.write import Figures


def planted_study(folder: Path, settings: Mapping[str, Any]) -> Study:
    """Write the planted sample as a file of embeddings with labels, and return its study."""
    from tailprobe.embeddings.export import export_embeddings
    from tailprobe.investigate.planted import PLANT, RARE, RECIPE, planted_sample

    embeddings, images = planted_sample(PLANT, seed=settings.get("seed", Study.seed))
    folder.mkdir(parents=True, exist_ok=True)
    file = export_embeddings(embeddings, folder / "planted.npz", images=images, overwrite=True)
    low_frequency = f"named({RARE})"
    return Study(
        source=str(file.resolve()), encoders=(embeddings.encoder,), standardise=True, low_frequency=low_frequency,
        recipe=RECIPE, **settings,
    )  # fmt: skip


def run_planted(study: Study, out: Path, execution: Execution, *, quiet: bool) -> None:
    """Run the study and the investigations, and print what is planted beside what they find."""
    from rich.table import Table

    from tailprobe.runs.folder import RunFolder

    run_and_show(study, out, execution, quiet=quiet)
    table = Table("investigate", "planted", "found", "found where nothing is planted", show_lines=True)
    with Bars(quiet=quiet) as bars:
        for row in _investigated(study, out / "investigations", bars):
            table.add_row(*row)
        draw_run_page(RunFolder(out))
    Terminal().print(table)
    print_text(f"Its pages: {out / 'investigations'}; the study's page links to them.")


def _investigated(study: Study, out: Path, progress: "Progress") -> Iterator[tuple[str, str, str, str]]:
    """Write the page of each investigation of the planted sample, and yield its row of the table."""
    from tailprobe.demo.planted import Plant
    from tailprobe.investigate import planted as of
    from tailprobe.investigate.trials import Training
    from tailprobe.report.investigations.cues import cues_figures
    from tailprobe.report.investigations.redundancy import redundancy_figure
    from tailprobe.report.investigations.size import size_figure
    from tailprobe.report.investigations.write import write_finding
    from tailprobe.study.seeds import first_seeds

    seeds, training = first_seeds(study), Training(study.recipe, progress=progress)
    sample, nothing = (of.planted_material(plant, seed=study.seed, seeds=seeds) for plant in (of.PLANT, Plant()))
    planted = of.describe_plant(sample)
    searches: tuple[tuple[str, Callable[[Material, Training], Found[Any]], Callable[[Any], Figures]], ...] = (
        ("redundancy", of.find_redundancy, lambda answer: {"redundancy": redundancy_figure(answer)}),
        ("cues", of.find_cue, cues_figures),
        ("size", of.find_threshold, lambda answer: {"size": size_figure(answer)}),
    )
    for name, search, figures in searches:
        found = search(sample, training)
        if found.answer is not None:
            write_finding(found.answer.finding(), figures(found.answer), out / name, source=study.source)
        yield name, planted[name], found.text, search(nothing, training).text
