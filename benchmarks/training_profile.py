"""Where the time of one optimiser step goes, in the compiled kernel and in torch.

    python -m benchmarks.training_profile

512 numbers a row, batches of 64, 17 classes, one thread; the tenth percentile over the steps, in microseconds.
"""

import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from unittest.mock import patch

import numpy as np
import torch

import tailprobe.training
from tailprobe.labels import Labels
from tailprobe.learners.plan import Stage, TrainingPlan
from tailprobe.learners.recipe import Recipe
from tailprobe.training.data import TrainingData
from tailprobe.training.kernel import native
from tailprobe.training.task import HeadKey, HeadTask
from tailprobe.training.torch_trainer import TorchTrainer
from tailprobe.training.trainer import Epoch

FLAGS = {"avx2": ["-mavx2", "-mfma", "-mf16c"], "baseline": [], "baseline-bfloat16": ["-DBFLOAT16=1"]}
FLAGS["avx512"] = [*FLAGS["avx2"], "-mavx512f", "-mavx512dq", "-mavx512bw", "-mavx512vl", "-mprefer-vector-width=512"]
FLAGS["avx512-bfloat16"] = [*FLAGS["avx512"], "-mavx512bf16", "-DBFLOAT16=1"]
FLAGS["amx-bfloat16"] = [*FLAGS["avx512-bfloat16"], "-mamx-tile", "-mamx-bf16"]
CALLS = {  # of one step, in their order
    "addmm": ("hidden units", "logits", "output weights", "hidden gradient"),
    "mm": ("hidden weights",),
    "sum": ("output bias", "hidden bias"),
    "_fused_adam_": ("Adam",),
}


def main(widths: list[int]) -> None:
    """Print both profiles for each width."""
    torch.set_num_threads(1)
    for width in widths or [128, 512]:
        for variant in (*native.variants()[:1], *native.bfloat16_variants()[:1]):
            print(f"\n{variant} kernel, width {width}\n\n| part | us | GFLOP/s |\n|---|---|---|")
            print(_compiled(variant, width), end="")
        print(f"\ntorch kernel, width {width}\n\n| part | us |\n|---|---|")
        for part, microseconds in _in_torch(width).items():
            print(f"| {part} | {microseconds:.1f} |")


def _compiled(variant: str, width: int) -> str:
    sources = Path(tailprobe.training.__file__).parent / "kernel"
    program = Path(__file__).with_suffix(".c")
    flags = ["-std=gnu11", "-O3", "-fno-math-errno", "-fno-trapping-math", "-ffp-contract=fast", *FLAGS[variant]]
    with tempfile.TemporaryDirectory() as folder:
        built = f"{folder}/profile"
        subprocess.run(["cc", *flags, f"-I{sources}", str(program), "-o", built, "-lm"], check=True)
        return subprocess.run([built, str(width)], check=True, capture_output=True, text=True).stdout


def _in_torch(width: int) -> dict[str, float]:
    """Time the calls of an epoch one by one; what lies between them is the whole less their sum."""
    took: dict[str, list[float]] = defaultdict(list)

    def timed(name: str, call: object) -> object:
        def wrapper(*given: object, **named: object) -> object:
            started = time.perf_counter()
            result = call(*given, **named)  # type: ignore[operator]
            took[name].append(1e6 * (time.perf_counter() - started))
            return result

        return wrapper

    trainer = _trainer(width)
    trainer.train_epoch(Epoch(0, 0))
    with patch.multiple(torch, **{name: timed(name, getattr(torch, name)) for name in CALLS}):
        started = time.perf_counter()
        trainer.train_epoch(Epoch(1, 1))
        whole = 1e6 * (time.perf_counter() - started)
    steps = len(took["mm"])
    parts = {
        part: float(np.percentile(took[name][index :: len(parts)], 10))
        for name, parts in CALLS.items()
        for index, part in enumerate(parts)
    }
    return {**parts, "a step, mean": whole / steps}


def _trainer(width: int) -> TorchTrainer:
    rng = np.random.default_rng(0)
    x, rows = rng.standard_normal((24287, 512), dtype=np.float32), np.arange(24287)
    labels = Labels(rng.random((24287, 17)) < 0.1, tuple(map(str, range(17))), "multi-label")
    plan = TrainingPlan((Stage(rows),))
    task = HeadTask(HeadKey("random", "baseline", 0), plan, Recipe(width=width), rows, rows[:64])
    trainer = TorchTrainer(TrainingData.of(x, labels, task), task)
    trainer.begin_stage(task.schedule()[0])
    return trainer


if __name__ == "__main__":
    main([int(width) for width in sys.argv[1:]])
