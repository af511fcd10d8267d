"""`explain` answered: what encoder and head look at for a class, and whether that differs where it should not."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Int, UInt8

from tailprobe.encoders.encoder import Encoder
from tailprobe.errors import InputError
from tailprobe.investigate.explain.attribution import AttributionMaps, Attributor
from tailprobe.investigate.explain.cells import CELLS, Mean, PlaceTest, centre_share, compare_places, place_name
from tailprobe.investigate.explain.content import ContentTest, compare_content
from tailprobe.investigate.explain.sanity import SanityCheck, check_maps
from tailprobe.investigate.explain.unseen import FOLDS, baseline_heads, unseen_maps
from tailprobe.investigate.finding import Finding
from tailprobe.investigate.trials import Material, Training
from tailprobe.randomness import generator
from tailprobe.ranking import rank

QUESTION = (
    "For example, if the training examples for the class game_room tend to contain pool tables and if the testing "
    "examples for game_room do not contain pool tables, the model could develop a dependence on the presence of pool "
    "tables to identify a scene as game_room and consequently misclassify the testing examples. This hypothesis could "
    "be investigated further by comparing the saliency maps generated for the training images to those [...] "
    "(Panigrahi and Zhu)"
)
IMAGES = 24  # of the class in each part
LEAST = 4
DRAWN = 6  # pictures of each part
LOOKED_AT = "what the head looks at, wherever it is"
TRAINING_TEST, CLASS_OTHERS = "training less test images", "with the class less without it"


@dataclass(frozen=True, eq=False)
class ExplainAnswer:
    """What `explain` found, for the figure; `finding` says it in words."""

    class_name: str
    technique: str  # that computes the maps
    names: Sequence[str]  # of the collection's images
    precision: float  # average precision of the class on the test part
    attributions: Mapping[str, AttributionMaps]  # by part: training, test; of the head of the whole training part
    pictures: Mapping[str, list[UInt8[np.ndarray, "_h _w 3"]]]  # by part: of the first images; none where not wanted
    places: Mapping[str, PlaceTest]  # `TRAINING_TEST`, of unseen images, and `CLASS_OTHERS` if there are other classes
    centre: Mean  # share of the centre, training less test images
    contents: tuple[ContentTest, ...]  # training against test images; none of occlusion
    checks: tuple[SanityCheck, ...]

    def finding(self) -> Finding:
        """Return words and tables."""
        title = f"What encoder and head look at for {self.class_name}"
        tables = {"explain_images": _image_table(self), "explain_places": _place_table(self)}
        tables |= {"explain_contents": _content_table(self), "explain_sanity": _sanity_table(self)}
        return Finding("explain", title, QUESTION, tuple(_sentences(self)), _how(self), tables)


def investigate_explain(
    material: Material,
    encoder: Encoder,
    class_name: str,
    training: Training,
    *,
    images: int = IMAGES,
    pictures: bool = True,
) -> ExplainAnswer:
    """Map what a head of the first seed looks at, and compare the maps.

    Args:
        encoder: that of the material's embeddings.
        images: of the class in each part, at most.
        pictures: whether the answer holds images.

    Raises:
        InputError: there are no pixels, no such class, too few of its images in a part, or all of one group.
    """
    if not material.images.has_pixels:
        raise InputError("explain looks at images; these are embeddings without: give the images themselves")
    c, (seed, split) = material.place(class_name), next(iter(material.splits.items()))
    rng = generator(seed, "explain", class_name)
    parts = {"training": split.train, "test": split.test}
    rows = {part: _drawn(material, c, of_part, images, rng) for part, of_part in parts.items()}
    for part, found in rows.items():
        if len(found) < LEAST:
            raise InputError(f"class {class_name!r} has {len(found)} {part} image(s); explain needs {LEAST} or more")
    (head,) = baseline_heads(material, training, seed, [split.train])
    attributor = Attributor.of(encoder, material.images)
    attributions = {}
    for done, (part, of_part) in enumerate(rows.items()):
        training.progress("map images", done, len(rows) + 2)
        attributions[part] = attributor.at(head, c, of_part.tolist())
    training.progress("map images", len(rows), len(rows) + 2)
    unseen = unseen_maps(material, training, attributor, c, seed, rows, rng)
    training.progress("map images", len(rows) + 1, len(rows) + 2)
    places = {TRAINING_TEST: compare_places(unseen["training"].cells, unseen["test"].cells, rng)}
    held_out = np.concatenate([split.validation, split.test])
    with_it, without = (
        attributor.at(head, c, _drawn(material, c, held_out, 2 * images, rng, carried=carried).tolist()).cells
        for carried in (True, False)
    )
    if len(without) >= LEAST:
        places[CLASS_OTHERS] = compare_places(with_it, without, rng)
    truth, scores = material.images.labels.matrix[split.test], head.logits(material.embeddings.vectors[split.test])
    return ExplainAnswer(
        class_name,
        attributor.technique,
        material.images.names,
        float(rank(truth, scores).average_precision()[c]),
        attributions,
        {
            part: [attributor.picture(row) for row in attributions[part].rows[:DRAWN]] if pictures else []
            for part in parts
        },
        places,
        Mean.difference(*(centre_share(unseen[part].cells) for part in parts)),
        _contents(unseen["training"], unseen["test"], rng),
        tuple(
            check_maps(
                attributor,
                head,
                c,
                attributions["training"].rows + attributions["test"].rows,
                np.concatenate([attributions[part].cells for part in parts]),
                rng,
            )
        ),
    )


def _drawn(
    material: Material,
    c: int,
    part: Int[np.ndarray, " P"],
    images: int,
    rng: np.random.Generator,
    *,
    carried: bool = True,
) -> Int[np.ndarray, " n"]:
    """Return images of a part at random, with the class or without it."""
    return rng.permutation(part[material.images.labels.matrix[part, c] == carried])[:images]


def _contents(training: AttributionMaps, test: AttributionMaps, rng: np.random.Generator) -> tuple[ContentTest, ...]:
    first, second = training.seen, test.seen
    if first is None or second is None:
        return ()
    return (
        compare_content(LOOKED_AT, first.looked_at, second.looked_at, rng),
        compare_content("whole images", first.whole, second.whole, rng),
    )


def _sentences(answer: ExplainAnswer) -> Iterator[str]:
    name, numbers = answer.class_name, answer.places[TRAINING_TEST].numbers
    yield (
        f"{name}: {answer.technique} on {numbers[0]} training and {numbers[1]} test images of one seed; average "
        f"precision on its test part {answer.precision:.2f}."
    )
    yield f"Training against test images: {_place_words(answer.places[TRAINING_TEST], 'training images')}."
    if CLASS_OTHERS in answer.places:
        words = _place_words(answer.places[CLASS_OTHERS], f"images of {name}")
        yield f"Held-out images with {name} against those without it: {words}."
    yield (
        f"The middle of the image holds {answer.centre.value:+.3f} more of a training image's map than of a test "
        f"image's (95% interval {answer.centre.low:+.3f} to {answer.centre.high:+.3f})."
    )
    for content in answer.contents:
        word = "differs" if content.differs else "is not shown to differ"
        yield (
            f"{content.what[:1].upper()}{content.what[1:]}: the content {word} between training and "
            f"test images (energy distance {content.distance:.3f} of the mean distance, p = {content.p:.3f})."
        )
    for check in answer.checks:
        yield f"Sanity check, {check.what} made random: {_check_words(check)}."


def _place_words(found: PlaceTest, more: str) -> str:
    row, column = found.peak
    low, high = (float(end[row, column]) for end in found.band())
    interval = f"{found.difference[row, column]:+.3f} of the map, 95% simultaneous interval {low:+.3f} to {high:+.3f}"
    if found.more.any():
        return (
            f"{more} have more of their maps in {int(found.more.sum())} of {CELLS**2} places, most clearly at the "
            f"{place_name(row, column)} ({interval}); see there whether it is the class or something else"
        )
    return (
        f"no place is shown where {more} have more of their maps; the nearest to it is the {place_name(row, column)} "
        f"({interval}); a difference of {found.detectable:.3f} would be seen with 80% power"
    )


def _check_words(check: SanityCheck) -> str:
    of = check.correlation
    interval = f"rank correlation {of.value:+.2f}, 95% interval {of.low:+.2f} to {of.high:+.2f}"
    words = {
        "passed": f"passed, the maps change ({interval})",
        "failed": f"failed, the maps hardly change ({interval}): they say little about what was learnt",
        "open": f"open ({interval})" if check.images > 1 else "open, too few maps to compare",
    }
    return words[check.verdict]


def _how(answer: ExplainAnswer) -> tuple[str, ...]:
    return (
        "Grad-CAM weights the last maps of a convolutional network, or the patches that go into the last block of a "
        "transformer, by the gradient of the class's logit through encoder and head. Occlusion covers one of "
        f"{CELLS} x {CELLS} cells after the other by the image's mean colour and takes the fall of the logit.",
        f"Each map is turned into the shares of {CELLS} x {CELLS} cells. All cells are tested together by permutations "
        "of the images (largest |t|, 5%); intervals hold for all of them at once.",
        f"Training against test images: a cue that is in training images only. Heads of {FOLDS} folds of the training "
        "part map both, each image by a head that was not trained on it: a head's maps of the images it was trained "
        "on differ from others even where nothing else does. Held-out images with the class against those without "
        "it, all mapped for this class: a cue at a fixed place, such as a border or a caption, or the location of "
        "the class itself.",
        "What moves about from image to image is seen in the pictures and by the next test, not in this one.",
        "The content is the mean of the layer's features over the image, weighted by the map: what is there, wherever "
        "it is. Training and test images are compared by the energy distance, with permutations; whole images, "
        "unweighted, are shown with it.",
        "Sanity check (Adebayo et al. 2018): maps of test images under the trained weights against those under the "
        "same weights in random order, three draws; passed if the rank correlation is below 0.5.",
    )


def _image_table(answer: ExplainAnswer) -> pd.DataFrame:
    frames = []
    for part, attributions in answer.attributions.items():
        peaks = [np.unravel_index(int(cells.argmax()), cells.shape) for cells in attributions.cells]
        frames.append(
            pd.DataFrame(
                {
                    "name": [answer.names[row] for row in attributions.rows],
                    "part": part,
                    "centre_share": centre_share(attributions.cells),
                    "largest_share": attributions.cells.max(axis=(1, 2)),
                    "largest_at": [place_name(int(row), int(column)) for row, column in peaks],
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def _place_table(answer: ExplainAnswer) -> pd.DataFrame:
    frames = []
    for name, found in answer.places.items():
        row, column = (grid.ravel() for grid in np.indices((CELLS, CELLS)))
        low, high = found.band()
        frames.append(
            pd.DataFrame(
                {
                    "comparison": name,
                    "row": row,
                    "column": column,
                    "difference": found.difference.ravel(),
                    "simultaneous_low": low.ravel(),
                    "simultaneous_high": high.ravel(),
                    "more": found.more.ravel(),
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def _content_table(answer: ExplainAnswer) -> pd.DataFrame:
    columns = ["what", "distance", "p", "differs"]
    rows = [(found.what, found.distance, found.p, found.differs) for found in answer.contents]
    return pd.DataFrame(rows, columns=columns)


def _sanity_table(answer: ExplainAnswer) -> pd.DataFrame:
    rows = [
        {
            "random": check.what,
            "rank_correlation": check.correlation.value,
            "low": check.correlation.low,
            "high": check.correlation.high,
            "images": check.images,
            "verdict": check.verdict,
        }
        for check in answer.checks
    ]
    return pd.DataFrame(rows)
