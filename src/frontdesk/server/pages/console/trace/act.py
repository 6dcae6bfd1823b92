"""What a turn did for a workflow: each step, each call with its attempts and age, and what was decided."""

from collections.abc import Sequence
from dataclasses import dataclass

from frontdesk.server.pages.console import words
from frontdesk.server.pages.console.trace.record import Fields, Record
from frontdesk.server.pages.console.words import Badge, Tone

_STATUSES = {
    "active": Badge(text="goes on"),
    "suspended": Badge(text="put aside"),
    "done": Badge(text="done", tone="good"),
    "cancelled": Badge(text="called off", tone="warn"),
    "handed_over": Badge(text="handed over", tone="accent"),
    "expired": Badge(text="left too long", tone="warn"),
}
_KINDS = {
    "say": "said",
    "call": "called",
    "effect": "made",
    "confirm": "asked for a yes",
    "wait": "waits",
    "end": "ended",
    "code": "asked for a code",
    "refused": "refused",
}
_TONES: dict[str, Tone] = {"effect": "accent", "refused": "warn", "code": "accent", "confirm": "accent"}
_FRESH_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRow:
    step: str
    kind: Badge
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRow:
    operation: str
    step: str
    is_effect: bool
    result: Badge
    why: str
    attempts: int
    took: str
    age: str
    """How old it was when it was used; empty where it was read just then."""
    rows: int
    key: str
    is_resumed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Acting:
    workflow: str
    """With its version; empty where none was begun."""
    run_id: str
    status: Badge
    understood: Sequence[str]
    why: str
    by: str
    steps: Sequence[StepRow]
    calls: Sequence[CallRow]
    refusals: Sequence[str]
    waits_for: str
    options: Sequence[str]
    suspended: Sequence[str]


def read_acting(record: Record) -> Acting | None:
    """None where no workflow was concerned, and where it was erased."""
    found = record.part("acting")
    if not found:
        return None
    name, version = str(found.get("workflow") or ""), found.get("version")
    return Acting(
        workflow=f"{name}, version {version}" if name and version else name,
        run_id=str(found.get("run_id") or ""),
        status=_STATUSES.get(str(found.get("status")), Badge(text=str(found.get("status")))),
        understood=tuple(map(str, found.get("understood") or ())),
        why=str(found.get("understood_why") or ""),
        by=str(found.get("understood_by") or ""),
        steps=[_step(row) for row in found.get("steps") or ()],
        calls=[_call(row) for row in found.get("calls") or ()],
        refusals=tuple(map(str, found.get("refusals") or ())),
        waits_for=str(found.get("waits_for") or ""),
        options=tuple(map(str, found.get("options") or ())),
        suspended=tuple(map(str, found.get("suspended") or ())),
    )


def sum_up(body: Acting) -> str:
    """One sentence."""
    failed = [row for row in body.calls if row.result.tone == "bad"]
    calls = f"{len(body.calls)} {'call' if len(body.calls) == 1 else 'calls'}"
    told = f"{calls}, {len(failed)} failed" if failed else calls
    if not body.workflow:
        return f"{body.refusals[0]}" if body.refusals else "The customer was asked which workflow is meant."
    return f"{body.workflow}: {body.status.text}; {told}."


def _step(row: Fields) -> StepRow:
    kind = str(row.get("kind"))
    badge = Badge(text=_KINDS.get(kind, kind), tone=_TONES.get(kind, "neutral"))
    return StepRow(step=str(row.get("step") or ""), kind=badge, why=str(row.get("why") or ""))


def _call(row: Fields) -> CallRow:
    failure, age_s = row.get("failure"), float(row.get("age_s") or 0.0)
    result = Badge(text=words.say(str(failure)), tone="bad") if failure else Badge(text="ok", tone="good")
    if not failure and row.get("is_cached"):
        result = Badge(text="from memory", tone="good")
    return CallRow(
        operation=str(row.get("operation")),
        step=str(row.get("step") or ""),
        is_effect=row.get("kind") == "effect",
        result=result,
        why=str(row.get("why") or ""),
        attempts=int(row.get("attempts") or 0),
        took=words.say_ms(float(row.get("took_ms") or 0.0)) if row.get("attempts") or row.get("took_ms") else "–",
        age="" if age_s < _FRESH_S else f"{age_s:,.0f} s old",
        rows=int(row.get("rows") or 0),
        key=str(row.get("key") or ""),
        is_resumed=bool(row.get("is_resumed")),
    )
