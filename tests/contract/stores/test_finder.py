"""The list of conversations against a model of it in Python, over every pair of filters."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from frontdesk.domain.conversation import Conversation, ConversationStatus, Message, Origin, Principal
from frontdesk.domain.escalation import Escalation
from frontdesk.domain.events import Event, FeedbackGiven, TurnAccepted
from frontdesk.domain.feedback import Feedback, FeedbackReason, Rating
from frontdesk.domain.ids import ConversationId, CustomerId, EscalationId, MessageId, TurnId
from frontdesk.domain.listing import ConversationFilter, ConversationPage, ConversationSummary, ListPlace
from frontdesk.domain.turn import ConfidenceLevel, Outcome, TurnRecord, TurnState
from frontdesk.ports.stores import Database, StoredTurn, Stores

EVERYTHING = ConversationFilter()


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One turn of a story."""

    text: str
    answer: str = "It left our warehouse."
    outcome: Outcome | None = Outcome.ANSWERED
    confidence: ConfidenceLevel = "high"
    degraded: tuple[str, ...] = ()
    language: str = "en"
    rating: Rating | None = None


@dataclass(frozen=True, kw_only=True)
class Story:
    """A conversation as the test knows it."""

    turns: tuple[Asked, ...]
    minute: int
    """When it was last active."""
    channel: str = "web_chat"
    subject: str | None = None
    origin: Origin = "customer"
    status: ConversationStatus = ConversationStatus.ASSISTANT
    is_waiting: bool = False
    id: ConversationId = field(default=ConversationId(""))


STORIES = (
    Story(minute=1, turns=(Asked(text="Where is my parcel? 100% lost"),)),
    Story(minute=2, turns=(Asked(text="¿Dónde está mi TIENDA?", language="es", confidence="low"),), subject="C-1"),
    Story(
        minute=3,
        subject="C-12",
        channel="email",
        turns=(
            Asked(text="hello", confidence="low", outcome=Outcome.CLARIFIED),
            Asked(text="The parcel_number is wrong", degraded=("lexical_only",), rating="down"),
        ),
    ),
    Story(minute=3, turns=(Asked(text="refund", outcome=Outcome.REFUSED, confidence="low", degraded=("uncited",)),)),
    Story(minute=4, turns=(Asked(text="a person please", outcome=Outcome.ESCALATED),), is_waiting=True),
    Story(minute=5, turns=(Asked(text="Wo ist mein Zelt? Straße 5", language="de"),), origin="simulated"),
    Story(minute=6, turns=(Asked(text="still running", outcome=None),), channel="voice", subject="c-1"),
    Story(
        minute=6,
        origin="staff",
        turns=(
            Asked(text='TEXT with "quotes" and a / slash', outcome=Outcome.FAILED, rating="up"),
            Asked(text="again", answer="parcel", confidence="medium", degraded=("lexical_only", "uncited")),
        ),
    ),
    Story(
        minute=7, turns=(Asked(text="answer me", confidence="low", rating="none"),), status=ConversationStatus.CLOSED
    ),
)

CHOICES: dict[str, tuple[Any, ...]] = {
    "words": (("parcel",), ("PARCEL", "lost"), ("dónde",), ("donde", "tienda"), ("0%",), ("l_n",), ('"quotes"',)),
    "customer": ("C-1", "C-12", "C", "x"),
    "outcomes": (frozenset({Outcome.ANSWERED}), frozenset({Outcome.REFUSED, Outcome.CLARIFIED}), frozenset(Outcome)),
    "confidence": ("low", "medium"),
    "degraded": ("any", "lexical_only", "uncited", "lexical"),
    "rating": ("down", "up"),
    "language": ("es", "en"),
    "channel": ("email", "web_chat"),
    "origin": ("customer", "simulated", "staff"),
    "status": (ConversationStatus.ASSISTANT, ConversationStatus.WAITING, ConversationStatus.CLOSED),
    "since": (3, 6),
    "until": (3, 6),
}


def pairs_of_filters(now: datetime) -> Iterator[ConversationFilter]:
    """Every value alone, and with every value of every other field."""
    single = [{name: value} for name, values in CHOICES.items() for value in values]
    both = [left | right for left, right in itertools.combinations(single, 2) if not left.keys() & right.keys()]
    for chosen in [{}, *single, *both]:
        times: dict[str, Any] = {
            name: now + timedelta(minutes=chosen[name]) for name in ("since", "until") if name in chosen
        }
        yield ConversationFilter(**(chosen | times))


