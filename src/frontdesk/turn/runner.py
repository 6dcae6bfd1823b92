"""The worker of turns: accepts, runs, and takes over what another worker left behind.

A turn belongs to a lease, not to a request. Whoever holds the lease finishes the turn; every commit
carries the lease's fence, so a worker that was thought dead can do no harm when it wakes up.
"""

import asyncio
from collections.abc import Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass, replace

import structlog

from frontdesk.domain.conversation import InboundMessage, Message
from frontdesk.domain.errors import (
    FrontdeskError,
    HandedOverError,
    LeaseLostError,
    OverloadedError,
    UnavailableError,
)
from frontdesk.domain.events import AnswerSentence, TurnReset, TurnStage
from frontdesk.domain.ids import MessageId, ReleaseId, TurnId
from frontdesk.domain.turn import OpenTurn, TurnContext, TurnState
from frontdesk.domain.usage import VendorAttempt
from frontdesk.ports.clock import Clock, TokenSource
from frontdesk.ports.stores import Database, StoredTurn, Stores
from frontdesk.ports.telemetry import Telemetry
from frontdesk.turn.delivery import StageNotices, deliver_events
from frontdesk.turn.generation import fit_history
from frontdesk.turn.intake import Acceptance, Accepted, accept_message, clean_message, to_open_turn
from frontdesk.turn.pipeline import TurnRun
from frontdesk.turn.record import Ending, record_turn
from frontdesk.turn.serving import ServedRelease

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunnerLimits:
    deadline_s: float = 30.0
    """From acceptance to the turn's end."""
    lease_s: float = 5.0
    """A worker that is silent for so long has lost its turns."""
    claim_every_s: float = 1.0
    max_inflight: int = 256
    """Accepted and unfinished turns of this process; beyond it a message is refused at once."""
    max_attempts: int = 4
    """A turn that was taken over more often than this fails: something in it kills workers."""


