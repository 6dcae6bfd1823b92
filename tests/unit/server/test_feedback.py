"""Ratings over HTTP: given, changed, taken back, refused."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from frontdesk.domain.events import AnswerCompleted
from frontdesk.domain.ids import TurnId
from frontdesk.domain.turn import Outcome


class Rater:
    """A customer with one answered question."""

    def __init__(self, desk: Any, conversation_id: str, headers: Mapping[str, str], turn_id: str) -> None:
        self.desk, self.headers, self.turn_id = desk, headers, turn_id
        self.path = f"/v1/conversations/{conversation_id}"

    async def rate(self, rating: str, **body: Any) -> httpx.Response:
        wanted = {"turn_id": self.turn_id, "rating": rating} | body
        response: httpx.Response = await self.desk.client.post(
            f"{self.path}/feedback", json=wanted, headers=self.headers
        )
        return response

    async def told(self) -> list[dict[str, Any]]:
        """What the log says of ratings."""
        headers = {**self.headers, "Accept": "application/json"}
        page = (await self.desk.client.get(f"{self.path}/events", headers=headers)).json()
        return [event["data"] for event in page["events"] if event["kind"] == "feedback.given"]


@pytest.fixture
async def rater(desk: Any) -> Rater:
    conversation_id, headers = await desk.open_conversation()
    turn = (await desk.say(conversation_id, headers, "How long do I have to return boots?")).json()
    return Rater(desk, conversation_id, headers, turn["turn_id"])


async def test_keeps_a_rating_with_its_reasons_and_tells_every_reader(rater: Rater) -> None:
    response = await rater.rate("down", reasons=["outdated", "wrong", "outdated"], comment=" It is \u202e60\x07 days. ")
    given = {"turn_id": rater.turn_id, "rating": "down", "reasons": ["outdated", "wrong"]}
    assert (response.status_code, response.json()) == (200, given)
    assert await rater.told() == [{**given, "comment": "It is 60 days."}]
    trace = (await rater.desk.client.get(f"/v1/admin/turns/{rater.turn_id}", headers=rater.desk.staff)).json()
    assert trace["feedback"]["rating"] == "down"
    assert trace["feedback"]["comment"] == "It is 60 days."


async def test_a_later_rating_replaces_the_earlier_one_and_none_takes_it_back(rater: Rater) -> None:
    for rating in ("down", "up", "none"):
        assert (await rater.rate(rating)).json()["rating"] == rating
    assert [event["rating"] for event in await rater.told()] == ["down", "up", "none"]


async def test_the_same_rating_again_is_no_news(rater: Rater) -> None:
    for _ in range(3):
        assert (await rater.rate("up")).status_code == 200
    assert len(await rater.told()) == 1
    metrics = (await rater.desk.client.get("/metrics", headers=rater.desk.staff)).text
    assert 'frontdesk_feedback_total{channel="web_chat",rating="up"} 1.0' in metrics


async def test_taking_back_what_was_never_given_is_no_news(rater: Rater) -> None:
    assert (await rater.rate("none")).status_code == 200
    assert await rater.told() == []


async def test_an_answer_is_not_rated_without_end(rater: Rater) -> None:
    statuses = [(await rater.rate("up" if number % 2 else "down")).status_code for number in range(21)]
    assert statuses == [200] * 20 + [409]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"rating": "great"}, "rating"),
        ({"rating": "down", "reasons": ["rude"]}, "reasons[0]"),
        ({"rating": "up", "reasons": ["wrong"]}, "reasons"),
        ({"rating": "none", "comment": "Sorry"}, "comment"),
        ({"rating": "down", "comment": "x" * 1_001}, "comment"),
        ({"rating": "down", "stars": 5}, "stars"),
        ({"rating": "down", "turn_id": 5}, "turn_id"),
    ],
)
async def test_names_the_field_that_is_wrong(rater: Rater, body: dict[str, Any], field: str) -> None:
    response = await rater.rate(**body)
    assert (response.status_code, response.json()["field"]) == (422, field)
    assert await rater.told() == []


async def test_a_turn_of_another_conversation_is_one_that_does_not_exist(desk: Any, rater: Rater) -> None:
    conversation_id, headers = await desk.open_conversation()
    stranger = Rater(desk, conversation_id, headers, rater.turn_id)
    answers = [await stranger.rate("down", turn_id=turn_id) for turn_id in (rater.turn_id, "turn_missing", "../x", "")]
    assert {answer.status_code for answer in answers} == {404}
    assert {answer.json()["detail"] for answer in answers} == {"There is no such turn."}


async def test_a_turn_that_has_not_ended_cannot_be_rated(desk: Any) -> None:
    gate = asyncio.Event()
    desk.turns.script = lambda turn_id: [gate]
    conversation_id, headers = await desk.open_conversation()
    asking = asyncio.create_task(desk.say(conversation_id, headers, "How long?"))
    while not desk.turns.accepted:
        await asyncio.sleep(0.01)
    (event,) = await desk.app.database.read(lambda stores: stores.events.read(conversation_id, after=0))
    response = await Rater(desk, conversation_id, headers, json.loads(event.body)["turn_id"]).rate("up")
    asking.cancel()
    assert (response.status_code, response.json()["field"]) == (409, "turn_id")
    assert "not ended" in response.json()["detail"]


async def test_a_turn_in_which_nothing_was_said_cannot_be_rated(desk: Any, answer: Any) -> None:
    def silence(turn_id: TurnId) -> list[AnswerCompleted]:
        return [answer.completed(turn_id, outcome=Outcome.ESCALATED, text="", citations=())]

    desk.turns.script = silence
    conversation_id, headers = await desk.open_conversation()
    turn = (await desk.say(conversation_id, headers, "Anybody?")).json()
    response = await Rater(desk, conversation_id, headers, turn["turn_id"]).rate("down")
    assert response.status_code == 409
    assert "Nothing was said" in response.json()["detail"]


async def test_a_rated_turn_is_streamed_again_up_to_its_end(rater: Rater) -> None:
    await rater.rate("up")
    async with rater.desk.stream(
        "POST",
        f"{rater.path}/messages",
        {**rater.headers, "Accept": "text/event-stream", "Idempotency-Key": "k1"},
        {"text": "How long do I have to return boots?"},
    ) as stream:
        kinds = [event["kind"] for event in await stream.events()]
    assert kinds == ["turn.accepted", "answer.sentence", "answer.completed"]
