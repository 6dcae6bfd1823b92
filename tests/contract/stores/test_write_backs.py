"""Write-back's own outbox: due in its time, one process at a time, and nothing forgotten by whoever dies."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from frontdesk.domain.connector import Value
from frontdesk.domain.conversation import ConversationStatus, Principal
from frontdesk.domain.events import TurnReset
from frontdesk.domain.ids import ConversationId, CustomerId, TurnId
from frontdesk.domain.write_back import NEVER_S, FieldError, Mended, Outgoing, StoredWriteBack, WriteBackState
from frontdesk.ports.stores import Database, Stores

AT = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)


def an_outgoing(conversation_id: ConversationId, *, seq: int, digest: str = "d1") -> Outgoing:
    values: dict[str, Value] = {
        "id": conversation_id,
        "amount": Decimal("12.50"),
        "on": date(2026, 11, 25),
        "at": AT,
        "count": 3,
        "ok": True,
    }
    return Outgoing(
        operation="crm.save", values=values, digest=digest, effect_id=f"{conversation_id}:1:{digest}", seq=seq
    )


async def grow(database: Database, conversation_id: ConversationId, *, quiet_s: float = 0.0) -> int:
    """One event more, and the mark of the same commit; the conversation's newest sequence number."""

    def commit(stores: Stores) -> int:
        (stored,) = stores.events.append(
            conversation_id, [TurnReset(turn_id=TurnId("turn_x"), reason="withdrawn")], at=AT
        )
        stores.write_backs.mark(conversation_id, quiet_s=quiet_s)
        return stored.seq

    return await database.write(commit)


async def take(database: Database, *, owner: str = "me", lease_s: float = 30.0) -> tuple[StoredWriteBack, ...]:
    return await database.write(lambda stores: stores.write_backs.claim(owner, lease_s=lease_s, limit=10))


async def stored(database: Database, conversation_id: ConversationId) -> StoredWriteBack:
    found = await database.read(lambda stores: stores.write_backs.get(conversation_id))
    assert found is not None
    return found


async def send(database: Database, held: StoredWriteBack, *, digest: str = "d1", seq: int | None = None) -> None:
    """Everything that a process does for a record that arrives."""
    one, outgoing = held.conversation_id, an_outgoing(held.conversation_id, seq=seq or held.wanted_seq, digest=digest)
    assert await database.write(lambda stores: stores.write_backs.begin(one, outgoing, fence=held.fence))
    assert await database.write(lambda stores: stores.write_backs.sent(one, reference="R-1", fence=held.fence))


async def test_is_due_only_once_it_was_quiet(database: Database, conversation_id: ConversationId) -> None:
    await grow(database, conversation_id, quiet_s=600)
    assert await take(database) == ()
    seq = await grow(database, conversation_id, quiet_s=0)
    (held,) = await take(database)
    assert (held.conversation_id, held.state, held.wanted_seq, held.attempts) == (conversation_id, "sending", seq, 1)


async def test_is_taken_by_one_process_until_its_lease_runs_out(
    database: Database, conversation_id: ConversationId
) -> None:
    await grow(database, conversation_id)
    (first,) = await take(database, owner="one", lease_s=30)
    assert await take(database, owner="two") == ()
    await database.write(lambda stores: stores.write_backs.release_all())
    (second,) = await take(database, owner="two")
    assert second.fence == first.fence + 1
    late = await database.write(
        lambda stores: stores.write_backs.begin(conversation_id, an_outgoing(conversation_id, seq=1), fence=first.fence)
    )
    assert not late, "the first one has lost it"


async def test_what_was_begun_is_known_to_whoever_comes_next(
    database: Database, conversation_id: ConversationId
) -> None:
    seq = await grow(database, conversation_id)
    (held,) = await take(database, lease_s=0)
    outgoing = an_outgoing(conversation_id, seq=seq)
    await database.write(lambda stores: stores.write_backs.begin(conversation_id, outgoing, fence=held.fence))
    (again,) = await take(database)
    assert again.outgoing == outgoing, "types and all"
    assert again.is_unclear


