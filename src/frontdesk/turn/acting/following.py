"""What a message does to the runs of its conversation: one begins, goes on, waits, or comes back."""

from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from frontdesk.domain.authority_texts import AuthorityTexts
from frontdesk.domain.effects import Effect
from frontdesk.domain.events import AnswerSentence
from frontdesk.domain.ids import RunId
from frontdesk.domain.localised import Localised
from frontdesk.domain.turn import OpenTurn, Outcome
from frontdesk.domain.workflow import Command, SetSlot, Signal, StartWorkflow, WhichWorkflow, WorkflowRun
from frontdesk.turn.acting.authority import Authority
from frontdesk.turn.acting.codes import find_code
from frontdesk.turn.acting.doing import Doing, Means
from frontdesk.turn.acting.moving import Hears, Moving, hears_nothing
from frontdesk.turn.acting.open_runs import OpenRuns
from frontdesk.turn.acting.saying import Saying
from frontdesk.turn.acting.standing import Standing
from frontdesk.turn.serving import ServedRelease
from frontdesk.workflows.scope import is_switched_on
from frontdesk.workflows.stepper import ask_which, begin
from frontdesk.workflows.wording import Wording

_RANKS = (Outcome.CLARIFIED, Outcome.REFUSED, Outcome.ANSWERED, Outcome.ACTED, Outcome.ESCALATED)
"""Of several things that came of one turn, the last one in this order is its outcome."""


