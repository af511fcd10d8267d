"""What a run folder holds: its format, files and columns, as `docs/run_folder.md` shows them."""

from collections.abc import Sequence
from types import MappingProxyType

FORMAT = 3  # of the run folder, in run.json; one more whenever a file, column or meaning changes

# Files and folders with their meaning.
FILES = MappingProxyType(
    {
        "study.toml": "the settings; `tailprobe compare study.toml` repeats the run",
        "run.json": "what decides the numbers besides the settings, and every file's digest; its presence means that "
        "the run is whole",
        "split.parquet": "which image is in which part",
        "labels.parquet": "which image carries which class",
        "classes.parquet": "the classes",
        "methods.parquet": "the methods",
        "plans.parquet": "what each method does to the training data",
        "histories.parquet": "losses by epoch",
        "heads.safetensors": "the weights of every head",
        "scores.parquet": "the logits of every head on held-out images",
        "results.parquet": "every metric of every head",
        "verdicts.parquet": "the tests of each method; absent if no method was compared",
        "decomposition.parquet": "how much of each gain in decisions is a better ranking, and how much a moved "
        "threshold; absent if no method was compared",
        "aspects.parquet": "what each method changes in ranking, decisions and calibration; absent if no method was "
        "compared",
        "ranks.parquet": "average ranks of the methods; absent if no method was compared",
        "trends.parquet": "of methods that differ in one number, what more of it does; absent if none was compared",
        "best.parquet": "each method against the best of the others; absent if no method was compared",
        "further.parquet": "encoders against each other, and calibration; absent where `questions` names none",
        "recommendation.json": "the recommended method; absent if no method was compared",
        "paper_facts.parquet": "the paper's numbers compared with this run's; absent where the study repeats none of "
        "them",
        "paper_findings.parquet": "the paper's findings, checked on this run; absent as the above",
        "duplicates.json": "pairs of nearly equal images; absent for more than 50,000 images",
        "samples.parquet": "a few images, made small",
        "mistakes.parquet": "the test images with the largest errors, and those that one method finds and the other "
        "misses",
        "embedding_map.parquet": "positions of the images under each encoder, in two dimensions",
        "neighbours.parquet": "the nearest neighbours of an image of each low-frequency class",
        "figures": "figures as SVG, PNG and PDF, with index.json and, in the style of papers, each caption as text",
        "tables": "tables for papers, as CSV, Parquet, LaTeX and Markdown: summary (what each method reaches and "
        "changes on the groups of classes), verdicts, averages, classes, methods, costs, thresholds, lacking; "
        "methods_paragraph (what was done, to paste) and references.bib, which it cites",
        "report.html": "the page",
        "investigations": "what `tailprobe investigate` found about the collection, a folder each with its page, "
        "figures and tables; no part of the run, absent if nothing was asked",
        "log.jsonl": "what happened when, a JSON object a line",
        "lock": "locked while a process writes the run",
        "checkpoints": "finished heads of an unfinished run; removed at its end",
        "stages.json": "finished stages of an unfinished run; removed at its end",
    }
)
DRAWN = frozenset({"figures", "tables", "report.html"})  # from the other files, and again if they are missing
ALWAYS = (
    "labels", "classes", "methods", "plans", "histories", "scores", "results", "samples", "mistakes", "embedding_map",
    "neighbours",
)  # tables that every run has and a page needs  # fmt: skip
LARGE = frozenset({"heads.safetensors", "scores.parquet"})  # their digests are compared when they are read

_HEAD = {
    "encoder": ("text", "name of the encoder"),
    "method": ("text", "the method as written, e.g. reweight(5)"),
    "seed": ("integer", "seed of the repeat"),
}
_CLASS = {"class_name": ("text", "name of the class")}
_GROUPED = {
    "class_name": ("text", "name of the class, or of the group where is_group"),
    "is_group": ("boolean", "whether the row is of a group of classes"),
}

