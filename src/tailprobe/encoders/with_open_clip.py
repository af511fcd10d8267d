"""The models of open_clip, image and text tower, with its published weights or a local file of them."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from torch import nn

from tailprobe.encoders.choice import check_choice
from tailprobe.encoders.download import offline_if_unreachable
from tailprobe.encoders.preprocessing import Preprocessing, Resize
from tailprobe.encoders.registry import ENCODERS
from tailprobe.encoders.runtime.network import L2Normalised
from tailprobe.encoders.state_dict import StateDict, read_state_dict
from tailprobe.encoders.text_tower import OpenClipTower, TextTower
from tailprobe.encoders.timm_encoder import TimmEncoder
from tailprobe.encoders.weights import fit_weights
from tailprobe.errors import InputError
from tailprobe.registry import did_you_mean

_LOG = logging.getLogger(__name__)
_RESIZE: dict[str, Resize] = {"shortest": "shorter", "squash": "squash"}
_TOWER = "visual."  # what the image tower's weights are called in a file of a whole model


@ENCODERS.register("open_clip")
def open_clip_encoder(
    name: str, weights: Path | None, model: str, tag: str = "", features: str = "projected", normalize: str = "no"
) -> TimmEncoder:
    """The result of `encode_image` of an open_clip model, e.g. `open_clip(ViT-B-32, laion2b_s34b_b79k)`.

    Projected features come with the model's text tower, which embeds the names of the classes.

    Args:
        name: the encoder's name.
        weights: a file with open_clip's names, of the whole model or its image tower; None downloads those of `tag`.
        model: the model as open_clip calls it.
        tag: which published weights.
        features: "projected" are the features that are compared with texts, "pooled" those before the projection.
        normalize: "yes" divides the features of an image by their Euclidean norm.

    Raises:
        InputError: open_clip is not installed, has no such model or weights, they cannot be downloaded or do not match,
            or an option is unknown.
    """
    projected = check_choice("features", features, ("projected", "pooled"), where=name) == "projected"
    is_normalized = check_choice("normalize", normalize, ("yes", "no"), where=name) == "yes"
    library = _open_clip(name)
    if model not in library.list_models():
        near = did_you_mean(model, library.list_models()) or "."
        raise InputError(f"{name}: open_clip has no model {model!r}{near} See open_clip.list_models()")
    whole = _bare(library, model) if weights is not None else _published(library, name, model, tag)
    tower: Any = whole.visual
    has_text = projected
    if weights is not None:
        state = read_state_dict(weights)
        inner = {key.removeprefix(_TOWER): value for key, value in state.items() if key.startswith(_TOWER)}
        fit_weights(tower, inner or state, where=f"{weights}: weights for {name}")
        has_text &= load_text(whole, state)
    if not projected:
        _remove_projection(tower, name)
    parts = [model, *([] if projected else ["before the projection"]), *(["unit length"] if is_normalized else [])]
    frozen: nn.Module = tower.eval().requires_grad_(False)
    return TimmEncoder(
        L2Normalised(frozen) if is_normalized else frozen,
        name=name,
        model_name=f"open_clip {', '.join(parts)}",
        preprocessing=_preprocessing(library.get_model_preprocess_cfg(whole), name),
        text_tower=_text_tower(library, whole, model, name) if has_text else None,
    )


def whole_of(model: str, state: StateDict, *, name: str) -> tuple[Any, Any]:
    """Return a model whose text tower has these weights, under open_clip's names, and its tokenizer.

    Args:
        model: the model as open_clip calls it.
        state: the weights.
        name: the encoder's name, for messages.

    Raises:
        InputError: open_clip is not installed, or the text tower's weights are not among them.
    """
    library = _open_clip(name)
    whole = _bare(library, model)
    if not load_text(whole, state):
        raise InputError(f"{name}: the file has no text tower of {model}")
    return whole.eval().requires_grad_(False), library.get_tokenizer(model)


def load_text(whole: Any, state: StateDict) -> bool:  # noqa: ANN401
    """Load all weights but the image tower's into a model; return False, and load none, if one is missing."""
    wanted = {key: value for key, value in whole.state_dict().items() if not key.startswith(_TOWER)}
    if any(key not in state or state[key].shape != value.shape for key, value in wanted.items()):
        return False
    whole.load_state_dict({key: state[key] for key in wanted}, strict=False)
    return True


def _text_tower(library: Any, whole: Any, model: str, name: str) -> TextTower | None:  # noqa: ANN401
    try:
        tokenizer = library.get_tokenizer(model)
    except Exception as error:  # those of other models come from the hub, by another library
        _LOG.info("%s: class names are not embedded, as the tokenizer cannot be loaded (%s)", name, error)
        return None
    return OpenClipTower(partial(_as_loaded, whole.eval().requires_grad_(False), tokenizer))


def _as_loaded(model: Any, tokenizer: Any) -> tuple[Any, Any]:  # noqa: ANN401
    return model, tokenizer


def _open_clip(name: str) -> Any:  # noqa: ANN401 - a module that may not be installed
    try:
        import open_clip
    except ImportError as error:
        raise InputError(f"{name}: open_clip is not installed ({error}); pip install 'tailprobe[open-clip]'") from None
    return open_clip


def _bare(library: Any, model: str) -> Any:  # noqa: ANN401
    with _silent():  # open_clip warns that it has loaded no weights: they come from the file
        return library.create_model(model, load_weights=False, pretrained_text=False)


@contextmanager
def _silent() -> Iterator[None]:
    logging.disable(logging.ERROR)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


def _published(library: Any, name: str, model: str, tag: str) -> Any:  # noqa: ANN401
    known = library.list_pretrained_tags_by_model(model)
    if tag not in known:
        what = f"has no weights {tag!r} of {model}" if tag else f"needs the tag of the weights of {model}"
        raise InputError(
            f"{name}: open_clip {what}; known: {', '.join(known) or 'none'}, or pass --weights '{name}=FILE'"
        )
    try:
        with offline_if_unreachable(), _silent():  # open_clip logs the failure that is raised here
            return library.create_model(model, pretrained=tag, require_pretrained=True)
    except Exception as error:  # hub, network and file system each raise their own
        reason = (" ".join(str(error).split()) or type(error).__name__).rstrip(".")[:300]
        raise InputError(
            f"{name}: the weights {tag!r} of {model} cannot be downloaded ({reason}); download the file on a machine "
            f"with network access, and pass --weights '{name}=FILE'"
        ) from error


def _remove_projection(tower: Any, name: str) -> None:  # noqa: ANN401
    if getattr(tower, "proj", None) is None:
        raise InputError(f"{name}: this model has no projection to leave out; pass features=projected")
    tower.proj = None


def _preprocessing(config: dict[str, Any], name: str) -> Preprocessing:
    size = config["size"]
    height, width = (size, size) if isinstance(size, int) else size
    if config["resize_mode"] not in _RESIZE or config["mode"] != "RGB" or config["interpolation"] == "random":
        raise InputError(f"{name}: needs a preprocessing that is not supported ({config}); choose another model")
    return Preprocessing(
        _RESIZE[config["resize_mode"]],
        (height, width),
        (height, width),
        config["interpolation"],
        tuple(config["mean"]),
        tuple(config["std"]),
    )
