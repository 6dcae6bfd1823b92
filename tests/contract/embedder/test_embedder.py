"""What every embedder promises, over the built-in one and over a recorded server."""

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest

from frontdesk.adapters.models.minilm import MiniLmEmbedder, find_build
from frontdesk.adapters.models.minilm_install import default_model_dir, find_weights
from frontdesk.adapters.models.openai_embedder import OpenAiEmbedder
from frontdesk.domain.errors import UnavailableError
from frontdesk.ports.models import Embedder

TEXTS = [f"Question {number}: how long may I keep the tent before I send it back?" for number in range(70)]


@pytest.fixture(scope="session")
def minilm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MiniLmEmbedder]:
    model_dir = default_model_dir(os.environ)
    try:
        find_build(model_dir)
    except UnavailableError:
        weights = find_weights()
        if weights is None:
            pytest.skip("the model is not installed: requirements/embedder.txt")
        model_dir = tmp_path_factory.mktemp("models")
        pytest.importorskip("onnx")
        from frontdesk.adapters.models.minilm_build import build  # noqa: PLC0415  onnx is optional

        build(weights, model_dir, progress=lambda step: None)
    embedder = MiniLmEmbedder.open(model_dir, sessions=2)
    yield embedder
    embedder.close()


def answer(request: httpx.Request) -> httpx.Response:
    """A server that gives vectors which are not of unit length, in reverse order, as the standard allows."""
    body = json.loads(request.content)
    items = [
        {
            "object": "embedding",
            "index": index,
            "embedding": [float(byte) for byte in hashlib.sha256(text.encode()).digest()],
        }
        for index, text in enumerate(body["input"])
    ]
    return httpx.Response(200, json={"object": "list", "data": items[::-1], "model": body["model"]})


@pytest.fixture
def remote() -> OpenAiEmbedder:
    transport = httpx.MockTransport(answer)
    return OpenAiEmbedder(
        httpx.AsyncClient(transport=transport),
        base_url="https://models.example/v1",
        model="small",
        dimension=32,
        transport=transport,
    )


@pytest.fixture(params=["minilm", "remote"])
def embedder(request: pytest.FixtureRequest) -> Embedder:
    chosen: Embedder = request.getfixturevalue(request.param)
    return chosen


def test_gives_one_row_of_unit_length_per_text(embedder: Embedder) -> None:
    vectors = embedder.embed_now(TEXTS[:5])
    assert vectors.shape == (5, embedder.dimension)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_gives_nothing_for_nothing(embedder: Embedder) -> None:
    assert embedder.embed_now([]).shape == (0, embedder.dimension)


async def test_gives_the_same_with_and_without_an_event_loop(embedder: Embedder) -> None:
    assert (await embedder.embed([])).shape == (0, embedder.dimension)
    assert np.array_equal(await embedder.embed(TEXTS), embedder.embed_now(TEXTS))
    assert np.array_equal(await embedder.embed(TEXTS[:1]), embedder.embed_now(TEXTS[:1]))


def test_a_text_has_one_vector_whatever_stands_beside_it(embedder: Embedder) -> None:
    together = embedder.embed_now(TEXTS)
    assert np.array_equal(together[41], embedder.embed_now([TEXTS[41]])[0])
    assert np.array_equal(together[::-1], embedder.embed_now(TEXTS[::-1]))


def test_callers_cannot_spoil_each_others_vectors(embedder: Embedder) -> None:
    first = embedder.embed_now(TEXTS[:1])
    kept = first.copy()
    first *= 0
    assert np.array_equal(embedder.embed_now(TEXTS[:1]), kept)


@pytest.mark.parametrize("text", ["", " ", "\x00", "�", "🙂" * 600, "很长的问题" * 300, "a" * 5000, "\n\n#|*"])
def test_embeds_any_text(embedder: Embedder, text: str) -> None:
    vector = embedder.embed_now([text])
    assert np.isfinite(vector).all()
    assert abs(float(np.linalg.norm(vector)) - 1) < 1e-5


def test_counts_more_tokens_in_more_text(embedder: Embedder) -> None:
    assert embedder.count_tokens("") == 0
    assert 0 < embedder.count_tokens("How long?") < embedder.count_tokens("How long does the parcel take?")


def test_has_a_fingerprint_that_names_the_model(embedder: Embedder) -> None:
    assert embedder.fingerprint
    assert embedder.fingerprint == embedder.fingerprint.strip()


class TestBuiltIn:
    def test_close_questions_are_closer_than_strange_ones(self, minilm: MiniLmEmbedder) -> None:
        asked, close, strange = minilm.embed_now(
            ["Where is my parcel?", "How can I track my delivery?", "The tent pole is made of aluminium."]
        )
        assert asked @ close > asked @ strange + 0.2

    def test_reads_up_to_its_window_and_counts_all(self, minilm: MiniLmEmbedder) -> None:
        long = "tent " * 254
        assert minilm.count_tokens(long) == 254
        beyond = minilm.embed_now([long, long + "river " * 50])
        assert np.array_equal(beyond[0], beyond[1])
        assert minilm.count_tokens(long + "river " * 50) == 304

    def test_tells_the_command_where_the_model_is_missing(self, tmp_path: Path) -> None:
        with pytest.raises(UnavailableError, match="minilm_install"):
            MiniLmEmbedder.open(tmp_path, sessions=1)
