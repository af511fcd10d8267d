"""`tailprobe search`: find the recipe with the best result on the validation part."""

from typing import Annotated, Any

import typer

from tailprobe.binding import coerce
from tailprobe.cli import options as option
from tailprobe.cli.arguments import Source
from tailprobe.cli.settings import ALL_OF_EXECUTION, ALL_OF_RECIPE, Given, with_settings
from tailprobe.cli.studies import study_of
from tailprobe.console import Bars, print_text
from tailprobe.learners.recipe import Recipe
from tailprobe.setting import settings_of
from tailprobe.study.execution import Execution

_SEARCHED = ("learning_rate", "batch_size", "dropout", "width")
_FIXED = tuple(name for name in ALL_OF_RECIPE if name not in _SEARCHED)
_STUDY = (
    *("long_tail", "on_bad_image", "encoders", "weights", "standardise", "low_frequency"),
    *("methods", "budget", "seeds", "seed", "split", "group_column"),
)


def _values(what: str, example: str) -> Any:  # noqa: ANN401 - an option of Typer's
    text = f"{what} to try, separated by commas, e.g. '{example}'."
    return typer.Option(help=text, metavar="VALUES", rich_help_panel=option.TRAINING)


@with_settings(
    study=_STUDY,
    recipe=_FIXED,
    execution=ALL_OF_EXECUTION,
    defaults={"seeds": 3, "split": "stratified"},
)
def search(
    source: Source,
    out: option.Out,
    given: Given,
    learning_rates: Annotated[str, _values("Learning rates", "0.001, 0.01")] = "0.0001, 0.0003, 0.001, 0.003",
    batch_sizes: Annotated[str, _values("Batch sizes", "32, 128")] = "64, 256",
    dropouts: Annotated[str, _values("Dropout shares", "0, 0.3")] = "0, 0.2, 0.5",
    widths: Annotated[str, _values("Numbers of hidden units", "64, 1024")] = "128, 512",
    trials: Annotated[
        int,
        typer.Option(
            min=1,
            help="Combinations of these values to try for each method, the same ones for all, e.g. 48.",
            rich_help_panel=option.TRAINING,
        ),
    ] = 20,
    quiet: option.Quiet = False,
) -> None:
    """Search learning rate, batch size, dropout and width for every method, with the same number of trials each.

    Methods are trained and judged within the training part, by --select, so that neither validation nor test images
    choose. Writes `search.parquet` and, for each encoder, a study file for `compare` in which each method has its best
    recipe: `tailprobe search IMAGES --labels TABLE --encoder resnet18 --methods paper --out SEARCH`
    """
    from tailprobe.study.tuning import run_search
    from tailprobe.training.search import SearchSpace

    space = SearchSpace(
        learning_rate=_tried("learning_rate", learning_rates, "--learning-rates"),
        batch_size=_tried("batch_size", batch_sizes, "--batch-sizes"),
        dropout=_tried("dropout", dropouts, "--dropouts"),
        width=_tried("width", widths, "--widths"),
        trials=trials,
    )
    study = study_of(source, given)
    with Bars(quiet=quiet) as bars:
        table = run_search(study, space, out, Execution(**given.execution), progress=bars)
    print_text(table.groupby(["encoder", "method"], sort=False).head(1).to_string(index=False))


def _tried(name: str, text: str, where: str) -> tuple[Any, ...]:
    """Return the values to try for a field of the recipe, each checked against its range."""
    known = settings_of(Recipe)[name]
    return tuple(known.read(value, where=where) for value in coerce(text, tuple[str, ...], where=where))
