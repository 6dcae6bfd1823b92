"""Which rungs a request is given to: what they can do, what they can read, and what may be spent."""

from typing import Any

import pytest

from frontdesk.adapters.models.scripted import reply
from frontdesk.domain.errors import CostBudgetError, RejectedError
from frontdesk.domain.usage import Usage, VendorAttempt
from frontdesk.ports.models import ChatTurn
from frontdesk.turn.generation.measured import request_chars
from frontdesk.turn.generation.rung import fitted
from frontdesk.turn.money.budget import Hold, NoLimits, Thrift
from ladders import (
    a_generator,
    a_model,
    a_passage,
    a_request,
    a_rung,
    draft_of,
    end_of,
    quotes,
    results_of,
    some_vendors,
)

SCHEMA = {"type": "object"}


class Paying(NoLimits):
    """Keeps what it was asked; has nothing for the models in `poor`."""

    def __init__(self, poor: tuple[str, ...] = ()) -> None:
        self.poor = poor
        self.asked: list[dict[str, Any]] = []
        self.paid: list[tuple[Hold, VendorAttempt]] = []

    async def reserve(self, **fields: Any) -> Hold:
        self.asked.append(fields)
        if fields["model"] in self.poor:
            raise CostBudgetError("No money is left.")
        return await super().reserve(**fields)

    def settle(self, hold: Hold, attempt: VendorAttempt) -> None:
        self.paid.append((hold, attempt))


@pytest.mark.parametrize(
    ("capabilities", "request_fields", "takes_it"),
    [
        (("system", "stream"), {"json_schema": SCHEMA}, False),
        (("system", "json"), {"json_schema": SCHEMA}, True),
        (("stream", "json"), {}, False),
        (("stream",), {"instructions": ""}, True),
    ],
)
async def test_a_request_goes_only_to_rungs_that_can_take_it(
    capabilities: tuple[str, ...], request_fields: dict[str, Any], takes_it: bool
) -> None:
    lacking = a_model("lacking", reply("{}"))
    able = a_model("able", reply("{}"))
    ladder = a_generator(a_rung(lacking, capabilities=capabilities), a_rung(able))
    events = await draft_of(ladder, a_request(**request_fields))
    assert end_of(events).route == ("lacking" if takes_it else "able")
    assert len(lacking.requests) == int(takes_it)


async def test_quotations_are_never_given_for_an_object() -> None:
    with pytest.raises(Exception, match="No model may be asked"):
        await draft_of(a_generator(quotes()), a_request(json_schema=SCHEMA))


async def test_what_cannot_stream_has_its_whole_time_for_the_first_text() -> None:
    assert a_rung(a_model("m", reply("x")), capabilities=("system",), first_byte_s=1.0, total_s=9.0).first_byte_s == 9.0


async def test_a_request_is_made_to_fit_before_it_is_sent() -> None:
    long = a_request(
        history=tuple(ChatTurn(role="customer", text="word " * 100) for _ in range(6)),
        passages=(a_passage("best " * 100), a_passage("next " * 100)),
        instructions="Keep to the policy. " * 10,
    )
    narrow, wide = a_model("narrow", reply("It is free.")), a_model("wide", reply("It is free."))
    events = await draft_of(a_generator(a_rung(narrow, context_tokens=700), quotes()), long)
    (sent,) = narrow.requests
    assert request_chars(sent) / 4 <= 300
    assert (sent.instructions, sent.question, sent.passages[0]) == (long.instructions, long.question, long.passages[0])
    assert end_of(events).degraded == ("shortened_request",)
    events = await draft_of(a_generator(a_rung(wide, context_tokens=9000), quotes()), long)
    assert wide.requests == [long]
    assert end_of(events).degraded == ()


async def test_a_request_that_cannot_be_made_to_fit_goes_to_the_next_rung() -> None:
    huge = a_request(instructions="policy " * 500)
    narrow, wide = a_model("narrow", reply("x")), a_model("wide", reply("It is free."))
    events = await draft_of(a_generator(a_rung(narrow, context_tokens=700), a_rung(wide), quotes()), huge)
    assert (end_of(events).route, narrow.requests) == ("wide", [])


