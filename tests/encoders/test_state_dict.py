"""Weight files are data until proven otherwise: nothing in them runs, and what is wrong is named."""

import os
import pickle
import warnings
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from tailprobe.encoders.state_dict import read_state_dict
from tailprobe.errors import InputError

STATE = {"a.weight": torch.arange(6.0).reshape(2, 3), "a.bias": torch.ones(2)}


@pytest.mark.parametrize("wrapped", [lambda s: s, lambda s: {"state_dict": s, "epoch": 3}, lambda s: {"model": s}])
def test_a_state_dict_is_found_alone_or_beside_other_things(tmp_path, wrapped):
    torch.save(wrapped(STATE), tmp_path / "weights.pth")
    read = read_state_dict(tmp_path / "weights.pth")
    assert read.keys() == STATE.keys()
    assert all(torch.equal(read[name], tensor) for name, tensor in STATE.items())


def test_safetensors_are_known_by_their_content_not_their_name(tmp_path):
    save_file(STATE, tmp_path / "weights.pth")
    assert torch.equal(read_state_dict(tmp_path / "weights.pth")["a.weight"], STATE["a.weight"])


def test_the_prefix_of_data_parallel_goes(tmp_path):
    torch.save({f"module.{name}": tensor for name, tensor in STATE.items()}, tmp_path / "weights.pth")
    assert read_state_dict(tmp_path / "weights.pth").keys() == STATE.keys()


def test_a_real_third_party_file_is_read(real_data):
    state = read_state_dict(real_data / "encoders" / "resnet20-12fca82f.th")
    assert state["conv1.weight"].shape == (16, 3, 3, 3)


class _Payload:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.system, (f"touch {self.path}",)


@pytest.mark.parametrize("write", [torch.save, lambda value, path: path.write_bytes(pickle.dumps(value))])
def test_pickled_code_is_refused_and_not_run(tmp_path, write):
    write({"a": _Payload(tmp_path / "ran")}, tmp_path / "weights.pth")
    with pytest.raises(InputError, match="no weights can be read"):
        read_state_dict(tmp_path / "weights.pth")
    assert not (tmp_path / "ran").exists()


def _truncated(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])


def test_damaged_files_are_an_error_that_names_them(tmp_path):
    path = tmp_path / "weights"
    torch.save(STATE, path)
    _truncated(path)
    made = [path.read_bytes()]
    save_file(STATE, path)
    _truncated(path)
    made += [
        path.read_bytes(),
        b"",
        b"no weights",
        bytes(64),
        b"\xff" * 8 + b"{}",
        (10**15).to_bytes(8, "little") + b"{}",
    ]
    made += [(2).to_bytes(8, "little") + b"{}", b"PK\x03\x04" + bytes(40)]
    for data in made:
        path.write_bytes(data)
        with pytest.raises(InputError, match="weights"):
            read_state_dict(path)


def test_what_is_no_file_or_holds_no_tensors_is_refused(tmp_path):
    with pytest.raises(InputError, match="check the path"):
        read_state_dict(tmp_path / "none.pth")
    with pytest.raises(InputError, match="check the path"):
        read_state_dict(tmp_path)
    torch.save([1, 2], tmp_path / "list.pth")
    with pytest.raises(InputError, match="holds a list"):
        read_state_dict(tmp_path / "list.pth")
    torch.save({"epoch": 3}, tmp_path / "numbers.pth")
    with pytest.raises(InputError, match="no tensors"):
        read_state_dict(tmp_path / "numbers.pth")


def test_an_archive_with_code_is_refused_with_the_way_to_take_its_weights_out(tmp_path):
    with warnings.catch_warnings(action="ignore"):  # torch deprecates what makes such files; they are still about
        torch.jit.script(torch.nn.Linear(2, 2)).save(str(tmp_path / "scripted.pt"))
    with pytest.raises(InputError, match=r"TorchScript archive.*state_dict\(\)"):
        read_state_dict(tmp_path / "scripted.pt")
