"""The monitor's figures in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

from frontdesk.domain.costs import CostLine, CostReport
from frontdesk.domain.money import Level
from frontdesk.domain.occurrences import KINDS, Occurrence
from frontdesk.domain.release import Ceilings
from frontdesk.domain.speed import Pace, Percentiles
from frontdesk.domain.turn import Outcome
from frontdesk.server.pages.console import words
from frontdesk.server.pages.console.words import Badge, Tone
from frontdesk.server.sums import Spend
from frontdesk.turn.generation import VendorState
from frontdesk.turn.running.runner import Load

SEVERITY_TONES: Mapping[str, Tone] = {"info": "neutral", "warning": "warn", "critical": "bad"}
_BREAKERS: Mapping[str, Badge] = {
    "closed": Badge(text="asked", tone="good"),
    "half_open": Badge(text="being tried", tone="warn"),
    "open": Badge(text="left alone", tone="bad"),
}
_OPENED_BY: Mapping[str, str] = {
    "limit": "it asked for fewer requests",
    "server": "it refused or failed",
    "silence": "it did not begin to answer",
    "broken": "its replies broke off",
}
_RESULTS: Mapping[str, str] = {
    "ok": "answered",
    "429": "too many requests",
    "5xx": "failed",
    "timeout_fb": "no text in time",
    "timeout_idle": "fell silent",
    "cut": "broke off",
    "garbage": "could not be read",
    "filter": "refused the content",
    "ctx": "request too long",
    "auth": "refused the key",
    "refused": "refused the request",
    "cancelled": "called off",
}
_GOOD = frozenset({Outcome.ANSWERED, Outcome.ACTED, Outcome.CLARIFIED})
_BY: Mapping[str, str] = {"purpose": "What for", "model": "Model", "channel": "Channel"}
_PURPOSES: Mapping[str, str] = {
    "answer": "answers",
    "rewrite": "questions made whole",
    "summary": "summaries",
    "judge": "second readings",
    "command": "messages for workflows",
    "embed": "search by meaning",
}
_SPANS: Mapping[str, str] = {"day": "Today", "month": "This month"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stat:
    label: str
    value: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRow:
    name: str
    about: str
    """Vendor or host, and the rungs."""
    badge: Badge
    why: str
    """Why nobody asks it, or what looks odd; empty where nothing does."""
    first_text: str
    in_flight: str
    attempts: int
    last: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CeilingRow:
    label: str
    text: str
    share: float
    """0 to 1."""
    tone: Tone
    effect: str
    """What the share changes about answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendTable:
    heading: str
    lines: Sequence[tuple[str, str, str]]
    """Name, requests, amount."""
    more: str
    """What is not shown; empty where all is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OccurrenceRow:
    badge: Badge
    kind: str
    meaning: str
    subject: str
    detail: str
    times: int
    at: datetime
    last_at: datetime


def load_stats(load: Load) -> Sequence[Stat]:
    longest = f"longest for {words.short_span(load.oldest_s)}" if load.waiting + load.kept else "nobody waits"
    return (
        Stat(label="Being answered", value=f"{load.running}", note=f"of {load.hands} at once, in this process"),
        Stat(label="Waiting", value=f"{load.waiting}", note=longest),
        Stat(label="Kept for later", value=f"{load.kept}", note="their customers were told so" if load.kept else ""),
        Stat(label="Refused", value=f"{load.refused}", note="by this process since it started"),
    )


def pace_stats(pace: Pace) -> Sequence[Stat]:
    """The last hour; nothing where nothing happened in it."""
    if pace.total is None:
        return ()
    good = sum(count for outcome, count in pace.outcomes if outcome in _GOOD)
    failed = dict(pace.outcomes).get(Outcome.FAILED, 0)
    simulated = f"{pace.simulated:,} of simulated customers" if pace.simulated else ""
    more = "the newest of them" if pace.is_cut_short else simulated
    return (
        Stat(label="Turns", value=f"{pace.turns:,}", note=more),
        Stat(label="Answered", value=f"{good / pace.turns:.0%}", note=f"{failed:,} failed"),
        Stat(label="First text, p50", value=_ms(pace.first_text, "p50"), note=_tail(pace.first_text)),
        Stat(label="Whole answer, p50", value=_ms(pace.total, "p50"), note=_tail(pace.total)),
    )


def _ms(found: Percentiles | None, name: Literal["p50", "p95", "p99"]) -> str:
    return "–" if found is None else words.say_ms(getattr(found, name))


def _tail(found: Percentiles | None) -> str:
    return "" if found is None else f"p95 {_ms(found, 'p95')}, p99 {_ms(found, 'p99')}"


def model_row(state: VendorState) -> ModelRow:
    bound = f" of {state.max_concurrency}" if state.max_concurrency else ""
    return ModelRow(
        name=state.model or state.vendor,
        about=" · ".join([state.vendor, *state.routes]),
        badge=_BREAKERS[state.breaker] if state.attempts or state.breaker != "closed" else Badge(text="not asked yet"),
        why=_why(state),
        first_text=_first_text(state),
        in_flight=f"{state.in_flight}{bound}",
        attempts=state.attempts,
        last=_RESULTS.get(state.last_result or "", "–"),
    )


def _why(state: VendorState) -> str:
    if state.breaker != "closed":
        return _OPENED_BY.get(state.opened_by, "")
    if state.paused_s > 0:
        return f"it asked for a pause of {words.short_span(state.paused_s)}"
    if state.reported_model and state.reported_model != state.model:
        return f"it reports {state.reported_model}"
    return ""


def _first_text(state: VendorState) -> str:
    if state.first_byte_p50_ms is None:
        return "–"
    return f"{words.say_ms(state.first_byte_p50_ms)} / {words.say_ms(state.first_byte_p95_ms)}"


def ceiling_row(level: Level, ceilings: Ceilings) -> CeilingRow:
    steps: Sequence[tuple[float, Tone, str]] = (
        (1.0, "bad", "nothing that costs money is done"),
        (ceilings.extractive_from, "bad", "answers quote the passages"),
        (ceilings.short_from, "warn", "a smaller model and shorter requests"),
        (ceilings.small_from, "warn", "a smaller model, where there is one"),
        (0.0, "good", ""),
    )
    _, tone, effect = next(step for step in steps if level.share >= step[0])
    reserved = f", {usd(level.reserved_usd)} set aside" if level.reserved_usd else ""
    return CeilingRow(
        label=_SPANS.get(level.cap.span.scope, level.cap.span.scope),
        text=f"{usd(level.spent_usd)}{reserved} of {usd(level.cap.usd)} ({level.share:.0%})",
        share=min(1.0, level.share),
        tone=tone,
        effect=effect,
    )


def spend_stats(spend: Spend) -> Sequence[Stat]:
    month = spend.month[0]
    projected = month.projection
    if projected is None:
        end = Stat(label="At its end", value="–", note="too few days are known yet")
    else:
        between = f"{usd(projected.low_usd)} to {usd(projected.high_usd)} in nine months of ten"
        end = Stat(label="At its end", value=usd(projected.expected_usd), note=between)
    return (
        Stat(label="Today", value=usd(spend.today.total.usd), note=_counted(spend.today.total.requests, "request")),
        Stat(label="This month", value=usd(month.total.usd), note=_counted(month.total.requests, "request")),
        end,
        Stat(label="An answer", value=_maybe(month.per_answered_usd), note="with everything around it, this month"),
        Stat(label="Solved without people", value=_maybe(month.per_resolved_usd), note="a conversation, this month"),
    )


def unpriced(report: CostReport) -> str:
    """What is to be said of requests without a price; empty where there are none."""
    count = report.total.unknown
    if not count:
        return ""
    verb = "has" if count == 1 else "have"
    return f"{_counted(count, 'request')} this month {verb} no known price and {verb} no part in these sums."


def spend_table(report: CostReport) -> SpendTable:
    return SpendTable(
        heading=_BY.get(report.by, report.by),
        lines=[(_name(report, line), f"{line.requests}", usd(line.usd)) for line in report.lines],
        more="The most expensive ones; `frontdesk cost show` has all." if report.is_cut_short else "",
    )


def _name(report: CostReport, line: CostLine) -> str:
    known: Mapping[str, Mapping[str, str]] = {"purpose": _PURPOSES, "channel": words.CHANNELS}
    return known.get(report.by, {}).get(line.key, line.key) or "nobody's conversation"


def occurrence_row(one: Occurrence) -> OccurrenceRow:
    return OccurrenceRow(
        badge=Badge(text=one.severity, tone=SEVERITY_TONES[one.severity]),
        kind=one.kind,
        meaning=KINDS.get(one.kind, words.say(one.kind)),
        subject=one.subject,
        detail="\n".join(f"{words.say(name)}: {value}" for name, value in one.detail.items()),
        times=one.times,
        at=one.at,
        last_at=one.last_at,
    )


def usd(amount: Decimal) -> str:
    """Two digits, and more only where a cent is too coarse."""
    if not amount:
        return "$0"
    if abs(amount) >= 1:
        return f"${amount:,.2f}"
    return f"${amount:.4f}" if abs(amount) >= Decimal("0.0001") else f"${amount:.6f}"


def _maybe(amount: Decimal | None) -> str:
    return "–" if amount is None else usd(amount)


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
