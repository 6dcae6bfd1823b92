"""Who may be asked now, how every deployment stands, and what the people in charge hear of it."""

import asyncio
from typing import Any

import pytest

from frontdesk.adapters.models.scripted import Pause, ScriptedChatModel, reply
from frontdesk.domain.breaker import OPEN_S
from frontdesk.domain.errors import RateLimitedError, RejectedError
from frontdesk.domain.usage import Usage
from frontdesk.turn.generation import Rung, Vendors
from frontdesk.turn.generation.pinned import is_another_model
from frontdesk.turn.generation.vendors import Permit
from ladders import DOWN, Heard, Time, a_generator, a_model, a_rung, draft_of, quotes, results_of, some_vendors

USAGE = Usage(input_tokens=70, output_tokens=30)


def rung(**fields: Any) -> Rung:
    return a_rung(a_model("large", reply("It is free.")), **fields)


async def leave(
    vendors: Vendors, asked: Rung, *, purpose: Any = "answer", tokens: int = 100, wait_s: float = 0.0
) -> Any:
    return await vendors.admit(asked, purpose=purpose, tokens=tokens, wait_s=wait_s)


def end(permit: Permit, result: Any = "ok", *, reported: str = "large", usage: Usage = USAGE) -> None:
    if result == "ok":
        permit.heard(20.0)
    permit.settle(result, usage, reported=reported, retry_after_s=None, counts=True)


async def test_a_vendor_that_is_down_for_one_release_is_down_for_all() -> None:
    vendors = some_vendors()
    down = a_model("large", [RejectedError("x", result="5xx")])
    for _ in range(3):
        ladder = a_generator(a_rung(down), a_rung(a_model("other", reply("It is free."))), quotes(), vendors=vendors)
        await draft_of(ladder)
    again = a_generator(a_rung(a_model("large", reply("It is back."))), quotes(), vendors=vendors)
    assert results_of(await draft_of(again)) == [("extractive", "ok")]


async def test_the_same_model_at_another_address_is_another_deployment() -> None:
    vendors = some_vendors()
    here, there = rung(base_url="http://a.test/v1"), rung(base_url="http://b.test/v1")
    for _ in range(3):
        end(await leave(vendors, here), "5xx")
    assert await leave(vendors, here) is None
    assert await leave(vendors, there) is not None


async def test_states_say_how_every_deployment_stands() -> None:
    vendors = some_vendors(Time())
    vendors.know([rung(name="main", max_concurrency=4), rung(name="reader"), quotes()])
    (idle,) = vendors.states()
    assert (idle.routes, idle.vendor, idle.model) == (("main", "reader"), "scripted", "large")
    assert (idle.breaker, idle.attempts, idle.last_result, idle.first_byte_p50_ms) == ("closed", 0, None, None)
    asked = rung(name="main")
    running = await leave(vendors, asked)
    for after_ms in (10.0, 20.0, 90.0):
        permit = await leave(vendors, asked)
        permit.heard(after_ms)
        permit.settle("ok", USAGE, reported="large", retry_after_s=None, counts=True)
    (busy,) = vendors.states()
    assert (busy.in_flight, busy.max_concurrency, busy.attempts) == (1, 4, 3)
    assert (busy.first_byte_p50_ms, busy.first_byte_p95_ms, busy.last_result) == (20.0, 90.0, "ok")
    end(running, "5xx")
    for _ in range(2):
        end(await leave(vendors, asked), "5xx")
    (open_now,) = vendors.states()
    assert (open_now.breaker, open_now.opened_by, open_now.failures) == ("open", "server", 3)


async def test_a_pause_that_the_vendor_asked_for_is_shown() -> None:
    vendors = some_vendors(Time())
    ladder = a_generator(
        a_rung(a_model("large", [RateLimitedError("x", retry_after_s=30.0)])), quotes(), vendors=vendors
    )
    await draft_of(ladder)
    assert vendors.states()[0].paused_s == 30.0


