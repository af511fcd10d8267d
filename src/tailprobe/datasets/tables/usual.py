"""Common column names of label tables."""

import re
from collections.abc import Iterable, Sequence

# Compared in lower case, without spaces, "_", "-" and "."; most common first.
IMAGE_NAMES = (
    *("imagename", "image", "filename", "file", "filepath", "imagepath", "path", "imagefile", "img", "imgname"),
    *("imgpath", "imageindex", "fname", "imageid", "imgid", "photo", "picture", "tile", "chip", "name", "id", "key"),
)
LABEL_NAMES = (
    *("tags", "labels", "label", "tag", "class", "classes", "category", "categories", "target", "targets"),
    *("findinglabels", "labelnames", "labelname", "classname", "choice", "annotation", "annotations", "species"),
    *("diagnosis", "dx", "finelabel", "scene", "landuse", "landcover", "y"),
)
PART_NAMES = ("split", "part", "partition", "subset", "set", "fold", "dataset", "datasplit", "phase", "usage")
# Binary columns that name the part of an image: (part if true, part if false).
PART_FLAGS = {
    "isvalid": ("validation", "train"),
    "isval": ("validation", "train"),
    "isvalidation": ("validation", "train"),
    "istest": ("test", "train"),
    "istrain": ("train", "test"),
}
GROUP_NAMES = (
    *("patientid", "patient", "subject", "subjectid", "participant", "person", "identity", "individual", "lesionid"),
    *("scene", "sceneid", "site", "siteid", "location", "locationid", "seqid", "sequence", "sequenceid", "video"),
    *("videoid", "clip", "slide", "slideid", "study", "studyid", "group", "groupid", "series", "burst", "camera"),
)
# Columns that say whether the label of a row applies to the image, in tables with a row per image and label.
PRESENCE_NAMES = ("present", "presence", "confidence", "value", "exists", "positive", "ispresent", "applies")
_SINGULAR = ("label", "tag", "class", "category", "target", "labelname", "classname", "species", "diagnosis", "dx", "y")
_INDEX = re.compile(r"|index|unnamed: \d+(_level_\d+)?|level_\d+|column \d+", re.IGNORECASE)


def plain(name: str) -> str:
    """Return a column's name in the form used for comparison.

    >>> plain("Finding Labels"), plain("image_name")
    ('findinglabels', 'imagename')
    """
    return re.sub(r"[\s_.\-]+", "", name).casefold()


def find_usual(columns: Iterable[str], usual: Sequence[str]) -> list[str]:
    """Return the columns with a common name, most common first."""
    known: dict[str, str] = {}
    for name in columns:
        known.setdefault(plain(name), name)
    return [known[name] for name in usual if name in known]


def is_singular(column: str) -> bool:
    """Return whether a column's name suggests one label per row: label, class, category, ..."""
    return plain(column) in _SINGULAR or column.startswith("column ")


def is_index(column: str) -> bool:
    """Return whether a column's name suggests a row index, as written by pandas or R."""
    return _INDEX.fullmatch(column.strip()) is not None


def is_flag(column: str) -> bool:
    """Return whether a binary column's name suggests a property of the image, not a class: `is_valid`, `has_flash`."""
    return re.match(r"(is|has|was)[_A-Z]", column) is not None or plain(column) in PART_FLAGS
