"""Convert OpenAI's and open_clip's names of an image tower's weights to timm's."""

import re

import torch

from tailprobe.encoders.state_dict import StateDict

_TOWER = "visual."
_BLOCKS = re.compile(r"transformer\.resblocks\.(\d+)\.(.+)")
_PLAIN = {
    "conv1.weight": "patch_embed.proj.weight",
    "ln_pre.weight": "norm_pre.weight",
    "ln_pre.bias": "norm_pre.bias",
    "ln_post.weight": "norm.weight",
    "ln_post.bias": "norm.bias",
}
_IN_BLOCK = {
    "ln_1": "norm1",
    "ln_2": "norm2",
    "attn.in_proj_": "attn.qkv.",
    "attn.out_proj": "attn.proj",
    "mlp.c_fc": "mlp.fc1",
    "mlp.c_proj": "mlp.fc2",
}


def is_clip(state: StateDict) -> bool:
    """Return whether the weights are CLIP's under OpenAI's and open_clip's names."""
    return {"visual.class_embedding", "visual.conv1.weight"} <= state.keys()


def from_clip(state: StateDict) -> StateDict:
    """Rename the image tower's weights to those of timm's vision transformer; the text tower's are dropped.

    The projection, (768, 512) and applied from the right, becomes the head's weight (512, 768), its bias zero. Shapes
    are kept, so that weights of another size (another patch, another resolution) do not fit afterwards.
    """
    renamed: StateDict = {}
    for key, tensor in state.items():
        if not key.startswith(_TOWER):
            continue
        name = key.removeprefix(_TOWER)
        if name == "proj":
            renamed["head.weight"] = tensor.T
            renamed["head.bias"] = torch.zeros(tensor.shape[1])
        elif name == "class_embedding":
            renamed["cls_token"] = tensor.reshape(1, 1, -1)
        elif name == "positional_embedding":
            renamed["pos_embed"] = tensor.unsqueeze(0)
        else:
            renamed[_renamed(name)] = tensor
    return renamed


def _renamed(name: str) -> str:
    block = _BLOCKS.fullmatch(name)
    if block is None:
        return _PLAIN.get(name, name)
    number, rest = block.groups()
    for theirs, ours in _IN_BLOCK.items():
        if rest.startswith(theirs):
            return f"blocks.{number}.{ours}{rest.removeprefix(theirs)}"
    return name
