"""The figure of the paper that a figure corresponds to."""

from types import MappingProxyType

# Keys are names of figures without the encoder; Panigrahi & Zhu number the rest.
paper_counterparts = MappingProxyType(
    {
        "class_distribution": "Figures 1 and 4",
        "sample_images": "Figures 5 and 6",
        "resampled_distributions": "Figure 7",
        "architecture": "Figure 8",
        "reweighting_low_frequency": "Figures 9 and 11",
        "reweighting_remaining": "Figures 10 and 12",
        "resampling_low_frequency": "Figure 13",
        "resampling_remaining": "Figure 14",
    }
)


def paper_counterpart(name: str) -> str | None:
    """Return the paper's figure numbers for a figure's name, None for a figure that the paper does not have.

    >>> paper_counterpart("resampling_remaining_clip"), paper_counterpart("differences_clip")
    ('Figure 14', None)
    """
    for stem, figures in paper_counterparts.items():
        if name == stem or name.startswith(f"{stem}_"):
            return figures
    return None


def counterpart_note(name: str) -> str:
    """Return the words for a subtitle, empty for a figure that the paper does not have.

    >>> counterpart_note("architecture")
    "counterpart of the paper's Figure 8"
    """
    figures = paper_counterpart(name)
    return f"counterpart of the paper's {figures}" if figures else ""
