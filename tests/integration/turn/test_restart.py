"""The one process that writes an SQLite database was killed: the next one goes on at once."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from frontdesk.adapters.stores import open_database
from frontdesk.domain.conversation import InboundMessage
from frontdesk.domain.ids import ConversationId, MessageId, ReleaseId, TurnId
from frontdesk.domain.turn import Outcome, TurnState
from frontdesk.turn.intake import Acceptance, accept_message, clean_message
from shop import SPAIN, a_shop

LONG_S = 600.0


async def test_a_start_does_not_wait_for_the_leases_of_the_process_before_it(demo_words: Path) -> None:
    async with a_shop(demo_words, embedder="none") as shop:
        conversation_id = await shop.conversation()
        release_id = shop.app.releases.serving().manifest.release_id
    await leave_a_turn(demo_words, conversation_id, release_id)
    async with a_shop(demo_words, embedder="none", turn_deadline_s=60) as shop, asyncio.timeout(10):
        while True:
            turn = await shop.app.database.read(lambda stores: stores.turns.get(TurnId("turn_left")))
            if turn is not None and turn.state is TurnState.ENDED:
                break
            await asyncio.sleep(0.05)
    assert turn.outcome is Outcome.ANSWERED
    assert turn.fence == 2


async def leave_a_turn(data_dir: Path, conversation_id: ConversationId, release_id: ReleaseId) -> None:
    """As a worker leaves it that is killed right after it has acknowledged the message."""
    inbound = InboundMessage(conversation_id=conversation_id, text=SPAIN, idempotency_key="key", channel="test")
    acceptance = Acceptance(
        turn_id=TurnId("turn_left"),
        message_id=MessageId("msg_left"),
        release_id=release_id,
        default_language="en",
        at=datetime.now(UTC),
        deadline_s=LONG_S,
        owner="somebody who is dead",
        lease_s=LONG_S,
    )
    database = await open_database(f"sqlite:///{data_dir / 'frontdesk.db'}")
    message = clean_message(inbound)
    await database.write(lambda stores: accept_message(stores, message, acceptance))
    await database.close()
