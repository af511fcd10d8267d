"""Load the weights of a model from a file or from their published source; a missing weight is an error."""

import hashlib
from collections.abc import Iterable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import torch
from huggingface_hub import constants as hub
from torch import nn

from tailprobe.encoders.clip_layout import from_clip, is_clip
from tailprobe.encoders.download import offline_if_unreachable
from tailprobe.encoders.state_dict import StateDict, read_state_dict
from tailprobe.errors import InputError

_ON_HUB = ("hf-hub:", "hf_hub:")
_COUNTERS = (
    ".num_batches_tracked"  # batch norm's count of training steps, which old files lack and embeddings do not use
)


def build_model(
    model_name: str, *, name: str, weights: Path | None, keep_head: bool, official: str = "", channels: int = 3
) -> nn.Module:
    """Build a timm model with weights, frozen and in evaluation mode.

    Args:
        model_name: the model as timm calls it.
        name: the encoder's name, for messages.
        weights: a local file of weights; None takes the published ones, through the Hugging Face hub and its cache.
        keep_head: False removes the classifier, so that the model returns pooled features.
        official: which file to download by hand, for the message where the download fails.
        channels: of the images; the first convolution of weights for three is adapted by timm: its weights are
            repeated from the first channel on, and scaled so that their sum stays what it was.

    Raises:
        InputError: the file does not match the model, or the published weights cannot be downloaded.
    """
    if weights is not None:
        model = _create(model_name, name=name, weights=weights, channels=channels)
        if not keep_head:
            model.reset_classifier(0)
        fit_weights(model, read_state_dict(weights), where=f"{weights}: weights for {name}")
    else:
        # With the classifier, since only then does timm require that every weight is in the file.
        model = _published(model_name, name=name, official=official, channels=channels)
        if not keep_head:
            model.reset_classifier(0)
    frozen: nn.Module = model.eval().requires_grad_(False)
    return frozen


def fit_weights(model: nn.Module, state: StateDict, *, where: str) -> None:
    """Load `state` into `model`, all of it; the names may be OpenAI's and open_clip's for CLIP.

    A classifier that the model does not have is ignored.

    Raises:
        InputError: a weight is missing, surplus or of another shape; the first of each is named.
    """
    if is_clip(state):
        state = from_clip(state)
    state, expected = _adapted(model, state), model.state_dict()
    heads = _classifiers(model)
    state = {k: v for k, v in state.items() if k in expected or not k.startswith(heads)}
    problems = [
        _first("lacks", ((k, expected[k]) for k in expected if k not in state and not k.endswith(_COUNTERS))),
        _first("has the unknown", ((k, state[k]) for k in state if k not in expected)),
        _first_shape_mismatch(state, expected),
    ]
    if any(problems):
        found = "; ".join(p for p in problems if p)
        raise InputError(f"{where} do not match: the file {found}; give the weights of exactly this model")
    model.load_state_dict(state, strict=False)  # only counters of batch norm may still be missing


def _adapted(model: nn.Module, state: StateDict) -> StateDict:
    """Return weights for RGB with the first convolution made to take the channels of a model that has more."""
    first = f"{getattr(model, 'pretrained_cfg', {}).get('first_conv')}.weight"
    wanted = model.state_dict().get(first)
    if first not in state or wanted is None or state[first].ndim != 4 or state[first].shape[1] != 3:
        return state
    if wanted.shape[1] == 3:
        return state
    from timm.models import adapt_input_conv  # slow to import

    return {**state, first: adapt_input_conv(wanted.shape[1], state[first])}


def digest_of(model: nn.Module) -> str:
    """Return the SHA-256 of a model's weights, as hex: of names, shapes and bytes, whatever file they came from."""
    digest = hashlib.sha256()
    for key, tensor in sorted(model.state_dict().items()):
        if not key.endswith(_COUNTERS):
            digest.update(f"{key} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
            digest.update(tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy())
    return digest.hexdigest()


def _published(model_name: str, *, name: str, official: str, channels: int) -> Any:  # noqa: ANN401 - timm is untyped
    import timm  # slow to import

    try:
        with offline_if_unreachable():
            return timm.create_model(model_name, pretrained=True, in_chans=channels)
    except Exception as error:  # hub, network and file system each raise their own
        reason = (" ".join(str(error).split()) or type(error).__name__).rstrip(".")[:300]
        by_hand = (
            official
            or f"on a machine with network access get the model's file by `hf download {_repository(model_name)}`"
        )
        raise InputError(
            f"the weights of encoder {name!r} cannot be downloaded ({reason}); {by_hand}, and pass "
            f"--weights {name}=FILE, or copy the cache of the hub ({hub.HF_HUB_CACHE})"
        ) from error


def _create(model_name: str, *, name: str, weights: Path, channels: int) -> Any:  # noqa: ANN401
    import timm  # slow to import

    try:
        with offline_if_unreachable() if model_name.startswith(_ON_HUB) else nullcontext():
            return timm.create_model(model_name, pretrained=False, in_chans=channels)
    except Exception as error:  # "hf-hub:" and "local-dir:" names read a configuration first
        reason = (" ".join(str(error).split()) or type(error).__name__)[:300]
        raise InputError(f"encoder {name!r} cannot be built for {weights} ({reason}); check its name") from error


def _repository(model_name: str) -> str:
    if model_name.startswith("hf-hub:"):
        return model_name.removeprefix("hf-hub:")
    import timm  # slow to import

    cfg = timm.models.get_pretrained_cfg(model_name) if timm.is_model(model_name) else None
    return str((cfg and cfg.hf_hub_id) or model_name)


def _classifiers(model: nn.Module) -> tuple[str, ...]:
    named = getattr(model, "pretrained_cfg", {}).get("classifier") or ()
    return tuple(f"{part}." for part in ([named] if isinstance(named, str) else named))


def _first(what: str, found: Iterable[tuple[str, torch.Tensor]]) -> str:
    listed = list(found)
    if not listed:
        return ""
    key, tensor = listed[0]
    more = f" and {len(listed) - 1} more" if len(listed) > 1 else ""
    return f"{what} {key!r} of shape {tuple(tensor.shape)}{more}"


def _first_shape_mismatch(state: StateDict, expected: StateDict) -> str:
    wrong = [k for k in expected if k in state and state[k].shape != expected[k].shape]
    if not wrong:
        return ""
    key = wrong[0]
    more = f" (and {len(wrong) - 1} more of other shapes)" if len(wrong) > 1 else ""
    return f"has {key!r} of shape {tuple(state[key].shape)}, expected {tuple(expected[key].shape)}{more}"
