"""The list of conversations and one of them, as staff see them."""

import asyncio
import html
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from frontdesk.domain.conversation import Principal
from frontdesk.domain.escalation import Escalation, EscalationReason
from frontdesk.domain.events import (
    AnswerCompleted,
    AnswerSentence,
    EscalationOpened,
    Event,
    FeedbackGiven,
    StoredEvent,
    TurnAccepted,
    TurnFailed,
    TurnReset,
)
from frontdesk.domain.feedback import FeedbackReason
from frontdesk.domain.ids import ConversationId, CustomerId, EscalationId, MessageId, ReleaseId, TurnId
from frontdesk.domain.turn import Outcome
from frontdesk.ports.stores import Stores
from frontdesk.server.pages.console.said import read_said

LIST = "/console/conversations"
HOSTILE = '<script>alert(1)</script> "><img src=x onerror=alert(2)> \u202egnp.exe'


async def page_of(desk: Any, path: str, **headers: str) -> str:
    response = await desk.client.get(path, headers={**desk.staff, **headers})
    assert response.status_code == 200, response.text
    text: str = response.text
    return text


def words_of(page: str) -> str:
    return html.unescape(" ".join(re.sub(r"<[^>]*>", " ", page).split()))


async def ask(desk: Any, text: str) -> str:
    """A conversation in which this was asked and answered."""
    conversation_id, headers = await desk.open_conversation()
    assert (await desk.say(conversation_id, headers, text)).status_code == 200
    found: str = conversation_id
    return found


# -- the list ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [LIST, f"{LIST}/conv_x", f"{LIST}/conv_x/attachments/att_x"])
async def test_who_is_not_signed_in_is_shown_the_way_in(desk: Any, path: str) -> None:
    response = await desk.client.get(f"{path}?q=parcel", headers={"Accept": "text/html"})
    assert response.status_code == 303
    assert response.headers["location"].startswith("/console/sign-in?next=/console/conversations")


async def test_an_empty_list_says_what_to_do(desk: Any) -> None:
    page = await page_of(desk, LIST)
    assert "Nobody has written yet" in page
    assert 'href="/chat"' in page


async def test_the_list_shows_first_words_and_leads_to_the_conversation(desk: Any) -> None:
    conversation_id = await ask(desk, "Where is my parcel?")
    page = await page_of(desk, LIST)
    assert "Where is my parcel?" in page
    assert f'href="/console/conversations/{conversation_id}"' in page
    assert "anonymous · web chat · en" in words_of(page)


async def test_words_narrow_the_list_and_stand_there_as_a_filter_to_take_back(desk: Any) -> None:
    await ask(desk, "Where is my parcel?")
    await ask(desk, "How do I wash a jacket?")
    page = await page_of(desk, f"{LIST}?q=PARCEL&channel=web_chat&status=")
    assert "Where is my parcel?" in page
    assert "wash a jacket" not in page
    assert 'href="/console/conversations?channel=web_chat"' in page  # without the words
    assert 'href="/console/conversations?q=PARCEL"' in page  # without the channel
    assert "status=" not in page
    assert 'value="PARCEL"' in page


async def test_nothing_found_says_how_to_go_on(desk: Any) -> None:
    await ask(desk, "Where is my parcel?")
    page = await page_of(desk, f"{LIST}?q=xyzzy")
    assert "No conversation is like this" in page
    assert "Show all conversations" in page


