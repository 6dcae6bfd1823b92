"""For staff: what was spent, on what and for how many answers; and a vendor's bill booked."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from fastapi import Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from frontdesk.domain.costs import COST_BY, CostBy
from frontdesk.domain.errors import MalformedError
from frontdesk.domain.reconciliation import BillLine
from frontdesk.server.access import Access
from frontdesk.server.bodies import Body, json_response, read_body
from frontdesk.server.routes import Operation, Parameter, frontdesk_of, visitor_of
from frontdesk.turn.money.figures import plain_costs, plain_difference
from frontdesk.turn.money.reconciling import reconcile_bill

_PATH = "/v1/admin/costs"
_DAYS = 30
"""As many days are shown where nobody says which."""
_MOST_DAYS = 732
_MOST_LINES = 500


class CostLineOut(BaseModel):
    key: str = Field(description="What the requests have in common; empty where that is not known.")
    requests: int
    turns: int
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    usd: str = Field(description="US dollars, exact, of everything that has a price; corrections included.")
    unknown: int = Field(description="Requests whose price is not known; they are in no amount.")
    estimated_usd: str = Field(description="How much of it rests on tokens that were estimated.")
    adjusted_usd: str = Field(description="How much of it was corrected by a vendor's bill.")


class ProjectionOut(BaseModel):
    month: str
    spent_usd: str
    expected_usd: str
    low_usd: str
    high_usd: str = Field(description="Nine months of ten end between the two, where days stay as they were.")
    days: int = Field(description="Whole days that it rests on; it knows nothing of growth or of weekdays.")


class CostsOut(BaseModel):
    since: str
    until: str
    by: str
    lines: list[CostLineOut] = Field(description="Most expensive first; days in their order.")
    is_cut_short: bool = Field(description="There are more lines than were asked for; the total is of all.")
    total: CostLineOut
    turns: int = Field(description="Turns that ended in the time.")
    answered: int
    conversations: int
    resolved: int = Field(description="Conversations with an answer in which no person was ever needed, as stored.")
    per_turn_usd: str | None
    per_answered_usd: str | None
    per_conversation_usd: str | None
    per_resolved_usd: str | None = Field(description="Everything that was spent, over the resolved conversations.")
    projection: ProjectionOut | None = Field(description="Of the running month; null where too few days are known.")


class BillLineIn(Body):
    day: str = Field(description="As 2026-03-01, UTC.")
    model: str = Field(description="As the bill names it.")
    usd: str | int | float = Field(description="US dollars; as text it stays exact.")
    vendor: str = Field(default="", description="Only requests to this vendor; all where it is empty.")
    tokens: int | None = Field(default=None, description="Read and written; only shown beside ours.")


class BillIn(Body):
    lines: list[BillLineIn] = Field(description="Several of the same day and model add up.")
    note: str = Field(default="", max_length=500, description="Stands with every adjustment.")
    should_book: bool = Field(default=True, description="False only compares.")


class DifferenceOut(BaseModel):
    day: str
    vendor: str
    model: str
    billed_usd: str
    booked_usd: str
    usd: str = Field(description="What the ledger lacked; negative where it had too much.")
    billed_tokens: int | None
    booked_tokens: int
    requests: int = Field(description="0 where the ledger has none of this model on that day.")


class Reconciled(BaseModel):
    items: list[DifferenceOut]
    is_booked: bool


async def read_costs(request: Request) -> Response:
    """What was spent, summed up by what it was spent on.

    Amounts are texts with exact decimals. An answer's price may be unknown: such requests are counted in `unknown` and
    are in no amount.
    """
    app = frontdesk_of(request)
    now = app.clock.now()
    by, since, until, limit = costs_asked(request.query_params, now)
    report = await app.database.read(
        lambda stores: stores.costs.report(by=by, since=since, until=until, now=now, limit=limit)
    )
    return json_response(plain_costs(report))


async def reconcile_costs(request: Request) -> Response:
    """Book what a vendor's bill says otherwise than the ledger.

    Per day and model one adjustment is added, so that both agree; nothing is changed, and the same bill sent again
    books nothing more. Models that the bill does not name are left alone.
    """
    app, sent = frontdesk_of(request), await read_body(request, BillIn)
    lines = [_to_line(line, number) for number, line in enumerate(sent.lines, start=1)]
    note = sent.note or f"Reconciled by {visitor_of(request).staff_name or 'staff'}."

    found = await app.database.write(
        lambda stores: reconcile_bill(stores, lines, note=note, should_book=sent.should_book)
    )
    return json_response({"items": [plain_difference(one) for one in found], "is_booked": sent.should_book})


def costs_asked(query: Mapping[str, str], now: datetime) -> tuple[CostBy, datetime, datetime, int]:
    """What to sum up by, from when, up to but without when, and in how many lines.

    Raises:
        MalformedError: a parameter is none of ours.
    """
    by = next((known for known in COST_BY if known == query.get("by", "day")), None)
    if by is None:
        raise MalformedError(f"by must be one of {', '.join(COST_BY)}.", field="by")
    until = _day(query, "until", now.date()) + timedelta(days=1)
    since = _day(query, "since", until - timedelta(days=_DAYS))
    if not timedelta(0) < until - since <= timedelta(days=_MOST_DAYS):
        raise MalformedError(f"since must lie before until, by {_MOST_DAYS} days at most.", field="since")
    return by, _midnight(since), _midnight(until), _limit(query)


def _day(query: Mapping[str, str], name: str, default: date) -> date:
    text = query.get(name, "")
    try:
        return date.fromisoformat(text) if text else default
    except ValueError:
        raise MalformedError(f"{name} must be a day such as 2026-03-01.", field=name) from None


def _limit(query: Mapping[str, str]) -> int:
    text = query.get("limit", "100")
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= _MOST_LINES):
        raise MalformedError(f"limit must be a whole number from 1 to {_MOST_LINES}.", field="limit")
    return int(text)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(0), UTC)


def _to_line(line: BillLineIn, number: int) -> BillLine:
    try:
        day = date.fromisoformat(line.day)
    except ValueError:
        raise MalformedError(f"Line {number}: {line.day!r} is no day such as 2026-03-01.", field="day") from None
    try:
        usd = Decimal(str(line.usd))
    except ArithmeticError:
        raise MalformedError(f"Line {number}: {line.usd!r} is no amount.", field="usd") from None
    return BillLine(day=day, model=line.model, usd=usd, vendor=line.vendor, tokens=line.tokens)


OPERATIONS = (
    Operation(
        method="GET",
        path=_PATH,
        access=Access.STAFF,
        handler=read_costs,
        tag="Admin",
        gives={200: CostsOut},
        parameters=(
            Parameter(name="by", where="query", text=f"One of {', '.join(COST_BY)}; day by default."),
            Parameter(name="since", where="query", text=f"First day (UTC); {_DAYS} days up to `until` by default."),
            Parameter(name="until", where="query", text="Last day (UTC), which counts; today by default."),
            Parameter(name="limit", where="query", text=f"1 to {_MOST_LINES} lines; 100 by default."),
        ),
        problems=(400, 503),
    ),
    Operation(
        method="POST",
        path=f"{_PATH}/reconcile",
        access=Access.STAFF,
        handler=reconcile_costs,
        tag="Admin",
        takes=BillIn,
        gives={200: Reconciled},
        problems=(503,),
    ),
)
