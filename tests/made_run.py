"""The tables of a run that nobody trained: numbers by chance, names as wished."""

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from tailprobe.comparison.conclude import conclude
from tailprobe.comparison.recommendation import Candidate, Recommendation, write_recommendation
from tailprobe.groups import GROUPS
from tailprobe.runs.folder import RunFolder, digests
from tailprobe.runs.run import Run
from tailprobe.runs.schema import COLUMNS as SCHEMA
from tailprobe.runs.settings import Study, write_study
from tailprobe.scores.head_scores import ScoresWriter
from tailprobe.scores.table import COLUMNS
from tailprobe.scores.tidy import write_results

METRICS = ("average_precision", "roc_auc", "recall@0.5", "precision@0.5", "f1@0.5", "recall@tuned", "precision@tuned")


def made_run(
    folder: Path,
    *,
    classes: Sequence[str],
    methods: int = 4,
    seeds: int = 3,
    images: int = 200,
    name: str = "a collection",
    verdicts: bool = True,
) -> Run:
    """Make a run: the last quarter of the classes is low-frequency."""
    rng = np.random.default_rng(0)
    names = ("baseline", *(f"reweight({k})" for k in range(2, methods + 1)))
    low = np.arange(len(classes)) >= 0.75 * len(classes)
    labels = rng.random((images, len(classes))) < np.where(low, 0.05, 0.3)
    folder.mkdir(parents=True, exist_ok=True)
    counts = labels.sum(axis=0)
    table = pd.DataFrame({"class_name": list(classes), "count": counts, "low_frequency": low})
    for part, share in (("train", 0.6), ("validation", 0.2), ("test", 0.2)):
        table[part] = (share * counts).astype(int)
    keys = [(method, seed) for method in names for seed in range(seeds)]
    run = RunFolder(folder)
    write_study(Study(source=name), run.study)
    _write_scores(run.scores, keys, classes, images, rng)
    if verdicts:
        _write(run, "decomposition", decomposition(names[1:]))
        _write(run, "aspects", aspects(names[1:]))
        found = _verdicts(names, table, rng)
        _write(run, "verdicts", found)
        write_recommendation(_recommendation(names[1], found, table), run.recommendation)
    _write(run, "classes", table)
    places = [np.flatnonzero(row).tolist() for row in labels]
    _write(
        run,
        "labels",
        pd.DataFrame({"name": [f"{i}.png" for i in range(images)], "classes": places, "unknown": [[]] * images}),
    )
    write_results(_results(names, range(seeds), table, rng), run.table("results"), overwrite=True)
    _write(run, "plans", _plans(names, range(seeds), table))
    _write(run, "methods", _method_table(names))
    _write(run, "histories", _histories(keys, rng))
    _write(run, "samples", pd.DataFrame({"name": ["a.png"], "tags": [list(classes[:2])], "png": [_png()]}))
    _write(run, "mistakes", _mistakes(classes))
    rows = np.arange(images)
    _write(
        run, "embedding_map", pd.DataFrame({"encoder": "descriptors", "row": rows, "x": rows % 7 / 7, "y": rows / 9})
    )
    _write(run, "neighbours", _neighbours(classes))
    files = digests(run, [path for path in folder.iterdir() if path.name != "run.json"])
    run.write_record({
        "images": images, "kind": "multi-label", "notes": ["2 rows name a tag twice"], "skipped": [],
        "methods": list(names), "encoders": {"descriptors": {"width": 1000, "fingerprint": "def", "identity": {}}},
        "versions": {"python": "3.11"}, "labels": "abc", "seconds": 3.0, "test_is_validation": False, "kernel": "torch",
    }, files)  # fmt: skip
    return Run.load(folder)


def _write(run: RunFolder, name: str, table: pd.DataFrame) -> None:
    """Write a table; columns of the schema that nobody made up are neutral."""
    neutral = {"text": "", "boolean": False, "integer": 0, "number": np.nan, "integer or missing": None}
    absent = {column: kind for column, (kind, _) in SCHEMA[name].items() if column not in table}
    run.write_table(name, table.assign(**{column: neutral[kind] for column, kind in absent.items()}))


def changed(run: Run, **parts: object) -> Run:
    """Return a run that says something else in some of its parts."""
    other = Run(run.folder)
    vars(other).update({name: value for name, value in vars(run).items() if name != "folder"} | parts)
    return other


