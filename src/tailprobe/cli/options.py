"""Options that are not settings of a study, recipe or execution; `cli.settings` makes those."""

from pathlib import Path
from typing import Annotated, get_args

import typer

from tailprobe.setting import Group

GROUPS: tuple[Group, ...] = get_args(Group)  # in the order in which a user sets them
DATA, LABELS, METHODS, DESIGN, TRAINING, EXECUTION, OUTPUT = GROUPS

FLAG = " "  # a flag takes no value: Typer would show <bool> as its metavar

Data = Annotated[
    str,
    typer.Argument(
        metavar="DATA",
        help="Folder, .zip, .tar or table of images, a URL of one, a file of precomputed embeddings, or a study file "
        "(.toml).",
    ),
]
Labels = Annotated[
    str | None,
    typer.Option(
        metavar="TABLE",
        help="Table of image names and labels: CSV, Parquet, JSON, Excel, COCO; e.g. labels.csv.",
        rich_help_panel=DATA,
    ),
]
Format = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        help="auto (by what is there), table, folder, metadata, voc, planet, ade20k, webdataset, hugging-face, images "
        "(without labels) or embeddings; e.g. voc. Default: auto.",
        show_default=False,
        rich_help_panel=DATA,
    ),
]
Read = Annotated[
    list[str] | None,
    typer.Option(
        metavar="KEY=VALUE",
        help="An option of a single format, e.g. top=30 of ade20k or label_in=cls of webdataset. Repeat for several.",
        rich_help_panel=DATA,
    ),
]
Bands = Annotated[
    str | None,
    typer.Option(
        metavar="BANDS",
        help="rgb, nrg (near-infrared, red, green), rgbn (all four; each encoder takes its own), or three bands of a "
        "GeoTIFF, e.g. B4,B3,B2.",
        rich_help_panel=DATA,
    ),
]
AllowCode = Annotated[
    bool,
    typer.Option(
        "--allow-code",
        metavar=FLAG,
        help="Import and run the code that a study file names (package.module:name).",
        rich_help_panel=DATA,
    ),
]
Out = Annotated[
    Path,
    typer.Option(
        metavar="RUN", help="The run folder, e.g. runs/mines: a new one, or one to resume.", rich_help_panel=OUTPUT
    ),
]
Track = Annotated[
    list[str] | None,
    typer.Option(
        "--track",
        metavar="TRACKER",
        help="Log the run to mlflow or tensorboard, e.g. mlflow. Repeat for both.",
        rich_help_panel=OUTPUT,
    ),
]
DryRun = Annotated[
    bool,
    typer.Option(
        "--dry-run",
        metavar=FLAG,
        help="Print what would be computed and how long it would take; compute nothing.",
        rich_help_panel=OUTPUT,
    ),
]
Before = Annotated[
    Path | None,
    typer.Option(
        metavar="RUN",
        help="An earlier run on fewer labels, e.g. runs/before: show what the new ones changed.",
        rich_help_panel=OUTPUT,
    ),
]
Smoke = Annotated[
    bool,
    typer.Option(
        "--smoke",
        metavar=FLAG,
        help="Two seeds (five where rotated) and one epoch, to see that everything works; the results mean nothing.",
        rich_help_panel=OUTPUT,
    ),
]
Quiet = Annotated[bool, typer.Option("--quiet", metavar=FLAG, help="Print only the result.", rich_help_panel=OUTPUT)]
Aims = Annotated[
    list[str] | None,
    typer.Option(
        "--aim",
        metavar="AIM",
        help="What decisions are for, e.g. recall=0.9; precision=0.8, f2, cost=10 (of a missed image, in false "
        "alarms) or "
        "top=100 images; for a single class, CLASS:recall=0.9. Repeat for several.",
        rich_help_panel=OUTPUT,
    ),
]
