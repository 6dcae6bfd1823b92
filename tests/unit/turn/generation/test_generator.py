import asyncio
from decimal import Decimal
from itertools import count

import pytest

from frontdesk.adapters.models.scripted import Pause, Step, reply
from frontdesk.domain.errors import (
    DeadlineError,
    DependencyError,
    MalformedReplyError,
    RateLimitedError,
    RejectedError,
)
from frontdesk.domain.release import ModelRoute
from frontdesk.domain.usage import Usage, VendorAttempt
from frontdesk.ports.models import ReplyBegan, StreamEnd
from frontdesk.turn.generation import DraftEnd, DraftReset, DraftText, Generator, Rung
from frontdesk.turn.generation.vendors import RETRY_SHARE
from ladders import (
    DOWN,
    FOR_EVER,
    a_generator,
    a_model,
    a_request,
    a_rung,
    draft_of,
    end_of,
    quotes,
    results_of,
    some_vendors,
    text_of,
)


async def test_the_first_model_that_delivers_writes_the_draft() -> None:
    usage = Usage(input_tokens=90, output_tokens=10)
    events = await draft_of(
        a_generator(a_rung(a_model("large", reply("It ", "is free.", usage=usage, model="large-2"))), quotes())
    )
    assert text_of(events) == "It is free."
    end = end_of(events)
    assert (end.route, end.degraded, end.finish_reason) == ("large", (), "stop")
    assert end.prompt == "answer: Is it free?"
    (attempt,) = end.attempts
    assert (attempt.number, attempt.result, attempt.usage, attempt.cost_usd) == (1, "ok", usage, Decimal(100))
    assert attempt.reported_model == "large-2"
    assert attempt.first_token_ms is not None
    assert attempt.total_ms >= attempt.first_token_ms


async def test_switching_is_silent_while_nothing_was_drafted() -> None:
    events = await draft_of(
        a_generator(a_rung(a_model("large", [DOWN])), a_rung(a_model("small", reply("It is free."))), quotes())
    )
    assert not any(isinstance(event, DraftReset) for event in events)
    assert end_of(events).degraded == ("model_fallback",)
    assert results_of(events) == [("large", "5xx"), ("small", "ok")]


async def test_a_cut_stream_voids_its_text_and_is_never_spliced() -> None:
    events = await draft_of(
        a_generator(a_rung(a_model("large", ["It costs "])), a_rung(a_model("small", reply("It is free."))), quotes())
    )
    assert [type(event) for event in events] == [DraftText, DraftReset, DraftText, DraftEnd]
    assert text_of(events) == "It is free."
    assert results_of(events) == [("large", "cut"), ("small", "ok")]


async def test_a_silent_model_is_given_up_after_its_first_byte_limit_and_not_asked_again() -> None:
    silent = a_model("large", [FOR_EVER])
    events = await draft_of(a_generator(a_rung(silent, first_byte_s=0.02), quotes()))
    assert results_of(events) == [("large", "timeout_fb"), ("extractive", "ok")]
    assert len(silent.requests) == 1
    assert silent.closed == 1


async def test_another_rung_of_a_silent_server_is_not_asked_either() -> None:
    silent = a_model("large", [FOR_EVER])
    rungs = [a_rung(silent, first_byte_s=0.02), a_rung(silent, name="again", first_byte_s=0.02)]
    other = a_rung(a_model("small", reply("It is free.")))
    assert results_of(await draft_of(a_generator(*rungs, other, quotes()))) == [
        ("large", "timeout_fb"),
        ("small", "ok"),
    ]
    down = a_model("large", [DOWN])
    again = [a_rung(down), a_rung(down, name="again")]
    assert len(results_of(await draft_of(a_generator(*again, other, quotes())))) == 3


async def test_a_function_that_returns_a_whole_text_has_all_its_time_for_that() -> None:
    model = a_model("bot:answer", [Pause(seconds=0.05), *reply("It is free.")])
    route = ModelRoute(name="mine", adapter="python", model="bot:answer", first_byte_s=0.01)
    assert results_of(await draft_of(a_generator(Rung(model=model, route=route), quotes()))) == [("bot:answer", "ok")]


async def test_a_stream_that_stalls_is_given_up_after_its_idle_limit() -> None:
    events = await draft_of(a_generator(a_rung(a_model("large", ["It ", FOR_EVER]), idle_s=0.02), quotes()))
    assert results_of(events)[0] == ("large", "timeout_idle")
    assert text_of(events) == "Our pages say: it is free."
    assert end_of(events).degraded == ("extractive_fallback",)


async def test_a_slow_stream_is_given_up_after_its_total_limit() -> None:
    slow = [step for _ in range(50) for step in ("word ", Pause(seconds=0.01))]
    events = await draft_of(a_generator(a_rung(a_model("large", slow), total_s=0.05), quotes()))
    assert results_of(events)[0] == ("large", "timeout_idle")


