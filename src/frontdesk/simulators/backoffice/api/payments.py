"""/payments: the payment provider. Amounts are whole cents; a long list says `has_more` and goes on `starting_after` an id."""

from typing import Annotated, Any, Literal

from fastapi import Query
from pydantic import Field
from starlette.responses import JSONResponse

from frontdesk.simulators.backoffice.api.calls import OfficeOf, OnceOf, Record, Wanted, next_id, system_router
from frontdesk.simulators.backoffice.api.orders import Currency, PaymentMethod
from frontdesk.simulators.backoffice.effects import Effect
from frontdesk.simulators.backoffice.office import Office
from frontdesk.simulators.backoffice.refusals import Refused, not_found
from frontdesk.simulators.backoffice.storage import Row

router = system_router("payments", "Payments")
PaymentStatus = Literal["authorised", "captured", "declined", "voided", "refunded", "partially_refunded", "disputed"]
RefundStatus = Literal["requested", "approved", "processing", "paid", "failed", "declined", "cancelled"]


class Payment(Record):
    payment_id: str
    order_id: str
    customer_id: str
    status: PaymentStatus
    method: PaymentMethod
    card_last4: str | None
    currency: Currency
    amount_minor: int = Field(description="In cents.")
    refunded_minor: int = Field(description="In cents.")
    authorised_at: str | None
    captured_at: str | None
    declined_at: str | None
    disputed_at: str | None
    decline_reason: str | None


class Refund(Record):
    refund_id: str
    payment_id: str
    order_id: str
    customer_id: str
    return_id: str | None
    status: RefundStatus
    method: PaymentMethod
    card_last4: str | None
    currency: Currency
    amount_minor: int = Field(description="In cents.")
    reason: Literal["return", "parcel_refused", "parcel_lost", "goodwill", "cancelled_order"]
    why: str | None = Field(description="Why it was declined or failed, for the customer.")
    bank_reference: str | None
    requested_at: str
    approved_at: str | None
    processing_at: str | None
    paid_at: str | None
    failed_at: str | None
    declined_at: str | None
    cancelled_at: str | None
    expected_on: str | None = Field(description="The last day on which the money should have arrived.")


class PaymentList(Record):
    data: list[Payment]
    has_more: bool


class RefundList(Record):
    data: list[Refund]
    has_more: bool


class RefundWanted(Wanted):
    order_id: str
    amount_minor: int = Field(gt=0, description="In cents.")
    reason: Literal["return", "parcel_refused", "parcel_lost", "goodwill", "cancelled_order"] = "return"


def _page(
    office: Office, table: str, by: str, wanted: dict[str, str | None], limit: int, after: str
) -> tuple[list[Row], bool]:
    given = {name: value for name, value in wanted.items() if value}
    if not given:
        raise Refused(422, "invalid", "Name a customer or an order.", {"customer_id": "It or order_id is needed."})
    where = " AND ".join(f"{name} = ?" for name in given)
    rows = office.storage.rows(f"SELECT * FROM {table} WHERE {where} ORDER BY {by} DESC", *given.values())  # noqa: S608
    if after:
        place = next((place for place, row in enumerate(rows) if row[by] == after), len(rows))
        rows = rows[place + 1 :]
    return rows[:limit], len(rows) > limit


_Limit = Annotated[int, Query(ge=1, le=100)]


@router.get("/payments")
async def list_payments(
    office: OfficeOf,
    customer_id: str | None = None,
    order_id: str | None = None,
    limit: _Limit = 20,
    starting_after: str = "",
) -> PaymentList:
    """Payments of a customer or an order, newest first."""
    wanted = {"customer_id": customer_id, "order_id": order_id}
    rows, has_more = _page(office, "payments", "payment_id", wanted, limit, starting_after)
    return PaymentList.model_validate({"data": rows, "has_more": has_more})


@router.get("/payments/{payment_id}")
async def read_payment(office: OfficeOf, payment_id: str) -> Payment:
    row = office.storage.row("SELECT * FROM payments WHERE payment_id = ?", payment_id)
    if row is None:
        raise not_found("payment")
    return Payment.model_validate(row)