@dataclass(slots=True, kw_only=True)
class Following:
    """Of one turn."""

    turn: OpenTurn
    release: ServedRelease
    runs: OpenRuns
    standing: Standing
    means: Means
    authority: Authority
    saying: Saying
    wording: Wording
    texts: AuthorityTexts
    remaining_s: Callable[[], float]
    at: datetime
    text: str = ""
    """The message, as the guard let it in."""
    movings: list[Moving] = field(default_factory=list)
    """What each run did, in its order."""
    options: tuple[str, ...] = ()
    """Workflows that the customer may mean."""
    awaits_code: bool = False
    outcome: Outcome = Outcome.CLARIFIED

    async def follow(self, commands: Sequence[Command]) -> AsyncGenerator[AnswerSentence]:
        start = next((command for command in commands if isinstance(command, StartWorkflow)), None)
        which = next((command for command in commands if isinstance(command, WhichWorkflow)), None)
        rest = tuple(command for command in commands if not isinstance(command, StartWorkflow | WhichWorkflow))
        if start is not None:
            road = self._start(start.workflow, rest)
        elif which is not None:
            road = self._ask_which(which)
        elif self.runs.active is not None:
            road = self._move(self.runs.active, rest)
        else:
            road = self._return()
        async for sentence in road:
            yield sentence

    async def ask_again(self) -> AsyncGenerator[AnswerSentence]:
        """The question that the run waits with, after something else was answered."""
        if self.runs.active is None:
            return
        await self.look_up_proof()
        if self.standing.code_id is not None:
            self.awaits_code = True
            for sentence in self.say(self.texts.code_awaited):
                yield sentence
            return
        async for sentence in self._move(self.runs.active, (Signal(kind="question"),)):
            yield sentence

    async def _start(self, name: str, rest: Sequence[Command]) -> AsyncGenerator[AnswerSentence]:
        if self.runs.active is not None and self.runs.active.workflow == name:
            road = self._move(self.runs.active, rest or (Signal(kind="resume"),))
        elif waiting := self.runs.take_back(name):
            self.runs.put_aside()
            road = self._move(waiting, (Signal(kind="resume"), *rest))
        elif denied := self._denied(name):
            self.rank(Outcome.REFUSED)
            road = self._say_and_ask(denied)
        else:
            workflow = self.release.workflows[name]
            self.runs.put_aside()
            run = begin(
                workflow,
                run_id=RunId.mint(self.means.tokens.token()),
                conversation_id=self.turn.conversation_id,
                release_id=self.release.manifest.release_id,
                at=self.at,
            )
            road = self._move(run, rest, hears=self._told_at_once)
        async for sentence in road:
            yield sentence

    def _denied(self, name: str) -> Localised:
        """What is said where the workflow can't be begun by this session; empty where it can."""
        workflow = self.release.workflows.get(name)
        conversation_id, channel = self.turn.conversation_id, self.turn.channel
        if workflow is None or not is_switched_on(workflow, channel=channel, conversation_id=conversation_id):
            self.authority.refuse("workflow.denied", f"`{name}` is not switched on here.", workflow=name)
            return self.texts.not_here
        if self.authority.lacks(workflow.needs) == "sign_in":
            self.authority.refuse("workflow.denied", f"`{name}` needs a proved customer.", workflow=name)
            return self.texts.sign_in
        return {}

    async def _say_and_ask(self, texts: Localised) -> AsyncGenerator[AnswerSentence]:
        for sentence in self.say(texts):
            yield sentence
        async for sentence in self.ask_again():
            yield sentence

    async def _ask_which(self, which: WhichWorkflow) -> AsyncGenerator[AnswerSentence]:
        known = [self.release.workflows[name] for name in which.workflows if name in self.release.workflows]
        said, waits = ask_which(known, self.wording)
        self.options = waits.options
        for sentence in self.saying.tell(said.text):
            yield sentence

    async def _return(self) -> AsyncGenerator[AnswerSentence]:
        """Back to the run that was put aside last."""
        if (run := self.runs.take_back()) is not None:
            async for sentence in self._move(run, (Signal(kind="resume"),)):
                yield sentence

    # -- proof ----------------------------------------------------------------------------------------

    async def look_up_proof(self) -> None:
        subject = self.authority.subject
        workflows = (workflow.needs for workflow in self.release.workflows.values())
        operations = (
            spec.needs for connector in self.release.connectors.values() for spec in connector.operations.values()
        )
        if subject and "stepped_up" in {*workflows, *operations}:
            self.authority.is_stepped_up = await self.means.codes.is_stepped_up(self.turn.conversation_id, subject)

    async def answer_code(self, run: WorkflowRun, commands: Sequence[Command]) -> AsyncGenerator[AnswerSentence]:
        """A message while a code is asked for."""
        code, kinds = find_code(self.text), {command.kind for command in commands if isinstance(command, Signal)}
        goes_elsewhere = kinds & {"cancel", "person"} or any(isinstance(one, StartWorkflow) for one in commands)
        if code:
            road = self._check_code(run, code)
        elif goes_elsewhere:
            road = self.follow(commands)
        elif "has_not" in kinds:
            road = self._send_code(run)
        else:
            self.awaits_code = True
            road = self._say_only(self.texts.code_awaited)
        async for sentence in road:
            yield sentence

    async def _check_code(self, run: WorkflowRun, code: str) -> AsyncGenerator[AnswerSentence]:
        result = await self.means.codes.check(self.standing.code_id or "", code, lease=self.turn.lease)
        match result:
            case "right":
                self.authority.is_stepped_up = True
                self.authority.note("code.right", workflow=run.workflow)
                for sentence in self.say(self.texts.code_right):
                    yield sentence
                async for sentence in self._move(run):
                    yield sentence
            case "wrong":
                self.authority.refuse("code.wrong", "The one-time code was wrong.", workflow=run.workflow)
                self.awaits_code = True
                for sentence in self.say(self.texts.code_wrong):
                    yield sentence
            case "locked":
                moving = self._new_moving(run)
                for sentence in moving.lock():
                    yield sentence
                self._after(moving)
            case "none":
                for sentence in self.say(self.texts.code_expired):
                    yield sentence
                async for sentence in self._send_code(run):
                    yield sentence

    async def _send_code(self, run: WorkflowRun) -> AsyncGenerator[AnswerSentence]:
        moving = self._new_moving(run)
        async for sentence in moving.send_code(run.step):
            yield sentence
        self._after(moving)

    async def settle(self, pending: Sequence[Effect]) -> AsyncGenerator[AnswerSentence]:
        for effect in pending[:1]:  # what the effect leads to finds the others by their keys
            if self.runs.active is None:
                return
            moving = self._new_moving(self.runs.active)
            async for sentence in moving.settle(effect):
                yield sentence
            self._after(moving)

    def _told_at_once(self, run: WorkflowRun, slot: str) -> SetSlot | None:
        understanding = self.release.understanding
        if understanding is None:
            return None
        return understanding.told_of(slot, self.text, language=self.turn.language, run=run, now=self.at)

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
        self.runs.keep(moving.run)
        self.awaits_code = moving.waits_for == "code"
        if any(effect.status == "done" for effect in moving.doing.effects):
            self.rank(Outcome.ACTED)
        if moving.has_told:
            self.rank(Outcome.ANSWERED)
        if moving.ended is not None:
            self.rank(Outcome(moving.ended.outcome))

    def _new_moving(self, run: WorkflowRun) -> Moving:
        own = self.runs.release_of(run)
        doing = Doing(
            workflow=own.workflows[run.workflow],
            connectors=own.connectors,
            means=self.means,
            authority=self.authority,
            lease=self.turn.lease,
            remaining_s=self.remaining_s,
            at=self.at,
            approvals=self.standing.approvals,
        )
        moving = Moving(
            run=run,
            doing=doing,
            wording=self.wording,
            saying=self.saying,
            texts=self.texts,
            language=self.turn.language,
        )
        self.movings.append(moving)
        return moving

    def rank(self, outcome: Outcome) -> None:
        """Something came of the turn."""
        self.outcome = max(self.outcome, outcome, key=_RANKS.index)

    def say(self, texts: Localised) -> Iterator[AnswerSentence]:
        yield from self.saying.tell(self.wording.of(texts))

    async def _say_only(self, texts: Localised) -> AsyncGenerator[AnswerSentence]:
        for sentence in self.say(texts):
            yield sentence
