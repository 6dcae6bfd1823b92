"""Systems that a process has opened: kept while they are described alike, closed when nothing uses them."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from frontdesk.adapters.clock import SystemClock
from frontdesk.adapters.telemetry import PrometheusTelemetry
from frontdesk.bootstrap.book import MOST_OPEN
from frontdesk.bootstrap.connectors import ConnectorShelf
from frontdesk.domain.connector_source import HttpSource
from frontdesk.domain.errors import ConfigError
from frontdesk.ports.telemetry import NoOccurrences
from frontdesk.settings import load_settings

SHOP = HttpSource(name="shop", title={"en": "the shop"}, base_url="https://shop.example", operations=())


@pytest.fixture
async def shelf(tmp_path: Path) -> AsyncIterator[ConnectorShelf]:
    settings = load_settings({}, assistant_dir=tmp_path)
    shelf = ConnectorShelf(
        settings,
        SystemClock(),
        PrometheusTelemetry(),
        occurrences=NoOccurrences(),
        simulators=lambda _: "",
    )
    yield shelf
    await shelf.close()


async def test_a_system_that_is_described_as_before_keeps_what_it_remembers(shelf: ConnectorShelf) -> None:
    first = shelf.open([SHOP])["shop"]
    again = await asyncio.to_thread(shelf.open, [replace(SHOP)])
    other = shelf.open([replace(SHOP, base_url="https://other.example")])["shop"]

    assert again["shop"] is first
    assert other is not first
    assert list(shelf.live()) == [other]
    assert shelf.open([SHOP])["shop"] is first


async def test_a_description_that_no_open_release_has_any_more_is_closed(
    shelf: ConnectorShelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = shelf.open([SHOP])["shop"]
    closed = asyncio.Event()

    async def close() -> None:
        closed.set()

    monkeypatch.setattr(first, "close", close)
    for number in range(MOST_OPEN):
        assert not closed.is_set()
        shelf.open([replace(SHOP, base_url=f"https://{number}.example")])
    async with asyncio.timeout(5):
        await closed.wait()


async def test_nothing_is_kept_of_a_system_that_cannot_be_opened(shelf: ConnectorShelf) -> None:
    with pytest.raises(ConfigError, match=r"the certificates .* can't be read"):
        shelf.open([replace(SHOP, ca_file="missing.pem")])

    assert list(shelf.live()) == []
