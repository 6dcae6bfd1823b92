"""What a workflow says becomes sentences of the answer: guarded on its way out, with what it rests on cited."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from frontdesk.domain.authority_texts import AuthorityTexts
from frontdesk.domain.connector import OperationSpec, Row, Value
from frontdesk.domain.events import AnswerSentence
from frontdesk.domain.ids import ChunkId, DocumentId
from frontdesk.domain.localised import localised
from frontdesk.domain.safety import Verdict, harder
from frontdesk.domain.turn import SYSTEM_PREFIX, Citation, OpenTurn, Sentence, Stage, TurnContext, Withheld
from frontdesk.domain.workflow import ConfirmStep, HandOverStep, Reading, SayStep, Workflow
from frontdesk.ports.connectors import Connector
from frontdesk.ports.telemetry import Telemetry
from frontdesk.turn.acting.collecting import find_operation, shown_fields
from frontdesk.turn.notes import TurnNotes
from frontdesk.turn.serving import ServedRelease
from frontdesk.workflows.formats import write_date, write_money, write_time, write_value

_MOST_ROWS = 5
"""Records whose fields one citation quotes."""
_MOST_CHARS = 600
_NO_ID = re.compile(r"[^0-9a-z_-]+")
_LINK = re.compile(r"https?://[^\s)\"'>]+")
_SHORTEST = 2
"""Characters from which a value counts as said when it stands in the text."""


class Saying:
    """The sentences of one turn's workflow."""

    def __init__(
        self,
        turn: OpenTurn,
        context: TurnContext,
        release: ServedRelease,
        *,
        notes: TurnNotes,
        telemetry: Telemetry,
        texts: AuthorityTexts,
    ) -> None:
        self._turn = turn
        self._context = context
        self._release = release
        self._notes = notes
        self._telemetry = telemetry
        self._texts = texts
        self._verdict: Verdict | None = None
        self.is_blocked = False
        """The guard lets no more of this answer out."""

    def speak(self, language: str) -> None:
        """Go on in this language."""
        self._turn = replace(self._turn, language=language)

    def tell(
        self,
        text: str,
        about: Sequence[str] = (),
        *,
        workflow: Workflow | None = None,
        readings: Mapping[str, Reading] | None = None,
        connectors: Mapping[str, Connector] | None = None,
    ) -> Iterator[AnswerSentence]:
        """One piece of text, noted and ready to be told; nothing where the guard stops it.

        Args:
            about: names of the readings it rests on.
        """
        if self.is_blocked or not text.strip():
            return
        readings, connectors = readings or {}, connectors or self._release.connectors
        said = self._guarded(text, workflow, readings, connectors)
        if said is None:
            return
        citations = tuple(self._cite(said, about, readings, connectors))
        markers = "".join(f"[{citation.marker}]" for citation in citations)
        sentence = Sentence(
            index=len(self._notes.sentences), text=f"{said.strip()} {markers}".strip(), citations=citations, risk=0.0
        )
        separator = "\n\n" if self._notes.sentences else ""
        self._notes.confirm(sentence, separator=separator, report=None)
        with self._notes.timed(Stage.DELIVER):
            yield AnswerSentence(
                turn_id=self._turn.turn_id,
                index=sentence.index,
                separator=separator,
                text=sentence.text,
                citations=citations,
            )

    def _guarded(
        self,
        text: str,
        workflow: Workflow | None,
        readings: Mapping[str, Reading],
        connectors: Mapping[str, Connector],
    ) -> str | None:
        own = tuple(_own_words(workflow)) if workflow else ()
        said = (self._turn.text, *(message.text for message in self._context.history if message.role == "customer"))
        with self._notes.timed(Stage.GUARD_OUT):
            verdict = self._release.guard.check_outbound(
                text,
                allowed_hosts=[link for words in own for link in _LINK.findall(words)],
                known=(*said, *own, *_shown_values(readings, connectors)),
            )
        self._note(verdict)
        if verdict.is_blocked:
            reasons = tuple(verdict.reason.split(","))
            self._notes.withhold(Withheld(text="", stage="guard_out", reasons=reasons, risk=1.0))
            self.is_blocked = True
            return None
        return verdict.text

    def _note(self, verdict: Verdict) -> None:
        """The turn's verdict is the hardest of its sentences'."""
        for finding in verdict.findings:
            self._telemetry.findings(direction="out", kind=finding.kind, action=verdict.action)
        before = self._verdict
        if before is None:
            self._verdict = verdict
        else:
            hardest = verdict if harder(before.action, verdict.action) is verdict.action else before
            moved = (
                replace(mark, start=mark.start + _gap(before), end=mark.end + _gap(before)) for mark in verdict.marks
            )
            self._verdict = replace(
                hardest,
                text=f"{before.text}\n\n{verdict.text}",
                findings=(*before.findings, *verdict.findings),
                marks=(*before.marks, *moved),
            )
        self._notes.verdict_out = self._verdict

    def _cite(
        self, text: str, about: Sequence[str], readings: Mapping[str, Reading], connectors: Mapping[str, Connector]
    ) -> Iterator[Citation]:
        known = list(self._notes.citations)
        for result in dict.fromkeys(about):
            reading = readings.get(result)
            if reading is None or reading.failure is not None:
                continue
            spec = find_operation(connectors, reading.operation)
            quote = self._quote(text, reading, spec)
            if spec is None or not quote:
                continue
            chunk_id = ChunkId.mint(f"{_token(self._turn.turn_id)}-{_plain_id(result)}")
            same = next((one for one in known if one.chunk_id == chunk_id and one.quote == quote), None)
            citation = same or Citation(
                marker=str(len({one.marker for one in known}) + 1),
                document_id=DocumentId(f"{SYSTEM_PREFIX}{_plain_id(spec.connector)}"),
                chunk_id=chunk_id,
                title=self._say(spec.title) or spec.qualified,
                url="",
                quote=quote,
                snapshot_id=self._release.manifest.snapshot_id,
            )
            known.append(citation)
            yield citation

    def _quote(self, text: str, reading: Reading, spec: OperationSpec | None) -> str:
        """The fields that were said, with their values and the time they were read; else all that may be shown."""
        names = shown_fields(spec)
        rows = [self._fields(row, names, spec) for row in reading.rows[:_MOST_ROWS]]
        said = [[(name, ways) for name, ways in row if any(_stands_in(way, text) for way in ways)] for row in rows]
        most = max(map(len, said), default=0)
        chosen = [row for row in said if row and len(row) * 2 >= most] or [row for row in rows if row][:1]
        if not chosen and reading.rows:
            return ""
        parts = " | ".join("; ".join(f"{name}: {ways[0]}" for name, ways in row) for row in chosen)
        parts = parts or self._say(self._texts.no_record)
        if reading.read_at is None:
            return parts[:_MOST_CHARS]
        when = self._say(self._texts.as_of).replace("{time}", write_time(reading.read_at, self._turn.language))
        return f"{parts[:_MOST_CHARS]} ({when})"

    def _fields(self, row: Row, names: Iterable[str], spec: OperationSpec | None) -> list[tuple[str, tuple[str, ...]]]:
        kinds = {field.name: field.type for field in spec.fields} if spec else {}
        told = [(name, row[name]) for name in names if row.get(name) is not None]
        currency = str(row.get("currency") or "")
        return [
            (name, _ways(value, self._turn.language, currency if kinds.get(name) == "money" else ""))
            for name, value in told
        ]

    def _say(self, texts: Mapping[str, str]) -> str:
        return localised(texts, self._turn.language, self._release.content.profile.default_language)


