"""What standing by costs, and what a vendor that breaks costs: time added, text late, requests made in vain.

The first part runs in this process: the processor time of the ladder above the adapter alone, and how much later the
first text comes once a breaker is open. The second part runs a server and the simulated vendor, each a process of its
own, and reads the attempts in the vendor's log.

    python -m bench.failover [--turns 40]
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from statistics import median

import httpx
import yaml

from bench.surroundings import DEMO, describe_machine
from bench.turns import QUESTIONS
from frontdesk.adapters.models.extractive import ExtractiveChatModel
from frontdesk.adapters.models.openai_chat import OpenAiChatModel
from frontdesk.domain.breaker import FAILURES_TO_OPEN
from frontdesk.domain.release import ModelRoute
from frontdesk.domain.speed import nearest_rank
from frontdesk.drills.material import prepared_assistant
from frontdesk.drills.stage import RunningServer, RunningVendor, running_server, running_vendor
from frontdesk.drills.visitor import Visitor
from frontdesk.ports.models import ChatRequest, TextDelta
from frontdesk.turn.generation import DraftText, Generator, Rung, Vendors

TOKENS = 50
DRAFTS = 400
FIRST_TOKEN_MS, TOKEN_MS = 300.0, 20.0
"""As the slow vendor of `bench.turns`."""
BURST = 20
"""Turns that all meet a vendor's silence before anybody can know of it."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=40, help="turns of each run with a server")
    turns = parser.parse_args().turns
    print(f"this machine    {describe_machine()}")
    asyncio.run(_ladder_alone())
    asyncio.run(_whole_servers(turns))


def say(name: str, value: float, unit: str, aim: str = "") -> None:
    print(f"{name:72} {value:8.2f} {unit:8} {aim}", flush=True)


def percentile(values: list[float], share: float) -> float:
    return nearest_rank(sorted(values), share)


# -- in this process -----------------------------------------------------------------------------


