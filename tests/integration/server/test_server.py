"""The whole product behind HTTP."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from frontdesk.domain.errors import ConfigError
from frontdesk.server.run import serve

NORWAY = "How much does standard delivery to Norway cost?"


async def _blocks(response: httpx.Response) -> AsyncIterator[str]:
    """The events of a stream as they came over the wire."""
    text = ""
    async for piece in response.aiter_text():
        text += piece
        while "\n\n" in text:
            block, _, text = text.partition("\n\n")
            if block[0] != ":":
                yield block


async def _read(house: Any, path: str, headers: dict[str, str], *, after: int, count: int) -> list[str]:
    sse = {**headers, "Accept": "text/event-stream", "Last-Event-ID": str(after)}
    found: list[str] = []
    async with asyncio.timeout(5), house.client.stream("GET", f"{path}/events", headers=sse) as response:
        async for block in _blocks(response):
            found.append(block)
            if len(found) == count:
                break
    return found


async def test_answers_with_sources_and_keeps_the_trace(house: Any) -> None:
    path, headers = await house.open_conversation()
    turn = await house.say(path, headers, NORWAY, "a")
    assert turn["outcome"] == "answered"
    assert "16.90 EUR" in turn["text"]
    assert turn["citations"][0]["url"].endswith("/shipping-norway")
    trace = (await house.client.get(f"/v1/admin/turns/{turn['turn_id']}", headers=house.staff)).json()
    assert trace["question"] == NORWAY
    assert trace["release_id"] == turn["release_id"] == trace["manifest"]["release_id"]
    assert (trace["diagnosis"]["stage"], trace["diagnosis"]["severity"]) in {("ground", "fine"), ("retrieve", "notice")}
    assert trace["diagnosis"]["headline"]
    assert all(row["started_ms"] <= row["ended_ms"] for row in trace["timings"])
    knowledge = (await house.client.get("/v1/admin/knowledge", headers=house.staff)).json()
    assert knowledge["snapshot_id"] == turn["citations"][0]["snapshot_id"]
    release = (await house.client.get("/v1/admin/release", headers=house.staff)).json()
    assert release["release_id"] == turn["release_id"]


async def test_reply_stream_and_log_tell_the_same(house: Any) -> None:
    path, headers = await house.open_conversation()
    sse = {**headers, "Accept": "text/event-stream", "Idempotency-Key": "a"}
    async with house.client.stream("POST", f"{path}/messages", json={"text": NORWAY}, headers=sse) as response:
        live = [block async for block in _blocks(response) if block.startswith("id: ")]
    again = await house.say(path, headers, NORWAY, "a")
    stored = await _read(house, path, headers, after=0, count=len(live))
    assert live == stored
    last = json.loads(live[-1].partition("data: ")[2])
    assert last == {
        name: value for name, value in again.items() if name not in ("conversation_id", "message_id", "seq")
    }
    told = [json.loads(block.partition("data: ")[2]) for block in live if "event: answer.sentence" in block]
    assert last["text"].startswith("".join(one["separator"] + one["text"] for one in told))


async def test_coming_back_anywhere_gives_the_same_bytes(house: Any) -> None:
    path, headers = await house.open_conversation()
    await house.say(path, headers, NORWAY, "a")
    seq = (await house.say(path, headers, "And to Denmark?", "b"))["seq"]
    whole = await _read(house, path, headers, after=0, count=seq)
    for after in range(seq):
        assert await _read(house, path, headers, after=after, count=seq - after) == whole[after:]


async def test_asking_for_a_person_silences_an_answer_that_is_being_written(
    open_house: Any, slow_assistant: Any
) -> None:
    folder, module = slow_assistant
    async with open_house(assistant_dir=folder) as house:
        path, headers = await house.open_conversation()
        sse = {**headers, "Accept": "text/event-stream", "Idempotency-Key": "a"}
        kinds: list[str] = []
        async with house.client.stream("POST", f"{path}/messages", json={"text": NORWAY}, headers=sse) as response:
            async for block in _blocks(response):
                kinds += [line.removeprefix("event: ") for line in block.split("\n") if line.startswith("event: ")]
                if kinds[-1] == "answer.sentence":
                    asked = await house.client.post(f"{path}/escalation", headers=headers)
                    assert asked.json()["status"] == "waiting"
                    module().let_go.set()
        log = (await house.client.get(f"{path}/events", headers={**headers, "Accept": "application/json"})).json()
        after_handover = [event["kind"] for event in log["events"]]
        after_handover = after_handover[after_handover.index("escalation.opened") :]
        assert after_handover == ["escalation.opened", "turn.reset", "answer.completed"]
        assert log["events"][-1]["data"]["text"] == ""
        later = await house.say(path, headers, "Is anybody there?", "b")
        assert (later["outcome"], later["text"]) == ("escalated", "")


async def test_readers_that_do_not_read_harm_only_themselves(house: Any) -> None:
    path, headers = await house.open_conversation()
    port = int(house.url.rpartition(":")[2])
    request = f"GET {path}/events HTTP/1.1\r\nHost: desk\r\nAuthorization: {headers['Authorization']}\r\n\r\n"
    with contextlib.ExitStack() as sockets:
        for _ in range(30):
            reader = sockets.enter_context(socket.create_connection(("127.0.0.1", port)))
            reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            reader.sendall(request.encode())
        slowest = 0.0
        for number in range(10):
            began = time.perf_counter()
            await house.say(path, headers, "hello", f"k{number}")
            slowest = max(slowest, time.perf_counter() - began)
    assert slowest < 2.0


async def test_the_official_openai_client_gets_a_streamed_cited_answer(house: Any) -> None:
    client = openai.OpenAI(api_key=house.staff_key, base_url=f"{house.url}/openai/v1", max_retries=0)

    def ask() -> list[Any]:
        messages: Any = [{"role": "system", "content": "You are a pirate."}, {"role": "user", "content": NORWAY}]
        return list(client.chat.completions.create(model="juniper", messages=messages, stream=True))

    chunks = await asyncio.to_thread(ask)
    client.close()
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    assert "16.90 EUR" in text
    annotations = chunks[-1].choices[0].delta.model_extra["annotations"]
    citation = annotations[0]["url_citation"]
    assert text[citation["start_index"] : citation["end_index"]].startswith("[")
    assert chunks[-1].choices[0].finish_reason == "stop"


async def test_a_taken_port_is_a_sentence(house: Any) -> None:
    port = int(house.url.rpartition(":")[2])
    with pytest.raises(ConfigError, match="cannot be used"):
        await serve(house.app, host="127.0.0.1", port=port)


async def test_a_signal_stops_the_process_and_its_streams(tmp_path: Path, knowledge: Path) -> None:
    script = (
        "import asyncio, pathlib, sys\n"
        "from frontdesk.bootstrap import open_app\n"
        "from frontdesk.server import serve\n"
        "from frontdesk.settings import load_settings\n"
        "async def main():\n"
        "    settings = load_settings({}, data_dir=pathlib.Path(sys.argv[1]), assistant_dir=pathlib.Path(sys.argv[2]),"
        " embedder='none')\n"
        "    app = await open_app(settings)\n"
        "    await serve(app, host='127.0.0.1', port=0, on_ready=lambda url: print(url, flush=True))\n"
        "asyncio.run(main())\n"
    )
    example = Path(__file__).parents[3] / "examples" / "harbor-and-pine"
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        script,
        str(tmp_path / "data"),
        str(example),
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "FRONTDESK_LOG_LEVEL": "error"},
    )
    assert process.stdout is not None
    async with asyncio.timeout(30):
        url = ""
        while not url.startswith("http"):
            line = await process.stdout.readline()
            assert line, "it ended before it was ready"
            url = line.decode().strip()
        async with httpx.AsyncClient(base_url=url) as client:
            opened = (await client.post("/v1/conversations")).json()
            headers = {"Authorization": f"Bearer {opened['token']}", "Accept": "text/event-stream"}
            path = f"/v1/conversations/{opened['conversation_id']}/events"
            async with client.stream("GET", path, headers=headers) as response:
                began = time.perf_counter()
                process.send_signal(signal.SIGTERM)
                async for _ in response.aiter_bytes():
                    pass
        assert await process.wait() == 0
    assert time.perf_counter() - began < 4.0
