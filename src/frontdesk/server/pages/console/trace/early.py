"""The stages before the search: intake, the guard, identity, the route."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from frontdesk.domain.conversation import Conversation
from frontdesk.server.pages.console import words
from frontdesk.server.pages.console.trace.marked import MarkTone, Piece, Span, mark
from frontdesk.server.pages.console.trace.record import Fields, Record, number
from frontdesk.server.pages.console.words import Badge

_CHANGES: Mapping[str, tuple[str, str]] = {
    "escapes": ("terminal escape", "terminal escapes"),
    "direction": ("control that turns the direction of writing", "controls that turn the direction of writing"),
    "invisible": ("character nobody can see", "characters nobody can see"),
    "encoding": ("place in the wrong encoding", "places in the wrong encoding"),
    "compatibility": ("lookalike of a plain letter", "lookalikes of plain letters"),
    "marks": ("stacked accent", "stacked accents"),
    "quotes": ("curly quotation mark", "curly quotation marks"),
    "spacing": ("kind of odd spacing", "kinds of odd spacing"),
}
_ACTIONS: Mapping[str, Badge] = {
    "allow": Badge(text="allowed", tone="good"),
    "flag": Badge(text="flagged", tone="warn"),
    "mask": Badge(text="masked", tone="warn"),
    "block": Badge(text="blocked", tone="bad"),
}
_TONES: Mapping[str, MarkTone] = {"allow": "good", "flag": "warn", "mask": "warn", "block": "bad"}
_ROADS: Mapping[str, str] = {
    "knowledge": "search the knowledge",
    "small_talk": "a prepared reply",
    "clarify": "ask back",
    "human": "hand over to a person",
    "refuse": "refuse",
    "workflow": "go on with a workflow",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    text: str
    is_erased: bool
    chars: int
    changes: tuple[str, ...] | None
    """What was changed in the text as it came; None where that was not recorded."""
    language: str
    waited: str
    """From acceptance to the start of the attempt; empty where that was not recorded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingRow:
    kind: str
    rule: str
    score: str
    words: str
    """What was found; empty where the text is gone."""
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    action: Badge
    reason: str
    policy: str
    pieces: Sequence[Piece]
    """The text that was scanned, its findings marked; empty where it is gone."""
    findings: Sequence[FindingRow]
    went_on: str
    """The text that went on, where it is another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    subject: str
    proof: str
    audiences: tuple[str, ...]
    """What the customer may see now."""
    searched: tuple[str, ...]
    """What was searched for them then; empty where nothing was."""
    narrowed_from: tuple[str, ...]
    """What they might have seen, where the guard took rights away for this turn."""
    is_narrowed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Nearest:
    """The example that came closest."""

    of: str
    name: str
    example: str
    score: float
    needed: float
    is_close_enough: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    road: str
    name: str
    """The intent or the topic that matched; empty when none did."""
    score: str
    why: str
    reply: str
    disclaimer: str
    escalation: str
    nearest: Sequence[Nearest]


def read_intake(record: Record) -> Intake:
    text = record.question
    cleaning = record.fields.get("cleaning")
    wait = next((row for row in record.timings("intake") if row.get("step") == "wait"), None)
    return Intake(
        text=text or "",
        is_erased=text is None,
        chars=len(text or ""),
        changes=None if cleaning is None else tuple(_change(kind, count) for kind, count in cleaning.items()),
        language=record.text("language"),
        waited="" if wait is None else words.say_ms(float(wait["ms"])),
    )


def _change(kind: str, count: int) -> str:
    one, several = _CHANGES.get(kind, (words.say(kind), words.say(kind)))
    return f"{count} {one if count == 1 else several}"


def read_guard(record: Record, direction: str) -> Guard | None:
    """None where the guard gave no verdict."""
    verdict = record.verdict(direction)
    if not verdict:
        return None
    action, went_on = str(verdict["action"]), verdict.get("text")
    scanned = record.question if direction == "in" else went_on
    findings = verdict.get("findings") or []
    marks = findings if direction == "in" else verdict.get("marks") or []
    is_other = direction == "in" and isinstance(went_on, str) and went_on != scanned
    return Guard(
        action=_ACTIONS.get(action) or Badge(text=action),
        reason=words.say(str(verdict.get("reason") or "")).replace(",", ", "),
        policy=str(verdict.get("policy_version") or ""),
        pieces=() if scanned is None else mark(scanned, [_span(one, action) for one in marks]),
        findings=[_finding(one, scanned if direction == "in" else None) for one in findings],
        went_on=str(went_on) if is_other else "",
    )


def _span(found: Fields, action: str) -> Span:
    tone = _TONES.get(str(found.get("action") or action), "warn")
    title = f"{words.say(str(found['kind']))}: {words.say(str(found['rule']))}"
    return Span(start=int(found["start"]), end=int(found["end"]), tone=tone, title=title)


def _finding(found: Fields, text: str | None) -> FindingRow:
    start, end = int(found["start"]), int(found["end"])
    return FindingRow(
        kind=words.say(str(found["kind"])),
        rule=str(found["rule"]),
        score=f"{float(found.get('score', 1.0)):.2f}",
        words="" if text is None else text[start:end],
        place=f"{start}–{end}",
    )


def read_identity(record: Record, conversation: Conversation) -> Identity:
    principal = conversation.principal
    return Identity(
        subject=principal.subject or "",
        proof=words.PROOFS[principal.proof],
        audiences=tuple(principal.audiences),
        searched=tuple(record.retrieval.get("audiences") or ()),
        narrowed_from=record.words("narrowed_from"),
        is_narrowed="rights_narrowed" in record.words("degraded"),
    )


def read_decisions(record: Record) -> Sequence[Decision]:
    return [_decision(route) for route in record.routes]


def _decision(route: Fields) -> Decision:
    escalation = str(route.get("escalation") or "")
    score = number(route.get("confidence"))
    name = str(route.get("intent") or route.get("topic") or "")
    return Decision(
        road=_ROADS.get(str(route["kind"]), str(route["kind"])),
        name=name,
        score="" if score is None or not name else f"{score:.2f}",
        why=str(route.get("why") or ""),
        reply=str(route.get("reply") or ""),
        disclaimer=str(route.get("disclaimer") or ""),
        escalation=words.ESCALATIONS.get(escalation, escalation),
        nearest=[_nearest(one) for one in route.get("nearest") or ()],
    )


def _nearest(found: Fields) -> Nearest:
    score, needed = float(found["score"]), float(found["needed"])
    return Nearest(
        of=str(found["of"]),
        name=str(found["name"]),
        example=str(found["example"]),
        score=score,
        needed=needed,
        is_close_enough=score >= needed,
    )
