import torch

from tailprobe.report.figures import architecture
from tailprobe.report.figures.architecture import head_parameters
from tailprobe.report.frame import words_of


def _texts(figure):
    return [text.get_text() for text in figure.axes[0].texts]


def test_parameters_are_those_of_the_layers():
    head = torch.nn.Sequential(
        torch.nn.Linear(512, 128), torch.nn.ReLU(), torch.nn.Dropout(0.2), torch.nn.Linear(128, 17)
    )
    assert head_parameters(512, 128, 17) == sum(weight.numel() for weight in head.parameters())


def test_the_picture_holds_the_studys_own_numbers():
    figure = architecture([("resnet18", 512), ("clip", 512)], head_width=64, dropout=0.3, classes=20, loss="focal")
    assert {"512 → 64", "0.3", "64 → 20", "20 classes", "trained by focal", "resnet18", "clip"} <= set(_texts(figure))
    assert f"{head_parameters(512, 64, 20):,} for resnet18" in words_of(figure).caption


def test_encoders_of_several_widths_share_a_letter():
    figure = architecture([("a", 512), ("b", 768)], head_width=128, dropout=0.2, classes=20, loss="bce")
    assert "D → 128" in _texts(figure)


def test_many_encoders_are_counted():
    figure = architecture([(f"e{i}", 8) for i in range(7)], head_width=8, dropout=0.2, classes=2, loss="bce")
    assert "and 3 more" in _texts(figure)
