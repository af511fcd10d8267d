"""Write docs/study_file.md and docs/study.schema.json from the settings of a study."""

import json
from pathlib import Path

from tailprobe.runs.study_schema import document, study_schema

DOCS = Path(__file__).parents[1] / "docs"

if __name__ == "__main__":
    (DOCS / "study_file.md").write_text(document(), encoding="utf-8")
    schema = json.dumps(study_schema(), indent=1, ensure_ascii=False)
    (DOCS / "study.schema.json").write_text(schema + "\n", encoding="utf-8")
