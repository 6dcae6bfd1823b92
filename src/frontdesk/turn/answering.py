"""A question with passages becomes confirmed sentences: generate, guard, ground, one sentence after the other."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import replace

import structlog

from frontdesk.domain.errors import DependencyError, StoreUnavailableError
from frontdesk.domain.events import AnswerSentence, TurnReset
from frontdesk.domain.safety import Verdict
from frontdesk.domain.turn import (
    Citation,
    GroundingReport,
    OpenTurn,
    RetrievalResult,
    Sentence,
    Stage,
    TurnContext,
    Withheld,
)
from frontdesk.ports.models import ChatRequest
from frontdesk.ports.telemetry import Telemetry
from frontdesk.turn.delivery import TurnVoice
from frontdesk.turn.drafting import DraftReader
from frontdesk.turn.generation import (
    DraftEnd,
    DraftEvent,
    DraftReset,
    DraftText,
    History,
    fill_prompt,
    prompt_values,
)
from frontdesk.turn.grounding import is_doubtful
from frontdesk.turn.money.budget import Purse, Thrift
from frontdesk.turn.notes import TurnNotes
from frontdesk.turn.provisional import Provisional
from frontdesk.turn.serving import ServedRelease

log = structlog.get_logger()

MAX_DRAFT_CHARS = 8_000
"""As long as a customer's message may be; a model that writes more repeats itself."""


