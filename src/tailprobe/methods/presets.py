"""Presets: lists of methods under one name."""

_FACTORS = ("1.5", "2", "2.5", "3", "5", "10")
_REWEIGHTING = ("baseline", *(f"reweight({k})" for k in _FACTORS))

# The paper's nine settings. The two counts are rules, so that they fit any dataset; the paper's own counts are in the
# presets that carry the dataset's name.
PRESETS: dict[str, tuple[str, ...]] = {
    "paper": (*_REWEIGHTING, "undersample(low-frequency)", "oversample(largest)"),
    "paper-planet": (*_REWEIGHTING, "undersample(200)", "oversample(30000)"),
    "paper-ade20k": (*_REWEIGHTING, "undersample(98)", "oversample(2241)"),
    "paper-ade20k-code": (
        "baseline",
        *(f"reweight({k}, scope=batch)" for k in _FACTORS),
        "undersample(98, replacement=true)",
        "oversample(2241)",
    ),
}
