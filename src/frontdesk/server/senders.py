"""How often one sender may begin things."""

from collections import OrderedDict

from fastapi import Request

from frontdesk.ports.clock import Clock
from frontdesk.server.addresses import sender_of
from frontdesk.server.problems import TooManyRequestsError
from frontdesk.server.routes import frontdesk_of

_REMEMBERED = 10_000
"""Senders kept in memory; whoever was silent for longest goes first."""
_MINUTE_S = 60.0


class SenderBound:
    """So many a minute of one sender: a bucket that fills again as time passes. This machine has no bound."""

    def __init__(self, clock: Clock, *, what: str, per_minute: int) -> None:
        """
        Args:
            what: `conversations` or `uploads`.
            per_minute: 0 for no bound.
        """
        self._clock = clock
        self._what = what
        self._per_minute = per_minute
        self._spent: OrderedDict[str, tuple[float, float]] = OrderedDict()
        """What is spent, and when that was true."""

    def count(self, request: Request) -> None:
        """Count one more. Raises: TooManyRequestsError."""
        sender = sender_of(request)
        if not (self._per_minute and sender):
            return
        a_second, now = self._per_minute / _MINUTE_S, self._clock.monotonic()
        spent, at = self._spent.get(sender, (0.0, now))
        spent = max(0.0, spent - (now - at) * a_second)
        if spent > self._per_minute - 1:
            frontdesk_of(request).telemetry.refused(reason=self._what)
            wait_s = max(1, round((spent - self._per_minute + 1) / a_second))
            raise TooManyRequestsError(f"Too many {self._what} came from your address.", retry_after_s=wait_s)
        self._spent[sender] = (spent + 1, now)
        self._spent.move_to_end(sender)
        if len(self._spent) > _REMEMBERED:
            self._spent.popitem(last=False)


def bound_of(request: Request, what: str) -> SenderBound:
    bounds: dict[str, SenderBound] = request.app.state.bounds
    return bounds[what]
