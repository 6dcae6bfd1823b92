"""Occurrences: what happened to the installation."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, update

from frontdesk.adapters.stores.schema import occurrences
from frontdesk.adapters.stores.sessions import Session
from frontdesk.adapters.stores.values import from_ms, to_json, to_ms
from frontdesk.domain.occurrences import SEVERITIES, Occurrence, Severity

_ADD = insert(occurrences)
_SAME = (
    select(occurrences.c.entry_id, occurrences.c.times)
    .where(
        occurrences.c.kind == bindparam("kind"),
        occurrences.c.subject == bindparam("subject"),
        occurrences.c.severity == bindparam("severity"),
        occurrences.c.last_at >= bindparam("since"),
    )
    .order_by(occurrences.c.last_at.desc())
    .limit(1)
)
_COUNT_UP = (
    update(occurrences)
    .where(occurrences.c.entry_id == bindparam("wanted"))
    .values(
        times=occurrences.c.times + bindparam("more"),
        last_at=bindparam("now"),
        detail=bindparam("newest"),
    )
)
_LIST = (
    select(occurrences)
    .where(occurrences.c.severity.in_(bindparam("severities", expanding=True)))
    .order_by(occurrences.c.last_at.desc(), occurrences.c.entry_id.desc())
    .limit(bindparam("most"))
)
_NEWEST = (
    select(occurrences)
    .where(occurrences.c.kind.in_(bindparam("kinds", expanding=True)))
    .order_by(occurrences.c.last_at.desc(), occurrences.c.entry_id.desc())
    .limit(1)
)
_FORGET = delete(occurrences).where(occurrences.c.last_at < bindparam("before"))


class Occurrences:
    def __init__(self, session: Session) -> None:
        self._session = session

    def add(
        self,
        kind: str,
        *,
        subject: str,
        severity: Severity,
        detail: Mapping[str, str | int | float],
        times: int,
        at: datetime,
        last_at: datetime,
        same_since: datetime,
    ) -> None:
        """Keep it, or count up the one that was noted at or after `same_since`."""
        same = {"kind": kind, "subject": subject, "severity": severity}
        found = self._session.first(_SAME, {**same, "since": to_ms(same_since)})
        if found is not None:
            newest = {"more": times, "now": to_ms(last_at), "newest": to_json(detail)}
            self._session.run(_COUNT_UP, {"wanted": found.entry_id, **newest})
            return
        row = {**same, "at": to_ms(at), "last_at": to_ms(last_at), "times": times, "detail": to_json(detail)}
        self._session.run(_ADD, row)

    def list_recent(self, *, limit: int, severities: Sequence[Severity] = SEVERITIES) -> Sequence[Occurrence]:
        """Noted last first."""
        rows = self._session.rows(_LIST, {"severities": list(severities), "most": limit})
        return tuple(_to_occurrence(row) for row in rows)

    def newest_of(self, *kinds: str) -> Occurrence | None:
        """The one of these kinds that was noted last."""
        row = self._session.first(_NEWEST, {"kinds": list(kinds)})
        return None if row is None else _to_occurrence(row)

    def forget(self, *, before: datetime) -> int:
        """Delete those that were noted last before a time; how many that were."""
        return self._session.run(_FORGET, {"before": to_ms(before)})


def _to_occurrence(row: Any) -> Occurrence:
    return Occurrence(
        occurrence_id=row.entry_id,
        at=from_ms(row.at),
        last_at=from_ms(row.last_at),
        times=row.times,
        kind=row.kind,
        severity=row.severity,
        subject=row.subject,
        detail=json.loads(row.detail),
    )