@pytest.fixture
async def stories(
    database: Database,
    a_conversation: Callable[..., Conversation],
    a_message: Callable[..., Message],
    a_turn: Callable[..., StoredTurn],
    a_record: Callable[..., TurnRecord],
    an_escalation: Callable[..., Escalation],
    now: datetime,
) -> list[Story]:
    """All of them stored."""

    def write(stores: Stores, story: Story) -> Story:
        at = now + timedelta(minutes=story.minute)
        principal = Principal(subject=story.subject, proof="signed_token") if story.subject else Principal()
        conversation = a_conversation(
            channel=story.channel, principal=principal, origin=story.origin, status=story.status, created_at=now
        )
        stores.conversations.create(conversation, token_hash="")
        for asked in story.turns:
            write_turn(stores, conversation.conversation_id, asked, at)
        if story.is_waiting:
            stores.escalations.open(an_escalation(conversation.conversation_id, opened_at=at))
            stores.conversations.set_status(conversation.conversation_id, ConversationStatus.WAITING)
        status = ConversationStatus.WAITING if story.is_waiting else story.status
        return replace(story, id=conversation.conversation_id, status=status)

    def write_turn(stores: Stores, conversation_id: ConversationId, asked: Asked, at: datetime) -> None:
        turn = a_turn(conversation_id, language=asked.language)
        message = a_message(conversation_id, message_id=turn.message_id, turn_id=turn.turn_id, text=asked.text)
        stores.messages.add(message)
        stores.turns.open(turn, owner="me", lease_s=60)
        events: list[Event] = [TurnAccepted(turn_id=turn.turn_id, message_id=turn.message_id, text=asked.text)]
        if asked.outcome is not None:
            stores.messages.add(a_message(conversation_id, turn_id=turn.turn_id, role="assistant", text=asked.answer))
            record = a_record(turn.turn_id, outcome=asked.outcome)
            answer = replace(record.answer, confidence=asked.confidence, degraded=asked.degraded)
            stores.turns.finish(replace(record, answer=answer), last_seq=1, at=at)
        if asked.rating is not None:
            events.append(FeedbackGiven(turn_id=turn.turn_id, rating=asked.rating))
        stored = stores.events.append(conversation_id, events, at=at)
        if asked.rating is not None:
            given = Feedback(conversation_id=conversation_id, turn_id=turn.turn_id, rating=asked.rating, at=at)
            stores.feedback.put(given, seq=stored[-1].seq)

    written = await database.write(lambda stores: [write(stores, story) for story in STORIES])
    nothing_said = a_conversation(created_at=now + timedelta(minutes=9))
    await database.write(lambda stores: stores.conversations.create(nothing_said, token_hash=""))
    return written


def is_wanted(story: Story, wanted: ConversationFilter, now: datetime) -> bool:
    """What the filter promises, in Python."""
    at = now + timedelta(minutes=story.minute)
    said = [plain(text) for asked in story.turns for text in (asked.text, asked.answer if asked.outcome else "")]
    return (
        all(any(plain(word) in text for text in said) for word in wanted.words)
        and (not wanted.customer or (story.subject or "").startswith(wanted.customer))
        and (not wanted.channel or story.channel == wanted.channel)
        and (not wanted.origin or story.origin == wanted.origin)
        and (not wanted.status or story.status == wanted.status)
        and (not wanted.since or at >= wanted.since)
        and (not wanted.until or at < wanted.until)
        and any(is_wanted_turn(asked, wanted) for asked in story.turns)
    )


def is_wanted_turn(asked: Asked, wanted: ConversationFilter) -> bool:
    ended = asked.outcome is not None
    return (
        (not wanted.outcomes or asked.outcome in wanted.outcomes)
        and (not wanted.confidence or (ended and asked.confidence == wanted.confidence))
        and (
            not wanted.degraded
            or wanted.degraded in asked.degraded
            or (wanted.degraded == "any" and asked.degraded != ())
        )
        and (not wanted.rating or asked.rating == wanted.rating)
        and (not wanted.language or asked.language == wanted.language)
    )


def plain(text: str) -> str:
    return text.lower().replace("ó", "o").replace("á", "a")


async def read_page(database: Database, wanted: ConversationFilter, **how: Any) -> ConversationPage:
    return await database.read(lambda stores: stores.finder.find(wanted, **how))


