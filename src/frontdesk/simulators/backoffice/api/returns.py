"""/orders/returns: what customers send back; a part of the order system."""

from datetime import timedelta
from typing import Any, Literal

from pydantic import Field
from starlette.responses import JSONResponse

from frontdesk.simulators.backoffice.api.calls import OfficeOf, OnceOf, Record, Wanted, next_id, picked, system_router
from frontdesk.simulators.backoffice.api.orders import find_order
from frontdesk.simulators.backoffice.api.rules import check_returnable
from frontdesk.simulators.backoffice.effects import Effect
from frontdesk.simulators.backoffice.office import Office
from frontdesk.simulators.backoffice.refusals import Refused, not_found
from frontdesk.simulators.backoffice.storage import Row

router = system_router("orders", "Returns")
LABEL_DAYS = 14
Reason = Literal["does_not_fit", "does_not_please", "faulty", "wrong_item", "arrived_late"]


class Return(Record):
    return_id: str
    order_id: str
    customer_id: str
    status: Literal["created", "in_transit", "arrived", "accepted", "rejected", "lost", "cancelled"]
    method: Literal["post", "store"]
    reason: Reason
    items: str = Field(description="What comes back, in one line.")
    lines: str = Field(description="The order lines, separated by commas.")
    tracking_number: str | None
    label_url: str | None
    label_valid_until: str | None
    created_at: str
    arrived_at: str | None
    inspected_at: str | None
    note: str


class Returns(Record):
    returns: list[Return]


class ReturnWanted(Wanted):
    order_id: str
    lines: str = Field("", description="Order lines, separated by commas; all that may come back where it is empty.")
    reason: Reason = "does_not_please"
    method: Literal["post", "store"] = "post"


def to_return(office: Office, row: Row) -> dict[str, Any]:
    items = office.storage.rows(
        "SELECT i.line_id, i.title, r.quantity FROM return_items r JOIN order_items i USING (line_id) "
        "WHERE r.return_id = ? ORDER BY i.line_id",
        row["return_id"],
    )
    has_label = row["method"] == "post" and row["label_valid_until"]
    return {
        **picked(row, "return_id", "order_id", "customer_id", "status", "method", "reason", "tracking_number", "note"),
        **picked(row, "label_valid_until", "created_at", "arrived_at", "inspected_at"),
        "items": "; ".join(f"{item['quantity']} x {item['title']}" for item in items),
        "lines": ",".join(item["line_id"] for item in items),
        "label_url": f"https://labels.harbor-and-pine.example/{row['return_id']}" if has_label else None,
    }


@router.get("/returns")
async def list_returns(office: OfficeOf, customer_id: str) -> Returns:
    """A customer's returns, newest first."""
    rows = office.storage.rows("SELECT * FROM returns WHERE customer_id = ? ORDER BY created_at DESC", customer_id)
    return Returns.model_validate({"returns": [to_return(office, row) for row in rows]})


@router.get("/returns/{return_id}")
async def read_return(office: OfficeOf, return_id: str) -> Return:
    return Return.model_validate(to_return(office, _find(office, return_id)))


@router.post("/returns", status_code=201, response_model=Return)
async def start_return(office: OfficeOf, change: OnceOf, wanted: ReturnWanted) -> JSONResponse:
    """Start a return: a label, and a refund that is requested."""

    def do() -> Effect:
        order = find_order(office, wanted.order_id)
        lines = _lines(office, order, wanted.lines)
        row = _new_return(office, order, wanted, lines)
        return _effect(office, "start_return", row["return_id"], f"return of {', '.join(lines)}")

    return await change.once(do, status=201)


@router.post("/returns/{return_id}/cancel", response_model=Return)
async def cancel_return(office: OfficeOf, change: OnceOf, return_id: str) -> JSONResponse:
    """Take a return back before the parcel is on its way."""

    def do() -> Effect:
        row = _find(office, return_id)
        if row["status"] != "created":
            raise Refused(409, "too_late", f"A return that is {row['status']} cannot be cancelled.")
        at = office.calendar.stamp()
        office.storage.update("returns", {"return_id": return_id}, status="cancelled")
        where = {"return_id": return_id, "status": "requested"}
        office.storage.update("refunds", where, status="cancelled", cancelled_at=at)
        return _effect(office, "cancel_return", return_id, "return cancelled")

    return await change.once(do)


def _lines(office: Office, order: Row, text: str) -> list[str]:
    asked = [line.strip() for line in text.split(",") if line.strip()]
    if not asked:
        rows = office.storage.rows("SELECT line_id FROM order_items WHERE order_id = ?", order["order_id"])
        asked = [row["line_id"] for row in rows]
    check_returnable(office, order, asked)
    return asked


def _new_return(office: Office, order: Row, wanted: ReturnWanted, lines: list[str]) -> Row:
    at, today = office.calendar.stamp(), office.calendar.today()
    return_id = next_id(office, "returns", "RT", 880_001)
    is_post = wanted.method == "post"
    row = {
        "return_id": return_id,
        **picked(order, "order_id", "customer_id"),
        "status": "created",
        "method": wanted.method,
        "reason": wanted.reason,
        "tracking_number": None,
        "created_at": at,
        "label_valid_until": (today + timedelta(days=LABEL_DAYS)).isoformat() if is_post else None,
    }
    office.storage.insert("returns", **row)
    for line in lines:
        office.storage.insert("return_items", return_id=return_id, line_id=line, quantity=1)
    _request_refund(office, order, return_id, lines)
    return row


def _request_refund(office: Office, order: Row, return_id: str, lines: list[str]) -> None:
    payment = office.storage.row("SELECT * FROM payments WHERE order_id = ?", order["order_id"])
    if payment is None:
        return
    marks = ", ".join("?" * len(lines))
    worth = office.storage.scalar(f"SELECT sum(unit_price_minor) FROM order_items WHERE line_id IN ({marks})", *lines)  # noqa: S608
    office.storage.insert(
        "refunds",
        refund_id=next_id(office, "refunds", "rf_", 300_001),
        **picked(payment, "payment_id", "order_id", "customer_id", "method", "card_last4", "currency"),
        return_id=return_id,
        status="requested",
        amount_minor=worth,
        reason="return",
        requested_at=office.calendar.stamp(),
    )
    office.storage.update("orders", {"order_id": order["order_id"]}, refund_state="pending")


def _find(office: Office, return_id: str) -> Row:
    row = office.storage.row("SELECT * FROM returns WHERE return_id = ?", return_id.upper())
    if row is None:
        raise not_found("return")
    return row


def _effect(office: Office, operation: str, return_id: str, what: str) -> Effect:
    answer = to_return(office, _find(office, return_id))
    return Effect(operation=operation, reference=return_id, customer_id=answer["customer_id"], what=what, answer=answer)
