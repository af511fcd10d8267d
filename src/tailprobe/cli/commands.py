"""The commands."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tailprobe.callspec import parse_value, split_calls
from tailprobe.cli import options as option
from tailprobe.cli.arguments import numbers_of, pairs_of, reader_of, weights_of
from tailprobe.cli.embed import embed
from tailprobe.cli.inspect import inspect
from tailprobe.cli.show import show_reproduction, show_result
from tailprobe.console import Bars
from tailprobe.errors import InputError

if TYPE_CHECKING:
    from tailprobe.study.computing import Computing
    from tailprobe.study.result import Result
    from tailprobe.study.settings import Option, Study
    from tailprobe.tracking.tracker import Tracker
    from tailprobe.learners.recipe import Recipe

app = typer.Typer(
    name="tailprobe",
    help="Which class-imbalance remedy helps the rare classes of your images?",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)


def main() -> None:
    """Run the command. An error of the user's is one line and exit code 2; any other keeps its traceback."""
    try:
        app()
    except InputError as error:
        print(f"tailprobe: {error}", file=sys.stderr)  # noqa: T201 - this is the command's own output
        sys.exit(2)
    except KeyboardInterrupt:
        print("tailprobe: interrupted; the same command goes on from here", file=sys.stderr)  # noqa: T201
        sys.exit(130)


app.command("inspect")(inspect)
app.command("embed")(embed)


@app.command()
def compare(
    data: option.Data,
    out: option.Out,
    labels: option.Labels = None,
    format: option.Format = "auto",
    read: option.Read = None,
    bands: option.Bands = None,
    long_tail: option.LongTail = 0.0,
    on_bad_image: option.OnBadImage = "error",
    encoder: option.Encoders = None,
    weights: option.Weights = None,
    standardise: option.Standardise = "auto",
    methods: option.Methods = None,
    seeds: option.Seeds = 10,
    seed: option.Seed = 0,
    split: option.SplitHow = "stratified",
    low_frequency: option.LowFrequency = "percentile(25)",
    metric: option.Metric = "average_precision",
    thresholds: option.Thresholds = "0.5, 0.2, tuned",
    correction: option.Correction = "holm",
    budget: option.Budget = "epochs",
    epochs: option.Epochs = 20,
    width: option.Width = 128,
    dropout: option.Dropout = 0.2,
    learning_rate: option.LearningRate = 1e-3,
    batch_size: option.BatchSize = 64,
    weight_decay: option.WeightDecay = 0.0,
    decay_every: option.DecayEvery = 0,
    keep: option.Keep = "best",
    cache: option.Cache = None,
    workers: option.Workers = None,
    kernel: option.Kernel = "auto",
    engine: option.Engine = "local",
    runtime: option.Runtime = "auto",
    precision: option.Precision = "auto",
    dtype: option.Dtype = "float32",
    track: option.Track = None,
    dry_run: option.DryRun = False,
    smoke: option.Smoke = False,
    quiet: option.Quiet = False,
) -> None:
    """Compare remedies on your images: embed once, train every head, say what changed for the rare classes.

    `tailprobe compare IMAGES --labels TABLE --encoder resnet18 --methods paper --out RUN`

    A study file takes the place of all options but those of the run: `tailprobe compare RUN/study.toml --out AGAIN`.
    Killed at any moment, the same command goes on.
    """
    if data.endswith(".toml"):
        from tailprobe.study.settings import read_study

        study = read_study(Path(data))
    else:
        study = _study(
            data,
            reader_of(labels, format, bands, read),
            encoder,
            weights,
            methods=tuple(methods or ["paper"]),
            recipe=_recipe(
                epochs=epochs,
                width=width,
                dropout=dropout,
                learning_rate=learning_rate,
                batch_size=batch_size,
                weight_decay=weight_decay,
                decay_every=decay_every,
                keep=keep,
            ),
            long_tail=long_tail,
            on_bad_image=on_bad_image,
            standardise=standardise,
            seeds=seeds,
            seed=seed,
            split=split,
            low_frequency=low_frequency,
            metric=metric,
            thresholds=tuple(split_calls(thresholds)),
            correction=correction,
            budget=budget,
        )
    computing = _computing(
        cache=cache,
        workers=workers,
        kernel=kernel,
        engine=engine,
        runtime=runtime,
        precision=precision,
        dtype=dtype,
    )
    study = _smoked(study) if smoke else study
    trackers = _trackers(track)
    if dry_run:
        _say_what_would_be_done(study, computing, quiet=quiet)
    else:
        _track(_run(study, out, computing, quiet=quiet), trackers)