async def all_of(database: Database, wanted: ConversationFilter, *, limit: int = 50) -> list[ConversationSummary]:
    """Page after page to the end."""
    found: list[ConversationSummary] = []
    before: ListPlace | None = None
    while True:
        page = await read_page(database, wanted, before=before, limit=limit)
        found += page.items
        before = page.next
        if before is None:
            return found
        assert len(page.items) == limit or page.is_cut_short


def ids(found: Sequence[ConversationSummary]) -> list[ConversationId]:
    return [one.conversation_id for one in found]


async def test_every_pair_of_filters_finds_what_the_model_finds(
    database: Database, stories: list[Story], now: datetime
) -> None:
    for wanted in pairs_of_filters(now):
        found = set(ids(await all_of(database, wanted)))
        assert found == {story.id for story in stories if is_wanted(story, wanted, now)}, wanted


def test_the_model_covers_every_field_of_the_filter() -> None:
    by_id = {"conversation_id", "turn_id", "message_id", "escalation_id"}
    assert {item.name for item in fields(ConversationFilter)} == CHOICES.keys() | by_id


@pytest.mark.parametrize("limit", [1, 2, 3, 50])
async def test_pages_show_each_once_newest_activity_first(database: Database, stories: list[Story], limit: int) -> None:
    found = await all_of(database, EVERYTHING, limit=limit)
    assert sorted(ids(found)) == sorted(story.id for story in stories)
    times = [one.updated_at for one in found]
    assert times == sorted(times, reverse=True)


async def test_what_comes_in_while_someone_turns_pages_moves_nothing(
    database: Database, stories: list[Story], now: datetime
) -> None:
    first = await database.read(lambda stores: stores.finder.find(EVERYTHING, limit=4))
    seen = {one.conversation_id for one in first.items}
    last = next(story for story in stories if story.id not in seen)
    event = TurnAccepted(turn_id=TurnId("turn_new"), message_id=MessageId("msg_new"), text="more")
    await database.write(lambda stores: stores.events.append(last.id, [event], at=now + timedelta(hours=1)))
    rest = await database.read(lambda stores: stores.finder.find(EVERYTHING, before=first.next, limit=50))
    assert set(ids(rest.items)) == {story.id for story in stories} - seen - {last.id}
    (newest,) = (await database.read(lambda stores: stores.finder.find(EVERYTHING, limit=1))).items
    assert newest.conversation_id == last.id


async def test_an_id_of_anything_in_it_finds_the_conversation(
    database: Database, stories: list[Story], an_escalation: Callable[..., Escalation]
) -> None:
    waiting = next(story for story in stories if story.is_waiting)
    open_one = await database.read(lambda stores: stores.escalations.open_on(waiting.id))
    (turn,) = await database.read(lambda stores: stores.turns.list_of(waiting.id))
    assert open_one is not None
    for wanted in (
        ConversationFilter(conversation_id=waiting.id),
        ConversationFilter(turn_id=turn.turn_id),
        ConversationFilter(message_id=turn.message_id),
        ConversationFilter(escalation_id=open_one.escalation_id),
    ):
        assert ids(await all_of(database, wanted)) == [waiting.id]
        assert await all_of(database, replace(wanted, channel="email")) == []
    for unknown in (
        ConversationFilter(conversation_id=ConversationId("conv_none")),
        ConversationFilter(turn_id=TurnId("turn_none")),
        ConversationFilter(message_id=MessageId("msg_none")),
        ConversationFilter(escalation_id=EscalationId("esc_none")),
    ):
        assert await all_of(database, unknown) == []


async def test_tells_of_each_what_happened_in_it(database: Database, stories: list[Story], now: datetime) -> None:
    found = {one.conversation_id: one for one in await all_of(database, EVERYTHING)}
    parcel, running, waiting = found[stories[2].id], found[stories[6].id], found[stories[4].id]
    assert (parcel.turns, parcel.outcome, parcel.confidence) == (2, Outcome.ANSWERED, "low")
    assert (parcel.degraded, parcel.rating, parcel.preview) == (("lexical_only",), "down", "hello")
    assert (parcel.subject, parcel.channel, parcel.locale) == ("C-12", "email", "en-GB")
    assert (parcel.created_at, parcel.updated_at) == (now, now + timedelta(minutes=3))
    assert (parcel.is_running, parcel.is_erased, parcel.escalation_id) == (False, False, None)
    assert (running.is_running, running.outcome, running.confidence) == (True, None, None)
    assert waiting.status == "waiting"
    assert waiting.waiting_since == now + timedelta(minutes=4)
    assert found[stories[7].id].degraded == ("lexical_only", "uncited")
    assert (found[stories[7].id].rating, found[stories[8].id].rating) == ("up", "none")


