"""The worker of turns: accepts, runs, and takes over what another worker left behind.

A turn belongs to a lease, not to a request. Whoever holds the lease finishes the turn; every commit
carries the lease's fence, so a worker that was thought dead can do no harm when it wakes up.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial

import structlog

from frontdesk.domain.conversation import ConversationStatus, InboundMessage
from frontdesk.domain.errors import FrontdeskError, LeaseLostError, OverloadedError, StoreUnavailableError
from frontdesk.domain.ids import MessageId, ReleaseId, TurnId
from frontdesk.domain.turn import OpenTurn, TurnState
from frontdesk.ports.clock import Clock, TokenSource
from frontdesk.ports.codes import CodeSender
from frontdesk.ports.stores import Database, StoredTurn
from frontdesk.ports.telemetry import NoOccurrences, Occurrences, Telemetry
from frontdesk.turn.acting.codes import Codes
from frontdesk.turn.acting.doing import Means
from frontdesk.turn.acting.effects import EffectBook
from frontdesk.turn.acting.left_open import OLDER_THAN_S, LeftOpen
from frontdesk.turn.delivery import StageNotices
from frontdesk.turn.intake import (
    Acceptance,
    Accepted,
    CleanMessage,
    Refused,
    accept_message,
    clean_message,
    find_accepted,
)
from frontdesk.turn.loops import forever
from frontdesk.turn.money.budget import OpenPurse, without_limits
from frontdesk.turn.money.till import Till
from frontdesk.turn.running.admission import Admission, WaitingRoom
from frontdesk.turn.running.claiming import Claimer, Patience
from frontdesk.turn.running.leases import Leases
from frontdesk.turn.running.pace import Pace
from frontdesk.turn.running.summary import improve_summary
from frontdesk.turn.running.working import TurnWorker
from frontdesk.turn.serving import ServedRelease

log = structlog.get_logger()


SEAT_S = 1.0
"""So long a newcomer's place is kept free until their first message comes. A guess."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunnerLimits:
    deadline_s: float = 30.0
    """From acceptance to the turn's end."""
    kept_deadline_s: float = 60.0
    """The same for a message that came in a rush and is kept; after reliability.md §B.1."""
    lease_s: float = 3.0
    """A worker that is silent for so long has lost its turns; with the pause between claims less than five seconds."""
    claim_every_s: float = 1.0
    """Also the pause before a turn that could not be ended is let go of: a short outage must not use its attempts up."""
    max_running: int = 256
    """Turns that this process works on at once."""
    max_wait_s: float = 2.0
    """So long a turn may wait before it is begun, as far as can be told beforehand; later ones are kept."""
    delay_after_s: float = 5.0
    """Whoever has waited so long is told that the message is kept; after fault 2 of reliability.md §B.2."""
    max_kept: int = 1000
    """Messages that are kept for a quieter moment, in all processes together; beyond it nothing is kept."""
    max_attempts: int = 4
    """A turn that was taken over more often than this fails: something in it kills workers. Being passed on by one that
    was told to stop does not count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """How busy a process is."""

    running: int
    """Turns it works on."""
    hands: int
    """Turns it can work on at once."""
    waiting: int
    """Turns that wait, in all processes together."""
    kept: int
    """Of messages that are kept for a quieter moment, in all processes together."""
    oldest_s: float
    """How long the one that came first has waited."""
    refused: int
    """Messages it refused since it started."""


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
        occurrences: Occurrences | None = None,
        code_sender: CodeSender | None = None,
    ) -> None:
        """`releases` gives the release with that id, or the live one where there is none (any more).

        Without `code_sender`, what needs a one-time code is handed over.
        """
        self._database = database
        self._releases = releases
        self._clock = clock
        self._tokens = tokens
        self._telemetry = telemetry
        self._occurrences = occurrences or NoOccurrences()
        self._owner = owner
        self._limits = limits = limits or RunnerLimits()
        self._tasks: dict[TurnId, asyncio.Task[None]] = {}
        self._begun: dict[TurnId, float] = {}
        self._accepting: set[asyncio.Task[Accepted]] = set()
        self._beginning = 0
        self._seats: deque[float] = deque()
        self._undecided = 0
        self._ended: dict[TurnId, asyncio.Event] = {}
        self._loops: list[asyncio.Task[None]] = []
        self._refused = 0
        self._is_draining = False
        self._is_closed = False
        self.notices = StageNotices()
        self._room = WaitingRoom(max_wait_s=limits.max_wait_s, max_kept=limits.max_kept)
        self._leases = Leases(database, clock=clock, owner=owner, lease_s=limits.lease_s)
        self._claimer = Claimer(
            database,
            self._leases,
            self._room,
            patience=Patience(delay_after_s=limits.delay_after_s, kept_deadline_s=limits.kept_deadline_s),
            clock=clock,
            telemetry=telemetry,
            occurrences=self._occurrences,
            owner=owner,
            say_busy=self._say_busy,
        )
        self._pace = Pace(limits.max_running, running=lambda: len(self._tasks), on_more=self._claimer.poke)
        self._till = till
        self._effects = EffectBook(database, clock=clock)
        self._left_open = LeftOpen(database, self._effects, lambda: releases(None).connectors, clock=clock)
        self._worker = TurnWorker(
            database,
            releases,
            clock=clock,
            tokens=tokens,
            telemetry=telemetry,
            notices=self.notices,
            max_attempts=limits.max_attempts,
            purses=purses,
            till=till,
            means=Means(
                database=database,
                effects=self._effects,
                codes=Codes(database=database, tokens=tokens, sender=code_sender),
                clock=clock,
                tokens=tokens,
                telemetry=telemetry,
            ),
        )

    @property
    def inflight(self) -> int:
        return len(self._tasks)

    @property
    def has_room_for_newcomers(self) -> bool:
        """Whether the first message of somebody who comes now could be answered soon."""
        coming = self._undecided + self._expected
        return self._room.has_room_for_newcomers(hands=self._pace.hands, free=max(0, self._free), coming=coming)

    def expect(self) -> None:
        """Somebody new was let in, whose first message is about to come."""
        self._seats.append(self._clock.monotonic() + SEAT_S)

    def refuse_newcomer(self) -> OverloadedError:
        """What somebody is told who was not let in; it is counted."""
        return self._refusal("newcomer", self._room.retry_after_s(hands=self._pace.hands, undecided=self._undecided))

    @property
    def is_draining(self) -> bool:
        """It takes nothing new any more."""
        return self._is_draining

    def load(self) -> Load:
        crowd = self._room.crowd
        return Load(
            running=len(self._tasks),
            hands=self._pace.hands,
            waiting=sum(crowd.waiting.values()),
            kept=sum(crowd.kept.values()),
            oldest_s=crowd.oldest_s,
            refused=self._refused,
        )

    async def start(self) -> None:
        """Keep leases alive, and pick up turns that are nobody's."""
        pause = partial(asyncio.sleep, self._limits.lease_s / 3)
        hear = partial(self._claimer.hear, self._limits.claim_every_s)
        rest = partial(asyncio.sleep, OLDER_THAN_S / 2)
        self._loops = [
            asyncio.create_task(forever("keep_leases", self._leases.keep, pause=pause)),
            asyncio.create_task(forever("claim_turns", self._claim_turns, pause=self._claimer.wait)),
            asyncio.create_task(forever("hear_of_turns", hear, pause=_at_once)),
            asyncio.create_task(forever("keep_pace", self._pace.watch, pause=_at_once)),
            asyncio.create_task(forever("look_for_effects", self._left_open.look, pause=rest)),
        ]

    def drain(self) -> None:
        """Take nothing new from now on; what was begun goes on."""
        self._is_draining = True

    async def close(self, *, grace_s: float = 5.0) -> None:
        """Let running turns finish for a while; what is left is free for another worker at once."""
        self.drain()
        if self._accepting:
            await asyncio.wait(self._accepting, timeout=grace_s)
        if self._tasks:
            await asyncio.wait(self._tasks.values(), timeout=grace_s)
        self._is_closed = True
        for task in list(self._tasks.values()):
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        await self._effects.close()
        for loop in self._loops:
            loop.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)
        with suppress(FrontdeskError):
            await self._leases.let_all_go()

    # -- messages --------------------------------------------------------------------------------

    async def accept(self, inbound: InboundMessage) -> Accepted:
        """Keep the message and start its turn, or let it wait. On return the message is durable.

        A caller that is cancelled changes nothing: a message that was kept has its turn started.

        Raises:
            InputError: nothing was kept; the message names the field.
            OverloadedError: too much is under way; nothing was kept.
        """
        message = clean_message(inbound)
        if self._seats:
            self._seats.popleft()
        if self._is_draining:
            raise self._refusal("draining", 1)
        release = self._releases(None)
        say_busy = partial(release.say, release.content.profile.texts.busy)
        admission = self._admission()
        if admission.is_full:
            known = await self._database.read(lambda stores: find_accepted(stores, message, say_busy))
            if isinstance(known, Accepted):
                return known
            if known.status is ConversationStatus.ASSISTANT:
                raise self._refusal("overloaded", admission.retry_after_s)
        acceptance = Acceptance(
            turn_id=TurnId.mint(self._tokens.token()),
            message_id=MessageId.mint(self._tokens.token()),
            release_id=release.manifest.release_id,
            default_language=release.content.profile.default_language,
            at=self._clock.now(),
            deadline_s=self._limits.deadline_s,
            kept_deadline_s=self._limits.kept_deadline_s,
            owner=self._owner,
            lease_s=self._limits.lease_s,
            admission=admission,
            new_message=release.content.profile.settings_of(inbound.channel).new_message,
            say_busy=say_busy,
        )
        self._count(admission, 1)
        accepting = asyncio.create_task(self._keep_and_start(message, acceptance))
        self._accepting.add(accepting)
        accepting.add_done_callback(self._accepted)
        return await asyncio.shield(accepting)

    def _admission(self) -> Admission:
        return self._room.admission(hands=self._pace.hands, free=self._free, undecided=self._undecided)

    def _count(self, admission: Admission, change: int) -> None:
        """Messages that are being stored: for free hands, or else about to wait."""
        self._room.in_flight += change
        if admission.has_free_hands:
            self._beginning += change
        else:
            self._undecided += change

    @property
    def _expected(self) -> int:
        """Newcomers who were let in and have not written yet; who takes longer is not waited for."""
        now = self._clock.monotonic()
        while self._seats and self._seats[0] < now:
            self._seats.popleft()
        return len(self._seats)

    @property
    def _free(self) -> int:
        return 0 if self._is_draining else self._pace.hands - len(self._tasks) - self._beginning

    def _refusal(self, reason: str, retry_after_s: int) -> OverloadedError:
        self._refused += 1
        self._telemetry.refused(reason=reason)
        if reason == "draining":
            return OverloadedError("This server is about to stop. Please send it again.", retry_after_s=retry_after_s)
        self._occurrences.note("load.refused", subject="messages", retry_after_s=retry_after_s)
        text = "Too many people are writing at this moment. Please send it again shortly."
        return OverloadedError(text, retry_after_s=retry_after_s)

    async def _keep_and_start(self, message: CleanMessage, acceptance: Acceptance) -> Accepted:
        began = self._clock.monotonic()
        try:
            accepted = await self._database.write(lambda stores: accept_message(stores, message, acceptance))
        finally:
            self._count(acceptance.admission, -1)
        if isinstance(accepted, Refused):
            raise self._refusal("overloaded", accepted.retry_after_s)
        turn = replace(accepted.turn, opened_s=began, due_s=began + acceptance.deadline_s)
        accepted = replace(accepted, turn=turn)
        if not turn.is_duplicate:
            self._begin(accepted)
        return accepted

    def _begin(self, accepted: Accepted) -> None:
        turn = accepted.turn
        self._telemetry.turn_accepted(channel=turn.channel)
        for earlier in accepted.superseded:
            self._worker.supersede(earlier)
        if accepted.state is TurnState.RUNNING:
            self._spawn(turn)
            return
        self._room.note_queued()
        if accepted.waits:
            self._room.add(turn.party, turn.lane)
            if self._free > 0:
                self._claimer.poke()
        if accepted.delayed:
            self._telemetry.kept(channel=turn.channel)
            self._occurrences.note("load.waiting", subject="messages", kept=sum(self._room.crowd.kept.values()))

    def _accepted(self, accepting: asyncio.Task[Accepted]) -> None:
        self._accepting.discard(accepting)
        if not accepting.cancelled():
            accepting.exception()  # the caller has it, unless it was cancelled

    def _say_busy(self, turn: StoredTurn) -> str:
        release = self._releases(turn.release_id)
        return release.say(release.content.profile.texts.busy, turn.language)

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
        if self._is_closed:
            return
        task = asyncio.create_task(self._work(turn), name=turn.turn_id)
        self._tasks[turn.turn_id] = task
        self._begun[turn.turn_id] = self._clock.monotonic()
        self._leases.hold(turn.lease)
        self._ended[turn.turn_id] = asyncio.Event()
        self._telemetry.inflight(1)
        task.add_done_callback(lambda _: self._forget(turn.turn_id))

    def _forget(self, turn_id: TurnId) -> None:
        self._tasks.pop(turn_id, None)
        self._begun.pop(turn_id, None)
        self._leases.drop(turn_id)
        self._ended.pop(turn_id).set()
        self._telemetry.inflight(-1)
        if self._room.has_queue:
            self._claimer.poke()

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
            self._claimer.call()
        else:
            self._ended[turn.turn_id].set()
            if turn.superseded_by is None and not run.is_from_memory:
                took_s = self._clock.monotonic() - self._begun[turn.turn_id]
                self._room.learn(took_s)
                self._pace.ended(took_s)
            await improve_summary(self._database, self._clock, run, turn, till=self._till)

    # -- turns of nobody, and those that others overtook -----------------------------------------

    async def _claim_turns(self) -> None:
        found = await self._claimer.claim(self._free, mean_age_s=self._mean_age_s)
        for turn_id in found.superseded:
            self._worker.supersede(turn_id)
        for turn in found.turns:
            self._room.take(turn.party, turn.lane)
            self._spawn(turn)

    @property
    def _mean_age_s(self) -> float:
        """How long the turns that are worked on have been so far."""
        now = self._clock.monotonic()
        return sum(now - begun for begun in self._begun.values()) / len(self._begun) if self._begun else 0.0


async def _at_once() -> None:
    pass