@pytest.mark.parametrize("pasted", ["conversation", "turn", "message"])
async def test_a_pasted_id_finds_its_conversation(desk: Any, pasted: str) -> None:
    conversation_id, headers = await desk.open_conversation()
    turn = (await desk.say(conversation_id, headers, "Where is my parcel?")).json()
    await ask(desk, "Something else")
    page = await page_of(desk, f"{LIST}?q=+{turn[f'{pasted}_id']}+")
    assert "Where is my parcel?" in page
    assert "Something else" not in page


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("q=a", "Said: it must have a word of at least 2 characters."),
        ("q=a%00b", "Said: it has characters that cannot be printed."),
        ("q=" + "+".join(f"word{n}" for n in range(9)), "Said: it may have at most 8 words."),
        ("outcome=good", "Outcome: it must be one of answered"),
        ("since=yesterday", "From: it must be a day such as 2026-01-31"),
        ("until=9999-99-99", "Until: it must be a day"),
        ("before=x", "Before: it must be `next` of an earlier page."),
        ("language=english", "Language: it must be a language code such as en."),
        ("customer=" + "x" * 201, "Customer: it may have at most 200 characters."),
    ],
)
async def test_what_cannot_be_asked_is_said_and_nothing_is_searched(desk: Any, query: str, reason: str) -> None:
    await ask(desk, "Where is my parcel?")
    page = await page_of(desk, f"{LIST}?{query}")
    assert reason in words_of(page)
    assert "Where is my parcel?" not in page
    problem = await desk.client.get(f"/v1/admin/conversations?{query}", headers=desk.staff)
    assert problem.status_code == 400
    assert problem.json()["field"] == query.partition("=")[0]


async def test_htmx_gets_the_list_alone_with_an_address_to_keep(desk: Any) -> None:
    await ask(desk, "Where is my parcel?")
    headers = {**desk.staff, "HX-Request": "true", "HX-Target": "section#list"}
    response = await desk.client.get(f"{LIST}?q=parcel&outcome=&customer=", headers=headers)
    assert response.text.lstrip().startswith("<section")
    assert response.headers["hx-push-url"] == "/console/conversations?q=parcel"


async def test_pages_lead_on_and_back_to_the_newest(desk: Any) -> None:
    for number in range(31):
        await ask(desk, f"Question {number:02}")
    first = await page_of(desk, LIST)
    older = html.unescape(re.findall(r'href="(\S+)" rel="next"', first)[0])
    second = await page_of(desk, older)
    assert "Question 00" not in first
    assert "Question 00" in second
    assert "Question 30" not in second
    assert "Back to the newest" in second
    assert "Older" not in words_of(second)


@pytest.mark.parametrize("path", [LIST, LIST + "/{conversation_id}"])
async def test_what_customers_write_stays_words(desk: Any, path: str) -> None:
    conversation_id = await ask(desk, HOSTILE)
    page = await page_of(desk, path.format(conversation_id=conversation_id))
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "\u202e" not in page
    assert not re.search(r"<[^>]*\s(?:style|on\w+)=", page)


async def test_a_customers_words_of_8000_letters_do_not_fill_the_list(desk: Any) -> None:
    await ask(desk, "long " * 1_599)
    assert len(re.findall("long", await page_of(desk, LIST))) <= 40


# -- the same in the API -----------------------------------------------------------------------------


async def test_the_api_lists_with_the_same_filters_and_places(desk: Any) -> None:
    for number in range(5):
        await ask(desk, f"Parcel {number}")
    await ask(desk, "Something else")
    found: list[str] = []
    query = "?q=parcel&limit=2"
    for _ in range(3):
        page = (await desk.client.get(f"/v1/admin/conversations{query}", headers=desk.staff)).json()
        found += [item["preview"] for item in page["items"]]
        query = f"?q=parcel&limit=2&before={page['next']}"
    assert (found, page["next"], page["is_cut_short"]) == ([f"Parcel {n}" for n in (4, 3, 2, 1, 0)], None, False)


async def test_the_api_tells_of_each_what_the_reference_says(desk: Any) -> None:
    await ask(desk, "Parcel")
    (item,) = (await desk.client.get("/v1/admin/conversations", headers=desk.staff)).json()["items"]
    schema = (await desk.client.get("/openapi.json")).json()["components"]["schemas"]["ConversationListed"]
    assert item.keys() == schema["properties"].keys()


# -- live --------------------------------------------------------------------------------------------


