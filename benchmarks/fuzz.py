"""Feed damaged and absurd inputs to every parser: each has to end with a result or an InputError, nothing else.

    python -m benchmarks.fuzz --minutes 60 --corpus FOLDER

Hypothesis damages files of every kind and makes up texts, in turns of a few seconds a parser. What fails is made as
small as possible, printed, and kept with the examples in the folder, from which the next call goes on. Ends with exit
code 1 where anything failed.
"""

import argparse
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.database import DirectoryBasedExampleDatabase

import tailprobe
from benchmarks.fuzz_samples import Example, file_samples, text_samples
from tailprobe import InputError
from tailprobe.datasets.pixels.bands import parse_bands
from tailprobe.datasets.pixels.decode import decode, read_size
from tailprobe.datasets.storage.braces import expand_braces
from tailprobe.datasets.tables.tags import read_tags
from tailprobe.embeddings.precomputed.read import read_embeddings
from tailprobe.methods.lookup import parse_methods
from tailprobe.runs.settings import read_study

EXAMPLES = 100  # a turn
Parser = Callable[[Path], object]


def _image(path: Path) -> None:
    data = path.read_bytes()
    with path.open("rb") as stream:
        read_size(stream, where="x")
    decode(data, bands=parse_bands("rgb:0:65535"), where="x")


def _harmless(text: str) -> str:
    """Return a URL as it is, and another source as a path in a folder that is not there: "/" is a whole machine."""
    return text if "::" in text or "://" in text else f"absent/{text.replace('..', '')}"


PARSERS: dict[str, Parser] = {
    "npy": read_embeddings,
    "npz": read_embeddings,
    "parquet": read_embeddings,
    "parquet table": read_tags,
    "csv": read_tags,
    "toml": read_study,
    "zip": tailprobe.read,
    "tar": tailprobe.read,
    "image": _image,
}
TEXTS: dict[str, Callable[[str], object]] = {
    "methods": lambda text: parse_methods([text]),
    "bands": parse_bands,
    "braces": expand_braces,
    "source": lambda text: tailprobe.read(_harmless(text)),
}


@st.composite
def damaged(draw: st.DrawFn, samples: list[bytes]) -> bytes:
    """Draw a sample with some bytes changed, taken out, repeated or cut off."""
    data = bytearray(draw(st.sampled_from(samples)))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, max(0, len(data) - 1)))
        new, length = draw(st.binary(max_size=8)), draw(st.sampled_from([0, 1, 4, 64, len(data)]))
        data[at : at + length] = new
    return bytes(data)


@st.composite
def written(draw: st.DrawFn, samples: list[str]) -> str:
    """Draw a text of pieces of samples and of any characters."""
    pieces = st.one_of(st.sampled_from(samples), st.text(max_size=5), st.sampled_from(list("(),=:|+{}.-\"'\n\0/")))
    return "".join(draw(st.lists(pieces, max_size=6)))


def run(minutes: float, corpus: Path) -> dict[str, str]:
    """Try every parser in turns until the time is over; return each failure with the input that shows it."""
    database, failures, counts = DirectoryBasedExampleDatabase(corpus / "examples"), dict[str, str](), dict[str, int]()
    ends = time.monotonic() + 60 * minutes
    with tempfile.TemporaryDirectory() as folder:
        targets = _targets(Path(folder), counts)
        while time.monotonic() < ends:
            for name, (strategy, check) in targets.items():
                if time.monotonic() < ends:
                    _turn(name, strategy, check, database, failures)
    print(", ".join(f"{name} {count:,}" for name, count in counts.items()), "inputs")
    return failures


def _targets(folder: Path, counts: dict[str, int]) -> dict[str, tuple[st.SearchStrategy[Example], Callable[..., None]]]:
    files = file_samples(folder)
    targets: dict[str, tuple[st.SearchStrategy[Example], Callable[..., None]]] = {}
    for name, parser in PARSERS.items():
        suffix, samples = files[name]
        path = folder / f"fuzz{suffix}"
        targets[name] = damaged(samples), _of_file(name, parser, path, counts)
    for name, function in TEXTS.items():
        targets[name] = written(text_samples(name)), _of_text(name, function, counts)
    return targets


def _of_file(name: str, parser: Parser, path: Path, counts: dict[str, int]) -> Callable[[bytes], None]:
    def check(data: bytes) -> None:
        counts[name] = counts.get(name, 0) + 1
        path.unlink(missing_ok=True)  # a new file: what a name held before may be remembered
        path.write_bytes(data)
        _tolerate(lambda: parser(path))

    return check


def _of_text(name: str, function: Callable[[str], object], counts: dict[str, int]) -> Callable[[str], None]:
    def check(text: str) -> None:
        counts[name] = counts.get(name, 0) + 1
        _tolerate(lambda: function(text))

    return check


def _tolerate(call: Callable[[], object]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with suppress(InputError):
            call()


def _turn(
    name: str,
    strategy: st.SearchStrategy[Example],
    check: Callable[..., None],
    database: DirectoryBasedExampleDatabase,
    failures: dict[str, str],
) -> None:
    last: list[Example] = []

    def test(example: Example) -> None:
        last[:] = [example]
        check(example)

    configured = settings(
        max_examples=EXAMPLES, database=database, deadline=None, report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck), phases=(Phase.reuse, Phase.generate, Phase.shrink),
    )  # fmt: skip
    test.__qualname__ = f"fuzz_{name}"  # what the database knows the examples by
    try:
        configured(given(strategy)(test))()
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)
        ours = [frame for frame in place if "/tailprobe/" in frame.filename.replace("\\", "/")] or place
        key = f"{name}: {type(error).__name__} in {Path(ours[-1].filename).name}:{ours[-1].lineno} ({str(error)[:120]})"
        if key not in failures:
            failures[key] = repr(last[0])[:400] if last else ""
            print(key, "\n   ", failures[key], flush=True)


def main() -> None:
    """Fuzz for a time and say what failed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--corpus", type=Path, default=Path(".fuzz"), help="where examples are kept")
    chosen = parser.parse_args()
    chosen.corpus.mkdir(parents=True, exist_ok=True)
    failures = run(chosen.minutes, chosen.corpus)
    (chosen.corpus / "failures.txt").write_text("".join(f"{key}\n    {value}\n" for key, value in failures.items()))
    print(f"{len(failures)} failures in {chosen.minutes:g} minutes")
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
