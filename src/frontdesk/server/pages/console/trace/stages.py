"""The stages of one turn in their order: whether each ran, what it came to in a sentence, and what it was given and gave."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from frontdesk.domain.conversation import Conversation
from frontdesk.domain.turn import Stage
from frontdesk.server.pages.console import words
from frontdesk.server.pages.console.trace import act, early, late, search
from frontdesk.server.pages.console.trace.record import Record

State = Literal["ran", "failed", "skipped"]
Body = (
    early.Intake
    | early.Guard
    | early.Identity
    | Sequence[early.Decision]
    | search.Search
    | act.Acting
    | late.Generation
    | late.Grounding
    | late.Facts
    | None
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StageView:
    key: str
    """Its name in the data, the anchor of its section, and the name of the template that shows its body."""
    title: str
    took: str
    """Empty where no time was recorded."""
    state: State
    is_cause: bool
    """It decided how the turn ended."""
    summary: str
    """One sentence."""
    body: Body


def read_stages(record: Record, conversation: Conversation, *, cause: str) -> Sequence[StageView]:
    bodies: Mapping[Stage, Callable[[], Body]] = {
        Stage.INTAKE: lambda: early.read_intake(record),
        Stage.GUARD_IN: lambda: early.read_guard(record, "in"),
        Stage.IDENTITY: lambda: early.read_identity(record, conversation),
        Stage.ROUTE: lambda: early.read_decisions(record) or None,
        Stage.RETRIEVE: lambda: search.read_search(record),
        Stage.ACT: lambda: act.read_acting(record),
        Stage.GENERATE: lambda: late.read_generation(record),
        Stage.GROUND: lambda: late.read_grounding(record),
        Stage.GUARD_OUT: lambda: early.read_guard(record, "out"),
        Stage.DELIVER: lambda: late.read_delivery(record),
        Stage.RECORD: lambda: late.read_recording(record),
    }
    shown = [stage for stage in Stage if stage is not Stage.ACT or record.timings(stage) or record.part("acting")]
    return [_view(stage, record, bodies.get(stage, _nothing)(), is_cause=stage == cause) for stage in shown]


def _nothing() -> None:
    return None


def _view(stage: Stage, record: Record, body: Body, *, is_cause: bool) -> StageView:
    spent = record.spent_ms(stage)
    error = next((str(row["error"]) for row in record.timings(stage) if row.get("error")), "")
    has_run = stage in _ALWAYS or bool(record.timings(stage) if record.rows("timings") else body)
    has_run = has_run or isinstance(body, act.Acting)
    if record.is_from_memory:  # what the turn before did is told with its answer
        has_run = stage in _ALWAYS or bool(body)
    state: State = "failed" if error else "ran" if has_run and record.has_ended else "skipped"
    if stage is Stage.INTAKE:
        state = "ran"
    is_shown = state != "skipped"
    return StageView(
        key=stage.value,
        title=words.STAGES[stage],
        took="" if spent is None else words.say_ms(spent),
        state=state,
        is_cause=is_cause,
        summary=_failed(error) if error else _sum_up(stage, record, body) if is_shown else _why_not(stage, record),
        body=body if is_shown else None,
    )


_ALWAYS = (Stage.INTAKE, Stage.DELIVER, Stage.RECORD)


def _failed(error: str) -> str:
    return f"It could not do its job: {words.say(error)}."


def _why_not(stage: Stage, record: Record) -> str:
    if not record.has_ended:
        return "Not known before the turn has ended."
    if not record.rows("timings") and not record.part("timings_ms"):
        return "Not recorded."
    if record.is_from_memory:
        return "It did not run: an answer was given again."
    ran = [one for one in Stage if one not in _ALWAYS and record.spent_ms(one) is not None]
    before = [one for one in ran if list(Stage).index(one) < list(Stage).index(stage)]
    if not before:
        return "It did not run: a person has the conversation, and the assistant is silent."
    return f"It did not run: the road ended at {words.STAGES[before[-1]].lower()}."


def _sum_up(stage: Stage, record: Record, body: Body) -> str:
    if body is None:
        return "Erased on request; the numbers stay." if record.is_erased else "What it gave was not recorded."
    if isinstance(body, late.Facts):
        return _facts(stage, record)
    return _SUMS[type(body)](body)


def _intake(body: early.Intake) -> str:
    if body.is_erased:
        return "Erased on request."
    changed = (
        ""
        if body.changes is None
        else "; nothing was changed"
        if not body.changes
        else f"; {_list(body.changes)} cleaned"
    )
    return f"{body.chars:,} {'character' if body.chars == 1 else 'characters'} in “{body.language}”{changed}."


def _identity(body: early.Identity) -> str:
    if body.narrowed_from:
        return f"Narrowed to {_list(body.searched or ('public',))} for this message."
    if body.is_narrowed:
        return "Narrowed to what is public for this message."
    return f"{body.subject or 'Anonymous'}, sees {_list(body.searched or body.audiences)}."


def _search(body: search.Search) -> str:
    found, chance = len(body.passages), body.confidence
    if not found:
        return "Nothing was found."
    needed = "" if chance.answer_above is None else f", where {chance.answer_above:.0%} is needed"
    noun = "passage" if found == 1 else "passages"
    return f"{found} {noun}; the chance that they answer is {chance.chance:.0%}{needed} ({chance.level} confidence)."


def _generation(body: late.Generation) -> str:
    if not body.attempts:
        return "The passages were quoted; no model was asked."
    last, asked = body.attempts[-1], len(body.attempts)
    requests = "One request" if asked == 1 else f"{asked} requests"
    return f"{requests}; the last to {last.vendor} {last.model}: {last.result.text}."


def _grounding(body: late.Grounding) -> str:
    said, kept = len(body.claims), len(body.withheld)
    claims = f"{said} {'claim' if said == 1 else 'claims'} carried by a passage"
    return f"{claims}, {kept} {'piece' if kept == 1 else 'pieces'} withheld."


def _facts(stage: Stage, record: Record) -> str:
    if stage is Stage.DELIVER:
        return "What was said is in the conversation's log." if record.answer_text else "Nothing was said."
    attempt = record.fields.get("fence")
    return f"Written in one commit with its last event, on attempt {attempt}."


def _list(items: Sequence[str]) -> str:
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"


def _guard(body: early.Guard) -> str:
    reason = body.reason or ("" if body.findings else "nothing was found")
    return f"{body.action.text.capitalize()}{f': {reason}' if reason else ''}."


def _decisions(body: Sequence[early.Decision]) -> str:
    return body[-1].why or f"{body[-1].road.capitalize()}."


_SUMS: Mapping[type, Callable[[Any], str]] = {
    early.Intake: _intake,
    early.Guard: _guard,
    early.Identity: _identity,
    list: _decisions,
    search.Search: _search,
    act.Acting: act.sum_up,
    late.Generation: _generation,
    late.Grounding: _grounding,
}