def _mistakes(classes: Sequence[str]) -> pd.DataFrame:
    return pd.DataFrame({
        "encoder": "descriptors", "class_name": [classes[-1]] * 2, "kind": ["false negative", "false positive"],
        "name": [classes[0], "b.png"],
        "tags": [list(classes[-2:]), []], "baseline": [0.1, 0.9], "chosen": [0.2, 0.8], "picture": [_png(), b""],
    })  # fmt: skip


def _neighbours(classes: Sequence[str]) -> pd.DataFrame:
    near = {"class_name": classes[-1], "name": "0.png", "neighbour": ["0.png", "1.png"], "rank": [0, 1]}
    shown = {"cosine": [1.0, 0.75], "tags": [list(classes[-1:]), []], "file": ["", "/photos/1 <b>.png"]}
    return pd.DataFrame(near | shown | {"picture": [_png(), b""]})


def _results(
    methods: Sequence[str], seeds: Sequence[int], table: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    names = [*table["class_name"], *GROUPS]
    index = pd.MultiIndex.from_product(
        [methods, seeds, METRICS, range(len(names))], names=["method", "seed", "metric", "k"]
    )
    frame = index.to_frame(index=False)
    frame["class_name"] = np.array(names, dtype=object)[frame["k"]]
    frame["is_group"] = frame.pop("k") >= len(table)
    frame["value"] = rng.random(len(frame))
    return frame.assign(encoder="descriptors", part="test")[list(COLUMNS)]


def _plans(methods: Sequence[str], seeds: Sequence[int], table: pd.DataFrame) -> pd.DataFrame:
    same = pd.DataFrame(
        {
            "class_name": table["class_name"],
            "count": table["train"],
            "rows": 120,
            "distinct_images": 120,
            "synthetic_rows": 0,
        }
    )
    frames = [same.assign(encoder="descriptors", method=m, seed=s) for m in methods for s in seeds]
    return pd.concat(frames, ignore_index=True)


def _method_table(methods: Sequence[str]) -> pd.DataFrame:
    first = np.array([method == "baseline" for method in methods])
    table = pd.DataFrame({"method": list(methods), "family": np.where(first, "baseline", "weighting")})
    return table.assign(
        position=range(len(methods)), link="sigmoid", baseline=np.where(first, "", "baseline"), arguments="{}",
        source="", no_op="", identical_ranking=False,
    )  # fmt: skip


def _histories(keys: Sequence[tuple[str, int]], rng: np.random.Generator) -> pd.DataFrame:
    epochs = np.arange(1, 6)
    frames = [
        pd.DataFrame({
            "encoder": "descriptors", "method": m, "seed": s, "epoch": epochs, "training_loss": 1 / epochs,
            "validation_loss": 1.2 / epochs + 0.01 * rng.random(5),
            "average_precision": np.nan, "kept": epochs == 5, "converged": True, "steps": 40, "seconds": 0.5,
        })
        for m, s in keys
    ]  # fmt: skip
    return pd.concat(frames, ignore_index=True)


_LEVELS = {"primary": 0.04, "cost": 0.01, "classes": 0.05}


def _verdicts(methods: Sequence[str], table: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    words = np.array(["improves", "worsens", "inconclusive", "underpowered", "not tested"], dtype=object)
    names = np.array([*table["class_name"], *GROUPS], dtype=object)
    frames = []
    for method in methods[1:]:
        n, is_group = len(names), np.arange(len(names)) >= len(table)
        difference = rng.normal(0, 0.1, n)
        question = np.select([names == "low-frequency", names == "remaining", ~is_group], [*_LEVELS], "")
        verdict = np.where(question == "", "", words[rng.integers(0, np.where(is_group, 3, 5))])
        tested = (question != "") & (verdict != "not tested")
        frames.append(pd.DataFrame({
            "encoder": "descriptors", "method": method, "class_name": names, "is_group": is_group,
            "metric": "average_precision", "difference": difference, "low": difference - 0.1, "high": difference + 0.1,
            "p_adjusted": rng.random(n), "minimum_detectable_effect": 0.2, "support": 9.0, "margin": 0.02,
            "simultaneous_low": np.where(tested, difference - 0.15, np.nan), "below_margin": False,
            "simultaneous_high": np.where(tested, difference + 0.15, np.nan),
            "verdict": verdict, "seeds": 3, "question": question,
            "level": [_LEVELS.get(name, np.nan) for name in question], "critical_level": np.where(tested, 0.01, np.nan),
            "standard_error_seeds": 0.03, "standard_error_images": 0.04,
        }))  # fmt: skip
    return pd.concat(frames, ignore_index=True)


def decomposition(methods: Sequence[str], metrics: Sequence[str] = ("recall@0.5", "f1@tuned")) -> pd.DataFrame:
    """Return gains taken apart: each method's threshold part is larger; the last one's ranking is the baseline's."""
    frames = []
    for metric in metrics:
        ranking = np.where(np.arange(len(methods)) < len(methods) - 1, 0.01, 0.0)
        threshold = 0.05 * (1 + np.arange(len(methods)))
        parts = {"difference": ranking + threshold, "ranking": ranking, "threshold": threshold}
        reach = {"difference": 0.02, "ranking": np.where(ranking, 0.015, 0), "threshold": 0.02}
        ends = {f"{n}_{end}": v + s * reach[n] for n, v in parts.items() for end, s in (("low", -1), ("high", 1))}
        frames.append(pd.DataFrame({
            "encoder": "descriptors", "method": list(methods), "compared_with": "baseline",
            "class_name": "low-frequency", "is_group": True, "metric": metric, "baseline": 0.3,
            "at_baseline_count": 0.3 + ranking, "value": 0.3 + ranking + threshold, **parts, **ends,
            "flagged_baseline": 20.0, "flagged": 50.0, "support": 9.0, "seeds": 3,
        }))  # fmt: skip
    return pd.concat(frames, ignore_index=True)


def aspects(methods: Sequence[str]) -> pd.DataFrame:
    """Return what methods change in each aspect: recall and precision part ways, the rest is unclear."""
    metrics = {
        "average_precision": ("ranking", 0.01, "unclear"), "recall@0.5": ("decisions", 0.1, "better"),
        "precision@0.5": ("decisions", -0.08, "worse"), "f2@0.5": ("decisions", 0.05, "better"),
        "brier": ("calibration", 0.001, "unclear"),
    }  # fmt: skip
    return pd.DataFrame([
        {
            "encoder": "descriptors", "method": method, "class_name": "low-frequency", "aspect": aspect,
            "metric": metric, "difference": value, "low": value - 0.03, "high": value + 0.03, "direction": direction,
        }
        for method in methods for metric, (aspect, value, direction) in metrics.items()
    ])  # fmt: skip


def _recommendation(method: str, verdicts: pd.DataFrame, classes: pd.DataFrame) -> Recommendation:
    """To use a method, whose gain is the one of its row of verdicts."""
    row = verdicts[(verdicts["method"] == method) & (verdicts["class_name"] == "low-frequency")].iloc[0]
    effects = {
        "effect_rare": float(row["difference"]), "effect_rare_low": float(row["simultaneous_low"]),
        "effect_rare_high": float(row["simultaneous_high"]), "effect_remaining": -0.01, "effect_remaining_low": -0.02,
        "effect_remaining_high": 0.0, "probability_of_benefit": 0.99,
    }  # fmt: skip
    best = Candidate(
        "descriptors", method, 0.4, **effects, minimum_detectable_effect=0.2, seeds=3, improves=True,
    )  # fmt: skip
    chosen = Recommendation(
        "descriptors", method, "average_precision", **effects, sentence=f"Use {method}: it gains.",
        statistics=("Everything was made up.",), best=best, largest=best,
    )  # fmt: skip
    return chosen.concluded(conclude(verdicts.assign(provisional=False, compared_with="baseline"), chosen, classes))


def _write_scores(
    path: Path, keys: Sequence[tuple[str, int]], classes: Sequence[str], images: int, rng: np.random.Generator
) -> None:
    with ScoresWriter(path, classes=tuple(classes), overwrite=True) as writer:
        for method, seed in keys:
            rows = np.sort(rng.permutation(images)[: images // 5])
            logits = rng.normal(size=(len(rows), len(classes))).astype(np.float32)
            for part in ("validation", "test"):
                writer.write(encoder="descriptors", method=method, seed=seed, part=part, rows=rows, logits=logits)


def _png() -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 30, 3), dtype=np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()
