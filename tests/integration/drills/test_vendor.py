"""The simulated vendor on a real connection: it breaks as its model's name says, and notes and bills what it sent."""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from decimal import Decimal

import httpx
import pytest

from frontdesk.simulators.vendor import VendorBehaviour
from frontdesk.simulators.vendor.faults import FAULTS
from simulated import PASSAGE, Vendor, a_body, a_vendor, events_of

REFUSING = {
    "fault-429": 429,
    "fault-429-bare": 429,
    "fault-429-date": 429,
    "fault-429-longer": 429,
    "fault-500": 500,
    "fault-502": 502,
    "fault-503": 503,
    "fault-529": 529,
    "fault-401": 401,
    "fault-404": 404,
    "fault-context": 400,
    "fault-filter": 400,
}
WAITING = (
    "fault-silent",
    "fault-silent-head",
    "fault-slow-first",
    "fault-beats",
    "fault-drip",
    "fault-stall",
    "fault-endless",
)
STREAM = {"stream": True, "stream_options": {"include_usage": True}}


@pytest.fixture
async def vendor() -> AsyncIterator[Vendor]:
    async with a_vendor() as vendor:
        yield vendor


@pytest.mark.parametrize(("model", "status"), REFUSING.items())
async def test_a_refusing_fault_refuses_and_costs_nothing(vendor: Vendor, model: str, status: int) -> None:
    assert (await vendor.ask(model, **STREAM)).status_code == status
    (noted,) = await vendor.over()
    assert (noted.status, noted.how, noted.tokens_sent) == (status, "refused", 0)
    assert (await vendor.bill())["lines"] == []


@pytest.mark.parametrize("model", ["fault-reset", "fault-cut", "fault-cut-reset", "fault-error-late"])
async def test_a_fault_that_breaks_the_connection_is_seen_as_a_broken_one(vendor: Vendor, model: str) -> None:
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        await vendor.ask(model, **STREAM)
    (noted,) = await vendor.over()
    assert noted.how == "broken"


async def test_a_reset_is_no_tidy_end(vendor: Vendor) -> None:
    with pytest.raises(httpx.ReadError):  # a tidy end would be a RemoteProtocolError
        await vendor.ask("fault-reset", **STREAM)


@pytest.mark.parametrize("model", WAITING)
async def test_a_fault_that_keeps_one_waiting_lasts_until_the_client_leaves(vendor: Vendor, model: str) -> None:
    with pytest.raises((httpx.ReadTimeout, TimeoutError)):
        async with asyncio.timeout(1.0):
            await vendor.ask(model, **STREAM)
    (noted,) = await vendor.over()
    assert noted.how == "hung_up"
    assert noted.took_s is not None
    assert 0.3 < noted.took_s < 4


async def test_a_first_token_that_takes_twenty_seconds_has_sent_nothing_after_one(vendor: Vendor) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1.0):
            await vendor.ask("fault-slow-first", **STREAM)
    (noted,) = await vendor.over()
    assert (noted.tokens_sent, noted.first_byte_s) == (0, None)


@pytest.mark.parametrize(
    ("model", "says"),
    [
        ("fault-garbage", r"\{not json"),
        ("fault-shape", r'"choices":\[\["x"\]\]'),
        ("fault-page", r"<html>"),
        ("fault-no-done", r'"finish_reason":"stop"(?!.*\[DONE\])'),
        ("fault-no-finish", r"^(?!.*\"finish_reason\":\"stop\").*\[DONE\]"),
        ("fault-length", r'"finish_reason":"length"'),
        ("fault-tools", r'"finish_reason":"tool_calls"'),
        ("fault-filter-late", r'"content":.*"finish_reason":"content_filter"'),
        ("fault-empty", r'^(?!.*"content":).*"finish_reason":"stop"'),
        ("fault-wrong-model", r'"model":"sim-cheaper-2"'),
        ("fault-no-usage", r'^(?!.*"usage").*\[DONE\]'),
        ("fault-cut-tidy", r'^(?!.*"finish_reason":"stop")(?!.*\[DONE\])'),
    ],
)
async def test_a_fault_in_the_stream_stands_in_the_stream(vendor: Vendor, model: str, says: str) -> None:
    said = (await vendor.ask(model, **STREAM)).text
    assert re.search(says, said, re.DOTALL), said


