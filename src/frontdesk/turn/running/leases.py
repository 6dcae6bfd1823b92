"""Leases of one worker: kept while it works on a turn, given back, or taken over from one that fell silent."""

from dataclasses import dataclass, replace

import structlog

from frontdesk.domain.ids import TurnId
from frontdesk.domain.turn import Lease, OpenTurn
from frontdesk.ports.clock import Clock
from frontdesk.ports.stores import ClaimedTurn, Crowd, Database, StoredTurn, Stores
from frontdesk.turn.intake import to_open_turn

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a look at the database brought."""

    turns: tuple[OpenTurn, ...] = ()
    """Held from now on."""
    superseded: tuple[TurnId, ...] = ()
    """Turns of this process whose place a later message took."""
    crowd: Crowd | None = None
    """Who waits; None where that was not asked."""


class Leases:
    """The turns that this process works on, as the database knows them."""

    def __init__(self, database: Database, *, clock: Clock, owner: str, lease_s: float) -> None:
        self._database = database
        self._clock = clock
        self._owner = owner
        self._lease_s = lease_s
        self._held: dict[TurnId, Lease] = {}

    def hold(self, lease: Lease) -> None:
        """Keep it alive from now on."""
        self._held[lease.turn_id] = lease

    def drop(self, turn_id: TurnId) -> None:
        """Keep it no more."""
        self._held.pop(turn_id, None)

    async def keep(self) -> None:
        """Only of turns that are being worked on: one that was dropped must come back to whoever is free."""
        held = list(self._held.values())
        if held:
            await self._database.write(lambda stores: stores.turns.heartbeat(held, lease_s=self._lease_s))

    async def let_go(self, lease: Lease) -> None:
        """Give a turn back at once. Where even that fails its lease runs out, for nobody keeps it any more."""
        self.drop(lease.turn_id)
        try:
            await self._database.write(lambda stores: stores.turns.release(lease))
        except Exception:
            log.warning("lease_left_to_run_out", exc_info=True)

    async def let_all_go(self) -> None:
        await self._database.write(lambda stores: stores.turns.release_owner(self._owner))

    async def claim(self, limit: int, *, looks: bool) -> Found:
        """Up to so many turns that are nobody's, or whose worker fell silent.

        Args:
            looks: whether to see who waits, and whose place a later message took.
        """

        def take(stores: Stores) -> tuple[list[tuple[ClaimedTurn, OpenTurn]], Found]:
            taken = stores.turns.claim(self._owner, lease_s=self._lease_s, limit=limit) if limit else ()
            opened = [(claimed, self._to_open(stores, claimed.turn)) for claimed in taken]
            if not looks:
                return opened, Found()
            return opened, Found(crowd=stores.turns.crowd(), superseded=stores.turns.superseded_of(self._owner))

        found, seen = await self._database.write(take)
        now = self._clock.monotonic()
        turns = tuple(
            replace(turn, opened_s=now - claimed.waited_s, due_s=now + claimed.remaining_s) for claimed, turn in found
        )
        return replace(seen, turns=turns)

    def _to_open(self, stores: Stores, turn: StoredTurn) -> OpenTurn:
        message = stores.messages.get(turn.message_id)
        files = stores.attachments.sent_with(turn.conversation_id, turn.message_id)
        return to_open_turn(turn, message.text if message else "", owner=self._owner, attachments=files)
