"""One run moves: what it wants is said, called, asked for and done, until it waits for the customer or ends."""

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import structlog

from frontdesk.domain.acting import StepKind, StepRecord
from frontdesk.domain.authority_texts import AuthorityTexts
from frontdesk.domain.connector import FailureKind
from frontdesk.domain.effects import Approval, Effect
from frontdesk.domain.errors import StepLimitError
from frontdesk.domain.events import AnswerSentence
from frontdesk.domain.workflow import (
    CallWanted,
    Command,
    ConfirmationWanted,
    Ends,
    Move,
    PlannedCall,
    Reading,
    Say,
    SetSlot,
    Waits,
    Workflow,
    WorkflowRun,
)
from frontdesk.turn.acting.codes import EXPIRES_S
from frontdesk.turn.acting.doing import Doing
from frontdesk.turn.acting.saying import Saying
from frontdesk.workflows.stepper import advance
from frontdesk.workflows.wording import Wording

log = structlog.get_logger()

_MOST_ROUNDS = 32
"""Rounds of calls in one turn; a guess, many times what a readable workflow has."""
Hears = Callable[[WorkflowRun, str], SetSlot | None]
"""What was said at once of a slot, by its name, whose choices a run has read since."""


def hears_nothing(run: WorkflowRun, slot: str) -> SetSlot | None:  # noqa: ARG001
    return None


