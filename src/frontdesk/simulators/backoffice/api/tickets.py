"""/tickets: cases of the support team, among them past escalations."""

from datetime import timedelta
from typing import Any, Literal

from pydantic import Field
from starlette.responses import JSONResponse

from frontdesk.simulators.backoffice.api.calls import OfficeOf, OnceOf, Record, Wanted, next_id, system_router
from frontdesk.simulators.backoffice.behaviour import to_stamp
from frontdesk.simulators.backoffice.effects import Effect
from frontdesk.simulators.backoffice.office import Office
from frontdesk.simulators.backoffice.refusals import Refused, not_found
from frontdesk.simulators.backoffice.storage import Row

router = system_router("tickets", "Tickets")
RECENT_DAYS = 90
Kind = Literal["ticket", "escalation"]
Topic = Literal["refund", "delivery", "return", "repair", "account", "order", "other"]


class Comment(Record):
    at: str
    author: str
    text: str


class Ticket(Record):
    ticket_id: str
    customer_id: str
    order_id: str | None
    kind: Kind = Field(description="An escalation is a case that a person had to take over.")
    topic: Topic
    status: Literal["open", "closed"]
    priority: Literal["normal", "high"]
    subject: str
    owner: str
    opened_at: str
    closed_at: str | None
    resolution: str | None
    comments: list[Comment]


class Tickets(Record):
    tickets: list[Ticket]


class History(Record):
    customer_id: str
    tickets: int
    escalations: int
    escalations_open: int
    escalations_recent: int = Field(description=f"In the last {RECENT_DAYS} days.")
    last_escalation_at: str | None
    last_topic: str | None


class TicketWanted(Wanted):
    customer_id: str
    subject: str = Field(min_length=3, max_length=120)
    text: str = Field(max_length=4000)
    topic: Topic = "other"
    kind: Kind = "ticket"
    order_id: str | None = None


class CommentWanted(Wanted):
    author: str = Field(max_length=60)
    text: str = Field(min_length=1, max_length=4000)


@router.get("/tickets")
async def list_tickets(
    office: OfficeOf, customer_id: str, kind: Kind | None = None, status: Literal["open", "closed"] | None = None
) -> Tickets:
    """A customer's cases, newest first."""
    rows = office.storage.rows("SELECT * FROM tickets WHERE customer_id = ? ORDER BY opened_at DESC", customer_id)
    fitting = [row for row in rows if kind in (None, row["kind"]) and status in (None, row["status"])]
    return Tickets.model_validate({"tickets": [_to_ticket(office, row) for row in fitting]})


@router.get("/history/{customer_id}")
async def read_history(office: OfficeOf, customer_id: str) -> History:
    """How often a customer has written, and how often it took a person."""
    return history_of(office, customer_id)


def history_of(office: Office, customer_id: str) -> History:
    rows = office.storage.rows("SELECT * FROM tickets WHERE customer_id = ? ORDER BY opened_at DESC", customer_id)
    escalations = [row for row in rows if row["kind"] == "escalation"]
    since = to_stamp(office.calendar.now() - timedelta(days=RECENT_DAYS))
    return History(
        customer_id=customer_id,
        tickets=len(rows),
        escalations=len(escalations),
        escalations_open=sum(row["status"] == "open" for row in escalations),
        escalations_recent=sum(row["opened_at"] >= since for row in escalations),
        last_escalation_at=escalations[0]["opened_at"] if escalations else None,
        last_topic=rows[0]["topic"] if rows else None,
    )


@router.get("/tickets/{ticket_id}")
async def read_ticket(office: OfficeOf, ticket_id: str) -> Ticket:
    return Ticket.model_validate(_to_ticket(office, _find(office, ticket_id)))


@router.post("/tickets", status_code=201, response_model=Ticket)
async def open_ticket(office: OfficeOf, change: OnceOf, wanted: TicketWanted) -> JSONResponse:
    """Open a case."""

    def do() -> Effect:
        if office.storage.row("SELECT 1 FROM customers WHERE customer_id = ?", wanted.customer_id) is None:
            raise Refused(422, "invalid", "Some fields are not valid.", {"customer_id": "There is no such customer."})
        ticket_id = next_id(office, "tickets", "TK", 60_001)
        at = office.calendar.stamp()
        office.storage.insert(
            "tickets",
            ticket_id=ticket_id,
            **wanted.model_dump(exclude={"text"}),
            status="open",
            priority="high" if wanted.kind == "escalation" else "normal",
            owner="First line",
            opened_at=at,
        )
        office.storage.insert("ticket_comments", ticket_id=ticket_id, at=at, author="assistant", text=wanted.text)
        return _effect(office, "open_ticket", ticket_id, wanted.subject)

    return await change.once(do, status=201)


@router.post("/tickets/{ticket_id}/comments", status_code=201, response_model=Ticket)
async def add_comment(office: OfficeOf, change: OnceOf, ticket_id: str, wanted: CommentWanted) -> JSONResponse:
    """Add to a case."""

    def do() -> Effect:
        _find(office, ticket_id)
        at = office.calendar.stamp()
        office.storage.insert("ticket_comments", ticket_id=ticket_id, at=at, **wanted.model_dump())
        return _effect(office, "add_comment", ticket_id, wanted.text[:80])

    return await change.once(do, status=201)


def _find(office: Office, ticket_id: str) -> Row:
    row = office.storage.row("SELECT * FROM tickets WHERE ticket_id = ?", ticket_id.upper())
    if row is None:
        raise not_found("ticket")
    return row


def _to_ticket(office: Office, row: Row) -> dict[str, Any]:
    comments = office.storage.rows(
        "SELECT at, author, text FROM ticket_comments WHERE ticket_id = ? ORDER BY comment_id", row["ticket_id"]
    )
    return {**row, "comments": comments}


def _effect(office: Office, operation: str, ticket_id: str, what: str) -> Effect:
    answer = _to_ticket(office, _find(office, ticket_id))
    return Effect(operation=operation, reference=ticket_id, customer_id=answer["customer_id"], what=what, answer=answer)
