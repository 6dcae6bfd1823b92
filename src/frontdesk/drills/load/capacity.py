"""How many good answers a second an installation gives at most: more and more people take turns, until it no longer grows."""

from collections import Counter
from collections.abc import Callable

from frontdesk.domain.errors import UnavailableError
from frontdesk.drills.load.arrivals import Visitors

_CROWDS = (8, 16, 32, 64, 128, 256)
_LEAST_GAIN = 1.1
"""A larger crowd that does not get a tenth more answered ends the search."""
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
    best = 0.0
    for crowd in _CROWDS:
        phase = f"capacity, {crowd} at once"
        await visitors.take_turns(phase, clients=crowd, seconds=step_s)
        found = _good_a_second(visitors, phase, within_s)
        tell(f"{crowd} at once: {found:.1f} good answers a second")
        if best and found < _LEAST_GAIN * best:
            return max(best, found)
        best = max(best, found)
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


def _good_a_second(visitors: Visitors, phase: str, within_s: float) -> float:
    """From the first arrival to the last end, so that what ends late counts for no more than it is."""
    visits = visitors.of(phase)
    began_s = min(visit.due_s for visit in visits)
    ended_s = max(visit.due_s + (visit.total_s or visit.refused_after_s or 0.0) for visit in visits)
    good = sum(visit.is_good(within_s) for visit in visits)
    return good / (ended_s - began_s) if ended_s > began_s else 0.0
