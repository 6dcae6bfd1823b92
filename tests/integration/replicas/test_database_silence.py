"""The way to PostgreSQL swallows everything: nobody waits for ever, and all goes on once it is open again."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import make_url

from frontdesk.adapters.stores import listener, open_database, postgres
from frontdesk.domain.conversation import Conversation, ConversationStatus, Principal
from frontdesk.domain.errors import StoreUnavailableError
from frontdesk.domain.events import TurnReset
from frontdesk.domain.ids import ConversationId, TurnId
from frontdesk.ports.stores import Database
from frontdesk.simulators.proxy import FaultProxy, ProxyBehaviour, fault_proxy
from own_postgres import OwnPostgres

pytestmark = pytest.mark.postgres
SWALLOWED = ProxyBehaviour(delay_ms=600_000)
"""Nothing comes through in either direction, and nobody says so."""


@pytest.fixture
async def proxy(own_postgres: OwnPostgres) -> AsyncIterator[FaultProxy]:
    async with fault_proxy("127.0.0.1", own_postgres.port) as proxy:
        yield proxy


@pytest.fixture
async def database(
    own_postgres: OwnPostgres, proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Database]:
    """Reached through the proxy, by somebody in a hurry."""
    monkeypatch.setattr(postgres, "_STATEMENT_S", 1.0)
    monkeypatch.setattr(listener, "_PROBE_EVERY_S", 0.5)
    monkeypatch.setattr(listener, "_PROBE_S", 0.5)
    monkeypatch.setattr(listener, "_CONNECT_S", 0.5)
    host, port = proxy.address
    opened = await open_database(make_url(own_postgres.url).set(host=host, port=port).render_as_string())
    yield opened
    proxy.behaviour = ProxyBehaviour()
    await opened.close()


def a_conversation(name: str) -> Conversation:
    return Conversation(
        conversation_id=ConversationId.mint(name),
        channel="api",
        locale="en",
        principal=Principal(),
        last_seq=0,
        status=ConversationStatus.ASSISTANT,
        created_at=datetime.now(UTC),
    )


async def create(database: Database, name: str) -> ConversationId:
    conversation = a_conversation(name)
    await database.write(lambda stores: stores.conversations.create(conversation, token_hash=""))
    return conversation.conversation_id


async def test_a_statement_that_nobody_answers_is_given_up_and_the_next_one_succeeds(
    database: Database, proxy: FaultProxy
) -> None:
    await asyncio.gather(*(create(database, f"before{number}") for number in range(5)))
    proxy.behaviour = SWALLOWED
    began = time.monotonic()
    with pytest.raises(StoreUnavailableError):
        await create(database, "swallowed")
    assert time.monotonic() - began < 12
    proxy.behaviour = ProxyBehaviour()
    await asyncio.gather(*(create(database, f"after{number}") for number in range(5)))


async def test_a_listener_that_hears_nothing_any_more_listens_anew(
    database: Database, own_postgres: OwnPostgres, proxy: FaultProxy
) -> None:
    other = await open_database(own_postgres.url)
    conversation_id = await create(other, "listened")
    proxy.behaviour = SWALLOWED
    await asyncio.sleep(2)
    proxy.behaviour = ProxyBehaviour()
    await asyncio.sleep(2)
    waiting = asyncio.create_task(database.wait_for_events(conversation_id, after=0, timeout_s=5))
    await asyncio.sleep(0.3)
    began = time.monotonic()
    event = TurnReset(turn_id=TurnId("turn_1"), reason="taken_over")
    await other.write(lambda stores: stores.events.append(conversation_id, [event], at=datetime.now(UTC)))
    await waiting
    assert time.monotonic() - began < 0.4
    await other.close()
