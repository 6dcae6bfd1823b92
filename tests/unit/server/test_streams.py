"""Event streams: what they carry, when they end, and what breaking one costs."""

import asyncio
import json
from typing import Any

import pytest

from frontdesk.domain.events import AnswerProvisional, AnswerWithdrawn, TurnStage


def _kinds(events: list[dict[str, Any]]) -> list[str]:
    return [event["kind"] for event in events]


def _sse(headers: dict[str, str], **more: str) -> dict[str, str]:
    return {**headers, "Accept": "text/event-stream", **more}


async def test_a_turn_is_streamed_from_acceptance_to_its_end(desk: Any) -> None:
    conversation_id, headers = await desk.open_conversation()
    path = f"/v1/conversations/{conversation_id}/messages"
    async with desk.stream("POST", path, _sse(headers, **{"Idempotency-Key": "k"}), {"text": "How long?"}) as stream:
        events = await stream.events()
    assert stream.headers["content-type"].startswith("text/event-stream")
    stored = [event for event in events if event["id"]]
    assert _kinds(stored) == ["turn.accepted", "answer.sentence", "answer.completed"]
    assert [event["id"] for event in stored] == ["1", "2", "3"]


async def test_stage_notices_come_between_and_have_no_id(desk: Any) -> None:
    gate = asyncio.Event()
    desk.turns.script = lambda turn_id: [gate, TurnStage(turn_id=turn_id, stage="retrieve", label="Looking"), gate]
    conversation_id, headers = await desk.open_conversation()
    path = f"/v1/conversations/{conversation_id}/messages"
    async with desk.stream("POST", path, _sse(headers, **{"Idempotency-Key": "k"}), {"text": "How long?"}) as stream:
        (accepted,) = await stream.events(count=1)
        gate.set()
        (notice,) = await stream.events(count=1)
    assert accepted["kind"] == "turn.accepted"
    assert (notice["kind"], notice["id"]) == ("turn.stage", None)
    assert json.loads(notice["data"])["label"] == "Looking"


async def test_unconfirmed_text_is_told_as_it_is_now_and_is_gone_when_the_turn_ends(desk: Any) -> None:
    first, more = asyncio.Event(), asyncio.Event()
    plain = desk.turns.script
    desk.turns.script = lambda turn_id: [
        first,
        AnswerProvisional(turn_id=turn_id, text="You have"),
        AnswerProvisional(turn_id=turn_id, text="You have 60"),
        more,
        AnswerWithdrawn(turn_id=turn_id, stage="ground"),
        AnswerProvisional(turn_id=turn_id, text="More of it"),
        *plain(turn_id)[1:],
    ]
    conversation_id, headers = await desk.open_conversation()
    path = f"/v1/conversations/{conversation_id}/messages"
    async with desk.stream("POST", path, _sse(headers, **{"Idempotency-Key": "k"}), {"text": "How long?"}) as stream:
        await stream.events(count=1)
        first.set()
        (shown,) = await stream.events(count=1)
        more.set()
        rest = await stream.events()
    assert (shown["kind"], shown["id"]) == ("answer.provisional", None)
    assert json.loads(shown["data"]).keys() == {"turn_id", "text"}
    assert json.loads(shown["data"])["text"] == "You have 60"
    assert _kinds(rest)[0] == "answer.withdrawn"
    assert json.loads(rest[0]["data"])["stage"] == "ground"
    assert [json.loads(event["data"])["text"] for event in rest if event["kind"] == "answer.provisional"][-1] == ""
    assert _kinds(rest)[-1] == "answer.completed"


async def test_a_repeated_key_replays_the_same_bytes(desk: Any) -> None:
    conversation_id, headers = await desk.open_conversation()
    await desk.say(conversation_id, headers, "How long?", key="k")
    path = f"/v1/conversations/{conversation_id}/messages"
    copies = []
    for _ in range(2):
        async with desk.stream(
            "POST", path, _sse(headers, **{"Idempotency-Key": "k"}), {"text": "How long?"}
        ) as stream:
            copies.append(await stream.events())
    assert copies[0] == copies[1]
    assert _kinds(copies[0]) == ["turn.accepted", "answer.sentence", "answer.completed"]


