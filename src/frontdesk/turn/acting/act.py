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
from frontdesk.domain.localised import Localised
from frontdesk.domain.turn import OpenTurn, Outcome, Route, Stage, TurnContext
from frontdesk.domain.workflow import (
    Command,
    RunStatus,
    SetSlot,
    Signal,
    StartWorkflow,
    Understood,
    WhichWorkflow,
    Workflow,
    WorkflowRun,
)
from frontdesk.ports.models import ChatTurn
from frontdesk.text.language import detect_language
from frontdesk.turn.acting.authority import Authority
from frontdesk.turn.acting.changes import ActingChanges
from frontdesk.turn.acting.codes import find_code
from frontdesk.turn.acting.collecting import collect
from frontdesk.turn.acting.described import describe
from frontdesk.turn.acting.doing import Doing, Means
from frontdesk.turn.acting.moving import Hears, Moving, hears_nothing
from frontdesk.turn.acting.saying import Saying
from frontdesk.turn.acting.standing import Standing
from frontdesk.turn.money.budget import Purse
from frontdesk.turn.notes import TurnNotes
from frontdesk.turn.serving import ServedRelease
from frontdesk.workflows.scope import is_switched_on
from frontdesk.workflows.stepper import ask_which, begin, expire, is_overdue, suspend
from frontdesk.workflows.wording import Wording

