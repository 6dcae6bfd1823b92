import itertools
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from frontdesk.domain.attachments import Attachment, AttachmentRef
from frontdesk.domain.conversation import Conversation, Message, Principal
from frontdesk.domain.escalation import EscalationReason
from frontdesk.domain.events import (
    AnswerCompleted,
    AnswerSentence,
    EscalationOpened,
    Event,
    FeedbackGiven,
    StoredEvent,
    TurnAccepted,
)
from frontdesk.domain.ids import (
    AttachmentId,
    ConversationId,
    CustomerId,
    EscalationId,
    MessageId,
    ReleaseId,
    TurnId,
)
from frontdesk.domain.listing import ConversationFilter
from frontdesk.domain.turn import Outcome
from frontdesk.ports.stores import Database, Stores

FIRST, SECOND, RUNNING = TurnId("turn_first"), TurnId("turn_second"), TurnId("turn_running")
CUSTOMER = CustomerId("cust_ann")


def accepted(turn_id: TurnId, text: str, *files: AttachmentRef) -> TurnAccepted:
    return TurnAccepted(turn_id=turn_id, message_id=question_of(turn_id), text=text, attachments=files)


def question_of(turn_id: TurnId) -> MessageId:
    return MessageId(turn_id.replace("turn_", "msg_q_"))


def answered(turn_id: TurnId, text: str) -> list[Event]:
    return [
        AnswerSentence(turn_id=turn_id, index=0, separator="", text=text, citations=()),
        AnswerCompleted(
            turn_id=turn_id,
            outcome=Outcome.ANSWERED,
            text=text,
            citations=(),
            confidence="high",
            degraded=(),
            release_id=ReleaseId("rel_1"),
            timings_ms={"total": 1.5},
        ),
    ]


class Talk:
    """A conversation of two ended turns, one with a file, and one that runs; and what copies it."""

    def __init__(self, database: Database, source: Conversation, now: datetime) -> None:
        self.database, self.source, self.now = database, source, now
        self.file = AttachmentRef(
            attachment_id=AttachmentId("att_receipt"), name="größe.png", media_type="image/png", bytes=5
        )
        self._tokens = itertools.count(1)

    def store(self, stores: Stores) -> None:
        where = self.source.conversation_id
        stores.customers.get_or_create("ann", fresh=CUSTOMER, at=self.now)
        stores.conversations.create(self.source, token_hash="source")
        for turn_id in (FIRST, SECOND, RUNNING):
            self._say(stores, turn_id, "customer", f"question of {turn_id}")
            if turn_id != RUNNING:
                self._say(stores, turn_id, "assistant", f"answer to {turn_id}")
        attachment = Attachment(
            conversation_id=where, message_id=question_of(FIRST), ref=self.file, sha256="0" * 64, created_at=self.now
        )
        stores.attachments.add(attachment, b"bytes")
        unsent = replace(attachment, message_id=None, ref=replace(self.file, attachment_id=AttachmentId("att_unsent")))
        stores.attachments.add(unsent, b"other")
        events = [
            accepted(FIRST, "question of turn_first", self.file),
            *answered(FIRST, "answer to turn_first"),
            FeedbackGiven(turn_id=FIRST, rating="up", comment="Great"),
            accepted(SECOND, "question of turn_second"),
            *answered(SECOND, "answer to turn_second"),
            EscalationOpened(
                escalation_id=EscalationId("esc_1"), turn_id=None, reason=EscalationReason.ASKED, text="Soon."
            ),
            accepted(RUNNING, "question of turn_running"),
        ]
        stores.events.append(where, events, at=self.now)

    def _say(self, stores: Stores, turn_id: TurnId, role: str, text: str) -> None:
        is_question = role == "customer"
        message = Message(
            message_id=question_of(turn_id) if is_question else MessageId(turn_id.replace("turn_", "msg_a_")),
            conversation_id=self.source.conversation_id,
            turn_id=turn_id,
            position=0,
            role="customer" if is_question else "assistant",
            text=text,
            language="en",
            at=self.now,
        )
        stores.messages.add(message)

    async def fork(self, name: str = "fork", *, until: int = 8) -> Conversation:
        fork = replace(
            self.source,
            conversation_id=ConversationId(f"conv_{name}"),
            forked_from=self.source.conversation_id,
            created_at=self.now + timedelta(hours=1),
            summary="",
            summarised_until=0,
        )

        def work(stores: Stores) -> int:
            stores.conversations.create(fork, token_hash=name)
            return stores.forks.copy(
                self.source.conversation_id, fork, until=until, mint=lambda: f"{name}{next(self._tokens)}"
            )

        await self.database.write(work)
        stored = await self.database.read(lambda stores: stores.conversations.get(fork.conversation_id))
        assert stored is not None
        return stored

    async def log(self, conversation: Conversation) -> tuple[StoredEvent, ...]:
        where = conversation.conversation_id
        return await self.database.read(lambda stores: stores.events.read(where, after=0))

    async def said(self, conversation: Conversation) -> tuple[Message, ...]:
        where = conversation.conversation_id
        return await self.database.read(lambda stores: stores.messages.history(where, after=0, before=None))

    async def files(self, conversation: Conversation) -> list[tuple[Attachment, bytes | None]]:
        where = conversation.conversation_id
        return await self.database.read(
            lambda stores: [
                (one, stores.attachments.body(one.ref.attachment_id)) for one in stores.attachments.sent_in(where)
            ]
        )


