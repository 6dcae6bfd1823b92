"""The loop that takes what is due and sends it; slow while nothing gets through."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import structlog

from frontdesk.domain.errors import FrontdeskError, StoreUnavailableError
from frontdesk.domain.write_back import StoredWriteBack, WriteBack, WriteBackState, WriteBackTally
from frontdesk.ports.clock import Clock
from frontdesk.ports.stores import Database
from frontdesk.ports.telemetry import Occurrences, Telemetry
from frontdesk.turn.loops import forever
from frontdesk.turn.write_back.delivery import Delivered, Reach, Target, deliver

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderPace:
    """How fast; all of it guesses, but the lease, which is longer than a look-up and a call together may take."""

    poll_s: float = 1.0
    look_s: float = 5.0
    """Between two looks at the whole: figures, occurrences, conversations that were closed."""
    lease_s: float = 45.0
    at_once: int = 8
    held_s: float = 1.0
    """While the connector leaves the system alone."""
    longest_silence_s: float = 30.0
    """While nothing gets through, one record in so long tries whether something does again."""


class WriteBackSender:
    """One per process; records are shared out by leases, so any number of processes may run it."""

    def __init__(
        self,
        database: Database,
        reach: Reach,
        *,
        owner: str,
        clock: Clock,
        telemetry: Telemetry,
        occurrences: Occurrences,
        pace: SenderPace | None = None,
        dice: Callable[[], float] = random.random,
    ) -> None:
        self._database = database
        self._reach = reach
        self._owner = owner
        self._clock = clock
        self._telemetry = telemetry
        self._occurrences = occurrences
        self._pace = pace or SenderPace()
        self._dice = dice
        self._outages = 0
        """In a row; while there are any, one record at a time is tried."""
        self._resumes_s = 0.0
        self._looked_s: float | None = None
        self._is_failing = False
        self._task: asyncio.Task[None] | None = None

    def target(self) -> Target | None:
        """Where records go now; None where nothing is written back."""
        return self._reach()

    def start(self) -> None:
        pause_s = self._pace.poll_s
        loop = forever("write_back", self.step, pause=lambda: asyncio.sleep(pause_s))
        self._task = asyncio.create_task(loop, name="write-back")

    async def close(self) -> None:
        """Stop; what is on its way stays begun, and whoever comes next finds out what became of it."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def step(self) -> None:
        """Send everything that is due, as far as the other system takes it."""
        target = self.target()
        if target is None:
            return
        try:
            await self._look(target)
            while await self.send_due(target):
                pass
        except StoreUnavailableError as error:
            log.warning("write_back_waits", code=error.code)

    async def send_due(self, target: Target) -> int:
        """Try what is due now: one while nothing gets through, else several at once; how many that were."""
        if self._clock.monotonic() < self._resumes_s:
            return 0
        limit = 1 if self._outages else self._pace.at_once
        held = await self._database.write(
            lambda stores: stores.write_backs.claim(self._owner, lease_s=self._pace.lease_s, limit=limit)
        )
        await asyncio.gather(*(self._handle(one, target) for one in held))
        return len(held)

    async def _handle(self, held: StoredWriteBack, target: Target) -> None:
        try:
            came = await deliver(self._database, held, target)
        except StoreUnavailableError:
            raise
        except Exception as error:
            log.exception("write_back_crashed", conversation_id=held.conversation_id)
            code = error.code if isinstance(error, FrontdeskError) else "unexpected"
            came = Delivered(result="retry", why=code, is_unclear=held.is_unclear)
        self._telemetry.write_back(end=came.result)
        self._note_outage(came, target.rules)
        if came.result == "held":
            await self._put_back(held, came)
        elif came.result == "refused":
            await self._leave(held, came, "refused")
        elif came.result in ("retry", "outage"):
            await self._come_back(held, came, target)

    async def _put_back(self, held: StoredWriteBack, came: Delivered) -> None:
        """Nothing was tried, so nothing counts; the whole waits a moment, for the next one would fare alike."""
        self._resumes_s = self._clock.monotonic() + self._pace.held_s
        await self._database.write(
            lambda stores: stores.write_backs.put_back(
                held.conversation_id, error=came.why, is_unclear=came.is_unclear, fence=held.fence
            )
        )

    async def _come_back(self, held: StoredWriteBack, came: Delivered, target: Target) -> None:
        counts = came.result == "retry"
        if (counts and held.failures + 1 >= target.rules.tries) or self._is_over(held, target):
            await self._leave(held, came, "dead")
            return
        after_s = self._pause_s(held.attempts, target.rules)
        log.warning("write_back_failed", attempts=held.attempts, why=came.why, after_s=round(after_s, 2))
        await self._database.write(
            lambda stores: stores.write_backs.retry(
                held.conversation_id,
                after_s=after_s,
                error=came.why,
                is_unclear=came.is_unclear,
                counts=counts,
                fence=held.fence,
            )
        )

    def _is_over(self, held: StoredWriteBack, target: Target) -> bool:
        began = held.first_failed_at
        return began is not None and self._clock.now() - began > timedelta(hours=target.rules.give_up_hours)

    async def _leave(self, held: StoredWriteBack, came: Delivered, state: WriteBackState) -> None:
        """Leave it to a person. The occurrence names fields and no values: those may be personal."""
        await self._database.write(
            lambda stores: stores.write_backs.stop(
                held.conversation_id,
                state=state,
                error=came.why,
                errors=came.errors,
                is_unclear=came.is_unclear,
                fence=held.fence,
            )
        )
        named = ", ".join(sorted({one.field for one in came.errors if one.field}))
        self._occurrences.note("write_back.stuck", subject=state, severity="warning", fields=named or "none named")

    def _note_outage(self, came: Delivered, rules: WriteBack) -> None:
        if came.result in ("held", "lost"):
            return
        if came.result != "outage":
            self._outages = 0
            return
        self._outages += 1
        pause_s = min(self._pause_s(self._outages, rules), self._pace.longest_silence_s)
        self._resumes_s = self._clock.monotonic() + pause_s

    def _pause_s(self, attempts: int, rules: WriteBack) -> float:
        """Full jitter: records that failed together do not come back together."""
        return self._dice() * min(rules.longest_pause_s, rules.first_pause_s * 2.0 ** min(attempts, 20))

    # -- the whole -------------------------------------------------------------------------------

    async def _look(self, target: Target) -> None:
        now_s = self._clock.monotonic()
        if self._looked_s is not None and now_s - self._looked_s < self._pace.look_s:
            return
        self._looked_s = now_s
        if "closed" in target.rules.when.occasions:
            await self._database.write(lambda stores: stores.write_backs.hasten(statuses=["closed"]))
        tally = await self._database.read(lambda stores: stores.write_backs.tally())
        self._telemetry.write_back_queue(
            waiting=tally.due,
            stuck=tally.by_state.get("refused", 0) + tally.by_state.get("dead", 0),
            oldest_s=tally.oldest_due_s,
        )
        self._tell_of_failing(tally, target)

    def _tell_of_failing(self, tally: WriteBackTally, target: Target) -> None:
        since = tally.failing_since
        long = timedelta(minutes=target.rules.alert_after_minutes)
        if since is not None and self._clock.now() - since >= long:
            self._is_failing = True
            minutes = round((self._clock.now() - since).total_seconds() / 60)
            self._occurrences.note(
                "write_back.failing",
                subject=target.rules.operation,
                severity="critical",
                minutes=minutes,
                waiting=tally.due,
                why=tally.last_error[:200],
            )
        elif since is None and self._is_failing:
            self._is_failing = False
            self._occurrences.note("write_back.recovered", subject=target.rules.operation, severity="info")