class Answering:
    """The draft of one turn. Nothing of it leaves that the guard did not let go and a passage does not carry."""

    def __init__(
        self,
        turn: OpenTurn,
        context: TurnContext,
        release: ServedRelease,
        found: RetrievalResult,
        *,
        history: History,
        notes: TurnNotes,
        telemetry: Telemetry,
        purse: Purse,
        voice: TurnVoice | None = None,
    ) -> None:
        """`voice` is where the draft is shown before it is confirmed; None where it is not."""
        self._turn = turn
        self._context = context
        self._release = release
        self._found = found
        self._history = history
        self._notes = notes
        self._telemetry = telemetry
        self._purse = purse
        self._texts = release.content.profile.texts
        self._lead_in = release.say(self._texts.lead_in, turn.language)
        self._before: list[str] = []
        self._reader: DraftReader | None = None
        self._waiting: list[str] = []
        self._drafted_chars = 0
        self._ends_s = 0.0
        self._provisional = Provisional(turn.turn_id, voice, read=self._unconfirmed, on_first=notes.shown)

    @property
    def has_answer(self) -> bool:
        """Whether anything was said that a passage carries."""
        return any(sentence.citations for sentence in self._notes.sentences)

    async def steps(
        self, text: str, *, disclaimer: str, deadline_s: float
    ) -> AsyncGenerator[AnswerSentence | TurnReset]:
        """Sentences as they are confirmed.

        Args:
            text: the customer's message as the guard let it in.
            disclaimer: said before the first sentence with a source; may be empty.
        """
        self._ends_s = self._notes.clock.monotonic() + deadline_s
        draft = self._release.generator.stream(
            self._request(),
            deadline_s=deadline_s,
            purse=self._purse,
            thrift=await self._thrift(),
            numbers=self._notes.numbers,
            on_attempt=self._notes.attempt,
        )
        reader = self._begin(text, disclaimer)
        try:
            async with aclosing(draft):
                while not reader.is_blocked and (event := await self._next(draft)) is not None:
                    if isinstance(event, DraftReset):
                        reader = self._begin(text, disclaimer)
                        if self._notes.sentences:
                            yield TurnReset(turn_id=self._turn.turn_id, reason="vendor_failed")
                        self._notes.forget_sentences()
                        continue
                    async for step in self._confirm(self._cut(reader, event)):
                        yield step
                    if isinstance(event, DraftText) and self._is_endless(event):
                        break
            if reader.is_blocked:
                self._provisional.withdraw("guard_out")
        finally:
            self._provisional.clear()
        self._note_guard_out(reader.verdict)
        if self.has_answer and self._notes.has_withheld:
            self._notes.degrade("claims_withheld")
            async for step in self._tell(self._release.say(self._texts.partial, self._turn.language), None):
                yield step

    async def _thrift(self) -> Thrift:
        with self._notes.timed(Stage.GENERATE):
            return await self._purse.thrift()

    def _begin(self, text: str, disclaimer: str) -> DraftReader:
        """A reader for a fresh draft; what is said before its first sourced sentence waits for one."""
        self._provisional.clear()
        self._before = [disclaimer] if disclaimer else []
        self._waiting = []
        self._drafted_chars = 0
        self._reader = self._read_draft(text)
        return self._reader

    def _unconfirmed(self) -> str:
        """Everything that is drafted, not confirmed and not held back by the guard, as it would be joined."""
        if self._reader is None or self._reader.is_blocked:
            return ""
        with self._notes.timed(Stage.GUARD_OUT, "provisional"):
            forming = self._reader.forming
        said = " ".join([*self._waiting, forming]).strip()
        return "\n\n".join([*self._before, said]) if said else ""

    def _is_endless(self, event: DraftText) -> bool:
        """Whether the model goes on and on; what was confirmed of it so far stands."""
        self._drafted_chars += len(event.text)
        if self._drafted_chars <= MAX_DRAFT_CHARS:
            return False
        self._notes.degrade("draft_length")
        return True

    def _request(self) -> ChatRequest:
        content = self._release.content
        with self._notes.timed(Stage.GENERATE, "prompt"):
            return ChatRequest(
                purpose="answer",
                instructions=fill_prompt(content.prompts.answer, prompt_values(content.profile, self._turn.language)),
                history=self._history.turns,
                summary=self._history.summary,
                passages=self._found.passages,
                question=self._found.query.text
                if self._found.query.rewritten_by != "none"
                else self._found.query.original,
                language=self._turn.language,
                lead_in=self._lead_in,
                rewordings=self._found.query.rewordings,
            )

    def _read_draft(self, text: str) -> DraftReader:
        said = [text, *(message.text for message in self._context.history if message.role == "customer")]
        guard = self._release.guard.open_stream(
            allowed_hosts=tuple(passage.url for passage in self._found.passages if passage.url),
            known=(*said, *(passage.text for passage in self._found.passages)),
        )
        return DraftReader(guard, lead_in=self._lead_in)

    async def _next(self, draft: AsyncGenerator[DraftEvent]) -> DraftEvent | None:
        """The draft's next event; None at its end, and when every model failed."""
        try:
            with self._notes.timed(Stage.GENERATE):
                return await anext(draft, None)
        except StoreUnavailableError:  # money could not be set aside: the turn stays open for when it can
            raise
        except DependencyError:
            log.warning("generate_failed", exc_info=True)
            self._notes.degrade("generation_failed")
            return None

    def _cut(self, reader: DraftReader, event: DraftText | DraftEnd) -> list[str]:
        """The sentences that the event completed and the guard let go."""
        if isinstance(event, DraftEnd):
            self._note_end(event)
        with self._notes.timed(Stage.GUARD_OUT):
            if isinstance(event, DraftText):
                return reader.feed(event.text)
            return reader.finish(is_whole=event.finish_reason == "stop")

    async def _confirm(self, pieces: list[str]) -> AsyncIterator[AnswerSentence]:
        """Ground each piece; yield it when it is supported, note it as withheld when it is not.

        What the assistant says in its own prepared words, the disclaimer and the lead-in, claims nothing and waits
        until there is something for it to introduce.
        """
        self._waiting = pieces
        self._provisional.touch()
        while self._waiting:
            await asyncio.sleep(0)  # a long draft must not hold up everybody else's
            piece = self._waiting[0]
            if piece.strip() == self._lead_in:
                self._before.append(self._lead_in)
            elif (report := await self._ground(piece)) is None:
                self._provisional.withdraw("ground")
            else:
                while self._before:
                    async for step in self._tell(self._before[0], None):
                        yield step
                    self._before.pop(0)
                async for step in self._tell(piece, report):
                    yield step
            self._waiting.pop(0)
            self._provisional.refresh()

    async def _ground(self, piece: str) -> GroundingReport | None:
        """The report of a supported piece; None when it was withheld."""
        settings = self._release.content.grounding
        try:
            with self._notes.timed(Stage.GROUND):
                report = await self._release.grounder.check(
                    piece, self._found.passages, question=self._found.query.text, language=self._turn.language
                )
        except Exception:
            log.exception("ground_failed", turn_id=self._turn.turn_id)
            self._notes.degrade("grounding_failed")
            self._notes.withhold(Withheld(text=piece, stage="ground", reasons=("grounding_failed",), risk=1.0))
            return None
        if self._rests_on_withdrawn(report):
            self._withhold(piece, report, ("withdrawn",))
            return None
        if not report.is_supported(settings.withhold_above):
            reasons = sorted({reason for claim in report.claims for reason in claim.contradictions}) or ["unsupported"]
            self._withhold(piece, report, tuple(reasons))
            return None
        if doubt := await self._read_again(piece, report):
            self._withhold(piece, report, (doubt,))
            return None
        return report

    async def _read_again(self, piece: str, report: GroundingReport) -> str:
        """Why a second reader would not let a doubtful piece through; empty where it would, or there is none."""
        jobs, limit = self._release.jobs, self._release.content.grounding.withhold_above
        if not jobs.can_judge or not any(is_doubtful(claim.risk, withhold_above=limit) for claim in report.claims):
            return ""
        with self._notes.timed(Stage.GROUND), self._notes.timed(Stage.GROUND, "judge"):
            judgement = await jobs.judge(
                piece,
                self._found.passages,
                question=self._found.query.text,
                language=self._turn.language,
                limit_s=self._ends_s - self._notes.clock.monotonic(),
                purse=self._purse,
                numbers=self._notes.numbers,
                on_attempt=self._notes.attempt,
            )
        if judgement == "inconclusive":
            self._notes.degrade("judge_inconclusive")
        return {"supported": "", "unsupported": "judged_unsupported", "inconclusive": "judge_inconclusive"}[judgement]

    def _rests_on_withdrawn(self, report: GroundingReport) -> bool:
        """Whether a document behind it was withdrawn since it was found."""
        return any(
            self._release.is_withdrawn(self._found.passages[support.evidence.passage].document_id)
            for support in report.claims
            if support.evidence is not None
        )

    def _withhold(self, piece: str, report: GroundingReport, reasons: tuple[str, ...]) -> None:
        """Note a piece that is not said, with what spoke against it."""
        with self._notes.timed(Stage.GROUND, "doubts"):
            doubts = self._release.grounder.doubts(
                piece, self._found.passages, question=self._found.query.text, language=self._turn.language
            )
        withheld = Withheld(text=piece, stage="ground", reasons=reasons, risk=report.risk, claims=report.claims)
        if doubts is not None:
            withheld = replace(withheld, signs=doubts.signs, missing=doubts.missing)
        self._notes.withhold(withheld)

    async def _tell(self, text: str, report: GroundingReport | None) -> AsyncIterator[AnswerSentence]:
        """Confirm one sentence; without a report it is the assistant's own prepared words, a line for itself."""
        citations = self._cite(report) if report else ()
        markers = "".join(f"[{citation.marker}]" for citation in citations)
        sentence = Sentence(
            index=len(self._notes.sentences),
            text=f"{text.strip()} {markers}".strip(),
            citations=citations,
            risk=report.risk if report else 0.0,
        )
        last = self._notes.sentences[-1] if self._notes.sentences else None
        separator = "" if last is None else " " if bool(last.citations) == bool(citations) else "\n\n"
        self._notes.confirm(sentence, separator=separator, report=report)
        with self._notes.timed(Stage.DELIVER):
            yield AnswerSentence(  # the runner commits it before it asks for the next
                turn_id=self._turn.turn_id,
                index=sentence.index,
                separator=separator,
                text=sentence.text,
                citations=citations,
            )

    def _cite(self, report: GroundingReport) -> tuple[Citation, ...]:
        """One citation per distinct quote, numbered by first appearance in the answer."""
        cited: list[Citation] = []
        for support in report.claims:
            if support.evidence is None:
                continue
            passage = self._found.passages[support.evidence.passage]
            known = [*self._notes.citations, *cited]
            same = next(
                (c for c in known if c.chunk_id == support.evidence.chunk_id and c.quote == support.evidence.quote),
                None,
            )
            citation = same or Citation(
                marker=str(len({c.marker for c in known}) + 1),
                document_id=passage.document_id,
                chunk_id=support.evidence.chunk_id,
                title=passage.title,
                url=passage.url,
                quote=support.evidence.quote,
                snapshot_id=self._release.manifest.snapshot_id,
            )
            if citation not in cited:
                cited.append(citation)
        return tuple(cited)

    def _note_end(self, end: DraftEnd) -> None:
        self._notes.prompt = end.prompt
        if end.route != end.preferred:
            self._telemetry.failover(preferred=end.preferred, wrote=end.route)
        for label in end.degraded:
            self._notes.degrade(label)
        if end.finish_reason != "stop":
            self._notes.degrade(f"draft_{end.finish_reason}")

    def _note_guard_out(self, verdict: Verdict) -> None:
        self._notes.verdict_out = verdict
        for finding in verdict.findings:
            self._telemetry.findings(direction="out", kind=finding.kind, action=verdict.action)
        if verdict.is_blocked:
            self._notes.withhold(
                Withheld(text="", stage="guard_out", reasons=tuple(verdict.reason.split(",")), risk=1.0)
            )
