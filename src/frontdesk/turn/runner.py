"""The worker of turns: accepts, runs, and takes over what another worker left behind.

A turn belongs to a lease, not to a request. Whoever holds the lease finishes the turn; every commit
carries the lease's fence, so a worker that was thought dead can do no harm when it wakes up.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

import structlog

from frontdesk.domain.conversation import InboundMessage
from frontdesk.domain.errors import FrontdeskError, LeaseLostError, OverloadedError, StoreUnavailableError
from frontdesk.domain.ids import MessageId, ReleaseId, TurnId
from frontdesk.domain.turn import OpenTurn, TurnState
from frontdesk.ports.clock import Clock, TokenSource
from frontdesk.ports.stores import Database
from frontdesk.ports.telemetry import Telemetry
from frontdesk.turn.budget import OpenPurse, without_limits
from frontdesk.turn.delivery import StageNotices
from frontdesk.turn.intake import Acceptance, Accepted, CleanMessage, accept_message, clean_message
from frontdesk.turn.leases import Leases
from frontdesk.turn.loops import forever
from frontdesk.turn.serving import ServedRelease
from frontdesk.turn.summary import improve_summary
from frontdesk.turn.till import Till
from frontdesk.turn.working import TurnWorker

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
        purses: OpenPurse = without_limits,
        till: Till | None = None,
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
        self._accepting: set[asyncio.Task[Accepted]] = set()
        self._ended: dict[TurnId, asyncio.Event] = {}
        self._loops: list[asyncio.Task[None]] = []
        self._poke = asyncio.Event()
        self._is_closing = False
        self.notices = StageNotices()
        self._leases = Leases(database, clock=clock, owner=owner, lease_s=self._limits.lease_s)
        self._till = till
        self._worker = TurnWorker(
            database,
            releases,
            clock=clock,
            tokens=tokens,
            telemetry=telemetry,
            notices=self.notices,
            max_attempts=self._limits.max_attempts,
            purses=purses,
            till=till,
        )

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
            await self._leases.let_all_go()

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
            new_message=release.content.profile.settings_of(inbound.channel).new_message,
        )
        accepting = asyncio.create_task(self._keep_and_start(message, acceptance))
        self._accepting.add(accepting)
        accepting.add_done_callback(self._accepted)
        return await asyncio.shield(accepting)

    async def _keep_and_start(self, message: CleanMessage, acceptance: Acceptance) -> Accepted:
        began = self._clock.monotonic()
        accepted = await self._database.write(lambda stores: accept_message(stores, message, acceptance))
        accepted = replace(accepted, turn=replace(accepted.turn, opened_s=began, due_s=began + acceptance.deadline_s))
        if not accepted.turn.is_duplicate:
            self._telemetry.turn_accepted(channel=message.inbound.channel)
            for earlier in accepted.superseded:
                self._worker.supersede(earlier)
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
        self._leases.hold(turn.lease)
        self._ended[turn.turn_id] = asyncio.Event()
        self._telemetry.inflight(1)
        task.add_done_callback(lambda _: self._forget(turn.turn_id))

    def _forget(self, turn_id: TurnId) -> None:
        self._tasks.pop(turn_id, None)
        self._leases.drop(turn_id)
        self._ended.pop(turn_id).set()
        self._telemetry.inflight(-1)
        self._poke.set()  # the conversation may have a queued turn

    async def _work(self, turn: OpenTurn) -> None:
        structlog.contextvars.bind_contextvars(turn_id=turn.turn_id, conversation_id=turn.conversation_id)
        try:
            run = await self._worker.work(turn)
        except LeaseLostError:
            log.warning("lease_lost", fence=turn.lease.fence)
        except Exception as error:
            is_outage = isinstance(error, StoreUnavailableError)
            log.exception("turn_left_to_the_next_worker" if is_outage else "turn_crashed")
            await asyncio.sleep(self._limits.claim_every_s)
            await self._leases.let_go(turn.lease)
        else:
            self._ended[turn.turn_id].set()
            await improve_summary(self._database, self._clock, run, turn, till=self._till)

    # -- leases ----------------------------------------------------------------------------------

    async def _keep_leases(self) -> None:
        for turn_id in await self._leases.keep():
            self._worker.supersede(turn_id)

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
        for turn in await self._leases.claim(limit):
            if turn.lease.fence > 1:
                log.warning("turn_taken_over", turn_id=turn.turn_id, fence=turn.lease.fence)
            self._spawn(turn)
