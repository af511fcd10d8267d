"""Sets of methods under one name."""

from tailprobe.methods.method import METHOD_SETS

_FACTORS = ("1.5", "2", "2.5", "3", "5", "10")
_REWEIGHTING = ("baseline", *(f"reweight({k})" for k in _FACTORS))

# The paper's nine settings. The two thresholds are rules, so that they fit any dataset; the paper's own counts are in
# the sets that carry the dataset's name.
METHOD_SETS["paper"] = (*_REWEIGHTING, "undersample(low-frequency)", "oversample(largest)")
METHOD_SETS["paper-planet"] = (*_REWEIGHTING, "undersample(200)", "oversample(30000)")
METHOD_SETS["paper-ade20k"] = (*_REWEIGHTING, "undersample(98)", "oversample(2241)")
METHOD_SETS["paper-ade20k-code"] = (
    "baseline",
    *(f"reweight({k}, scope=batch)" for k in _FACTORS),
    "undersample(98, replacement=yes)",
    "oversample(2241)",
)
