"""Figures 9 to 14 of the paper: which methods and classes each shows, in which order."""

from dataclasses import dataclass

from tailprobe.groups import LOW_FREQUENCY, REMAINING


@dataclass(frozen=True)
class ResultFigure:
    """One of the paper's figures of results; it has one panel per encoder, where we draw one figure per encoder."""

    number: int
    dataset: str  # planet or ade20k
    methods: tuple[str, ...]  # names of those other than the baseline
    group: str  # of classes
    title: str
    ascending: bool = False  # whether classes are in ascending order of their images

    @property
    def name(self) -> str:
        """The name of its file, to which the encoder is added."""
        return f"paper_figure_{self.number}"


_RESAMPLING = ("undersample", "oversample")
RESULT_FIGURES = (
    ResultFigure(9, "planet", ("reweight",), LOW_FREQUENCY, "Up-weighting on Planet, low-frequency classes"),
    ResultFigure(10, "planet", ("reweight",), REMAINING, "Up-weighting on Planet, remaining classes"),
    ResultFigure(11, "ade20k", ("reweight",), LOW_FREQUENCY, "Up-weighting on ADE20K, low-frequency classes"),
    ResultFigure(12, "ade20k", ("reweight",), REMAINING, "Up-weighting on ADE20K, remaining classes"),
    ResultFigure(13, "planet", _RESAMPLING, LOW_FREQUENCY, "Resampling on Planet, low-frequency classes"),
    ResultFigure(14, "planet", _RESAMPLING, REMAINING, "Resampling on Planet, remaining classes", ascending=True),
)


def result_figures(dataset: str) -> list[ResultFigure]:
    """Return the figures of one of the paper's data sets, none for another.

    >>> [figure.number for figure in result_figures("ade20k")]
    [11, 12]
    """
    return [figure for figure in RESULT_FIGURES if figure.dataset == dataset]