@router.get("/refunds")
async def list_refunds(
    office: OfficeOf,
    customer_id: str | None = None,
    order_id: str | None = None,
    limit: _Limit = 20,
    starting_after: str = "",
) -> RefundList:
    """Refunds of a customer or an order, newest first."""
    wanted = {"customer_id": customer_id, "order_id": order_id}
    rows, has_more = _page(office, "refunds", "refund_id", wanted, limit, starting_after)
    return RefundList.model_validate({"data": rows, "has_more": has_more})


@router.get("/refunds/{refund_id}")
async def read_refund(office: OfficeOf, refund_id: str) -> Refund:
    return Refund.model_validate(_find(office, refund_id))


@router.post("/refunds", status_code=201, response_model=Refund)
async def create_refund(office: OfficeOf, change: OnceOf, wanted: RefundWanted) -> JSONResponse:
    """Send money back for an order, to the method it was paid with; never more than was paid."""

    def do() -> Effect:
        payment = _refundable(office, wanted)
        row = _new_refund(office, payment, wanted)
        office.storage.insert("refunds", **row)
        return _effect("create_refund", row, f"refund of {wanted.amount_minor} {row['currency']} cents")

    return await change.once(do, status=201)


@router.post("/refunds/{refund_id}/cancel", response_model=Refund)
async def cancel_refund(office: OfficeOf, change: OnceOf, refund_id: str) -> JSONResponse:
    """Take a refund back that is not on its way yet."""

    def do() -> Effect:
        row = _find(office, refund_id)
        if row["status"] not in ("requested", "approved"):
            raise Refused(409, "too_late", f"A refund that is {row['status']} cannot be cancelled.")
        office.storage.update(
            "refunds", {"refund_id": refund_id}, status="cancelled", cancelled_at=office.calendar.stamp()
        )
        return _effect("cancel_refund", _find(office, refund_id), "refund cancelled")

    return await change.once(do)


def _refundable(office: Office, wanted: RefundWanted) -> Row:
    payment = office.storage.row("SELECT * FROM payments WHERE order_id = ?", wanted.order_id)
    if payment is None:
        raise not_found("payment for this order")
    if payment["status"] not in ("captured", "partially_refunded"):
        raise Refused(409, "not_refundable", f"A payment that is {payment['status']} cannot be refunded.")
    open_minor = office.storage.scalar(
        "SELECT coalesce(sum(amount_minor), 0) FROM refunds WHERE payment_id = ? AND status IN "
        "('requested', 'approved', 'processing', 'paid')",
        payment["payment_id"],
    )
    left = payment["amount_minor"] - open_minor
    if wanted.amount_minor > left:
        message = "More than was paid cannot be sent back."
        raise Refused(409, "too_much", message, {"amount_minor": f"At most {max(0, left)} is left."})
    return payment


def _new_refund(office: Office, payment: Row, wanted: RefundWanted) -> Row:
    at = office.calendar.stamp()
    empty = dict.fromkeys(("processing_at", "paid_at", "failed_at", "declined_at", "cancelled_at", "expected_on"))
    return {
        "refund_id": next_id(office, "refunds", "rf_", 300_001),
        **{
            name: payment[name]
            for name in ("payment_id", "order_id", "customer_id", "method", "card_last4", "currency")
        },
        "return_id": None,
        "status": "approved",
        "amount_minor": wanted.amount_minor,
        "reason": wanted.reason,
        "why": None,
        "bank_reference": None,
        "requested_at": at,
        "approved_at": at,
        **empty,
    }


def _find(office: Office, refund_id: str) -> Row:
    row = office.storage.row("SELECT * FROM refunds WHERE refund_id = ?", refund_id)
    if row is None:
        raise not_found("refund")
    return row


def _effect(operation: str, row: dict[str, Any], what: str) -> Effect:
    return Effect(
        operation=operation, reference=row["refund_id"], customer_id=row["customer_id"], what=what, answer=dict(row)
    )
