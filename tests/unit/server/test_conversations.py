"""Conversations over HTTP: opened, written to, read, handed to a person."""

import asyncio
import json
from typing import Any

import pytest

from frontdesk.domain.events import TurnFailed
from frontdesk.domain.ids import ReleaseId, TurnId
from frontdesk.domain.turn import Outcome


async def test_opens_a_conversation_with_notice_and_token(desk: Any) -> None:
    response = await desk.client.post("/v1/conversations", json={"channel": "web_chat", "locale": "de-AT"})
    opened = response.json()
    assert response.status_code == 201
    assert response.headers["location"] == f"/v1/conversations/{opened['conversation_id']}"
    assert opened["token"].startswith("ct_")
    assert "automatischen Assistenten" in opened["notice"]
    assert opened["assistant"] == {"name": "Juniper", "organisation": "Harbor & Pine"}
    assert opened["is_verified"] is False


async def test_opens_a_conversation_without_a_body(desk: Any) -> None:
    response = await desk.client.post("/v1/conversations")
    assert response.status_code == 201
    assert response.json()["locale"] == "en"


async def test_ties_a_conversation_to_a_customer_who_is_proved(desk: Any) -> None:
    first, _ = await desk.open_conversation(identity_token="customer:anna")
    second, _ = await desk.open_conversation(identity_token="customer:anna")
    principals = [
        (await desk.app.database.read(lambda stores, one=one: stores.conversations.get(one))).principal
        for one in (first, second)
    ]
    assert {principal.subject for principal in principals} == {"anna"}
    assert principals[0].customer_id == principals[1].customer_id is not None


async def test_refuses_an_identity_that_does_not_hold_and_makes_no_conversation(desk: Any) -> None:
    response = await desk.client.post("/v1/conversations", json={"identity_token": "forged"})
    assert response.status_code == 401
    assert response.json()["code"] == "unauthenticated"
    assert await desk.app.database.read(lambda stores: stores.conversations.list_recent(limit=5)) == ()


async def test_refuses_an_identity_where_no_keys_are_configured(desk: Any) -> None:
    desk.app.identity = None
    response = await desk.client.post("/v1/conversations", json={"identity_token": "customer:anna"})
    assert response.status_code == 401
    assert response.json()["field"] == "identity_token"


async def test_gives_the_finished_turn(desk: Any) -> None:
    conversation_id, headers = await desk.open_conversation()
    response = await desk.say(conversation_id, headers, "How long do I have to return boots?")
    turn = response.json()
    assert response.status_code == 200
    assert turn["outcome"] == "answered"
    assert turn["text"] == "You have 60 days. [1]"
    assert turn["citations"][0]["quote"].startswith("You can return")
    assert turn["conversation_id"] == conversation_id
    assert turn["message_id"].startswith("msg_")
    assert turn["seq"] == 3
    assert turn["timings_ms"] == {"total": 3.2}


async def test_a_failed_turn_has_the_same_shape(desk: Any) -> None:
    def script(turn_id: TurnId) -> list[Any]:
        return [
            TurnFailed(
                turn_id=turn_id,
                outcome=Outcome.FAILED,
                text="Sorry.",
                code="deadline_reached",
                release_id=ReleaseId("rel_test"),
                timings_ms={},
            )
        ]

    desk.turns.script = script
    conversation_id, headers = await desk.open_conversation()
    turn = (await desk.say(conversation_id, headers, "Hello there")).json()
    assert (turn["outcome"], turn["code"], turn["citations"], turn["degraded"]) == (
        "failed",
        "deadline_reached",
        [],
        [],
    )


async def test_the_same_key_gives_the_same_turn(desk: Any) -> None:
    conversation_id, headers = await desk.open_conversation()
    first = await desk.say(conversation_id, headers, "How long?")
    second = await desk.say(conversation_id, headers, "How long?")
    assert first.content == second.content
    assert len(desk.turns.accepted) == 1


async def test_three_copies_at_once_are_one_turn(desk: Any) -> None:
    conversation_id, headers = await desk.open_conversation()
    answers = await asyncio.gather(*(desk.say(conversation_id, headers, "How long?") for _ in range(3)))
    assert len({answer.content for answer in answers}) == 1
    assert len(desk.turns.accepted) == 1


async def test_the_same_key_with_another_text_is_a_conflict(desk: Any) -> None:
    conversation_id, headers = await desk.open_conversation()
    await desk.say(conversation_id, headers, "How long?")
    response = await desk.say(conversation_id, headers, "How much?")
    assert response.status_code == 409
    assert response.json()["field"] == "Idempotency-Key"