@pytest.fixture
async def talk(database: Database, a_conversation: Callable[..., Conversation], now: datetime) -> Talk:
    principal = Principal(subject="ann", customer_id=CUSTOMER, proof="signed_token")
    talk = Talk(database, a_conversation(principal=principal), now)
    await database.write(talk.store)
    return talk


async def test_copies_ended_turns_with_their_words_and_leaves_the_source_as_it_is(talk: Talk) -> None:
    before = (await talk.log(talk.source), await talk.said(talk.source))
    fork = await talk.fork()

    assert (fork.last_seq, fork.forked_from) == (6, talk.source.conversation_id)
    log = await talk.log(fork)
    assert [(event.seq, event.kind, event.turn_id) for event in log] == [
        (1, "turn.accepted", FIRST),
        (2, "answer.sentence", FIRST),
        (3, "answer.completed", FIRST),
        (4, "turn.accepted", SECOND),
        (5, "answer.sentence", SECOND),
        (6, "answer.completed", SECOND),
    ]
    assert json.loads(log[2].body)["text"] == "answer to turn_first"
    assert {event.at for event in log} == {talk.now}
    messages = await talk.said(fork)
    assert [(one.position, one.role, one.text, one.turn_id) for one in messages] == [
        (1, "customer", "question of turn_first", FIRST),
        (2, "assistant", "answer to turn_first", FIRST),
        (3, "customer", "question of turn_second", SECOND),
        (4, "assistant", "answer to turn_second", SECOND),
    ]
    assert json.loads(log[0].body)["message_id"] == messages[0].message_id
    assert not {one.message_id for one in messages} & {one.message_id for one in before[1]}
    assert (await talk.log(talk.source), await talk.said(talk.source)) == before


async def test_copies_up_to_an_event_and_nothing_behind_it(talk: Talk) -> None:
    fork = await talk.fork(until=3)
    assert {event.turn_id for event in await talk.log(fork)} == {FIRST}
    assert [one.text for one in await talk.said(fork)] == ["question of turn_first", "answer to turn_first"]
    assert "turn_second" not in str(await talk.log(fork))


async def test_a_fork_counts_on_from_what_it_took_over(talk: Talk, a_message: Callable[..., Message]) -> None:
    fork = await talk.fork()
    where = fork.conversation_id

    def go_on(stores: Stores) -> tuple[int, int]:
        position = stores.messages.add(a_message(where))
        (event,) = stores.events.append(where, [accepted(TurnId("turn_new"), "And?")], at=talk.now)
        return position, event.seq

    assert await talk.database.write(go_on) == (5, 7)
    assert len(await talk.said(talk.source)) == 5


async def test_copies_files_that_were_sent_under_names_of_their_own(talk: Talk) -> None:
    fork = await talk.fork()
    ((copied, body),) = await talk.files(fork)
    (told,) = json.loads((await talk.log(fork))[0].body)["attachments"]
    assert body == b"bytes"
    assert copied.ref == replace(talk.file, attachment_id=copied.ref.attachment_id)
    assert copied.ref.attachment_id != talk.file.attachment_id
    assert told["attachment_id"] == copied.ref.attachment_id
    assert copied.message_id == (await talk.said(fork))[0].message_id
    assert [one.ref.attachment_id for one, _ in await talk.files(talk.source)] == [talk.file.attachment_id]


async def test_takes_the_summary_over_where_all_that_it_tells_was_copied(talk: Talk) -> None:
    await talk.database.write(
        lambda stores: stores.conversations.set_summary(talk.source.conversation_id, "Asked twice.", until=3)
    )
    whole, cut = await talk.fork("whole"), await talk.fork("cut", until=3)
    assert (whole.summary, whole.summarised_until) == ("Asked twice.", 3)
    assert (cut.summary, cut.summarised_until) == ("", 0)


async def test_a_fork_is_found_by_what_was_said_in_it(talk: Talk) -> None:
    fork = await talk.fork(until=3)

    async def found(word: str) -> set[ConversationId]:
        wanted = ConversationFilter(words=(word,))
        page = await talk.database.read(lambda stores: stores.finder.find(wanted, limit=10))
        return {one.conversation_id for one in page.items}

    assert await found("TURN_FIRST") == {talk.source.conversation_id, fork.conversation_id}
    assert await found("turn_second") == {talk.source.conversation_id}
    assert await talk.database.read(lambda stores: stores.finder.forks_of(talk.source.conversation_id)) == (
        fork.conversation_id,
    )


async def test_what_was_erased_before_is_erased_in_the_fork_and_erasing_reaches_it_later(talk: Talk) -> None:
    early = await talk.fork("early")
    await talk.database.write(lambda stores: stores.payloads.erase(CUSTOMER, at=talk.now))
    late = await talk.fork("late")
    for fork in (early, late):
        assert {one.text for one in await talk.said(fork)} == {""}
        assert {json.loads(event.body)["text"] for event in await talk.log(fork)} == {None}
        assert await talk.files(fork) == []


async def test_an_empty_conversation_gives_an_empty_fork(
    talk: Talk, database: Database, a_conversation: Callable[..., Conversation]
) -> None:
    talk.source = a_conversation()
    await database.write(lambda stores: stores.conversations.create(talk.source, token_hash=""))
    fork = await talk.fork(until=0)
    assert fork.last_seq == 0
    assert await talk.log(fork) == ()
