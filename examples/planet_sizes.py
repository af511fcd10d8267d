"""What the paper's resamplings make of Planet's label table, in both readings of its text.

    python examples/planet_sizes.py train_v2.csv

Half a minute. Sizes differ by about 1% from seed to seed.
"""

import sys
from pathlib import Path

from tailprobe.datasets.tables.tags import read_tags
from tailprobe.frequency import low_frequency_classes
from tailprobe.learners.plan import TrainingPlan, summarise_plan
from tailprobe.learners.training_set import TrainingSet
from tailprobe.methods.lookup import parse_methods
from tailprobe.randomness import generator
from tailprobe.splits import make_split


def main(table: str) -> None:
    """Print counts, low-frequency classes, and the rows that each resampling draws."""
    labels = read_tags(Path(table)).labels
    low = low_frequency_classes(labels, "percentile(25)")
    mean, sd = 0.8 * labels.counts.mean(), 0.8 * labels.counts.std()
    print(f"{len(labels)} images, {len(labels.classes)} classes; of 80% of them a class has {mean:.1f}, sd {sd:.1f}")
    print("low-frequency:", ", ".join(name for name, rare in zip(labels.classes, low, strict=True) if rare))
    print("| method | training part | rows | distinct images | times the whole table |\n|---|---|---|---|---|")
    for split, part in (("random", "60%"), ("two-part", "80%")):
        training = labels.rows(make_split(labels, split, None, rng=generator(0, "split")).train)
        for method in ("undersample(200)", "oversample(30000)"):
            for text in (method, method.replace(")", ", strategy=per-class)")):
                *_, bound = parse_methods([text])
                plan = bound.learner(TrainingSet(training, low, generator(0, "plan", text)))
                assert isinstance(plan, TrainingPlan)
                drawn = summarise_plan(plan, training)
                times = drawn.rows / len(labels)
                shown = f"{times:.1f}" if times > 1 else f"1 / {1 / times:.1f}"
                print(f"| {text} | {split}, {part} | {drawn.rows} | {drawn.distinct_images} | {shown} |")


if __name__ == "__main__":
    main(*sys.argv[1:])
