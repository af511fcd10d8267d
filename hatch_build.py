"""Build hook: compile the training kernel where there is a C compiler, and go without it where there is none.

Also a command, for a checkout that is used without being installed: `python hatch_build.py`.
"""

import hashlib
import os
import platform
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FOLDER = Path(__file__).parent / "src" / "tailprobe" / "training" / "kernel"
# No -march: one library serves every processor, the variant is chosen when it runs.
FLAGS = ["-std=gnu11", "-O3", "-fPIC", "-fvisibility=hidden", "-fno-math-errno", "-fno-trapping-math"]
FLAGS += ["-ffp-contract=fast"]
AVX2 = ["-mavx2", "-mfma", "-mf16c"]
AVX512 = [*AVX2, "-mavx512f", "-mavx512dq", "-mavx512bw", "-mavx512vl", "-mprefer-vector-width=512"]
BFLOAT16 = ["-DBFLOAT16=1"]  # a variant whose products are of bfloat16 numbers
AVX512_BFLOAT16 = [*AVX512, "-mavx512bf16", *BFLOAT16]
AMX_BFLOAT16 = [*AVX512_BFLOAT16, "-mamx-tile", "-mamx-bf16"]


class KernelHook(BuildHookInterface[Any]):
    """Puts the library into the wheel, which is then one platform's."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile; a failure is shown as a warning and leaves a pure-Python wheel."""
        if self.target_name != "wheel":
            return
        try:
            library = compile_kernel()
        except (OSError, subprocess.CalledProcessError) as error:
            said = getattr(error, "stderr", None) or error
            self.app.display_warning(f"no compiled training kernel, torch will be used instead: {said}")
            return
        if version != "editable":
            build_data["artifacts"].append(library.relative_to(Path(__file__).parent).as_posix())
            build_data["pure_python"] = False
            build_data["tag"] = f"py3-none-{platform_tag()}"


def compile_kernel() -> Path:
    """Compile the kernel's variants into one library beside the sources and return its path.

    Raises:
        OSError: there is no compiler.
        subprocess.CalledProcessError: the compiler refused.
    """
    compiler = shlex.split(os.environ.get("CC", "cc"))
    if shutil.which(compiler[0]) is None:
        raise FileNotFoundError(f"no C compiler {compiler[0]!r}")
    variants = {"baseline": [], "baseline_bfloat16": BFLOAT16}
    if platform.machine().lower() in {"x86_64", "amd64"}:
        variants |= {"avx2": AVX2, "avx512": AVX512, "avx512_bfloat16": AVX512_BFLOAT16}
        if _takes(compiler, AMX_BFLOAT16):
            variants["amx_bfloat16"] = AMX_BFLOAT16
    with tempfile.TemporaryDirectory() as folder:
        objects = []
        for variant, flags in variants.items():
            objects.append(f"{folder}/{variant}.o")
            _run([*compiler, *FLAGS, *flags, f"-DVARIANT=kernel_{variant}", "-c", "head.c", "-o", objects[-1]])
        objects.append(f"{folder}/dispatch.o")
        facts = [f'-DTAILPROBE_SOURCES="{digest(FOLDER)}"', f"-DHAS_AMX={int('amx_bfloat16' in variants)}"]
        _run([*compiler, *FLAGS, *facts, "-c", "dispatch.c", "-o", objects[-1]])
        _run([*compiler, "-shared", *objects, "-o", f"{folder}/library"])
        library = FOLDER / "library.so"
        # Replaced whole: a process that has the old one loaded keeps it.
        shutil.copy(f"{folder}/library", library.with_suffix(".partial"))
        library.with_suffix(".partial").replace(library)
    return library


def platform_tag() -> str:
    """Return the wheel's platform tag; on macOS it names the built architecture, where Python may say universal2."""
    name = sysconfig.get_platform()
    if name.startswith("macosx-"):
        _, version, _ = name.split("-", 2)
        target = os.environ.get("MACOSX_DEPLOYMENT_TARGET", version)
        major, _, minor = target.partition(".")
        # From macOS 11 on, tags name the major version alone; Apple's arm64 begins there.
        if platform.machine() == "arm64" and int(major) < 11:
            major = "11"
        name = f"macosx-{major}.{0 if int(major) >= 11 else minor or 0}-{platform.machine()}"
    return name.replace("-", "_").replace(".", "_")


def digest(folder: Path) -> str:
    """Return a hex digest of the C sources; native.py computes the same to notice a library of other sources."""
    return hashlib.sha256(b"".join(path.read_bytes() for path in sorted(folder.glob("*.[ch]")))).hexdigest()


def _takes(compiler: list[str], flags: list[str]) -> bool:
    """Say whether the compiler knows these flags; GCC does not know AMX before 11."""
    empty = [*compiler, *flags, "-x", "c", "-fsyntax-only", os.devnull]
    return subprocess.run(empty, check=False, capture_output=True).returncode == 0


def _run(command: list[str]) -> None:
    subprocess.run(command, cwd=FOLDER, check=True, capture_output=True, text=True)


if __name__ == "__main__":
    sys.stdout.write(f"{compile_kernel()}\n")
