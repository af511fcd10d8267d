"""The tables of the leaderboard, from what was collected."""

import numpy as np
import pandas as pd

from benchmarks.leaderboard.collect import MAIN, column
from benchmarks.leaderboard.ranks import rank_across, seed_values
from tailprobe.comparison.aspects import ASPECTS, BETTER, WORSE
from tailprobe.groups import ALL

ARGMAX, RANKED = column("argmax_recall", ALL), column("average_precision", ALL)
IMPROVES, EQUAL, WORSENS, OPEN = "improves", "practically equal", "worsens", "open"
_SAME = ("practically equal", "identical ranking", "no-op")
SINGLE_LABEL = "eurosat-"  # how the names of single-label sets begin


def studies(methods: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each study: what it is of, how many methods, and how long it took."""
    grouped = methods.groupby(["set", "encoder", "tuned"], sort=False)
    table = grouped.agg(
        images=("images", "first"), classes=("classes", "first"), ratio=("ratio", "first"), methods=("method", "size"),
        seeds=("seeds", "first"), minutes=("minutes", "first"), baseline=(MAIN, "first"),
    )  # fmt: skip
    return table.reset_index()


def with_differences(methods: pd.DataFrame) -> pd.DataFrame:
    """Return the methods with `gain` and `argmax_gain`: `MAIN` and `ARGMAX` less those of the study's baseline.

    The study's own differences are from the baseline of the method's link; these are all from the sigmoid baseline, so
    that heads and methods of both links can be set side by side.
    """
    keys = ["set", "encoder", "tuned"]
    plain = methods[methods["method"] == "baseline"].set_index(keys)
    at = pd.MultiIndex.from_frame(methods[keys])
    gains = {
        name: methods[measured].to_numpy() - plain[measured].reindex(at).to_numpy()
        for name, measured in (("gain", MAIN), ("argmax_gain", ARGMAX), ("ranked_gain", RANKED))
    }
    return methods.assign(**gains)


def ranking(methods: pd.DataFrame, seeds: pd.DataFrame, *, single_label: bool) -> pd.DataFrame:
    """Return methods by average rank in `MAIN`, with intervals, counts of verdicts and seconds a head.

    Args:
        methods, seeds: as collected; tuned studies are left out.
        single_label: rank all methods on the single-label sets, whose images are the same: intervals are then over
            seeds alone; else those that every study has, on all sets.
    """
    methods, seeds = (_of(table, single_label=single_label) for table in (methods, seeds))
    values, named = seed_values(seeds, MAIN)
    ranks = rank_across(values, named, rng=np.random.default_rng(0), resample_sets=not single_label)
    verdicts = methods.assign(verdict=_kinds(methods)).groupby(["method", "verdict"]).size().unstack(fill_value=0)  # noqa: PD010
    verdicts = verdicts.reindex(columns=[IMPROVES, EQUAL, WORSENS, OPEN], fill_value=0)
    about = methods.groupby("method").agg(family=("family", "first"), seconds=("seconds", "median"))
    return ranks.merge(about, on="method").merge(verdicts, on="method")


def families(methods: pd.DataFrame) -> pd.DataFrame:
    """Return what each family does to ranking, decisions and calibration, in shares of its (study, method) pairs.

    Differences are those from the baseline of the method's link on the low-frequency classes; better and worse are
    those of the 95% interval of each pair alone. `thresholds_only`: decisions move and the ranking does not.
    """
    rows = methods[~methods["tuned"] & methods[ASPECTS[0]].notna() & ~methods["family"].isin(["baseline"])]
    moved = rows[ASPECTS[1]].isin([BETTER, WORSE]) & ~rows[ASPECTS[0]].isin([BETTER, WORSE])
    shares = {"pairs": rows["method"].notna(), "thresholds_only": moved}
    for aspect in ASPECTS:
        shares |= {f"{aspect} {way}": rows[aspect] == way for way in (BETTER, WORSE)}
    table = pd.DataFrame(shares).groupby(rows["family"]).agg(dict.fromkeys(shares, "mean") | {"pairs": "sum"})
    middle = rows.groupby("family")[[f"{aspect}_difference" for aspect in ASPECTS]].median()
    return table.join(middle).sort_values("ranking better", ascending=False).reset_index()


def heads_and_methods(methods: pd.DataFrame) -> pd.DataFrame:
    """Return for each study how far the heads differ in `MAIN`, and how far the methods of all other families do.

    The best and the worst of many are also the luckiest and the unluckiest; the deviation is over the methods.
    """
    table = with_differences(methods[~methods["tuned"]])
    rows = []
    for (name, encoder), study in table.groupby(["set", "encoder"], sort=False):
        row: dict[str, object] = {"set": name, "encoder": encoder}
        for side, part in (("head", study["family"] == "head"), ("method", _is_method(study))):
            gains = study[part].set_index("method")["gain"].dropna()
            if len(gains):
                row |= {f"best_{side}": gains.idxmax(), f"best_{side}_gain": gains.max()}
                row |= {f"worst_{side}": gains.idxmin(), f"worst_{side}_gain": gains.min()}
                row[f"{side}_deviation"] = gains.std()
        rows.append(row)
    return pd.DataFrame(rows)


def argmax_and_ranking(methods: pd.DataFrame, *, most: int = 10) -> pd.DataFrame:
    """Return the methods that gain most in argmax accuracy on balanced classes, and what they do to average precision.

    Both are means over all classes, and differences from the baseline, averaged over the single-label studies. The mean
    recall by argmax is the accuracy on a test set with as many images of each class.
    """
    rows = with_differences(_of(methods, single_label=True))
    table = rows.groupby("method").agg(
        family=("family", "first"), argmax_gain=("argmax_gain", "mean"), ranked_gain=("ranked_gain", "mean")
    )
    return table.sort_values("argmax_gain", ascending=False, kind="stable").head(most).reset_index()


def spread(methods: pd.DataFrame) -> pd.DataFrame:
    """Return for each single-label study the deviation over methods of both gains, and their rank correlation."""
    rows = with_differences(_of(methods, single_label=True))
    rows = rows[rows["family"] != "baseline"]
    found = [
        {
            "set": name,
            "encoder": encoder,
            "argmax_deviation": study["argmax_gain"].std(),
            "ranked_deviation": study["ranked_gain"].std(),
            "correlation": study["argmax_gain"].corr(study["ranked_gain"], method="spearman"),
        }
        for (name, encoder), study in rows.groupby(["set", "encoder"], sort=False)
    ]
    return pd.DataFrame(found)


def tuned(methods: pd.DataFrame) -> pd.DataFrame:
    """Return each method's `MAIN` with default and with tuned settings, and how far it is from the baseline in both."""
    keys = ["set", "encoder"]
    table = with_differences(methods)
    after = table[table["tuned"]]
    both = table[~table["tuned"]].merge(after, on=[*keys, "method"], suffixes=("", "_tuned"))
    both["by_tuning"] = both[f"{MAIN}_tuned"] - both[MAIN]
    wanted = ["method", "family", MAIN, "by_tuning", "gain", "gain_tuned", "settings_tuned"]
    return both[wanted].sort_values("gain_tuned", ascending=False, ignore_index=True)


def _of(table: pd.DataFrame, *, single_label: bool) -> pd.DataFrame:
    rows = table[~table["tuned"]]
    return rows[rows["set"].str.startswith(SINGLE_LABEL)] if single_label else rows


def _is_method(study: pd.DataFrame) -> "pd.Series[bool]":
    return ~study["family"].isin(["head", "baseline"])


def _kinds(methods: pd.DataFrame) -> list[str]:
    """Return each verdict as one of four; those of the baselines, which have none, as empty."""
    return [
        "" if pd.isna(v) else EQUAL if v in _SAME else v if v in (IMPROVES, WORSENS) else OPEN
        for v in methods["verdict"]
    ]
