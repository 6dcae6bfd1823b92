"""A message becomes an answer: the stages in order, their time, and what a failed stage means.

    stage      if it fails
    guard_in   the message counts as suspicious: only public knowledge
    identity   treat as public
    route      knowledge
    act        what is known is said, and a person takes over (inside the workflow)
    retrieve   lexical leg only (marked); none at all: the uncovered-topic policy
    generate   next rung of the ladder (inside the generator); all failed: the uncovered-topic policy
    ground     the sentence is withheld
    guard_out  the turn ends as failed, with a case; nothing unchecked is said
    deliver    the turn stays open for whoever takes the lease next
    record     the turn is not finished

Only this module knows the order. It writes nothing itself: it yields what should be told, and the
runner commits it (see `frontdesk.turn.running.runner`). Only unconfirmed text goes to listeners directly.
"""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import replace

import structlog

from frontdesk.domain.conversation import PUBLIC_ONLY, Audiences, ConversationStatus, Message
from frontdesk.domain.errors import StoreUnavailableError
from frontdesk.domain.escalation import Escalation, EscalationReason
from frontdesk.domain.events import AnswerSentence, TurnReset, TurnStage
from frontdesk.domain.ids import EscalationId, MessageId
from frontdesk.domain.localised import Localised
from frontdesk.domain.safety import GuardAction, Verdict
from frontdesk.domain.turn import (
    ConfidenceLevel,
    OpenTurn,
    Outcome,
    RetrievalResult,
    Route,
    SearchQuery,
    Stage,
    TurnContext,
    TurnRecord,
)
from frontdesk.ports.clock import Clock, TokenSource
from frontdesk.ports.telemetry import Telemetry
from frontdesk.turn.acting.act import Acting
from frontdesk.turn.acting.changes import ActingChanges
from frontdesk.turn.answering import Answering
from frontdesk.turn.delivery import TurnVoice
from frontdesk.turn.generation import (
    History,
)
from frontdesk.turn.grounding import is_doubtful
from frontdesk.turn.memory import Memory
from frontdesk.turn.money.budget import Purse
from frontdesk.turn.notes import TurnNotes
from frontdesk.turn.record import Ending
from frontdesk.turn.serving import ServedRelease

