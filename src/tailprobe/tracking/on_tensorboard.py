"""Runs as TensorBoard event files, in the run folder."""

import shutil
from pathlib import Path

import numpy as np
from PIL import Image
from torch.utils.tensorboard import SummaryWriter

from tailprobe.errors import InputError
from tailprobe.runs.run import Run
from tailprobe.tracking.names import safe_names
from tailprobe.tracking.series import MetricSeries, metric_series

_EVENTS = "events.out.tfevents."  # how every event file's name begins


class TensorboardTracker:
    """Writes RUN/tensorboard: settings, recommendation and figures, and one folder per method and encoder."""

    name = "tensorboard"

    def check(self) -> None:
        """Do nothing: there is no server."""

    def track(self, result: Run) -> str:
        """Write the event files of a run; those of an earlier call are replaced when all new ones are written.

        Raises:
            InputError: RUN/tensorboard holds files that are not event files.
        """
        folder, partial = result.folder.path / "tensorboard", result.folder.path / ".tensorboard.partial"
        if folder.exists():
            _check_ours(folder)
        shutil.rmtree(partial, ignore_errors=True)
        _write_about(result, partial)
        found = metric_series(result)
        places = safe_names(f"{series.encoder} {series.method}" for series in found)
        for series in found:
            _write_series(series, partial / places[f"{series.encoder} {series.method}"])
        shutil.rmtree(folder, ignore_errors=True)
        partial.rename(folder)
        return f"TensorBoard: tensorboard --logdir {folder}"


def _check_ours(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_file() and not path.name.startswith(_EVENTS):
            raise InputError(f"{path} is not an event file; move it elsewhere, so that {folder} can be replaced")


def _write_about(result: Run, folder: Path) -> None:
    with SummaryWriter(str(folder)) as writer:
        settings = result.folder.study.read_text(encoding="utf-8")
        writer.add_text("settings", "".join(f"    {line}\n" for line in settings.splitlines()))  # Markdown's code block
        if result.conclusion is not None:
            writer.add_text("recommendation", result.conclusion.text)
        for path in sorted(result.folder.figures.glob("*.png")):
            with Image.open(path) as picture:
                writer.add_image(path.stem, np.asarray(picture.convert("RGB")), dataformats="HWC")


def _write_series(series: MetricSeries, folder: Path) -> None:
    with SummaryWriter(str(folder)) as writer:
        for name, by_seed in series.scores.items():
            for seed, value in by_seed.items():
                writer.add_scalar(name, value, global_step=seed)
        for name, by_epoch in series.losses.items():
            for epoch, value in enumerate(by_epoch, start=1):
                writer.add_scalar(name, value, global_step=epoch)