async def test_people_hear_when_a_breaker_opens_and_when_it_closes() -> None:
    heard, time = Heard(), Time()
    vendors = some_vendors(time, occurrences=heard)
    asked = rung(name="main")
    for _ in range(3):
        end(await leave(vendors, asked), "timeout_fb")
    assert heard.kinds == ["breaker.opened"]
    assert heard.details[0]["result"] == "timeout_fb"
    assert heard.details[0]["route"] == "main"
    time.now += OPEN_S
    end(await leave(vendors, asked))
    assert heard.kinds == ["breaker.opened", "breaker.closed"]


async def test_people_hear_of_a_refused_key() -> None:
    heard = Heard()
    vendors = some_vendors(occurrences=heard)
    end(await leave(vendors, rung()), "auth")
    assert (heard.kinds, heard.details[0]["severity"]) == (["vendor.key_refused"], "critical")


@pytest.mark.parametrize(
    ("reported", "pinned", "before", "is_another"),
    [
        ("gpt-4o", "gpt-4o", "", False),
        ("gpt-4o-2024-08-06", "gpt-4o", "", False),
        ("gpt-4o-2024-08-06", "gpt-4o", "gpt-4o-2024-08-06", False),
        ("gpt-4o-2024-11-20", "gpt-4o", "gpt-4o-2024-08-06", True),
        ("claude-haiku-4-5-20251001", "claude-haiku-4-5", "", False),
        ("llama3:latest", "llama3", "", False),
        ("gpt-4o-mini", "gpt-4o", "", True),
        ("gpt-4", "gpt-4o", "", True),
        ("another", "gpt-4o", "another", True),
    ],
)
def test_the_version_behind_an_alias_is_no_other_model_until_it_changes(
    reported: str, pinned: str, before: str, is_another: bool
) -> None:
    assert is_another_model(reported, pinned=pinned, before=before) is is_another


async def test_people_hear_when_a_vendor_answers_with_another_model() -> None:
    heard = Heard()
    vendors = some_vendors(occurrences=heard)
    end(await leave(vendors, rung()), reported="large")
    end(await leave(vendors, rung()), reported="")
    assert heard.kinds == []
    end(await leave(vendors, rung()), reported="tiny")
    assert heard.kinds == ["vendor.model_changed"]
    assert (heard.details[0]["pinned"], heard.details[0]["reported"]) == ("large", "tiny")
    named = rung(reports_as="/models/large.gguf", base_url="http://mine.test/v1")
    end(await leave(vendors, named), reported="/models/large.gguf")
    assert len(heard.kinds) == 1


async def test_no_more_requests_run_at_once_than_the_route_allows() -> None:
    vendors, running, most = some_vendors(), 0, 0

    class Counting(ScriptedChatModel):
        async def stream(self, request: Any) -> Any:
            nonlocal running, most
            running += 1
            most = max(most, running)
            try:
                async for event in super().stream(request):
                    yield event
            finally:
                running -= 1

    model = Counting([Pause(seconds=0.01), *reply("It is free.")], model="large")
    ladder = a_generator(a_rung(model, max_concurrency=3), quotes(), vendors=vendors)
    ends = await asyncio.gather(*(draft_of(ladder) for _ in range(30)))
    assert most == 3
    assert {results_of(events)[0] for events in ends} == {("large", "ok")}  # they waited for their turn


async def test_side_jobs_leave_places_for_answers_and_wait_for_none() -> None:
    vendors = some_vendors()
    asked = rung(max_concurrency=2, reserved_for_answers=1)
    assert await leave(vendors, asked, purpose="rewrite") is not None
    assert await leave(vendors, asked, purpose="judge", wait_s=5.0) is None
    first = await leave(vendors, asked)
    assert first is not None
    assert await leave(vendors, asked, wait_s=0.01) is None
    waiting = asyncio.create_task(leave(vendors, asked, wait_s=5.0))
    await asyncio.sleep(0)
    end(first)
    assert await waiting is not None


