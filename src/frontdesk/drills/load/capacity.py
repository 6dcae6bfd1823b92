"""How many good answers a second an installation gives at most: more and more people take turns, until it no longer grows."""

import time
from collections import Counter
from collections.abc import Callable, Sequence

from frontdesk.domain.errors import UnavailableError
from frontdesk.drills.load.arrivals import Visitors
from frontdesk.drills.load.visits import Visit

_CROWDS = (8, 16, 32, 64, 128, 256)
_LEAST_GAIN = 1.1
"""A larger crowd gains where it gets a tenth more answered; two in a row that do not end the search."""
_FRUITLESS = 2
_TOO_MANY = 429
STEP_S = 6.0
"""Longer than a slow vendor's answer, several times over."""


async def find_capacity(
    visitors: Visitors,
    *,
    within_s: float,
    step_s: float = STEP_S,
    tell: Callable[[str], None] = lambda _: None,
) -> float:
    """Good answers a second at the best crowd.

    Raises:
        UnavailableError: not one question was answered in time.
    """
    best, fruitless = 0.0, 0
    for crowd in _CROWDS:
        phase = f"capacity, {crowd} at once"
        began_s = time.monotonic()
        await visitors.take_turns(phase, clients=crowd, seconds=step_s)
        found = good_a_second(visitors.of(phase), began_s=began_s, seconds=step_s, within_s=within_s)
        tell(f"{crowd} at once: {found:.1f} good answers a second")
        fruitless = 0 if found >= _LEAST_GAIN * best else fruitless + 1
        best = max(best, found)
        if best and fruitless == _FRUITLESS:
            break
    if not best:
        raise UnavailableError(_why_nothing(visitors))
    return best


def _why_nothing(visitors: Visitors) -> str:
    said = Counter(visit.status for visit in visitors.visits)
    if said[_TOO_MANY] > len(visitors.visits) / 2:
        return (
            "The server takes so few conversations a minute from one address; "
            "raise FRONTDESK_NEW_CONVERSATIONS_PER_MINUTE there for the drill."
        )
    status = said.most_common(1)[0][0]
    return f"Not one question was answered in time (most often the reply was {status}); `frontdesk doctor` may say why."


def good_a_second(visits: Sequence[Visit], *, began_s: float, seconds: float, within_s: float) -> float:
    """While everybody was there: from when half of the first ones were served until nobody came any more."""
    lasted = sorted(visit.total_s for visit in visits if visit.total_s is not None)
    if not lasted:
        return 0.0
    from_s, until_s = began_s + min(lasted[len(lasted) // 2], seconds / 2), began_s + seconds
    ended = [visit.due_s + visit.total_s for visit in visits if visit.is_good(within_s) and visit.total_s is not None]
    return sum(from_s < at_s <= until_s for at_s in ended) / (until_s - from_s)
