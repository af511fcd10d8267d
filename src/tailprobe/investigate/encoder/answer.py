"""`encoder` answered: what fine-tuning gains over the frozen encoder, under the same splits and tests."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from tailprobe.encoders.timm_encoder import TimmEncoder
from tailprobe.groups import LOW_FREQUENCY, REMAINING
from tailprobe.investigate.encoder.fit import FROZEN, Pixels, TuningRecipe
from tailprobe.investigate.encoder.tasks import FineTuneAll, TuningData, TuningTask, fine_tune_all
from tailprobe.investigate.encoder.tuning import TUNINGS
from tailprobe.investigate.finding import Finding
from tailprobe.investigate.paired import GROUPS, Differences, compare_cases, group_masks
from tailprobe.investigate.trials import Material, Tested, measure
from tailprobe.progress import Progress, silent
from tailprobe.scores.metric import default_margin, metric_title

QUESTION = (
    "Our model architectures used CLIP and ResNet-18 encoders pretrained on ImageNet. Satellite imagery comes from a "
    "starkly different domain than ImageNet, so one potential improvement would be to train the encoders. (Panigrahi "
    "and Zhu, section 6)"
)


@dataclass(frozen=True, eq=False)
class EncoderAnswer:
    """What `encoder` found, for the figure; `finding` says it in words."""

    metric: str
    margin: float
    seeds: int
    images: int
    encoder: str
    side: tuple[int, int]  # pixels that the network sees
    recipe: TuningRecipe
    tunings: tuple[str, ...]
    groups: Mapping[str, Differences]  # by group of `GROUPS`: of the tunings from frozen

    def finding(self) -> Finding:
        """Return words and tables."""
        title = "What fine-tuning the encoder gains"
        return Finding("encoder", title, QUESTION, tuple(_sentences(self)), _how(self), {"encoder": _table(self)})


def investigate_encoder(
    material: Material,
    encoder: TimmEncoder,
    pixels: Pixels,
    tunings: Sequence[str] = (),
    *,
    recipe: TuningRecipe | None = None,
    metric: str = "average_precision",
    margin: float | None = None,
    progress: Progress = silent,
    schedule: FineTuneAll = fine_tune_all,
) -> EncoderAnswer:
    """Fine-tune an encoder under every seed and compare it with itself frozen.

    Args:
        material: the collection; as `tuning_material` gives it.
        encoder: as `tuning_material` gives it.
        tunings: names of `TUNINGS`; none for all of them.
        schedule: runs the fine-tunings, such as an engine's `fine_tune`.

    Raises:
        InputError: an unknown tuning, or a network that it does not fit.
    """
    names, used = tuple(tunings or TUNINGS.names()), recipe or TuningRecipe()
    for name in names:
        TUNINGS.get(name)  # an unknown one is refused before the first is run
    cases = (FROZEN, *names)
    data = TuningData(
        encoder.network, pixels, np.asarray(material.embeddings.vectors, np.float32), material.splits, used
    )
    tested = _run(data, [TuningTask(name, seed) for seed in material.splits for name in cases], schedule, progress)
    results = {
        name: [measure(material, tested[TuningTask(name, seed)], metric) for seed in material.splits] for name in cases
    }
    found = compare_cases(results, names, FROZEN, group_masks(material), metric=metric)
    return EncoderAnswer(
        metric,
        default_margin(metric) if margin is None else margin,
        len(material.splits),
        len(material.images),
        encoder.name,
        encoder.preprocessing.crop,
        used,
        names,
        dict(zip(GROUPS, found, strict=True)),
    )


def _run(
    data: TuningData, tasks: Sequence[TuningTask], schedule: FineTuneAll, progress: Progress
) -> dict[TuningTask, Tested[str]]:
    found: dict[TuningTask, Tested[str]] = {}
    progress("fine-tune", 0, len(tasks))
    for task, held in schedule(data, tasks):
        found[task] = Tested(task.tuning, task.seed, *held, steps=0)
        progress("fine-tune", len(found), len(tasks))
    return found


def _sentences(answer: EncoderAnswer) -> Iterator[str]:
    title = metric_title(answer.metric)
    for group in (LOW_FREQUENCY, REMAINING):
        found = answer.groups[group]
        low, high = found.together.band()
        detectable = _detectable(found)
        for i, name in enumerate(answer.tunings):
            yield (
                f"{name}, {group} classes: {title} {found.levels[i]:.3f} in place of {found.reference:.3f} frozen, "
                f"{found.mean[i]:+.3f} (95% simultaneous interval {low[i]:+.3f} to {high[i]:+.3f}): "
                f"{_word(float(low[i]), float(high[i]), answer.margin)}; a difference of {detectable[i]:.3f} would be "
                "seen with 80% power."
            )


def _word(low: float, high: float, margin: float) -> str:
    if -margin < low and high < margin:
        return "no relevant difference"
    if low > 0:
        return "fine-tuning is worth it" if low > margin else "fine-tuning is better"
    return "fine-tuning is worse" if high < 0 else "open"


def _detectable(found: Differences) -> np.ndarray:
    together = found.together
    return np.asarray(together.estimate.minimum_detectable_effect(level=together.critical_level))


def _how(answer: EncoderAnswer) -> tuple[str, ...]:
    recipe = answer.recipe
    return (
        f"{answer.encoder} on {answer.images:,} images of {answer.side[0]} x {answer.side[1]} pixels, {answer.seeds} "
        "seeds, the splits of a study. A linear head is trained on the frozen features first, then encoder and head "
        f"together for {recipe.epochs} epochs; the epoch is chosen by the validation part, not fine-tuning at all "
        "included.",
        "last_block trains the last block and what comes after it, lora a matrix of rank 4 added to the weight of each "
        "linear layer and 1 x 1 convolution, all every weight; statistics of batch normalisation stay.",
        f"Adam, binary cross-entropy, rates {recipe.encoder_rate:g} for the encoder's own weights, "
        f"{recipe.added_rate:g} for LoRA's and {recipe.head_rate:g} for the head; no augmentation, as heads have none.",
        "Intervals hold for all ways of fine-tuning at once (95%).",
    )


def _table(answer: EncoderAnswer) -> pd.DataFrame:
    frames = []
    for group, found in answer.groups.items():
        low, high = found.together.band()
        frames.append(
            pd.DataFrame(
                {
                    "tuning": answer.tunings,
                    "group": group,
                    "metric": answer.metric,
                    "frozen": found.reference,
                    "value": found.levels,
                    "difference": found.mean,
                    "simultaneous_low": low,
                    "simultaneous_high": high,
                    "minimum_detectable_effect": _detectable(found),
                    "verdict": [_word(float(a), float(b), answer.margin) for a, b in zip(low, high, strict=True)],
                }
            )
        )
    return pd.concat(frames, ignore_index=True)
