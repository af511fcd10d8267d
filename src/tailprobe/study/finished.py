"""Check whether the data of a finished run are unchanged since it was computed."""

import hashlib
import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

from tailprobe.datasets.images import LabeledImages
from tailprobe.datasets.storage.image_source import ImageSource
from tailprobe.embeddings.compute import image_content
from tailprobe.embeddings.embeddings import Embeddings
from tailprobe.embeddings.fuse import fingerprint_of
from tailprobe.errors import InputError
from tailprobe.methods.lookup import parse_methods
from tailprobe.methods.source import source_digests
from tailprobe.processor import cores
from tailprobe.runs.run import Run
from tailprobe.runs.settings import Study
from tailprobe.study.embedding import read_precomputed
from tailprobe.study.execution import Execution


def describe_data(images: LabeledImages) -> dict[str, str]:
    """Return the digests of images for run.json: `data` and `data_state`, see `runs.schema.RECORD`."""
    known = [images.names, images.given_parts, images.groups, images.labels.digest()]
    state = [_etag(source) for source in images.image_sources] if images.has_pixels else []
    return {"data": _digest(known), "data_state": _digest(state) if state else ""}


def refuse_changed(
    run: Run,
    study: Study,
    execution: Execution,
    images: LabeledImages,
    *,
    usable: Callable[[], LabeledImages],
    embeddings: Mapping[str, Embeddings] | None = None,
) -> None:
    """Compare a finished run with what would be computed now.

    Files with the recorded size and modification time count as unchanged; the contents of others are compared.

    Args:
        run: the finished run.
        study: its settings.
        execution: what the user asks for now.
        images: the images as they are read now.
        usable: returns those of them that can be opened.
        embeddings: embeddings by encoder, if the user gave any.

    Raises:
        InputError: the data, the methods' files, the kernel or the embeddings are not those of the run.
    """
    record = run.record
    _refuse_other_execution(run, execution)
    _refuse_other_methods(run, study)
    now = describe_data(images)
    if now["data"] != record["data"]:
        raise _changed(run, "its images, their labels or their parts have changed")
    if embeddings is None and images.has_pixels and now["data_state"] == record["data_state"]:
        return
    then = {name: about["fingerprint"] for name, about in record["encoders"].items()}
    if _fingerprints(run, study, usable, embeddings) != then:
        raise _changed(run, "the contents of its images have changed" if images.has_pixels else "its file has changed")


def _refuse_other_execution(run: Run, execution: Execution) -> None:
    for name, then in run.record["execution"].items():
        now = getattr(execution, name)
        if now != then:
            raise _changed(run, f"--{name} was {then} and is {now}")
    if execution.kernel not in ("auto", run.record["kernel"]):
        raise _changed(run, f"its heads were trained by the kernel {run.record['kernel']}, not {execution.kernel}")


def _refuse_other_methods(run: Run, study: Study) -> None:
    for name, digest in source_digests(parse_methods(study.methods)).items():
        if run.record["method_sources"].get(name) != digest:
            raise _changed(run, f"the file of method {name} has changed")


def _fingerprints(
    run: Run, study: Study, usable: Callable[[], LabeledImages], embeddings: Mapping[str, Embeddings] | None
) -> dict[str, str]:
    """Return the fingerprints by encoder that embeddings would have now; images are read but not embedded."""
    if embeddings is not None:
        return {name: given.fingerprint for name, given in embeddings.items()}
    images = usable()
    if not images.has_pixels:
        precomputed = read_precomputed(study)[0]
        return {precomputed.encoder: precomputed.fingerprint}
    with ThreadPoolExecutor(cores()) as threads:
        contents = list(threads.map(image_content, images.image_sources))
    return {name: fingerprint_of(name, about["identity"], contents) for name, about in run.record["encoders"].items()}


def _changed(run: Run, what: str) -> InputError:
    path = run.folder.path
    return InputError(
        f"{path} holds a finished run, and since then {what}; give --out another folder to compare again, or look at "
        f"the finished run: tailprobe report {path}"
    )


def _etag(source: ImageSource) -> str:
    try:
        return source.etag()
    except (InputError, OSError):
        return "missing"


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()
