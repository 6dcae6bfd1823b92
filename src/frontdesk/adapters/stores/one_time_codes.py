"""One-time codes: kept as hashes, each for one conversation, with its tries counted."""

from sqlalchemy import BigInteger, bindparam, func, select, update

from frontdesk.adapters.stores.schema import one_time_codes
from frontdesk.adapters.stores.sessions import Session
from frontdesk.adapters.stores.sql import DatabaseNow, insert_if_absent
from frontdesk.adapters.stores.values import to_ms_span
from frontdesk.domain.ids import ConversationId, TurnId
from frontdesk.ports.stores import CodeCheck

_codes = one_time_codes.c
_PUT = insert_if_absent(one_time_codes).values(
    created_at=DatabaseNow(),
    expires_at=DatabaseNow() + bindparam("expires_ms", type_=BigInteger),
    tries=0,
    tried_by="",
    state="open",
    used_at=None,
)
_VOID = (
    update(one_time_codes)
    .where(_codes.conversation_id == bindparam("wanted"), _codes.state == "open")
    .values(state="void")
)
_OPEN_ON = select(_codes.code_id).where(
    _codes.conversation_id == bindparam("wanted"), _codes.state == "open", _codes.expires_at > DatabaseNow()
)
_HOLD = (
    select(
        _codes.code_hash,
        _codes.state,
        _codes.tries,
        _codes.tried_by,
        (_codes.expires_at > DatabaseNow()).label("is_in_time"),
    )
    .where(_codes.code_id == bindparam("wanted"))
    .with_for_update()
)
_TRIED = (
    update(one_time_codes)
    .where(_codes.code_id == bindparam("wanted"))
    .values(tries=bindparam("counted"), tried_by=bindparam("by"), state=bindparam("new_state"))
)
_USED = update(one_time_codes).where(_codes.code_id == bindparam("wanted")).values(used_at=DatabaseNow())
_STEPPED_UP = select(func.count()).where(
    _codes.conversation_id == bindparam("wanted"),
    _codes.subject == bindparam("whose"),
    _codes.state == "used",
    _codes.used_at > DatabaseNow() - bindparam("span_ms", type_=BigInteger),
)
_SENT_TO = select(func.count()).where(
    _codes.subject == bindparam("whose"), _codes.created_at > DatabaseNow() - bindparam("span_ms", type_=BigInteger)
)


class OneTimeCodes:
    def __init__(self, session: Session) -> None:
        self._session = session

    def put(
        self, code_id: str, conversation_id: ConversationId, subject: str, *, code_hash: str, expires_s: float
    ) -> None:
        """Replace the conversation's open code."""
        self.void(conversation_id)
        row = {"code_id": code_id, "conversation_id": conversation_id, "subject": subject, "code_hash": code_hash}
        self._session.run(_PUT, {**row, "expires_ms": to_ms_span(expires_s)})

    def open_on(self, conversation_id: ConversationId) -> str | None:
        """The id of the code that is asked for; None where none is, or it has expired or is locked."""
        found: str | None = self._session.scalar(_OPEN_ON, {"wanted": conversation_id})
        return found

    def check(self, code_id: str, code_hash: str, *, turn_id: TurnId, max_tries: int) -> CodeCheck:
        """Compare and count the try in one go. The same turn's try counts once, whoever works on it."""
        row = self._session.first(_HOLD, {"wanted": code_id})
        if row is None:
            return "none"
        by, _, earlier = row.tried_by.partition(" ")
        if by == turn_id:
            return _as_check(earlier)
        if row.state != "open" or not row.is_in_time:
            return "locked" if row.state == "locked" else "none"
        result = _as_check("right" if row.code_hash == code_hash else "wrong")
        tries = row.tries + 1
        if result == "wrong" and tries >= max_tries:
            result = "locked"
        state = {"right": "used", "locked": "locked"}.get(result, "open")
        tried = {"wanted": code_id, "counted": tries, "by": f"{turn_id} {result}", "new_state": state}
        self._session.run(_TRIED, tried)
        if result == "right":
            self._session.run(_USED, {"wanted": code_id})
        return result

    def void(self, conversation_id: ConversationId) -> None:
        """The conversation's open code counts no more."""
        self._session.run(_VOID, {"wanted": conversation_id})

    def stepped_up(self, conversation_id: ConversationId, subject: str, *, within_s: float) -> bool:
        """Whether a code was entered rightly in this conversation, not longer ago than that."""
        wanted = {"wanted": conversation_id, "whose": subject, "span_ms": to_ms_span(within_s)}
        return bool(self._session.scalar(_STEPPED_UP, wanted))

    def sent_to(self, subject: str, *, within_s: float) -> int:
        """How many codes were made for this customer in that time, in all conversations."""
        found: int = self._session.scalar(_SENT_TO, {"whose": subject, "span_ms": to_ms_span(within_s)})
        return found


def _as_check(text: str) -> CodeCheck:
    match text:
        case "right" | "wrong" | "locked":
            return text
    return "none"
