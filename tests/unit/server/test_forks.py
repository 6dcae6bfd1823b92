"""Conversations that go on twice, and in another language."""

from typing import Any

import pytest


async def _fork(desk: Any, conversation_id: str, headers: dict[str, str], **body: str) -> Any:
    return await desk.client.post(f"/v1/conversations/{conversation_id}/fork", json=body, headers=headers)


async def _log(desk: Any, conversation_id: str, headers: dict[str, str]) -> list[dict[str, Any]]:
    wanted = {**headers, "Accept": "application/json"}
    page = (await desk.client.get(f"/v1/conversations/{conversation_id}/events", headers=wanted)).json()
    events: list[dict[str, Any]] = page["events"]
    return events


async def _two_turns(desk: Any) -> tuple[str, dict[str, str], list[str]]:
    conversation_id, headers = await desk.open_conversation()
    turns = [
        (await desk.say(conversation_id, headers, text, text)).json()["turn_id"] for text in ("How long?", "And boots?")
    ]
    return conversation_id, headers, turns


async def test_a_fork_has_all_that_was_said_and_both_go_on_independently(desk: Any) -> None:
    source, headers, turns = await _two_turns(desk)
    opened = (await _fork(desk, source, headers)).json()
    fork, own = opened["conversation_id"], {"Authorization": f"Bearer {opened['token']}"}
    assert opened["forked_from"] == source
    before, copied = await _log(desk, source, headers), await _log(desk, fork, own)
    assert [event["seq"] for event in copied] == list(range(1, len(copied) + 1))
    assert [(event["kind"], event["turn_id"], event["data"].get("text")) for event in copied] == [
        (event["kind"], event["turn_id"], event["data"].get("text")) for event in before
    ]
    await desk.say(fork, own, "Only here", "k3")
    await desk.say(source, headers, "Only there", "k3")
    said = {name: str(await _log(desk, name, key)) for name, key in ((fork, own), (source, headers))}
    assert "Only here" in said[fork]
    assert "Only here" not in said[source]
    assert "Only there" not in said[fork]
    messages = (await desk.client.get(f"/v1/conversations/{fork}", headers=own)).json()["messages"]
    assert [message["position"] for message in messages] == list(range(1, len(messages) + 1))
    assert len({message["message_id"] for message in messages}) == len(messages)
    assert turns[0] in {message["turn_id"] for message in messages}


async def test_a_fork_ends_with_the_turn_that_is_named(desk: Any) -> None:
    source, headers, turns = await _two_turns(desk)
    opened = (await _fork(desk, source, headers, turn_id=turns[0])).json()
    copied = await _log(desk, opened["conversation_id"], {"Authorization": f"Bearer {opened['token']}"})
    assert {event["turn_id"] for event in copied} == {turns[0]}
    assert copied[-1]["kind"] == "answer.completed"


async def test_a_fork_of_a_fork_holds_what_both_hold(desk: Any) -> None:
    source, headers, turns = await _two_turns(desk)
    first = (await _fork(desk, source, headers)).json()
    own = {"Authorization": f"Bearer {first['token']}"}
    second = (await _fork(desk, first["conversation_id"], own)).json()
    copied = await _log(desk, second["conversation_id"], {"Authorization": f"Bearer {second['token']}"})
    assert {event["turn_id"] for event in copied} == set(turns)


async def test_the_assistant_has_the_fork_of_a_conversation_that_a_person_has(desk: Any) -> None:
    source, headers, _ = await _two_turns(desk)
    await desk.client.post(f"/v1/conversations/{source}/escalation", headers=headers)
    opened = (await _fork(desk, source, headers)).json()
    assert opened["status"] == "assistant"
    own = {"Authorization": f"Bearer {opened['token']}"}
    assert "escalation.opened" not in {event["kind"] for event in await _log(desk, opened["conversation_id"], own)}
    answer = (await desk.say(opened["conversation_id"], own, "How long?")).json()
    assert answer["outcome"] != "escalated"


async def test_a_fork_by_staff_is_marked_as_theirs(desk: Any) -> None:
    source, _, _ = await _two_turns(desk)
    fork = (await _fork(desk, source, desk.staff)).json()["conversation_id"]
    conversation = await desk.app.database.read(lambda stores: stores.conversations.get(fork))
    assert (conversation.origin, conversation.forked_from) == ("staff", source)


async def test_an_empty_conversation_may_be_forked(desk: Any) -> None:
    source, headers = await desk.open_conversation()
    response = await _fork(desk, source, headers)
    assert response.status_code == 201
    assert (
        await _log(desk, response.json()["conversation_id"], {"Authorization": f"Bearer {response.json()['token']}"})
        == []
    )


@pytest.mark.parametrize("turn_id", ["turn_of_somebody_else", "nonsense"])
async def test_a_turn_of_another_conversation_is_not_found(desk: Any, turn_id: str) -> None:
    source, headers, _ = await _two_turns(desk)
    response = await _fork(desk, source, headers, turn_id=turn_id)
    assert response.status_code == 404
    assert response.json()["field"] == "turn_id"


async def test_the_token_of_the_source_does_not_open_the_fork(desk: Any) -> None:
    source, headers, _ = await _two_turns(desk)
    fork = (await _fork(desk, source, headers)).json()["conversation_id"]
    assert (await desk.client.get(f"/v1/conversations/{fork}", headers=headers)).status_code == 404


async def test_another_language_changes_the_assistants_own_words(desk: Any) -> None:
    source, headers = await desk.open_conversation()
    response = await desk.client.post(f"/v1/conversations/{source}/locale", json={"locale": "de-AT"}, headers=headers)
    assert response.json()["locale"] == "de-AT"
    assert response.json()["notice"]
    assert (await desk.client.get(f"/v1/conversations/{source}", headers=headers)).json()["locale"] == "de-AT"


async def test_what_is_no_language_is_refused(desk: Any) -> None:
    source, headers = await desk.open_conversation()
    response = await desk.client.post(f"/v1/conversations/{source}/locale", json={"locale": "<b>"}, headers=headers)
    assert response.status_code == 422
    assert response.json()["field"] == "locale"


@pytest.mark.parametrize(("locale", "greeting"), [("es-MX", "Hola"), ("fi", "Hello"), ("DE", "Hallo")])
async def test_a_language_that_the_assistant_does_not_speak_gets_its_default_words(
    desk: Any, locale: str, greeting: str
) -> None:
    source, headers = await desk.open_conversation(locale="de")
    response = await desk.client.post(f"/v1/conversations/{source}/locale", json={"locale": locale}, headers=headers)
    assert response.json()["locale"] == locale
    assert response.json()["greeting"].startswith(greeting)


async def test_a_handover_is_told_in_the_language_that_was_chosen_last(desk: Any) -> None:
    source, headers = await desk.open_conversation(locale="en")
    path = f"/v1/conversations/{source}"
    await desk.client.post(f"{path}/locale", json={"locale": "de-CH"}, headers=headers)
    assert "Team übergeben" in (await desk.client.post(f"{path}/escalation", headers=headers)).json()["text"]


async def test_a_conversation_that_was_forked_too_often_is_refused_with_a_reason(
    desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("frontdesk.turn.fork.MAX_FORKS", 1)
    source, headers, _ = await _two_turns(desk)
    assert (await _fork(desk, source, headers)).status_code == 201
    refused = await _fork(desk, source, headers)
    assert refused.status_code == 409
    assert "too often" in refused.json()["detail"]
