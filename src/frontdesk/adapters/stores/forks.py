"""Copying what was said into a conversation of its own."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Text, bindparam, insert, select, update

from frontdesk.adapters.stores.payloads import payload_of
from frontdesk.adapters.stores.schema import attachments, conversations, events, messages, payloads, search_texts
from frontdesk.adapters.stores.sessions import Session
from frontdesk.adapters.stores.values import to_json, to_ms
from frontdesk.domain.conversation import Conversation
from frontdesk.domain.events import (
    FINAL_KINDS,
    AnswerCompleted,
    AnswerSentence,
    TurnAccepted,
    TurnFailed,
    TurnReset,
)
from frontdesk.domain.ids import AttachmentId, ConversationId, MessageId
from frontdesk.text.folding import fold

_SAID = frozenset(kind.kind for kind in (TurnAccepted, AnswerSentence, TurnReset, AnswerCompleted, TurnFailed))
"""Kinds that are copied. Handovers and ratings belong to the conversation they happened in."""
_SOURCE = bindparam("source", type_=Text)
_EVENTS = (
    select(*events.c, payloads.c.body, payloads.c.erased_at)
    .select_from(events.outerjoin(payloads, payload_of(events.c.conversation_id, "event", events.c.seq)))
    .where(events.c.conversation_id == _SOURCE, events.c.seq <= bindparam("until"))
    .order_by(events.c.seq)
)
_MESSAGES = (
    select(*messages.c, payloads.c.body, payloads.c.erased_at)
    .select_from(messages.outerjoin(payloads, payload_of(messages.c.conversation_id, "message", messages.c.position)))
    .where(messages.c.conversation_id == _SOURCE)
    .order_by(messages.c.position)
)
_ATTACHMENTS = select(attachments).where(
    attachments.c.conversation_id == _SOURCE, attachments.c.message_id.is_not(None)
)
_SUMMARY = select(conversations.c.summary, conversations.c.summarised_until).where(
    conversations.c.conversation_id == _SOURCE
)
_CARRY_ON = (
    update(conversations)
    .where(conversations.c.conversation_id == bindparam("wanted"))
    .values(
        last_seq=bindparam("seq"),
        last_position=bindparam("place"),
        updated_at=bindparam("at"),
        summary=bindparam("told"),
        summarised_until=bindparam("told_until"),
    )
)
_ADD = {table.name: insert(table) for table in (events, messages, attachments, payloads, search_texts)}


class Forks:
    def __init__(self, session: Session) -> None:
        self._session = session

    def copy(self, source: ConversationId, fork: Conversation, *, until: int, mint: Callable[[], str]) -> int:
        """Copy the ended turns up to the event `until` into the stored conversation `fork`; how many events that were."""
        found = self._session.rows(_EVENTS, {"source": source, "until": until})
        ended = {row.turn_id for row in found if row.kind in FINAL_KINDS}
        said = [row for row in found if row.turn_id in ended and row.kind in _SAID]
        there = self._session.rows(_MESSAGES, {"source": source})
        spoken = [row for row in there if row.turn_id in ended]
        names = {row.message_id: MessageId.mint(mint()) for row in spoken}
        files = [row for row in self._session.rows(_ATTACHMENTS, {"source": source}) if row.message_id in names]
        names |= {row.attachment_id: AttachmentId.mint(mint()) for row in files}
        self._write(fork, said, spoken, files, names)
        reached = {"seq": len(said), "place": len(spoken), "at": to_ms(fork.created_at)}
        summary = self._summary(source, there, spoken)
        self._session.run(_CARRY_ON, {"wanted": fork.conversation_id, **reached, **summary})
        return len(said)

    def _write(
        self,
        fork: Conversation,
        said: Sequence[Any],
        spoken: Sequence[Any],
        files: Sequence[Any],
        names: Mapping[str, str],
    ) -> None:
        """Add the rows of events, messages and files, numbered anew."""
        self._add("messages", [_message(row, fork, place, names) for place, row in enumerate(spoken, start=1)])
        self._add("attachments", [_attachment(row, fork, names) for row in files])
        self._add("events", [_event(row, fork, seq, names) for seq, row in enumerate(said, start=1)])
        bodies = [("event", seq, row) for seq, row in enumerate(said, start=1)]
        bodies += [("message", place, row) for place, row in enumerate(spoken, start=1)]
        self._add("payloads", [payload for body in bodies if (payload := _payload(fork, *body, names))])
        self._add(
            "search_texts", [_searched(row, fork, place) for place, row in enumerate(spoken, start=1) if row.body]
        )

    def _summary(self, source: ConversationId, there: Sequence[Any], spoken: Sequence[Any]) -> dict[str, Any]:
        """The summary, where all that it tells was copied; else the messages are summarised anew."""
        row = self._session.first(_SUMMARY, {"source": source})
        told = sum(message.position <= row.summarised_until for message in there)
        copied = sum(message.position <= row.summarised_until for message in spoken)
        return {"told": row.summary, "told_until": copied} if told == copied else {"told": "", "told_until": 0}

    def _add(self, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
        if rows:
            self._session.run_many(_ADD[table], rows)


def _message(row: Any, fork: Conversation, place: int, names: Mapping[str, str]) -> dict[str, Any]:
    own = {"message_id": names[row.message_id], "conversation_id": fork.conversation_id, "position": place}
    return {**own, "turn_id": row.turn_id, "role": row.role, "language": row.language, "at": row.at}


def _searched(row: Any, fork: Conversation, place: int) -> dict[str, Any]:
    return {"conversation_id": fork.conversation_id, "position": place, "body": fold(json.loads(row.body)["text"])}


def _attachment(row: Any, fork: Conversation, names: Mapping[str, str]) -> dict[str, Any]:
    own = {"attachment_id": names[row.attachment_id], "conversation_id": fork.conversation_id}
    return {**row._asdict(), **own, "message_id": names[row.message_id]}


def _event(row: Any, fork: Conversation, seq: int, names: Mapping[str, str]) -> dict[str, Any]:
    data = json.loads(row.data)
    if "message_id" in data:
        data["message_id"] = names.get(data["message_id"], data["message_id"])
    own = {"conversation_id": fork.conversation_id, "seq": seq, "data": to_json(data)}
    return {**own, "kind": row.kind, "turn_id": row.turn_id, "at": row.at}


def _payload(fork: Conversation, noun: str, number: int, row: Any, names: Mapping[str, str]) -> dict[str, Any] | None:
    """The personal part of a copied row, erased where that was; None where it has none."""
    if row.body is None and row.erased_at is None:
        return None
    body = row.body
    if body is not None and '"attachment_id"' in body:
        said = json.loads(body)
        for file in said.get("attachments") or ():
            file["attachment_id"] = names.get(file["attachment_id"], file["attachment_id"])
        body = to_json(said)
    own = {"conversation_id": fork.conversation_id, "noun": noun, "number": number}
    return {**own, "body": body, "erased_at": row.erased_at}