async def test_what_arrived_is_over_and_keeps_no_values(database: Database, conversation_id: ConversationId) -> None:
    seq = await grow(database, conversation_id)
    (held,) = await take(database)
    await send(database, held)
    kept = await stored(database, conversation_id)
    assert (kept.state, kept.sent_seq, kept.sent_digest, kept.versions, kept.reference) == ("sent", seq, "d1", 1, "R-1")
    assert kept.outgoing is None
    assert kept.sent_at is not None
    assert await take(database) == ()


async def test_what_came_in_while_it_was_sent_is_written_next(
    database: Database, conversation_id: ConversationId
) -> None:
    await grow(database, conversation_id)
    (held,) = await take(database)
    later = await grow(database, conversation_id, quiet_s=0)
    assert await take(database) == (), "one at a time of one conversation"
    await send(database, held)
    assert (await stored(database, conversation_id)).state == "queued"
    (again,) = await take(database)
    assert (again.wanted_seq, again.versions, again.sent_digest) == (later, 1, "d1")


async def test_grows_again_after_it_was_sent(database: Database, conversation_id: ConversationId) -> None:
    await grow(database, conversation_id)
    (held,) = await take(database)
    await send(database, held)
    await grow(database, conversation_id)
    (again,) = await take(database)
    assert again.attempts == 1
    await send(database, again, digest="d2")
    assert (await stored(database, conversation_id)).versions == 2


async def test_comes_again_after_its_pause_and_no_sooner_for_whoever_writes_on(
    database: Database, conversation_id: ConversationId
) -> None:
    await grow(database, conversation_id)
    (held,) = await take(database)
    await database.write(
        lambda stores: stores.write_backs.retry(
            conversation_id, after_s=600, error="silent", is_unclear=True, counts=True, fence=held.fence
        )
    )
    await grow(database, conversation_id, quiet_s=0)
    assert await take(database) == ()
    kept = await stored(database, conversation_id)
    assert (kept.state, kept.error, kept.failures, kept.attempts, kept.is_unclear) == ("queued", "silent", 1, 1, True)
    assert kept.first_failed_at is not None


@pytest.mark.parametrize("state", ["refused", "dead"])
async def test_a_stuck_one_waits_for_a_person_and_goes_on_with_what_was_mended(
    database: Database, conversation_id: ConversationId, state: WriteBackState
) -> None:
    await grow(database, conversation_id)
    (held,) = await take(database)
    wrong = (FieldError(field="tags", message="unknown", value="x"),)
    await database.write(
        lambda stores: stores.write_backs.stop(
            conversation_id, state=state, error="no", errors=wrong, is_unclear=False, fence=held.fence
        )
    )
    assert await take(database) == ()
    (listed,) = await database.read(lambda stores: stores.write_backs.list_in(("refused", "dead"), limit=10))
    assert (listed.state, listed.errors, listed.error) == (state, wrong, "no")
    mended = {"tags": Mended(value="y", instead_of="h")}
    assert await database.write(lambda stores: stores.write_backs.resend(conversation_id, mended, by="ann", at=AT))
    (again,) = await take(database)
    assert (again.mended, again.is_mended, again.decided_by, again.attempts) == (mended, True, "ann", 1)


async def test_a_stuck_one_is_tried_again_when_its_conversation_grows(
    database: Database, conversation_id: ConversationId
) -> None:
    await grow(database, conversation_id)
    (held,) = await take(database)
    await database.write(
        lambda stores: stores.write_backs.stop(
            conversation_id, state="refused", error="no", errors=(), is_unclear=False, fence=held.fence
        )
    )
    await grow(database, conversation_id)
    assert len(await take(database)) == 1