async def test_watchers_are_told_which_conversation_changed(desk: Any, quick: None) -> None:
    conversation_id, headers = await desk.open_conversation()
    version = (await desk.client.get(f"{LIST}/live", headers=desk.staff)).json()["version"]
    async with (
        desk.stream("GET", f"{LIST}/live?since={version}", _events(desk)) as one,
        desk.stream("GET", f"{LIST}/live?since={version}", _events(desk)) as another,
    ):
        for stream in (one, another):
            assert (await stream.events(count=1))[0]["kind"] == "message"  # where the list stands
        await desk.say(conversation_id, headers, "Where is my parcel?")
        for stream in (one, another):
            (changed,) = await stream.events(until="changed")
            assert json.loads(changed["data"]) == {"conversations": [conversation_id]}


async def test_who_missed_something_is_told_at_once(desk: Any, quick: None) -> None:
    await ask(desk, "Where is my parcel?")
    for headers in (_events(desk), {**_events(desk), "Last-Event-ID": "0123456789abcdef"}):
        async with desk.stream("GET", f"{LIST}/live", headers) as stream:
            (event,) = await stream.events(count=1)
            assert event["kind"] == "changed"
            seen = event["id"]
    async with desk.stream("GET", f"{LIST}/live?since=old", {**_events(desk), "Last-Event-ID": seen}) as stream:
        assert (await stream.events(count=1))[0]["kind"] == "message"