async def test_the_last_rung_keeps_some_of_the_turns_time() -> None:
    events = await draft_of(a_generator(a_rung(a_model("large", [FOR_EVER])), quotes()), deadline_s=0.55)
    assert results_of(events) == [("large", "timeout_fb"), ("extractive", "ok")]


async def test_a_turn_without_time_left_says_so() -> None:
    with pytest.raises(DeadlineError):
        await draft_of(a_generator(quotes()), deadline_s=0.0)


async def test_an_open_breaker_costs_no_attempt() -> None:
    large = a_model("large", [MalformedReplyError("garbage")])
    generator = a_generator(a_rung(large), quotes())
    for _ in range(10):
        await draft_of(generator)
    assert len(large.requests) == 3


async def test_a_rate_limited_model_is_left_alone_for_as_long_as_it_asked() -> None:
    limited = a_model("large", [RateLimitedError("later", retry_after_s=30.0)], reply("never"))
    generator = a_generator(a_rung(limited), quotes())
    first, second = await draft_of(generator), await draft_of(generator)
    assert results_of(first) == [("large", "429"), ("extractive", "ok")]
    assert results_of(second) == [("extractive", "ok")]


async def test_a_server_error_is_repeated_once_before_quoting_and_the_share_of_repeats_is_bounded() -> None:
    flaky = a_model("large", [DOWN], reply("It is free."))
    assert results_of(await draft_of(a_generator(a_rung(flaky), quotes()))) == [("large", "5xx"), ("large", "ok")]
    vendors = some_vendors()
    flaky = a_model("large", *([DOWN], reply("It is free.")) * 40)
    generator = a_generator(a_rung(flaky), quotes(), vendors=vendors)
    results = [results_of(await draft_of(generator)) for _ in range(40)]
    repeats = sum(len([model for model, _ in made if model == "large"]) - 1 for made in results)
    assert 4 <= repeats <= 1 + 40 * RETRY_SHARE


async def test_a_request_that_is_too_long_is_repeated_once_and_smaller() -> None:
    tight = a_model("large", [RejectedError("too long", result="ctx")], reply("It is free."))
    events = await draft_of(a_generator(a_rung(tight), quotes()))
    assert end_of(events).degraded == ("shortened_request",)
    first, second = tight.requests
    assert (len(second.history), len(second.passages)) == (2, 2)
    assert second.instructions == first.instructions


async def test_a_refused_content_is_not_taken_to_another_vendor() -> None:
    for script in (
        [RejectedError("no", result="filter")],
        [StreamEnd(finish_reason="filter", usage=Usage(), model="")],
    ):
        other = a_model("small", reply("Sure!"))
        events = await draft_of(a_generator(a_rung(a_model("large", script)), a_rung(other), quotes()))
        assert end_of(events).finish_reason == "filter"
        assert results_of(events) == [("large", "filter")]
        assert not other.requests


async def test_bad_credentials_lead_to_the_next_rung_without_a_repeat() -> None:
    events = await draft_of(a_generator(a_rung(a_model("large", [RejectedError("key", result="auth")])), quotes()))
    assert results_of(events) == [("large", "auth"), ("extractive", "ok")]


async def test_a_bug_in_an_adapter_costs_one_rung_and_not_the_turn() -> None:
    events = await draft_of(a_generator(a_rung(a_model("large", [KeyError("choices")])), quotes()))
    assert results_of(events) == [("large", "garbage"), ("extractive", "ok")]


async def test_when_every_rung_fails_the_last_error_tells_why_and_all_attempts_are_told() -> None:
    told: list[VendorAttempt] = []
    generator = a_generator(
        a_rung(a_model("large", [RejectedError("no", result="refused")])),
        a_rung(a_model("small", [MalformedReplyError("x")])),
    )
    with pytest.raises(DependencyError) as caught:
        async for _ in generator.stream(a_request(), deadline_s=5.0, numbers=count(3), on_attempt=told.append):
            pass
    assert caught.value.code == "dependency_malformed_reply"
    assert [(attempt.number, attempt.result) for attempt in told] == [(3, "refused"), (4, "garbage")]


async def test_closing_the_draft_cancels_the_request_and_records_it() -> None:
    model = a_model("large", ["It ", FOR_EVER])
    told: list[VendorAttempt] = []
    draft = a_generator(a_rung(model), quotes()).stream(a_request(), deadline_s=5.0, on_attempt=told.append)
    assert await anext(draft) == DraftText(text="It ")
    await draft.aclose()
    assert model.closed == 1
    (attempt,) = told
    assert attempt.result == "cancelled"
    assert attempt.usage.output_tokens == 1  # estimated: vendors bill what they have written


