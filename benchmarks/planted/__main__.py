"""How often investigations find what is planted, and how often something where nothing is.

    python -m benchmarks.planted [--studies 40] [--curves 200]
    python -m benchmarks.planted --explain 20
    python -m benchmarks.planted --encoder 10

- size: mean scores of seven steps with seed noise: a jump of known size, a power law, a flat line; and the sample of
  `tailprobe demo --planted`, whose class `clearing` has a threshold of recall at 0.5.
- redundancy, cues, size: that sample as the command investigates it, and with nothing planted.
- budget: mean differences of three stops: a gain that fades, one that stays.
- redundancy: the planted sample with copies, and without; found is any share by k-centre on all classes. Without copies
  it is a false finding where the mean difference over all studies at that share is below minus the margin.
- distil: classes whose images are all alike, and the planted sample with nothing planted; a false finding as above.
- cues: the planted sample with a spurious cue, and without; found is "relies on its company".
- layers: a second encoder that sees the labels, with noise of its own, or nothing but noise, beside the first.
- explain, only by `--explain N`, with the extra `imagenet`: drawn tiles under EfficientNet-Lite0, of two classes that
  only a marker tells apart, or nothing; found is a place with a larger share than without the class.
- encoder, only by `--encoder N`, with the extra `imagenet`: drawn tiles of two classes that only a faint pattern of
  redder and bluer pixels tells apart, or nothing; found is a gain of fine-tuning all layers.
"""

import argparse
from collections.abc import Iterable

from benchmarks.planted.curves import budget_lines, size_lines
from benchmarks.planted.drawn_embeddings import (
    cue_lines,
    distil_lines,
    layer_lines,
    redundancy_lines,
    sample_lines,
    threshold_lines,
)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--studies", type=int, default=40)
    parser.add_argument("--curves", type=int, default=200)
    parser.add_argument("--explain", type=int, default=0, metavar="STUDIES")
    parser.add_argument("--encoder", type=int, default=0, metavar="STUDIES")
    given = parser.parse_args()
    if given.explain or given.encoder:
        from benchmarks.planted.drawn_tiles import encoder_lines, explain_lines

        _print(explain_lines(given.explain) if given.explain else ())
        _print(encoder_lines(given.encoder) if given.encoder else ())
        return
    _print(size_lines(given.curves))
    _print(budget_lines(given.curves))
    for lines in (threshold_lines, sample_lines, cue_lines, redundancy_lines, layer_lines, distil_lines):
        _print(lines(given.studies))


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        print(line, flush=True)


if __name__ == "__main__":
    main()
