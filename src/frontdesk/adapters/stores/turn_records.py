"""The record of an ended turn: rows for what is counted, one erasable document for what was said.

Rows (citations, verdicts, claims, withheld, timings, attempts, costs) carry numbers, labels and the company's
own words; they stay for good. The document carries everything made of what the customer wrote.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Table, bindparam, func, insert, select

from frontdesk.adapters.stores.feedback import GivenFeedback
from frontdesk.adapters.stores.ledger import Ledger
from frontdesk.adapters.stores.payloads import payload_of, put_payloads
from frontdesk.adapters.stores.releases import Releases
from frontdesk.adapters.stores.schema import (
    citations,
    claims,
    events,
    messages,
    payloads,
    stage_timings,
    turns,
    vendor_attempts,
    verdicts,
    withheld,
)
from frontdesk.adapters.stores.sessions import Session
from frontdesk.adapters.stores.values import from_ms, to_json
from frontdesk.domain.events import FeedbackGiven
from frontdesk.domain.ids import ConversationId, ReleaseId, TurnId
from frontdesk.domain.safety import Verdict
from frontdesk.domain.turn import Citation, ClaimSupport, StageTiming, TurnRecord, Withheld
from frontdesk.domain.usage import VendorAttempt

_DOCUMENT = (
    "answer",
    "routes",
    "retrieval",
    "verdict_in",
    "verdicts_out",
    "sentences",
    "claims",
    "withheld",
    "prompt",
    "narrowed_from",
    "limits",
    "error_code",
    "cached_from",
    "acting",
)
"""Fields of a `TurnRecord` that lie in the document; `route` is the last of the routes."""

_CHILDREN = (citations, verdicts, claims, withheld, stage_timings, vendor_attempts)
_NAMES = {"stage_timings": "timings", "vendor_attempts": "attempts"}
"""What a trace calls the rows whose table has a longer name."""
_INSERT = {table.name: insert(table) for table in _CHILDREN}
_SELECT = {
    table.name: select(*(column for column in table.c if column.name != "turn_id"))
    .where(table.c.turn_id == bindparam("wanted"))
    .order_by(table.c.position)
    for table in _CHILDREN
}
_said = payloads.alias("said")
_TURN = (
    select(turns, payloads.c.body, _said.c.body.label("question"))
    .select_from(
        turns.outerjoin(payloads, payload_of(turns.c.conversation_id, "turn", turns.c.number))
        .outerjoin(messages, messages.c.message_id == turns.c.message_id)
        .outerjoin(
            _said,
            (_said.c.conversation_id == messages.c.conversation_id)
            & (_said.c.noun == "message")
            & (_said.c.number == messages.c.position),
        )
    )
    .where(turns.c.turn_id == bindparam("wanted"))
)
_EVENTS = select(func.min(events.c.seq).label("first_seq"), func.max(events.c.seq).label("last_seq")).where(
    events.c.conversation_id == bindparam("conversation"),
    events.c.turn_id == bindparam("wanted"),
    events.c.kind != FeedbackGiven.kind,
)
_TIMES = ("accepted_at", "deadline_at", "ended_at")
_HIDDEN = frozenset({"body", "question", "degraded", "timings", "lease_until", "idempotency_key", "request_hash"})


class TurnRecords:
    def __init__(self, session: Session) -> None:
        self._session = session

    def add_attempts(self, turn_id: TurnId, attempts: Iterable[VendorAttempt]) -> None:
        """Rows after those of the record; an attempt's number is its place."""
        for attempt in attempts:
            place = {"turn_id": turn_id, "position": attempt.number - 1}
            self._session.run(_INSERT["vendor_attempts"], {**place, **_attempt_row(attempt)})

    def write(self, record: TurnRecord, conversation_id: ConversationId, *, number: int) -> None:
        """Store the document of the conversation's turn `number`, and the rows."""
        document = {name: getattr(record, name) for name in _DOCUMENT}
        document["routes"] = record.routes or ([] if record.route is None else [record.route])
        put_payloads(self._session, conversation_id, "turn", [(number, document)])
        turn_id = record.lease.turn_id
        for table, rows in _rows_of(record):
            numbered = [{"turn_id": turn_id, "position": position, **row} for position, row in enumerate(rows)]
            if numbered:
                self._session.run_many(_INSERT[table.name], numbered)

    def read(self, turn_id: TurnId) -> dict[str, Any] | None:
        row = self._session.first(_TURN, {"wanted": turn_id})
        if row is None:
            return None
        rows = {_NAMES.get(table.name, table.name): self._children(table, turn_id) for table in _CHILDREN}
        document = {} if row.body is None else json.loads(row.body)
        said = {} if row.question is None else json.loads(row.question)
        return {
            **_columns(row),
            "question": said.get("text"),
            "cleaning": said.get("cleaning"),
            "manifest": self._manifest(ReleaseId(row.release_id)),
            "events": self._event_range(row.conversation_id, turn_id),
            "feedback": self._feedback(turn_id),
            "degraded": _load(row.degraded),
            "timings_ms": _load(row.timings),
            **{name: document.get(name) for name in _DOCUMENT},
            "route": _last_route(document),
            **rows,
            "costs": Ledger(self._session).of_turn(turn_id),
            "claims": document.get("claims", rows["claims"]),
            "withheld": document.get("withheld", rows["withheld"]),
        }

    def _children(self, table: Table, turn_id: str) -> list[dict[str, Any]]:
        found = [row._asdict() for row in self._session.rows(_SELECT[table.name], {"wanted": turn_id})]
        return [
            {name: _load(value) if name in _JSON_COLUMNS else value for name, value in row.items()} for row in found
        ]

    def _feedback(self, turn_id: TurnId) -> dict[str, Any] | None:
        """The newest rating; None when there was none."""
        given = GivenFeedback(self._session).get(turn_id)
        if given is None:
            return None
        return {
            "rating": given.rating,
            "reasons": [reason.value for reason in given.reasons],
            "comment": given.comment,
            "at": given.at.isoformat(),
        }

    def _manifest(self, release_id: ReleaseId) -> dict[str, Any] | None:
        """What the release is made of."""
        manifest = Releases(self._session).get(release_id)
        if manifest is None:
            return None
        return {
            "release_id": manifest.release_id,
            "components": dict(manifest.components),
            "snapshot_id": manifest.snapshot_id,
            "composed_at": manifest.composed_at.isoformat(),
        }

    def _event_range(self, conversation_id: str, turn_id: str) -> dict[str, int | None]:
        found = self._session.first(_EVENTS, {"conversation": conversation_id, "wanted": turn_id})
        return {"first_seq": found.first_seq, "last_seq": found.last_seq}


