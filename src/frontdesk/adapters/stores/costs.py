"""Reads across the ledger: what was spent, by what, and for how many turns."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, case, distinct, exists, func, literal, select

from frontdesk.adapters.stores.budgets import NANO
from frontdesk.adapters.stores.schema import escalations, ledger, turns
from frontdesk.adapters.stores.sessions import Session
from frontdesk.adapters.stores.values import from_ms, to_ms
from frontdesk.domain.costs import MOST_DAYS, CostBy, CostLine, CostReport, TurnCounts, project_month
from frontdesk.domain.reconciliation import BookedLine
from frontdesk.domain.turn import Outcome

_DAY_MS = 86_400_000
_GOOD = (Outcome.ANSWERED.value, Outcome.ACTED.value)

_IN_TIME = (ledger.c.at >= bindparam("since"), ledger.c.at < bindparam("until"))
_day = ledger.c.at - ledger.c.at % _DAY_MS
_KEYS: Mapping[CostBy, ColumnElement[Any]] = {
    "turn": func.coalesce(ledger.c.turn_id, ""),
    "conversation": func.coalesce(ledger.c.conversation_id, ""),
    "customer": func.coalesce(ledger.c.customer_id, ""),
    "channel": ledger.c.channel,
    "purpose": ledger.c.purpose,
    "model": ledger.c.vendor + "/" + ledger.c.model,
    "release": ledger.c.release_id,
    "day": _day,
}


def _sum_where(condition: ColumnElement[bool], value: ColumnElement[Any]) -> ColumnElement[Any]:
    return func.coalesce(func.sum(case((condition, value), else_=0)), 0)


_usd = func.coalesce(func.sum(ledger.c.cost_nanousd), 0).label("nanousd")
_SUMS = (
    _sum_where(ledger.c.kind == "usage", literal(1)).label("requests"),
    func.count(distinct(ledger.c.turn_id)).label("turns"),
    func.coalesce(func.sum(ledger.c.input_tokens), 0).label("input_tokens"),
    func.coalesce(func.sum(ledger.c.output_tokens), 0).label("output_tokens"),
    func.coalesce(func.sum(ledger.c.cached_tokens), 0).label("cached_tokens"),
    _usd,
    _sum_where(ledger.c.cost_nanousd.is_(None), literal(1)).label("unknown"),
    _sum_where(
        (ledger.c.is_estimated == 1) & (ledger.c.kind == "usage"), func.coalesce(ledger.c.cost_nanousd, 0)
    ).label("estimated"),
    _sum_where(ledger.c.kind == "adjustment", func.coalesce(ledger.c.cost_nanousd, 0)).label("adjusted"),
)
_TOTAL = select(*_SUMS).where(*_IN_TIME)


def _by(key: ColumnElement[Any], *, in_order: bool) -> Select[Any]:
    named = key.label("key")
    ordered = (named,) if in_order else (_usd.desc(), named)
    return select(named, *_SUMS).where(*_IN_TIME).group_by(key).order_by(*ordered).limit(bindparam("most"))


_BY = {by: _by(key, in_order=by == "day") for by, key in _KEYS.items()}
_DAYS = select(_day.label("day"), _usd).where(ledger.c.at >= bindparam("since")).group_by(_day)

_BOOKED = (
    select(
        _day.label("day"),
        ledger.c.vendor,
        ledger.c.model,
        _usd,
        func.coalesce(func.sum(ledger.c.input_tokens + ledger.c.output_tokens), 0).label("tokens"),
        _sum_where(ledger.c.kind == "usage", literal(1)).label("requests"),
    )
    .where(*_IN_TIME)
    .group_by(_day, ledger.c.vendor, ledger.c.model)
)

_ENDED = (turns.c.ended_at >= bindparam("since"), turns.c.ended_at < bindparam("until"))
_good = func.coalesce(func.sum(case((turns.c.outcome.in_(_GOOD), 1), else_=0)), 0)
_COUNTS = select(
    func.count().label("turns"),
    _good.label("answered"),
    func.count(distinct(turns.c.conversation_id)).label("conversations"),
).where(*_ENDED)
_helped = select(turns.c.conversation_id).where(*_ENDED).group_by(turns.c.conversation_id).having(_good > 0).subquery()
_RESOLVED = (
    select(func.count())
    .select_from(_helped)
    .where(~exists().where(escalations.c.conversation_id == _helped.c.conversation_id))
)


class Costs:
    def __init__(self, session: Session) -> None:
        self._session = session

    def report(self, *, by: CostBy, since: datetime, until: datetime, now: datetime, limit: int) -> CostReport:
        """Everything that was spent from `since` up to but without `until`."""
        window = {"since": to_ms(since), "until": to_ms(until)}
        found = self._session.rows(_BY[by], {**window, "most": limit + 1})
        return CostReport(
            since=since,
            until=until,
            by=by,
            lines=tuple(_to_line(_key_of(by, row.key), row) for row in found[:limit]),
            is_cut_short=len(found) > limit,
            total=_to_line("", self._session.first(_TOTAL, window)),
            counts=self._counts(window),
            projection=project_month(self.days(since=_start_of_projection(now)), now),
        )

    def days(self, *, since: datetime) -> dict[date, Decimal]:
        """US dollars per day (UTC) since then; a day without a request is missing."""
        rows = self._session.rows(_DAYS, {"since": to_ms(since)})
        return {from_ms(row.day).date(): int(row.nanousd) / NANO for row in rows}

    def booked(self, *, since: datetime, until: datetime) -> tuple[BookedLine, ...]:
        """What the ledger has per day, vendor and model, corrections included."""
        rows = self._session.rows(_BOOKED, {"since": to_ms(since), "until": to_ms(until)})
        return tuple(
            BookedLine(
                day=from_ms(row.day).date(),
                vendor=row.vendor,
                model=row.model,
                usd=int(row.nanousd) / NANO,
                tokens=int(row.tokens),
                requests=int(row.requests),
            )
            for row in rows
        )

    def _counts(self, window: Mapping[str, int]) -> TurnCounts:
        row = self._session.first(_COUNTS, window)
        resolved = self._session.scalar(_RESOLVED, window)
        return TurnCounts(
            turns=row.turns, answered=int(row.answered), conversations=row.conversations, resolved=resolved
        )


def _start_of_projection(now: datetime) -> datetime:
    """Early enough for the month so far and for the sample."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return min(midnight.replace(day=1), midnight - timedelta(days=MOST_DAYS))


def _key_of(by: CostBy, value: Any) -> str:
    return f"{from_ms(value):%Y-%m-%d}" if by == "day" else str(value)


def _to_line(key: str, row: Any) -> CostLine:
    return CostLine(
        key=key,
        requests=int(row.requests),
        turns=int(row.turns),
        input_tokens=int(row.input_tokens),
        output_tokens=int(row.output_tokens),
        cached_tokens=int(row.cached_tokens),
        usd=int(row.nanousd) / NANO,
        unknown=int(row.unknown),
        estimated_usd=int(row.estimated) / NANO,
        adjusted_usd=int(row.adjusted) / NANO,
    )
