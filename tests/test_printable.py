"""No text of others reaches the terminal as a control sequence, by any of the ways a command prints."""

import io
import logging
from pathlib import Path

import pytest
from PIL import Image
from rich.table import Table

import commands
from tailprobe.console import Terminal
from tailprobe.log import printed_by_default
from tailprobe.printable import printable

RED = "\x1b[31mred"
SOURCE = Path(__file__).parents[1] / "src" / "tailprobe"


@pytest.mark.parametrize("character", [*map(chr, range(32)), "\x7f", *map(chr, range(0x80, 0xA0)), "\u202e", "\u2066"])
def test_what_a_terminal_obeys_is_written_as_its_escape(character: str) -> None:
    if character in "\n\t":
        assert printable(character) == character
    else:
        assert printable(f"a{character}b").isprintable()
        assert printable(f"a{character}b").startswith("a\\")


def test_other_scripts_stay_as_they_are() -> None:
    assert printable("Wald, лес, 森林, جنگل, 🌲") == "Wald, лес, 森林, جنگل, 🌲"


def test_a_console_keeps_its_own_colours_and_no_others() -> None:
    stream = io.StringIO()
    console = Terminal(file=stream, force_terminal=True, color_system="standard", width=60)
    table = Table("class")
    table.add_row(f"[green]{RED}", style="blue")
    console.print(table)
    console.print(RED, markup=False, highlight=False)
    assert "\x1b[31m" not in stream.getvalue()
    assert r"\x1b[31mred" in stream.getvalue()
    assert "\x1b[32m" in stream.getvalue()  # of the style


def test_a_note_that_python_prints_is_text(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    logger = logging.getLogger("tailprobe")
    monkeypatch.setattr(logger, "propagate", False)  # pytest's own handlers
    with printed_by_default():
        logging.getLogger("tailprobe.test").info("left out: %s", RED)
    assert capsys.readouterr().out == "left out: \\x1b[31mred\n"


def test_everything_that_is_printed_goes_through_one_place() -> None:
    for path in SOURCE.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert "typer.echo" not in text or path.name == "app.py", path  # which prints the version
        assert "import Console" not in text or path.name == "console.py", path


@pytest.mark.slow
def test_names_of_classes_and_files_are_shown_and_not_obeyed(tmp_path: Path) -> None:
    for name in (f"{RED}]0;title\x07", "mine\u202e"):
        (tmp_path / "images" / name).mkdir(parents=True)
        for i in range(4):
            Image.new("RGB", (8, 8), (9 * i, 9, 9)).save(tmp_path / "images" / name / f"{i}\x1b[2J.png")
    (tmp_path / "images" / "mine\u202e" / "bad\x1b[2J.png").write_bytes(b"no image")
    for arguments in (["inspect", "images"], ["compare", "images", "--out", f"{RED}.toml/x"], ["compare", f"{RED}"]):
        done = commands.run(*arguments, cwd=tmp_path)
        assert "\x1b" not in done.stdout + done.stderr
        assert "\u202e" not in done.stdout + done.stderr
