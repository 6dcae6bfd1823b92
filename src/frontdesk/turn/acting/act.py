"""A turn's stage `act`: what a message means for workflows, and what comes of it.

understand > suspend, begin or resume a run > advance > its moves: say, call, confirm, wait, end > advance …
"""

from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from frontdesk.domain.acting import ActingRecord, StepRecord
from frontdesk.domain.authority_texts import AuthorityTexts
from frontdesk.domain.effects import Effect
from frontdesk.domain.escalation import Collected, EscalationReason
from frontdesk.domain.events import AnswerSentence
from frontdesk.domain.ids import ReleaseId, RunId
from frontdesk.domain.turn import OpenTurn, Outcome, Route, Stage, TurnContext
from frontdesk.domain.workflow import Signal, StartWorkflow, Understood, WorkflowRun
from frontdesk.ports.models import ChatTurn
from frontdesk.text.language import detect_language
from frontdesk.turn.acting.authority import Authority
from frontdesk.turn.acting.changes import ActingChanges
from frontdesk.turn.acting.codes import find_code
from frontdesk.turn.acting.collecting import collect
from frontdesk.turn.acting.described import describe
from frontdesk.turn.acting.doing import Means
from frontdesk.turn.acting.following import Following
from frontdesk.turn.acting.moving import Moving
from frontdesk.turn.acting.open_runs import OpenRuns
from frontdesk.turn.acting.saying import Saying
from frontdesk.turn.acting.standing import Standing
from frontdesk.turn.money.budget import Purse
from frontdesk.turn.notes import TurnNotes
from frontdesk.turn.serving import ServedRelease
from frontdesk.workflows.wording import Wording

_TELLS_LANGUAGE = 7
"""Words up to which the answer to a question does not change the conversation's language; a guess."""
Road = Literal["act", "question", "nothing"]
"""`question`: something for the knowledge, while a run waits. `nothing`: no workflow is concerned."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedOver:
    """What a person is told."""

    reason: EscalationReason
    queue: str
    """Empty leaves it to the release's policy."""
    collected: Collected


