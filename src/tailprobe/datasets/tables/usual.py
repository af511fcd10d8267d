"""The usual names of the columns of a label table."""

import re
from collections.abc import Iterable, Sequence

# Compared in small letters and without blanks, "_", "-" and ".", most usual first.
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
# Columns of yes and no that say which part an image is of: (if yes, if no).
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
_SINGULAR = ("label", "tag", "class", "category", "target", "labelname", "classname", "species", "diagnosis", "dx", "y")
_INDEX = re.compile(r"|index|unnamed: \d+(_level_\d+)?|level_\d+|column \d+", re.IGNORECASE)


def plain(name: str) -> str:
    """Return a column's name as it is compared.

    >>> plain("Finding Labels"), plain("image_name")
    ('findinglabels', 'imagename')
    """
    return re.sub(r"[\s_.\-]+", "", name).casefold()


def find_usual(columns: Iterable[str], usual: Sequence[str]) -> list[str]:
    """Return the columns of a usual name, most usual first."""
    known: dict[str, str] = {}
    for name in columns:
        known.setdefault(plain(name), name)
    return [known[name] for name in usual if name in known]


def is_singular(column: str) -> bool:
    """Return whether a column is called as one that holds one label a row: label, class, category, ..."""
    return plain(column) in _SINGULAR or column.startswith("column ")


def is_index(column: str) -> bool:
    """Return whether a column is called as a table's running number, written by pandas or R."""
    return _INDEX.fullmatch(column.strip()) is not None


def is_flag(column: str) -> bool:
    """Return whether a column of yes and no is of the image and no class, by its name: `is_valid`, `has_flash`."""
    return re.match(r"(is|has|was)[_A-Z]", column) is not None or plain(column) in PART_FLAGS
