"""The scripted customer gets from words to changed records through the whole pipeline, and a judgement can be against it."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from bench.retail import operations
from bench.retail.__main__ import measure
from bench.retail.customer import in_first_person, messages, questions
from bench.retail.data import HAND_OVER, Expected, Task
from bench.retail.judging import Judgement, kind_of
from bench.retail.sign_in import verified
from bench.retail.talk import ASSISTANT, begin, opened

from frontdesk.bootstrap.procedures import play_scenarios
from frontdesk.releases import read_assistant
from frontdesk.settings import load_settings
from retail_shop import CABIN, LENA, PAID_BY_CARD, a_shop_with_records


def a_task(task_id: str, reason: str = "You want something done.", *actions: Expected, **more: Any) -> Task:
    known = "You are Lena Berg, living in zip code 02110."
    given = {"known": known, "instructions": "", "information": (), **more}
    return Task(task_id=task_id, reason=reason, actions=actions, **given)


def doing(name: str, **arguments: Any) -> Expected:
    return Expected(name=name, arguments=arguments)


RETURN = doing(
    "return_delivered_order_items", order_id="#W1000001", item_ids=["2000000001"], payment_method_id=PAID_BY_CARD
)
SWAP: Mapping[str, Any] = {
    "item_ids": ["1000000001"],
    "new_item_ids": ["1000000003"],
    "payment_method_id": PAID_BY_CARD,
}
ADDRESS: Mapping[str, Any] = {
    "address1": CABIN.address1,
    "address2": CABIN.address2,
    "city": CABIN.city,
    "state": CABIN.state,
    "zip": CABIN.zip,
    "country": CABIN.country,
}
REACHED = [
    a_task("1", "You want to know the total refund amount.", RETURN, information=("200.00",)),
    a_task("2", "You want another mug.", doing("exchange_delivered_order_items", order_id="#W1000001", **SWAP)),
    a_task("3", "You want another mug.", doing("modify_pending_order_items", order_id="#W1000002", **SWAP)),
    a_task("4", "No more.", doing("cancel_pending_order", order_id="#W1000002", reason="ordered by mistake")),
    a_task("5", "Pay.", doing("modify_pending_order_payment", order_id="#W1000002", payment_method_id="paypal_1")),
    a_task("6", "You moved.", doing("modify_user_address", user_id=LENA, **ADDRESS)),
    a_task("7", "You bought a mug and want a discount for it.", doing(HAND_OVER, summary="wants a discount")),
]
MISSED = [
    a_task("8", "You want it back.", RETURN, information=("999.99",)),
    a_task(
        "9",
        "You pay with a gift card that does not hold enough.",
        doing("exchange_delivered_order_items", order_id="#W1000001", **{**SWAP, "payment_method_id": "gift_1"}),
    ),
    a_task("10", "You are somebody else.", RETURN, known="You are Nobody Known in zip code 99999."),
]


@pytest.fixture(scope="module")
def judgements() -> Mapping[str, Judgement]:
    """One opening of the product serves all."""
    found = asyncio.run(measure([*REACHED, *MISSED], a_shop_with_records()))
    return {one.task_id: one for one in found}


@pytest.mark.parametrize("task", REACHED, ids=[kind_of(task) for task in REACHED])
def test_a_task_is_carried_out_through_understanding_workflows_and_records(
    judgements: Mapping[str, Judgement], task: Task
) -> None:
    assert judgements[task.task_id].missing == ()


def test_what_was_not_told_not_allowed_or_asked_by_nobody_known_is_not_reached(
    judgements: Mapping[str, Judgement],
) -> None:
    assert judgements["8"].missing == ("not told: 999.99",)
    assert judgements["9"].missing[0].startswith("the policy forbids an expected action: The gift card")
    assert judgements["10"].missing == ("nobody could be identified",)


def test_the_customer_names_things_and_never_their_ids() -> None:
    records = a_shop_with_records()
    said = list(messages(REACHED[1], records.customer(LENA), records))
    assert said[1:] == ["#W1000001", "The Travel Mug to size 500ml.", "My credit card.", "Yes."]
    assert "10000000" not in " ".join(said).replace("#W1000001", "")


def test_the_customer_asks_in_the_words_of_the_task() -> None:
    assert questions(REACHED[0]) == ["I want to know the total refund amount."]
    assert in_first_person("You're sad and want your money.") == "I'm sad and want my money."


@pytest.mark.parametrize(
    ("words", "who"),
    [
        ("I am Lena Berg in zip code 02110.", LENA),
        ("my e-mail is wrong@example.com or lena@example.com", LENA),
        ("I am lena_berg_9001 in 02110", LENA),
        ("I am lena_9001.", None),
        ("I am Lena Berg.", None),
    ],
)
def test_somebody_is_known_by_e_mail_or_by_name_and_zip_code_and_not_by_a_user_id(words: str, who: str | None) -> None:
    found = verified(a_shop_with_records(), words)
    assert (found.user_id if found else None) == who


async def test_an_order_named_in_the_first_words_is_not_asked_for_and_what_is_to_be_done_names_none(
    tmp_path: Path,
) -> None:
    operations.use(records := a_shop_with_records())
    async with opened(tmp_path) as app:
        told = await begin(app, records.customer(LENA))
        assert "Which items" in (await told.say("I want to return the tent from order W1000001.")).answer
        untold = await begin(app, records.customer(LENA))
        assert "Which order" in (await untold.say("I don't want an order any more, it should be cancelled.")).answer


async def test_the_tests_beside_the_shops_workflows_pass(tmp_path: Path) -> None:
    settings = load_settings({}, data_dir=tmp_path, assistant_dir=ASSISTANT, embedder="none")
    played = await play_scenarios(settings, read_assistant(ASSISTANT))
    assert [one for one in played if not one.has_passed] == []
    assert len(played) > 10
