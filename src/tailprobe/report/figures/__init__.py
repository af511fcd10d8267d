"""Pictures for print, in matplotlib: one file a figure."""

from tailprobe.paper.counterparts import paper_counterpart, paper_counterparts
from tailprobe.report.figures.all import Classes, Head, study_figures
from tailprobe.report.figures.architecture import architecture
from tailprobe.report.figures.class_distribution import class_distribution
from tailprobe.report.figures.differences import differences
from tailprobe.report.figures.per_class import per_class
from tailprobe.report.figures.resampled_distributions import resampled_distributions
from tailprobe.report.figures.sample_images import sample_images
from tailprobe.report.figures.training_curves import training_curves
from tailprobe.report.figures.write import write_figures

__all__ = [
    "Classes",
    "Head",
    "architecture",
    "class_distribution",
    "differences",
    "paper_counterpart",
    "paper_counterparts",
    "per_class",
    "resampled_distributions",
    "sample_images",
    "study_figures",
    "training_curves",
    "write_figures",
]