def _ways(value: Value, language: str, currency: str) -> tuple[str, ...]:
    """How a value may be written in a text, the one to quote first."""
    plain = write_value(value, language)
    if isinstance(value, datetime):
        return plain, write_date(value.date(), language)
    if currency and not isinstance(value, bool | str | None) and not hasattr(value, "isoformat"):
        return write_money(value, currency, language), plain  # type: ignore[arg-type]
    return (plain,)


def _stands_in(value: str, text: str) -> bool:
    return len(value) >= _SHORTEST and value in text


def _shown_values(readings: Mapping[str, Reading], connectors: Mapping[str, Connector]) -> Iterator[str]:
    """What systems said of this customer, which may be repeated to them."""
    for reading in readings.values():
        names = shown_fields(find_operation(connectors, reading.operation))
        for row in reading.rows:
            yield " ".join(str(row[name]) for name in names if row.get(name) is not None)


def _own_words(workflow: Workflow) -> Iterator[str]:
    """The company's own words in a workflow: links and addresses in them may be said."""
    for step in workflow.steps.values():
        if isinstance(step, SayStep | ConfirmStep | HandOverStep):
            yield from step.text.values()
    for slot in workflow.slots.values():
        yield from (*slot.ask.values(), *slot.why.values(), *slot.missing.values())
    yield from workflow.silent.values()


def _gap(before: Verdict) -> int:
    return len(before.text) + 2


def _token(turn_id: str) -> str:
    return turn_id.partition("_")[2]


def _plain_id(name: str) -> str:
    return _NO_ID.sub("-", name.lower())