async def test_all_watchers_share_one_look_a_second(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    feed = desk.web.state.activity
    looks = 0
    look = feed._look

    async def count() -> Any:
        nonlocal looks
        looks += 1
        return await look()

    monkeypatch.setattr(feed, "_look", count)
    monkeypatch.setattr(feed, "_every_s", 0.1)
    streams = [desk.stream("GET", f"{LIST}/live", _events(desk)) for _ in range(5)]
    opened = [await stream.__aenter__() for stream in streams]
    assert len(opened) == 5
    began = looks
    await asyncio.sleep(0.55)
    assert 3 <= looks - began <= 7
    for stream in streams:
        await stream.__aexit__(None, None, None)
    ended = looks
    await asyncio.sleep(0.25)
    assert looks == ended, "nobody watches, and it goes on looking"


async def test_streams_end_when_the_server_closes(desk: Any) -> None:
    conversation_id = await ask(desk, "Where is my parcel?")
    for path in (f"{LIST}/live", f"{LIST}/{conversation_id}/live"):
        async with desk.stream("GET", path, _events(desk)) as stream:
            await stream.events(count=1)
            desk.web.state.closing.set()
            assert await stream.events() == []
        desk.web.state.closing.clear()


async def test_one_conversation_tells_of_its_own_changes_alone(desk: Any) -> None:
    conversation_id, headers = await desk.open_conversation()
    await desk.say(conversation_id, headers, "Where is my parcel?")
    last = (await desk.client.get(f"{LIST}/{conversation_id}/live", headers=desk.staff)).json()["last_seq"]
    async with desk.stream("GET", f"{LIST}/{conversation_id}/live?after={last}", _events(desk)) as stream:
        await ask(desk, "Something else")
        await desk.say(conversation_id, headers, "And now?", key="k2")
        (changed,) = await stream.events(count=1)
        assert (changed["kind"], int(changed["id"]) > last) == ("changed", True)


async def test_no_stream_without_a_session(desk: Any) -> None:
    for path in (f"{LIST}/live", f"{LIST}/conv_x/live"):
        response = await desk.client.get(path, headers={"Accept": "text/event-stream"})
        assert response.status_code == 401


def _events(desk: Any) -> dict[str, str]:
    return {**desk.staff, "Accept": "text/event-stream"}


@pytest.fixture
def quick(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk.web.state.activity, "_every_s", 0.05)


# -- one conversation --------------------------------------------------------------------------------


async def test_a_conversation_shows_what_was_said_with_its_sources_and_traces(desk: Any) -> None:
    conversation_id, headers = await desk.open_conversation()
    turn = (await desk.say(conversation_id, headers, "How long do I have?")).json()
    page = await page_of(desk, f"{LIST}/{conversation_id}")
    assert words_of(page).index("How long do I have?") < words_of(page).index("You have 60 days.")
    assert f'href="/console/turns/{turn["turn_id"]}"' in page
    assert "/console/knowledge/documents/doc_returns?chunk=chunk_returns" in page
    assert "Returns policy" in page
    assert conversation_id in page


async def test_a_conversation_that_is_not_there_is_said_so(desk: Any) -> None:
    for unknown in ("conv_none", "nonsense", "turn_x"):
        response = await desk.client.get(f"{LIST}/{unknown}", headers={**desk.staff, "Accept": "text/html"})
        assert response.status_code == 404
        assert "There is no such conversation." in response.text


async def test_an_open_escalation_stands_above_everything(desk: Any) -> None:
    conversation_id = ConversationId(await ask(desk, "Where is my parcel?"))
    escalation = Escalation(
        escalation_id=EscalationId("esc_1"),
        conversation_id=conversation_id,
        turn_id=None,
        reason=EscalationReason.ASKED,
        queue="orders",
        topic="",
        opened_at=desk.app.clock.now() - timedelta(minutes=12),
    )
    await desk.app.database.write(lambda stores: stores.escalations.open(escalation))
    words = words_of(await page_of(desk, f"{LIST}/{conversation_id}"))
    assert "Waiting for a person" in words
    assert "the customer asked for a person" in words
    assert "Queue orders" in words


async def test_erased_words_are_said_to_be_erased(desk: Any) -> None:
    conversation_id = ConversationId(await ask(desk, "My name is Ada"))
    customer = CustomerId("cust_1")

    def erase(stores: Stores) -> None:
        stores.customers.get_or_create("ada", fresh=customer, at=desk.app.clock.now())
        stores.conversations.set_principal(conversation_id, Principal(subject="ada", customer_id=customer))
        stores.payloads.erase(customer, at=desk.app.clock.now())

    await desk.app.database.write(erase)
    for path in (f"{LIST}/{conversation_id}", LIST):
        page = await page_of(desk, path)
        assert "My name is Ada" not in page
        assert "You have 60 days" not in page
        assert "Erased on request" in page


async def test_a_long_conversation_is_shown_in_pieces(desk: Any) -> None:
    conversation_id = ConversationId(await ask(desk, "The first question"))
    turn_id = TurnId("turn_many")
    events = [
        TurnAccepted(turn_id=turn_id, message_id=MessageId(f"msg_{number}"), text=f"Again {number}")
        for number in range(600)
    ]
    at = desk.app.clock.now()
    await desk.app.database.write(lambda stores: stores.events.append(conversation_id, events, at=at))
    newest = await page_of(desk, f"{LIST}/{conversation_id}")
    assert ("Again 599" in newest, "The first question" in newest) == (True, False)
    earlier = re.findall(r'href="(\S+\?after=\d+)">Show earlier', newest)[0]
    oldest = await page_of(desk, earlier)
    assert ("The first question" in oldest, "Again 599" in oldest) == (True, False)
    assert "Show later" in oldest


async def test_the_command_cannot_be_turned_into_another(desk: Any) -> None:
    conversation_id = await ask(desk, "Where is my parcel?")
    page = await page_of(desk, f"{LIST}/{conversation_id}", Host="desk.example'$(reboot)")
    command = html.unescape(re.findall(r'<pre class="command">(.*?)</pre>', page, re.DOTALL)[0])
    assert command.startswith('curl -s -H "Authorization: Bearer $STAFF_KEY" ')
    assert "$(reboot)" not in command or "'\"'\"'" in command


# -- the log as people read it -------------------------------------------------------------------------

TURN = TurnId("turn_1")
COMPLETED = AnswerCompleted(
    turn_id=TURN,
    outcome=Outcome.ANSWERED,
    text="It left. [1]",
    citations=(),
    confidence="low",
    degraded=("lexical_only", "uncited"),
    release_id=ReleaseId("rel_1"),
    timings_ms={"total": 1234.5},
)


async def stored(desk: Any, events: Sequence[Event]) -> Sequence[StoredEvent]:
    conversation_id = ConversationId((await desk.open_conversation())[0])
    at = desk.app.clock.now()
    found: Sequence[StoredEvent] = await desk.app.database.write(
        lambda stores: stores.events.append(conversation_id, events, at=at)
    )
    return found


def asked(text: str = "Where is it?") -> TurnAccepted:
    return TurnAccepted(turn_id=TURN, message_id=MessageId("msg_1"), text=text)


def told(text: str) -> AnswerSentence:
    return AnswerSentence(turn_id=TURN, index=0, separator="", text=text, citations=())


async def test_an_answer_that_is_being_written_is_shown_without_what_was_taken_back(desk: Any) -> None:
    reset = TurnReset(turn_id=TURN, reason="taken_over")
    said = read_said(await stored(desk, [asked(), told("First try."), reset, told("Second try.")]))
    assert [("".join(piece.text for piece in one.pieces), one.is_unfinished) for one in said] == [
        ("Where is it?", False),
        ("Second try.", True),
    ]


async def test_an_ended_answer_is_shown_once_with_how_it_went(desk: Any) -> None:
    _, answer = read_said(await stored(desk, [asked(), told("It left."), COMPLETED]))
    assert [badge.text for badge in answer.badges] == [
        "answered",
        "low confidence",
        "searched by words only",
        "no source",
    ]
    assert (answer.took, answer.trace) == ("1.23 s", "/console/turns/turn_1")
    assert "".join(piece.text for piece in answer.pieces) == "It left. [1]"  # a marker without a source stays text


async def test_a_failure_names_its_code(desk: Any) -> None:
    failed = TurnFailed(
        turn_id=TURN,
        outcome=Outcome.FAILED,
        text="I am sorry.",
        code="gave_up",
        release_id=ReleaseId("rel_1"),
        timings_ms={},
    )
    _, answer = read_said(await stored(desk, [asked(), failed]))
    assert [badge.text for badge in answer.badges] == ["failed", "gave up"]


async def test_silence_is_a_note(desk: Any) -> None:
    silent = replace(COMPLETED, text="", outcome=Outcome.ESCALATED, degraded=())
    opened = EscalationOpened(escalation_id=EscalationId("esc_1"), turn_id=TURN, reason="asked", text="A person comes.")
    _, handover, note = read_said(await stored(desk, [asked(), opened, silent]))
    assert (handover.speaker, note.speaker, note.trace) == ("note", "note", "/console/turns/turn_1")
    assert "asked for a person" in handover.pieces[0].text


async def test_the_newest_rating_stands_under_its_answer(desk: Any) -> None:
    ratings = [
        FeedbackGiven(turn_id=TURN, rating="up"),
        FeedbackGiven(turn_id=TURN, rating="down", reasons=(FeedbackReason.WRONG,), comment="No!"),
    ]
    question, answer = read_said(await stored(desk, [asked(), COMPLETED, *ratings]))
    assert question.rating is None
    assert answer.rating is not None
    assert (answer.rating.badge.text, answer.rating.reasons, answer.rating.comment) == (
        "rated unhelpful",
        ("wrong",),
        "No!",
    )
    taken_back = [*ratings, FeedbackGiven(turn_id=TURN, rating="none")]
    *_, answer = read_said(await stored(desk, [asked(), COMPLETED, *taken_back]))
    assert answer.rating is None


async def test_kinds_of_events_from_a_newer_version_are_told_by_name(desk: Any) -> None:
    (event,) = await stored(desk, [asked()])
    message = replace(event, seq=2, kind="operator.message", body='{"text": "Ada here."}')
    joined = replace(event, seq=3, kind="operator.joined", body='{"name": "Ada"}')
    _, said, note, _ = read_said([event, message, joined])
    assert (said.speaker, said.pieces[0].text) == ("operator", "Ada here.")
    assert (note.speaker, note.pieces[0].text) == ("note", "operator joined")
