"""A study that never ran: seeded results of the tidy table's shape, to draw pictures from."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pytest

from tailprobe.report.figures import Classes, Head

# Planet's own, findings.md.
PLANET = {
    "primary": 37513,
    "clear": 28431,
    "agriculture": 12315,
    "road": 8071,
    "water": 7411,
    "partly_cloudy": 7261,
    "cultivation": 4477,
    "habitation": 3660,
    "haze": 2697,
    "cloudy": 2089,
    "bare_ground": 862,
    "selective_logging": 340,
    "artisinal_mine": 339,
    "blooming": 332,
    "slash_burn": 209,
    "conventional_mine": 100,
    "blow_down": 98,
}
FAMILIES = {"baseline": "baseline", "reweight": "weighting", "undersample": "resampling", "oversample": "resampling"}
PAPER = ("baseline", *(f"reweight({k:g})" for k in (1.5, 2, 2.5, 3, 5, 10)), "undersample(200)", "oversample(30000)")


@dataclass(frozen=True)
class FakeStudy:
    classes: Classes
    methods: tuple[str, ...]
    encoders: dict[str, int]
    seeds: tuple[int, ...]
    results: pd.DataFrame
    histories: pd.DataFrame
    plans: pd.DataFrame
    resampled: dict[str, np.ndarray]
    metric: str = "recall"
    head: Head = field(default_factory=lambda: Head(width=128, dropout=0.2, loss="binary cross-entropy"))

    def arguments(self) -> dict:
        names = ("results", "metric", "encoders", "head", "plans", "resampled", "histories")
        return {name: getattr(self, name) for name in names} | {"methods": self.families}

    @property
    def families(self) -> dict[str, str]:
        return {method: FAMILIES.get(method.partition("(")[0], "loss") for method in self.methods}

    def value(self, method: str, name: str, *, is_group: bool = False) -> np.ndarray:
        """The values of one method and class over seeds, read off the table by hand."""
        table = self.results
        chosen = (
            (table["encoder"] == next(iter(self.encoders)))
            & (table["method"] == method)
            & (table["class_name"] == name)
            & (table["is_group"] == is_group)
            & (table["metric"] == self.metric)
            & (table["part"] == "test")
        )
        return table[chosen].sort_values("seed")["value"].to_numpy()


def fake_classes(counts=None, *, percentile=25.0) -> Classes:
    counts = PLANET if counts is None else counts
    numbers = np.array(list(counts.values()), dtype=np.int64)
    cut = np.percentile(numbers, percentile)
    return Classes(
        names=tuple(counts),
        counts=numbers,
        low_frequency=numbers <= cut,
        support=np.maximum(numbers // 5, 0),
        definition=f"at or below the {percentile:g}th percentile ({cut:,.0f} images)",
    )


def fake_study(classes=None, *, methods=PAPER, encoders=None, seeds=5, absent=(), seed=0) -> FakeStudy:
    """Draw a study whose remedies help rare classes a little, as studies go; `absent` classes have no test image."""
    classes = fake_classes() if classes is None else classes
    encoders = {"resnet18": 512, "clip": 512} if encoders is None else encoders
    generator = np.random.default_rng(seed)
    results, histories, plans = [], [], []
    for encoder in encoders:
        base = np.clip(
            0.08 * np.log(np.maximum(classes.counts, 1)) + generator.normal(0, 0.06, len(classes.names)), 0.02, 0.97
        )
        for s in range(seeds):
            shared = generator.normal(0, 0.5, len(classes.names)) / np.sqrt(np.maximum(classes.support, 1) + 3)
            for method in methods:
                own = (
                    base
                    + shared
                    + _effect(method, classes)
                    + generator.normal(0, 0.2, len(base)) / np.sqrt(classes.support + 3)
                )
                values = np.where([name in absent for name in classes.names], np.nan, np.clip(own, 0, 1))
                results += _rows(encoder, method, s, values, classes)
                histories += _history(encoder, method, s, generator)
    train = classes.counts * 3 // 5
    for method in methods:
        size = {"undersample": 1802, "oversample": 315214}.get(method.partition("(")[0], 24287)
        plans += [(method, s, size, min(size, 24287)) for s in range(seeds)]
    return FakeStudy(
        classes,
        tuple(methods),
        encoders,
        tuple(range(seeds)),
        pd.DataFrame(
            results, columns=["encoder", "method", "seed", "part", "class_name", "metric", "value", "is_group"]
        ),
        pd.DataFrame(
            histories,
            columns=["encoder", "method", "seed", "epoch", "training_loss", "validation_loss", "kept", "converged"],
        ),
        pd.DataFrame(plans, columns=["method", "seed", "rows", "distinct_images"]),
        {method: _reached(method, train) for method in methods},
    )


def _effect(method, classes):
    kind, _, rest = method.partition("(")
    rare = classes.low_frequency
    size = float(rest.rstrip(")")) if rest else 0.0
    gain, loss = {
        "reweight": (0.05 * np.log(max(size, 1)), 0.012 * np.log(max(size, 1))),
        "undersample": (0.06, 0.16),
        "oversample": (0.13, 0.02),
    }.get(kind, (0.0, 0.0))
    return np.where(rare, gain, -loss)


def _rows(encoder, method, seed, values, classes):
    rare = classes.low_frequency
    rows = [(name, value, False) for name, value in zip(classes.names, values, strict=True)]
    for name, group in (("all", rare | True), ("low-frequency", rare), ("remaining", ~rare)):
        known = values[group][~np.isnan(values[group])]
        rows.append((name, known.mean() if len(known) else np.nan, True))
    return [(encoder, method, seed, "test", name, "recall", value, is_group) for name, value, is_group in rows]


def _history(encoder, method, seed, generator):
    epochs = np.arange(1, 21)
    scale = float(method.partition("(")[2].rstrip(")")) ** 0.5 if method.startswith("reweight") else 1.0
    floor = {"undersample": 0.16, "oversample": 0.11}.get(method.partition("(")[0], 0.125) + generator.normal(0, 0.004)
    speed = 9.0 if method.startswith("undersample") else 2.5
    validation = floor + 0.35 * np.exp(-epochs / speed) + generator.normal(0, 0.0015, 20)
    if method.startswith("oversample"):
        validation = validation + 0.0022 * np.maximum(0, epochs - 6)
    training = scale * (0.8 * floor + 0.4 * np.exp(-epochs / speed)) * np.exp(-0.012 * epochs)
    best = int(epochs[np.argmin(validation)])
    return [
        (encoder, method, seed, int(e), float(t), float(v), int(e) == best, best < 20)
        for e, t, v in zip(epochs, training, validation, strict=True)
    ]


def _reached(method, train):
    if method.startswith("undersample"):
        return np.minimum(train, 200) + train // 40
    if method.startswith("oversample"):
        return np.maximum(train, 30000) + train * 8
    return train


@pytest.fixture(scope="session")
def make_classes():
    return fake_classes


@pytest.fixture(scope="session")
def make_study():
    return fake_study


@pytest.fixture(scope="session")
def planet_study():
    return fake_study()
