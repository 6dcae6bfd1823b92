"""States and errors of the write-back in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from frontdesk.domain.write_back import FieldError, StoredWriteBack, WriteBackState, WriteBackTally
from frontdesk.server.pages.console import words
from frontdesk.server.pages.console.addresses import conversation_address, record_address
from frontdesk.server.pages.console.monitor.views import Stat
from frontdesk.server.pages.console.words import Badge

_STATES: Mapping[WriteBackState, Badge] = {
    "queued": Badge(text="waiting"),
    "sending": Badge(text="being sent", tone="accent"),
    "sent": Badge(text="written", tone="good"),
    "refused": Badge(text="refused", tone="bad"),
    "dead": Badge(text="given up", tone="bad"),
    "discarded": Badge(text="discarded", tone="warn"),
}
_BREAKERS: Mapping[str, Badge] = {
    "closed": Badge(text="asked", tone="good"),
    "half_open": Badge(text="being tried", tone="warn"),
    "open": Badge(text="left alone", tone="bad"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordRow:
    """A conversation on its way."""

    name: str
    """The end of its id, which is enough to tell it from others."""
    href: str
    conversation: str
    badge: Badge
    wrong: Sequence[tuple[str, str]]
    """Field and what is said of it; the field is empty where it is about the whole."""
    since: datetime
    """When it began to wait."""
    attempts: int
    reason: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemRow:
    name: str
    title: str
    badge: Badge
    operations: str
    under_way: int


def state_badge(state: WriteBackState) -> Badge:
    return _STATES[state]


def tally_stats(tally: WriteBackTally) -> Sequence[Stat]:
    stuck = tally.by_state.get("refused", 0) + tally.by_state.get("dead", 0)
    waiting = tally.by_state.get("queued", 0) + tally.by_state.get("sending", 0)
    longest = f"the first for {words.short_span(tally.oldest_due_s)}" if tally.due else "nothing is late"
    return (
        Stat(label="Written in 24 h", value=f"{tally.sent_24h:,}"),
        Stat(label="Due now", value=f"{tally.due:,}", note=longest),
        Stat(label="Waiting for quiet", value=f"{max(0, waiting - tally.due):,}", note="conversations still going on"),
        Stat(label="Stuck", value=f"{stuck:,}", note="a person has to look" if stuck else "nothing to mend"),
    )


def record_row(one: StoredWriteBack) -> RecordRow:
    return RecordRow(
        name=one.conversation_id.removeprefix("conv_")[-8:],
        href=record_address(one.conversation_id),
        conversation=conversation_address(one.conversation_id),
        badge=state_badge(one.state),
        wrong=said_of(one),
        since=one.queued_at,
        attempts=one.attempts,
        reason=one.reason,
        by=one.decided_by,
    )


def said_of(one: StoredWriteBack) -> Sequence[tuple[str, str]]:
    """What was said of each field; of a failure that names none, the failure."""
    return [_said(error) for error in one.errors] or ([("", one.error)] if one.error else [])


def _said(error: FieldError) -> tuple[str, str]:
    return error.field, error.message


def system_row(system: Mapping[str, Any]) -> SystemRow:
    """Of `api.integrations.connectors_of`."""
    return SystemRow(
        name=system["name"],
        title=system["title"],
        badge=_BREAKERS.get(system["breaker"], Badge(text=words.say(system["breaker"]))),
        operations=", ".join(system["operations"]),
        under_way=system["under_way"],
    )