# Columns of the tables: type and meaning.
COLUMNS = MappingProxyType(
    {
        "split": {
            "seed": _HEAD["seed"],
            "name": ("text", "name of the image"),
            "part": ("text", "train, validation or test"),
        },
        "labels": {
            "name": ("text", "name of the image; its place in this table is its row in scores.parquet"),
            "classes": ("list of integers", "places in classes.parquet"),
            "unknown": (
                "list of integers",
                "positions of the classes whose label is unknown for the image; it does not count for these",
            ),
        },
        "classes": {
            **_CLASS,
            "count": ("integer", "images that carry the class"),
            "unknown": ("integer", "images for which the label is unknown"),
            "groups": ("integer", "groups of images that carry the class; its images if they have no groups"),
            "low_frequency": ("boolean", "whether it is a low-frequency class"),
            "train": ("integer", "images of the training part of the first seed that carry it"),
            "validation": ("integer", "the same of the validation part"),
            "test": ("integer", "the same of the test part"),
        },
        "methods": {
            "method": _HEAD["method"],
            "position": ("integer", "place in the study, from 0"),
            "family": (
                "text",
                "kind of the method, e.g. weighting; of a composition the kinds of its parts",
            ),
            "link": ("text", "sigmoid or softmax"),
            "baseline": ("text", "the method it is compared with; empty for the baseline itself"),
            "arguments": ("JSON", "arguments by name"),
            "source": ("text", "the publication"),
            "no_op": ("text", "why it gives the heads of its baseline; empty if it need not"),
            "identical_ranking": ("boolean", "whether it ranks images as its baseline does, by construction"),
        },
        "plans": {
            **_HEAD,
            **_CLASS,
            "count": ("integer", "rows per epoch that carry the class"),
            "rows": ("integer", "rows drawn per epoch"),
            "distinct_images": ("integer", "different images among them"),
            "synthetic_rows": ("integer", "synthetic rows among them"),
            "target_count": ("integer or missing", "images per class that resampling aims at"),
        },
        "histories": {
            **_HEAD,
            "epoch": ("integer", "from 1"),
            "training_loss": ("number", "mean loss of the training part"),
            "validation_loss": ("number", "mean loss of the validation part"),
            "average_precision": ("number", "macro, of the validation part; NaN where it did not choose the epoch"),
            "kept": ("boolean", "whether the head is that of this epoch"),
            "converged": ("boolean", "whether the training had converged"),
            "steps": ("integer", "optimizer updates of the whole training"),
            "seconds": ("number", "time of the whole training"),
        },
        "scores": {
            **_HEAD,
            "part": ("text", "validation or test"),
            "link": ("text", "sigmoid or softmax: what turns the logits into probabilities"),
            "row": ("integer", "the image, by its place in labels.parquet"),
            "logits": ("list of numbers", "one per class, in the order of classes.parquet"),
        },
        "results": {
            **_HEAD,
            "part": ("text", "validation or test"),
            **_GROUPED,
            "metric": ("text", "name of the metric, with @ and the rule of thresholds where it needs one"),
            "value": ("number", "NaN if it is not defined"),
        },
        "verdicts": {
            "encoder": _HEAD["encoder"],
            "method": _HEAD["method"],
            "compared_with": ("text", "the baseline of the comparison"),
            **_GROUPED,
            "metric": ("text", "the metric that was tested"),
            "baseline": ("number", "mean of the baseline over the seeds"),
            "baseline_low": ("number", "lower end of the 95% confidence interval of the baseline"),
            "baseline_high": ("number", "upper end"),
            "value": ("number", "mean of the method over the seeds"),
            "difference": ("number", "mean difference, paired by seed"),
            "low": (
                "number",
                "lower end of the difference's own 95% confidence interval; missing if a test part has fewer than 5 "
                "images of the class, or a class differs in no seed",
            ),
            "high": ("number", "upper end"),
            "value_low": ("number", "lower end of the confidence interval of the value"),
            "value_high": ("number", "upper end"),
            "p": ("number", "p-value"),
            "p_adjusted": ("number", "p-value adjusted for all members of the question, to be compared with its level"),
            "support": ("number", "mean number of test images that carry the class"),
            "minimum_detectable_effect": ("number", "the difference that is detected with 80% power"),
            "verdict": (
                "text",
                "no-op, identical ranking, improves, worsens, practically equal, underpowered, inconclusive or not "
                "tested; empty if the row belongs to no question",
            ),
            "seeds": ("integer", "seeds of the comparison"),
            "question": ("text", "primary, cost or classes; empty if the row is only an estimate"),
            "level": ("number", "of the question; NaN if there is none"),
            "critical_level": ("number", "p-value at or below which it is improves or worsens; NaN where not tested"),
            "simultaneous_low": ("number", "lower end of the interval at the critical level, which verdicts rest on"),
            "simultaneous_high": ("number", "upper end"),
            "margin": ("number", "differences within it are practically equal"),
            "below_margin": (
                "boolean",
                "improves or worsens, by less than the margin: the whole simultaneous interval",
            ),
            "provisional": (
                "boolean",
                "most heads of the method, or of what it is compared with, had not converged when training ended",
            ),
            "standard_error_seeds": ("number", "the part of the standard error that more seeds lower"),
            "standard_error_images": ("number", "the part that only more images lower"),
        },
        "decomposition": {
            "encoder": _HEAD["encoder"],
            "method": _HEAD["method"],
            "compared_with": ("text", "the baseline of the comparison"),
            **_GROUPED,
            "metric": ("text", "metric of decisions, with @ and the rule of thresholds"),
            "baseline": ("number", "mean of the baseline over the seeds"),
            "at_baseline_count": ("number", "mean of the method where it flags as many images as the baseline"),
            "value": ("number", "mean of the method at its own threshold"),
            "difference": ("number", "value less baseline"),
            "difference_low": ("number", "lower end of its 95% confidence interval"),
            "difference_high": ("number", "upper end"),
            "ranking": ("number", "part of the difference that is a better ranking: at_baseline_count less baseline"),
            "ranking_low": (
                "number",
                "lower end of its 95% interval; missing where it is 0 in every seed, 0 where it is 0 by construction",
            ),
            "ranking_high": ("number", "upper end"),
            "threshold": ("number", "part that comes of flagging more or fewer images: value less at_baseline_count"),
            "threshold_low": ("number", "lower end of its 95% interval; missing where it is 0 in every seed"),
            "threshold_high": ("number", "upper end"),
            "flagged_baseline": ("number", "test images that the baseline flags, mean over the seeds"),
            "flagged": ("number", "test images that the method flags, mean over the seeds"),
            "support": ("number", "mean number of test images that carry the class"),
            "seeds": ("integer", "seeds of the comparison"),
        },
        "aspects": {
            "encoder": _HEAD["encoder"],
            "method": _HEAD["method"],
            "class_name": ("text", "name of the group of classes"),
            "aspect": ("text", "ranking, decisions or calibration"),
            "metric": ("text", "what it is measured in"),
            "difference": ("number", "mean difference from the baseline"),
            "low": ("number", "lower end of its 95% confidence interval"),
            "high": ("number", "upper end"),
            "direction": ("text", "better, worse, unclear (the interval holds 0) or unchanged"),
        },
        "trends": {
            "encoder": _HEAD["encoder"],
            "name": ("text", "name of the method without its arguments"),
            "argument": ("text", "the number in which the methods differ"),
            "methods": ("list of texts", "the methods, by ascending number"),
            "doses": ("list of numbers", "their numbers"),
            "class_name": ("text", "name of the group"),
            "metric": ("text", "the metric that was tested"),
            "difference": ("number", "change from the lowest to the highest number, along a line in its logarithm"),
            "low": ("number", "lower end of its own 95% confidence interval"),
            "high": ("number", "upper end"),
            "p": ("number", "p-value"),
            "p_adjusted": ("number", "p-value adjusted for all members of the question, to be compared with its level"),
            "question": ("text", "primary"),
            "level": ("number", "of the question"),
            "critical_level": ("number", "p-value at or below which it is improves or worsens"),
            "simultaneous_low": ("number", "lower end of the interval at the critical level"),
            "simultaneous_high": ("number", "upper end"),
            "margin": ("number", "differences within it are practically equal"),
            "verdict": ("text", "improves (more of it does better), worsens, practically equal or inconclusive"),
        },
        "best": {
            "encoder": _HEAD["encoder"],
            "method": ("text", "a method, or the baseline"),
            "class_name": ("text", "name of the group"),
            "metric": ("text", "the metric that was tested"),
            "distance": ("number", "how much better it is than the best of the others; below 0 if it is worse"),
            "low": ("number", "lower end of its interval, which holds for all methods at once; at most 0"),
            "high": ("number", "upper end; 0 or more"),
            "question": ("text", "best"),
            "level": ("number", "of the question"),
            "verdict": ("text", "best, may be best or not best"),
        },
        "further": {
            "encoder": _HEAD["encoder"],
            "method": _HEAD["method"],
            "compared_with": ("text", "of encoders the other encoder, of calibration the baseline"),
            "class_name": ("text", "name of the group"),
            "metric": ("text", "the metric that was tested"),
            "baseline": ("number", "mean over the seeds of what it is compared with"),
            "value": ("number", "mean over the seeds"),
            "difference": ("number", "value less baseline, paired by seed"),
            "low": ("number", "lower end of its own 95% confidence interval"),
            "high": ("number", "upper end"),
            "p": ("number", "p-value; NaN if it cannot be tested"),
            "p_adjusted": ("number", "p-value adjusted for all members of the question, to be compared with its level"),
            "support": ("number", "mean number of test images that carry a class of the group"),
            "minimum_detectable_effect": ("number", "difference detected with 80% power at the critical level"),
            "verdict": ("text", "as in verdicts; a Brier score improves where it falls"),
            "seeds": ("integer", "seeds of the comparison"),
            "question": ("text", "encoders or calibration"),
            "level": ("number", "of the question"),
            "critical_level": ("number", "p-value at or below which it is improves or worsens; NaN where not tested"),
            "simultaneous_low": ("number", "lower end of the interval at the critical level"),
            "simultaneous_high": ("number", "upper end"),
            "margin": ("number", "differences within it are practically equal"),
            "below_margin": ("boolean", "improves or worsens, by less than the margin"),
            "standard_error_seeds": ("number", "the part of the standard error that more seeds lower"),
            "standard_error_images": ("number", "the part that only more images lower"),
        },
        "ranks": {
            "encoder": _HEAD["encoder"],
            "method": _HEAD["method"],
            "average_rank": ("number", "over the classes; 1 is best"),
            "blocks": ("integer", "classes ranked"),
            "friedman_p": ("number", "p-value of Friedman's test"),
            "critical_difference": ("number", "of two average ranks"),
            "p_against_baseline": ("number", "adjusted p-value against the baseline"),
        },
        "paper_facts": {
            "what": ("text", "what is counted or measured"),
            "paper": ("number", "in the paper, or of its authors' saved scores"),
            "here": ("number", "in this run"),
        },
        "paper_findings": {
            "section": ("text", "of the paper: 5.1, 5.2 or 5.3"),
            "encoder": _HEAD["encoder"],
            "metric": ("text", "recall at the preset's threshold, or average_precision"),
            "method": ("text", "name of the method; its settings are averaged"),
            "settings": ("integer", "how many those are"),
            "class_name": ("text", "name of the group of classes"),
            "claim": ("text", "what the paper says"),
            "headline": ("boolean", "whether the finding's own sentence says it, or only its explanation"),
            "difference": ("number", "mean difference from the baseline of the same seed"),
            "low": ("number", "lower end of its own 95% confidence interval; NaN below three seeds"),
            "high": ("number", "upper end"),
            "minimum_detectable_effect": ("number", "the difference that is detected with 80% power"),
            "margin": ("number", "differences within it are practically equal"),
            "seeds": ("integer", "seeds of the comparison"),
            "verdict": ("text", "holds, does not hold, or open where the interval allows both"),
        },
        "samples": {
            "name": ("text", "name of the image"),
            "tags": ("list of texts", "its classes"),
            "png": ("bytes", "the image, at most 256 pixels per side"),
        },
        "mistakes": {
            "encoder": _HEAD["encoder"],
            **_CLASS,
            "kind": (
                "text",
                "false negative (carries the class, low score), false positive, found (by the method shown beside the "
                "baseline only) or lost (by the baseline only)",
            ),
            "name": ("text", "name of the image"),
            "tags": ("list of texts", "its classes"),
            "baseline": ("number", "mean probability under the baseline"),
            "chosen": ("number", "mean probability under the method shown beside it"),
            "threshold_baseline": ("number", "mean threshold of the class under the baseline; NaN if there is none"),
            "threshold_chosen": ("number", "the same under the method beside it"),
            "file": ("text", "path or URL of the image; empty if it is not a separate file"),
            "picture": ("bytes", "JPEG of at most 224 pixels per side; empty if it cannot be read, or none is kept"),
        },
        "embedding_map": {
            "encoder": _HEAD["encoder"],
            "row": ("integer", "the image, by its place in labels.parquet"),
            "x": ("number", "first principal component, or first dimension of UMAP, as `map` of study.toml says"),
            "y": ("number", "the second"),
        },
        "neighbours": {
            **_CLASS,
            "name": ("text", "name of an image of the class"),
            "neighbour": ("text", "name of an image next to it; the image itself at rank 0"),
            "rank": ("integer", "0 for the image itself, then 1 for the nearest"),
            "cosine": ("number", "of the two embeddings"),
            "tags": ("list of texts", "classes of the neighbour"),
            "file": ("text", "path or URL of the neighbour; empty if it is not a separate file"),
            "picture": ("bytes", "the neighbour, JPEG of at most 160 pixels per side; empty if none is kept"),
        },
    }
)

