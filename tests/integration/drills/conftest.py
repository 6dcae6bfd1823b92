"""A customer in an open shop."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from shop import Visit, an_open_shop, visit


@pytest.fixture
async def desk(demo_words: Path) -> AsyncIterator[Visit]:
    async with (
        an_open_shop(demo_words, embedder="none") as shop,
        httpx.AsyncClient(base_url=shop.url, timeout=60) as http,
    ):
        yield await visit(shop, http)