async def test_what_was_erased_is_neither_shown_nor_found(
    database: Database, stories: list[Story], now: datetime
) -> None:
    story = stories[2]
    customer = CustomerId("cust_12")

    def erase(stores: Stores) -> None:
        stores.customers.get_or_create("C-12", fresh=customer, at=now)
        stores.conversations.set_principal(story.id, Principal(subject="C-12", customer_id=customer))
        stores.payloads.erase(customer, at=now)

    await database.write(erase)
    (left,) = await all_of(database, ConversationFilter(conversation_id=story.id))
    assert (left.preview, left.is_erased, left.turns) == ("", True, 2)
    assert story.id not in ids(await all_of(database, ConversationFilter(words=("parcel",))))


async def test_a_search_goes_only_so_far_and_says_how_far(database: Database, stories: list[Story]) -> None:
    wanted = ConversationFilter(words=("lost",))  # the oldest of all

    before: ListPlace | None = None
    counts = []
    while True:
        page = await read_page(database, wanted, before=before, limit=50, searched=4)
        counts.append((len(page.items), page.is_cut_short))
        if page.next is None:
            break
        before = page.next
    assert counts == [(0, True), (0, True), (1, False)]


async def test_tells_which_conversations_were_active_last(
    database: Database, stories: list[Story], now: datetime
) -> None:
    before = await database.read(lambda stores: stores.finder.activity(limit=3))
    assert list(before) == ids((await all_of(database, EVERYTHING))[:3])
    oldest = stories[0]
    event = TurnAccepted(turn_id=TurnId("turn_new"), message_id=MessageId("msg_new"), text="more")
    await database.write(lambda stores: stores.events.append(oldest.id, [event], at=now + timedelta(hours=1)))
    after = await database.read(lambda stores: stores.finder.activity(limit=3))
    assert dict(after.items() - before.items()) == {oldest.id: 2}


async def test_lists_the_turns_of_a_conversation_with_their_ratings(
    database: Database, stories: list[Story], now: datetime
) -> None:
    story = stories[2]
    first, second = await database.read(lambda stores: stores.turns.list_of(story.id))
    assert (first.number, first.state, first.outcome, first.confidence) == (1, TurnState.ENDED, "clarified", "low")
    assert (first.rating, first.ended_at, first.timings_ms) == ("none", now + timedelta(minutes=3), {"total": 12.5})
    assert (second.degraded, second.rating, second.reasons) == (("lexical_only",), "down", ())
    reasons = (FeedbackReason.WRONG, FeedbackReason.TONE)
    given = Feedback(conversation_id=story.id, turn_id=second.turn_id, rating="down", reasons=reasons, at=now)
    await database.write(lambda stores: stores.feedback.put(given, seq=3))
    *_, second = await database.read(lambda stores: stores.turns.list_of(story.id))
    assert second.reasons == reasons
    (running,) = await database.read(lambda stores: stores.turns.list_of(stories[6].id))
    assert (running.state, running.outcome, running.ended_at, running.timings_ms) == ("running", None, None, {})


async def test_knows_which_conversations_go_on_from_one(
    database: Database, conversation_id: ConversationId, a_conversation: Callable[..., Conversation], now: datetime
) -> None:
    forks = [
        a_conversation(forked_from=conversation_id, created_at=now + timedelta(minutes=minute)) for minute in (1, 2)
    ]

    copied = TurnAccepted(turn_id=TurnId("turn_copied"), message_id=MessageId("msg_copied"), text="as before")

    def create(stores: Stores) -> None:
        for fork in forks:
            stores.conversations.create(fork, token_hash="")
            stores.events.append(fork.conversation_id, [copied], at=now)

    await database.write(create)
    found = await database.read(lambda stores: stores.finder.forks_of(conversation_id))
    assert list(found) == [forks[1].conversation_id, forks[0].conversation_id]
    assert list(await database.read(lambda stores: stores.finder.forks_of(forks[0].conversation_id))) == []
    assert {one.forked_from for one in await all_of(database, EVERYTHING)} == {conversation_id}
