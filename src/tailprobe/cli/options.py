"""The options of the command, each said once."""

from pathlib import Path
from typing import Annotated

import typer

_DATA, _MODEL, _STUDY, _TRAINING, _RUN = "The images", "Encoders", "The comparison", "Training a head", "The run"

Data = Annotated[
    str,
    typer.Argument(help="Folder, .zip, .tar or table of images, a URL of one, or a study file (.toml)."),
]
Labels = Annotated[
    str | None, typer.Option(help="Table of image names and tags, CSV or Parquet.", rich_help_panel=_DATA)
]
Format = Annotated[
    str, typer.Option(help="auto, table, folder, planet, ade20k, webdataset or embeddings.", rich_help_panel=_DATA)
]
Read = Annotated[
    list[str] | None,
    typer.Option(
        metavar="KEY=VALUE", help="A further option of the reader, e.g. separator=; or top=30.", rich_help_panel=_DATA
    ),
]
Bands = Annotated[
    str | None,
    typer.Option(
        help="rgb, or nrg for near-infrared, red, green; of a GeoTIFF three bands, as B4,B3,B2.", rich_help_panel=_DATA
    ),
]
LongTail = Annotated[
    float,
    typer.Option(metavar="R", help="Thin a balanced set to a tail of this imbalance ratio.", rich_help_panel=_DATA),
]
OnBadImage = Annotated[
    str, typer.Option(help="error, or skip to leave out what cannot be read.", rich_help_panel=_DATA)
]
Encoders = Annotated[
    list[str] | None,
    typer.Option(
        "--encoder",
        help="descriptors (no download), resnet18, clip, or any timm model; may be given again.",
        rich_help_panel=_MODEL,
    ),
]
Weights = Annotated[
    list[str] | None,
    typer.Option(
        metavar="ENCODER=FILE", help="Weights from a local file, safetensors or state dict.", rich_help_panel=_MODEL
    ),
]
Standardise = Annotated[
    str,
    typer.Option(help="Embeddings by the training part: auto (as the encoder asks), yes, no.", rich_help_panel=_MODEL),
]
Methods = Annotated[
    list[str] | None,
    typer.Option(help="Remedies or a set: 'paper', 'reweight(2), oversample(largest)'.", rich_help_panel=_STUDY),
]
Seeds = Annotated[
    int, typer.Option(help="Repeats, each with its own split, initialisation and order.", rich_help_panel=_STUDY)
]
Seed = Annotated[int, typer.Option(help="Seed of the first repeat.", rich_help_panel=_STUDY)]
SplitHow = Annotated[
    str, typer.Option(help="stratified (60-20-20), random, given (by the data), or two-part.", rich_help_panel=_STUDY)
]
LowFrequency = Annotated[
    str,
    typer.Option(
        metavar="RULE",
        help="Which classes are rare: percentile(25), deviation, below(500), fraction(0.1), named(a, b).",
        rich_help_panel=_STUDY,
    ),
]
Epochs = Annotated[int, typer.Option(rich_help_panel=_TRAINING)]
Width = Annotated[int, typer.Option(help="Hidden units.", rich_help_panel=_TRAINING)]
Dropout = Annotated[float, typer.Option(rich_help_panel=_TRAINING)]
LearningRate = Annotated[float, typer.Option(rich_help_panel=_TRAINING)]
BatchSize = Annotated[int, typer.Option(rich_help_panel=_TRAINING)]
WeightDecay = Annotated[float, typer.Option(rich_help_panel=_TRAINING)]
DecayEvery = Annotated[
    int, typer.Option(help="Epochs between steps of the learning rate (x 0.1); 0 for none.", rich_help_panel=_TRAINING)
]
Keep = Annotated[
    str, typer.Option(help="Which epoch is kept: best (validation loss) or last.", rich_help_panel=_TRAINING)
]
Out = Annotated[
    Path, typer.Option(metavar="RUN", help="The run folder, new or of the same study.", rich_help_panel=_RUN)
]
Cache = Annotated[
    Path | None,
    typer.Option(help="Where embeddings are kept; else $TAILPROBE_CACHE or ~/.cache/tailprobe.", rich_help_panel=_RUN),
]
Workers = Annotated[
    int | None, typer.Option(help="Heads trained at once; one a core by default.", rich_help_panel=_RUN)
]
Engine = Annotated[
    str,
    typer.Option(help="Where the work is done: local, or ray, a cluster (tailprobe[ray]).", rich_help_panel=_RUN),
]
Runtime = Annotated[
    str,
    typer.Option(
        help="What runs an encoder: torch, openvino, onnxruntime, or auto, the fastest that is installed.",
        rich_help_panel=_MODEL,
    ),
]
Precision = Annotated[
    str,
    typer.Option(
        help="float32, bfloat16, float16, int8, or auto, the fastest that keeps the numbers.", rich_help_panel=_MODEL
    ),
]
Dtype = Annotated[
    str,
    typer.Option(help="Data type of stored embeddings: float32, or float16 at half the size.", rich_help_panel=_RUN),
]
DryRun = Annotated[
    bool,
    typer.Option(
        "--dry-run", help="Say what would be computed and how long it takes; do nothing.", rich_help_panel=_RUN
    ),
]
Metric = Annotated[
    str,
    typer.Option(
        help="What verdicts are drawn in: average_precision, roc_auc, brier, or recall, precision, f1, f2, ... "
        "@ a rule of --thresholds.",
        rich_help_panel=_STUDY,
    ),
]
Correction = Annotated[
    str, typer.Option(help="For many comparisons: holm or benjamini-hochberg.", rich_help_panel=_STUDY)
]
Thresholds = Annotated[
    str,
    typer.Option(
        metavar="RULES",
        help="From scores to decisions: numbers, tuned, tuned(1), global, cost(10), precision(0.9), authors.",
        rich_help_panel=_STUDY,
    ),
]
Budget = Annotated[
    str,
    typer.Option(
        help="What methods have in common: epochs, as the paper, or updates: as many steps as the baseline.",
        rich_help_panel=_TRAINING,
    ),
]
Track = Annotated[
    list[str] | None,
    typer.Option(
        metavar="TRACKER", help="Log the run to mlflow or tensorboard; may be given again.", rich_help_panel=_RUN
    ),
]
Quiet = Annotated[bool, typer.Option("--quiet", help="Print the result alone.", rich_help_panel=_RUN)]
Smoke = Annotated[
    bool,
    typer.Option(
        "--smoke",
        help="Two seeds, one epoch: see that everything works; the numbers mean nothing.",
        rich_help_panel=_RUN,
    ),
]
Kernel = Annotated[
    str,
    typer.Option(
        help="What trains the heads: auto; bfloat16, quicker where the processor has units for it; cuda, "
        "cuda-bfloat16, avx512, avx2, baseline, torch.",
        rich_help_panel=_RUN,
    ),
]
