"""Write the terms that the page explains from docs/terms.md."""

import json
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "docs" / "terms.md"
PAGE = ROOT / "src" / "tailprobe" / "report" / "page" / "assets" / "terms.json"


def terms() -> list[dict[str, object]]:
    """Return the terms: names, and the meaning without its links."""
    rows = [line.strip("| ").split(" | ", 1) for line in SOURCE.read_text(encoding="utf-8").splitlines() if "|" in line]
    return [
        {"names": names.split(", "), "meaning": re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", meaning)}
        for names, meaning in rows[2:]
    ]


def document() -> str:
    """Return the file that the page reads."""
    return json.dumps(terms(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    PAGE.write_text(document(), encoding="utf-8")
