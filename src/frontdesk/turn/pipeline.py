"""A message becomes an answer: the stages in order, their time, and what a failed stage means.

    stage      if it fails
    guard_in   the message counts as suspicious: rights are narrowed to answering from public knowledge
    identity   treat as public
    route      knowledge
    retrieve   lexical leg only (marked); none at all: the uncovered-topic policy
    generate   next rung of the ladder (inside the generator); all failed: a person
    ground     the sentence is withheld
    guard_out  the draft ends there; nothing unchecked is said
    deliver    the turn stays open for whoever takes the lease next
    record     the turn is not finished

Only this module knows the order. It writes nothing itself: it yields what should be told, and the
worker commits it (see `frontdesk.turn.runner`).
"""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass, replace

import structlog

from frontdesk.domain.conversation import PUBLIC_ONLY, Audiences, ConversationStatus, Message, Principal
from frontdesk.domain.errors import DependencyError
from frontdesk.domain.escalation import Escalation, EscalationReason
from frontdesk.domain.events import AnswerSentence, TurnReset, TurnStage
from frontdesk.domain.ids import EscalationId, MessageId
from frontdesk.domain.release import AssistantContent, Localised, ReleaseManifest, localised
from frontdesk.domain.safety import GuardAction, Verdict
from frontdesk.domain.turn import (
    Citation,
    ConfidenceLevel,
    GroundingReport,
    OpenTurn,
    Outcome,
    RetrievalResult,
    Route,
    SearchQuery,
    Sentence,
    Stage,
    TurnContext,
    Withheld,
)
from frontdesk.domain.usage import VendorAttempt
from frontdesk.ports.clock import Clock, TokenSource
from frontdesk.ports.models import ChatRequest
from frontdesk.ports.telemetry import Telemetry
from frontdesk.turn.drafting import DraftReader
from frontdesk.turn.generation import (
    DraftEnd,
    DraftEvent,
    DraftReset,
    DraftText,
    Generator,
    History,
    SideJobs,
    fill_prompt,
    prompt_values,
)
from frontdesk.turn.grounding import Grounder
from frontdesk.turn.guards import Guard
from frontdesk.turn.notes import TurnNotes
from frontdesk.turn.record import Ending
from frontdesk.turn.retrieval import Retriever
from frontdesk.turn.routing import Router

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedRelease:
    """A release with everything it pins opened and ready. A turn is given one and asks for nothing else."""

    manifest: ReleaseManifest
    content: AssistantContent
    guard: Guard
    router: Router
    retriever: Retriever
    generator: Generator
    grounder: Grounder
    jobs: SideJobs

    def say(self, texts: Localised, language: str) -> str:
        return localised(texts, language, self.content.profile.default_language)


Step = TurnStage | AnswerSentence | TurnReset | Ending
"""What a turn yields: stage notices, confirmed sentences, perhaps resets, and one ending, last."""


