"""How well the grounding check tells supported answers from others, on public data it was not trained on.

Each fold is judged by a model trained without it. Required: the figure in one run, since nothing here is random.
"""

import importlib.util
import os
import sys
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

REPOSITORY = Path(__file__).parents[2]
DATA = Path(os.environ.get("QUALITY_DATA", REPOSITORY / "../shared/data")).resolve()
pytestmark = pytest.mark.quality


@pytest.fixture(scope="module")
def training() -> ModuleType:
    spec = importlib.util.spec_from_file_location("train_grounding", REPOSITORY / "tools/train_grounding.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def data(training: ModuleType) -> Any:
    """Every row measured, words only: what holds without an embedder holds with one."""
    if not (DATA / "dstc_answer_accuracy").is_dir():
        pytest.skip(f"no public data sets in {DATA}; set QUALITY_DATA")
    return training.measure(training.load_rows(DATA), None)


@pytest.fixture(scope="module")
def risks(training: ModuleType, data: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return training.cross_validate(data, by="group")


def test_ranks_service_answers_of_systems_it_has_not_seen(training: ModuleType, data: Any, risks: Any) -> None:
    assert training.auroc(data, risks, "dstc") >= 0.88


def test_ranks_dialogue_replies_about_contexts_it_has_not_seen(training: ModuleType, data: Any, risks: Any) -> None:
    assert training.auroc(data, risks, "begin") >= 0.95


@pytest.mark.parametrize(("source", "least"), [("halueval", 0.95), ("faq", 0.93), ("mtrag", 0.8)])
def test_ranks_other_kinds_of_answers(training: ModuleType, data: Any, risks: Any, source: str, least: float) -> None:
    assert training.auroc(data, risks, source) >= least