@dataclass(slots=True, kw_only=True)
class Moving:
    """One run in one turn."""

    run: WorkflowRun
    doing: Doing
    wording: Wording
    saying: Saying
    texts: AuthorityTexts
    language: str
    hears: Hears = hears_nothing
    steps: list[StepRecord] = field(default_factory=list)
    approval: Approval | None = None
    approval_expires_s: float = 0.0
    options: tuple[str, ...] = ()
    waits_for: str = ""
    ended: Ends | None = None
    has_told: bool = False
    """Whether it said what a system said."""
    _readings: Mapping[str, Reading] | None = None
    _goes_on: bool = False
    _heard: set[str] = field(default_factory=set)

    @property
    def workflow(self) -> Workflow:
        return self.doing.workflow

    @property
    def at(self) -> datetime:
        return self.doing.at

    async def go(
        self, commands: Sequence[Command] = (), readings: Mapping[str, Reading] | None = None
    ) -> AsyncGenerator[AnswerSentence]:
        """Sentences, until the run waits or ends."""
        self._readings = readings
        for _ in range(_MOST_ROUNDS):
            moves = self._advance(commands)
            known = self._known_by_now(moves)
            for said in self._unsaid(moves, but_question=known is not None):
                for sentence in self._tell(said):
                    yield sentence
            if self.saying.is_blocked:
                self._hand_over("The guard held its words back.")
            if self.ended is not None:
                return
            commands, self._readings, self._goes_on = (), None, False
            if known is not None:
                commands = (known,)
                continue
            async for sentence in self._meet(moves[-1]):
                yield sentence
            if not self._goes_on:
                return
        self._hand_over("It called other systems without end.", failure="malformed")

    def _known_by_now(self, moves: Sequence[Move]) -> SetSlot | None:
        """The answer to a question that need not be asked, since the customer gave it before there was a choice."""
        waits = moves[-1] if moves else None
        slot = self.workflow.slots.get(waits.slot) if isinstance(waits, Waits) else None
        if slot is None or not slot.choose_from or slot.name in self._heard:
            return None
        self._heard.add(slot.name)
        return self.hears(self.run, slot.name)

    @staticmethod
    def _unsaid(moves: Sequence[Move], *, but_question: bool) -> Sequence[Say]:
        said = [move for move in moves if isinstance(move, Say)]
        return said[:-1] if but_question else said

    def _advance(self, commands: Sequence[Command]) -> Sequence[Move]:
        try:
            self.run, moves = advance(
                self.workflow, self.run, self.wording, commands=commands, readings=self._readings, at=self.at
            )
        except StepLimitError as error:
            log.exception("workflow_in_circles", workflow=self.workflow.name, step=self.run.step)
            self._hand_over(error.public_message, failure="malformed")
            return ()
        return moves

    async def _meet(self, move: Move) -> AsyncGenerator[AnswerSentence]:
        """Do what the run needs; it goes on where that gave it something."""
        match move:
            case CallWanted(calls=planned) if self.doing.lacks(planned):
                sentences = self._prove(move.step, planned)
            case CallWanted(is_effect=True):
                sentences = self._do(move)
            case CallWanted():
                await self._read(move)
                return
            case ConfirmationWanted(call=call) if self.doing.lacks((call,)):
                sentences = self._prove(move.step, (call,))
            case ConfirmationWanted():
                sentences = self._confirm(move)
            case Waits():
                self._wait(move)
                return
            case Ends():
                self._end(move)
                return
            case _:
                raise AssertionError("a run's last move says what it needs")
        async for sentence in sentences:
            yield sentence

    async def _read(self, wanted: CallWanted) -> None:
        self._note(wanted.step, "call", ", ".join(f"{one.connector}.{one.operation}" for one in wanted.calls))
        self._go_on(await self.doing.read(wanted))

    async def _do(self, wanted: CallWanted) -> AsyncGenerator[AnswerSentence]:
        planned = wanted.calls[0]
        self._note(wanted.step, "effect", f"{planned.connector}.{planned.operation}")
        readings = await self.doing.effect(self.run, wanted)
        if readings is None:  # the yes doesn't count any more: it is asked for again
            self.run = replace(self.run, is_waiting=True)
            for sentence in self.tell(self.wording.say("looked_again")):
                yield sentence
        self._go_on(readings)

    def _go_on(self, readings: Mapping[str, Reading] | None) -> None:
        self._readings, self._goes_on = readings, True

    async def settle(self, effect: Effect) -> AsyncGenerator[AnswerSentence]:
        """Go on with what became of an effect whose turn did not come to its end."""
        self._note(effect.step, "effect", f"{effect.operation} was begun before.")
        readings = await self.doing.settle(effect)
        async for sentence in self.go(readings=readings):
            yield sentence

    def tell(self, text: str, about: Sequence[str] = ()) -> Sequence[AnswerSentence]:
        """Words for the customer."""
        return tuple(
            self.saying.tell(
                text, about, workflow=self.workflow, readings=self.run.readings, connectors=self.doing.connectors
            )
        )

    # -- what it says and asks ------------------------------------------------------------------------

    def _tell(self, said: Say) -> Sequence[AnswerSentence]:
        self._note(said.step, "say")
        told = self.tell(said.text, said.about)
        self.has_told = self.has_told or any(sentence.citations for sentence in told)
        return told

    async def _confirm(self, wanted: ConfirmationWanted) -> AsyncGenerator[AnswerSentence]:
        if (readings := self.doing.refused_before(wanted)) is not None:
            self._go_on(readings)
            return
        operation = f"{wanted.call.connector}.{wanted.call.operation}"
        self._note(wanted.step, "confirm", f"{operation} waits for a yes.")
        self.approval = Approval(
            approval_id=self.doing.means.tokens.token(),
            run_id=self.run.run_id,
            conversation_id=self.run.conversation_id,
            step=wanted.step,
            operation=operation,
            arguments=wanted.call.arguments,
            created_at=self.at,
        )
        self.approval_expires_s = wanted.expires_s
        self._wait(Waits(slot=wanted.step, options=(self.wording.say("yes"), self.wording.say("no"))))
        for sentence in self.tell(wanted.text, tuple(name for name, found in self.run.readings.items() if found.rows)):
            yield sentence

    def _wait(self, wait: Waits) -> None:
        self.waits_for, self.options = wait.slot, wait.options
        self._note(self.run.step, "wait", f"It waits for `{wait.slot}`." if wait.slot else "")

    def _end(self, end: Ends) -> None:
        self.ended = end
        self.run = replace(self.run, status=end.status, is_waiting=False, updated_at=self.at)
        self._note(self.run.step, "end", end.why or end.outcome)

    def _hand_over(self, why: str, *, failure: FailureKind | None = None) -> None:
        self._end(Ends(status="handed_over", outcome="escalated", why=why, failure=failure))

    # -- what the session lacks -----------------------------------------------------------------------

    async def _prove(self, step: str, planned: Sequence[PlannedCall]) -> AsyncGenerator[AnswerSentence]:
        """Ask for the proof that is missing; the run stays before what it wanted."""
        self.run = replace(self.run, is_waiting=False)
        if self.doing.authority.lacks(self.doing.need(planned)) == "sign_in":
            self.doing.authority.refuse("workflow.denied", "Nobody has proved who asks.", workflow=self.workflow.name)
            self._note(step, "refused", "Nobody has proved who asks.")
            self._end(Ends(status="cancelled", outcome="refused", why="Nobody has proved who asks."))
            for sentence in self.tell(self.wording.of(self.texts.sign_in)):
                yield sentence
            return
        async for sentence in self.send_code(step):
            yield sentence

    async def send_code(self, step: str) -> AsyncGenerator[AnswerSentence]:
        """Send a one-time code and ask for it; without a way to send one a person takes over."""
        sent = await self.doing.means.codes.send(
            self.run.conversation_id,
            self.doing.authority.subject,
            language=self.language,
            lease=self.doing.lease,
            deadline_s=self.doing.left_s(),
        )
        self._note(
            step, "code", {"sent": "A code was sent.", "unsent": "No code could be sent."}.get(sent, "Too many.")
        )
        self.doing.authority.note(f"code.{sent}", actor="assistant", workflow=self.workflow.name)
        if sent == "sent":
            minutes = str(round(EXPIRES_S / 60))
            self.waits_for = "code"
            for sentence in self.tell(self.wording.of(self.texts.code_asked).replace("{minutes}", minutes)):
                yield sentence
            return
        for sentence in self.tell(self.wording.of(self.texts.code_unsent)):
            yield sentence
        self._hand_over("No one-time code could be sent.")

    def lock(self) -> Sequence[AnswerSentence]:
        """Too many wrong codes: a person takes over."""
        told = self.tell(self.wording.of(self.texts.code_locked))
        self.doing.authority.refuse(
            "code.locked", "The one-time code was wrong too often.", workflow=self.workflow.name
        )
        self._hand_over("The one-time code was wrong too often.")
        return told

    def _note(self, step: str, kind: StepKind, why: str = "") -> None:
        self.steps.append(StepRecord(step=step, kind=kind, why=why))