class TurnRunner:
    """Runs turns as tasks of the process; a request only watches them."""

    def __init__(
        self,
        database: Database,
        releases: Callable[[ReleaseId | None], ServedRelease],
        *,
        clock: Clock,
        tokens: TokenSource,
        telemetry: Telemetry,
        owner: str,
        limits: RunnerLimits | None = None,
    ) -> None:
        """`releases` gives the release with that id, or the live one where there is none (any more)."""
        self._database = database
        self._releases = releases
        self._clock = clock
        self._tokens = tokens
        self._telemetry = telemetry
        self._owner = owner
        self._limits = limits or RunnerLimits()
        self._tasks: dict[TurnId, asyncio.Task[None]] = {}
        self._ended: dict[TurnId, asyncio.Event] = {}
        self._loops: list[asyncio.Task[None]] = []
        self._poke = asyncio.Event()
        self._is_closing = False
        self.notices = StageNotices()

    @property
    def inflight(self) -> int:
        return len(self._tasks)

    async def start(self) -> None:
        """Keep leases alive, and pick up turns that are nobody's."""
        self._loops = [asyncio.create_task(self._keep_leases()), asyncio.create_task(self._claim_turns())]

    async def close(self, *, grace_s: float = 5.0) -> None:
        """Let running turns finish for a while; what is left is free for another worker at once."""
        self._is_closing = True
        for loop in self._loops:
            loop.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)
        if self._tasks:
            await asyncio.wait(self._tasks.values(), timeout=grace_s)
        for task in list(self._tasks.values()):
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        with suppress(FrontdeskError):
            await self._database.write(lambda stores: stores.turns.release_owner(self._owner))

    async def accept(self, inbound: InboundMessage) -> Accepted:
        """Keep the message and start its turn. On return the message is durable.

        Raises:
            InputError: nothing was kept; the message names the field.
            OverloadedError: too much is under way; nothing was kept.
        """
        message = clean_message(inbound)
        if self._is_closing or len(self._tasks) >= self._limits.max_inflight:
            raise OverloadedError("Too many people are writing at this moment. Please send it again shortly.")
        release = self._releases(None)
        acceptance = Acceptance(
            turn_id=TurnId.mint(self._tokens.token()),
            message_id=MessageId.mint(self._tokens.token()),
            release_id=release.manifest.release_id,
            default_language=release.content.profile.default_language,
            at=self._clock.now(),
            deadline_s=self._limits.deadline_s,
            owner=self._owner,
            lease_s=self._limits.lease_s,
        )
        accepted = await self._database.write(lambda stores: accept_message(stores, message, acceptance))
        if not accepted.turn.is_duplicate:
            self._telemetry.turn_accepted(channel=inbound.channel)
            if accepted.state is TurnState.RUNNING:
                self._spawn(accepted.turn)
        return accepted

    def ended(self, turn_id: TurnId) -> asyncio.Event | None:
        """Set once this process has ended the turn, or has let go of it; None where it does not work on it."""
        return self._ended.get(turn_id)

    # -- one turn --------------------------------------------------------------------------------

    def _spawn(self, turn: OpenTurn) -> None:
        if turn.turn_id in self._tasks:
            return
        task = asyncio.create_task(self._work(turn), name=turn.turn_id)
        self._tasks[turn.turn_id] = task
        self._ended[turn.turn_id] = asyncio.Event()
        self._telemetry.inflight(1)
        task.add_done_callback(lambda _: self._forget(turn.turn_id))

    def _forget(self, turn_id: TurnId) -> None:
        self._tasks.pop(turn_id, None)
        self._ended.pop(turn_id).set()
        self._telemetry.inflight(-1)
        self._poke.set()  # the conversation may have a queued turn

    async def _work(self, turn: OpenTurn) -> None:
        structlog.contextvars.bind_contextvars(turn_id=turn.turn_id, conversation_id=turn.conversation_id)
        try:
            run = await self._open_run(turn)
            await self._record(run, turn, await self._run(run, turn))
            self._ended[turn.turn_id].set()
            await self._improve_summary(run, turn)
        except LeaseLostError:
            log.warning("lease_lost", fence=turn.lease.fence)
        except UnavailableError:
            log.error("turn_left_to_the_next_worker", exc_info=True)
        except Exception:
            log.exception("turn_crashed")

    async def _open_run(self, turn: OpenTurn) -> TurnRun:
        release = self._releases(turn.release_id)
        turn = replace(turn, release_id=release.manifest.release_id)
        context, unanswered = await self._database.read(lambda stores: _load_context(stores, turn))
        context = replace(context, history=tuple(_as_let_in(release, message) for message in context.history))
        history = fit_history(
            context.history,
            budget_tokens=release.content.models.history_tokens,
            summary=context.conversation.summary,
            summarised_until=context.conversation.summarised_until,
        )
        return TurnRun(
            turn,
            context,
            release,
            history=history,
            unanswered_before=unanswered,
            clock=self._clock,
            tokens=self._tokens,
            telemetry=self._telemetry,
        )

    async def _run(self, run: TurnRun, turn: OpenTurn) -> Ending:
        """Work through the turn until its ending; every way out but a lost lease gives one."""
        remaining_s = (turn.deadline_at - self._clock.now()).total_seconds()
        if run.is_handed_over:
            return run.silent()
        if turn.lease.fence > self._limits.max_attempts:
            return run.failed("gave_up")
        try:
            async with asyncio.timeout(remaining_s):
                if turn.lease.fence > 1:
                    await self._void_earlier_attempt(turn)
                return await self._tell_steps(run, turn)
        except HandedOverError:
            return run.silent()
        except (LeaseLostError, UnavailableError):
            raise
        except TimeoutError:
            return run.failed("deadline_reached")
        except Exception as error:
            log.exception("turn_failed")
            return run.failed(error.code if isinstance(error, FrontdeskError) else "unexpected")

    async def _tell_steps(self, run: TurnRun, turn: OpenTurn) -> Ending:
        """Commit what the pipeline yields, one by one; its last step is returned."""
        async with aclosing(run.steps()) as steps:
            async for step in steps:
                if isinstance(step, Ending):
                    return step
                if isinstance(step, TurnStage):
                    self.notices.tell(turn.conversation_id, step)
                else:
                    await self._commit(turn, step)
        raise AssertionError("a pipeline ends with an ending")

    async def _commit(self, turn: OpenTurn, event: AnswerSentence | TurnReset) -> None:
        await deliver_events(
            self._database, self._clock, conversation_id=turn.conversation_id, lease=turn.lease, events=[event]
        )

    async def _void_earlier_attempt(self, turn: OpenTurn) -> None:
        """Tell readers that the sentences of a dead worker's attempt do not count."""
        had_sentences = await self._database.read(lambda stores: _has_open_sentences(stores, turn))
        if had_sentences:
            await self._commit(turn, TurnReset(turn_id=turn.turn_id, reason="taken_over"))

    async def _record(self, run: TurnRun, turn: OpenTurn, ending: Ending) -> None:
        try:
            await record_turn(self._database, self._clock, turn, ending)
        except HandedOverError:
            ending = run.silent()
            await record_turn(self._database, self._clock, turn, ending)
        answer = ending.record.answer
        total_ms = answer.timings_ms["total"]
        self._telemetry.turn_ended(
            channel=turn.channel,
            release=answer.release_id,
            outcome=answer.outcome,
            seconds=total_ms / 1000,
            first_confirmed_s=run.notes.first_confirmed_s,
        )
        log.info(
            "turn_ended",
            outcome=answer.outcome,
            code=ending.error_code,
            confidence=answer.confidence,
            degraded=list(answer.degraded),
            release_id=answer.release_id,
            fence=turn.lease.fence,
            citations=len(answer.citations),
            withheld=len(ending.record.withheld),
            ms=round(total_ms, 1),
        )

    async def _improve_summary(self, run: TurnRun, turn: OpenTurn) -> None:
        """Let a model word what the turn added to the conversation's summary; the customer has the answer already."""
        jobs = run.release.jobs
        fresh = run.summarised_now
        if not fresh or not jobs.can_summarise:
            return
        attempts: list[VendorAttempt] = []
        written = await jobs.summarise(
            run.context.conversation.summary,
            fresh,
            language=turn.language,
            max_tokens=run.release.content.models.history_tokens // 3,
            number=len(run.notes.attempts) + 1,
            on_attempt=attempts.append,
        )
        until = run.history.summarised_until

        def commit(stores: Stores) -> None:
            stores.turns.add_attempts(turn.turn_id, attempts)
            conversation = stores.conversations.get(turn.conversation_id)
            if conversation is not None and conversation.summarised_until == until:
                stores.conversations.set_summary(turn.conversation_id, written, until=until)

        await self._database.write(commit)

    # -- leases ----------------------------------------------------------------------------------

    async def _keep_leases(self) -> None:
        while True:
            await asyncio.sleep(self._limits.lease_s / 3)
            if self._tasks:
                with suppress(UnavailableError):
                    await self._database.write(
                        lambda stores: stores.turns.heartbeat(self._owner, lease_s=self._limits.lease_s)
                    )

    async def _claim_turns(self) -> None:
        while True:
            try:
                room = self._limits.max_inflight - len(self._tasks)
                if room > 0:
                    await self._claim_some(min(room, 64))
            except UnavailableError:
                log.warning("claim_failed", exc_info=True)
            with suppress(TimeoutError):
                async with asyncio.timeout(self._limits.claim_every_s):
                    await self._poke.wait()
            self._poke.clear()

    async def _claim_some(self, limit: int) -> None:
        def claim(stores: Stores) -> list[tuple[StoredTurn, str]]:
            taken = stores.turns.claim(self._owner, lease_s=self._limits.lease_s, limit=limit)
            return [(turn, _text_of(stores, turn)) for turn in taken]

        for turn, text in await self._database.write(claim):
            if turn.fence > 1:
                log.warning("turn_taken_over", turn_id=turn.turn_id, fence=turn.fence)
            self._spawn(to_open_turn(turn, text, owner=self._owner))