async def test_a_long_line_has_ten_megabytes_and_the_wrong_charset_is_no_utf_8(vendor: Vendor) -> None:
    assert max(len(line) for line in (await vendor.ask("fault-long-line", **STREAM)).content.split(b"\n")) > 10_000_000
    with pytest.raises(UnicodeDecodeError):
        (await vendor.ask("fault-charset", **STREAM)).content.decode()


async def test_a_server_error_that_happens_once_happens_once(vendor: Vendor) -> None:
    assert [(await vendor.ask("fault-500-once")).status_code for _ in range(3)] == [500, 200, 200]


async def test_a_second_rate_limit_asks_for_longer(vendor: Vendor) -> None:
    waits = [(await vendor.ask("fault-429-longer")).headers["retry-after"] for _ in range(2)]
    assert waits == ["1", "3"]


async def test_a_window_takes_a_request_that_is_smaller_than_the_one_it_refused(vendor: Vendor) -> None:
    assert (await vendor.ask("fault-context-once")).status_code == 400
    assert (await vendor.ask("fault-context-once")).status_code == 400
    half = PASSAGE[: len(PASSAGE) // 2]
    assert (await vendor.ask("fault-context-once", content=half)).status_code == 200


@pytest.mark.parametrize(
    ("model", "fields"),
    [
        ("fault-no-stream", {"stream": True}),
        ("fault-no-json", {"response_format": {"type": "json_object"}}),
        (
            "fault-no-system",
            {"messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}]},
        ),
        ("fault-no-prefill", {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "{"}]}),
    ],
)
async def test_a_model_that_lacks_something_refuses_that_and_nothing_else(
    vendor: Vendor, model: str, fields: dict[str, object]
) -> None:
    assert (await vendor.http.post("/v1/chat/completions", json={**a_body(model), **fields})).status_code == 400
    assert (await vendor.ask(model)).status_code == 200


async def test_no_fault_stops_the_vendor(vendor: Vendor) -> None:
    for model in FAULTS:
        try:
            async with asyncio.timeout(0.15):
                await vendor.ask(model, **STREAM)
        except (httpx.HTTPError, TimeoutError):
            pass
        assert (await vendor.ask("sim")).status_code == 200, model
    assert {request.model for request in await vendor.over()} == {*FAULTS, "sim"}


async def test_a_cancelled_stream_is_billed_to_the_token_that_was_sent() -> None:
    async with a_vendor(VendorBehaviour(first_token_ms=10, ms_per_token=20)) as vendor:
        heard = 0
        async with vendor.http.stream("POST", "/v1/chat/completions", json=a_body("sim", stream=True)) as response:
            async for line in response.aiter_lines():
                heard += '"content"' in line
                if heard == 5:
                    break
        (noted,) = await vendor.over()
        assert noted.how == "hung_up"
        assert noted.tokens_sent in (5, 6)  # one may be under way when the client leaves
        (line,) = (await vendor.bill())["lines"]
        assert line["output_tokens"] == noted.tokens_sent
        assert line["input_tokens"] == noted.prompt_tokens
        assert (
            Decimal(line["usd"])
            == (noted.prompt_tokens * Decimal("0.5") + noted.tokens_sent * Decimal("1.5")) / 1_000_000
        )


async def test_every_piece_counts_where_that_was_asked_for(vendor: Vendor) -> None:
    options = {"stream": True, "stream_options": {"include_usage": True, "continuous_usage_stats": True}}
    events = events_of((await vendor.ask("sim", **options)).text)
    written = [event["usage"]["completion_tokens"] for event in events if event["choices"] and "usage" in event]
    assert written == list(range(1, len(written) + 1))
    assert events[-1]["usage"]["completion_tokens"] == written[-1]


async def test_a_wrong_model_is_billed_by_the_name_it_gives_itself(vendor: Vendor) -> None:
    await vendor.ask("fault-wrong-model")
    assert [line["model"] for line in (await vendor.bill())["lines"]] == ["sim-cheaper-2"]
    text = (await vendor.http.get("/debug/bill", params={"format": "csv"})).text
    assert text.startswith("day,model,requests,input_tokens,output_tokens,usd\n")


async def test_a_limit_of_tokens_is_kept_and_named(vendor: Vendor) -> None:
    reply = (await vendor.ask("sim", max_tokens=3)).json()
    assert reply["choices"][0]["finish_reason"] == "length"
    assert reply["usage"]["completion_tokens"] == 3