def _last_route(document: Mapping[str, Any]) -> Any:
    """Documents written before there were several have it by itself."""
    routes = document.get("routes")
    return routes[-1] if routes else document.get("route")


_JSON_COLUMNS = frozenset({"findings", "contradictions", "reasons"})


def _load(text: str | None) -> Any:
    return None if text is None else json.loads(text)


def _columns(row: Any) -> dict[str, Any]:
    plain = {name: value for name, value in row._asdict().items() if name not in _HIDDEN}
    for name in _TIMES:
        plain[name] = None if plain[name] is None else from_ms(plain[name]).isoformat()
    return plain


def _rows_of(record: TurnRecord) -> Iterable[tuple[Table, list[Mapping[str, Any]]]]:
    verdict_in = [] if record.verdict_in is None else [_verdict_row("in", record.verdict_in)]
    yield citations, [_citation_row(one) for one in record.answer.citations]
    yield verdicts, verdict_in + [_verdict_row("out", one) for one in record.verdicts_out]
    yield claims, [_claim_row(one) for one in record.claims]
    yield withheld, [_withheld_row(one) for one in record.withheld]
    yield stage_timings, [_timing_row(one) for one in record.timings]
    yield vendor_attempts, [_attempt_row(one) for one in record.attempts]


def _citation_row(citation: Citation) -> Mapping[str, Any]:
    return {
        "marker": citation.marker,
        "document_id": citation.document_id,
        "chunk_id": citation.chunk_id,
        "title": citation.title,
        "url": citation.url,
        "quote": citation.quote,
        "snapshot_id": citation.snapshot_id,
    }


def _verdict_row(direction: str, verdict: Verdict) -> Mapping[str, Any]:
    return {
        "direction": direction,
        "action": verdict.action.value,
        "reason": verdict.reason,
        "policy_version": verdict.policy_version,
        "findings": to_json(verdict.findings),
    }


def _claim_row(support: ClaimSupport) -> Mapping[str, Any]:
    return {
        "risk": support.risk,
        "contradictions": to_json(support.contradictions),
        "chunk_id": None if support.evidence is None else support.evidence.chunk_id,
    }


def _withheld_row(piece: Withheld) -> Mapping[str, Any]:
    return {"stage": piece.stage, "reasons": to_json(piece.reasons), "risk": piece.risk}


def _timing_row(timing: StageTiming) -> Mapping[str, Any]:
    return {
        "stage": timing.stage.value,
        "step": timing.step,
        "ms": timing.ms,
        "error": timing.error,
        "started_ms": timing.started_ms,
        "ended_ms": timing.ended_ms,
    }


def _attempt_row(attempt: VendorAttempt) -> Mapping[str, Any]:
    return {
        "number": attempt.number,
        "purpose": attempt.purpose,
        "vendor": attempt.vendor,
        "model": attempt.model,
        "reported_model": attempt.reported_model,
        "result": attempt.result,
        "first_token_ms": attempt.first_token_ms,
        "total_ms": attempt.total_ms,
        "input_tokens": attempt.usage.input_tokens,
        "output_tokens": attempt.usage.output_tokens,
        "cached_tokens": attempt.usage.cached_tokens,
        "cost_usd": None if attempt.cost_usd is None else str(attempt.cost_usd),
        "route": attempt.route,
        "is_hedge": int(attempt.is_hedge),
        "is_estimated": int(attempt.is_estimated),
    }