def test_the_oldest_turns_go_first_then_the_summary_then_the_worst_passages() -> None:
    request = a_request(summary="s" * 100)
    sizes = []
    for room in (1000, 250, 200, 140, 70, 10):
        found = fitted(request, room=room, count=request_chars)
        sizes.append(None if found is None else (len(found.history), bool(found.summary), len(found.passages)))
    assert sizes == [(6, True, 4), (6, True, 4), (1, True, 4), (0, False, 4), (0, False, 3), None]


async def test_a_request_that_is_too_long_after_all_is_repeated_smaller_once_for_the_whole_ladder() -> None:
    tight = [a_model(name, [RejectedError("too long", result="ctx")]) for name in ("large", "other")]
    events = await draft_of(a_generator(*(a_rung(model) for model in tight), quotes()))
    assert results_of(events) == [("large", "ctx"), ("large", "ctx"), ("other", "ctx"), ("extractive", "ok")]
    assert end_of(events).degraded == ("extractive_fallback",)  # quoting was given the whole request again


@pytest.mark.parametrize(
    ("thrift", "wrote", "passages", "labels"),
    [
        ("none", "large", 4, ()),
        ("small", "small", 4, ("budget_small_model",)),
        ("short", "small", 2, ("budget_short_context", "budget_small_model")),
        ("extractive", "quotes", 4, ("budget_extractive",)),
    ],
)
async def test_thrift_takes_a_smaller_model_then_a_shorter_request_then_only_quotes(
    thrift: Thrift, wrote: str, passages: int, labels: tuple[str, ...]
) -> None:
    large, small, quoting = a_model("large", reply("x")), a_model("small", reply("x")), quotes()
    ladder = a_generator(a_rung(large), quoting, small=[a_rung(small)])
    end = end_of(await draft_of(ladder, thrift=thrift))
    asked = {"large": large, "small": small, "quotes": quoting.model}[wrote].requests  # type: ignore[attr-defined]
    assert (end.route, end.degraded) == (wrote, labels)
    assert len(asked[-1].passages) == passages


async def test_without_a_small_model_thrift_keeps_the_ladder() -> None:
    end = end_of(await draft_of(a_generator(a_rung(a_model("large", reply("x"))), quotes()), thrift="small"))
    assert (end.route, end.degraded) == ("large", ())


async def test_money_is_set_aside_before_each_request_and_every_request_is_paid() -> None:
    purse = Paying()
    usage = Usage(input_tokens=40, output_tokens=5)
    ladder = a_generator(
        a_rung(a_model("large", ["It co"]), max_output_tokens=120),
        a_rung(a_model("other", reply("x", usage=usage))),
        quotes(),
    )
    end = end_of(await draft_of(ladder, purse=purse))
    assert [(asked["model"], asked["purpose"], asked["output_tokens"]) for asked in purse.asked] == [
        ("large", "answer", 120),
        ("other", "answer", 400),
    ]
    assert purse.asked[0]["input_tokens"] == round(request_chars(a_request()) / 4)
    assert [attempt for _, attempt in purse.paid] == list(end.attempts)


async def test_a_rung_that_no_money_is_left_for_is_passed_over_and_its_place_given_back() -> None:
    vendors = some_vendors()
    large = a_model("large", reply("never"))
    ladder = a_generator(
        a_rung(large, max_concurrency=1), a_rung(a_model("other", reply("It is free."))), quotes(), vendors=vendors
    )
    for _ in range(3):
        end = end_of(await draft_of(ladder, purse=Paying(poor=("large",))))
        assert (end.route, end.degraded) == ("other", ("budget_denied", "model_fallback"))
    assert (large.requests, vendors.states()[0].in_flight) == ([], 0)


async def test_quoting_asks_the_purse_for_nothing() -> None:
    purse = Paying(poor=("large",))
    end = end_of(await draft_of(a_generator(a_rung(a_model("large", reply("x"))), quotes()), purse=purse))
    assert (end.route, len(purse.asked), purse.paid) == ("quotes", 1, [])
