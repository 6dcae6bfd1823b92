"""Conversations by what they are like: one walk from the newest activity back, a bounded piece of it at a time.

A request looks at no more than `SEARCHED` conversations and says how far it came, so that a search for a word that
nobody ever wrote costs the same in a database of any size.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    Text,
    and_,
    bindparam,
    exists,
    func,
    or_,
    select,
    tuple_,
)

from frontdesk.adapters.stores.listing_rows import summarise
from frontdesk.adapters.stores.schema import conversations, escalations, feedback, messages, search_texts, turns
from frontdesk.adapters.stores.sessions import Session
from frontdesk.adapters.stores.values import from_ms, to_ms
from frontdesk.domain.ids import ConversationId
from frontdesk.domain.listing import ConversationFilter, ConversationPage, ListPlace
from frontdesk.text.folding import fold

SEARCHED = 20_000
"""Conversations looked at for one page; 0.1 s where each is searched for a word."""
_NEWEST_OF_ALL = (2**62, "")
_OLDEST_OF_ALL = (-(2**62), "")
ANY = "any"

_c = conversations.c
_place_in_list = tuple_(_c.updated_at, _c.conversation_id)
_IS_BELOW = _place_in_list < tuple_(bindparam("below_ms", type_=BigInteger), bindparam("below_id", type_=Text))
_IS_FROM = _place_in_list >= tuple_(bindparam("from_ms", type_=BigInteger), bindparam("from_id", type_=Text))
_NEWEST_FIRST = (_c.updated_at.desc(), _c.conversation_id.desc())
_LAST_SEARCHED = (
    select(_c.updated_at, _c.conversation_id)
    .where(_IS_BELOW, _IS_FROM)
    .order_by(*_NEWEST_FIRST)
    .limit(1)
    .offset(bindparam("searched", type_=BigInteger))
)
_ACTIVITY = (
    select(_c.conversation_id, _c.last_seq)
    .where(_c.last_seq > 0)
    .order_by(*_NEWEST_FIRST)
    .limit(bindparam("most", type_=BigInteger))
)
_FORKS = (
    select(_c.conversation_id).where(_c.forked_from == bindparam("wanted", type_=Text)).order_by(_c.created_at.desc())
)

IdKind = Literal["", "conversation", "turn", "message", "escalation"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    """Which conditions a statement has; there are few, so that each is compiled once."""

    words: int
    by: IdKind
    asks_turn: bool
    asks_outcomes: bool
    asks_rating: bool


class Finder:
    def __init__(self, session: Session) -> None:
        self._session = session

    def find(
        self, wanted: ConversationFilter, *, before: ListPlace | None = None, limit: int, searched: int = SEARCHED
    ) -> ConversationPage:
        """Conversations in which something happened, newest activity first, beyond `before`."""
        below, lowest = _upper(wanted, before), _lower(wanted)
        stop = self._last_searched(below, lowest, searched)
        shape, values = _shape_of(wanted), _values_of(wanted)
        span = {**_bounds(below, stop or lowest), "most": limit + 1}
        rows = self._session.rows(_statement(shape), {**values, **span})
        more = len(rows) > limit
        items = summarise(self._session, rows[:limit])
        if more:
            return ConversationPage(
                items=items, next=_place(rows[limit - 1].updated_at, rows[limit - 1].conversation_id)
            )
        if stop is not None:
            return ConversationPage(items=items, next=_place(*stop), is_cut_short=True)
        return ConversationPage(items=items, next=None)

    def activity(self, *, limit: int) -> dict[ConversationId, int]:
        """Sequence number of the newest event of the conversations that were active last."""
        return {
            ConversationId(row.conversation_id): row.last_seq for row in self._session.rows(_ACTIVITY, {"most": limit})
        }

    def forks_of(self, conversation_id: ConversationId) -> tuple[ConversationId, ...]:
        """Conversations that go on from this one, newest first."""
        found = self._session.rows(_FORKS, {"wanted": conversation_id})
        return tuple(ConversationId(row.conversation_id) for row in found)

    def _last_searched(self, below: tuple[int, str], lowest: tuple[int, str], searched: int) -> tuple[int, str] | None:
        """The place of the last conversation to look at; None when there are fewer."""
        row = self._session.first(_LAST_SEARCHED, {**_bounds(below, lowest), "searched": searched - 1})
        return None if row is None else (row.updated_at, row.conversation_id)


def _bounds(below: tuple[int, str], lowest: tuple[int, str]) -> dict[str, int | str]:
    return {"below_ms": below[0], "below_id": below[1], "from_ms": lowest[0], "from_id": lowest[1]}


def _upper(wanted: ConversationFilter, before: ListPlace | None) -> tuple[int, str]:
    ends = [_NEWEST_OF_ALL]
    if wanted.until is not None:
        ends.append((to_ms(wanted.until), ""))
    if before is not None:
        ends.append((to_ms(before.updated_at), before.conversation_id))
    return min(ends)


def _lower(wanted: ConversationFilter) -> tuple[int, str]:
    return _OLDEST_OF_ALL if wanted.since is None else (to_ms(wanted.since), "")


def _place(updated_ms: int, conversation_id: str) -> ListPlace:
    return ListPlace(updated_at=from_ms(updated_ms), conversation_id=ConversationId(conversation_id))


def _shape_of(wanted: ConversationFilter) -> _Shape:
    by: IdKind = ""
    if wanted.conversation_id:
        by = "conversation"
    elif wanted.turn_id:
        by = "turn"
    elif wanted.message_id:
        by = "message"
    elif wanted.escalation_id:
        by = "escalation"
    return _Shape(
        words=len(wanted.words),
        by=by,
        asks_turn=bool(wanted.outcomes or wanted.confidence or wanted.degraded or wanted.language),
        asks_outcomes=bool(wanted.outcomes),
        asks_rating=wanted.rating is not None,
    )


def _values_of(wanted: ConversationFilter) -> dict[str, Any]:
    values: dict[str, Any] = {
        "channel": wanted.channel or None,
        "origin": wanted.origin,
        "status": wanted.status,
        "customer": wanted.customer or None,
        "customer_chars": len(wanted.customer),
    }
    if shape_id := wanted.conversation_id or wanted.turn_id or wanted.message_id or wanted.escalation_id:
        values["wanted"] = shape_id
    if wanted.outcomes or wanted.confidence or wanted.degraded or wanted.language or wanted.rating:
        values |= {
            "confidence": wanted.confidence,
            "degraded": _degraded_pattern(wanted.degraded),
            "language": wanted.language or None,
        }
    if wanted.outcomes:
        values["outcomes"] = sorted(wanted.outcomes)
    if wanted.rating:
        values["rating"] = wanted.rating
    return values | _word_values(wanted.words)


def _word_values(words: Sequence[str]) -> dict[str, str]:
    """Longer words before shorter ones, which are in more of what was said."""
    ordered = sorted(words, key=lambda word: (-len(word), word))
    return {f"word_{number}": f"%{_escaped(fold(word))}%" for number, word in enumerate(ordered)}


def _degraded_pattern(label: str) -> str | None:
    """The column holds a list as JSON."""
    if not label:
        return None
    return '["%' if label == ANY else f"%{_escaped(json.dumps(label, ensure_ascii=False))}%"


def _escaped(text: str) -> str:
    return text.replace("/", "//").replace("%", "/%").replace("_", "/_")


@cache
def _statement(shape: _Shape) -> Select[Any]:
    conditions = [_IS_BELOW, _IS_FROM, _c.last_seq > 0]
    conditions += [_unless_given("channel", _c.channel), _unless_given("origin", _c.origin)]
    conditions += [_unless_given("status", _c.status), _begins_with_customer()]
    if shape.by:
        conditions.append(_c.conversation_id == _owner_of(shape.by))
    if shape.asks_turn or shape.asks_rating:
        conditions.append(_has_turn(shape))
    conditions += [_was_said(number) for number in range(shape.words)]
    columns = (column for column in _c if column.name not in ("token_hash", "summary"))
    return select(*columns).where(*conditions).order_by(*_NEWEST_FIRST).limit(bindparam("most", type_=BigInteger))


def _unless_given(name: str, column: ColumnElement[Any]) -> ColumnElement[bool]:
    value = bindparam(name, type_=Text)
    return or_(value.is_(None), column == value)


def _begins_with_customer() -> ColumnElement[bool]:
    value = bindparam("customer", type_=Text)
    return or_(value.is_(None), func.substr(_c.subject, 1, bindparam("customer_chars", type_=Integer)) == value)


def _owner_of(kind: IdKind) -> ColumnElement[str]:
    wanted = bindparam("wanted", type_=Text)
    if kind == "conversation":
        return wanted
    table = {"turn": turns, "message": messages, "escalation": escalations}[kind]
    return select(table.c.conversation_id).where(table.c[f"{kind}_id"] == wanted).scalar_subquery()


def _has_turn(shape: _Shape) -> ColumnElement[bool]:
    """Some turn of the conversation is all that was asked of a turn."""
    pattern = bindparam("degraded", type_=Text)
    conditions = [
        turns.c.conversation_id == _c.conversation_id,
        _unless_given("confidence", turns.c.confidence),
        _unless_given("language", turns.c.language),
        or_(pattern.is_(None), turns.c.degraded.like(pattern, escape="/")),
    ]
    if shape.asks_outcomes:
        conditions.append(turns.c.outcome.in_(bindparam("outcomes", expanding=True)))
    if shape.asks_rating:
        conditions += [
            feedback.c.conversation_id == _c.conversation_id,
            feedback.c.turn_id == turns.c.turn_id,
            feedback.c.rating == bindparam("rating", type_=Text),
        ]
    return exists().where(and_(*conditions))


def _was_said(number: int) -> ColumnElement[bool]:
    return exists().where(
        search_texts.c.conversation_id == _c.conversation_id,
        search_texts.c.body.like(bindparam(f"word_{number}", type_=Text), escape="/"),
    )