async def test_a_place_that_came_too_late_goes_to_the_next() -> None:
    vendors = some_vendors()
    asked = rung(max_concurrency=1)
    first = await leave(vendors, asked)
    given_up = [asyncio.create_task(leave(vendors, asked, wait_s=5.0)) for _ in range(2)]
    last = asyncio.create_task(leave(vendors, asked, wait_s=5.0))
    await asyncio.sleep(0)
    given_up[0].cancel()
    end(first)
    given_up[1].cancel()
    await asyncio.gather(*given_up, return_exceptions=True)
    assert await last is not None
    assert vendors.states()[0].in_flight == 1


async def test_no_minute_sees_more_requests_than_the_vendor_allows() -> None:
    time = Time()
    vendors = some_vendors(time)
    asked = rung(requests_per_minute=60)
    admitted: list[float] = []
    for _ in range(1800):
        permit = await leave(vendors, asked)
        if permit is not None:
            admitted.append(time.now)
            end(permit)
        time.now += 0.1
    busiest = max(sum(1 for at in admitted if start <= at < start + 60.0) for start in admitted)
    assert busiest <= 60
    assert len(admitted) >= 2.7 * 60  # 3 minutes, nearly all of it used


async def test_no_minute_sees_more_tokens_than_the_vendor_allows_and_what_was_not_used_comes_back() -> None:
    time = Time()
    vendors = some_vendors(time)
    asked = rung(tokens_per_minute=6000)
    used: list[tuple[float, int]] = []
    for _ in range(1200):
        permit = await leave(vendors, asked, tokens=500)
        if permit is not None:
            end(permit, usage=Usage(input_tokens=70, output_tokens=30))
            used.append((time.now, 100))
        time.now += 0.1
    busiest = max(sum(tokens for at, tokens in used if start <= at < start + 60.0) for start, _ in used)
    assert 5000 <= busiest <= 6000


async def test_an_answer_waits_a_moment_for_its_vendors_rate_and_a_long_wait_is_not_made() -> None:
    vendors = some_vendors()
    asked = rung(requests_per_minute=1200)
    while await leave(vendors, asked) is not None:
        pass
    assert await leave(vendors, asked, wait_s=0.5) is not None
    assert await leave(vendors, rung(requests_per_minute=1, base_url="http://b.test"), wait_s=0.5) is not None
    assert await leave(vendors, rung(requests_per_minute=1, base_url="http://b.test"), wait_s=0.5) is None


async def test_limits_of_an_earlier_release_no_longer_hold() -> None:
    vendors = some_vendors()
    vendors.know([rung(max_concurrency=1)])
    assert await leave(vendors, rung()) is not None
    assert await leave(vendors, rung()) is None
    vendors.know([rung(max_concurrency=2), rung(name="judge", max_concurrency=5)])
    assert await leave(vendors, rung()) is not None
    assert await leave(vendors, rung()) is None


async def test_a_deployment_that_no_release_names_any_more_is_forgotten_once_it_is_idle() -> None:
    vendors = some_vendors()
    old, new = rung(base_url="http://old.test"), rung(base_url="http://new.test")
    vendors.know([old])
    running = await leave(vendors, old)
    vendors.know([new])
    assert [state.base_url for state in vendors.states()] == ["http://old.test", "http://new.test"]
    end(running)
    vendors.know([new])
    assert [state.base_url for state in vendors.states()] == ["http://new.test"]


async def test_a_request_that_fails_alike_at_two_vendors_counts_once() -> None:
    vendors = some_vendors()
    large, other = a_model("large", [DOWN]), a_model("other", [DOWN])
    ladder = a_generator(a_rung(large), a_rung(other), quotes(), vendors=vendors)
    for _ in range(3):
        await draft_of(ladder)
    first, second = vendors.states()
    assert (first.breaker, second.breaker, second.failures) == ("open", "closed", 0)


async def test_when_every_vendor_fails_a_turn_costs_hardly_more_than_none() -> None:
    vendors = some_vendors()
    models = [a_model(name, [DOWN]) for name in ("large", "other", "third")]
    ladder = a_generator(*(a_rung(model) for model in models), quotes(), vendors=vendors, hedge_share=0.05)
    ends = [await draft_of(ladder) for _ in range(100)]
    attempts = sum(len(model.requests) for model in models)
    assert attempts <= 0.3 * 100
    assert results_of(ends[-1]) == [("extractive", "ok")]
