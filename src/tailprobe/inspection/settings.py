"""Settings of an inspection, defined once for the command line and Python."""

from dataclasses import dataclass

from tailprobe.setting import Range, setting


@dataclass(frozen=True)
class InspectionSettings:
    """What an inspection looks for."""

    low_frequency: tuple[str, ...] = setting(
        ("percentile(25)", "deviation(1)", "below(100)", "fraction(0.1)"),
        help="Definitions of the low-frequency classes to show side by side, e.g. 'below(50), fraction(0.1)'.",
        group="Design",
        metavar="RULES",
        range=Range(bool, "at least one"),
        calls=True,
    )
    threshold: float = setting(
        0.99,
        help="Cosine similarity from which two images are near duplicates, e.g. 0.95.",
        group="Design",
        range=Range(lambda cosine: 0 < cosine <= 1, "above 0, up to 1"),
    )
