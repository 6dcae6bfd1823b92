"""Effects that were begun and that nobody goes on with: their worker died, and a person has the conversation by now.

Nothing is made any more: a person may have seen to it. What a system tells by the key is written down; else it is said that
nobody knows.
"""

from collections.abc import Callable, Mapping

from frontdesk.domain.audit import AuditEntry
from frontdesk.domain.effects import Effect
from frontdesk.domain.turn import TurnState
from frontdesk.ports.clock import Clock
from frontdesk.ports.connectors import Connector
from frontdesk.ports.stores import Database, Stores
from frontdesk.turn.acting.effects import EffectBook

OLDER_THAN_S = 120.0
"""No call and no turn takes so long."""
_AT_ONCE = 20


class LeftOpen:
    def __init__(
        self,
        database: Database,
        effects: EffectBook,
        connectors: Callable[[], Mapping[str, Connector]],
        *,
        clock: Clock,
        older_than_s: float = OLDER_THAN_S,
    ) -> None:
        self._database = database
        self._effects = effects
        self._connectors = connectors
        self._clock = clock
        self._older_than_s = older_than_s

    async def look(self) -> None:
        """Find out what became of each of them."""
        for effect in await self._database.read(self._found):
            await self._effects.look_back(effect, self._connectors(), audit=self._entry(effect))

    def _found(self, stores: Stores) -> list[Effect]:
        stale = stores.effects.stale(older_than_s=self._older_than_s, limit=_AT_ONCE)
        return [effect for effect in stale if _is_over(stores, effect)]

    def _entry(self, effect: Effect) -> AuditEntry:
        return AuditEntry(
            at=self._clock.now(),
            actor="system",
            action="effect",
            subject="",
            conversation_id=effect.conversation_id,
            turn_id=effect.turn_id,
            details={"operation": effect.operation, "step": effect.step, "key": effect.key},
        )


def _is_over(stores: Stores, effect: Effect) -> bool:
    """Whether neither its turn nor its run will come back to it."""
    turn, run = stores.turns.get(effect.turn_id), stores.workflow_runs.get(effect.run_id)
    has_ended = turn is None or turn.state is TurnState.ENDED
    return has_ended and (run is None or run.status not in ("active", "suspended"))
