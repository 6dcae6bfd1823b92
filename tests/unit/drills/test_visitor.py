"""Somebody who comes back after every break, against a server whose answers are written here."""

import asyncio
import json
from collections import deque
from collections.abc import Callable, Sequence

import httpx
import pytest

from frontdesk.drills import visitor as visiting
from frontdesk.drills.visitor import Visitor

Reply = Callable[[httpx.Request], httpx.Response]


def event(seq: int, kind: str, **data: object) -> str:
    return f"id: {seq}\nevent: {kind}\ndata: {json.dumps(data)}\n\n"


ACCEPTED = event(1, "turn.accepted", text="?")
HALF = event(2, "answer.sentence", separator="", text="It costs")
RESET = event(3, "turn.reset", reason="vendor_failed")
SENTENCE = event(4, "answer.sentence", separator="", text="It is free.")
DONE = event(5, "answer.completed", outcome="answered", text="It is free.")
NOTICE = 'event: turn.stage\ndata: {"stage":"retrieve"}\n\n'


def stream(*events: str) -> Reply:
    return lambda _: httpx.Response(200, text="".join(events), headers={"content-type": "text/event-stream"})


def refusal(status: int, **headers: str) -> Reply:
    return lambda _: httpx.Response(status, headers={name.replace("_", "-"): value for name, value in headers.items()})


def broken(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadError("reset", request=request)


async def asked(visitor: Visitor, *replies: Reply) -> Sequence[httpx.Request]:
    """The requests that it took, each met by the next reply."""
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return replies[len(seen) - 1](request)

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
        await visitor.ask(http)
    return seen


@pytest.fixture
def somebody(monkeypatch: pytest.MonkeyPatch) -> Visitor:
    monkeypatch.setattr(visiting, "PAUSE_S", 0.001)
    urls = ("http://one.test", "http://two.test")
    return Visitor(urls=urls, question="Is it free?", conversation_id="conv_1", token="t", patience_s=2)


async def test_a_whole_stream_is_heard_byte_by_byte_and_notices_are_not_counted(somebody: Visitor) -> None:
    await asked(somebody, stream(ACCEPTED, NOTICE, HALF, RESET, SENTENCE, DONE))
    assert "".join(heard.frame for heard in somebody.heard) == ACCEPTED + HALF + RESET + SENTENCE + DONE
    assert somebody.told == "It is free."
    assert somebody.final["outcome"] == "answered"
    assert somebody.first_text_s is not None


async def test_a_message_that_was_not_heard_of_is_sent_again_with_the_same_key_to_the_next_server(
    somebody: Visitor,
) -> None:
    first, second = await asked(somebody, broken, stream(ACCEPTED, SENTENCE, DONE))
    assert (first.url.host, second.url.host) == ("one.test", "two.test")
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]


async def test_after_a_cut_it_goes_on_where_it_was(somebody: Visitor) -> None:
    somebody.cuts = deque([len(ACCEPTED) + len(HALF) + 3])
    requests = await asked(somebody, stream(ACCEPTED, HALF, RESET), stream(RESET, SENTENCE, DONE))
    assert requests[1].method == "GET"
    assert requests[1].headers["last-event-id"] == "2"
    assert [heard.seq for heard in somebody.heard] == [1, 2, 3, 4, 5]


async def test_it_comes_later_when_a_server_asks_for_that_and_remembers_it(
    somebody: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    await asked(somebody, refusal(503, retry_after="2"), refusal(429), stream(ACCEPTED, DONE))
    assert [status for status, _ in somebody.refusals] == [503, 429]
    assert slept == [2.0, 0.001]


async def test_a_refusal_for_good_is_not_tried_again(somebody: Visitor) -> None:
    with pytest.raises(httpx.HTTPStatusError):
        await asked(somebody, refusal(404))


async def test_patience_ends(somebody: Visitor) -> None:
    somebody.patience_s = 0.05
    with pytest.raises(TimeoutError):
        await asked(somebody, *[broken] * 1000)
    assert not somebody.is_done
