"""How much a deployment may be asked at once and a minute, so that a vendor's limits are kept and not run into."""

import asyncio
from collections import deque
from dataclasses import dataclass, field

BURST_SHARE = 1 / 12
"""Of a minute's limit, how much may be used at once: five seconds of it. The rest comes evenly, so that no minute sees
more than the limit; a guess."""


@dataclass(slots=True)
class Slots:
    """Requests at the same time. Answers wait for one, first come first served; side jobs do without."""

    limit: int = 0
    """0 sets no bound."""
    reserved: int = 0
    """How many only answers may use."""
    busy: int = 0
    _waiting: deque[asyncio.Future[None]] = field(default_factory=deque)

    def take(self, *, is_answer: bool) -> bool:
        """One now, if one is free."""
        if self.limit and (self._waiting or self.busy >= self.limit - (0 if is_answer else self.reserved)):
            return False
        self.busy += 1
        return True

    async def wait(self, wait_s: float) -> bool:
        """One for an answer within so many seconds."""
        if self.take(is_answer=True):
            return True
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            async with asyncio.timeout(wait_s):
                await turn
        except BaseException as error:
            if turn.done() and not turn.cancelled():
                self.give_back()
            elif turn in self._waiting:
                self._waiting.remove(turn)
            if isinstance(error, TimeoutError):
                return False
            raise
        return True

    def give_back(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)  # it has this one now
                return
        self.busy -= 1


@dataclass(slots=True)
class Bucket:
    """So many of something a minute, never more in any minute; 0 sets no bound."""

    per_minute: int
    _level: float = field(init=False)
    _at: float = 0.0

    def __post_init__(self) -> None:
        self._level = self._burst

    @property
    def _burst(self) -> float:
        return max(1.0, self.per_minute * BURST_SHARE)

    def wait_s(self, amount: int, now: float) -> float:
        """Seconds until so much may be used. More than a burst is let through as soon as the bucket is full."""
        if not self.per_minute:
            return 0.0
        self._fill(now)
        missing = min(float(amount), self._burst) - self._level
        return max(0.0, missing / self._per_second)

    def take(self, amount: int) -> None:
        """Use so much, perhaps ahead of time; a negative amount gives back what was taken too much."""
        self._level = min(self._burst, self._level - amount) if self.per_minute else 0.0

    def _fill(self, now: float) -> None:
        self._level = min(self._burst, self._level + (now - self._at) * self._per_second)
        self._at = now

    @property
    def _per_second(self) -> float:
        return max(self.per_minute - self._burst, self.per_minute / 2) / 60
