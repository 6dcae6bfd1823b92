"""/shipping: the carriers' tracking, times as seconds since 1970, statuses as the carriers name them."""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field
from starlette.responses import JSONResponse

from frontdesk.simulators.backoffice.api.calls import OfficeOf, OnceOf, Record, Wanted, picked, system_router
from frontdesk.simulators.backoffice.behaviour import from_stamp
from frontdesk.simulators.backoffice.effects import Effect
from frontdesk.simulators.backoffice.office import Office
from frontdesk.simulators.backoffice.refusals import Refused, not_found
from frontdesk.simulators.backoffice.storage import Row

router = system_router("shipping", "Shipping")
ShipmentStatus = Literal[
    "label_created",
    "in_transit",
    "waiting_at_port",
    "in_customs",
    "out_for_delivery",
    "at_pickup_point",
    "delivered",
    "exception",
    "lost",
    "returned_to_sender",
]


class TrackingEvent(Record):
    at: int = Field(description="Seconds since 1970.")
    status: ShipmentStatus
    place: str
    text: str


class Shipment(Record):
    shipment_id: str
    order_id: str
    customer_id: str
    direction: Literal["outbound", "return"]
    carrier: str
    tracking_number: str
    status: ShipmentStatus
    created_at: int = Field(description="Seconds since 1970.")
    last_event_at: int = Field(description="Seconds since 1970.")
    last_event: str
    last_place: str
    expected_on: str | None = Field(description="As in 2026-11-25.")
    delivered_at: int | None = Field(description="Seconds since 1970.")
    is_under_investigation: bool
    events: list[TrackingEvent] = Field(description="Newest first.")


class Shipments(Record):
    shipments: list[Shipment]


class InvestigationWanted(Wanted):
    shipment_id: str
    reason: Literal["not_there", "no_scan", "damaged"]


def to_shipment(office: Office, row: Row) -> dict[str, Any]:
    """The record with its events."""
    events = office.storage.rows(
        "SELECT at, status, place, text FROM tracking_events WHERE shipment_id = ? ORDER BY at DESC", row["shipment_id"]
    )
    names = ("shipment_id", "order_id", "customer_id", "direction", "carrier", "tracking_number", "status")
    return {
        **picked(row, *names, "expected_on"),
        "created_at": _seconds(row["created_at"]),
        "last_event_at": _seconds(row["last_event_at"]),
        "last_event": events[0]["text"],
        "last_place": events[0]["place"],
        "delivered_at": _seconds(row["delivered_at"]) if row["delivered_at"] else None,
        "is_under_investigation": bool(row["is_under_investigation"]),
        "events": [{**event, "at": _seconds(event["at"])} for event in events],
    }


def _seconds(stamp: str) -> int:
    at: datetime = from_stamp(stamp)
    return int(at.timestamp())


@router.get("/shipments")
async def list_shipments(
    office: OfficeOf,
    customer_id: str | None = None,
    order_id: str | None = None,
    direction: Literal["outbound", "return"] | None = None,
) -> Shipments:
    """Parcels of a customer or an order, in both directions, newest first."""
    wanted = {"customer_id": customer_id, "order_id": order_id, "direction": direction}
    given = {name: value for name, value in wanted.items() if value}
    if not customer_id and not order_id:
        raise Refused(422, "invalid", "Name a customer or an order.", {"customer_id": "It or order_id is needed."})
    where = " AND ".join(f"{name} = ?" for name in given)
    rows = office.storage.rows(
        f"SELECT * FROM shipments WHERE {where} ORDER BY created_at DESC",  # noqa: S608
        *given.values(),
    )
    return Shipments.model_validate({"shipments": [to_shipment(office, row) for row in rows]})


@router.get("/track/{tracking_number}")
async def track(office: OfficeOf, tracking_number: str) -> Shipment:
    """One parcel by the number on its label."""
    row = office.storage.row("SELECT * FROM shipments WHERE tracking_number = ?", tracking_number)
    if row is None:
        raise not_found("parcel")
    return Shipment.model_validate(to_shipment(office, row))


@router.get("/shipments/{shipment_id}")
async def read_shipment(office: OfficeOf, shipment_id: str) -> Shipment:
    return Shipment.model_validate(to_shipment(office, _find(office, shipment_id)))


@router.post("/investigations", status_code=201, response_model=Shipment)
async def start_investigation(office: OfficeOf, change: OnceOf, wanted: InvestigationWanted) -> JSONResponse:
    """Ask the carrier to look for a parcel."""

    def do() -> Effect:
        row = _find(office, wanted.shipment_id)
        if row["is_under_investigation"]:
            raise Refused(409, "already_open", "The carrier is looking for this parcel already.")
        office.storage.update("shipments", {"shipment_id": wanted.shipment_id}, is_under_investigation=1)
        answer = to_shipment(office, _find(office, wanted.shipment_id))
        return Effect(
            operation="start_investigation",
            reference=wanted.shipment_id,
            customer_id=row["customer_id"],
            what=f"investigation: {wanted.reason}",
            answer=answer,
        )

    return await change.once(do, status=201)


def _find(office: Office, shipment_id: str) -> Row:
    row = office.storage.row("SELECT * FROM shipments WHERE shipment_id = ?", shipment_id)
    if row is None:
        raise not_found("parcel")
    return row
