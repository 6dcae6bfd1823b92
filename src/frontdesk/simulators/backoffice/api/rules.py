"""/rules: what the shop's policies mean for a refund or a return, in numbers."""

from datetime import date, timedelta
from typing import Any, Literal

from pydantic import Field

from frontdesk.simulators.backoffice.api.calls import OfficeOf, Record, picked, system_router
from frontdesk.simulators.backoffice.api.orders import PaymentMethod, find_order
from frontdesk.simulators.backoffice.behaviour import from_stamp
from frontdesk.simulators.backoffice.office import Office
from frontdesk.simulators.backoffice.refusals import Refused
from frontdesk.simulators.backoffice.seeding.returning import BOOKING_DAYS
from frontdesk.simulators.backoffice.storage import Row

router = system_router("rules", "Refund rules")
WINDOW_DAYS = {False: (30, 14), True: (60, 28)}
"""For regular and for sale items, by whether the customer is a member; as the articles on returns have them."""
_LABEL_FEES = {"DE": 0.0, "AT": 0.0, "GB": 7.9, "CH": 9.9}
_OTHER_LABEL_FEE = 5.9
LISTED_DAYS = 200
_NO_LABEL = frozenset({"NO"})


class RefundRule(Record):
    method: PaymentMethod
    inspection_working_days: int = Field(description="From a return's arrival to the decision.")
    booking_working_days_min: int = Field(description="From the approval to the money.")
    booking_working_days_max: int
    late_after_working_days: int = Field(description="After the approval; then a person looks for the money.")
    needs_person_above: float = Field(description="Of a refund's amount, in the order's currency.")
    to_other_method: bool = Field(description="Whether the money may go elsewhere than it came from.")


class ItemRule(Record):
    line_id: str
    title: str
    may_return: bool
    why: Literal["within_window", "too_late", "never_returnable", "not_delivered", "returned_already"]
    last_day: str | None


class ReturnRule(Record):
    order_id: str
    customer_id: str
    may_return: bool = Field(description="Whether anything of the order may.")
    why: Literal["within_window", "too_late", "never_returnable", "not_delivered", "returned_already", "partly"]
    returnable: str = Field(description="Titles of what may be returned, in one line.")
    last_day: str | None = Field(description="The latest last day of what may be returned.")
    label_fee: float | None = Field(description="None where the customer arranges the postage.")
    currency: Literal["EUR", "GBP", "CHF"]
    items: list[ItemRule]


@router.get("/refunds")
async def read_refund_rule(method: PaymentMethod) -> RefundRule:
    """How long a refund takes, by the way it was paid."""
    least, most = BOOKING_DAYS[method]
    return RefundRule(
        method=method,
        inspection_working_days=5,
        booking_working_days_min=least,
        booking_working_days_max=most,
        late_after_working_days=10,
        needs_person_above=250.0,
        to_other_method=False,
    )


@router.get("/refunds/all")
async def list_refund_rules() -> list[RefundRule]:
    """The rule for every way of paying."""
    return [await read_refund_rule(method) for method in BOOKING_DAYS]  # type: ignore[arg-type]  # its keys are methods


@router.get("/returns/{order_id}")
async def read_return_rule(office: OfficeOf, order_id: str) -> ReturnRule:
    """What of an order may be sent back, until when, and what the label costs."""
    return ReturnRule.model_validate(return_rule(office, find_order(office, order_id)))


@router.get("/returns")
async def list_return_rules(office: OfficeOf, customer_id: str) -> list[ReturnRule]:
    """The same for every order of a customer that was delivered in the last LISTED_DAYS, newest first."""
    since = office.calendar.today() - timedelta(days=LISTED_DAYS)
    rows = office.storage.rows(
        "SELECT * FROM orders WHERE customer_id = ? AND delivered_at >= ? ORDER BY placed_at DESC",
        customer_id,
        since.isoformat(),
    )
    return [ReturnRule.model_validate(return_rule(office, row)) for row in rows]


def return_rule(office: Office, order: Row) -> dict[str, Any]:
    """The rule for an order, as JSON."""
    items = office.storage.rows("SELECT * FROM order_items WHERE order_id = ? ORDER BY line_id", order["order_id"])
    judged = [_judge(office, order, item) for item in items]
    good = [item for item in judged if item["may_return"]]
    reasons = {item["why"] for item in judged}
    fee = None if order["country"] in _NO_LABEL else _LABEL_FEES.get(order["country"], _OTHER_LABEL_FEE)
    return {
        **picked(order, "order_id", "customer_id", "currency"),
        "may_return": bool(good),
        "why": reasons.pop() if len(reasons) == 1 else "partly" if good else "too_late",
        "returnable": "; ".join(item["title"] for item in good),
        "last_day": max((item["last_day"] for item in good), default=None),
        "label_fee": fee,
        "items": judged,
    }


def check_returnable(office: Office, order: Row, line_ids: list[str]) -> None:
    """
    Raises:
        Refused: one of the lines may not be sent back, or is none of the order's.
    """
    by_line = {item["line_id"]: item for item in return_rule(office, order)["items"]}
    wrong = {line: by_line[line]["why"] if line in by_line else "no_such_line" for line in line_ids}
    wrong = {line: why for line, why in wrong.items() if why != "within_window"}
    if wrong:
        raise Refused(409, "not_returnable", "Some of this cannot be sent back.", wrong)


def _judge(office: Office, order: Row, item: Row) -> dict[str, Any]:
    last_day = _last_day(office, order, item) if order["delivered_at"] else None
    is_over = last_day is not None and office.calendar.today() > last_day
    if last_day is None:
        why = "not_delivered"
    elif not item["is_returnable"]:
        why = "never_returnable"
    elif _is_returned(office, item["line_id"]):
        why = "returned_already"
    else:
        why = "too_late" if is_over else "within_window"
    return {
        **picked(item, "line_id", "title"),
        "may_return": why == "within_window",
        "why": why,
        "last_day": last_day.isoformat() if last_day else None,
    }


def _last_day(office: Office, order: Row, item: Row) -> date:
    segment = office.storage.scalar("SELECT segment FROM customers WHERE customer_id = ?", order["customer_id"])
    regular, sale = WINDOW_DAYS[segment == "member"]
    delivered = from_stamp(order["delivered_at"]).date()
    last = delivered + timedelta(days=sale if item["is_sale"] else regular)
    return last if item["is_sale"] else max(last, _holiday(from_stamp(order["placed_at"]).date()))


def _holiday(placed: date) -> date:
    """What is ordered from 1 November to 24 December may come back until 31 January."""
    if date(placed.year, 11, 1) <= placed <= date(placed.year, 12, 24):
        return date(placed.year + 1, 1, 31)
    return date.min


def _is_returned(office: Office, line_id: str) -> bool:
    found = office.storage.scalar(
        "SELECT count(*) FROM return_items i JOIN returns r USING (return_id) WHERE i.line_id = ? "
        "AND r.status != 'cancelled'",
        line_id,
    )
    return bool(found)