@pytest.mark.parametrize("after", [0, 1, 2, 3])
async def test_a_reader_comes_back_where_it_left(desk: Any, after: int) -> None:
    conversation_id, headers = await desk.open_conversation()
    await desk.say(conversation_id, headers, "How long?")
    await desk.say(conversation_id, headers, "And skis?", key="k2")
    path = f"/v1/conversations/{conversation_id}/events"
    async with desk.stream("GET", path, _sse(headers)) as stream:
        whole = await stream.events(count=6)
    async with desk.stream("GET", path, _sse(headers, **{"Last-Event-ID": str(after)})) as stream:
        rest = await stream.events(count=6 - after)
    assert rest == whole[after:]


async def test_a_conversation_stream_stays_open_for_what_comes_next(desk: Any) -> None:
    conversation_id, headers = await desk.open_conversation()
    path = f"/v1/conversations/{conversation_id}/events"
    async with desk.stream("GET", path, _sse(headers)) as stream:
        await desk.say(conversation_id, headers, "How long?")
        assert (await stream.events(until="answer.completed"))[-1]["id"] == "3"
        await desk.client.post(f"/v1/conversations/{conversation_id}/escalation", headers=headers)
        assert _kinds(await stream.events(count=1)) == ["escalation.opened"]
        assert desk.app.telemetry.streams._value.get() == 1
    assert desk.app.telemetry.streams._value.get() == 0


async def test_hanging_up_does_not_stop_the_turn(desk: Any) -> None:
    gate = asyncio.Event()
    plain = desk.turns.script
    desk.turns.script = lambda turn_id: [gate, *plain(turn_id)]
    conversation_id, headers = await desk.open_conversation()
    path = f"/v1/conversations/{conversation_id}/messages"
    async with desk.stream("POST", path, _sse(headers, **{"Idempotency-Key": "k"}), {"text": "How long?"}) as stream:
        await stream.events(count=1)
    gate.set()
    answer = await desk.say(conversation_id, headers, "How long?", key="k")
    assert answer.json()["outcome"] == "answered"


async def test_a_silent_stream_is_kept_alive(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("frontdesk.server.streams.HEARTBEAT_S", 0.01)
    conversation_id, headers = await desk.open_conversation()
    async with desk.stream("GET", f"/v1/conversations/{conversation_id}/events", _sse(headers)) as stream:
        first = await asyncio.wait_for(stream.chunks.get(), 2)
        second = await asyncio.wait_for(stream.chunks.get(), 2)
    assert first is not None
    assert first.startswith(b":")
    assert second is not None
    assert second.startswith(b":")


async def test_streams_end_when_the_server_is_asked_to_stop(desk: Any) -> None:
    conversation_id, headers = await desk.open_conversation()
    async with desk.stream("GET", f"/v1/conversations/{conversation_id}/events", _sse(headers)) as stream:
        desk.web.state.closing.set()
        assert await stream.events() == []


async def test_only_the_turn_itself_is_in_its_stream(desk: Any) -> None:
    gate = asyncio.Event()
    plain = desk.turns.script
    desk.turns.script = lambda turn_id: [gate, *plain(turn_id)]
    conversation_id, headers = await desk.open_conversation()
    path = f"/v1/conversations/{conversation_id}/messages"
    async with desk.stream("POST", path, _sse(headers, **{"Idempotency-Key": "a"}), {"text": "First one"}) as stream:
        await stream.events(count=1)
        async with desk.stream("POST", path, _sse(headers, **{"Idempotency-Key": "b"}), {"text": "Second"}) as other:
            gate.set()
            mine, theirs = await stream.events(), await other.events()
    turns = [{json.loads(event["data"])["turn_id"] for event in events} for events in (mine, theirs)]
    assert len(turns[0]) == len(turns[1]) == 1
    assert turns[0] != turns[1]