@app.command()
def demo(
    out: option.Out = Path("demo"),
    tiles: Annotated[int, typer.Option(help="Tiles to draw.")] = 3000,
    seeds: option.Seeds = 5,
    seed: option.Seed = 0,
    metric: option.Metric = "average_precision",
    smoke: option.Smoke = False,
    quiet: option.Quiet = False,
) -> None:
    """Draw a long-tailed sample in Planet's format and run the main job on it; no download, no account."""
    from tailprobe.demo import draw_sample
    from tailprobe.study.settings import Study

    with Bars(quiet=quiet) as bars:
        folder = draw_sample(out / "data", tiles=min(tiles, 200) if smoke else tiles, seed=seed, progress=bars)
    study = Study(source=str(folder.resolve()), reader={"format": "planet"}, seeds=seeds, seed=seed, metric=metric)
    _run(_smoked(study) if smoke else study, out / "run", _computing(cache=out / "cache"), quiet=quiet)


@app.command()
def reproduce(
    dataset: Annotated[str, typer.Argument(help="planet or ade20k.")],
    data: Annotated[Path, typer.Argument(metavar="DIR", help="The data in their official layout.")],
    out: option.Out,
    preset: Annotated[
        str, typer.Option(help="paper-text, what the paper says, or paper-code, what the authors' runs did.")
    ] = "paper-text",
    encoder: option.Encoders = None,
    weights: option.Weights = None,
    read: option.Read = None,
    seeds: option.Seeds = 10,
    seed: option.Seed = 0,
    cache: option.Cache = None,
    workers: option.Workers = None,
    metric: Annotated[
        str | None, typer.Option(help="The metric of the table; recall at the preset's threshold by default.")
    ] = None,
    smoke: option.Smoke = False,
    quiet: option.Quiet = False,
) -> None:
    """Run the paper's own study and say how close the result is."""
    from tailprobe.study.reproduction import MEANING
    from tailprobe.study.reproduction import preset as study_of

    study = study_of(
        dataset,
        preset,
        data,
        encoders=tuple(encoder or ()),
        weights=weights_of(weights),
        seeds=seeds,
        seed=seed,
        reader={key: parse_value(value) for key, value in pairs_of(read, "--read").items()},
    )
    if not quiet:
        typer.echo(f"{dataset}, {preset}: {MEANING[dataset, preset]}.", err=True)
    metric = metric or f"recall@{'authors' if 'authors' in study.thresholds else '0.5'}"
    computing = _computing(cache=cache, workers=workers)
    result = _run(_smoked(study) if smoke else study, out, computing, metric=metric, quiet=quiet)
    show_reproduction(dataset, result)


@app.command()
def search(
    data: option.Data,
    out: option.Out,
    labels: option.Labels = None,
    format: option.Format = "auto",
    read: option.Read = None,
    bands: option.Bands = None,
    long_tail: option.LongTail = 0.0,
    on_bad_image: option.OnBadImage = "error",
    encoder: option.Encoders = None,
    weights: option.Weights = None,
    standardise: option.Standardise = "auto",
    seeds: option.Seeds = 3,
    seed: option.Seed = 0,
    split: option.SplitHow = "stratified",
    epochs: option.Epochs = 20,
    learning_rates: Annotated[str, typer.Option(help="Values tried.")] = "0.0001, 0.0003, 0.001, 0.003",
    batch_sizes: Annotated[str, typer.Option(help="Values tried.")] = "64, 256",
    dropouts: Annotated[str, typer.Option(help="Values tried.")] = "0, 0.2, 0.5",
    widths: Annotated[str, typer.Option(help="Values tried.")] = "128, 512",
    cache: option.Cache = None,
    workers: option.Workers = None,
    quiet: option.Quiet = False,
) -> None:
    """Search learning rate, batch size, dropout and width for the baseline, on the validation part alone.

    Leaves `search.parquet` and, for each encoder, its best recipe as a study file to hand to `compare`.
    """
    from tailprobe.study.tuning import run_search
    from tailprobe.training.search import SearchSpace

    space = SearchSpace(
        learning_rate=numbers_of(learning_rates, "--learning-rates"),
        batch_size=tuple(int(b) for b in numbers_of(batch_sizes, "--batch-sizes")),
        dropout=numbers_of(dropouts, "--dropouts"),
        width=tuple(int(w) for w in numbers_of(widths, "--widths")),
    )
    study = _study(
        data,
        reader_of(labels, format, bands, read),
        encoder,
        weights,
        recipe=_recipe(epochs=epochs),
        long_tail=long_tail,
        on_bad_image=on_bad_image,
        standardise=standardise,
        seeds=seeds,
        seed=seed,
        split=split,
    )
    with Bars(quiet=quiet) as bars:
        table = run_search(study, space, out, _computing(cache=cache, workers=workers), progress=bars, tell=bars.tell)
    typer.echo(table.groupby("encoder", sort=False).head(5).to_string(index=False))