async def test_a_discarded_one_stays_so_until_somebody_resends_it(
    database: Database, conversation_id: ConversationId
) -> None:
    await grow(database, conversation_id, quiet_s=600)
    assert await database.write(
        lambda stores: stores.write_backs.discard(conversation_id, reason="a test", by="ann", at=AT)
    )
    await grow(database, conversation_id)
    assert await take(database) == ()
    kept = await stored(database, conversation_id)
    assert (kept.state, kept.reason, kept.decided_by, kept.decided_at) == ("discarded", "a test", "ann", AT)
    assert await database.write(lambda stores: stores.write_backs.resend(conversation_id, {}, by="ann", at=AT))
    assert len(await take(database)) == 1


async def test_one_that_a_process_has_is_not_discarded_under_its_hands(
    database: Database, conversation_id: ConversationId
) -> None:
    await grow(database, conversation_id)
    await take(database)
    assert not await database.write(
        lambda stores: stores.write_backs.discard(conversation_id, reason="x", by="ann", at=AT)
    )


async def test_a_touch_puts_off_what_is_marked_and_begins_nothing(
    database: Database, conversation_id: ConversationId
) -> None:
    await database.write(lambda stores: stores.write_backs.touch(conversation_id))
    assert await database.read(lambda stores: stores.write_backs.get(conversation_id)) is None
    await grow(database, conversation_id)
    (held,) = await take(database)
    await send(database, held)
    await database.write(lambda stores: stores.write_backs.touch(conversation_id))
    assert (await stored(database, conversation_id)).state == "queued"


async def test_a_closed_conversation_waits_for_no_quiet(database: Database, conversation_id: ConversationId) -> None:
    await grow(database, conversation_id, quiet_s=NEVER_S)
    hasten = lambda stores: stores.write_backs.hasten(statuses=["closed", "waiting"])  # noqa: E731
    assert await database.write(hasten) == 0
    await database.write(lambda stores: stores.conversations.set_status(conversation_id, ConversationStatus.CLOSED))
    assert await database.write(hasten) == 1
    assert len(await take(database)) == 1


async def test_the_tally_says_what_waits_since_when_and_whether_anything_gets_through(
    database: Database, conversation_id: ConversationId
) -> None:
    empty = await database.read(lambda stores: stores.write_backs.tally())
    assert (empty.due, empty.sent_24h, empty.oldest_due_s, empty.failing_since) == (0, 0, 0.0, None)
    await grow(database, conversation_id)
    (held,) = await take(database)
    await database.write(
        lambda stores: stores.write_backs.retry(
            conversation_id, after_s=0, error="unavailable", is_unclear=False, counts=False, fence=held.fence
        )
    )
    failing = await database.read(lambda stores: stores.write_backs.tally())
    assert (failing.due, failing.by_state, failing.last_error) == (1, {"queued": 1}, "unavailable")
    assert failing.failing_since is not None
    (held,) = await take(database)
    await send(database, held)
    over = await database.read(lambda stores: stores.write_backs.tally())
    assert (over.due, over.sent_24h, over.failing_since, over.by_state) == (0, 1, None, {"sent": 1})


async def test_what_was_being_sent_is_erased_with_its_customer(
    database: Database, conversation_id: ConversationId
) -> None:
    customer = await database.write(
        lambda stores: stores.customers.get_or_create("c-1", fresh=CustomerId("cust_1"), at=AT)
    )
    principal = replace(Principal(), customer_id=customer, subject="c-1", proof="signed_token")
    await database.write(lambda stores: stores.conversations.set_principal(conversation_id, principal))
    seq = await grow(database, conversation_id)
    (held,) = await take(database, lease_s=0)
    outgoing = an_outgoing(conversation_id, seq=seq)
    await database.write(lambda stores: stores.write_backs.begin(conversation_id, outgoing, fence=held.fence))
    await database.write(lambda stores: stores.payloads.erase(customer, at=AT))
    assert (await stored(database, conversation_id)).outgoing is None
    assert len(await take(database)) == 1, "and it is written anew, without what was said"