async def test_cancelling_the_task_cancels_the_request_and_records_it() -> None:
    model = a_model("large", [FOR_EVER])
    told: list[VendorAttempt] = []

    async def consume() -> None:
        async for _ in a_generator(a_rung(model), quotes()).stream(a_request(), deadline_s=5.0, on_attempt=told.append):
            pass

    task = asyncio.create_task(consume())
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (model.closed, [attempt.result for attempt in told]) == (1, ["cancelled"])


async def test_a_connection_that_is_refused_is_tried_once_more_before_quoting() -> None:
    flaky = a_model("large", [], reply("It is free."))
    assert results_of(await draft_of(a_generator(a_rung(flaky), quotes()))) == [("large", "cut"), ("large", "ok")]


async def test_a_repeat_is_not_spent_where_another_vendor_can_be_asked() -> None:
    first, second = a_model("large", [DOWN]), a_model("small", reply("It is free."))
    events = await draft_of(a_generator(a_rung(first), a_rung(second), quotes()))
    assert results_of(events) == [("large", "5xx"), ("small", "ok")]


async def test_signs_of_life_without_text_do_not_put_off_the_first_byte_limit() -> None:
    beating = a_model("large", [step for _ in range(50) for step in (ReplyBegan(), Pause(seconds=0.02))])
    events = await draft_of(a_generator(a_rung(beating, first_byte_s=0.1), quotes()))
    assert results_of(events) == [("large", "timeout_fb"), ("extractive", "ok")]
    assert len(beating.requests) == 1


async def test_what_a_broken_reply_cost_is_estimated_the_way_its_vendor_counts() -> None:
    whole = reply("It ", "is ", "free.", usage=Usage(input_tokens=300, output_tokens=6))
    vendors = some_vendors()
    generator = a_generator(a_rung(a_model("large", whole, ["It ", "is "])), quotes(), vendors=vendors)
    first = end_of(await draft_of(generator)).attempts[0]
    second = end_of(await draft_of(generator)).attempts[0]
    assert (first.result, first.is_estimated) == ("ok", False)
    assert (second.result, second.is_estimated) == ("cut", True)
    assert second.usage == Usage(input_tokens=300, output_tokens=4)  # two tokens a piece, as it counted before


async def test_a_vendor_that_never_answered_has_billed_nothing() -> None:
    events = await draft_of(a_generator(a_rung(a_model("large", [FOR_EVER]), first_byte_s=0.02), quotes()))
    silent = end_of(events).attempts[0]
    assert (silent.result, silent.usage, silent.is_estimated) == ("timeout_fb", Usage(), False)


async def test_a_request_that_was_taken_is_billed_though_no_text_came() -> None:
    taken = a_model("large", [ReplyBegan(), FOR_EVER])
    events = await draft_of(a_generator(a_rung(taken, first_byte_s=0.02), quotes()))
    silent = end_of(events).attempts[0]
    assert silent.usage.input_tokens > 10
    assert silent.usage.output_tokens == 0
    assert silent.is_estimated


async def test_the_model_that_answered_is_paid_for_and_not_the_one_that_was_asked() -> None:
    async def priced(reported: str) -> str:
        asked: list[str] = []

        def price(vendor: str, model: str, usage: Usage, **_: object) -> Decimal | None:
            asked.append(model)
            return None

        rung = a_rung(a_model("gpt-large", reply("It is free.", model=reported)))
        await draft_of(Generator([rung, quotes()], vendors=some_vendors(), price=price))
        return asked[0]

    assert await priced("gpt-tiny") == "gpt-tiny"
    assert await priced("gpt-large-2026-01-31") == "gpt-large"
    assert await priced("") == "gpt-large"


def out_of_tokens(*texts: str) -> list[Step]:
    return [*texts, StreamEnd(finish_reason="length", usage=Usage(), model="")]


async def test_a_reply_that_ran_out_of_tokens_stands_with_its_whole_sentences() -> None:
    other = a_model("small", reply("never"))
    long = a_model("large", out_of_tokens("It is free. It also", " comes with"))
    events = await draft_of(a_generator(a_rung(long), a_rung(other), quotes()))
    assert (end_of(events).finish_reason, end_of(events).route) == ("length", "large")
    assert not other.requests


async def test_a_reply_that_ran_out_within_its_first_sentence_is_voided_and_the_next_model_asked() -> None:
    long = a_model("large", out_of_tokens("It is free, except", " where it"))
    events = await draft_of(a_generator(a_rung(long), a_rung(a_model("small", reply("It is free."))), quotes()))
    assert text_of(events) == "It is free."
    assert results_of(events) == [("large", "ok"), ("small", "ok")]


async def test_an_attempt_says_which_rung_it_was() -> None:
    events = await draft_of(a_generator(a_rung(a_model("gpt-large", [DOWN]), name="main"), quotes()))
    assert [attempt.route for attempt in end_of(events).attempts] == ["main", "main", "quotes"]