log = structlog.get_logger()

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
        voice: TurnVoice,
        purse: Purse,
        acting: Callable[[TurnNotes], Acting] | None = None,
    ) -> None:
        """`acting` opens the stage `act`; None where no workflow is there to be acted on."""
        self._turn = turn
        self.context = context
        self.release = release
        self._texts = release.content.profile.texts
        self.history = history
        self._unanswered_before = unanswered_before
        self._clock = clock
        self._tokens = tokens
        self._telemetry = telemetry
        self.voice = voice
        self.purse = purse
        self._has_withdrawn = False
        self.notes = TurnNotes(
            clock=clock,
            telemetry=telemetry,
            channel=turn.channel,
            started_s=clock.monotonic(),
            opened_s=turn.opened_s,
            limits={"withhold_above": release.content.grounding.withhold_above},
        )
        self._memory = Memory(turn, context, release, notes=self.notes, telemetry=telemetry)
        self._acting = acting(self.notes) if acting else None

    @property
    def is_handed_over(self) -> bool:
        """A person has the conversation; the assistant is silent."""
        return self.context.conversation.status is not ConversationStatus.ASSISTANT

    @property
    def is_from_memory(self) -> bool:
        """Whether an earlier answer was given again, which takes next to no time."""
        return self.notes.cached_from is not None

    @property
    def _shows_drafts(self) -> bool:
        """Whether the channel shows text that is not confirmed yet."""
        return self.release.content.profile.settings_of(self._turn.channel).streaming == "provisional"

    @property
    def summarised_now(self) -> tuple[Message, ...]:
        """The messages that this turn moved from the history into the summary."""
        before, until = self.context.conversation.summarised_until, self.history.summarised_until
        return tuple(message for message in self.context.history if before < message.position <= until)

    async def steps(self) -> AsyncGenerator[Step]:
        """Work through the stages. The last step is the ending."""
        if self._turn.attachments and not self._turn.text:
            yield self._only_files()
            return
        verdict = self._guard_in()
        if verdict.is_blocked:
            yield self._prepared(Outcome.REFUSED, self._say(self._texts.blocked))
            return
        audiences = self._identify(verdict)
        text = verdict.text
        is_acting_open = self._acting is not None and self._acting.is_open
        if not is_acting_open and (kept := self._memory.look(verdict)) is not None:
            for sentence in self._memory.tell(kept):
                yield sentence
            yield self._ending(Outcome.ANSWERED, confidence="high")
            return
        if self._acting is not None and await self._concerns_workflow(self._acting, verdict):
            road = self._act(self._acting)
        else:
            road = self._know(text, audiences)
        async with aclosing(road):
            async for step in road:
                yield step

    async def _know(self, text: str, audiences: Audiences) -> AsyncGenerator[Step]:
        """The road of the knowledge."""
        route = await self._route(text)
        if route.kind != "knowledge":
            async for step in self._without_knowledge(route):
                yield step
            return
        yield self._notice("retrieve")
        found = self.notes.retrieval = await self._retrieve(text, audiences)
        if found is None or found.level == "low" or not found.passages:
            route = await self._uncovered(text, found)
            if route.kind != "knowledge" or found is None or not found.passages:
                async for step in self._without_knowledge(route):
                    yield step
                return
        yield self._notice("generate")
        answer = self._answer(text, route, found)
        async with aclosing(answer):
            async for step in answer:
                yield step

    def failed(self, code: str) -> Ending:
        """The honest end of a turn that could not be worked: an apology, and a case for a person."""
        self._withdraw()
        self.notes.text = self._say(self._texts.failed)
        ending = self._ending(Outcome.FAILED, escalation=EscalationReason.FAILURE, error_code=code)
        return self._without_moves(ending)

    def silent(self) -> Ending:
        """The end of a turn whose conversation belongs to a person: nothing is said."""
        self._withdraw()
        return self._without_moves(replace(self._ending(Outcome.ESCALATED, escalation=None), is_silent=True))

    def superseded(self) -> Ending:
        """The end of a turn whose place a later message took: nothing is said, and no person is asked for."""
        self._withdraw()
        self.notes.degrade("superseded")
        ending = replace(self._ending(Outcome.CLARIFIED), is_silent=True, is_superseded=True)
        return self._without_moves(ending)

    def remember(self, record: TurnRecord) -> None:
        """Keep the answer for whoever asks the same, once the turn has ended with it."""
        self._memory.keep(record)
        if self._acting is not None:
            self._acting.count()

    def _without_moves(self, ending: Ending) -> Ending:
        """The ending of a turn whose words don't count: its workflows stand as before, and attempts stay noted.

        An effect that it began is found by whoever comes next.
        """
        return replace(ending, acting=ending.acting.without_runs)

    # -- stages, in order ------------------------------------------------------------------------

    def _guard_in(self) -> Verdict:
        earlier = [message.text for message in self.context.history if message.role == "customer"]
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
        """What this turn may see. A guard that failed, or found instructions to the model, narrows it to public."""
        with self.notes.timed(Stage.IDENTITY):
            if verdict.is_public_only:
                self.notes.degrade("rights_narrowed")
                self.notes.narrowed_from = tuple(self.context.principal.audiences)
                return PUBLIC_ONLY
            return self.context.principal.audiences

    async def _route(self, text: str) -> Route:
        try:
            with self.notes.timed(Stage.ROUTE):
                route = await self.release.router.route(text, language=self._turn.language, context=self.context)
        except Exception:
            log.exception("route_failed", turn_id=self._turn.turn_id)
            self.notes.degrade("route_failed")
            route = Route(kind="knowledge", why="Routing failed.")
        self.notes.routes.append(route)
        return route

    async def _retrieve(self, text: str, audiences: Audiences) -> RetrievalResult | None:
        try:
            with self.notes.timed(Stage.RETRIEVE):
                found = await self.release.retriever.retrieve(
                    text,
                    language=self._turn.language,
                    history=self.history.turns,
                    audiences=audiences,
                    query=await self._rewrite(text),
                    on_step=lambda step, took_s: self.notes.add(Stage.RETRIEVE, step, took_s),
                )
        except StoreUnavailableError:  # money for the rewrite could not be set aside: the turn stays open
            raise
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
            text,
            history=self.history.turns,
            language=self._turn.language,
            purse=self.purse,
            numbers=self.notes.numbers,
            on_attempt=self.notes.attempt,
        )
        if written is None:
            return None
        return SearchQuery(text=written, original=text, language=self._turn.language, rewritten_by="model")

    async def _uncovered(self, text: str, found: RetrievalResult | None) -> Route:
        is_acting = self._acting is not None and self._acting.is_open  # its questions before are no failures to answer
        with self.notes.timed(Stage.ROUTE, "uncovered"):
            route = await self.release.router.uncovered(
                text,
                language=self._turn.language,
                unanswered_before=0 if is_acting else self._unanswered_before,
                level=found.level if found else "low",
            )
        self.notes.routes.append(route)
        return route

    async def _answer(self, text: str, route: Route, found: RetrievalResult) -> AsyncGenerator[Step]:
        answering = Answering(
            self._turn,
            self.context,
            self.release,
            found,
            history=self.history,
            notes=self.notes,
            telemetry=self._telemetry,
            purse=self.purse,
            voice=self.voice if self._shows_drafts else None,
        )
        sentences = answering.steps(text, disclaimer=route.disclaimer, deadline_s=self._remaining_s())
        async with aclosing(sentences):
            async for step in sentences:
                yield step
        if not answering.has_answer:
            async for ending in self._nothing_left(text, found):
                yield ending
            return
        level = self._level_of(found)
        async for question in self._ask_again():
            yield question
        yield self._after_question(self._ending(Outcome.ANSWERED, confidence=level))

    def _level_of(self, found: RetrievalResult) -> ConfidenceLevel:
        """How sure an answer is of which something could be said."""
        if not self.notes.citations:
            self.notes.degrade("uncited")
        level: ConfidenceLevel = found.level
        limit = self.release.content.grounding.withhold_above
        is_in_doubt = self.notes.has_withheld or is_doubtful(self.notes.worst_risk(), withhold_above=limit)
        return "medium" if level == "high" and is_in_doubt else level

    async def _nothing_left(self, text: str, found: RetrievalResult) -> AsyncGenerator[Step]:
        """Nothing of the draft may be said: the same policy as for a question without an answer."""
        self._withdraw()
        if self.notes.verdict_out is not None and self.notes.verdict_out.is_blocked:
            self.notes.degrade("answer_blocked")
        async for step in self._without_knowledge(await self._uncovered(text, found)):
            yield step

    def _only_files(self) -> Ending:
        """The ending of a message without words: nothing is claimed of files that nobody has read."""
        why = "The message is files alone, and the assistant reads none."
        reply = self._say(self._texts.file_arrived)
        self.notes.routes.append(Route(kind="clarify", reply=reply, why=why))
        return self._prepared(Outcome.CLARIFIED, reply)

    # -- workflows -------------------------------------------------------------------------------

    async def _concerns_workflow(self, acting: Acting, verdict: Verdict) -> bool:
        """Whether the message moves a workflow. What fails here leaves the knowledge to answer."""
        try:
            road = await acting.understand(
                verdict.text, history=self.history.turns, gives_orders=verdict.is_public_only
            )
        except StoreUnavailableError:
            raise
        except Exception:
            log.exception("understand_failed", turn_id=self._turn.turn_id)
            self.notes.degrade("understanding_failed")
            return False
        return road == "act"

    async def _act(self, acting: Acting) -> AsyncGenerator[Step]:
        yield self._notice("act")
        with self.notes.timed(Stage.ACT):
            steps = acting.steps()
            async with aclosing(steps):
                async for sentence in steps:
                    yield sentence
        self.notes.routes.append(acting.route)
        yield self._after_acting(acting)

    async def _ask_again(self) -> AsyncGenerator[Step]:
        """The question of a workflow that was interrupted."""
        if self._acting is None or not self._acting.has_question:
            return
        with self.notes.timed(Stage.ACT):
            async for sentence in self._acting.ask_again():
                yield sentence

    def _after_question(self, ending: Ending) -> Ending:
        """The ending, unless asking again led to a person."""
        return self._after_acting(self._acting) if self._acting and self._acting.handed_over else ending

    def _after_acting(self, acting: Acting) -> Ending:
        handed = acting.handed_over
        if handed is None:
            return self._ending(acting.outcome, confidence="high")
        if not self.notes.sentences:
            self.notes.text = self._say(self._texts.handed_over)
        ending = self._ending(Outcome.ESCALATED, confidence="high", escalation=handed.reason)
        if ending.escalation is None:
            return ending
        queue = handed.queue or ending.escalation.queue
        return replace(ending, escalation=replace(ending.escalation, queue=queue, collected=handed.collected))

    # -- endings ---------------------------------------------------------------------------------

    async def _without_knowledge(self, route: Route) -> AsyncGenerator[Step]:
        """The assistant's own prepared words; the question of a workflow that waits comes after them."""
        if route.kind == "human":
            self.notes.text = route.reply or self._say(self._texts.handed_over)
            yield self._ending(Outcome.ESCALATED, escalation=route.escalation or EscalationReason.ASKED)
            return
        outcome, text = self._prepared_words(route)
        if self._acting is None or not self._acting.has_question:
            yield self._prepared(outcome, text)
            return
        if text.endswith(
            self._say(self._texts.unknown)
        ):  # a yes after its offer would be one to the workflow's question
            text = self._say(self._texts.workflow.not_known)
        for sentence in self._acting.tell(text):
            yield sentence
        async for step in self._ask_again():
            yield step
        yield self._after_question(self._ending(outcome))

    def _prepared_words(self, route: Route) -> tuple[Outcome, str]:
        match route.kind:
            case "clarify":
                return Outcome.CLARIFIED, route.reply or self._say(self._texts.clarify)
            case "small_talk":
                return Outcome.ANSWERED, route.reply or self._say(self._texts.greeting)
        return Outcome.REFUSED, route.reply or self._say(self._texts.unknown)  # "knowledge": nothing to disclaim

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
        self.notes.acting = self._acting.record if self._acting else None
        return Ending(
            record=self.notes.to_record(
                self._turn,
                outcome=outcome,
                confidence=confidence,
                escalation_reason=escalation,
                error_code=error_code,
            ),
            message_id=MessageId.mint(self._tokens.token()),
            error_code=error_code,
            escalation=self._escalation(escalation) if escalation else None,
            handover_text=self._say(self._texts.handed_over),
            withdraws=self._has_withdrawn,
            summary=self.history.summary,
            summarised_until=self.history.summarised_until,
            customer_id=self.context.principal.customer_id,
            purse=self.purse,
            write_back=self.release.content.write_back,
            acting=self._acting.changes if self._acting else ActingChanges(),
        )

    def _escalation(self, reason: EscalationReason) -> Escalation:
        route = self.notes.routes[-1] if self.notes.routes else None
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
            collected=self._acting.collected if self._acting else None,
        )

    # -- small things ----------------------------------------------------------------------------

    def _withdraw(self) -> None:
        """What was told so far does not stand."""
        self._has_withdrawn = self._has_withdrawn or bool(self.notes.sentences)
        self.notes.forget_sentences()

    def _say(self, texts: Localised) -> str:
        return self.release.say(texts, self._turn.language)

    def _notice(self, stage: str) -> TurnStage:
        label = self._say(self._texts.stages.get(stage, {}))
        return TurnStage(turn_id=self._turn.turn_id, stage=stage, label=label)

    def _remaining_s(self) -> float:
        return max(0.0, self._turn.due_s - self._clock.monotonic())
