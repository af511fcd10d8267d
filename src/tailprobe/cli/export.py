"""`tailprobe export`: a model as one graph for other programs."""

from pathlib import Path
from typing import Annotated

import typer

from tailprobe.cli import options as option
from tailprobe.cli.predict import AllowCode, Model, Weights
from tailprobe.console import print_error, print_text
from tailprobe.errors import InputError


def export(
    model: Model,
    *,
    allow_code: AllowCode = False,
    weights: Weights = None,
    onnx: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write the model as ONNX, e.g. model.onnx (tailprobe[onnx]).",
            rich_help_panel=option.OUTPUT,
        ),
    ] = None,
    program: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write the model as a torch.export program, e.g. model.pt2.",
            rich_help_panel=option.OUTPUT,
        ),
    ] = None,
    int8: Annotated[
        str | None,
        typer.Option(
            metavar="IMAGES",
            help="Quantise the encoder of --onnx to 8 bits on these images, e.g. a folder of 500, and print what "
            "that costs.",
            rich_help_panel=option.OUTPUT,
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Not of this command, e.g. model.onnx.", hidden=True)
    ] = None,
) -> None:
    """Write preprocessing, encoder, head and calibration as one graph: 8-bit images in, probabilities out.

    `tailprobe export MODEL --onnx model.onnx`

    The graph is compared with PyTorch on images of several sizes before the file is written.
    """
    from tailprobe.use.export.int8 import quantise_onnx
    from tailprobe.use.export.onnx_file import export_onnx, export_program
    from tailprobe.use.storage import load_classifier

    if out is not None:
        form = "--program" if out.suffix == ".pt2" else "--onnx"
        raise InputError(f"--out {out}: a file is written by the name of its form; pass {form} {out}")
    if onnx is None and program is None:
        raise InputError("nothing to write: pass --onnx FILE or --program FILE")
    if int8 is not None and onnx is None:
        raise InputError("--int8 is of the ONNX file; pass --onnx FILE too")
    classifier = load_classifier(model, weights=weights, allow_code=allow_code)
    precision = classifier.encoder.identity.get("precision", "float32")
    if precision != "float32":
        print_error(f"warning: tailprobe predict runs the encoder in {precision}, the exported graph in float32")
    if onnx is not None:
        made = export_onnx(classifier, onnx)
        print_text(f"{onnx}: within {made.largest_difference:.1g} of PyTorch on {made.images} images")
    if onnx is not None and int8 is not None:
        for line in quantise_onnx(classifier, onnx, int8).lines():
            print_text(line)
    if program is not None:
        print_text(export_program(classifier, program))
