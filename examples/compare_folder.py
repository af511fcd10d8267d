"""Compare three remedies on a folder with a sub-folder a class, from Python.

    python examples/compare_folder.py IMAGES

On 1,000 images of 256 pixels about half a minute on two cores, nearly all of it embedding; a second call takes seconds.
"""

import sys

import tailprobe


def main(folder: str) -> None:
    """Read, compare, print the table of the low-frequency classes as a group, leave the figures."""
    images = tailprobe.read(folder)
    result = tailprobe.compare(images, methods=["reweight(2)", "reweight(10)", "oversample(largest)"], seeds=5)
    table = result.table(metric="average_precision")
    print(table[table["class_name"] == "low-frequency"].to_string(index=False))
    print("figures:", result.folder.figures)


if __name__ == "__main__":
    main(*sys.argv[1:])
