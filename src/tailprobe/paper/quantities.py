"""How the paper's results are measured: the threshold of a preset, and the quantity that its figures show."""

from collections.abc import Sequence


def decision_rule(thresholds: Sequence[str]) -> str:
    """Return the threshold at which a preset's recall is read: the authors' if it has it, else 0.5.

    >>> decision_rule(("0.5", "0.2", "tuned")), decision_rule(("0.5", "authors"))
    ('0.5', 'authors')
    """
    return "authors" if "authors" in thresholds else "0.5"


def paper_quantity(thresholds: Sequence[str]) -> str:
    """Return the metric that the paper's Figures 9 to 14 show as "accuracy".

    Of `paper-code` it is what the authors' notebooks computed, the share of images predicted negative; of `paper-text`
    recall, as the text says of no other quantity that could move as it describes.

    >>> paper_quantity(("0.5", "0.2", "tuned")), paper_quantity(("0.5", "authors"))
    ('recall@0.5', 'predicted_negative_rate@authors')
    """
    rule = decision_rule(thresholds)
    return f"predicted_negative_rate@{rule}" if rule == "authors" else f"recall@{rule}"
