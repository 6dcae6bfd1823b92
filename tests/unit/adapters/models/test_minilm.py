"""The built-in embedder: how it is built, installed, checked and named."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from onnxruntime import InferenceSession
from tokenizers import Tokenizer

from frontdesk.adapters.models import minilm_install
from frontdesk.adapters.models.minilm import BUILD_RECORD, GRAPH_FILE, MiniLmEmbedder, instruction_set
from frontdesk.adapters.models.minilm_install import (
    MISSING,
    READY,
    WRONG_WEIGHTS,
    default_model_dir,
    find_weights,
    main,
)
from frontdesk.domain.errors import ChecksumError

SENTENCES = [
    "How many days do I have to send back shoes that do not fit?",
    "The parcel was marked as delivered, but nothing has arrived at my house.",
    "Members get free shipping on every order above fifty euros.",
    "Our stove burns for three hours at full power and weighs 320 grams.",
    "Please change the delivery address of my last order to my office.",
    "Die Garantie gilt zwei Jahre ab dem Tag der Lieferung und deckt Nähte und Reißverschlüsse.",
    "Los gastos de envío a las islas se calculan según el peso del paquete.",
]


@pytest.fixture(scope="module")
def weights() -> Path:
    pytest.importorskip("onnx")
    folder = find_weights()
    if folder is None:
        pytest.skip("the model is not installed: requirements/embedder.txt")
    return folder


@pytest.fixture(scope="module")
def built(weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    model_dir = tmp_path_factory.mktemp("models")
    assert main(["--model-dir", str(model_dir)]) == READY
    return model_dir


@pytest.fixture
def copied(built: Path, tmp_path: Path) -> Path:
    shutil.copytree(built, tmp_path / "models")
    return next((tmp_path / "models").iterdir())


def test_the_small_graph_stays_close_to_the_exact_one(weights: Path, built: Path, tmp_path: Path) -> None:
    from frontdesk.adapters.models.minilm_build import float_graph, read_weights  # noqa: PLC0415  onnx is optional

    (tmp_path / "float.onnx").write_bytes(float_graph(read_weights(weights / "model.safetensors")).SerializeToString())
    exact = InferenceSession(str(tmp_path / "float.onnx"), providers=["CPUExecutionProvider"])
    tokenizer = Tokenizer.from_file(str(weights / "tokenizer.json"))
    tokenizer.no_padding()
    embedder = MiniLmEmbedder.open(built, sessions=1)
    cosines = []
    for sentence, small in zip(SENTENCES, embedder.embed_now(SENTENCES), strict=True):
        reference = exact.run(None, {"ids": np.array([tokenizer.encode(sentence).ids])})[0][0]
        cosines.append(float(reference @ small))
    embedder.close()
    assert min(cosines) >= 0.989


def test_builds_once_and_says_so(built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    graph = next(built.iterdir()) / GRAPH_FILE
    before = graph.stat().st_mtime_ns
    assert main(["--model-dir", str(built)]) == READY
    assert "Ready" in capsys.readouterr().err
    assert graph.stat().st_mtime_ns == before
    assert [path.name for path in built.iterdir() if path.name.startswith(".")] == []


def test_names_the_variant_and_the_processor_in_its_fingerprint(built: Path) -> None:
    embedder = MiniLmEmbedder.open(built, sessions=1)
    record = json.loads((next(built.iterdir()) / BUILD_RECORD).read_text())
    embedder.close()
    assert embedder.fingerprint == f"all-MiniLM-L6-v2/53aa51172d14/{record['variant']}/{instruction_set()}"


def test_refuses_a_graph_that_was_changed(copied: Path) -> None:
    data = bytearray((copied / GRAPH_FILE).read_bytes())
    data[len(data) // 2] ^= 1
    (copied / GRAPH_FILE).write_bytes(data)
    with pytest.raises(ChecksumError, match="minilm_install"):
        MiniLmEmbedder.open(copied.parent, sessions=1)


def test_refuses_a_build_with_a_missing_file(copied: Path) -> None:
    (copied / GRAPH_FILE).unlink()
    with pytest.raises(ChecksumError):
        MiniLmEmbedder.open(copied.parent, sessions=1)


def test_says_which_package_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(minilm_install, "PACKAGE", "no_such_package")
    assert main(["--model-dir", str(tmp_path)]) == MISSING
    assert "requirements/embedder.txt" in capsys.readouterr().err


def test_refuses_weights_that_are_not_the_pinned_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("onnx")
    (tmp_path / "model.safetensors").write_bytes(b"other weights")
    monkeypatch.setattr(minilm_install, "find_weights", lambda: tmp_path)
    assert main(["--model-dir", str(tmp_path / "models")]) == WRONG_WEIGHTS
    assert list((tmp_path / "models").glob("*")) == []


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"FRONTDESK_MODEL_DIR": "/srv/models", "XDG_CACHE_HOME": "/cache"}, Path("/srv/models")),
        ({"XDG_CACHE_HOME": "/cache"}, Path("/cache/frontdesk/models")),
        ({}, Path.home() / ".cache/frontdesk/models"),
    ],
)
def test_finds_the_model_folder_in_the_environment(environment: dict[str, str], expected: Path) -> None:
    assert default_model_dir(environment) == expected


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ("fpu sse avx2 avx512bw avx512_vnni amx_int8", "avx512vnni"),
        ("avx2 avx512bw", "avx512"),
        ("avx2 avx_vnni", "avx2vnni"),
        ("avx2", "avx2"),
    ],
)
def test_reads_the_instruction_set_from_the_processors_flags(tmp_path: Path, flags: str, expected: str) -> None:
    (tmp_path / "cpuinfo").write_text(f"processor\t: 0\nflags\t\t: {flags}\nbugs\t: none\n")
    assert instruction_set(tmp_path / "cpuinfo") == expected


def test_names_the_machine_where_flags_cannot_be_read(tmp_path: Path) -> None:
    assert instruction_set(tmp_path / "missing")