def _as_let_in(release: ServedRelease, message: Message) -> Message:
    """An earlier message as the guard let it in then: what it masked stays masked for models and searches."""
    return replace(message, text=release.guard.let_in(message.text)) if message.role == "customer" else message


def _load_context(stores: Stores, turn: OpenTurn) -> tuple[TurnContext, int]:
    conversation = stores.conversations.get(turn.conversation_id)
    if conversation is None:
        raise UnavailableError("The conversation of this turn is not readable.")
    messages = stores.messages.history(turn.conversation_id, after=conversation.summarised_until, before=None)
    mine = next((message.position for message in messages if message.message_id == turn.message_id), 0)
    earlier = tuple(
        message
        for message in messages
        if message.message_id != turn.message_id and (message.role != "customer" or message.position < mine)
    )
    unanswered = stores.conversations.unanswered_in_a_row(turn.conversation_id)
    return TurnContext(conversation=conversation, principal=conversation.principal, history=earlier), unanswered


def _text_of(stores: Stores, turn: StoredTurn) -> str:
    message = stores.messages.get(turn.message_id)
    return message.text if message else ""


def _has_open_sentences(stores: Stores, turn: OpenTurn) -> bool:
    start = stores.events.seq_of_acceptance(turn.turn_id)
    shown = False
    for event in stores.events.read(turn.conversation_id, after=start):
        if event.turn_id == turn.turn_id:
            shown = event.kind == AnswerSentence.kind or (shown and event.kind != TurnReset.kind)
    return shown
