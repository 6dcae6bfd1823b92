"""The worker of turns: accepts, runs, and takes over what another worker left behind.

A turn belongs to a lease, not to a request. Whoever holds the lease finishes the turn; every commit
carries the lease's fence, so a worker that was thought dead can do no harm when it wakes up.
"""

import asyncio
from collections.abc import Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass, replace

import structlog

from frontdesk.domain.conversation import InboundMessage
from frontdesk.domain.errors import (
    DeadlineError,
    FrontdeskError,
    HandedOverError,
    LeaseLostError,
    OverloadedError,
    StoreUnavailableError,
)
from frontdesk.domain.events import AnswerSentence, TurnReset, TurnStage
from frontdesk.domain.ids import MessageId, ReleaseId, TurnId
from frontdesk.domain.turn import Lease, OpenTurn, TurnContext, TurnState
from frontdesk.domain.usage import VendorAttempt
from frontdesk.ports.clock import Clock, TokenSource
from frontdesk.ports.stores import Database, StoredTurn, Stores
from frontdesk.ports.telemetry import Telemetry
from frontdesk.turn.context import as_let_in, load_context, unread_context
from frontdesk.turn.delivery import StageNotices, TurnVoice, deliver_events
from frontdesk.turn.generation import History, fit_history
from frontdesk.turn.intake import (
    Acceptance,
    Accepted,
    CleanMessage,
    accept_message,
    clean_message,
    to_open_turn,
)
from frontdesk.turn.loops import forever
from frontdesk.turn.pipeline import TurnRun
from frontdesk.turn.record import Ending, record_turn, to_entries
from frontdesk.turn.serving import ServedRelease

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunnerLimits:
    deadline_s: float = 30.0
    """From acceptance to the turn's end."""
    lease_s: float = 5.0
    """A worker that is silent for so long has lost its turns."""
    claim_every_s: float = 1.0
    """Also the pause before a turn that could not be ended is let go of: a short outage must not use its attempts up."""
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
        self._leases: dict[TurnId, Lease] = {}
        self._accepting: set[asyncio.Task[Accepted]] = set()
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
        self._loops = [
            asyncio.create_task(
                forever("keep_leases", self._keep_leases, pause=lambda: asyncio.sleep(self._limits.lease_s / 3))
            ),
            asyncio.create_task(forever("claim_turns", self._claim_turns, pause=self._until_next_claim)),
        ]

    async def close(self, *, grace_s: float = 5.0) -> None:
        """Let running turns finish for a while; what is left is free for another worker at once."""
        self._is_closing = True
        for loop in self._loops:
            loop.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)
        if self._accepting:
            await asyncio.wait(self._accepting, timeout=grace_s)
        if self._tasks:
            await asyncio.wait(self._tasks.values(), timeout=grace_s)
        for task in list(self._tasks.values()):
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        with suppress(FrontdeskError):
            await self._database.write(lambda stores: stores.turns.release_owner(self._owner))

    async def accept(self, inbound: InboundMessage) -> Accepted:
        """Keep the message and start its turn. On return the message is durable.

        A caller that is cancelled changes nothing: a message that was kept has its turn started.

        Raises:
            InputError: nothing was kept; the message names the field.
            OverloadedError: too much is under way; nothing was kept.
        """
        message = clean_message(inbound)
        if self._is_closing or len(self._tasks) + len(self._accepting) >= self._limits.max_inflight:
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
        accepting = asyncio.create_task(self._keep_and_start(message, acceptance))
        self._accepting.add(accepting)
        accepting.add_done_callback(self._accepted)
        return await asyncio.shield(accepting)

    async def _keep_and_start(self, message: CleanMessage, acceptance: Acceptance) -> Accepted:
        accepted = await self._database.write(lambda stores: accept_message(stores, message, acceptance))
        if not accepted.turn.is_duplicate:
            self._telemetry.turn_accepted(channel=message.inbound.channel)
            if accepted.state is TurnState.RUNNING:
                self._spawn(accepted.turn)
        return accepted

    def _accepted(self, accepting: asyncio.Task[Accepted]) -> None:
        self._accepting.discard(accepting)
        if not accepting.cancelled():
            accepting.exception()  # the caller has it, unless it was cancelled

    def ended(self, turn_id: TurnId) -> asyncio.Event | None:
        """Set once this process has ended the turn, or has let go of it; None where it does not work on it."""
        return self._ended.get(turn_id)

    # -- one turn --------------------------------------------------------------------------------

    def _spawn(self, turn: OpenTurn) -> None:
        outrun = self._tasks.get(turn.turn_id)
        if outrun is not None:  # we claimed it again before its older attempt has noticed: that can write nothing now
            outrun.add_done_callback(lambda _: self._spawn(turn))
            outrun.cancel()
            return
        if self._is_closing:
            return
        task = asyncio.create_task(self._work(turn), name=turn.turn_id)
        self._tasks[turn.turn_id] = task
        self._leases[turn.turn_id] = turn.lease
        self._ended[turn.turn_id] = asyncio.Event()
        self._telemetry.inflight(1)
        task.add_done_callback(lambda _: self._forget(turn.turn_id))

    def _forget(self, turn_id: TurnId) -> None:
        self._tasks.pop(turn_id, None)
        self._leases.pop(turn_id, None)
        self._ended.pop(turn_id).set()
        self._telemetry.inflight(-1)
        self._poke.set()  # the conversation may have a queued turn

    async def _work(self, turn: OpenTurn) -> None:
        structlog.contextvars.bind_contextvars(turn_id=turn.turn_id, conversation_id=turn.conversation_id)
        try:
            run, ending = await self._attempt(turn)
            await self._record(run, turn, ending)
        except LeaseLostError:
            log.warning("lease_lost", fence=turn.lease.fence)
        except Exception as error:
            is_outage = isinstance(error, StoreUnavailableError)
            log.exception("turn_left_to_the_next_worker" if is_outage else "turn_crashed")
            await asyncio.sleep(self._limits.claim_every_s)
            await self._let_go(turn.lease)
        else:
            self._ended[turn.turn_id].set()
            await self._improve_summary(run, turn)

    async def _let_go(self, lease: Lease) -> None:
        """Give a turn back at once. Where even that fails its lease runs out, for nobody keeps it any more."""
        self._leases.pop(lease.turn_id, None)
        try:
            await self._database.write(lambda stores: stores.turns.release(lease))
        except Exception:
            log.warning("lease_left_to_run_out", exc_info=True)

    async def _attempt(self, turn: OpenTurn) -> tuple[TurnRun, Ending]:
        """Work through the turn until its ending; every way out but a lost lease and a lost database gives one."""
        remaining_s = (turn.deadline_at - self._clock.now()).total_seconds()
        if turn.lease.fence > self._limits.max_attempts:
            return await self._give_up(turn, "gave_up")
        if remaining_s <= 0:
            return await self._give_up(turn, DeadlineError.code)
        run = None
        try:
            async with asyncio.timeout(remaining_s):
                run = await self._open_run(turn)
                return run, await self._run(run, turn)
        except HandedOverError:
            return (run, run.silent()) if run else self._end_unread(turn, HandedOverError.code)
        except (LeaseLostError, StoreUnavailableError):
            raise
        except TimeoutError:
            code = DeadlineError.code
        except Exception as error:
            log.exception("turn_failed")
            code = error.code if isinstance(error, FrontdeskError) else "unexpected"
        return (run, run.failed(code)) if run else self._end_unread(turn, code)

    async def _give_up(self, turn: OpenTurn, code: str) -> tuple[TurnRun, Ending]:
        """End a turn without another attempt; what an earlier one told is voided where the log can be read."""
        if turn.lease.fence > 1:
            with suppress(HandedOverError, StoreUnavailableError):
                await self._void_earlier_attempt(turn)
        return self._end_unread(turn, code)

    def _end_unread(self, turn: OpenTurn, code: str) -> tuple[TurnRun, Ending]:
        """The honest end of a turn whose conversation was not read; it asks for nothing but the live release's texts."""
        run = self._new_run(turn, self._releases(None), unread_context(turn), History(), unanswered=0)
        return run, run.failed(code)

    async def _open_run(self, turn: OpenTurn) -> TurnRun:
        release = self._releases(turn.release_id)
        context, unanswered = await self._database.read(lambda stores: load_context(stores, turn))
        context = replace(context, history=tuple(as_let_in(release, message) for message in context.history))
        history = fit_history(
            context.history,
            budget_tokens=release.content.models.history_tokens,
            summary=context.conversation.summary,
            summarised_until=context.conversation.summarised_until,
        )
        return self._new_run(turn, release, context, history, unanswered=unanswered)

    def _new_run(
        self, turn: OpenTurn, release: ServedRelease, context: TurnContext, history: History, *, unanswered: int
    ) -> TurnRun:
        return TurnRun(
            replace(turn, release_id=release.manifest.release_id),
            context,
            release,
            history=history,
            unanswered_before=unanswered,
            clock=self._clock,
            tokens=self._tokens,
            telemetry=self._telemetry,
            voice=TurnVoice(self.notices, turn.conversation_id, after=context.conversation.last_seq),
        )

    async def _run(self, run: TurnRun, turn: OpenTurn) -> Ending:
        if run.is_handed_over:
            return run.silent()
        if turn.lease.fence > 1:
            run.voice.after = max(run.voice.after, await self._void_earlier_attempt(turn))
        return await self._tell_steps(run, turn)

    async def _tell_steps(self, run: TurnRun, turn: OpenTurn) -> Ending:
        """Commit what the pipeline yields, one by one; its last step is returned."""
        async with aclosing(run.steps()) as steps:
            async for step in steps:
                if isinstance(step, Ending):
                    return step
                if isinstance(step, TurnStage):
                    run.voice.tell(step)
                else:
                    run.voice.after = await self._commit(turn, step)
        raise AssertionError("a pipeline ends with an ending")

    async def _commit(self, turn: OpenTurn, event: AnswerSentence | TurnReset) -> int:
        """The event's sequence number, once it is in the log."""
        (stored,) = await deliver_events(
            self._database, self._clock, conversation_id=turn.conversation_id, lease=turn.lease, events=[event]
        )
        return stored.seq

    async def _void_earlier_attempt(self, turn: OpenTurn) -> int:
        """Tell readers that the sentences of a dead worker's attempt do not count; the sequence number of that, or 0."""
        if not await self._database.read(lambda stores: _has_open_sentences(stores, turn)):
            return 0
        return await self._commit(turn, TurnReset(turn_id=turn.turn_id, reason="taken_over"))

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
            first_provisional_s=run.notes.first_provisional_s,
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
        try:
            await self._word_summary(run, turn)
        except Exception:
            log.exception("summary_not_improved")

    async def _word_summary(self, run: TurnRun, turn: OpenTurn) -> None:
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
            customer_id = run.context.principal.customer_id
            stores.ledger.add(to_entries(turn, customer_id, attempts, at=self._clock.now()))
            conversation = stores.conversations.get(turn.conversation_id)
            if conversation is not None and conversation.summarised_until == until:
                stores.conversations.set_summary(turn.conversation_id, written, until=until)

        await self._database.write(commit)

    # -- leases ----------------------------------------------------------------------------------

    async def _keep_leases(self) -> None:
        """Only of turns that are being worked on: one that was dropped must come back to whoever is free."""
        leases = list(self._leases.values())
        if leases:
            await self._database.write(lambda stores: stores.turns.heartbeat(leases, lease_s=self._limits.lease_s))

    async def _claim_turns(self) -> None:
        room = self._limits.max_inflight - len(self._tasks) - len(self._accepting)
        if room > 0:
            await self._claim_some(min(room, 64))

    async def _until_next_claim(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(self._limits.claim_every_s):
                await self._poke.wait()
        self._poke.clear()

    async def _claim_some(self, limit: int) -> None:
        def claim(stores: Stores) -> list[OpenTurn]:
            taken = stores.turns.claim(self._owner, lease_s=self._limits.lease_s, limit=limit)
            return [self._claimed(stores, turn) for turn in taken]

        for turn in await self._database.write(claim):
            if turn.lease.fence > 1:
                log.warning("turn_taken_over", turn_id=turn.turn_id, fence=turn.lease.fence)
            self._spawn(turn)

    def _claimed(self, stores: Stores, turn: StoredTurn) -> OpenTurn:
        message = stores.messages.get(turn.message_id)
        files = stores.attachments.sent_with(turn.conversation_id, turn.message_id)
        return to_open_turn(turn, message.text if message else "", owner=self._owner, attachments=files)


def _has_open_sentences(stores: Stores, turn: OpenTurn) -> bool:
    start = stores.events.seq_of_acceptance(turn.turn_id)
    shown = False
    for event in stores.events.read(turn.conversation_id, after=start):
        if event.turn_id == turn.turn_id:
            shown = event.kind == AnswerSentence.kind or (shown and event.kind != TurnReset.kind)
    return shown