class Acting:
    """Of one attempt at one turn."""

    def __init__(
        self,
        turn: OpenTurn,
        context: TurnContext,
        release: ServedRelease,
        *,
        standing: Standing,
        releases: Callable[[ReleaseId | None], ServedRelease],
        means: Means,
        notes: TurnNotes,
        purse: Purse,
        remaining_s: Callable[[], float],
    ) -> None:
        profile = release.content.profile
        at = means.clock.now().astimezone(profile.zone)
        texts = AuthorityTexts()
        self._is_proved = context.principal.is_verified
        self._turn = turn
        self._release = release
        self._standing = standing
        self._means = means
        self._notes = notes
        self._purse = purse
        self._understood = Understood(commands=())
        self._runs = OpenRuns(standing, release, releases, at=at)
        self._following = Following(
            turn=turn,
            release=release,
            runs=self._runs,
            standing=standing,
            means=means,
            authority=Authority(
                principal=context.principal,
                conversation_id=turn.conversation_id,
                turn_id=turn.turn_id,
                clock=means.clock,
            ),
            saying=Saying(turn, context, release, notes=notes, telemetry=means.telemetry, texts=texts),
            wording=Wording(
                language=turn.language, default_language=profile.default_language, texts=profile.texts.workflow
            ),
            texts=texts,
            remaining_s=remaining_s,
            at=at,
        )

    # -- what the pipeline asks ------------------------------------------------------------------------

    @property
    def is_open(self) -> bool:
        """Whether a run is under way, so that no answer is taken from memory."""
        return bool(self._standing.runs)

    @property
    def has_question(self) -> bool:
        """Whether a run waits, so that its question comes after whatever is answered meanwhile."""
        return self._runs.active is not None

    async def understand(self, text: str, *, history: Sequence[ChatTurn], gives_orders: bool) -> Road:
        """What road the message takes.

        Args:
            text: as the guard let it in.
            gives_orders: the guard found orders to the model, or failed: no workflow moves then.
        """
        if self._runs.lost is not None:
            return "act"
        self._following.text = text
        self._keep_language(text, history)
        with self._notes.timed(Stage.ROUTE, "understand"):
            self._understood = await self._read(text, history)
        self._note_proposals()
        if gives_orders:
            return self._refuse_orders()
        if self._runs.pending or (self._standing.code_id is not None and find_code(text)):
            return "act"
        commands = self._understood.commands
        if self._runs.active is None:
            is_theirs = any(not isinstance(command, Signal) for command in commands)
            is_return = bool(self._runs.suspended) and Signal(kind="resume") in commands
            return "act" if is_theirs or is_return else "nothing"
        is_question = not commands or Signal(kind="question") in commands
        return "question" if is_question and not self._runs.is_overdue else "act"

    async def steps(self) -> AsyncGenerator[AnswerSentence]:
        """Sentences; afterwards the outcome, the changes and the record say what came of it."""
        following, commands = self._following, self._understood.commands
        if self._runs.lost is not None:
            following.rank(Outcome.ESCALATED)
            for sentence in following.say(following.texts.gone):
                yield sentence
            return
        await following.look_up_proof()
        pending = self._runs.pending
        async for sentence in following.settle(pending):
            yield sentence
        if any(effect.turn_id == self._turn.turn_id for effect in pending):
            return  # the message was the yes to it, and has been taken in
        if (run := self._runs.active) is not None and self._runs.is_overdue:
            for sentence in self.tell(self._runs.expire(run, following.wording).text):
                yield sentence
        road = following.follow(commands)
        if (run := self._runs.active) is not None and self._standing.code_id is not None:
            road = following.answer_code(run, commands)
        async for sentence in road:
            yield sentence

    async def ask_again(self) -> AsyncGenerator[AnswerSentence]:
        """The question that the run waits with, after something else was answered."""
        async for sentence in self._following.ask_again():
            yield sentence

    @property
    def outcome(self) -> Outcome:
        return self._following.outcome

    @property
    def changes(self) -> ActingChanges:
        last = {moving.run.run_id: moving for moving in self._following.movings}
        asking = next((moving for moving in last.values() if moving.approval is not None), None)
        return ActingChanges(
            runs=tuple(self._runs.changed.values()),
            approval=asking.approval if asking else None,
            approval_expires_s=asking.approval_expires_s if asking else 0.0,
            taken_in=tuple(key for moving in self._following.movings for key in moving.doing.taken_in),
            voids_codes=self._standing.code_id is not None and not self._following.awaits_code,
            audit=tuple(self._authority.entries),
        )

    @property
    def handed_over(self) -> HandedOver | None:
        """What the person is told who takes over; None where nobody has to."""
        if self._runs.lost is not None:
            why = "The release that it began with is not there any more."
            collected = self._collect(self._runs.lost, why)
            return HandedOver(reason=EscalationReason.FAILURE, queue="", collected=collected)
        moving = self._following.movings[-1] if self._following.movings else None
        if moving is None or moving.ended is None or moving.ended.status != "handed_over":
            return None
        return HandedOver(
            reason=self._reason(moving),
            queue=moving.ended.queue,
            collected=self._collect(moving.run, moving.ended.why, moving.doing.effects),
        )

    @property
    def collected(self) -> Collected | None:
        """What is known of the run that is under way; None where none is."""
        run = next((run for run in self._standing.runs if run.status == "active"), None)
        return None if run is None else self._collect(run, "")

    @property
    def route(self) -> Route:
        """The decision that led here, for the trace."""
        name = (self._following.movings[0].run.workflow if self._following.movings else "") or self._asked_for
        return Route(kind="workflow", intent=name, why=self._understood.why)

    def tell(self, text: str) -> Iterator[AnswerSentence]:
        """Prepared words as a sentence of their own, where others come after them."""
        yield from self._following.saying.tell(text)

    @property
    def record(self) -> ActingRecord | None:
        """None where no workflow was concerned."""
        last = self._following.movings[-1] if self._following.movings else None
        run = last.run if last else self._runs.lost
        if run is None and not (self._authority.refusals or self._following.options):
            return None
        steps = [step for moving in self._following.movings for step in moving.steps]
        if not steps and self._authority.refusals:
            steps = [StepRecord(step="", kind="refused", why=why) for why in self._authority.refusals]
        return ActingRecord(
            workflow=run.workflow if run else self._asked_for,
            version=run.version if run else 0,
            run_id=run.run_id if run else RunId(""),
            understood=tuple(map(describe, self._understood.commands)),
            understood_by=self._understood.by,
            understood_why=self._understood.why,
            steps=tuple(steps),
            calls=tuple(record for moving in self._following.movings for record in moving.doing.records),
            refusals=tuple(self._authority.refusals),
            status=run.status if run else "cancelled",
            waits_for=last.waits_for if last else "",
            options=last.options if last else self._following.options,
            suspended=tuple(one.workflow for one in self._runs.suspended),
        )

    def count(self) -> None:
        """Tell the metrics, once the turn is recorded."""
        telemetry = self._means.telemetry
        ends = {moving.run.run_id: moving.ended for moving in self._following.movings if moving.ended is not None}
        for run in self._runs.changed.values():
            if run.status not in ("active", "suspended"):
                end = ends.get(run.run_id)
                failure = (end.failure or "") if end else ""
                telemetry.workflow_ended(workflow=run.workflow, status=run.status, failure=failure)
        for action in self._authority.denials:
            telemetry.denied(action=action)

    # -- the message ----------------------------------------------------------------------------------

    async def _read(self, text: str, history: Sequence[ChatTurn]) -> Understood:
        run = self._runs.active
        release = self._runs.release_of(run) if run else self._release
        if release.understanding is None:
            return Understood(commands=())
        return await release.understanding.read(
            text,
            language=self._turn.language,
            run=run,
            suspended=self._runs.suspended,
            history=history,
            channel=self._turn.channel,
            conversation=self._turn.conversation_id,
            now=self._following.at,
            purse=self._purse,
            numbers=self._notes.numbers,
            on_attempt=self._notes.attempt,
            spoken=self._turn.text,
            is_proved=self._is_proved,
        )

    def _keep_language(self, text: str, history: Sequence[ChatTurn]) -> None:
        """Go on in the language of our question: an address or a name tells none, whatever it looks like."""
        asked = [turn.text for turn in history if turn.role == "assistant"][-3:]
        if self._runs.active is None or not asked or len(text.split()) > _TELLS_LANGUAGE:
            return
        spoken = self._release.content.profile.languages
        language = detect_language(" ".join(asked), default=self._turn.language, among=spoken)
        self._turn = self._following.turn = replace(self._turn, language=language)
        self._following.wording = replace(self._following.wording, language=language)
        self._following.saying.speak(language)

    def _note_proposals(self) -> None:
        """A model that reached for what no model may do, whoever told it to."""
        for dropped in self._understood.dropped:
            if dropped.is_outside_policy:
                self._authority.note("model.outside_policy", actor="model", proposal=dropped.proposal, why=dropped.why)

    def _refuse_orders(self) -> Road:
        """Nothing moves on a message that gives orders; that it tried is noted."""
        if self._understood.commands or self._runs.active is not None:
            self._authority.refuse("message.gave_orders", "The message gives orders to the assistant.")
        else:
            self._authority.note("message.gave_orders")
        return "question" if self._runs.active is not None else "nothing"

    # -- endings --------------------------------------------------------------------------------------

    def _reason(self, moving: Moving) -> EscalationReason:
        if moving.ended is not None and moving.ended.failure is not None:
            return EscalationReason.FAILURE
        kinds = {command.kind for command in self._understood.commands if isinstance(command, Signal)}
        return EscalationReason.ASKED if kinds & {"person", "frustrated", "yes"} else EscalationReason.POLICY

    def _collect(self, run: WorkflowRun, why: str, effects: Sequence[Effect] = ()) -> Collected:
        before = {effect.key: effect for effect in self._runs.effects_of(run)}
        all_of_them = before | {effect.key: effect for effect in effects}
        return collect(
            run,
            self._runs.release_of(run).connectors,
            why=why,
            effects=tuple(all_of_them.values()),
            language=self._release.content.profile.default_language,
        )

    @property
    def _asked_for(self) -> str:
        """The workflow that was asked for and not begun."""
        return next((one.workflow for one in self._understood.commands if isinstance(one, StartWorkflow)), "")

    @property
    def _authority(self) -> Authority:
        return self._following.authority