@app.command()
def report(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Run folders; several stand on one page.")],
    out: Annotated[Path | None, typer.Option(help="The page; RUN/report.html of the first by default.")] = None,
    open_page: Annotated[bool, typer.Option("--open", help="Show it in the browser.")] = False,
    track: option.Track = None,
) -> None:
    """Write the page of a run again, or one page of several runs, with its pictures beside it in PAGE_figures/."""
    from tailprobe.study.reporting import write_report, write_several
    from tailprobe.study.result import Result

    trackers = _trackers(track)
    results = [Result.load(run) for run in runs]
    page = write_report(results, out)
    if len(results) > 1:
        write_several(results, page)
    typer.echo(page)
    for result in results:
        _track(result, trackers)
    if open_page:
        typer.launch(str(page))


@app.command()
def methods() -> None:
    """List the remedies, their arguments, and the sets of them."""
    from tailprobe.methods.lookup import describe_method
    from tailprobe.methods.method import METHOD_SETS, METHODS

    for name in METHODS.names():
        typer.echo(describe_method(name))
    for name, members in METHOD_SETS.items():
        typer.echo(f"{name} = {', '.join(members)}")


def _run(study: "Study", out: Path, computing: "Computing", *, quiet: bool, metric: str | None = None) -> "Result":
    from tailprobe.study.run import run_study

    with Bars(quiet=quiet) as bars:
        result = run_study(study, out, computing, progress=bars, tell=bars.tell)
    show_result(result, metric or study.metric)
    return result


def _trackers(names: list[str] | None) -> "list[Tracker]":
    """Return the trackers asked for, each of them reached."""
    from tailprobe.tracking.tracker import choose_tracker

    trackers = [choose_tracker(name) for name in dict.fromkeys(names or [])]
    for tracker in trackers:
        tracker.check()
    return trackers


def _track(result: "Result", trackers: "list[Tracker]") -> None:
    for tracker in trackers:
        typer.echo(tracker.track(result))


def _say_what_would_be_done(study: "Study", computing: "Computing", *, quiet: bool) -> None:
    from tailprobe.study.dry_run import dry_run_study

    with Bars(quiet=quiet) as bars:
        lines = dry_run_study(study, computing, tell=bars.tell)
    for line in lines:
        typer.echo(line)


def _smoked(study: "Study") -> "Study":
    return replace(study, seeds=min(study.seeds, 2), recipe=replace(study.recipe, epochs=1))


def _computing(*, cache: Path | None, **given: Any) -> "Computing":  # noqa: ANN401 - the fields of Computing
    from tailprobe.study.computing import Computing, default_cache

    return Computing(cache=cache or default_cache(), **given)


def _study(
    data: str,
    reader: dict[str, "Option"],
    encoder: list[str] | None,
    weights: list[str] | None,
    **settings: Any,  # noqa: ANN401 - the fields of Study
) -> "Study":
    from tailprobe.datasets.storage.url import absolute
    from tailprobe.study.settings import Study, default_encoders

    source = absolute(data)
    encoders = tuple(encoder or default_encoders(source, str(reader["format"])))
    return Study(source=source, reader=reader, encoders=encoders, weights=weights_of(weights), **settings)


def _recipe(**settings: Any) -> "Recipe":  # noqa: ANN401 - the fields of Recipe
    from tailprobe.learners.recipe import Recipe

    return Recipe(**settings)
