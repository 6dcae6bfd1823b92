"""Where a process's next turns come from: those that wait, and those whose worker fell silent."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from frontdesk.domain.events import TurnDelayed
from frontdesk.domain.turn import OpenTurn
from frontdesk.ports.clock import Clock
from frontdesk.ports.stores import Crowd, Database, StoredTurn, Stores
from frontdesk.ports.telemetry import Occurrences, Telemetry
from frontdesk.turn.running.admission import WaitingRoom
from frontdesk.turn.running.leases import Found, Leases

log = structlog.get_logger()

LOOK_EVERY_S = 0.1
"""While turns are queued, the crowd is counted so often; counting a thousand costs a millisecond."""
_AT_ONCE = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a turn waits before its customer is told so."""

    delay_after_s: float
    kept_deadline_s: float


class Claimer:
    """Takes turns for a process that has free hands, and tells it of the crowd."""

    def __init__(
        self,
        database: Database,
        leases: Leases,
        room: WaitingRoom,
        *,
        patience: Patience,
        clock: Clock,
        telemetry: Telemetry,
        occurrences: Occurrences,
        owner: str,
        say_busy: Callable[[StoredTurn], str],
    ) -> None:
        self._database = database
        self._leases = leases
        self._room = room
        self._patience = patience
        self._clock = clock
        self._telemetry = telemetry
        self._occurrences = occurrences
        self._owner = owner
        self._say_busy = say_busy
        self._poke = asyncio.Event()
        self._is_called = True
        self._looked_s = 0.0

    def poke(self) -> None:
        """There are free hands again, or one more that waits."""
        self._poke.set()

    def call(self) -> None:
        """Something is free that this process does not know of."""
        self._is_called = True
        self._poke.set()

    async def hear(self, every_s: float) -> None:
        """Wait for another process's call, or so long; then it is time to look."""
        await self._database.wait_for_turns(timeout_s=every_s)
        self.call()

    async def wait(self) -> None:
        """Until it is worth claiming again."""
        await self._poke.wait()
        self._poke.clear()

    async def claim(self, free: int, *, mean_age_s: float) -> Found:
        """Up to so many turns for free hands.

        Args:
            mean_age_s: how long this process has worked on its turns so far.
        """
        now = self._clock.monotonic()
        looks = self._is_called or (self._room.has_queue and now - self._looked_s >= LOOK_EVERY_S)
        if free <= 0 and not looks:
            return Found()
        self._is_called = False
        if looks:
            self._room.look()
        found = await self._leases.claim(max(0, min(free, _AT_ONCE)), looks=looks)
        if found.crowd is not None:
            self._looked_s = now
            await self._see(found.crowd, mean_age_s)
        for turn in found.turns:
            self._note(turn)
        return found

    async def _see(self, crowd: Crowd, mean_age_s: float) -> None:
        self._room.see(crowd, mean_age_s=mean_age_s)
        self._telemetry.queue(
            waiting=sum(crowd.waiting.values()), kept=sum(crowd.kept.values()), oldest_s=crowd.oldest_s
        )
        if crowd.longest_wait_s > self._patience.delay_after_s:
            await self._tell_late()

    async def _tell_late(self) -> None:
        """Whoever has waited too long hears that the message is kept; newcomers are answered first from then on."""
        at = self._clock.now()

        def keep(stores: Stores) -> tuple[StoredTurn, ...]:
            kept = stores.turns.keep_late(
                after_s=self._patience.delay_after_s, time_s=self._patience.kept_deadline_s, limit=_AT_ONCE
            )
            for turn in kept:
                event = TurnDelayed(turn_id=turn.turn_id, text=self._say_busy(turn))
                stores.events.append(turn.conversation_id, [event], at=at)
            return kept

        for turn in await self._database.write(keep):
            party = turn.party or turn.conversation_id
            self._room.take(party, "normal")
            self._room.add(party, "kept")
            self._telemetry.kept(channel=turn.channel)

    def _note(self, turn: OpenTurn) -> None:
        if turn.lease.fence == 1:
            self._telemetry.waited(lane=turn.lane, seconds=self._clock.monotonic() - turn.opened_s)
            return
        log.warning("turn_taken_over", turn_id=turn.turn_id, fence=turn.lease.fence)
        self._occurrences.note("turn.taken_over", subject=self._owner, severity="info", turn=turn.turn_id)
