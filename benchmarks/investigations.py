"""The investigations on real collections: multi-label sets and EuroSAT thinned to long tails; prints their answers.

    python -m benchmarks.investigations FOLDER COLLECTION INVESTIGATION [--seeds 10] [--out DIR]

FOLDER holds `eurosat/mobilenet_v1_embeddings.npz` and `mulan/*.arff`; COLLECTION is scene, emotions, yeast, CAL500,
enron, genbase, "EuroSAT 100:1" or "EuroSAT 20:1"; INVESTIGATION is size, redundancy, distil, budget or cues.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

from matplotlib.figure import Figure

from benchmarks.planning_data import collections
from tailprobe.investigate.budget.answer import investigate_budget
from tailprobe.investigate.cues.answer import investigate_cues
from tailprobe.investigate.distil.answer import investigate_distil
from tailprobe.investigate.finding import Finding
from tailprobe.investigate.redundancy.answer import investigate_redundancy
from tailprobe.investigate.size.answer import investigate_size
from tailprobe.investigate.trials import Material, Training
from tailprobe.report.investigations.budget import budget_figures
from tailprobe.report.investigations.cues import cues_figures
from tailprobe.report.investigations.distil import distil_figure
from tailprobe.report.investigations.redundancy import redundancy_figure
from tailprobe.report.investigations.size import size_figure
from tailprobe.report.investigations.write import write_finding

Shown = tuple[Finding, dict[str, Figure]]


def size(material: Material) -> Shown:
    """The low-frequency classes against their number of training images."""
    answer = investigate_size(material, [], Training())
    return answer.finding(), {"size": size_figure(answer)}


def redundancy(material: Material) -> Shown:
    """All classes thinned."""
    answer = investigate_redundancy(material, [], Training())
    return answer.finding(), {"redundancy": redundancy_figure(answer)}


def distil(material: Material) -> Shown:
    """All classes distilled."""
    answer = investigate_distil(material, [], Training())
    return answer.finding(), {"distil": distil_figure(answer)}


def budget(material: Material) -> Shown:
    """The paper's three methods over updates."""
    answer = investigate_budget(material, [], Training())
    return answer.finding(), budget_figures(answer)


def cues(material: Material) -> Shown:
    """Every class that has company."""
    answer = investigate_cues(material, material.classes, [], Training())
    return answer.finding(), cues_figures(answer)


INVESTIGATIONS: dict[str, Callable[[Material], Shown]] = {
    "size": size, "redundancy": redundancy, "distil": distil, "budget": budget, "cues": cues,
}  # fmt: skip


def main() -> None:
    """Run one investigation on one collection."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", type=Path)
    parser.add_argument("collection")
    parser.add_argument("investigation", choices=INVESTIGATIONS)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    for name, embeddings, images in collections(given.folder):
        if name == given.collection:
            material = Material.of(embeddings, images, seeds=given.seeds)
            finding, figures = INVESTIGATIONS[given.investigation](material)
            print("\n".join(finding.answers))
            if given.out is not None:
                print(write_finding(finding, figures, given.out, source=name))
            return
    parser.error(f"there is no collection {given.collection!r}")


if __name__ == "__main__":
    main()
