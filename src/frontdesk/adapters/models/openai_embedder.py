"""Embeddings from any server that speaks OpenAI's `/embeddings`: vLLM, TEI, Ollama, and the hosted ones."""

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

import httpx
import numpy as np
from numpy.typing import NDArray

from frontdesk.adapters.models.wire import failure, garbage, parse_object, translated
from frontdesk.ports.models import Embedded

BATCH_TEXTS = 64
"""Texts per request; servers commonly allow 32 to 2,048."""
CHARS_PER_TOKEN = 3
"""For counting where the vendor's vocabulary is not at hand: fewer characters per token than any of its Latin-script
texts have, so that chunks come out smaller rather than cut. A guess; other scripts count as one token a character."""
LEAST_NORM = 1e-6


class OpenAiEmbedder:
    """Asks for vectors in batches. Vectors are brought to unit length here, since not every server does."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        *,
        base_url: str,
        model: str,
        dimension: int,
        api_key: str = "",
        timeout_s: float = 10.0,
        transport: httpx.BaseTransport | None = None,
        meter: Callable[[Embedded], None] = lambda _: None,
    ) -> None:
        """
        Args:
            client: for `embed`; shared with the chat models.
            dimension: of the vectors the model gives; a reply of another dimension is an error.
            transport: for `embed_now`, which runs where there is no event loop.
            meter: told of every request that was answered, in whichever thread it was made.
        """
        self._client = client
        self._url = base_url.rstrip("/") + "/embeddings"
        self._model = model
        self._dimension = dimension
        self._headers = {"authorization": f"Bearer {api_key}"} if api_key else {}
        self._timeout = httpx.Timeout(timeout_s)
        self._transport = transport
        self._meter = meter
        host = urlsplit(base_url).hostname or ""
        self._vendor = "openai" if host == "api.openai.com" else host

    @property
    def fingerprint(self) -> str:
        """Model and server: the same name on another server may be another model."""
        server = hashlib.sha256(self._url.encode()).hexdigest()[:12]
        return f"{self._model}/{server}/{self._dimension}"

    @property
    def dimension(self) -> int:
        return self._dimension

    def embed_now(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Raises: DependencyError."""
        with translated(), httpx.Client(transport=self._transport, timeout=self._timeout) as client:
            return self._joined(
                [
                    self._read(client.post(self._url, json=self._body(batch), headers=self._headers), batch)
                    for batch in _batches(texts)
                ]
            )

    async def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Raises: DependencyError."""
        return self._joined(await asyncio.gather(*(self._ask(batch) for batch in _batches(texts))))

    def count_tokens(self, text: str) -> int:
        """An upper estimate, see `CHARS_PER_TOKEN`."""
        narrow = sum(1 for character in text if character < "\u0250")
        return -(-narrow // CHARS_PER_TOKEN) + len(text) - narrow

    async def _ask(self, batch: Sequence[str]) -> NDArray[np.float32]:
        with translated():
            reply = await self._client.post(
                self._url, json=self._body(batch), headers=self._headers, timeout=self._timeout
            )
        return self._read(reply, batch)

    def _body(self, batch: Sequence[str]) -> dict[str, Any]:
        return {"model": self._model, "input": list(batch), "encoding_format": "float"}

    def _read(self, reply: httpx.Response, batch: Sequence[str]) -> NDArray[np.float32]:
        """(len(batch), dim) float32 of unit length, in the order that was asked."""
        count = len(batch)
        if not reply.is_success:
            raise failure(reply.status_code, reply.content, retry_after=reply.headers.get("retry-after"))
        body = parse_object(reply.content)
        self._note(body.get("usage"), batch)
        try:
            items = sorted(body["data"], key=lambda item: int(item["index"]))
            vectors = np.array([item["embedding"] for item in items], np.float32)
        except (KeyError, TypeError, ValueError) as error:
            raise garbage("no embeddings") from error
        if vectors.shape != (count, self._dimension) or [item["index"] for item in items] != list(range(count)):
            raise garbage(f"{vectors.shape} embeddings for {count} texts of dimension {self._dimension}")
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        if not np.all(np.isfinite(lengths)) or np.any(lengths < LEAST_NORM):
            raise garbage("an embedding without a direction")
        unit: NDArray[np.float32] = vectors / lengths
        return unit

    def _note(self, usage: Any, batch: Sequence[str]) -> None:
        """Tokens as the server counts them, else as we do."""
        told: Any = usage.get("prompt_tokens") if isinstance(usage, dict) else None
        is_told = isinstance(told, int) and told > 0
        tokens: int = told if is_told else sum(map(self.count_tokens, batch))
        self._meter(Embedded(vendor=self._vendor, model=self._model, tokens=tokens, is_estimated=not is_told))

    def _joined(self, parts: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
        return np.concatenate(parts) if parts else np.empty((0, self._dimension), np.float32)


def _batches(texts: Sequence[str]) -> list[Sequence[str]]:
    return [texts[start : start + BATCH_TEXTS] for start in range(0, len(texts), BATCH_TEXTS)]