class _Pieces(httpx.AsyncByteStream):
    """A reply of one token a piece, as a slow vendor sends it."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        head = 'data: {"model":"m","choices":[{"index":0,"delta":{"content":"word "},"finish_reason":null}]}\n\n'
        for _ in range(TOKENS):
            yield head.encode()
            await asyncio.sleep(0)
        yield b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n'
        yield b'data: {"choices":[],"usage":{"prompt_tokens":400,"completion_tokens":50}}\n\ndata: [DONE]\n\n'


def _answer(request: httpx.Request) -> httpx.Response:
    if b'"down"' in request.content:
        return httpx.Response(503, json={"error": {"code": "overloaded"}})
    return httpx.Response(200, headers={"content-type": "text/event-stream"}, stream=_Pieces())


def _rung(client: httpx.AsyncClient, model: str) -> Rung:
    route = ModelRoute(name=model, adapter="openai", model=model, base_url="http://vendor.test/v1", max_concurrency=99)
    return Rung(model=OpenAiChatModel(client, route), route=route)


def _request() -> ChatRequest:
    return ChatRequest(
        purpose="answer", instructions="Be kind. " * 40, history=(), question="Is it free?", language="en"
    )


def _free(*_: object, **__: object) -> Decimal | None:
    return None


async def _ladder_alone() -> None:
    async with httpx.AsyncClient(transport=httpx.MockTransport(_answer)) as client:
        quotes = Rung(model=ExtractiveChatModel(), route=ModelRoute(name="quotes", adapter="extractive"))
        healthy, down = _rung(client, "healthy"), _rung(client, "down")
        ladder = _ladder(healthy, _rung(client, "other"), quotes)
        bare, climbed = await _cpu_ms(healthy, ladder)
        say("processor time of a streamed reply of 50 tokens, adapter alone", bare, "ms")
        say("added by the ladder, hedging ready", climbed - bare, "ms", "<= 2")
        broken = _ladder(down, healthy, quotes)
        for _ in range(FAILURES_TO_OPEN):
            await _first_text_ms(broken)
        direct = [await _first_text_ms(ladder) for _ in range(DRAFTS)]
        behind = [await _first_text_ms(broken) for _ in range(DRAFTS)]
        added = percentile(behind, 0.95) - percentile(direct, 0.95)
        say("first text later behind an open breaker, p50", median(behind) - median(direct), "ms")
        say("first text later behind an open breaker, p95", added, "ms", "<= 50")


def _ladder(*rungs: Rung) -> Generator:
    return Generator(rungs, vendors=Vendors(monotonic=time.monotonic), price=_free, hedge_share=0.05)


async def _cpu_ms(rung: Rung, ladder: Generator) -> tuple[float, float]:
    """Of the adapter alone and of the ladder, in turns, so that a busy machine slows both; the medians."""
    bare: list[float] = []
    climbed: list[float] = []
    for _ in range(DRAFTS):
        began = time.process_time()
        _ = [event async for event in rung.model.stream(_request())]
        bare.append((time.process_time() - began) * 1000)
        began = time.process_time()
        _ = [event async for event in ladder.stream(_request(), deadline_s=20.0)]
        climbed.append((time.process_time() - began) * 1000)
    return median(bare), median(climbed)


async def _first_text_ms(ladder: Generator) -> float:
    began = time.perf_counter()
    first = 0.0
    async for event in ladder.stream(_request(), deadline_s=20.0):
        if isinstance(event, DraftText | TextDelta) and not first:
            first = (time.perf_counter() - began) * 1000
    return first


# -- whole servers -------------------------------------------------------------------------------


async def _whole_servers(turns: int) -> None:
    async with running_vendor(first_token_ms=FIRST_TOKEN_MS, token_ms=TOKEN_MS) as vendor:
        healthy = await _run(vendor, ["sim"], turns)
        say("healthy vendor: first confirmed text, p95", percentile(healthy, 0.95), "s")
        async with _server(vendor, ["fault-silent", "sim"]) as server:
            cold = await _visits(server, BURST, at_once=True)
            warm = await _visits(server, turns)
        asked = len(await vendor.requests(model="fault-silent"))
        say(f"silent first vendor, {BURST} turns at once: first confirmed text, p50", median(cold), "s")
        say(
            f"silent first vendor, {BURST} turns at once: first confirmed text, p95",
            percentile(cold, 0.95),
            "s",
            "<= 3.5",
        )
        say("the same once the breaker is open, p95", percentile(warm, 0.95), "s")
        say("the same, later than with a healthy vendor, p50", (median(warm) - median(healthy)) * 1000, "ms", "<= 50")
        say(f"requests to the silent vendor in {BURST + turns} turns", asked, "")
        async with _server(vendor, ["fault-503", "fault-500", "fault-429"]) as server:
            await _visits(server, turns)
        failing = [len(await vendor.requests(model=name)) for name in ("fault-503", "fault-500", "fault-429")]
        say(f"three failing vendors, {turns} turns: requests a turn", sum(failing) / turns, "", "<= 1.1")


async def _run(vendor: RunningVendor, models: list[str], turns: int) -> list[float]:
    async with _server(vendor, models) as server:
        return await _visits(server, turns)


@asynccontextmanager
async def _server(vendor: RunningVendor, models: list[str]) -> AsyncIterator[RunningServer]:
    rungs = [{"name": model, "adapter": "openai", "model": model, "base_url": vendor.base_url} for model in models]
    written = yaml.safe_dump({"answer": [*rungs, {"name": "quotes", "adapter": "extractive"}]})
    with tempfile.TemporaryDirectory(prefix="frontdesk-failover-") as name:
        assistant = prepared_assistant(DEMO, written, into=Path(name) / "assistant")
        async with running_server(assistant, Path(name) / "data") as server:
            yield server


async def _visits(server: RunningServer, turns: int, *, at_once: bool = False) -> list[float]:
    """Seconds to the first confirmed text of each turn that has a text of its own; none may fail."""
    visitors = [Visitor(urls=(server.url,), question=QUESTIONS[number % len(QUESTIONS)]) for number in range(turns)]
    async with httpx.AsyncClient(timeout=60) as http:
        if at_once:
            await asyncio.gather(*(visitor.visit(http) for visitor in visitors))
        else:
            for visitor in visitors:
                await visitor.visit(http)
    if failed := [visitor.final for visitor in visitors if visitor.final["outcome"] == "failed"]:
        raise RuntimeError(f"{len(failed)} of {turns} turns failed: {failed[0]}")
    return [visitor.first_text_s for visitor in visitors if visitor.first_text_s is not None]


if __name__ == "__main__":
    main()