async def test_requests_beyond_its_rate_are_told_when_to_come() -> None:
    async with a_vendor(VendorBehaviour(requests_per_minute=60)) as vendor:
        answers = [await vendor.ask("sim") for _ in range(8)]
    assert [answer.status_code for answer in answers] == [200] * 6 + [429] * 2
    assert answers[-1].headers["retry-after"] == "1"


async def test_a_schedule_by_requests_says_what_each_of_them_meets(vendor: Vendor) -> None:
    steps = [{"does": "fault-503", "requests": 2}, {"does": "sim", "requests": 1}]
    await vendor.http.post("/debug/schedule", json={"steps": steps, "model": "a", "repeat": True})
    assert [(await vendor.ask("a")).status_code for _ in range(6)] == [503, 503, 200, 503, 503, 200]
    assert (await vendor.ask("b")).status_code == 200
    assert [request.does for request in await vendor.over()][:3] == ["fault-503", "fault-503", "sim"]


async def test_a_schedule_by_time_flaps(vendor: Vendor) -> None:
    steps = [{"does": "fault-503", "for_s": 0.3}, {"does": "sim", "for_s": 0.3}]
    await vendor.http.post("/debug/schedule", json={"steps": steps})
    first = (await vendor.ask("sim")).status_code
    await asyncio.sleep(0.35)
    second = (await vendor.ask("sim")).status_code
    await asyncio.sleep(0.35)
    assert [first, second, (await vendor.ask("fault-503")).status_code] == [503, 200, 503]


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ("{", "Expecting"),
        ("[]", "steps"),
        ('{"steps": []}', "steps"),
        ('{"steps": [{"does": "fault-nothing", "requests": 1}]}', "steps[0]"),
        ('{"steps": [{"does": "sim"}]}', "steps[0]"),
        ('{"steps": [{"does": "sim", "requests": 1}, {"does": "sim", "requests": -1}]}', "steps[1]"),
        ('{"steps": [{"does": "sim", "requests": 1}, {"does": "sim", "for_s": 1}]}', "steps"),
    ],
)
async def test_a_schedule_that_makes_no_sense_is_refused_by_the_name_of_its_field(
    vendor: Vendor, body: str, names: str
) -> None:
    answer = await vendor.http.post("/debug/schedule", content=body)
    assert answer.status_code == 400
    assert names in answer.json()["error"]


async def test_it_notes_headers_and_times_and_keeps_no_secret(vendor: Vendor) -> None:
    before = time.time()
    await vendor.http.post(
        "/v1/chat/completions", json=a_body("sim"), headers={"Authorization": "Bearer key-1", "X-Trace": "7"}
    )
    (noted,) = await vendor.over()
    assert noted.headers["authorization"] == "(given)"
    assert noted.headers["x-trace"] == "7"
    assert before <= noted.at_s <= time.time()
    assert noted.took_s is not None
    assert noted.first_byte_s is not None
    assert "key-1" not in (await vendor.http.get("/debug/requests")).text


async def test_a_reset_makes_it_forget(vendor: Vendor) -> None:
    await vendor.ask("fault-500-once")
    assert (await vendor.http.post("/debug/reset")).status_code == 204
    assert await vendor.requests() == []
    assert (await vendor.ask("fault-500-once")).status_code == 500


async def test_the_other_api_answers_in_its_own_words(vendor: Vendor) -> None:
    body = {**a_body("sim", stream=True), "system": "Be brief.", "max_tokens": 400}
    events = events_of((await vendor.http.post("/v1/messages", json=body)).text)
    assert [event["type"] for event in events[:2]] == ["message_start", "content_block_start"]
    assert [event["type"] for event in events[-3:]] == ["content_block_stop", "message_delta", "message_stop"]
    text = "".join(event["delta"]["text"] for event in events if event["type"] == "content_block_delta")
    whole = (await vendor.http.post("/v1/messages", json={**body, "stream": False})).json()
    assert text == whole["content"][0]["text"]
    assert events[-2]["usage"]["output_tokens"] == whole["usage"]["output_tokens"]
    refused = await vendor.http.post("/v1/messages", json={**body, "model": "fault-529"})
    assert refused.json()["error"]["type"] == "overloaded_error"


async def test_words_put_into_its_mouth_are_not_said_again(vendor: Vendor) -> None:
    whole = await vendor.text("sim")
    begun = [{"role": "user", "content": a_body("sim")["messages"][0]["content"]}]
    begun.append({"role": "assistant", "content": whole[:10]})
    assert await vendor.text("sim", messages=begun) == whole[10:]
