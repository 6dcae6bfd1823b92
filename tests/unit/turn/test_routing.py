"""Which example is closest."""

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from frontdesk.domain.errors import RateLimitedError, UnavailableError
from frontdesk.turn.examples import ExampleMatcher


class DownLater:
    """An embedder that could be asked at the start, and not since."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    @property
    def fingerprint(self) -> str:
        return "down-later"

    @property
    def dimension(self) -> int:
        return 2

    def count_tokens(self, text: str) -> int:
        return len(text.split())

    def embed_now(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.ones((len(texts), 2), dtype=np.float32)

    async def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        raise self._error


@pytest.mark.parametrize("error", [UnavailableError("down"), RateLimitedError("slow down")])
async def test_words_decide_alone_while_the_embedder_is_down(error: Exception) -> None:
    examples = [("greeting", ["hello there"]), ("human", ["talk to a person"])]
    matcher = ExampleMatcher(examples, DownLater(error))

    assert await matcher.closest("talk to a person", by_meaning=True) == ("human", 1.0, "talk to a person")
