"""The paper's two encoders in one study, from the command, on weight files of the official shape."""

import numpy as np
from PIL import Image
from safetensors import safe_open

import commands
from tailprobe.runs.run import Run


def test_both_encoders_are_compared_side_by_side(resnet18_file, clip_file, tmp_path):
    rng = np.random.default_rng(0)
    for name, count in (("forest", 12), ("mine", 6)):
        (tmp_path / "images" / name).mkdir(parents=True)
        for i in range(count):
            Image.fromarray(rng.integers(0, 256, (64, 80, 3), dtype=np.uint8)).save(
                tmp_path / "images" / name / f"{i}.jpg"
            )
    line: list[object] = ["compare", tmp_path / "images", "--encoder", "resnet18", "--runtime", "torch"]
    line += ["--encoder", "clip", "--weights", f"resnet18={resnet18_file}", "--weights", f"clip={clip_file}"]
    line += ["--methods", "paper", "--seeds", "1", "--epochs", "1", "--low-frequency", "named(mine)", "--quiet"]
    line += ["--figures", "none"]
    line += ["--out", tmp_path / "run", "--cache", tmp_path / "cache"]
    done = commands.run(*line, check=True)
    assert "resnet18" in done.stdout
    assert "clip" in done.stdout
    result = Run.load(tmp_path / "run")
    assert result.widths == {"resnet18": 512, "clip": 512}
    assert set(result.results["encoder"]) == {"resnet18", "clip"}
    with safe_open(tmp_path / "run" / "heads.safetensors", framework="np") as heads:
        shapes = {heads.get_slice(name).get_shape()[-1] for name in heads.keys() if "hidden" in name}  # noqa: SIM118
    assert 512 in shapes
