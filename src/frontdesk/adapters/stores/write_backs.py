"""Write-back: one row per conversation, taken under a lease, every change of a taken one under its fence.

All times are the database's own: a process whose clock is wrong delays nothing and jumps no queue.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, bindparam, case, func, or_, select, update

from frontdesk.adapters.stores.escalations import Escalations
from frontdesk.adapters.stores.schema import conversations, escalations, workflow_runs, write_backs
from frontdesk.adapters.stores.sessions import Session
from frontdesk.adapters.stores.sql import DatabaseNow, insert_if_absent
from frontdesk.adapters.stores.values import to_json, to_ms, to_ms_span
from frontdesk.adapters.stores.write_back_rows import from_ms_or_none, to_outgoing_json, to_write_back
from frontdesk.domain.escalation import Escalation
from frontdesk.domain.ids import ConversationId, EscalationId
from frontdesk.domain.write_back import (
    STUCK,
    FieldError,
    Mended,
    Outgoing,
    StoredWriteBack,
    WriteBackState,
    WriteBackTally,
)

_row = write_backs.c
_WANTED = _row.conversation_id == bindparam("wanted")
_MINE = (_WANTED, _row.fence == bindparam("held"), _row.state == "sending")
_LAST_SEQ = (
    select(conversations.c.last_seq).where(conversations.c.conversation_id == bindparam("wanted")).scalar_subquery()
)
_QUIET = bindparam("quiet_ms", type_=BigInteger)
_IS_NEW = _row.state.in_(("sent", *STUCK))
"""Whether a mark begins another wait; of those that wait already, only the time is put off."""
_MARKS: Mapping[str, Any] = {
    "state": case((_IS_NEW, "queued"), else_=_row.state),
    "wanted_seq": _LAST_SEQ,
    "queued_at": case((_row.state == "sent", DatabaseNow()), else_=_row.queued_at),
    "attempts": case((_IS_NEW, 0), else_=_row.attempts),
    "failures": case((_IS_NEW, 0), else_=_row.failures),
    "updated_at": DatabaseNow(),
}
_MAY_BE_MARKED = (_WANTED, _row.state != "discarded")
_IS_TRIED = (_row.state == "queued") & (_row.attempts > 0)
"""One that waits to be tried again keeps its time: nobody who writes on delays it, or makes it come sooner."""
_MARK = (
    update(write_backs)
    .where(*_MAY_BE_MARKED)
    .values(
        **_MARKS,
        quiet_ms=_QUIET,
        due_at=case((_IS_TRIED, _row.due_at), else_=DatabaseNow() + _QUIET),
    )
)
_TOUCH = (
    update(write_backs)
    .where(*_MAY_BE_MARKED)
    .values(**_MARKS, due_at=case((_IS_TRIED, _row.due_at), else_=DatabaseNow() + _row.quiet_ms))
)
_ADD = insert_if_absent(write_backs).values(
    wanted_seq=_LAST_SEQ,
    queued_at=DatabaseNow(),
    updated_at=DatabaseNow(),
    due_at=DatabaseNow() + _QUIET,
    quiet_ms=_QUIET,
)
_FRESH: Mapping[str, Any] = {
    "state": "queued",
    "sent_seq": 0,
    "sent_digest": "",
    "versions": 0,
    "reference": "",
    "lease_until": 0,
    "fence": 0,
    "attempts": 0,
    "failures": 0,
    "error": "",
    "errors": "[]",
    "is_unclear": 0,
    "mended": "{}",
    "is_mended": 0,
    "decided_by": "",
    "reason": "",
}
_HASTEN = (
    update(write_backs)
    .where(
        _row.state == "queued",
        _row.attempts == 0,
        _row.due_at > DatabaseNow(),
        _row.conversation_id.in_(
            select(conversations.c.conversation_id).where(
                conversations.c.conversation_id == _row.conversation_id,
                conversations.c.status.in_(bindparam("statuses", expanding=True)),
            )
        ),
    )
    .values(due_at=DatabaseNow())
)
_IS_DUE = or_(
    (_row.state == "queued") & (_row.due_at <= DatabaseNow()),
    (_row.state == "sending") & (_row.lease_until <= DatabaseNow()),
)
_DUE = (
    select(_row.conversation_id)
    .where(_row.state.in_(("queued", "sending")), _IS_DUE)
    .order_by(_row.due_at, _row.conversation_id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_TAKE = (
    update(write_backs)
    .where(_WANTED, _IS_DUE)
    .values(
        state="sending",
        lease_owner=bindparam("owner"),
        lease_until=DatabaseNow() + bindparam("lease_ms", type_=BigInteger),
        fence=_row.fence + 1,
        attempts=_row.attempts + 1,
    )
    .returning(write_backs)
)
_RELEASE_ALL = update(write_backs).where(_row.state == "sending").values(lease_until=0)
_BEGIN = update(write_backs).where(*_MINE).values(outgoing=bindparam("body"), is_unclear=1, is_mended=0)
_LET_GO: Mapping[str, Any] = {"lease_owner": None, "lease_until": 0, "updated_at": DatabaseNow()}
_CLEARED: Mapping[str, Any] = {
    **_LET_GO,
    "attempts": 0,
    "failures": 0,
    "first_failed_at": None,
    "error": "",
    "errors": "[]",
    "outgoing": None,
    "is_unclear": 0,
}
_KNOWN = bindparam("seq", type_=BigInteger)
_AFTERWARDS = case((_row.wanted_seq > _KNOWN, "queued"), else_="sent")
_SENT = (
    update(write_backs)
    .where(*_MINE, _row.outgoing.is_not(None))
    .values(
        **_CLEARED,
        state=_AFTERWARDS,
        sent_seq=_KNOWN,
        sent_digest=bindparam("digest"),
        sent_at=DatabaseNow(),
        versions=_row.versions + 1,
        reference=case((bindparam("named") != "", bindparam("named")), else_=_row.reference),
        queued_at=DatabaseNow(),
    )
)
_UNCHANGED = (
    update(write_backs).where(*_MINE).values(**_CLEARED, state=_AFTERWARDS, sent_seq=_KNOWN, queued_at=DatabaseNow())
)
_IS_ABSENT = update(write_backs).where(*_MINE).values(outgoing=None, is_unclear=0)
_FAILED: Mapping[str, Any] = {
    **_LET_GO,
    "error": bindparam("why"),
    "is_unclear": bindparam("unclear"),
    "first_failed_at": func.coalesce(_row.first_failed_at, DatabaseNow()),
}
_RETRY = (
    update(write_backs)
    .where(*_MINE)
    .values(
        **_FAILED,
        state="queued",
        failures=_row.failures + bindparam("counted", type_=BigInteger),
        due_at=DatabaseNow() + bindparam("after_ms", type_=BigInteger),
    )
)
_PUT_BACK = update(write_backs).where(*_MINE).values(**_FAILED, state="queued", attempts=_row.attempts - 1)
_STOP = update(write_backs).where(*_MINE).values(**_FAILED, state=bindparam("end"), errors=bindparam("fields"))
_GET = select(write_backs).where(_WANTED)
_OUTGOING = select(_row.outgoing).where(*_MINE)
_LIST = (
    select(write_backs)
    .where(_row.state.in_(bindparam("states", expanding=True)))
    .order_by(_row.updated_at.desc(), _row.conversation_id)
    .limit(bindparam("most"))
)
_RETRIED: Mapping[str, Any] = {
    "state": "queued",
    "attempts": 0,
    "failures": 0,
    "first_failed_at": None,
    "due_at": DatabaseNow(),
    "queued_at": DatabaseNow(),
    "updated_at": DatabaseNow(),
    "decided_by": bindparam("by"),
    "decided_at": bindparam("at"),
    "reason": "",
}
_RESEND = (
    update(write_backs)
    .where(_WANTED, _row.state.in_((*STUCK, "discarded")))
    .values(**_RETRIED, mended=bindparam("values"), is_mended=bindparam("changed"))
)
_RESEND_ALL = update(write_backs).where(_row.state.in_(bindparam("states", expanding=True))).values(**_RETRIED)
_DISCARD = (
    update(write_backs)
    .where(_WANTED, _row.state.in_(("queued", *STUCK)))
    .values(
        **{**_CLEARED, "updated_at": DatabaseNow()},
        state="discarded",
        reason=bindparam("why"),
        decided_by=bindparam("by"),
        decided_at=bindparam("at"),
    )
)
_COUNTS = select(_row.state, func.count().label("count")).group_by(_row.state)
_DUE_NOW = (_row.state.in_(("queued", "sending")), _row.due_at <= DatabaseNow())
_WAITING = select(func.count().label("due"), func.min(_row.due_at).label("oldest")).where(*_DUE_NOW)
_DAY_MS = 86_400_000
_SENT_24H = select(func.count()).where(_row.sent_at > DatabaseNow() - _DAY_MS)
_LAST_SENT = select(func.max(_row.sent_at))
_FAILING = (
    select(_row.first_failed_at, _row.error)
    .where(_row.state.in_(("queued", "sending")), _row.first_failed_at.is_not(None))
    .where(_row.first_failed_at > bindparam("after", type_=BigInteger))
    .order_by(_row.first_failed_at)
    .limit(1)
)
_RUNS = (
    select(workflow_runs.c.workflow, workflow_runs.c.status)
    .where(workflow_runs.c.conversation_id == bindparam("wanted"))
    .order_by(workflow_runs.c.started_at, workflow_runs.c.run_id)
)
_ESCALATION = (
    select(escalations.c.escalation_id)
    .where(escalations.c.conversation_id == bindparam("wanted"))
    .order_by(escalations.c.opened_at.desc())
    .limit(1)
)
_NOW = select(DatabaseNow())


class WriteBacks:
    def __init__(self, session: Session) -> None:
        self._session = session

    def mark(self, conversation_id: ConversationId, *, quiet_s: float) -> None:
        """Let all that is in its log now be written after so long without another mark; a discarded one stays so."""
        wanted = {"wanted": conversation_id, "quiet_ms": to_ms_span(quiet_s)}
        if self._session.run(_MARK, wanted) == 0:
            self._session.run(_ADD, {**wanted, **_FRESH, "conversation_id": conversation_id})

    def touch(self, conversation_id: ConversationId) -> None:
        """The same with the time of the last mark; nothing where there was none."""
        self._session.run(_TOUCH, {"wanted": conversation_id})

    def hasten(self, *, statuses: Sequence[str]) -> int:
        """Let those be due now whose conversation has one of these states; how many that were."""
        return self._session.run(_HASTEN, {"statuses": list(statuses)})

    def claim(self, owner: str, *, lease_s: float, limit: int) -> tuple[StoredWriteBack, ...]:
        """Those that are due, and those whose process fell silent, now this owner's until the lease runs out."""
        found = [row[0] for row in self._session.rows(_DUE, {"most": limit})]
        taken = {"owner": owner, "lease_ms": to_ms_span(lease_s)}
        rows = (self._session.first(_TAKE, {"wanted": one, **taken}) for one in found)
        return tuple(to_write_back(row) for row in rows if row is not None)

    def release_all(self) -> None:
        """Let every lease run out now: for a process that is the only one and has just started."""
        self._session.run(_RELEASE_ALL, {})

    def begin(self, conversation_id: ConversationId, outgoing: Outgoing, *, fence: int) -> bool:
        """Keep what is about to be sent, whose end is unclear from now on; False where another process has it."""
        return self._change(_BEGIN, conversation_id, fence, body=to_outgoing_json(outgoing))

    def sent(self, conversation_id: ConversationId, *, reference: str, fence: int) -> bool:
        """The other system has `outgoing`; what came in meanwhile waits for its time."""
        held: str | None = self._session.scalar(_OUTGOING, {"wanted": conversation_id, "held": fence})
        if held is None:
            return False
        body = json.loads(held)
        known = {"seq": body["seq"], "digest": body["digest"], "named": reference}
        return self._change(_SENT, conversation_id, fence, **known)

    def unchanged(self, conversation_id: ConversationId, *, seq: int, fence: int) -> bool:
        """What the log says up to `seq` is there already."""
        return self._change(_UNCHANGED, conversation_id, fence, seq=seq)

    def is_absent(self, conversation_id: ConversationId, *, fence: int) -> bool:
        """`outgoing` has not arrived, and never will."""
        return self._change(_IS_ABSENT, conversation_id, fence)

    def retry(
        self,
        conversation_id: ConversationId,
        *,
        after_s: float,
        error: str,
        is_unclear: bool,
        counts: bool,
        fence: int,
    ) -> bool:
        """Let it be tried again after so long."""
        changing = {"after_ms": to_ms_span(after_s), "why": error, "unclear": int(is_unclear), "counted": int(counts)}
        return self._change(_RETRY, conversation_id, fence, **changing)

    def put_back(self, conversation_id: ConversationId, *, error: str, is_unclear: bool, fence: int) -> bool:
        """Nothing was tried: it is due as it was, and the claim doesn't count."""
        return self._change(_PUT_BACK, conversation_id, fence, why=error, unclear=int(is_unclear))

    def stop(
        self,
        conversation_id: ConversationId,
        *,
        state: WriteBackState,
        error: str,
        errors: Sequence[FieldError],
        is_unclear: bool,
        fence: int,
    ) -> bool:
        """Leave it to a person."""
        changing = {"end": state, "why": error, "fields": to_json(list(errors)), "unclear": int(is_unclear)}
        return self._change(_STOP, conversation_id, fence, **changing)

    def get(self, conversation_id: ConversationId) -> StoredWriteBack | None:
        row = self._session.first(_GET, {"wanted": conversation_id})
        return None if row is None else to_write_back(row)

    def list_in(self, states: Sequence[WriteBackState], *, limit: int) -> Sequence[StoredWriteBack]:
        """Changed last first."""
        found = self._session.rows(_LIST, {"states": list(states), "most": limit})
        return tuple(to_write_back(row) for row in found)

    def tally(self) -> WriteBackTally:
        now: int = self._session.scalar(_NOW)
        counts = {row.state: row.count for row in self._session.rows(_COUNTS)}
        waiting = self._session.first(_WAITING)
        last: int | None = self._session.scalar(_LAST_SENT)
        failing = self._session.first(_FAILING, {"after": last or 0})
        return WriteBackTally(
            by_state=counts,
            due=waiting.due,
            sent_24h=self._session.scalar(_SENT_24H),
            oldest_due_s=0.0 if waiting.oldest is None else max(0, now - waiting.oldest) / 1000,
            last_sent_at=from_ms_or_none(last),
            failing_since=None if failing is None else from_ms_or_none(failing.first_failed_at),
            last_error="" if failing is None else failing.error,
        )

    def resend(self, conversation_id: ConversationId, mended: Mapping[str, Mended], *, by: str, at: datetime) -> bool:
        """Try a stuck or discarded one again now, with these values in place of others; False where it is neither."""
        held = self.get(conversation_id)
        if held is None:
            return False
        values = {**held.mended, **mended}
        changing = {"values": to_json(values), "changed": int(bool(mended) or held.is_mended)}
        return self._session.run(_RESEND, {"wanted": conversation_id, **changing, "by": by, "at": to_ms(at)}) == 1

    def resend_all(self, states: Sequence[WriteBackState], *, by: str, at: datetime) -> int:
        """Try all in these states again now; how many that were."""
        return self._session.run(_RESEND_ALL, {"states": list(states), "by": by, "at": to_ms(at)})

    def discard(self, conversation_id: ConversationId, *, reason: str, by: str, at: datetime) -> bool:
        """Never write it; False where a process has it or nothing waits."""
        changing = {"wanted": conversation_id, "why": reason, "by": by, "at": to_ms(at)}
        return self._session.run(_DISCARD, changing) == 1

    def runs_of(self, conversation_id: ConversationId) -> Sequence[tuple[str, str]]:
        """Workflow and status of every run of the conversation, oldest first."""
        return tuple((row.workflow, row.status) for row in self._session.rows(_RUNS, {"wanted": conversation_id}))

    def escalation_of(self, conversation_id: ConversationId) -> Escalation | None:
        """The one that was opened last, closed or not."""
        found = self._session.scalar(_ESCALATION, {"wanted": conversation_id})
        return None if found is None else Escalations(self._session).get(EscalationId(found))

    def _change(self, statement: Any, conversation_id: ConversationId, fence: int, **values: Any) -> bool:
        return self._session.run(statement, {"wanted": conversation_id, "held": fence, **values}) == 1
