"""What a rush looks like over HTTP: an answer, a wait, a 202 that says so, a 503 to come again; and the road to people."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest

NORWAY = "How much does standard delivery to Norway cost?"


class Visitor:
    def __init__(self, house: Any, path: str, headers: dict[str, str]) -> None:
        self.house, self.path, self.headers = house, path, headers

    async def write(self, **more: str) -> httpx.Response:
        headers = {**self.headers, "Idempotency-Key": "mine", **more}
        response: httpx.Response = await self.house.client.post(
            f"{self.path}/messages", json={"text": NORWAY}, headers=headers
        )
        return response

    async def kinds(self) -> list[str]:
        headers = {**self.headers, "Accept": "application/json"}
        page = (await self.house.client.get(f"{self.path}/events", headers=headers)).json()
        return [event["kind"] for event in page["events"]]


async def a_visitor(house: Any) -> Visitor:
    return Visitor(house, *await house.open_conversation())


@dataclass
class Rush:
    house: Any
    writing: list[asyncio.Task[httpx.Response]]
    guests: list[Visitor]
    """They had come before it began."""
    let_go: Callable[[], None]


@pytest.fixture
async def rush(open_house: Any, slow_assistant: tuple[Path, Callable[[], ModuleType]]) -> AsyncIterator[Rush]:
    """One answer is being written, one message waits, one more can be kept."""
    folder, module = slow_assistant
    async with open_house(assistant_dir=folder, max_running=1, max_kept=1) as house:
        first, second, *guests = [await a_visitor(house) for _ in range(4)]
        writing = []
        for visitor, state in ((first, "running"), (second, "waiting")):
            writing.append(asyncio.create_task(visitor.write()))
            async with asyncio.timeout(10):
                while getattr(house.app.runner.load(), state) < 1:
                    await asyncio.sleep(0.01)
        yield Rush(house, writing, guests, lambda: module().let_go.set())
        module().let_go.set()
        await asyncio.gather(*writing)


async def test_a_kept_message_is_told_so_and_answered_in_its_conversation(rush: Rush) -> None:
    house, writing, visitor = rush.house, rush.writing, rush.guests[0]
    kept = await visitor.write()
    again = await visitor.write()
    rush.let_go()
    answered = [(await one).json() for one in writing]
    async with asyncio.timeout(10):
        while "answer.completed" not in await visitor.kinds():
            await asyncio.sleep(0.05)
    after = (await visitor.write()).json()

    assert (kept.status_code, kept.json()["state"]) == (202, "waiting")
    assert kept.json()["text"] == house.app.releases.serving().content.profile.texts.busy["en"]
    assert kept.headers["Location"] == kept.json()["events"]
    assert again.json()["turn_id"] == kept.json()["turn_id"] == after["turn_id"]
    assert (await visitor.kinds())[:2] == ["turn.accepted", "turn.delayed"]
    assert [turn["outcome"] for turn in (*answered, after)] == ["answered"] * 3


async def test_the_next_one_is_asked_to_come_again_and_is_then_answered(rush: Rush) -> None:
    house, writing, (kept, visitor) = rush.house, rush.writing, rush.guests
    await kept.write()
    refused = await visitor.write()
    streamed = await visitor.write(Accept="text/event-stream")
    nothing = await visitor.kinds()
    rush.let_go()
    await asyncio.gather(*writing)
    async with asyncio.timeout(10):
        while (answer := await visitor.write()).status_code != 200:
            await asyncio.sleep(0.05)
    metrics = (await house.client.get("/metrics", headers=house.staff)).text

    assert (refused.status_code, refused.json()["code"]) == (503, "overloaded")
    assert refused.headers["Retry-After"].isdecimal()
    assert streamed.status_code == 503
    assert nothing == []
    assert answer.json()["outcome"] == "answered"
    assert 'frontdesk_refused_total{reason="overloaded"}' in metrics
    assert 'frontdesk_kept_total{channel="web_chat"} 1.0' in metrics


async def test_a_person_can_be_asked_for_in_any_rush(rush: Rush) -> None:
    house, (kept, refused) = rush.house, rush.guests
    await kept.write()
    await refused.write()
    asked = [
        await house.client.post(f"{visitor.path}/escalation", headers=visitor.headers) for visitor in (kept, refused)
    ]
    told = await kept.write(**{"Idempotency-Key": "to-a-person"})

    assert [(response.status_code, response.json()["status"]) for response in asked] == [(200, "waiting")] * 2
    assert told.status_code == 200
    assert told.json()["outcome"] == "escalated"


async def test_a_newcomer_is_asked_to_come_again_before_anything_is_read_and_may_always_ask_for_a_person(
    rush: Rush,
) -> None:
    house = rush.house
    async with asyncio.timeout(10):
        while house.app.runner.has_room_for_newcomers:
            await asyncio.sleep(0.05)
    refused = await house.client.post("/v1/conversations", content=b"no JSON", headers={"Origin": "http://shop.test"})
    let_in = await house.client.post("/v1/conversations?to=person", json={})
    opened = let_in.json()
    asked = await house.client.post(
        f"/v1/conversations/{opened['conversation_id']}/escalation",
        headers={"Authorization": f"Bearer {opened['token']}"},
    )
    rush.let_go()
    await asyncio.gather(*rush.writing)
    async with asyncio.timeout(10):
        while (later := await house.client.post("/v1/conversations", json={})).status_code != 201:
            await asyncio.sleep(0.05)
    metrics = (await house.client.get("/metrics", headers=house.staff)).text

    assert (refused.status_code, refused.json()["code"]) == (503, "overloaded")
    assert refused.headers["Retry-After"].isdecimal()
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert refused.headers["Vary"] == "Origin"
    assert refused.headers["X-Content-Type-Options"] == "nosniff"
    assert (let_in.status_code, asked.status_code) == (201, 200)
    assert later.status_code == 201
    assert 'frontdesk_refused_total{reason="newcomer"}' in metrics


async def test_a_client_of_the_openai_api_is_asked_to_come_again_instead_of_waiting(rush: Rush) -> None:
    house = rush.house
    response = await house.client.post(
        "/openai/v1/chat/completions",
        headers=house.staff,
        json={"model": "frontdesk", "messages": [{"role": "user", "content": NORWAY}]},
    )

    assert (response.status_code, response.json()["error"]["code"]) == (503, "overloaded")
    assert int(response.headers["Retry-After"]) >= 1
