"""The shop that the retail measurement acts on makes its own checks, and takes words as a shop's search would."""

from decimal import Decimal

import pytest
from bench.retail.lookups import address_meant, product_meant
from bench.retail.quotes import quote_return, quote_swap
from bench.retail.records import RefusedError
from bench.retail.wording import options_said, things_meant

from retail_shop import CABIN, HOME, LENA, MUGS, OTTO, PAID_BY_CARD, TENT, a_shop_with_records


def test_a_pending_order_is_cancelled_for_a_reason_that_counts_and_its_gift_card_gets_the_money() -> None:
    records = a_shop_with_records()
    records.modify_payment(LENA, "#W1000002", "paypal_1")
    with pytest.raises(RefusedError, match="no longer needed or ordered by mistake"):
        records.cancel(LENA, "#W1000002", "too slow")
    cancelled = records.cancel(LENA, "#W1000002", "no longer needed")
    assert (cancelled.status, cancelled.cancel_reason) == ("cancelled", "no longer needed")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda shop: shop.cancel(LENA, "#W1000001", "no longer needed"), "is delivered, not pending"),
        (lambda shop: shop.give_back(LENA, "#W1000002", ["1000000001"], PAID_BY_CARD), "is pending, not delivered"),
        (lambda shop: shop.give_back(LENA, "#W1000003", ["2000000001"], PAID_BY_CARD), "somebody else's"),
        (lambda shop: shop.give_back(LENA, "#W1000001", ["2000000001"], "paypal_1"), "original payment method"),
        (lambda shop: shop.give_back(LENA, "#W1000001", ["1000000001"] * 2, PAID_BY_CARD), "that often"),
        (lambda shop: shop.give_back(LENA, "#W1000001", [], PAID_BY_CARD), "No items"),
        (
            lambda shop: shop.exchange(LENA, "#W1000001", [("1000000001", "2000000001")], PAID_BY_CARD),
            "another product",
        ),
        (lambda shop: shop.exchange(LENA, "#W1000001", [("1000000001", "1000000004")], PAID_BY_CARD), "not available"),
        (lambda shop: shop.exchange(LENA, "#W1000001", [("1000000001", "1000000003")], "gift_1"), "not hold enough"),
        (
            lambda shop: shop.exchange(LENA, "#W1000001", [("1000000001", "1000000003")], "card_9"),
            "not in the customer",
        ),
        (lambda shop: shop.modify_payment(LENA, "#W1000002", PAID_BY_CARD), "paid with that method already"),
        (lambda shop: shop.modify_payment(LENA, "#W1000002", "gift_1"), "not hold enough"),
    ],
)
def test_the_shop_refuses_what_its_policy_forbids(change, why: str) -> None:  # type: ignore[no-untyped-def]
    records = a_shop_with_records()
    before = records.copy()
    with pytest.raises(RefusedError, match=why):
        change(records)
    assert records.orders == before.orders
    assert records.customers == before.customers
    assert records.actions == []


def test_an_exchange_is_noted_and_a_changed_order_holds_the_new_item_and_can_be_changed_no_more() -> None:
    records = a_shop_with_records()
    records.exchange(LENA, "#W1000001", [("1000000001", "1000000002")], "gift_1")
    assert records.order("#W1000001").swapped == (("1000000001", "1000000002"),)
    changed = records.modify_items(LENA, "#W1000002", [("1000000001", "1000000002")], "gift_1")
    assert [item.item_id for item in changed.items] == ["1000000002", "1000000002"]
    assert records.customer(LENA).methods["gift_1"].balance == Decimal("0.50")
    with pytest.raises(RefusedError, match="items modified"):
        records.cancel(LENA, "#W1000002", "no longer needed")
    assert [action.money_back for action in records.actions] == [Decimal("-2.50"), Decimal("-2.50")]


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("the tent", ["2000000001"]),
        ("my travel mugs", ["1000000001", "1000000002"]),
        ("the blue mug", ["1000000002"]),
        ("the mug with color red and the tent", ["1000000001", "2000000001"]),
        ("everything except the tent", ["1000000001", "1000000002"]),
        ("the more expensive mug", ["1000000002"]),
        ("item 1000000002", ["1000000002"]),
        ("no wait, also the tent, please, and the mug, the red one", ["2000000001", "1000000001"]),
    ],
)
def test_things_are_found_by_what_is_said_of_them(words: str, meant: list[str]) -> None:
    found = things_meant(words, [MUGS[0], MUGS[1], TENT], a_shop_with_records().products)
    assert [item.item_id for item in found.items] == meant


def test_what_fits_two_things_is_asked_and_what_fits_none_is_told() -> None:
    records = a_shop_with_records()
    unclear = quote_return(records, records.order("#W1000002"), "the mug")
    assert unclear.problem == "More than one fits that."
    assert len(unclear.choices) == 2
    for words in ("the kayak", "the red mug and the kayak", "the kayak and the red mug"):
        unknown = quote_return(records, records.order("#W1000002"), words)
        assert "kayak" in unknown.problem


@pytest.mark.parametrize(
    ("words", "new"),
    [
        ("the mug to color blue", "1000000002"),
        ("the travel mug for the 500ml one", "1000000003"),
        ("the mug to the cheapest in blue or any", "1000000002"),
        ("the mug to item 1000000003", "1000000003"),
        ("the mug to the same item", "1000000001"),
    ],
)
def test_a_replacement_is_as_said_and_like_the_old_one_in_all_else(words: str, new: str) -> None:
    records = a_shop_with_records()
    quote = quote_swap(records, records.order("#W1000001"), words)
    assert (quote.item_ids, quote.new_ids) == (("1000000001",), (new,)), quote.problem


def test_a_replacement_that_is_sold_out_is_told_with_what_there_is() -> None:
    records = a_shop_with_records()
    quote = quote_swap(records, records.order("#W1000001"), "the mug to color green")
    assert quote.problem.startswith("There is none to be had")
    assert len(quote.choices) == 2


def test_options_that_are_numbers_or_a_yes_count_only_beside_their_name() -> None:
    other = TENT.__class__(
        item_id="2000000002",
        product_id="7000000002",
        name="Dome Tent",
        options={"size": "9", "waterproof": "no"},
        price=Decimal(1),
    )
    assert options_said("8 of them", [TENT, other]) == {}
    assert options_said("size 8, not waterproof", [TENT, other]) == {"size": "8", "waterproof": "no"}


def test_places_and_products_are_found_by_their_names_or_by_reference() -> None:
    records = a_shop_with_records()
    lena = records.customer(LENA)
    assert address_meant(records, lena, "my default address") == HOME
    assert address_meant(records, lena, "the address of order #W1000002") == CABIN
    assert address_meant(records, lena, "the one in Denver") == CABIN
    assert str(address_meant(records, lena, "5 Elm St, Apt 4, Austin, TX 73301")) == "5 Elm St, Apt 4, Austin, TX 73301"
    assert address_meant(records, records.customer(OTTO), "order #W1000002") == "There is no order #W1000002 of yours."
    assert product_meant(records, "which mugs do you have?") == "7000000001"
