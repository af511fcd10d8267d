"""Write docs/run_folder.md from the schema of the run folder."""

from pathlib import Path

from tailprobe.runs.schema import document

if __name__ == "__main__":
    (Path(__file__).parents[1] / "docs" / "run_folder.md").write_text(document(), encoding="utf-8")