async def test_asks_for_the_key_by_name(desk: Any) -> None:
    conversation_id, headers = await desk.open_conversation()
    response = await desk.client.post(
        f"/v1/conversations/{conversation_id}/messages", json={"text": "Hi"}, headers=headers
    )
    assert response.status_code == 400
    assert response.json()["field"] == "Idempotency-Key"


async def test_says_where_to_read_on_when_a_turn_outlasts_the_wait(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("frontdesk.server.api.conversations.GRACE_S", -29.9)
    gate = asyncio.Event()
    desk.turns.script = lambda turn_id: [gate]
    conversation_id, headers = await desk.open_conversation()
    response = await desk.say(conversation_id, headers, "How long?")
    assert response.status_code == 202
    body = response.json()
    assert body["state"] == "running"
    assert response.headers["location"] == body["events"] == f"/v1/conversations/{conversation_id}/events?after=0"
    gate.set()


async def test_reads_what_was_said(desk: Any) -> None:
    conversation_id, headers = await desk.open_conversation()
    await desk.say(conversation_id, headers, "How long do I have?")
    state = (await desk.client.get(f"/v1/conversations/{conversation_id}", headers=headers)).json()
    assert state["status"] == "assistant"
    assert state["last_seq"] == 3
    assert [(message["role"], message["text"]) for message in state["messages"]] == [
        ("customer", "How long do I have?")
    ]


async def test_gives_the_newest_messages_of_a_long_conversation(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("frontdesk.server.api.transcripts.MAX_MESSAGES", 2)
    conversation_id, headers = await desk.open_conversation()
    path = f"/v1/conversations/{conversation_id}"
    told = []
    for number in range(3):
        await desk.say(conversation_id, headers, f"Question {number}", key=f"k{number}")
        state = (await desk.client.get(path, headers=headers)).json()
        told.append(([message["text"] for message in state["messages"]], state["has_more"]))
    assert told == [
        (["Question 0"], False),
        (["Question 0", "Question 1"], False),
        (["Question 1", "Question 2"], True),
    ]


async def test_pages_through_the_log_as_json(desk: Any) -> None:
    conversation_id, headers = await desk.open_conversation()
    await desk.say(conversation_id, headers, "How long?")
    headers = {**headers, "Accept": "application/json"}
    path = f"/v1/conversations/{conversation_id}/events"
    first = (await desk.client.get(f"{path}?limit=2", headers=headers)).json()
    rest = (await desk.client.get(f"{path}?after={first['last_seq']}", headers=headers)).json()
    kinds = [event["kind"] for event in (*first["events"], *rest["events"])]
    assert kinds == ["turn.accepted", "answer.sentence", "answer.completed"]
    assert (first["has_more"], rest["has_more"], rest["last_seq"]) == (True, False, 3)


@pytest.mark.parametrize(
    "query", ["after=-1", "after=x", "after=1e3", "after=99999999999999999999", "limit=501", "after=٣"]
)
async def test_refuses_numbers_that_are_none(desk: Any, query: str) -> None:
    conversation_id, headers = await desk.open_conversation()
    response = await desk.client.get(
        f"/v1/conversations/{conversation_id}/events?{query}", headers={**headers, "Accept": "application/json"}
    )
    assert response.status_code == 400
    assert response.json()["field"] in ("after", "limit")


async def test_hands_over_at_once_and_only_once(desk: Any) -> None:
    conversation_id, headers = await desk.open_conversation(locale="de")
    path = f"/v1/conversations/{conversation_id}"
    first = (await desk.client.post(f"{path}/escalation", headers=headers)).json()
    second = (await desk.client.post(f"{path}/escalation", headers=headers, json={})).json()
    assert first == second
    assert first["status"] == "waiting"
    assert "Team übergeben" in first["text"]
    page = (await desk.client.get(f"{path}/events", headers={**headers, "Accept": "application/json"})).json()
    assert [event["kind"] for event in page["events"]] == ["escalation.opened"]
    assert page["events"][0]["data"]["text"] == first["text"]
    listed = (await desk.client.get("/v1/admin/escalations", headers=desk.staff)).json()["items"]
    assert [item["escalation_id"] for item in listed] == [first["escalation_id"]]


async def test_tells_the_outbox_of_a_person_being_asked(desk: Any) -> None:
    conversation_id, headers = await desk.open_conversation()
    asked = (await desk.client.post(f"/v1/conversations/{conversation_id}/escalation", headers=headers)).json()
    entries = await desk.app.database.write(lambda stores: stores.outbox.claim("test", lease_s=1, limit=5))
    assert [json.loads(entry.body)["escalation_id"] for entry in entries] == [asked["escalation_id"]]
