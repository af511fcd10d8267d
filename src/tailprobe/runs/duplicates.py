"""The near duplicates of a run's images: duplicates.json."""

import json
from pathlib import Path
from typing import Any

from tailprobe.errors import InputError
from tailprobe.files import write_text

NUMBERS = ("pairs", "across", "held_out", "test_images", "test_matched")


def write_duplicates(duplicates: dict[str, Any], path: Path) -> None:
    """Write the result of `study.duplicates.near_duplicates` atomically."""
    write_text(path, json.dumps(duplicates, indent=1, ensure_ascii=False, allow_nan=False))


def read_duplicates(path: Path) -> dict[str, Any] | None:
    """Read the result of `study.duplicates.near_duplicates`; None if there is no file.

    Raises:
        InputError: the file is damaged or has another format.
    """
    if not path.exists():
        return None
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        closest = [
            {
                "names": [str(name) for name in pair["names"]],
                "cosine": float(pair["cosine"]),
                "parts": [str(part) for part in pair["parts"]],
            }
            for pair in found["closest"]
        ]
        numbers = {name: int(found[name]) for name in NUMBERS}
        return {
            "encoder": str(found["encoder"]),
            "threshold": float(found["threshold"]),
            **numbers,
            "closest": closest,
        }
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError(
            f"{path}: not the duplicates of a run ({error}); delete it, the page is drawn without it"
        ) from None