# Entries of run.json.
RECORD = MappingProxyType(
    {
        "format": "format of the run folder",
        "source": "what was read",
        "images": "number of images",
        "groups": "number of groups that stay in one part; null where images have no groups",
        "kind": "multi-label or single-label",
        "methods": "the methods, in order",
        "method_sources": "digest of the file of each method that is not part of tailprobe, by the method's name",
        "labels": "digest of the labels",
        "encoders": "by name: width of the embeddings, fingerprint of images and encoder, and identity, by what it "
        "embedded (model, hash of weights, preprocessing, runtime, precision, bands, dtype; for precomputed embeddings "
        "the digest of their file); class_text, the digest of the embedded class names, if there are any",
        "skipped": "images that could not be read",
        "notes": "what the reader changed",
        "handed_over": "whether the images were handed over in Python, not read from the source that the study names",
        "judged_before": "metrics that the same collection was judged by before this one was chosen, by studies that "
        "share the cache",
        "split": "how the parts were made: rotated, stratified, random, given or two-part; where that is not what was "
        "asked for, a note says why",
        "seeds": "number of seeds",
        "test_is_validation": "whether the part that is reported is the one that was tuned on",
        "versions": "of the libraries and Python",
        "kernel": "what trained the heads",
        "execution": "runtime, precision and dtype that were asked for",
        "machine": "processor architecture",
        "seconds": "time of the whole run, without drawing",
        "data": "digest of the names, labels, parts and groups as they were read",
        "data_state": "digest of the sizes and modification times of the images; empty without images",
        "files": "SHA-256 of each file by its path in the folder; a file that differs is refused",
        "digest": "SHA-256 of the other entries, as JSON with sorted keys",
    }
)


def document() -> str:
    """Return `docs/run_folder.md`."""
    lines = ["# The run folder", "", f"A run is stored in one folder, here in format {FORMAT}.", ""]
    lines += [
        "`tailprobe.Run.load(path)` reads it; every file can also be read on its own. Tables are checked against this",
        "page when they are written: a number may be NaN (Parquet stores a null), another value is missing only where",
        "its type says so.",
        "",
        "## Files",
        "",
    ]
    lines += [*_rows(("File", "What it is"), [(f"`{name}`", about) for name, about in FILES.items()])]
    lines += [
        "## run.json",
        "",
        *_rows(("Entry", "What it is"), [(f"`{key}`", about) for key, about in RECORD.items()]),
    ]
    for table, columns in COLUMNS.items():
        rows = [(f"`{name}`", kind, about) for name, (kind, about) in columns.items()]
        lines += [f"## {table}.parquet", "", *_rows(("Column", "Type", "What it is"), rows)]
    return "\n".join(lines).rstrip() + "\n"


def _rows(header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> list[str]:
    return [f"| {' | '.join(cells)} |" for cells in (header, ("---",) * len(header), *rows)] + [""]
