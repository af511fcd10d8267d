"""Presets: lists of methods under one name."""

_FACTORS = ("1.5", "2", "2.5", "3", "5", "10")
_REWEIGHTING = ("baseline", *(f"reweight({k})" for k in _FACTORS))

# The paper's nine settings. The two counts are rules, so that they fit any dataset; the paper's own counts are in the
# presets that carry the dataset's name.
_PAPER = (*_REWEIGHTING, "undersample(low-frequency)", "oversample(largest)")

PRESETS: dict[str, tuple[str, ...]] = {
    # What is compared if no methods are named: the paper's, and the one that needs no training, the baseline with
    # another threshold. `paper` leaves it out.
    "default": (*_PAPER, "move_threshold"),
    # One or two of each family that take little time and are defined for both kinds of labels.
    "recommended": (
        *("reweight(2)", "effective_number(0.999)", "undersample(low-frequency)", "oversample(largest)"),
        *("class_balanced", "focal(2)", "logit_adjusted_bce(1)", "drs(0.8)", "move_threshold", "temperature_scaling"),
        *("logistic", "under_bagging(5)", "ensemble(5)"),
    ),
    "paper": _PAPER,
    "paper-planet": (*_REWEIGHTING, "undersample(200)", "oversample(30000)"),
    "paper-ade20k": (*_REWEIGHTING, "undersample(98)", "oversample(2241)"),
    "paper-ade20k-code": (
        "baseline",
        *(f"reweight({k}, scope=batch)" for k in _FACTORS),
        "undersample(98, replacement=true)",
        "oversample(2241)",
    ),
}

# How `all` and `family(...)` call methods that have arguments without a default.
CALLS: dict[str, str] = {
    "recipe": "recipe(0.003)",
    "reweight": "reweight(2)",
    "oversample": "oversample(largest)",
    "undersample": "undersample(low-frequency)",
}