class TurnRun:
    """One attempt at one turn."""

    def __init__(
        self,
        turn: OpenTurn,
        context: TurnContext,
        release: ServedRelease,
        *,
        history: History,
        unanswered_before: int,
        clock: Clock,
        tokens: TokenSource,
        telemetry: Telemetry,
    ) -> None:
        self._turn = turn
        self.context = context
        self.release = release
        self._texts = release.content.profile.texts
        self.history = history
        self._unanswered_before = unanswered_before
        self._clock = clock
        self._tokens = tokens
        self._telemetry = telemetry
        self.notes = TurnNotes(clock=clock, telemetry=telemetry, started_s=clock.monotonic())

    @property
    def is_handed_over(self) -> bool:
        """A person has the conversation; the assistant is silent."""
        return self.context.conversation.status is not ConversationStatus.ASSISTANT

    @property
    def summarised_now(self) -> tuple[Message, ...]:
        """The messages that this turn moved from the history into the summary."""
        before, until = self.context.conversation.summarised_until, self.history.summarised_until
        return tuple(message for message in self.context.history if before < message.position <= until)

    async def steps(self) -> AsyncGenerator[Step]:
        """Work through the stages. The last step is the ending."""
        verdict = self._guard_in()
        if verdict.is_blocked:
            yield self._prepared(Outcome.REFUSED, self._say(self._texts.blocked))
            return
        audiences = self._identify(verdict)
        text = verdict.text
        route = self.notes.route = await self._route(text)
        if route.kind != "knowledge":
            yield self._without_knowledge(route)
            return
        yield self._notice("retrieve")
        found = self.notes.retrieval = await self._retrieve(text, audiences)
        if found is None or found.level == "low" or not found.passages:
            route = self.notes.route = await self._uncovered(text, found)
            if route.kind != "knowledge" or found is None or not found.passages:
                yield self._without_knowledge(route)
                return
        yield self._notice("generate")
        async for step in self._answer(text, route, found):
            yield step

    def failed(self, code: str) -> Ending:
        """The honest end of a turn that could not be worked: an apology, and a case for a person."""
        self.notes.forget_sentences()
        self.notes.text = self._say(self._texts.failed)
        return self._ending(Outcome.FAILED, escalation=EscalationReason.FAILURE, error_code=code)

    def silent(self) -> Ending:
        """The end of a turn whose conversation belongs to a person: nothing is said."""
        self.notes.forget_sentences()
        return replace(self._ending(Outcome.ESCALATED, escalation=None), is_silent=True)

    # -- stages, in order ------------------------------------------------------------------------

    def _guard_in(self) -> Verdict:
        earlier = [message.text for message in self.context.history if message.role == "customer"][-4:]
        try:
            with self.notes.timed(Stage.GUARD_IN):
                verdict = self.release.guard.check_inbound(self._turn.text, earlier=earlier)
        except Exception:
            log.exception("guard_in_failed", turn_id=self._turn.turn_id)
            verdict = Verdict(action=GuardAction.FLAG, text=self._turn.text, reason="guard_failed")
            self.notes.degrade("guard_in_failed")
        self.notes.verdict_in = verdict
        for finding in verdict.findings:
            self._telemetry.findings(direction="in", kind=finding.kind, action=verdict.action)
        return verdict

    def _identify(self, verdict: Verdict) -> Audiences:
        """What this turn may see. A guard that failed narrows it to public."""
        with self.notes.timed(Stage.IDENTITY):
            principal: Principal = self.context.principal
            return PUBLIC_ONLY if verdict.reason == "guard_failed" else principal.audiences

    async def _route(self, text: str) -> Route:
        try:
            with self.notes.timed(Stage.ROUTE):
                return await self.release.router.route(text, language=self._turn.language, context=self.context)
        except Exception:
            log.exception("route_failed", turn_id=self._turn.turn_id)
            self.notes.degrade("route_failed")
            return Route(kind="knowledge", why="Routing failed.")

    async def _retrieve(self, text: str, audiences: Audiences) -> RetrievalResult | None:
        try:
            with self.notes.timed(Stage.RETRIEVE):
                found = await self.release.retriever.retrieve(
                    text,
                    language=self._turn.language,
                    history=self.history.turns,
                    audiences=audiences,
                    query=await self._rewrite(text),
                )
        except Exception:
            log.exception("retrieve_failed", turn_id=self._turn.turn_id)
            self.notes.degrade("retrieval_unavailable")
            return None
        for label in found.degraded:
            self.notes.degrade(label)
        self._telemetry.retrieval(
            language=self._turn.language,
            confidence=found.confidence,
            top_score=found.passages[0].score if found.passages else 0.0,
            hit=found.level != "low",
        )
        return found

    async def _rewrite(self, text: str) -> SearchQuery | None:
        """The question made self-contained by a model; None where none is configured or its text will not do."""
        written = await self.release.jobs.rewrite(
            text, history=self.history.turns, language=self._turn.language, on_attempt=self._note_attempt
        )
        if written is None:
            return None
        return SearchQuery(text=written, original=text, language=self._turn.language, rewritten_by="model")

    async def _uncovered(self, text: str, found: RetrievalResult | None) -> Route:
        with self.notes.timed(Stage.ROUTE, "uncovered"):
            return await self.release.router.uncovered(
                text,
                language=self._turn.language,
                unanswered_before=self._unanswered_before,
                level=found.level if found else "low",
            )

    async def _answer(self, text: str, route: Route, found: RetrievalResult) -> AsyncIterator[Step]:
        """Generate, guard, ground: sentence by sentence; nothing else leaves."""
        request = self._request(found)
        draft = self.release.generator.stream(request, deadline_s=self._remaining_s(), on_attempt=self._note_attempt)
        reader = self._read_draft(text, found, request.lead_in)
        async with aclosing(draft):
            while (event := await self._next(draft)) is not None and not reader.is_blocked:
                if isinstance(event, DraftReset):
                    reader = self._read_draft(text, found, request.lead_in)
                    if self.notes.sentences:
                        self.notes.forget_sentences()
                        yield TurnReset(turn_id=self._turn.turn_id, reason="vendor_failed")
                    continue
                async for step in self._confirm(self._cut(reader, event), found, request.lead_in, route.disclaimer):
                    yield step
        self._note_guard_out(reader.verdict)
        if not any(sentence.text != request.lead_in for sentence in self.notes.sentences):
            yield await self._nothing_left(text, found, reader.verdict)
            return
        if self.notes.withheld:
            self.notes.degrade("claims_withheld")
            async for step in self._tell(self._say(self._texts.partial), None, found):
                yield step
        yield self._answered(found)

    async def _next(self, draft: AsyncGenerator[DraftEvent]) -> DraftEvent | None:
        """The draft's next event; None at its end, and when every model failed."""
        try:
            with self.notes.timed(Stage.GENERATE):
                return await anext(draft, None)
        except DependencyError:
            log.warning("generate_failed", exc_info=True)
            self.notes.degrade("generation_failed")
            return None

    def _cut(self, reader: DraftReader, event: DraftText | DraftEnd) -> list[str]:
        """The sentences that the event completed and the guard let go."""
        if isinstance(event, DraftEnd):
            self._note_end(event)
        with self.notes.timed(Stage.GUARD_OUT):
            if isinstance(event, DraftText):
                return reader.feed(event.text)
            return reader.finish(is_whole=event.finish_reason == "stop")

    def _request(self, found: RetrievalResult) -> ChatRequest:
        with self.notes.timed(Stage.GENERATE, "prompt"):
            return ChatRequest(
                purpose="answer",
                instructions=self._fill(self.release.content.prompts.answer),
                history=self.history.turns,
                summary=self.history.summary,
                passages=found.passages,
                question=found.query.text if found.query.rewritten_by != "none" else found.query.original,
                language=self._turn.language,
                lead_in=self._say(self._texts.lead_in),
                rewordings=found.query.rewordings,
            )

    def _read_draft(self, text: str, found: RetrievalResult, lead_in: str) -> DraftReader:
        said = [text, *(message.text for message in self.context.history if message.role == "customer")]
        guard = self.release.guard.open_stream(
            allowed_hosts=tuple(passage.url for passage in found.passages if passage.url),
            known=(*said, *(passage.text for passage in found.passages)),
        )
        return DraftReader(guard, lead_in=lead_in)

    async def _confirm(
        self, pieces: list[str], found: RetrievalResult, lead_in: str, disclaimer: str
    ) -> AsyncIterator[AnswerSentence]:
        """Ground each piece; yield it when it is supported, note it as withheld when it is not.

        What the assistant says in its own prepared words, the lead-in and the disclaimer, claims nothing.
        """
        for piece in pieces:
            report = None
            if piece.strip() != lead_in:
                report = await self._ground(piece, found)
                if report is None:
                    continue
                if disclaimer and not any(sentence.citations for sentence in self.notes.sentences):
                    async for step in self._tell(disclaimer, None, found):
                        yield step
                    disclaimer = ""
            async for step in self._tell(piece, report, found):
                yield step

    async def _ground(self, piece: str, found: RetrievalResult) -> GroundingReport | None:
        """The report of a supported piece; None when it was withheld."""
        settings = self.release.content.grounding
        try:
            with self.notes.timed(Stage.GROUND):
                report = await self.release.grounder.check(
                    piece, found.passages, question=found.query.text, language=self._turn.language
                )
        except Exception:
            log.exception("ground_failed", turn_id=self._turn.turn_id)
            self.notes.degrade("grounding_failed")
            self.notes.withhold(Withheld(text=piece, stage="ground", reasons=("grounding_failed",), risk=1.0))
            return None
        if report.is_supported(settings.withhold_above):
            return report
        reasons = sorted({reason for claim in report.claims for reason in claim.contradictions}) or ["unsupported"]
        self.notes.withhold(Withheld(text=piece, stage="ground", reasons=tuple(reasons), risk=report.risk))
        return None

    async def _tell(
        self, text: str, report: GroundingReport | None, found: RetrievalResult
    ) -> AsyncIterator[AnswerSentence]:
        """Confirm one sentence; without a report it is the assistant's own prepared words, a line for itself."""
        citations = self._cite(report, found) if report else ()
        markers = "".join(f"[{citation.marker}]" for citation in citations)
        sentence = Sentence(
            index=len(self.notes.sentences),
            text=f"{text.strip()} {markers}".strip(),
            citations=citations,
            risk=report.risk if report else 0.0,
        )
        last = self.notes.sentences[-1] if self.notes.sentences else None
        separator = "" if last is None else " " if bool(last.citations) == bool(citations) else "\n\n"
        self.notes.confirm(sentence, separator=separator, report=report)
        with self.notes.timed(Stage.DELIVER):
            yield AnswerSentence(  # the runner commits it before it asks for the next
                turn_id=self._turn.turn_id,
                index=sentence.index,
                separator=separator,
                text=sentence.text,
                citations=citations,
            )

    def _answered(self, found: RetrievalResult) -> Ending:
        """The ending of an answer of which something could be said."""
        if not self.notes.citations:
            self.notes.degrade("uncited")
        level: ConfidenceLevel = found.level
        doubtful_above = self.release.content.grounding.withhold_above / 2
        if level == "high" and (self.notes.withheld or self.notes.worst_risk() > doubtful_above):
            level = "medium"
        return self._ending(Outcome.ANSWERED, confidence=level)

    async def _nothing_left(self, text: str, found: RetrievalResult, verdict: Verdict) -> Ending:
        """Nothing of the draft may be said: the same policy as for a question without an answer."""
        self.notes.forget_sentences()
        if verdict.is_blocked:
            self.notes.degrade("answer_blocked")
        route = self.notes.route = await self._uncovered(text, found)
        if route.kind == "knowledge":  # a disclaimer with nothing to disclaim
            route = replace(route, kind="refuse", reply=self._say(self._texts.unknown))
        return self._without_knowledge(route)

    # -- endings ---------------------------------------------------------------------------------

    def _without_knowledge(self, route: Route) -> Ending:
        match route.kind:
            case "human":
                reply = route.reply or self._say(self._texts.handed_over)
                self.notes.text = reply
                return self._ending(Outcome.ESCALATED, escalation=route.escalation or EscalationReason.ASKED)
            case "clarify":
                return self._prepared(Outcome.CLARIFIED, route.reply or self._say(self._texts.clarify))
            case "refuse":
                return self._prepared(Outcome.REFUSED, route.reply or self._say(self._texts.unknown))
            case _:
                return self._prepared(Outcome.ANSWERED, route.reply or self._say(self._texts.greeting))

    def _prepared(self, outcome: Outcome, text: str) -> Ending:
        self.notes.text = text
        return self._ending(outcome)

    def _ending(
        self,
        outcome: Outcome,
        *,
        confidence: ConfidenceLevel | None = None,
        escalation: EscalationReason | None = None,
        error_code: str = "",
    ) -> Ending:
        if confidence is None:
            is_prepared = outcome is Outcome.ANSWERED and self.notes.retrieval is None
            confidence = "high" if is_prepared else "low"
        return Ending(
            record=self.notes.to_record(
                self._turn, outcome=outcome, confidence=confidence, escalation_reason=escalation
            ),
            message_id=MessageId.mint(self._tokens.token()),
            error_code=error_code,
            escalation=self._escalation(escalation) if escalation else None,
            handover_text=self._say(self._texts.handed_over),
            summary=self.history.summary,
            summarised_until=self.history.summarised_until,
        )

    def _escalation(self, reason: EscalationReason) -> Escalation:
        route = self.notes.route
        topic = (route.topic or route.intent) if route else ""
        policy = self.release.content.escalation
        queue = policy.queues.get(topic, policy.queue)
        self._telemetry.escalation(reason=reason, queue=queue)
        return Escalation(
            escalation_id=EscalationId.mint(self._tokens.token()),
            conversation_id=self._turn.conversation_id,
            turn_id=self._turn.turn_id,
            reason=reason,
            queue=queue,
            topic=topic,
            opened_at=self._clock.now(),
        )

    # -- small things ----------------------------------------------------------------------------

    def _say(self, texts: Localised) -> str:
        return self.release.say(texts, self._turn.language)

    def _fill(self, prompt: str) -> str:
        return fill_prompt(prompt, prompt_values(self.release.content.profile, self._turn.language))

    def _notice(self, stage: str) -> TurnStage:
        label = self._say(self._texts.stages.get(stage, {}))
        return TurnStage(turn_id=self._turn.turn_id, stage=stage, label=label)

    def _cite(self, report: GroundingReport, found: RetrievalResult) -> tuple[Citation, ...]:
        """One citation per distinct quote, numbered by first appearance in the answer."""
        cited: list[Citation] = []
        for support in report.claims:
            if support.evidence is None:
                continue
            passage = found.passages[support.evidence.passage]
            known = [*self.notes.citations, *cited]
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
                snapshot_id=self.release.manifest.snapshot_id,
            )
            if citation not in cited:
                cited.append(citation)
        return tuple(cited)

    def _note_attempt(self, attempt: VendorAttempt) -> None:
        self.notes.attempts = (*self.notes.attempts, attempt)
        self._telemetry.vendor_attempt(attempt, channel=self._turn.channel)

    def _note_end(self, end: DraftEnd) -> None:
        self.notes.prompt = end.prompt
        for label in end.degraded:
            self.notes.degrade(label)
        if end.finish_reason != "stop":
            self.notes.degrade(f"draft_{end.finish_reason}")

    def _note_guard_out(self, verdict: Verdict) -> None:
        self.notes.verdict_out = verdict
        for finding in verdict.findings:
            self._telemetry.findings(direction="out", kind=finding.kind, action=verdict.action)
        if verdict.is_blocked:
            self.notes.withhold(
                Withheld(text="", stage="guard_out", reasons=tuple(verdict.reason.split(",")), risk=1.0)
            )

    def _remaining_s(self) -> float:
        return max(0.0, (self._turn.deadline_at - self._clock.now()).total_seconds())