MOST_SUSPENDED = 3
"""Runs that wait for their return; older ones are dropped (a guess: nobody remembers more)."""
_TELLS_LANGUAGE = 7
"""Words up to which the answer to a question does not change the conversation's language; a guess."""
Road = Literal["act", "question", "nothing"]
"""`question`: something for the knowledge, while a run waits. `nothing`: no workflow is concerned."""
_RANKS = (Outcome.CLARIFIED, Outcome.REFUSED, Outcome.ANSWERED, Outcome.ACTED, Outcome.ESCALATED)
"""Of several things that came of one turn, the last one in this order is its outcome."""


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
        self._turn = turn
        self._release = release
        self._standing = standing
        self._releases = releases
        self._means = means
        self._notes = notes
        self._purse = purse
        self._remaining_s = remaining_s
        self._at = means.clock.now()
        self._texts = AuthorityTexts()
        profile = release.content.profile
        self._wording = Wording(
            language=turn.language, default_language=profile.default_language, texts=profile.texts.workflow
        )
        self.authority = Authority(
            principal=context.principal,
            conversation_id=turn.conversation_id,
            turn_id=turn.turn_id,
            clock=means.clock,
        )
        self._saying = Saying(turn, context, release, notes=notes, telemetry=means.telemetry, texts=self._texts)
        self._run: WorkflowRun | None = None
        self._lost: WorkflowRun | None = None
        self._suspended: list[WorkflowRun] = []
        self._changed: dict[RunId, WorkflowRun] = {}
        self._text = ""
        self._understood = Understood(commands=())
        self._movings: list[Moving] = []
        self._options: tuple[str, ...] = ()
        self._awaits_code = False
        self.outcome = Outcome.CLARIFIED
        for run in standing.runs:
            self._sort(run)

    def _sort(self, run: WorkflowRun) -> None:
        """Runs that can go on are the active one and the suspended ones; others are over."""
        own = self._own_release(run)
        if own is None and run.status == "active":
            self._lost = run
            self._close(run, "handed_over")
        elif own is None:
            self._close(run, "cancelled")
        elif run.status == "active":
            self._run = run
        elif is_overdue(own.workflows[run.workflow], run, at=self._at):
            self._close(run, "expired")
        else:
            self._suspended.append(run)

    # -- what the pipeline asks ------------------------------------------------------------------------

    @property
    def is_open(self) -> bool:
        """Whether a run is under way, so that no answer is taken from memory."""
        return bool(self._standing.runs)

    @property
    def has_question(self) -> bool:
        """Whether a run waits, so that its question comes after whatever is answered meanwhile."""
        return self._run is not None

    async def understand(self, text: str, *, history: Sequence[ChatTurn], gives_orders: bool) -> Road:
        """What road the message takes.

        Args:
            text: as the guard let it in.
            gives_orders: the guard found orders to the model, or failed: no workflow moves then.
        """
        if self._lost is not None:
            return "act"
        self._text = text
        self._keep_language(text, history)
        with self._notes.timed(Stage.ROUTE, "understand"):
            self._understood = await self._read(text, history)
        for dropped in self._understood.dropped:
            if dropped.is_outside_policy:
                self.authority.refuse("model.outside_policy", dropped.why, proposal=dropped.proposal)
        if gives_orders:
            return self._refuse_orders()
        if self._pending() or (self._standing.code_id is not None and find_code(text)):
            return "act"
        commands = self._understood.commands
        if self._run is None:
            is_theirs = any(not isinstance(command, Signal) for command in commands)
            is_return = bool(self._suspended) and Signal(kind="resume") in commands
            return "act" if is_theirs or is_return else "nothing"
        is_question = not commands or Signal(kind="question") in commands
        return "question" if is_question and not self._is_overdue else "act"

    async def steps(self, text: str) -> AsyncGenerator[AnswerSentence]:
        """Sentences; afterwards the outcome, the changes and the record say what came of it."""
        if self._lost is not None:
            self._rank(Outcome.ESCALATED)
            for sentence in self._say(self._texts.gone):
                yield sentence
            return
        await self._look_up_proof()
        pending = self._pending()
        async for sentence in self._settle(pending):
            yield sentence
        if any(effect.turn_id == self._turn.turn_id for effect in pending):
            return  # the message was the yes to it, and has been taken in
        if self._run is not None and self._is_overdue:
            for sentence in self._expire(self._run):
                yield sentence
        road = self._follow(self._understood.commands)
        if self._run is not None and self._standing.code_id is not None:
            road = self._answer_code(self._run, text, self._understood.commands)
        async for sentence in road:
            yield sentence

    async def ask_again(self) -> AsyncGenerator[AnswerSentence]:
        """The question that the run waits with, after something else was answered."""
        if self._run is None:
            return
        await self._look_up_proof()
        if self._standing.code_id is not None:
            self._awaits_code = True
            for sentence in self._say(self._texts.code_awaited):
                yield sentence
            return
        async for sentence in self._move(self._run, (Signal(kind="question"),)):
            yield sentence

    @property
    def changes(self) -> ActingChanges:
        last = {moving.run.run_id: moving for moving in self._movings}
        asking = next((moving for moving in last.values() if moving.approval is not None), None)
        return ActingChanges(
            runs=tuple(self._changed.values()),
            approval=asking.approval if asking else None,
            approval_expires_s=asking.approval_expires_s if asking else 0.0,
            taken_in=tuple(key for moving in self._movings for key in moving.doing.taken_in),
            voids_codes=self._standing.code_id is not None and not self._awaits_code,
            audit=tuple(self.authority.entries),
        )

    @property
    def handed_over(self) -> HandedOver | None:
        """What the person is told who takes over; None where nobody has to."""
        if self._lost is not None:
            why = "The release that it began with is not there any more."
            collected = self._collect(self._lost, why)
            return HandedOver(reason=EscalationReason.FAILURE, queue="", collected=collected)
        moving = self._movings[-1] if self._movings else None
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
        name = (self._movings[0].run.workflow if self._movings else "") or self._asked_for
        return Route(kind="workflow", intent=name, why=self._understood.why)

    def tell(self, text: str) -> Iterator[AnswerSentence]:
        """Prepared words as a sentence of their own, where others come after them."""
        yield from self._saying.tell(text)

    @property
    def record(self) -> ActingRecord | None:
        """None where no workflow was concerned."""
        last = self._movings[-1] if self._movings else None
        run = last.run if last else self._lost
        if run is None and not (self.authority.refusals or self._options):
            return None
        steps = [step for moving in self._movings for step in moving.steps]
        if not steps and self.authority.refusals:
            steps = [StepRecord(step="", kind="refused", why=why) for why in self.authority.refusals]
        return ActingRecord(
            workflow=run.workflow if run else self._asked_for,
            version=run.version if run else 0,
            run_id=run.run_id if run else RunId(""),
            understood=tuple(map(describe, self._understood.commands)),
            understood_by=self._understood.by,
            understood_why=self._understood.why,
            steps=tuple(steps),
            calls=tuple(record for moving in self._movings for record in moving.doing.records),
            refusals=tuple(self.authority.refusals),
            status=run.status if run else "cancelled",
            waits_for=last.waits_for if last else "",
            options=last.options if last else self._options,
            suspended=tuple(one.workflow for one in self._suspended),
        )

    def count(self) -> None:
        """Tell the metrics, once the turn is recorded."""
        telemetry = self._means.telemetry
        ends = {moving.run.run_id: moving.ended for moving in self._movings if moving.ended is not None}
        for run in self._changed.values():
            if run.status not in ("active", "suspended"):
                end = ends.get(run.run_id)
                failure = (end.failure or "") if end else ""
                telemetry.workflow_ended(workflow=run.workflow, status=run.status, failure=failure)
        for action in self.authority.denials:
            telemetry.denied(action=action)

    # -- the message ----------------------------------------------------------------------------------

    async def _read(self, text: str, history: Sequence[ChatTurn]) -> Understood:
        release = self._own_release(self._run) if self._run else self._release
        if release is None or release.understanding is None:
            return Understood(commands=())
        return await release.understanding.read(
            text,
            language=self._turn.language,
            run=self._run,
            suspended=self._suspended,
            history=history,
            channel=self._turn.channel,
            conversation=self._turn.conversation_id,
            now=self._at,
            purse=self._purse,
            numbers=self._notes.numbers,
            on_attempt=self._notes.attempt,
            spoken=self._turn.text,
        )

    def _keep_language(self, text: str, history: Sequence[ChatTurn]) -> None:
        """Go on in the language of our question: an address or a name tells none, whatever it looks like."""
        asked = [turn.text for turn in history if turn.role == "assistant"][-3:]
        if self._run is None or not asked or len(text.split()) > _TELLS_LANGUAGE:
            return
        spoken = self._release.content.profile.languages
        language = detect_language(" ".join(asked), default=self._turn.language, among=spoken)
        self._turn = replace(self._turn, language=language)
        self._wording = replace(self._wording, language=language)
        self._saying.speak(language)

    def _note_proposals(self) -> None:
        """A model that reached for what no model may do, whoever told it to."""
        for dropped in self._understood.dropped:
            if dropped.is_outside_policy:
                self.authority.note("proposal.outside_policy", actor="model", proposal=dropped.proposal, why=dropped.why)

    def _refuse_orders(self) -> Road:
        """Nothing moves on a message that gives orders; that it tried is noted."""
        if self._understood.commands or self._run is not None:
            self.authority.refuse("message.gave_orders", "The message gives orders to the assistant.")
        else:
            self.authority.note("message.gave_orders")
        return "question" if self._run is not None else "nothing"

    async def _follow(self, commands: Sequence[Command]) -> AsyncGenerator[AnswerSentence]:
        start = next((command for command in commands if isinstance(command, StartWorkflow)), None)
        which = next((command for command in commands if isinstance(command, WhichWorkflow)), None)
        rest = tuple(command for command in commands if not isinstance(command, StartWorkflow | WhichWorkflow))
        if start is not None:
            road = self._start(start.workflow, rest)
        elif which is not None:
            road = self._ask_which(which)
        elif self._run is not None:
            road = self._move(self._run, rest)
        else:
            road = self._return()
        async for sentence in road:
            yield sentence

    async def _start(self, name: str, rest: Sequence[Command]) -> AsyncGenerator[AnswerSentence]:
        waiting = next((run for run in self._suspended if run.workflow == name), None)
        if self._run is not None and self._run.workflow == name:
            road = self._move(self._run, rest or (Signal(kind="resume"),))
        elif waiting is not None:
            self._put_aside()
            self._suspended.remove(waiting)
            road = self._move(waiting, (Signal(kind="resume"), *rest))
        elif denied := self._denied(name):
            self._rank(Outcome.REFUSED)
            road = self._say_and_ask(denied)
        else:
            workflow = self._release.workflows[name]
            self._put_aside()
            run = begin(
                workflow,
                run_id=RunId.mint(self._means.tokens.token()),
                conversation_id=self._turn.conversation_id,
                release_id=self._release.manifest.release_id,
                at=self._at,
            )
            road = self._move(run, rest, hears=self._told_at_once)
        async for sentence in road:
            yield sentence

    def _denied(self, name: str) -> Localised:
        """What is said where the workflow can't be begun by this session; empty where it can."""
        workflow = self._release.workflows.get(name)
        conversation_id, channel = self._turn.conversation_id, self._turn.channel
        if workflow is None or not is_switched_on(workflow, channel=channel, conversation_id=conversation_id):
            self.authority.refuse("workflow.denied", f"`{name}` is not switched on here.", workflow=name)
            return self._texts.not_here
        if self.authority.lacks(workflow.needs) == "sign_in":
            self.authority.refuse("workflow.denied", f"`{name}` needs a proved customer.", workflow=name)
            return self._texts.sign_in
        return {}

    async def _say_and_ask(self, texts: Localised) -> AsyncGenerator[AnswerSentence]:
        for sentence in self._say(texts):
            yield sentence
        async for sentence in self.ask_again():
            yield sentence

    async def _ask_which(self, which: WhichWorkflow) -> AsyncGenerator[AnswerSentence]:
        known = [self._release.workflows[name] for name in which.workflows if name in self._release.workflows]
        said, waits = ask_which(known, self._wording)
        self._options = waits.options
        for sentence in self._saying.tell(said.text):
            yield sentence

    def _put_aside(self) -> None:
        """The active run waits for its return; those that wait longest are dropped."""
        if self._run is None:
            return
        aside = suspend(self._run, at=self._at)
        self._run = None
        self._changed[aside.run_id] = aside
        self._suspended.insert(0, aside)
        while len(self._suspended) > MOST_SUSPENDED:
            self._close(self._suspended.pop(), "cancelled")

    async def _return(self) -> AsyncGenerator[AnswerSentence]:
        """Back to the run that was put aside last."""
        if self._suspended:
            async for sentence in self._move(self._suspended.pop(0), (Signal(kind="resume"),)):
                yield sentence

    # -- proof ----------------------------------------------------------------------------------------

    async def _look_up_proof(self) -> None:
        subject = self.authority.subject
        workflows = (workflow.needs for workflow in self._release.workflows.values())
        operations = (
            spec.needs for connector in self._release.connectors.values() for spec in connector.operations.values()
        )
        if subject and "stepped_up" in {*workflows, *operations}:
            self.authority.is_stepped_up = await self._means.codes.is_stepped_up(self._turn.conversation_id, subject)

    async def _answer_code(
        self, run: WorkflowRun, text: str, commands: Sequence[Command]
    ) -> AsyncGenerator[AnswerSentence]:
        """A message while a code is asked for."""
        code, kinds = find_code(text), {command.kind for command in commands if isinstance(command, Signal)}
        goes_elsewhere = kinds & {"cancel", "person"} or any(isinstance(one, StartWorkflow) for one in commands)
        if code:
            road = self._check_code(run, code)
        elif goes_elsewhere:
            road = self._follow(commands)
        elif "has_not" in kinds:
            road = self._send_code(run)
        else:
            self._awaits_code = True
            road = self._say_only(self._texts.code_awaited)
        async for sentence in road:
            yield sentence

    async def _check_code(self, run: WorkflowRun, code: str) -> AsyncGenerator[AnswerSentence]:
        result = await self._means.codes.check(self._standing.code_id or "", code, lease=self._turn.lease)
        match result:
            case "right":
                self.authority.is_stepped_up = True
                self.authority.note("code.right", workflow=run.workflow)
                for sentence in self._say(self._texts.code_right):
                    yield sentence
                async for sentence in self._move(run):
                    yield sentence
            case "wrong":
                self.authority.refuse("code.wrong", "The one-time code was wrong.", workflow=run.workflow)
                self._awaits_code = True
                for sentence in self._say(self._texts.code_wrong):
                    yield sentence
            case "locked":
                moving = self._new_moving(run)
                for sentence in moving.lock():
                    yield sentence
                self._after(moving)
            case "none":
                for sentence in self._say(self._texts.code_expired):
                    yield sentence
                async for sentence in self._send_code(run):
                    yield sentence

    async def _send_code(self, run: WorkflowRun) -> AsyncGenerator[AnswerSentence]:
        moving = self._new_moving(run)
        async for sentence in moving.send_code(run.step):
            yield sentence
        self._after(moving)

    # -- runs -----------------------------------------------------------------------------------------

    def _pending(self) -> list[Effect]:
        """Effects of the active run that it has not gone on with: their turns did not come to their end."""
        if self._run is None:
            return []
        run = self._run
        begun = self._standing.effects.get(run.run_id, ())
        return [effect for effect in begun if not effect.is_taken_in and effect.step == run.step]

    async def _settle(self, pending: Sequence[Effect]) -> AsyncGenerator[AnswerSentence]:
        for effect in pending[:1]:  # what the effect leads to finds the others by their keys
            if self._run is None:
                return
            moving = self._new_moving(self._run)
            async for sentence in moving.settle(effect):
                yield sentence
            self._after(moving)

    def _expire(self, run: WorkflowRun) -> Iterator[AnswerSentence]:
        expired, said = expire(self._workflow_of(run), run, self._wording, at=self._at)
        self._changed[run.run_id] = expired
        self._run = None
        yield from self._saying.tell(said.text)

    @property
    def _is_overdue(self) -> bool:
        return self._run is not None and is_overdue(self._workflow_of(self._run), self._run, at=self._at)

    def _told_at_once(self, run: WorkflowRun, slot: str) -> SetSlot | None:
        understanding = self._release.understanding
        if understanding is None:
            return None
        return understanding.told_of(slot, self._text, language=self._turn.language, run=run, now=self._at)

    async def _move(
        self, run: WorkflowRun, commands: Sequence[Command] = (), *, hears: Hears = hears_nothing
    ) -> AsyncGenerator[AnswerSentence]:
        moving = self._new_moving(run)
        moving.hears = hears
        async for sentence in moving.go(commands):
            yield sentence
        self._after(moving)
        if moving.ended is not None and moving.ended.status != "handed_over":
            async for sentence in self._return():
                yield sentence

    def _after(self, moving: Moving) -> None:
        run = self._changed[moving.run.run_id] = moving.run
        self._run = run if run.status == "active" else None
        self._awaits_code = moving.waits_for == "code"
        if any(effect.status == "done" for effect in moving.doing.effects):
            self._rank(Outcome.ACTED)
        if moving.has_told:
            self._rank(Outcome.ANSWERED)
        if moving.ended is not None:
            self._rank(Outcome(moving.ended.outcome))

    def _new_moving(self, run: WorkflowRun) -> Moving:
        own = self._own_release(run) or self._release
        doing = Doing(
            workflow=own.workflows[run.workflow],
            connectors=own.connectors,
            means=self._means,
            authority=self.authority,
            lease=self._turn.lease,
            remaining_s=self._remaining_s,
            at=self._at,
            approvals=self._standing.approvals,
        )
        moving = Moving(
            run=run,
            doing=doing,
            wording=self._wording,
            saying=self._saying,
            texts=self._texts,
            language=self._turn.language,
        )
        self._movings.append(moving)
        return moving

    def _own_release(self, run: WorkflowRun) -> ServedRelease | None:
        """The release with the run's definition; None where none is open that has the very same workflows."""
        release = self._releases(run.release_id)
        digest = release.manifest.components.get("workflows", "")
        is_its_own = release.manifest.release_id == run.release_id
        if not is_its_own and (not digest or digest != self._standing.made_of.get(run.release_id)):
            return None
        workflow = release.workflows.get(run.workflow)
        return release if workflow is not None and workflow.version == run.version else None

    def _workflow_of(self, run: WorkflowRun) -> Workflow:
        return (self._own_release(run) or self._release).workflows[run.workflow]

    def _close(self, run: WorkflowRun, status: RunStatus) -> None:
        self._changed[run.run_id] = replace(run, status=status, updated_at=self._at)

    # -- endings --------------------------------------------------------------------------------------

    def _rank(self, outcome: Outcome) -> None:
        self.outcome = max(self.outcome, outcome, key=_RANKS.index)

    def _reason(self, moving: Moving) -> EscalationReason:
        if moving.ended is not None and moving.ended.failure is not None:
            return EscalationReason.FAILURE
        kinds = {command.kind for command in self._understood.commands if isinstance(command, Signal)}
        return EscalationReason.ASKED if kinds & {"person", "frustrated", "yes"} else EscalationReason.POLICY

    def _collect(self, run: WorkflowRun, why: str, effects: Sequence[Effect] = ()) -> Collected:
        before = {effect.key: effect for effect in self._standing.effects.get(run.run_id, ())}
        all_of_them = before | {effect.key: effect for effect in effects}
        own = self._own_release(run) or self._release
        return collect(
            run,
            own.connectors,
            why=why,
            effects=tuple(all_of_them.values()),
            language=self._release.content.profile.default_language,
        )

    @property
    def _asked_for(self) -> str:
        """The workflow that was asked for and not begun."""
        return next((one.workflow for one in self._understood.commands if isinstance(one, StartWorkflow)), "")

    def _say(self, texts: Localised) -> Iterator[AnswerSentence]:
        yield from self._saying.tell(self._wording.of(texts))

    async def _say_only(self, texts: Localised) -> AsyncGenerator[AnswerSentence]:
        for sentence in self._say(texts):
            yield sentence
