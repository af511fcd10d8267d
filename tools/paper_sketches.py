"""Draw the paper's Figures 2 and 3 as they stand in the docs: `python tools/paper_sketches.py`."""

from pathlib import Path

from tailprobe.report.figures.paper_sketches import paper_sketches
from tailprobe.report.style import settings

PICTURES = Path(__file__).parents[1] / "docs" / "pictures"

if __name__ == "__main__":
    for name, figure in paper_sketches().items():
        with settings():
            figure.savefig(PICTURES / f"{name}.png", dpi=200, metadata={"Software": "tailprobe"})
