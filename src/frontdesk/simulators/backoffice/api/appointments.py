"""/appointments: the workshops' calendar. It knows no idempotency keys: the same request twice books two places.

Whoever books sends a `reference` of their own, and looks for it when an answer was lost.
"""

from typing import Any, Literal

from pydantic import Field
from starlette.responses import JSONResponse

from frontdesk.simulators.backoffice.api.calls import EachOf, OfficeOf, Record, Wanted, next_id, picked, system_router
from frontdesk.simulators.backoffice.effects import Effect
from frontdesk.simulators.backoffice.office import Office
from frontdesk.simulators.backoffice.refusals import Refused, not_found
from frontdesk.simulators.backoffice.storage import Row

router = system_router("appointments", "Appointments")
MAX_SLOTS = 12
Store = Literal["Hamburg", "Munich", "Amsterdam", "Barcelona"]
Service = Literal["repair_hand_in", "same_day_repair", "boot_fitting"]


class Slot(Record):
    slot_id: str
    store: Store
    service: Service
    starts_at: str = Field(description="The store's own time, written as UTC.")
    day: str
    time: str
    minutes: int
    places_left: int


class Slots(Record):
    slots: list[Slot]


class Appointment(Record):
    appointment_id: str
    customer_id: str
    reference: str
    status: Literal["booked", "cancelled"]
    store: Store
    service: Service
    starts_at: str
    day: str
    time: str
    item: str
    fault: str
    created_at: str
    cancelled_at: str | None


class Appointments(Record):
    appointments: list[Appointment]


class AppointmentWanted(Wanted):
    slot_id: str
    customer_id: str
    reference: str = Field(min_length=1, max_length=120)
    item: str = Field(max_length=120)
    fault: str = Field("", max_length=500)


_FREE = "s.places - (SELECT count(*) FROM appointments a WHERE a.slot_id = s.slot_id AND a.status = 'booked')"


@router.get("/slots")
async def list_slots(
    office: OfficeOf, store: Store, service: Service = "repair_hand_in", day: str = "", limit: int = MAX_SLOTS
) -> Slots:
    """Free places from now on, earliest first; with a day, those of that day and later."""
    since = max(office.calendar.stamp(), day)
    rows = office.storage.rows(
        f"SELECT s.*, {_FREE} AS places_left FROM slots s WHERE store = ? AND service = ? AND starts_at > ? "  # noqa: S608
        "ORDER BY starts_at",
        store,
        service,
        since,
    )
    free = [row for row in rows if row["places_left"] > 0][: max(1, min(limit, 100))]
    names = ("slot_id", "store", "service", "starts_at", "minutes", "places_left")
    return Slots.model_validate({"slots": [{**picked(row, *names), **_when(row)} for row in free]})


@router.post("/appointments", status_code=201, response_model=Appointment)
async def book_appointment(office: OfficeOf, change: EachOf, wanted: AppointmentWanted) -> JSONResponse:
    """Book a place. Sent twice, it is booked twice."""

    def do() -> Effect:
        slot = office.storage.row(
            f"SELECT s.*, {_FREE} AS places_left FROM slots s WHERE slot_id = ?",  # noqa: S608
            wanted.slot_id,
        )
        if slot is None:
            raise not_found("slot")
        if slot["places_left"] < 1 or slot["starts_at"] <= office.calendar.stamp():
            raise Refused(409, "slot_taken", "This place is no longer free.")
        appointment_id = next_id(office, "appointments", "AP", 40_001)
        at = office.calendar.stamp()
        row = {"appointment_id": appointment_id, **wanted.model_dump(), "status": "booked", "created_at": at}
        office.storage.insert("appointments", **row)
        return _effect(office, "book_appointment", appointment_id)

    return await change.once(do, status=201)


@router.get("/appointments")
async def list_appointments(
    office: OfficeOf, customer_id: str | None = None, reference: str | None = None
) -> Appointments:
    """Appointments of a customer, or those with a reference; this is how a lost answer is found again."""
    if not customer_id and not reference:
        raise Refused(422, "invalid", "Name a customer or a reference.", {"reference": "It or customer_id is needed."})
    rows = office.storage.rows(
        f"{_SELECT} WHERE ? IN ('', a.customer_id) AND ? IN ('', a.reference) ORDER BY a.appointment_id",
        customer_id or "",
        reference or "",
    )
    return Appointments.model_validate({"appointments": [_to_appointment(row) for row in rows]})


@router.post("/appointments/{appointment_id}/cancel", response_model=Appointment)
async def cancel_appointment(office: OfficeOf, change: EachOf, appointment_id: str) -> JSONResponse:
    """Give a place back."""

    def do() -> Effect:
        row = _find(office, appointment_id)
        if row["status"] == "cancelled":
            raise Refused(409, "already_cancelled", "This appointment is cancelled already.")
        where = {"appointment_id": row["appointment_id"]}
        office.storage.update("appointments", where, status="cancelled", cancelled_at=office.calendar.stamp())
        return _effect(office, "cancel_appointment", row["appointment_id"])

    return await change.once(do)


_SELECT = "SELECT a.*, s.store, s.service, s.starts_at FROM appointments a JOIN slots s USING (slot_id)"


def _find(office: Office, appointment_id: str) -> Row:
    row = office.storage.row(f"{_SELECT} WHERE a.appointment_id = ?", appointment_id.upper())
    if row is None:
        raise not_found("appointment")
    return row


def _to_appointment(row: Row) -> dict[str, Any]:
    names = ("appointment_id", "customer_id", "reference", "status", "store", "service", "starts_at", "item", "fault")
    return {**picked(row, *names, "created_at", "cancelled_at"), **_when(row)}


def _when(row: Row) -> dict[str, str]:
    return {"day": row["starts_at"][:10], "time": row["starts_at"][11:16]}


def _effect(office: Office, operation: str, appointment_id: str) -> Effect:
    answer = _to_appointment(_find(office, appointment_id))
    what = f"{answer['service']} in {answer['store']}, {answer['day']} {answer['time']}"
    return Effect(
        operation=operation, reference=answer["reference"], customer_id=answer["customer_id"], what=what, answer=answer
    )
