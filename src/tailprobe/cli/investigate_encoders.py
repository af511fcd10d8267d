"""Investigations of encoders: what they look at, other layers and poolings, several encoders side by side."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tailprobe.cli import options as option
from tailprobe.cli.arguments import Source
from tailprobe.cli.investigated import (
    MEASURED,
    OF_EXECUTION,
    OF_STUDY,
    SEEDS,
    Out,
    asked,
    material_of,
    materials_of,
    write_and_print,
)
from tailprobe.cli.settings import ALL_OF_RECIPE, Given, with_settings
from tailprobe.console import Bars
from tailprobe.errors import InputError
from tailprobe.study.execution import Execution

if TYPE_CHECKING:
    from tailprobe.embeddings.embeddings import Embeddings
    from tailprobe.encoders.encoder import Encoder
    from tailprobe.runs.settings import Study


@with_settings(
    study=(*MEASURED, "methods"),
    recipe=ALL_OF_RECIPE,
    execution=OF_EXECUTION,
    defaults={"seeds": SEEDS, "methods": None},
    texts={"methods": "Methods to compare with, on the first encoder, e.g. 'reweight(5)'. Default: the paper's three."},
)
def layers(
    source: Source,
    given: Given,
    out: Out = None,
    beside: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            help="More precomputed embeddings of the same images, e.g. clip.npz. Repeat for several.",
            rich_help_panel=option.METHODS,
        ),
    ] = None,
    quiet: option.Quiet = False,
) -> None:
    """What other layers, poolings and several encoders side by side gain, compared with the best method.

    `tailprobe investigate layers RUN/study.toml --encoder efficientnet_lite0 --encoder descriptors --out LAYERS`
    """
    from tailprobe.investigate.layers.answer import investigate_layers
    from tailprobe.report.investigations.layers import layers_figure

    study, folder = asked(source, given, out, "layers")
    with Bars(quiet=quiet) as bars:
        material, training, stored = materials_of(_with_layers(study), given, bars)
        for file in beside or ():
            found = _precomputed(study, file, material.embeddings.names)
            if found.encoder in stored:
                raise InputError(f"--beside {file}: there are embeddings called {found.encoder!r}; rename the file")
            stored[found.encoder] = found
        answer = investigate_layers(
            material,
            stored,
            given.study.get("methods", ()),
            training,
            metric=study.metric,
            margin=float(study.margin),
        )
    write_and_print(answer.finding(), {"layers": layers_figure(answer)}, folder, study)


@with_settings(study=(*OF_STUDY, "no_images"), recipe=ALL_OF_RECIPE, execution=OF_EXECUTION, defaults={"seeds": SEEDS})
def explain(
    source: Source,
    given: Given,
    class_name: Annotated[
        str,
        typer.Option(
            "--class", metavar="CLASS", help="The class to look at, e.g. mine.", rich_help_panel=option.DESIGN
        ),
    ],
    out: Out = None,
    images: Annotated[
        int,
        typer.Option(
            metavar="INTEGER", help="Images of the class in each part, at most, e.g. 20.", rich_help_panel=option.DESIGN
        ),
    ] = 24,
    quiet: option.Quiet = False,
) -> None:
    """What encoder and head look at for a class, on training and on test images, and whether the two differ.

    `tailprobe investigate explain RUN --class game_room`
    """
    from tailprobe.investigate.explain.answer import investigate_explain
    from tailprobe.report.investigations.explain import explain_figures

    study, folder = asked(source, given, out, "explain")
    with Bars(quiet=quiet) as bars:
        material, training = material_of(study, given, bars)
        answer = investigate_explain(
            material, _loaded(study), class_name, training, images=images, pictures=not study.no_images
        )
    write_and_print(answer.finding(), explain_figures(answer), folder, study)


@with_settings(study=MEASURED, execution=["engine"], defaults={"seeds": 5})
def encoder(
    source: Source,
    given: Given,
    out: Out = None,
    tuning: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help="last_block, lora or all, e.g. lora. Repeat for several. Default: each.",
            rich_help_panel=option.METHODS,
        ),
    ] = None,
    images: Annotated[
        int,
        typer.Option(
            metavar="INTEGER", help="Images drawn at random, 10 or more of each class, e.g. 1000. 0: all.",
            rich_help_panel=option.DESIGN,
        ),
    ] = 400,
    side: Annotated[
        int,
        typer.Option(
            metavar="PIXELS", help="Images at this height and width, e.g. 96, are quicker. 0: the encoder's.",
            rich_help_panel=option.DESIGN,
        ),
    ] = 0,
    epochs: Annotated[
        int, typer.Option(metavar="INTEGER", help="Epochs of fine-tuning, e.g. 3.", rich_help_panel=option.TRAINING)
    ] = 10,
    quiet: option.Quiet = False,
) -> None:  # fmt: skip
    """What fine-tuning the encoder (last block, LoRA, all weights) gains over the frozen one, on few images.

    `tailprobe investigate encoder RUN --encoder efficientnet_lite0 --images 400 --side 96`
    """
    from tailprobe.engines.choose import choose_engine
    from tailprobe.investigate.encoder.answer import investigate_encoder
    from tailprobe.investigate.encoder.fit import TuningRecipe
    from tailprobe.investigate.encoder.material import tuning_material
    from tailprobe.report.investigations.encoder import encoder_figure
    from tailprobe.study.reading import check, read_images
    from tailprobe.study.seeds import first_seeds

    study, folder = asked(source, given, out, "encoder")
    engine = choose_engine(Execution(**given.execution).engine)
    with Bars(quiet=quiet) as bars:
        collection = check(read_images(study), study, progress=bars)
        material, network, pixels = tuning_material(
            collection, _loaded(study), images=images, side=side, progress=bars,
            seeds=first_seeds(study), split=study.split, first=study.seed, low_frequency=study.low_frequency,
        )  # fmt: skip
        answer = investigate_encoder(
            material, network, pixels, tuning or (), recipe=TuningRecipe(epochs=epochs), metric=study.metric,
            margin=float(study.margin), progress=bars, schedule=engine.fine_tune,
        )  # fmt: skip
    write_and_print(answer.finding(), {"encoder": encoder_figure(answer)}, folder, study)


def _loaded(study: "Study") -> "Encoder":
    """Return the first encoder of a study, in torch."""
    from tailprobe.encoders.load import load_encoder

    name = study.encoders[0]
    return load_encoder(name, weights=Path(study.weights[name]) if name in study.weights else None)


def _with_layers(study: "Study") -> "Study":
    """Return a study with the layers of its encoders as encoders of their own."""
    from tailprobe.embeddings.precomputed.read import holds_embeddings
    from tailprobe.encoders.layer import layers_of
    from tailprobe.encoders.load import load_encoder

    if holds_embeddings(study.source, str(study.reader.get("format", "auto"))):
        return study
    names, weights = list(study.encoders), dict(study.weights)
    for name in study.encoders:
        file = study.weights.get(name)
        found = layers_of(load_encoder(name, weights=Path(file) if file else None))
        names += [layer for layer in found if layer not in names]
        weights |= dict.fromkeys(found, file) if file else {}
    return replace(study, encoders=tuple(names), weights=weights)


def _precomputed(study: "Study", file: Path, names: Sequence[str]) -> "Embeddings":
    """Return embeddings of the study's images from one more file, matched as the study's own are."""
    from tailprobe.embeddings.embeddings import align
    from tailprobe.embeddings.precomputed.read import encoder_name
    from tailprobe.study.embedding import read_precomputed

    other = replace(study, source=str(file), encoders=(encoder_name(file),), weights={}, long_tail=0)
    return align(read_precomputed(other)[0], names)
