import pytest
import torch

from tailprobe.report.figures import architecture
from tailprobe.report.figures.architecture import head_parameters
from tailprobe.report.frame import words_of
from tailprobe.report.look import Look, drawn_as


def _texts(figure):
    return [text.get_text() for axes in figure.axes for text in axes.texts]


def test_parameters_are_those_of_the_layers():
    head = torch.nn.Sequential(
        torch.nn.Linear(512, 128), torch.nn.ReLU(), torch.nn.Dropout(0.2), torch.nn.Linear(128, 17)
    )
    assert head_parameters(512, 128, 17) == sum(weight.numel() for weight in head.parameters())


def test_the_picture_holds_the_studys_own_numbers():
    figure = architecture([("resnet18", 512), ("clip", 512)], head_width=64, dropout=0.3, classes=20, loss="focal")
    assert {"512 → 64", "0.3", "64 → 20", "20\nclasses", "trained by focal", "resnet18", "clip"} <= set(_texts(figure))
    assert f"{head_parameters(512, 64, 20):,} for resnet18" in words_of(figure).caption


def test_encoders_of_several_widths_share_a_letter():
    figure = architecture([("a", 512), ("b", 768)], head_width=128, dropout=0.2, classes=20, loss="bce")
    assert "D → 128" in _texts(figure)


def test_many_encoders_are_counted():
    figure = architecture([(f"e{i}", 8) for i in range(7)], head_width=8, dropout=0.2, classes=2, loss="bce")
    assert "and 3 more" in _texts(figure)


@pytest.mark.parametrize(
    ("links", "words"),
    [(("sigmoid",), "Sigmoid"), (("softmax",), "Softmax"), (("sigmoid", "softmax"), "Sigmoid or\nsoftmax")],
)
def test_the_last_layer_is_the_link_of_the_run(links, words):
    figure = architecture([("a", 512)], head_width=128, dropout=0.2, classes=20, loss="bce", links=links)
    assert {"Sigmoid", "Softmax", "Sigmoid or\nsoftmax"} & set(_texts(figure)) == {words}


@pytest.mark.parametrize("width", [3.3, 5.0, 7.0, 9.0])
def test_it_is_as_wide_as_asked_and_no_text_meets_another_or_runs_off(width):
    with drawn_as(Look("paper", width)):
        figure = architecture(
            [("vit_base_patch16_clip_224.openai", 512), ("resnet18", 512)],
            head_width=128, dropout=0.2, classes=1200, loss="binary or softmax cross-entropy",
            links=("sigmoid", "softmax"),
        )  # fmt: skip
        figure.draw_without_rendering()
        boxes = [text.get_window_extent() for axes in figure.axes for text in axes.texts if text.get_text()]
    assert figure.get_figwidth() == width
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[i + 1 :])
    assert all(figure.bbox.contains(*corner) for box in boxes for corner in (box.min, box.max))
    assert min(text.get_fontsize() for axes in figure.axes for text in axes.texts if text.get_text()) >= 6
