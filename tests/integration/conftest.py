"""The demo's knowledge, made once for all journeys, with the built-in embedder and without."""

import shutil
import warnings
from pathlib import Path

import pytest

from frontdesk.bootstrap import open_embedder, sync_knowledge
from frontdesk.releases import read_assistant
from frontdesk.settings import load_settings
from shop import DEMO


@pytest.fixture(scope="session")
def _meaning(tmp_path_factory: pytest.TempPathFactory) -> Path | None:
    return _knowledge(tmp_path_factory.mktemp("meaning"), embedder="builtin")


@pytest.fixture(scope="session")
def _words(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = _knowledge(tmp_path_factory.mktemp("words"), embedder="none")
    assert folder is not None
    return folder


@pytest.fixture(scope="module")
def demo_knowledge(_meaning: Path | None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the demo's snapshot, searched by words and by meaning."""
    if _meaning is None:
        warnings.warn("NO EMBEDDING MODEL HERE: what the demo answers was not tested. `make setup`", stacklevel=1)
        pytest.skip("NO EMBEDDING MODEL HERE: `make setup` brings it")
    return _copy(_meaning, tmp_path_factory)


@pytest.fixture
def demo_words(_words: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the demo's snapshot, searched by words only; it opens in a blink."""
    return _copy(_words, tmp_path_factory)


def _knowledge(folder: Path, *, embedder: str) -> Path | None:
    settings = load_settings({}, data_dir=folder, assistant_dir=DEMO, embedder=embedder)
    opened = open_embedder(settings)
    if opened is None and embedder != "none":
        return None
    sync_knowledge(settings, read_assistant(DEMO), opened)
    return folder


def _copy(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("shop") / "data"
    shutil.copytree(folder, target)
    return target
