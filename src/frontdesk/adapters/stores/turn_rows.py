"""A turn's row, and the value it stands for."""

from typing import Any

from frontdesk.adapters.stores.schema import turns
from frontdesk.adapters.stores.values import from_ms, to_ms, to_ms_span
from frontdesk.domain.ids import ConversationId, MessageId, ReleaseId, TurnId
from frontdesk.domain.turn import Outcome, TurnState
from frontdesk.ports.stores import StoredTurn

TURN_COLUMNS = tuple(turns.c[name] for name in StoredTurn.__dataclass_fields__)


def new_row(
    turn: StoredTurn, number: int, state: TurnState, *, owner: str | None, fence: int
) -> dict[str, str | int | None]:
    """The values of a turn that is opened; the database adds its own times."""
    return {
        "turn_id": turn.turn_id,
        "conversation_id": turn.conversation_id,
        "number": number,
        "message_id": turn.message_id,
        "idempotency_key": turn.idempotency_key,
        "request_hash": turn.request_hash,
        "state": state.value,
        "release_id": turn.release_id,
        "language": turn.language,
        "channel": turn.channel,
        "lease_owner": owner,
        "fence": fence,
        "accepted_at": to_ms(turn.accepted_at),
        "time_ms": to_ms_span((turn.deadline_at - turn.accepted_at).total_seconds()),
        "last_seq": 0,
        "lane": turn.lane,
        "party": turn.party,
    }


def to_turn(row: Any) -> StoredTurn:
    return StoredTurn(
        turn_id=TurnId(row.turn_id),
        conversation_id=ConversationId(row.conversation_id),
        message_id=MessageId(row.message_id),
        idempotency_key=row.idempotency_key,
        request_hash=row.request_hash,
        state=TurnState(row.state),
        outcome=None if row.outcome is None else Outcome(row.outcome),
        release_id=ReleaseId(row.release_id),
        language=row.language,
        channel=row.channel,
        fence=row.fence,
        accepted_at=from_ms(row.accepted_at),
        deadline_at=from_ms(row.deadline_at),
        ended_at=None if row.ended_at is None else from_ms(row.ended_at),
        last_seq=row.last_seq,
        lane=row.lane,
        party=row.party,
        superseded_by=None if row.superseded_by is None else TurnId(row.superseded_by),
        passed_on=row.passed_on,
    )
