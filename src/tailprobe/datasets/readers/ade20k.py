"""ADE20K for scene classification, in the official layout of the SceneParsing release."""

from collections import Counter
from collections.abc import Sequence

from tailprobe.datasets.images import LabeledImages
from tailprobe.datasets.pixels.bands import BandSelection, Composite
from tailprobe.datasets.registry import READERS, Reader
from tailprobe.datasets.storage.image_files import OnBadImage, clean_name, find_images, preview
from tailprobe.datasets.storage.url import Source
from tailprobe.datasets.tables.join import join_images
from tailprobe.datasets.tables.tags import TagTable
from tailprobe.errors import InputError
from tailprobe.labels import Labels

TABLE_NAME = "sceneCategories.txt"
RELEASE = "ADEChallengeData2016"  # the folder that the official archive unpacks to
_PARTS = {"ADE_train_": "train", "ADE_val_": "validation"}


def read_ade20k(
    source: Source,
    labels: Source | None = None,
    *,
    bands: BandSelection = Composite.RGB,
    top: int = 20,
    exclude: Sequence[str] = ("misc",),
    on_bad_image: OnBadImage = "error",
) -> LabeledImages:
    """Read the images of ADE20K's most frequent scenes, single-label.

    Expects `sceneCategories.txt` next to `images/training` and `images/validation`, or next to a flat folder `images`;
    `source` may also be the folder above `ADEChallengeData2016`. The official parts come as `given_parts`, "train" and
    "validation". There is no official test part: `tailprobe.splits` creates one, or ignores the parts.

    Args:
        source: the folder.
        labels: another table of the same format; by default `sceneCategories.txt`.
        bands: "rgb".
        top: number of scenes to keep, the most frequent over both parts; see `top_scenes`.
        exclude: names that are not scenes, removed first.
        on_bad_image: "skip" leaves out rows whose image is missing, and lists them in the notes.

    Raises:
        InputError: the table or folder is missing, a row is malformed or repeated, or an image is missing.
    """
    source = source / RELEASE if (source / RELEASE).is_dir() else source
    table = labels or source / TABLE_NAME
    files = find_images(source / "images", on_bad_image=on_bad_image)
    scenes = read_scenes(table, top=top, exclude=exclude)
    return join_images(scenes, files, bands=bands, on_bad_image=on_bad_image, count_unused=False)


def read_scenes(table: Source, *, top: int = 20, exclude: Sequence[str] = ("misc",)) -> TagTable:
    """Read names, scenes and parts of the `top` most frequent scenes from `sceneCategories.txt`; see `read_ade20k`."""
    names, scenes = _rows(table)
    classes = top_scenes(scenes, top=top, exclude=exclude)
    kept = [n for n, scene in enumerate(scenes) if scene in classes]
    return TagTable(
        names=tuple(names[n] for n in kept),
        labels=Labels.from_tags([[scenes[n]] for n in kept], kind="single-label"),
        given_parts=_parts(table, [names[n] for n in kept]),
        where=tuple(f"{table.name}, line {n + 1}" for n in kept),
        notes=_notes(Counter(scenes), classes, exclude),
    )


def scene_images(table: Source) -> list[str]:
    """Read the names of all images of `sceneCategories.txt`, in its order; raises as `read_scenes`."""
    return _rows(table)[0]


def top_scenes(scenes: Sequence[str], *, top: int, exclude: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the `top` most frequent scenes, most frequent first; ties are sorted by name.

    Raises:
        InputError: `top` is below 2 or above the number of scenes, or an excluded scene does not occur.

    >>> top_scenes(["street", "street", "attic", "misc", "misc", "barn"], top=2, exclude=["misc"])
    ('street', 'attic')
    """
    counts = Counter(scenes)
    absent = [scene for scene in exclude if scene not in counts]
    if absent and tuple(exclude) != ("misc",):
        raise InputError(f"scene {absent[0]!r} is to be excluded but does not occur; check its spelling")
    left = sorted((scene for scene in counts if scene not in set(exclude)), key=lambda scene: (-counts[scene], scene))
    if not 2 <= top <= len(left):
        raise InputError(f"top {top}: expected a number from 2 to {len(left)}, the number of scenes")
    return tuple(left[:top])


def _rows(table: Source) -> tuple[list[str], list[str]]:
    try:
        lines = table.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{table}: expected ADE20K's table of scenes, UTF-8 ({error}); put it there") from error
    names, scenes, first = list[str](), list[str](), dict[str, int]()
    for number, line in enumerate(lines, start=1):
        fields = line.split()
        if len(fields) != 2:
            raise InputError(
                f"{table.name}, line {number}: expected an image name and a scene, got {line[:80]!r}; correct the line"
            )
        name = clean_name(fields[0], where=f"{table.name}, line {number}")
        if first.setdefault(name, number) != number:
            raise InputError(
                f"{table.name}, line {number}: image {name!r} is already on line {first[name]}; keep one line"
            )
        names.append(name)
        scenes.append(fields[1])
    return names, scenes


def _parts(table: Source, names: Sequence[str]) -> tuple[str, ...] | None:
    parts = [next((part for start, part in _PARTS.items() if name.startswith(start)), None) for name in names]
    known = tuple(part for part in parts if part is not None)
    return known if len(known) == len(parts) else None


def _notes(counts: Counter[str], classes: Sequence[str], exclude: Sequence[str]) -> tuple[str, ...]:
    notes = tuple(f"{counts[scene]:,} images of {scene!r} left out" for scene in exclude if scene in counts)
    rarer = [scene for scene in counts if scene not in {*classes, *exclude}]
    if rarer:
        images = sum(counts[scene] for scene in rarer)
        notes += (f"{images:,} images of {len(rarer):,} rarer scenes left out ({len(classes)} most frequent kept)",)
    tied = [scene for scene in rarer if counts[scene] == counts[classes[-1]]]
    if tied:
        notes += (
            f"as frequent as the last scene kept ({classes[-1]}), but later in alphabetical order: {preview(tied)}",
        )
    return notes


def _recognises(source: Source, labels: Source | None) -> bool:
    return (source / TABLE_NAME).is_file() or (source / RELEASE / TABLE_NAME).is_file()


READERS.add("ade20k", Reader(read_ade20k, _recognises, "ADE20K's sceneCategories.txt next to images", priority=True))
