"""The log: every visible thing, numbered without gaps, the same bytes for every reader."""

import json
from collections.abc import MutableMapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, bindparam, exists, insert, select, update

from frontdesk.adapters.stores.payloads import payload_of, put_payloads
from frontdesk.adapters.stores.schema import conversations, events, payloads, turns
from frontdesk.adapters.stores.sessions import Session
from frontdesk.adapters.stores.sql import AnnounceEvents
from frontdesk.adapters.stores.values import from_ms, to_json, to_ms
from frontdesk.domain.errors import NotFoundError
from frontdesk.domain.events import Event, StoredEvent, TurnAccepted, to_wire
from frontdesk.domain.ids import ConversationId, TurnId

_ADVANCE = (
    update(conversations)
    .where(conversations.c.conversation_id == bindparam("wanted"))
    .values(
        last_seq=conversations.c.last_seq + bindparam("count", type_=BigInteger),
        updated_at=bindparam("at", type_=BigInteger),
    )
    .returning(conversations.c.last_seq, AnnounceEvents().label("announced"))
)
_APPEND = insert(events)
_ACCEPTANCE = (
    select(events.c.seq)
    .select_from(turns.join(events, events.c.conversation_id == turns.c.conversation_id))
    .where(
        turns.c.turn_id == bindparam("wanted"),
        events.c.turn_id == turns.c.turn_id,
        events.c.kind == TurnAccepted.kind,
    )
)
_TELLS_OF = select(
    exists().where(events.c.conversation_id == bindparam("wanted"), events.c.turn_id == bindparam("turn"))
)
_NEWEST = select(conversations.c.conversation_id, conversations.c.last_seq).where(
    conversations.c.conversation_id.in_(bindparam("wanted", expanding=True))
)
_READ = (
    select(*events.c, payloads.c.body)
    .select_from(events.outerjoin(payloads, payload_of(events.c.conversation_id, "event", events.c.seq)))
    .where(events.c.conversation_id == bindparam("wanted"), events.c.seq > bindparam("after"))
    .order_by(events.c.seq)
    .limit(bindparam("most"))
)
_ERASED: dict[str, list[Any]] = {"citations": []}
"""What stands for a personal value once it is erased; null for the others."""


class Events:
    def __init__(self, session: Session, appended: MutableMapping[ConversationId, int]) -> None:
        """`appended` collects the newest seq per conversation, for those who wake readers after the commit."""
        self._session = session
        self._appended = appended

    def append(
        self, conversation_id: ConversationId, events: Sequence[Event], *, at: datetime
    ) -> tuple[StoredEvent, ...]:
        """Give the events the conversation's next sequence numbers, without gaps; readers are woken on commit."""
        if not events:
            return ()
        at_ms = to_ms(at)
        last = self._advance(conversation_id, len(events), at_ms)
        numbered = list(enumerate(events, start=last - len(events) + 1))
        wires = [(seq, event, to_wire(event)) for seq, event in numbered]
        self._session.run_many(
            _APPEND, [_to_row(conversation_id, seq, event, wire, at_ms) for seq, event, wire in wires]
        )
        personal = [
            (seq, {name: wire[name] for name in wire if name in event.personal_fields})
            for seq, event, wire in wires
            if event.personal_fields
        ]
        put_payloads(self._session, conversation_id, "event", personal)
        self._appended[conversation_id] = last
        return tuple(_to_stored(conversation_id, seq, event, wire, at_ms) for seq, event, wire in wires)

    def read(self, conversation_id: ConversationId, *, after: int, limit: int = 500) -> tuple[StoredEvent, ...]:
        wanted = {"wanted": conversation_id, "after": after, "most": limit}
        return tuple(_from_row(row) for row in self._session.rows(_READ, wanted))

    def seq_of_acceptance(self, turn_id: TurnId) -> int:
        """Sequence number of the turn's `turn.accepted`; 0 when there is none."""
        return self._session.scalar(_ACCEPTANCE, {"wanted": turn_id}) or 0

    def tells_of(self, conversation_id: ConversationId, turn_id: TurnId) -> bool:
        """Whether any event of the conversation names this turn."""
        return bool(self._session.scalar(_TELLS_OF, {"wanted": conversation_id, "turn": turn_id}))

    def newest(self, conversation_ids: Sequence[ConversationId]) -> dict[ConversationId, int]:
        """Sequence number of the newest event of each; 0 where there is none."""
        found = self._session.rows(_NEWEST, {"wanted": list(conversation_ids)})
        return dict.fromkeys(conversation_ids, 0) | {ConversationId(row.conversation_id): row.last_seq for row in found}

    def _advance(self, conversation_id: ConversationId, count: int, at_ms: int) -> int:
        """Reserve `count` numbers; the updated row stays locked until the commit, so no gap can arise."""
        row = self._session.first(_ADVANCE, {"wanted": conversation_id, "count": count, "at": at_ms})
        if row is None:
            raise NotFoundError("There is no such conversation.", field="conversation_id")
        last: int = row.last_seq
        return last


def _to_row(
    conversation_id: ConversationId, seq: int, event: Event, wire: dict[str, Any], at_ms: int
) -> dict[str, str | int | None]:
    if not event.is_stored:
        raise ValueError(f"{event.kind} is never stored")
    personal = event.personal_fields
    data = {name: _ERASED.get(name) if name in personal else value for name, value in wire.items()}
    return {
        "conversation_id": conversation_id,
        "seq": seq,
        "kind": event.kind,
        "turn_id": _turn_of(event),
        "at": at_ms,
        "data": to_json(data),
    }


def _to_stored(
    conversation_id: ConversationId, seq: int, event: Event, wire: dict[str, Any], at_ms: int
) -> StoredEvent:
    return StoredEvent(
        conversation_id=conversation_id,
        seq=seq,
        kind=event.kind,
        turn_id=_turn_of(event),
        at=from_ms(at_ms),
        body=to_json(wire),
    )


def _turn_of(event: Event) -> TurnId | None:
    turn_id: TurnId | None = getattr(event, "turn_id", None)
    return turn_id


def _from_row(row: Any) -> StoredEvent:
    return StoredEvent(
        conversation_id=ConversationId(row.conversation_id),
        seq=row.seq,
        kind=row.kind,
        turn_id=None if row.turn_id is None else TurnId(row.turn_id),
        at=from_ms(row.at),
        body=row.data if row.body is None else _merge(row.data, row.body),
    )


def _merge(data: str, payload: str) -> str:
    """Put the personal values back where `data` holds null for them; the order is that of `data`."""
    return to_json({**json.loads(data), **json.loads(payload)})
