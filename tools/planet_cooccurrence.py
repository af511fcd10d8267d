"""Count how many images of Planet's label table carry each pair of tags.

    python tools/planet_cooccurrence.py train_v2.csv > src/tailprobe/demo/planet_cooccurrence.csv

Writes a table with a row and a column a tag, from the most to the least frequent: the images that carry both tags, on
the diagonal those that carry the tag. This statistic is all that the drawn sample knows of the real table.
"""

import argparse
import csv
import sys
from collections import Counter
from itertools import product
from pathlib import Path


def main() -> None:
    """Read the table named on the command line and write the counts to the standard output."""
    parser = argparse.ArgumentParser(description="Count the pairs of tags in Planet's train_v2.csv.")
    parser.add_argument("table", type=Path, help="train_v2.csv: columns image_name and tags")
    with parser.parse_args().table.open(newline="") as file:
        tag_sets = [set(row["tags"].split()) for row in csv.DictReader(file)]
    pairs = Counter(pair for tags in tag_sets for pair in product(tags, tags))
    names = sorted({tag for tags in tag_sets for tag in tags}, key=lambda tag: (-pairs[tag, tag], tag))
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["tag", *names])
    writer.writerows([tag, *(pairs[tag, other] for other in names)] for tag in names)


if __name__ == "__main__":
    main()
